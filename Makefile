# The whole of it: make demo shows what Kanari does, make test proves it.
SHELL := /bin/bash
.PHONY: help demo test sim lint e2e build generate update bench-abort bench-analysis judge-table test-traffic traffic-table traffic-envoy clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## watch a canary on a real API server; STAY=1 keeps the cluster afterwards
	@scripts/setup
	@scripts/build lab prometheus controller plugin demo
	@bin/demo $(if $(filter-out 0 no,$(STAY)),--stay)

test: ## prove everything: vet and tests of all modules, on the lab too
	@scripts/setup
	@scripts/test

e2e: ## only the tests on the lab's API server
	@scripts/setup
	@go test -count=1 ./test/e2e/...

PROXIES ?=
test-traffic: ## real requests through real proxies, none lost; PROXIES=traefik for one of traefik, istio, envoy
	@scripts/setup
	@scripts/test-traffic $(PROXIES)

traffic-table: test-traffic ## the same, and write its table into docs/traffic.md
	@sed -i -e '/^<!-- traffic-table -->$$/,/^<!-- \/traffic-table -->$$/{//!d}' -e '/^<!-- traffic-table -->$$/r bin/traffic.md' docs/traffic.md

traffic-envoy: ## fetch the Envoy that test-traffic uses, once
	@scripts/traffic-envoy

SEEDS ?= 2000
sim: ## let everything fail at any moment; SEEDS=100000 for longer, SEED=123 to see and shrink one world
	@GOGC=400 go test ./test/sim -count=1 -timeout=0 -v -run '^TestSimulation$$' -args $(if $(SEED),-seed=$(SEED),-seeds=$(SEEDS))

lint: ## hold the habits: golangci-lint over all modules
	@go tool -modfile=tools/go.mod golangci-lint run ./...
	@cd lab && go tool -modfile=../tools/go.mod golangci-lint run ./...
	@linter=$$(go tool -modfile=tools/go.mod -n golangci-lint) && cd mesh && CGO_ENABLED=0 GOFLAGS=-trimpath "$$linter" run ./...

build: ## the binaries, into bin/
	@scripts/build lab prometheus controller plugin demo

generate: ## deep copies and CRDs from the API's types
	@go generate ./...

update: ## rewrite the golden files; read the difference before you commit it
	@grep -rlE 'flag\.Bool\("update"' --include=*_test.go . | xargs -n1 dirname | sort -u | xargs -I{} go test {} -update

ROLLOUTS ?= 200
bench-abort: ## how fast aborts are among 200 Rollouts, alone, in a crowd, and while all others update
	@scripts/setup
	@mkdir -p bin
	@KANARI_E2E_REPORT=$(CURDIR)/bin go test -count=1 ./test/e2e -run '^TestHowFastAnAbortIs$$' -args -rollouts=$(ROLLOUTS)
	@cat bin/aborts.txt

bench-analysis: ## how fast a bad version is taken back, over 50 canaries
	@scripts/setup
	@go test -count=1 ./test/e2e -run TestHowFastABadVersionIsTakenBack -v | grep -o 'from the answer.*'

judge-table: ## measure the judge against others, and write the table into docs/judge.md
	@mkdir -p bin && go run ./internal/judge/table >bin/judge-table.md
	@sed -i -e '/^<!-- judge-table -->$$/,/^<!-- \/judge-table -->$$/{//!d}' -e '/^<!-- judge-table -->$$/r bin/judge-table.md' docs/judge.md

clean: ## remove bin/; caches stay
	@rm -rf bin
