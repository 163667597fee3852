# SPDX-License-Identifier: Apache-2.0
# A thin layer over Meson: `make demo` and `make test` are all that a newcomer needs.
BUILD := build
# Options of `meson setup`. CI gives -Dwerror=true: a compiler newer than ours has new warnings.
MESON_FLAGS ?=

all: build

deps:
	@tools/deps build

$(BUILD)/build.ninja: | deps
	@log=$$(meson setup $(BUILD) $(MESON_FLAGS)) || { echo "$$log"; exit 1; }

build: deps $(BUILD)/build.ninja
	@ninja -C $(BUILD)

demo:
	@tools/deps demo
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@ninja -C $(BUILD) demo
	@tools/demo $(BUILD)

test:
	@tools/deps test
	@$(MAKE) --no-print-directory build
	@tools/run-unit $(BUILD)
	@tools/run-process $(BUILD)

e2e:
	@tools/deps e2e
	@$(MAKE) --no-print-directory build
	@tests/e2e/run

interop: build
	@for run in tests/interop/*/run; do $$run $(BUILD) || [ $$? = 77 ] || exit 1; done

bench: build
	@bench/run.py --build $(BUILD) --only "$(ONLY)"

lint:
	@tools/deps lint
	@tools/lint

format:
	@tools/deps lint
	@tools/format

sanitize:
	@tools/deps lint
	@tools/sanitize

# make install PREFIX=/usr DESTDIR=...; the prefix is the build's, /usr/local, when it is not given.
install: deps $(BUILD)/build.ninja
	@[ -z "$(PREFIX)" ] || meson configure $(BUILD) --prefix="$(PREFIX)"
	@ninja -C $(BUILD)
	@meson install -C $(BUILD) --no-rebuild

# Debian packages, into build-packages.
packages:
	@tools/deps packages
	@tools/package

clean:
	@rm -rf $(BUILD) build-*

.PHONY: all deps build demo test e2e interop bench lint format sanitize install packages clean
