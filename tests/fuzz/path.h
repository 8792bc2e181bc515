/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.h - the native engine as fuzzers use it: one for each way to open it, made anew
 * for each input without being opened again, and what must hold whatever it was given.
 */
#ifndef FUZZ_PATH_H
#define FUZZ_PATH_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The scratch memory is looked at, so the engine belongs to this file. */
#include "../../user/native.c"

#define FRAME_LEAST 14u
#define REQUIRE(condition)                                                                     \
	do {                                                                                   \
		if (!(condition))                                                              \
			abort();                                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The engine becomes the one that runs, as if freshly opened: opening one copies two
 * megabytes of signatures, which would be most of a run.
 */
static struct native *path_begin(struct engine *engine)
{
	struct native *self = native = (struct native *)engine;

	gl_settings.scan = engine->options.scan;
	gl_settings.decap = engine->options.decap;
	gl_settings.cells = engine->words.cells;
	memset(&self->total, 0, sizeof(self->total));
	memset(&self->scratch, 0, sizeof(self->scratch));
	memset(self->counts, 0, engine->words.capacity * sizeof(*self->counts));
	self->random = 0;
	engine->undeliverable_packets = 0;
	engine->undeliverable_bytes = 0;
	return self;
}

/* Frees the flows, so that memory of theirs that is used later is found. */
static void path_end(struct native *self)
{
	struct table *const tables[] = { &self->flows, &self->sightings, &self->media };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct table fresh = *tables[i];

		table_free(tables[i]);
		fresh.bucket = NULL;
		fresh.buckets = fresh.count = 0;
		*tables[i] = fresh;
	}
}

/* No payload byte, and nothing derived from one, outlives its packet. */
static void check_wiped(const struct native *self)
{
	static const struct gl_scratch zero;

	REQUIRE(!memcmp(&self->scratch, &zero, offsetof(struct gl_scratch, fresh)));
}

/* In memory of its own, so that a byte read behind its end is found. */
static void run_frame(struct native *self, const uint8_t *data, __u32 length,
		      const struct gl_replay *replay)
{
	uint8_t *frame;

	if (length < FRAME_LEAST) {
		engine_count_undeliverable(&self->engine, replay->wire_len);
		return;
	}
	frame = malloc(length);
	REQUIRE(frame);
	memcpy(frame, data, length);
	REQUIRE(!engine_run(&self->engine, frame, length, 0, replay));
	free(frame);
	check_wiped(self);
}

/* What no row may hold beyond the names there are. */
static void check_rows(const struct gl_total *total, __u32 protocols)
{
	for (__u32 i = GL_OUT_MAX; i < GL_OUTCOMES; i++)
		REQUIRE(!total->outcome[i].packets);
	for (__u32 i = protocols; i < GL_PROTOCOLS; i++)
		REQUIRE(!total->protocol[i].packets && !total->protocol[i].flows);
	for (__u32 i = GL_LEVEL_MAX; i < GL_LEVELS; i++)
		REQUIRE(!total->exposure[i].packets && !total->exposure[i].flows);
	REQUIRE(!total->verdict[GL_VERDICT_DROP].packets);
	REQUIRE(!total->outcome[GL_OUT_CONTENDED].packets);
	REQUIRE(!total->outcome[GL_OUT_NO_FLOW].packets);
	REQUIRE(!total->outcome[GL_OUT_UNREADABLE].packets);
	REQUIRE(total->start == total->done);
}

/* An entry between two packets: every field within its enum or limit. */
static void check_flow(const struct gl_flow *flow, const struct gl_signatures *sig)
{
	REQUIRE(flow->born && flow->protocol >= GL_PROTO_UNKNOWN &&
		flow->protocol < sig->protocols);
	REQUIRE(flow->setup < GL_LEVEL_MAX && flow->steady < GL_LEVEL_MAX);
	REQUIRE(flow->basis < GL_BASIS_MAX && flow->service == GL_SERVICE_NONE);
	REQUIRE(flow->client_dir <= 2 && flow->first_dir <= 1);
	REQUIRE(!(flow->flags & ~(GL_FLOW_CLASS | GL_FLOW_STEADY | GL_FLOW_GAP | GL_FLOW_VEIL |
				  GL_FLOW_HIT << GL_LIST_WATCH | GL_FLOW_HIT << GL_LIST_BLOCK)));
	for (int i = 0; i < 2; i++) {
		REQUIRE(!flow->dir[i].claim);
		REQUIRE(flow->dir[i].sig_bytes <= GL_CLASSIFY_BYTES);
		REQUIRE(flow->dir[i].sig_state < sig->states);
		REQUIRE(flow->dir[i].payload_packets <= GL_CLASSIFY_PACKETS);
	}
}

/* The same of an entry that was settled: its packets and bytes, too. */
static void check_settled(const struct gl_flow *flow)
{
	REQUIRE(flow->dir[flow->first_dir].packets && flow->dir[flow->first_dir].events);
	for (int i = 0; i < 2; i++)
		REQUIRE(flow->dir[i].events <= flow->dir[i].packets);
}

/* Flows by label and by level, and hits by word, are the flow table's. */
static void check_sums(const struct snapshot *snapshot, const struct gl_signatures *sig)
{
	__u64 flows[GL_PROTOCOLS] = { 0 }, levels[GL_LEVELS] = { 0 }, hits = 0, packets = 0;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct gl_flow *flow = &snapshot->flows[i].flow;

		check_flow(flow, sig);
		check_settled(flow);
		flows[flow->protocol]++;
		levels[flow->steady]++;
		hits += (__u64)flow->dir[0].hits + flow->dir[1].hits;
		packets += flow->dir[0].packets + flow->dir[1].packets;
	}
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		REQUIRE(snapshot->total.protocol[i].flows == (__s64)flows[i]);
	for (__u32 i = 0; i < GL_LEVELS; i++)
		REQUIRE(snapshot->total.exposure[i].flows == (__s64)levels[i]);
	REQUIRE(snapshot->total.seen_packets - snapshot->total.protocol[GL_PROTO_NONE].packets ==
		packets);
	for (size_t i = 0; i < snapshot->word_count; i++) {
		const struct gl_word_count *count = &snapshot->words[i].count;

		REQUIRE(count->hits >= count->packets && count->packets >= count->flows);
		REQUIRE(!count->hits == !count->flows);
		hits -= count->hits;
	}
	REQUIRE(!hits);
}

/* All of it, once an input of so many frames is over. */
static void check_end(struct native *self, __u64 frames)
{
	struct snapshot snapshot = { 0 };

	REQUIRE(!engine_read(&self->engine, &snapshot));
	REQUIRE(!snapshot_check(&snapshot));
	REQUIRE(snapshot.total.seen_packets == frames);
	check_rows(&snapshot.total, snapshot.protocol_count);
	check_sums(&snapshot, self->signatures);
	snapshot_free(&snapshot);
}

#endif
