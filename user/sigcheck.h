/* SPDX-License-Identifier: BSD-2-Clause */
/* sigcheck.h - what compiled signatures cost, and which of them may contradict. */
#ifndef SIGCHECK_H
#define SIGCHECK_H

#include <stdbool.h>
#include "signatures.h"

/* The limits of bpf/abi.h, in the order in which they are printed. */
enum sigcheck_budget {
	SIGCHECK_STATES,
	SIGCHECK_PATTERNS,
	SIGCHECK_ROWS,
	SIGCHECK_LISTS,
	SIGCHECK_STEPS,
	SIGCHECK_TCP_BARE,
	SIGCHECK_UDP_BARE,
	SIGCHECK_ACCEPTS,
	SIGCHECK_BYTES,
	SIGCHECK_BUDGETS
};

struct sigcheck_cost {
	const char *name;
	__u32 used;
	__u32 most;
};

/* What the tables take of each budget. BYTES: rows of the automaton in use. */
void sigcheck_costs(const struct gl_signatures *sig, struct sigcheck_cost cost[SIGCHECK_BUDGETS]);

/*
 * Two patterns of different protocols and equal priority that the same packet can
 * fulfil. first is the one that wins unless the port of the flow fits the other.
 * length bytes of example lead there; 0 when both are without expression.
 */
struct sigcheck_overlap {
	__u8 first;
	__u8 second;
	__u16 length;
	__u8 example[GL_CLASSIFY_BYTES];
};

/*
 * All overlaps of the tables, each pair once with its shortest example. Returns
 * how many, or -ENOMEM; *out is the caller's.
 */
int sigcheck_overlaps(const struct gl_signatures *sig, struct sigcheck_overlap **out);

#endif
