/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * decap.h - one level of tunnels, where the settings ask for it. The packet within is
 * read in place of the one around it, whose tags stay in the flow's key and whose
 * length is counted, once. A tunnel within that stays closed. Knows tunnel headers;
 * what is within them is parse.h's.
 */
#ifndef GL_DECAP_H
#define GL_DECAP_H

#include "maps.h"
#include "parse.h"

#define GL_ETH_LEN 14u
#define GL_VXLAN_LEN 8u
#define GL_PPPOE_LEN 6u		 /* without the PPP protocol */

/* RFC 2784, 2.1; RFC 2890, 2 */
#define GL_GRE_LEN 4u
#define GL_GRE_CHECKSUM_BIT 7	 /* of the first byte: a field of 4 bytes follows */
#define GL_GRE_KEY_BIT 5
#define GL_GRE_SEQUENCE_BIT 4
#define GL_GRE_REFUSED 0x4c	 /* those that a receiver must not pass over; routing is one */
#define GL_GRE_VERSION 0x07	 /* of the second byte; 1 is PPTP's */

/* What GRE and VXLAN carry besides IP: Ethernet (RFC 1701). */
#define GL_ETH_BRIDGED GL_BE16(0x6558)

/* Moves *off behind a GRE header, and says what follows. */
static __always_inline enum gl_step gl_open_gre(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						__be16 *type)
{
	__u8 head[GL_GRE_LEN] GL_ALIGNED;

	if (*off + GL_GRE_LEN > pkt->end || gl_ctx_header(ctx, *off, head, GL_GRE_LEN))
		return gl_missing(pkt);
	*type = GL_BE16(head[2] << 8 | head[3]);
	if (head[0] & GL_GRE_REFUSED || head[1] & GL_GRE_VERSION ||
	    (*type != GL_ETH_IP4 && *type != GL_ETH_IP6 && *type != GL_ETH_BRIDGED))
		return GL_DONE;
	*off += GL_GRE_LEN + 4 * ((head[0] >> GL_GRE_CHECKSUM_BIT & 1) +
				  (head[0] >> GL_GRE_KEY_BIT & 1) +
				  (head[0] >> GL_GRE_SEQUENCE_BIT & 1));
	return GL_NEXT;
}

/* The same for PPPoE, whose own length ends the packet. */
static __always_inline enum gl_step gl_open_pppoe(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						  __be16 *type)
{
	struct gl_pppoe head;

	if (gl_ctx_header(ctx, *off, &head, sizeof(head)))
		return gl_end(pkt, GL_OUT_TRUNCATED);
	gl_set_end(pkt, *off, GL_PPPOE_LEN + GL_HOST16(head.length), 0);
	*type = head.protocol == GL_PPP_IP6 ? GL_ETH_IP6 : GL_ETH_IP4;
	*off += sizeof(head);
	return GL_NEXT;
}

static __always_inline int gl_is_tag(__be16 type)
{
	return type == GL_ETH_VLAN || type == GL_ETH_QINQ;
}

/*
 * The same for an inner Ethernet header with at most one tag, which is passed over:
 * tags of a flow are those of the link.
 */
static __always_inline enum gl_step gl_open_link(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						 __be16 *type)
{
	__be16 tag[2] GL_ALIGNED;

	if (gl_ctx_header(ctx, *off + GL_ETH_LEN - sizeof(*type), type, sizeof(*type)))
		return gl_missing(pkt);
	*off += GL_ETH_LEN;
	if (!gl_is_tag(*type))
		return GL_NEXT;
	if (gl_ctx_header(ctx, *off, tag, GL_VLAN_LEN))
		return gl_missing(pkt);
	*off += GL_VLAN_LEN;
	*type = tag[1];
	return GL_NEXT;
}

/* To what lies in the tunnel: where, which EtherType; pkt->end is behind it. */
static __always_inline enum gl_step gl_open_tunnel(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						   __be16 *type)
{
	*type = GL_ETH_BRIDGED;
	switch (pkt->tunnel) {
	case GL_TUNNEL_IP4:
		*type = GL_ETH_IP4;
		return GL_NEXT;
	case GL_TUNNEL_IP6:
		*type = GL_ETH_IP6;
		return GL_NEXT;
	case GL_TUNNEL_PPPOE:
		return gl_open_pppoe(ctx, pkt, off, type);
	case GL_TUNNEL_GRE:
		if (gl_open_gre(ctx, pkt, off, type) == GL_DONE)
			return GL_DONE;
		break;
	default:
		gl_set_end(pkt, *off, pkt->payload_len, 0);
		*off += GL_VXLAN_LEN;
	}
	return *type == GL_ETH_BRIDGED ? gl_open_link(ctx, pkt, off, type) : GL_NEXT;
}

/*
 * Reads the packet within in place of the other. It may end before what carries it
 * does, but not behind. A fragment holds no whole packet, and stays closed.
 */
GL_STAGE int gl_open(gl_ctx *ctx, struct gl_pkt *pkt)
{
	__u32 off, end, header;
	__be16 type;
	int step;

	if (!gl_settings.decap || !pkt || pkt->fragment)
		return GL_DONE;
	off = pkt->payload;
	if (gl_open_tunnel(ctx, pkt, &off, &type) == GL_DONE)
		return GL_DONE;
	end = pkt->end;
	header = type == GL_ETH_IP4 ? sizeof(struct gl_ip4) : type == GL_ETH_IP6 ? GL_IP6_LEN : 0;
	if (off + header > end)
		return gl_missing(pkt);
	if (gl_is_tag(type))
		return gl_end(pkt, GL_OUT_VLAN_TOO_DEEP);
	for (int i = 0; i < 4; i++)
		pkt->key.lo[i] = pkt->key.hi[i] = 0;
	pkt->payload = off;
	pkt->inner = type;
	step = gl_parse_any(ctx, pkt);
	return pkt->end > end ? gl_end(pkt, GL_OUT_MALFORMED) : (enum gl_step)step;
}

/* What gl_parse() answered, unless that ended at a tunnel which is to be opened. */
static __always_inline enum gl_step gl_decap(gl_ctx *ctx, struct gl_pkt *pkt, enum gl_step parsed)
{
	if (gl_settings.decap && pkt->tunnel)
		return gl_open(ctx, pkt);
	return parsed;
}

#endif /* GL_DECAP_H */
