/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regex.h - the restricted expressions of signature files, as a
 * nondeterministic automaton. docs/SIGNATURES.md describes them.
 */
#ifndef REGEX_H
#define REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define REGEX_TEXT_MAX 1024u	/* characters of an expression */
#define REGEX_REPEAT_MAX 16u	/* {n} */
#define REGEX_LEAD_MAX 8u	/* bytes of any value before the first definite one */
#define REGEX_NODES_MAX 8192u	/* automaton nodes of one expression, counts written out */

struct byte_set {
	__u64 bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, unsigned byte)
{
	return set->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void byte_set_add(struct byte_set *set, unsigned byte)
{
	set->bits[byte >> 6] |= 1ull << (byte & 63);
}

enum nfa_kind { NFA_BYTES, NFA_SPLIT, NFA_ACCEPT };

/* BYTES: goes to out[0] on a byte of set. SPLIT: is both outs. ACCEPT: pattern. */
struct nfa_node {
	enum nfa_kind kind;
	__u32 pattern;
	__u32 out[2];
	struct byte_set set;
};

/* Any number of expressions. Zero-initialise. */
struct nfa {
	struct nfa_node *nodes;
	__u32 count;
	__u32 room;
};

/* What is wrong with an expression, and where; remedy ends the sentence. */
struct regex_error {
	const char *what;
	const char *remedy;
	size_t at;
};

/*
 * Appends the expression text to nfa; its first node becomes *start and its
 * last accepts pattern. Returns 0, -EINVAL after filling error, or -ENOMEM;
 * nfa and *start are untouched on failure.
 */
int regex_compile(struct nfa *nfa, const char *text, bool nocase, __u32 pattern, __u32 *start,
		  struct regex_error *error);

void nfa_free(struct nfa *nfa);

#endif
