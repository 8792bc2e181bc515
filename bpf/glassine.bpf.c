// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * glassine.bpf.c - the packet's path, in order. Each stage answers "go on" or
 * "the outcome is known"; every packet leaves through gl_count(), once.
 */
#include "maps.h"
#include "pkt.h"
#include "parse.h"
#include "flow.h"
#include "classify.h"
#include "scan.h"
#include "verdict.h"
#include "expose.h"
#include "count.h"

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

static __always_inline int gl_path(gl_ctx *ctx)
{
	struct gl_flow *flow = NULL;
	struct gl_pkt pkt = {};

	gl_lengths(ctx, &pkt);
	if (gl_parse(ctx, &pkt) == GL_NEXT) {
		flow = gl_flow_find(&pkt);
		if (gl_flow(&pkt, flow) == GL_NEXT && gl_classify(ctx, &pkt, flow) == GL_NEXT)
			gl_scan(ctx, &pkt, flow);
	}
	gl_verdict(&pkt);
	gl_expose(&pkt, flow);
	gl_flow_leave(&pkt, flow);
	if (pkt.window_len | pkt.text_end)
		gl_window_wipe(&pkt);
	gl_count(&pkt, flow);
	return gl_ctx_verdict(pkt.verdict);
}

#if defined(GL_NATIVE)

int gl_native_run(struct gl_native_ctx *ctx);
int gl_native_run(struct gl_native_ctx *ctx)
{
	return gl_path(ctx);
}

#elif defined(GL_HOOK_TC)

SEC("tc")
int glassine(struct __sk_buff *ctx)
{
	return gl_path(ctx);
}

#else

SEC("xdp.frags")
int glassine(struct xdp_md *ctx)
{
	return gl_path(ctx);
}

#endif

#ifndef GL_NATIVE
char LICENSE[] SEC("license") = "Dual BSD/GPL";
#endif
