/* SPDX-License-Identifier: BSD-2-Clause */
/* dfa.h - the deterministic automaton of several expressions, as small as it can be. */
#ifndef DFA_H
#define DFA_H

#include "regex.h"

#define DFA_ROOTS 2u
#define DFA_PATTERNS 256u

/*
 * Bounds of one construction. The work bound stands for about a second, so that
 * the answer does not depend on the machine.
 */
#define DFA_STATES_MAX 16384u
#define DFA_WORK_MAX 200000000ull

struct dfa_accept {
	__u64 patterns[DFA_PATTERNS / 64];
};

/* next[state * classes + class]. State 0 is dead. */
struct dfa {
	__u32 states;
	__u32 classes;
	__u8 cls[256];
	__u32 root[DFA_ROOTS];
	__u32 *next;
	struct dfa_accept *accept; /* of each state: the patterns that end here */
};

/* Which expressions begin at a root: n first nodes. */
struct dfa_starts {
	const __u32 *node;
	__u32 n;
};

/*
 * Builds and minimises. Returns 0, -E2BIG for more states or work than the
 * bounds above, or -ENOMEM; dfa is untouched on failure.
 */
int dfa_build(const struct nfa *nfa, const struct dfa_starts starts[DFA_ROOTS], struct dfa *dfa);

void dfa_free(struct dfa *dfa);

#endif
