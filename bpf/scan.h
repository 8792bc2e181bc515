/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * scan.h - readable payload to word ids. A filter probes the text for places where
 * a listed word may begin, and passes over the rest; from there on an automaton
 * reads byte by byte until no word can go on. Its state is carried over in-order
 * segments, and is exact at the end of each: a stream's last bytes, in which the filter
 * cannot see a whole window, are always read by the automaton. Knows text and
 * tables; no port, no application.
 */
#ifndef GL_SCAN_H
#define GL_SCAN_H

#include "body.h"
#include "count.h"
#include "flow.h"
#include "frames.h"
#include "sdp.h"
#include "window.h"

#define GL_GROUPS 10		 /* groups per loop callback */
#define GL_SCAN_STEPS 32	 /* automaton steps per loop callback */
#define GL_GRAM 8u		 /* bytes that a probe reads */
#define GL_CHAIN_MAX (1u << 23) /* patterns that may end at one byte: the chain ends by itself */
#define GL_CANDIDATE_COST 12u	 /* bytes that the automaton reads in the same time */
#define GL_FOLD 0x2020202020202020ull

/* struct gl_scratch::hold beside the number of a byte */
#define GL_HOLD_FILTER 0xffffffffu /* the filter is at work, not the automaton */
#define GL_HOLD_END 0x7fffffffu	 /* the automaton, to the end of the packet */

struct gl_scan_walk {
	struct gl_scratch *scratch;	/* this and the next as in struct gl_frame_walk */
	struct gl_pkt *pkt;
	gl_ctx *ctx;
	const void *tables;
};

static __always_inline const struct gl_words_header *gl_header(const void *tables)
{
	return tables;
}

static __always_inline __u64 gl_cell(const void *tables, __u32 at)
{
	return *(const __u64 *)(tables + GL_WORDS_OFF_CELLS + 8ull * (at & (gl_settings.cells - 1)));
}

/*
 * The next piece of the payload; what is still to be read of the last one, at most
 * GL_CARRY bytes, moves in front of it. Returns 1 when there is none, or on failure.
 */
static __always_inline int gl_next_text(struct gl_scan_walk *walk)
{
	struct gl_scratch *scratch = walk->scratch;
	__u32 n = scratch->left, end = scratch->end & (2 * GL_TEXT - 1);

	if (!n)
		return 1;
	if (n > GL_TEXT)
		n = GL_TEXT;
	gl_opaque(end);
	end &= 2 * GL_TEXT - 1;
	for (__u32 i = 0; i < GL_CARRY && end >= GL_CARRY; i += 8)
		gl_store64(scratch->text + i, gl_load64(scratch->text + end - GL_CARRY + i));
	if (gl_text_load(walk->ctx, scratch, scratch->next_off, n)) {
		scratch->failed = 1;
		return 1;
	}
	end = scratch->end - GL_CARRY;
	scratch->at -= end;
	if (scratch->hold < GL_HOLD_END)
		scratch->hold = scratch->hold > end ? scratch->hold - end : 0;
	scratch->end = GL_CARRY + n;
	/* Of none: the automaton may step back into the carry. */
	scratch->covered = 0;
	scratch->hits = 0;
	/* Where nothing follows, a window may reach over the end: into zeros, or old text. */
	scratch->gram = walk->pkt->key.l4 == GL_IP_TCP || scratch->left ? GL_GRAM : 1;
	scratch->next_off += n;
	scratch->left -= n;
	if (walk->pkt->text_end < scratch->end)
		walk->pkt->text_end = scratch->end;
	if (scratch->framed)
		gl_frames((struct gl_frame_walk *)walk, GL_CARRY, GL_CARRY + n);
	return 0;
}

/* Reports one pattern of those that end at the byte that was read last. */
static long gl_report_step(__u64 index, void *data)
{
	struct gl_scan_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	const struct gl_pattern_exact *exact;
	const struct gl_pattern *pattern;
	__u32 at = scratch->out;

	(void)index;
	if (!at)
		return 1;
	pattern = walk->tables + GL_WORDS_OFF_CELLS + 8ull * (at & (gl_settings.cells - 1));
	scratch->out = pattern->next;
	if (pattern->flags & GL_PATTERN_EXACT) {
		exact = (const void *)pattern;
		if ((scratch->history[0] ^ exact->bits) & exact->mask)
			return 0;
		if (pattern->flags & GL_PATTERN_LONG &&
		    (scratch->history[1] ^ exact->long_bits) & exact->long_mask)
			return 0;
	}
	if (pattern->flags & GL_MARKS_SDP) {
		/* Read where the stack has room. */
		scratch->mark = pattern->flags;
		scratch->mark_length = pattern->mark.length;
		scratch->mark_level = pattern->mark.level;
		return 0;
	}
	gl_body_mark(scratch, walk->pkt, pattern->flags, scratch->left + scratch->end - scratch->at);
	if (!gl_body_readable(scratch))
		return 0;
	if (pattern->flags & GL_MARK_BODY && walk->pkt->marked < pattern->mark.level)
		walk->pkt->marked = pattern->mark.level;
	if (!(pattern->flags & GL_MARK_ONLY))
		gl_count_hit(walk->pkt, pattern);
	return 0;
}

/* ------------------------------------------------------------ the filter */

/* What the probes need; loaded once a callback. */
struct gl_filter {
	const __u8 *shape;
	const __u64 *words;
	__u64 multiplier;
	__u64 shift;
	__u64 fold;
	__u64 stride;
};

/* May a pattern begin here, or up to a stride before? Bit 0 of the result says so. */
static __always_inline __u64 gl_probe(const struct gl_filter *filter, const __u8 *text,
				      const int bits)
{
	__u64 w = gl_load64(text) | filter->fold, hits;

	w <<= *(const __u8 *)gl_address(filter->shape, w & (GL_SHAPES - 1));
	w *= filter->multiplier;
	hits = *(const __u64 *)gl_address(filter->words,
					  w >> filter->shift & 8 * (GL_FILTER_WORDS - 1));
	if (bits == 2)
		return gl_shift_right(hits, w >> 40) & gl_shift_right(hits, w >> 34);
	return gl_shift_right(hits, w >> 40);
}

/* A bit for each of GL_PROBES probes from text on, the first in bit 0. */
static __always_inline __u64 gl_probe_group(const struct gl_filter *filter, const __u8 *text,
					    const int bits)
{
	__u64 hits = 0;

	GL_UNROLL
	for (__u32 i = 0; i < GL_PROBES; i++) {
		hits |= (gl_probe(filter, text, bits) & 1) << i;
		text += filter->stride;
		/* One after the other: else the compiler spills a register a probe. */
		gl_opaque(hits);
		gl_barrier();
	}
	return hits;
}

/*
 * Group by group until a probe hits, or the text's last whole window was probed, or
 * the callback has done its share. A probe at p answers for p and the stride - 1
 * bytes before. scratch->at: the first byte of which it is not known yet that no
 * pattern begins there; covered: the first for which the last group did not answer;
 * hits: those of that group. The group before the end of the text lies so that it
 * ends with it; what it probes for a second time does not count.
 */
static __always_inline void gl_filter_run(const void *tables, struct gl_scratch *scratch,
					  const int bits)
{
	const struct gl_words_header *header = tables;
	struct gl_filter filter = { .shape = header->shape,
				    .words = header->filter,
				    .multiplier = header->multiplier,
				    .shift = header->shift,
				    .fold = GL_FOLD,
				    .stride = header->stride & (GL_STRIDE_MAX - 1) };
	__u64 at = GL_NOW(scratch->at), base = GL_NOW(scratch->covered) - 1ull - header->reach;
	__u64 hits = GL_NOW(scratch->hits), known;

	scratch->hold = GL_HOLD_FILTER;
	gl_opaque(filter.fold);
	gl_opaque(filter.stride);
	filter.stride &= GL_STRIDE_MAX - 1;
	GL_NO_UNROLL
	for (int i = 0; i < GL_GROUPS; i++) {
		__u64 reach = GL_NOW(header->reach), last = GL_NOW(scratch->end) - GL_NOW(scratch->gram);

		known = (gl_excess(at, base) + filter.stride - 1) * GL_NOW(header->inverse) >> 16;
		known = gl_min(known, GL_PROBES);
		hits = hits >> known << known;
		if (hits) {
			base += gl_lowest_bit(hits) * filter.stride;
			scratch->hold = base;
			at += gl_excess(base, at + filter.stride - 1);
			break;
		}
		at += gl_excess(base + reach + 1, at);
		if (at > last)
			break;
		base = gl_min(at + filter.stride - 1, last - reach);
		scratch->covered = base + reach + 1;
		hits = gl_probe_group(&filter, scratch->text + gl_text_index(base), bits);
	}
	scratch->at = at;
	scratch->hits = hits;
}

/*
 * Too short a text for a group of probes, or so many candidates that they cost more
 * than reading byte by byte would: the automaton takes the rest of the packet. So no
 * text costs much more than that.
 */
static __always_inline void gl_filter(const void *tables, struct gl_scratch *scratch)
{
	__u32 before = scratch->at;

	if (scratch->end < GL_CARRY + GL_PROBES * GL_STRIDE_MAX / 2 ||
	    scratch->balance > 0x7fffffff) {
		scratch->hold = GL_HOLD_END;
		return;
	}
	if (gl_header(tables)->bits == 1)
		gl_filter_run(tables, scratch, 1);
	else
		gl_filter_run(tables, scratch, 2);
	scratch->balance += scratch->at - before;
	if (scratch->hold != GL_HOLD_FILTER)
		scratch->balance -= GL_CANDIDATE_COST;
}

/* ------------------------------------------------------------ the automaton */

/* One byte's case into the history, if that byte was consumed. */
static __always_inline void gl_remember(__u64 *history, __u64 byte, __u64 used)
{
	history[1] = history[1] << used | (history[0] >> 63 & used);
	history[0] = history[0] << used | (byte >> 5 & used);
}

/* Where the automaton stands: what its loop carries. */
struct gl_stand {
	__u64 at;
	__u64 state;
	__u64 cell;		 /* of the state */
	__u64 history[2];
	__u64 matched;
};

/*
 * One step: consumes a byte, or follows a fail link. The branch is taken here, where
 * the processor guesses it, and runs ahead; but what it decides is hidden from the
 * verifier, to which both ways then lead to the same state.
 */
static __always_inline void gl_automaton_step(const struct gl_scan_walk *walk,
					      struct gl_stand *stand)
{
	__u64 byte = walk->scratch->text[gl_text_index(stand->at)];
	__u64 class = gl_header(walk->tables)->cls[byte];
	__u64 to = GL_CELL_BASE(stand->cell) + class;
	__u64 cell = gl_cell(walk->tables, to), used = 1;

	stand->matched = cell >> GL_CELL_MATCH_BIT & 1;
	if (GL_CELL_CHECK(cell) != class) {
		used = stand->cell >> GL_CELL_ROOT_BIT & 1;
		to = GL_CELL_FAIL(stand->cell);
		cell = gl_cell(walk->tables, to);
		stand->matched = 0;
	}
	gl_opaque(used);
	gl_opaque(to);
	gl_opaque(stand->matched);
	stand->at += used;
	stand->state = to;
	stand->cell = cell;
	gl_remember(stand->history, byte, used);
}

/*
 * The filter can take over: what may still become a pattern begins past its byte, and
 * is less than a whole one.
 */
static __always_inline __u64 gl_gives_way(const struct gl_stand *stand, __u64 hold)
{
	return stand->cell >> GL_CELL_SHALLOW_BIT &
	       gl_is_less(hold + GL_CELL_DEPTH(stand->cell), stand->at);
}

/*
 * Up to GL_SCAN_STEPS steps. They end early at a match, to report it, and where the
 * filter can take over so that nothing that was counted is found again. A taken
 * branch a byte would multiply the verifier's paths, so choices are arithmetic, and
 * what the loop carries starts from memory, where the verifier knows no value.
 */
static __always_inline void gl_automaton(struct gl_scan_walk *walk)
{
	struct gl_scratch *scratch = walk->scratch;
	struct gl_stand stand = { .at = GL_NOW(scratch->at),
				  .state = GL_NOW(scratch->state),
				  .history = { GL_NOW(scratch->history[0]),
					       GL_NOW(scratch->history[1]) } };
	__u64 end = GL_NOW(scratch->end), hold = GL_NOW(scratch->hold);

	stand.cell = gl_cell(walk->tables, stand.state);
	gl_opaque(stand.matched);
	GL_NO_UNROLL
	for (int i = 0; i < GL_SCAN_STEPS; i++) {
		if (stand.matched | gl_is_less(end - 1, stand.at) | gl_gives_way(&stand, hold))
			break;
		gl_automaton_step(walk, &stand);
	}
	scratch->out = 0;
	if (stand.matched) {
		scratch->out = GL_CELL_BASE(gl_cell(walk->tables, GL_CELL_BASE(stand.cell)));
	} else if (gl_gives_way(&stand, hold)) {
		scratch->hold = GL_HOLD_FILTER;
		stand.at -= GL_CELL_DEPTH(stand.cell);
		stand.state = 0;
	}
	scratch->at = stand.at;
	scratch->state = stand.state;
	scratch->history[0] = stand.history[0];
	scratch->history[1] = stand.history[1];
}

/* Some bytes of text, by the filter and then the automaton, if that has work. */
static long gl_scan_step(__u64 index, void *data)
{
	struct gl_scan_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	__u32 read = scratch->hold == GL_HOLD_FILTER ? scratch->gram - 1 : 0;

	(void)index;
	if (scratch->at + read >= scratch->end && gl_next_text(walk)) {
		if (!read || scratch->failed)
			return 1;
		scratch->hold = GL_HOLD_END;
	}
	if (scratch->hold == GL_HOLD_FILTER)
		gl_filter(walk->tables, scratch);
	if (scratch->hold != GL_HOLD_FILTER) {
		gl_automaton(walk);
		if (scratch->out) {
			gl_loop(GL_CHAIN_MAX, gl_report_step, walk);
			if (scratch->mark & GL_MARKS_SDP && scratch->announces)
				gl_sdp_mark(walk->pkt);
			scratch->mark = 0;
		}
	}
	return 0;
}

/* ------------------------------------------------------------ one packet */

/* Where the automaton stands before this packet's first new byte. */
static __always_inline void gl_scan_begin(struct gl_scratch *scratch, const struct gl_pkt *pkt,
					  const struct gl_dir *dir,
					  const struct gl_words_header *header)
{
	scratch->left = pkt->payload_have - pkt->skip;
	scratch->next_off = pkt->payload + pkt->skip;
	scratch->at = GL_CARRY;
	scratch->end = GL_CARRY;
	scratch->failed = 0;
	scratch->out = 0;
	scratch->balance = 8 * GL_CANDIDATE_COST;
	scratch->hold = GL_HOLD_FILTER;
	scratch->gram = GL_GRAM;
	scratch->state = 0;
	if (pkt->key.l4 != GL_IP_TCP || pkt->stream || !dir->word_state ||
	    dir->word_generation != (__u16)header->generation)
		return;
	scratch->state = dir->word_state;
	scratch->history[0] = dir->history[0];
	scratch->history[1] = dir->history[1];
	scratch->hold = GL_CARRY - 1;
}

/* What the direction's next segment goes on with. */
static __always_inline void gl_scan_keep(const struct gl_scratch *scratch, struct gl_dir *dir,
					 const struct gl_words_header *header)
{
	dir->word_state = scratch->state;
	dir->word_generation = header->generation;
	dir->history[0] = scratch->state ? scratch->history[0] : 0;
	dir->history[1] = scratch->state ? scratch->history[1] : 0;
	dir->body = scratch->body;
	if (scratch->framed)
		gl_frames_keep(scratch, dir);
}

/* Scans the new payload bytes. Returns 0, or -1 when bytes could not be read. */
GL_STAGE int gl_scan_payload(gl_ctx *ctx, struct gl_pkt *pkt, struct gl_flow *flow)
{
	const void *tables = gl_map_word_tables();
	struct gl_scratch *scratch = gl_scratch(pkt);
	struct gl_scan_walk walk = {};

	if (!scratch || !tables || !pkt || !flow)
		return -1;
	gl_scan_begin(scratch, pkt, gl_dir(pkt, flow), gl_header(tables));
	gl_body_begin(scratch, pkt, flow, gl_dir(pkt, flow));
	scratch->announces = flow->flags & GL_FLOW_ANNOUNCES ? 1 : 0;
	if (flow->flags & GL_FLOW_MASKED && pkt->key.l4 == GL_IP_TCP)
		gl_frames_begin(scratch, pkt, gl_dir(pkt, flow),
				flow->client_dir == pkt->dir + 1);
	walk.ctx = ctx;
	walk.tables = tables;
	walk.scratch = scratch;
	walk.pkt = pkt;
	pkt->text_end = GL_CARRY;
	/*
	 * A callback consumes a byte, or follows one of at most as many fail links, or
	 * gives way to the other machine, which consumes.
	 */
	gl_loop(4 * scratch->left + 64, gl_scan_step, &walk);
	if (scratch->failed || scratch->left || scratch->at < scratch->end)
		return -1;
	/* What will be dropped never happened: its retransmission is read anew. */
	if (gl_settings.enforce && pkt->lists & 1u << GL_LIST_BLOCK)
		return 0;
	if (scratch->described)
		gl_sdp_end(pkt, flow);
	if (!gl_flow_is_ours(pkt, flow) || pkt->stream & GL_STREAM_LATE)
		return 0;
	gl_scan_keep(scratch, gl_dir(pkt, flow), gl_header(tables));
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
	if (flow->flags & GL_FLOW_COMPRESSED)
		return GL_OUT_COMPRESSED;
	return flow->flags & GL_FLOW_ENCRYPTED ? GL_OUT_ENCRYPTED : GL_OUT_NOT_SELECTED;
}

/* What became of payload that was loaded. */
static __always_inline enum gl_outcome gl_scanned(const struct gl_pkt *pkt)
{
	const void *tables = gl_map_word_tables();
	__u64 outcome = pkt->stream ? GL_OUT_SCANNED_AFTER_GAP : GL_OUT_SCANNED;

	/* Marks of encrypted bodies are looked for without a list, too. */
	if (!tables || !gl_header(tables)->words)
		outcome = GL_OUT_NO_WORDS;
	outcome = gl_either(pkt->compressed, GL_OUT_COMPRESSED, outcome);
	return gl_either(pkt->masked, GL_OUT_MASKED, outcome);
}

/* Reads the payload if the flow is one that was asked for, and says what became of it. */
static __always_inline enum gl_step gl_scan(gl_ctx *ctx, struct gl_pkt *pkt,
					    struct gl_flow *flow)
{
	/* Classifying may just have changed what the flow needs. */
	pkt->todo = gl_flow_todo(pkt, flow);
	if (!(pkt->todo & GL_TODO_SCAN))
		return gl_end(pkt, gl_unscanned(pkt, flow));
	/* Without the claim another CPU's work would be overwritten. */
	if (!pkt->claimed)
		return gl_end(pkt, GL_OUT_CONTENDED);
	if (GL_HAS_PLACES)
		pkt->protocol = flow->protocol;
	if (pkt->payload_have > pkt->skip && gl_scan_payload(ctx, pkt, flow))
		return gl_end(pkt, GL_OUT_UNREADABLE);
	return gl_end(pkt, gl_scanned(pkt));
}

#endif /* GL_SCAN_H */
