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
#include "../../user/patterns.h"
#include "../../user/variants.h"
#include "said.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define R4(s) s s s s
#define R32(s) R4(R4(s s))

/* ------------------------------------------------------------ helpers */

static __u32 can; /* what this system can write */

static bool letter(__u8 byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/*
 * Letters that fold as they are, others behind '; if none folds, one = in front
 * instead. Bytes that are not printable as <hex>.
 */
static size_t render(char *out, const struct patterns *p, const struct pattern *pattern)
{
	const __u8 *bytes = p->bytes + pattern->at, *fold = p->fold + pattern->at;
	bool exact = !memchr(fold, 1, pattern->length), letters = false, open = false;
	size_t at = 0;

	for (int i = 0; i < pattern->length; i++)
		letters = letters || letter(bytes[i]);
	if (exact && letters)
		out[at++] = '=';
	for (int i = 0; i < pattern->length; i++) {
		bool printable = bytes[i] >= 0x20 && bytes[i] < 0x7f;

		assert_true(fold[i] <= letter(bytes[i]));
		assert_true(!fold[i] || bytes[i] & 0x20);
		if (open == printable)
			out[at++] = printable ? '>' : '<';
		open = !printable;
		if (letter(bytes[i]) && !exact && !fold[i])
			out[at++] = '\'';
		at += sprintf(out + at, printable ? "%c" : "%02x", bytes[i]);
	}
	if (open)
		out[at++] = '>';
	out[at] = '\0';
	return at;
}

/* The spellings of a word in one encoding, joined by " | ". */
static const char *spell(const char *word, unsigned int encoding)
{
	static char out[65536];
	struct patterns patterns = {0};
	size_t at = 0;

	out[0] = '\0';
	assert_int_equal(patterns_add_word(&patterns, word, 9, 1u << encoding), 0);
	for (size_t i = 0; i < patterns.count; i++) {
		const struct pattern *p = &patterns.pattern[i];

		assert_int_equal(p->word, 9);
		assert_int_equal(p->flags, 0);
		assert_true(p->length >= 2 && p->length <= PATTERN_LENGTH_MAX);
		assert_true(p->at + p->length <= patterns.used);
		assert_true(p->encoding == encoding || p->encoding == GL_ENC_UTF8);
		if (p->encoding != encoding)
			continue;
		if (at)
			at += sprintf(out + at, " | ");
		at += render(out + at, &patterns, p);
	}
	patterns_free(&patterns);
	return out;
}

/* ------------------------------------------------------------ encodings */

/* word, encoding, its spellings in it */
struct spell_case {
	const char *word;
	enum gl_encoding encoding;
	const char *spellings;
};

static void check(const struct spell_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct spell_case *c = &cases[i];
		const char *got;

		if (!(can >> c->encoding & 1))
			continue;
		got = spell(c->word, c->encoding);
		if (strcmp(got, c->spellings))
			fail_msg("\"%s\" in %s: \"%s\", expected \"%s\"", c->word,
				 encoding_name(c->encoding), got, c->spellings);
	}
}

/* Words without a cased letter beyond ASCII: the same in every build. */
static const struct spell_case plain_cases[] = {
    {"Garden", GL_ENC_UTF8, "garden"},
    {"a[@Z{", GL_ENC_UTF8, "a[@z{"},
    {"你", GL_ENC_UTF8, "<e4bda0>"},

    /* what is UTF-8 already is not there twice */
    {"Garden", GL_ENC_GB18030, ""},
    {"Garden", GL_ENC_BIG5, ""},
    {"Garden", GL_ENC_SHIFT_JIS, ""},
    {"Garden", GL_ENC_EUC_KR, ""},
    {"Garden", GL_ENC_KOI8_R, ""},
    {"Garden", GL_ENC_WINDOWS_1251, ""},
    {"Garden", GL_ENC_PERCENT, ""},
    {"Garden", GL_ENC_JSON, ""},
    {"Garden", GL_ENC_XML, ""},
    {"a\\~b", GL_ENC_SHIFT_JIS, ""},

    /* UTF-16: a letter is one only where the other byte is 0 */
    {"Ab1", GL_ENC_UTF16LE, "a<00>b<00>1<00>"},
    {"Ab1", GL_ENC_UTF16BE, "<00>a<00>b<00>1"},
    {"你", GL_ENC_UTF16LE, "=`O"},
    {"你", GL_ENC_UTF16BE, "=O`"},
    {"你o", GL_ENC_UTF16LE, "`'Oo<00>"},
    {"乁", GL_ENC_UTF16LE, "=AN"},
    {"\xf0\xa0\x80\x80", GL_ENC_UTF16LE, "@<d800dc>"},
    {"\xf0\x9f\x98\x80", GL_ENC_UTF16BE, "<d8>=<de00>"},

    /* second bytes that are letters are exact */
    {"你", GL_ENC_GB18030, "<c4e3>"},
    {"丄", GL_ENC_GB18030, "=<81>A"},
    {"丄A", GL_ENC_GB18030, "<81>'Aa"},
    {"\xf0\xa0\x80\x80", GL_ENC_GB18030, "<95>2<82>6"},
    {"你", GL_ENC_BIG5, "=<a7>A"},
    {"燈", GL_ENC_BIG5, "=<bf>O"},
    {"燈O", GL_ENC_BIG5, "<bf>'Oo"},
    {"功", GL_ENC_BIG5, "<a5>\\"},
    {"ア", GL_ENC_SHIFT_JIS, "=<83>A"},
    {"アa", GL_ENC_SHIFT_JIS, "<83>'Aa"},
    {"表", GL_ENC_SHIFT_JIS, "<95>\\"},
    {"〜〜", GL_ENC_SHIFT_JIS, "<81>`<81>`"},
    {"갂", GL_ENC_EUC_KR, "=<81>A"},
    {"燈", GL_ENC_EUC_KR, "<d4f3>"},

    /* what an encoding does not have */
    {"你", GL_ENC_SHIFT_JIS, ""},
    {"燈\xf0\x9f\x98\x80", GL_ENC_BIG5, ""},
    {"\xf0\x9f\x98\x80", GL_ENC_EUC_KR, ""},
    {"ab你", GL_ENC_KOI8_R, ""},
    {"“燈”", GL_ENC_WINDOWS_1251, ""},
    {"“ab”", GL_ENC_WINDOWS_1251, "<93>ab<94>"},

    /* RFC 3986, 2.3 */
    {"Hello world", GL_ENC_PERCENT, "hello%20world | hello+world"},
    {"a-Z_0.9~", GL_ENC_PERCENT, ""},
    {"a/b", GL_ENC_PERCENT, "a%2fb"},
    {"a+b c", GL_ENC_PERCENT, "a%2bb%20c | a%2bb+c"},
    {"50%", GL_ENC_PERCENT, "50%25"},
    {"你", GL_ENC_PERCENT, "%e4%bd%a0"},

    {"你a", GL_ENC_JSON, "\\'u4f60a"},
    {"\xf0\x9f\x98\x80", GL_ENC_JSON, "\\'ud83d\\'ude00"},
    {"a\"b\\c", GL_ENC_JSON, "a\\\"b\\\\c"},
    {"a/\"", GL_ENC_JSON, "a/\\\" | a\\/\\\""},
    {"a/b", GL_ENC_JSON, "a\\/b"},
    {"你/", GL_ENC_JSON, "\\'u4f60/ | \\'u4f60\\/ | <e4bda0>\\/"},
    {"it's <b>", GL_ENC_JSON, ""},

    {"你a", GL_ENC_XML, "&#20320;a | &#x4f60;a"},
    {"\xf0\x9f\x98\x80", GL_ENC_XML, "&#128512; | &#x1f600;"},
    {"<B>", GL_ENC_XML, "&'l't;b&'g't;"},
    {"a&b", GL_ENC_XML, "a&'a'm'p;b"},
    {"a&\"b", GL_ENC_XML, "a&'a'm'p;\"b | a&'a'm'p;&'q'u'o't;b"},
    {"it's", GL_ENC_XML, "it&'a'p'o's;s"},
    {"&你", GL_ENC_XML, "=&amp;&#20320; | &'a'm'p;&#x4f60; | =&amp;<e4bda0>"},

    /* as listed, UPPER, Capital; each at three alignments, if long enough */
    {"garden", GL_ENC_BASE64,
     "=Z2FyZGVu | =dhcmRlb | =nYXJkZW | =R0FSREVO | =dBUkRFT | =HQVJERU | =R2FyZGVu | "
     "=HYXJkZW"},
    {"abc", GL_ENC_BASE64, "=YWJj | =QUJD | =QWJj"},
    {"ab", GL_ENC_BASE64, ""},
    {">>>?", GL_ENC_BASE64, "=Pj4+P | =4+Pj | =+Pj4/ | =Pj4-P | =4-Pj | =-Pj4_"},
    {"你", GL_ENC_BASE64, "=5L2g"},

    {"garden", GL_ENC_HEX, "67617264656e | 47415244454e | 47617264656e"},
    {"jO", GL_ENC_HEX, "6a4f | 6a6f | 4a4f | 4a6f"},
    {"a b", GL_ENC_HEX, "612062 | 412042 | 412062"},
    {"你", GL_ENC_HEX, "e4bda0"},
};

#ifdef HAVE_UTF8PROC

static const struct spell_case cased_cases[] = {
    /* normal forms, from either */
    {"é", GL_ENC_UTF8, "<c3a9> | e<cc81> | <c389>"},
    {"e\xcc\x81", GL_ENC_UTF8, "e<cc81> | <c3a9> | <c389>"},
    {"é", GL_ENC_UTF16LE, "<e900> | e<000103> | <c900>"},
    {"é", GL_ENC_PERCENT, "%c3%a9 | e%cc%81 | %c3%89"},
    {"é\"", GL_ENC_JSON,
     "\\'u00e9\\\" | <c3a9>\\\" | e\\'u0301\\\" | e<cc81>\\\" | \\'u00c9\\\" | <c389>\\\""},
    {"é", GL_ENC_KOI8_R, ""},
    {"é", GL_ENC_EUC_KR, ""},

    /* up to four letters: each combination */
    {"фз", GL_ENC_UTF8, "<d184d0b7> | <d0a4d097> | <d0a4d0b7> | <d184d097>"},
    {"xФ", GL_ENC_UTF8, "x<d0a4> | x<d184>"},
    /* more: as listed, lower, UPPER, Capital, Each Part */
    {"Привет", GL_ENC_KOI8_R, "<f0d2c9d7c5d4> | <d0d2c9d7c5d4> | <f0f2e9f7e5f4>"},
    {"Привет", GL_ENC_WINDOWS_1251, "<cff0e8e2e5f2> | <eff0e8e2e5f2> | <cfd0c8c2c5d2>"},
    {"пРивет", GL_ENC_KOI8_R,
     "<d0f2c9d7c5d4> | <d0d2c9d7c5d4> | <f0f2e9f7e5f4> | <f0d2c9d7c5d4>"},
    {"про мир", GL_ENC_KOI8_R,
     "<d0d2cf> <cdc9d2> | <f0f2ef> <ede9f2> | <f0d2cf> <cdc9d2> | <f0d2cf> <edc9d2>"},
    {"«привет»", GL_ENC_WINDOWS_1251,
     "<abeff0e8e2e5f2bb> | <abcfd0c8c2c5d2bb> | <abcff0e8e2e5f2bb>"},
    {"я", GL_ENC_KOI8_R, ""},
    {"я", GL_ENC_UTF16LE, "=O<04> | /<04>"},

    /* more than one character for one */
    {"straße", GL_ENC_UTF8, "stra<c39f>e | stra<e1ba9e>e | strasse"},
    {"ﬁn", GL_ENC_UTF8, "<efac81>n | fin"},
    {"ΟΔΟΣ", GL_ENC_WINDOWS_1251, ""},
    {"ΜΕΝΟΣ", GL_ENC_UTF8,
     "<ce9cce95ce9dce9fcea3> | <cebcceb5cebdcebfcf83> | <cebcceb5cebdcebfcf82> | "
     "<ce9cceb5cebdcebfcf83> | <ce9cceb5cebdcebfcf82>"},

    /* one byte long: not a spelling */
    {"\xe2\x84\xaa", GL_ENC_UTF8, "<e284aa>"},
    {"é", GL_ENC_HEX, "c3a9 | 65cc81 | c389 | 45cc81"},
};

#else

static const struct spell_case cased_cases[] = {
    {"é", GL_ENC_UTF8, "<c3a9>"},
    {"Привет", GL_ENC_KOI8_R, "<f0d2c9d7c5d4>"},
    {"straße", GL_ENC_UTF8, "stra<c39f>e"},
};

#endif

static void test_plain(void **unused)
{
	(void)unused;
	check(plain_cases, COUNT(plain_cases));
}

static void test_cased(void **unused)
{
	(void)unused;
	check(cased_cases, COUNT(cased_cases));
}

/* ------------------------------------------------------------ a word in all of them */

static void test_first_and_once(void **unused)
{
	static const unsigned int expected[GL_ENC_MAX] = {1, 1, 1, [GL_ENC_BASE64] = 8, 3};
	struct patterns patterns = {0};
	unsigned int counts[GL_ENC_MAX] = {0};
	char text[128];

	(void)unused;
	assert_int_equal(patterns_add_word(&patterns, "garden", 4, can), 0);
	for (size_t i = 0; i < patterns.count; i++)
		counts[patterns.pattern[i].encoding]++;
	assert_memory_equal(counts, expected, sizeof(counts));

	/* UTF-8 comes first, also when it is not asked for */
	assert_int_equal(patterns_add_word(&patterns, "Lamp", 5, 0), 0);
	assert_int_equal(patterns.count, 15);
	render(text, &patterns, &patterns.pattern[14]);
	assert_string_equal(text, "lamp");
	assert_int_equal(patterns.pattern[14].encoding, GL_ENC_UTF8);
	assert_int_equal(patterns.pattern[14].word, 5);

	/* another word may have the same spelling */
	assert_int_equal(patterns_add_word(&patterns, "lamp", 6, 1u << GL_ENC_XML), 0);
	assert_int_equal(patterns.count, 16);
	patterns_free(&patterns);
	assert_null(patterns.pattern);
	assert_int_equal(patterns.count, 0);
}

/* No two spellings of a word are equal, and none is too long. */
static void assert_distinct(const struct patterns *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct pattern *a = &p->pattern[i];

		assert_true(a->length >= 2 && a->length <= PATTERN_LENGTH_MAX);
		for (size_t k = 0; k < i; k++) {
			const struct pattern *b = &p->pattern[k];

			assert_false(a->length == b->length &&
				     !memcmp(p->bytes + a->at, p->bytes + b->at, a->length) &&
				     !memcmp(p->fold + a->at, p->fold + b->at, a->length));
		}
	}
}

static void test_bounds(void **unused)
{
	static const struct {
		const char *word;
		unsigned int utf8; /* spellings with the library */
	} cases[] = {
	    {"éàèù", 16 + 1}, /* those in normal form D differ in ASCII letters only */
	    {"фзфз", 16},     {"фзфзф", 3},   {"σδος δς", 4},
	    {R32("ΰ"), 4}, /* UPPER is three characters, two in normal form C */
	    {R32("é"), 4},    {R32("aB"), 1}, {R4(R4("\xf0\x9d\x85\xa0")), 2},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct patterns patterns = {0};
		unsigned int utf8 = 0;

		assert_int_equal(patterns_add_word(&patterns, cases[i].word, 0, can), 0);
		assert_int_equal(patterns.pattern[0].length, strlen(cases[i].word));
		assert_distinct(&patterns);
		while (utf8 < patterns.count && !patterns.pattern[utf8].encoding)
			utf8++;
#ifdef HAVE_UTF8PROC
		if (utf8 != cases[i].utf8)
			fail_msg("\"%s\": %u spellings", cases[i].word, utf8);
#endif
		assert_true(utf8 <= VARIANTS_MAX);
		patterns_free(&patterns);
	}
}

static void test_refused_words(void **unused)
{
	static const char *const words[] = {"", "a", "\xff\xff", "ab\xc3", R32("ab") "c"};
	struct patterns patterns = {0};

	(void)unused;
	assert_int_equal(patterns_add_word(&patterns, "ab", 0, 0), 0);
	for (size_t i = 0; i < COUNT(words); i++) {
		catch_stderr();
		assert_int_equal(patterns_add_word(&patterns, words[i], 6, can), -EINVAL);
		release_stderr();
		assert_non_null(strstr(said, "word 7 of the list is not 2 to 64 bytes"));
		assert_int_equal(patterns.count, 1);
		assert_int_equal(patterns.used, 2);
	}
	patterns_free(&patterns);
}

/* ------------------------------------------------------------ a list */

static const struct mark marks[] = {
    {"?OTR:", GL_MARK_BODY, GL_LEVEL_ENVELOPE},
    {"\r\n\r\n", GL_MARK_BLANK, GL_LEVEL_ABSENT},
    {NULL, 0, 0},
};

static void test_make(void **unused)
{
	static const char text[] = "one\n你好\n";
	struct word_list list = {.marks = marks};
	struct patterns patterns = {0};
	const struct pattern *p;
	size_t duplicates = 0;
	char out[64];

	(void)unused;
	assert_int_equal(
	    words_parse(&list, "x", text, sizeof(text) - 1, GL_LIST_WATCH, &duplicates), 0);
	assert_int_equal(patterns_make(&patterns, &list, 1u << GL_ENC_UTF16BE), 0);
	assert_int_equal(patterns.count, 6);
	p = patterns.pattern;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(p[i].word, i / 2);
		assert_int_equal(p[i].encoding, i % 2 ? GL_ENC_UTF16BE : GL_ENC_UTF8);
		assert_int_equal(p[i].flags, 0);
	}
	assert_int_equal(p[4].word, PATTERN_MARK);
	assert_int_equal(p[4].flags, GL_MARK_BODY);
	assert_int_equal(p[5].word, PATTERN_MARK + 1);
	assert_int_equal(p[5].flags, GL_MARK_BLANK);
	render(out, &patterns, &p[4]);
	assert_string_equal(out, "?otr:");
	render(out, &patterns, &p[5]);
	assert_string_equal(out, "<0d0a0d0a>");
	patterns_free(&patterns);

	strcpy(list.words[1].text, "x");
	catch_stderr();
	assert_int_equal(patterns_make(&patterns, &list, can), -EINVAL);
	release_stderr();
	assert_null(patterns.pattern);
	assert_null(patterns.work);
	words_free(&list);

	list.marks = NULL;
	assert_int_equal(patterns_make(&patterns, &list, can), 0);
	assert_int_equal(patterns.count, 0);
	patterns_free(&patterns);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void test_large_list(void **unused)
{
	struct patterns patterns = {0};
	struct word_list list = {0};
	size_t duplicates = 0, at = 0, room = 20000 * 16;
	char *text = malloc(room);
	double start;

	(void)unused;
	for (int i = 0; i < 10000; i++)
		at += snprintf(text + at, room - at, "word%d\n\xe7%c%c%d\n", i,
			       0x80 + i / 64 % 64, 0x80 + i % 64, i);
	assert_int_equal(words_parse(&list, "x", text, at, GL_LIST_WATCH, &duplicates), 0);
	assert_int_equal(list.count, 20000);
	start = now();
	assert_int_equal(patterns_make(&patterns, &list, can), 0);
	print_message("%zu words, all encodings: %zu spellings in %.0f ms\n", list.count,
		      patterns.count, now() - start);
	assert_true(patterns.count > 10 * list.count);
	patterns_free(&patterns);
	words_free(&list);
	free(text);
}

/* ------------------------------------------------------------ names */

static void test_encoding_names(void **unused)
{
	(void)unused;
	for (unsigned int i = 0; i < GL_ENC_MAX; i++) {
		__u32 encodings = 0;

		if (!(can >> i & 1))
			continue;
		assert_int_equal(encodings_parse(encoding_name(i), &encodings), 0);
		assert_int_equal(encodings, 1u | 1u << i);
	}
	assert_string_equal(encoding_name(GL_ENC_WINDOWS_1251), "windows-1251");
	assert_null(encoding_name(GL_ENC_MAX));
	assert_null(encoding_name(UINT32_MAX));
}

static void test_encodings_parse(void **unused)
{
	static const char *const bad[] = {"",	      ",",    "utf-8,", "utf8",	   " hex",
					  "hex,,xml", "hexx", "he",	"hex;xml", "all,nope"};
	__u32 encodings = 0;

	(void)unused;
	assert_int_equal(encodings_parse("hex,HEX,json", &encodings), 0);
	assert_int_equal(encodings, 1u | 1u << GL_ENC_HEX | 1u << GL_ENC_JSON);
	assert_int_equal(encodings_parse("all", &encodings), 0);
	assert_int_equal(encodings, can);
	for (size_t i = 0; i < COUNT(bad); i++) {
		encodings = 0xabcd;
		catch_stderr();
		assert_int_equal(encodings_parse(bad[i], &encodings), -EINVAL);
		release_stderr();
		assert_int_equal(encodings, 0xabcd);
		assert_non_null(strstr(said, "\" is not an encoding; write all, or some of"));
		assert_non_null(strstr(said, "utf-8, utf-16le, utf-16be, gb18030, big5"));
		assert_non_null(strstr(said, "base64, hex\n"));
	}
}

/* ------------------------------------------------------------ folding */

static void test_fold_text(void **unused)
{
	static const struct {
		const char *text;
		const char *with; /* the library */
		const char *without;
	} cases[] = {
	    {"", "", ""},
	    {"aZ[@{`1", "az[@{`1", "az[@{`1"},
	    {"你", "你", "你"},
	    {"Привет", "привет", "Привет"},
	    {"Straße", "strasse", "straße"},
	    {"E\xcc\x81", "\xc3\xa9", "e\xcc\x81"},
	    {"\xc3\x89", "\xc3\xa9", "\xc3\x89"},
	    {"ΣΟΣ", "σοσ", "ΣΟΣ"},
	    {"σος", "σοσ", "σος"},
	    {"\xe2\x84\xaa", "k", "\xe2\x84\xaa"},
	};
	char folded[257];

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = cases[i].text;

		assert_int_equal(fold_text(text, strlen(text), folded, sizeof(folded)), 0);
#ifdef HAVE_UTF8PROC
		assert_string_equal(folded, cases[i].with);
#else
		assert_string_equal(folded, cases[i].without);
#endif
	}
	assert_int_equal(fold_text("abc", 3, folded, 4), 0);
	assert_int_equal(fold_text("abc", 3, folded, 3), -E2BIG);
	assert_int_equal(fold_text("", 0, folded, 0), -E2BIG);

	/* no character grows more in normal form C */
	assert_int_equal(fold_text(R4(R4("\xf0\x9d\x85\xa0")), 64, folded, sizeof(folded)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),	    cmocka_unit_test(test_cased),
	    cmocka_unit_test(test_first_and_once),  cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_refused_words),   cmocka_unit_test(test_make),
	    cmocka_unit_test(test_large_list),	    cmocka_unit_test(test_encoding_names),
	    cmocka_unit_test(test_encodings_parse), cmocka_unit_test(test_fold_text),
	};

	if (encodings_parse("all", &can))
		return 1;
	if (can != GL_ENCODINGS_ALL)
		print_message(
		    "not all encodings can be written here; their cases are left out\n");
	return cmocka_run_group_tests_name("patterns", tests, NULL, NULL);
}
