/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * classify.h - first payload bytes to protocol label: one walk of the signature
 * automaton, then predicate rows. Knows no protocol by name: docs/SIGNATURES.md.
 */
#ifndef GL_CLASSIFY_H
#define GL_CLASSIFY_H

#include "expose.h"
#include "items.h"
#include "media.h"
#include "random.h"
#include "window.h"

#define GL_WALK_BYTES 64	 /* per loop callback: trades its cost for verifier work */
#define GL_ROWS_MAX 6		 /* rows of one pattern */
#define GL_CANDIDATES 64u	 /* patterns to try: the accepting states' and the bare ones */
#define GL_ACCEPT_SETS 4u	 /* accepting states remembered, the last ones */
#define GL_ACCEPT_RING 8u	 /* their places; the next one holds what is not accepting */
#define GL_STATE_MASK (GL_SIG_STATES - 1)

/* What the walk over the window needs. */
struct gl_window_walk {
	const struct gl_signatures *sig;
	struct gl_scratch *scratch;
};

/*
 * GL_WALK_BYTES bytes of the window. Of a byte, two things may be worth a look, and one
 * comparison tells whether either is so: the walk is dead (state 0), or the state
 * accepts. A state that was looked at is read again from memory, so that the verifier
 * knows of it what it knows of the others.
 */
static long gl_walk_step(__u64 index, void *data)
{
	struct gl_window_walk *walk = data;
	const struct gl_signatures *sig = walk->sig;
	struct gl_scratch *scratch = walk->scratch;
	__u64 at = GL_NOW(scratch->walk_at), end = GL_NOW(scratch->walk_end);
	__u64 state = GL_NOW(scratch->walk_state), below = sig->first_accept - 1;

	(void)index;
	for (int i = 0; i < GL_WALK_BYTES; i++) {
		__u16 *slot;
		__u64 t;

		if (at >= end)
			break;
		/* Opaque: else this becomes an OR, whose bounds kernel 6.1 does not know. */
		t = (state & GL_STATE_MASK) * GL_SIG_STRIDE;
		gl_opaque(t);
		state = sig->next[t + scratch->window[at & (GL_WINDOW - 1)]];
		at++;
		if (state - 1 < below)
			continue;
		slot = &scratch->accept[scratch->accepts & (GL_ACCEPT_RING - 1)];
		*slot = state;
		if (!state)
			break;
		scratch->accepts++;
		state = GL_NOW(*slot);
	}
	scratch->walk_state = state;
	scratch->walk_at = at;
	return at >= end || !state;
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
		value = ((__u32)window[at + 3] << 24 | window[at + 2] << 16 | window[at + 1] << 8 |
			 window[at]) & (0xffffffffu >> drop);
	else
		value = ((__u32)window[at] << 24 | window[at + 1] << 16 | window[at + 2] << 8 |
				window[at + 3]) >> drop;
	return value;
}

/* (left & mask) * multiply + add, or GL_NO_VALUE when the packet does not have it. */
#define GL_NO_VALUE (-(1ll << 62))

static __always_inline __s64 gl_left(struct gl_walk *walk, const struct gl_sig_row *row)
{
	struct gl_scratch *scratch = walk->scratch;
	__s64 left;

	if (row->left == GL_OPERAND_FIELD)
		left = gl_field(scratch, row);
	else if (row->left == GL_OPERAND_LENGTH)
		left = walk->pkt->payload_len;
	else
		left = scratch->last > 255 ? -1 : (__s64)scratch->last;
	if (left < 0)
		return GL_NO_VALUE;
	return (left & row->mask) * row->multiply + row->add;
}

/* Does a predicate hold? It speaks of a packet, so only of a match that began with it. */
static __always_inline int gl_row_holds(struct gl_walk *walk, const struct gl_sig_row *row)
{
	__s64 left = gl_left(walk, row), right = row->value;
	__u64 less, greater;

	if (row->right == GL_OPERAND_LENGTH)
		right += walk->pkt->payload_len;
	else if (row->right == GL_OPERAND_REGISTER)
		right += walk->flow->registers[row->reg & (GL_REGISTERS - 1)];
	less = gl_is_less(left, right);
	greater = gl_is_less(right, left);
	return left != GL_NO_VALUE && walk->scratch->fields_valid &&
	       (row->op >> (1 - less + greater) & 1);
}

/* One predicate of the pattern that is tried. Returns 1 when it fails: the rest is idle. */
static long gl_row_step(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	const struct gl_sig_row *row;

	row = &walk->sig->row[(scratch->row_at + index) & (GL_SIG_ROWS - 1)];
	if (row->op == GL_OP_STORE || gl_row_holds(walk, row))
		return 0;
	scratch->failed = 1;
	return 1;
}

/* Is the flow where the pattern expects it: label, step, and who is the client? */
static __always_inline int gl_pattern_allowed(const struct gl_walk *walk,
					      const struct gl_sig_pattern *pattern)
{
	__u32 sender = walk->pkt->dir ^ (pattern->role == GL_ROLE_SERVER);

	if (pattern->after && pattern->after != walk->flow->step)
		return 0;
	if ((pattern->after || pattern->flags & GL_PATTERN_WATCHED) &&
	    pattern->role != GL_ROLE_EITHER && walk->flow->client_dir &&
	    walk->flow->client_dir != 1 + sender)
		return 0;
	if (pattern->flags & GL_PATTERN_HELD && pattern->step == walk->flow->step &&
	    walk->flow->client_dir != 1 + sender)
		return 0;
	if (walk->current == pattern->protocol)
		return 1;
	if (pattern->flags & GL_PATTERN_WATCHED)
		return 0;
	return gl_is_unrecognised(walk->current) ||
	       (walk->becomes >> (pattern->protocol & 63) & 1);
}

/* 1 when one end of the flow has a port that the protocol names. */
static __always_inline __u64 gl_port_fits(const struct gl_walk *walk, __u32 protocol)
{
	const struct gl_sig_protocol *p = &walk->sig->protocol[protocol & (GL_PROTOCOLS - 1)];
	__u32 lo = __builtin_bswap16(walk->pkt->key.lo_port);
	__u32 hi = __builtin_bswap16(walk->pkt->key.hi_port);
	__u64 fits = 0;

	for (__u32 i = 0; i < GL_SIG_PORTS; i++) {
		__u64 first = p->ports[walk->transport & 1][i].first;
		__u64 last = p->ports[walk->transport & 1][i].last;

		fits |= (gl_is_less(lo, first) | gl_is_less(last, lo)) ^ 1;
		fits |= (gl_is_less(hi, first) | gl_is_less(last, hi)) ^ 1;
	}
	return fits;
}

/*
 * Index i: the i-th candidate. If its predicates hold it may be the best: an
 * answer before a step, then priority, the longer match, a fitting port.
 */
static long gl_candidate_step(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	__u32 candidate = scratch->candidate[index & (GL_CANDIDATES - 1)];
	__u32 at = candidate & (GL_SIG_PATTERNS - 1), length = candidate >> 8 & 7, rank;
	const struct gl_sig_pattern *pattern = &walk->sig->pattern[at];
	__u64 port;

	scratch->failed = 0;
	scratch->row_at = pattern->row_at;
	gl_loop(pattern->rows, gl_row_step, walk);
	if (scratch->failed)
		return 0;
	port = gl_port_fits(walk, pattern->protocol);
	if (pattern->flags & GL_PATTERN_PORT && !port)
		return 0;
	if (pattern->list && (!scratch->fields_valid ||
			      !gl_items_have(walk, pattern->list)))
		return 0;
	rank = (pattern->step ? 0 : 1u << 16) | (pattern->priority + 1u) << 4 | length << 1 | port;
	if (rank > scratch->best_rank) {
		scratch->best_rank = rank;
		scratch->best = at + 1;
	}
	return 0;
}

/* Most patterns are not for this flow: they are not tried. */
static __always_inline void gl_add_candidate(struct gl_walk *walk, __u32 at, __u32 length)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 n = scratch->candidates;

	if (!gl_pattern_allowed(walk, &walk->sig->pattern[at & (GL_SIG_PATTERNS - 1)]))
		return;
	scratch->candidate[n & (GL_CANDIDATES - 1)] = at | length << 8;
	scratch->candidates = n + 1;
}

/*
 * Index 8 * i + k: pattern k of the i-th accepting state that is remembered. A
 * later state is a longer match; within one, the best pattern stands first.
 */
static long gl_accept_step(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	const struct gl_signatures *sig = walk->sig;
	struct gl_scratch *scratch = walk->scratch;
	const struct gl_sig_accept *accept;
	__u32 set = index >> 3, k = index & 7, oldest = 0, at;

	if (scratch->accepts > GL_ACCEPT_SETS)
		oldest = scratch->accepts - GL_ACCEPT_SETS;
	at = (oldest + set) & (GL_ACCEPT_RING - 1);
	at = sig->accept_at[scratch->accept[at] & GL_STATE_MASK];
	accept = &sig->accept[at & (GL_SIG_ACCEPTS - 1)];
	if (k < accept->n && k < GL_ACCEPT_PATTERNS)
		gl_add_candidate(walk, accept->pattern[k], set + 1);
	return 0;
}

/* Index i: the i-th pattern without an expression; most fail at the first predicate. */
static long gl_bare_step(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	__u32 at = walk->sig->bare[walk->transport & 1][index & (GL_SIG_BARE - 1)];
	const struct gl_sig_pattern *pattern = &walk->sig->pattern[at & (GL_SIG_PATTERNS - 1)];
	const struct gl_dir *dir = gl_dir(walk->pkt, walk->flow);

	/* Not payload_packets, which stand still once the flow is recognised. */
	if (pattern->flags & GL_PATTERN_STREAM && walk->transport == GL_TCP && dir->events)
		return 0;
	if (!gl_row_holds(walk, &walk->sig->row[pattern->row_at & (GL_SIG_ROWS - 1)]))
		return 0;
	gl_add_candidate(walk, at, 0);
	return 0;
}

/* How many of them this flow may meet. */
static __always_inline __u32 gl_bares(const struct gl_walk *walk)
{
	if (!gl_is_unrecognised(walk->current) &&
	    !walk->sig->protocol[walk->current & (GL_PROTOCOLS - 1)].bare)
		return 0;
	return walk->sig->bares[walk->transport & 1];
}

/* Tries the patterns that the walk passed, if there was one, and those without expression. */
static __always_inline void gl_try_candidates(struct gl_walk *walk)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 sets = scratch->accepts, n;

	if (sets > GL_ACCEPT_SETS)
		sets = GL_ACCEPT_SETS;
	gl_loop(sets * 8, gl_accept_step, walk);
	scratch->accepts = 0;
	n = scratch->candidates;
	if (n > GL_CANDIDATES)
		n = GL_CANDIDATES;
	scratch->candidates = 0;
	gl_loop(n, gl_candidate_step, walk);
}

/*
 * Walks the window from state over n bytes and remembers where it could end. A stage,
 * because it is the costliest loop to verify, and there are several ways to it.
 */
GL_STAGE int gl_walk_window(struct gl_pkt *pkt, const struct gl_signatures *sig, __u32 state,
			    __u32 n)
{
	struct gl_scratch *scratch = gl_scratch(pkt);
	struct gl_window_walk walk = { .sig = sig, .scratch = scratch };

	if (!scratch || !pkt || !sig)
		return 0;
	scratch->walk_state = state;
	scratch->walk_at = 0;
	scratch->walk_end = n;
	scratch->accepts = 0;
	gl_loop(GL_WINDOW / GL_WALK_BYTES, gl_walk_step, &walk);
	return 0;
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
	if (!gl_is_unrecognised(walk->current) ||
	    dir->flags & GL_DIR_WALK_DONE ||
	    walk->pkt->stream & GL_STREAM_LATE)
		return 0;
	if (!dir->sig_bytes)
		return sig->root[GL_TCP][GL_ANCHOR_STREAM];
	return dir->sig_generation == (__u16)sig->generation ? dir->sig_state : 0;
}

/* Index 0: the walk that goes on over the segments. Returns 1 when it is enough. */
static __always_inline int gl_resume(struct gl_walk *walk, struct gl_dir *dir)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 state = gl_stream_state(walk, dir), n = walk->pkt->window_len;
	int fresh = !dir->sig_bytes;

	if (!state)
		return 0;
	scratch->fields_valid = walk->transport == GL_UDP || (fresh && !walk->pkt->skip);
	if (walk->transport == GL_TCP && n > GL_CLASSIFY_BYTES - dir->sig_bytes)
		n = GL_CLASSIFY_BYTES - dir->sig_bytes;
	gl_walk_window(walk->pkt, walk->sig, state, n);
	if (walk->transport == GL_UDP)
		return 1;
	dir->sig_state = scratch->walk_state;
	dir->sig_bytes += n;
	dir->sig_generation = walk->sig->generation;
	if (!dir->sig_state || dir->sig_bytes >= GL_CLASSIFY_BYTES)
		dir->flags |= GL_DIR_WALK_DONE;
	return fresh;
}

/*
 * Three looks at the payload: the resumed walk; one afresh, for the patterns that
 * may begin with any packet (the first packet's resumed walk has them already);
 * and the patterns without an expression.
 */
static long gl_look(__u64 index, void *data)
{
	struct gl_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	struct gl_dir *dir = gl_dir(walk->pkt, walk->flow);
	__u32 root = walk->sig->root[walk->transport & 1][GL_ANCHOR_PACKET];

	if (index == 0) {
		walk->done = gl_resume(walk, dir);
	} else {
		scratch->fields_valid = 1;
		scratch->walk_end = walk->pkt->window_len;
		if (walk->pkt->skip)
			return 1;
		if (index == 2)
			gl_loop(gl_bares(walk), gl_bare_step, walk);
		else if (!walk->done && !scratch->best && root)
			gl_walk_window(walk->pkt, walk->sig, root, walk->pkt->window_len);
	}
	gl_try_candidates(walk);
	return 0;
}

/* Gives a flow its label. */
static __always_inline void gl_set_protocol(struct gl_pkt *pkt, struct gl_flow *flow, __u32 old,
					    __u32 protocol, __u32 class)
{
	if (__sync_val_compare_and_swap((__u32 *)&flow->protocol, old, protocol) != old)
		return;
	__sync_fetch_and_and(&flow->flags, ~GL_FLOW_CLASS);
	__sync_fetch_and_or(&flow->flags, class & GL_FLOW_CLASS);
	flow->basis = GL_BASIS_BYTES;
	pkt->from_protocol = old;
	pkt->to_protocol = protocol;
	pkt->moved |= GL_MOVED_PROTOCOL;
}

/* What follows this packet is compressed, whatever the flow is labelled. */
static __always_inline void gl_turn(struct gl_pkt *pkt, struct gl_flow *flow,
				    const struct gl_sig_pattern *pattern)
{
	if (!(pattern->flags & GL_PATTERN_COMPRESSED))
		return;
	__sync_fetch_and_or(&flow->flags, GL_FLOW_COMPRESSED);
	pkt->turned = 1;
}

/*
 * STARTTLS and the like: the label and the setup level stay, because they were
 * seen; what the payload is from now on, and its level, are the new protocol's.
 * A pattern that relabels, as WebSocket's does, takes the flow over instead.
 */
static __always_inline void gl_upgrade(struct gl_walk *walk,
				       const struct gl_sig_pattern *pattern)
{
	__u32 class = walk->sig->protocol[pattern->protocol & (GL_PROTOCOLS - 1)].flags;
	struct gl_flow *flow = walk->flow;

	__sync_fetch_and_and(&flow->flags, ~GL_FLOW_CLASS);
	__sync_fetch_and_or(&flow->flags, (class & GL_FLOW_CLASS) | GL_FLOW_STEADY);
	gl_turn(walk->pkt, flow, pattern);
	gl_set_steady(walk->pkt, flow, flow->steady, pattern->steady);
	walk->pkt->level = pattern->setup;
}

/* What a pattern that holds puts into the registers. */
static __always_inline void gl_store(struct gl_walk *walk, const struct gl_sig_pattern *pattern)
{
	for (__u32 i = 0; i < GL_ROWS_MAX; i++) {
		const struct gl_sig_row *row;

		if (i >= pattern->rows)
			break;
		row = &walk->sig->row[(pattern->row_at + i) & (GL_SIG_ROWS - 1)];
		if (row->op != GL_OP_STORE)
			continue;
		if (row->reg)
			walk->flow->registers[1] = gl_left(walk, row);
		else
			walk->flow->registers[0] = gl_left(walk, row);
	}
}

/* Who is the client; a step that led nowhere may have said otherwise. */
static __always_inline void gl_set_client(const struct gl_pkt *pkt, struct gl_flow *flow,
					  const struct gl_sig_pattern *pattern)
{
	if (pattern->role != GL_ROLE_EITHER)
		flow->client_dir = 1 + (pkt->dir ^ (pattern->role == GL_ROLE_SERVER));
	else if (!pattern->after)
		flow->client_dir = 0;
}

/* What the best pattern says of the flow and of this packet. */
static __always_inline void gl_apply(struct gl_walk *walk)
{
	const struct gl_sig_pattern *pattern;
	struct gl_flow *flow = walk->flow;
	struct gl_pkt *pkt = walk->pkt;
	__u32 old = walk->current;

	pattern = &walk->sig->pattern[(walk->scratch->best - 1) & (GL_SIG_PATTERNS - 1)];
	gl_store(walk, pattern);
	if (gl_is_unrecognised(old))
		gl_set_client(pkt, flow, pattern);
	if (pattern->step) {
		flow->step = pattern->step;
		return;
	}
	pkt->level_set = 1;
	if (gl_is_unrecognised(old) ||
	    (old != pattern->protocol && pattern->flags & GL_PATTERN_RELABEL)) {
		gl_set_protocol(pkt, flow, old, pattern->protocol,
				walk->sig->protocol[pattern->protocol & (GL_PROTOCOLS - 1)].flags);
	} else if (old != pattern->protocol) {
		gl_upgrade(walk, pattern);
		return;
	}
	pkt->raise_setup = pattern->setup;
	pkt->raise_steady = pattern->steady;
	if (pattern->flags & GL_PATTERN_STEADY)
		__sync_fetch_and_or(&flow->flags, GL_FLOW_STEADY);
	gl_turn(pkt, flow, pattern);
	pkt->level = flow->flags & GL_FLOW_STEADY ? pattern->steady : pattern->setup;
}

/* Loads the first new bytes and walks them. Returns 0, or -1 when they cannot be read. */
GL_STAGE int gl_classify_payload(gl_ctx *ctx, struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_scratch *scratch = gl_scratch(pkt);
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
	walk.ctx = ctx;
	walk.sig = sig;
	walk.scratch = scratch;
	walk.pkt = pkt;
	walk.flow = flow;
	walk.transport = pkt->key.l4 == GL_IP_TCP ? GL_TCP : GL_UDP;
	walk.current = flow->protocol;
	walk.becomes = sig->protocol[walk.current & (GL_PROTOCOLS - 1)].becomes;
	scratch->best = 0;
	scratch->best_rank = 0;
	scratch->candidates = 0;
	scratch->accepts = 0;
	gl_loop(3, gl_look, &walk);
	if (scratch->best)
		gl_apply(&walk);
	else if (walk.current == GL_PROTO_UNKNOWN && walk.transport == GL_TCP &&
		 gl_looks_random(pkt, flow, n))
		gl_set_protocol(pkt, flow, GL_PROTO_UNKNOWN, GL_PROTO_RANDOM, 0);
	if (gl_is_unrecognised(walk.current) &&
	    dir->payload_packets < GL_CLASSIFY_PACKETS &&
	    ++dir->payload_packets == GL_CLASSIFY_PACKETS)
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
	if (pkt->level_set && flow->flags & GL_FLOW_CARRIES)
		gl_media_expect(pkt, flow);
	return GL_NEXT;
}

#endif /* GL_CLASSIFY_H */
