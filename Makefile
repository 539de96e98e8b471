# make help lists what there is to do. Nothing here needs more than git, make and Go: the rest is installed by deps.

GO       ?= go
BIN      := bin
FUZZTIME ?= 30s
ROUNDS   ?= 200
DEMO_DIR ?= /tmp/wcde-demo

.DEFAULT_GOAL := build
.PHONY: build deps test check lint fuzz torture bench demo install clean help

build: ## build every binary into bin/, and the daemon with its crash points into bin/crashpoints/
	@mkdir -p $(BIN)/crashpoints
	$(GO) build -trimpath -o $(BIN)/ ./cmd/...
	$(GO) build -trimpath -tags crashpoints -o $(BIN)/crashpoints/ ./cmd/wcded

deps: ## install what is missing with apt-get (asks for root); starts no service
	@scripts/deps.sh

test: deps build check ## everything that a change has to pass
	$(GO) test -race -count=1 -timeout 20m ./... # never cached: tests build and run the programs

check: ## vet and formatting
	$(GO) vet ./...
	$(GO) vet -tags crashpoints ./...
	@unformatted=$$($$($(GO) env GOROOT)/bin/gofmt -l $$($(GO) list -f '{{.Dir}}' ./...) | sort -u); \
	if [ -n "$$unformatted" ]; then echo "gofmt these:"; echo "$$unformatted"; exit 1; fi

lint: ## golangci-lint, fetched on demand
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

fuzz: ## every fuzz test for FUZZTIME (30s)
	@$(GO) list ./... | while read -r package; do \
		$(GO) test -list '^Fuzz' $$package | grep '^Fuzz' | while read -r fuzz; do \
			echo "== $$package $$fuzz"; \
			$(GO) test -run '^$$' -fuzz "^$$fuzz\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done || exit 1; \
	done

torture: deps build ## ROUNDS (200) of kill -9 under load
	$(GO) test -race -timeout 6h -run Torture -count 1 -v ./internal/e2e -torture.rounds=$(ROUNDS)

bench: deps build ## measure against the peers; writes docs/benchmarks.md
	$(BIN)/wcde-bench

demo: deps build ## three real hosts on this machine, live, until Ctrl-C
	@scripts/demo.sh $(DEMO_DIR)

install: build ## binaries and unit to DESTDIR
	install -D -m 0755 -t $(DESTDIR)/usr/bin $(BIN)/wcded $(BIN)/wcdectl
	install -D -m 0644 -t $(DESTDIR)/lib/systemd/system systemd/wcded.service
	install -D -m 0644 -t $(DESTDIR)/usr/share/doc/wcded configs/wcded.yaml
	install -d -m 0755 $(DESTDIR)/etc/wcde

clean: ## remove what was built
	rm -rf $(BIN)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
