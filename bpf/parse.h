/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * parse.h - frame to gl_pkt: Ethernet and VLAN twice (in a cgroup packets begin behind
 * them), IPv4, IPv6 with extension headers, TCP, UDP. Knows bytes only: no map but the
 * settings, no application. No length in a packet is trusted, no checksum is verified
 * (offloads leave them partial).
 */
#ifndef GL_PARSE_H
#define GL_PARSE_H

#include "ctx.h"
#include "maps.h"
#include "pkt.h"

#define GL_VLAN_LEN 4u
#define GL_VLAN_NONE 0xffff
#define GL_IP6_LEN 40u
#define GL_UDP_LEN 8u
#define GL_TCP_LEN 20u
#define GL_EXT_MAX 8		 /* IPv6 extension headers that are walked */

#define GL_BE16(x) ((__be16)__builtin_bswap16(x))
#define GL_HOST16(x) __builtin_bswap16((__u16)(x))
#define GL_HOST32(x) __builtin_bswap32((__u32)(x))

/* EtherTypes, IEEE 802 numbers */
#define GL_ETH_IP4 GL_BE16(0x0800)
#define GL_ETH_IP6 GL_BE16(0x86dd)
#define GL_ETH_VLAN GL_BE16(0x8100)
#define GL_ETH_QINQ GL_BE16(0x88a8)
#define GL_ETH_PPPOE GL_BE16(0x8864) /* a session, RFC 2516 */

/* IANA protocol numbers, more of them */
#define GL_IP_HOPOPTS 0
#define GL_IP_IPIP 4
#define GL_IP_IP6 41
#define GL_IP_ROUTING 43
#define GL_IP_FRAGMENT 44
#define GL_IP_GRE 47
#define GL_IP_AH 51
#define GL_IP_DSTOPTS 60

#define GL_PORT_VXLAN GL_BE16(4789) /* RFC 7348 */
#define GL_PORT_GTPU GL_BE16(2152)  /* 3GPP TS 29.281 */

/* PPP protocol numbers (RFC 1332, RFC 5072) */
#define GL_PPP_IP4 GL_BE16(0x0021)
#define GL_PPP_IP6 GL_BE16(0x0057)

/* Headers are copied in units of 4 bytes. */
#define GL_ALIGNED __attribute__((aligned(4)))

/* RFC 791, 3.1 */
struct gl_ip4 {
	__u8 version_ihl;
	__u8 tos;
	__be16 length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

/* RFC 8200, 3 */
struct gl_ip6 {
	__be32 version_class_label;
	__be16 length;
	__u8 next;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
};

/* RFC 2516, 4, and the PPP protocol behind it */
struct gl_pppoe {
	__u8 version_type;
	__u8 code;
	__be16 session;
	__be16 length;		 /* of what follows, the protocol included */
	__be16 protocol;
} GL_ALIGNED;

/* RFC 9293, 3.1 */
struct gl_tcp {
	__be16 source;
	__be16 destination;
	__be32 seq;
	__be32 ack;
	__u8 offset;
	__u8 flags;
	__be16 window;
	__be16 checksum;
	__be16 urgent;
};

/* RFC 768 */
struct gl_udp {
	__be16 source;
	__be16 destination;
	__be16 length;
	__be16 checksum;
} GL_ALIGNED;

static __always_inline enum gl_step gl_end(struct gl_pkt *pkt, enum gl_outcome outcome)
{
	pkt->outcome = outcome;
	return GL_DONE;
}

/* Why header bytes are not there: the frame was cut, or a length lied. */
static __always_inline enum gl_step gl_missing(struct gl_pkt *pkt)
{
	return gl_end(pkt, pkt->cut ? GL_OUT_TRUNCATED : GL_OUT_MALFORMED);
}

/* A tunnel; what it has at offset off is left to decap.h. */
static __always_inline enum gl_step gl_end_tunnel(struct gl_pkt *pkt, __u32 off,
						  enum gl_tunnel tunnel)
{
	pkt->payload = off;
	pkt->tunnel = tunnel;
	return gl_end(pkt, GL_OUT_TUNNEL);
}

/* Up to two tags (IEEE 802.1Q, 802.1ad). Leaves *off behind the EtherType. */
static __always_inline enum gl_step gl_parse_link(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						  __be16 *type)
{
	__be16 tag[2] GL_ALIGNED;
	__u32 tags = 0;

	pkt->key.vlan[0] = GL_VLAN_NONE;
	pkt->key.vlan[1] = GL_VLAN_NONE;
	if (gl_ctx_vlan(ctx) != GL_VLAN_NONE)
		pkt->key.vlan[tags++] = gl_ctx_vlan(ctx);
	if (gl_ctx_type(ctx, type))
		return gl_end(pkt, GL_OUT_TRUNCATED);
	*off = GL_LINK_LEN;
	if (!GL_LINK_LEN)
		return GL_NEXT;
	for (int i = 0; i < 2; i++) {
		if (*type != GL_ETH_VLAN && *type != GL_ETH_QINQ)
			return GL_NEXT;
		if (tags == 2)
			break;
		if (gl_ctx_header(ctx, *off, tag, GL_VLAN_LEN))
			return gl_end(pkt, GL_OUT_TRUNCATED);
		if (tags == 0)
			pkt->key.vlan[0] = tag[0] & GL_BE16(0x0fff);
		else
			pkt->key.vlan[1] = tag[0] & GL_BE16(0x0fff);
		tags++;
		*type = tag[1];
		*off += GL_VLAN_LEN;
	}
	if (*type == GL_ETH_VLAN || *type == GL_ETH_QINQ)
		return gl_end(pkt, GL_OUT_VLAN_TOO_DEEP);
	return GL_NEXT;
}

/*
 * Sets pkt->end from an IP length, never from the frame: what follows is
 * padding. Length 0 is a segment too large for the field (GSO, BIG TCP), which
 * reaches to the end of what carries it.
 */
static __always_inline void gl_set_end(struct gl_pkt *pkt, __u32 start, __u32 length,
				       __u32 carried_to)
{
	__u32 end = length ? start + length : carried_to;

	pkt->cut = end > pkt->frame_len;
	pkt->end = end;
}

static __always_inline void gl_set_addresses(struct gl_pkt *pkt, const __be32 *source,
					     const __be32 *destination, const int words)
{
	struct gl_flow_key *key = &pkt->key;

	for (int i = 0; i < words; i++) {
		key->lo[i] = source[i];
		key->hi[i] = destination[i];
	}
}

static __always_inline enum gl_step gl_parse_ip4(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						 __u8 *l4, __u32 carried_to)
{
	struct gl_ip4 ip;
	__u32 header, length;

	if (gl_ctx_header(ctx, *off, &ip, sizeof(ip)))
		return gl_end(pkt, GL_OUT_TRUNCATED);
	header = (ip.version_ihl & 0xf) * 4;
	length = GL_HOST16(ip.length);
	if (ip.version_ihl >> 4 != 4 || header < sizeof(ip) || (length && length < header))
		return gl_end(pkt, GL_OUT_MALFORMED);
	gl_set_end(pkt, *off, length, carried_to);
	if (*off + header > pkt->frame_len)
		return gl_end(pkt, GL_OUT_TRUNCATED);
	gl_set_addresses(pkt, &ip.source, &ip.destination, 1);
	pkt->key.family = 4;
	if (ip.fragment & GL_BE16(0x1fff))
		return gl_end(pkt, GL_OUT_LATER_FRAGMENT);
	pkt->fragment = !!(ip.fragment & GL_BE16(0x2000));
	*off += header;
	*l4 = ip.protocol;
	return GL_NEXT;
}

/* The extension headers that are walked, a bit per protocol number below 64. */
#define GL_EXTENSIONS                                                                        \
	(1ull << GL_IP_HOPOPTS | 1ull << GL_IP_ROUTING | 1ull << GL_IP_FRAGMENT |            \
	 1ull << GL_IP_AH | 1ull << GL_IP_DSTOPTS)

/*
 * Walks the extension headers (RFC 8200, 4), each sized by its own type: AH
 * counts in 4 bytes (RFC 4302, 2.2), the fragment header is 8 bytes, the others
 * count in 8. Chosen by arithmetic: a branch a type would multiply the
 * verifier's paths by the types at each of the headers.
 */
static __always_inline enum gl_step gl_parse_extensions(gl_ctx *ctx, struct gl_pkt *pkt,
							__u32 *off, __u8 *l4)
{
	__u64 fragment, ah, units, next = *l4;
	__u8 head[4] GL_ALIGNED;
	__u32 at = *off;

	for (int i = 0; i <= GL_EXT_MAX; i++) {
		if (next > 63 || !(GL_EXTENSIONS >> next & 1)) {
			*l4 = next;
			*off = at;
			return GL_NEXT;
		}
		if (i == GL_EXT_MAX)
			break;
		if (at + 8 > pkt->end || gl_ctx_header(ctx, at, head, sizeof(head)))
			return gl_missing(pkt);
		fragment = gl_is_zero(next ^ GL_IP_FRAGMENT);
		ah = gl_is_zero(next ^ GL_IP_AH);
		if (fragment & (gl_is_zero(head[2] | (head[3] & 0xf8)) ^ 1))
			return gl_end(pkt, GL_OUT_LATER_FRAGMENT);
		pkt->fragment |= fragment & head[3];
		units = (head[1] & (fragment - 1)) + 1 + ah;
		at += units << (3 - ah);
		next = head[0];
	}
	return gl_end(pkt, GL_OUT_EXT_TOO_LONG);
}

static __always_inline enum gl_step gl_parse_ip6(gl_ctx *ctx, struct gl_pkt *pkt, __u32 *off,
						 __u8 *l4, __u32 carried_to)
{
	struct gl_ip6 ip;
	__u32 length;

	if (gl_ctx_header(ctx, *off, &ip, sizeof(ip)))
		return gl_end(pkt, GL_OUT_TRUNCATED);
	if ((ip.version_class_label & (__be32)GL_HOST32(0xf0000000)) !=
	    (__be32)GL_HOST32(0x60000000))
		return gl_end(pkt, GL_OUT_MALFORMED);
	length = GL_HOST16(ip.length);
	gl_set_addresses(pkt, ip.source, ip.destination, 4);
	pkt->key.family = 6;
	*off += sizeof(ip);
	/* A jumbogram (RFC 2675) says 0 here and its length in a hop-by-hop option. */
	if (!length && ip.next == GL_IP_HOPOPTS)
		gl_set_end(pkt, *off, 0, carried_to);
	else
		gl_set_end(pkt, *off - sizeof(ip), length + sizeof(ip), carried_to);
	*l4 = ip.next;
	return gl_parse_extensions(ctx, pkt, off, l4);
}

/* The lower (address, port) becomes the key's lo end, whichever way it came. */
static __always_inline void gl_set_direction(struct gl_pkt *pkt, __be16 source,
					     __be16 destination)
{
	struct gl_flow_key *key = &pkt->key;
	__u64 *lo = (__u64 *)key->lo, *hi = (__u64 *)key->hi;
	int swap = lo[0] != hi[0] ? lo[0] > hi[0] : lo[1] != hi[1] ? lo[1] > hi[1] : source > destination;

	if (swap) {
		__u64 first = lo[0], second = lo[1];

		lo[0] = hi[0];
		lo[1] = hi[1];
		hi[0] = first;
		hi[1] = second;
	}
	key->lo_port = swap ? destination : source;
	key->hi_port = swap ? source : destination;
	pkt->dir = swap;
}

static __always_inline void gl_set_payload(struct gl_pkt *pkt, __u32 from, __u32 to)
{
	__u32 have = to < pkt->frame_len ? to : pkt->frame_len;

	pkt->payload = from;
	pkt->payload_len = to - from;
	pkt->payload_have = have > from ? have - from : 0;
}

static __always_inline enum gl_step gl_parse_tcp(gl_ctx *ctx, struct gl_pkt *pkt, __u32 off)
{
	struct gl_tcp tcp;
	__u32 header;

	if (off + sizeof(tcp) > pkt->end || gl_ctx_header(ctx, off, &tcp, sizeof(tcp)))
		return gl_missing(pkt);
	header = (tcp.offset >> 4) * 4;
	if (header < sizeof(tcp) || off + header > pkt->end)
		return gl_end(pkt, GL_OUT_MALFORMED);
	pkt->key.l4 = GL_IP_TCP;
	pkt->tcp_flags = tcp.flags;
	pkt->seq = GL_HOST32(tcp.seq) + ((tcp.flags & 0x02) ? 1 : 0);
	gl_set_direction(pkt, tcp.source, tcp.destination);
	gl_set_payload(pkt, off + header, pkt->end);
	return GL_NEXT;
}

/* VXLAN (RFC 7348, 5) or GTP-U (TS 29.281, 5.1) by port and header. */
static __always_inline int gl_is_tunnel(gl_ctx *ctx, const struct gl_pkt *pkt, __be16 port)
{
	__u8 head[8] GL_ALIGNED;

	if (port != GL_PORT_VXLAN && port != GL_PORT_GTPU)
		return 0;
	if (pkt->payload_have < sizeof(head) ||
	    gl_ctx_header(ctx, pkt->payload, head, sizeof(head)))
		return 0;
	if (port == GL_PORT_VXLAN)
		return head[0] == 0x08 && !head[1] && !head[2] && !head[3] && !head[7];
	return (head[0] & 0xf0) == 0x30 && head[1] == 0xff &&
	       (__u32)(head[2] << 8 | head[3]) + 8 == pkt->payload_len;
}

static __always_inline enum gl_step gl_parse_udp(gl_ctx *ctx, struct gl_pkt *pkt, __u32 off)
{
	struct gl_udp udp;
	__u32 length, room;

	if (off + sizeof(udp) > pkt->end || gl_ctx_header(ctx, off, &udp, sizeof(udp)))
		return gl_missing(pkt);
	length = GL_HOST16(udp.length);
	room = pkt->end - off;
	if (!length || (pkt->fragment && length > room))
		length = room;
	if (length < sizeof(udp) || length > room)
		return gl_end(pkt, GL_OUT_MALFORMED);
	pkt->key.l4 = GL_IP_UDP;
	gl_set_direction(pkt, udp.source, udp.destination);
	gl_set_payload(pkt, off + sizeof(udp), off + length);
	if (!gl_is_tunnel(ctx, pkt, udp.destination))
		return GL_NEXT;
	return gl_end_tunnel(pkt, pkt->payload, udp.destination == GL_PORT_VXLAN ?
						GL_TUNNEL_VXLAN : GL_TUNNEL_CLOSED);
}

static __always_inline enum gl_step gl_parse_l4(gl_ctx *ctx, struct gl_pkt *pkt, __u32 off,
						__u8 l4)
{
	switch (l4) {
	case GL_IP_TCP:
		return gl_parse_tcp(ctx, pkt, off);
	case GL_IP_UDP:
		return gl_parse_udp(ctx, pkt, off);
	case GL_IP_IPIP:
		return gl_end_tunnel(pkt, off, GL_TUNNEL_IP4);
	case GL_IP_IP6:
		return gl_end_tunnel(pkt, off, GL_TUNNEL_IP6);
	case GL_IP_GRE:
		return gl_end_tunnel(pkt, off, GL_TUNNEL_GRE);
	default:
		return gl_end(pkt, GL_OUT_NOT_TCP_UDP);
	}
}

/*
 * A PPPoE session whose PPP protocol is IP. Others, and a code that is no session's,
 * carry no IP.
 */
static __always_inline enum gl_step gl_parse_pppoe(gl_ctx *ctx, struct gl_pkt *pkt, __u32 off)
{
	struct gl_pppoe head;

	if (gl_ctx_header(ctx, off, &head, sizeof(head)))
		return gl_end(pkt, GL_OUT_TRUNCATED);
	if (head.version_type != 0x11 || head.code ||
	    (head.protocol != GL_PPP_IP4 && head.protocol != GL_PPP_IP6))
		return gl_end(pkt, GL_OUT_NOT_IP);
	return gl_end_tunnel(pkt, off, GL_TUNNEL_PPPOE);
}

/* Any packet; or the one in a tunnel, where decap.h has opened it. */
GL_STAGE int gl_parse_any(gl_ctx *ctx, struct gl_pkt *pkt)
{
	__u32 off = 0, carried_to;
	enum gl_step step;
	__be16 type = 0;
	__u8 l4 = 0;

	if (!pkt)
		return GL_DONE;
	carried_to = pkt->frame_len;
	if (gl_settings.decap && pkt->tunnel) {
		off = pkt->payload;
		type = pkt->inner;
		carried_to = pkt->end;
	} else if (gl_parse_link(ctx, pkt, &off, &type) == GL_DONE) {
		return GL_DONE;
	}
	if (type == GL_ETH_IP4)
		step = gl_parse_ip4(ctx, pkt, &off, &l4, carried_to);
	else if (type == GL_ETH_IP6)
		step = gl_parse_ip6(ctx, pkt, &off, &l4, carried_to);
	else if (type == GL_ETH_PPPOE)
		return gl_parse_pppoe(ctx, pkt, off);
	else
		return gl_end(pkt, GL_OUT_NOT_IP);
	return step == GL_DONE ? GL_DONE : gl_parse_l4(ctx, pkt, off, l4);
}

/*
 * Fills pkt. GL_DONE: the outcome is set and there is no L4 payload to look at.
 * Untagged IPv4, most of all packets, is spared the call, which costs 9 ns; all
 * of it inline would cost the verifier a quarter more.
 */
static __always_inline enum gl_step gl_parse(gl_ctx *ctx, struct gl_pkt *pkt)
{
	__u32 off = GL_LINK_LEN;
	__be16 type = 0;
	__u8 l4 = 0;

	if (gl_ctx_vlan(ctx) != GL_VLAN_NONE || gl_ctx_type(ctx, &type) || type != GL_ETH_IP4)
		return gl_parse_any(ctx, pkt);
	pkt->key.vlan[0] = GL_VLAN_NONE;
	pkt->key.vlan[1] = GL_VLAN_NONE;
	if (gl_parse_ip4(ctx, pkt, &off, &l4, pkt->frame_len) == GL_DONE)
		return GL_DONE;
	return gl_parse_l4(ctx, pkt, off, l4);
}

#endif /* GL_PARSE_H */
