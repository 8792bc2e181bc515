/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expression.h - what docs/SIGNATURES.md says that an expression matches, read from its
 * text each time: no automaton, nothing of user/. What is compiled must accept the same.
 */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../user/sigset.h"

#define EXPRESSION_BYTES 63u	 /* of data: a bit for each place, and one behind it */
#define EXPRESSION_STEPS 200000u /* then it is too laborious to be said */

struct expression {
	const char *at;
	bool nocase;
	const uint8_t *data;
	size_t length;
	unsigned steps;
};

static uint64_t expression_or(struct expression *e, uint64_t starts);

static unsigned expression_byte(struct expression *e)
{
	static const char names[] = "rnt0", values[] = "\r\n\t";
	char hex[3] = "";
	const char *name;

	if (*e->at != '\\')
		return (uint8_t)*e->at++;
	e->at++;
	if (*e->at == 'x') {
		memcpy(hex, e->at + 1, 2);
		e->at += 3;
		return (unsigned)strtoul(hex, NULL, 16);
	}
	name = strchr(names, *e->at);
	if (name) {
		e->at++;
		return (uint8_t)values[name - names];
	}
	return (uint8_t)*e->at++;
}

static void expression_add(const struct expression *e, bool set[256], unsigned first,
			   unsigned last)
{
	for (unsigned byte = first; byte <= last; byte++) {
		bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';

		set[byte] = true;
		if (e->nocase && letter)
			set[byte ^ 0x20] = true;
	}
}

/* The bytes of a class, whose [ was read. */
static void expression_class(struct expression *e, bool set[256])
{
	bool none = *e->at == '^';

	e->at += none;
	while (*e->at != ']') {
		unsigned first = expression_byte(e), last = first;

		if (e->at[0] == '-' && e->at[1] != ']') {
			e->at++;
			last = expression_byte(e);
		}
		expression_add(e, set, first, last);
	}
	e->at++;
	for (unsigned byte = 0; none && byte < 256; byte++)
		set[byte] = !set[byte];
}

/* Where one thing ends that may start at these places; reads its text. */
static uint64_t expression_one(struct expression *e, uint64_t starts)
{
	bool set[256] = { false };
	uint64_t ends = 0;

	e->steps++;
	if (*e->at == '(') {
		e->at++;
		ends = expression_or(e, starts);
		e->at++;
		return ends;
	}
	if (*e->at == '.') {
		e->at++;
		expression_add(e, set, 0, 255);
	} else if (*e->at == '[') {
		e->at++;
		expression_class(e, set);
	} else {
		unsigned byte = expression_byte(e);

		expression_add(e, set, byte, byte);
	}
	for (size_t i = 0; starts && i < e->length; i++)
		if (starts >> i & 1 && set[e->data[i]])
			ends |= 2ull << i;
	return ends;
}

#define EXPRESSION_COUNTS 4u	 /* behind one thing */

struct expression_count {
	long least, most; /* most: -1 without an end */
};

/* Reads a count that follows; false without one. */
static bool expression_count(struct expression *e, struct expression_count *count)
{
	char sign = *e->at, *end;

	if (!sign || !strchr("*+?{", sign))
		return false;
	e->at++;
	*count = (struct expression_count){ sign == '+', sign == '?' ? 1 : -1 };
	if (sign != '{')
		return true;
	count->least = count->most = strtol(e->at, &end, 10);
	if (*end == ',')
		count->most = strtol(end + 1, &end, 10);
	e->at = end + 1;
	return true;
}

/* The thing that begins at the text, as often as the first n counts say together. */
static uint64_t expression_times(struct expression *e, const char *text,
				 const struct expression_count *counts, unsigned n,
				 uint64_t starts)
{
	const struct expression_count *count;
	uint64_t ends = 0;

	if (!n) {
		e->at = text;
		return expression_one(e, starts);
	}
	count = &counts[n - 1];
	for (long i = 0; starts && e->steps < EXPRESSION_STEPS; i++) {
		if (i >= count->least && count->most < 0 && !(starts & ~ends))
			break;
		if (i >= count->least)
			ends |= starts;
		if (i == count->most)
			break;
		starts = expression_times(e, text, counts, n - 1, starts);
	}
	return ends;
}

static uint64_t expression_repeat(struct expression *e, uint64_t starts)
{
	struct expression_count counts[EXPRESSION_COUNTS + 1];
	const char *text = e->at, *end;
	unsigned n = 0;

	expression_one(e, 0);
	while (expression_count(e, &counts[n]))
		if (n < EXPRESSION_COUNTS)
			n++;
		else
			e->steps = EXPRESSION_STEPS;
	end = e->at;
	starts = expression_times(e, text, counts, n, starts);
	e->at = end;
	return starts;
}

static uint64_t expression_or(struct expression *e, uint64_t starts)
{
	uint64_t ends = 0, now = starts;

	for (;; e->at++) {
		while (*e->at && *e->at != '|' && *e->at != ')')
			now = expression_repeat(e, now);
		ends |= now;
		now = starts;
		if (*e->at != '|')
			return ends;
	}
}

/* Whether the accepting states of a walk from root are those of the patterns' texts. */
static bool expression_walk(const struct gl_signatures *sig, uint32_t state, uint64_t ends[],
			    unsigned patterns, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const struct gl_sig_accept *accept;
		unsigned want = 0, n;

		state = sig->next[state * GL_SIG_STRIDE + data[i]];
		accept = &sig->accept[sig->accept_at[state]];
		n = state >= sig->first_accept ? accept->n : 0;
		for (unsigned p = 0; p < patterns; p++)
			want += ends[p] >> (i + 1) & 1;
		for (unsigned k = 0; k < n; k++)
			if (!(ends[accept->pattern[k]] >> (i + 1) & 1))
				return false;
		if (n != want)
			return false;
	}
	return true;
}

/*
 * Whether the tables accept these bytes as the texts of the set's expressions do, from
 * one root; true, too, when that would take too long to say.
 */
static bool expressions_agree(const struct signatures *set, const struct gl_signatures *sig,
			      enum gl_transport transport, enum gl_anchor anchor,
			      const uint8_t *data, size_t length)
{
	uint64_t ends[GL_SIG_PATTERNS] = { 0 };
	unsigned patterns = 0, steps = 0;

	if (length > EXPRESSION_BYTES)
		length = EXPRESSION_BYTES;
	for (unsigned i = 0; i < set->count; i++) {
		for (unsigned k = 0; k < set->protocols[i]->pattern_count; k++, patterns++) {
			const struct sig_pattern *p = &set->protocols[i]->patterns[k];
			struct expression e = { p->match, p->nocase, data, length, steps };

			if (!p->match || p->transport != transport ||
			    (anchor == GL_ANCHOR_PACKET && p->anchor != GL_ANCHOR_PACKET))
				continue;
			ends[patterns] = expression_or(&e, 1);
			steps = e.steps;
			if (steps >= EXPRESSION_STEPS)
				return true;
		}
	}
	return expression_walk(sig, sig->root[transport][anchor], ends, patterns, data, length);
}

#endif
