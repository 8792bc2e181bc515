/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference.h - what docs/SIGNATURES.md says that a match does, a packet at a
 * time, written down a second time and without a thought for speed.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../bpf/abi.h"

/* What is to be given: sig, transport and port; the rest begins as zeroes. */
struct flow {
	const struct gl_signatures *sig;
	int transport;
	uint16_t port[2];
	struct {
		bool begun; /* it had payload */
		uint32_t state;
		unsigned walked; /* bytes, by the walk that goes on over segments */
		unsigned packets; /* that were looked at while nothing was recognised */
	} dir[2];
	uint32_t protocol; /* 0 not recognised */
	uint32_t flags;	   /* GL_SIG_*: what the payload is; of a label, or of what it became */
	uint32_t level;	   /* that the last match shows in its packet */
	uint32_t packet_level; /* of the last packet */
	uint32_t highest[2];   /* level of the setup, and of what follows */
	bool begun;
	bool steady;
	bool compressed;
	uint32_t step;
	uint32_t registers[GL_REGISTERS];
	int client; /* 1 + direction */
	int won;    /* 1 + the pattern that took the last packet, 0 none */
};

struct look {
	int dir;
	const uint8_t *data;
	size_t length;
	bool fresh; /* the match began with this packet, which is what a predicate speaks of */
	int best;   /* pattern, -1 none */
	uint32_t rank;
};

static bool left_side(const struct gl_sig_row *row, const struct look *p, int64_t *left)
{
	uint64_t value = row->left == GL_OPERAND_LAST ? p->data[p->length - 1] : p->length;

	if (row->left == GL_OPERAND_FIELD) {
		if (row->offset + row->width > (int)p->length)
			return false;
		value = 0;
		for (int i = 0; i < row->width; i++)
			value = value << 8 |
				p->data[row->offset + (row->little ? row->width - 1 - i : i)];
	}
	*left = (int64_t)((value & row->mask) * row->multiply) + row->add;
	return true;
}

static bool row_holds(const struct flow *f, const struct gl_sig_row *row,
		      const struct look *p)
{
	int64_t left, right = row->value;

	if (!p->fresh || !left_side(row, p, &left))
		return false;
	if (row->right == GL_OPERAND_LENGTH)
		right += (int64_t)p->length;
	if (row->right == GL_OPERAND_REGISTER)
		right += f->registers[row->reg];
	return row->op == GL_OP_EQ   ? left == right
	       : row->op == GL_OP_NE ? left != right
	       : row->op == GL_OP_LT ? left < right
	       : row->op == GL_OP_LE ? left <= right
	       : row->op == GL_OP_GT ? left > right
				     : left >= right;
}

/* n bytes at *at as a number, network byte order; false behind end. */
static bool take(const struct look *p, size_t end, size_t n, size_t *at, size_t *value)
{
	*value = 0;
	if (*at + n > end)
		return false;
	while (n--)
		*value = *value << 8 | p->data[(*at)++];
	return true;
}

static bool has_item(const struct gl_sig_list *list, const struct look *p)
{
	size_t at = list->at, end = p->length, n;

	for (int i = 0; i < 4 && list->skip[i]; i++) {
		size_t what = list->skip[i] & 0x3f;

		n = what;
		if (list->skip[i] < 0x80 && !take(p, end, what, &at, &n))
			return false;
		if (list->skip[i] >= 0xc0) {
			if (!take(p, end, 1, &at, &n) || n != what)
				return false;
			n = 0;
		}
		at += n;
	}
	if (list->size) {
		if (!take(p, end, list->size, &at, &n))
			return false;
		if (at + n < end)
			end = at + n;
	}
	if (!list->type)
		return true;
	for (int i = 0; i < 64; i++) {
		size_t type;

		if (at + list->type + list->length > end ||
		    !take(p, end, list->type, &at, &type) ||
		    !take(p, end, list->length, &at, &n))
			return false;
		if (type == list->has)
			return true;
		at += (n + list->align - 1) / list->align * list->align;
	}
	return false;
}

static bool port_fits(const struct flow *f, const struct gl_sig_pattern *pattern)
{
	const struct gl_sig_ports *range = f->sig->protocol[pattern->protocol].ports[f->transport];

	for (unsigned i = 0; i < GL_SIG_PORTS; i++)
		for (int end = 0; end < 2; end++)
			if (f->port[end] >= range[i].first && f->port[end] <= range[i].last)
				return true;
	return false;
}

static bool expected(const struct flow *f, const struct gl_sig_pattern *pattern, int dir)
{
	int client = pattern->role == GL_ROLE_CLIENT ? 1 + dir : 2 - dir;

	if (pattern->after && pattern->after != f->step)
		return false;
	if (pattern->flags & GL_PATTERN_HELD && f->step == pattern->step &&
	    f->client != client)
		return false;
	if ((pattern->after || pattern->flags & GL_PATTERN_WATCHED) &&
	    pattern->role != GL_ROLE_EITHER && f->client && f->client != client)
		return false;
	if (pattern->protocol == f->protocol)
		return true;
	return !(pattern->flags & GL_PATTERN_WATCHED) &&
	       (!f->protocol || f->sig->protocol[f->protocol].becomes >> pattern->protocol & 1);
}

/* length: the later a match ends, the more; 0 without an expression. */
static void consider(const struct flow *f, struct look *p, unsigned index, unsigned length)
{
	const struct gl_sig_pattern *pattern = &f->sig->pattern[index];
	bool port = port_fits(f, pattern);
	uint32_t rank = (pattern->step ? 0u : 1u << 24) | (uint32_t)pattern->priority << 16 |
			length << 1 | port;

	if (!expected(f, pattern, p->dir) || (pattern->flags & GL_PATTERN_PORT && !port))
		return;
	for (int i = 0; i < pattern->rows; i++)
		if (f->sig->row[pattern->row_at + i].op != GL_OP_STORE &&
		    !row_holds(f, &f->sig->row[pattern->row_at + i], p))
			return;
	if (pattern->list && (!p->fresh || !has_item(&f->sig->list[pattern->list - 1], p)))
		return;
	if (p->best >= 0 && rank <= p->rank)
		return;
	p->best = (int)index;
	p->rank = rank;
}

/* Of the accepting states that are passed, the last four count. Walks at most so many bytes. */
static uint32_t walk(const struct flow *f, struct look *p, uint32_t state, size_t most)
{
	const struct gl_signatures *sig = f->sig;
	uint32_t passed[GL_CLASSIFY_BYTES];
	unsigned n = 0;

	for (size_t i = 0; i < p->length && i < most && state; i++) {
		state = sig->next[state * GL_SIG_STRIDE + p->data[i]];
		if (state >= sig->first_accept)
			passed[n++] = state;
	}
	for (unsigned i = n > 4 ? n - 4 : 0; i < n; i++) {
		const struct gl_sig_accept *accept = &sig->accept[sig->accept_at[passed[i]]];

		for (int k = 0; k < accept->n; k++)
			consider(f, p, accept->pattern[k], i + 1);
	}
	return state;
}

static void raise_level(uint32_t *highest, uint32_t level)
{
	if (*highest < level)
		*highest = level;
}

/* An answer, in a flow that has its label, gets it, or stays what it was for those who ask. */
static void label(struct flow *f, const struct gl_sig_pattern *pattern)
{
	bool relabel = !f->protocol || pattern->flags & GL_PATTERN_RELABEL;

	if (f->protocol != pattern->protocol) {
		f->flags = f->sig->protocol[pattern->protocol].flags;
		if (!relabel) {
			f->steady = true;
			f->level = pattern->setup;
			f->highest[1] = pattern->steady;
			return;
		}
		f->protocol = pattern->protocol;
	}
	f->steady |= !!(pattern->flags & GL_PATTERN_STEADY);
	f->level = f->steady ? pattern->steady : pattern->setup;
	raise_level(&f->highest[0], pattern->setup);
	raise_level(&f->highest[1], pattern->steady);
}

static void apply(struct flow *f, const struct look *p)
{
	const struct gl_sig_pattern *pattern = &f->sig->pattern[p->best];

	for (int i = 0; i < pattern->rows; i++) {
		const struct gl_sig_row *row = &f->sig->row[pattern->row_at + i];
		int64_t value = 0;

		if (row->op != GL_OP_STORE)
			continue;
		if (!left_side(row, p, &value))
			value = 0;
		f->registers[row->reg] = (uint32_t)value;
	}
	/* A step that led nowhere may have named another client. */
	if (!f->protocol && pattern->role != GL_ROLE_EITHER)
		f->client = pattern->role == GL_ROLE_CLIENT ? 1 + p->dir : 2 - p->dir;
	else if (!f->protocol && !pattern->after)
		f->client = 0;
	if (pattern->step) {
		f->step = pattern->step;
		return;
	}
	label(f, pattern);
	f->compressed |= !!(pattern->flags & GL_PATTERN_COMPRESSED);
	f->packet_level = f->level;
}

static bool looked_at(const struct flow *f, int dir)
{
	if (!f->protocol)
		return f->dir[dir].packets < GL_CLASSIFY_PACKETS;
	return f->flags & GL_SIG_WATCH && !f->steady && !f->compressed;
}

/*
 * The walk that goes on over the segments of one direction; a datagram is a stream of its
 * own. Whether it began with this packet.
 */
static bool walk_stream(struct flow *f, struct look *p)
{
	unsigned *walked = &f->dir[p->dir].walked, most = GL_CLASSIFY_BYTES - *walked;

	if (f->transport == GL_TCP && f->protocol)
		return false;
	p->fresh = !*walked;
	if (p->fresh)
		f->dir[p->dir].state = f->sig->root[f->transport][GL_ANCHOR_STREAM];
	f->dir[p->dir].state = walk(f, p, f->dir[p->dir].state, most);
	if (f->transport == GL_TCP)
		*walked += p->length < most ? (unsigned)p->length : most;
	return p->fresh;
}

/* Three looks: the stream goes on; afresh, if that found nothing; without expressions. */
static void look_at(struct flow *f, struct look *p, bool first)
{
	const struct gl_signatures *sig = f->sig;
	bool begun = walk_stream(f, p);

	p->fresh = true;
	if (p->best < 0 && !begun)
		walk(f, p, sig->root[f->transport][GL_ANCHOR_PACKET], GL_CLASSIFY_BYTES);
	for (unsigned i = 0; i < sig->bares[f->transport]; i++)
		if (first || !(sig->pattern[sig->bare[f->transport][i]].flags & GL_PATTERN_STREAM))
			consider(f, p, sig->bare[f->transport][i], 0);
	if (!f->protocol)
		f->dir[p->dir].packets++;
}

/* A packet in order. */
static void feed_dir(struct flow *f, int dir, const void *data, size_t length)
{
	bool first = !f->dir[dir].begun || f->transport == GL_UDP;
	struct look p = {.dir = dir, .data = data, .length = length, .best = -1};

	if (!length)
		return;
	if (!f->begun)
		f->highest[0] = f->highest[1] = GL_LEVEL_SHAPE;
	f->begun = f->dir[dir].begun = true;
	f->packet_level = f->highest[f->steady];
	f->won = 0;
	if (!looked_at(f, dir))
		return;
	look_at(f, &p, first);
	f->won = p.best + 1;
	if (p.best >= 0)
		apply(f, &p);
}

static inline void feed(struct flow *f, const void *data, size_t length)
{
	feed_dir(f, 0, data, length);
}

/*
 * Whether the path's entry says the same; what looks random counts as not recognised.
 * marked: encrypted bodies were looked for, which lowers levels.
 */
static inline bool agrees(const struct flow *f, const struct gl_flow *got, bool marked)
{
	uint32_t protocol = got->protocol < GL_PROTO_FIRST ? 0 : got->protocol;
	uint32_t flags = (f->protocol ? f->flags : 0) | (f->compressed ? GL_FLOW_COMPRESSED : 0) |
			 (f->steady ? GL_FLOW_STEADY : 0);

	if (protocol != f->protocol || got->step != f->step || got->client_dir != f->client ||
	    memcmp(got->registers, f->registers, sizeof(f->registers)))
		return false;
	if ((got->flags & (GL_FLOW_CLASS | GL_FLOW_STEADY)) != flags)
		return false;
	return marked || (got->setup == f->highest[0] && got->steady == f->highest[1]);
}

/* Both sides of a disagreement. */
static inline void explain(const struct flow *f, const struct gl_flow *got)
{
	printf("# entry: protocol %u step %u client %u registers %u %u flags %#x levels %u %u\n",
	       got->protocol, got->step, got->client_dir, got->registers[0], got->registers[1],
	       got->flags, got->setup, got->steady);
	printf("# reference: protocol %u step %u client %d registers %u %u flags %#x levels %u "
	       "%u%s%s\n", f->protocol, f->step, f->client, f->registers[0], f->registers[1],
	       f->flags, f->highest[0], f->highest[1], f->steady ? " steady" : "",
	       f->compressed ? " compressed" : "");
	fflush(stdout);
}

#endif
