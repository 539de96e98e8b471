#!/usr/bin/env bash
# Installs what building, testing and the demo need and this machine lacks, from Debian's packages. When nothing is
# missing it does nothing and says nothing. It never starts a service: a policy-rc.d that forbids that stands in the
# way while packages are installed, unless the machine has one of its own.
set -euo pipefail
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# What has to be there (a command, or a file) and the package that brings it.
needs=(
	gcc:gcc                        # cgo, for the race detector
	/usr/include/stdio.h:libc6-dev # the same
	mariadbd:mariadb-server        # supplier and foundation
	mariadb-install-db:mariadb-server
	mariadb-dump:mariadb-client
	mariadb-binlog:mariadb-client
	mkfs.btrfs:btrfs-progs
	rsync:rsync
	sshd:openssh-server
	sysbench:sysbench
	promtool:prometheus        # lints the metrics
	systemd-analyze:systemd    # judges the units
	losetup:mount
	ip:iproute2
)

packages=()
for need in "${needs[@]}"; do
	thing=${need%:*} package=${need##*:}
	if [[ $thing == /* ]]; then
		[[ -e $thing ]] && continue
	else
		command -v "$thing" >/dev/null && continue
	fi
	packages+=("$package")
done
[[ ${#packages[@]} -eq 0 ]] && exit 0
mapfile -t packages <<<"$(printf '%s\n' "${packages[@]}" | sort -u)"

if ! command -v apt-get >/dev/null; then
	echo "make deps: this machine has no apt-get; install the equivalents of: ${packages[*]}" >&2
	exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
	command -v sudo >/dev/null || { echo "make deps: run it as root, to install: ${packages[*]}" >&2; exit 1; }
	as_root=(sudo)
fi

policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	trap '"${as_root[@]}" rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM
	"${as_root[@]}" install -m 0755 /dev/stdin "$policy" <<<$'#!/bin/sh\nexit 101'
fi
echo "make deps: installing ${packages[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
log=$(mktemp)
if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
	cat "$log" >&2
	rm -f "$log"
	echo "make deps: apt-get could not install ${packages[*]}" >&2
	exit 1
fi
rm -f "$log"
