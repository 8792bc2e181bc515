/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * window.h - the only place where payload bytes rest, for the time of one
 * packet: loading a piece of payload and wiping it afterwards.
 */
#ifndef GL_WINDOW_H
#define GL_WINDOW_H

#include "room.h"

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

/* Bytes of the text before a piece: room for what the piece before left over. */
#define GL_CARRY 32u

/*
 * Loads n payload bytes (1 to GL_TEXT) at frame offset off behind the carry. Returns
 * 0, or negative when they cannot be loaded.
 */
static __always_inline int gl_text_load(gl_ctx *ctx, struct gl_scratch *scratch, __u32 off,
					__u32 n)
{
	n = ((n - 1) & (GL_TEXT - 1)) + 1;
	gl_opaque(n);
	return gl_ctx_load(ctx, off, scratch->text + GL_CARRY, n);
}

/* An index into the text that the verifier believes. */
static __always_inline __u64 gl_text_index(__u64 at)
{
	at &= 2 * GL_TEXT - 1;
	gl_opaque(at);
	return at & (2 * GL_TEXT - 1);
}

#define GL_WIPE 256u

/* Wipes what this packet left behind, the derived states included. */
GL_STAGE int gl_window_wipe(struct gl_pkt *pkt)
{
	struct gl_scratch *scratch = gl_scratch(pkt);

	if (!scratch || !pkt)
		return -1;
	if (pkt->window_len)
		memset(scratch, 0, __builtin_offsetof(struct gl_scratch, state));
	if (scratch->described)
		memset(&scratch->sdp, 0, sizeof(scratch->sdp));
	memset((void *)scratch + __builtin_offsetof(struct gl_scratch, state), 0,
	       __builtin_offsetof(struct gl_scratch, text) -
		       __builtin_offsetof(struct gl_scratch, state));
	for (__u32 i = 0; i < GL_TEXT + GL_CARRY && i < pkt->text_end; i += GL_WIPE)
		memset(scratch->text + i, 0, GL_WIPE);
	pkt->window_len = 0;
	pkt->text_end = 0;
	return 0;
}

#endif /* GL_WINDOW_H */
