/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signatures.h - protocol signature files and the automaton compiled from them.
 * Pure: no BPF, no clock. docs/SIGNATURES.md describes the language.
 */
#ifndef SIGNATURES_H
#define SIGNATURES_H

#include <stddef.h>
#include <stdio.h>
#include "../bpf/abi.h"

struct signatures;

struct signatures *signatures_new(void);
void signatures_free(struct signatures *set);

/*
 * Adds the protocol described by a YAML text. name is for messages. Returns 0,
 * or -EINVAL after logging FILE:LINE, what is wrong and the remedy; -ENOMEM.
 * set is unchanged on failure. A built-in protocol of the same name is replaced. (-ENOTSUP in a build without libyaml.)
 */
int signatures_parse(struct signatures *set, const char *name, const char *text, size_t length);

/* The same for a file. */
int signatures_read(struct signatures *set, const char *path);

/*
 * Adds the signatures that were compiled into the program (user/protocols): the
 * embedded YAML files, or without libyaml user/protocols.inc. Both give the same.
 */
int signatures_builtin(struct signatures *set);

/*
 * Numbers the protocols in name order and compiles everything. known, if not
 * NULL: GL_PROTOCOLS names or NULLs; these keep their numbers, and the others
 * follow. Returns 0; -E2BIG after logging the pattern that exceeds a limit;
 * -EINVAL after logging a protocol that becomes an unknown one; or -ENOMEM. out
 * is untouched on failure.
 */
int signatures_compile(struct signatures *set, const char *const *known, __u32 generation,
		       struct gl_signatures *out);

/* Highest number + 1, and the name of a number, NULL without one; after compile. */
__u32 signatures_protocols(const struct signatures *set);
const char *signatures_protocol(const struct signatures *set, __u32 protocol);

/* Where a compiled pattern comes from. */
struct signatures_origin {
	const char *protocol;
	const char *pattern;
	const char *file;
	unsigned line;
};

/* Of pattern index of the tables; all NULL without one. After compile. */
struct signatures_origin signatures_origin(const struct signatures *set, __u32 index);

/* States that the patterns of a protocol need by themselves; after compile. */
__u32 signatures_states(const struct signatures *set, const char *protocol);

/* The YAML text of a built-in protocol; NULL when there is none, or no libyaml. */
const char *signatures_text(const struct signatures *set, const char *protocol, size_t *length);

/* Prints the parsed set as C initialisers, for builds without libyaml. */
int signatures_emit_c(const struct signatures *set, FILE *out);

#endif
