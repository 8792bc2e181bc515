/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rig.h - runs rows of packets through both engines and compares every counter.
 * Code in a header, because a test program is linked with packet.c only.
 *
 * A row says of each packet, in order: outcome [protocol level [verdict]], with
 * "none absent pass" for what is left out; "3x " in front repeats. After each
 * packet every row of the counters, packets and bytes, must be what follows from
 * that, and the law must hold. The flow entries must agree with it, too: packets
 * and bytes of each direction, and the rows' flows.
 */
#ifndef RIG_H
#define RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/engine.h"
#include "../../user/log.h"
#include "packet.h"

#pragma GCC diagnostic ignored "-Wunused-function"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RIG_FLOWS 16384
/* Bit per enum gl_encoding: UTF-8 only, unless the test's file says more. */
#ifndef RIG_ENCODINGS
#define RIG_ENCODINGS 0
#endif
/* Are tunnels opened in trials? A row says it for itself. */
#ifndef RIG_DECAP
#define RIG_DECAP false
#endif
#define RIG_CAPACITY 256
/* RIG_SIGNATURES, an array of texts, may be defined before: signature files of the test. */
#define PACKETS(...) ((const struct step *const[]){ __VA_ARGS__, NULL })

struct row {
	const char *name;
	const struct step *const *packets;
	const char *expect;
	const char *words;	 /* watch list, a word a line */
	const char *block;	 /* block list */
	const char *hits;	 /* "WORD hits packets flows, ..."; others none */
	const char *flow;	 /* "key=value ...", see rig_flow_value() */
	enum gl_scan scan;
	bool decap;
	__u16 port;		 /* of the server, 6667 */
};

/* A test that is code: called for each engine, with the words loaded. */
struct trial {
	const char *name;
	void (*run)(struct engine *engine);
	const char *words;
	enum gl_scan scan;
	bool kernel_only;
};

enum rig_kind { RIG_NATIVE, RIG_KERNEL, RIG_KINDS };

/* Engines differ in what is fixed when they are opened. */
#define RIG_KERNELS (2u * GL_SCAN_MAX)

static unsigned rig_kind_of(const struct engine_options *options)
{
	return 2 * options->scan + options->decap;
}

static struct rig {
	struct signatures *set;
	struct gl_signatures *compiled;
	struct engine *native, *kernel[RIG_KERNELS];
	unsigned native_kind;
	char *loaded[1 + RIG_KERNELS];
	bool kernel_denied;
	__u64 number;		 /* of the last packet sent */
	__u64 now_ms;
	__u16 peers;
	struct packet packet;
} rig;

/* ------------------------------------------------------------ engines */

static void rig_signatures(void)
{
	rig.set = signatures_new();
	rig.compiled = malloc(sizeof(*rig.compiled));
	assert_non_null(rig.set);
	assert_non_null(rig.compiled);
	assert_int_equal(signatures_builtin(rig.set), 0);
#ifdef RIG_SIGNATURES
	for (size_t i = 0; i < COUNT(RIG_SIGNATURES); i++)
		assert_int_equal(signatures_parse(rig.set, "test.yaml", RIG_SIGNATURES[i],
						  strlen(RIG_SIGNATURES[i])), 0);
#endif
	assert_int_equal(signatures_compile(rig.set, NULL, 1, rig.compiled), 0);
}

static struct engine *rig_native(const struct engine_options *options)
{
	if (rig.native && rig.native_kind == rig_kind_of(options))
		return rig.native;
	engine_close(rig.native);
	free(rig.loaded[0]);
	rig.loaded[0] = NULL;
	rig.native_kind = rig_kind_of(options);
	assert_int_equal(engine_open_native(options, rig.set, rig.compiled, &rig.native), 0);
	return rig.native;
}

/* NULL when this machine does not permit BPF. */
static struct engine *rig_kernel(const struct engine_options *options)
{
	struct engine **engine = &rig.kernel[rig_kind_of(options)];

	if (*engine || rig.kernel_denied)
		return *engine;
	log_set_level(LOG_SILENT);
	rig.kernel_denied = engine_open_kernel(options, rig.set, rig.compiled, engine);
	log_set_level(LOG_NOTES);
	return rig.kernel_denied ? NULL : *engine;
}

static struct engine *rig_engine(enum rig_kind kind, enum gl_scan scan, bool decap)
{
	struct engine_options options = { .scan = scan,
					  .decap = decap,
					  .flows = RIG_FLOWS,
					  .capacity = RIG_CAPACITY,
					  .encodings = RIG_ENCODINGS };

	if (!rig.set)
		rig_signatures();
	return kind == RIG_NATIVE ? rig_native(&options) : rig_kernel(&options);
}

static void rig_close(void)
{
	engine_close(rig.native);
	for (size_t i = 0; i < RIG_KERNELS; i++)
		engine_close(rig.kernel[i]);
	for (size_t i = 0; i < COUNT(rig.loaded); i++)
		free(rig.loaded[i]);
	signatures_free(rig.set);
	free(rig.compiled);
}

static char **rig_loaded(const struct engine *engine)
{
	for (size_t i = 0; i < RIG_KERNELS; i++)
		if (engine == rig.kernel[i])
			return &rig.loaded[1 + i];
	return &rig.loaded[0];
}

/* Loads these lists unless they are loaded already. NULL: none. */
static void rig_words(struct engine *engine, const char *watch, const char *block)
{
	char **loaded = rig_loaded(engine), *want;
	struct word_list list = { 0 };
	size_t twice = 0;

	assert_true(asprintf(&want, "%s\1%s", watch ? watch : "", block ? block : "") > 0);
	if (*loaded && !strcmp(*loaded, want)) {
		free(want);
		return;
	}
	if (watch)
		assert_int_equal(words_parse(&list, "watch", watch, strlen(watch),
					     GL_LIST_WATCH, &twice), 0);
	if (block)
		assert_int_equal(words_parse(&list, "block", block, strlen(block),
					     GL_LIST_BLOCK, &twice), 0);
	assert_int_equal(engine_load_words(engine, &list), 0);
	words_free(&list);
	free(*loaded);
	*loaded = want;
}

/* ------------------------------------------------------------ sending */

/* Addresses that no row had before. */
static struct packet_peers rig_peers(__u16 port)
{
	rig.now_ms += 10000;
	return (struct packet_peers){ ++rig.peers, 40000, port ? port : 6667 };
}

/* Sends rig.packet; everything passes. */
static void rig_send_split(struct engine *engine, __u32 linear)
{
	const struct packet *packet = &rig.packet;
	struct gl_replay replay = { .number = ++rig.number, .wire_len = packet->wire };

	replay.time_ns = (packet->timed ? rig.now_ms + packet->at_ms : ++rig.now_ms) * 1000000ull;
	if (packet->length < 14)
		engine_count_undeliverable(engine, packet->wire);
	else
		assert_int_equal(engine_run(engine, packet->frame, packet->length, linear,
					    &replay), 0);
}

static void rig_send(struct engine *engine)
{
	rig_send_split(engine, 0);
}

/* A TCP segment of a flow between peers; from the server when down. */
static void rig_segment(struct engine *engine, const struct packet_peers *peers, bool down,
			__u32 seq, const void *data, size_t size)
{
	if (down)
		packet_build(PACKET(ETH, IP4, TCP(seq, ACK), BYTES(data, size), DOWN), peers,
			     &rig.packet);
	else
		packet_build(PACKET(ETH, IP4, TCP(seq, ACK), BYTES(data, size)), peers,
			     &rig.packet);
	rig_send(engine);
}

static void rig_datagram(struct engine *engine, const struct packet_peers *peers, bool down,
			 const void *data, size_t size)
{
	if (down)
		packet_build(PACKET(ETH, IP4, UDP, BYTES(data, size), DOWN), peers, &rig.packet);
	else
		packet_build(PACKET(ETH, IP4, UDP, BYTES(data, size)), peers, &rig.packet);
	rig_send(engine);
}

/* ------------------------------------------------------------ reading */

static void rig_read(struct engine *engine, struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	assert_int_equal(engine_read(engine, snapshot), 0);
	assert_int_equal(snapshot_check(snapshot), 0);
}

static const struct snapshot_word *rig_word(const struct snapshot *snapshot, const char *text)
{
	for (size_t i = 0; i < snapshot->word_count; i++)
		if (!strcmp(snapshot->words[i].word.text, text))
			return &snapshot->words[i];
	fail_msg("the word %s is not loaded", text);
	return NULL;
}

static struct gl_word_count rig_count(const struct snapshot *before,
				      const struct snapshot *after, const char *text)
{
	struct gl_word_count old = rig_word(before, text)->count;
	struct gl_word_count new = rig_word(after, text)->count;

	return (struct gl_word_count){ .hits = new.hits - old.hits,
				       .packets = new.packets - old.packets,
				       .flows = new.flows - old.flows };
}

/* Hits of a word so far, for tests that look at nothing else. */
static __u64 rig_hits(struct engine *engine, const char *text)
{
	struct snapshot snapshot;
	__u64 hits;

	rig_read(engine, &snapshot);
	hits = rig_word(&snapshot, text)->count.hits;
	snapshot_free(&snapshot);
	return hits;
}

/* The flow entry that came last, copied; NULL key.l4 when there is none. */
static struct snapshot_flow rig_last_flow(struct engine *engine, __u64 since)
{
	struct snapshot snapshot;
	struct snapshot_flow last = { 0 };

	rig_read(engine, &snapshot);
	for (size_t i = 0; i < snapshot.flow_count; i++)
		if (snapshot.flows[i].flow.first > since)
			last = snapshot.flows[i];
	snapshot_free(&snapshot);
	return last;
}

static const char *rig_label(__u32 protocol)
{
	return protocol < signatures_protocols(rig.set) ? signatures_protocol(rig.set, protocol) :
							  "?";
}

/* ------------------------------------------------------------ expectations */

/* What one packet must have become. */
struct rig_end {
	__u32 outcome, protocol, level, verdict;
};

static __u32 rig_number_of(const char *name, const char *(*names)(__u32), __u32 max)
{
	for (__u32 i = 0; i < max; i++)
		if (names(i) && !strcmp(names(i), name))
			return i;
	fail_msg("no such name: %s", name);
	return 0;
}

/* Reads the next packet's expectation; false at the end. */
static bool rig_next_end(const char **text, unsigned *times, struct rig_end *end)
{
	char word[4][32] = { "", "none", "absent", "pass" };
	int read = 0, n;

	if (*times) {
		--*times;
		return true;
	}
	*text += strspn(*text, ", ");
	if (!**text)
		return false;
	if (sscanf(*text, "%ux %n", times, &read) == 1 && read) {
		*text += read;
		--*times;
	}
	n = sscanf(*text, "%31[^ ,] %31[^ ,] %31[^ ,] %31[^ ,]", word[0], word[1], word[2],
		   word[3]);
	assert_true(n > 0);
	*text += strcspn(*text, ",");
	end->outcome = rig_number_of(word[0], name_outcome, GL_OUT_MAX);
	end->protocol = rig_number_of(word[1], rig_label, GL_PROTOCOLS);
	end->level = rig_number_of(word[2], name_level, GL_LEVEL_MAX);
	end->verdict = rig_number_of(word[3], name_verdict, GL_VERDICT_MAX);
	return true;
}

#define RIG_COUNT(row) ((row).packets++, (row).bytes += wire)
static void rig_add_end(struct gl_total *want, const struct rig_end *end, __u32 wire)
{
	want->seen_packets++;
	want->seen_bytes += wire;
	RIG_COUNT(want->outcome[end->outcome]);
	RIG_COUNT(want->verdict[end->verdict]);
	RIG_COUNT(want->protocol[end->protocol]);
	RIG_COUNT(want->exposure[end->level]);
}

/* Appends what differs: the names of rows that hold more or less than they should. */
#define RIG_COMPARE(list, max, name)                                                          \
	for (__u32 i = 0; i < (max); i++) {                                                   \
		if (want->list[i].packets == got->list[i].packets &&                          \
		    want->list[i].bytes == got->list[i].bytes)                                \
			continue;                                                             \
		at += snprintf(text + at, size - at, " %s %+lld packets %+lld bytes;",        \
			       name(i), (long long)(got->list[i].packets - want->list[i].packets), \
			       (long long)(got->list[i].bytes - want->list[i].bytes));        \
		if (at >= size)                                                               \
			return;                                                               \
	}

static void rig_compare(const struct gl_total *want, const struct gl_total *got, char *text,
			size_t size)
{
	size_t at = 0;

	*text = '\0';
	if (want->seen_packets != got->seen_packets || want->seen_bytes != got->seen_bytes)
		at += snprintf(text, size, " seen differs;");
	RIG_COMPARE(outcome, GL_OUTCOMES, name_outcome)
	RIG_COMPARE(verdict, GL_VERDICTS, name_verdict)
	RIG_COMPARE(protocol, GL_PROTOCOLS, rig_label)
	RIG_COMPARE(exposure, GL_LEVELS, name_level)
}

/* ------------------------------------------------------------ flows */

struct rig_sums {
	__u64 packets[2], bytes[2];	 /* client to server, and back */
};

/* What the row's flow entry says of a key; up/down for pairs. */
static void rig_flow_value(const struct snapshot_flow *flow, const char *key, char *text,
			   size_t size)
{
	const struct gl_flow *f = &flow->flow;
	const struct gl_dir *up = &f->dir[0], *down = &f->dir[1];
	static const char *const side[] = { "up", "down" };

	if (!strcmp(key, "events"))
		snprintf(text, size, "%u/%u", up->events, down->events);
	else if (!strcmp(key, "gaps"))
		snprintf(text, size, "%u/%u", up->gaps, down->gaps);
	else if (!strcmp(key, "hits"))
		snprintf(text, size, "%u/%u", up->hits, down->hits);
	else if (!strcmp(key, "packets"))
		snprintf(text, size, "%llu/%llu", up->packets, down->packets);
	else if (!strcmp(key, "levels"))
		snprintf(text, size, "%s/%s", name_level(f->setup), name_level(f->steady));
	else if (!strcmp(key, "first"))
		snprintf(text, size, "%s", side[f->first_dir & 1]);
	else if (!strcmp(key, "client"))
		snprintf(text, size, "%s", f->client_dir ? side[f->client_dir - 1] : "?");
	else if (!strcmp(key, "basis"))
		snprintf(text, size, "%s", name_basis(f->basis));
	else if (!strcmp(key, "gap"))
		snprintf(text, size, "%s", f->flags & GL_FLOW_GAP ? "yes" : "no");
	else if (!strcmp(key, "veil"))
		snprintf(text, size, "%s", f->flags & GL_FLOW_VEIL ? "yes" : "no");
	else if (!strcmp(key, "vlan"))
		snprintf(text, size, "%x/%x", __builtin_bswap16(flow->key.vlan[0]),
			 __builtin_bswap16(flow->key.vlan[1]));
	else if (!strcmp(key, "ports"))
		snprintf(text, size, "%u/%u", __builtin_bswap16(flow->key.lo_port),
			 __builtin_bswap16(flow->key.hi_port));
	else if (!strcmp(key, "net"))
		snprintf(text, size, "%u", ((__u8 *)flow->key.lo)[flow->key.family == 6]);
	else if (!strcmp(key, "l4"))
		snprintf(text, size, "%u.%u", flow->key.family, flow->key.l4);
	else
		fail_msg("no such key of a flow: %s", key);
}

static void rig_check_flow(const struct row *row, const struct snapshot_flow *flow, size_t flows)
{
	char key[16], want[64], got[64];
	const char *text = row->flow ? row->flow : "";
	int read;

	for (; sscanf(text, " %15[^=]=%63s%n", key, want, &read) == 2; text += read) {
		if (!strcmp(key, "flows"))
			snprintf(got, sizeof(got), "%zu", flows);
		else if (flow)
			rig_flow_value(flow, key, got, sizeof(got));
		else
			snprintf(got, sizeof(got), "no flow");
		if (strcmp(got, want))
			fail_msg("flow: %s is %s, not %s", key, got, want);
	}
}

/* Entries made since packet number since: checked against the counters' flows. */
static void rig_check_flows(const struct row *row, const struct snapshot *before,
			    const struct snapshot *after, __u64 since,
			    const struct rig_sums *want)
{
	__s64 protocol[GL_PROTOCOLS] = { 0 }, level[GL_LEVELS] = { 0 };
	const struct snapshot_flow *last = NULL;
	struct rig_sums sums = { 0 };
	size_t flows = 0;

	for (size_t i = 0; i < after->flow_count; i++) {
		const struct snapshot_flow *flow = &after->flows[i];

		if (flow->flow.first <= since)
			continue;
		flows++;
		last = flow;
		protocol[flow->flow.protocol]++;
		level[flow->flow.steady]++;
		for (int dir = 0; dir < 2; dir++) {
			sums.packets[dir] += flow->flow.dir[dir].packets;
			sums.bytes[dir] += flow->flow.dir[dir].bytes;
			assert_int_equal(flow->flow.dir[dir].claim, 0);
		}
	}
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		assert_int_equal(after->total.protocol[i].flows - before->total.protocol[i].flows,
				 protocol[i]);
	for (__u32 i = 0; i < GL_LEVELS; i++)
		assert_int_equal(after->total.exposure[i].flows - before->total.exposure[i].flows,
				 level[i]);
	assert_memory_equal(&sums, want, sizeof(sums));
	rig_check_flow(row, last, flows);
}

/* ------------------------------------------------------------ rows */

static void rig_check_hits(const struct row *row, const struct snapshot *before,
			   const struct snapshot *after)
{
	for (size_t i = 0; i < after->word_count; i++) {
		const char *text = after->words[i].word.text, *hits = row->hits;
		struct gl_word_count got = rig_count(before, after, text), want = { 0 };
		char word[GL_WORD_MAX + 1];
		int read;

		while (hits && *hits) {
			struct gl_word_count one = { 0 };

			if (sscanf(hits, "%64[^ ] %llu %llu %llu%n", word, &one.hits,
				   &one.packets, &one.flows, &read) != 4)
				fail_msg("hits cannot be read: %s", hits);
			if (!strcmp(word, text))
				want = one;
			hits += read;
			hits += strspn(hits, ", ");
		}
		if (memcmp(&got, &want, sizeof(got)))
			fail_msg("%s: %llu hits %llu packets %llu flows", text, got.hits,
				 got.packets, got.flows);
	}
}

/* Sends one packet and compares the counters with what they must be now. */
static void rig_step(struct engine *engine, const struct rig_end *end, size_t index,
		     struct gl_total *want)
{
	char text[1024];
	struct snapshot now;

	rig_send(engine);
	rig_add_end(want, end, rig.packet.wire);
	rig_read(engine, &now);
	rig_compare(want, &now.total, text, sizeof(text));
	snapshot_free(&now);
	if (*text)
		fail_msg("packet %zu:%s", index + 1, text);
}

static void rig_row(struct engine *engine, const struct row *row)
{
	struct packet_peers peers = rig_peers(row->port);
	struct snapshot before, after;
	struct rig_sums sums = { 0 };
	struct gl_total want;
	const char *expect = row->expect;
	struct rig_end end = { 0 };
	unsigned times = 0;
	__u64 since = rig.number;

	rig_words(engine, row->words, row->block);
	rig_read(engine, &before);
	want = before.total;
	for (size_t i = 0; row->packets[i]; i++) {
		packet_build(row->packets[i], &peers, &rig.packet);
		if (!rig_next_end(&expect, &times, &end))
			fail_msg("packet %zu: nothing expected", i + 1);
		rig_step(engine, &end, i, &want);
		if (end.protocol != GL_PROTO_NONE) {
			sums.packets[rig.packet.down]++;
			sums.bytes[rig.packet.down] += rig.packet.wire;
		}
	}
	if (rig_next_end(&expect, &times, &end))
		fail_msg("more is expected than packets");
	rig_read(engine, &after);
	rig_check_flows(row, &before, &after, since, &sums);
	rig_check_hits(row, &before, &after);
	snapshot_free(&before);
	snapshot_free(&after);
}

/* ------------------------------------------------------------ cmocka */

struct rig_test {
	const struct row *row;
	const struct trial *trial;
	enum rig_kind kind;
};

static void rig_test(void **state)
{
	const struct rig_test *test = *state;
	struct engine *engine = test->row ?
		rig_engine(test->kind, test->row->scan, test->row->decap) :
		rig_engine(test->kind, test->trial->scan, RIG_DECAP);

	if (!engine) {
		skip();
		return;
	}
	if (test->row) {
		rig_row(engine, test->row);
		return;
	}
	rig_words(engine, test->trial->words, NULL);
	test->trial->run(engine);
}

static size_t rig_add_tests(struct CMUnitTest *tests, struct rig_test *states, const char *name,
			    const struct row *row, const struct trial *trial)
{
	static const char *const kinds[] = { "native", "xdp" };
	size_t n = 0;

	for (int kind = trial && trial->kernel_only; kind < RIG_KINDS; kind++, n++) {
		states[n] = (struct rig_test){ row, trial, kind };
		tests[n] = (struct CMUnitTest){ .test_func = rig_test, .initial_state = &states[n] };
		if (asprintf((char **)&tests[n].name, "%s: %s", kinds[kind], name) < 0)
			abort();
	}
	return n;
}

/* Runs each row and each trial on both engines. */
static int rig_main(const char *group, const struct row *rows, size_t row_count,
		    const struct trial *trials, size_t trial_count)
{
	size_t most = RIG_KINDS * (row_count + trial_count), n = 0;
	struct CMUnitTest *tests = calloc(most, sizeof(*tests));
	struct rig_test *states = calloc(most, sizeof(*states));
	int failed;

	for (size_t i = 0; i < row_count; i++)
		n += rig_add_tests(tests + n, states + n, rows[i].name, &rows[i], NULL);
	for (size_t i = 0; i < trial_count; i++)
		n += rig_add_tests(tests + n, states + n, trials[i].name, NULL, &trials[i]);
	failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free((char *)tests[i].name);
	free(tests);
	free(states);
	rig_close();
	return failed;
}

#endif
