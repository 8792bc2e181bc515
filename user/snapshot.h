/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.h - all that one look at an engine yields; what reports print. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include "../bpf/abi.h"
#include "words.h"

/* position: order in the files, as in struct gl_word. */
struct snapshot_word {
	struct word word;
	__u32 position;
	struct gl_word_count count;
};

/* Where a word was read; only from who watches their own traffic. */
struct snapshot_place {
	struct gl_place_key key;
	struct gl_place place;
};

struct snapshot_flow {
	struct gl_flow_key key;
	struct gl_flow flow;
};

/* The word table in place. patterns: of the words, and those that mark bodies. */
struct snapshot_table {
	__u32 patterns;
	__u32 cells_used;
	__u32 encodings; /* bit per enum gl_encoding */
	__u32 build_us;
	__u64 loaded; /* seconds since the epoch */
};

/*
 * Owned by the caller; snapshot_free() releases words, flows and places. total: the sum
 * of consistent per-CPU copies. protocols and services: labels by number, not
 * owned, NULL for a number without one. words in file order; flows by
 * gl_flow::first; flows is NULL when the flow table was not read. places: by
 * gl_place::first, then word; of an engine that counts them. table: of a kernel's
 * maps only.
 */
struct snapshot {
	const char *version;
	const char *engine; /* xdp, tc, cgroup or native */
	const char *source; /* interface or files */
	__u32 words_generation;
	struct snapshot_table table;
	struct gl_total total;
	const char *protocols[GL_PROTOCOLS];
	__u32 protocol_count;
	const char *services[GL_SERVICES];
	struct snapshot_word *words;
	size_t word_count;
	struct snapshot_flow *flows;
	size_t flow_count;
	struct snapshot_place *places;
	size_t place_count;
};

void snapshot_free(struct snapshot *snapshot);

/* Of a flow as the path left it: sets its key, adds the recent packets and bytes. */
void snapshot_settle(struct snapshot_flow *flow);

/*
 * Sorts words by position, flows by first (a tie by key) and places by first (a tie by
 * word), as reports print them.
 */
void snapshot_sort(struct snapshot *snapshot);

/*
 * Flow entries that were created and are no longer there; says something only
 * when the flow table was read.
 */
__u64 snapshot_flows_evicted(const struct snapshot *snapshot);

/* A sum that differs from what was seen. unit: packets or bytes. */
struct snapshot_breach {
	const char *list;
	const char *unit;
	__u64 sum;
	__u64 seen;
};

/* Is the conservation law broken? Then the first breach is in *breach. */
bool snapshot_broken(const struct snapshot *snapshot, struct snapshot_breach *breach);

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

/* The label, else "?". The two labels that need no signature always have one. */
const char *name_protocol(const struct snapshot *snapshot, __u32 protocol);

/* Half a sentence for people on what a name means; "" for a number without one. */
const char *explain_outcome(__u32 outcome);
const char *explain_level(__u32 level);

#endif
