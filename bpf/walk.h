/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* walk.h - what the steps of classifying a packet share. */
#ifndef GL_WALK_H
#define GL_WALK_H

#include "flow.h"

/* What the loop callbacks need; scalars that change live in the scratch. */
struct gl_walk {
	gl_ctx *ctx;
	const struct gl_signatures *sig;
	struct gl_scratch *scratch;
	struct gl_pkt *pkt;
	struct gl_flow *flow;
	__u64 becomes;		 /* protocols that a classified flow may get */
	__u32 current;		 /* its protocol now */
	__u32 transport;	 /* enum gl_transport */
	__u32 done;		 /* the resumed walk saw the packet's first byte */
};

#endif /* GL_WALK_H */
