/* SPDX-License-Identifier: BSD-2-Clause */
/* words.h - word lists: files, checks, what counts as the same word. Pure: no BPF. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include "../bpf/abi.h"

/* One listed word. text: UTF-8 as loaded, NUL ended. id: index of its counters. */
struct word {
	char text[GL_WORD_MAX + 1];
	char label[GL_LABEL_MAX + 1];
	enum gl_list list;
	__u32 id;
};

/* A text that says what it stands in: see GL_MARK_* in abi.h. */
struct mark {
	const char *text;
	__u16 flags;
	__u8 level; /* enum gl_level that it says, GL_LEVEL_ABSENT none */
};

/* Words in file order, without duplicates. Zero-initialise. */
struct word_list {
	struct word *words;
	size_t count;
	size_t room;
	void *index;
	const struct mark *marks; /* of markers.h, to build in; ended by a NULL text, NULL none */
};

/*
 * Adds the words of a file's text to list. name is for messages. One word a
 * line, optionally a tab and an ASCII label (else w and the word's position in
 * list, from 1); empty lines and lines that begin with "# " or are just "#" are
 * skipped; a leading byte order mark and a trailing CR are removed, nothing else
 * is trimmed. Words that fold_text() makes equal are one word: the first spelling,
 * label and list stay, and the caller's count of duplicates grows.
 * Returns 0, or -EINVAL after logging file, line, what is wrong and the remedy
 * (empty or binary file, invalid UTF-8, control character, length outside
 * GL_WORD_MIN..GL_WORD_MAX bytes, bad label, more than GL_CAPACITY_MAX words), or
 * -ENOMEM, also logged; list and duplicates are as before then. A word's id is its
 * place in list, from 0; the caller may give it another.
 */
int words_parse(struct word_list *list, const char *name, const char *text, size_t length,
		enum gl_list which, size_t *duplicates);

/*
 * Adds one text as it is, be it a comment or with a tab in a file, under a label that
 * may hold a space: such a word is in no file. Checks and returns as words_parse();
 * -EEXIST, not logged, when the list has it. No message holds the text.
 */
int words_add(struct word_list *list, const char *name, size_t line, const char *text,
	      size_t length, enum gl_list which, const char *label);

/*
 * Reads a file (or "-" for standard input), then words_parse(). Returns what that
 * does, or a negative errno after logging why the file cannot be read.
 */
int words_read(struct word_list *list, const char *path, enum gl_list which,
	       size_t *duplicates);

void words_free(struct word_list *list);

#endif
