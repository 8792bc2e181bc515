/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * budget: loads each hook's programs, as they are and with --decap, and prints
 * "program,kernel,verified_insns,states" lines. states: what the verifier kept in memory
 * at most, empty when it does not tell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/libbpf.h>

#include "cli.h"
#include "log.h"
#include "prog.h"

#define PROGRAMS 2		 /* of one hook, at most */

static char verifier_log[PROGRAMS][1u << 16];

/* A hook's only program is called as the hook is; those of a cgroup by their ways. */
static void print_program(const char *name, const struct bpf_program *program, const char *log)
{
	const char *states = strstr(log, "peak_states ");
	struct utsname kernel = { 0 };
	int major = 0, minor = 0;

	uname(&kernel);
	sscanf(kernel.release, "%d.%d", &major, &minor);
	printf("%s,%d.%d,%u,", name, major, minor, prog_verified_insns(bpf_program__fd(program)));
	printf(states ? "%d\n" : "\n", states ? atoi(states + strlen("peak_states ")) : 0);
}

static int print_hook(const char *hook, const char *const names[PROGRAMS], bool decap,
		      const struct signatures *set)
{
	struct prog_options options = { .flows = 65536, .words = automaton_size(0, 0),
					.places = true, .decap = decap };
	struct bpf_object *object = NULL;
	struct bpf_program *program;
	int n = 0, fd = -1, err;

	err = prog_open(hook, &options, set, &object);
	if (err)
		return err;
	/* 4: statistics only */
	bpf_object__for_each_program(program, object) {
		bpf_program__set_log_level(program, 4);
		bpf_program__set_log_buf(program, verifier_log[n], sizeof(verifier_log[n]));
		n++;
	}
	err = prog_load(object, &fd);
	n = 0;
	bpf_object__for_each_program(program, object) {
		if (!err)
			print_program(names[n], program, verifier_log[n]);
		n++;
	}
	bpf_object__close(object);
	return err;
}

static const struct {
	const char *hook;
	const char *programs[PROGRAMS];
	bool decap;
} hooks[] = {
	{ "xdp", { "xdp" }, false },
	{ "tc", { "tc" }, false },
	{ "cgroup", { "cgroup_in", "cgroup_out" }, false },
	{ "xdp", { "xdp_decap" }, true },
	{ "tc", { "tc_decap" }, true },
	{ "cgroup", { "cgroup_in_decap", "cgroup_out_decap" }, true },
};

int main(void)
{
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	int err;

	prog_quiet();
	err = cli_signatures(&set, &compiled);
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks) && !err; i++)
		err = print_hook(hooks[i].hook, hooks[i].programs, hooks[i].decap, set);
	signatures_free(set);
	free(compiled);
	return err ? 1 : 0;
}
