/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets to flow entries: one for both directions, made by payload only; what
 * is new in a TCP segment, what was seen, what is missing. Words show which bytes
 * were read, and how often.
 */
#include "rig.h"

#define WORDS "hello\nworld"
#define SAY "PRIVMSG #c :"	/* 12 bytes, recognised by itself */
#define IRC "scanned irc content"
#define AGAIN "retransmission irc content"
#define GAP "scanned_after_gap irc content"
#define BARE "no_payload irc absent"

#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define UP_AT(ms, seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), AT(ms))
#define BACK_AT(ms, seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), AT(ms), DOWN)
#define BIT(seq, flags) PACKET(ETH, IP4, TCP(seq, flags))
#define BIT_BACK(seq, flags) PACKET(ETH, IP4, TCP(seq, flags), DOWN)

#define ROW(title, what, count, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = WORDS, \
	  .hits = count, .flow = entry }

static const struct row rows[] = {
	/* entries */
	ROW("both directions are one entry", "2x " IRC, "hello 2 2 1",
	    "flows=1 packets=1/1 hits=1/1 first=up client=up basis=bytes",
	    UP(1, SAY "hello\r\n"), BACK(1, ":s 001 a :hello\r\n")),
	ROW("twin: another client port is another entry", "2x " IRC, "hello 2 2 2", "flows=2",
	    UP(1, SAY "hello\r\n"),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(40001, 6667), TEXT(SAY "hello\r\n"))),
	ROW("the server's payload comes first", "3x no_payload, " IRC ", " IRC, "hello 1 1 1",
	    "flows=1 packets=1/1 first=down",
	    BIT(0, SYN), BIT_BACK(0, SYN | ACK), BIT(1, ACK),
	    BACK(1, ":s NOTICE * :hi\r\n"), UP(1, SAY "hello\r\n")),
	ROW("equal ports at both ends", "2x " IRC, "hello 2 2 1", "flows=1 packets=1/1",
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(5000, 5000), TEXT(SAY "hello")),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(5000, 5000), TEXT(SAY "hello"), DOWN)),
	ROW("ipv6: both directions are one entry", "2x " IRC, "hello 2 2 1",
	    "flows=1 packets=1/1", PACKET(ETH, IP6, TCP(1, ACK), TEXT(SAY "hello")),
	    PACKET(ETH, IP6, TCP(1, ACK), TEXT(SAY "hello"), DOWN)),
	ROW("a SYN flood makes no entry", "6x no_payload", "", "flows=0",
	    PACKET(ETH, IP4, TCP(7, SYN), PORTS(1, 6667)),
	    PACKET(ETH, IP4, TCP(8, SYN), PORTS(2, 6667)),
	    PACKET(ETH, IP4, TCP(9, SYN), PORTS(3, 6667)),
	    PACKET(ETH, IP6, TCP(9, SYN), PORTS(3, 6667)),
	    PACKET(ETH, VLAN(3), IP4, TCP(9, SYN), PORTS(3, 6667)),
	    PACKET(ETH, IP4, TCP(9, SYN | ACK), PORTS(3, 6667), DOWN)),
	ROW("twin: a SYN with payload makes one", IRC, "hello 1 1 1", "flows=1",
	    PACKET(ETH, IP4, TCP(0, SYN), TEXT(SAY "hello"))),
	ROW("an ACK counts for the label once there is an entry",
	    "no_payload, " IRC ", 2x " BARE, "hello 1 1 1", "flows=1 packets=2/1 events=1/0",
	    BIT(1, ACK), UP(1, SAY "hello"), BIT_BACK(1, ACK), BIT(18, FIN | ACK)),
	ROW("an ACK of an undecided flow", "undecided unknown shape, no_payload unknown absent",
	    "", "flows=1 packets=1/1", UP(1, "hello"), BIT_BACK(1, ACK)),
	ROW("VLANs separate flows", "3x " IRC, "hello 3 3 3", "flows=3", UP(1, SAY "hello"),
	    PACKET(ETH, VLAN(1), IP4, TCP(1, ACK), TEXT(SAY "hello")),
	    PACKET(ETH, VLAN(2), IP4, TCP(1, ACK), TEXT(SAY "hello"))),
	ROW("a word is not joined over VLANs", IRC ", undecided unknown shape", "", "flows=2",
	    PACKET(ETH, VLAN(1), IP4, TCP(1, ACK), TEXT(SAY "hel")),
	    PACKET(ETH, VLAN(2), IP4, TCP(16, ACK), TEXT("lo"))),
	ROW("twin: a word in one VLAN", "2x " IRC, "hello 1 1 1", "flows=1 vlan=1/ffff",
	    PACKET(ETH, VLAN(1), IP4, TCP(1, ACK), TEXT(SAY "hel")),
	    PACKET(ETH, VLAN(1), IP4, TCP(16, ACK), TEXT("lo"))),
	ROW("the outer and the inner tag are not exchangeable", "2x " IRC, "hello 2 2 2",
	    "flows=2", PACKET(ETH, QINQ(1), VLAN(2), IP4, TCP(1, ACK), TEXT(SAY "hello")),
	    PACKET(ETH, QINQ(2), VLAN(1), IP4, TCP(1, ACK), TEXT(SAY "hello"))),
	ROW("tcp and udp, ipv4 and ipv6 are four flows",
	    IRC ", scanned sip content, " IRC ", scanned sip content", "hello 4 4 4", "flows=4",
	    UP(1, SAY "hello"),
	    PACKET(ETH, IP4, UDP, TEXT("MESSAGE sip:a SIP/2.0\r\nhello")),
	    PACKET(ETH, IP6, TCP(1, ACK), TEXT(SAY "hello")),
	    PACKET(ETH, IP6, UDP, TEXT("MESSAGE sip:a SIP/2.0\r\nhello"))),
	ROW("first fragments count for their flow", "2x " IRC, "hello 1 1 1",
	    "flows=1 packets=2/0", UP(1, SAY "hel"),
	    PACKET(ETH, IP4, TCP(16, ACK), TEXT("lo"), FRAGMENT(0, true))),

	/* events */
	ROW("499 ms apart is one event", "2x " IRC, "", "events=1/0",
	    UP_AT(0, 1, SAY), UP_AT(499, 13, "x")),
	ROW("500 ms apart are two", "2x " IRC, "", "events=2/0",
	    UP_AT(0, 1, SAY), UP_AT(500, 13, "x")),
	ROW("501 ms apart are two", "2x " IRC, "", "events=2/0",
	    UP_AT(0, 1, SAY), UP_AT(501, 13, "x")),
	ROW("a long train of packets is one event", "4x " IRC, "", "events=1/0",
	    UP_AT(0, 1, SAY), UP_AT(400, 13, "x"), UP_AT(800, 14, "x"), UP_AT(1200, 15, "x")),
	ROW("each direction has its own", "4x " IRC, "", "events=1/2",
	    UP_AT(0, 1, SAY), BACK_AT(100, 1, "x"), UP_AT(450, 13, "x"), BACK_AT(601, 2, "x")),
	ROW("an ACK prolongs no event", IRC ", " BARE ", " IRC, "", "events=2/0",
	    UP_AT(0, 1, SAY), PACKET(ETH, IP4, TCP(13, ACK), AT(300)), UP_AT(600, 13, "x")),
	ROW("twin: payload does", "3x " IRC, "", "events=1/0",
	    UP_AT(0, 1, SAY), UP_AT(300, 13, "x"), UP_AT(600, 14, "x")),
	ROW("a capture that steps back in time", "2x " IRC, "", "events=1/0",
	    UP_AT(900, 1, SAY), UP_AT(100, 13, "x")),

	/* seen before */
	ROW("retransmission", IRC ", " AGAIN, "hello 1 1 1", "packets=2/0 hits=1/0 gap=no",
	    UP(1, SAY "hello"), UP(1, SAY "hello")),
	ROW("twin: the same bytes further on", "2x " IRC, "hello 2 2 1", "hits=2/0 gap=no",
	    UP(1, SAY "hello"), UP(18, SAY "hello")),
	ROW("retransmission of a part", IRC ", " AGAIN ", " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hel"), UP(4, "VMSG"), UP(16, "lo")),
	ROW("retransmission changes no state", IRC ", " AGAIN ", " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hel"), UP(1, SAY "xxx"), UP(16, "lo")),
	ROW("keepalive", IRC ", " AGAIN ", " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hel"), UP(15, "\0"), UP(16, "lo")),
	ROW("a bare ACK in the middle of a word", IRC ", 2x " BARE ", " IRC, "hello 1 1 1",
	    "gap=no", UP(1, SAY "hel"), BIT(16, ACK), BIT_BACK(1, ACK), UP(16, "lo")),
	ROW("overlap: the new bytes go on", "2x " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hel"), UP(13, "hello")),
	ROW("overlap: the first copy wins", "2x " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hel"), UP(13, "xxxlo")),
	ROW("twin: without overlap they would not", "2x " IRC, "", "gap=no",
	    UP(1, SAY "hel"), UP(16, "xxxlo")),
	ROW("overlap: the second copy does not hide a word", "2x " IRC, "", "gap=no",
	    UP(1, SAY "hex"), UP(13, "hello")),
	ROW("overlap counts nothing twice", "2x " IRC, "hello 1 1 1, world 1 1 1", "hits=2/0",
	    UP(1, SAY "hello"), UP(13, "hello world")),
	ROW("overlap by one byte", "2x " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hello"), UP(17, "ohell")),
	ROW("directions do not know each other's numbers", "3x " IRC, "hello 1 1 1", "hits=1/0",
	    UP(1, SAY "hel"), BACK(16, "lo"), UP(16, "lo")),

	/* missing */
	ROW("gap", IRC ", " GAP, "", "gaps=1/0 gap=yes", UP(1, SAY "hel"), UP(17, "lo")),
	ROW("twin: no gap", "2x " IRC, "hello 1 1 1", "gaps=0/0 gap=no",
	    UP(1, SAY "hel"), UP(16, "lo")),
	ROW("a word behind a gap", IRC ", " GAP ", " IRC, "hello 1 1 1, world 1 1 1",
	    "gaps=1/0 gap=yes", UP(1, SAY), UP(100, "hello wor"), UP(109, "ld")),
	ROW("two gaps", IRC ", 2x " GAP, "hello 2 2 1", "gaps=2/0 gap=yes",
	    UP(1, SAY), UP(100, "hello"), UP(200, "hello")),
	ROW("a gap of the server's direction", "2x " IRC ", " GAP, "world 1 1 1",
	    "gaps=0/1 gap=yes", UP(1, SAY), BACK(1, "x"), BACK(9, "world")),
	ROW("gap filled late: read by itself", IRC ", 2x " GAP, "hello 1 1 1", "gaps=1/0",
	    UP(1, SAY), UP(18, " x\r\n"), UP(13, "hello")),
	ROW("filled once, then it is seen", IRC ", 2x " GAP ", " AGAIN, "hello 1 1 1",
	    "gaps=1/0", UP(1, SAY), UP(18, " x\r\n"), UP(13, "hello"), UP(13, "hello")),
	ROW("gap filled from the front", IRC ", 3x " GAP ", 2x " AGAIN,
	    "hello 1 1 1, world 1 1 1", "gaps=1/0", UP(1, SAY), UP(23, " x\r\n"),
	    UP(13, "hello"), UP(18, "world"), UP(13, "hello"), UP(18, "world")),
	ROW("gap filled from behind", IRC ", 3x " GAP ", 2x " AGAIN,
	    "hello 1 1 1, world 1 1 1", "gaps=1/0", UP(1, SAY), UP(23, " x\r\n"),
	    UP(18, "world"), UP(13, "hello"), UP(13, "hello"), UP(18, "world")),
	ROW("what fills a gap is joined with neither side", IRC ", 2x " GAP, "", "gaps=1/0",
	    UP(1, SAY "hel"), UP(18, "rld"), UP(16, "lowo")),
	ROW("what fills a gap and reaches on is read up to its end",
	    IRC ", 2x " GAP ", " AGAIN, "hello 1 1 1", "gaps=1/0",
	    UP(1, SAY), UP(18, "w rld x"), UP(13, "helloworld"), UP(13, "helloworld")),
	ROW("what fills a gap and begins before it is read from there",
	    IRC ", 2x " GAP ", " AGAIN, "hello 1 1 1, world 1 1 1", "gaps=1/0",
	    UP(1, SAY "hello"), UP(23, "x"), UP(13, "heworworld"), UP(13, "heworworld")),
	ROW("what lies before the gap is not read again", IRC ", 2x " GAP,
	    "hello 1 1 1, world 1 1 1", "gaps=1/0",
	    UP(1, SAY "hello"), UP(23, "x"), UP(13, "helloworld")),
	ROW("what covers a gap", IRC ", 2x " GAP ", " AGAIN, "hello 1 1 1", "gaps=1/0",
	    UP(1, SAY "x"), UP(19, "w rld x"), UP(11, ": xhelloworld"),
	    UP(11, ": xhelloworld")),
	ROW("what ends where the gap begins was seen", IRC ", " GAP ", " AGAIN, "", "gaps=1/0",
	    UP(1, SAY "x"), UP(19, "y"), UP(11, ":xx")),
	ROW("what begins where the gap ends was seen", IRC ", " GAP ", " AGAIN, "", "gaps=1/0",
	    UP(1, SAY "x"), UP(19, "yy"), UP(19, "y")),
	ROW("what fills a gap does not disturb the stream", IRC ", 2x " GAP ", " IRC,
	    "hello 1 1 1, world 1 1 1", "gaps=1/0",
	    UP(1, SAY), UP(18, "wor"), UP(13, "hello"), UP(21, "ld")),
	ROW("bytes before the gap stay seen", IRC ", " GAP ", " AGAIN, "hello 1 1 1", "gaps=1/0",
	    UP(1, SAY "hello"), UP(30, "x"), UP(13, "hello")),
	ROW("the second segment is seen first", IRC ", " GAP ", " AGAIN, "hello 1 1 1",
	    "gaps=0/0 gap=yes", UP(20, SAY), UP(1, SAY "hello x"), UP(1, SAY "hello x")),
	ROW("the third, the second, the first", IRC ", 2x " GAP ", 2x " AGAIN,
	    "hello 1 1 1, world 1 1 1", "gaps=0/0 gap=yes", UP(23, SAY), UP(18, "hello"),
	    UP(13, "world"), UP(13, "worldhello"), UP(18, "hello")),
	ROW("a segment cut by the capture leaves a gap", "truncated irc content, " GAP, "",
	    "gaps=1/0 gap=yes",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT(SAY "hello"), CUT(54 + 15)), UP(18, "lo")),
	ROW("a cut frame's sent bytes are read when sent again",
	    "truncated irc content, " IRC, "hello 1 1 1", "gaps=0/0",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT(SAY "hello"), CUT(54 + 15)),
	    UP(1, SAY "hello")),

	/* sequence numbers wrap */
	ROW("wrap between segments", "2x " IRC, "hello 1 1 1", "gap=no",
	    UP(0xfffffff1, SAY "hel"), UP(0, "lo")),
	ROW("wrap within a word", "2x " IRC, "hello 1 1 1", "gap=no",
	    UP(0xfffffff2, SAY), UP(0xfffffffe, "hello")),
	ROW("retransmission over the wrap", IRC ", " AGAIN, "hello 1 1 1", "gap=no",
	    UP(0xfffffff8, SAY "hello"), UP(0xfffffff8, SAY "hello")),
	ROW("overlap over the wrap", "2x " IRC, "hello 1 1 1", "gap=no",
	    UP(0xfffffff1, SAY "hel"), UP(0xfffffffd, "xxxlo")),
	ROW("gap over the wrap, filled late", IRC ", 2x " GAP, "hello 1 1 1", "gaps=1/0",
	    UP(0xfffffff1, SAY), UP(2, "x"), UP(0xfffffffd, "hello")),

	/* a new connection with the same addresses and ports */
	ROW("a new SYN starts afresh", IRC ", " BARE ", " IRC, "", "flows=1 gaps=0/0 gap=no",
	    UP(1, SAY "hel"), BIT(5000, SYN), UP(5001, "lo")),
	ROW("twin: without it there is a gap", IRC ", " GAP, "", "flows=1 gaps=1/0 gap=yes",
	    UP(1, SAY "hel"), UP(5001, "lo")),
	ROW("a new SYN below the old numbers", IRC ", " BARE ", " IRC, "hello 1 1 1", "gaps=0/0",
	    UP(90000, SAY), BIT(0, SYN), UP(1, "hello")),
	ROW("twin: without it they came late", IRC ", " GAP, "hello 1 1 1", "gaps=0/0",
	    UP(90000, SAY), UP(1, "hello")),
	ROW("a new SYN forgets the old gap", IRC ", " GAP ", " BARE ", 2x " IRC ", " AGAIN,
	    "hello 1 1 1", "gaps=1/0",
	    UP(1, SAY), UP(18, "x"), BIT(0, SYN), UP(1, SAY), UP(13, "hello"), UP(13, "hello")),
	ROW("a SYN with payload takes one number itself", "2x " IRC, "hello 1 1 1", "gap=no",
	    PACKET(ETH, IP4, TCP(100, SYN), TEXT(SAY "hel")), UP(101 + 15, "lo")),
	ROW("the server's SYN leaves the client's direction alone",
	    IRC ", " BARE ", " IRC, "hello 1 1 1", "gap=no",
	    UP(1, SAY "hel"), BIT_BACK(5000, SYN | ACK), UP(16, "lo")),

	/* datagrams are no stream */
	ROW("a word is not joined over datagrams", "2x scanned sip content", "", "flows=1",
	    PACKET(ETH, IP4, UDP, TEXT("MESSAGE sip:a SIP/2.0\r\nhel")),
	    PACKET(ETH, IP4, UDP, TEXT("lo"))),
	ROW("twin: a datagram sent twice is two", "2x scanned sip content", "hello 2 2 1",
	    "flows=1 packets=2/0",
	    PACKET(ETH, IP4, UDP, TEXT("MESSAGE sip:a SIP/2.0\r\nhello")),
	    PACKET(ETH, IP4, UDP, TEXT("MESSAGE sip:a SIP/2.0\r\nhello"))),
};

/* ------------------------------------------------------------ trials */

/* Sends text in segments of size bytes after a message that is recognised. */
static __u64 hits_of_stream(struct engine *engine, const char *text, size_t size)
{
	struct packet_peers peers = rig_peers(0);
	__u32 seq = 0xffffff00; /* wraps on the way */
	__u64 before = rig_hits(engine, "hello") + rig_hits(engine, "world");
	size_t length = strlen(text);

	rig_segment(engine, &peers, false, seq, SAY, 12);
	seq += 12;
	for (size_t at = 0; at < length; at += size) {
		size_t n = length - at < size ? length - at : size;

		rig_segment(engine, &peers, false, seq, text + at, n);
		seq += n;
	}
	return rig_hits(engine, "hello") + rig_hits(engine, "world") - before;
}

static void segments_of_any_size(struct engine *engine)
{
	static char text[1200];
	__u64 words = 0;

	for (size_t at = 0; at + 12 < sizeof(text); words += 2, at += 12)
		memcpy(text + at, "helloworld h", 12);
	for (size_t size = 1; size <= 40; size++)
		assert_int_equal(hits_of_stream(engine, text, size), words);
	assert_int_equal(hits_of_stream(engine, text, 700), words);
	assert_int_equal(hits_of_stream(engine, "hellwororld hel lo", 1), 0);
}

/* Each segment of a stream again, and behind the next one: nothing counts twice. */
static void repeated_and_overtaken(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	__u64 before = rig_hits(engine, "hello");
	__u32 seq = 1;

	rig_segment(engine, &peers, false, seq, SAY, 12);
	seq += 12;
	for (int i = 0; i < 50; i++) {
		rig_segment(engine, &peers, false, seq + 6, "hello ", 6); /* overtakes */
		rig_segment(engine, &peers, false, seq, "hello ", 6);
		rig_segment(engine, &peers, false, seq, "hello ", 6);	  /* again */
		rig_segment(engine, &peers, false, seq, "hello hello ", 12);
		seq += 12;
	}
	assert_int_equal(rig_hits(engine, "hello") - before, 100);
}

/* A capture may begin at time 0. */
static void time_zero(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	struct gl_replay replay = { .number = ++rig.number };

	packet_build(UP(1, SAY), &peers, &rig.packet);
	replay.wire_len = rig.packet.length;
	assert_int_equal(engine_run(engine, rig.packet.frame, rig.packet.length, 0, &replay), 0);
	assert_int_equal(rig_last_flow(engine, rig.number - 1).flow.dir[0].events, 1);
}

static const struct trial trials[] = {
	{ "a first packet at time 0 is an event", time_zero, WORDS, GL_SCAN_CHAT, false },
	{ "segments of any size", segments_of_any_size, WORDS, GL_SCAN_CHAT, false },
	{ "repeated and overtaken segments", repeated_and_overtaken, WORDS, GL_SCAN_CHAT, false },
};

int main(void)
{
	return rig_main("flow", rows, COUNT(rows), trials, COUNT(trials));
}
