/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sound.h - is a word table what abi.h promises? Works from the spellings and the
 * text of abi.h, not from the builder. Code in a header for the reason that rig.h
 * gives.
 */
#ifndef SOUND_H
#define SOUND_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/automaton.h"
#include "../../user/patterns.h"

#pragma GCC diagnostic ignored "-Wunused-function"

struct sound {
	const struct gl_words_header *header;
	const __u64 *cells;
	__u32 size, reserved_at;
	const struct word_list *list;
	struct patterns patterns;
	__u32 *place; /* cell of each spelling */
	__u32 *ends;  /* 1 + the last spelling that ends in a state, by cell */
	__u32 *also;  /* 1 + another that ends where this one does, by spelling */
	__u8 *seen;   /* cells that are states */
	__u32 shortest;
	char flaw[256];
};

#define FLAW(s, ...) (snprintf((s)->flaw, sizeof((s)->flaw), __VA_ARGS__), 0)

static int sound_letter(__u8 byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/* ------------------------------------------------------------ the automaton, read */

static __u32 sound_child(const struct sound *s, __u32 state, __u8 class)
{
	__u32 to = GL_CELL_BASE(s->cells[state]) + class;

	return class && GL_CELL_CHECK(s->cells[to]) == class ? to : 0;
}

static __u32 sound_step(const struct sound *s, __u32 state, __u8 class)
{
	__u32 to;

	if (!class)
		return 0;
	while (!(to = sound_child(s, state, class)) && !(s->cells[state] & GL_CELL_ROOT))
		state = GL_CELL_FAIL(s->cells[state]);
	return to;
}

/* The first of the patterns that end in a state, 0 none. */
static __u32 sound_first(const struct sound *s, __u32 state)
{
	__u64 cell = s->cells[state];

	return cell & GL_CELL_MATCH ? GL_CELL_BASE(s->cells[GL_CELL_BASE(cell)]) : 0;
}

static const struct gl_pattern *sound_pattern(const struct sound *s, __u32 cell)
{
	return (const void *)&s->cells[cell];
}

/* ------------------------------------------------------------ patterns */

/* Which of the last 128 bytes must not fold, bit 0 of [0] the last; their case. */
static void sound_exact(const struct sound *s, const struct pattern *p, __u64 mask[2],
			__u64 bits[2])
{
	mask[0] = mask[1] = bits[0] = bits[1] = 0;
	for (__u32 i = 0; i < p->length && i < 128; i++) {
		__u32 at = p->at + p->length - 1 - i;

		if (s->patterns.fold[at] || !sound_letter(s->patterns.bytes[at]))
			continue;
		mask[i / 64] |= 1ull << i % 64;
		if (s->patterns.bytes[at] & 0x20)
			bits[i / 64] |= 1ull << i % 64;
	}
}

static int sound_place(struct sound *s)
{
	__u32 cell = s->reserved_at;

	for (size_t i = 0; i < s->patterns.count; i++) {
		const struct pattern *p = &s->patterns.pattern[i];
		__u64 mask[2], bits[2];
		__u8 flags = 0;

		sound_exact(s, p, mask, bits);
		if (mask[0] || mask[1])
			flags |= GL_PATTERN_EXACT;
		if (mask[1])
			flags |= GL_PATTERN_LONG;
		s->place[i] = cell;
		cell += flags & GL_PATTERN_LONG ? 6 : flags ? 4 : 2;
	}
	if (cell != s->header->words_at)
		return FLAW(s, "patterns end at cell %u, words begin at %u", cell,
			    s->header->words_at);
	return 1;
}

static int sound_one_pattern(struct sound *s, size_t i)
{
	const struct pattern *p = &s->patterns.pattern[i];
	const struct gl_pattern_exact *got = (const void *)sound_pattern(s, s->place[i]);
	int mark = !!(p->word & PATTERN_MARK);
	__u64 mask[2], bits[2];

	sound_exact(s, p, mask, bits);
	if (got->pattern.encoding != p->encoding)
		return FLAW(s, "pattern %zu: encoding %u", i, got->pattern.encoding);
	if (!!(got->pattern.flags & GL_MARK_ONLY) != mark)
		return FLAW(s, "pattern %zu: flags 0x%x", i, got->pattern.flags);
	if (!(got->pattern.flags & GL_PATTERN_EXACT) != !(mask[0] || mask[1]) ||
	    !(got->pattern.flags & GL_PATTERN_LONG) != !mask[1])
		return FLAW(s, "pattern %zu: flags 0x%x", i, got->pattern.flags);
	if (got->pattern.flags & GL_PATTERN_EXACT &&
	    (got->bits != bits[0] || got->mask != mask[0]))
		return FLAW(s, "pattern %zu: mask 0x%llx", i, got->mask);
	if (mask[1] && (got->long_bits != bits[1] || got->long_mask != mask[1]))
		return FLAW(s, "pattern %zu: long mask 0x%llx", i, got->long_mask);
	if (!mark && (got->pattern.word != s->list->words[p->word].id ||
		      got->pattern.list != s->list->words[p->word].list))
		return FLAW(s, "pattern %zu: word %u", i, got->pattern.word);
	return 1;
}

static int sound_words(struct sound *s)
{
	for (size_t i = 0; i < s->list->count; i++) {
		const struct word *word = &s->list->words[i];

		if (s->cells[s->header->words_at + i] != (word->id | (__u64)word->list << 32))
			return FLAW(s, "word %zu is not in its cell", i);
	}
	return s->header->words_at + s->list->count == s->size ||
	       FLAW(s, "the words do not end the table");
}

/* ------------------------------------------------------------ states */

static int sound_state(struct sound *s, __u32 state, __u32 depth, __u32 fail)
{
	__u64 cell = s->cells[state];
	int shallow = depth < 3 && depth < s->shortest;

	if (GL_CELL_BASE(cell) > s->reserved_at - GL_CLASSES || !GL_CELL_BASE(cell))
		return FLAW(s, "cell %u: base %u", state, GL_CELL_BASE(cell));
	if (GL_CELL_DEPTH(cell) != (depth < 3 ? depth : 3))
		return FLAW(s, "cell %u: depth %u is %u", state, depth, GL_CELL_DEPTH(cell));
	if (!!(cell & GL_CELL_SHALLOW) != shallow || cell & GL_CELL_ROOT)
		return FLAW(s, "cell %u: flags at depth %u", state, depth);
	if (GL_CELL_FAIL(cell) != fail)
		return FLAW(s, "cell %u: fail %u, not %u", state, GL_CELL_FAIL(cell), fail);
	if (cell >> 63)
		return FLAW(s, "cell %u: bit 63", state);
	return 1;
}

/* Each spelling leads from the root to a state by children, whose fail is right. */
static int sound_path(struct sound *s, size_t i)
{
	const struct pattern *p = &s->patterns.pattern[i];
	__u32 state = 0, fail = 0;

	for (__u32 at = 0; at < p->length; at++) {
		__u8 class = s->header->cls[s->patterns.bytes[p->at + at]];
		__u32 next = sound_child(s, state, class);

		fail = state ? sound_step(s, fail, class) : 0;
		if (!next || next >= s->reserved_at)
			return FLAW(s, "pattern %zu: no way on at byte %u", i, at);
		if (!sound_state(s, next, at + 1, fail))
			return 0;
		s->seen[next] = 1;
		state = next;
	}
	s->also[i] = s->ends[state];
	s->ends[state] = i + 1;
	return 1;
}

/* In a state's chain: each spelling that ends there once, then the chain of its fail state. */
static int sound_chain(struct sound *s, __u32 state)
{
	__u32 at = sound_first(s, state), own = 0, met = 0;
	__u32 rest = sound_first(s, GL_CELL_FAIL(s->cells[state]));

	for (__u32 i = s->ends[state]; i; i = s->also[i - 1])
		own++;
	for (; at && at != rest; at = sound_pattern(s, at)->next) {
		int found = 0;

		for (__u32 i = s->ends[state]; i; i = s->also[i - 1])
			found |= s->place[i - 1] == at;
		if (!found || ++met > own)
			return FLAW(s, "cell %u: pattern at %u does not end here", state, at);
	}
	if (at != rest || met != own)
		return FLAW(s, "cell %u: %u of %u patterns in its chain", state, met, own);
	return 1;
}

/* Every used cell is a state that a path leads to, or a state's output. */
static int sound_cells(struct sound *s)
{
	__u8 *based = calloc(s->size, 1);
	int ok = !!based;

	for (__u32 at = 0; ok && at < s->reserved_at; at++) {
		__u32 base = GL_CELL_BASE(s->cells[at]);

		if (at && GL_CELL_CHECK(s->cells[at]) == GL_CELL_NONE)
			continue; /* an output or free */
		if (at && !s->seen[at])
			ok = FLAW(s, "cell %u: nothing leads to it", at);
		if (based[base]++)
			ok = FLAW(s, "cell %u: base %u is another's, too", at, base);
		if (ok && s->cells[at] & GL_CELL_MATCH && GL_CELL_CHECK(s->cells[base]) != GL_CELL_NONE)
			ok = FLAW(s, "cell %u: no output at %u", at, base);
		ok = ok && sound_chain(s, at);
	}
	free(based);
	return ok;
}

/* ------------------------------------------------------------ the filter */

/* Must hit where a spelling lies, from each offset below the stride, whatever follows. */
static int sound_probe(const struct sound *s, const __u8 *text)
{
	__u64 w = 0, hits;

	for (int i = 7; i >= 0; i--)
		w = w << 8 | (text[i] | 0x20);
	w <<= s->header->shape[w & (GL_SHAPES - 1)];
	w *= s->header->multiplier;
	hits = s->header->filter[(w >> s->header->shift & ~7ull) / 8];
	return hits >> (w >> 40 & 63) & 1 &&
	       (s->header->bits == 1 || (hits >> (w >> 34 & 63) & 1));
}

static int sound_filter(struct sound *s, size_t i)
{
	const struct pattern *p = &s->patterns.pattern[i];
	const __u8 *bytes = s->patterns.bytes + p->at;

	for (__u32 offset = 0; offset < s->header->stride; offset++) {
		for (__u32 tail = 0; tail < 4; tail++) {
			__u8 text[8];

			for (__u32 k = 0; k < 8; k++)
				text[k] = offset + k < p->length ? bytes[offset + k] :
								   (__u8)(tail * 0x55 + k);
			for (__u32 k = 0; tail & 1 && offset + k < p->length && k < 8; k++)
				text[k] ^= sound_letter(text[k]) ? 0x20 : 0;
			if (!sound_probe(s, text))
				return FLAW(s, "pattern %zu: the filter misses it at %u", i, offset);
		}
	}
	return 1;
}

static int sound_header(struct sound *s, __u32 generation)
{
	const struct gl_words_header *h = s->header;

	if (h->generation != generation || h->words != s->list->count ||
	    h->patterns != s->patterns.count)
		return FLAW(s, "generation %u, %u words, %u patterns", h->generation, h->words,
			    h->patterns);
	if (h->stride < 1 || h->stride >= GL_STRIDE_MAX || h->bits < 1 || h->bits > 2 || h->shift < 46 ||
	    h->shift > 55 || !(h->multiplier & 1))
		return FLAW(s, "stride %u, bits %u, shift %u", h->stride, h->bits, h->shift);
	if (s->shortest < h->stride + 1)
		return FLAW(s, "stride %u with a pattern of %u bytes", h->stride, s->shortest);
	if (h->reach != (GL_PROBES - 1) * h->stride)
		return FLAW(s, "stride %u, reach %u", h->stride, h->reach);
	/* Quotients of what lies between two groups, rounded up by what is added. */
	for (__u32 n = 0; n < 2 * GL_PROBES * GL_STRIDE_MAX; n++)
		if (n * h->inverse >> 16 != n / h->stride)
			return FLAW(s, "inverse %u of %u at %u", h->inverse, h->stride, n);
	if (s->cells[0] >> GL_CELL_BITS !=
	    (GL_CELL_ROOT | GL_CELL_SHALLOW) >> GL_CELL_BITS)
		return FLAW(s, "the root is 0x%llx", s->cells[0]);
	for (int byte = 0; byte < 256; byte++)
		if (h->cls[byte] != h->cls[byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte])
			return FLAW(s, "byte 0x%x does not fold", byte);
	return 1;
}

/* ------------------------------------------------------------ all of it */

static void sound_close(struct sound *s)
{
	patterns_free(&s->patterns);
	free(s->place);
	free(s->ends);
	free(s->also);
	free(s->seen);
}

static int sound_check(struct sound *s, __u32 generation)
{
	int ok = sound_header(s, generation) && sound_place(s) && sound_words(s);

	for (size_t i = 0; ok && i < s->patterns.count; i++)
		ok = sound_one_pattern(s, i) && sound_path(s, i) && sound_filter(s, i);
	return ok && sound_cells(s);
}

/* A table of list; s->flaw says what is wrong with it. To be closed in any case. */
static int sound_open(struct sound *s, const void *table, const struct automaton_size *size,
		      const struct word_list *list, __u32 generation)
{
	*s = (struct sound){ .header = table, .size = size->cells, .list = list,
			     .shortest = GL_WORD_MAX };
	s->cells = (const void *)((const char *)table + GL_WORDS_OFF_CELLS);
	if (patterns_make(&s->patterns, list, size->encodings))
		return FLAW(s, "no spellings");
	s->reserved_at = size->cells - list->count;
	for (size_t i = 0; i < s->patterns.count; i++) {
		const struct pattern *p = &s->patterns.pattern[i];
		__u64 mask[2], bits[2];

		sound_exact(s, p, mask, bits);
		s->reserved_at -= mask[1] ? 6 : mask[0] ? 4 : 2;
		if (p->length < s->shortest)
			s->shortest = p->length;
	}
	s->place = calloc(s->patterns.count + 1, sizeof(*s->place));
	s->also = calloc(s->patterns.count + 1, sizeof(*s->also));
	s->ends = calloc(size->cells, sizeof(*s->ends));
	s->seen = calloc(size->cells, 1);
	if (!s->place || !s->also || !s->ends || !s->seen)
		return FLAW(s, "out of memory");
	return sound_check(s, generation);
}

/* ------------------------------------------------------------ a walk */

static int sound_cased(const struct sound *s, const struct pattern *p, const __u8 *last)
{
	for (__u32 i = 0; i < p->length && i < 128; i++) {
		__u32 at = p->at + p->length - 1 - i;

		if (!s->patterns.fold[at] && sound_letter(s->patterns.bytes[at]) &&
		    *(last - i) != s->patterns.bytes[at])
			return 0;
	}
	return 1;
}

/* hits by spelling, as the automaton finds them, in the case that they must have. */
static void sound_walk(const struct sound *s, const __u8 *text, size_t length, __u32 *hits)
{
	__u32 state = 0, *of = calloc(s->size, sizeof(*of));

	for (size_t i = 0; of && i < s->patterns.count; i++)
		of[s->place[i]] = i;
	for (size_t i = 0; of && i < length; i++) {
		state = sound_step(s, state, s->header->cls[text[i]]);
		for (__u32 at = sound_first(s, state); at; at = sound_pattern(s, at)->next)
			if (sound_cased(s, &s->patterns.pattern[of[at]], text + i))
				hits[of[at]]++;
	}
	free(of);
}

/* The same by a plain search. */
static __u32 sound_search(const struct sound *s, size_t i, const __u8 *text, size_t length)
{
	const struct pattern *p = &s->patterns.pattern[i];
	const __u8 *bytes = s->patterns.bytes + p->at, *fold = s->patterns.fold + p->at;
	__u32 hits = 0, k;

	for (size_t at = 0; at + p->length <= length; at++) {
		for (k = 0; k < p->length; k++) {
			int folds = (fold[k] || k + 128 < p->length) && sound_letter(bytes[k]);

			if (text[at + k] != bytes[k] &&
			    !(folds && (text[at + k] ^ bytes[k]) == 0x20))
				break;
		}
		hits += k == p->length;
	}
	return hits;
}

#endif
