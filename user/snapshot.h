/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.h - all that one look at an engine yields; what reports print. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>
#include "../bpf/abi.h"
#include "words.h"

struct snapshot_word {
	struct word word;
	struct gl_word_count count;
};

struct snapshot_flow {
	struct gl_flow_key key;
	struct gl_flow flow;
};

/*
 * Owned by the caller; snapshot_free() releases words and flows. total: the sum
 * of consistent per-CPU copies. protocols: labels by number, not owned. words in
 * file order; flows by gl_flow::first.
 */
struct snapshot {
	const char *version;
	const char *engine;	 /* xdp, tc or native */
	const char *source;	 /* interface or files */
	__u32 words_generation;
	struct gl_total total;
	const char *protocols[GL_PROTOCOLS];
	__u32 protocol_count;
	struct snapshot_word *words;
	size_t word_count;
	struct snapshot_flow *flows;
	size_t flow_count;
};

void snapshot_free(struct snapshot *snapshot);

/* Sorts words and flows as reports print them. */
void snapshot_sort(struct snapshot *snapshot);

/* Flow entries that were created and are no longer there. */
__u64 snapshot_flows_evicted(const struct snapshot *snapshot);

/*
 * Is the conservation law intact? 0, or -EIO after logging which sum differs
 * from what was seen, in packets or bytes.
 */
int snapshot_check(const struct snapshot *snapshot);

/* Printed names; "?" for a number without one. */
const char *name_outcome(__u32 outcome);
const char *name_verdict(__u32 verdict);
const char *name_level(__u32 level);
const char *name_basis(__u32 basis);
const char *name_list(__u32 list);
const char *name_scan(__u32 scan);
const char *name_mode(__u32 mode);

#endif
