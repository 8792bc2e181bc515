/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verdict.h - the only file that says anything but pass, and only when the
 * operator asked for it: a packet in which a block-list word was read in clear.
 * No protocol, service, level or doubt is a reason.
 */
#ifndef GL_VERDICT_H
#define GL_VERDICT_H

#include "maps.h"
#include "pkt.h"

static __always_inline void gl_verdict(struct gl_pkt *pkt)
{
	pkt->verdict = GL_VERDICT_PASS;
	if (pkt->lists & 1u << GL_LIST_BLOCK)
		pkt->verdict = gl_settings.enforce ? GL_VERDICT_DROP : GL_VERDICT_WOULD_DROP;
}

#endif /* GL_VERDICT_H */
