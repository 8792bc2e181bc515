/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * count.h - the only place that writes counters. Every packet passes through
 * gl_count() exactly once; words are counted as they are found.
 */
#ifndef GL_COUNT_H
#define GL_COUNT_H

#include "flow.h"

/* A 64-bit finaliser (MurmurHash3's): each input bit changes half of the output. */
static __always_inline __u64 gl_mix(__u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	x ^= x >> 33;
	return x;
}

/* Was this word seen in this flow, in this packet? Adds what is new. */
static __always_inline void gl_count_sighting(struct gl_pkt *pkt, struct gl_word_count *count,
					      __u32 word)
{
	struct gl_total *total = gl_map_total();
	__u64 digest, stamp, *last;

	if (!total)
		return;
	digest = gl_mix(gl_mix(pkt->born ^ gl_settings.secret[0]) ^ gl_mix(word ^ gl_settings.secret[1]));
	/* Unique per packet: this CPU's count of finished packets, and the CPU. */
	stamp = (total->start + 1) << 12 | (gl_cpu() & 0xfff);
	last = gl_map_sighting(&digest);
	if (!last) {
		if (gl_map_sighting_add(&digest, &stamp))
			return;
		__sync_fetch_and_add(&count->flows, 1);
		__sync_fetch_and_add(&count->packets, 1);
	} else if (*last != stamp) {
		*last = stamp;
		__sync_fetch_and_add(&count->packets, 1);
	}
}

/* One occurrence of a word. */
static __always_inline void gl_count_hit(struct gl_pkt *pkt, const struct gl_pattern *pattern)
{
	struct gl_word_count *count = gl_map_word_count(pattern->word);

	pkt->lists |= 1u << (pattern->list & (GL_LIST_MAX - 1));
	if (pkt->again)
		return;
	if (pattern->list == GL_LIST_BLOCK)
		pkt->hits[GL_LIST_BLOCK]++;
	else
		pkt->hits[GL_LIST_WATCH]++;
	if (!count)
		return;
	__sync_fetch_and_add(&count->hits, 1);
	__sync_fetch_and_add(&count->encoded[pattern->encoding & (GL_ENCODINGS - 1)], 1);
	gl_count_sighting(pkt, count, pattern->digest);
}

static __always_inline __u32 gl_hits(const struct gl_pkt *pkt)
{
	return pkt->hits[GL_LIST_WATCH] + pkt->hits[GL_LIST_BLOCK];
}

/* Hits by list and by protocol. The flag's first setter counts the flow. */
static __always_inline void gl_count_lists(struct gl_total *total, const struct gl_pkt *pkt,
					   struct gl_flow *flow)
{
	total->protocol[pkt->protocol & (GL_PROTOCOLS - 1)].hits += gl_hits(pkt);
	for (__u32 i = 0; i < GL_LIST_MAX; i++) {
		__u32 flag = GL_FLOW_HIT << i;

		if (!pkt->hits[i])
			continue;
		total->list[i].hits += pkt->hits[i];
		total->list[i].packets++;
		if (!(__sync_fetch_and_or(&flow->flags, flag) & flag))
			total->list[i].flows++;
	}
}

/* What this CPU takes out of `recent`, no other finds there. */
static __always_inline void gl_count_recent(struct gl_dir *dir)
{
	__u64 recent = __sync_lock_test_and_set(&dir->recent, 0);

	__sync_fetch_and_add(&dir->packets, recent >> GL_RECENT_BYTES);
	__sync_fetch_and_add(&dir->bytes, recent & ((1ull << GL_RECENT_BYTES) - 1));
}

/* The flow's own figures; two CPUs may meet here, so the additions are atomic. */
static __always_inline void gl_count_flow(struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_dir *dir = gl_dir(pkt, flow);
	struct gl_replay *replay;
	__u64 now;

	if (__sync_fetch_and_add(&dir->recent, 1ull << GL_RECENT_BYTES | pkt->wire_len) &
	    GL_RECENT_FULL)
		gl_count_recent(dir);
	if (gl_hits(pkt))
		__sync_fetch_and_add(&dir->hits, gl_hits(pkt));
	if (!pkt->payload_len)
		return;
	now = gl_clock();
	if (gl_settings.replaying) {
		replay = gl_map_replay();
		if (replay)
			now = replay->time_ns;
	}
	if (!dir->events || (__s64)(now - dir->last_ns) >= (__s64)GL_EVENT_GAP_NS)
		__sync_fetch_and_add(&dir->events, 1);
	dir->last_ns = now;
}

static __always_inline void gl_count_moves(struct gl_total *total, const struct gl_pkt *pkt)
{
	if (!pkt->moved)
		return;
	if (pkt->moved & (GL_MOVED_CREATED | GL_MOVED_PROTOCOL)) {
		if (!(pkt->moved & GL_MOVED_CREATED))
			total->protocol[pkt->from_protocol & (GL_PROTOCOLS - 1)].flows--;
		total->protocol[pkt->to_protocol & (GL_PROTOCOLS - 1)].flows++;
	}
	if (pkt->moved & (GL_MOVED_CREATED | GL_MOVED_LEVEL)) {
		if (!(pkt->moved & GL_MOVED_CREATED))
			total->exposure[pkt->from_level & (GL_LEVELS - 1)].flows--;
		total->exposure[pkt->to_level & (GL_LEVELS - 1)].flows++;
	}
}

#define GL_COUNT_ROW(row)                       \
	do {                                    \
		(row)->packets++;               \
		(row)->bytes += pkt->wire_len;  \
	} while (0)

/*
 * Adds the packet to each law counter, between start++ and done++. No other
 * packet runs on this CPU meanwhile; a reader on another one sees the difference.
 */
static __always_inline void gl_count(struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_total *total;

	if (flow) {
		pkt->protocol = flow->protocol;
		pkt->service = flow->service;
		gl_count_flow(pkt, flow);
	}
	total = gl_map_total();
	if (!total)
		return;
	*(volatile __u64 *)&total->start += 1;
	asm volatile("" ::: "memory");
	total->seen_packets++;
	total->seen_bytes += pkt->wire_len;
	GL_COUNT_ROW(&total->outcome[pkt->outcome & (GL_OUTCOMES - 1)]);
	GL_COUNT_ROW(&total->verdict[pkt->verdict & (GL_VERDICTS - 1)]);
	GL_COUNT_ROW(&total->protocol[pkt->protocol & (GL_PROTOCOLS - 1)]);
	GL_COUNT_ROW(&total->exposure[pkt->level & (GL_LEVELS - 1)]);
	if (pkt->service)
		GL_COUNT_ROW(&total->service[pkt->service & (GL_SERVICES - 1)]);
	gl_count_moves(total, pkt);
	if (flow && gl_hits(pkt))
		gl_count_lists(total, pkt, flow);
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&total->done += 1;
}

#endif /* GL_COUNT_H */
