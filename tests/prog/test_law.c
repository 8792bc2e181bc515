/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The law while two CPUs count: every accepted copy of the counters is consistent,
 * and in the end nothing is lost. Only the kernel can show this.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WRITERS 2
#define READS 20000
#define SECONDS 10
#define FRAMES 5
#define TOGETHER 8000
#define SIP "MESSAGE sip:a SIP/2.0\r\n\r\n"

static struct program program;

/* One CPU's traffic: frames by turns, each repeat times a call. */
struct writer {
	pthread_t thread;
	int cpu, repeat;
	struct packet *frames[FRAMES];
	size_t count;
	__u64 sent[FRAMES];
	int err;

	/* packets that both CPUs send at the same time */
	void (*build)(size_t n, int cpu, struct packet *packet);
	struct writer *other;
	size_t at;
};

static volatile bool stop;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *write_frames(void *data)
{
	struct writer *writer = data;

	pin(writer->cpu);
	for (size_t i = 0; !stop && !writer->err; i = (i + 1) % writer->count) {
		int verdict = program_run(&program, writer->frames[i], writer->repeat);

		if (verdict == XDP_PASS)
			writer->sent[i] += writer->repeat;
		else
			writer->err = verdict < 0 ? verdict : -EPROTO;
	}
	return NULL;
}

static struct packet *make(const struct step *steps)
{
	struct packet_peers peers = { 1, 40000, 6667 };
	struct packet *packet = malloc(sizeof(*packet));

	assert_non_null(packet);
	packet_build(steps, &peers, packet);
	return packet;
}

static void start(struct writer *writers)
{
	stop = false;
	for (int i = 0; i < WRITERS; i++) {
		writers[i].cpu = i;
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_frames,
						&writers[i]), 0);
	}
}

static void finish(struct writer *writers)
{
	stop = true;
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_int_equal(writers[i].err, 0);
	}
}

static void free_frames(struct writer *writers)
{
	for (int i = 0; i < WRITERS; i++)
		for (size_t n = 0; n < writers[i].count; n++)
			free(writers[i].frames[n]);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Copies of some CPU that a careless reader would have taken. */
static __u64 torn_copies(int cpus)
{
	struct gl_total *copies = calloc(cpus, sizeof(*copies));
	__u64 torn = 0;
	__u32 zero = 0;

	assert_non_null(copies);
	assert_int_equal(bpf_map_lookup_elem(program.maps.total, &zero, copies), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		torn += copies[cpu].done != copies[cpu].start;
	free(copies);
	return torn;
}

static void check_law(const struct gl_total *total)
{
	struct snapshot snapshot = { .total = *total };
	struct snapshot_breach breach;

	if (snapshot_broken(&snapshot, &breach))
		fail_msg("%s of %s: %llu, seen %llu", breach.unit, breach.list, breach.sum,
			 breach.seen);
}

/* Reads until there are enough reads, and there was something to get wrong. */
static void read_in_a_loop(__u64 *reads, __u64 *torn)
{
	int cpus = libbpf_num_possible_cpus();
	double end = now() + SECONDS;
	struct gl_total total;
	__u64 last = 0;

	while ((*reads < READS || !*torn) && now() < end) {
		assert_int_equal(maps_read_total(&program.maps, &total), 0);
		check_law(&total);
		assert_true(total.seen_packets >= last);
		last = total.seen_packets;
		++*reads;
		if (!(*reads % 4))
			*torn += torn_copies(cpus);
	}
}

/* What was sent, and what the counters hold more than before. */
static void check_totals(const struct writer *writers, const struct gl_total *before)
{
	__u64 packets = 0, bytes = 0;
	struct gl_total total;

	for (int i = 0; i < WRITERS; i++) {
		for (size_t n = 0; n < writers[i].count; n++) {
			packets += writers[i].sent[n];
			bytes += writers[i].sent[n] * writers[i].frames[n]->wire;
		}
	}
	assert_int_equal(maps_read_total(&program.maps, &total), 0);
	check_law(&total);
	assert_int_equal(total.seen_packets - before->seen_packets, packets);
	assert_int_equal(total.seen_bytes - before->seen_bytes, bytes);
	assert_int_equal(total.verdict[GL_VERDICT_PASS].packets, total.seen_packets);
}

/* Entries and the flows of the counters agree; claims are all given back. */
static size_t check_entries(const struct snapshot *snapshot)
{
	__s64 protocols = 0, levels = 0;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		assert_int_equal(snapshot->flows[i].flow.dir[0].claim, 0);
		assert_int_equal(snapshot->flows[i].flow.dir[1].claim, 0);
	}
	for (size_t i = 0; i < GL_PROTOCOLS; i++)
		protocols += snapshot->total.protocol[i].flows;
	for (size_t i = 0; i < GL_LEVELS; i++)
		levels += snapshot->total.exposure[i].flows;
	assert_int_equal(protocols, snapshot->flow_count);
	assert_int_equal(levels, snapshot->flow_count);
	return snapshot->flow_count;
}

static void read_all(struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	assert_int_equal(maps_read_snapshot(&program.maps, true, snapshot), 0);
	snapshot_sort(snapshot);
}

/* Is there a machine for this test? Skips it if not. */
static bool ready(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < WRITERS || program_load("xdp", &program)) {
		skip();
		return false;
	}
	program_words(&program, "hello\nworld");
	return true;
}

/* ------------------------------------------------------------ tests */

/* The flow's packets and bytes of a direction, by port of the peers' server. */
static void check_direction(const struct snapshot *snapshot, __u16 port, int dir,
			    __u64 packets, __u64 bytes)
{
	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct gl_dir *d = &snapshot->flows[i].flow.dir[dir];

		if (snapshot->flows[i].key.hi_port != __builtin_bswap16(port))
			continue;
		assert_int_equal(d->packets, packets);
		assert_int_equal(d->bytes, bytes);
		return;
	}
	fail_msg("no flow of port %u", port);
}

/* Both CPUs count the same word at the same time: the datagrams' all, the stream's first. */
static void check_hits(const struct snapshot *snapshot, const struct writer *writers)
{
	__u64 datagrams = writers[0].sent[0] + writers[1].sent[0];
	__u64 streams = !!writers[0].sent[1] + !!writers[1].sent[1], flow_hits = 0;
	/* The CPUs may meet while the flow gets its label. */
	__u64 contended = snapshot->total.outcome[GL_OUT_CONTENDED].packets;
	__u64 hits = snapshot->words[0].count.hits;

	assert_in_range(contended, 0, 10);
	assert_in_range(hits, datagrams + streams - contended, datagrams + streams);
	assert_int_equal(snapshot->words[1].count.hits, streams);
	for (size_t i = 0; i < snapshot->flow_count; i++)
		for (int dir = 0; dir < 2; dir++)
			flow_hits += snapshot->flows[i].flow.dir[dir].hits;
	assert_int_equal(flow_hits, hits + streams);
}

/* Both CPUs on the same four flows, each on a direction of its own, and a fifth thing. */
static void test_two_directions(void **state)
{
	static const __u16 ports[] = { 1, 2, 3, 4 };
	struct writer writers[WRITERS] = { 0 };
	struct gl_total before;
	struct snapshot after;
	__u64 reads = 0, torn = 0;

	(void)state;
	if (!ready())
		return;
	for (int i = 0; i < WRITERS; i++) {
		struct step down = { .kind = i ? STEP_DOWN : STEP_PAD, .data = "" };

		writers[i].repeat = 20000;
		writers[i].count = FRAMES;
		writers[i].frames[0] = make(PACKET(ETH, IP4, UDP, PORTS(9, 1),
						   TEXT(SIP "hello"), down));
		writers[i].frames[1] = make(PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 2),
						   TEXT("PRIVMSG #c :hello world"), down));
		writers[i].frames[2] = make(PACKET(ETH, IP4, UDP, PORTS(9, 3), FILL(0, 700),
						   down));
		writers[i].frames[3] = make(PACKET(ETH, IP4, TCP(1, ACK), PORTS(9, 4),
						   TEXT("\x17\x03\x03\x00\x14"), FILL('e', 20),
						   down));
		writers[i].frames[4] = make(PACKET(ETH, LIE(ETH, 12, 2, 0x0806), FILL(0, 28)));
	}
	assert_int_equal(maps_read_total(&program.maps, &before), 0);
	start(writers);
	read_in_a_loop(&reads, &torn);
	finish(writers);
	check_totals(writers, &before);
	read_all(&after);
	assert_int_equal(check_entries(&after), COUNT(ports));
	for (size_t n = 0; n < COUNT(ports); n++)
		for (int i = 0; i < WRITERS; i++)
			check_direction(&after, ports[n], i, writers[i].sent[n],
					writers[i].sent[n] * writers[i].frames[n]->wire);
	check_hits(&after, writers);
	print_message("# %llu reads, %llu torn copies refused\n", reads, torn);
	assert_true(reads >= READS);
	snapshot_free(&after);
	free_frames(writers);
	program_close(&program);
	if (!torn)
		skip(); /* the CPUs were never truly parallel: it proves little */
}

/* Both CPUs on one direction of one flow: contended is an outcome, loss is not. */
static void test_one_direction(void **state)
{
	struct writer writers[WRITERS] = { 0 };
	const struct gl_outcome_row *outcome;
	struct gl_total before;
	struct snapshot after;
	__u64 reads = 0, torn = 1, sent = 0;

	(void)state;
	if (!ready())
		return;
	for (int i = 0; i < WRITERS; i++) {
		writers[i].repeat = 20000;
		writers[i].count = 1;
		writers[i].frames[0] = make(PACKET(ETH, IP4, UDP, PORTS(9, 1),
						   TEXT(SIP "hello"), FILL('.', 300 * i)));
	}
	assert_int_equal(maps_read_total(&program.maps, &before), 0);
	start(writers);
	read_in_a_loop(&reads, &torn);
	finish(writers);
	check_totals(writers, &before);
	read_all(&after);
	assert_int_equal(check_entries(&after), 1);
	outcome = after.total.outcome;
	for (int i = 0; i < WRITERS; i++)
		sent += writers[i].sent[0];
	check_direction(&after, 1, 0, sent, writers[0].sent[0] * writers[0].frames[0]->wire +
						   writers[1].sent[0] * writers[1].frames[0]->wire);
	assert_int_equal(outcome[GL_OUT_SCANNED].packets + outcome[GL_OUT_CONTENDED].packets,
			 sent);
	assert_int_equal(after.words[0].count.hits, outcome[GL_OUT_SCANNED].packets);
	assert_int_equal((__u32)after.words[0].count.hits, after.flows[0].flow.dir[0].hits);
	assert_int_equal(after.words[1].count.hits, 0);
	print_message("# %llu of %llu packets contended\n", outcome[GL_OUT_CONTENDED].packets,
		      sent);
	snapshot_free(&after);
	free_frames(writers);
	program_close(&program);
}

/* Sends the n-th packet of both CPUs at the same time, as nearly as can be. */
static void meet(struct writer *writer, size_t n)
{
	__atomic_store_n(&writer->at, n, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&writer->other->at, __ATOMIC_SEQ_CST) < n)
		if (__atomic_load_n(&writer->other->err, __ATOMIC_SEQ_CST))
			return;
}

static void *write_together(void *data)
{
	struct writer *writer = data;
	struct packet *packet = malloc(sizeof(*packet));
	int err = packet ? 0 : -ENOMEM;

	pin(writer->cpu);
	for (size_t n = 1; n <= TOGETHER && !err; n++) {
		writer->build(n, writer->cpu, packet);
		meet(writer, n);
		if (program_run(&program, packet, 1) != XDP_PASS)
			err = -EPROTO;
	}
	__atomic_store_n(&writer->err, err, __ATOMIC_SEQ_CST);
	free(packet);
	return NULL;
}

/* Runs TOGETHER packets on both CPUs, and reads everything afterwards. */
static void send_together(void (*build)(size_t, int, struct packet *), struct snapshot *after)
{
	struct writer writers[WRITERS] = { 0 };

	for (int i = 0; i < WRITERS; i++)
		writers[i] = (struct writer){ .cpu = i, .build = build,
					      .other = &writers[!i] };
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_together,
						&writers[i]), 0);
	finish(writers);
	read_all(after);
	check_law(&after->total);
	assert_int_equal(after->total.seen_packets, WRITERS * TOGETHER);
	print_message("# %llu of %d packets contended\n",
		      after->total.outcome[GL_OUT_CONTENDED].packets, WRITERS * TOGETHER);
}

static void build_new_flow(size_t n, int cpu, struct packet *packet)
{
	struct packet_peers peers = { 1, 1000 + n, 6667 };

	(void)cpu;
	packet_build(PACKET(ETH, IP4, UDP, TEXT(SIP "hello")), &peers, packet);
}

/* Both CPUs find the same new flows: one entry each, however they meet. */
static void test_same_new_flows(void **state)
{
	const struct gl_outcome_row *outcome;
	struct snapshot after;
	__u64 counted = 0;

	(void)state;
	if (!ready())
		return;
	send_together(build_new_flow, &after);
	assert_int_equal(check_entries(&after), TOGETHER);
	outcome = after.total.outcome;
	assert_int_equal(outcome[GL_OUT_SCANNED].packets + outcome[GL_OUT_CONTENDED].packets,
			 WRITERS * TOGETHER);
	assert_int_equal(after.words[0].count.hits, outcome[GL_OUT_SCANNED].packets);
	for (size_t i = 0; i < after.flow_count; i++)
		counted += after.flows[i].flow.dir[0].packets;
	assert_int_equal(counted, WRITERS * TOGETHER);
	snapshot_free(&after);
	program_close(&program);
}

/* One CPU's segments are longer: they overlap the other's next one. */
static void build_next_segment(size_t n, int cpu, struct packet *packet)
{
	struct packet_peers peers = { 1, 40000, 6667 };
	__u32 seq = 6 + n * 6;

	if (n == 1)
		packet_build(PACKET(ETH, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :xxxhe")), &peers,
			     packet);
	else if (cpu && n < TOGETHER)
		packet_build(PACKET(ETH, IP4, TCP(seq, ACK), TEXT("llo hello he")), &peers,
			     packet);
	else
		packet_build(PACKET(ETH, IP4, TCP(seq, ACK), TEXT("llo he")), &peers, packet);
}

/* Both CPUs get each part of a stream: its bytes are read once, and in order. */
static void test_same_segments(void **state)
{
	const struct gl_outcome_row *outcome;
	struct snapshot after;

	(void)state;
	if (!ready())
		return;
	send_together(build_next_segment, &after);
	assert_int_equal(check_entries(&after), 1);
	outcome = after.total.outcome;
	assert_in_range(outcome[GL_OUT_SCANNED].packets, TOGETHER / 2, TOGETHER + 1);
	assert_int_equal(outcome[GL_OUT_SCANNED].packets + outcome[GL_OUT_CONTENDED].packets +
				 outcome[GL_OUT_RETRANSMISSION].packets, WRITERS * TOGETHER);
	assert_int_equal(after.words[0].count.hits, TOGETHER - 1);
	assert_int_equal(after.flows[0].flow.dir[0].hits, TOGETHER - 1);
	assert_int_equal(after.flows[0].flow.dir[0].gaps, 0);
	snapshot_free(&after);
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_directions),
		cmocka_unit_test(test_one_direction),
		cmocka_unit_test(test_same_new_flows),
		cmocka_unit_test(test_same_segments),
	};

	return cmocka_run_group_tests_name("law", tests, NULL, NULL);
}
