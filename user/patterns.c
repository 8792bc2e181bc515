/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "encode.h"
#include "log.h"
#include "patterns.h"
#include "text.h"
#include "variants.h"

/* More than twice what VARIANTS_MAX variants give in all forms of all encodings. */
#define SEEN_CELLS 4096u

/* A pattern takes at least two cells of a word table. */
#define PATTERNS_MAX (GL_CELLS_MAX / 2)

/* ------------------------------------------------------------ names */

static const char *const names[GL_ENC_MAX] = {
    [GL_ENC_UTF8] = "utf-8",
    [GL_ENC_UTF16LE] = "utf-16le",
    [GL_ENC_UTF16BE] = "utf-16be",
    [GL_ENC_GB18030] = "gb18030",
    [GL_ENC_BIG5] = "big5",
    [GL_ENC_SHIFT_JIS] = "shift_jis",
    [GL_ENC_EUC_KR] = "euc-kr",
    [GL_ENC_KOI8_R] = "koi8-r",
    [GL_ENC_WINDOWS_1251] = "windows-1251",
    [GL_ENC_PERCENT] = "percent",
    [GL_ENC_JSON] = "json",
    [GL_ENC_XML] = "xml",
    [GL_ENC_BASE64] = "base64",
    [GL_ENC_HEX] = "hex",
};

const char *encoding_name(unsigned int encoding)
{
	return encoding < GL_ENC_MAX ? names[encoding] : NULL;
}

static __u32 every_encoding(void)
{
	__u32 all = 0;

	for (unsigned int i = 0; i < GL_ENC_MAX; i++) {
		if (encode_can(i))
			all |= 1u << i;
	}
	return all;
}

static int refuse_name(const char *name, size_t length)
{
	char list[256];
	size_t at = 0;

	for (unsigned int i = 0; i < GL_ENC_MAX; i++)
		at += snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", names[i]);
	return log_error(-EINVAL,
			 "\"%.*s\" is not an encoding; write all, or some of these with commas "
			 "between: %s",
			 (int)(length < 64 ? length : 64), name, list);
}

static int parse_name(const char *name, size_t length, __u32 *encodings)
{
	unsigned int i = 0;

	if (length == 3 && !strncasecmp(name, "all", 3)) {
		*encodings |= every_encoding();
		return 0;
	}
	while (i < GL_ENC_MAX &&
	       (strlen(names[i]) != length || strncasecmp(names[i], name, length)))
		i++;
	if (i == GL_ENC_MAX)
		return refuse_name(name, length);
	if (!encode_can(i))
		return log_error(-EINVAL,
				 "the C library of this system has no table of %s; install its "
				 "iconv tables (Fedora: glibc-gconv-extra) or leave %s out",
				 names[i], names[i]);
	*encodings |= 1u << i;
	return 0;
}

int encodings_parse(const char *text, __u32 *encodings)
{
	__u32 parsed = 1u << GL_ENC_UTF8;
	const char *name = text;
	size_t length;
	int ret;

	do {
		length = strcspn(name, ",");
		ret = parse_name(name, length, &parsed);
		if (ret)
			return ret;
		name += length;
	} while (*name++);
	*encodings = parsed;
	return 0;
}

/* ------------------------------------------------------------ the list of spellings */

/* Kept between words: tables that are open, and which spellings one word has. */
struct work {
	struct encoder encoder;
	struct variants variants;
	struct spelling spelling;
	__u32 word; /* stamp of the cells in use */
	struct {
		__u32 word;
		__u32 pattern;
	} seen[SEEN_CELLS];
};

static int grow_patterns(struct patterns *patterns)
{
	size_t room = patterns->room ? 2 * patterns->room : 256;
	struct pattern *pattern = realloc(patterns->pattern, room * sizeof(*pattern));

	if (!pattern)
		return log_error(-ENOMEM, "out of memory for %zu spellings of words", room);
	patterns->pattern = pattern;
	patterns->room = room;
	return 0;
}

/* bytes and fold may differ in size after a failure; size is that of the smaller. */
static int grow_bytes(struct patterns *patterns, size_t need)
{
	size_t size = patterns->size ? patterns->size : 4096;
	__u8 *bytes, *fold;

	while (size < need)
		size *= 2;
	bytes = realloc(patterns->bytes, size);
	if (bytes)
		patterns->bytes = bytes;
	fold = realloc(patterns->fold, size);
	if (fold)
		patterns->fold = fold;
	if (!bytes || !fold)
		return log_error(-ENOMEM, "out of memory for %zu spellings of words",
				 patterns->count);
	patterns->size = size;
	return 0;
}

static int reserve(struct patterns *patterns, size_t length)
{
	size_t need = patterns->used + length;
	int ret = 0;

	if (patterns->count >= PATTERNS_MAX || need > UINT32_MAX)
		return log_error(-ENOSPC,
				 "the words have more than %zu spellings, which never fit; "
				 "load fewer words or choose fewer encodings",
				 patterns->count);
	if (patterns->count == patterns->room)
		ret = grow_patterns(patterns);
	if (!ret && need > patterns->size)
		ret = grow_bytes(patterns, need);
	return ret;
}

static int append(struct patterns *patterns, const struct spelling *spelling,
		  struct pattern pattern)
{
	int ret = reserve(patterns, spelling->length);

	if (ret)
		return ret;
	pattern.at = patterns->used;
	pattern.length = spelling->length;
	memcpy(patterns->bytes + patterns->used, spelling->bytes, spelling->length);
	memcpy(patterns->fold + patterns->used, spelling->fold, spelling->length);
	patterns->used += spelling->length;
	patterns->pattern[patterns->count++] = pattern;
	return 0;
}

/* Returns whether the word has the spelling already; it has it then. */
static bool seen(const struct patterns *patterns, struct work *work)
{
	const struct spelling *s = &work->spelling;
	__u32 hash = 0x811c9dc5;

	for (unsigned int i = 0; i < s->length; i++)
		hash = (hash ^ s->bytes[i]) * 0x01000193;
	for (hash ^= hash >> 16;; hash++) {
		__u32 at = hash % SEEN_CELLS;
		const struct pattern *p;

		if (work->seen[at].word != work->word) {
			work->seen[at].word = work->word;
			work->seen[at].pattern = patterns->count;
			return false;
		}
		p = &patterns->pattern[work->seen[at].pattern];
		if (p->length == s->length &&
		    !memcmp(patterns->bytes + p->at, s->bytes, s->length) &&
		    !memcmp(patterns->fold + p->at, s->fold, s->length))
			return true;
	}
}

/* ------------------------------------------------------------ a word */

static int add_encoding(struct patterns *patterns, __u32 word, unsigned int encoding)
{
	struct work *work = patterns->work;
	const struct variants *variants = &work->variants;
	struct pattern pattern = {.word = word, .encoding = encoding};

	for (unsigned int i = 0; i < variants->count; i++) {
		if (variants->variant[i].twin && !encode_cased(encoding))
			continue;
		for (unsigned int form = 0; form < encode_forms(encoding); form++) {
			int ret = encode(&work->encoder, encoding, form, &variants->variant[i],
					 &work->spelling);

			if (!ret && work->spelling.length >= GL_WORD_MIN &&
			    work->spelling.length <= PATTERN_LENGTH_MAX &&
			    !seen(patterns, work))
				ret = append(patterns, &work->spelling, pattern);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static bool is_word(const char *text, size_t length)
{
	__u32 code;
	size_t n;

	if (length < GL_WORD_MIN || length > GL_WORD_MAX)
		return false;
	for (size_t i = 0; i < length; i += n) {
		n = text_char(text + i, length - i, &code);
		if (!n)
			return false;
	}
	return true;
}

static int begin(struct patterns *patterns)
{
	struct work *work = patterns->work;

	if (!work) {
		work = calloc(1, sizeof(*work));
		if (!work)
			return log_error(-ENOMEM,
					 "out of memory for the spellings of the words");
		patterns->work = work;
	}
	if (!++work->word) {
		memset(work->seen, 0, sizeof(work->seen));
		work->word = 1;
	}
	return 0;
}

int patterns_add_word(struct patterns *patterns, const char *text, __u32 word, __u32 encodings)
{
	size_t length = strnlen(text, GL_WORD_MAX + 1);
	size_t count = patterns->count, used = patterns->used;
	struct work *work;
	int ret;

	if (!is_word(text, length))
		return log_error(-EINVAL,
				 "word %u of the list is not %u to %u bytes of UTF-8; load the "
				 "list again",
				 word + 1, GL_WORD_MIN, GL_WORD_MAX);
	ret = begin(patterns);
	if (ret)
		return ret;
	work = patterns->work;
	variants_make(&work->variants, text, length);
	encodings |= 1u << GL_ENC_UTF8;
	for (unsigned int i = 0; i < GL_ENC_MAX && !ret; i++) {
		if (encodings >> i & 1)
			ret = add_encoding(patterns, word, i);
	}
	if (ret) {
		patterns->count = count;
		patterns->used = used;
	}
	return ret;
}

/* ------------------------------------------------------------ all of them */

int patterns_add_text(struct patterns *patterns, const char *text, __u32 word, __u16 flags)
{
	struct spelling spelling = {0};
	struct pattern pattern = {.word = word, .encoding = GL_ENC_UTF8, .flags = flags};

	for (; text[spelling.length] && spelling.length < PATTERN_LENGTH_MAX;
	     spelling.length++) {
		__u8 byte = text[spelling.length];
		bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';

		spelling.bytes[spelling.length] = letter ? byte | 0x20 : byte;
		spelling.fold[spelling.length] = letter;
	}
	return append(patterns, &spelling, pattern);
}

static void drop_work(struct patterns *patterns)
{
	struct work *work = patterns->work;

	if (work)
		encoder_free(&work->encoder);
	free(work);
	patterns->work = NULL;
}

int patterns_make(struct patterns *patterns, const struct word_list *list, __u32 encodings)
{
	const struct mark *marks = list->marks;
	int ret = 0;

	for (size_t i = 0; i < list->count && !ret; i++)
		ret = patterns_add_word(patterns, list->words[i].text, i, encodings);
	for (__u32 i = 0; marks && marks[i].text && !ret; i++)
		ret = patterns_add_text(patterns, marks[i].text, PATTERN_MARK + i,
					marks[i].flags);
	if (ret)
		patterns_free(patterns);
	else
		drop_work(patterns);
	return ret;
}

void patterns_free(struct patterns *patterns)
{
	drop_work(patterns);
	free(patterns->pattern);
	free(patterns->bytes);
	free(patterns->fold);
	memset(patterns, 0, sizeof(*patterns));
}
