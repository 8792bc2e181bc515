/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Only who asks for it filters, and then a packet is dropped for one reason: a word
 * of the block list was read in clear in it. A dropped segment did not happen, so it
 * is read and dropped again when it is sent again, and its hits are counted once.
 */
#include <dirent.h>

#include "../../user/capture.h"
#include "../../user/engine.h"

/* The rig expects every packet to pass; here the hook's answers are noted. */
static struct {
	__u32 packets;
	bool dropped[64];
	__u64 drops;
} answers;

static int run_and_note(struct engine *engine, const void *frame, __u32 length, __u32 linear,
			const struct gl_replay *replay)
{
	int answer = engine_run(engine, frame, length, linear, replay);

	if (answer < 0 || answer > 1)
		return answer;
	answers.dropped[answers.packets++ % 64] = answer;
	answers.drops += answer;
	return 0;
}

#define engine_run run_and_note
#include "rig.h"
#undef engine_run

#define SAY "PRIVMSG #c :"	/* 12 bytes, recognised by itself */
#define IRC "scanned irc content"
#define DROP IRC " drop"
#define GAP "scanned_after_gap irc content"
#define GAP_DROP GAP " drop"
#define AGAIN "retransmission irc content"
#define SIP "MESSAGE sip:a SIP/2.0\r\n"
#define CALL "scanned sip content"

#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define BIT(seq, flags) PACKET(ETH, IP4, TCP(seq, flags))
#define DATAGRAM(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__))
#define APPDATA TEXT("\x17\x03\x03\x00\x20"), TEXT("hello world stop hello wo worldo")

/* 8 datagrams that nothing recognises; the 8th makes the direction given up on. */
#define EIGHT DATAGRAM("1"), DATAGRAM("2"), DATAGRAM("3"), DATAGRAM("4"), DATAGRAM("5"), \
	DATAGRAM("6"), DATAGRAM("7"), DATAGRAM("8")

#define WATCH "hello\nworld"
#define BLOCK "stop\nhalt"

#define MODE_ROW(mode, title, what, count, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .hits = count, \
	  .flow = entry, .words = WATCH, .block = BLOCK, .scan = mode }
#define ROW(...) MODE_ROW(GL_SCAN_CHAT, __VA_ARGS__)

/* ------------------------------------------------------------ not asked for */

static const struct row counting[] = {
	ROW("not asked: a word of the block list passes", IRC ", " IRC " would_drop, " AGAIN,
	    "stop 1 1 1", "hits=1/0", UP(1, SAY), UP(13, "stop"), UP(13, "stop")),
	ROW("not asked: datagrams pass", CALL " would_drop, " CALL, "stop 1 1 1, hello 1 1 1",
	    "flows=1", DATAGRAM(SIP "stop"), DATAGRAM(SIP "hello")),
	MODE_ROW(GL_SCAN_ALL, "not asked: all that is read passes",
		 "scanned unknown shape would_drop, scanned http content would_drop, "
		 "scanned tls shape would_drop", "stop 3 3 3, hello 2 1 1, world 2 1 1", "flows=3",
		 PACKET(ETH, IP4, UDP, PORTS(7, 7), TEXT("stop")),
		 UP(1, "GET /stop HTTP/1.1\r\n"),
		 PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 443), APPDATA)),
};

/* ------------------------------------------------------------ asked for */

static const struct row rows[] = {
	/* which packets */
	ROW("a word of the block list", DROP, "stop 1 1 1", "hits=1/0", UP(1, SAY "stop")),
	ROW("twin: of the watch list", IRC, "hello 1 1 1", "hits=1/0", UP(1, SAY "hello")),
	ROW("twin: all but its last letter", IRC, "", "hits=0/0", UP(1, SAY "sto")),
	ROW("words of both lists", DROP, "hello 1 1 1, stop 1 1 1", "hits=2/0",
	    UP(1, SAY "hello stop")),
	ROW("in any case", "2x " DROP, "stop 1 1 1, halt 1 1 1", "flows=2",
	    UP(1, SAY "STOP"),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(7, 7), TEXT(SAY "HaLt"))),
	ROW("of datagrams those with the word", CALL ", " CALL " drop, " CALL ", " CALL " drop, "
	    CALL, "stop 2 2 1, hello 1 1 1", "packets=5/0 hits=3/0", DATAGRAM(SIP "a"),
	    DATAGRAM(SIP "stop"), DATAGRAM(SIP "hello"), DATAGRAM(SIP "stop"), DATAGRAM(SIP)),
	ROW("twin: half a word in each datagram", "2x " CALL, "", "hits=0/0",
	    DATAGRAM(SIP "st"), DATAGRAM(SIP "op")),
	ROW("the word in one direction", IRC ", " DROP ", " IRC, "stop 1 1 1, hello 1 1 1",
	    "hits=1/1", UP(1, SAY), BACK(1, "stop"), UP(13, "hello")),
	ROW("behind two tags, and over ipv6", "2x " DROP, "stop 2 2 2", "flows=2",
	    PACKET(ETH, QINQ(1), VLAN(2), IP4, TCP(1, ACK), TEXT(SAY "stop")),
	    PACKET(ETH, IP6, TCP(1, ACK), TEXT(SAY "stop"))),
	ROW("what arrived of a cut frame", "truncated irc content drop, truncated irc content",
	    "stop 1 1 1", "flows=2", PACKET(ETH, IP4, TCP(1, ACK), TEXT(SAY "stop it"), CUT(70)),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(7, 7), TEXT(SAY "stop it"), CUT(69))),

	/* sent again */
	ROW("sent again, as often as it likes", IRC ", 5x " DROP, "stop 1 1 1",
	    "packets=6/0 hits=1/0 gaps=0/0 gap=no", UP(1, SAY), UP(13, "stop"), UP(13, "stop"),
	    UP(13, "stop"), UP(13, "stop"), UP(13, "stop")),
	ROW("the first segment, sent again", "3x " DROP, "stop 1 1 1, hello 1 1 1",
	    "hits=2/0 gap=no", UP(1, SAY "hello stop"), UP(1, SAY "hello stop"),
	    UP(1, SAY "hello stop")),
	ROW("a word that ends in the next segment", "2x " IRC ", 2x " DROP ", " AGAIN,
	    "stop 1 1 1", "hits=1/0 gap=no", UP(1, SAY), UP(13, "st"), UP(15, "op"),
	    UP(15, "op"), UP(13, "st")),
	ROW("twin: other bytes instead", "2x " IRC ", " DROP ", 2x " IRC, "stop 1 1 1",
	    "hits=1/0 gap=no", UP(1, SAY), UP(13, "st"), UP(15, "op"), UP(15, "ay"),
	    UP(17, " op")),
	ROW("over three segments", "3x " IRC ", 2x " DROP, "stop 1 1 1", "gap=no",
	    UP(1, SAY), UP(13, "s"), UP(14, "to"), UP(16, "p"), UP(16, "p")),
	ROW("cut longer", IRC ", 2x " DROP, "stop 1 1 1", "hits=1/0 gap=no",
	    UP(1, SAY), UP(13, "stop"), UP(13, "stop it")),
	ROW("cut shorter, behind the word", IRC ", 2x " DROP, "stop 1 1 1", "hits=1/0 gap=no",
	    UP(1, SAY), UP(13, "stop it"), UP(13, "stop")),
	ROW("cut shorter, within the word: its end is dropped", IRC ", " DROP ", " IRC ", " DROP,
	    "stop 2 2 1", "hits=2/0 gap=no",
	    UP(1, SAY), UP(13, "stop it"), UP(13, "st"), UP(15, "op it")),
	ROW("cut longer at the front", IRC ", 3x " DROP, "stop 1 1 1", "hits=1/0 gap=no",
	    UP(1, SAY), UP(13, "stop"), UP(5, "MSG #c :stop"), UP(13, "stop")),
	ROW("overlap: the word in its new part", IRC ", 2x " DROP ", " IRC, "stop 1 1 1",
	    "hits=1/0 gap=no", UP(1, SAY "st"), UP(13, "stop"), UP(13, "stop"), UP(13, "star")),
	ROW("overlap: the word in its old part only", "2x " IRC, "", "gap=no",
	    UP(1, SAY "xxxx"), UP(13, "stopx")),
	ROW("over the wrap of sequence numbers", IRC ", 2x " DROP ", " GAP ", 2x " GAP_DROP,
	    "stop 1 1 1", "hits=1/0", UP(0xfffffff2, SAY), UP(0xfffffffe, "stop"),
	    UP(0xfffffffe, "stop"), UP(2, "x"), UP(0xfffffffe, "stop"), UP(0xfffffffe, "stop")),

	/* what was sent behind it */
	ROW("what follows passes, the word stays out", IRC ", " DROP ", " GAP ", " IRC ", 3x "
	    GAP_DROP ", " IRC, "stop 1 1 1, hello 1 1 1, world 1 1 1", "hits=3/0 gaps=1/0",
	    UP(1, SAY), UP(13, "stop"), UP(17, "hello"), UP(22, "wor"), UP(13, "stop"),
	    UP(13, "stop"), UP(13, "stop"), UP(25, "ld")),
	ROW("what follows has a word, too", IRC ", " DROP ", " GAP_DROP ", " GAP_DROP ", " DROP,
	    "stop 1 1 1, halt 1 1 1", "hits=2/0", UP(1, SAY), UP(13, "stop"), UP(17, "halt"),
	    UP(13, "stop"), UP(17, "halt")),
	ROW("two words stay out, what follows them passes",
	    IRC ", " DROP ", " GAP_DROP ", " GAP ", 2x " GAP_DROP ", " IRC ", " GAP_DROP,
	    "stop 1 1 1, halt 1 1 1", "hits=2/0", UP(1, SAY), UP(13, "stop"), UP(17, "halt"),
	    UP(21, "x"), UP(13, "stop"), UP(13, "stop"), UP(22, "y"), UP(13, "stop")),
	ROW("the second of them, sent again, stays out, too",
	    IRC ", " DROP ", " GAP_DROP ", " GAP ", 3x " GAP_DROP, "stop 1 1 1, halt 3 3 1",
	    "hits=4/0", UP(1, SAY), UP(13, "stop"), UP(17, "halt"), UP(21, "x"), UP(17, "halt"),
	    UP(17, "halt"), UP(13, "stop")),
	ROW("cut shorter, and then more of it is missing: the word stays out",
	    IRC ", " DROP ", " IRC ", " GAP_DROP ", " GAP ", 2x " GAP_DROP, "stop 1 1 1, halt 1 1 1",
	    "hits=2/0", UP(1, SAY), UP(13, "st halt"), UP(13, "st "), UP(20, "stop"), UP(24, "x"),
	    UP(16, "halt"), UP(16, "halt")),
	ROW("bytes missing behind it: the word stays out",
	    IRC ", " DROP ", 2x " GAP ", 2x " GAP_DROP, "stop 1 1 1", "hits=1/0 gaps=2/0",
	    UP(1, SAY), UP(13, "stop"), UP(17, "x"), UP(30, "y"), UP(13, "stop"),
	    UP(13, "stop")),
	ROW("and those missing bytes are read when they come",
	    IRC ", " DROP ", 3x " GAP ", " GAP_DROP ", " GAP ", " GAP_DROP,
	    "stop 1 1 1, hello 1 1 1, world 1 1 1", "hits=3/0 gaps=2/0",
	    UP(1, SAY), UP(13, "stop"), UP(17, "x"), UP(30, "y"), UP(18, "hello"),
	    UP(13, "stop"), UP(23, "worldxx"), UP(13, "stop")),
	ROW("sent again with all that was sent behind it", IRC ", " DROP ", " GAP ", 2x "
	    GAP_DROP, "stop 1 1 1", "hits=1/0", UP(1, SAY), UP(13, "stop"), UP(17, "x"),
	    UP(13, "stopx"), UP(13, "stopx")),
	ROW("sent again with more than was sent behind it", IRC ", " DROP ", " GAP ", "
	    GAP_DROP ", 2x " DROP, "stop 1 1 1", "hits=1/0",
	    UP(1, SAY), UP(13, "stop"), UP(17, "x"), UP(13, "stopxyz"), UP(13, "stopxyz"),
	    UP(13, "stop")),
	ROW("the same from further in front", IRC ", " DROP ", " GAP ", " GAP_DROP ", " DROP,
	    "stop 1 1 1", "hits=1/0",
	    UP(1, SAY), UP(13, "stop"), UP(17, "x"), UP(9, "#c :stopxyz"), UP(13, "stop")),
	ROW("twin: other bytes instead, and more", IRC ", " DROP ", 2x " GAP ", " IRC,
	    "stop 1 1 1, hello 1 1 1", "",
	    UP(1, SAY), UP(13, "stop"), UP(17, "x"), UP(13, "starxyz"), UP(20, "hello")),
	ROW("twin: other bytes instead, then the word's place was seen",
	    IRC ", " DROP ", 2x " GAP ", " AGAIN ", " IRC, "stop 1 1 1, hello 1 1 1", "",
	    UP(1, SAY), UP(13, "stop"), UP(17, "x"), UP(13, "star"), UP(13, "stop"),
	    UP(18, "hello")),
	ROW("a dropped segment behind a gap is not joined with what stands before it",
	    IRC ", " GAP_DROP ", " IRC, "halt 1 1 1", "gaps=1/0",
	    UP(1, SAY "st"), UP(100, "op halt"), UP(100, "op")),

	/* late ones */
	ROW("what fills a gap", IRC ", " GAP ", 3x " GAP_DROP ", " IRC, "stop 1 1 1",
	    "hits=1/0", UP(1, SAY), UP(17, "x"), UP(13, "stop"), UP(13, "stop"), UP(13, "stop"),
	    UP(18, "y")),
	ROW("what fills a gap from behind, and the rest of it",
	    IRC ", " GAP ", 2x " GAP_DROP ", " IRC, "stop 1 1 1", "hits=1/0",
	    UP(1, SAY), UP(30, "x"), UP(26, "stop"), UP(26, "stop"), UP(31, "y")),
	ROW("what fills a gap from the front", IRC ", " GAP ", 2x " GAP_DROP ", 2x " GAP,
	    "stop 1 1 1, hello 1 1 1", "", UP(1, SAY), UP(30, "x"), UP(13, "stop"),
	    UP(13, "stop"), UP(13, "star"), UP(17, "hello")),
	ROW("what is late in the middle of a gap", IRC ", " GAP ", 3x " GAP_DROP, "stop 1 1 1",
	    "hits=1/0", UP(1, SAY), UP(40, "x"), UP(20, "stop"), UP(20, "stop"),
	    UP(20, "stop")),
	ROW("what precedes the first segment that was seen", IRC ", 2x " GAP_DROP, "stop 1 1 1",
	    "hits=1/0", UP(9000, SAY), UP(1, "stop"), UP(1, "stop")),

	/* a new connection */
	ROW("a new SYN starts afresh", IRC ", " DROP ", no_payload irc absent, " IRC ", 2x " DROP,
	    "stop 2 2 1", "hits=2/0", UP(1, SAY), UP(13, "stop"), BIT(0, SYN), UP(1, SAY),
	    UP(13, "stop"), UP(13, "stop")),
	ROW("a new SYN at the dropped segment", IRC ", " DROP ", no_payload irc absent, " IRC,
	    "stop 1 1 1, hello 1 1 1", "", UP(1, SAY), UP(13, "stop"), BIT(12, SYN),
	    UP(13, "hello")),
	ROW("after a dropped segment the connection ends",
	    IRC ", " DROP ", 2x no_payload irc absent", "stop 1 1 1", "", UP(1, SAY),
	    UP(13, "stop"), BIT(17, FIN | ACK), BIT(17, RST)),

	/* nothing else is a reason */
	ROW("never for what was not read",
	    "undecided unknown shape, not_selected http content, encrypted tls shape, "
	    "not_tcp_udp, no_payload, tunnel, later_fragment, not_ip, vlan_too_deep, malformed",
	    "", "", DATAGRAM("stop"), UP(1, "GET /stop HTTP/1.1\r\n"),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 443), APPDATA),
	    PACKET(ETH, IP4, LIE(IP4, 9, 1, 1), TEXT("stop")),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 9), PAD("stop")),
	    PACKET(ETH, IP4, IP4, UDP, TEXT("stop")),
	    PACKET(ETH, IP4, UDP, TEXT("stop"), FRAGMENT(8, false)),
	    PACKET(ETH, LIE(ETH, 12, 2, 0x0806), TEXT("stop")),
	    PACKET(ETH, VLAN(1), VLAN(2), VLAN(3), IP4, UDP, TEXT("stop")),
	    PACKET(ETH, IP4, UDP, TEXT("stop"), LIE(UDP, 4, 2, 3))),
	ROW("never in a flow that nothing recognised",
	    "7x undecided unknown shape, 2x unknown unknown shape", "", "", EIGHT,
	    DATAGRAM("stop")),
	ROW("never in an encrypted flow", "2x encrypted tls shape", "", "",
	    PACKET(ETH, IP4, TCP(1, ACK), APPDATA), UP(38, SAY "stop")),
	MODE_ROW(GL_SCAN_CLEAR, "clear: HTTP is read, TLS and undecided flows are not",
		 "scanned http content drop, encrypted tls shape, undecided unknown shape",
		 "stop 1 1 1", "", UP(1, "GET /stop HTTP/1.1\r\n"),
		 PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 443), APPDATA), DATAGRAM("stop")),
	MODE_ROW(GL_SCAN_CLEAR, "clear: what was given up on is read",
		 "7x undecided unknown shape, scanned unknown shape, "
		 "scanned unknown shape drop, scanned unknown shape", "stop 1 1 1", "", EIGHT,
		 DATAGRAM("stop"), DATAGRAM("x")),
	MODE_ROW(GL_SCAN_ALL, "all: whatever is read",
		 "scanned unknown shape drop, scanned http content drop, "
		 "scanned tls shape drop, not_tcp_udp, no_payload, tunnel",
		 "stop 3 3 3, hello 2 1 1, world 2 1 1", "",
		 PACKET(ETH, IP4, UDP, PORTS(7, 7), TEXT("stop")), UP(1, "GET /stop HTTP/1.1\r\n"),
		 PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 443), APPDATA),
		 PACKET(ETH, IP4, LIE(IP4, 9, 1, 1), TEXT("stop")),
		 PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 9), PAD("stop")),
		 PACKET(ETH, IP4, IP4, UDP, TEXT("stop"))),
	{ .name = "without a list", .packets = PACKETS(UP(1, SAY "stop")),
	  .expect = "no_words irc content" },
	{ .name = "with a watch list alone", .packets = PACKETS(UP(1, SAY "stop hello")),
	  .expect = IRC, .words = "stop\nhello", .hits = "stop 1 1 1, hello 1 1 1" },
	{ .name = "a word of both lists is one of the first", .words = "hello",
	  .block = "HELLO\nstop", .packets = PACKETS(UP(1, SAY "hello"), UP(18, "stop")),
	  .expect = IRC ", " DROP, .hits = "hello 1 1 1, stop 1 1 1" },
	{ .name = "a block word within a watch word", .words = "hello", .block = "ell",
	  .packets = PACKETS(UP(1, SAY "hello")), .expect = DROP,
	  .hits = "hello 1 1 1, ell 1 1 1" },
};

/* ------------------------------------------------------------ trials */

/* Sends one segment and says whether it was dropped. */
static bool dropped(struct engine *engine, const struct packet_peers *peers, __u32 seq,
		    const char *text)
{
	__u64 before = answers.drops;

	rig_segment(engine, peers, false, seq, text, strlen(text));
	return answers.drops > before;
}

/* The list changes while a segment stays out: it passes, and the stream goes on. */
static void list_cleared(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	__u64 before;

	rig_words(engine, WATCH, BLOCK);
	assert_false(dropped(engine, &peers, 1, SAY));
	assert_true(dropped(engine, &peers, 13, "stop"));
	rig_words(engine, NULL, NULL);
	assert_false(dropped(engine, &peers, 13, "stop"));
	assert_false(dropped(engine, &peers, 17, "x"));
	rig_words(engine, WATCH, BLOCK);
	assert_false(dropped(engine, &peers, 13, "stop")); /* seen, and it has passed */
	assert_false(dropped(engine, &peers, 18, "st"));
	assert_true(dropped(engine, &peers, 20, "op"));
	rig_words(engine, "op\nstop", NULL);
	before = rig_hits(engine, "stop");
	assert_false(dropped(engine, &peers, 20, "op"));
	assert_false(dropped(engine, &peers, 22, "stop"));
	assert_int_equal(rig_hits(engine, "stop") - before, 1);
	assert_false(rig_last_flow(engine, rig.number - 9).flow.flags & GL_FLOW_GAP);
}

/* The same for a segment behind which others have passed. */
static void list_cleared_gap(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);

	rig_words(engine, WATCH, BLOCK);
	assert_false(dropped(engine, &peers, 1, SAY));
	assert_true(dropped(engine, &peers, 13, "stop"));
	assert_false(dropped(engine, &peers, 17, "hello"));
	assert_true(dropped(engine, &peers, 13, "stop"));
	rig_words(engine, NULL, NULL);
	assert_false(dropped(engine, &peers, 13, "stop"));
	rig_words(engine, WATCH, BLOCK);
	assert_false(dropped(engine, &peers, 13, "stop")); /* seen, and it has passed */
	assert_false(dropped(engine, &peers, 22, "world"));
	assert_true(dropped(engine, &peers, 27, "halt"));
}

/* Words that neither a capture nor chance contains. */
#define STRANGE "zqxjkvwqpzzxqj\nqqzzxxjjvvkk"

static __u64 run_capture(struct engine *engine, const char *path)
{
	struct capture_frame frame;
	struct capture *capture;
	__u64 frames = 0;

	assert_int_equal(capture_open(path, &capture), 0);
	for (; capture_next(capture, &frame) == 1; frames++) {
		frame.replay.number = ++rig.number;
		if (frame.length < 14)
			engine_count_undeliverable(engine, frame.replay.wire_len);
		else
			assert_int_equal(run_and_note(engine, frame.data, frame.length, 0,
						      &frame.replay), 0);
	}
	capture_close(capture);
	return frames;
}

static void nothing_dropped(struct engine *engine, __u64 before)
{
	struct snapshot snapshot;

	rig_read(engine, &snapshot);
	assert_int_equal(answers.drops, before);
	assert_int_equal(snapshot.total.verdict[GL_VERDICT_WOULD_DROP].packets, 0);
	snapshot_free(&snapshot);
}

static void captures(struct engine *engine)
{
	__u64 before = answers.drops, frames = 0;
	DIR *dir = opendir("tests/captures");
	struct dirent *entry;

	if (!dir)
		skip();
	rig_words(engine, NULL, STRANGE);
	while ((entry = readdir(dir))) {
		char path[512];

		snprintf(path, sizeof(path), "tests/captures/%s", entry->d_name);
		if (strstr(path, ".pcap"))
			frames += run_capture(engine, path);
	}
	closedir(dir);
	assert_true(frames > 100);
	nothing_dropped(engine, before);
}

static __u64 chance = 1;

static __u32 any(__u32 below)
{
	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	return (__u32)(chance >> 33) % below;
}

/* Random bytes, or a packet of which some bytes are changed. */
static void any_frame(const struct packet_peers *peers)
{
	static const char *const text[] = { SAY "stop", SIP "stop", "GET /stop HTTP/1.1\r\n",
					    "\x16\x03\x01\x00\x60\x01\x00\x00\x5c\x03\x03",
					    "stop", "qqzzxxjjv...", "\x17\x03\x03\x00\x04stop" };
	const char *say = text[any(COUNT(text))];
	struct packet *packet = &rig.packet;

	if (any(2))
		packet_build(PACKET(ETH, IP4, TCP(any(200), any(64)), BYTES(say, strlen(say))),
			     peers, packet);
	else
		packet_build(PACKET(ETH, IP4, UDP, BYTES(say, strlen(say)), FILL(any(256), any(300))),
			     peers, packet);
	for (__u32 n = any(4) ? any(4) : packet->length; n; n--)
		packet->frame[any(packet->length)] = any(256);
}

static void any_frames(struct engine *engine)
{
	__u64 before = answers.drops;
	struct packet_peers peers = rig_peers(0);

	rig_words(engine, "stop", STRANGE);
	for (int i = 0; i < 20000; i++) {
		if (!any(20))
			peers = rig_peers(any(2) ? 0 : 5060);
		any_frame(&peers);
		rig_send(engine);
	}
	nothing_dropped(engine, before);
}

/*
 * A sender as TCP is: new segments in order, old ones again, one or several at once,
 * as long as something before them is not acknowledged. Each packet with a word of the
 * block list is dropped, and no other, whatever was dropped and passed before.
 */
#define SENT 40
static void any_sender(struct engine *engine)
{
	static const char *const say[] = { "stop it. ", "x ", "hello ", "a b c d ", "HALT ", "st ",
					   "op ", "halting stopped " };
	struct packet_peers peers = rig_peers(0);
	bool passed[SENT] = { true };
	const char *text[SENT] = { SAY };
	unsigned first = 1, next = 1;
	__u32 at[SENT + 1] = { 0u - any(100), 0 };

	at[1] = at[0] + strlen(text[0]);
	assert_false(dropped(engine, &peers, at[0], text[0]));
	for (int i = 0; i < 120 && next < SENT; i++) {
		unsigned from = any(3) ? next : first + any(next - first + 1);
		unsigned n = from == next ? 1 : 1 + any(next - from > 3 ? 3 : next - from);
		bool block = false, was;
		char packet[128] = "";

		for (unsigned k = from; k < from + n; k++) {
			if (k == next) {
				text[k] = say[any(k % 4 ? COUNT(say) - 1 : COUNT(say))];
				at[++next] = at[k] + strlen(text[k]);
			}
			strcat(packet, text[k]);
			block = block || strcasestr(text[k], "stop") || strcasestr(text[k], "halt");
		}
		was = dropped(engine, &peers, at[from], packet);
		if (was != block)
			fail_msg("segments %u to %u: \"%s\" was %s", from, from + n - 1, packet,
				 was ? "dropped" : "passed");
		for (unsigned k = from; k < from + n; k++)
			passed[k] = passed[k] || !was;
		while (first < next && passed[first])
			first++;
	}
}

static void any_senders(struct engine *engine)
{
	chance = 7;
	rig_words(engine, WATCH, BLOCK);
	for (int i = 0; i < 500; i++)
		any_sender(engine);
}

static const struct trial trials[] = {
	{ "the list is cleared meanwhile", list_cleared, NULL, GL_SCAN_CHAT, false },
	{ "the list is cleared meanwhile, behind a gap", list_cleared_gap, NULL, GL_SCAN_CHAT,
	  false },
	{ "any sender", any_senders, NULL, GL_SCAN_CHAT, false },
	{ "captures, words that do not occur", captures, NULL, GL_SCAN_CHAT, false },
	{ "all: captures, words that do not occur", captures, NULL, GL_SCAN_ALL, false },
	{ "random frames, words that do not occur", any_frames, NULL, GL_SCAN_CHAT, false },
	{ "clear: random frames, words that do not occur", any_frames, NULL, GL_SCAN_CLEAR,
	  false },
	{ "all: random frames, words that do not occur", any_frames, NULL, GL_SCAN_ALL, false },
};

/* ------------------------------------------------------------ engines that filter */

/* Puts engines that enforce where the rig looks for its own. */
static void enforce(enum rig_kind kind, enum gl_scan scan)
{
	struct engine_options options = { .scan = scan, .flows = RIG_FLOWS,
					  .capacity = RIG_CAPACITY, .enforce = true };

	if (!rig.set)
		rig_signatures();
	if (kind == RIG_NATIVE)
		rig_native(&options);
	else
		rig_kernel(&options);
}

/* What the hook answered must be what was counted. */
static void check_answers(const struct row *row)
{
	const char *expect = row->expect;
	struct rig_end end = { 0 };
	unsigned times = 0;

	for (size_t i = 0; rig_next_end(&expect, &times, &end); i++)
		assert_int_equal(answers.dropped[i], end.verdict == GL_VERDICT_DROP);
}

static void filter_test(void **state)
{
	const struct rig_test *test = *state;

	enforce(test->kind, test->row ? test->row->scan : test->trial->scan);
	answers.packets = 0;
	rig_test(state);
	if (test->row && answers.packets)
		check_answers(test->row);
}

/* As rig_main(), with engines that filter. */
static int filter_main(void)
{
	static struct CMUnitTest tests[RIG_KINDS * (COUNT(rows) + COUNT(trials))];
	static struct rig_test states[COUNT(tests)];
	size_t n = 0;
	int failed;

	for (size_t i = 0; i < COUNT(rows); i++)
		n += rig_add_tests(tests + n, states + n, rows[i].name, &rows[i], NULL);
	for (size_t i = 0; i < COUNT(trials); i++)
		n += rig_add_tests(tests + n, states + n, trials[i].name, NULL, &trials[i]);
	for (size_t i = 0; i < n; i++)
		tests[i].test_func = filter_test;
	failed = _cmocka_run_group_tests("filter", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free((char *)tests[i].name);
	rig_close();
	return failed;
}

int main(void)
{
	int failed = rig_main("filter, not asked for", counting, COUNT(counting), NULL, 0);

	failed += answers.drops != 0;
	rig = (struct rig){ 0 };
	return failed + filter_main();
}
