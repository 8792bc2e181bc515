/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Word lists to tables: what abi.h promises of them, refusals whose remedy works,
 * and lists that nobody would load.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/automaton.h"
#include "../../user/log.h"
#include "../../user/markers.h"
#include "../fuzz/sound.h"
#include "said.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(s) s, sizeof(s) - 1
#define UTF8 (1u << GL_ENC_UTF8)
#define GENERATION 7

/* ------------------------------------------------------------ helpers */

static void parse(struct word_list *list, const char *text, size_t length)
{
	size_t duplicates = 0;

	assert_int_equal(words_parse(list, "f", text, length, GL_LIST_WATCH, &duplicates), 0);
}

static void add(struct word_list *list, const char *text)
{
	parse(list, text, strlen(text));
}

static int build(const struct word_list *list, const struct automaton_size *size, void *table)
{
	int ret;

	catch_stderr();
	ret = automaton_build(list, GENERATION, size, table);
	release_stderr();
	return ret;
}

static void *new_table(const struct automaton_size *size)
{
	void *table = malloc(automaton_table_size(size->cells));

	assert_non_null(table);
	memset(table, 0xa5, automaton_table_size(size->cells));
	return table;
}

static void *build_ok(const struct word_list *list, const struct automaton_size *size)
{
	void *table = new_table(size);

	assert_int_equal(automaton_build(list, GENERATION, size, table), 0);
	return table;
}

static void open_ok(struct sound *sound, const void *table, const struct automaton_size *size,
		    const struct word_list *list)
{
	if (!sound_open(sound, table, size, list, GENERATION))
		fail_msg("%s", sound->flaw);
}

static __u64 rng_state;

static __u32 rng(__u32 below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (rng_state >> 16) % below;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* What the automaton finds in a text is what a plain search finds. */
static void compare(const struct sound *sound, const void *text, size_t length)
{
	__u32 *hits = calloc(sound->patterns.count + 1, sizeof(*hits));

	sound_walk(sound, text, length, hits);
	for (size_t i = 0; i < sound->patterns.count; i++)
		if (hits[i] != sound_search(sound, i, text, length))
			fail_msg("spelling %zu: %u hits", i, hits[i]);
	free(hits);
}

/* ------------------------------------------------------------ tables */

static void test_sizes(void **unused)
{
	static const struct {
		__u32 capacity, encodings, cells;
	} cases[] = {
	    {0, 0, 1u << 16},	{1, 0, 4096},	       {409, 0, 4096},
	    {410, 0, 8192},	{819, 0, 8192},	       {820, 0, 16384},
	    {4096, 0, 1u << 16}, {100000, 0, 1u << 20}, {1, GL_ENCODINGS_ALL, 4096},
	    {16, GL_ENCODINGS_ALL, 4096}, {17, GL_ENCODINGS_ALL, 8192},
	    {100000, GL_ENCODINGS_ALL, 1u << 25}, {UINT32_MAX, GL_ENCODINGS_ALL, 1u << 25},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct automaton_size size =
		    automaton_size(cases[i].capacity, cases[i].encodings);

		assert_int_equal(size.cells, cases[i].cells);
		assert_int_equal(size.encodings, cases[i].encodings | UTF8);
		assert_int_equal(size.capacity, cases[i].capacity ? cases[i].capacity : 4096);
	}
	assert_int_equal(automaton_table_size(4096), 64 + 256 + 8192 + 262144 + 8 * (4096 + 8));
}

/* list, text, hits of each word in list order */
static const struct match_case {
	const char *list;
	const char *text;
	__u32 hits[5];
} match_cases[] = {
    {"hello\n", "Hello HELLO hellO hell o", {3}},
    {"HeLLo\n", "hello", {1}},
    {"hello\n", "hell", {0}},
    {"hello\n", "hhello", {1}},
    {"a[\na{\n", "A[ a[ A{", {2, 1}},
    {"a@\na`\n", "a@ A` a`", {1, 2}},
    {"x]\nx}\nx\\\nx|\nx^\n", "x} x| X~ x]", {1, 1, 0, 1, 0}},
    {"ok\n", "OK oK o\xe2\x84\xaa", {2}},
    {"\xe7\x81\xaf\n", "\xe7\x81\xaf\xe7\x81\xaf \xe7\x81", {2}},
    {"#ab\n", "#ab ab # ab", {1}},
    {" a \n", " a a  a", {2}},
    {"he\nshe\nhis\nhers\n", "ushers his she", {2, 2, 1, 1}},
    {"aa\naaa\n", "aaaa", {3, 2}},
    {"abcd\nbcd\ncd\nd!\nd\xc3\xbc\n", "abcd!bcd\xc3\xbc", {1, 2, 2, 1, 1}},
    {"abcde\nbcx\n", "abcx abcde abcdx", {1, 1}},
    {"ab\n", "a\nb a\tb a\1b a\xff" "b a b ab", {1}},
    {"ab\n", "a", {0}},
    {"ab\n", "", {0}},
};

/* A word's hits in UTF-8, over its spellings in either letter case. */
static void word_hits(const struct sound *sound, const char *text, __u32 *hits)
{
	__u32 *each = calloc(sound->patterns.count, sizeof(*each));

	sound_walk(sound, (const __u8 *)text, strlen(text), each);
	for (size_t i = 0; i < sound->patterns.count; i++)
		hits[sound->patterns.pattern[i].word] += each[i];
	free(each);
}

static void test_matches(void **unused)
{
	struct automaton_size size = automaton_size(64, 0);

	(void)unused;
	for (size_t i = 0; i < COUNT(match_cases); i++) {
		const struct match_case *c = &match_cases[i];
		struct word_list list = {0};
		__u32 hits[5] = {0};
		struct sound sound;
		void *table;

		add(&list, c->list);
		table = build_ok(&list, &size);
		open_ok(&sound, table, &size, &list);
		word_hits(&sound, c->text, hits);
		for (size_t w = 0; w < 5; w++)
			if (hits[w] != c->hits[w])
				fail_msg("case %zu word %zu: %u hits", i, w, hits[w]);
		sound_close(&sound);
		free(table);
		words_free(&list);
	}
}

/* Marks are patterns of their own; a word that is a mark is both. */
static void test_marks(void **unused)
{
	static const struct mark marks[] = {{"?OTR:", GL_MARK_BODY, GL_LEVEL_ENVELOPE},
					    {"\r\n\r\n", GL_MARK_BLANK, GL_LEVEL_ABSENT},
					    {NULL, 0, 0}};
	struct automaton_size size = automaton_size(64, 0);
	struct word_list list = {.marks = marks};
	struct sound sound;
	void *table = build_ok(&list, &size);
	__u32 hits[4] = {0};

	(void)unused;
	open_ok(&sound, table, &size, &list);
	assert_int_equal(sound.header->words, 0);
	assert_int_equal(sound.header->patterns, 2);
	assert_int_equal(sound_pattern(&sound, sound.place[0])->flags,
			 GL_MARK_BODY | GL_MARK_ONLY);
	assert_int_equal(sound_pattern(&sound, sound.place[1])->flags,
			 GL_MARK_BLANK | GL_MARK_ONLY);
	assert_int_equal(sound_pattern(&sound, sound.place[0])->mark.level, GL_LEVEL_ENVELOPE);
	assert_int_equal(sound_pattern(&sound, sound.place[0])->mark.length, 5);
	assert_int_equal(sound_pattern(&sound, sound.place[1])->mark.level, GL_LEVEL_ABSENT);
	assert_int_equal(sound_pattern(&sound, sound.place[1])->mark.length, 4);
	sound_close(&sound);
	free(table);

	add(&list, "lantern\n?otr:\n");
	table = build_ok(&list, &size);
	open_ok(&sound, table, &size, &list);
	assert_int_equal(sound.header->patterns, 4);
	assert_int_equal(sound_pattern(&sound, sound.place[1])->flags, 0);
	sound_walk(&sound, (const __u8 *)"?OTR: lantern?oTr:", 18, hits);
	assert_int_equal(hits[0], 1);
	assert_int_equal(hits[1], 2);
	assert_int_equal(hits[2], 2);
	assert_int_equal(hits[3], 0);
	sound_close(&sound);
	free(table);
	words_free(&list);
}

static void test_ids_and_lists_come_from_the_list(void **unused)
{
	struct automaton_size size = automaton_size(64, 0);
	struct word_list list = {0};
	const struct gl_pattern *first, *second, *third;
	struct sound sound;
	void *table;

	(void)unused;
	parse(&list, TEXT("zz\nabc\nbc\n"));
	list.words[0].id = 9;
	list.words[1].id = 4000000000;
	list.words[1].list = GL_LIST_BLOCK;
	table = build_ok(&list, &size);
	open_ok(&sound, table, &size, &list);
	first = sound_pattern(&sound, sound.place[0]);
	second = sound_pattern(&sound, sound.place[1]);
	third = sound_pattern(&sound, sound.place[2]);
	assert_int_equal(first->word, 9);
	assert_int_equal(first->next, 0);
	assert_int_equal(second->word, 4000000000);
	assert_int_equal(second->list, GL_LIST_BLOCK);
	assert_int_equal(second->next, sound.place[2]);
	assert_int_equal(third->next, 0);
	assert_true(first->digest != second->digest && second->digest != third->digest);
	assert_int_equal(sound.header->cls['Z'], sound.header->cls['z']);
	assert_int_equal(sound.header->cls['y'], 0);
	assert_int_equal(sound.header->cls[0], 0);
	sound_close(&sound);
	free(table);
	words_free(&list);
}

static void test_empty_list(void **unused)
{
	struct automaton_size size = automaton_size(64, 0);
	struct word_list list = {0};
	void *table = build_ok(&list, &size);
	struct sound sound;

	(void)unused;
	open_ok(&sound, table, &size, &list);
	assert_int_equal(sound.header->words, 0);
	assert_int_equal(sound.header->patterns, 0);
	for (int i = 0; i < 256; i++)
		assert_int_equal(sound.header->cls[i], 0);
	for (__u32 i = 0; i < GL_FILTER_WORDS; i++)
		assert_int_equal(sound.header->filter[i], 0);
	sound_close(&sound);
	free(table);
}

/* Four cells or six, and only where a letter must not fold. */
static void test_exact_patterns(void **unused)
{
	static const char text[] = "\x60\x4f \x60\x6f \x4f\x60 a\0B\0 A\0b\0 \x41\x4f";
	struct automaton_size size = automaton_size(64, 1u << GL_ENC_UTF16LE);
	struct word_list list = {0};
	struct sound sound;
	__u32 hits[8] = {0};
	void *table;

	(void)unused;
	add(&list, "\u4f60\nab\n\u4f41\n");
	table = build_ok(&list, &size);
	open_ok(&sound, table, &size, &list);
	assert_int_equal(sound.patterns.count, 6);
	sound_walk(&sound, (const __u8 *)text, sizeof(text) - 1, hits);
	for (size_t i = 0; i < 6; i++) {
		const struct gl_pattern *p = sound_pattern(&sound, sound.place[i]);
		bool utf16 = p->encoding == GL_ENC_UTF16LE;

		assert_int_equal(p->encoding, i % 2 ? GL_ENC_UTF16LE : GL_ENC_UTF8);
		assert_int_equal(p->flags, utf16 && i != 3 ? GL_PATTERN_EXACT : 0);
		assert_int_equal(hits[i], !utf16 ? 0 : i == 3 ? 2 : 1);
	}
	sound_close(&sound);
	free(table);
	words_free(&list);
}

/* ------------------------------------------------------------ against a plain search */

static size_t pick(char *out, const char *const *letters, size_t n, size_t most)
{
	size_t at = 0, chars = 2 + rng(most - 1);

	for (size_t i = 0; i < chars; i++) {
		const char *letter = letters[rng(n)];

		memcpy(out + at, letter, strlen(letter));
		at += strlen(letter);
	}
	out[at] = '\0';
	return at;
}

/* Words that begin or end like earlier ones, as well as fresh ones. */
static void random_list(struct word_list *list, const char *const *letters, size_t n)
{
	size_t words = 1 + rng(40);

	for (size_t i = 0; i < words; i++) {
		char text[GL_WORD_MAX * 4];
		size_t length = pick(text, letters, n, 2 + rng(9));

		if (list->count && rng(2)) {
			const char *old = list->words[rng(list->count)].text;
			const char *tail = old + (rng(2) ? strlen(old) / 2 : 0);

			while (((unsigned char)*tail & 0xc0) == 0x80)
				tail++;
			memcpy(text + length, tail, strlen(tail) + 1);
			length += strlen(tail);
		}
		if (length > GL_WORD_MAX || text[0] == '#')
			continue;
		add(list, text);
	}
	if (!list->count)
		add(list, "ab");
}

static void test_random_lists(void **unused)
{
	static const char *const letters[] = {"a", "b", "A", "B", "c", "[", "{", "@", "\u00fc",
					      "\u00dc", "\u706f", "k", "K", "\u212a", "#",
					      "\U0001f600"};

	(void)unused;
	rng_state = 20240607;
	for (int i = 0; i < 400; i++) {
		struct automaton_size size = automaton_size(2048, rng(2) ? 0 : rng(1u << 14));
		size_t n = 2 + rng(COUNT(letters) - 1), length = 0;
		struct word_list list = {0};
		struct sound sound;
		char text[4096];
		void *table;

		random_list(&list, letters, n);
		while (length < 1000) {
			const char *word = list.words[rng(list.count)].text;

			if (rng(3)) {
				length += pick(text + length, letters, n, 20);
			} else {
				memcpy(text + length, word, strlen(word));
				length += strlen(word) - rng(2);
			}
		}
		table = build_ok(&list, &size);
		open_ok(&sound, table, &size, &list);
		compare(&sound, text, length);
		sound_close(&sound);
		free(table);
		words_free(&list);
	}
}

/* All that there are: pairs of ASCII, and characters of two bytes. */
static void test_all_two_byte_words(void **unused)
{
	struct automaton_size size = automaton_size(8192, 0);
	struct word_list list = {0};
	char word[3] = {0};
	static __u8 text[2 * 65536];
	struct sound sound;
	void *table;

	(void)unused;
	for (int a = 0x20; a < 0x7f; a++) {
		for (int b = 0x20; b < 0x7f; b++) {
			word[0] = a;
			word[1] = b;
			if ((a != ' ' && a != '#') || b != ' ')
				add(&list, word);
		}
	}
	for (int code = 0xa0; code < 0x800; code++) {
		size_t duplicates = 0;

		word[0] = 0xc0 | code >> 6;
		word[1] = 0x80 | (code & 0x3f);
		log_set_level(LOG_SILENT);
		words_parse(&list, "f", word, 2, GL_LIST_WATCH, &duplicates);
		log_set_level(LOG_NOTES);
	}
	assert_in_range(list.count, 69 * 69 - 2 + 1000, 69 * 69 - 2 + 30 * 64 - 32);
	table = build_ok(&list, &size);
	open_ok(&sound, table, &size, &list);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? i / 2 : i / 512;
	for (size_t at = 0; at < sizeof(text); at += 8192)
		compare(&sound, text + at, 4096);
	sound_close(&sound);
	free(table);
	words_free(&list);
}

/* ------------------------------------------------------------ lists at the limits */

static void random_words(struct word_list *list, size_t count, size_t length)
{
	char text[GL_WORD_MAX + 1];

	while (list->count < count) {
		for (size_t i = 0; i < length; i++)
			text[i] = 'a' + rng(26);
		text[length] = '\0';
		add(list, text);
	}
}

/* In every encoding: those of two bytes, of 64, and of 21 characters of three bytes. */
static void test_shortest_and_longest(void **unused)
{
	struct automaton_size size = automaton_size(512, GL_ENCODINGS_ALL);
	struct word_list list = {0};
	struct sound sound;
	char word[GL_WORD_MAX + 1] = {0};
	void *table;

	(void)unused;
	rng_state = 3;
	random_words(&list, 3, 64);
	random_words(&list, 6, 2);
	add(&list, "\u00fc\n\u0444\n");
	for (size_t i = 0; i < 21; i++)
		memcpy(word + 3 * i, "\u4f60", 3);
	add(&list, word);
	table = build_ok(&list, &size);
	open_ok(&sound, table, &size, &list);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(strlen(list.words[i].text), 64);
	compare(&sound, sound.patterns.bytes, sound.patterns.used);
	sound_close(&sound);
	free(table);
	words_free(&list);
}

/* Builds and checks a list that nobody would load. */
static void assert_built(const char *name, const struct word_list *list,
			 const struct automaton_size *size, double most)
{
	double start = seconds(), took;
	void *table = build_ok(list, size);
	const struct gl_words_header *header = table;
	struct sound sound;

	took = seconds() - start;
	print_message("%s: %zu words, %u patterns, %u of %u cells, %.2f s\n", name, list->count,
		      header->patterns, header->cells_used, size->cells, took);
	if (took > most)
		fail_msg("%s: %.1f s", name, took);
	open_ok(&sound, table, size, list);
	sound_close(&sound);
	free(table);
}

/* A beginning of 58 bytes in common, an end of 58 bytes, or nothing. */
static void test_shared_parts(void **unused)
{
	struct automaton_size size = automaton_size(100000, 0);
	char word[GL_WORD_MAX + 1];

	(void)unused;
	size.cells = 1u << 23;
	for (int kind = 0; kind < 3; kind++) {
		struct word_list list = {0};

		for (unsigned int i = 0; i < 100000; i++) {
			if (kind == 0)
				snprintf(word, sizeof(word), "%058d%06u", 0, i);
			else
				snprintf(word, sizeof(word), "%06u%058d", i, 0);
			if (kind == 2)
				word[6] = '\0';
			add(&list, word);
		}
		assert_int_equal(list.count, 100000);
		assert_built(kind == 0 ? "one beginning" : kind == 1 ? "one end" : "numbers",
			     &list, &size, 30);
		words_free(&list);
	}
}

static void test_longest_words(void **unused)
{
	struct automaton_size size = automaton_size(100000, 0);
	struct word_list list = {0};

	(void)unused;
	rng_state = 9;
	random_words(&list, 100000, 64);
	size.cells = 1u << 23;
	assert_built("100000 words of 64 bytes", &list, &size, 30);
	words_free(&list);
}

/* Every chain of fail links and of outputs is as long as it can be. */
static void test_chains(void **unused)
{
	struct automaton_size size = automaton_size(1024, 0);
	struct word_list list = {0};
	char text[GL_WORD_MAX + 1];
	struct sound sound;
	void *table;

	(void)unused;
	for (size_t length = 2; length <= GL_WORD_MAX; length++) {
		memset(text, 'a', length);
		text[length] = '\0';
		add(&list, text);
		text[length - 1] = 'b';
		add(&list, text);
	}
	table = build_ok(&list, &size);
	open_ok(&sound, table, &size, &list);
	memset(text, 'a', GL_WORD_MAX);
	compare(&sound, text, GL_WORD_MAX);
	sound_close(&sound);
	free(table);
	words_free(&list);
}

/* Half Latin words of 4 to 12 letters, half of 2 to 4 Chinese characters: 8.5 bytes. */
static void synthesise(struct word_list *list, size_t count)
{
	while (list->count < count) {
		char text[80];
		size_t length = 0, chars = 2 + rng(3);

		if (rng(2)) {
			for (chars = 4 + rng(9); length < chars; length++)
				text[length] = "etaoinshrdlucmfwypvbgkqjxz"[rng(1 + rng(26))];
		} else {
			for (size_t i = 0; i < chars; i++) {
				__u32 c = 0x4e00 + rng(1 + rng(0x51a0));

				text[length++] = 0xe0 | c >> 12;
				text[length++] = 0x80 | (c >> 6 & 0x3f);
				text[length++] = 0x80 | (c & 0x3f);
			}
		}
		text[length] = '\0';
		add(list, text);
	}
}

/* What automaton_size() reserves is enough for lists of the usual kind. */
static void test_reserved_cells(void **unused)
{
	static const struct {
		__u32 words, encodings;
	} cases[] = {{1000, 0},
		     {10000, 0},
		     {100000, 0},
		     {1000, GL_ENCODINGS_ALL},
		     {4096, 1u << GL_ENC_UTF16LE | 1u << GL_ENC_GB18030}};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct automaton_size size = automaton_size(cases[i].words, cases[i].encodings);
		struct word_list list = {0};

		rng_state = 99;
		synthesise(&list, cases[i].words);
		assert_built("words and Chinese", &list, &size, 30);
		words_free(&list);
	}
}

static void test_all_words_in_all_encodings(void **unused)
{
	struct automaton_size size = automaton_size(100000, GL_ENCODINGS_ALL);
	struct word_list list = {0};
	const struct gl_words_header *header;
	double start;
	void *table;

	(void)unused;
	rng_state = 100;
	synthesise(&list, 100000);
	start = seconds();
	table = build_ok(&list, &size);
	header = table;
	print_message("100000 words in all encodings: %u patterns, %u of %u cells, %.1f s\n",
		      header->patterns, header->cells_used, size.cells, seconds() - start);
	assert_true(seconds() - start < 120);
	assert_int_equal(header->words, 100000);
	assert_true(header->patterns > 1000000);
	free(table);
	words_free(&list);
}

/* ------------------------------------------------------------ refusals */

/* The capacity that the message names, of which one less is too small. */
static __u32 named_capacity(const struct word_list *list, __u32 encodings)
{
	const char *text = strstr(said, "--capacity");
	unsigned int need = 0;
	struct automaton_size size;
	struct sound sound;
	void *table;

	assert_non_null(text);
	assert_int_equal(sscanf(text, "--capacity %u", &need), 1);
	size = automaton_size(need, encodings);
	table = build_ok(list, &size);
	open_ok(&sound, table, &size, list);
	sound_close(&sound);
	free(table);
	return need;
}

/* What attach and replay do before they reserve. */
static void test_room_is_made(void **unused)
{
	struct automaton_size size = automaton_size(100, 0), before = size;
	struct word_list list = {0};
	void *table;

	(void)unused;
	rng_state = 7;
	random_words(&list, 100, 4);
	assert_int_equal(automaton_fit(&list, &size), 0);
	assert_memory_equal(&size, &before, sizeof(size));
	words_free(&list);

	random_words(&list, 100, 64);
	assert_int_equal(automaton_fit(&list, &size), 0);
	assert_int_equal(size.cells, 8192);
	assert_int_equal(size.capacity, 100);
	table = build_ok(&list, &size);
	free(table);
	words_free(&list);

	size = before;
	random_words(&list, 101, 64);
	assert_int_equal(automaton_fit(&list, &size), 0);
	assert_memory_equal(&size, &before, sizeof(size));
	words_free(&list);
}

static void test_refusal_names_the_capacity(void **unused)
{
	struct automaton_size size = automaton_size(100, 0);
	struct word_list list = {0};
	struct word first;
	void *table = new_table(&size);

	(void)unused;
	rng_state = 7;
	random_words(&list, 100, 64);
	first = list.words[0];
	assert_int_equal(build(&list, &size, table), -ENOSPC);
	assert_said("the list has 100 patterns and needs at least 6976 cells, more than fit into "
		    "the 4096 that are reserved: reserve more with --capacity 410 of attach or "
		    "replay, or choose fewer --encodings");
	assert_int_equal(list.count, 100);
	assert_memory_equal(&list.words[0], &first, sizeof(first));
	assert_int_equal(named_capacity(&list, 0), 410);
	size = automaton_size(99, 0);
	assert_int_equal(build(&list, &size, table), -ENOSPC);
	assert_said("the list has 100 words and the capacity is 99; reserve more with "
		    "--capacity 410");
	words_free(&list);

	random_words(&list, 100, 4);
	assert_int_equal(build(&list, &size, table), -ENOSPC);
	assert_said("reserve more with --capacity 100");
	assert_int_equal(named_capacity(&list, 0), 100);
	free(table);
	words_free(&list);
}

/* The remedy holds in the encodings that were asked for. */
static void test_refusal_in_encodings(void **unused)
{
	static const __u32 encodings[] = {0, GL_ENCODINGS_ALL, 1u << GL_ENC_BASE64,
					  1u << GL_ENC_XML | 1u << GL_ENC_GB18030};

	(void)unused;
	for (size_t i = 0; i < COUNT(encodings); i++) {
		struct automaton_size size = automaton_size(150, encodings[i]);
		struct word_list list = {0};
		void *table = new_table(&size);

		rng_state = 77;
		random_words(&list, 150, 64);
		size.cells = GL_CELLS_MIN;
		assert_int_equal(build(&list, &size, table), -ENOSPC);
		assert_true(named_capacity(&list, encodings[i]) >= 150);
		free(table);
		words_free(&list);
	}
}

static void test_refusal_when_nothing_would_do(void **unused)
{
	struct automaton_size size = automaton_size(100000, 0);
	void *table = new_table(&size);
	struct word_list list = {0};

	(void)unused;
	list.words = calloc(GL_CAPACITY_MAX + 1, sizeof(*list.words));
	list.count = list.room = GL_CAPACITY_MAX + 1;
	assert_int_equal(build(&list, &size, table), -ENOSPC);
	assert_said("the list has 100001 words and at most 100000 fit; shorten it");
	words_free(&list);

	/* what the parser would not have let in */
	parse(&list, TEXT("ab\ncd\n"));
	list.words[1].text[0] = '\0';
	assert_int_equal(build(&list, &size, table), -EINVAL);
	assert_said("word 2 of the list is not 2 to 64 bytes long");
	memset(list.words[1].text, 'x', sizeof(list.words[1].text));
	assert_int_equal(build(&list, &size, table), -EINVAL);
	strcpy(list.words[1].text, "\xff\xff");
	assert_int_equal(build(&list, &size, table), -EINVAL);
	free(table);
	words_free(&list);
}

/* Long words that share little: nine of ten cells are states. */
static void test_dense_table(void **unused)
{
	struct automaton_size size = automaton_size(2000, 0);
	struct word_list list = {0};
	const struct gl_words_header *header;
	struct sound sound;
	void *table;

	(void)unused;
	rng_state = 11;
	random_words(&list, 1850, 64);
	size.cells = 1u << 17;
	table = build_ok(&list, &size);
	header = table;
	open_ok(&sound, table, &size, &list);
	assert_true(header->cells_used > size.cells * 0.9);
	sound_close(&sound);
	free(table);
	words_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_ids_and_lists_come_from_the_list),
	    cmocka_unit_test(test_empty_list),
	    cmocka_unit_test(test_exact_patterns),
	    cmocka_unit_test(test_random_lists),
	    cmocka_unit_test(test_all_two_byte_words),
	    cmocka_unit_test(test_shortest_and_longest),
	    cmocka_unit_test(test_shared_parts),
	    cmocka_unit_test(test_longest_words),
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_reserved_cells),
	    cmocka_unit_test(test_all_words_in_all_encodings),
	    cmocka_unit_test(test_room_is_made),
	    cmocka_unit_test(test_refusal_names_the_capacity),
	    cmocka_unit_test(test_refusal_in_encodings),
	    cmocka_unit_test(test_refusal_when_nothing_would_do),
	    cmocka_unit_test(test_dense_table),
	};

	return cmocka_run_group_tests_name("automaton", tests, NULL, NULL);
}
