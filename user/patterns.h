/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patterns.h - the spellings of words in bytes: every listed word in each encoding
 * in which it can be written. Pure: no BPF, no clock.
 */
#ifndef PATTERNS_H
#define PATTERNS_H

#include "words.h"

/*
 * One spelling. at: where its bytes begin in patterns.bytes, and in patterns.fold
 * what may differ: 1 where an ASCII letter matches in either case, 0 where the byte
 * must be equal. word: its place in the list, or PATTERN_MARK + place in the marks.
 */
struct pattern {
	__u32 at;
	__u32 word;
	__u16 length;
	__u16 flags;   /* GL_MARK_* */
	__u8 encoding; /* enum gl_encoding */
};

#define PATTERN_LENGTH_MAX 512u
#define PATTERN_MARK 0x80000000u /* above every place in a list */

/* Zero-initialise. */
struct patterns {
	struct pattern *pattern;
	size_t count;
	size_t room;
	__u8 *bytes;
	__u8 *fold;
	size_t used;
	size_t size;
	void *work; /* of patterns_add_word: tables and room that it keeps between words */
};

/*
 * Adds the spellings of one word (UTF-8, GL_WORD_MIN to GL_WORD_MAX bytes) in the
 * encodings (a bit per enum gl_encoding; UTF-8 is always in, and the word as listed
 * comes first). Spellings that are equal are one, under the first encoding's number.
 * What cannot be written in an encoding is left out, and so is what is shorter than
 * GL_WORD_MIN or longer than PATTERN_LENGTH_MAX bytes. Returns 0 or -errno after
 * logging; the spellings are as before then.
 */
int patterns_add_word(struct patterns *patterns, const char *text, __u32 word, __u32 encodings);

/* Adds one spelling as it is: ASCII letters fold. Returns 0 or -ENOMEM, logged. */
int patterns_add_text(struct patterns *patterns, const char *text, __u32 word, __u16 flags);

/*
 * All words of the list, then its marks. encodings as above. Returns 0 or -errno
 * after logging; *patterns is freed then.
 */
int patterns_make(struct patterns *patterns, const struct word_list *list, __u32 encodings);

void patterns_free(struct patterns *patterns);

/* "utf-8", "utf-16le", ...; NULL from GL_ENC_MAX on. */
const char *encoding_name(unsigned int encoding);

/*
 * Parses "utf-8,gb18030,base64" or "all" (each that this build and system can make)
 * into *encodings, a bit per enum gl_encoding. Returns 0, or -EINVAL after a message
 * that lists the names or says which of them this system lacks; *encodings is
 * untouched then. UTF-8 is in it always.
 */
int encodings_parse(const char *text, __u32 *encodings);

/*
 * Folds text (length bytes of valid UTF-8) for comparing words: NFC and Unicode case
 * folding where the library is built in, else ASCII letters only. folded: room for
 * size bytes, NUL ended. Returns 0, or -E2BIG when it does not fit.
 */
int fold_text(const char *text, size_t length, char *folded, size_t size);

#endif
