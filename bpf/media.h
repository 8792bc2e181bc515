/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * media.h - the ends at which media are expected: what was announced for them, and the
 * flows that fit. Knows addresses, ports and times; no text, no protocol.
 */
#ifndef GL_MEDIA_H
#define GL_MEDIA_H

#include "count.h"

/*
 * A receiving end as a key: address (16 bytes, those unused 0; family 4 or 6) and port in
 * network byte order, within the packet's VLAN, as another one may use the same addresses.
 */
static __always_inline __u64 gl_media_digest(const struct gl_pkt *pkt, const __be32 *address,
					     __u32 family, __be16 port)
{
	__u64 digest = (__u64)address[0] << 32 | address[1];

	digest = gl_mix(digest ^ gl_settings.secret[0]);
	digest = gl_mix(digest ^ ((__u64)address[2] << 32 | address[3]));
	digest ^= (__u64)pkt->key.vlan[0] << 48 | (__u64)pkt->key.vlan[1] << 32 | family << 16 |
		  port;
	return gl_mix(digest ^ gl_settings.secret[1]);
}

/* What was read of an end replaces what was known of it. */
static __always_inline void gl_media_announce(const struct gl_pkt *pkt,
					      const struct gl_sdp_part *part, __u32 level,
					      __u32 flags)
{
	struct gl_media media = { .time = gl_time(), .flags = flags, .level = level };
	__u64 digest = gl_media_digest(pkt, part->address, part->family, part->port);

	gl_map_media_set(&digest, &media);
}

/* What both ends' announcements say together. */
struct gl_expected {
	__u32 known;		 /* ends of which something was read */
	__u32 told;		 /* of these, with a level */
	__u32 level;
	__u32 flags;
};

static __always_inline void gl_media_add(const struct gl_pkt *pkt, const __be32 *address,
					 __be16 port, struct gl_expected *expected)
{
	__u64 digest = gl_media_digest(pkt, address, pkt->key.family, port);
	const struct gl_media *media = gl_map_media(&digest);

	if (!media || (__s64)(gl_time() - media->time) > (__s64)GL_MEDIA_KEEP_NS)
		return;
	expected->known++;
	if (!media->level)
		return;
	/* An answer without a key declines what the offer would have encrypted. */
	expected->flags = expected->told ? expected->flags & media->flags : media->flags;
	if (expected->level < media->level)
		expected->level = media->level;
	expected->told++;
}

/*
 * A flow of media: if an end of it was announced, and neither was so that it cannot be
 * told, it shows what was announced. What is not encrypted is a readable carrier.
 */
GL_STAGE int gl_media_expect(struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_expected expected = {};

	if (!pkt || !flow || pkt->key.l4 != GL_IP_UDP)
		return 0;
	gl_media_add(pkt, pkt->key.lo, pkt->key.lo_port, &expected);
	gl_media_add(pkt, pkt->key.hi, pkt->key.hi_port, &expected);
	if (!expected.told || expected.told != expected.known)
		return 0;
	if (expected.flags & GL_FLOW_VEIL) {
		__sync_fetch_and_or(&flow->flags, GL_FLOW_VEIL);
	} else {
		__sync_fetch_and_or(&flow->flags, GL_FLOW_CLEAR);
		__sync_fetch_and_and(&flow->flags, ~GL_FLOW_ENCRYPTED);
	}
	pkt->raise_setup = expected.level;
	pkt->raise_steady = expected.level;
	pkt->level = expected.level;
	return 0;
}

#endif /* GL_MEDIA_H */
