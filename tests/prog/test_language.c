/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of signature files: random conversations, in both engines against
 * the reference. Each file below is there for one feature; their patterns get in
 * each other's way on purpose.
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

int main(void)
{
	load_files();
	return rig_main("language", NULL, 0, trials, COUNT(trials));
}
