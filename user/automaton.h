/* SPDX-License-Identifier: BSD-2-Clause */
/* automaton.h - patterns to the tables of one generation. Pure: no BPF. */
#ifndef AUTOMATON_H
#define AUTOMATON_H

#include "words.h"

/* What a table is reserved for. */
struct automaton_size {
	__u32 capacity;	 /* words */
	__u32 encodings; /* bit per enum gl_encoding */
	__u32 cells;	 /* a power of two */
};

/* The size for capacity words, 0 for the default, in the encodings, 0 for UTF-8 only. */
struct automaton_size automaton_size(__u32 capacity, __u32 encodings);

/*
 * Raises size->cells until the list fits: of long or unrelated words it may need more
 * than its number of words says. Returns 0, or -errno after logging; a list that fits
 * into no table, or has more words than size->capacity, is left for automaton_build()
 * to refuse.
 */
int automaton_fit(const struct word_list *list, struct automaton_size *size);

/* Bytes of a table with so many cells. */
size_t automaton_table_size(__u32 cells);

/*
 * Builds the tables of abi.h for list into table (automaton_table_size() bytes,
 * aligned to 8); word ids are taken from list. No words make a valid table that
 * finds marks only. Returns 0, or after logging: -ENOSPC (more words than capacity,
 * or too few cells; the message says what would do), -EINVAL (a word that
 * words_parse() would have refused) or -ENOMEM; table is unspecified then.
 */
int automaton_build(const struct word_list *list, __u32 generation,
		    const struct automaton_size *size, void *table);

#endif
