/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pkt.h - what the stages of the path tell each other about one packet. */
#ifndef GL_PKT_H
#define GL_PKT_H

#include "ctx.h"

/* IANA protocol numbers that make a flow */
#define GL_IP_TCP 6
#define GL_IP_UDP 17

/* A stage answers GL_NEXT, or GL_DONE when the packet's outcome is known. */
enum gl_step { GL_NEXT, GL_DONE };

/* struct gl_pkt::todo: the work that the flow still needs */
#define GL_TODO_CLASSIFY 0x1u
#define GL_TODO_SCAN 0x2u

/* struct gl_pkt::stream: how a TCP segment continues its direction */
#define GL_STREAM_AFTER_GAP 0x1u /* bytes before this packet were never seen */
#define GL_STREAM_LATE 0x2u	 /* fills the last gap: read by itself */

/*
 * struct gl_pkt::tunnel: what begins at the offset `payload` of a packet whose outcome is
 * tunnel. Closed: a tunnel that decap.h does not open.
 */
enum gl_tunnel {
	GL_TUNNEL_CLOSED,
	GL_TUNNEL_IP4,		 /* an IPv4 header */
	GL_TUNNEL_IP6,
	GL_TUNNEL_GRE,		 /* the tunnel's own header */
	GL_TUNNEL_VXLAN,
	GL_TUNNEL_PPPOE
};

/*
 * Integers only: the verifier checks the larger stages as functions of their
 * own, and would forget what a pointer in here points to.
 */
struct gl_pkt {
	struct gl_flow_key key;
	__u64 born;		 /* of the flow entry when it was found, 0 none */
	__u32 frame_len;	 /* bytes that can be loaded */
	__u32 wire_len;		 /* bytes to be counted */
	__u32 end;		 /* offset behind the IP packet, behind the frame when cut */
	__u32 payload;		 /* offset of the L4 payload */
	__u32 payload_len;	 /* bytes, as the headers say */
	__u32 payload_have;	 /* bytes of it within the frame */
	__u32 seq;		 /* TCP sequence number of the first payload byte */
	__u32 skip;		 /* payload bytes that were looked at before */
	__u32 window_len;	 /* bytes in the scratch's window, 0 none: to be wiped */
	__u32 text_end;		 /* behind the last byte of the scratch's text, likewise */
	__u32 hits[GL_LIST_MAX];
	__u8 cut;		 /* the frame ends before the IP packet does */
	__u8 fragment;		 /* first fragment of a datagram */
	__u8 tcp_flags;		 /* byte 13 of the TCP header */
	__u8 dir;		 /* 0: sent by the key's lo end */
	__u8 todo;		 /* GL_TODO_* */
	__u8 stream;		 /* GL_STREAM_* */
	__u8 retransmitted;	 /* nothing new in it */
	__u8 again;		 /* its like was dropped before, and its hits counted */
	__u8 claimed;		 /* this CPU holds flow->dir[dir].claim */
	__u8 lists;		 /* bit per enum gl_list with a hit */
	__u8 outcome;		 /* enum gl_outcome */
	__u8 verdict;		 /* enum gl_verdict */
	__u8 level;		 /* enum gl_level of this packet */
	__u8 raise_setup;	 /* levels that a pattern showed, for the flow */
	__u8 raise_steady;
	__u8 marked;		 /* enum gl_level at most: a mark of an encrypted body was read */
	__u8 masked;		 /* payload lies under a mask whose key was not seen */
	__u8 compressed;	 /* payload is compressed */
	__u8 turned;		 /* what follows this packet is compressed */
	__u8 level_set;		 /* level comes from a pattern seen in this packet */
	__u8 protocol;		 /* label when the packet leaves */
	__u8 service;
	/* One flow entry moves from row `from` to row `to`; see moved. */
	__u8 from_protocol;
	__u8 to_protocol;
	__u8 from_level;
	__u8 to_level;
	__u8 moved;		 /* GL_MOVED_* */
	__u8 tunnel;		 /* enum gl_tunnel */
	__be16 inner;		 /* EtherType of what is in it, when it is opened */
#ifdef GL_HOOK_CGROUP
	__u8 room;		 /* 1 + number of the scratch that it has, 0 none */
	__u64 stamp;		 /* random: tells the packet apart, see gl_count_sighting() */
#endif
};

#define GL_MOVED_CREATED 0x1u	 /* no row to move from */
#define GL_MOVED_PROTOCOL 0x2u
#define GL_MOVED_LEVEL 0x4u

#endif /* GL_PKT_H */
