/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sigset.h - signature files as parsed, between their reader (sigfile.c), their
 * compiler (signatures.c) and the generated protocols.inc.
 */
#ifndef SIGSET_H
#define SIGSET_H

#include <stdbool.h>
#include "signatures.h"

#define SIG_ROWS 6u	  /* predicates and stores of a pattern */
#define SIG_BECOMES 16u	  /* protocols that a watched flow may change to */
#define SIG_NAME_MAX 31u  /* characters of a pattern's name */
#define SIG_STEPS 255u	  /* steps of all protocols */

struct sig_pattern {
	const char *name;
	const char *match; /* NULL: without an expression */
	unsigned line;
	bool nocase;
	enum gl_transport transport;
	enum gl_anchor anchor;
	unsigned after;		   /* 1 + index of the step in the protocol, 0 none */
	struct gl_sig_pattern abi; /* all but protocol, row_at, after and list; step is 0 or 1 */
	struct gl_sig_row row[SIG_ROWS];
	struct gl_sig_list list; /* align is 0 without one */
};

struct sig_protocol {
	const char *name;
	const char *file;
	unsigned line;
	bool builtin;		    /* a file that is named may replace it */
	__u32 number;		    /* once compiled */
	struct gl_sig_protocol abi; /* all but becomes */
	const char *becomes[SIG_BECOMES];
	unsigned becomes_count;
	unsigned pattern_count;
	const struct sig_pattern *patterns;
};

/* Protocols in name order, and names by number, once compiled. */
struct signatures {
	struct sig_protocol **protocols;
	unsigned count;
	unsigned room;
	__u32 numbers; /* highest + 1 */
	char name[GL_PROTOCOLS][GL_LABEL_ROOM];
};

/*
 * Adds a copy of protocol, in place of a built-in one of its name. Returns 0,
 * -EINVAL after logging that its name is taken, or -ENOMEM; set is untouched then.
 */
int sigset_add(struct signatures *set, const struct sig_protocol *protocol);

/*
 * Reads a predicate. Returns 0, or -EINVAL with *what set to the end of a
 * sentence; row is untouched then.
 */
int predicate_parse(const char *text, struct gl_sig_row *row, const char **what);

/* The same for what a pattern stores in a register. */
int predicate_store(const char *text, __u8 reg, struct gl_sig_row *row, const char **what);

#endif
