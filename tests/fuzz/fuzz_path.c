/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any frames through the packet path as it is compiled natively. The first byte
 * chooses what is scanned, which words are loaded and whether tunnels are opened;
 * each frame follows two bytes of length and one that says how late it comes and how
 * it was cut. The counters must obey the law afterwards and agree with the flows and
 * the words.
 */
#include "path.h"

#define CAPACITY 64u
#define MODES 32u

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

/* The engine of a first byte. */
static struct native *open_engine(unsigned mode)
{
	static struct engine *engines[MODES];
	struct engine_options options = { .capacity = CAPACITY,
					  .encodings = mode & 8 ? GL_ENCODINGS_ALL : 0,
					  .scan = (mode & 3) % GL_SCAN_MAX,
					  .decap = mode & 16 };

	if (!engines[mode]) {
		if (!set)
			compile();
		REQUIRE(!engine_open_native(&options, set, compiled, &engines[mode]));
		load_words(engines[mode], mode & 4, mode & 8);
	}
	return path_begin(engines[mode]);
}

static __u64 run_frames(struct native *self, const uint8_t *data, size_t size)
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
		run_frame(self, data, length, &replay);
		data += length;
		size -= length;
	}
	return replay.number;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct native *self;

	if (!size)
		return 0;
	self = open_engine(data[0] & (MODES - 1));
	check_end(self, run_frames(self, data + 1, size - 1));
	path_end(self);
	return 0;
}
