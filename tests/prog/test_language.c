/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of signature files in both engines: each feature by itself, with its
 * twin; random conversations against the reference, with files whose patterns get in
 * each other's way on purpose; random files, beside the reference and in one engine
 * against the other.
 */
#include <errno.h>
#include <time.h>
#include <bpf/bpf.h>

#include "rig.h"
#include "../fuzz/sigmaker.h"
#include "../expression.h"
#include "../reference.h"
#include "../../user/kernel.h"
#include "../../user/maps.h"

#define PROTOCOL(name, more)                                                                  \
	"protocol: " name "\ntitle: t\nsource: s\nclass: encrypted\n"                         \
	"exposure: {setup: protocol, steady: shape}\n" more "patterns:\n"
#define TCP_PATTERN(name) "  - {name: " name ", transport: tcp, from: either, anchor: packet, "

static const char *const files[] = {
	/* steps, and roles */
	PROTOCOL("steps", "")
	TCP_PATTERN("last") "match: 'c', after: second}\n"
	TCP_PATTERN("first") "match: 'a', step: yes}\n"
	TCP_PATTERN("second") "match: 'b', after: first, step: yes}\n",
	PROTOCOL("roles", "")
	"  - {name: ask, transport: tcp, from: client, anchor: stream, where: ['length == 4'], "
	"step: yes}\n"
	"  - {name: answer, transport: tcp, from: server, anchor: stream, where: ['length == 6'], "
	"after: ask}\n",
	/* registers, over both transports */
	PROTOCOL("registers", "")
	"  - {name: ping, transport: udp, from: client, anchor: packet, match: '[a-c]', "
	"where: ['length == 4'], step: yes, store: {r0: 'u16be(1)', r1: last}}\n"
	"  - {name: pong, transport: udp, from: server, anchor: packet, "
	"where: ['u16be(1) == r0', 'last >= r1 - 1', 'length > 4'], after: ping}\n"
	TCP_PATTERN("grow") "match: 'd', where: ['length > 2'], step: yes, "
	"store: {r0: 'length * 2 - 1'}}\n"
	TCP_PATTERN("grown") "match: 'd', where: ['length + 2 > r0'], after: grow}\n",
	/* a step that is held */
	PROTOCOL("held", "")
	"  - {name: first, transport: udp, from: client, anchor: packet, match: 'd', "
	"where: ['length > 2'], step: held, store: {r0: 'u8(1)', r1: 'u8(2)'}}\n"
	"  - {name: second, transport: udp, from: client, anchor: packet, match: 'd', "
	"where: ['u8(1) == r0', 'u8(2) > r1'], after: first}\n",
	/* ports */
	PROTOCOL("port-a", "ports: {tcp: ['100-102', 200]}\n")
	TCP_PATTERN("same") "match: 'ee'}\n",
	PROTOCOL("port-b", "ports: {tcp: [101, '199-201'], udp: [101]}\n")
	TCP_PATTERN("same") "match: 'ee'}\n"
	TCP_PATTERN("only") "match: 'ed', port: required}\n"
	"  - {name: udp, transport: udp, from: either, anchor: packet, match: 'e', "
	"port: required}\n",
	/* without an expression */
	PROTOCOL("bare", "")
	TCP_PATTERN("masked") "where: ['u32be(1) & 0xff00ff == 0x610063']}\n"
	"  - {name: little, transport: udp, from: either, anchor: stream, "
	"where: ['u24le(0) == 0x636261']}\n",
	/* over segments, long matches and priorities */
	PROTOCOL("stream", "")
	"  - {name: resumed, transport: tcp, from: client, anchor: stream, match: 'b[cd]*eb'}\n"
	TCP_PATTERN("loop") "match: 'd(a|b)*c', where: ['length < 7']}\n"
	TCP_PATTERN("longer") "match: 'eea'}\n"
	TCP_PATTERN("loud") "match: 'ca', priority: 3, where: ['last != 0x61']}\n",
	/* watched, and taken over */
	PROTOCOL("watched", "watch: yes\nbecomes: [taker]\n")
	TCP_PATTERN("open") "match: 'ac'}\n"
	TCP_PATTERN("fill") "match: 'e', where: ['length > 1'], only: watched, "
	"store: {r1: 'u16be(0)'}}\n"
	TCP_PATTERN("close") "match: 'b', where: ['u16be(1) == r1'], only: watched, "
	"phase: steady}\n",
	PROTOCOL("taker", "")
	TCP_PATTERN("take") "match: 'db', relabel: yes}\n",
};

#define CONVERSATIONS 3000
#define TALK_MOST 7		 /* payload packets: below the number to give up at */
#define TALK_ROOM 9

static const __u16 ports[] = { 99, 100, 101, 150, 200, 201 };

struct talk {
	struct flow flow;
	__u64 first;		 /* number of its first packet */
	unsigned packets;
	char text[TALK_MOST * (TALK_ROOM + 4) + 1];
};

static struct talk talks[CONVERSATIONS];
static __u32 seed;

static __u32 below(__u32 n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void load_files(void)
{
	rig.set = signatures_new();
	rig.compiled = malloc(sizeof(*rig.compiled));
	assert_non_null(rig.compiled);
	for (size_t i = 0; i < COUNT(files); i++)
		assert_int_equal(signatures_parse(rig.set, "language.yaml", files[i],
						  strlen(files[i])), 0);
	assert_int_equal(signatures_compile(rig.set, NULL, 1, rig.compiled), 0);
}

/* Letters a to e; now and then what was said before, a byte longer or changed. */
static size_t make_text(__u8 *data, size_t before)
{
	size_t length = 1 + below(TALK_ROOM - 1);

	if (before && !below(4)) {
		length = before + below(2);
		if (length > TALK_ROOM)
			length = TALK_ROOM;
		data[below(length)] = 'a' + below(5);
		return length;
	}
	for (size_t i = 0; i < length; i++)
		data[i] = 'a' + below(5);
	return length;
}

static void converse(struct engine *engine, struct talk *talk)
{
	__u16 port = ports[below(COUNT(ports))];
	struct packet_peers peers = rig_peers(port);
	__u32 seq[2] = { below(2) ? 1 : 0xfffffffc, 500 };
	__u8 data[TALK_ROOM + 1] = { 0 };
	size_t length = 0;

	memset(talk, 0, sizeof(*talk));
	talk->flow.sig = rig.compiled;
	talk->flow.transport = below(3) ? GL_TCP : GL_UDP;
	talk->flow.port[0] = 40000;
	talk->flow.port[1] = port;
	talk->first = rig.number + 1;
	talk->packets = 1 + below(TALK_MOST);
	for (unsigned i = 0; i < talk->packets; i++) {
		int dir = below(2);

		length = make_text(data, length);
		if (talk->flow.transport == GL_UDP)
			rig_datagram(engine, &peers, dir, data, length);
		else
			rig_segment(engine, &peers, dir, seq[dir], data, length);
		seq[dir] += length;
		feed_dir(&talk->flow, dir, data, length);
		snprintf(talk->text + strlen(talk->text),
			 sizeof(talk->text) - strlen(talk->text), " %c%.*s", dir ? '<' : '>',
			 (int)length, (const char *)data);
	}
}

static void compare(const struct talk *talk, const struct gl_flow *flow)
{
	const struct flow *want = &talk->flow;
	__u32 protocol = want->protocol ? want->protocol : (__u32)GL_PROTO_UNKNOWN;

	if (agrees(want, flow, false))
		return;
	fail_msg("%s, port %u:%s: %s step %u client %u registers %u %u; reference %s step %u "
		 "client %d registers %u %u", want->transport == GL_UDP ? "udp" : "tcp",
		 want->port[1], talk->text, rig_label(flow->protocol), flow->step,
		 flow->client_dir, flow->registers[0], flow->registers[1], rig_label(protocol),
		 want->step, want->client, want->registers[0], want->registers[1]);
}

static void conversations(struct engine *engine)
{
	unsigned seen[GL_PROTOCOLS] = { 0 }, found = 0;
	struct snapshot snapshot;

	seed = 1;
	for (unsigned i = 0; i < CONVERSATIONS; i++)
		converse(engine, &talks[i]);
	rig_read(engine, &snapshot);
	for (size_t i = 0; i < snapshot.flow_count; i++) {
		while (found < CONVERSATIONS && talks[found].first < snapshot.flows[i].flow.first)
			found++;
		assert_true(found < CONVERSATIONS);
		assert_int_equal(talks[found].first, snapshot.flows[i].flow.first);
		compare(&talks[found], &snapshot.flows[i].flow);
		seen[snapshot.flows[i].flow.protocol]++;
	}
	assert_int_equal(snapshot.flow_count, CONVERSATIONS);
	snapshot_free(&snapshot);
	/* No feature was left out. */
	for (__u32 i = GL_PROTO_UNKNOWN; i < rig.compiled->protocols; i++)
		if (i != GL_PROTO_RANDOM && !seen[i])
			fail_msg("%s was never seen", rig_label(i));
}

static const struct trial trials[] = {
	{ "random conversations", conversations, NULL, GL_SCAN_CHAT, false },
};

/* ------------------------------------------------------------ feature by feature */

#define HEAD(name, class, levels, more)                                                       \
	"protocol: " name "\ntitle: t\nsource: s\nclass: " class "\nexposure: " levels "\n"      \
	more "patterns:\n"
#define SECRET(name, more) HEAD(name, "encrypted", "{setup: service, steady: protocol}", more)
#define TCP_FROM(name, from, more) \
	"  - {name: " name ", transport: tcp, from: " from ", anchor: packet, " more "}\n"
#define UDP_FROM(name, from, more) \
	"  - {name: " name ", transport: udp, from: " from ", anchor: packet, " more "}\n"

static const char *const features[] = {
	SECRET("steps", "")
	TCP_FROM("third", "client", "match: 'S3', after: second")
	TCP_FROM("first", "client", "match: 'S1', step: yes")
	TCP_FROM("second", "server", "match: 'S2', after: first, step: yes")
	TCP_FROM("either", "either", "match: 'S4', after: second"),
	SECRET("other-steps", "")
	TCP_FROM("last", "client", "match: 'O2', after: first")
	TCP_FROM("first", "client", "match: 'O1', step: yes"),
	SECRET("echo", "")
	UDP_FROM("ping", "client", "match: '\\0{4}', where: ['length == 12'], step: yes, "
		 "store: {r0: 'u32be(4)', r1: 'u32be(8)'}")
	UDP_FROM("pong", "server", "where: ['length == 24', 'u32be(4) == r0', "
		 "'u32be(8) == r1'], after: ping"),
	SECRET("sums", "")
	UDP_FROM("ask", "client", "match: 'M1', step: yes, "
		 "store: {r0: 'u8(2) & 0x0f * 3 + 1', r1: last}")
	UDP_FROM("tell", "server", "match: 'M2', where: ['u16le(2) == r0 - 1', 'last < r1'], "
		 "after: ask")
	UDP_FROM("size", "server", "match: 'M3', where: ['u24be(2) - 2 >= length + 1'], "
		 "after: ask"),
	SECRET("held", "")
	UDP_FROM("first", "client", "match: 'H', where: ['length == 3'], step: held, "
		 "store: {r0: 'u8(1)', r1: 'u8(2)'}")
	UDP_FROM("second", "client", "match: 'H', where: ['u8(1) == r0', 'u8(2) == r1 + 1'], "
		 "after: first"),
	SECRET("not-held", "")
	UDP_FROM("first", "client", "match: 'h', where: ['length == 3'], step: yes, "
		 "store: {r0: 'u8(1)', r1: 'u8(2)'}")
	UDP_FROM("second", "client", "match: 'h', where: ['u8(1) == r0', 'u8(2) == r1 + 1'], "
		 "after: first"),
	SECRET("items", "")
	TCP_FROM("plain", "either", "match: 'L1', list: {at: 2, type: u8, length: u8, has: 7}")
	TCP_FROM("far", "either", "match: 'L2', list: {at: 3, skip: [u8, u16, 2, '=9'], size: u16, "
		 "type: u16, length: u16, has: 0x102}")
	TCP_FROM("padded", "either", "match: 'L3', list: {at: 2, type: u16, length: u16, align: 4, "
		 "has: 5}")
	TCP_FROM("long", "either", "match: 'L4', list: {at: 2, type: u8, length: u24, has: 11}")
	TCP_FROM("path", "either", "match: 'L5', list: {at: 2, skip: [u8, '=1']}"),
	SECRET("both", "")
	TCP_FROM("where", "either", "match: 'L6', where: ['last == 0x21'], "
		 "list: {at: 2, type: u8, length: u8, has: 7}"),
	"protocol: shown\ntitle: t\nsource: s\nclass: encrypted\n"
	"exposure: {setup: protocol, steady: shape}\npatterns:\n"
	TCP_FROM("less", "either", "match: 'L7'")
	TCP_FROM("more", "either", "match: 'L7', list: {at: 2, type: u8, length: u8, has: 7}, "
		 "priority: 1, exposure: {setup: service, steady: shape}"),
	SECRET("port-a", "ports: {tcp: [7000, '7010-7012']}\n")
	TCP_FROM("same", "either", "match: 'PP'"),
	SECRET("port-b", "ports: {tcp: [7001], udp: [7000]}\n")
	TCP_FROM("same", "either", "match: 'PP'")
	TCP_FROM("needed", "either", "match: 'PQ', port: required")
	TCP_FROM("loud", "either", "match: 'PR', priority: 1"),
	SECRET("port-c", "ports: {tcp: [7002]}\n")
	TCP_FROM("quiet", "either", "match: 'PR'"),
	SECRET("bare", "")
	TCP_FROM("packet", "either", "where: ['u32be(0) == 0x42415245', 'length == 8']")
	TCP_FROM("masked", "either", "where: ['u32be(2) & 0xff0000ff == 0x41000042']"),
	SECRET("bare-stream", "")
	"  - {name: first, transport: tcp, from: client, anchor: stream, "
	"where: ['u16be(0) == 0x4653', 'last == 0x21']}\n",
	SECRET("server-first", "") TCP_FROM("hello", "server", "match: 'HELO'"),
	SECRET("short", "") TCP_FROM("match", "either", "match: 'QR'"),
	SECRET("longer", "") TCP_FROM("match", "either", "match: 'QRS'"),
	SECRET("loud", "") TCP_FROM("match", "either", "match: 'XY', priority: 5"),
	SECRET("quiet", "") TCP_FROM("match", "either", "match: 'XYZW', priority: 4"),
	SECRET("nocase", "") TCP_FROM("match", "either", "match: 'kiss', nocase: yes"),
	SECRET("one-packet", "")
	"  - {name: exact, transport: tcp, from: either, anchor: stream, match: 'W[a-z]*!', "
	"where: ['length == 4']}\n",
	SECRET("segments", "")
	"  - {name: any, transport: tcp, from: either, anchor: stream, match: 'V[a-z]*!'}\n",
	HEAD("carrier", "clear", "{setup: protocol, steady: protocol}",
	     "watch: yes\nbecomes: [inner, veil, press]\n")
	TCP_FROM("open", "client", "match: 'CARRY'"),
	HEAD("inner", "chat", "{setup: content, steady: content}", "")
	TCP_FROM("take", "either", "match: 'INNER', relabel: yes"),
	HEAD("veil", "encrypted", "{setup: identity, steady: shape}", "")
	TCP_FROM("hide", "either", "match: 'VEIL'"),
	HEAD("press", "chat", "{setup: content, steady: envelope}", "")
	TCP_FROM("turn", "either", "match: 'PRESS', class: compressed"),
	HEAD("greeted", "encrypted", "{setup: identity, steady: shape}", "watch: yes\n")
	TCP_FROM("open", "client", "match: 'GREETED'")
	"  - {name: greeting, transport: tcp, from: server, anchor: stream, "
	"where: ['u16be(0) == 0x4721'], phase: steady}\n",
	HEAD("phased", "encrypted", "{setup: identity, steady: shape}", "watch: yes\n")
	TCP_FROM("open", "either", "match: 'PHASE'")
	TCP_FROM("shows", "either", "match: 'LOOK', only: watched, "
		 "exposure: {setup: content, steady: content}")
	TCP_FROM("data", "either", "match: 'DATA', only: watched, phase: steady"),
	HEAD("sided", "encrypted", "{setup: protocol, steady: shape}", "watch: yes\n")
	TCP_FROM("open", "client", "match: 'SIDE'")
	TCP_FROM("anybody", "either", "match: 'sidE'")
	TCP_FROM("server-shows", "server", "match: 'CERT', only: watched, "
		 "exposure: {setup: service, steady: shape}")
	TCP_FROM("client-shows", "client", "match: 'CERT', only: watched, "
		 "exposure: {setup: identity, steady: shape}"),
};

#define U "undecided unknown shape"
#define IS(label) "encrypted " label " service"
#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define ASK(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__))
#define TELL(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__), DOWN)
#define ROW_ON(server, title, what, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .flow = entry, \
	  .port = server }
#define ROW(title, what, entry, ...) ROW_ON(0, title, what, entry, __VA_ARGS__)

static const struct row rows[] = {
	/* steps */
	ROW("three steps", "2x " U ", " IS("steps"), "client=up basis=bytes levels=service/protocol",
	    UP(1, "S1"), BACK(1, "S2"), UP(3, "S3")),
	ROW("packets between them do not matter", "5x " U ", " IS("steps"), "client=up",
	    UP(1, "S1"), UP(3, "x"), BACK(1, "S2"), BACK(3, "y"), UP(4, "z"), UP(5, "S3")),
	ROW("twin: one is missing", "2x " U, "client=up", UP(1, "S1"), UP(3, "S3")),
	ROW("twin: the first is missing", "2x " U, "client=?", BACK(1, "S2"), UP(1, "S3")),
	ROW("twin: the last one seen counts", "4x " U, "client=up",
	    UP(1, "S1"), BACK(1, "S2"), UP(3, "S1"), UP(5, "S3")),
	ROW("twin: from the wrong side", "3x " U, "client=up", UP(1, "S1"), UP(3, "S2"),
	    UP(5, "S3")),
	ROW("twin: the last one from the wrong side", "3x " U, "client=up",
	    UP(1, "S1"), BACK(1, "S2"), BACK(3, "S3")),
	ROW("from either side", "2x " U ", " IS("steps"), "client=up",
	    UP(1, "S1"), BACK(1, "S2"), BACK(3, "S4")),
	ROW("who sends the client's step is the client", "2x " U ", " IS("steps"),
	    "client=down first=down", BACK(1, "S1"), UP(1, "S2"), BACK(3, "S3")),
	ROW("steps of one name in two files are two", "2x " U, "client=up",
	    UP(1, "S1"), UP(3, "O2")),
	ROW("twin: of one file", U ", " IS("other-steps"), "client=up", UP(1, "O1"), UP(3, "O2")),
	ROW("a step of another file takes its place", "3x " U, "client=up",
	    UP(1, "O1"), UP(3, "S1"), UP(5, "O2")),
	ROW("a step is none when an answer holds as well", IS("server-first"), "client=down",
	    UP(1, "HELO")),
	ROW("steps of one flow are not those of another", "2x " U, "flows=2", UP(1, "O1"),
	    PACKET(ETH, IP4, TCP(3, ACK), PORTS(7, 7), TEXT("O2"))),

	/* registers */
	ROW("what was stored comes back", U ", " IS("echo"), "client=up",
	    ASK("\0\0\0\0\1\2\3\4\xfe\xdc\xba\x98"),
	    TELL("pong\1\2\3\4\xfe\xdc\xba\x98" "012345678901")),
	ROW("twin: another number", "2x " U, "client=up",
	    ASK("\0\0\0\0\1\2\3\4\xfe\xdc\xba\x98"),
	    TELL("pong\1\2\3\5\xfe\xdc\xba\x98" "012345678901")),
	ROW("twin: the other register", "2x " U, "client=up",
	    ASK("\0\0\0\0\1\2\3\4\xfe\xdc\xba\x98"),
	    TELL("pong\1\2\3\4\xfe\xdc\xba\x99" "012345678901")),
	ROW("twin: nothing was stored", U, "client=?",
	    TELL("pong\0\0\0\0\0\0\0\0" "012345678901")),
	ROW("twin: it comes back from the same side", "2x " U, "client=up",
	    ASK("\0\0\0\0\1\2\3\4\xfe\xdc\xba\x98"),
	    ASK("pong\1\2\3\4\xfe\xdc\xba\x98" "012345678901")),
	ROW("the last one counts", "2x " U ", " IS("echo"), "client=up",
	    ASK("\0\0\0\0" "11112222"), ASK("\0\0\0\0" "33334444"),
	    TELL("pong33334444" "012345678901")),
	ROW("twin: not the one before", "3x " U, "client=up",
	    ASK("\0\0\0\0" "11112222"), ASK("\0\0\0\0" "33334444"),
	    TELL("pong11112222" "012345678901")),
	ROW("stored: masked, multiplied, added", U ", " IS("sums"), "client=up",
	    ASK("M1\xf7z"), TELL("M2\x15\0y")),
	ROW("twin: one more", "2x " U, "client=up", ASK("M1\xf7z"), TELL("M2\x16\0y")),
	ROW("twin: the last byte is not less", "2x " U, "client=up", ASK("M1\xf7z"),
	    TELL("M2\x15\0z")),
	ROW("a value against the length", U ", " IS("sums"), "client=up", ASK("M1ab"),
	    TELL("M3\0\0\x08")),
	ROW("twin: one less", "2x " U, "client=up", ASK("M1ab"), TELL("M3\0\0\x07")),
	ROW("twin: the field is not there", "2x " U, "client=up", ASK("M1ab"), TELL("M3\0\x09")),

	/* steps that are held */
	ROW("held while the other side takes it, too", "2x " U ", " IS("held"), "client=up",
	    ASK("H\1\5"), TELL("H\2\7"), ASK("H\1\6")),
	ROW("twin: not held, the other side's is the last", "3x " U, "client=up",
	    ASK("h\1\5"), TELL("h\2\7"), ASK("h\1\6")),
	ROW("twin: without the other side", U ", " IS("not-held"), "client=up",
	    ASK("h\1\5"), ASK("h\1\6")),
	ROW("its holder may take it again", "2x " U ", " IS("held"), "client=up",
	    ASK("H\1\5"), ASK("H\3\7"), ASK("H\3\10")),
	ROW("twin: then the first is forgotten", "3x " U, "client=up",
	    ASK("H\1\5"), ASK("H\3\7"), ASK("H\1\6")),
	ROW("who comes second does not hold it", "3x " U, "client=down first=down",
	    TELL("H\2\7"), ASK("H\1\5"), ASK("H\1\6")),
	ROW("once another step was taken, all may", "3x " U ", " IS("held"), "client=down",
	    ASK("H\1\5"), ASK("h\3\1"), TELL("H\2\7"), TELL("H\2\10")),

	/* lists of items */
	ROW("the first item", IS("items"), "", UP(1, "L1\7\1x")),
	ROW("a later one", IS("items"), "", UP(1, "L1\1\2xx\2\0\7\3xxx")),
	ROW("an item of length 0", IS("items"), "", UP(1, "L1\7\0")),
	ROW("its value may be cut", IS("items"), "", UP(1, "L1\7\377")),
	ROW("twin: no such item", U, "", UP(1, "L1\1\2xx\2\0\6\3xxx")),
	ROW("twin: the type within a value", U, "", UP(1, "L1\1\4\7\1xx")),
	ROW("twin: half of its head", U, "", UP(1, "L1\1\0\7")),
	ROW("twin: a length that goes on behind the packet", U, "", UP(1, "L1\1\377\7\1x")),
	ROW("twin: no list", U, "", UP(1, "L1")),
	ROW("behind what is stepped over", IS("items"), "",
	    UP(1, "L2.\2xx\0\3yyyzz\x09\0\x09\0\1\0\1v\1\2\0\0..")),
	ROW("twin: behind the list's own end", U, "",
	    UP(1, "L2.\2xx\0\3yyyzz\x09\0\5\0\1\0\1v\1\2\0\0..")),
	ROW("twin: another byte there", U, "",
	    UP(1, "L2.\2xx\0\3yyyzz\x08\0\x09\0\1\0\1v\1\2\0\0..")),
	ROW("twin: the packet ends before it", U, "", UP(1, "L2.\2xx\0\3yyyzz")),
	ROW("twin: a length before it lies", U, "",
	    UP(1, "L2.\2xx\377\3yyyzz\x09\0\x09\0\1\0\1v\1\2\0\0..")),
	ROW("values are padded", IS("items"), "",
	    UP(1, "L3\0\1\0\1v...\0\2\0\4vvvv\0\5\0\0")),
	ROW("twin: they are not", U, "", UP(1, "L3\0\1\0\1v\0\2\0\4vvvv\0\5\0\0")),
	ROW("lengths of three bytes", IS("items"), "", UP(1, "L4\1\0\0\2vv\x0b\0\0\0")),
	ROW("twin: no length of three bytes", U, "", UP(1, "L4\1\0\1\2vv\x0b\0\0\0")),
	ROW("a way alone", IS("items"), "", UP(1, "L5\2xx\1")),
	ROW("twin: it leads elsewhere", U, "", UP(1, "L5\1xx\1")),
	ROW("twin: it leads out of the packet", U, "", UP(1, "L5\7xx\1")),
	ROW("twin: a match that began in an earlier packet", "2x " U, "", UP(1, "L"),
	    UP(2, "1\7\1x")),
	ROW("a list and a predicate", IS("both"), "", UP(1, "L6\7\1!")),
	ROW("twin: the predicate fails", U, "", UP(1, "L6\7\1?")),
	ROW("twin: the list fails", U, "", UP(1, "L6\6\1!")),
	ROW("an item shows more", "encrypted shown service", "levels=service/shape",
	    UP(1, "L7\7\1x")),
	ROW("twin: without it", "encrypted shown protocol", "levels=protocol/shape",
	    UP(1, "L7\6\1x")),

	/* ports */
	ROW_ON(7000, "of two that match, the one with the port", IS("port-a"), "", UP(1, "PP")),
	ROW_ON(7001, "twin: with the other's port", IS("port-b"), "", UP(1, "PP")),
	ROW_ON(7011, "within a range", IS("port-a"), "", UP(1, "PP")),
	ROW_ON(7012, "at its end", IS("port-a"), "", UP(1, "PP")),
	ROW_ON(7013, "nobody's port: the first label", IS("port-a"), "", UP(1, "PP")),
	ROW("the port may be the client's", IS("port-b"), "",
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(7001, 9), TEXT("PP"))),
	ROW_ON(7001, "a port that is required", IS("port-b"), "", UP(1, "PQ")),
	ROW_ON(7000, "twin: it is another", U, "", UP(1, "PQ")),
	ROW_ON(7002, "priority comes before the port", IS("port-b"), "", UP(1, "PR")),

	/* without an expression */
	ROW("predicates alone", IS("bare"), "", UP(1, "BARE1234")),
	ROW("in a later packet", U ", " IS("bare"), "", UP(1, "x"), UP(2, "BARE1234")),
	ROW("twin: a byte more", U, "", UP(1, "BARE12345")),
	ROW("twin: over two segments", "2x " U, "", UP(1, "BA"), UP(3, "RE1234")),
	ROW("masked", IS("bare"), "", UP(1, "xxA..B")),
	ROW("twin: another byte", U, "", UP(1, "xxA..C")),
	ROW("twin: too short", U, "", UP(1, "xxA..")),
	ROW("of a direction's first payload", IS("bare-stream"), "client=up", UP(1, "FS..!")),
	ROW("twin: of the second", "2x " U, "", UP(1, "x"), UP(2, "FS..!")),
	ROW("of the other direction's first", U ", " IS("bare-stream"), "client=down",
	    UP(1, "x"), BACK(1, "FS..!")),

	/* who, which, how */
	ROW("the server speaks first", IS("server-first"), "client=up", BACK(1, "HELO")),
	ROW("the longer match", IS("longer"), "", UP(1, "QRS")),
	ROW("twin: only the shorter one holds", IS("short"), "", UP(1, "QRT")),
	ROW("priority before length", IS("loud"), "", UP(1, "XYZW")),
	ROW("any case", IS("nocase"), "", UP(1, "kIsS")),
	ROW("twin: without nocase", U, "", UP(1, "helo")),
	ROW("over segments", "2x " U ", " IS("segments"), "", UP(1, "Va"), UP(3, "b"),
	    UP(4, "c!")),
	ROW("twin: a stream that did not begin so", "2x " U, "", UP(1, "x"), UP(2, "Vab!")),
	ROW("a predicate: in one packet", IS("one-packet"), "", UP(1, "Wab!")),
	ROW("twin: over two", "2x " U, "", UP(1, "Wa"), UP(3, "b!12")),
	ROW("sent twice is seen once", U ", retransmission unknown shape, " U ", " IS("steps"),
	    "client=up packets=3/1", UP(1, "S1"), UP(1, "S1"), BACK(1, "S2"), UP(3, "S3")),

	/* watched */
	ROW("a watched flow is taken over", "not_selected carrier protocol, "
	    "no_words inner content, no_words inner content", "levels=content/content client=up",
	    UP(1, "CARRY"), BACK(1, "INNER"), UP(6, "x")),
	ROW("twin: its class changes, its label stays", "2x not_selected carrier protocol, "
	    "encrypted carrier identity, 2x encrypted carrier shape",
	    "levels=protocol/shape client=up", UP(1, "CARRY"), UP(6, "x"), BACK(1, "VEIL"),
	    BACK(5, "x"), UP(7, "INNER")),
	ROW("twin: by what it does not become", "2x not_selected carrier protocol",
	    "levels=protocol/protocol", UP(1, "CARRY"), BACK(1, "HELO")),
	ROW("twin: a flow that is not watched", "2x " IS("short"), "", UP(1, "QRT"),
	    BACK(1, "INNER")),
	ROW("taken over is not watched any more", "not_selected carrier protocol, "
	    "2x no_words inner content", "", UP(1, "CARRY"), UP(6, "INNER"), UP(11, "VEIL")),
	ROW("first of all", "no_words inner content", "", UP(1, "INNER")),
	ROW("setup, and its end", "encrypted phased identity, encrypted phased identity, "
	    "encrypted phased shape, encrypted phased shape", "levels=identity/shape",
	    UP(1, "PHASE"), UP(6, "x"), UP(7, "DATA"), UP(11, "x")),
	ROW("a packet that shows more, and what it shows itself", "encrypted phased identity, "
	    "2x encrypted phased content, encrypted phased shape, encrypted phased content",
	    "levels=content/content",
	    UP(1, "PHASE"), UP(6, "LOOK"), UP(10, "x"), UP(11, "DATA"), UP(15, "x")),
	ROW("taken over by what compresses", "not_selected carrier protocol, "
	    "no_words carrier content, 2x compressed carrier envelope",
	    "levels=protocol/envelope", UP(1, "CARRY"), UP(6, "PRESS"), UP(11, "x"), BACK(1, "y")),
	ROW("without an expression, a direction's first payload in a watched flow",
	    "encrypted greeted identity, 2x encrypted greeted shape", "levels=identity/shape",
	    UP(1, "GREETED"), BACK(1, "G!"), UP(8, "x")),
	ROW("twin: its second", "4x encrypted greeted identity", "", UP(1, "GREETED"),
	    BACK(1, "x"), BACK(2, "G!"), BACK(4, "G!")),
	ROW("twin: only in a watched flow", "2x " U, "", UP(1, "DATA"), UP(5, "LOOK")),
	ROW("what the client shows in a watched flow", "encrypted sided protocol, "
	    "encrypted sided identity", "client=up levels=identity/shape",
	    UP(1, "SIDE"), UP(5, "CERT")),
	ROW("twin: the server shows the same", "encrypted sided protocol, "
	    "encrypted sided service", "client=up levels=service/shape",
	    UP(1, "SIDE"), BACK(1, "CERT")),
	ROW("who the client is is not known: the first in the file", "encrypted sided protocol, "
	    "encrypted sided service", "client=? levels=service/shape",
	    UP(1, "sidE"), UP(5, "CERT")),
};

static void load_features(void)
{
	rig = (struct rig){ .set = signatures_new(), .compiled = malloc(sizeof(*rig.compiled)) };
	assert_non_null(rig.compiled);
	for (size_t i = 0; i < COUNT(features); i++)
		assert_int_equal(signatures_parse(rig.set, "features.yaml", features[i],
						  strlen(features[i])), 0);
	assert_int_equal(signatures_compile(rig.set, NULL, 1, rig.compiled), 0);
}

/* ------------------------------------------------------------ random files */

/*
 * What takes a quarter of a minute and up to one; the environment's LANGUAGE_SETS and
 * LANGUAGE_KERNEL_SETS say otherwise, and LANGUAGE_FIRST which set is the first.
 */
#define SETS 1000
#define KERNEL_SETS 1500
#define SET_PACKETS 300
#define SET_PEERS 24
#define SET_PAYLOAD 300

struct sent {
	unsigned who;
	bool down;
	__u8 data[SET_PAYLOAD];
	__u32 size;
	__u32 length;
	__u8 frame[64 + SET_PAYLOAD];
};

/* A conversation: half of them are in order, so that the reference knows them. */
struct peer {
	struct packet_peers at;
	bool udp, disordered;
	__u32 seq[2];
	struct flow want;
	__u64 first; /* number of its first packet */
};

static struct set {
	__u64 number;
	struct signatures *signatures;
	struct gl_signatures *compiled;
	char text[32768];
	struct made made;
	struct choices choices;
	__u8 room[65536];
	struct peer peer[SET_PEERS];
	struct sent sent[SET_PACKETS];
} set;

struct found {
	unsigned sets, files, refused, recognised, flows, stepped, stored;
	double since;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static __u64 setting(const char *name, __u64 usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : usual;
}

/* The files of a set, one after the other; what is refused is left out. */
static void make_set(struct found *found)
{
	unsigned count = 1 + choose(&set.choices, MAKER_FILES);
	size_t at = 0;

	set.made = (struct made){ .at = set.text, .room = sizeof(set.text) };
	for (unsigned i = 0; i < count; i++) {
		make_file(&set.choices, &set.made, i, count);
		found->files++;
		if (signatures_parse(set.signatures, "random.yaml", set.text + at,
				     set.made.length - at)) {
			found->refused++;
			set.made.length = at;
		}
		add(&set.made, "---\n");
		at = set.made.length;
	}
	assert_false(set.made.full);
}

/* Set number, with its tables and packets to come; false when it does not compile. */
static bool open_set(__u64 number, struct found *found)
{
	int err;

	set.number = number;
	set.choices = choices_of_seed(number, set.room, sizeof(set.room));
	set.signatures = signatures_new();
	set.compiled = set.compiled ? set.compiled : malloc(sizeof(*set.compiled));
	assert_non_null(set.signatures);
	assert_non_null(set.compiled);
	log_set_level(LOG_SILENT);
	make_set(found);
	err = signatures_compile(set.signatures, NULL, (__u32)number + 1, set.compiled);
	log_set_level(LOG_NOTES);
	found->sets += !err;
	return !err;
}

static void close_set(void)
{
	signatures_free(set.signatures);
	set.signatures = NULL;
}

static void build_frame(const struct peer *peer, struct sent *sent, __u32 seq)
{
	const struct step bytes = BYTES(sent->data, sent->size), ip = IP4, eth = ETH;
	struct step steps[] = { eth, ip, TCP(seq, ACK), bytes, DOWN, { .kind = STEP_END } };

	if (peer->udp)
		steps[2] = (struct step)UDP;
	if (!sent->down)
		steps[4].kind = STEP_END;
	packet_build(steps, &peer->at, &rig.packet);
	sent->length = rig.packet.length;
	assert_true(sent->length <= sizeof(sent->frame));
	memcpy(sent->frame, rig.packet.frame, sent->length);
}

/* In half of the conversations packets come again, late, early or not at all. */
static void make_packets(void)
{
	struct choices *c = &set.choices;

	for (unsigned i = 0; i < SET_PEERS; i++)
		set.peer[i] = (struct peer){ .at = { 1 + i, 40000, ports[i % COUNT(ports)] },
					     .udp = i / 3 % 3 == 2,
					     .disordered = i / COUNT(ports) & 1,
					     .seq = { i & 2 ? 0xfffffff8 : 1 } };
	for (unsigned i = 0; i < SET_PACKETS; i++) {
		struct sent *sent = &set.sent[i];
		struct peer *peer = &set.peer[choose(c, SET_PEERS)];
		__u32 seq;

		*sent = (struct sent){ .who = peer - set.peer, .down = choose(c, 2) };
		sent->size = make_payload(c, set.compiled, peer->udp ? GL_UDP : GL_TCP, sent->data,
					  once_in(c, 24) ? SET_PAYLOAD : once_in(c, 4) ? 60 : 12);
		seq = peer->seq[sent->down];
		if (peer->disordered && once_in(c, 8))
			seq += choose(c, 9) - 4;
		else
			peer->seq[sent->down] += sent->size;
		build_frame(peer, sent, seq);
	}
}

static void set_words(struct engine *engine)
{
	struct word_list list = { 0 };
	size_t twice = 0;

	assert_int_equal(words_parse(&list, "words", "ab\ncad", 6, GL_LIST_WATCH, &twice), 0);
	assert_int_equal(engine_load_words(engine, &list), 0);
	words_free(&list);
}

static void run_sent(struct engine *engine, unsigned i)
{
	struct gl_replay replay = { .number = i + 1, .time_ns = (i + 1) * 90000000ull,
				    .wire_len = set.sent[i].length };

	assert_int_equal(engine_run(engine, set.sent[i].frame, set.sent[i].length, 0, &replay),
			 0);
}

/* Shows the set and the conversation up to this packet. */
static void set_fails(unsigned packet, const char *why)
{
	const struct sent *sent = &set.sent[packet];

	printf("%s", set.text);
	for (unsigned i = 0; i <= packet; i++) {
		if (set.sent[i].who != sent->who)
			continue;
		printf("# packet %u, %s:", i, set.sent[i].down ? "down" : "up");
		for (__u32 k = 0; k < set.sent[i].size; k++)
			printf(" %02x", set.sent[i].data[k]);
		printf("\n");
	}
	fflush(stdout);
	fail_msg("set %llu, packet %u, conversation %u (%s, port %u): %s", set.number, packet,
		 sent->who, set.peer[sent->who].udp ? "udp" : "tcp",
		 set.peer[sent->who].at.server_port, why);
}

/* ------------------------------------------------------------ beside the reference */

static const struct gl_flow *flow_of(const struct snapshot *snapshot, const struct peer *peer)
{
	for (size_t i = 0; i < snapshot->flow_count; i++)
		if (snapshot->flows[i].flow.first == peer->first)
			return &snapshot->flows[i].flow;
	return NULL;
}

static void check_sent(struct engine *engine, unsigned i)
{
	struct peer *peer = &set.peer[set.sent[i].who];
	const struct gl_flow *flow;
	struct snapshot snapshot;

	rig_read(engine, &snapshot);
	peer->first = peer->first ? peer->first : i + 1;
	flow = flow_of(&snapshot, peer);
	if (!flow)
		set_fails(i, "it has no entry");
	if (flow->protocol >= set.compiled->protocols || flow->setup >= GL_LEVEL_MAX ||
	    flow->steady >= GL_LEVEL_MAX || flow->client_dir > 2)
		set_fails(i, "its entry is out of bounds");
	if (!peer->disordered) {
		feed_dir(&peer->want, set.sent[i].down, set.sent[i].data, set.sent[i].size);
		if (!agrees(&peer->want, flow, false)) {
			explain(&peer->want, flow);
			set_fails(i, "its entry is not what the reference says");
		}
	}
	snapshot_free(&snapshot);
}

/* The automaton, beside the texts of the expressions. */
static void check_automaton(unsigned i)
{
	const struct sent *sent = &set.sent[i];

	for (int t = 0; t < GL_TRANSPORTS; t++)
		for (int anchor = 0; anchor < GL_ANCHORS; anchor++)
			if (!expressions_agree(set.signatures, set.compiled, t, anchor,
					       sent->data, sent->size))
				set_fails(i, "the automaton accepts what the expressions do not");
}

static void count_found(const struct peer *peer, struct found *found)
{
	found->flows += peer->first && !peer->disordered;
	found->recognised += peer->want.protocol != 0;
	found->stepped += peer->want.step != 0;
	found->stored += peer->want.registers[0] || peer->want.registers[1];
}

static void run_beside_reference(struct found *found)
{
	struct engine_options options = { .scan = set.number % GL_SCAN_MAX, .capacity = 64 };
	struct engine *engine;

	assert_int_equal(engine_open_native(&options, set.signatures, set.compiled, &engine), 0);
	set_words(engine);
	for (unsigned i = 0; i < SET_PEERS; i++) {
		struct peer *peer = &set.peer[i];

		peer->want = (struct flow){ .sig = set.compiled,
					    .transport = peer->udp ? GL_UDP : GL_TCP,
					    .port = { peer->at.client_port, peer->at.server_port } };
	}
	for (unsigned i = 0; i < SET_PACKETS; i++) {
		run_sent(engine, i);
		check_sent(engine, i);
		if (i % 4 == 0)
			check_automaton(i);
	}
	engine_close(engine);
	for (unsigned i = 0; i < SET_PEERS; i++)
		count_found(&set.peer[i], found);
}

static void random_sets(void **state)
{
	__u64 first = setting("LANGUAGE_FIRST", 1), sets = setting("LANGUAGE_SETS", SETS);
	struct found found = { .since = seconds() };

	(void)state;
	for (__u64 i = 0; i < sets; i++) {
		if (open_set(first + i, &found)) {
			make_packets();
			run_beside_reference(&found);
		}
		close_set();
	}
	print_message("# %u of %llu sets, %.0f a second; %u of %u files refused; of %u flows %u "
		      "recognised, %u took a step, %u have a register\n", found.sets, sets,
		      found.sets / (seconds() - found.since), found.refused, found.files,
		      found.flows, found.recognised, found.stepped, found.stored);
	if (sets < SETS)
		return;
	/* The maker makes what is accepted, and what matches. */
	assert_true(found.sets > sets * 9 / 10 && found.refused < found.files / 20);
	assert_true(found.recognised > found.flows / 3);
	assert_true(found.stepped > found.flows / 10 && found.stored > found.flows / 20);
}

/* ------------------------------------------------------------ in the kernel */

/* Programs that were loaded once, and what they had counted before this set. */
static struct kernels {
	struct engine *engine[GL_SCAN_MAX];
	struct snapshot before[GL_SCAN_MAX];
} kernels;

/* Everything that is left of the set before: its entries. */
static void forget_flows(struct engine *engine)
{
	int flows = ((struct kernel *)engine)->maps.flows;
	__u64 digest;

	while (!bpf_map_get_next_key(flows, NULL, &digest))
		assert_int_equal(bpf_map_delete_elem(flows, &digest), 0);
}

/* As `protocols load` puts other signatures in place. */
static void load_signatures(struct engine *engine)
{
	assert_int_equal(maps_load_signatures(&((struct kernel *)engine)->maps, set.signatures,
					      set.compiled), 0);
	engine->set = set.signatures;
}

/* The program of this set, with its signatures; NULL when BPF is not permitted here. */
static struct engine *kernel_of_set(void)
{
	enum gl_scan scan = set.number % GL_SCAN_MAX;
	struct engine_options options = { .scan = scan, .flows = 4096, .capacity = 64 };

	if (kernels.engine[scan]) {
		load_signatures(kernels.engine[scan]);
		return kernels.engine[scan];
	}
	log_set_level(LOG_SILENT);
	engine_open_kernel(&options, set.signatures, set.compiled, &kernels.engine[scan]);
	log_set_level(LOG_NOTES);
	if (kernels.engine[scan]) {
		set_words(kernels.engine[scan]);
		rig_read(kernels.engine[scan], &kernels.before[scan]);
	}
	return kernels.engine[scan];
}

static void close_kernels(void)
{
	for (int scan = 0; scan < GL_SCAN_MAX; scan++) {
		engine_close(kernels.engine[scan]);
		snapshot_free(&kernels.before[scan]);
	}
}

static void run_set(struct engine *engine, struct snapshot *snapshot)
{
	for (unsigned i = 0; i < SET_PACKETS; i++)
		run_sent(engine, i);
	rig_read(engine, snapshot);
	snapshot_sort(snapshot);
}

/* Native rows, and what the kernel's have more than before. */
#define SAME_ROWS(list, max)                                                                   \
	for (__u32 row = 0; row < (max); row++) {                                              \
		assert_int_equal(native->total.list[row].packets,                              \
				 kernel->total.list[row].packets - before->total.list[row].packets); \
		assert_int_equal(native->total.list[row].bytes,                                \
				 kernel->total.list[row].bytes - before->total.list[row].bytes); \
	}

static void same_counts(const struct snapshot *native, const struct snapshot *kernel,
			const struct snapshot *before)
{
	SAME_ROWS(outcome, GL_OUTCOMES)
	SAME_ROWS(protocol, GL_PROTOCOLS)
	SAME_ROWS(exposure, GL_LEVELS)
	SAME_ROWS(verdict, GL_VERDICTS)
	for (size_t i = 0; i < native->word_count; i++) {
		const struct gl_word_count *now = &kernel->words[i].count;
		const struct gl_word_count *then = &before->words[i].count;

		assert_int_equal(native->words[i].count.hits, now->hits - then->hits);
		assert_int_equal(native->words[i].count.packets, now->packets - then->packets);
		assert_int_equal(native->words[i].count.flows, now->flows - then->flows);
	}
}

static void same_flows(const struct snapshot *native, const struct snapshot *kernel)
{
	assert_int_equal(native->flow_count, kernel->flow_count);
	for (size_t i = 0; i < native->flow_count; i++) {
		struct gl_flow x = native->flows[i].flow, y = kernel->flows[i].flow;

		assert_memory_equal(&native->flows[i].key, &kernel->flows[i].key,
				    sizeof(native->flows[i].key));
		x.born = y.born = 0;
		for (int dir = 0; dir < 2; dir++) {
			assert_int_equal(x.dir[dir].claim, 0);
			/*
			 * The two number their word lists differently. The filter's
			 * multiplier is random, and so is how early the automaton takes
			 * over: the history is as long as that, however long the word.
			 */
			x.dir[dir].word_generation = y.dir[dir].word_generation = 0;
			memset(x.dir[dir].history, 0, sizeof(x.dir[dir].history));
			memset(y.dir[dir].history, 0, sizeof(y.dir[dir].history));
		}
		if (memcmp(&x, &y, sizeof(x)))
			set_fails(SET_PACKETS - 1, "the two engines made another entry of it");
	}
}

static void compare_engines(struct engine *engine, struct found *found)
{
	struct engine_options options = { .scan = set.number % GL_SCAN_MAX, .capacity = 64 };
	struct snapshot *before = &kernels.before[options.scan];
	struct snapshot native, kernel;

	run_set(engine, &kernel);
	assert_int_equal(engine_open_native(&options, set.signatures, set.compiled, &engine), 0);
	set_words(engine);
	run_set(engine, &native);
	engine_close(engine);
	same_counts(&native, &kernel, before);
	same_flows(&native, &kernel);
	for (size_t i = 0; i < native.flow_count; i++) {
		found->flows++;
		found->recognised += native.flows[i].flow.protocol >= GL_PROTO_FIRST;
		found->stepped += native.flows[i].flow.step != 0;
	}
	snapshot_free(&native);
	snapshot_free(before);
	*before = kernel;
	forget_flows(kernels.engine[options.scan]);
}

static void random_sets_in_kernel(void **state)
{
	__u64 first = setting("LANGUAGE_FIRST", 1);
	__u64 sets = setting("LANGUAGE_KERNEL_SETS", KERNEL_SETS);
	struct found found = { .since = seconds() };
	bool permitted = true;

	(void)state;
	for (__u64 i = 0; i < sets && permitted; i++) {
		if (open_set(first + i, &found)) {
			struct engine *engine = kernel_of_set();

			permitted = engine;
			make_packets();
			if (permitted)
				compare_engines(engine, &found);
		}
		close_set();
	}
	/* Where one was taken, none may be refused. */
	if (!permitted && !kernels.engine[0] && !kernels.engine[1] && !kernels.engine[2])
		skip();
	assert_true(permitted);
	close_kernels();
	print_message("# %u of %llu sets in the kernel, %.0f a second, as the native engine; of %u "
		      "flows %u recognised, %u took a step\n", found.sets, sets,
		      found.sets / (seconds() - found.since), found.flows, found.recognised,
		      found.stepped);
	assert_true(sets < KERNEL_SETS || (found.sets > sets * 9 / 10 &&
					   found.recognised > found.flows / 3 &&
					   found.stepped > found.flows / 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_sets),
					    cmocka_unit_test(random_sets_in_kernel) };
	int failed;

	load_files();
	failed = rig_main("language", NULL, 0, trials, COUNT(trials));
	load_features();
	failed += rig_main("language, feature by feature", rows, COUNT(rows), NULL, 0);
	return failed + cmocka_run_group_tests_name("language, random files", tests, NULL, NULL);
}
