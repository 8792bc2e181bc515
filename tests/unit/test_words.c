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
#include "said.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(s) s, sizeof(s) - 1
#define TEN "0123456789"
#define B62 TEN TEN TEN TEN TEN TEN "ab"

/* ------------------------------------------------------------ helpers */

static int parse(struct word_list *list, const char *text, size_t length, size_t *duplicates)
{
	int ret;

	catch_stderr();
	ret = words_parse(list, "f.txt", text, length, GL_LIST_WATCH, duplicates);
	release_stderr();
	return ret;
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

    /* duplicates by letter case: the first stays, positions go on without a hole */
    {TEXT("Hello\tx\nhELLO\ty\nyou\nYOU\nYou\n"), "Hello=x:0,you=w2:1", NULL, 3},
    {TEXT("a[\na{\na@\na`\n"), "a[=w1:0,a{=w2:1,a@=w3:2,a`=w4:3", NULL, 0},
    {TEXT("ab\nabc\n"), "ab=w1:0,abc=w2:1", NULL, 0},
    {TEXT("ab\nAB\tbad label\n"), NULL, "f.txt:2: the label after the tab", 0},

#ifdef HAVE_UTF8PROC
    {TEXT("\xc3\xbc\n\xc3\x9c\nu\xcc\x88\nU\xcc\x88\n\xc3\xbb\n"),
     "\xc3\xbc=w1:0,\xc3\xbb=w2:1", NULL, 3},
    {TEXT("ak\naK\na\xe2\x84\xaa\n"), "ak=w1:0", NULL, 2},
    {TEXT("stra\xc3\x9f"
	  "e\nSTRASSE\nstrase\n"),
     "stra\xc3\x9f"
     "e=w1:0,strase=w2:1",
     NULL, 1},
    {TEXT("\xd0\x9f\xd1\x80\n\xd0\x9f\xd0\xa0\n\xd0\xbf\xd1\x81\n"),
     "\xd0\x9f\xd1\x80=w1:0,\xd0\xbf\xd1\x81=w2:1", NULL, 1},
    {TEXT("\xce\xbf\xcf\x82\n\xce\x9f\xce\xa3\n"), "\xce\xbf\xcf\x82=w1:0", NULL, 1},
#else
    {TEXT("\xc3\xbc\n\xc3\x9c\n"), "\xc3\xbc=w1:0,\xc3\x9c=w2:1", NULL, 0},
    {TEXT("ak\naK\na\xe2\x84\xaa\n"), "ak=w1:0,a\xe2\x84\xaa=w2:1", NULL, 1},
#endif
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
	assert_int_equal(parse(&list, TEXT("word42\nWord100\n"), &duplicates), 0);
	assert_int_equal(list.count, 101);
	assert_string_equal(list.words[100].label, "w101");
	assert_int_equal(duplicates, 3);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_adds_to_a_list),
	    cmocka_unit_test(test_parse_adds_to_a_bare_list),
	    cmocka_unit_test(test_parse_counts_to_capacity_max),
	    cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
