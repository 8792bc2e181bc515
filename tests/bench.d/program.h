/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - frames, and what the program takes for them. Code in a header, because a
 * benchmark is one compiler call.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <string.h>
#include <netinet/in.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.h"
#include "machine.h"
#include "prog.h"

#define REPEAT 1000000
#define FIRST_PACKETS 2000

struct program {
	struct bpf_object *object;
	struct maps maps;
	int fd;
};

/* One end sends to the other. */
struct tuple {
	__be32 source, destination;
	__be16 source_port, destination_port;
};

struct frame {
	unsigned char data[2048];
	__u32 length;
};

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* ------------------------------------------------------------ packets */

static void put16(unsigned char *at, __u32 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* A TCP segment without options; family 6 maps both addresses into fd99::/96. */
static void build_tcp(struct frame *frame, int family, const struct tuple *tuple, __u8 flags,
		      const void *payload, __u32 length)
{
	unsigned char *ip = frame->data + 14, *tcp = ip + (family == 4 ? 20 : 40);

	memset(frame, 0, sizeof(*frame));
	put16(frame->data + 12, family == 4 ? 0x0800 : 0x86dd);
	if (family == 4) {
		ip[0] = 0x45;
		put16(ip + 2, 40 + length);
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, &tuple->source, 4);
		memcpy(ip + 16, &tuple->destination, 4);
	} else {
		ip[0] = 0x60;
		put16(ip + 4, 20 + length);
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
		put16(ip + 8, 0xfd99);
		memcpy(ip + 20, &tuple->source, 4);
		put16(ip + 24, 0xfd99);
		memcpy(ip + 36, &tuple->destination, 4);
	}
	memcpy(tcp, &tuple->source_port, 2);
	memcpy(tcp + 2, &tuple->destination_port, 2);
	put16(tcp + 6, 1000);
	tcp[12] = 0x50;
	tcp[13] = flags;
	memcpy(tcp + 20, payload, length);
	frame->length = tcp + 20 + length - frame->data;
}

/* ------------------------------------------------------------ programs */

static int load_empty(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object || bpf_object__load(object))
		die("the empty program cannot be loaded; this needs root and BPF");
	return bpf_program__fd(bpf_object__next_program(object, NULL));
}

/* As attached: not in replay mode, chat only. */
static void load_program(struct program *program, const struct signatures *set,
			 const struct gl_signatures *compiled)
{
	struct prog_options options = { .flows = 65536, .words = automaton_size(0, 0),
					.secret = { 1, 2 } };

	if (prog_open("xdp", &options, set, &program->object) ||
	    prog_load(program->object, &program->fd) ||
	    maps_from_object(program->object, &program->maps) ||
	    maps_initialise(&program->maps, compiled, &options.words))
		exit(1);
}

static __u32 run(int fd, const struct frame *frame, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data,
		    .data_size_in = frame->length, .repeat = repeat);

	if (bpf_prog_test_run_opts(fd, &options))
		die("a test run failed");
	return options.duration;
}

static __u64 count_outcome(const struct program *program, enum gl_outcome outcome)
{
	static struct gl_total total;

	if (maps_read_total(&program->maps, &total))
		exit(1);
	return total.outcome[outcome].packets;
}

/* Nanoseconds of one run, out of many, each of which must end in outcome. */
static double time_run(const struct program *program, const struct frame *frame,
		       enum gl_outcome outcome)
{
	__u64 before = count_outcome(program, outcome);
	__u32 ns = run(program->fd, frame, REPEAT);

	if (count_outcome(program, outcome) - before != REPEAT)
		die("a packet took another path than the one to be measured");
	return ns;
}

/* Median of single runs, each with a flow of its own; frame is changed. */
static double time_first(int fd, struct frame *frame)
{
	static __u32 address = 0x0b000000;
	static double times[FIRST_PACKETS];
	__be32 source;

	for (int i = 0; i < FIRST_PACKETS; i++) {
		source = htonl(address++);
		memcpy(frame->data + 26, &source, 4);
		times[i] = run(fd, frame, 1);
	}
	return sort_median(times, FIRST_PACKETS);
}

#endif
