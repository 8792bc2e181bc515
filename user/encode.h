/* SPDX-License-Identifier: BSD-2-Clause */
/* encode.h - one variant of a word in one encoding. Pure. */
#ifndef ENCODE_H
#define ENCODE_H

#include "patterns.h"
#include "variants.h"

/* Like a struct pattern; beyond PATTERN_LENGTH_MAX bytes are counted, not kept. */
struct spelling {
	unsigned int length;
	__u8 bytes[PATTERN_LENGTH_MAX];
	__u8 fold[PATTERN_LENGTH_MAX];
};

/* Open character tables, of the encodings that were used. Zero-initialise. */
struct encoder {
	struct charset *charset[GL_ENC_MAX];
};

/* Of how many forms the encoding has: form counts from 0. */
unsigned int encode_forms(unsigned int encoding);

/* The encoding cannot fold ASCII letters: it wants variants that are twins, too. */
bool encode_cased(unsigned int encoding);

/* This system has the tables that the encoding needs. */
bool encode_can(unsigned int encoding);

/*
 * Writes form of variant to out; length 0 when it cannot be written so. Returns 0, or
 * -EINVAL or -ENOMEM after logging.
 */
int encode(struct encoder *encoder, unsigned int encoding, unsigned int form,
	   const struct variant *variant, struct spelling *out);

void encoder_free(struct encoder *encoder);

#endif
