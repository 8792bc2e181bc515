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

/*
 * What is added to this CPU's counters. Only in a cgroup can another packet be counted
 * meanwhile on this CPU; nowhere does another CPU write here.
 */
#if defined(GL_HOOK_CGROUP) && !defined(GL_PLAIN_COUNTERS)
#define GL_ADD(counter, n) ((void)__sync_fetch_and_add(&(counter), n))
#else
#define GL_ADD(counter, n) ((void)((counter) += (n)))
#endif

/*
 * Unique per packet. Where packets are counted one after the other: this CPU's count
 * of finished packets, and the CPU.
 */
static __always_inline __u64 gl_count_stamp(const struct gl_total *total,
					    const struct gl_pkt *pkt)
{
#ifdef GL_HOOK_CGROUP
	(void)total;
	return pkt->stamp;
#else
	(void)pkt;
	return (total->start + 1) << 12 | (gl_cpu() & 0xfff);
#endif
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
	stamp = gl_count_stamp(total, pkt);
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

#if GL_HAS_PLACES

static __always_inline void gl_count_place(const struct gl_pkt *pkt,
					   const struct gl_pattern *pattern)
{
	struct gl_place_key key = { .born = pkt->born,
				    .word = pattern->word,
				    .protocol = pkt->protocol,
				    .dir = pkt->dir,
				    .encoding = pattern->encoding };
	struct gl_place *place = gl_map_place(&key), fresh = { .hits = 1 };

	if (!place) {
		gl_first(&fresh.first);
		if (!gl_map_place_add(&key, &fresh))
			return;
		/* Another CPU was first. */
		place = gl_map_place(&key);
	}
	if (place)
		__sync_fetch_and_add(&place->hits, 1);
}

#else
#define gl_count_place(pkt, pattern) ((void)0)
#endif

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
	if (GL_HAS_PLACES && gl_settings.places)
		gl_count_place(pkt, pattern);
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
	GL_ADD(total->protocol[pkt->protocol & (GL_PROTOCOLS - 1)].hits, gl_hits(pkt));
	for (__u32 i = 0; i < GL_LIST_MAX; i++) {
		__u32 flag = GL_FLOW_HIT << i;

		if (!pkt->hits[i])
			continue;
		GL_ADD(total->list[i].hits, pkt->hits[i]);
		GL_ADD(total->list[i].packets, 1);
		if (!(__sync_fetch_and_or(&flow->flags, flag) & flag))
			GL_ADD(total->list[i].flows, 1);
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
	__u64 now;

	if (__sync_fetch_and_add(&dir->recent, 1ull << GL_RECENT_BYTES | pkt->wire_len) &
	    GL_RECENT_FULL)
		gl_count_recent(dir);
	if (gl_hits(pkt))
		__sync_fetch_and_add(&dir->hits, gl_hits(pkt));
	if (!pkt->payload_len)
		return;
	now = gl_time();
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
			GL_ADD(total->protocol[pkt->from_protocol & (GL_PROTOCOLS - 1)].flows, -1);
		GL_ADD(total->protocol[pkt->to_protocol & (GL_PROTOCOLS - 1)].flows, 1);
	}
	if (pkt->moved & (GL_MOVED_CREATED | GL_MOVED_LEVEL)) {
		if (!(pkt->moved & GL_MOVED_CREATED))
			GL_ADD(total->exposure[pkt->from_level & (GL_LEVELS - 1)].flows, -1);
		GL_ADD(total->exposure[pkt->to_level & (GL_LEVELS - 1)].flows, 1);
	}
}

#define GL_COUNT_ROW(row)                             \
	do {                                          \
		GL_ADD((row)->packets, 1);            \
		GL_ADD((row)->bytes, pkt->wire_len);  \
	} while (0)

/*
 * Adds the packet to each law counter, between start++ and done++; a reader on another
 * CPU sees the difference. On an interface no other packet is counted on this CPU
 * meanwhile. In a cgroup one may be, even several that overlap: as all of them add
 * atomically, start counts who began and done who ended, so that start is never less
 * than done, and both are equal only while nobody is between the two. The reader copies
 * done first and start last: if they are equal, nobody was at work when it began, nor
 * came since.
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
	GL_ADD(*(volatile __u64 *)&total->start, 1);
	asm volatile("" ::: "memory");
	GL_ADD(total->seen_packets, 1);
	GL_ADD(total->seen_bytes, pkt->wire_len);
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
	GL_ADD(*(volatile __u64 *)&total->done, 1);
}

#endif /* GL_COUNT_H */
