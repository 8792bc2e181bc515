// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * glassine.bpf.c - the packet's path, in order. Each stage answers "go on" or
 * "the outcome is known"; every packet leaves through gl_count(), once.
 */
#include "maps.h"
#include "pkt.h"
#include "parse.h"
#include "decap.h"
#include "flow.h"
#include "classify.h"
#include "scan.h"
#include "verdict.h"
#include "expose.h"
#include "count.h"
#include "local.h"

/* Bytes that were on the wire: in a replay the capture knows, else the frame. */
static __always_inline void gl_lengths(gl_ctx *ctx, struct gl_pkt *pkt)
{
	struct gl_replay *replay;

	pkt->frame_len = gl_ctx_len(ctx);
	pkt->wire_len = pkt->frame_len;
	if (!gl_settings.replaying)
		return;
	replay = gl_map_replay();
	if (replay)
		pkt->wire_len = replay->wire_len - replay->link_added;
}

/* leaves: of a cgroup's processes it is one that sends. */
static __always_inline int gl_path(gl_ctx *ctx, const int leaves)
{
	struct gl_flow *flow = NULL;
	struct gl_pkt pkt = {};

	gl_lengths(ctx, &pkt);
	if (gl_decap(ctx, &pkt, gl_parse(ctx, &pkt)) == GL_NEXT) {
		if (pkt.payload_len || gl_local_leaves(ctx, leaves))
			gl_room_take(&pkt);
		flow = gl_flow_find(&pkt, gl_local_leaves(ctx, leaves));
		if (gl_local_again(ctx, &pkt, flow, leaves)) {
			gl_room_give(&pkt);
			return gl_ctx_verdict(GL_VERDICT_PASS);
		}
		gl_local_first(&pkt, flow);
		if (gl_room_check(&pkt) == GL_NEXT && gl_flow(&pkt, flow) == GL_NEXT &&
		    gl_classify(ctx, &pkt, flow) == GL_NEXT)
			gl_scan(ctx, &pkt, flow);
	}
	gl_verdict(&pkt);
	gl_expose(&pkt, flow);
	gl_flow_leave(&pkt, flow);
	if (pkt.window_len | pkt.text_end)
		gl_window_wipe(&pkt);
	gl_room_give(&pkt);
	gl_count(&pkt, flow);
	return gl_ctx_verdict(pkt.verdict);
}

#if defined(GL_NATIVE)

int gl_native_run(struct gl_native_ctx *ctx);
int gl_native_run(struct gl_native_ctx *ctx)
{
	return gl_path(ctx, 0);
}

#elif defined(GL_HOOK_TC)

SEC("tc")
int glassine(struct __sk_buff *ctx)
{
	return gl_path(ctx, 0);
}

#elif defined(GL_HOOK_CGROUP)

SEC("cgroup_skb/ingress")
int glassine_in(struct __sk_buff *ctx)
{
	return gl_path(ctx, 0);
}

SEC("cgroup_skb/egress")
int glassine_out(struct __sk_buff *ctx)
{
	return gl_path(ctx, 1);
}

#else

SEC("xdp.frags")
int glassine(struct xdp_md *ctx)
{
	return gl_path(ctx, 0);
}

#endif

#ifndef GL_NATIVE
char LICENSE[] SEC("license") = "Dual BSD/GPL";
#endif
