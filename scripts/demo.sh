#!/usr/bin/env bash
# Brings a supplier, a foundation and a datacentre up for real on this machine, shows the foundation's status live and
# says what to try in another terminal. Ctrl-C takes everything down again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dir=${1:?usage: scripts/demo.sh DIR}
lab=$PWD/bin/wcde-lab ctl=$PWD/bin/wcdectl

# What the lab wrote about itself: the value of a key that is unique in it, or that of its first section.
fact() { sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" "$dir/lab.json" | head -n 1; }

down() {
	trap '' INT TERM
	echo "taking the demo down …"
	"$lab" down --dir "$dir"
}
if [[ -e $dir ]]; then # a demo that was killed, at whatever moment
	"$lab" down --dir "$dir"
fi
trap down EXIT
trap 'exit 130' INT TERM
"$lab" up --dir "$dir"

socket=$(fact control_socket) supplier=$(fact mysql_socket) portal=$(fact portal_url)
note="Try in another terminal, and watch what happens here:
  $lab write --dir $dir                           customers' certificates; every one must arrive
  open $portal
  mariadb --socket $supplier -uroot -e 'CREATE DATABASE hello; CREATE TABLE hello.world (id INT PRIMARY KEY) SELECT seq AS id FROM hello.seq_1_to_100000'
  $lab kill supplier-mariadb --dir $dir           then: start
  $lab cut supplier-mariadb --dir $dir            then: heal
  $lab kill wcded --dir $dir                      then: start
  $lab kill foundation-mariadb --dir $dir         then: start
Have the supplier do what a copy must not, and decide about it:
  mariadb --socket $supplier -uroot -e 'CREATE USER mallory@localhost'
  $ctl --socket $socket database held portal
  $ctl --socket $socket database segments portal
Ctrl-C ends the demo and leaves nothing behind."
trap : INT # it ends the watch, not the taking down
"$ctl" --socket "$socket" status --watch --note "$note"
