/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of signature files in both engines: each feature by itself, with its
 * twin; random conversations against the reference, with files whose patterns get in
 * each other's way on purpose; random files, in one engine against the other.
 */
#include <errno.h>

#include "rig.h"
#include "../reference.h"

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
static size_t make_payload(__u8 *data, size_t before)
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

		length = make_payload(data, length);
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

	if (flow->protocol == protocol && flow->step == want->step &&
	    flow->client_dir == want->client &&
	    !memcmp(flow->registers, want->registers, sizeof(flow->registers)) &&
	    !(flow->flags & GL_FLOW_STEADY) == !want->steady)
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
	     "watch: yes\nbecomes: [inner, veil]\n")
	TCP_FROM("open", "client", "match: 'CARRY'"),
	HEAD("inner", "chat", "{setup: content, steady: content}", "")
	TCP_FROM("take", "either", "match: 'INNER', relabel: yes"),
	HEAD("veil", "encrypted", "{setup: identity, steady: shape}", "")
	TCP_FROM("hide", "either", "match: 'VEIL'"),
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

#define SETS 40
#define SET_PACKETS 300

struct text {
	char at[8192];
	size_t length;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->length += vsnprintf(text->at + text->length, sizeof(text->at) - text->length, format,
				  args);
	va_end(args);
	assert_true(text->length < sizeof(text->at));
}

static const char *one_of(const char *const *names, __u32 count)
{
	return names[below(count)];
}
#define ONE_OF(...) one_of((const char *const[]){ __VA_ARGS__ },                              \
			   sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void add_expression(struct text *text, int depth)
{
	if (depth && !below(3)) {
		add(text, "(");
		add_expression(text, depth - 1);
		add(text, "|");
		add_expression(text, depth - 1);
		add(text, ")");
	} else {
		add(text, "%s", ONE_OF("a", "b", "c", "d", "ab", "da", "[ab]", "[^c]", ".", "[b-d]"));
	}
	add(text, "%s", ONE_OF("", "", "", "", "", "*", "+", "?", "{2}", "{1,3}"));
	if (below(3))
		add_expression(text, depth);
}

static void add_left(struct text *text)
{
	add(text, "%s", ONE_OF("length", "last", "u8(0)", "u8(1)", "u8(5)", "u16be(0)", "u16le(1)",
			       "u24be(2)", "u24le(0)", "u32be(0)", "u32le(3)"));
	if (!below(4))
		add(text, " & 0x%x", below(2) ? 0xf : 0xff00ff);
	if (!below(5))
		add(text, " * %u", 1 + below(3));
	if (!below(4))
		add(text, " %s %u", ONE_OF("+", "-"), below(9));
}

static void add_where(struct text *text)
{
	unsigned n = 1 + below(2);

	add(text, ", where: [");
	for (unsigned i = 0; i < n; i++) {
		add(text, "%s'", i ? ", " : "");
		add_left(text);
		add(text, " %s ", ONE_OF("==", "!=", "<", "<=", ">", ">="));
		if (below(2))
			add(text, "%u'", below(2) ? below(12) : 0x61 + below(4));
		else
			add(text, "%s%s'", ONE_OF("length", "r0", "r1"), ONE_OF("", " + 1", " - 3"));
	}
	add(text, "]");
}

static void add_list(struct text *text)
{
	add(text, ", list: {at: %u", below(6));
	if (below(2))
		add(text, ", skip: [%s]", ONE_OF("u8", "u16, 1", "2, u8", "'=2'", "u8, u8, '=1', 3"));
	if (!below(3))
		add(text, ", size: %s", ONE_OF("u8", "u16"));
	add(text, ", type: %s, length: %s, align: %s, has: %u}", ONE_OF("u8", "u16", "u24"),
	    ONE_OF("u8", "u8", "u24"), ONE_OF("1", "1", "4"), below(4));
}

static void add_pattern(struct text *text, unsigned number, bool watched)
{
	bool match = below(5), where = !match || !below(3);

	add(text, "  - {name: p%u, transport: %s, from: %s, anchor: %s", number,
	    ONE_OF("tcp", "tcp", "udp"), ONE_OF("client", "server", "either"),
	    ONE_OF("stream", "packet"));
	if (match) {
		add(text, ", match: '");
		add_expression(text, 2);
		add(text, "'");
	}
	if (where)
		add_where(text);
	if (where && !below(3)) {
		add(text, ", store: {%s: '", ONE_OF("r0", "r1"));
		add_left(text);
		add(text, "'}");
	}
	add(text, "%s", ONE_OF("", "", "", ", nocase: yes", ", priority: 1", ", priority: 7",
			       ", port: required", ", exposure: {setup: identity, steady: content}"));
	if (!below(4))
		add_list(text);
	if (!below(3))
		add(text, ", step: %s", ONE_OF("yes", "yes", "held"));
	else if (watched && !below(2))
		add(text, "%s", ONE_OF(", only: watched", ", phase: steady", ", relabel: yes"));
	if (number && !below(3))
		add(text, ", after: p%u", below(number));
	add(text, "}\n");
}

static void add_file(struct text *text, unsigned number, unsigned files_of_it)
{
	bool watched = below(2);
	unsigned patterns = 1 + below(4);

	text->length = 0;
	add(text, "protocol: r%u\ntitle: t\nsource: s\nclass: %s\nexposure: {setup: %s, steady: %s}\n",
	    number, ONE_OF("chat", "clear", "encrypted"), ONE_OF("protocol", "service", "content"),
	    ONE_OF("shape", "protocol", "envelope"));
	if (watched)
		add(text, "watch: yes\nbecomes: [r%u]\n", (number + 1) % files_of_it);
	if (below(2))
		add(text, "ports: {tcp: [100, '200-201'], udp: ['%u-201']}\n", 100 + below(101));
	add(text, "patterns:\n");
	for (unsigned i = 0; i < patterns; i++)
		add_pattern(text, i, watched);
}

/* A set of random files; those that are refused are left out. Returns how many are in it. */
static unsigned random_set(struct signatures **set, struct gl_signatures *compiled)
{
	unsigned count = 2 + below(4), taken = 0;
	struct text text;

	*set = signatures_new();
	assert_non_null(*set);
	log_set_level(LOG_SILENT);
	for (unsigned i = 0; i < count; i++) {
		int tries = 50, err;

		do {
			add_file(&text, i, count);
			err = signatures_parse(*set, "random.yaml", text.at, text.length);
		} while (err && tries--);
		taken += !err;
	}
	if (!taken || signatures_compile(*set, NULL, 1, compiled))
		taken = 0;
	log_set_level(LOG_NOTES);
	return taken;
}

#define ONE_BYTE(text) ((text)[below(sizeof(text) - 1)])

struct sent {
	__u32 length;
	__u8 frame[128];
};

/* Conversations of a dozen peers: mostly in order, at times again, late or lost. */
static void random_packets(struct sent *sent)
{
	__u32 seq[12][2] = { { 0 } };

	for (unsigned i = 0; i < SET_PACKETS; i++) {
		unsigned who = below(12), down = below(2), n = 1 + below(10);
		struct packet_peers peers = { 1 + who, 40000, ports[who % COUNT(ports)] };
		__u32 at = seq[who][down];
		__u8 data[16];

		for (unsigned k = 0; k < n; k++)
			data[k] = ONE_BYTE("abcdabcdabcdabcdA\0\1\2\3");
		if (!below(8))
			at += below(9) - 4;
		else
			seq[who][down] += n;
		if (who >= 8 && down)
			packet_build(PACKET(ETH, IP4, UDP, BYTES(data, n), DOWN), &peers, &rig.packet);
		else if (who >= 8)
			packet_build(PACKET(ETH, IP4, UDP, BYTES(data, n)), &peers, &rig.packet);
		else if (down)
			packet_build(PACKET(ETH, IP4, TCP(at, ACK), BYTES(data, n), DOWN), &peers,
				     &rig.packet);
		else
			packet_build(PACKET(ETH, IP4, TCP(at, ACK), BYTES(data, n)), &peers,
				     &rig.packet);
		sent[i].length = rig.packet.length;
		memcpy(sent[i].frame, rig.packet.frame, rig.packet.length);
	}
}

static void run_set(struct engine *engine, const struct sent *sent, struct snapshot *snapshot)
{
	struct word_list list = { 0 };
	size_t twice = 0;

	assert_int_equal(words_parse(&list, "words", "ab\ncad", 6, GL_LIST_WATCH, &twice), 0);
	assert_int_equal(engine_load_words(engine, &list), 0);
	words_free(&list);
	for (__u64 i = 0; i < SET_PACKETS; i++) {
		struct gl_replay replay = { .number = i + 1, .time_ns = (i + 1) * 90000000,
					    .wire_len = sent[i].length };

		assert_int_equal(engine_run(engine, sent[i].frame, sent[i].length, 0, &replay), 0);
	}
	rig_read(engine, snapshot);
	snapshot_sort(snapshot);
}

#define SAME_ROWS(list, max)                                                                   \
	for (__u32 row = 0; row < (max); row++) {                                              \
		assert_int_equal(a->total.list[row].packets, b->total.list[row].packets);      \
		assert_int_equal(a->total.list[row].bytes, b->total.list[row].bytes);          \
	}

static void same(const struct snapshot *a, const struct snapshot *b)
{
	SAME_ROWS(outcome, GL_OUTCOMES)
	SAME_ROWS(protocol, GL_PROTOCOLS)
	SAME_ROWS(exposure, GL_LEVELS)
	SAME_ROWS(verdict, GL_VERDICTS)
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		assert_int_equal(a->total.protocol[i].flows, b->total.protocol[i].flows);
	for (__u32 i = 0; i < GL_LEVELS; i++)
		assert_int_equal(a->total.exposure[i].flows, b->total.exposure[i].flows);
	for (size_t i = 0; i < a->word_count; i++)
		assert_memory_equal(&a->words[i].count, &b->words[i].count,
				    sizeof(a->words[i].count));
	assert_int_equal(a->flow_count, b->flow_count);
	for (size_t i = 0; i < a->flow_count; i++) {
		struct gl_flow x = a->flows[i].flow, y = b->flows[i].flow;

		assert_memory_equal(&a->flows[i].key, &b->flows[i].key, sizeof(a->flows[i].key));
		x.born = y.born = 0;
		for (int dir = 0; dir < 2; dir++) {
			assert_int_equal(x.dir[dir].claim, 0);
			/* the two number their word lists differently */
			x.dir[dir].word_generation = y.dir[dir].word_generation = 0;
		}
		assert_memory_equal(&x, &y, sizeof(x));
	}
}

struct found {
	unsigned sets, recognised, steps;
};

/* One set through both engines; -1 when BPF is not permitted here. */
static int compare_engines(const struct signatures *set, const struct gl_signatures *compiled,
			   struct found *found)
{
	struct engine_options options = { .scan = found->sets++ % GL_SCAN_MAX, .flows = 1024,
					  .capacity = 64 };
	static struct sent sent[SET_PACKETS];
	struct snapshot native, kernel;
	struct engine *engine;
	int err;

	random_packets(sent);
	log_set_level(LOG_SILENT);
	err = engine_open_kernel(&options, set, compiled, &engine);
	log_set_level(LOG_NOTES);
	if (err)
		return -1;
	run_set(engine, sent, &kernel);
	engine_close(engine);
	assert_int_equal(engine_open_native(&options, set, compiled, &engine), 0);
	run_set(engine, sent, &native);
	engine_close(engine);
	same(&native, &kernel);
	for (size_t i = 0; i < native.flow_count; i++) {
		found->recognised += native.flows[i].flow.protocol >= GL_PROTO_FIRST;
		found->steps += native.flows[i].flow.step != 0;
	}
	snapshot_free(&native);
	snapshot_free(&kernel);
	return 0;
}

static void random_files(void **state)
{
	struct gl_signatures *compiled = malloc(sizeof(*compiled));
	struct found found = { 0 };
	struct signatures *set;
	int err = 0;

	(void)state;
	assert_non_null(compiled);
	seed = 2;
	for (int tries = 0; tries < 500 && found.sets < SETS && !err; tries++) {
		if (random_set(&set, compiled))
			err = compare_engines(set, compiled, &found);
		signatures_free(set);
	}
	free(compiled);
	/* Where one was taken, none may be refused. */
	if (err && found.sets == 1)
		skip();
	assert_int_equal(err, 0);
	print_message("# %u sets, %u of %u flows recognised, %u took a step\n", found.sets,
		      found.recognised, 12 * found.sets, found.steps);
	assert_int_equal(found.sets, SETS);
	assert_true(found.recognised > 2 * SETS && found.steps > SETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_files) };
	int failed;

	load_files();
	failed = rig_main("language", NULL, 0, trials, COUNT(trials));
	load_features();
	failed += rig_main("language, feature by feature", rows, COUNT(rows), NULL, 0);
	return failed + cmocka_run_group_tests_name("language, random files", tests, NULL, NULL);
}
