/* SPDX-License-Identifier: BSD-2-Clause */
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

#include "../../user/log.h"
#include "../../user/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(s) s, sizeof(s) - 1
#define TEN "0123456789"
#define B62 TEN TEN TEN TEN TEN TEN "ab"

/* ------------------------------------------------------------ helpers */

static char said[4096]; /* what the last silenced call printed on stderr */
static int saved_stderr;
static FILE *caught;

static void catch_stderr(void)
{
	fflush(stderr);
	caught = tmpfile();
	assert_non_null(caught);
	saved_stderr = dup(2);
	dup2(fileno(caught), 2);
}

static void release_stderr(void)
{
	size_t n;

	fflush(stderr);
	dup2(saved_stderr, 2);
	close(saved_stderr);
	rewind(caught);
	n = fread(said, 1, sizeof(said) - 1, caught);
	said[n] = '\0';
	fclose(caught);
}

static int parse(struct word_list *list, const char *text, size_t length, size_t *duplicates)
{
	int ret;

	catch_stderr();
	ret = words_parse(list, "f.txt", text, length, GL_LIST_WATCH, duplicates);
	release_stderr();
	return ret;
}

static int build(const struct word_list *list, __u32 capacity, void *table)
{
	int ret;

	catch_stderr();
	ret = words_build(list, 7, capacity, table);
	release_stderr();
	return ret;
}

/* One sentence on one line, and nothing else. */
static void assert_said(const char *expected)
{
	if (!strstr(said, expected))
		fail_msg("expected \"%s\" in \"%s\"", expected, said);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

/* word=label:id, joined by commas. */
static const char *render(const struct word_list *list)
{
	static char out[4096];
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		const struct word *w = &list->words[i];

		at += snprintf(out + at, sizeof(out) - at, "%s%s=%s:%u", i ? "," : "", w->text,
			       w->label, w->id);
	}
	return out;
}

static __u64 rng_state;

static __u32 rng(__u32 below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (rng_state >> 16) % below;
}

struct table {
	const struct gl_words_header *header;
	const __u64 *slots;
	const __u32 *out;
	const struct gl_pattern *patterns;
	__u32 size;
};

static struct table view(const void *table, __u32 capacity)
{
	__u32 slots = words_slots(capacity);
	const char *bytes = table;

	return (struct table){
	    .header = table,
	    .slots = (const void *)(bytes + GL_WORDS_OFF_SLOTS),
	    .out = (const void *)(bytes + GL_WORDS_OFF_OUT(slots)),
	    .patterns = (const void *)(bytes + GL_WORDS_OFF_PATTERNS(slots)),
	    .size = slots,
	};
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

/* hits[i]: occurrences of the pattern with word id i. */
static void walk(const struct table *t, const char *text, size_t length, __u32 *hits)
{
	__u32 state = t->header->root;

	for (size_t i = 0; i < length; i++) {
		state = step(t, state, t->header->cls[(__u8)text[i]]);
		for (__u32 p = t->out[state]; p; p = t->patterns[p - 1].next)
			hits[t->patterns[p - 1].word]++;
	}
}

static unsigned char fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static __u32 naive(const char *word, const char *text, size_t length)
{
	size_t n = strlen(word), k;
	__u32 hits = 0;

	for (size_t i = 0; i + n <= length; i++) {
		for (k = 0; k < n && fold(text[i + k]) == fold(word[k]); k++)
			;
		hits += k == n;
	}
	return hits;
}

static void *build_ok(const struct word_list *list, __u32 capacity)
{
	void *table = malloc(words_table_size(capacity));

	assert_non_null(table);
	memset(table, 0xa5, words_table_size(capacity));
	assert_int_equal(words_build(list, 7, capacity, table), 0);
	return table;
}

/* The state that a word leads to from the root by children only; 0 is the root. */
static __u32 descend(const struct table *t, const char *text, size_t length)
{
	__u32 state = t->header->root;

	for (size_t i = 0; i < length; i++) {
		__u8 cls = t->header->cls[(__u8)text[i]];
		__u32 next = GL_SLOT_BASE(t->slots[state]) + cls;

		assert_int_not_equal(cls, 0);
		assert_true(next < t->size);
		assert_int_equal(GL_SLOT_CHECK(t->slots[next]), cls);
		assert_int_equal(GL_SLOT_DEPTH(t->slots[next]), i + 1 < 7 ? i + 1 : 7);
		state = next;
	}
	return state;
}

/* What abi.h promises of every table. */
static void assert_sound(const struct table *t, const struct word_list *list)
{
	const struct gl_words_header *h = t->header;
	bool *based = calloc(t->size, 1), *parent = calloc(t->size, 1);
	__u32 used = 0;

	assert_int_equal(h->generation, 7);
	assert_int_equal(h->words, list->count);
	assert_int_equal(h->patterns, list->count);
	assert_int_equal(t->slots[h->root] >> 24, GL_SLOT_ROOT >> 24 | (__u64)h->root << 8);
	for (__u32 s = 0; s < t->size; s++) {
		__u64 slot = t->slots[s];
		__u32 from = s - GL_SLOT_CHECK(slot);

		if (!slot) {
			assert_int_equal(t->out[s], 0);
			continue;
		}
		used++;
		assert_true(GL_SLOT_BASE(slot) <= t->size - GL_CLASSES);
		assert_int_equal(slot >> 61, 0);
		assert_int_equal(!!(slot & GL_SLOT_MATCH), !!t->out[s]);
		assert_int_equal(!!(slot & GL_SLOT_ROOT), s == h->root);
		assert_int_equal(!GL_SLOT_CHECK(slot), s == h->root);
		assert_true(t->slots[GL_SLOT_FAIL(slot)] != 0);
		if (s != h->root)
			parent[from] = true;
	}
	assert_int_equal(used, h->slots_used);
	assert_false(parent[0]);
	for (__u32 s = 0; s < t->size; s++) {
		__u32 base = GL_SLOT_BASE(t->slots[s]);

		if (!t->slots[s] || !base)
			continue;
		assert_false(based[base]);
		assert_true(parent[base]);
		based[base] = true;
	}
	assert_int_equal(memcmp(based, parent, t->size), 0);
	for (size_t i = 0; i < list->count; i++) {
		const struct word *w = &list->words[i];
		__u32 at = descend(t, w->text, strlen(w->text));
		const struct gl_pattern *p = &t->patterns[i];

		assert_int_equal(t->out[at], i + 1);
		assert_int_equal(p->next, t->out[GL_SLOT_FAIL(t->slots[at])]);
		assert_int_equal(p->word, w->id);
		assert_int_equal(p->list, w->list);
		assert_int_equal(p->length, strlen(w->text));
	}
	free(based);
	free(parent);
}

/* ------------------------------------------------------------ parsing */

/* text -> words, or the part of the message that matters. */
static const struct parse_case {
	const char *text;
	size_t length;
	const char *words; /* NULL: refused */
	const char *message;
	size_t duplicates;
} parse_cases[] = {
    {TEXT("hello\nyou\n"), "hello=w1:0,you=w2:1", NULL, 0},
    {TEXT("hello\nyou"), "hello=w1:0,you=w2:1", NULL, 0},
    {TEXT("hello\r\nyou\r"), "hello=w1:0,you=w2:1", NULL, 0},
    {TEXT("hello\r\r\n"), NULL, "f.txt:1: byte 6 of the line is a control character (0x0d)", 0},
    {TEXT("hello\ryou\n"), NULL, "f.txt:1: byte 6 of the line is a control character (0x0d)",
     0},

    /* nothing in it */
    {TEXT(""), NULL, "f.txt: there is no word in it; write one word a line", 0},
    {TEXT("\n\r\n\n"), NULL, "f.txt: there is no word in it", 0},
    {TEXT("\xef\xbb\xbf"), NULL, "f.txt: there is no word in it", 0},
    {TEXT("# a\n#\n#\r\n"), NULL, "f.txt: there is no word in it", 0},
    {TEXT("\n\nab\n\n"), "ab=w1:0", NULL, 0},

    /* comments against channels */
    {TEXT("# ab\n#ab\n#\nab #\n"), "#ab=w1:0,ab #=w2:1", NULL, 0},
    {TEXT(" # ab\n"), " # ab=w1:0", NULL, 0},
    {TEXT("##\n"), "##=w1:0", NULL, 0},
    {TEXT("#\tab\n"), NULL, "f.txt:1: the word is 1 byte long; at least 2 bytes", 0},

    /* byte order mark: at the start only */
    {TEXT("\xef\xbb\xbfxy\n"), "xy=w1:0", NULL, 0},
    {TEXT("\xef\xbb\xbf# xy\nab\n"), "ab=w1:0", NULL, 0},
    {TEXT("ab\n\xef\xbb\xbfxy\n"), "ab=w1:0,\xef\xbb\xbfxy=w2:1", NULL, 0},

    /* spaces are letters, but not alone */
    {TEXT(" a b  \n"), " a b  =w1:0", NULL, 0},
    {TEXT("ab\n   \n"), NULL, "f.txt:2: the word is only spaces; write a word or remove", 0},
    {TEXT("  a\n"), "  a=w1:0", NULL, 0},

    /* length in bytes */
    {TEXT("a\n"), NULL, "f.txt:1: the word is 1 byte long; at least 2 bytes of UTF-8", 0},
    {TEXT("\tlabel\n"), NULL, "f.txt:1: the word is 0 bytes long; at least 2 bytes", 0},
    {TEXT("\xc3\xbc\n"), "\xc3\xbc=w1:0", NULL, 0},
    {TEXT(B62 "cd\n"), B62 "cd=w1:0", NULL, 0},
    {TEXT("ab\n\n" B62 "cde\n"), NULL,
     "f.txt:3: the word is 65 bytes long; at most 64 bytes of UTF-8 fit, shorten it", 0},
    {TEXT(B62 "\xc3\xbc\n"), B62 "\xc3\xbc=w1:0", NULL, 0},
    {TEXT(B62 "\xe2\x82\xac\n"), NULL, "f.txt:1: the word is 65 bytes long", 0},

    /* labels */
    {TEXT("ab\tx\ncd\ncd e\tA-z_0.9\n"), "ab=x:0,cd=w2:1,cd e=A-z_0.9:2", NULL, 0},
    {TEXT("ab\tx\r\n"), "ab=x:0", NULL, 0},
    {TEXT("ab\t" TEN TEN TEN "1\n"), "ab=" TEN TEN TEN "1:0", NULL, 0},
    {TEXT("ab\t" TEN TEN TEN "12\n"), NULL, "f.txt:1: the label after the tab must be 1 to 31",
     0},
    {TEXT("ab\t\n"), NULL, "f.txt:1: the label after the tab", 0},
    {TEXT("ab\tx y\n"), NULL, "f.txt:1: the label after the tab", 0},
    {TEXT("ab\tx\ty\n"), NULL, "f.txt:1: the label after the tab", 0},
    {TEXT("ab\t\xc3\xbc\n"), NULL, "f.txt:1: the label after the tab", 0},
    {TEXT("ab\tx/y\n"), NULL, "f.txt:1: the label after the tab", 0},
    {TEXT("ab x\n"), "ab x=w1:0", NULL, 0},

    /* binary */
    {TEXT("ab\nc\0d\n"), NULL, "f.txt:2: byte 2 of the line is a control character (0x00)", 0},
    {TEXT("ab\0"), NULL, "f.txt:1: byte 3 of the line is a control character (0x00)", 0},
    {TEXT("ab\x1b[0m\n"), NULL, "a control character (0x1b); save the list as UTF-8 text", 0},
    {TEXT("ab\x7f\n"), NULL, "a control character (0x7f)", 0},
    {TEXT("ab~\n"), "ab~=w1:0", NULL, 0},
    {TEXT("ab\xc2\x9f\n"), NULL, "a control character (0x9f)", 0},
    {TEXT("ab\xc2\xa0\n"), "ab\xc2\xa0=w1:0", NULL, 0},
    {TEXT("# a\x01\nab\n"), NULL, "f.txt:1: byte 4 of the line is a control character", 0},

    /* RFC 3629: each border from both sides */
    {TEXT("ab\xc1\xbf\n"), NULL, "f.txt:1: byte 3 of the line is not valid UTF-8; save", 0},
    {TEXT("ab\xe0\x9f\xbf\n"), NULL, "byte 3 of the line is not valid UTF-8", 0},
    {TEXT("\xe0\xa0\x80\n"), "\xe0\xa0\x80=w1:0", NULL, 0},
    {TEXT("\xed\x9f\xbf\n"), "\xed\x9f\xbf=w1:0", NULL, 0},
    {TEXT("\xed\xa0\x80\n"), NULL, "not valid UTF-8", 0},
    {TEXT("\xed\xbf\xbf\n"), NULL, "not valid UTF-8", 0},
    {TEXT("\xee\x80\x80\n"), "\xee\x80\x80=w1:0", NULL, 0},
    {TEXT("\xf0\x8f\xbf\xbf\n"), NULL, "not valid UTF-8", 0},
    {TEXT("\xf0\x90\x80\x80\n"), "\xf0\x90\x80\x80=w1:0", NULL, 0},
    {TEXT("\xf4\x8f\xbf\xbf\n"), "\xf4\x8f\xbf\xbf=w1:0", NULL, 0},
    {TEXT("\xf4\x90\x80\x80\n"), NULL, "not valid UTF-8", 0},
    {TEXT("\xf5\x80\x80\x80\n"), NULL, "not valid UTF-8", 0},
    {TEXT("ab\x80\n"), NULL, "not valid UTF-8", 0},
    {TEXT("ab\xff\n"), NULL, "not valid UTF-8", 0},
    {TEXT("ab\xe2\x82\n"), NULL, "not valid UTF-8", 0},
    {TEXT("ab\xe2\x82"), NULL, "not valid UTF-8", 0},
    {TEXT("ab\xe2\x82\xac"), "ab\xe2\x82\xac=w1:0", NULL, 0},
    {TEXT("ok\n# caf\xe9\n"), NULL, "f.txt:2: byte 6 of the line is not valid UTF-8", 0},

    /* duplicates by ASCII case: the first stays, positions go on without a hole */
    {TEXT("Hello\tx\nhELLO\ty\nyou\nYOU\nYou\n"), "Hello=x:0,you=w2:1", NULL, 3},
    {TEXT("\xc3\xbc\n\xc3\x9c\n"), "\xc3\xbc=w1:0,\xc3\x9c=w2:1", NULL, 0},
    {TEXT("a[\na{\na@\na`\n"), "a[=w1:0,a{=w2:1,a@=w3:2,a`=w4:3", NULL, 0},
    {TEXT("ak\naK\na\xe2\x84\xaa\n"), "ak=w1:0,a\xe2\x84\xaa=w2:1", NULL, 1},
    {TEXT("ab\nabc\n"), "ab=w1:0,abc=w2:1", NULL, 0},
    {TEXT("ab\nAB\tbad label\n"), NULL, "f.txt:2: the label after the tab", 0},
};

static void test_parse(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		struct word_list list = {0};
		char *exact = malloc(c->length + !c->length);
		size_t duplicates = 40;
		int ret;

		memcpy(exact, c->text, c->length); /* so that ASan sees an over-read */
		ret = parse(&list, exact, c->length, &duplicates);
		if (ret != (c->words ? 0 : -EINVAL))
			fail_msg("case %zu: returned %d: %s", i, ret, said);
		assert_string_equal(render(&list), c->words ? c->words : "");
		assert_int_equal(duplicates, 40 + c->duplicates);
		if (c->words)
			assert_string_equal(said, "");
		else
			assert_said(c->message);
		free(exact);
		words_free(&list);
		assert_null(list.words);
		assert_null(list.index);
	}
}

static void test_parse_adds_to_a_list(void **unused)
{
	struct word_list list = {0};
	size_t duplicates = 0;

	(void)unused;
	assert_int_equal(
	    words_parse(&list, "a", TEXT("one\ntwo\n"), GL_LIST_WATCH, &duplicates), 0);
	assert_int_equal(
	    words_parse(&list, "b", TEXT("TWO\nthree\n"), GL_LIST_BLOCK, &duplicates), 0);
	assert_string_equal(render(&list), "one=w1:0,two=w2:1,three=w3:2");
	assert_int_equal(duplicates, 1);
	assert_int_equal(list.words[1].list, GL_LIST_WATCH);
	assert_int_equal(list.words[2].list, GL_LIST_BLOCK);

	/* a file of nothing but duplicates is not empty */
	assert_int_equal(parse(&list, TEXT("one\n"), &duplicates), 0);
	assert_int_equal(duplicates, 2);

	/* refused on its last line: nothing of it stays, not even in the index */
	assert_int_equal(parse(&list, TEXT("four\nONE\nfive\nx\n"), &duplicates), -EINVAL);
	assert_said("f.txt:4: the word is 1 byte long");
	assert_string_equal(render(&list), "one=w1:0,two=w2:1,three=w3:2");
	assert_int_equal(duplicates, 2);
	assert_int_equal(parse(&list, TEXT("five\n"), &duplicates), 0);
	assert_string_equal(render(&list), "one=w1:0,two=w2:1,three=w3:2,five=w4:3");
	assert_int_equal(duplicates, 2);
	words_free(&list);
}

/* A list that the caller filled has no index. */
static void test_parse_adds_to_a_bare_list(void **unused)
{
	struct word_list list = {0};
	size_t duplicates = 0;

	(void)unused;
	list.words = calloc(100, sizeof(*list.words));
	list.room = list.count = 100;
	for (int i = 0; i < 100; i++)
		snprintf(list.words[i].text, sizeof(list.words[i].text), "word%d", i);
	assert_int_equal(parse(&list, TEXT("WORD99\nx\n"), &duplicates), -EINVAL);
	assert_int_equal(list.count, 100);
	assert_int_equal(parse(&list, TEXT("WORD99\nword100\n"), &duplicates), 0);
	assert_int_equal(list.count, 101);
	assert_string_equal(list.words[100].label, "w101");
	assert_int_equal(duplicates, 1);
	words_free(&list);
}

static void test_parse_counts_to_capacity_max(void **unused)
{
	size_t room = 16 * (GL_CAPACITY_MAX + 1), at = 0, duplicates = 0;
	struct word_list list = {0};
	char *text = malloc(room);

	(void)unused;
	for (__u32 i = 0; i < GL_CAPACITY_MAX; i++)
		at += snprintf(text + at, room - at, "word%u\n", i);
	assert_int_equal(parse(&list, text, at, &duplicates), 0);
	assert_int_equal(list.count, GL_CAPACITY_MAX);
	assert_string_equal(list.words[99999].text, "word99999");
	assert_string_equal(list.words[99999].label, "w100000");
	assert_int_equal(parse(&list, TEXT("word5\n"), &duplicates), 0);
	assert_int_equal(duplicates, 1);
	words_free(&list);

	at += snprintf(text + at, room - at, "onemore\n");
	assert_int_equal(parse(&list, text, at, &duplicates), -EINVAL);
	assert_said(
	    "f.txt:100001: the list already has 100000 words, the most that fit; remove");
	assert_int_equal(list.count, 0);
	words_free(&list);
	free(text);
}

static void write_file(const char *path, const char *text, size_t length)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

static int read_silently(struct word_list *list, const char *path, size_t *duplicates)
{
	int ret;

	catch_stderr();
	ret = words_read(list, path, GL_LIST_BLOCK, duplicates);
	release_stderr();
	return ret;
}

static void test_read(void **unused)
{
	char path[] = "/tmp/glassine-words-XXXXXX";
	int fd = mkstemp(path), saved = dup(0);
	struct word_list list = {0};
	size_t duplicates = 0;

	(void)unused;
	assert_true(fd >= 0 && saved >= 0);
	write_file(path, TEXT("one\nONE\ntwo\tx\n"));
	assert_int_equal(read_silently(&list, path, &duplicates), 0);
	assert_string_equal(render(&list), "one=w1:0,two=x:1");
	assert_int_equal(list.words[0].list, GL_LIST_BLOCK);
	assert_int_equal(duplicates, 1);

	write_file(path, TEXT("three\nx\n"));
	assert_int_equal(dup2(fd, 0), 0);
	assert_int_equal(read_silently(&list, "-", &duplicates), -EINVAL);
	assert_said("standard input:2: the word is 1 byte long");
	dup2(saved, 0);
	assert_int_equal(list.count, 2);

	write_file(path, TEXT(""));
	assert_int_equal(read_silently(&list, path, &duplicates), -EINVAL);
	assert_said(": there is no word in it; write one word a line");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_silently(&list, path, &duplicates), -ENOENT);
	assert_said(": cannot open the word list: No such file or directory");
	assert_int_equal(read_silently(&list, "/tmp", &duplicates), -EISDIR);
	assert_said("/tmp: cannot read it: Is a directory");
	assert_int_equal(read_silently(&list, "/dev/zero", &duplicates), -EINVAL);
	assert_said("/dev/zero: it is larger than 64 MiB; is it a word list?");
	assert_string_equal(render(&list), "one=w1:0,two=x:1");
	assert_int_equal(duplicates, 1);
	close(fd);
	close(saved);
	words_free(&list);
}

/* ------------------------------------------------------------ the automaton */

/* Marks are patterns of their own; a word that is a mark is both. */
static void test_marks(void **unused)
{
	static const char *const marks[] = {"?OTR:", "-----BEGIN PGP MESSAGE-----", NULL};
	static const char text[] = "lantern\n?otr:\n";
	struct word_list list = {.marks = marks};
	struct gl_words_header *header = calloc(1, words_table_size(64));
	const struct gl_pattern *patterns =
	    (void *)((char *)header + GL_WORDS_OFF_PATTERNS(words_slots(64)));
	size_t duplicates = 0;

	(void)unused;
	assert_int_equal(words_build(&list, 1, 64, header), 0);
	assert_int_equal(header->words, 0);
	assert_int_equal(header->patterns, 2);
	assert_int_equal(patterns[0].flags, GL_MARK_BODY | GL_MARK_ONLY);
	assert_int_equal(patterns[0].length, 5);

	assert_int_equal(words_parse(&list, "x", text, sizeof(text) - 1, GL_LIST_WATCH, &duplicates),
			 0);
	assert_int_equal(words_build(&list, 2, 64, header), 0);
	assert_int_equal(header->words, 2);
	assert_int_equal(header->patterns, 3);
	assert_int_equal(patterns[0].flags, 0);
	assert_int_equal(patterns[1].flags, GL_MARK_BODY);
	assert_int_equal(patterns[2].flags, GL_MARK_BODY | GL_MARK_ONLY);

	list.marks = NULL;
	assert_int_equal(words_build(&list, 3, 64, header), 0);
	assert_int_equal(header->patterns, 2);
	assert_int_equal(patterns[1].flags, 0);
	words_free(&list);
	free(header);
}

static void test_sizes(void **unused)
{
	static const struct {
		__u32 capacity, slots;
	} cases[] = {
	    {0, 4096},	       {1, 4096},	   {170, 4096},	       {171, 8192},
	    {341, 8192},       {342, 16384},	   {4096, 131072},     {87381, 1u << 21},
	    {87382, 1u << 22}, {100000, 1u << 22}, {200000, 1u << 22}, {UINT32_MAX, 1u << 22},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(words_slots(cases[i].capacity), cases[i].slots);
	assert_int_equal(words_table_size(1), 576 + 12 * 4096 + 16 * (1 + GL_MARKERS));
	assert_int_equal(words_table_size(4096), 576 + 12 * 131072 + 16 * (4096 + GL_MARKERS));
	assert_int_equal(words_table_size(100000), 576 + 12 * 4194304 + 16 * (100000 + GL_MARKERS));
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
    {"o\xe2\x84\xaa\n", "ok OK o\xe2\x84\xaa", {1}},
    {"\xc3\xbc\n", "\xc3\x9c \xc3\xbc", {1}},
    {"\xd1\x84\xd0\xbe\n", "\xd0\xa4\xd0\x9e \xd1\x84\xd0\xbe", {1}},
    {"\xe7\x81\xaf\n", "\xe7\x81\xaf\xe7\x81\xaf \xe7\x81", {2}},
    {"#ab\n", "#ab ab # ab", {1}},
    {" a \n", " a a  a", {2}},
    {"he\nshe\nhis\nhers\n", "ushers his she", {2, 2, 1, 1}},
    {"aa\naaa\n", "aaaa", {3, 2}},
    {"abcd\nbcd\ncd\nd!\nd\xc3\xbc\n", "abcd!bcd\xc3\xbc", {1, 2, 2, 1, 1}},
    {"abcde\nbcx\n", "abcx abcde abcdx", {1, 1}},
    {"ab\n",
     "a\nb a\tb a\1b a\xff"
     "b a b ab",
     {1}},
    {"ab\n", "a", {0}},
    {"ab\n", "", {0}},
};

static void test_matches(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(match_cases); i++) {
		const struct match_case *c = &match_cases[i];
		struct word_list list = {0};
		size_t duplicates = 0;
		__u32 hits[5] = {0};
		struct table t;
		void *table;

		assert_int_equal(parse(&list, c->list, strlen(c->list), &duplicates), 0);
		table = build_ok(&list, 64);
		t = view(table, 64);
		assert_sound(&t, &list);
		walk(&t, c->text, strlen(c->text), hits);
		for (size_t w = 0; w < 5; w++) {
			if (hits[w] != c->hits[w])
				fail_msg("case %zu word %zu: %u hits", i, w, hits[w]);
		}
		free(table);
		words_free(&list);
	}
}

static void test_ids_and_lists_come_from_the_list(void **unused)
{
	struct word_list list = {0};
	size_t duplicates = 0;
	struct table t;
	void *table;

	(void)unused;
	assert_int_equal(parse(&list, TEXT("zz\nabc\nbc\n"), &duplicates), 0);
	list.words[0].id = 9;
	list.words[1].id = 4000000000;
	list.words[1].list = GL_LIST_BLOCK;
	table = build_ok(&list, 64);
	t = view(table, 64);
	assert_sound(&t, &list);
	assert_int_equal(t.patterns[0].word, 9);
	assert_int_equal(t.patterns[0].next, 0);
	assert_int_equal(t.patterns[1].word, 4000000000);
	assert_int_equal(t.patterns[1].list, GL_LIST_BLOCK);
	assert_int_equal(t.patterns[1].length, 3);
	assert_int_equal(t.patterns[1].next, 3);
	assert_int_equal(t.patterns[3].length, 0);
	assert_int_equal(t.header->slots_used, 1 + 2 + 3 + 2);
	assert_int_equal(t.header->cls['Z'], t.header->cls['z']);
	assert_int_equal(t.header->cls['y'], 0);
	assert_int_equal(t.header->cls['Y'], 0);
	assert_int_equal(t.header->cls[0], 0);
	free(table);
	words_free(&list);
}

/* A prefix of one word that has another as its suffix: match without a word of its own. */
static void test_match_flag_is_inherited(void **unused)
{
	struct word_list list = {0};
	size_t duplicates = 0;
	struct table t;
	void *table;
	__u32 at;

	(void)unused;
	assert_int_equal(parse(&list, TEXT("xaby\nab\n"), &duplicates), 0);
	table = build_ok(&list, 64);
	t = view(table, 64);
	at = descend(&t, "xab", 3);
	assert_true(t.slots[at] & GL_SLOT_MATCH);
	assert_int_equal(t.out[at], 2);
	assert_int_equal(GL_SLOT_FAIL(t.slots[at]), descend(&t, "ab", 2));
	at = descend(&t, "xa", 2);
	assert_false(t.slots[at] & GL_SLOT_MATCH);
	assert_int_equal(t.out[at], 0);
	free(table);
	words_free(&list);
}

static void test_empty_list(void **unused)
{
	struct word_list list = {0};
	char text[256];
	struct table t;
	void *table;

	(void)unused;
	table = build_ok(&list, 64);
	t = view(table, 64);
	assert_sound(&t, &list);
	assert_int_equal(t.header->words, 0);
	assert_int_equal(t.header->slots_used, 1);
	for (int i = 0; i < 256; i++) {
		text[i] = i;
		assert_int_equal(t.header->cls[i], 0);
	}
	walk(&t, text, sizeof(text), NULL);
	free(table);
}

/* ------------------------------------------------------------ against a naive search */

static void add(struct word_list *list, const char *text)
{
	size_t duplicates = 0;

	assert_int_equal(
	    words_parse(list, "rng", text, strlen(text), GL_LIST_WATCH, &duplicates), 0);
}

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

static void compare(const struct word_list *list, const char *text, size_t length)
{
	__u32 *hits = calloc(list->count, sizeof(*hits));
	void *table = build_ok(list, 256);
	struct table t = view(table, 256);

	assert_sound(&t, list);
	walk(&t, text, length, hits);
	for (size_t i = 0; i < list->count; i++) {
		if (hits[i] != naive(list->words[i].text, text, length))
			fail_msg("word \"%s\" in \"%s\": %u hits", list->words[i].text, text,
				 hits[i]);
	}
	free(hits);
	free(table);
}

static void test_random_lists(void **unused)
{
	static const char *const letters[] = {"a",
					      "b",
					      "A",
					      "B",
					      "c",
					      "[",
					      "{",
					      "@",
					      "\xc3\xbc",
					      "\xc3\x9c",
					      "\xe7\x81\xaf",
					      "k",
					      "K",
					      "\xe2\x84\xaa",
					      "#",
					      "\xf0\x9f\x98\x80"};

	(void)unused;
	rng_state = 20240607;
	for (int i = 0; i < 3000; i++) {
		size_t n = 2 + rng(COUNT(letters) - 1);
		struct word_list list = {0};
		char text[4096];
		size_t length = 0;

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
		text[length] = '\0';
		compare(&list, text, length);
		words_free(&list);
	}
}

static void test_all_two_byte_words(void **unused)
{
	struct word_list list = {0};
	char word[3] = {0}, text[4096];
	struct table t;
	__u32 *hits;
	void *table;

	(void)unused;
	rng_state = 42;
	for (int a = 0x20; a < 0x7f; a++) {
		for (int b = 0x20; b < 0x7f; b++) {
			word[0] = a;
			word[1] = b;
			if ((a == ' ' || a == '#') && b == ' ')
				continue;
			add(&list, word);
		}
	}
	for (int a = 0xc2; a < 0xe0; a++) {
		for (int b = a == 0xc2 ? 0xa0 : 0x80; b < 0xc0; b++) {
			word[0] = a;
			word[1] = b;
			add(&list, word);
		}
	}
	assert_int_equal(list.count, 69 * 69 - 2 + 30 * 64 - 32);
	table = build_ok(&list, 8192);
	t = view(table, 8192);
	assert_sound(&t, &list);
	assert_int_equal(t.header->slots_used, 1 + 69 + 30 + list.count);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = rng(256);
	hits = calloc(list.count, sizeof(*hits));
	walk(&t, text, sizeof(text), hits);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(hits[i], naive(list.words[i].text, text, sizeof(text)));
	free(hits);
	free(table);
	words_free(&list);
}

/* ------------------------------------------------------------ size */

/* Half Latin words, half of 2 to 7 Chinese characters. */
static void synthesise(struct word_list *list, size_t count)
{
	while (list->count < count) {
		char text[80];
		size_t length = 0, chars = 2 + rng(6);

		if (rng(2)) {
			for (chars = 4 + rng(16); length < chars; length++)
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

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void test_large_lists(void **unused)
{
	static const __u32 sizes[] = {1000, 10000, 100000};

	(void)unused;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct word_list list = {0};
		void *table = malloc(words_table_size(sizes[i]));
		double start, ms;
		struct table t;

		rng_state = 99;
		synthesise(&list, sizes[i]);
		start = now();
		assert_int_equal(words_build(&list, 7, sizes[i], table), 0);
		ms = now() - start;
		t = view(table, sizes[i]);
		assert_sound(&t, &list);
		print_message("%u words: %.1f ms, %u of %u slots\n", sizes[i], ms,
			      t.header->slots_used, t.size);
		free(table);
		words_free(&list);
	}
}

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

/* 63 states a word at 24 slots a word, and the advice of the message is right. */
static void test_refusal_names_the_capacity(void **unused)
{
	struct word_list list = {0};
	struct word *words, first;
	void *table = malloc(words_table_size(100));
	unsigned int need = 0;

	(void)unused;
	rng_state = 7;
	random_words(&list, 100, 64);
	words = list.words;
	first = list.words[0];
	assert_int_equal(build(&list, 100, table), -ENOSPC);
	assert_said("states and a capacity of 100 words has room for 4096; reserve more with "
		    "--capacity 171");
	assert_ptr_equal(list.words, words);
	assert_int_equal(list.count, 100);
	assert_memory_equal(&list.words[0], &first, sizeof(first));
	assert_int_equal(sscanf(strstr(said, "--capacity"), "--capacity %u", &need), 1);
	assert_int_equal(build(&list, need - 1, table), -ENOSPC);
	free(build_ok(&list, need));

	assert_int_equal(build(&list, 99, table), -ENOSPC);
	assert_said("the list has 100 words and the capacity is 99; reserve more with "
		    "--capacity 171");
	assert_int_equal(build(&list, 0, table), -ENOSPC);
	words_free(&list);

	random_words(&list, 100, 4);
	assert_int_equal(build(&list, 99, table), -ENOSPC);
	assert_said("reserve more with --capacity 100");
	free(build_ok(&list, 100));
	free(table);
	words_free(&list);
}

static void test_refusal_when_nothing_would_do(void **unused)
{
	struct word_list list = {0};
	void *table = malloc(words_table_size(100000));
	size_t duplicates = 0;

	(void)unused;
	rng_state = 8;
	random_words(&list, 70000, 64);
	assert_int_equal(build(&list, 100000, table), -ENOSPC);
	assert_said("states and at most 4194304 fit; load fewer or shorter words");
	words_free(&list);

	list.words = calloc(GL_CAPACITY_MAX + 1, sizeof(*list.words));
	list.count = list.room = GL_CAPACITY_MAX + 1;
	assert_int_equal(build(&list, 100000, table), -ENOSPC);
	assert_said("the list has 100001 words and at most 100000 fit; shorten it");
	words_free(&list);

	/* what the parser would not have let in */
	assert_int_equal(parse(&list, TEXT("ab\ncd\n"), &duplicates), 0);
	strcpy(list.words[1].text, "AB");
	assert_int_equal(build(&list, 64, table), -EINVAL);
	assert_said("is there twice; load the list again");
	list.words[1].text[0] = '\0';
	assert_int_equal(build(&list, 64, table), -EINVAL);
	assert_said("word 2 of the list is not 2 to 64 bytes long");
	memset(list.words[1].text, 'x', sizeof(list.words[1].text));
	assert_int_equal(build(&list, 64, table), -EINVAL);
	free(table);
	words_free(&list);
}

/* Long words that share little: 93 % of the slots are states. */
static void test_dense_table(void **unused)
{
	struct word_list list = {0};
	struct table t;
	void *table;

	(void)unused;
	rng_state = 11;
	random_words(&list, 1970, 64);
	table = build_ok(&list, 4096);
	t = view(table, 4096);
	assert_sound(&t, &list);
	assert_true(t.header->slots_used > t.size * 0.93);
	free(table);
	words_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_adds_to_a_list),
	    cmocka_unit_test(test_parse_adds_to_a_bare_list),
	    cmocka_unit_test(test_parse_counts_to_capacity_max),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_ids_and_lists_come_from_the_list),
	    cmocka_unit_test(test_match_flag_is_inherited),
	    cmocka_unit_test(test_empty_list),
	    cmocka_unit_test(test_random_lists),
	    cmocka_unit_test(test_all_two_byte_words),
	    cmocka_unit_test(test_large_lists),
	    cmocka_unit_test(test_refusal_names_the_capacity),
	    cmocka_unit_test(test_refusal_when_nothing_would_do),
	    cmocka_unit_test(test_dense_table),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
