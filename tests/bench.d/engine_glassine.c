/* SPDX-License-Identifier: BSD-2-Clause */
/* The program with and without a list, its flows, and what its tables cost. */
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cli.h"
#include "log.h"
#include "prog.h"
#include "../prog/packet.h"
#include "engine.h"
#include "machine.h"

#define FLOWS 65536u
#define LEAD_PACKETS 32		 /* after so many the classifier has given up */
#define HEADERS_MAX 54u
#define TCP_SEQUENCE 38u	 /* offset of the sequence number */
#define BUILDS 3
#define REPEAT_NOT_CHAT 200000

struct glassine {
	struct bpf_object *object;
	struct maps maps;
	enum gl_outcome outcome;
	int fd;
};

/* Frames with the payloads; those of a stream get their sequence numbers when run. */
struct flow {
	struct runner runner;
	int fd;
	bool stream;
	__u32 sequence;
	__u32 size;		 /* of a payload */
	__u32 frame_size;
	unsigned char *frames;
};

static __u16 flows_made;

/* ------------------------------------------------------------ programs */

static struct signatures *set;
static struct gl_signatures *compiled;

static __u32 capacity_for(__u32 words)
{
	return words > GL_CAPACITY_DEFAULT ? words : GL_CAPACITY_DEFAULT;
}

static void to_word_list(const struct list *list, struct word_list *words)
{
	size_t length = 0, duplicates = 0;
	char *text, *at;

	for (__u32 i = 0; i < list->count; i++)
		length += strlen(list->words[i]) + 1;
	text = at = malloc(length + 1);
	if (!text)
		die("out of memory");
	for (__u32 i = 0; i < list->count; i++)
		at = stpcpy(stpcpy(at, list->words[i]), "\n");
	if (words_parse(words, "bench", text, length, GL_LIST_WATCH, &duplicates))
		exit(1);
	if (duplicates)
		die("the list holds a word twice");
	free(text);
}

static void load_words(const struct glassine *glassine, const struct list *list)
{
	struct automaton_size size = automaton_size(capacity_for(list->count), 0);
	struct gl_meta meta = { .capacity = size.capacity, .cells = size.cells };
	struct word_list words = { 0 };
	__u32 generation = 0;

	to_word_list(list, &words);
	if (maps_write_meta(&glassine->maps, &meta) ||
	    maps_load_words(&glassine->maps, &words, &size, &generation))
		exit(1);
	words_free(&words);
}

/* The scan reads every payload, or with no list those of chat only: none here. */
struct glassine *glassine_open(const struct list *list)
{
	struct prog_options options = { .flows = FLOWS,
					.words = automaton_size(capacity_for(list ? list->count : 0), 0),
					.scan = list ? GL_SCAN_ALL : GL_SCAN_CHAT,
					.secret = { 1, 2 } };
	struct glassine *glassine = calloc(1, sizeof(*glassine));

	if (!glassine)
		die("out of memory");
	prog_quiet();
	if ((!set && cli_signatures(&set, &compiled)) ||
	    prog_open("xdp", &options, set, &glassine->object) ||
	    prog_load(glassine->object, &glassine->fd) ||
	    maps_from_object(glassine->object, &glassine->maps) ||
	    maps_initialise(&glassine->maps, compiled, &options.words))
		exit(1);
	glassine->outcome = list ? GL_OUT_SCANNED : GL_OUT_UNKNOWN;
	if (list)
		load_words(glassine, list);
	return glassine;
}

void glassine_close(struct glassine *glassine)
{
	maps_close(&glassine->maps);
	bpf_object__close(glassine->object);
	free(glassine);
}

static __u64 count_outcome(const struct glassine *glassine, enum gl_outcome outcome)
{
	static struct gl_total total;

	if (maps_read_total(&glassine->maps, &total))
		exit(1);
	return total.outcome[outcome].packets;
}

__u64 glassine_packets(const struct glassine *glassine)
{
	return count_outcome(glassine, glassine->outcome);
}

__u64 glassine_hits(const struct glassine *glassine)
{
	struct snapshot snapshot = { 0 };
	__u64 hits = 0;

	if (maps_read_snapshot(&glassine->maps, false, &snapshot))
		exit(1);
	for (size_t i = 0; i < snapshot.word_count; i++)
		hits += snapshot.words[i].count.hits;
	snapshot_free(&snapshot);
	return hits;
}

__u32 glassine_verified_insns(const struct glassine *glassine)
{
	return prog_verified_insns(glassine->fd);
}

/* The builder alone: neither the list's checks nor the kernel's copy of the table. */
struct build glassine_build(const struct list *list)
{
	struct automaton_size size = automaton_size(capacity_for(list->count), 0);
	struct build build = { .bytes = automaton_table_size(size.cells) };
	struct word_list words = { 0 };
	void *table = malloc(build.bytes);
	double times[BUILDS], start;

	if (!table)
		die("out of memory");
	memset(table, 0, build.bytes);
	to_word_list(list, &words);
	for (int i = 0; i < BUILDS; i++) {
		start = now();
		if (automaton_build(&words, 1, &size, table))
			exit(1);
		times[i] = (now() - start) * 1e3;
	}
	build.ms = sort_median(times, BUILDS);
	words_free(&words);
	free(table);
	return build;
}

/* ------------------------------------------------------------ flows */

static __u32 test_run(int fd, const void *frame, __u32 length, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length,
		    .repeat = repeat);

	if (bpf_prog_test_run_opts(fd, &options))
		die("a test run failed");
	return options.duration;
}

static double run_frame(struct runner *runner, __u32 index)
{
	struct flow *flow = (struct flow *)runner;

	return test_run(flow->fd, flow->frames + (size_t)index * flow->frame_size,
			flow->frame_size, 1);
}

static double run_segment(struct runner *runner, __u32 index)
{
	struct flow *flow = (struct flow *)runner;
	unsigned char *frame = flow->frames + (size_t)index * flow->frame_size;
	__be32 sequence = htonl(flow->sequence);

	memcpy(frame + TCP_SEQUENCE, &sequence, 4);
	flow->sequence += flow->size;
	return test_run(flow->fd, frame, flow->frame_size, 1);
}

static void close_flow(struct runner *runner)
{
	free(((struct flow *)runner)->frames);
	free(runner);
}

/* What no signature knows, until nothing is walked any more. */
static void lead(struct flow *flow, const struct packet_peers *peers)
{
	static const char text[] = "Well, as I was saying, nothing of note ";
	static struct packet packet;

	for (int i = 0; i < LEAD_PACKETS; i++) {
		if (flow->stream)
			packet_build(PACKET(ETH, IP4, TCP(flow->sequence, ACK | PSH), TEXT(text)),
				     peers, &packet);
		else
			packet_build(PACKET(ETH, IP4, UDP, TEXT(text)), peers, &packet);
		flow->sequence += sizeof(text) - 1;
		test_run(flow->fd, packet.frame, packet.length, 1);
	}
}

static struct flow *new_flow(int fd, const struct payloads *payloads, bool stream,
			     const struct packet_peers *peers)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	static struct packet packet;

	if (!flow)
		die("out of memory");
	*flow = (struct flow){ .runner = { stream ? run_segment : run_frame, close_flow },
			       .fd = fd,
			       .stream = stream,
			       .sequence = 1000,
			       .size = payloads->size,
			       .frames = malloc(PAYLOADS * (payloads->size + HEADERS_MAX)) };
	if (!flow->frames)
		die("out of memory");
	for (__u32 i = 0; i < PAYLOADS; i++) {
		const void *bytes = payloads->bytes + (size_t)i * payloads->size;

		if (stream)
			packet_build(PACKET(ETH, IP4, TCP(0, ACK | PSH), BYTES(bytes, payloads->size)),
				     peers, &packet);
		else
			packet_build(PACKET(ETH, IP4, UDP, BYTES(bytes, payloads->size)), peers,
				     &packet);
		flow->frame_size = packet.length;
		memcpy(flow->frames + (size_t)i * packet.length, packet.frame, packet.length);
	}
	return flow;
}

struct runner *glassine_runner(const struct glassine *glassine, const struct payloads *payloads,
			       bool stream)
{
	struct packet_peers peers = { ++flows_made, 40000, 40001 };
	struct flow *flow = new_flow(glassine->fd, payloads, stream, &peers);

	lead(flow, &peers);
	return &flow->runner;
}

struct runner *program_runner(int fd, const struct payloads *payloads)
{
	struct packet_peers peers = { 1, 40000, 40001 };

	return &new_flow(fd, payloads, false, &peers)->runner;
}

/* ------------------------------------------------------------ the rest */

double glassine_not_chat(const struct glassine *glassine, int empty_fd, int rounds)
{
	static const unsigned char record[37] = { 0x17, 3, 3, 0, 32, 1 };
	struct packet_peers peers = { ++flows_made, 50000, 443 };
	static struct packet packet;
	double times[64];
	__u64 before;

	packet_build(PACKET(ETH, IP4, TCP(1000, ACK | PSH), BYTES(record, sizeof(record))), &peers,
		     &packet);
	test_run(glassine->fd, packet.frame, packet.length, 1);
	packet_build(PACKET(ETH, IP4, TCP(1000, ACK | PSH), BYTES(record, 10)), &peers, &packet);
	before = count_outcome(glassine, GL_OUT_ENCRYPTED);
	for (int i = 0; i < rounds; i++)
		times[i] = (double)test_run(glassine->fd, packet.frame, packet.length,
					    REPEAT_NOT_CHAT) -
			   test_run(empty_fd, packet.frame, packet.length, REPEAT_NOT_CHAT);
	if (count_outcome(glassine, GL_OUT_ENCRYPTED) - before != (__u64)rounds * REPEAT_NOT_CHAT)
		die("the packet of a TLS flow took another path");
	return sort_median(times, rounds);
}

int glassine_capture(const char *path, const struct payloads *payloads, __u32 flows)
{
	const __u32 header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	FILE *out = fopen(path, "wb");
	int err;

	if (!out)
		return -1;
	err = fwrite(header, sizeof(header), 1, out) != 1;
	for (__u32 i = 0; i < flows && !err; i++) {
		struct packet_peers peers = { i + 1, 40000, 40001 };
		struct flow *flow = new_flow(-1, payloads, false, &peers);
		__u32 record[] = { i, 0, flow->frame_size, flow->frame_size };

		for (__u32 n = 0; n < PAYLOADS && !err; n++)
			err = fwrite(record, sizeof(record), 1, out) != 1 ||
			      fwrite(flow->frames + (size_t)n * flow->frame_size,
				     flow->frame_size, 1, out) != 1;
		close_flow(&flow->runner);
	}
	return fclose(out) || err ? -1 : 0;
}
