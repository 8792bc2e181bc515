/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h - what a snapshot says of canaries and of a limit to exposure: a leak, over
 * the limit, or clean; and inconclusive where something was not inspected. Pure.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <arpa/inet.h>
#include "snapshot.h"

/* In the order in which they win, the last over those before. */
enum judge_verdict { JUDGE_CLEAN, JUDGE_INCONCLUSIVE, JUDGE_OVER_BUDGET, JUDGE_LEAK, JUDGE_MAX };

/* Why nothing can be said. Each has the name of its outcome where it has one. */
enum judge_reason {
	JUDGE_NO_PAYLOAD_SEEN, /* of no packet */
	JUDGE_NO_WORDS,
	JUDGE_NOT_SELECTED,
	JUDGE_MASKED,
	JUDGE_COMPRESSED,
	JUDGE_GAP,	       /* bytes of a flow are missing, and it is not encrypted */
	JUDGE_UNDECIDED,
	JUDGE_UNKNOWN,	       /* flows that nothing recognised, read as they are or not at all */
	JUDGE_RANDOM,	       /* of them, those that look like random bytes */
	JUDGE_NOT_TCP_UDP,
	JUDGE_LATER_FRAGMENT,
	JUDGE_TUNNEL,
	JUDGE_VLAN_TOO_DEEP,
	JUDGE_EXT_TOO_LONG,
	JUDGE_TRUNCATED,
	JUDGE_MALFORMED,
	JUDGE_CONTENDED,
	JUDGE_NO_FLOW,
	JUDGE_UNREADABLE,
	JUDGE_BUSY,
	JUDGE_FLOWS_EVICTED,   /* their labels are not known any more */
	JUDGE_LOST,	       /* by whoever carried the packets here */
	JUDGE_LOOPBACK,	       /* no reason, but can be accepted: what did not leave the machine */
	JUDGE_REASONS
};

/*
 * canaries: the first so many word ids. lost: packets that never reached the path.
 * accept: a bit per enum judge_reason that does not count against the verdict.
 * addresses: may the judgement hold them? not_covered: sentences of the caller, ended by
 * NULL, or NULL.
 */
struct judge_options {
	__u32 canaries;
	bool budget;
	enum gl_level most;
	__u32 encodings; /* bit per enum gl_encoding: those that were tried */
	__u64 lost;
	__u32 accept;
	bool addresses;
	const char *const *not_covered;
};

struct judge_count {
	__u64 packets;
	__u64 bytes;
	__u64 flows; /* 0 where the reason is one of packets */
};

/* "" where addresses are not held or not known any more. */
struct judge_end {
	char address[INET6_ADDRSTRLEN];
	__u16 port;
};

enum judge_direction {
	JUDGE_ELSEWHERE, /* where is not known */
	JUDGE_CLIENT_TO_SERVER,
	JUDGE_SERVER_TO_CLIENT,
	JUDGE_A_TO_B, /* a sent the flow's first payload; who is client is not known */
	JUDGE_B_TO_A,
	JUDGE_DIRECTIONS
};

/* Hits of one canary in one place. protocol: NULL where it is not known. */
struct judge_leak {
	__u32 canary; /* from 1 */
	const char *protocol;
	enum judge_direction direction;
	enum gl_encoding encoding;
	__u64 hits;
	struct judge_end from, to;
	bool loopback;
};

/* A flow that is more exposed than it may be. from sent the first payload. */
struct judge_flow {
	const char *protocol;
	const char *service; /* NULL: none can be said */
	enum gl_level setup, steady;
	struct judge_end from, to;
	bool loopback;
};

#define JUDGE_NOT_COVERED 16u

/* Names are the snapshot's and static ones; judgement_free() releases the lists. */
struct judgement {
	enum judge_verdict verdict;
	struct judge_options options;
	struct judge_leak *leaks; /* as first seen; those over loopback last */
	size_t leak_count;
	__u64 *hits;		  /* of each canary */
	struct judge_flow *over;
	size_t over_count;
	struct judge_count above; /* packets more exposed than the limit */
	struct judge_count reasons[JUDGE_REASONS];
	__u32 why;		  /* bit per enum judge_reason that holds, the accepted included */
	struct judge_count inspected;
	struct judge_count encrypted; /* of flows recognised as that, with all their packets */
	const char *not_covered[JUDGE_NOT_COVERED + 1]; /* ended by NULL */
};

/* Returns 0, or -ENOMEM after logging. */
int judge(const struct snapshot *snapshot, const struct judge_options *options,
	  struct judgement *judgement);

void judgement_free(struct judgement *judgement);

/* The first leak of that canary (0: of any) that counts, NULL without one. */
const struct judge_leak *judge_leaked(const struct judgement *judgement, __u32 canary);

/* Is there something above the limit that counts? */
bool judge_over(const struct judgement *judgement);

/* "clean", "inconclusive", "over_budget", "leak"; "?" for a number without a name. */
const char *name_judge_verdict(__u32 verdict);
const char *name_judge_reason(__u32 reason);
const char *explain_judge_reason(__u32 reason);
const char *name_judge_direction(__u32 direction);

#endif
