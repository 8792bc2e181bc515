/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames to headers. The payload of nearly every row is a message that is
 * recognised by its first byte and holds one listed word: a header skipped by one
 * byte too many or too few shows as another label, an end set wrongly as hits.
 */
#include "cut.h"

#define WORDS "hello\nworld"
#define SAY TEXT("PRIVMSG #c :hello\r\n")
#define SIP TEXT("MESSAGE sip:b@c SIP/2.0\r\n\r\nhello")
#define IRC "scanned irc content"
#define CALL "scanned sip content"
#define OTHER "undecided unknown shape"
#define ONE "hello 1 1 1"

#define ROW(title, what, count, ...) \
	{ .name = title, .packets = PACKETS(PACKET(__VA_ARGS__)), .expect = what, \
	  .words = WORDS, .hits = count }
#define FLOW_ROW(title, what, count, entry, ...) \
	{ .name = title, .packets = PACKETS(PACKET(__VA_ARGS__)), .expect = what, \
	  .words = WORDS, .hits = count, .flow = entry }

static const struct row rows[] = {
	/* the plain ones */
	FLOW_ROW("tcp over ipv4", IRC, ONE, "flows=1 l4=4.6 vlan=ffff/ffff ports=40000/6667",
		 ETH, IP4, TCP(1, ACK), SAY),
	FLOW_ROW("tcp over ipv6", IRC, ONE, "flows=1 l4=6.6 vlan=ffff/ffff",
		 ETH, IP6, TCP(1, ACK), SAY),
	FLOW_ROW("udp over ipv4", CALL, ONE, "flows=1 l4=4.17", ETH, IP4, UDP, SIP),
	FLOW_ROW("udp over ipv6", CALL, ONE, "flows=1 l4=6.17", ETH, IP6, UDP, SIP),
	FLOW_ROW("from the server", IRC, ONE, "flows=1 first=down ports=40000/6667",
		 ETH, IP4, TCP(1, ACK), SAY, DOWN),
	FLOW_ROW("ipv6 from the server", IRC, ONE, "flows=1 first=down ports=40000/6667",
		 ETH, IP6, TCP(1, ACK), SAY, DOWN),
	FLOW_ROW("twin: the same without the word", IRC, "", "flows=1",
		 ETH, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hallo\r\n")),
	FLOW_ROW("tcp without payload", "no_payload", "", "flows=0", ETH, IP4, TCP(1, ACK)),
	FLOW_ROW("udp without payload", "no_payload", "", "flows=0", ETH, IP4, UDP),

	/* Ethernet and VLAN */
	ROW("ARP", "not_ip", "", ETH, LIE(ETH, 12, 2, 0x0806), FILL(1, 28)),
	ROW("IEEE 802.3 length", "not_ip", "", ETH, LIE(ETH, 12, 2, 46), FILL(1, 46)),
	ROW("MPLS", "not_ip", "", ETH, LIE(ETH, 12, 2, 0x8847), FILL(1, 46)),
	ROW("ipv4 called ipv6", "malformed", "", ETH, IP4, TCP(1, ACK), SAY,
	    LIE(ETH, 12, 2, 0x86dd)),
	ROW("ipv6 called ipv4", "malformed", "", ETH, IP6, TCP(1, ACK), SAY,
	    LIE(ETH, 12, 2, 0x0800)),
	FLOW_ROW("one tag", IRC, ONE, "vlan=64/ffff", ETH, VLAN(100), IP4, TCP(1, ACK), SAY),
	FLOW_ROW("a tag with priority and drop bits", IRC, ONE, "vlan=64/ffff",
		 ETH, VLAN(0xf064), IP6, TCP(1, ACK), SAY),
	FLOW_ROW("QinQ", IRC, ONE, "vlan=c8/64",
		 ETH, QINQ(200), VLAN(100), IP4, TCP(1, ACK), SAY),
	FLOW_ROW("two tags of the same kind", CALL, ONE, "vlan=64/64",
		 ETH, VLAN(100), VLAN(100), IP6, UDP, SIP),
	FLOW_ROW("two outer tags", IRC, ONE, "vlan=c8/c9",
		 ETH, QINQ(200), QINQ(201), IP4, TCP(1, ACK), SAY),
	ROW("three tags", "vlan_too_deep", "",
	    ETH, QINQ(200), VLAN(100), VLAN(101), IP4, TCP(1, ACK), SAY),
	ROW("three tags, the last one of the other kind", "vlan_too_deep", "",
	    ETH, VLAN(100), VLAN(101), QINQ(200), IP4, TCP(1, ACK), SAY),
	ROW("a tagged ARP", "not_ip", "", ETH, VLAN(100), LIE(VLAN, 2, 2, 0x0806), FILL(1, 28)),

	/* IPv4 header */
	ROW("4 bytes of ip options", IRC, ONE, ETH, IP4_OPTIONS(4), TCP(1, ACK), SAY),
	ROW("40 bytes of ip options", IRC, ONE, ETH, IP4_OPTIONS(40), TCP(1, ACK), SAY),
	ROW("40 bytes of ip options before udp", CALL, ONE, ETH, IP4_OPTIONS(40), UDP, SIP),
	ROW("twin: options that ihl does not tell of", "malformed", "",
	    ETH, IP4_OPTIONS(40), TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x45)),
	ROW("ihl 0", "malformed", "", ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x40)),
	ROW("ihl 1", "malformed", "", ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x41)),
	ROW("ihl 4", "malformed", "", ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x44)),
	/* what a too small header would uncover looks like the next header */
	ROW("ihl 0 over a second header", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x40), LIE(IP4, 12, 1, 0x50)),
	ROW("ihl 1 over a second header", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x41), LIE(IP4, 16, 1, 0x50)),
	ROW("ihl 4 over a second header", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x44), LIE(TCP, 8, 1, 0x50)),
	ROW("ihl 15 of a packet of 59 bytes", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x4f)),
	ROW("ip version 5", "malformed", "", ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 0, 1, 0x55)),
	ROW("ip total length 0: up to the frame's end", IRC, ONE,
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 0)),
	ROW("ip total length 1 more than the frame", "truncated irc content", ONE,
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 60)),
	ROW("ip total length 65535", "truncated irc content", ONE,
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 65535)),
	ROW("ip total length 19", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 19)),
	ROW("ip total length 20", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 20)),
	ROW("ip total length 39, one less than its headers", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 39)),
	ROW("ip total length 40: only headers", "no_payload", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 40)),
	ROW("ip total length ends within the word", IRC, "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 56)),
	ROW("twin: ip total length ends behind the word", IRC, ONE,
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 2, 2, 57)),
	ROW("ip packet of 24 bytes, no padding", "malformed", "",
	    ETH, IP4, FILL(0, 4), LIE(IP4, 9, 1, 6)),
	ROW("ip packet of 24 bytes, padded", "malformed", "",
	    ETH, IP4, FILL(0, 4), LIE(IP4, 9, 1, 6), PAD("0123456789012345678901")),
	ROW("ip packet of 24 bytes with udp", "malformed", "",
	    ETH, IP4, FILL(0, 4), LIE(IP4, 9, 1, 17)),

	/* other upper layers */
	ROW("ICMP", "not_tcp_udp", "", ETH, IP4, LIE(IP4, 9, 1, 1), TEXT("hello world")),
	ROW("ICMPv6", "not_tcp_udp", "", ETH, IP6, LIE(IP6, 6, 1, 58), TEXT("hello world")),
	ROW("SCTP", "not_tcp_udp", "", ETH, IP4, LIE(IP4, 9, 1, 132), TEXT("hello world")),
	ROW("ESP", "not_tcp_udp", "", ETH, IP6, LIE(IP6, 6, 1, 50), TEXT("hello world")),
	ROW("ipv6 without a next header", "not_tcp_udp", "", ETH, IP6, LIE(IP6, 6, 1, 59)),
	ROW("mobility header", "not_tcp_udp", "",
	    ETH, IP6, HOPOPTS(0), LIE(EXT, 0, 1, 135), FILL(0, 16)),
	ROW("upper layer 255", "not_tcp_udp", "", ETH, IP4, LIE(IP4, 9, 1, 255), SAY),

	/* fragments */
	ROW("ipv4: first fragment is read", IRC, ONE,
	    ETH, IP4, TCP(1, ACK), SAY, FRAGMENT(0, true)),
	ROW("ipv4: later fragment", "later_fragment", "",
	    ETH, IP4, TCP(1, ACK), SAY, FRAGMENT(8, true)),
	ROW("ipv4: last fragment", "later_fragment", "",
	    ETH, IP4, TCP(1, ACK), SAY, FRAGMENT(65528, false)),
	ROW("ipv4: the fragment offset's highest bit alone", "later_fragment", "",
	    ETH, IP4, TCP(1, ACK), SAY, FRAGMENT(32768, true)),
	ROW("ipv4: the fragment offset's lowest bit alone", "later_fragment", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 6, 2, 0x2001)),
	ROW("ipv4: do not fragment is no fragment", IRC, ONE,
	    ETH, IP4, TCP(1, ACK), SAY, LIE(IP4, 6, 2, 0x4000)),
	ROW("ipv4: first fragment of a longer datagram", CALL, ONE,
	    ETH, IP4, UDP, SIP, FRAGMENT(0, true), LIE(UDP, 4, 2, 4000)),
	ROW("twin: the same length in no fragment", "malformed", "",
	    ETH, IP4, UDP, SIP, LIE(UDP, 4, 2, 4000)),
	ROW("ipv4: later fragment of a tunnel", "later_fragment", "",
	    ETH, IP4, IP6, TCP(1, ACK), SAY, FRAGMENT(8, true)),
	ROW("ipv6: first fragment is read", IRC, ONE,
	    ETH, IP6, FRAG6, TCP(1, ACK), SAY, LIE(EXT, 2, 2, 1)),
	ROW("ipv6: atomic fragment is read", IRC, ONE, ETH, IP6, FRAG6, TCP(1, ACK), SAY),
	ROW("ipv6: later fragment", "later_fragment", "",
	    ETH, IP6, FRAG6, TCP(1, ACK), SAY, LIE(EXT, 2, 2, 8 | 1)),
	ROW("ipv6: last fragment", "later_fragment", "",
	    ETH, IP6, FRAG6, TCP(1, ACK), SAY, LIE(EXT, 2, 2, 0xfff8)),
	ROW("ipv6: reserved bits are no offset", IRC, ONE,
	    ETH, IP6, FRAG6, TCP(1, ACK), SAY, LIE(EXT, 2, 2, 6)),
	ROW("ipv6: first fragment of a longer datagram", CALL, ONE,
	    ETH, IP6, FRAG6, UDP, SIP, LIE(EXT, 2, 2, 1), LIE(UDP, 4, 2, 4000)),
	ROW("twin: atomic fragment with that length", "malformed", "",
	    ETH, IP6, FRAG6, UDP, SIP, LIE(UDP, 4, 2, 4000)),

	/* IPv6 extension headers, each sized by its own type */
	ROW("hop-by-hop", IRC, ONE, ETH, IP6, HOPOPTS(0), TCP(1, ACK), SAY),
	ROW("hop-by-hop of 24 bytes", IRC, ONE, ETH, IP6, HOPOPTS(2), TCP(1, ACK), SAY),
	ROW("routing of 24 bytes", IRC, ONE, ETH, IP6, ROUTING(2), TCP(1, ACK), SAY),
	ROW("destination options of 32 bytes", CALL, ONE, ETH, IP6, DSTOPTS(3), UDP, SIP),
	ROW("AH of 12 bytes", IRC, ONE, ETH, IP6, AH(1), TCP(1, ACK), SAY),
	ROW("AH of 24 bytes", IRC, ONE, ETH, IP6, AH(4), TCP(1, ACK), SAY),
	ROW("hop-by-hop, AH, fragment", IRC, ONE,
	    ETH, IP6, HOPOPTS(0), AH(4), FRAG6, TCP(1, ACK), SAY),
	ROW("fragment, AH, destination options", IRC, ONE,
	    ETH, IP6, FRAG6, AH(5), DSTOPTS(1), TCP(1, ACK), SAY),
	ROW("AH, routing, AH, hop-by-hop", CALL, ONE,
	    ETH, IP6, AH(2), ROUTING(3), AH(7), HOPOPTS(1), UDP, SIP),
	ROW("routing, fragment, hop-by-hop", IRC, ONE,
	    ETH, IP6, ROUTING(1), FRAG6, HOPOPTS(2), TCP(1, ACK), SAY),
	ROW("the fragment header's second byte is no length", IRC, ONE,
	    ETH, IP6, EXT(44, 5, 8), TCP(1, ACK), SAY),
	ROW("twin: AH counted in units of 8", "malformed", "",
	    ETH, IP6, EXT(51, 4, 40), LIE(EXT, 1, 1, 60), TCP(1, ACK), SAY),
	ROW("later fragment behind other headers", "later_fragment", "",
	    ETH, IP6, HOPOPTS(1), AH(4), FRAG6, TCP(1, ACK), SAY, LIE(EXT, 2, 2, 64)),
	ROW("8 extension headers", IRC, ONE,
	    ETH, IP6, HOPOPTS(0), DSTOPTS(0), ROUTING(0), FRAG6, AH(1), DSTOPTS(1), HOPOPTS(0),
	    AH(4), TCP(1, ACK), SAY),
	ROW("twin: 9 extension headers", "ext_too_long", "",
	    ETH, IP6, HOPOPTS(0), DSTOPTS(0), ROUTING(0), FRAG6, AH(1), DSTOPTS(1), HOPOPTS(0),
	    AH(4), DSTOPTS(0), TCP(1, ACK), SAY),
	ROW("8 extension headers before ICMPv6", "not_tcp_udp", "",
	    ETH, IP6, HOPOPTS(0), DSTOPTS(0), ROUTING(0), FRAG6, AH(1), DSTOPTS(1), HOPOPTS(0),
	    DSTOPTS(0), LIE(EXT, 0, 1, 58), FILL(0, 8)),
	ROW("7 extension headers", CALL, ONE,
	    ETH, IP6, HOPOPTS(0), DSTOPTS(0), ROUTING(0), FRAG6, AH(1), DSTOPTS(1), HOPOPTS(0),
	    UDP, SIP),
	ROW("extension header longer than the packet", "malformed", "",
	    ETH, IP6, HOPOPTS(0), TCP(1, ACK), SAY, LIE(EXT, 1, 1, 255)),
	ROW("extension header that ends with the packet", "malformed", "",
	    ETH, IP6, HOPOPTS(0), LIE(EXT, 0, 1, 6)),
	ROW("ipv6 length ends within an extension header", "malformed", "",
	    ETH, IP6, HOPOPTS(0), TCP(1, ACK), SAY, LIE(IP6, 4, 2, 7)),
	ROW("ipv6 length 0 without hop-by-hop", "malformed", "",
	    ETH, IP6, TCP(1, ACK), SAY, LIE(IP6, 4, 2, 0)),
	ROW("ipv6 length 0 with hop-by-hop: a jumbogram", IRC, ONE,
	    ETH, IP6, HOPOPTS(0), TCP(1, ACK), SAY, LIE(IP6, 4, 2, 0)),
	ROW("ipv6 length larger than the frame", "truncated irc content", ONE,
	    ETH, IP6, TCP(1, ACK), SAY, LIE(IP6, 4, 2, 40)),
	ROW("ipv6 length ends within the word", IRC, "",
	    ETH, IP6, TCP(1, ACK), SAY, LIE(IP6, 4, 2, 36)),
	ROW("ip version 4 in ipv6", "malformed", "",
	    ETH, IP6, TCP(1, ACK), SAY, LIE(IP6, 0, 1, 0x40)),

	/* TCP */
	ROW("12 bytes of tcp options", IRC, ONE, ETH, IP4, TCP_OPTIONS(1, ACK, 12), SAY),
	ROW("40 bytes of tcp options", IRC, ONE, ETH, IP6, TCP_OPTIONS(1, ACK, 40), SAY),
	ROW("ip and tcp options", IRC, ONE, ETH, IP4_OPTIONS(24), TCP_OPTIONS(1, ACK, 32), SAY),
	ROW("twin: options that doff does not tell of", OTHER, "",
	    ETH, IP4, TCP_OPTIONS(1, ACK, 12), TEXT("PRIVMSG #c :hallo\r\n"),
	    LIE(TCP, 12, 1, 0x50)),
	ROW("doff 0", "malformed", "", ETH, IP4, TCP(1, ACK), SAY, LIE(TCP, 12, 1, 0x00)),
	ROW("doff 4", "malformed", "", ETH, IP4, TCP(1, ACK), SAY, LIE(TCP, 12, 1, 0x40)),
	ROW("doff 10 of a packet with 19 bytes", "malformed", "",
	    ETH, IP4, TCP(1, ACK), SAY, LIE(TCP, 12, 1, 0xa0)),
	ROW("doff reaches the packet's end", "no_payload", "",
	    ETH, IP4, TCP(1, ACK), FILL('a', 8), LIE(TCP, 12, 1, 0x70)),
	ROW("FIN with payload", IRC, ONE, ETH, IP4, TCP(1, ACK | FIN), SAY),
	ROW("RST with payload", IRC, ONE, ETH, IP4, TCP(1, RST), SAY),
	ROW("SYN with payload", IRC, ONE, ETH, IP4, TCP(1, SYN), SAY),
	ROW("no flags at all", IRC, ONE, ETH, IP4, TCP(1, 0), SAY),

	/* UDP */
	ROW("udp length 0: up to the packet's end", CALL, ONE,
	    ETH, IP4, UDP, SIP, LIE(UDP, 4, 2, 0)),
	ROW("udp length 7", "malformed", "", ETH, IP4, UDP, SIP, LIE(UDP, 4, 2, 7)),
	ROW("udp length 8: no payload", "no_payload", "",
	    ETH, IP4, UDP, SIP, LIE(UDP, 4, 2, 8)),
	ROW("udp length 1 too large", "malformed", "",
	    ETH, IP4, UDP, TEXT("hello"), LIE(UDP, 4, 2, 14)),
	ROW("udp length ends within the word", CALL, "",
	    ETH, IP4, UDP, SIP, LIE(UDP, 4, 2, 39)),
	ROW("twin: udp length ends behind the word", CALL, ONE,
	    ETH, IP4, UDP, SIP, LIE(UDP, 4, 2, 40)),
	ROW("udp length larger than the cut frame, as ip's", "truncated sip content", ONE,
	    ETH, IP4, UDP, SIP, FILL('.', 40), CUT(75)),

	/* padding belongs to no packet */
	FLOW_ROW("60-byte frame, word in the padding of an ACK", "no_payload", "", "flows=0",
		 ETH, IP4, TCP(1, ACK), PAD("hello ")),
	FLOW_ROW("twin: the same bytes as payload", OTHER, "", "flows=1",
		 ETH, IP4, TCP(1, ACK), TEXT("hello ")),
	ROW("word goes on in the padding", IRC, "",
	    ETH, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hel"), PAD("lo world")),
	ROW("word in the padding of udp", CALL, "",
	    ETH, IP4, UDP, TEXT("MESSAGE sip:b@c SIP/2.0\r\n\r\nhel"), PAD("lo world")),
	ROW("word in the padding of ipv6", IRC, "",
	    ETH, IP6, TCP(1, ACK), TEXT("PRIVMSG #c :hel"), PAD("lo world")),
	ROW("word before the padding", IRC, ONE,
	    ETH, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hello"), PAD("\0\0world")),

	/* tunnels are not opened; near misses are no tunnels */
	ROW("IP in IP", "tunnel", "", ETH, IP4, IP4, TCP(1, ACK), SAY),
	ROW("6in4", "tunnel", "", ETH, IP4, IP6, TCP(1, ACK), SAY),
	ROW("4in6", "tunnel", "", ETH, IP6, IP4, TCP(1, ACK), SAY),
	ROW("6in6 behind an extension header", "tunnel", "",
	    ETH, IP6, DSTOPTS(0), IP6, TCP(1, ACK), SAY),
	ROW("GRE", "tunnel", "", ETH, IP4, GRE, IP4, TCP(1, ACK), SAY),
	ROW("GRE over ipv6", "tunnel", "", ETH, VLAN(7), IP6, GRE, IP6, TCP(1, ACK), SAY),
	ROW("VXLAN", "tunnel", "",
	    ETH, IP4, UDP, PORTS(40000, 4789), VXLAN(8), ETH, IP4, TCP(1, ACK), SAY),
	ROW("twin: port 4789 without the flag", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 4789), VXLAN(0), ETH, IP4, TCP(1, ACK), SAY),
	ROW("twin: the flag on port 4788", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 4788), VXLAN(8), ETH, IP4, TCP(1, ACK), SAY),
	ROW("twin: 4789 as the source port only", OTHER, "",
	    ETH, IP4, UDP, PORTS(4789, 40000), VXLAN(8), ETH, IP4, TCP(1, ACK), SAY),
	ROW("twin: reserved bits set", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 4789), VXLAN(8), LIE(VXLAN, 7, 1, 1), FILL(0, 20)),
	ROW("twin: chat on port 4789", CALL, ONE, ETH, IP4, UDP, PORTS(40000, 4789), SIP),
	ROW("twin: 7 bytes on port 4789", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 4789), FILL(8, 7)),
	ROW("GTP-U", "tunnel", "",
	    ETH, IP4, UDP, PORTS(40000, 2152), GTPU(0x30, 255), IP4, TCP(1, ACK), SAY),
	ROW("GTP-U with a sequence number, over ipv6", "tunnel", "",
	    ETH, IP6, UDP, PORTS(40000, 2152), GTPU(0x32, 255), FILL(0, 4), IP4, TCP(1, ACK),
	    SAY),
	ROW("twin: GTP-U echo request", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 2152), GTPU(0x32, 1), FILL(0, 4)),
	ROW("twin: GTP version 2", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 2152), GTPU(0x48, 255), FILL(0, 40)),
	ROW("twin: GTP-U length lies", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 2152), GTPU(0x30, 255), IP4, TCP(1, ACK), SAY,
	    LIE(GTPU, 2, 2, 58)),
	ROW("twin: GTP-U on port 2153", OTHER, "",
	    ETH, IP4, UDP, PORTS(40000, 2153), GTPU(0x30, 255), IP4, TCP(1, ACK), SAY),
	ROW("twin: GTP-U over tcp", OTHER, "",
	    ETH, IP4, TCP(1, ACK), PORTS(40000, 2152), GTPU(0x30, 255), FILL(0, 40)),
};

/* ------------------------------------------------------------ truncation */

static const struct step *const victims[] = {
	PACKET(ETH, IP4, TCP(1, ACK), SAY),
	PACKET(ETH, QINQ(1), VLAN(2), IP6, HOPOPTS(1), AH(4), FRAG6, TCP_OPTIONS(1, ACK, 12), SAY),
	PACKET(ETH, IP4_OPTIONS(8), UDP, SIP),
	PACKET(ETH, IP6, DSTOPTS(0), UDP, SIP),
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

/* ------------------------------------------------------------ linear part */

static __u64 repeat(char *text, size_t size, const char *start, const char *unit)
{
	size_t at = strlen(start), length = strlen(unit);
	__u64 words = 0;

	memcpy(text, start, at);
	for (; at + length <= size; at += length, words++)
		memcpy(text + at, unit, length);
	memset(text + at, '.', size - at);
	return words;
}

/* A frame whose linear part ends anywhere is the same frame. */
static void split_at(struct engine *engine, __u32 size, __u32 from, __u32 to, __u32 step)
{
	static char text[9000];
	__u64 words = repeat(text, size, "PRIVMSG #c :", "hello hell o ");
	struct packet_peers peers;
	struct fate fate;

	for (__u32 linear = from; linear <= to; linear += step) {
		peers = rig_peers(0);
		packet_build(PACKET(ETH, VLAN(9), IP6, HOPOPTS(0), TCP_OPTIONS(1, ACK, 12),
				    BYTES(text, size)), &peers, &rig.packet);
		if (linear > rig.packet.length)
			break;
		fate = fate_of_packet(engine, linear);
		assert_int_equal(fate.outcome, GL_OUT_SCANNED);
		assert_string_equal(rig_label(fate.protocol), "irc");
		assert_int_equal(fate.level, GL_LEVEL_CONTENT);
		assert_int_equal(fate.hits, words);
	}
}

static void split_everywhere(struct engine *engine)
{
	split_at(engine, 300, 14, 400, 1);
	split_at(engine, 8900, 14, 120, 3);
	split_at(engine, 8900, 340, 390, 1);
	split_at(engine, 8900, 3450, 3520, 1);
	split_at(engine, 8900, 150, 3520, 97);
}

static const struct trial trials[] = {
	{ "every prefix of a packet has one outcome", cut_victims, WORDS, GL_SCAN_CHAT, false },
	{ "the linear part ends anywhere", split_everywhere, WORDS, GL_SCAN_CHAT, true },
	{ "prefixes whose linear part ends anywhere", split_victims, WORDS, GL_SCAN_CHAT, true },
};

int main(void)
{
	return rig_main("parse", rows, COUNT(rows), trials, COUNT(trials));
}
