# drydock: `make help` lists what can be made. V=1 shows the commands, BUILD=dir builds elsewhere.

VERSION := 0.1.0
PREFIX  ?= /usr/local
INSTALL ?= install
BUILD   ?= build
CC      ?= cc
SYSTEM  := $(shell uname -s)
PKGS     = libarchive openssl sqlite3 libcurl jansson expat libdeflate libzstd zlib libmicrohttpd libcrypt

WARN   = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef \
         -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wimplicit-fallthrough
CFLAGS ?= -O2 -g
HARDEN ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
# macOS links so by itself, and its linker knows no -z.
LDHARDEN ?= $(if $(filter Darwin,$(SYSTEM)),,-pie -Wl,-z,relro,-z,now)
# What the C libraries show of themselves: also what POSIX lacks (flock, copy_file_range, clonefile).
FEATURES = -D_GNU_SOURCE -D_DARWIN_C_SOURCE
# Homebrew keeps what macOS has too ("keg-only") where pkg-config does not look by itself.
KEGS     = openssl@3 sqlite curl libarchive expat zlib libxcrypt
ifeq ($(SYSTEM),Darwin)
BREW    := $(shell brew --prefix 2>/dev/null)
PKG_PATH = $(KEGS:%=$(BREW)/opt/%/lib/pkgconfig:)
endif
PKG_CONFIG ?= pkg-config
PKG_     = PKG_CONFIG_PATH="$(subst : ,:,$(PKG_PATH))$${PKG_CONFIG_PATH:-}" $(PKG_CONFIG)
LIB_CFLAGS := $(shell $(PKG_) --cflags $(PKGS))
LIBS    := $(shell $(PKG_) --libs $(PKGS)) -lm -pthread
CPPFLAGS += -I. -I$(BUILD) $(FEATURES) -DDRYDOCK_VERSION='"$(VERSION)"' $(LIB_CFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) $(HARDEN) -pthread $(CFLAGS)

# Every folder of sources, an archive each. An archive is searched once, from left to right, so that
# a folder can call only those behind it: the order of scripts/lint, turned round.
ROOMS   = cli \
          sync $(addprefix sync/,recipe doctor pages transfer documents diff multipart run plan dispatch s3 credentials) \
          stage $(addprefix stage/,export headers serve page tree image registry document archive blob work) \
          db db/root db/state base/http base
SRC_    = $(sort $(wildcard $(1)/*.c))
OBJ_    = $(patsubst %.c,$(BUILD)/%.o,$(call SRC_,$(1)))
ARCHIVE_ = $(BUILD)/lib/$(subst /,-,$(1)).a
ARCHIVES = $(foreach room,$(ROOMS),$(call ARCHIVE_,$(room)))
UNIT_SRC = $(sort $(wildcard tests/unit/*.c))
UNITS    = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
SOURCES  = $(foreach room,$(ROOMS),$(call SRC_,$(room))) $(UNIT_SRC)

Q = $(if $(V),,@)
SAY = $(if $(V),@:,@printf '  %-7s %s\n')

.PHONY: all asan-drydock fuzzers check-fuzz objects seen generated manual help check check-unit check-e2e check-long asan valgrind lint fuzz crash model check-model cov bench portable install uninstall dist clean
all: drydock manual ## build ./drydock and the manual

drydock: $(BUILD)/drydock
	$(SAY) COPY $@
	$(Q)cp $< $@.new && mv -f $@.new $@

$(BUILD)/drydock: $(BUILD)/cli/main.o $(ARCHIVES)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS)

define ARCHIVE_RULE
$(call ARCHIVE_,$(1)): $(filter-out %/main.o,$(call OBJ_,$(1)))
	$$(SAY) AR $$@
	$$(Q)mkdir -p $$(dir $$@) && rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call ARCHIVE_RULE,$(room))))

$(BUILD)/%.o: %.c
	$(SAY) CC $<
	$(Q)mkdir -p $(dir $@) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The schema is kept as readable SQL and compiled in as a string.
$(BUILD)/db/state/schema.o: $(BUILD)/db/state/schema_sql.h
$(BUILD)/db/state/schema_sql.h: db/state/schema.sql scripts/embed
	$(SAY) EMBED $<
	$(Q)mkdir -p $(dir $@) && scripts/embed schema_sql $< > $@.new && mv -f $@.new $@

# So are style and script of the pages.
$(BUILD)/stage/page/frame.o: $(BUILD)/stage/page/style_css.h $(BUILD)/stage/page/script_js.h
$(BUILD)/stage/page/style_css.h $(BUILD)/stage/page/script_js.h: $(BUILD)/stage/page/%.h: scripts/embed
	$(SAY) EMBED stage/page/$(subst _,.,$*)
	$(Q)mkdir -p $(dir $@) && scripts/embed $* stage/page/$(subst _,.,$*) > $@.new && mv -f $@.new $@
$(BUILD)/stage/page/style_css.h: stage/page/style.css
$(BUILD)/stage/page/script_js.h: stage/page/script.js

# The manual: prose in cli/man, and what the tables of cli/ know (scripts/manual.c says how).
$(BUILD)/scripts/manual: $(BUILD)/scripts/manual.o $(ARCHIVES)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/man/done: $(BUILD)/scripts/manual $(wildcard cli/man/*)
	$(SAY) MANUAL $(BUILD)/man
	$(Q)rm -rf $(BUILD)/man && mkdir -p $(BUILD)/man && $(BUILD)/scripts/manual cli/man $(BUILD)/man && touch $@
manual: $(BUILD)/man/done ## the pages of the manual, into build/man

# Gold, where it is there, links a hundred of them in a third of the time.
GOLD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(ARCHIVES)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(GOLD) $(LDHARDEN) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# Unit tests name their layer (test_base_digest.c): `make check-unit UNIT=test_base` runs a part.
UNIT ?= test_
check-unit: $(filter $(BUILD)/tests/unit/$(UNIT)%,$(UNITS)) ## unit tests (cmocka, TAP, through prove)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP TEST_SOURCE=$(CURDIR) prove --merge --exec '' $^

check-e2e: drydock ## end-to-end tests against real servers and clients
	$(Q)tests/e2e/run

# The same walk for every change: what it meets is the change's doing. `make fuzz` draws new ones.
CHECK_FUZZ_SECONDS ?= 3
check-fuzz: ## a few seconds for each fuzzer
	+$(Q)FUZZ_SEED=1 $(MAKE) --no-print-directory fuzz FUZZ_SECONDS=$(CHECK_FUZZ_SECONDS)

# Fixed seeds, half a minute each; check-long takes new ones every day, as does
# `make model MODEL='--seed 77 --seconds 600'`.
check-model: ## random operations for each model, the same ones each time
	+$(Q)$(MAKE) --no-print-directory model MODELS=stage MODEL='--seed 1 --seeds 20'
	+$(Q)$(MAKE) --no-print-directory model MODELS=sync MODEL='--seed 1 --seeds 9'

check: check-unit check-fuzz check-model check-e2e ## everything that runs before a change lands

check-long: drydock ## what takes longer: sanitizers over the whole suite, large images, fuzzing
	$(Q)scripts/check-long

# One line: prove takes a newline within the quotes for a word of the command.
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full
VALGRIND += --errors-for-leak-kinds=definite --child-silent-after-fork=yes
valgrind: $(UNITS) ## unit tests under valgrind
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP TEST_SOURCE=$(CURDIR) TEST_STRIDE=23 prove --merge -j2 \
		--exec '$(VALGRIND)' $^

# A library to preload that kills drydock, or takes the disk away, at any call (tests/crash).
$(BUILD)/tests/crash/faults.so: tests/crash/faults.c
	$(SAY) LINK $@
	$(Q)mkdir -p $(dir $@) && $(CC) -std=c11 -O2 $(WARN) -shared -fPIC -o $@ $< -ldl

CRASH ?=
CRASHES ?= stage sync
crash: drydock $(BUILD)/tests/crash/faults.so ## fail and kill at every call and request (CRASHES=sync CRASH='--sample 20')
	$(Q)dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && status=0 && for driver in $(CRASHES); do \
		tests/crash/$$driver.py $(CRASH) ./drydock $(BUILD)/tests/crash/faults.so "$$dir/$$driver" || status=1; \
	done && exit $$status

MODEL ?= --seed 1 --seconds 600
MODELS ?= stage sync
model: drydock $(BUILD)/tests/crash/faults.so ## random operations, and what must be true after each (MODEL='--seed 5 --operations 60')
	$(Q)dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && status=0 && for model in $(MODELS); do \
		python3 tests/model/$$model $(MODEL) ./drydock $(BUILD)/tests/crash/faults.so "$$dir" || status=1; \
	done && exit $$status

ASAN_MAKE = TEST_STRIDE=7 $(MAKE) BUILD=build/asan HARDEN= LDHARDEN= \
	CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'
asan: ## build with ASan and UBSan into build/asan and run the unit tests
	$(Q)$(ASAN_MAKE) build/asan/drydock check-unit
asan-drydock:
	$(Q)$(ASAN_MAKE) build/asan/drydock

# What lint asks for: all objects without linking, all that is generated, the value of a variable.
objects: $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/scripts/manual.o
seen: $(SOURCES:%.c=$(BUILD)/%.seen) $(BUILD)/scripts/manual.seen
# What the compiler says of a source, without an object.
$(BUILD)/%.seen: %.c | generated
	$(Q)mkdir -p $(dir $@) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fsyntax-only -MMD -MP -MF $(@:.seen=.d) -MT $@ $< && touch $@
generated: $(BUILD)/db/state/schema_sql.h $(BUILD)/stage/page/style_css.h $(BUILD)/stage/page/script_js.h
print-%:
	@:$(info $($*))

# libFuzzer targets, in a build of their own; each has a corpus in build/fuzz/corpus that grows.
FUZZ_SECONDS ?= 60
FUZZ ?= fuzz_
FUZZERS   = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/$(FUZZ)*.c)))
FUZZ_MAKE = $(MAKE) BUILD=build/fuzz CC=clang HARDEN= LDHARDEN= CFLAGS='-O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(ARCHIVES)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS)
fuzzers: $(FUZZERS)
fuzz: ## fuzz what reads foreign bytes (FUZZ_SECONDS=60 each, FUZZ=fuzz_stage for a part)
	+$(Q)$(FUZZ_MAKE) fuzzers
	$(Q)BUILD=build/fuzz scripts/fuzz $(FUZZ_SECONDS) $(notdir $(FUZZERS))

portable: generated ## compile and link for macOS and musl, with a toolchain that is fetched
	$(Q)BUILD=$(BUILD) scripts/portable

lint: ## clang-format, clang-tidy, cppcheck, shellcheck, lone headers, order of folders, circles, rules
	$(Q)BUILD=$(BUILD) scripts/lint

cov: ## line coverage of the unit tests, per file, folder and layer
	$(Q)BUILD=$(BUILD) scripts/coverage

bench: drydock ## measure drydock beside its peers (hours; scripts/bench NAME for one)
	$(Q)scripts/bench all

MAN_ = $(DESTDIR)$(PREFIX)/share/man
install: drydock manual ## install below $(DESTDIR)$(PREFIX)
	$(Q)$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(MAN_)/man1 $(MAN_)/man5 $(MAN_)/man7
	$(INSTALL) -m 755 drydock $(DESTDIR)$(PREFIX)/bin
	$(Q)for section in 1 5 7; do \
		$(INSTALL) -m 644 $(BUILD)/man/*.$$section $(MAN_)/man$$section || exit; done
	$(Q)$(INSTALL) -d $(DESTDIR)$(PREFIX)/share/drydock
	$(INSTALL) -m 644 cli/man/drydock-events.schema.json $(DESTDIR)$(PREFIX)/share/drydock/events.schema.json
	$(Q)for shell in bash-completion/completions/drydock zsh/site-functions/_drydock \
		fish/vendor_completions.d/drydock.fish; do \
		to=$(DESTDIR)$(PREFIX)/share/$$shell; \
		$(INSTALL) -d "$${to%/*}" && ./drydock completion "$${shell%%[-/]*}" >"$$to" && \
		chmod 644 "$$to" || exit; done

uninstall: ## remove what install has put there
	rm -f $(DESTDIR)$(PREFIX)/bin/drydock $(MAN_)/man[157]/drydock.[157] $(MAN_)/man[157]/drydock-*.[157]
	rm -rf $(DESTDIR)$(PREFIX)/share/drydock
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/drydock \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_drydock \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/drydock.fish

dist: ## a source archive of HEAD, reproducible
	$(Q)mkdir -p dist && git archive --prefix=drydock-$(VERSION)/ HEAD | gzip -9n > dist/drydock-$(VERSION).tar.gz

clean: ## remove what was built
	rm -rf build drydock dist

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]*:.*## / {printf "  make %-15s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Not those of the builds within this one, which may be under way, nor of tests/helpers/sid's system.
-include $(shell find $(BUILD) \( -path $(BUILD)/lint -o -path $(BUILD)/strict -o -path $(BUILD)/fuzz -o -path $(BUILD)/asan -o \
	-path '$(BUILD)/sid*' \) -prune -o -name '*.d' -print 2>/dev/null)
.SECONDARY:
