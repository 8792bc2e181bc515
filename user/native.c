/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * native.c - the packet path compiled for this machine: the sources of bpf/
 * with maps in ordinary memory. One engine at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_impl.h"
#include "log.h"
#include "markers.h"

#define GL_NATIVE
#include "../bpf/glassine.bpf.c"

/*
 * An insert-only hash table of fixed-size records, each a key and a value; grows
 * by doubling, so nothing is evicted.
 */
struct table {
	size_t key_size, value_size, value_at;
	size_t count, buckets;
	struct record **bucket;
};

struct record {
	struct record *next;
	__u64 hash;
	unsigned char data[] __attribute__((aligned(64)));
};

struct native {
	struct engine engine;
	struct gl_total total;
	struct gl_scratch scratch;
	struct gl_replay replay;
	struct gl_signatures *signatures;
	void *words_table;
	struct word_list words;
	__u32 generation;
	struct gl_word_count *counts;
	struct table flows, sightings, media, places;
	__u64 random;
};

static struct native *native;

struct gl_settings gl_settings;

static __u64 hash_key(const void *key, size_t size)
{
	__u64 hash = size, part = 0;

	for (size_t i = 0; i < size; i += 8) {
		memcpy(&part, (const char *)key + i, 8);
		hash = gl_mix(hash ^ part) + 0x9e3779b97f4a7c15ull;
	}
	return hash;
}

static void *table_find(const struct table *table, const void *key)
{
	__u64 hash = hash_key(key, table->key_size);
	struct record *record = NULL;

	if (table->buckets)
		record = table->bucket[hash & (table->buckets - 1)];
	for (; record; record = record->next)
		if (record->hash == hash && !memcmp(record->data, key, table->key_size))
			return record->data + table->value_at;
	return NULL;
}

static int table_grow(struct table *table)
{
	size_t buckets = table->buckets ? table->buckets * 2 : 1024;
	struct record **bucket = calloc(buckets, sizeof(*bucket));

	if (!bucket)
		return -ENOMEM;
	for (size_t i = 0; i < table->buckets; i++) {
		for (struct record *record = table->bucket[i], *next; record; record = next) {
			next = record->next;
			record->next = bucket[record->hash & (buckets - 1)];
			bucket[record->hash & (buckets - 1)] = record;
		}
	}
	free(table->bucket);
	table->bucket = bucket;
	table->buckets = buckets;
	return 0;
}

static int table_add(struct table *table, const void *key, const void *value)
{
	struct record *record, **bucket;
	size_t size = sizeof(*record) + table->value_at + table->value_size;

	if (table->count >= table->buckets && table_grow(table))
		return -ENOMEM;
	record = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (!record)
		return -ENOMEM;
	record->hash = hash_key(key, table->key_size);
	memcpy(record->data, key, table->key_size);
	memcpy(record->data + table->value_at, value, table->value_size);
	bucket = &table->bucket[record->hash & (table->buckets - 1)];
	record->next = *bucket;
	*bucket = record;
	table->count++;
	return 0;
}

static void table_free(struct table *table)
{
	for (size_t i = 0; i < table->buckets; i++) {
		for (struct record *record = table->bucket[i], *next; record; record = next) {
			next = record->next;
			free(record);
		}
	}
	free(table->bucket);
	memset(table, 0, sizeof(*table));
}

struct gl_total *gl_map_total(void)
{
	return &native->total;
}

struct gl_scratch *gl_map_scratch(void)
{
	return &native->scratch;
}

struct gl_replay *gl_map_replay(void)
{
	return &native->replay;
}

struct gl_flow *gl_map_flow(const struct gl_flow_key *key)
{
	return table_find(&native->flows, key);
}

int gl_map_flow_add(const struct gl_flow_key *key, const struct gl_flow *flow)
{
	return table_add(&native->flows, key, flow);
}

const struct gl_signatures *gl_map_signatures(void)
{
	return native->signatures;
}

const void *gl_map_word_tables(void)
{
	return native->words_table;
}

struct gl_word_count *gl_map_word_count(__u32 id)
{
	return id < native->engine.words.capacity ? &native->counts[id] : NULL;
}

__u64 *gl_map_sighting(const __u64 *digest)
{
	return table_find(&native->sightings, digest);
}

int gl_map_sighting_add(const __u64 *digest, const __u64 *stamp)
{
	return table_add(&native->sightings, digest, stamp);
}

const struct gl_media *gl_map_media(const __u64 *digest)
{
	return table_find(&native->media, digest);
}

/* Without memory, what was announced is not known. */
void gl_map_media_set(const __u64 *digest, const struct gl_media *media)
{
	struct gl_media *old = table_find(&native->media, digest);

	if (old)
		*old = *media;
	else
		table_add(&native->media, digest, media);
}

struct gl_place *gl_map_place(const struct gl_place_key *key)
{
	return table_find(&native->places, key);
}

int gl_map_place_add(const struct gl_place_key *key, const struct gl_place *place)
{
	return table_add(&native->places, key, place);
}

__u64 gl_native_random(void)
{
	native->random += 0x9e3779b97f4a7c15ull;
	return gl_mix(native->random);
}

static int native_load_words(struct engine *engine, struct word_list *list)
{
	struct native *self = (struct native *)engine;
	size_t size = automaton_table_size(engine->words.cells);
	void *table = aligned_alloc(64, (size + 63) & ~(size_t)63);
	struct gl_word_count *counts = calloc(engine->words.capacity, sizeof(*counts));
	int err = -ENOMEM;

	if (!table || !counts) {
		log_error(err, "not enough memory for the word table");
		goto out;
	}
	list->marks = markers;
	err = automaton_build(list, self->generation + 1, &engine->words, table);
	if (err)
		goto out;
	free(self->words_table);
	free(self->counts);
	self->words_table = table;
	self->counts = counts;
	/* Ids are places in the list: what the old list's say is of other words. */
	table_free(&self->sightings);
	table_free(&self->places);
	self->sightings = (struct table){ .key_size = 8, .value_at = 8, .value_size = 8 };
	self->places = (struct table){ .key_size = sizeof(struct gl_place_key),
				       .value_at = sizeof(struct gl_place_key),
				       .value_size = sizeof(struct gl_place) };
	self->generation++;
	words_free(&self->words);
	self->words = *list;
	memset(list, 0, sizeof(*list));
	return 0;
out:
	free(table);
	free(counts);
	return err;
}

static int native_run(struct engine *engine, const void *frame, __u32 length, __u32 linear,
		      const struct gl_replay *replay)
{
	struct native *self = (struct native *)engine;
	struct gl_native_ctx ctx = { .data = frame, .len = length };

	(void)linear;
	self->replay = *replay;
	return gl_native_run(&ctx);
}

/* Calls take() with the key and the value of each record. */
static void table_walk(const struct table *table, struct snapshot *snapshot,
		       void (*take)(struct snapshot *snapshot, const void *key, const void *value))
{
	for (size_t i = 0; i < table->buckets; i++)
		for (struct record *record = table->bucket[i]; record; record = record->next)
			take(snapshot, record->data, record->data + table->value_at);
}

static void take_flow(struct snapshot *snapshot, const void *key, const void *value)
{
	struct snapshot_flow *flow = &snapshot->flows[snapshot->flow_count++];

	(void)key;
	memcpy(&flow->flow, value, sizeof(flow->flow));
	snapshot_settle(flow);
}

static void take_place(struct snapshot *snapshot, const void *key, const void *value)
{
	struct snapshot_place *place = &snapshot->places[snapshot->place_count++];

	memcpy(&place->key, key, sizeof(place->key));
	memcpy(&place->place, value, sizeof(place->place));
}

static int native_read(struct engine *engine, struct snapshot *snapshot)
{
	struct native *self = (struct native *)engine;
	size_t n = self->words.count;

	snapshot->words = calloc(n + 1, sizeof(*snapshot->words));
	snapshot->flows = aligned_alloc(64, (self->flows.count + 1) * sizeof(*snapshot->flows));
	snapshot->places = calloc(self->places.count + 1, sizeof(*snapshot->places));
	if (!snapshot->words || !snapshot->flows || !snapshot->places) {
		snapshot_free(snapshot);
		return log_error(-ENOMEM, "not enough memory to read %zu flows",
				 self->flows.count);
	}
	snapshot->total = self->total;
	snapshot->words_generation = self->generation;
	for (size_t i = 0; i < n; i++) {
		snapshot->words[i].word = self->words.words[i];
		snapshot->words[i].position = i;
		snapshot->words[i].count = self->counts[self->words.words[i].id];
	}
	snapshot->word_count = n;
	table_walk(&self->flows, snapshot, take_flow);
	table_walk(&self->places, snapshot, take_place);
	return 0;
}

static void native_close(struct engine *engine)
{
	struct native *self = (struct native *)engine;

	table_free(&self->flows);
	table_free(&self->sightings);
	table_free(&self->media);
	table_free(&self->places);
	words_free(&self->words);
	free(self->words_table);
	free(self->counts);
	free(self->signatures);
	free(self);
	native = NULL;
}

static const struct engine_ops native_ops = {
	.name = "native",
	.load_words = native_load_words,
	.run = native_run,
	.read = native_read,
	.close = native_close,
};

int engine_open_native(const struct engine_options *options, const struct signatures *set,
		       const struct gl_signatures *compiled, struct engine **out)
{
	struct native *self = aligned_alloc(64, (sizeof(*self) + 63) & ~(size_t)63);
	struct word_list none = { 0 };
	int err;

	if (!self)
		return log_error(-ENOMEM, "not enough memory for the native engine");
	memset(self, 0, sizeof(*self));
	self->engine = (struct engine){ .ops = &native_ops, .set = set, .options = *options,
				       .words = engine_word_size(options) };
	self->flows = (struct table){ .key_size = sizeof(struct gl_flow_key),
				      .value_at = 64,
				      .value_size = sizeof(struct gl_flow) };
	self->media = (struct table){ .key_size = 8, .value_at = 8,
				      .value_size = sizeof(struct gl_media) };
	native = self;
	gl_settings = (struct gl_settings){ .scan = options->scan,
					    .replaying = 1,
					    .enforce = options->enforce,
					    .decap = options->decap,
					    .places = options->places,
					    .cells = self->engine.words.cells,
					    .secret = ENGINE_SECRET };
	self->signatures = aligned_alloc(64, (sizeof(*compiled) + 63) & ~(size_t)63);
	err = self->signatures ? native_load_words(&self->engine, &none) : -ENOMEM;
	if (err) {
		native_close(&self->engine);
		return err;
	}
	memcpy(self->signatures, compiled, sizeof(*compiled));
	self->generation = 0;
	*out = &self->engine;
	return 0;
}
