/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * items.h - does a list of type, length and value (extensions of TLS, attributes of
 * STUN) have an item of a type? Read wherever in the packet it stands: no value is
 * loaded, only lengths and types. Knows no protocol: struct gl_sig_list says all.
 */
#ifndef GL_ITEMS_H
#define GL_ITEMS_H

#include "walk.h"

static __always_inline const struct gl_sig_list *gl_items_list(const struct gl_walk *walk)
{
	return &walk->sig->list[walk->scratch->item_list & (GL_SIG_LISTS - 1)];
}

/* The next n bytes, 1 to 4, as an integer in network byte order; -1 beyond the end. */
static __always_inline __s64 gl_items_take(const struct gl_walk *walk, __u32 n)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 at = scratch->item_at;
	__be32 bytes = 0;

	n = ((n - 1) & 3) + 1;
	gl_opaque(n);
	if (at + n > scratch->item_end ||
	    gl_ctx_load(walk->ctx, walk->pkt->payload + at, &bytes, n))
		return -1;
	scratch->item_at = at + n;
	return __builtin_bswap32(bytes) >> ((4 - n) * 8 & 31);
}

/* One item. Returns 1 at the end of the list, or when it is found. */
static long gl_items_step(__u64 index, void *data)
{
	const struct gl_walk *walk = data;
	const struct gl_sig_list *list = gl_items_list(walk);
	__u32 bits = list->length * 8 & 31, length;
	__s64 head = gl_items_take(walk, list->type + list->length);

	(void)index;
	if (head < 0)
		return 1;
	length = head & ((1u << bits) - 1);
	walk->scratch->item_at += length + (-length & (list->align - 1));
	walk->scratch->item_found = (__u64)head >> bits == list->has;
	return walk->scratch->item_found;
}

/*
 * Index i: what stands before the list, the i-th thing of it; the last is the list's
 * own length. Returns 1 when the packet ends there, or is another one.
 */
static long gl_items_skip(__u64 index, void *data)
{
	const struct gl_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	__u32 skip = gl_items_list(walk)->skip[index & (GL_LIST_SKIPS - 1)], end;
	__s64 length;

	if (index == GL_LIST_SKIPS)
		skip = gl_items_list(walk)->size;
	if (!skip)
		return 0;
	length = skip & GL_LIST_MASK;
	if (!(skip & GL_LIST_BYTES))
		length = gl_items_take(walk, skip);
	else if (skip >= GL_LIST_BYTE)
		length = gl_items_take(walk, 1) == length ? 0 : -1;
	if (length < 0) {
		scratch->item_end = 0;
		return 1;
	}
	end = scratch->item_at + length;
	if (index < GL_LIST_SKIPS)
		scratch->item_at = end;
	else if (end < scratch->item_end)
		scratch->item_end = end;
	return 0;
}

/* 1 when list number (from 1) of the signatures is in this packet, with its item; else 0. */
static __always_inline int gl_items_have(struct gl_walk *walk, __u32 number)
{
	struct gl_scratch *scratch = walk->scratch;

	scratch->item_list = number - 1;
	scratch->item_at = gl_items_list(walk)->at;
	scratch->item_end = walk->pkt->payload_have;
	scratch->item_found = 0;
	gl_loop(GL_LIST_SKIPS + 1, gl_items_skip, walk);
	if (!gl_items_list(walk)->type)
		return scratch->item_end != 0;
	gl_loop(GL_SIG_ITEMS, gl_items_step, walk);
	return scratch->item_found;
}

#endif /* GL_ITEMS_H */
