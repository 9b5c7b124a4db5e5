# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
#
# The commands of the project. The work of `check` and `fuzz` is in scripts/, one readable file a step.

.PHONY: help demo check fuzz bench build

help: ## what can be done here (the default)
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: ## three organisations on this computer, federating; needs nothing but Go
	go run ./cmd/pleio-node demo

check: ## everything that must pass before a change lands; does its own set-up
	scripts/check

fuzz: ## a million inputs for every fuzz target
	scripts/fuzz 1000000

bench: ## the figures, beside what this machine can do at best
	go run ./bench

build: ## the one binary, ./pleio-node
	CGO_ENABLED=0 go build -trimpath -o pleio-node ./cmd/pleio-node
