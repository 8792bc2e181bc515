/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * classify.h - first payload bytes to protocol label: one walk of the signature
 * automaton, then predicate rows. Knows no protocol by name: docs/SIGNATURES.md.
 */
#ifndef GL_CLASSIFY_H
#define GL_CLASSIFY_H

#include "flow.h"
#include "window.h"

#define GL_WALK_BYTES 32	 /* per loop callback: trades its cost for verifier work */
#define GL_ROWS_MAX 4		 /* predicate rows of one pattern */
#define GL_ACCEPT_SETS 4u	 /* accepting states remembered, the last ones */
#define GL_ACCEPT_RING 8u	 /* their places; the next one holds what is not accepting */
#define GL_STATE_MASK (GL_SIG_STATES - 1)

/* What the loop callbacks need; scalars that change live in the scratch. */
struct gl_walk {
	const struct gl_signatures *sig;
	struct gl_scratch *scratch;
	struct gl_pkt *pkt;
	struct gl_flow *flow;
	__u64 becomes;		 /* protocols that a classified flow may get */
	__u32 current;		 /* its protocol now */
	__u32 transport;	 /* enum gl_transport */
};

/*
 * GL_WALK_BYTES bytes of the window. As in the scan, choices are arithmetic and
 * the carried state starts from memory: one way through the loop to verify.
 */
static long gl_walk_step(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	const struct gl_signatures *sig = walk->sig;
	struct gl_scratch *scratch = walk->scratch;
	__u64 state = *(volatile __u32 *)&scratch->walk_state;
	__u64 left = *(volatile __u32 *)&scratch->walk_end - *(volatile __u32 *)&scratch->walk_at;
	__u64 n = *(volatile __u32 *)&scratch->accepts;
	__u32 at = *(volatile __u32 *)&scratch->walk_at, transport = walk->transport & 1;

	(void)index;
	for (int i = 0; i < GL_WALK_BYTES; i++) {
		__u64 c, t;

		/* No byte is left, or state 0: dead. */
		if (gl_is_zero(left) | gl_is_zero(state))
			break;
		c = sig->cls[transport][scratch->window[at & (GL_WINDOW - 1)]];
		/* Opaque: else this becomes an OR, whose bounds kernel 6.1 does not know. */
		t = (state & GL_STATE_MASK) * GL_SIG_STRIDE;
		gl_opaque(t);
		t += c & (GL_SIG_STRIDE - 1);
		state = sig->next[t];
		at++;
		left--;
		scratch->accept[n & (GL_ACCEPT_RING - 1)] = state;
		n += gl_is_less(sig->first_accept - 1, state);
	}
	scratch->walk_state = state;
	scratch->walk_at = at;
	scratch->accepts = n;
	return !left || !state;
}

/* An unsigned integer of 1 to 4 bytes, or -1 when it is not in the window. */
static __always_inline __s64 gl_field(const struct gl_scratch *scratch,
				      const struct gl_sig_row *row)
{
	const __u8 *window = scratch->window;
	__u32 at = row->offset, drop = (4 - (row->width & 7)) * 8 & 31, value;

	if (at + row->width > scratch->walk_end)
		return -1;
	if (row->little)
		value = (window[at + 3] << 24 | window[at + 2] << 16 | window[at + 1] << 8 |
			 window[at]) & (0xffffffffu >> drop);
	else
		value = (__u32)(window[at] << 24 | window[at + 1] << 16 | window[at + 2] << 8 |
				window[at + 3]) >> drop;
	return value;
}

/* A predicate speaks of a packet, so only of a match that began with it. */
static __always_inline int gl_row_holds(struct gl_walk *walk, const struct gl_sig_row *row)
{
	struct gl_scratch *scratch = walk->scratch;
	__s64 left, right = row->value;
	__u64 less, greater;

	if (row->left == GL_OPERAND_FIELD)
		left = gl_field(scratch, row);
	else if (row->left == GL_OPERAND_LENGTH)
		left = walk->pkt->payload_len;
	else
		left = scratch->last > 255 ? -1 : (__s64)scratch->last;
	if (left < 0 || !scratch->fields_valid)
		return 0;
	left = (left & row->mask) * row->multiply + row->add;
	if (row->right == GL_OPERAND_LENGTH)
		right += walk->pkt->payload_len;
	less = gl_is_less(left, right);
	greater = gl_is_less(right, left);
	return row->op >> (1 - less + greater) & 1;
}

/* May a flow with this walk's protocol take the pattern's label? */
static __always_inline int gl_pattern_allowed(const struct gl_walk *walk,
					      const struct gl_sig_pattern *pattern)
{
	if (walk->current == pattern->protocol)
		return 1;
	if (pattern->flags & GL_PATTERN_WATCHED)
		return 0;
	return walk->current == GL_PROTO_UNKNOWN ||
	       (walk->becomes >> (pattern->protocol & 63) & 1);
}

/* Index 8 * i + k: pattern k of the i-th accepting state that is remembered. */
static long gl_pattern_step(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	const struct gl_signatures *sig = walk->sig;
	struct gl_scratch *scratch = walk->scratch;
	const struct gl_sig_accept *accept;
	const struct gl_sig_pattern *pattern;
	__u32 set = index >> 3, k = index & 7, oldest = 0, at, rank;

	if (scratch->accepts > GL_ACCEPT_SETS)
		oldest = scratch->accepts - GL_ACCEPT_SETS;
	at = (oldest + set) & (GL_ACCEPT_RING - 1);
	at = sig->accept_at[scratch->accept[at] & GL_STATE_MASK];
	accept = &sig->accept[at & (GL_SIG_ACCEPTS - 1)];
	if (k >= accept->n || k >= GL_ACCEPT_PATTERNS)
		return 0;
	at = accept->pattern[k];
	pattern = &sig->pattern[at];
	if (!gl_pattern_allowed(walk, pattern))
		return 0;
	for (__u32 i = 0; i < GL_ROWS_MAX; i++) {
		if (i >= pattern->rows)
			break;
		if (!gl_row_holds(walk, &sig->row[(pattern->row_at + i) & (GL_SIG_ROWS - 1)]))
			return 0;
	}
	/* Best first within a set; a later set is a longer match. */
	rank = (pattern->priority + 1u) << 8 | (set & 7);
	if (rank > scratch->best_rank) {
		scratch->best_rank = rank;
		scratch->best = at + 1;
	}
	return 0;
}

/* Walks the window from state over n bytes and tries the patterns that it passed. */
static __always_inline void gl_walk(struct gl_walk *walk, __u32 state, __u32 n)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 sets;

	scratch->walk_state = state;
	scratch->walk_at = 0;
	scratch->walk_end = n;
	scratch->accepts = 0;
	gl_loop(GL_WINDOW / GL_WALK_BYTES, gl_walk_step, walk);
	sets = scratch->accepts;
	if (sets > GL_ACCEPT_SETS)
		sets = GL_ACCEPT_SETS;
	gl_loop(sets * 8, gl_pattern_step, walk);
}

/*
 * The walk that goes on over the segments of one direction: where it stands, or
 * 0 when it has ended. A datagram is a stream of its own.
 */
static __always_inline __u32 gl_stream_state(const struct gl_walk *walk, struct gl_dir *dir)
{
	const struct gl_signatures *sig = walk->sig;

	if (walk->transport == GL_UDP)
		return sig->root[GL_UDP][GL_ANCHOR_STREAM];
	if (walk->current != GL_PROTO_UNKNOWN || dir->flags & GL_DIR_WALK_DONE ||
	    walk->pkt->stream & GL_STREAM_LATE)
		return 0;
	if (!dir->sig_bytes)
		return sig->root[GL_TCP][GL_ANCHOR_STREAM];
	return dir->sig_generation == (__u16)sig->generation ? dir->sig_state : 0;
}

/*
 * Two walks at most: index 0 is the resumed one, index 1 begins afresh for the
 * patterns that may begin with any packet; a stream's first packet has them in
 * its resumed walk already.
 */
static long gl_walk_index(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	struct gl_dir *dir = gl_dir(walk->pkt, walk->flow);
	__u32 n = walk->pkt->window_len, state, fresh;

	if (index == 0) {
		state = gl_stream_state(walk, dir);
		scratch->fields_valid = walk->transport == GL_UDP ||
					(!dir->sig_bytes && !walk->pkt->skip);
		if (walk->transport == GL_TCP && n > GL_CLASSIFY_BYTES - dir->sig_bytes)
			n = GL_CLASSIFY_BYTES - dir->sig_bytes;
	} else {
		state = walk->sig->root[GL_TCP][GL_ANCHOR_PACKET];
		scratch->fields_valid = 1;
	}
	if (!state)
		return 0;
	gl_walk(walk, state, n);
	if (walk->transport == GL_UDP)
		return 1;
	if (index)
		return 0;
	fresh = !dir->sig_bytes;
	dir->sig_state = scratch->walk_state;
	dir->sig_bytes += n;
	dir->sig_generation = walk->sig->generation;
	if (!dir->sig_state || dir->sig_bytes >= GL_CLASSIFY_BYTES)
		dir->flags |= GL_DIR_WALK_DONE;
	return fresh || scratch->best || walk->pkt->skip;
}

/* Gives an unrecognised flow its label. */
static __always_inline void gl_set_protocol(struct gl_walk *walk,
					    const struct gl_sig_pattern *pattern)
{
	__u32 class = walk->sig->protocol[pattern->protocol & (GL_PROTOCOLS - 1)].flags;
	struct gl_flow *flow = walk->flow;
	struct gl_pkt *pkt = walk->pkt;

	if (__sync_val_compare_and_swap((__u32 *)&flow->protocol, GL_PROTO_UNKNOWN,
					pattern->protocol) != GL_PROTO_UNKNOWN)
		return;
	__sync_fetch_and_or(&flow->flags, class & GL_FLOW_CLASS);
	flow->basis = GL_BASIS_BYTES;
	pkt->from_protocol = GL_PROTO_UNKNOWN;
	pkt->to_protocol = pattern->protocol;
	pkt->moved |= GL_MOVED_PROTOCOL;
	if (pattern->role != GL_ROLE_EITHER)
		flow->client_dir = 1 + (pkt->dir ^ (pattern->role == GL_ROLE_SERVER));
}

/* The swap's winner moves the flow between the rows of its steady level. */
static __always_inline void gl_set_steady(struct gl_pkt *pkt, struct gl_flow *flow, __u32 old,
					  __u32 steady)
{
	if (__sync_val_compare_and_swap((__u32 *)&flow->steady, old, steady) != old)
		return;
	if (!(pkt->moved & GL_MOVED_LEVEL))
		pkt->from_level = old;
	pkt->to_level = steady;
	pkt->moved |= GL_MOVED_LEVEL;
}

/*
 * STARTTLS and the like: the label and the setup level stay, because they were
 * seen; what the payload is from now on, and its level, are the new protocol's.
 */
static __always_inline void gl_upgrade(struct gl_walk *walk,
				       const struct gl_sig_pattern *pattern)
{
	__u32 class = walk->sig->protocol[pattern->protocol & (GL_PROTOCOLS - 1)].flags;
	struct gl_flow *flow = walk->flow;

	__sync_fetch_and_and(&flow->flags, ~GL_FLOW_CLASS);
	__sync_fetch_and_or(&flow->flags, (class & GL_FLOW_CLASS) | GL_FLOW_STEADY);
	gl_set_steady(walk->pkt, flow, flow->steady, pattern->steady);
	walk->pkt->level = pattern->setup;
}

/* What the best pattern says of the flow and of this packet. */
static __always_inline void gl_apply(struct gl_walk *walk)
{
	const struct gl_sig_pattern *pattern;
	struct gl_flow *flow = walk->flow;
	struct gl_pkt *pkt = walk->pkt;

	pattern = &walk->sig->pattern[(walk->scratch->best - 1) & (GL_SIG_PATTERNS - 1)];
	pkt->level_set = 1;
	if (walk->current != GL_PROTO_UNKNOWN && walk->current != pattern->protocol) {
		gl_upgrade(walk, pattern);
		return;
	}
	if (walk->current == GL_PROTO_UNKNOWN)
		gl_set_protocol(walk, pattern);
	if (flow->setup < pattern->setup)
		flow->setup = pattern->setup;
	if (flow->steady < pattern->steady)
		gl_set_steady(pkt, flow, flow->steady, pattern->steady);
	if (pattern->flags & GL_PATTERN_STEADY)
		__sync_fetch_and_or(&flow->flags, GL_FLOW_STEADY);
	pkt->level = flow->flags & GL_FLOW_STEADY ? pattern->steady : pattern->setup;
}

/* Loads the first new bytes and walks them. Returns 0, or -1 when they cannot be read. */
GL_STAGE int gl_classify_payload(gl_ctx *ctx, struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_scratch *scratch = gl_map_scratch();
	const struct gl_signatures *sig = gl_map_signatures();
	struct gl_walk walk = {};
	struct gl_dir *dir;
	__u32 n;

	if (!scratch || !sig || !pkt || !flow)
		return -1;
	dir = gl_dir(pkt, flow);
	n = pkt->payload_have - pkt->skip;
	if (n > GL_WINDOW)
		n = GL_WINDOW;
	pkt->window_len = n;
	if (gl_window_load(ctx, scratch, pkt->payload + pkt->skip, n))
		return -1;
	scratch->last = 256;
	if (pkt->payload_have == pkt->payload_len) {
		__u8 last = 0;

		if (gl_ctx_load(ctx, pkt->payload + pkt->payload_len - 1, &last, 1))
			return -1;
		scratch->last = last;
	}
	walk.sig = sig;
	walk.scratch = scratch;
	walk.pkt = pkt;
	walk.flow = flow;
	walk.transport = pkt->key.l4 == GL_IP_TCP ? GL_TCP : GL_UDP;
	walk.current = flow->protocol;
	walk.becomes = sig->protocol[walk.current & (GL_PROTOCOLS - 1)].becomes;
	scratch->best = 0;
	scratch->best_rank = 0;
	gl_loop(2, gl_walk_index, &walk);
	if (scratch->best)
		gl_apply(&walk);
	if (walk.current == GL_PROTO_UNKNOWN && dir->payload_packets < GL_CLASSIFY_PACKETS &&
	    ++dir->payload_packets == GL_CLASSIFY_PACKETS && !scratch->best)
		dir->flags |= GL_DIR_GAVE_UP;
	return 0;
}

/* Walks what is not recognised yet and what is watched; else nothing to do. */
static __always_inline enum gl_step gl_classify(gl_ctx *ctx, struct gl_pkt *pkt,
						struct gl_flow *flow)
{
	if (!(pkt->todo & GL_TODO_CLASSIFY) || pkt->payload_have <= pkt->skip)
		return GL_NEXT;
	if (gl_classify_payload(ctx, pkt, flow))
		return gl_end(pkt, GL_OUT_UNREADABLE);
	return GL_NEXT;
}

#endif /* GL_CLASSIFY_H */
