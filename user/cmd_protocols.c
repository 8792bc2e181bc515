/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_protocols.c - what is recognised; and the table for builds without libyaml. */
#include <stdlib.h>

#include "cli.h"
#include "snapshot.h"

enum { EMIT_C = 0x200 };

static const struct argp_option options[] = {
	{ "emit-c", EMIT_C, NULL, 0, "Print the signatures as C, for 'make protocols.inc'", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case EMIT_C:
		*(bool *)state->input = true;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is expected");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, NULL,
	"List the protocols that are recognised, and how exposed each is in its setup and "
	"steady phase. docs/SIGNATURES.md tells how to add one.",
	NULL, NULL, NULL
};

static const char *class_name(__u8 flags)
{
	return flags & GL_SIG_CHAT	? "readable chat" :
	       flags & GL_SIG_CLEAR	? "readable carrier" :
	       flags & GL_SIG_ENCRYPTED ? "encrypted" :
					  "";
}

static void list(const struct signatures *set, const struct gl_signatures *compiled)
{
	printf("%-12s %-17s %-10s %s\n", "protocol", "payload", "setup", "steady");
	for (__u32 i = GL_PROTO_FIRST; i < signatures_protocols(set); i++) {
		const struct gl_sig_protocol *protocol = &compiled->protocol[i];

		printf("%-12s %-17s %-10s %s\n", signatures_protocol(set, i),
		       class_name(protocol->flags), name_level(protocol->setup),
		       name_level(protocol->steady));
	}
}

int cmd_protocols(int argc, char **argv)
{
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	bool emit = false;
	int err;

	cli_parse(&argp, argc, argv, &emit);
	if (cli_signatures(&set, &compiled))
		return CLI_FAILED;
	err = emit ? signatures_emit_c(set, stdout) : 0;
	if (!emit)
		list(set, compiled);
	signatures_free(set);
	free(compiled);
	return err ? CLI_FAILED : CLI_OK;
}
