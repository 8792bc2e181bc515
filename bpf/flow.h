/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flow.h - gl_pkt to flow entry. An entry serves both directions and is made
 * only when payload is seen, so that a SYN flood costs no memory. Knows header
 * fields and the flow map; never looks at payload.
 */
#ifndef GL_FLOW_H
#define GL_FLOW_H

#include "room.h"

#define GL_TCP_SYN 0x02
#define GL_BEFORE_FIRST (1u << 30) /* sequence numbers before a stream's first segment */

static __always_inline struct gl_dir *gl_dir(const struct gl_pkt *pkt, struct gl_flow *flow)
{
	return pkt->dir ? &flow->dir[1] : &flow->dir[0];
}

/*
 * Without a label that a signature gave: one may still come. The two are
 * neighbours; a comparison for each is a way of its own for the verifier.
 */
static __always_inline int gl_is_unrecognised(__u32 protocol)
{
	return protocol - GL_PROTO_UNKNOWN <= GL_PROTO_RANDOM - GL_PROTO_UNKNOWN;
}

/* What this flow still needs. A classified encrypted flow needs nothing. */
static __always_inline __u8 gl_flow_todo(const struct gl_pkt *pkt, struct gl_flow *flow)
{
	__u32 flags = flow->flags;
	__u8 todo = 0;

	if (gl_settings.scan >= GL_SCAN_ALL)
		todo |= GL_TODO_SCAN;
	if (gl_is_unrecognised(flow->protocol)) {
		if (!(gl_dir(pkt, flow)->flags & GL_DIR_GAVE_UP))
			todo |= GL_TODO_CLASSIFY;
		else if (gl_settings.scan >= GL_SCAN_CLEAR)
			todo |= GL_TODO_SCAN;
		return todo;
	}
	if (flags & GL_FLOW_COMPRESSED && !pkt->turned)
		return todo;
	if ((flags & GL_FLOW_WATCH) && !(flags & GL_FLOW_STEADY))
		todo |= GL_TODO_CLASSIFY;
	/* A message of a WebSocket is a place where chat stands, whatever carries it. */
	if (flags & (GL_FLOW_CHAT | GL_FLOW_MASKED) ||
	    (flags & GL_FLOW_CLEAR && gl_settings.scan >= GL_SCAN_CLEAR))
		todo |= GL_TODO_SCAN;
	return todo;
}

/* When something is seen first: the packet's number in a replay, else the time. */
static __always_inline void gl_first(__u64 *first)
{
	struct gl_replay *replay;

	*first = gl_clock();
	if (!gl_settings.replaying)
		return;
	replay = gl_map_replay();
	if (replay)
		*first = replay->number;
}

/* The packet's time in ns: a replay's, else the clock. */
static __always_inline __u64 gl_time(void)
{
	struct gl_replay *replay;

	if (!gl_settings.replaying)
		return gl_clock();
	replay = gl_map_replay();
	return replay ? replay->time_ns : gl_clock();
}

/* Makes an entry; another CPU may have been first. Returns 0 or -1. */
GL_STAGE int gl_flow_create(struct gl_pkt *pkt)
{
	struct gl_scratch *scratch = gl_scratch(pkt);
	struct gl_flow_key key;
	struct gl_flow *fresh;

	if (!scratch || !pkt)
		return -1;
	key = pkt->key; /* kernel 6.1 takes map keys from its own stack only */
	fresh = &scratch->fresh;
	memset(fresh, 0, sizeof(*fresh));
	fresh->key = key;
	fresh->born = gl_random() | 1;
	gl_first(&fresh->first);
	fresh->protocol = GL_PROTO_UNKNOWN;
	fresh->setup = GL_LEVEL_SHAPE;
	fresh->steady = GL_LEVEL_SHAPE;
	fresh->first_dir = pkt->dir;
	if (!gl_map_flow_add(&key, fresh)) {
		pkt->moved = GL_MOVED_CREATED;
		pkt->to_protocol = GL_PROTO_UNKNOWN;
		pkt->to_level = GL_LEVEL_SHAPE;
	}
	return 0;
}

#ifdef GL_HOOK_CGROUP

#define GL_CLAIM_TRIES 65536u	 /* about a millisecond: longer than any packet is read */

/*
 * What a socket receives is filtered before it is locked, so that two CPUs meet on one
 * direction whenever its sender changes the CPU. The later packet waits: it has come
 * later, and the direction goes on in order.
 */
struct gl_claim_wait {
	struct gl_dir *dir;
	__u32 got;
};

static long gl_claim_step(__u64 index, void *data)
{
	struct gl_claim_wait *wait = data;

	(void)index;
	if (GL_NOW(wait->dir->claim) || __sync_val_compare_and_swap(&wait->dir->claim, 0, 1))
		return 0;
	wait->got = 1;
	return 1;
}

static __always_inline int gl_claim_dir(struct gl_dir *dir)
{
	struct gl_claim_wait wait = { .dir = dir };

	if (!__sync_val_compare_and_swap(&dir->claim, 0, 1))
		return 1;
	gl_loop(GL_CLAIM_TRIES, gl_claim_step, &wait);
	return wait.got;
}

#else

static __always_inline int gl_claim_dir(struct gl_dir *dir)
{
	return !__sync_val_compare_and_swap(&dir->claim, 0, 1);
}

#endif

/*
 * The claim makes this CPU the only one that classifies or scans this direction;
 * it is held for these two stages only.
 */
static __always_inline int gl_claim(struct gl_pkt *pkt, struct gl_flow *flow)
{
	if (!gl_claim_dir(gl_dir(pkt, flow)))
		return -1;
	pkt->claimed = 1;
	return 0;
}

/* An LRU entry may have been recycled under the pointer: then it is not ours. */
static __always_inline int gl_flow_is_ours(const struct gl_pkt *pkt,
					   const struct gl_flow *flow)
{
	return flow->born == pkt->born;
}

/* Old data of which a part lies in the last gap: that part is new, and read by itself. */
GL_STAGE int gl_flow_late(struct gl_pkt *pkt, struct gl_flow *flow)
{
	__u32 end;
	__s32 before, until;
	struct gl_dir *dir;

	if (!pkt || !flow)
		return 0;
	dir = gl_dir(pkt, flow);
	end = pkt->seq + pkt->payload_len;
	before = dir->gap_from - pkt->seq;
	until = dir->gap_to - pkt->seq;
	if (dir->gap_from == dir->gap_to || until <= 0 || (__s32)(end - dir->gap_from) <= 0)
		return 0;
	__sync_fetch_and_or(&flow->flags, GL_FLOW_GAP);
	pkt->skip = before > 0 ? before : 0;
	if ((__s32)(end - dir->next_seq) > 0) {
		/* It reaches on: all from the gap on is read, as far as it goes. */
		pkt->stream = GL_STREAM_AFTER_GAP;
		return 1;
	}
	pkt->stream = GL_STREAM_LATE;
	if (pkt->payload_have > (__u32)until)
		pkt->payload_have = until;
	return 1;
}

/* A connection begins, or is seen for the first time. */
static __always_inline void gl_flow_begin(const struct gl_pkt *pkt, struct gl_dir *dir)
{
	if (pkt->tcp_flags & GL_TCP_SYN) {
		dir->flags &= ~(GL_DIR_SYNCED | GL_DIR_WALK_DONE | GL_DIR_DROPPED |
				GL_DIR_DROPPED_GAP);
		dir->word_state = 0;
		dir->word_generation = 0;
		dir->body = 0;
		dir->frame = (struct gl_frame){};
		dir->sig_bytes = 0;
	}
	if (!(dir->flags & GL_DIR_SYNCED)) {
		/* What precedes the first segment may still come, out of order. */
		dir->gap_from = pkt->seq - GL_BEFORE_FIRST;
		dir->gap_to = pkt->seq;
	}
}

/*
 * Bytes before this segment are missing. One gap is remembered, the last; but one
 * that a dropped segment begins, or continues, is widened, so that this stays out.
 */
static __always_inline void gl_flow_gap(struct gl_pkt *pkt, struct gl_dir *dir)
{
	__u32 size = dir->gap_to - dir->gap_from;
	int dropped = dir->flags & GL_DIR_DROPPED;

	if (!(dir->flags & GL_DIR_DROPPED_GAP) &&
	    !(dropped && size && size < GL_BEFORE_FIRST && dir->gap_to == dir->next_seq))
		dir->gap_from = dir->next_seq;
	if (dropped)
		dir->flags |= GL_DIR_DROPPED_GAP;
	dir->gap_to = pkt->seq;
	if (dir->gaps != 0xffff)
		dir->gaps++;
	dir->flags = (dir->flags & ~GL_DIR_DROPPED) | GL_DIR_WALK_DONE;
	pkt->stream = GL_STREAM_AFTER_GAP;
}

/*
 * Where does this segment stand in its stream? In order and overlapping data go
 * on (skip says what was looked at already; the first copy of a byte wins); what
 * fills the last gap is read by itself; other old data is a retransmission.
 */
static __always_inline enum gl_step gl_flow_sequence(struct gl_pkt *pkt,
							   struct gl_flow *flow)
{
	struct gl_dir *dir = gl_dir(pkt, flow);
	__u32 end = pkt->seq + pkt->payload_len, at;
	__s32 ahead;

	if (pkt->key.l4 != GL_IP_TCP)
		return GL_NEXT;
	gl_flow_begin(pkt, dir);
	ahead = dir->flags & GL_DIR_SYNCED ? (__s32)(pkt->seq - dir->next_seq) : 0;
	if (ahead < 0) {
		if ((__s32)(end - dir->next_seq) > 0) {
			pkt->skip = -ahead;
			if (dir->flags & GL_DIR_DROPPED_GAP)
				gl_flow_late(pkt, flow);
		} else if (!gl_flow_late(pkt, flow)) {
			pkt->retransmitted = 1;
			return gl_end(pkt, GL_OUT_RETRANSMISSION);
		}
	} else if (ahead > 0) {
		gl_flow_gap(pkt, dir);
		__sync_fetch_and_or(&flow->flags, GL_FLOW_GAP);
		return GL_NEXT;
	}
	at = pkt->seq + pkt->skip;
	pkt->again = pkt->stream ? dir->flags & GL_DIR_DROPPED_GAP && at == dir->gap_from :
				   dir->flags & GL_DIR_DROPPED && at == dir->next_seq;
	return GL_NEXT;
}

/* What is read from here on is not missing any more. */
static __always_inline void gl_flow_shorten(const struct gl_pkt *pkt, struct gl_dir *dir)
{
	__u32 from = pkt->seq + pkt->skip;

	if ((__s32)(dir->gap_to - from) <= 0)
		return;
	dir->gap_to = from;
	if (dir->gap_from == from)
		dir->flags &= ~GL_DIR_DROPPED_GAP;
}

/*
 * A dropped segment did not happen: the place in the stream is where it begins,
 * so that its retransmission is read again, and its hits are not counted twice.
 */
static __always_inline void gl_flow_dropped(const struct gl_pkt *pkt, struct gl_dir *dir)
{
	__u32 from = pkt->seq + pkt->skip;

	if (pkt->stream & GL_STREAM_LATE) {
		if (dir->flags & GL_DIR_DROPPED_GAP)
			return;
		dir->gap_from = from;
		dir->flags |= GL_DIR_DROPPED_GAP;
		return;
	}
	gl_flow_shorten(pkt, dir);
	if (pkt->stream)
		dir->word_state = 0;
	dir->next_seq = from;
	dir->flags |= GL_DIR_SYNCED | GL_DIR_DROPPED;
}

/*
 * What came late has passed. One part of the gap is remembered: the later, as what
 * is late mostly comes in order, unless a segment was dropped at its start.
 */
static __always_inline void gl_flow_filled(const struct gl_pkt *pkt, struct gl_dir *dir)
{
	__u32 from = pkt->seq + pkt->skip, end = pkt->seq + pkt->payload_have;

	if (pkt->payload_have <= pkt->skip)
		return;
	if (from == dir->gap_from) {
		dir->gap_from = end;
		dir->flags &= ~GL_DIR_DROPPED_GAP;
	} else if (end == dir->gap_to) {
		dir->gap_to = from;
	} else if (!(dir->flags & GL_DIR_DROPPED_GAP)) {
		dir->gap_from = end;
	}
}

/* The segment was read, and passes: the next one is expected behind it. */
static __always_inline void gl_flow_passed(const struct gl_pkt *pkt, struct gl_dir *dir)
{
	if (pkt->retransmitted)
		return;
	if (pkt->stream & GL_STREAM_LATE) {
		gl_flow_filled(pkt, dir);
		return;
	}
	gl_flow_shorten(pkt, dir);
	dir->next_seq = pkt->seq + pkt->payload_have;
	dir->flags = (dir->flags & ~GL_DIR_DROPPED) | GL_DIR_SYNCED;
	/* Far behind it would seem to lie ahead: sequence numbers come round. */
	if (dir->next_seq - dir->gap_to > GL_BEFORE_FIRST) {
		dir->gap_from = dir->gap_to = dir->next_seq;
		dir->flags &= ~GL_DIR_DROPPED_GAP;
	}
}

/*
 * Ends this CPU's work on the flow. The expected sequence number moves behind
 * what was read; bytes that the capture cut off are a gap for the next segment.
 */
static __always_inline void gl_flow_leave(struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_dir *dir;

	if (!flow)
		return;
	if (pkt->cut)
		pkt->outcome = GL_OUT_TRUNCATED;
	if (!pkt->claimed || !gl_flow_is_ours(pkt, flow))
		return;
	dir = gl_dir(pkt, flow);
	if (pkt->key.l4 == GL_IP_TCP && pkt->verdict == GL_VERDICT_DROP)
		gl_flow_dropped(pkt, dir);
	else if (pkt->key.l4 == GL_IP_TCP)
		gl_flow_passed(pkt, dir);
	__sync_val_compare_and_swap(&dir->claim, 1, 0);
}

/* The packet's flow entry, made if need be, or in any case; NULL without one. */
static __always_inline struct gl_flow *gl_flow_find(struct gl_pkt *pkt, const int any)
{
	struct gl_flow *flow = gl_map_flow(&pkt->key);

	if (!flow && (any || pkt->payload_len) && !gl_flow_create(pkt))
		flow = gl_map_flow(&pkt->key);
	if (flow)
		pkt->born = flow->born;
	return flow;
}

/* Says what the flow needs, and claims it where there is work to do. */
static __always_inline enum gl_step gl_flow(struct gl_pkt *pkt, struct gl_flow *flow)
{
	if (!flow)
		return gl_end(pkt, pkt->payload_len ? GL_OUT_NO_FLOW : GL_OUT_NO_PAYLOAD);
	if (!pkt->payload_len && !(pkt->tcp_flags & GL_TCP_SYN))
		return gl_end(pkt, GL_OUT_NO_PAYLOAD);
	pkt->todo = gl_flow_todo(pkt, flow);
	if (!pkt->todo && !pkt->payload_len)
		return gl_end(pkt, GL_OUT_NO_PAYLOAD);
	/* Most of all packets: an encrypted flow past its setup. */
	if (!pkt->todo && flow->flags & GL_FLOW_ENCRYPTED)
		return gl_end(pkt, GL_OUT_ENCRYPTED);
	if (!pkt->todo)
		return GL_NEXT;
	if (gl_claim(pkt, flow))
		return gl_end(pkt, pkt->payload_len ? GL_OUT_CONTENDED : GL_OUT_NO_PAYLOAD);
	if (gl_flow_sequence(pkt, flow) == GL_DONE)
		return GL_DONE;
	return pkt->payload_len ? GL_NEXT : gl_end(pkt, GL_OUT_NO_PAYLOAD);
}

#endif /* GL_FLOW_H */
