/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature files by example (tests/examples): who takes each packet, the label and
 * the levels, in both engines and in the reference; and that no pattern is without an
 * example that it takes, and a twin that it does not.
 */
#include "rig.h"
#include "../reference.h"
#include "examples.h"

/* What one example became: 1 + the pattern that took each packet, 0 none. */
struct became {
	struct flow flow;
	int won[EX_PACKETS];
	__u64 first; /* number of its first packet */
};

static unsigned failures;

#define fail_example(e, ...)                                                                   \
	(failures++, print_error("%s:%u: ", (e)->file, (e)->line), print_error(__VA_ARGS__),     \
	 print_error("\n"))

/* ------------------------------------------------------------ the reference */

static void refer(const struct example *e, struct became *became)
{
	memset(became, 0, sizeof(*became));
	became->flow.sig = rig.compiled;
	became->flow.transport = e->udp ? GL_UDP : GL_TCP;
	became->flow.port[0] = 40000;
	became->flow.port[1] = e->port;
	for (unsigned i = 0; i < e->count; i++) {
		feed_dir(&became->flow, e->packet[i].down, e->packet[i].bytes.data,
			 e->packet[i].bytes.size);
		became->won[i] = became->flow.won;
	}
}

static const char *name_won(int won, char name[2 * EX_NAME])
{
	struct signatures_origin origin;

	if (!won)
		return "-";
	origin = signatures_origin(rig.set, won - 1);
	snprintf(name, 2 * EX_NAME, "%s/%s", origin.protocol, origin.pattern);
	return name;
}

static void check_won(const struct example *e, const struct became *became)
{
	char name[2 * EX_NAME];

	if (e->claim.wins && e->claim.wins != e->count)
		fail_example(e, "%u patterns for %u packets", e->claim.wins, e->count);
	for (unsigned i = 0; i < e->claim.wins; i++)
		if (strcmp(name_won(became->won[i], name), e->claim.won[i]))
			fail_example(e, "packet %u is %s, not %s", i + 1,
				     name_won(became->won[i], name), e->claim.won[i]);
}

/* ------------------------------------------------------------ the engines */

static void send_example(struct engine *engine, const struct example *e)
{
	struct packet_peers peers = rig_peers(e->port);
	__u32 seq[2] = { 1, 1 };

	for (unsigned i = 0; i < e->count; i++) {
		const struct ex_bytes *bytes = &e->packet[i].bytes;
		bool down = e->packet[i].down;

		if (e->udp)
			rig_datagram(engine, &peers, down, bytes->data, bytes->size);
		else
			rig_segment(engine, &peers, down, seq[down], bytes->data, bytes->size);
		seq[down] += bytes->size;
	}
}

static void check_flow(const struct example *e, const struct became *became,
		       const struct gl_flow *flow)
{
	const struct flow *want = &became->flow;
	char levels[EX_NAME];

	snprintf(levels, sizeof(levels), "%s/%s", name_level(flow->setup),
		 name_level(flow->steady));
	if (strcmp(rig_label(flow->protocol), e->claim.label))
		fail_example(e, "%s, not %s", rig_label(flow->protocol), e->claim.label);
	if (*e->claim.levels && strcmp(levels, e->claim.levels))
		fail_example(e, "%s, not %s", levels, e->claim.levels);
	if ((want->protocol || flow->protocol != GL_PROTO_RANDOM) &&
	    flow->protocol != (want->protocol ? want->protocol : GL_PROTO_UNKNOWN))
		fail_example(e, "%s, but %s by the reference", rig_label(flow->protocol),
			     rig_label(want->protocol));
	if (flow->step != want->step || flow->client_dir != want->client ||
	    memcmp(flow->registers, want->registers, sizeof(flow->registers)))
		fail_example(e, "step %u client %u registers %x %x; reference step %u client %d "
			     "registers %x %x", flow->step, flow->client_dir, flow->registers[0],
			     flow->registers[1], want->step, want->client, want->registers[0],
			     want->registers[1]);
}

static void all_examples(struct engine *engine)
{
	struct became *became;
	struct snapshot snapshot;
	size_t at = 0;

	examples_read();
	failures = 0;
	became = calloc(examples.count, sizeof(*became));
	assert_non_null(became);
	for (size_t i = 0; i < examples.count; i++) {
		refer(&examples.all[i], &became[i]);
		check_won(&examples.all[i], &became[i]);
		became[i].first = rig.number + 1;
		send_example(engine, &examples.all[i]);
	}
	rig_read(engine, &snapshot);
	for (size_t i = 0; i < snapshot.flow_count; i++) {
		if (snapshot.flows[i].flow.first < became[0].first)
			continue;
		assert_true(at < examples.count);
		assert_int_equal(snapshot.flows[i].flow.first, became[at].first);
		check_flow(&examples.all[at], &became[at], &snapshot.flows[i].flow);
		at++;
	}
	assert_int_equal(at, examples.count);
	snapshot_free(&snapshot);
	free(became);
	assert_int_equal(failures, 0);
}

/* ------------------------------------------------------------ none is left out */

static bool has_won(const struct became *became, int pattern)
{
	for (unsigned i = 0; i < EX_PACKETS; i++)
		if (became->won[i] == pattern)
			return true;
	return false;
}

/* Marks the patterns that take a packet of an example, and those that lose it in a twin. */
static void mark(const struct example *e, bool *won, bool *lost)
{
	struct became became, twin;

	if (&examples.all[e->of] == e) {
		if (e->claim.wins != e->count || !*e->claim.levels)
			fail_example(e, "does not say who takes each packet, and the levels");
		refer(e, &became);
		for (unsigned i = 0; i < e->count; i++)
			won[became.won[i]] = true;
		return;
	}
	refer(&examples.all[e->of], &became);
	refer(e, &twin);
	for (unsigned i = 0; i < examples.all[e->of].count; i++)
		lost[became.won[i]] |= !has_won(&twin, became.won[i]);
}

static void no_pattern_without(struct engine *engine)
{
	bool won[GL_SIG_PATTERNS + 1] = { false }, lost[GL_SIG_PATTERNS + 1] = { false };
	char name[2 * EX_NAME];

	(void)engine;
	examples_read();
	failures = 0;
	for (size_t i = 0; i < examples.count; i++)
		mark(&examples.all[i], won, lost);
	for (int i = 1; i <= (int)GL_SIG_PATTERNS; i++) {
		if (!signatures_origin(rig.set, i - 1).protocol)
			break;
		if (!won[i] && ++failures)
			print_error("no example is taken by %s\n", name_won(i, name));
		if (!lost[i] && ++failures)
			print_error("no twin is lost by %s\n", name_won(i, name));
	}
	assert_int_equal(failures, 0);
}

/* ------------------------------------------------------------ cut anywhere */

/* Do all who take a packet of it speak of streams, not of packets or of a flow's label? */
static bool is_of_stream(const struct example *e)
{
	struct became became;

	refer(e, &became);
	for (unsigned i = 0; i < e->count; i++) {
		const struct gl_sig_pattern *p;

		if (!became.won[i])
			continue;
		p = &rig.compiled->pattern[became.won[i] - 1];
		if (p->rows || p->list || p->flags & GL_PATTERN_RELABEL)
			return false;
	}
	return true;
}

/* The label when the first packet comes in two segments; in single bytes when cut is 0. */
static __u32 label_of_cut(const struct example *e, size_t cut)
{
	struct flow flow = { .sig = rig.compiled, .port = { 40000, e->port } };
	const struct ex_packet *p = e->packet;
	size_t at = 0;

	if (cut)
		feed_dir(&flow, p->down, p->bytes.data, at = cut);
	for (size_t n = cut ? p->bytes.size - cut : 1; at < p->bytes.size; at += n) {
		feed_dir(&flow, p->down, p->bytes.data + at, n);
		flow.dir[p->down].packets = 0; /* the path would give up */
	}
	for (p++; p < e->packet + e->count; p++)
		feed_dir(&flow, p->down, p->bytes.data, p->bytes.size);
	return flow.protocol;
}

static void cut_anywhere(const struct example *e)
{
	for (size_t cut = 0; cut < e->packet[0].bytes.size; cut++) {
		__u32 label = label_of_cut(e, cut);
		const char *name = label ? rig_label(label) : "unknown";

		if (strcmp(name, e->claim.label)) {
			fail_example(e, "cut at %zu: %s", cut, name);
			return;
		}
	}
}

static void segments(struct engine *engine)
{
	(void)engine;
	examples_read();
	failures = 0;
	for (size_t i = 0; i < examples.count; i++) {
		const struct example *e = &examples.all[i];

		if (e->udp || e->whole || !strcmp(e->claim.label, "random") ||
		    !is_of_stream(&examples.all[e->of]) || !is_of_stream(e))
			continue;
		cut_anywhere(e);
	}
	assert_int_equal(failures, 0);
}

/* ------------------------------------------------------------ at the ports of others */

static bool is_carrier(const char *label)
{
	static const char *const carriers[] = { "dns", "dtls", "http", "quic", "rtp", "ssh", "stun",
						"tls", "websocket", "wireguard" };

	for (size_t i = 0; i < COUNT(carriers); i++)
		if (!strcmp(label, carriers[i]))
			return true;
	return false;
}

/* The example with this port: what it is, or a carrier, but no other chat. */
static void no_chat_at(const struct example *e, __u16 port)
{
	struct example copy = *e;
	struct became became;

	copy.port = port;
	refer(&copy, &became);
	if (became.flow.protocol && strcmp(rig_label(became.flow.protocol), e->claim.label) &&
	    !is_carrier(rig_label(became.flow.protocol)))
		fail_example(e, "%s at port %u", rig_label(became.flow.protocol), port);
}

static void no_chat_at_ports(const struct example *e)
{
	for (__u32 i = GL_PROTO_FIRST; i < rig.compiled->protocols; i++) {
		const struct gl_sig_ports *ports = rig.compiled->protocol[i].ports[e->udp];

		for (unsigned k = 0; k < GL_SIG_PORTS; k++) {
			if (ports[k].first > ports[k].last)
				continue;
			no_chat_at(e, ports[k].first);
			no_chat_at(e, ports[k].last);
		}
	}
}

/* Examples that are no twins: those often lack only the port. */
static void every_port(struct engine *engine)
{
	(void)engine;
	examples_read();
	failures = 0;
	for (size_t i = 0; i < examples.count; i++)
		if (examples.all[i].of == i)
			no_chat_at_ports(&examples.all[i]);
	assert_int_equal(failures, 0);
}

static const struct trial trials[] = {
	{ "examples and their twins", all_examples, NULL, GL_SCAN_CHAT, false },
	{ "no pattern without an example and a twin", no_pattern_without, NULL, GL_SCAN_CHAT,
	  false },
	{ "streams cut anywhere", segments, NULL, GL_SCAN_CHAT, false },
	{ "no other chat at the port of another", every_port, NULL, GL_SCAN_CHAT, false },
};

int main(void)
{
	int failed = rig_main("protocols", NULL, 0, trials, COUNT(trials));

	examples_free();
	return failed;
}
