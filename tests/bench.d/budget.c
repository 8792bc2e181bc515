/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * budget: loads each hook's program and prints "program,kernel,verified_insns,states"
 * lines. states: what the verifier kept in memory at most, empty when it does not tell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/libbpf.h>

#include "cli.h"
#include "log.h"
#include "prog.h"

static char verifier_log[1u << 16];

static int print_hook(const char *hook, const struct signatures *set)
{
	struct prog_options options = { .flows = 65536, .words = automaton_size(0, 0) };
	struct bpf_object *object = NULL;
	struct bpf_program *program;
	int major = 0, minor = 0, fd = -1, err;
	struct utsname kernel = { 0 };
	const char *states;

	uname(&kernel);
	sscanf(kernel.release, "%d.%d", &major, &minor);
	err = prog_open(hook, &options, set, &object);
	if (err)
		return err;
	/* 4: statistics only */
	program = bpf_object__next_program(object, NULL);
	bpf_program__set_log_level(program, 4);
	bpf_program__set_log_buf(program, verifier_log, sizeof(verifier_log));
	err = prog_load(object, &fd);
	if (!err) {
		states = strstr(verifier_log, "peak_states ");
		printf("%s,%d.%d,%u,", hook, major, minor, prog_verified_insns(fd));
		printf(states ? "%d\n" : "\n", states ? atoi(states + strlen("peak_states ")) : 0);
	}
	bpf_object__close(object);
	return err;
}

int main(void)
{
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	int err;

	prog_quiet();
	err = cli_signatures(&set, &compiled);
	if (!err)
		err = print_hook("xdp", set);
	if (!err)
		err = print_hook("tc", set);
	signatures_free(set);
	free(compiled);
	return err ? 1 : 0;
}
