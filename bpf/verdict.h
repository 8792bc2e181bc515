/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verdict.h - the only file that could say anything but pass. It never does:
 * a block-list word that was read in clear is counted as would_drop, and passed.
 */
#ifndef GL_VERDICT_H
#define GL_VERDICT_H

#include "pkt.h"

static __always_inline void gl_verdict(struct gl_pkt *pkt)
{
	pkt->verdict = pkt->lists & 1u << GL_LIST_BLOCK ? GL_VERDICT_WOULD_DROP :
							  GL_VERDICT_PASS;
}

#endif /* GL_VERDICT_H */
