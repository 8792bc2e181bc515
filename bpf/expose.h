/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * expose.h - how exposed this packet is, and the highest that its flow has shown.
 * Patterns and marks say it; here it is settled, once all is known of the packet.
 */
#ifndef GL_EXPOSE_H
#define GL_EXPOSE_H

#include "flow.h"

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

/* An encrypted body in clear chat shows no more than its mark says. */
static __always_inline __u8 gl_marked(const struct gl_pkt *pkt, __u8 level)
{
	return pkt->marked && level > pkt->marked ? pkt->marked : level;
}

static __always_inline void gl_expose(struct gl_pkt *pkt, struct gl_flow *flow)
{
	__u8 setup, steady;

	if (!flow || !pkt->payload_len) {
		pkt->level = GL_LEVEL_ABSENT;
		return;
	}
	setup = gl_marked(pkt, pkt->raise_setup);
	steady = gl_marked(pkt, pkt->raise_steady);
	if (flow->setup < setup)
		flow->setup = setup;
	if (flow->steady < steady)
		gl_set_steady(pkt, flow, flow->steady, steady);
	if (!pkt->level_set)
		pkt->level = flow->flags & GL_FLOW_STEADY ? flow->steady : flow->setup;
	pkt->level = gl_marked(pkt, pkt->level);
}

#endif /* GL_EXPOSE_H */
