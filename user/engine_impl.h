/* SPDX-License-Identifier: BSD-2-Clause */
/* engine_impl.h - what an engine provides; for engine.c and the engines only. */
#ifndef ENGINE_IMPL_H
#define ENGINE_IMPL_H

#include "engine.h"

struct engine_ops {
	const char *name;
	int (*load_words)(struct engine *engine, struct word_list *list);
	int (*run)(struct engine *engine, const void *frame, __u32 length, __u32 linear,
		   const struct gl_replay *replay);
	int (*read)(struct engine *engine, struct snapshot *snapshot);
	void (*close)(struct engine *engine);
};

/* Embedded as the first member of each engine. */
struct engine {
	const struct engine_ops *ops;
	const struct signatures *set;
	struct engine_options options;
	struct automaton_size words;
	__u64 undeliverable_packets;
	__u64 undeliverable_bytes;
};

/* Fixed in replays, so that both engines and two runs agree. */
#define ENGINE_SECRET { 0x9e3779b97f4a7c15ull, 0xd1b54a32d192ed03ull }

#endif
