/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h - frames written as data: a list of steps, outermost header first.
 *
 *   PACKET(ETH, IP4, TCP(1000, ACK), TEXT("NICK a\r\n"))
 *
 * Every length and every "what comes next" field is filled in from the steps
 * that follow, unless a LIE says otherwise. Checksums are left zero: the path
 * verifies none. The frame goes from client to server; DOWN turns it round.
 * The addresses of an IP header within another are in another network.
 */
#ifndef PACKET_H
#define PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

enum step_kind {
	STEP_END,
	STEP_ETH, STEP_VLAN, STEP_IP4, STEP_IP6, STEP_EXT, STEP_TCP, STEP_UDP, STEP_GRE,
	STEP_VXLAN, STEP_GTPU, STEP_PPPOE, STEP_RAW, STEP_FILL, STEP_NAMES, STEP_PAD,
	STEP_LIE, STEP_LIE_FIRST, STEP_FRAGMENT, STEP_PORTS, STEP_DOWN, STEP_CUT, STEP_SHORT, STEP_AT,
};

struct step {
	enum step_kind kind;
	__u32 a, b, c;
	const void *data;
	size_t size;
};

#define PACKET(...) ((const struct step[]){ __VA_ARGS__, { .kind = STEP_END } })

/* ------------------------------------------------------------ headers */

#define ETH { .kind = STEP_ETH }
#define VLAN(id) { .kind = STEP_VLAN, .a = 0x8100, .b = (id) }
#define QINQ(id) { .kind = STEP_VLAN, .a = 0x88a8, .b = (id) }
/* options: bytes of them, a multiple of 4; no-operations, then the list's end */
#define IP4 IP4_OPTIONS(0)
#define IP4_OPTIONS(options) { .kind = STEP_IP4, .a = (options) }
#define IP6 { .kind = STEP_IP6 }
/* units: the header's own length field; bytes: what is really there */
#define EXT(type, units, bytes) { .kind = STEP_EXT, .a = (type), .b = (units), .c = (bytes) }
#define HOPOPTS(units) EXT(0, units, 8 + 8 * (units))
#define ROUTING(units) EXT(43, units, 8 + 8 * (units))
#define DSTOPTS(units) EXT(60, units, 8 + 8 * (units))
#define AH(units) EXT(51, units, 8 + 4 * (units))
#define FRAG6 EXT(44, 0, 8)
#define TCP(seq, flags) TCP_OPTIONS(seq, flags, 0)
#define TCP_OPTIONS(seq, flags, options) \
	{ .kind = STEP_TCP, .a = (seq), .b = (flags), .c = (options) }
#define UDP { .kind = STEP_UDP }
/* flags: of the first byte; a field of 4 bytes for each of 0x80, 0x20 and 0x10 */
#define GRE GRE_FIELDS(0)
#define GRE_FIELDS(flags) { .kind = STEP_GRE, .a = (flags) }
#define VXLAN(flags) { .kind = STEP_VXLAN, .a = (flags) }
#define GTPU(flags, type) { .kind = STEP_GTPU, .a = (flags), .b = (type) }
/* a session, its PPP protocol included */
#define PPPOE { .kind = STEP_PPPOE }

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10

/* ------------------------------------------------------------ payload */

#define TEXT(text) { .kind = STEP_RAW, .data = (text), .size = sizeof(text) - 1 }
#define BYTES(from, n) { .kind = STEP_RAW, .data = (from), .size = (n) }
/*
 * Text in which %c and %s stand for the client's and the server's IPv4 address, %C and
 * %S for their IPv6 addresses (RFC 5952), %L and %M for these in 39 characters.
 */
#define NAMES(text) { .kind = STEP_NAMES, .data = (text), .size = sizeof(text) - 1 }
#define FILL(byte, n) { .kind = STEP_FILL, .a = (byte), .size = (n) }
/* Behind the IP packet: belongs to the frame, not to any length. */
#define PAD(text) { .kind = STEP_PAD, .data = (text), .size = sizeof(text) - 1 }

/* ------------------------------------------------------------ the rest */

/* Overwrites width bytes (big endian) at offset of the last header of that kind. */
#define LIE(header, offset, width, value) \
	{ .kind = STEP_LIE, .a = STEP_##header, .b = (offset), .c = (width), .size = (value) }
/* The same of the first one: the outer header of a tunnel. */
#define LIE_FIRST(header, offset, width, value) \
	{ .kind = STEP_LIE_FIRST, .a = STEP_##header, .b = (offset), .c = (width), .size = (value) }
/* Fragment offset (bytes) and "more" of the last IPv4 header. */
#define FRAGMENT(offset, more) { .kind = STEP_FRAGMENT, .a = (offset), .b = (more) }
#define PORTS(client, server) { .kind = STEP_PORTS, .a = (client), .b = (server) }
#define DOWN { .kind = STEP_DOWN }
/* The capture keeps n bytes of the frame; SHORT: there were no more. */
#define CUT(n) { .kind = STEP_CUT, .a = (n) }
#define SHORT(n) { .kind = STEP_SHORT, .a = (n) }
/* Time of the packet in ms; else one more than the packet before. */
#define AT(ms) { .kind = STEP_AT, .a = (ms), .b = 1 }

#define PACKET_MAX 65536u

struct packet {
	__u32 length;	 /* bytes in frame */
	__u32 wire;	 /* bytes that were on the wire */
	__u32 payload;	 /* offset of the first payload byte, 0 none */
	__u32 at_ms;
	bool timed;	 /* at_ms was given */
	bool down;	 /* server to client */
	unsigned char frame[PACKET_MAX];
};

/* Who talks: part of each address, so that rows do not share flows. */
struct packet_peers {
	__u16 row;
	__u16 client_port, server_port;
};

/* Builds the steps into *packet; aborts when they make no sense. */
void packet_build(const struct step *steps, const struct packet_peers *peers,
		  struct packet *packet);

#endif
