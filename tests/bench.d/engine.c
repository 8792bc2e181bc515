/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine [--quick] EMPTY.o PERBYTE.o JSON CAPTURE: times the keyword engine beside
 * its peers, on the same words and payloads, all of a cell in each round. Writes
 * the figures without ratios (engine_report.py adds them), and a capture of
 * payloads for peers that read one. What the engines find must be the same.
 */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine.h"
#include "machine.h"

#define ROUNDS_MAX 64
#define RUNNERS_MAX 5
#define PERBYTE_WORDS 10000u	 /* a list of 100 000 would need 600 MB */
#define IPTABLES_WORDS 1000u
#define IPTABLES_PAYLOAD 1460u
#define CAPTURE_FLOWS 100u

static const __u32 word_counts[] = { 10, 1000, 10000, 100000 };
static const __u32 payload_sizes[] = { 64, 300, 1460, 9000 };
static const char *const text_names[TEXTS] = { "text", "adversarial" };

/* rounds: at least; then until seconds are over. */
static struct plan {
	bool quick;
	int rounds_least, rounds_most;
	double seconds;		 /* of a cell */
	double pair_seconds;	 /* of one measurement on one or two cores */
	int pair_rounds;
} plan = { false, 7, 41, 2.0, 0.25, 9 };

/* What a cell of the grid is measured with. */
static struct bench {
	struct list list;
	struct glassine *on, *off;
	struct hyperscan *block, *stream;
	struct perbyte *perbyte;
	const char *perbyte_object;
	int empty_fd;
	int cpus[2], cpu_count;
	FILE *json;
	int rows, builds, skipped;
	__u32 checked, mismatches;
} bench;

void die(const char *what)
{
	fprintf(stderr, "bench-engine: %s\n", what);
	exit(1);
}

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench-engine: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

/* ------------------------------------------------------------ results */

/* Lists of the document in the order in which they are filled. */
static FILE *rows_file, *builds_file, *skips_file;

static FILE *open_list(void)
{
	FILE *file = tmpfile();

	if (!file)
		die("no temporary file");
	return file;
}

struct row {
	const char *engine;
	__u32 words, payload;
	enum text text;
	bool stream;
	int cores;
	double ns;
};

/* extra: more fields, or "". */
static void __attribute__((format(printf, 2, 3))) put_row(const struct row *row,
							  const char *extra, ...)
{
	va_list args;

	fprintf(rows_file, "%s\n  {\"engine\": \"%s\", \"words\": %u, \"payload\": %u, "
		"\"text\": \"%s\", \"stream\": %s, \"cores\": %d, \"ns\": %.1f",
		bench.rows++ ? "," : "", row->engine, row->words, row->payload,
		text_names[row->text], row->stream ? "true" : "false", row->cores, row->ns);
	va_start(args, extra);
	vfprintf(rows_file, extra, args);
	va_end(args);
	fputc('}', rows_file);
}

static void put_build(const char *engine, __u32 words, const struct build *build)
{
	fprintf(builds_file,
		"%s\n  {\"engine\": \"%s\", \"words\": %u, \"bytes\": %zu, \"ms\": %.1f}",
		bench.builds++ ? "," : "", engine, words, build->bytes, build->ms);
}

static void skip(const char *engine, const char *why)
{
	note("%s skipped: %s", engine, why);
	fprintf(skips_file, "%s\n  {\"engine\": \"%s\", \"reason\": \"%s\"}",
		bench.skipped++ ? "," : "", engine, why);
}

static void copy_list(const char *name, FILE *file)
{
	int c;

	fprintf(bench.json, " \"%s\": [", name);
	rewind(file);
	while ((c = getc(file)) != EOF)
		putc(c, bench.json);
	fprintf(bench.json, "\n ],\n");
}

/* ------------------------------------------------------------ time */

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("a thread cannot be bound to a core");
}

double user_run(struct runner *runner, __u32 index)
{
	struct user_runner *user = (struct user_runner *)runner;
	const struct payloads *payloads = user->payloads;
	const unsigned char *bytes = payloads->bytes + (size_t)index * payloads->size;
	double start;

	if (index % BATCH)
		return user->mean;
	start = now();
	for (__u32 i = 0; i < BATCH; i++)
		user->read(user, bytes + (size_t)i * payloads->size, payloads->size);
	user->mean = (now() - start) * 1e9 / BATCH;
	return user->mean;
}

static void copy_bytes(struct user_runner *runner, const void *bytes, __u32 size)
{
	static __thread unsigned char to[PAYLOAD_MAX];

	(void)runner;
	memcpy(to, bytes, size);
	/* The copy is used, as far as the compiler knows. */
	__asm__ volatile("" : : "r"(to) : "memory");
}

static void close_copy(struct runner *runner)
{
	free(runner);
}

struct runner *memcpy_runner(const struct payloads *payloads)
{
	struct user_runner *user = calloc(1, sizeof(*user));

	if (!user)
		die("out of memory");
	*user = (struct user_runner){ { user_run, close_copy }, payloads, copy_bytes, 0 };
	return &user->runner;
}

/* Mean over the payloads of the median of each one's rounds. */
static double typical(float series[ROUNDS_MAX][PAYLOADS], int rounds)
{
	double values[ROUNDS_MAX], sum = 0;

	for (__u32 i = 0; i < PAYLOADS; i++) {
		for (int round = 0; round < rounds; round++)
			values[round] = series[round][i];
		sum += sort_median(values, rounds);
	}
	return sum / PAYLOADS;
}

/* Times each runner once a round. NULL runners have no time. */
static int measure(struct runner **runners, int count, double *ns)
{
	static float series[RUNNERS_MAX][ROUNDS_MAX][PAYLOADS];
	double start = now();
	int round;

	for (round = 0; round < plan.rounds_most; round++) {
		if (round >= plan.rounds_least && now() - start > plan.seconds)
			break;
		for (int r = 0; r < count; r++)
			for (__u32 i = 0; runners[r] && i < PAYLOADS; i++)
				series[r][round][i] = runners[r]->run(runners[r], i);
	}
	for (int r = 0; r < count; r++)
		ns[r] = runners[r] ? typical(series[r], round) : 0;
	return round;
}

static void close_runners(struct runner **runners, int count)
{
	for (int i = 0; i < count; i++)
		if (runners[i])
			runners[i]->close(runners[i]);
}

static void run_once(struct runner *runner)
{
	for (__u32 i = 0; i < PAYLOADS; i++)
		runner->run(runner, i);
}

/* ------------------------------------------------------------ hits */

static void compare_hits(const char *engine, const struct row *cell, __u64 hits, __u64 peer,
			 const char *peer_name)
{
	bench.checked++;
	if (hits == peer)
		return;
	bench.mismatches++;
	note("%s finds %llu, %s %llu: %u words, %u bytes, %s%s", engine, hits, peer_name, peer,
	     cell->words, cell->payload, text_names[cell->text], cell->stream ? ", stream" : "");
}

/* Each engine reads each payload once, a stream from its beginning. */
static __u64 check_hits(const struct row *cell, const struct payloads *payloads)
{
	struct hyperscan *hyperscan = cell->stream ? bench.stream : bench.block;
	struct runner *runner = glassine_runner(bench.on, payloads, cell->stream);
	__u64 before = glassine_hits(bench.on), hits;

	run_once(runner);
	hits = glassine_hits(bench.on) - before;
	runner->close(runner);
	if (hyperscan) {
		runner = hyperscan_runner(hyperscan, payloads);
		run_once(runner);
		compare_hits("glassine", cell, hits, hyperscan_hits(runner), "hyperscan");
		runner->close(runner);
	}
	if (bench.perbyte && !cell->stream) {
		before = perbyte_hits(bench.perbyte);
		runner = program_runner(perbyte_fd(bench.perbyte), payloads);
		run_once(runner);
		compare_hits("glassine", cell, hits, perbyte_hits(bench.perbyte) - before,
			     "per-byte-lookup");
		runner->close(runner);
	}
	return hits;
}

/* ------------------------------------------------------------ cells */

static void put_as(struct row *cell, const char *engine, double ns)
{
	cell->engine = engine;
	cell->ns = ns;
}

/* A packet that took another way than the one to be measured is no figure. */
static void check_packets(__u64 on_before, __u64 off_before, __u64 packets)
{
	if (glassine_packets(bench.on) - on_before != packets)
		die("not every packet was scanned");
	if (glassine_packets(bench.off) - off_before != packets)
		die("not every packet was left unscanned");
}

static void measure_datagrams(struct row *cell, const struct payloads *payloads)
{
	enum { ON, OFF, BLOCK, COPY, PERBYTE, COUNT };
	struct runner *runners[COUNT] = {
		[ON] = glassine_runner(bench.on, payloads, false),
		[OFF] = glassine_runner(bench.off, payloads, false),
		[BLOCK] = bench.block ? hyperscan_runner(bench.block, payloads) : NULL,
		[COPY] = memcpy_runner(payloads),
		[PERBYTE] = bench.perbyte ? program_runner(perbyte_fd(bench.perbyte), payloads) : NULL,
	};
	double ns[COUNT], empty;
	int rounds;
	__u64 hits = check_hits(cell, payloads), on = glassine_packets(bench.on),
	      off = glassine_packets(bench.off);

	rounds = measure(runners, COUNT, ns);
	check_packets(on, off, (__u64)rounds * PAYLOADS);
	put_as(cell, "glassine", ns[ON] - ns[OFF]);
	put_row(cell, ", \"packet_ns\": %.1f, \"hits\": %llu", ns[ON], hits);
	if (bench.block) {
		put_as(cell, "hyperscan", ns[BLOCK]);
		put_row(cell, "%s", "");
	}
	if (bench.perbyte) {
		struct runner *nothing = program_runner(bench.empty_fd, payloads);

		measure(&nothing, 1, &empty);
		nothing->close(nothing);
		put_as(cell, "per-byte-lookup", ns[PERBYTE] - empty);
		put_row(cell, ", \"packet_ns\": %.1f", ns[PERBYTE]);
	}
	put_as(cell, "memcpy", ns[COPY]);
	put_row(cell, "%s", "");
	close_runners(runners, COUNT);
}

/* Datagrams of the same rounds say what a stream costs more. */
static void measure_stream(struct row *cell, const struct payloads *payloads)
{
	enum { ON, OFF, DATAGRAM_ON, DATAGRAM_OFF, STREAM, COUNT };
	struct runner *runners[COUNT] = {
		[ON] = glassine_runner(bench.on, payloads, true),
		[OFF] = glassine_runner(bench.off, payloads, true),
		[DATAGRAM_ON] = glassine_runner(bench.on, payloads, false),
		[DATAGRAM_OFF] = glassine_runner(bench.off, payloads, false),
		[STREAM] = bench.stream ? hyperscan_runner(bench.stream, payloads) : NULL,
	};
	double ns[COUNT];
	int rounds;
	__u64 hits = check_hits(cell, payloads), on = glassine_packets(bench.on),
	      off = glassine_packets(bench.off);

	rounds = measure(runners, COUNT, ns);
	check_packets(on, off, 2ull * rounds * PAYLOADS);
	put_as(cell, "glassine", ns[ON] - ns[OFF]);
	put_row(cell, ", \"packet_ns\": %.1f, \"datagram_ns\": %.1f, \"datagram_packet_ns\": %.1f, "
		"\"hits\": %llu", ns[ON], ns[DATAGRAM_ON] - ns[DATAGRAM_OFF], ns[DATAGRAM_ON], hits);
	if (bench.stream) {
		put_as(cell, "hyperscan", ns[STREAM]);
		put_row(cell, "%s", "");
	}
	close_runners(runners, COUNT);
}

/* ------------------------------------------------------------ two cores */

#define PASSES_MAX 512

enum { SIDE_ON, SIDE_OFF, SIDE_BLOCK, SIDE_KINDS };

/* One core, with a flow and a scratch of its own. */
struct side {
	pthread_t thread;
	struct runner *runners[SIDE_KINDS];
	int cpu;
	double ns[SIDE_KINDS][PASSES_MAX]; /* of a packet, by pass over the payloads */
	int passes;
};

static pthread_barrier_t start_line;
static volatile bool over;

static double run_pass(struct runner *runner)
{
	double ns = 0;

	for (__u32 i = 0; runner && i < PAYLOADS; i++)
		ns += runner->run(runner, i);
	return ns / PAYLOADS;
}

/* In turn, as with one core, so that a matcher does not find its caches as it left them. */
static void *run_side(void *data)
{
	struct side *side = data;

	pin(side->cpu);
	pthread_barrier_wait(&start_line);
	for (side->passes = 0; !side->passes || (!over && side->passes < PASSES_MAX); side->passes++)
		for (int kind = 0; kind < SIDE_KINDS; kind++)
			side->ns[kind][side->passes] = run_pass(side->runners[kind]);
	return NULL;
}

/* Nanoseconds from one packet to the next, of all cores together. */
static void run_sides(struct side *sides, int count, double ns[SIDE_KINDS])
{
	double rate[SIDE_KINDS] = { 0 }, each;

	over = false;
	pthread_barrier_init(&start_line, NULL, count + 1);
	for (int i = 0; i < count; i++)
		if (pthread_create(&sides[i].thread, NULL, run_side, &sides[i]))
			die("no thread");
	pthread_barrier_wait(&start_line);
	usleep(plan.pair_seconds * 1e6);
	over = true;
	for (int i = 0; i < count; i++) {
		pthread_join(sides[i].thread, NULL);
		for (int kind = 0; kind < SIDE_KINDS; kind++) {
			each = sort_median(sides[i].ns[kind], sides[i].passes);
			rate[kind] += each > 0 ? 1 / each : 0;
		}
	}
	pthread_barrier_destroy(&start_line);
	for (int kind = 0; kind < SIDE_KINDS; kind++)
		ns[kind] = rate[kind] > 0 ? 1 / rate[kind] : 0;
}

/* Medians of rounds: time with two cores, and by how much the rate grew. */
static void measure_sides(struct side *sides, double ns[SIDE_KINDS], double growth[SIDE_KINDS])
{
	double alone[SIDE_KINDS], together[SIDE_KINDS];
	double times[SIDE_KINDS][ROUNDS_MAX], growths[SIDE_KINDS][ROUNDS_MAX];

	for (int round = 0; round < plan.pair_rounds; round++) {
		run_sides(sides, 1, alone);
		run_sides(sides, 2, together);
		for (int kind = 0; kind < SIDE_KINDS; kind++) {
			times[kind][round] = together[kind];
			growths[kind][round] = together[kind] > 0 ? alone[kind] / together[kind] : 0;
		}
	}
	for (int kind = 0; kind < SIDE_KINDS; kind++) {
		ns[kind] = sort_median(times[kind], plan.pair_rounds);
		growth[kind] = sort_median(growths[kind], plan.pair_rounds);
	}
}

static void measure_two_cores(struct row *cell, const struct payloads *payloads)
{
	static struct side sides[2];
	double ns[SIDE_KINDS], growth[SIDE_KINDS];

	for (int i = 0; i < 2; i++) {
		sides[i] = (struct side){ .cpu = bench.cpus[i] };
		sides[i].runners[SIDE_ON] = glassine_runner(bench.on, payloads, false);
		sides[i].runners[SIDE_OFF] = glassine_runner(bench.off, payloads, false);
		if (bench.block)
			sides[i].runners[SIDE_BLOCK] = hyperscan_runner(bench.block, payloads);
	}
	cell->cores = 2;
	measure_sides(sides, ns, growth);
	put_as(cell, "glassine", ns[SIDE_ON] - ns[SIDE_OFF]);
	put_row(cell, ", \"packet_ns\": %.1f, \"scaling\": %.3f", ns[SIDE_ON], growth[SIDE_ON]);
	if (bench.block) {
		put_as(cell, "hyperscan", ns[SIDE_BLOCK]);
		put_row(cell, ", \"scaling\": %.3f", growth[SIDE_BLOCK]);
	}
	cell->cores = 1;
	for (int i = 0; i < 2; i++)
		close_runners(sides[i].runners, SIDE_KINDS);
}

/* ------------------------------------------------------------ the grid */

static void measure_iptables(struct row *cell, const struct payloads *payloads)
{
	static bool skipped;
	const char *why;
	double ns;

	if (skipped)
		return;
	ns = iptables_time(&bench.list, payloads, plan.quick ? PAYLOADS : 4 * PAYLOADS, &why);
	if (ns < 0) {
		skip("iptables", why);
		skipped = true;
		return;
	}
	put_as(cell, "iptables", ns);
	put_row(cell, "%s", "");
}

static void measure_cells(struct row *cell, const unsigned char *bytes)
{
	for (size_t i = 0; i < sizeof(payload_sizes) / sizeof(*payload_sizes); i++) {
		struct payloads payloads = { bytes, payload_sizes[i] };
		bool main_size = payloads.size == 1460, thousand = cell->words == 1000;

		if (plan.quick && !main_size)
			continue;
		cell->payload = payloads.size;
		measure_datagrams(cell, &payloads);
		if (!plan.quick || thousand) {
			cell->stream = true;
			measure_stream(cell, &payloads);
			cell->stream = false;
		}
		if (main_size && bench.cpu_count == 2 && (!plan.quick || thousand))
			measure_two_cores(cell, &payloads);
		if (payloads.size == IPTABLES_PAYLOAD && cell->text == TEXT &&
		    cell->words <= IPTABLES_WORDS)
			measure_iptables(cell, &payloads);
	}
}

static void open_engines(__u32 words)
{
	struct build build;

	list_make(&bench.list, words);
	build = glassine_build(&bench.list);
	put_build("glassine", words, &build);
	bench.on = glassine_open(&bench.list);
	bench.block = hyperscan_open(&bench.list, false, &build);
	if (bench.block)
		put_build("hyperscan", words, &build);
	if (bench.block && (!plan.quick || words == 1000))
		bench.stream = hyperscan_open(&bench.list, true, &build);
	if (words >= 1000 && words <= PERBYTE_WORDS) {
		bench.perbyte = perbyte_open(bench.perbyte_object, &bench.list, &build);
		put_build("per-byte-lookup", words, &build);
	}
}

static void close_engines(void)
{
	perbyte_close(bench.perbyte);
	hyperscan_close(bench.stream);
	hyperscan_close(bench.block);
	glassine_close(bench.on);
	list_free(&bench.list);
	bench.perbyte = NULL;
	bench.stream = bench.block = NULL;
}

static void measure_list(__u32 words, const char *capture)
{
	open_engines(words);
	for (int text = 0; text < TEXTS; text++) {
		struct row cell = { .words = words, .text = text, .cores = 1 };
		unsigned char *bytes = text_make(&bench.list, text);

		note("%u words, %s", words, text_names[text]);
		measure_cells(&cell, bytes);
		if (words == 1000 && text == TEXT &&
		    glassine_capture(capture, &(struct payloads){ bytes, 1460 }, CAPTURE_FLOWS))
			note("%s cannot be written", capture);
		free(bytes);
	}
	close_engines();
}

/* ------------------------------------------------------------ the run */

static void load_empty(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object || bpf_object__load(object))
		die("the empty program cannot be loaded; this needs root and BPF");
	bench.empty_fd = bpf_program__fd(bpf_object__next_program(object, NULL));
}

/* The last two cores that this process may use; the main thread takes the last. */
static void find_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		die("the cores cannot be counted");
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && bench.cpu_count < 2; cpu--)
		if (CPU_ISSET(cpu, &set))
			bench.cpus[bench.cpu_count++] = cpu;
	pin(bench.cpus[0]);
	if (bench.cpu_count < 2)
		skip("two cores", "there is one");
}

static void put_facts(const char *path, double others, double stolen)
{
	struct utsname kernel = { 0 };
	const char *version = hyperscan_version();

	uname(&kernel);
	bench.json = fopen(path, "w");
	if (!bench.json)
		die("the result cannot be written");
	fprintf(bench.json, "{");
	copy_list("rows", rows_file);
	copy_list("builds", builds_file);
	copy_list("skipped", skips_file);
	fprintf(bench.json, " \"cross_check\": {\"compared\": %u, \"mismatches\": %u},\n",
		bench.checked, bench.mismatches);
	fprintf(bench.json, " \"not_chat_ns\": %.1f,\n \"verified_insns\": %u,\n",
		glassine_not_chat(bench.off, bench.empty_fd, plan.quick ? 5 : 21),
		glassine_verified_insns(bench.off));
	fprintf(bench.json, " \"kernel\": \"%s\",\n \"hyperscan\": \"%s\",\n", kernel.release,
		version ? version : "");
	fprintf(bench.json, " \"quick\": %s,\n \"others\": %.3f,\n \"stolen\": %.3f,\n",
		plan.quick ? "true" : "false", others, stolen);
	fprintf(bench.json, " \"quiet\": %s}\n",
		others < QUIET_SHARE && stolen < QUIET_STOLEN ? "true" : "false");
	if (fclose(bench.json))
		die("the result cannot be written");
}

int main(int argc, char **argv)
{
	double busy[2], stolen[2], own, seconds;

	if (argc > 1 && !strcmp(argv[1], "--quick")) {
		plan = (struct plan){ true, 5, 11, 0.4, 0.1, 5 };
		argc--;
		argv++;
	}
	if (argc != 5) {
		fputs("usage: engine [--quick] EMPTY.o PERBYTE.o JSON CAPTURE\n", stderr);
		return 2;
	}
	rows_file = open_list();
	builds_file = open_list();
	skips_file = open_list();
	find_cpus();
	load_empty(argv[1]);
	bench.perbyte_object = argv[2];
	bench.off = glassine_open(NULL);
	if (!hyperscan_version())
		skip("hyperscan", "libhyperscan-dev or libvectorscan-dev is not installed");
	read_busy(&busy[0], &stolen[0]);
	own = own_time();
	seconds = now();
	for (size_t i = 0; i < sizeof(word_counts) / sizeof(*word_counts); i++)
		measure_list(word_counts[i], argv[4]);
	read_busy(&busy[1], &stolen[1]);
	own = own_time() - own;
	seconds = now() - seconds;
	put_facts(argv[3], (busy[1] - busy[0] - own) / seconds, (stolen[1] - stolen[0]) / seconds);
	return bench.mismatches ? 3 : 0;
}
