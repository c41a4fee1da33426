# Thin fronts of scripts/; each installs what it needs (scripts/packages.txt), says so, and skips what is done.

help:    ## this list
	@sed -nE 's/^([a-z]+): *## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST)

demo:    ## build `chain` and run examples/support.chain, offline
	@scripts/demo.sh

test:    ## build preset dev and run the tests
	@scripts/test.sh

package: ## make a Debian package in build/release
	@scripts/package.sh

bench:   ## measure against the peers; rewrites the table in docs/benchmarks.md
	@scripts/bench.sh

soak:    ## hours of tests: 100,000 runs, 500 kills, ThreadSanitizer, fuzzers; adds to docs/soak.md
	@scripts/soak.sh

format:  ## format the C++ sources in place
	@scripts/format.sh

clean:   ## remove build/
	@rm -rf build

.PHONY: help demo test package bench soak format clean
