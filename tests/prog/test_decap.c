/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnels: what is opened, with --decap, and what is not; the flow is then that of the
 * inner packet, and the bytes those of the outer one. The inner header's addresses are
 * in net 11 (IPv6: 1), the outer one's in net 10 (0).
 */
#define RIG_DECAP true
#include "cut.h"

#define WORDS "hello\nworld"
#define SAY TEXT("PRIVMSG #c :hello\r\n")
#define SIP TEXT("MESSAGE sip:b@c SIP/2.0\r\n\r\nhello")
#define SEGMENT TCP(1, ACK), SAY
#define IRC "scanned irc content"
#define CALL "scanned sip content"
#define OTHER "undecided unknown shape"
#define ONE "hello 1 1 1"
#define TO_VXLAN LIE_FIRST(UDP, 2, 2, 4789)
#define IN_VXLAN UDP, TO_VXLAN, VXLAN(8)
#define GRE_ALL GRE_FIELDS(0xb0)

#define INNER4 "flows=1 l4=4.6 net=11 vlan=ffff/ffff ports=40000/6667"
#define INNER6 "flows=1 l4=6.6 net=1 vlan=ffff/ffff ports=40000/6667"

/* With --decap. */
#define ROW(title, what, count, entry, ...) \
	{ .name = title, .packets = PACKETS(PACKET(__VA_ARGS__)), .expect = what, \
	  .words = WORDS, .hits = count, .flow = entry, .decap = true }
/* Without. */
#define CLOSED(title, what, ...) \
	{ .name = title ", not opened", .packets = PACKETS(PACKET(__VA_ARGS__)), .expect = what, \
	  .words = WORDS, .hits = "", .flow = "flows=0" }
/* Opened with it, and a tunnel without. */
#define BOTH(title, what, entry, ...) \
	ROW(title, what, ONE, entry, __VA_ARGS__), CLOSED(title, "tunnel", __VA_ARGS__)
/* The same outcome with it and without: there is no flow. */
#define SAME(title, what, ...) \
	ROW(title, what, "", "flows=0", __VA_ARGS__), CLOSED(title, what, __VA_ARGS__)
/* Opened, and no flow is in it. */
#define NONE(title, what, ...) ROW(title, what, "", "flows=0", __VA_ARGS__)

static const struct row rows[] = {
	/* IP in IP */
	BOTH("IP in IP", IRC, INNER4, ETH, IP4, IP4, SEGMENT),
	BOTH("6in4", IRC, INNER6, ETH, IP4, IP6, SEGMENT),
	BOTH("4in6", IRC, INNER4, ETH, IP6, IP4, SEGMENT),
	BOTH("6in6", IRC, INNER6, ETH, IP6, IP6, SEGMENT),
	BOTH("udp within", CALL, "flows=1 l4=4.17 net=11", ETH, IP4, IP4, UDP, SIP),
	BOTH("from the server", IRC, "flows=1 first=down ports=40000/6667 net=11",
	     ETH, IP4, IP4, SEGMENT, DOWN),
	BOTH("options in both headers", IRC, INNER4,
	     ETH, IP4_OPTIONS(8), IP4_OPTIONS(12), TCP_OPTIONS(1, ACK, 12), SAY),
	BOTH("extension headers in both", IRC, INNER6,
	     ETH, IP6, DSTOPTS(0), IP6, HOPOPTS(0), FRAG6, SEGMENT),
	BOTH("an outer fragment header of a whole packet", IRC, INNER6,
	     ETH, IP6, FRAG6, IP6, SEGMENT),
	BOTH("the flow has the tag of the link", IRC, "vlan=64/ffff net=11 l4=4.6",
	     ETH, VLAN(100), IP4, IP4, SEGMENT),
	{ .name = "an inner IPv4 flow is the same in IPv6", .words = WORDS, .decap = true,
	  .packets = PACKETS(PACKET(ETH, IP6, IP4, SEGMENT),
			     PACKET(ETH, IP4, IP4, TCP(20, ACK), SAY)),
	  .expect = "2x " IRC, .hits = "hello 2 2 1", .flow = "flows=1 net=11 gap=no" },
	{ .name = "both directions are one flow", .words = WORDS, .decap = true,
	  .packets = PACKETS(PACKET(ETH, IP4, IP6, SEGMENT),
			     PACKET(ETH, IP4, IP6, SEGMENT, DOWN)),
	  .expect = "2x " IRC, .hits = "hello 2 2 1", .flow = "flows=1 net=1 packets=1/1" },
	{ .name = "a word over two tunnelled segments", .words = WORDS, .decap = true,
	  .packets = PACKETS(PACKET(ETH, IP4, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hel")),
			     PACKET(ETH, IP4, IP4, TCP(16, ACK), TEXT("lo\r\n"))),
	  .expect = "2x " IRC, .hits = ONE, .flow = INNER4 },
	{ .name = "a word of the block list would drop the outer packet", .decap = true,
	  .packets = PACKETS(PACKET(ETH, IP4, GRE, IP4, SEGMENT)), .block = "hello",
	  .expect = IRC " would_drop", .hits = ONE, .flow = INNER4 },

	/* GRE, RFC 2784 and 2890 */
	BOTH("GRE", IRC, INNER4, ETH, IP4, GRE, IP4, SEGMENT),
	BOTH("GRE, IPv6 within", IRC, INNER6, ETH, IP4, GRE, IP6, SEGMENT),
	BOTH("GRE over IPv6", IRC, INNER4, ETH, IP6, GRE, IP4, SEGMENT),
	BOTH("GRE over IPv6, IPv6 within", IRC, "vlan=7/ffff net=1 l4=6.6",
	     ETH, VLAN(7), IP6, HOPOPTS(0), GRE, IP6, SEGMENT),
	BOTH("GRE with a checksum", IRC, INNER4, ETH, IP4, GRE_FIELDS(0x80), IP4, SEGMENT),
	BOTH("GRE with a key", IRC, INNER4, ETH, IP4, GRE_FIELDS(0x20), IP4, SEGMENT),
	BOTH("GRE with a sequence number", IRC, INNER4,
	     ETH, IP4, GRE_FIELDS(0x10), IP4, SEGMENT),
	BOTH("GRE with checksum and key", IRC, INNER6,
	     ETH, IP4, GRE_FIELDS(0xa0), IP6, SEGMENT),
	BOTH("GRE with key and sequence number", IRC, INNER4,
	     ETH, IP4, GRE_FIELDS(0x30), IP4, SEGMENT),
	BOTH("GRE with all three", IRC, INNER6, ETH, IP6, GRE_ALL, IP6, SEGMENT),
	BOTH("GRE: reserved bits that a receiver ignores", IRC, INNER4,
	     ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 0, 2, 0x03f8)),
	SAME("GRE with routing", "tunnel", ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 0, 1, 0x40)),
	SAME("GRE with strict source route", "tunnel",
	     ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 0, 1, 0x08)),
	SAME("GRE: a reserved bit that forbids", "tunnel",
	     ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 0, 1, 0x04)),
	SAME("GRE version 1", "tunnel", ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 1, 1, 1)),
	SAME("GRE version 4", "tunnel", ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 1, 1, 4)),
	SAME("GRE with PPP", "tunnel", ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 2, 2, 0x880b)),
	SAME("GRE with MPLS", "tunnel", ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 2, 2, 0x8847)),
	SAME("GRE with PPPoE", "tunnel", ETH, IP4, GRE, PPPOE, IP4, SEGMENT),
	BOTH("GRE with Ethernet", IRC, INNER4, ETH, IP4, GRE, ETH, IP4, SEGMENT),
	BOTH("GRE with a key and Ethernet: NVGRE", IRC, INNER6,
	     ETH, IP4, GRE_FIELDS(0x20), ETH, VLAN(9), IP6, SEGMENT),
	NONE("GRE says IPv6 of IPv4", "malformed",
	     ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 2, 2, 0x86dd)),
	NONE("GRE does not tell of its key", "malformed",
	     ETH, IP4, GRE_FIELDS(0x20), IP4, SEGMENT, LIE(GRE, 0, 1, 0)),
	NONE("GRE tells of a key that is not there", "malformed",
	     ETH, IP4, GRE, IP4, SEGMENT, LIE(GRE, 0, 1, 0x20)),

	/* VXLAN, RFC 7348 */
	BOTH("VXLAN", IRC, INNER4, ETH, IP4, IN_VXLAN, ETH, IP4, SEGMENT),
	BOTH("VXLAN, IPv6 within", IRC, INNER6, ETH, IP4, IN_VXLAN, ETH, IP6, SEGMENT),
	BOTH("VXLAN over IPv6", IRC, INNER4, ETH, IP6, IN_VXLAN, ETH, IP4, SEGMENT),
	BOTH("VXLAN, udp within", CALL, "flows=1 l4=4.17 net=11 ports=40000/6667",
	     ETH, IP4, IN_VXLAN, ETH, IP4, UDP, SIP),
	BOTH("VXLAN: an inner tag is none of the flow's", IRC, INNER4,
	     ETH, IP4, IN_VXLAN, ETH, VLAN(9), IP4, SEGMENT),
	BOTH("VXLAN: an inner tag below an outer one", IRC, "vlan=64/ffff net=11",
	     ETH, VLAN(100), IP4, IN_VXLAN, ETH, QINQ(9), IP4, SEGMENT),
	NONE("VXLAN: two inner tags", "vlan_too_deep",
	     ETH, IP4, IN_VXLAN, ETH, QINQ(9), VLAN(8), IP4, SEGMENT),
	NONE("VXLAN: ARP within", "not_ip",
	     ETH, IP4, IN_VXLAN, ETH, LIE(ETH, 12, 2, 0x0806), FILL(1, 28)),
	NONE("VXLAN: type 0 within", "not_ip",
	     ETH, IP4, IN_VXLAN, ETH, LIE(ETH, 12, 2, 0), FILL(1, 28)),
	NONE("VXLAN: a short frame of another type", "not_ip",
	     ETH, IP4, IN_VXLAN, ETH, LIE(ETH, 12, 2, 0x88cc)),
	ROW("VXLAN: without the flag", OTHER, "", "flows=1 l4=4.17 net=10",
	    ETH, IP4, UDP, TO_VXLAN, VXLAN(0), ETH, IP4, SEGMENT),
	ROW("VXLAN: reserved bits set", OTHER, "", "flows=1 l4=4.17 net=10",
	    ETH, IP4, UDP, TO_VXLAN, VXLAN(0x48), ETH, IP4, SEGMENT),
	ROW("VXLAN: on another port", OTHER, "", "flows=1 l4=4.17 net=10",
	    ETH, IP4, UDP, LIE_FIRST(UDP, 2, 2, 4788), VXLAN(8), ETH, IP4, SEGMENT),
	ROW("chat on VXLAN's port", CALL, ONE, "flows=1 l4=4.17 net=10 ports=40000/4789",
	    ETH, IP4, UDP, TO_VXLAN, SIP),
	{ .name = "one flow through two tunnels is one flow", .words = WORDS, .decap = true,
	  .packets = PACKETS(PACKET(ETH, IP4, IN_VXLAN, ETH, IP4, SEGMENT),
			     PACKET(ETH, IP4, GRE, IP4, TCP(20, ACK), SAY)),
	  .expect = "2x " IRC, .hits = "hello 2 2 1", .flow = "flows=1 net=11 gap=no" },

	/* PPPoE, RFC 2516 */
	BOTH("PPPoE", IRC, "flows=1 l4=4.6 net=10", ETH, PPPOE, IP4, SEGMENT),
	BOTH("PPPoE, IPv6", IRC, "flows=1 l4=6.6 net=0", ETH, PPPOE, IP6, SEGMENT),
	BOTH("PPPoE below two tags", IRC, "flows=1 l4=4.6 vlan=c8/64",
	     ETH, QINQ(200), VLAN(100), PPPOE, IP4, SEGMENT),
	SAME("PPPoE with LCP", "not_ip",
	     ETH, PPPOE, LIE(PPPOE, 6, 2, 0xc021), TEXT("\x09\x01\0\x08hell")),
	SAME("PPPoE with IPCP", "not_ip",
	     ETH, PPPOE, LIE(PPPOE, 6, 2, 0x8021), TEXT("\x01\x01\0\x08hell")),
	SAME("PPPoE with MPLS", "not_ip", ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 6, 2, 0x0281)),
	SAME("PPPoE of version 2", "not_ip", ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 0, 1, 0x21)),
	SAME("PPPoE of type 2", "not_ip", ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 0, 1, 0x12)),
	SAME("PPPoE that ends a session", "not_ip",
	     ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 1, 1, 0xa7)),
	SAME("PPPoE discovery", "not_ip", ETH, PPPOE, IP4, SEGMENT, LIE(ETH, 12, 2, 0x8863)),
	SAME("PPPoE of 7 bytes", "truncated", ETH, PPPOE, SHORT(21)),
	NONE("PPPoE says IPv6 of IPv4", "malformed",
	     ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 6, 2, 0x57)),
	NONE("PPPoE length 0", "malformed", ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 4, 2, 0)),
	NONE("PPPoE length 21, too small for IPv4", "malformed",
	     ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 4, 2, 21)),
	NONE("PPPoE length 1 too small", "malformed",
	     ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 4, 2, 60)),
	ROW("PPPoE length 1 too large: the IP length ends the packet", IRC, ONE, "flows=1",
	    ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 4, 2, 62)),
	ROW("PPPoE length 65535", IRC, ONE, "flows=1",
	    ETH, PPPOE, IP4, SEGMENT, LIE(PPPOE, 4, 2, 65535)),
	ROW("PPPoE ends the packet whose IP length is 0", IRC, "", "flows=1",
	    ETH, PPPOE, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hel"), LIE(IP4, 2, 2, 0),
	    PAD("lo world")),

	/* a second level stays closed */
	SAME("IP in IP in IP", "tunnel", ETH, IP4, IP4, IP4, SEGMENT),
	SAME("6in4 in GRE", "tunnel", ETH, IP4, GRE, IP4, IP6, SEGMENT),
	SAME("GRE in GRE", "tunnel", ETH, IP4, GRE, IP6, GRE, IP4, SEGMENT),
	SAME("GRE in VXLAN", "tunnel", ETH, IP4, IN_VXLAN, ETH, IP4, GRE, IP4, SEGMENT),
	SAME("VXLAN in 4in6", "tunnel", ETH, IP6, IP4, IN_VXLAN, ETH, IP4, SEGMENT),
	SAME("VXLAN in VXLAN", "tunnel", ETH, IP4, UDP, PORTS(40000, 4789), VXLAN(8), ETH, IP4,
	     UDP, VXLAN(8), ETH, IP4, UDP, SIP),
	SAME("6in4 in PPPoE", "tunnel", ETH, PPPOE, IP4, IP6, SEGMENT),
	SAME("PPPoE in VXLAN", "tunnel", ETH, IP4, IN_VXLAN, ETH, PPPOE, IP4, SEGMENT),
	SAME("GTP-U in IP in IP", "tunnel", ETH, IP4, IP4, UDP, LIE(UDP, 2, 2, 2152),
	     GTPU(0x30, 255), IP4, SEGMENT),

	/* not opened at all */
	SAME("GTP-U", "tunnel",
	     ETH, IP4, UDP, PORTS(40000, 2152), GTPU(0x30, 255), IP4, SEGMENT),

	/* lengths: the inner packet ends within the outer one */
	NONE("inner length 1 more than the outer", "malformed",
	     ETH, IP4, IP4, SEGMENT, LIE(IP4, 2, 2, 60)),
	NONE("inner length 65535", "malformed", ETH, IP4, IP4, SEGMENT, LIE(IP4, 2, 2, 65535)),
	NONE("inner length 1 more than the outer, and padding", "malformed",
	     ETH, IP4, GRE, IP4, SEGMENT, LIE(IP4, 2, 2, 60), PAD("world")),
	NONE("inner IPv6 length 1 more than the outer", "malformed",
	     ETH, IP4, IP6, SEGMENT, LIE(IP6, 4, 2, 40)),
	NONE("inner length 1 more than VXLAN's udp", "malformed",
	     ETH, IP4, IN_VXLAN, ETH, IP4, SEGMENT, LIE(UDP, 4, 2, 88)),
	ROW("twin: udp length as it is", IRC, ONE, INNER4,
	    ETH, IP4, IN_VXLAN, ETH, IP4, SEGMENT, LIE(UDP, 4, 2, 89)),
	ROW("inner length ends within the word", IRC, "", INNER4,
	    ETH, IP4, IP4, SEGMENT, LIE(IP4, 2, 2, 56)),
	ROW("twin: inner length ends behind the word", IRC, ONE, INNER4,
	    ETH, IP4, IP4, SEGMENT, LIE(IP4, 2, 2, 57)),
	ROW("word goes on in the outer padding", IRC, "", INNER4,
	    ETH, IP4, GRE, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hel"), PAD("lo world")),
	ROW("inner length 0: up to the outer's end", IRC, "", INNER4,
	    ETH, IP4, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hel"), LIE(IP4, 2, 2, 0),
	    PAD("lo world")),
	ROW("an inner jumbogram, likewise", IRC, "", INNER6,
	    ETH, IP4, IP6, HOPOPTS(0), TCP(1, ACK), TEXT("PRIVMSG #c :hel"), LIE(IP6, 4, 2, 0),
	    PAD("lo world")),
	NONE("the outer length leaves out the inner header", "malformed",
	     ETH, IP4, IP4, SEGMENT, LIE_FIRST(IP4, 2, 2, 39)),
	NONE("the outer length leaves out the inner tcp header", "malformed",
	     ETH, IP4, IP4, SEGMENT, LIE_FIRST(IP4, 2, 2, 59), LIE(IP4, 2, 2, 39)),
	NONE("the outer packet ends with its header", "malformed",
	     ETH, IP4, LIE(IP4, 9, 1, 4), PAD("hello hello hello hello hello")),
	NONE("the outer packet ends within the inner IPv6 header", "malformed",
	     ETH, IP4, IP6, SEGMENT, LIE(IP4, 2, 2, 59)),
	NONE("and so does the frame", "malformed",
	     ETH, IP4, LIE(IP4, 9, 1, 41), FILL(0x60, 39)),
	NONE("the outer packet ends within an inner header of length 0", "malformed",
	     ETH, IP4, IP4, LIE(IP4, 9, 1, 1), SAY, LIE(IP4, 2, 2, 0), LIE_FIRST(IP4, 2, 2, 39)),
	ROW("twin: with that header", "not_tcp_udp", "", "flows=0",
	    ETH, IP4, IP4, LIE(IP4, 9, 1, 1), SAY, LIE(IP4, 2, 2, 0), LIE_FIRST(IP4, 2, 2, 40)),
	NONE("the outer packet ends within GRE", "malformed",
	     ETH, IP4, LIE(IP4, 9, 1, 47), FILL(0, 3), PAD("hello hello hello hello hello")),
	NONE("the outer packet ends within GRE's key", "malformed",
	     ETH, IP4, GRE_FIELDS(0x20), IP4, SEGMENT, LIE_FIRST(IP4, 2, 2, 26)),
	NONE("the outer packet ends within VXLAN's Ethernet", "malformed",
	     ETH, IP4, IN_VXLAN, FILL(8, 13), PAD("hello")),
	NONE("the outer packet ends within VXLAN's tag", "malformed",
	     ETH, IP4, IN_VXLAN, ETH, VLAN(1), IP4, SEGMENT, LIE(UDP, 4, 2, 33)),
	NONE("and the padding has a second one", "malformed",
	     ETH, IP4, IN_VXLAN, ETH, VLAN(1), VLAN(2), IP4, SEGMENT, LIE(UDP, 4, 2, 33)),

	/* the inner header lies */
	NONE("inner ip version 5", "malformed", ETH, IP4, IP4, SEGMENT, LIE(IP4, 0, 1, 0x55)),
	NONE("inner ihl 4", "malformed", ETH, IP4, IP4, SEGMENT, LIE(IP4, 0, 1, 0x44)),
	NONE("IPv6 called IPv4", "malformed", ETH, IP4, IP6, SEGMENT, LIE(IP4, 9, 1, 4)),
	NONE("inner doff 4", "malformed", ETH, IP4, IP4, SEGMENT, LIE(TCP, 12, 1, 0x40)),
	NONE("inner udp length 1 too large", "malformed",
	     ETH, IP4, IP4, UDP, TEXT("hello"), LIE(UDP, 4, 2, 14)),
	NONE("9 inner extension headers", "ext_too_long",
	     ETH, IP4, IP6, HOPOPTS(0), DSTOPTS(0), ROUTING(0), FRAG6, AH(1), DSTOPTS(1),
	     HOPOPTS(0), AH(4), DSTOPTS(0), SEGMENT),
	NONE("ICMP within", "not_tcp_udp", ETH, IP4, GRE, IP4, LIE(IP4, 9, 1, 1), SAY),
	NONE("inner tcp without payload", "no_payload", ETH, IP4, IP4, TCP(1, ACK)),

	/* fragments */
	SAME("outer first fragment", "tunnel",
	     ETH, IP4, IP6, SEGMENT, FRAGMENT(0, true)),
	SAME("outer first fragment, IPv6", "tunnel",
	     ETH, IP6, FRAG6, IP6, SEGMENT, LIE(EXT, 2, 2, 1)),
	SAME("outer first fragment with GRE", "tunnel",
	     ETH, IP4, GRE, IP6, SEGMENT, FRAGMENT(0, true)),
	SAME("outer first fragment with VXLAN", "tunnel",
	     ETH, IP4, IN_VXLAN, ETH, IP6, SEGMENT, FRAGMENT(0, true)),
	SAME("outer later fragment", "later_fragment",
	     ETH, IP4, IP6, SEGMENT, FRAGMENT(8, false)),
	ROW("inner first fragment is read", IRC, ONE, INNER4,
	    ETH, IP6, IP4, SEGMENT, FRAGMENT(0, true)),
	NONE("inner later fragment", "later_fragment",
	     ETH, IP6, IP4, SEGMENT, FRAGMENT(8, true)),
	NONE("inner later fragment, IPv6", "later_fragment",
	     ETH, IP4, IP6, FRAG6, SEGMENT, LIE(EXT, 2, 2, 8)),

	/* cut by the capture */
	ROW("cut within the inner payload", "truncated irc content", ONE, INNER4,
	    ETH, IP4, IP4, SEGMENT, CUT(91)),
	ROW("cut within the word", "truncated irc content", "", INNER4,
	    ETH, IP4, IP4, SEGMENT, CUT(90)),
	NONE("cut within the inner tcp header", "truncated", ETH, IP4, IP4, SEGMENT, CUT(70)),
	NONE("cut within the inner ip header", "truncated", ETH, IP4, IP4, SEGMENT, CUT(50)),
	NONE("cut within GRE", "truncated", ETH, IP4, GRE, IP4, SEGMENT, CUT(36)),
	NONE("cut within GRE's key", "truncated",
	     ETH, IP4, GRE_FIELDS(0x20), IP4, SEGMENT, CUT(40)),
	NONE("cut within VXLAN's Ethernet", "truncated",
	     ETH, IP4, IN_VXLAN, ETH, IP4, SEGMENT, CUT(60)),
	NONE("cut within the IP header in PPPoE", "truncated",
	     ETH, PPPOE, IP4, SEGMENT, CUT(40)),
	ROW("cut within the payload in PPPoE", "truncated irc content", ONE, "flows=1",
	    ETH, PPPOE, IP4, SEGMENT, CUT(79)),
};

static const struct step *const victims[] = {
	PACKET(ETH, IP4, IP4, SEGMENT),
	PACKET(ETH, VLAN(2), IP6, HOPOPTS(1), IP6, AH(4), FRAG6, TCP_OPTIONS(1, ACK, 12), SAY),
	PACKET(ETH, IP6, GRE_ALL, IP4_OPTIONS(8), UDP, SIP),
	PACKET(ETH, IP4, GRE_FIELDS(0x20), ETH, VLAN(3), IP6, UDP, SIP),
	PACKET(ETH, IP4, IN_VXLAN, ETH, VLAN(3), IP4, SEGMENT),
	PACKET(ETH, QINQ(1), VLAN(2), PPPOE, IP6, DSTOPTS(0), UDP, SIP),
	NULL,
};

static void cut_victims(struct engine *engine)
{
	cut_everywhere(engine, victims);
}

static void split_victims(struct engine *engine)
{
	cut_and_split(engine, victims);
}

/* A whole frame whose linear part ends anywhere is the same frame. */
static void split_everywhere(struct engine *engine)
{
	for (size_t v = 0; victims[v]; v++) {
		for (__u32 linear = 14; linear < 200; linear++) {
			struct packet_peers peers = rig_peers(0);
			struct fate fate;

			packet_build(victims[v], &peers, &rig.packet);
			if (linear > rig.packet.length)
				break;
			fate = fate_of_packet(engine, linear);
			assert_int_equal(fate.outcome, GL_OUT_SCANNED);
			assert_int_equal(fate.level, GL_LEVEL_CONTENT);
			assert_int_equal(fate.hits, 1);
		}
	}
}

static const struct trial trials[] = {
	{ "every prefix of a tunnelled packet has one outcome", cut_victims, WORDS,
	  GL_SCAN_CHAT, false },
	{ "the linear part ends anywhere", split_everywhere, WORDS, GL_SCAN_CHAT, true },
	{ "prefixes whose linear part ends anywhere", split_victims, WORDS, GL_SCAN_CHAT, true },
};

int main(void)
{
	return rig_main("decap", rows, COUNT(rows), trials, COUNT(trials));
}
