/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parses any bytes as a word list; when they are one, builds its tables in encodings
 * that follow from the bytes, checks them, and walks the same bytes, and the
 * spellings, through the automaton: what it finds must be what a plain search finds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/log.h"
#include "../../user/markers.h"
#include "sound.h"

#define CELLS_MOST (1u << 19)

static void compare(const struct sound *s, const uint8_t *text, size_t size)
{
	__u32 *hits = calloc(s->patterns.count + 1, sizeof(*hits));

	if (!hits)
		abort();
	sound_walk(s, text, size, hits);
	for (size_t i = 0; i < s->patterns.count; i++) {
		if (hits[i] != sound_search(s, i, text, size)) {
			fprintf(stderr, "spelling %zu: %u hits\n", i, hits[i]);
			abort();
		}
	}
	free(hits);
}

static void check(const struct word_list *list, const struct automaton_size *size,
		  const void *table, const uint8_t *data, size_t length)
{
	struct sound sound;

	if (!sound_open(&sound, table, size, list, 3)) {
		fprintf(stderr, "%s\n", sound.flaw);
		abort();
	}
	if (sound.patterns.count * length < 4000000)
		compare(&sound, data, length);
	if (sound.patterns.count * sound.patterns.used < 4000000)
		compare(&sound, sound.patterns.bytes, sound.patterns.used);
	sound_close(&sound);
}

static __u32 encodings_of(const uint8_t *data, size_t size)
{
	__u32 hash = size;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x01000193;
	hash >>= 8;
	return 1u << GL_ENC_UTF8 | (hash & hash >> 14 & GL_ENCODINGS_ALL);
}

/* Into the least table that holds the list. */
static void build(struct word_list *list, const uint8_t *data, size_t length)
{
	struct automaton_size size = automaton_size(list->count, encodings_of(data, length));
	int err = -1;

	list->marks = length & 1 ? markers : NULL;
	for (size.cells = GL_CELLS_MIN; err && size.cells <= CELLS_MOST; size.cells *= 2) {
		void *table = malloc(automaton_table_size(size.cells));

		if (!table)
			abort();
		err = automaton_build(list, 3, &size, table);
		if (!err)
			check(list, &size, table, data, length);
		free(table);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct word_list list = {0};
	size_t duplicates = 0;

	log_set_level(LOG_SILENT);
	if (!words_parse(&list, "fuzz", (const char *)data, size, GL_LIST_WATCH, &duplicates))
		build(&list, data, size);
	else if (list.count || duplicates)
		abort();
	words_free(&list);
	return 0;
}
