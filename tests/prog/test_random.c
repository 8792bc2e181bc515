/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First payload to the label random: the five exemptions of Wu et al., USENIX
 * Security 2023, at the edges that were measured (protocols.md 5), and what else
 * keeps a flow from being called so. No byte of it is a reason to drop anything.
 */
#include "rig.h"

#define U "undecided unknown shape"
#define R "undecided random shape"
#define LOST "unknown random shape"
#define BARE "no_payload random absent"
#define SSH "SSH-2.0-glassine\r\n"

#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)

/* ------------------------------------------------------------ edges */

/*
 * A payload by its properties. Its bytes are not printable and have 3, 4 or 5 bits,
 * those that are printable have 4, so that one property leaves the others alone.
 */
struct edge {
	const char *name;
	bool random;
	unsigned length, bits;	 /* 0: 100 bytes, 4 bits each */
	unsigned printable;	 /* bytes, never two in a row */
	unsigned run;		 /* printable bytes in a row, at the payload's end */
	const char *start;
	size_t start_size;
};

#define YES(title, ...) { .name = title, .random = true, __VA_ARGS__ }
#define NO(title, ...) { .name = title, __VA_ARGS__ }
#define START(text) .start = (text), .start_size = sizeof(text) - 1

static const struct edge edges[] = {
	YES("4 bits a byte"),

	/* 1: set bits */
	NO("3.40 bits a byte", .length = 100, .bits = 340),
	YES("twin: 3.41", .length = 100, .bits = 341),
	YES("twin: 3.42", .length = 100, .bits = 342),
	YES("4.58 bits a byte", .length = 100, .bits = 458),
	YES("twin: 4.59", .length = 100, .bits = 459),
	NO("twin: 4.60", .length = 100, .bits = 460),
	NO("3.40 bits a byte, 200 of them", .length = 200, .bits = 680),
	YES("twin: one bit more", .length = 200, .bits = 681),
	NO("4.60 bits a byte, 200 of them", .length = 200, .bits = 920),
	YES("twin: one bit less", .length = 200, .bits = 919),
	NO("between two bits: 217 of 64 bytes are too few", .length = 64, .bits = 217),
	YES("twin: 218", .length = 64, .bits = 218),
	NO("between two bits: 295 of 64 bytes are too many", .length = 64, .bits = 295),
	YES("twin: 294", .length = 64, .bits = 294),

	/* 2: printable from the start */
	NO("the first six are printable", START("iiKiiK")),
	YES("twin: the first five", START("iiKii\x1eK")),
	YES("twin: all of them but the first", START("\x1eiiKiiKii")),
	NO("the first six are 20 and 7e", START("\x20\x7e\x20\x7e\x20\x7e")),
	YES("twin: one of them is 1f", START("\x20\x7e\x1f\x7e\x20\x7e")),
	YES("twin: one of them is 7f", START("\x20\x7e\x20\x7f\x20\x7e")),
	YES("twin: the sixth is 80", START("\x20\x7e\x20\x7e\x20\x80")),

	/* 3: printable bytes */
	YES("50 of 100 bytes are printable", .printable = 50),
	NO("twin: 51", .printable = 51),
	YES("49 of 99 bytes are printable", .length = 99, .printable = 49),
	NO("twin: 50", .length = 99, .printable = 50),
	YES("32 of 64 bytes are printable", .length = 64, .printable = 32),
	NO("twin: 33", .length = 64, .printable = 33),
	YES("128 of 256 bytes are printable", .length = 256, .printable = 128),
	NO("twin: 129", .length = 256, .printable = 129),

	/* 4: printable bytes in a row */
	YES("20 printable bytes in a row", .run = 20),
	NO("twin: 21", .run = 21),
	YES("32 bytes later", .length = 132, .run = 20),
	NO("twin: 21 in a row, 32 bytes later", .length = 132, .run = 21),
	YES("20 in a row at the 256th", .length = 256, .run = 20),
	NO("twin: 21 in a row at the 256th", .length = 256, .run = 21),

	/* 5: TLS and HTTP */
	NO("16 03 00", START("\x16\x03\x00\x1e\x1e\x1e")),
	NO("16 03 0f", START("\x16\x03\x0f\x1e\x1e\x1e")),
	YES("twin: 16 03 10", START("\x16\x03\x10\x1e\x1e\x1e")),
	NO("17 03 09", START("\x17\x03\x09\x1e\x1e\x1e")),
	YES("twin: 17 04 09", START("\x17\x04\x09\x1e\x1e\x1e")),
	YES("twin: 15 03 01", START("\x15\x03\x01\x1e\x1e\x1e")),
	YES("twin: 18 03 01", START("\x18\x03\x01\x1e\x1e\x1e")),
	NO("GET", START("GET \x1e\x1e")),
	YES("twin: GET without the blank", START("GET\x1e\x1e\x1e")),
	YES("twin: get", START("get \x1e\x1e")),
	NO("PUT", START("PUT \x1e\x1e")),
	NO("POST", START("POST \x1e")),
	YES("twin: POST without the blank", START("POST\x1e\x1e")),
	NO("HEAD", START("HEAD \x1e")),
	YES("twin: HEAD without the blank", START("HEAD\x1e\x1e")),
	YES("twin: PATCH", START("PATCH\x1e")),

	/* how long */
	NO("63 bytes", .length = 63),
	YES("twin: 64", .length = 64),
	YES("65", .length = 65),
	NO("1 byte", .length = 1),
	YES("255", .length = 255),
	YES("256", .length = 256),
	YES("1460", .length = 1460),
};

static void fill(const struct edge *edge, unsigned length, unsigned char *to)
{
	unsigned bits = 4 * length;

	memset(to, 0x1e, length);
	for (unsigned i = 0; i < edge->printable; i++)
		to[2 * i + 1 < length ? 2 * i + 1 : 0] = 'i';
	memset(to + length - edge->run, 'i', edge->run);
	if (edge->start)
		memcpy(to, edge->start, edge->start_size);
	for (unsigned i = 0; edge->bits && bits != edge->bits; i++) {
		to[i] = bits < edge->bits ? 0x1f : 0x0e;
		bits += bits < edge->bits ? 1 : -1;
	}
}

/* A row of one packet for each edge. */
static struct row edge_rows[COUNT(edges)];

static void make_edge_rows(void)
{
	static struct step steps[COUNT(edges)][5];
	static const struct step *packets[COUNT(edges)][2];
	static unsigned char payload[COUNT(edges)][1460];

	for (size_t i = 0; i < COUNT(edges); i++) {
		unsigned length = edges[i].length ? edges[i].length : 100;
		struct step step[5] = { ETH, IP4, TCP(1, ACK), BYTES(payload[i], length),
					{ .kind = STEP_END } };

		fill(&edges[i], length, payload[i]);
		memcpy(steps[i], step, sizeof(step));
		packets[i][0] = steps[i];
		edge_rows[i] = (struct row){ .name = edges[i].name, .packets = packets[i],
					     .expect = edges[i].random ? R : U,
					     .flow = "levels=shape/shape client=?" };
	}
}

/* ------------------------------------------------------------ which payload */

static unsigned char noise[400];

#define NOISE BYTES(noise, 100)
#define NOISE_UP(seq) PACKET(ETH, IP4, TCP(seq, ACK), NOISE)

#define ROW(title, what, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .flow = entry }

static const struct row rows[] = {
	ROW("ipv6, behind a tag", R, "flows=1",
	    PACKET(ETH, VLAN(1), IP6, TCP(1, ACK), NOISE)),
	ROW("twin: a datagram", U, "flows=1", PACKET(ETH, IP4, UDP, NOISE)),
	ROW("a SYN that carries it", R, "flows=1", PACKET(ETH, IP4, TCP(1, SYN), NOISE)),
	ROW("behind the handshake", "3x no_payload, " R ", " BARE, "first=up",
	    PACKET(ETH, IP4, TCP(0, SYN)), PACKET(ETH, IP4, TCP(0, SYN | ACK), DOWN),
	    PACKET(ETH, IP4, TCP(1, ACK)), NOISE_UP(1), PACKET(ETH, IP4, TCP(1, ACK), DOWN)),
	ROW("who sends first counts as the client", R, "first=down client=?",
	    PACKET(ETH, IP4, TCP(1, ACK), NOISE, DOWN)),
	ROW("twin: only the second payload", "2x " U, "flows=1", UP(1, "\x01"), NOISE_UP(2)),
	ROW("twin: the answer to another payload", "2x " U, "first=down", BACK(1, "\x01"),
	    NOISE_UP(1)),
	ROW("the answer changes nothing", "2x " R, "first=up", NOISE_UP(1), BACK(1, "\x01")),
	ROW("twin: in two segments, each too short", "2x " U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 63)),
	    PACKET(ETH, IP4, TCP(64, ACK), BYTES(noise, 63))),
	ROW("64 bytes, and more in the next segment", "2x " R, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 64)), UP(65, "and text that is printable")),
	ROW("sent again", R ", retransmission random shape", "packets=2/0", NOISE_UP(1),
	    NOISE_UP(1)),
	ROW("behind byte 256 anything may follow", R, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 256), FILL(0, 1000))),
	ROW("twin: behind byte 200", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 200), FILL(0, 1000))),
	ROW("text behind byte 256", R, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 256), FILL('i', 1000))),
	ROW("twin: 21 bytes of it before", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 235), FILL('i', 1000))),
	ROW("20 bytes of it before", R, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 236), FILL('i', 1000))),
	ROW("a frame of which 64 bytes of payload were captured", "truncated random shape",
	    "flows=1", PACKET(ETH, IP4, TCP(1, ACK), NOISE, CUT(54 + 64))),
	ROW("twin: 63", "truncated unknown shape", "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), NOISE, CUT(54 + 63))),

	/* until something better is known */
	ROW("eight packets", "7x " R ", 2x " LOST, "packets=9/0", NOISE_UP(1), UP(101, "1"),
	    UP(102, "2"), UP(103, "3"), UP(104, "4"), UP(105, "5"), UP(106, "6"), UP(107, "7"),
	    UP(108, "8")),
	ROW("the answer is recognised: the label is replaced, and the flow moves",
	    R ", encrypted ssh protocol, encrypted ssh protocol",
	    "flows=1 levels=protocol/shape basis=bytes", NOISE_UP(1), BACK(1, SSH),
	    UP(101, SSH)),
	ROW("the next packet is recognised", R ", no_words irc content",
	    "flows=1 levels=content/content client=?", NOISE_UP(1),
	    UP(101, ":a!b@c PRIVMSG #d :hi\r\n")),
	ROW("twin: after eight packets nothing is looked at any more",
	    "7x " R ", 2x " LOST, "flows=1", NOISE_UP(1), UP(101, "1"), UP(102, "2"),
	    UP(103, "3"), UP(104, "4"), UP(105, "5"), UP(106, "6"), UP(107, "7"),
	    UP(108, ":a!b@c PRIVMSG #d :hi\r\n")),
	ROW("recognised at once: never called random", "encrypted ssh protocol", "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT(SSH), BYTES(noise, 256))),
	ROW("twin: noise before it", R, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), BYTES(noise, 256), TEXT(SSH))),

	/* what is read of it */
	{ .name = "chat: not read", .packets = PACKETS(NOISE_UP(1), UP(101, "stop")),
	  .expect = "2x " R, .block = "stop" },
	{ .name = "clear: read when nothing recognised it", .scan = GL_SCAN_CLEAR,
	  .packets = PACKETS(NOISE_UP(1), UP(101, "1"), UP(102, "2"), UP(103, "3"), UP(104, "4"),
			     UP(105, "5"), UP(106, "stop"), UP(110, "7"), UP(111, "stop")),
	  .expect = "7x " R ", scanned random shape, scanned random shape would_drop",
	  .block = "stop", .hits = "stop 1 1 1" },
	{ .name = "all: read, and nothing about it is a reason to drop it", .scan = GL_SCAN_ALL,
	  .packets = PACKETS(NOISE_UP(1), UP(101, "x")), .expect = "2x scanned random shape",
	  .block = "stop" },
};

/* ------------------------------------------------------------ any payload */

/* The rules as the paper has them, of the first 256 bytes. */
static bool looks_random(const unsigned char *payload, unsigned length)
{
	unsigned bits = 0, printable = 0, run = 0, longest = 0, first = 0;

	length = length > 256 ? 256 : length;
	for (unsigned i = 0; i < length; i++) {
		bool is = payload[i] >= 0x20 && payload[i] <= 0x7e;

		bits += __builtin_popcount(payload[i]);
		printable += is;
		run = is ? run + 1 : 0;
		longest = run > longest ? run : longest;
		first += is && i < 6;
	}
	if (length < 64 || 10 * bits <= 34 * length || 10 * bits >= 46 * length)
		return false;
	if (first == 6 || 2 * printable > length || longest > 20)
		return false;
	if ((payload[0] == 0x16 || payload[0] == 0x17) && payload[1] == 3 && payload[2] <= 0xf)
		return false;
	return memcmp(payload, "GET ", 4) && memcmp(payload, "PUT ", 4) &&
	       memcmp(payload, "POST ", 5) && memcmp(payload, "HEAD ", 5);
}

static __u64 chance;

static __u32 any(__u32 below)
{
	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	return (__u32)(chance >> 33) % below;
}

/* Near the edges: bytes of about 3.4 or 4.6 bits, about half of them printable. */
static unsigned any_payload(unsigned char *to)
{
	unsigned length = any(4) ? 58 + any(220) : 64, text = any(12), bits = any(4), run;
	static const unsigned char printable[] = { 'i', '0', '/', 'o' };

	for (unsigned i = 0; i < length; i++) {
		unsigned char thin = any(10) < 6 ? 0xc1 : 0x8e, thick = any(10) < 6 ? 0xf5 : 0xb1;

		to[i] = bits == 0 ? thin : bits == 1 ? thick : any(256);
		if (any(11) < text && text < 7)
			to[i] = printable[any(4)];
	}
	run = any(3) ? 0 : 19 + any(4);
	if (run && length > run + 6)
		memset(to + 6 + any(length - run - 6), 'i', run);
	return length;
}

#define PAYLOADS 4000
static void any_payloads(struct engine *engine)
{
	static bool want[PAYLOADS];
	__u64 since = rig.number, yes = 0;
	struct snapshot snapshot;
	size_t n = 0;

	chance = 42;
	for (unsigned i = 0; i < PAYLOADS; i++) {
		struct packet_peers peers = rig_peers(1000);
		unsigned char payload[512];
		unsigned length = any_payload(payload);

		want[i] = looks_random(payload, length);
		rig_segment(engine, &peers, false, any(1 << 30), payload, length);
	}
	rig_read(engine, &snapshot);
	for (size_t i = 0; i < snapshot.flow_count; i++) {
		const struct gl_flow *flow = &snapshot.flows[i].flow;

		if (flow->first <= since || flow->protocol >= GL_PROTO_FIRST)
			continue;
		if ((flow->protocol == GL_PROTO_RANDOM) != want[flow->first - since - 1])
			fail_msg("payload %llu is called %s", flow->first - since - 1,
				 rig_label(flow->protocol));
		yes += flow->protocol == GL_PROTO_RANDOM;
		n++;
	}
	snapshot_free(&snapshot);
	assert_true(n > PAYLOADS - 50 && yes > PAYLOADS / 10 && yes < n - PAYLOADS / 10);
}

static const struct trial trials[] = {
	{ "any payload, as the rules say", any_payloads, NULL, GL_SCAN_CHAT, false },
};

int main(void)
{
	static struct row all[COUNT(edges) + COUNT(rows)];

	make_edge_rows();
	fill(&edges[0], sizeof(noise), noise);
	memcpy(all, edge_rows, sizeof(edge_rows));
	memcpy(all + COUNT(edges), rows, sizeof(rows));
	return rig_main("random", all, COUNT(all), trials, COUNT(trials));
}
