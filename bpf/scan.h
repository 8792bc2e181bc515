/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * scan.h - readable payload to word ids: one pass of a double-array Aho-Corasick
 * automaton over the whole payload, window by window, its state carried over
 * in-order segments. Knows windows and tables; no port, no application.
 */
#ifndef GL_SCAN_H
#define GL_SCAN_H

#include "count.h"
#include "flow.h"
#include "window.h"

#define GL_SCAN_STEPS 64	 /* automaton steps per loop callback */
#define GL_SCAN_LEAST 8		 /* steps before the automaton gives way to the skip */
#define GL_CHAIN_MAX 4096u	 /* outputs of one callback: 64 matches, 63 words each */

struct gl_scan_walk {
	gl_ctx *ctx;
	const void *tables;
	struct gl_scratch *scratch;
	struct gl_pkt *pkt;
};

static __always_inline const struct gl_words_header *gl_header(const void *tables)
{
	return tables;
}

static __always_inline __u64 gl_slot(const void *tables, __u32 at)
{
	return *(const __u64 *)(tables + GL_WORDS_OFF_SLOTS + 8ull * (at & (gl_settings.slots - 1)));
}

/* The next window of the payload. Returns 1 when there is none, or on failure. */
static __always_inline int gl_next_window(struct gl_scan_walk *walk)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 n = scratch->left;

	if (!n)
		return 1;
	if (n > GL_WINDOW)
		n = GL_WINDOW;
	if (gl_window_load(walk->ctx, scratch, scratch->next_off, n)) {
		scratch->failed = 1;
		return 1;
	}
	scratch->at = 0;
	scratch->window_len = n;
	scratch->next_off += n;
	scratch->left -= n;
	return 0;
}

/* Reports one word of the output chains of this callback's matches. */
static long gl_report_step(__u64 index, void *data)
{
	struct gl_scan_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	const struct gl_pattern *pattern;
	__u32 at = scratch->out, n;

	(void)index;
	if (!at) {
		n = scratch->matches;
		if (!n)
			return 1;
		scratch->matches = --n;
		at = scratch->match[n & (GL_SCAN_STEPS - 1)] & (gl_settings.slots - 1);
		gl_opaque(at);
		at = *(const __u32 *)(walk->tables + GL_WORDS_OFF_OUT(gl_settings.slots) +
				      4ull * (at & (gl_settings.slots - 1)));
		scratch->out = at;
		return 0;
	}
	at--;
	if (at >= gl_settings.patterns) {
		scratch->out = 0;
		return 0;
	}
	pattern = walk->tables + GL_WORDS_OFF_PATTERNS(gl_settings.slots) + (__u64)at * sizeof(*pattern);
	if (pattern->flags & GL_MARK_BODY)
		walk->pkt->marked = 1;
	if (!(pattern->flags & GL_MARK_ONLY))
		gl_count_hit(walk->pkt, pattern);
	scratch->out = pattern->next;
	return 0;
}

/*
 * From the root, runs over bytes with which no pattern begins; at most
 * GL_SCAN_STEPS of them. Leaves scratch->at on the first other byte.
 */
static __always_inline void gl_scan_skip(const void *tables, struct gl_scratch *scratch)
{
	__u32 at = *(volatile __u32 *)&scratch->at;

	for (int i = 0; i < GL_SCAN_STEPS; i++) {
		if (at >= scratch->window_len ||
		    gl_header(tables)->first[scratch->window[at & (GL_WINDOW - 1)]])
			break;
		at++;
	}
	scratch->at = at;
}

/*
 * GL_SCAN_STEPS steps of the automaton: each either consumes a byte or follows a
 * fail link; a byte that is in no word leads straight back to the root (slot 0,
 * whose fail link is itself). A taken branch a byte would multiply the verifier's
 * paths, so the choice is arithmetic, and the state that the loop carries starts
 * from memory, where the verifier knows no value.
 */
static long gl_scan_step(__u64 index, void *data)
{
	struct gl_scan_walk *walk = data;
	const void *tables = walk->tables;
	struct gl_scratch *scratch = walk->scratch;
	__u32 at, length, state;
	__u64 slot, n = 0;

	(void)index;
	if (scratch->at >= scratch->window_len && gl_next_window(walk))
		return 1;
	if (!scratch->word_state)
		gl_scan_skip(tables, scratch);
	at = *(volatile __u32 *)&scratch->at;
	length = *(volatile __u32 *)&scratch->window_len;
	state = *(volatile __u32 *)&scratch->word_state;
	n = *(volatile __u32 *)&scratch->matches;
	slot = gl_slot(tables, state);
	for (int i = 0; i < GL_SCAN_STEPS; i++) {
		__u64 c, child, none, hit;
		__u32 to;

		/* Back at the root, the skip is faster, though a callback has its cost. */
		if (gl_is_less(length - 1, at) |
		    (gl_is_zero(state) & gl_is_less(GL_SCAN_LEAST - 1, i)))
			break;
		c = gl_header(tables)->cls[scratch->window[at & (GL_WINDOW - 1)]];
		to = GL_SLOT_BASE(slot) + c;
		child = gl_slot(tables, to);
		none = gl_is_zero(c);
		hit = gl_is_zero(GL_SLOT_CHECK(child) ^ c) & (none ^ 1);
		at += hit | none | (slot >> GL_SLOT_ROOT_BIT & 1);
		state = (to & -hit) | (GL_SLOT_FAIL(slot) & (hit - 1) & (none - 1));
		scratch->match[n & (GL_SCAN_STEPS - 1)] = to;
		n += hit & (child >> GL_SLOT_MATCH_BIT);
		slot = gl_slot(tables, state);
	}
	scratch->at = at;
	scratch->word_state = state;
	scratch->matches = n;
	if (n)
		gl_loop(GL_CHAIN_MAX, gl_report_step, walk);
	return 0;
}

/* Where the automaton stands before this packet's first new byte. */
static __always_inline __u32 gl_word_state(const struct gl_pkt *pkt, const struct gl_dir *dir,
					   const struct gl_words_header *header)
{
	if (pkt->key.l4 != GL_IP_TCP || pkt->stream ||
	    dir->word_generation != (__u16)header->generation)
		return 0;
	return dir->word_state;
}

/*
 * Scans the new payload bytes and keeps the automaton's state for the next
 * segment. Returns 0, or -1 when bytes could not be read.
 */
GL_STAGE int gl_scan_payload(gl_ctx *ctx, struct gl_pkt *pkt, struct gl_flow *flow)
{
	const void *tables = gl_map_word_tables();
	struct gl_scratch *scratch = gl_map_scratch();
	struct gl_scan_walk walk = {};
	struct gl_dir *dir;
	__u32 callbacks;

	if (!scratch || !tables || !pkt || !flow)
		return -1;
	dir = gl_dir(pkt, flow);
	scratch->left = pkt->payload_have - pkt->skip;
	scratch->next_off = pkt->payload + pkt->skip;
	scratch->at = 0;
	scratch->window_len = 0;
	scratch->matches = 0;
	scratch->out = 0;
	scratch->failed = 0;
	scratch->word_state = gl_word_state(pkt, dir, gl_header(tables));
	walk.ctx = ctx;
	walk.tables = tables;
	walk.scratch = scratch;
	walk.pkt = pkt;
	/* A byte costs two steps over time; a window's end may cut a callback short. */
	callbacks = 2 * scratch->left / GL_SCAN_LEAST + 2 * scratch->left / GL_WINDOW + 4;
	pkt->window_len = GL_WINDOW;
	gl_loop(callbacks, gl_scan_step, &walk);
	if (scratch->failed || scratch->left || scratch->at < scratch->window_len)
		return -1;
	/* What will be dropped never happened: its retransmission is read anew. */
	if (gl_settings.enforce && pkt->lists & 1u << GL_LIST_BLOCK)
		return 0;
	if (gl_flow_is_ours(pkt, flow) && !(pkt->stream & GL_STREAM_LATE)) {
		dir->word_state = scratch->word_state;
		dir->word_generation = gl_header(tables)->generation;
	}
	return 0;
}

/* What can be said of payload that is not scanned. */
static __always_inline enum gl_outcome gl_unscanned(const struct gl_pkt *pkt,
						    struct gl_flow *flow)
{
	if (gl_is_unrecognised(flow->protocol))
		return gl_dir(pkt, flow)->flags & GL_DIR_GAVE_UP ? GL_OUT_UNKNOWN :
								   GL_OUT_UNDECIDED;
	/* The label is set before what it means: another CPU is between the two. */
	if (!(flow->flags & GL_FLOW_CLASS))
		return GL_OUT_CONTENDED;
	if (gl_is_masked(pkt, flow))
		return GL_OUT_MASKED;
	return flow->flags & GL_FLOW_ENCRYPTED ? GL_OUT_ENCRYPTED : GL_OUT_NOT_SELECTED;
}

/* Reads the payload if the flow is one that was asked for, and says what became of it. */
static __always_inline enum gl_step gl_scan(gl_ctx *ctx, struct gl_pkt *pkt,
					    struct gl_flow *flow)
{
	const void *tables;

	/* Classifying may just have changed what the flow needs. */
	pkt->todo = gl_flow_todo(pkt, flow);
	if (!(pkt->todo & GL_TODO_SCAN))
		return gl_end(pkt, gl_unscanned(pkt, flow));
	/* Without the claim another CPU's work would be overwritten. */
	if (!pkt->claimed)
		return gl_end(pkt, GL_OUT_CONTENDED);
	if (pkt->payload_have > pkt->skip && gl_scan_payload(ctx, pkt, flow))
		return gl_end(pkt, GL_OUT_UNREADABLE);
	/* Marks of encrypted bodies are looked for without a list, too. */
	tables = gl_map_word_tables();
	if (!tables || !gl_header(tables)->words)
		return gl_end(pkt, GL_OUT_NO_WORDS);
	return gl_end(pkt, pkt->stream ? GL_OUT_SCANNED_AFTER_GAP : GL_OUT_SCANNED);
}

#endif /* GL_SCAN_H */
