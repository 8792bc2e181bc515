/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * local.h - what one process of a tree sends to another over loopback passes both
 * programs of their cgroup, and is counted by the first, on its way out. What comes
 * from a process outside of the tree passes the second only, and is counted there.
 * Knows devices and times; no bytes.
 */
#ifndef GL_LOCAL_H
#define GL_LOCAL_H

#include "flow.h"

#ifdef GL_HOOK_CGROUP

#define GL_LOOPBACK 1u		 /* the loopback device's number in each network namespace */
#define GL_LOCAL_UNIT 20	 /* log2 of ns: about a millisecond */
#define GL_LOCAL_KEEP 1024u	 /* such units that a packet is on its way, at most */

/* Not 0. */
static __always_inline __u32 gl_local_now(void)
{
	return gl_clock() >> GL_LOCAL_UNIT | 1;
}

/*
 * Without a payload, too, these packets need a flow entry: a connection's first ones
 * would be counted twice.
 */
static __always_inline int gl_local_leaves(gl_ctx *ctx, const int leaves)
{
	return leaves && ctx->ifindex == GL_LOOPBACK;
}

/*
 * 1 when the packet was counted on its way out. Of the direction the time is kept, not
 * only that it is the tree's: ports are used again, by others as well.
 */
static __always_inline int gl_local_again(gl_ctx *ctx, const struct gl_pkt *pkt,
					  struct gl_flow *flow, const int leaves)
{
	struct gl_dir *dir;

	if (!flow || ctx->ifindex != GL_LOOPBACK)
		return 0;
	dir = gl_dir(pkt, flow);
	if (leaves)
		dir->local = gl_local_now();
	return !leaves && dir->local && gl_local_now() - dir->local < GL_LOCAL_KEEP;
}

/* An entry that was made without payload does not know yet who is the first to send. */
static __always_inline void gl_local_first(const struct gl_pkt *pkt, struct gl_flow *flow)
{
	if (flow && pkt->payload_len && !(flow->dir[0].events | flow->dir[1].events))
		flow->first_dir = pkt->dir;
}

#else

#define gl_local_leaves(ctx, leaves) ((void)(leaves), 0)
#define gl_local_again(ctx, pkt, flow, leaves) 0
#define gl_local_first(pkt, flow) ((void)0)

#endif

#endif /* GL_LOCAL_H */
