/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - one packet path, three engines: the program in the running kernel
 * (BPF_PROG_TEST_RUN), the same sources compiled natively, and the same as programs of
 * a cgroup (cgroup.h).
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include "automaton.h"
#include "signatures.h"
#include "snapshot.h"

struct engine;

/* Zero means the default. flows and capacity: entries; encodings: UTF-8 only. */
struct engine_options {
	enum gl_scan scan;
	__u32 flows;
	__u32 capacity;
	__u32 encodings; /* bit per enum gl_encoding */
	__u32 cells;	 /* of the word tables, see automaton_fit(); 0: by capacity */
	bool enforce;
	bool decap;	 /* open one level of tunnels */
	bool places;	 /* count where words are read (native, cgroup) */
};

/* Default number of flow entries of a replay. */
#define ENGINE_FLOWS 131072u

/*
 * Opens an engine with compiled signatures and an empty word list. set must
 * outlive it. Return 0, or -errno after logging: -EPERM or -ENOSYS when BPF is
 * not to be had here.
 */
int engine_open_native(const struct engine_options *options, const struct signatures *set,
		       const struct gl_signatures *compiled, struct engine **out);
int engine_open_kernel(const struct engine_options *options, const struct signatures *set,
		       const struct gl_signatures *compiled, struct engine **out);

/* Room for words as the options say. */
struct automaton_size engine_word_size(const struct engine_options *options);

/* "native", "xdp" or "cgroup". */
const char *engine_name(const struct engine *engine);

/* Replaces the word list; on failure (logged) the old one stays. */
int engine_load_words(struct engine *engine, struct word_list *list);

/*
 * Runs one frame (Ethernet, at least 14 and at most 65535 bytes) through the
 * path. linear: bytes in the linear part, 0 all; the rest are fragments (kernel
 * only). replay: what the capture knows of it. Returns the hook's verdict, 0 for
 * pass and 1 for drop, or -errno after logging.
 */
int engine_run(struct engine *engine, const void *frame, __u32 length, __u32 linear,
	       const struct gl_replay *replay);

/*
 * Counts frames that no engine can be given (under 14 bytes, or over 65535) as
 * truncated, in every row of the law.
 */
void engine_count_undeliverable(struct engine *engine, __u32 wire_len);

/* Fills all of *snapshot but version and source. Returns 0 or -errno after logging. */
int engine_read(struct engine *engine, struct snapshot *snapshot);

void engine_close(struct engine *engine);

#endif
