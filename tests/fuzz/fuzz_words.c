/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parses any bytes as a word list; when they are one, builds its automaton and
 * walks the same bytes through it. What it finds must be what a naive search finds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/log.h"
#include "../../user/words.h"

struct table {
	const struct gl_words_header *header;
	const __u64 *slots;
	const __u32 *out;
	const struct gl_pattern *patterns;
};

static unsigned char fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static __u32 step(const struct table *t, __u32 state, __u8 cls)
{
	while (cls) {
		__u32 next = GL_SLOT_BASE(t->slots[state]) + cls;

		if (GL_SLOT_CHECK(t->slots[next]) == cls)
			return next;
		if (t->slots[state] & GL_SLOT_ROOT)
			return state;
		state = GL_SLOT_FAIL(t->slots[state]);
	}
	return t->header->root;
}

static void walk(const struct table *t, const uint8_t *data, size_t size, uint32_t *hits)
{
	__u32 state = t->header->root;

	for (size_t i = 0; i < size; i++) {
		state = step(t, state, t->header->cls[data[i]]);
		if (!(t->slots[state] & GL_SLOT_MATCH) != !t->out[state])
			abort();
		for (__u32 p = t->out[state]; p; p = t->patterns[p - 1].next)
			hits[t->patterns[p - 1].word]++;
	}
}

static uint32_t search(const struct word *word, const uint8_t *data, size_t size)
{
	size_t length = strlen(word->text), k;
	uint32_t hits = 0;

	for (size_t i = 0; i + length <= size; i++) {
		for (k = 0; k < length && fold(data[i + k]) == fold(word->text[k]); k++)
			;
		hits += k == length;
	}
	return hits;
}

static void check(const struct word_list *list, __u32 capacity, const uint8_t *data,
		  size_t size)
{
	__u32 slots = words_slots(capacity);
	void *table = malloc(words_table_size(capacity));
	uint32_t *hits = calloc(list->count, sizeof(*hits));
	struct table t = {.header = table};

	if (!table || !hits)
		abort();
	if (!words_build(list, 1, capacity, table)) {
		t.slots = (void *)((char *)table + GL_WORDS_OFF_SLOTS);
		t.out = (void *)((char *)table + GL_WORDS_OFF_OUT(slots));
		t.patterns = (void *)((char *)table + GL_WORDS_OFF_PATTERNS(slots));
		walk(&t, data, size, hits);
		for (size_t i = 0; i < list->count; i++) {
			if (hits[i] != search(&list->words[i], data, size))
				abort();
		}
	}
	free(hits);
	free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct word_list list = {0};
	size_t duplicates = 0;
	__u32 capacity = 64;

	log_set_level(LOG_SILENT);
	if (!words_parse(&list, "fuzz", (const char *)data, size, GL_LIST_WATCH, &duplicates)) {
		while (capacity < list.count && capacity < 4096)
			capacity *= 2;
		check(&list, capacity, data, size);
	} else if (list.count || duplicates) {
		abort();
	}
	words_free(&list);
	return 0;
}
