/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * room.h - a packet's working memory. A program of a cgroup runs in a process that
 * sends, and can be interrupted there by a packet that arrives, or preempted by another
 * process: so each CPU has several rooms, and a packet claims one from before it needs
 * it until it is wiped. Programs on an interface run one after the other.
 */
#ifndef GL_ROOM_H
#define GL_ROOM_H

#include "maps.h"
#include "pkt.h"

#ifdef GL_HOOK_CGROUP

/* Claims the first room that is free, if one is. */
GL_STAGE int gl_room_take(struct gl_pkt *pkt)
{
	if (!pkt)
		return -1;
	pkt->stamp = gl_random();
	for (__u32 i = 0; i < GL_ROOMS; i++) {
		struct gl_scratch *scratch = gl_map_room(i);

		/* One alone is not claimed: tests show what would happen. */
		if (!scratch || (GL_ROOMS > 1 &&
				 __sync_val_compare_and_swap(&scratch->claim, 0, 1)))
			continue;
		pkt->room = i + 1;
		return 0;
	}
	return -1;
}

/* Payload cannot be looked at without one. */
static __always_inline enum gl_step gl_room_check(struct gl_pkt *pkt)
{
	if (pkt->room || !pkt->payload_len)
		return GL_NEXT;
	pkt->outcome = GL_OUT_BUSY;
	return GL_DONE;
}

/* NULL without a room. */
static __always_inline struct gl_scratch *gl_scratch(const struct gl_pkt *pkt)
{
	return pkt && pkt->room ? gl_map_room((pkt->room - 1) & (GL_ROOMS - 1)) : NULL;
}

static __always_inline void gl_room_give(const struct gl_pkt *pkt)
{
	struct gl_scratch *scratch = gl_scratch(pkt);

	if (scratch)
		__sync_val_compare_and_swap(&scratch->claim, 1, 0);
}

#else

#define gl_room_take(pkt) ((void)0)
#define gl_room_check(pkt) GL_NEXT
#define gl_scratch(pkt) gl_map_scratch()
#define gl_room_give(pkt) ((void)0)

#endif

#endif /* GL_ROOM_H */
