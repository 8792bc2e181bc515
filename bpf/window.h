/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * window.h - the only place where payload bytes rest, for the time of one
 * packet: loading a piece of payload and wiping it afterwards.
 */
#ifndef GL_WINDOW_H
#define GL_WINDOW_H

#include "maps.h"
#include "pkt.h"

/*
 * Loads n payload bytes (1 to GL_WINDOW) at frame offset off. Returns 0, or
 * negative when they cannot be loaded. The mask proves the bound to the 6.1
 * verifier, which forgets it after a comparison.
 */
static __always_inline int gl_window_load(gl_ctx *ctx, struct gl_scratch *scratch, __u32 off,
					  __u32 n)
{
	n = ((n - 1) & (GL_WINDOW - 1)) + 1;
	gl_opaque(n);
	return gl_ctx_load(ctx, off, scratch->window, n);
}

/* Wipes what this packet left behind, the derived states included. */
static __always_inline void gl_window_wipe(struct gl_pkt *pkt)
{
	struct gl_scratch *scratch;

	if (!pkt->window_len)
		return;
	scratch = gl_map_scratch();
	if (scratch)
		memset(scratch, 0, __builtin_offsetof(struct gl_scratch, fresh));
	pkt->window_len = 0;
}

#endif /* GL_WINDOW_H */
