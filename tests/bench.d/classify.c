/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classify ROUNDS JSON: what the signatures cost, the core ones and all of them: the
 * first packet of a flow, beside a set that knows nothing; a packet of a flow that is
 * classified; and the tables. A flow without the label that it is named after is an
 * error. Each case is measured once in each round; a row is the median of its rounds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "program.h"
#include "signatures.h"

#define ROUNDS_MAX 101
#define WALKED 256
#define WALK_NS 3		 /* a byte, at most */
#define BUILD_MS 1000.0
#define TABLE_BYTES (4u << 20)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOTHING, CORE, ALL, SETS };

static const char *const set_names[SETS] = { "no signatures", "core signatures", "all signatures" };

/* The protocols that came first. */
static const char *const core[] = { "dns", "dtls", "http", "irc", "mqtt", "msnp", "oicq", "oscar", "quic",
				    "sip", "ssh", "stun", "threema", "tls", "websocket", "whatsapp",
				    "xmpp", "ymsg" };

static const char nothing[] = "protocol: nothing\ntitle: t\nsource: s\nclass: encrypted\n"
			      "exposure: {setup: shape, steady: shape}\npatterns:\n"
			      "  - {name: p, transport: tcp, from: client, anchor: stream, match: '\\xfe\\xdc\\xba'}\n"
			      "  - {name: q, transport: udp, from: client, anchor: stream, match: '\\xfe\\xdc\\xba'}\n";

#define HELLO "\x16\3\1\0\xa3\1\0\0\x9f\3\3" "0123456789abcdef0123456789abcdef" "\x20" \
	      "0123456789abcdef0123456789abcdef" "\0\4\x13\1\x13\2\1\0\0\x52" \
	      "\0\x0a\0\4\0\2\0\x1d" "\0\x0d\0\4\0\2\4\3" "\0\x33\0\x26\0\x24\0\x1d\0\x20" \
	      "0123456789abcdef0123456789abcdef" "\0\0\0\x10\0\x0e\0\0\x0b" "example.org"
#define SIP "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.99.0.1;branch=z9hG4bK776asdhds\r\n" \
	    "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\n\r\n"
#define STREAM "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xml:lang='en' " \
	       "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
#define NOISE "\xf3\x9d\x01\x77\xe2\x80\x12\x99\xd4\x1c\xb6\x2e\x05\xfa\x48\x83"
#define NOISE64 NOISE NOISE NOISE NOISE

/* What opens a flow, and the label that it then has with all signatures. */
static const struct opening {
	const char *name;
	__u8 l4;
	const char *label;
	const char *payload;
	size_t length;
} openings[] = {
#define OPENING(name, l4, label, bytes) { name, l4, label, bytes, sizeof(bytes) - 1 }
	OPENING("64 random bytes, TCP", IPPROTO_TCP, "random", NOISE64),
	OPENING("TLS hello with a name", IPPROTO_TCP, "tls", HELLO),
	OPENING("IRC log-in", IPPROTO_TCP, "irc", "NICK alice\r\nUSER alice 0 * :Alice\r\n"),
	OPENING("HTTP request", IPPROTO_TCP, "http", "GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n"),
	OPENING("XMPP stream header", IPPROTO_TCP, "xmpp", STREAM),
	OPENING("64 random bytes, UDP", IPPROTO_UDP, "unknown", NOISE64),
	OPENING("DNS question", IPPROTO_UDP, "dns",
		"\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1"),
	OPENING("SIP request", IPPROTO_UDP, "sip", SIP),
	OPENING("RTP", IPPROTO_UDP, "unknown", "\x80\0\0\1\0\0\0\1" NOISE64),
	OPENING("STUN request", IPPROTO_UDP, "stun", "\0\1\0\0\x21\x12\xa4\x42" "0123456789ab"),
};

static struct program programs[SETS];
static struct signatures *sets[SETS];
static double first[COUNT(openings)][SETS][ROUNDS_MAX], steady[SETS][ROUNDS_MAX], dead[SETS][ROUNDS_MAX],
	walked[SETS][ROUNDS_MAX];
static double build_ms[SETS];
static __u32 states[SETS];
static struct frame frames[COUNT(openings)], steady_frame, dead_frame, walk_frame;

/* ------------------------------------------------------------ sets */

static int add_core(struct signatures *to, const struct signatures *from)
{
	int err = 0;

	for (size_t i = 0; i < COUNT(core) && !err; i++) {
		size_t length = 0;
		const char *text = signatures_text(from, core[i], &length);

		err = text ? signatures_parse(to, core[i], text, length) : -ENOENT;
	}
	return err;
}

/* Reads and compiles a set; the built-in one lies at sets[ALL] before any other. */
static void build_set(int which, struct gl_signatures *compiled)
{
	double start = now();
	int err;

	sets[which] = signatures_new();
	if (which == ALL)
		err = signatures_builtin(sets[which]);
	else if (which == CORE)
		err = add_core(sets[which], sets[ALL]);
	else
		err = signatures_parse(sets[which], "nothing", nothing, strlen(nothing));
	if (err || signatures_compile(sets[which], NULL, 1, compiled))
		die("the signatures cannot be compiled");
	build_ms[which] = (now() - start) * 1000;
	states[which] = compiled->states;
	load_program(&programs[which], sets[which], compiled);
}

/* ------------------------------------------------------------ packets */

static void build_udp(struct frame *frame, const void *payload, __u32 length)
{
	unsigned char *ip = frame->data + 14;

	memset(frame, 0, sizeof(*frame));
	put16(frame->data + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 28 + length);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + 12, "\x0a\x63\0\1\x0a\x63\0\2\xc0\1\xc0\2", 12);
	put16(ip + 24, 8 + length);
	memcpy(ip + 28, payload, length);
	frame->length = 14 + 28 + length;
}

static void build_frames(void)
{
	static const struct tuple tuple = { 0x0100630a, 0x0200630a, 0x5bc3, 0x5cc3 };
	static const struct tuple tls = { 0x0100630a, 0x0300630a, 0x5bc3, 0xbb01 };
	static const struct tuple web = { 0x0100630a, 0x0400630a, 0x5dc3, 0x5000 };
	static const unsigned char record[37] = { 0x17, 3, 3, 0, 32, 1 };
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	struct frame opening;
	char alive[300];

	for (size_t i = 0; i < COUNT(openings); i++) {
		if (openings[i].l4 == IPPROTO_TCP)
			build_tcp(&frames[i], 4, &tuple, 0x18, openings[i].payload, openings[i].length);
		else
			build_udp(&frames[i], openings[i].payload, openings[i].length);
	}
	for (int set = CORE; set < SETS; set++) {
		build_tcp(&opening, 4, &tls, 0x18, record, sizeof(record));
		run(programs[set].fd, &opening, 1);
		build_tcp(&opening, 4, &web, 0x18, request, strlen(request));
		run(programs[set].fd, &opening, 1);
	}
	build_tcp(&steady_frame, 4, &tls, 0x18, record, 10);
	memset(alive, 0, sizeof(alive));
	build_tcp(&dead_frame, 4, &web, 0x1a, alive, sizeof(alive));
	memset(alive, 'a', sizeof(alive));
	memcpy(alive, "POST a", 6);
	build_tcp(&walk_frame, 4, &web, 0x1a, alive, sizeof(alive));
}

/* Packets that left with this label so far. */
static __u64 count_label(int set, const char *label)
{
	static struct gl_total total;

	if (maps_read_total(&programs[set].maps, &total))
		exit(1);
	for (__u32 p = 0; p < signatures_protocols(sets[set]); p++)
		if (signatures_protocol(sets[set], p) &&
		    !strcmp(signatures_protocol(sets[set], p), label))
			return total.protocol[p].packets;
	return 0;
}

/* Each opening has led to its label, so that what is timed is what is named. */
static void check_label(int set, const struct opening *opening, __u64 before)
{
	if (count_label(set, opening->label) - before == FIRST_PACKETS)
		return;
	fprintf(stderr, "bench: %s, %s: not %s\n", opening->name, set_names[set], opening->label);
	exit(1);
}

static void time_round(int n)
{
	for (int set = 0; set < SETS; set++) {
		for (size_t i = 0; i < COUNT(openings); i++) {
			__u64 before = count_label(set, openings[i].label);

			first[i][set][n] = time_first(programs[set].fd, &frames[i]);
			if (set != NOTHING)
				check_label(set, &openings[i], before);
		}
		if (set == NOTHING)
			continue;
		steady[set][n] = time_run(&programs[set], &steady_frame, GL_OUT_ENCRYPTED);
		dead[set][n] = time_run(&programs[set], &dead_frame, GL_OUT_NOT_SELECTED);
		walked[set][n] = time_run(&programs[set], &walk_frame, GL_OUT_NOT_SELECTED);
	}
}

/* ------------------------------------------------------------ results */

static FILE *json;

static void put_row(const char *name, const char *set, double value, const char *unit,
		    const char *peer, double ratio)
{
	static bool more;

	fprintf(json, "%s\n  {\"name\": \"%s, %s\", \"value\": %.1f, \"unit\": \"%s\", ", more ? "," : "",
		name, set, value, unit);
	if (peer)
		fprintf(json, "\"peer\": \"%s, %s\", \"ratio\": %.3f}", name, peer, ratio);
	else
		fprintf(json, "\"peer\": null, \"ratio\": null}");
	more = true;
}

/* A figure with the core and with all; returns the second. */
static double put_pair(const char *name, double with_core, double with_all, const char *unit,
		       const char *bar, bool kept)
{
	printf("%-34s %10.0f %10.0f %-6s %5.2f x  %s%s\n", name, with_core, with_all, unit,
	       with_core > 0 ? with_all / with_core : 0, bar, !*bar ? "" : kept ? ": kept" : ": MISSED");
	put_row(name, set_names[CORE], with_core, unit, NULL, 0);
	put_row(name, set_names[ALL], with_all, unit, set_names[CORE],
		with_core > 0 ? with_all / with_core : 0);
	return with_all;
}

static double median_of(const double *values, int rounds)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, rounds * sizeof(*sorted));
	return sort_median(sorted, rounds);
}

static void put_openings(int rounds)
{
	double sum[SETS] = { 0 };

	for (size_t i = 0; i < COUNT(openings); i++) {
		double none = median_of(first[i][NOTHING], rounds);
		double with_core = median_of(first[i][CORE], rounds) - none;
		double with_all = median_of(first[i][ALL], rounds) - none;

		put_pair(openings[i].name, with_core, with_all, "ns", "", true);
		sum[CORE] += with_core / COUNT(openings);
		sum[ALL] += with_all / COUNT(openings);
	}
	put_pair("average of these new flows", sum[CORE], sum[ALL], "ns", "", true);
}

/* Returns how many bars were missed. */
static int put_results(int rounds)
{
	double walk, table = states[ALL] * 2.0 * GL_SIG_STRIDE;
	char bar[64];
	int missed = 0;

	printf("%-34s %10s %10s\n", "signatures", "core", "all");
	put_openings(rounds);
	put_pair("packet of a classified flow", median_of(steady[CORE], rounds),
		 median_of(steady[ALL], rounds), "ns", "", true);
	put_pair("watched packet, walk dies at once", median_of(dead[CORE], rounds),
		 median_of(dead[ALL], rounds), "ns", "", true);
	snprintf(bar, sizeof(bar), "at most %d", WALKED * WALK_NS);
	walk = median_of(walked[ALL], rounds) - median_of(dead[ALL], rounds);
	put_pair("256 bytes walked, above that", median_of(walked[CORE], rounds) -
		 median_of(dead[CORE], rounds), walk, "ns", bar, walk <= WALKED * WALK_NS);
	missed += walk > WALKED * WALK_NS;
	put_pair("states", states[CORE], states[ALL], "", "", true);
	snprintf(bar, sizeof(bar), "at most %u", TABLE_BYTES);
	put_pair("bytes of states in use", states[CORE] * 2.0 * GL_SIG_STRIDE, table, "bytes", bar,
		 sizeof(struct gl_signatures) <= TABLE_BYTES);
	missed += sizeof(struct gl_signatures) > TABLE_BYTES;
	snprintf(bar, sizeof(bar), "at most %.0f", BUILD_MS);
	put_pair("read and compiled", build_ms[CORE], build_ms[ALL], "ms", bar, build_ms[ALL] <= BUILD_MS);
	return missed + (build_ms[ALL] > BUILD_MS);
}

int main(int argc, char **argv)
{
	struct gl_signatures *compiled = calloc(1, sizeof(*compiled));
	int rounds = argc == 3 ? atoi(argv[1]) : 0, missed;

	if (rounds < 1 || rounds > ROUNDS_MAX || !compiled) {
		fputs("usage: classify ROUNDS JSON\n", stderr);
		return 2;
	}
	prog_quiet();
	for (int set = SETS - 1; set >= 0; set--)
		build_set(set, compiled);
	build_frames();
	for (int i = 0; i < rounds; i++)
		time_round(i);
	json = fopen(argv[2], "w");
	if (!json)
		die("the result cannot be written");
	fprintf(json, "{\"rows\": [");
	missed = put_results(rounds);
	fprintf(json, "\n ]}\n");
	return fclose(json) || missed;
}
