# What one can do here. `make` prints this menu; everything it needs it installs itself (see scripts/setup).
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long guest guest-long guest-arm64 image-check image-boot test-deep understood bench waits chaos updates-chaos mutate check fmt docs papers guide-pages clean
# one step after the other, also under `make -j`
.NOTPARALLEL:

bin := .venv/bin

help: ## this menu
	@echo 'hallfleet — a service hall on Raspberry Pi devices'
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

setup: ## install what demo and test need; starts nothing
	@scripts/setup

demo: setup ## a whole hall in this terminal: real programs, real broker, simulated devices; Ctrl-C stops it (secure=1: behind certificates)
	@$(bin)/hall demo $(if $(secure),--secure)

# One per processor and one more, for the halls of real processes, of which two workers have one at a time, mostly wait. Each worker
# reads all tests first, so not too many.
workers = $(shell n=$$(nproc 2>/dev/null || echo 2); if [ $$n -lt 2 ]; then echo 3; elif [ $$n -gt 7 ]; then echo 8; else echo $$((n + 1)); fi)

test: setup ## everything this project promises, proved  (make test only=tests/domain for a part)
	$(bin)/python -m pytest $(or $(only),-n $(workers) --dist loadgroup -m 'not long and not guest and not image')

test-long: setup ## what `make test` leaves out for its length: more faults, kills, pages and sizes in whole halls
	$(bin)/python -m pytest -n $(workers) --dist loadgroup -m long

guest: setup ## a device from a blank card on, in a Debian that boots for it; needs root, and says so where it cannot
	@scripts/guest -m 'not long and not image'

guest-long: setup ## the same, with the plug pulled at every step and everything that can be wrong with a card
	@scripts/guest -m long

guest-arm64: setup ## as root, for release days: the image for 64-bit ARM made, written, and booted on an emulated machine  (three quarters of an hour; the image once)
	@scripts/guest-arm64

test-deep: setup ## every rule over thirty times as many histories, for a night
	HALL_TESTS=deep $(bin)/python -m pytest -n $(workers) --dist loadgroup -m hypothesis --timeout 36000

understood: setup ## a recogniser listens to forty calls of the better voice; fetches both once, 1 GB  (seven minutes, and the fetching)
	@scripts/understood

image-boot: setup ## as root: make a golden image, write its card with hall flash, switch it on and see it come into a hall
	@scripts/image-setup
	@mkdir -p build && rm -f build/golden.img*
	$(bin)/hall image --arch amd64 --suite trixie --out build/golden.img
	HALL_GUEST_GOLDEN=$(CURDIR)/build/golden.img scripts/guest -m image

image-check: setup ## as root: make the golden image twice, and see that it is the same to the last byte  (some minutes, from Debian's archive)
	@scripts/image-setup
	$(bin)/python -m pytest -q -m image tests/deploy

bench: setup ## how fast the hall is, beside a floor of the same run, into docs/benchmarks.md  (make bench only=P1,P4 seconds=60)
	@$(bin)/python -m bench --only '$(only)' --seconds $(or $(seconds),300) --write docs/benchmarks.md

waits: setup ## how good the told waits are, over simulated weeks, into docs/waits.md  (make waits weeks=4 seed=7)
	@$(bin)/python -m bench.waits --weeks $(or $(weeks),4) --seed $(or $(seed),7) --write docs/waits.md

chaos: setup ## break everything at random for a while and judge what is left  (make chaos seconds=60 seed=7 kills=80 crowd=16)
	$(bin)/python -m sim.chaos --seconds $(or $(seconds),60) --seed $(or $(seed),7) $(if $(kills),--kills $(kills)) $(if $(crowd),--crowd $(crowd))

updates-chaos: setup ## a machine lives through releases good and bad, killed at random  (make updates-chaos kills=1000 seed=7)
	@$(bin)/python -m tests.updates.matrix chaos $(or $(kills),1000) $(or $(seed),7)

mutate: setup ## break the domain's rules on purpose, one at a time; some test must notice  (hours; make mutate of='hub.domain.choice*')
	@$(bin)/python -m pip install -q 'mutmut>=3.8,<4'
	@$(bin)/mutmut run --max-children $$(nproc) $(if $(of),'$(of)')
	@$(bin)/mutmut results | grep survived || true

check: setup ## format, lint, strict types, import contracts
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo

fmt: setup ## put the code into its one format
	$(bin)/ruff format .
	$(bin)/ruff check --fix .

papers: setup ## the technician's papers: wiring pictures, bills of materials, checklists, fault tables, into docs/technician
	$(bin)/python -m deploy.technician docs/technician

guide-pages: setup ## the technician's guide to print, HTML and PDF, into build/guide
	$(bin)/python -m deploy.technician.printing build/guide

docs: setup papers ## draw docs anew: asyncapi.yaml, protocol tables and examples, the pictures of the hall and its papers, the technician's papers
	$(bin)/python -m hall.asyncapi
	$(bin)/python scripts/protocol_page.py
	$(bin)/python scripts/lives_page.py
	$(bin)/python scripts/protocol_examples.py
	$(bin)/python scripts/picture.py
	$(bin)/python scripts/slip_pictures.py

clean: ## remove everything that set-up, tests and tools have made here
	rm -rf .venv .setup.log .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
