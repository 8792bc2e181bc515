/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "engine_impl.h"

const char *engine_name(const struct engine *engine)
{
	return engine->ops->name;
}

struct automaton_size engine_word_size(const struct engine_options *options)
{
	struct automaton_size size = automaton_size(options->capacity, options->encodings);

	if (options->cells)
		size.cells = options->cells;
	return size;
}

int engine_load_words(struct engine *engine, struct word_list *list)
{
	return engine->ops->load_words(engine, list);
}

int engine_run(struct engine *engine, const void *frame, __u32 length, __u32 linear,
	       const struct gl_replay *replay)
{
	return engine->ops->run(engine, frame, length, linear, replay);
}

void engine_count_undeliverable(struct engine *engine, __u32 wire_len)
{
	engine->undeliverable_packets++;
	engine->undeliverable_bytes += wire_len;
}

static void add_undeliverable(const struct engine *engine, struct gl_total *total)
{
	__u64 packets = engine->undeliverable_packets, bytes = engine->undeliverable_bytes;

	total->seen_packets += packets;
	total->seen_bytes += bytes;
	total->outcome[GL_OUT_TRUNCATED].packets += packets;
	total->outcome[GL_OUT_TRUNCATED].bytes += bytes;
	total->verdict[GL_VERDICT_PASS].packets += packets;
	total->verdict[GL_VERDICT_PASS].bytes += bytes;
	total->protocol[GL_PROTO_NONE].packets += packets;
	total->protocol[GL_PROTO_NONE].bytes += bytes;
	total->exposure[GL_LEVEL_ABSENT].packets += packets;
	total->exposure[GL_LEVEL_ABSENT].bytes += bytes;
}

int engine_read(struct engine *engine, struct snapshot *snapshot)
{
	struct snapshot fresh = { .engine = engine->ops->name };
	int err = engine->ops->read(engine, &fresh);

	if (err)
		return err;
	add_undeliverable(engine, &fresh.total);
	fresh.protocol_count = signatures_protocols(engine->set);
	for (__u32 i = 0; i < fresh.protocol_count && i < GL_PROTOCOLS; i++)
		fresh.protocols[i] = signatures_protocol(engine->set, i);
	snapshot_sort(&fresh);
	fresh.version = snapshot->version;
	fresh.source = snapshot->source;
	*snapshot = fresh;
	return 0;
}

void engine_close(struct engine *engine)
{
	if (engine)
		engine->ops->close(engine);
}
