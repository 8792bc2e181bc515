/* SPDX-License-Identifier: BSD-2-Clause */
/* variants.h - a word in other letter case and in the normal forms of Unicode. Pure. */
#ifndef VARIANTS_H
#define VARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define VARIANT_CHARS 160u /* GL_WORD_MAX bytes in upper case and normal form D: 96 */
#define VARIANTS_MAX 64u

/* twin: only the case of ASCII letters differs from an earlier variant. */
struct variant {
	__u32 code[VARIANT_CHARS];
	unsigned int length;
	bool twin;
};

struct variants {
	struct variant variant[VARIANTS_MAX];
	unsigned int count;
};

/*
 * Text (valid UTF-8 of at most GL_WORD_MAX bytes) as it is, then lower, upper and
 * capitalised, then each combination of cases if few of its letters are beyond
 * ASCII; all in normal forms C and D, too. No two are equal.
 */
void variants_make(struct variants *variants, const char *text, size_t length);

#endif
