# SPDX-License-Identifier: BSD-2-Clause
#
#   make           build/glassine: everything (clang, libbpf, libxdp, libpcap, libyaml, utf8proc,
#                  OpenSSL, json-c)
#   make native    build/glassine-native: replay only (a C compiler and libpcap)
#   make check     every test; scripts/test sets up first and then calls it
#   make help      the other targets

VERSION := 0.1
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
CLANG   ?= clang
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say     = @printf '  %-8s %s\n'

MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_FLAGS := -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror \
	$(if $(MULTIARCH),-I/usr/include/$(MULTIARCH))
CPPFLAGS  += -D_GNU_SOURCE -DGLASSINE_VERSION='"$(VERSION)"' -I$(BUILD)
CFLAGS    ?= -O2 -g
# Letters beyond ASCII have an upper case with it only. UTF8PROC= builds without.
ifndef UTF8PROC
UTF8PROC := $(shell $(CC) $(CPPFLAGS) -E -include utf8proc.h -x c /dev/null >/dev/null 2>&1 && \
	     echo -lutf8proc)
endif
CPPFLAGS  += $(if $(UTF8PROC),-DHAVE_UTF8PROC)
LIBS      := -lxdp -lbpf -lpcap -lyaml -lcrypto -ljson-c $(UTF8PROC)
SANITIZE  ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
STD       := -std=gnu11 -Wall -Wextra -Werror -fno-strict-aliasing -MMD -MP

# The path, the pure modules and the replay need libpcap only.
CORE   := text log words variants encode patterns automaton markers \
	  regex dfa predicate signatures sigfile sigcheck snapshot report json table \
	  judge verdict markup canary engine native capture replay cmd_protocols \
	  control ring netns become tree unsent supervise hook run cli main
KERNEL := prog maps names_btf kernel cgroup attach cmd_probe cmd_attach cmd_status cmd_words \
	  cmd_stats cmd_explain
# What else needs a library that the native build does without.
KERNEL += facts cmd_diff
CORE_SRC   := $(wildcard $(CORE:%=user/%.c))
KERNEL_SRC := $(wildcard $(KERNEL:%=user/%.c))

FULL_OBJ   := $(patsubst user/%.c,$(BUILD)/full/%.o,$(CORE_SRC) $(KERNEL_SRC)) $(BUILD)/full/embed.o
NATIVE_OBJ := $(patsubst user/%.c,$(BUILD)/native/%.o,$(CORE_SRC))
HOOKS      := $(BUILD)/glassine.xdp.o $(BUILD)/glassine.tc.o $(BUILD)/glassine.cgroup.o
BPF_SRC    := $(wildcard bpf/*.h) bpf/glassine.bpf.c
PROTOCOLS  := $(sort $(wildcard user/protocols/*.yaml))

.DELETE_ON_ERROR:
.PHONY: print-libs all native bpf check bench bench-engine fuzz budget accuracy clean install uninstall help protocols.inc

all: $(BUILD)/glassine
native: $(BUILD)/glassine-native
bpf: $(HOOKS)

help:
	@sed -n '3,8p' Makefile; printf '%s\n' \
	 '#   make bench     build/bench.json: speed, as ratios to peers of the same run' \
	 '#   make bench-engine   build/bench-engine.json: the keyword engine beside its peers' \
	 '#   make fuzz      the fuzzers, FUZZ_SECONDS each (60)' \
	 '#   make accuracy  labels beside the truth and beside nDPI: the figures of docs/ACCURACY.md' \
	 '#   make budget    verified instructions, compared with tests/budget.csv' \
	 '#   make protocols.inc   user/protocols.inc again from user/protocols' \
	 '#   make install   to PREFIX (/usr/local), DESTDIR honoured'

$(BUILD)/full $(BUILD)/native:
	$(Q)mkdir -p $@

$(BUILD)/glassine.xdp.o: $(BPF_SRC) | $(BUILD)/full
	$(say) BPF $@
	$(Q)$(CLANG) $(BPF_FLAGS) -c bpf/glassine.bpf.c -o $@

$(BUILD)/glassine.tc.o: $(BPF_SRC) | $(BUILD)/full
	$(say) BPF $@
	$(Q)$(CLANG) $(BPF_FLAGS) -DGL_HOOK_TC -c bpf/glassine.bpf.c -o $@

$(BUILD)/glassine.cgroup.o: $(BPF_SRC) | $(BUILD)/full
	$(say) BPF $@
	$(Q)$(CLANG) $(BPF_FLAGS) -DGL_HOOK_CGROUP $(CGROUP_FLAGS) -c bpf/glassine.bpf.c -o $@

# Programs and signature files travel inside the executable.
$(BUILD)/embed.S: $(HOOKS) $(PROTOCOLS) Makefile
	$(say) EMBED $@
	$(Q){ \
	 echo '.section .rodata'; \
	 for h in xdp tc cgroup; do \
	  printf '.balign 8\n.global embedded_%s\nembedded_%s: .incbin "%s"\n.global embedded_%s_end\nembedded_%s_end:\n' \
	   $$h $$h $(BUILD)/glassine.$$h.o $$h $$h; done; \
	 n=0; for f in $(PROTOCOLS); do \
	  printf 'n%d: .string "%s"\nt%d: .incbin "%s"\ne%d: .byte 0\n' $$n $$f $$n $$f $$n; n=$$((n+1)); done; \
	 printf '.balign 8\n.global embedded_protocols_count\nembedded_protocols_count: .long %d\n' $$n; \
	 printf '.section .data.rel.ro,"aw"\n.balign 8\n.global embedded_protocols\nembedded_protocols:\n'; \
	 i=0; while [ $$i -lt $$n ]; do printf '.quad n%d, t%d, e%d\n' $$i $$i $$i; i=$$((i+1)); done; \
	 echo '.section .note.GNU-stack,"",%progbits'; } > $@

# One line of C for each mark; a line that is not of the form ends the build.
$(BUILD)/marks.inc: user/marks.yaml
	$(Q)mkdir -p $(@D)
	$(Q)sed -nE 's/^- \{text: ("([^"\\]|\\.)*"), means: ([a-z0-9]+)(, exposure: ([a-z]+))?\}$$/MARK(\1, \3, \5)/p' $< > $@
	$(Q)[ "$$(grep -c '^[^#]' $<)" = "$$(grep -c . $@)" ] || \
	 { echo '$<: a line is neither a comment nor - {text: "...", means: ..., exposure: ...}' >&2; exit 1; }

$(BUILD)/full/markers.o $(BUILD)/native/markers.o $(BUILD)/tests/obj/markers.o: $(BUILD)/marks.inc

$(BUILD)/full/embed.o: $(BUILD)/embed.S | $(BUILD)/full
	$(Q)$(CC) -c $< -o $@

$(BUILD)/full/%.o: user/%.c | $(BUILD)/full
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(STD) -DHAVE_BPF -DHAVE_YAML -c $< -o $@

$(BUILD)/native/%.o: user/%.c | $(BUILD)/native
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(STD) -c $< -o $@

$(BUILD)/glassine: $(FULL_OBJ)
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/glassine-native: $(NATIVE_OBJ)
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpcap $(UTF8PROC)

protocols.inc: $(BUILD)/glassine
	$(Q)$(BUILD)/glassine protocols --emit-c > $(BUILD)/protocols.inc
	$(Q)mv $(BUILD)/protocols.inc user/protocols.inc

# Tests are built with the sanitizers, and with every object but main.
TEST_FLAGS := $(STD) -O1 -g $(SANITIZE)
TEST_SRC   := $(filter-out user/main.c,$(CORE_SRC) $(KERNEL_SRC))
TEST_OBJ   := $(patsubst user/%.c,$(BUILD)/tests/obj/%.o,$(TEST_SRC))

$(BUILD)/tests/obj/%.o: user/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(TEST_FLAGS) -DHAVE_BPF -DHAVE_YAML -c $< -o $@

$(BUILD)/tests/test_%: tests/unit/test_%.c $(TEST_OBJ) $(BUILD)/full/embed.o
	$(Q)$(CC) $(CPPFLAGS) $(TEST_FLAGS) -Iuser -Itests -DHAVE_BPF -DHAVE_YAML $^ -o $@ \
		-lcmocka $(LIBS)

$(BUILD)/tests/test_%: tests/prog/test_%.c tests/prog/packet.c $(TEST_OBJ) $(BUILD)/full/embed.o
	$(Q)$(CC) $(CPPFLAGS) $(TEST_FLAGS) -Iuser -Itests -DHAVE_BPF -DHAVE_YAML $^ -o $@ \
		-lcmocka $(LIBS)

.SECONDARY: $(TEST_OBJ)

check: all native
	$(Q)tests/run

bench: all
	$(Q)tests/bench

bench-engine: all
	$(Q)tests/bench-engine

fuzz: all
	$(Q)tests/fuzz/run

budget: all
	$(Q)tests/budget

accuracy: all
	$(Q)tests/accuracy

# For scripts that link with the objects.
print-libs:
	@echo $(LIBS)

clean:
	$(Q)rm -rf $(BUILD)/full $(BUILD)/native $(BUILD)/tests $(BUILD)/glassine* $(BUILD)/embed.S \
	 $(BUILD)/marks.inc

install: all
	install -D -m 755 $(BUILD)/glassine $(DESTDIR)$(PREFIX)/sbin/glassine
	install -D -m 644 docs/glassine.8 $(DESTDIR)$(PREFIX)/share/man/man8/glassine.8

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/glassine $(DESTDIR)$(PREFIX)/share/man/man8/glassine.8

-include $(wildcard $(BUILD)/full/*.d $(BUILD)/native/*.d $(BUILD)/tests/obj/*.d)
