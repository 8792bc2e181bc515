/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * body.h - compressed bodies of HTTP (RFC 9110, 8.4), by the marks that the scan
 * meets: what is compressed shows no word but by chance. Knows header lines; looks at
 * no text itself.
 */
#ifndef GL_BODY_H
#define GL_BODY_H

#include "flow.h"

#define GL_BODY_MESSAGE 7u	 /* bytes of the mark by which a message begins */

/*
 * Before the packet's first byte. Marks count in readable carriers over TCP only: in a
 * chat, people could type them. Where the end of header lines may be missing, it is
 * taken for seen.
 */
static __always_inline void gl_body_begin(struct gl_scratch *scratch, struct gl_pkt *pkt,
					  const struct gl_flow *flow, struct gl_dir *dir)
{
	__u64 class = flow->flags & (GL_FLOW_CLEAR | GL_FLOW_MASKED);
	__u8 body = dir->body;

	scratch->bodied = gl_is_zero(class ^ GL_FLOW_CLEAR) & gl_is_zero(pkt->key.l4 ^ GL_IP_TCP);
	if (pkt->stream & GL_STREAM_AFTER_GAP) {
		body = (body | body << 1) & GL_BODY_COMPRESSED;
		dir->body = body;
	}
	scratch->body = body;
	pkt->compressed |= body / GL_BODY_COMPRESSED & scratch->bodied;
}

/* Do words and marks count here? */
static __always_inline int gl_body_readable(const struct gl_scratch *scratch)
{
	return !(scratch->body & GL_BODY_COMPRESSED && scratch->bodied);
}

/*
 * A pattern with these flags ends here; behind: bytes of the packet that follow. A
 * message begins once: "HTTP/1." stands in lines such as Via, too. All choices are
 * arithmetic.
 */
static __always_inline void gl_body_mark(struct gl_scratch *scratch, struct gl_pkt *pkt,
					 __u64 flags, __u32 behind)
{
	__u64 body = scratch->body, on = scratch->bodied, header = body / GL_BODY_HEADER & on;
	__u64 read = pkt->payload_have - pkt->skip - behind;
	__u64 begins = flags / GL_MARK_MESSAGE & on & (header ^ 1);
	__u64 ends = flags / GL_MARK_BLANK & header;

	body |= header & flags / GL_MARK_ENCODED;
	body &= ~(header & flags / GL_MARK_IDENTITY);
	body = gl_either(ends, (body & GL_BODY_ENCODED) * GL_BODY_COMPRESSED, body);
	body = gl_either(begins, GL_BODY_HEADER, body);
	scratch->body = body;
	/* A message that begins with the packet, or before it, leaves none of the last. */
	pkt->compressed &= ~(begins & gl_is_less(read, GL_BODY_MESSAGE + 1));
	pkt->compressed |= ends & body / GL_BODY_COMPRESSED & gl_is_less(0, behind);
}

#endif /* GL_BODY_H */
