/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any frames through the packet path as it is compiled natively. The first byte
 * chooses what is scanned, which words are loaded and whether tunnels are opened;
 * each frame follows two bytes of length and one that says how late it comes and how
 * it was cut. The counters must obey the law afterwards and agree with the flows and
 * the words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The scratch memory is looked at, so the engine belongs to this file. */
#include "../../user/native.c"

#define FRAME_LEAST 14u
#define CAPACITY 64u
#define MODES 32u
#define REQUIRE(condition)                                                                     \
	do {                                                                                   \
		if (!(condition))                                                              \
			abort();                                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words within words, over segment borders, and of the captures. */
static const char watched[] = "la\nlan\nlantern\nan\ntern\nternary\nnn\nharbour\n"
			      "midnight train\ntrain\nTreffpunkt\nJ\xc3\xbcrgen\n"
			      "\xe7\x81\xaf\xe7\xac\xbc\n#garden\n";
static const char blocked[] = "garden\nhar\nmidnight\nvolcano\n a\naaaaaaaaaaaaaaaa\n";

static struct signatures *set;
static struct gl_signatures *compiled;

static void compile(void)
{
	log_set_level(LOG_SILENT);
	set = signatures_new();
	compiled = calloc(1, sizeof(*compiled));
	REQUIRE(set && compiled);
	REQUIRE(!signatures_builtin(set) && !signatures_compile(set, NULL, 1, compiled));
}

static void load_words(struct engine *engine, bool watch, bool block)
{
	struct word_list list = { 0 };
	size_t duplicates = 0;

	if (watch)
		REQUIRE(!words_parse(&list, "watch", watched, strlen(watched), GL_LIST_WATCH,
				     &duplicates));
	if (block)
		REQUIRE(!words_parse(&list, "block", blocked, strlen(blocked), GL_LIST_BLOCK,
				     &duplicates));
	if (list.count)
		REQUIRE(!engine_load_words(engine, &list));
	words_free(&list);
}

/*
 * The engine of a first byte, as if freshly opened: opening one copies a megabyte
 * of signatures, which would be most of a run.
 */
static struct engine *open_engine(unsigned mode)
{
	static struct engine *engines[MODES];
	struct engine_options options = { .capacity = CAPACITY,
					  .encodings = mode & 8 ? GL_ENCODINGS_ALL : 0,
					  .scan = (mode & 3) % GL_SCAN_MAX,
					  .decap = mode & 16 };
	struct native *self;

	if (!engines[mode]) {
		if (!set)
			compile();
		REQUIRE(!engine_open_native(&options, set, compiled, &engines[mode]));
		load_words(engines[mode], mode & 4, mode & 8);
	}
	self = native = (struct native *)engines[mode];
	gl_settings.scan = options.scan;
	gl_settings.decap = options.decap;
	gl_settings.cells = self->engine.words.cells;
	memset(&self->total, 0, sizeof(self->total));
	memset(&self->scratch, 0, sizeof(self->scratch));
	memset(self->counts, 0, CAPACITY * sizeof(*self->counts));
	self->random = 0;
	self->engine.undeliverable_packets = 0;
	self->engine.undeliverable_bytes = 0;
	return engines[mode];
}

/* Frees the flows, so that memory of theirs that is used later is found. */
static void forget(struct native *self)
{
	struct table flows = self->flows, sightings = self->sightings, media = self->media;

	table_free(&self->flows);
	table_free(&self->sightings);
	table_free(&self->media);
	flows.bucket = sightings.bucket = media.bucket = NULL;
	flows.buckets = sightings.buckets = media.buckets = 0;
	flows.count = sightings.count = media.count = 0;
	self->flows = flows;
	self->sightings = sightings;
	self->media = media;
}

/* No payload byte, and nothing derived from one, outlives its packet. */
static void check_wiped(const struct native *self)
{
	static const struct gl_scratch zero;

	REQUIRE(!memcmp(&self->scratch, &zero, offsetof(struct gl_scratch, fresh)));
}

/* In memory of its own, so that a byte read behind its end is found. */
static void run_frame(struct engine *engine, const uint8_t *data, __u32 length,
		      const struct gl_replay *replay)
{
	uint8_t *frame;

	if (length < FRAME_LEAST) {
		engine_count_undeliverable(engine, replay->wire_len);
		return;
	}
	frame = malloc(length);
	REQUIRE(frame);
	memcpy(frame, data, length);
	REQUIRE(!engine_run(engine, frame, length, 0, replay));
	free(frame);
	check_wiped(native);
}

static __u64 run_frames(struct engine *engine, const uint8_t *data, size_t size)
{
	struct gl_replay replay = { .time_ns = 1 };

	while (size >= 3) {
		__u32 length = data[0] | data[1] << 8, how = data[2];

		data += 3;
		size -= 3;
		if (length > size)
			length = size;
		replay.number++;
		replay.time_ns += (__u64)(how & 0xf) * (GL_EVENT_GAP_NS / 4);
		replay.wire_len = length + (how & 0x10 ? 100 : 0);
		replay.link_added = how & 0x20 ? 14 : 0;
		if (replay.wire_len < 14)
			replay.link_added = 0;
		run_frame(engine, data, length, &replay);
		data += length;
		size -= length;
	}
	return replay.number;
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

static void check_flow(const struct snapshot_flow *entry, __u32 protocols)
{
	const struct gl_flow *flow = &entry->flow;

	REQUIRE(flow->born && flow->protocol >= GL_PROTO_UNKNOWN && flow->protocol < protocols);
	REQUIRE(flow->setup < GL_LEVEL_MAX && flow->steady < GL_LEVEL_MAX);
	REQUIRE(flow->client_dir <= 2 && flow->first_dir <= 1);
	REQUIRE(flow->dir[flow->first_dir].packets && flow->dir[flow->first_dir].events);
	for (int i = 0; i < 2; i++) {
		REQUIRE(!flow->dir[i].claim);
		REQUIRE(flow->dir[i].events <= flow->dir[i].packets);
		REQUIRE(flow->dir[i].sig_bytes <= GL_CLASSIFY_BYTES);
		REQUIRE(flow->dir[i].payload_packets <= GL_CLASSIFY_PACKETS);
	}
}

/* Flows by label and by level, and hits by word, are the flow table's. */
static void check_sums(const struct snapshot *snapshot)
{
	__u64 flows[GL_PROTOCOLS] = { 0 }, levels[GL_LEVELS] = { 0 }, hits = 0, packets = 0;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct gl_flow *flow = &snapshot->flows[i].flow;

		check_flow(&snapshot->flows[i], snapshot->protocol_count);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot snapshot = { 0 };
	struct engine *engine;
	__u64 frames;

	if (!size)
		return 0;
	engine = open_engine(data[0] & (MODES - 1));
	frames = run_frames(engine, data + 1, size - 1);
	REQUIRE(!engine_read(engine, &snapshot));
	REQUIRE(!snapshot_check(&snapshot));
	REQUIRE(snapshot.total.seen_packets == frames);
	check_rows(&snapshot.total, snapshot.protocol_count);
	check_sums(&snapshot);
	snapshot_free(&snapshot);
	forget(native);
	return 0;
}
