/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last two stages: nothing is ever dropped, a block-list word that was read is
 * counted as would_drop; each packet leaves once, through one row of each list.
 */
#include <errno.h>

#include "rig.h"

#define SAY "PRIVMSG #c :"	/* 12 bytes, recognised by itself */
#define IRC "scanned irc content"
#define STOP "scanned irc content would_drop"
#define SIP "MESSAGE sip:a SIP/2.0\r\n"

#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define DATAGRAM(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__))
#define APPDATA TEXT("\x17\x03\x03\x00\x20"), TEXT("hello world stop hello wo worldo")

#define ROW(title, what, count, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .hits = count, \
	  .words = "hello\nworld", .block = "stop\nhalt" }
#define ALL_ROW(title, what, count, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .hits = count, \
	  .words = "hello\nworld", .block = "stop\nhalt", .scan = GL_SCAN_ALL }

static const struct row rows[] = {
	/* verdicts */
	ROW("a word of the block list would be dropped, and passes", STOP, "stop 1 1 1",
	    UP(1, SAY "stop")),
	ROW("twin: a word of the watch list", IRC, "hello 1 1 1", UP(1, SAY "hello")),
	ROW("twin: no word at all", IRC, "", UP(1, SAY "stap")),
	ROW("words of both lists", STOP, "hello 1 1 1, stop 1 1 1", UP(1, SAY "hello stop")),
	ROW("in the other order", STOP, "hello 1 1 1, stop 1 1 1", UP(1, SAY "stop hello")),
	ROW("any case", STOP, "stop 2 1 1, halt 1 1 1", UP(1, SAY "STOP HALT Stop")),
	ROW("only the packet with the word", IRC ", " STOP ", " IRC, "stop 1 1 1",
	    UP(1, SAY), UP(13, "stop"), UP(17, "hallo")),
	ROW("only the packet in which the word ends", IRC ", " STOP, "stop 1 1 1",
	    UP(1, SAY "st"), UP(15, "op")),
	ROW("a retransmission of the word", STOP ", retransmission irc content", "stop 1 1 1",
	    UP(1, SAY "stop"), UP(1, SAY "stop")),
	ROW("what fills a gap", IRC ", 2x scanned_after_gap irc content", "",
	    UP(1, SAY), UP(17, "x"), UP(13, "stap")),
	ROW("what fills a gap and has the word", IRC ", scanned_after_gap irc content, "
	    "scanned_after_gap irc content would_drop", "stop 1 1 1",
	    UP(1, SAY), UP(17, "x"), UP(13, "stop")),
	ROW("a truncated packet with the word", "truncated irc content would_drop",
	    "stop 1 1 1", PACKET(ETH, IP4, TCP(1, ACK), TEXT(SAY "stop it"), CUT(54 + 16))),
	ROW("twin: truncated within the word", "truncated irc content", "",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT(SAY "stop it"), CUT(54 + 15))),
	ROW("never for what was not read",
	    "undecided unknown shape, not_selected http content, encrypted tls shape, "
	    "not_tcp_udp, no_payload, tunnel", "",
	    PACKET(ETH, IP4, UDP, PORTS(7, 7), TEXT("stop")), UP(1, "GET /stop HTTP/1.1\r\n"),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 443), APPDATA),
	    PACKET(ETH, IP4, LIE(IP4, 9, 1, 1), TEXT("stop")),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 9), PAD("stop")),
	    PACKET(ETH, IP4, IP4, UDP, TEXT("stop"))),
	ALL_ROW("all: the same, read", "scanned unknown shape would_drop, "
		"scanned http content would_drop, scanned tls shape would_drop, not_tcp_udp, "
		"no_payload, tunnel", "stop 3 3 3, hello 2 1 1, world 2 1 1",
		PACKET(ETH, IP4, UDP, PORTS(7, 7), TEXT("stop")),
		UP(1, "GET /stop HTTP/1.1\r\n"),
		PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 443), APPDATA),
		PACKET(ETH, IP4, LIE(IP4, 9, 1, 1), TEXT("stop")),
		PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 9), PAD("stop")),
		PACKET(ETH, IP4, IP4, UDP, TEXT("stop"))),
	{ .name = "a word of both lists is one of the first", .words = "hello",
	  .block = "HELLO\nstop", .packets = PACKETS(UP(1, SAY "hello"), UP(18, "stop")),
	  .expect = IRC ", " STOP, .hits = "hello 1 1 1, stop 1 1 1" },
	{ .name = "a block list alone", .block = "hello", .packets = PACKETS(UP(1, SAY "hello")),
	  .expect = STOP, .hits = "hello 1 1 1" },
	{ .name = "a block word within a watch word", .words = "hello", .block = "ell",
	  .packets = PACKETS(UP(1, SAY "hello")), .expect = STOP,
	  .hits = "hello 1 1 1, ell 1 1 1" },

	/* the law, over every outcome that one packet can bring about */
	ROW("every outcome once",
	    "scanned irc content, scanned_after_gap irc content, retransmission irc content, "
	    "not_selected http content, encrypted tls shape, undecided unknown shape, "
	    "no_payload irc absent, not_ip, not_tcp_udp, later_fragment, tunnel, vlan_too_deep, "
	    "truncated, malformed, ext_too_long, no_payload", "hello 1 1 1",
	    UP(1, SAY "hello"), UP(90, "x"), UP(1, SAY "hello"),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(1, 80), TEXT("GET / HTTP/1.1\r\n")),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(1, 443), APPDATA),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(1, 1), TEXT("hello")),
	    PACKET(ETH, IP4, TCP(91, ACK | FIN)),
	    PACKET(ETH, LIE(ETH, 12, 2, 0x0806), FILL(0, 28)),
	    PACKET(ETH, IP4, LIE(IP4, 9, 1, 1), FILL(0, 8)),
	    PACKET(ETH, IP4, UDP, TEXT("hello"), FRAGMENT(8, false)),
	    PACKET(ETH, IP4, GRE, IP4, UDP, TEXT("hello")),
	    PACKET(ETH, VLAN(1), VLAN(2), VLAN(3), IP4, UDP, TEXT("hello")),
	    PACKET(ETH, IP4, UDP, TEXT("hello"), CUT(30)),
	    PACKET(ETH, IP4, UDP, TEXT("hello"), LIE(UDP, 4, 2, 3)),
	    PACKET(ETH, IP6, HOPOPTS(0), HOPOPTS(0), HOPOPTS(0), HOPOPTS(0), HOPOPTS(0),
		   HOPOPTS(0), HOPOPTS(0), HOPOPTS(0), HOPOPTS(0), UDP, TEXT("hello")),
	    PACKET(ETH, IP4, UDP)),
	{ .name = "without a list", .packets = PACKETS(UP(1, SAY "hello")),
	  .expect = "no_words irc content" },
	ROW("a flow moves from row to row with its label", "2x undecided unknown shape, "
	    "scanned xmpp service, scanned xmpp content, encrypted xmpp protocol, "
	    "encrypted xmpp shape", "", UP(1, "<?xml version='1.0'?>"), BACK(1, " "),
	    UP(22, "<stream:stream xmlns='jabber:client'>"), BACK(2, "<message to='a'>"),
	    PACKET(ETH, IP4, TCP(59, ACK), TEXT("\x16\x03\x01\x00\x60\x01\x00\x00\x5c\x03\x03"),
		   FILL('r', 32), TEXT("\x20"), FILL('s', 57)),
	    PACKET(ETH, IP4, TCP(160, ACK), APPDATA)),

	/* bytes */
	ROW("bytes on the wire, not of the capture", "truncated sip content", "hello 1 1 1",
	    PACKET(ETH, IP4, UDP, TEXT(SIP "hello"), FILL('.', 20000), CUT(100))),
	ROW("twin: bytes of a short frame", "truncated sip content", "hello 1 1 1",
	    PACKET(ETH, IP4, UDP, TEXT(SIP "hello"), FILL('.', 20000), SHORT(100))),
	ROW("padding is counted", "no_payload", "", PACKET(ETH, IP4, UDP, PAD("123456789012345678"))),
	ROW("a capture of 10 bytes", "truncated", "",
	    PACKET(ETH, IP4, UDP, TEXT(SIP "hello"), CUT(10))),
	ROW("a frame of 14 bytes", "not_ip", "", PACKET(ETH)),
	ROW("a frame of 14 bytes that calls itself ipv4", "truncated", "",
	    PACKET(ETH, LIE(ETH, 12, 2, 0x0800))),
	ROW("a frame of 65535 bytes", "scanned sip content", "hello 1 1 1, world 1 1 1",
	    PACKET(ETH, IP4, UDP, TEXT(SIP "hello"), FILL('.', 65535 - 42 - 23 - 10),
		   TEXT("world"))),
};

/* ------------------------------------------------------------ trials */

/* Counts of a packet that the capture gave a link header of its own. */
static void added_link(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	struct snapshot before, after;
	struct gl_replay replay = { 0 };

	packet_build(UP(1, SAY "hello"), &peers, &rig.packet);
	replay.wire_len = rig.packet.length;
	replay.link_added = 14;
	replay.number = ++rig.number;
	rig_read(engine, &before);
	assert_int_equal(engine_run(engine, rig.packet.frame, rig.packet.length, 0, &replay), 0);
	rig_read(engine, &after);
	assert_int_equal(after.total.seen_bytes - before.total.seen_bytes,
			 rig.packet.length - 14);
	assert_int_equal(after.total.outcome[GL_OUT_SCANNED].bytes -
			 before.total.outcome[GL_OUT_SCANNED].bytes, rig.packet.length - 14);
	snapshot_free(&before);
	snapshot_free(&after);
}

/* Looking changes nothing. */
static void read_twice(struct engine *engine)
{
	struct snapshot one, two;

	rig_read(engine, &one);
	rig_read(engine, &two);
	assert_memory_equal(&one.total, &two.total, sizeof(one.total));
	assert_int_equal(one.flow_count, two.flow_count);
	snapshot_free(&one);
	snapshot_free(&two);
}

/* The check that every row ends with does see a counter that is off by one. */
static void broken_law_is_seen(struct engine *engine)
{
	struct snapshot snapshot;
	struct gl_total *total = &snapshot.total, good;
	__u64 *const counters[] = {
		&total->seen_packets, &total->seen_bytes, &total->outcome[GL_OUT_SCANNED].packets,
		&total->outcome[GL_OUT_TUNNEL].bytes, &total->verdict[GL_VERDICT_PASS].packets,
		&total->verdict[GL_VERDICT_WOULD_DROP].bytes, &total->protocol[3].packets,
		&total->protocol[0].bytes, &total->exposure[GL_LEVEL_ABSENT].packets,
		&total->exposure[GL_LEVEL_CONTENT].bytes,
	};
	char text[256];

	rig_read(engine, &snapshot);
	good = *total;
	log_set_level(LOG_SILENT);
	for (size_t i = 0; i < COUNT(counters); i++) {
		++*counters[i];
		assert_int_equal(snapshot_check(&snapshot), -EIO);
		rig_compare(&good, total, text, sizeof(text));
		assert_true(*text);
		--*counters[i];
		assert_int_equal(snapshot_check(&snapshot), 0);
	}
	log_set_level(LOG_NOTES);
	rig_compare(&good, total, text, sizeof(text));
	assert_string_equal(text, "");
	snapshot_free(&snapshot);
}

/* ------------------------------------------------------------ both engines */

static const struct step *const mixture[] = {
	UP(1, SAY "hello stop"), BACK(1, ":s 001 al :world"), UP(23, "wor"), UP(26, "ld"),
	UP(90, "late"), UP(28, "hello"), UP(1, SAY), PACKET(ETH, IP4, TCP(94, ACK | FIN)),
	PACKET(ETH, IP6, HOPOPTS(0), UDP, TEXT(SIP "hello")),
	PACKET(ETH, IP6, HOPOPTS(0), UDP, TEXT("OPTIONS sip:a SIP/2.0\r\n"), DOWN),
	PACKET(ETH, VLAN(5), IP4, TCP(1, ACK), APPDATA),
	PACKET(ETH, VLAN(5), IP4, TCP(38, ACK), FILL('e', 1000), CUT(500)),
	PACKET(ETH, VLAN(5), IP4, TCP(1038, ACK), TEXT("x"), AT(5000)),
	PACKET(ETH, QINQ(5), VLAN(6), IP4, UDP, TEXT("hello"), PORTS(9, 9), DOWN),
	PACKET(ETH, IP4, TCP(0, SYN), PORTS(1, 1)),
};

static struct {
	__u64 number, now_ms;
	__u16 peers;
	struct snapshot snapshot;
	struct gl_total before;
} natively;

static void subtract(struct gl_total *after, const struct gl_total *before)
{
	__u64 *to = (__u64 *)after;
	const __u64 *from = (const __u64 *)before;

	/* Row names share a word with nothing, and are equal in both. */
	for (size_t i = 0; i < sizeof(*after) / sizeof(*to); i++)
		to[i] -= from[i];
}

static struct snapshot_flow *flows_since(struct snapshot *snapshot, __u64 since, size_t *count)
{
	size_t i = 0;

	while (i < snapshot->flow_count && snapshot->flows[i].flow.first <= since)
		i++;
	*count = snapshot->flow_count - i;
	return snapshot->flows + i;
}

static void compare_flows(struct snapshot *a, struct snapshot *b, __u64 since)
{
	size_t count, other;
	struct snapshot_flow *left = flows_since(a, since, &count);
	struct snapshot_flow *right = flows_since(b, since, &other);

	assert_int_equal(count, 4);
	assert_int_equal(other, 4);
	for (size_t i = 0; i < count; i++) {
		assert_true(left[i].flow.born && right[i].flow.born);
		left[i].flow.born = right[i].flow.born = 0;
		for (int dir = 0; dir < 2; dir++) {
			/* the two lists were loaded a different number of times */
			left[i].flow.dir[dir].word_generation = 0;
			right[i].flow.dir[dir].word_generation = 0;
		}
		assert_memory_equal(&left[i].key, &right[i].key, sizeof(left[i].key));
		assert_memory_equal(&left[i].flow, &right[i].flow, sizeof(left[i].flow));
	}
}

/* The same frames leave the same counters and the same flow entries, bit by bit. */
static void engines_agree(struct engine *engine)
{
	bool native = !strcmp(engine_name(engine), "native");
	struct packet_peers peers;
	struct snapshot before, after;
	static struct rig saved;

	saved = rig;
	if (native) {
		natively.number = rig.number;
		natively.now_ms = rig.now_ms;
		natively.peers = rig.peers;
	} else {
		rig.number = natively.number;
		rig.now_ms = natively.now_ms;
		rig.peers = natively.peers;
	}
	peers = rig_peers(0);
	rig_read(engine, &before);
	for (size_t i = 0; i < COUNT(mixture); i++) {
		packet_build(mixture[i], &peers, &rig.packet);
		rig_send(engine);
	}
	rig_read(engine, &after);
	subtract(&after.total, &before.total);
	snapshot_free(&before);
	if (native) {
		natively.snapshot = after;
		return;
	}
	/* done and start are not part of a sum over CPUs */
	after.total.done = natively.snapshot.total.done;
	after.total.start = natively.snapshot.total.start;
	assert_memory_equal(&after.total, &natively.snapshot.total, sizeof(after.total));
	compare_flows(&natively.snapshot, &after, natively.number);
	snapshot_free(&after);
	rig.number = saved.number;
	rig.now_ms = saved.now_ms;
	rig.peers = saved.peers;
}

static const struct trial trials[] = {
	{ "a synthetic link header is not counted", added_link, "hello", GL_SCAN_CHAT, false },
	{ "reading changes nothing", read_twice, "hello", GL_SCAN_CHAT, false },
	{ "a broken law is seen", broken_law_is_seen, "hello", GL_SCAN_CHAT, false },
	{ "both engines agree", engines_agree, "hello\nworld\nstop", GL_SCAN_CHAT, false },
};

int main(void)
{
	int failed = rig_main("verdict, count", rows, COUNT(rows), trials, COUNT(trials));

	snapshot_free(&natively.snapshot);
	return failed;
}
