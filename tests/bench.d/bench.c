/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench EMPTY.o ROUNDS JSON [CAPTURE GLASSINE NATIVE]: times the program and the
 * replay beside their peers. Every case is measured once in each round, so
 * that what disturbs the machine disturbs all of them alike; a row is the median
 * of its rounds. A case that did not do what it is named after is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include "cli.h"
#include "program.h"

#define ROUNDS_MAX 101
#define BENCH_WORDS 1000
#define REPLAY_PACKETS 300000.0

struct series {
	double value[ROUNDS_MAX];
	int n;
};

enum unit { ABOVE_EMPTY, NANOSECONDS, PACKETS_PER_SECOND };

/*
 * A row of the result. peer: index of the case it is divided by, -1 none. bar: the
 * value that must be kept, 0 none; at least for a rate, at most for a time.
 */
struct row {
	const char *name;
	enum unit unit;
	int peer;
	double bar;
};

enum {
	EMPTY,
	STEADY,
	STEADY_IP6,
	ACK_KNOWN,
	ACK_UNKNOWN,
	ARP,
	HTTP_DEAD,
	HTTP_ALIVE,
	IRC_NO_WORDS,
	IRC_WORDS,
	EMPTY_ONCE,
	FIRST_UNKNOWN,
	FIRST_TLS,
	REPLAY_TCPDUMP,
	REPLAY_KERNEL,
	REPLAY_NATIVE,
	CASES
};

static const struct row rows[CASES] = {
	[EMPTY] = { "empty program", NANOSECONDS, -1, 0 },
	[STEADY] = { "classified TLS flow, 64 B", ABOVE_EMPTY, EMPTY, 70 },
	[STEADY_IP6] = { "classified TLS flow, IPv6, 84 B", ABOVE_EMPTY, EMPTY, 0 },
	[ACK_KNOWN] = { "bare ACK of that flow", ABOVE_EMPTY, EMPTY, 0 },
	[ACK_UNKNOWN] = { "bare ACK without a flow", ABOVE_EMPTY, EMPTY, 0 },
	[ARP] = { "not IP", ABOVE_EMPTY, EMPTY, 0 },
	[HTTP_DEAD] = { "watched HTTP flow, walk dies at once", ABOVE_EMPTY, EMPTY, 0 },
	[HTTP_ALIVE] = { "the same, 256 bytes walked", ABOVE_EMPTY, HTTP_DEAD, 0 },
	[IRC_NO_WORDS] = { "IRC message, 300 B, no words", ABOVE_EMPTY, EMPTY, 0 },
	[IRC_WORDS] = { "IRC message, 300 B, 1000 words", ABOVE_EMPTY, IRC_NO_WORDS, 0 },
	[EMPTY_ONCE] = { "empty program, called once", NANOSECONDS, -1, 0 },
	[FIRST_UNKNOWN] = { "first packet of an unknown flow", ABOVE_EMPTY, EMPTY_ONCE, 0 },
	[FIRST_TLS] = { "first packet of a TLS flow", ABOVE_EMPTY, EMPTY_ONCE, 0 },
	[REPLAY_TCPDUMP] = { "tcpdump -w /dev/null", PACKETS_PER_SECOND, -1, 0 },
	[REPLAY_KERNEL] = { "replay, kernel", PACKETS_PER_SECOND, REPLAY_TCPDUMP, 300000 },
	[REPLAY_NATIVE] = { "replay, native", PACKETS_PER_SECOND, REPLAY_TCPDUMP, 2000000 },
};

static struct series results[CASES];

/* Words of three syllables, always the same; none is in the message. */
static void load_words(const struct program *program)
{
	static const char *const part[] = { "ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu" };
	struct automaton_size size = automaton_size(0, 0);
	struct gl_meta meta = { .capacity = size.capacity, .cells = size.cells };
	char text[BENCH_WORDS * 8 + 1] = "";
	struct word_list list = { 0 };
	size_t duplicates = 0;
	__u32 generation = 0;

	for (int i = 0; i < BENCH_WORDS; i++)
		sprintf(text + strlen(text), "%s%s%s\n", part[i / 100], part[i / 10 % 10],
			part[i % 10]);
	if (maps_write_meta(&program->maps, &meta) ||
	    words_parse(&list, "bench", text, strlen(text), GL_LIST_WATCH, &duplicates) ||
	    maps_load_words(&program->maps, &list, &size, &generation))
		exit(1);
	words_free(&list);
}

static double median(const struct series *series)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, series->value, series->n * sizeof(*sorted));
	return sort_median(sorted, series->n);
}

static void add(int which, double value)
{
	results[which].value[results[which].n++] = value;
}

/* ------------------------------------------------------------ cases */

static struct program plain, with_words;
static struct frame steady, steady_ip6, ack, ack_unknown, arp, irc, unknown, hello, http_dead, http_alive;
static int empty_fd;

static const struct tuple tls = { 0x0100630a, 0x0200630a, 0x5bc3, 0xbb01 };
static const struct tuple web = { 0x0100630a, 0x0400630a, 0x5dc3, 0x5000 };
static const struct tuple chat = { 0x0100630a, 0x0300630a, 0x5cc3, 0x0b1a };

/* IRC text of 300 bytes on the wire; SYN makes each repetition a stream of its own. */
static void build_irc(struct frame *frame)
{
	static const char line[] = "PRIVMSG #garden :";
	static const char text[] = "shall we meet at the harbour when the midnight train has "
				   "left? bring a lantern, the path behind the station is dark "
				   "and it has rained all week. I shall wait under the clock. ";
	char payload[300 - 54];
	size_t at = strlen(line);

	memcpy(payload, line, at);
	for (; at < sizeof(payload) - 2; at++)
		payload[at] = text[(at - strlen(line)) % strlen(text)];
	memcpy(payload + at, "\r\n", 2);
	build_tcp(frame, 4, &chat, 0x1a, payload, sizeof(payload));
}

/* 300 payload bytes in a flow that is walked again in each packet, but not scanned. */
static void build_http(struct frame *dead, struct frame *alive)
{
	char payload[300];

	memset(payload, 0, sizeof(payload));
	build_tcp(dead, 4, &web, 0x1a, payload, sizeof(payload));
	memset(payload, 'a', sizeof(payload));
	memcpy(payload, "POST a", 6);
	build_tcp(alive, 4, &web, 0x1a, payload, sizeof(payload));
}

/* A whole record in application data makes its flow TLS, past its setup. */
static void build_frames(void)
{
	static const unsigned char record[37] = { 0x17, 3, 3, 0, 32, 1 };
	static const unsigned char client_hello[76] = { 0x16, 3, 1, 0, 71, 1, 0, 0, 67, 3, 3 };
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	static const char login[] = "NICK alice\r\nUSER alice 0 * :Alice\r\n";
	static const unsigned char noise[64] = { 0xf3, 0x9d, 0x01, 0x77, 0xe2, 0x80, 0x12 };
	struct frame setup;

	build_tcp(&setup, 4, &tls, 0x18, record, sizeof(record));
	run(plain.fd, &setup, 1);
	build_tcp(&setup, 6, &tls, 0x18, record, sizeof(record));
	run(plain.fd, &setup, 1);
	build_tcp(&setup, 4, &web, 0x18, request, strlen(request));
	run(plain.fd, &setup, 1);
	build_http(&http_dead, &http_alive);
	build_tcp(&setup, 4, &chat, 0x18, login, strlen(login));
	run(plain.fd, &setup, 1);
	run(with_words.fd, &setup, 1);
	build_tcp(&steady, 4, &tls, 0x18, record, 10);
	build_tcp(&steady_ip6, 6, &tls, 0x18, record, 10);
	build_tcp(&ack, 4, &tls, 0x10, record, 0);
	build_tcp(&ack_unknown, 4, &(struct tuple){ 1, 2, 3, 4 }, 0x10, record, 0);
	build_irc(&irc);
	build_tcp(&unknown, 4, &tls, 0x18, noise, sizeof(noise));
	build_tcp(&hello, 4, &tls, 0x18, client_hello, sizeof(client_hello));
	memcpy(arp.data + 12, "\x08\x06", 2);
	arp.length = 64;
}

static void time_programs(void)
{
	double empty = run(empty_fd, &steady, REPEAT), once = time_first(empty_fd, &unknown);

	add(EMPTY, empty);
	add(STEADY, time_run(&plain, &steady, GL_OUT_ENCRYPTED) - empty);
	add(STEADY_IP6, time_run(&plain, &steady_ip6, GL_OUT_ENCRYPTED) - empty);
	add(ACK_KNOWN, time_run(&plain, &ack, GL_OUT_NO_PAYLOAD) - empty);
	add(ACK_UNKNOWN, time_run(&plain, &ack_unknown, GL_OUT_NO_PAYLOAD) - empty);
	add(ARP, time_run(&plain, &arp, GL_OUT_NOT_IP) - empty);
	add(HTTP_DEAD, time_run(&plain, &http_dead, GL_OUT_NOT_SELECTED) - empty);
	add(HTTP_ALIVE, time_run(&plain, &http_alive, GL_OUT_NOT_SELECTED) - empty);
	add(IRC_NO_WORDS, time_run(&plain, &irc, GL_OUT_NO_WORDS) - empty);
	add(IRC_WORDS, time_run(&with_words, &irc, GL_OUT_SCANNED) - empty);
	add(EMPTY_ONCE, once);
	add(FIRST_UNKNOWN, time_first(plain.fd, &unknown) - once);
	add(FIRST_TLS, time_first(plain.fd, &hello) - once);
}

/* ------------------------------------------------------------ commands */

/* Seconds from start to end of a command, its output thrown away. */
static double time_command(char *const argv[])
{
	double start = now();
	pid_t child = fork();
	int status = 1, null;

	if (!child) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		return 0;
	return now() - start;
}

static void time_replays(char *capture, char *glassine, char *native)
{
	char *tcpdump[] = { "tcpdump", "-r", capture, "-w", "/dev/null", NULL };
	char *kernel[] = { glassine, "replay", "--engine", "kernel", capture, NULL };
	char *alone[] = { native, "replay", "--engine", "native", capture, NULL };
	char **const commands[] = { tcpdump, kernel, alone };

	for (int i = 0; i < 3; i++) {
		double seconds = time_command(commands[i]);

		if (seconds > 0)
			add(REPLAY_TCPDUMP + i, REPLAY_PACKETS / seconds);
		else if (i)
			die("a replay failed");
	}
}

/* ------------------------------------------------------------ results */

static const char *unit_name(enum unit unit)
{
	return unit == PACKETS_PER_SECOND ? "packets/s" : "ns";
}

static bool kept(const struct row *row, double value)
{
	return !row->bar || (row->unit == PACKETS_PER_SECOND ? value >= row->bar :
							       value <= row->bar);
}

/* Times above the empty program: value says by how much, peer what is beside it. */
static void print_row(int which, FILE *json, bool first)
{
	const struct row *row = &rows[which];
	double value = median(&results[which]), best = results[which].value[0], peer = 0;
	const char *above = row->unit == ABOVE_EMPTY ? ", above empty" : "";
	char bar[64] = "";

	for (int i = 1; i < results[which].n; i++)
		if ((row->unit == PACKETS_PER_SECOND) == (results[which].value[i] > best))
			best = results[which].value[i];
	if (row->peer >= 0)
		peer = median(&results[row->peer]);
	if (row->bar)
		snprintf(bar, sizeof(bar), "%s %.0f: %s",
			 row->unit == PACKETS_PER_SECOND ? "at least" : "at most", row->bar,
			 kept(row, value) ? "kept" : "MISSED");
	printf("%-34s %10.0f %10.0f %-9s", row->name, value, best, unit_name(row->unit));
	if (peer > 0)
		printf(" %8.2f x %-30s", value / peer, rows[row->peer].name);
	else
		printf(" %41s", "");
	printf(" %s\n", bar);
	fprintf(json, "%s\n  {\"name\": \"%s%s\", \"value\": %.1f, \"unit\": \"%s\", \"peer\": ",
		first ? "" : ",", row->name, above, value, unit_name(row->unit));
	if (peer > 0)
		fprintf(json, "\"%s\", \"ratio\": %.3f}", rows[row->peer].name, value / peer);
	else
		fprintf(json, "null, \"ratio\": null}");
}

static int print_results(const char *path, double others, double stolen)
{
	bool quiet = others < QUIET_SHARE && stolen < QUIET_STOLEN, first = true;
	FILE *json = fopen(path, "w");
	int missed = 0;

	if (!json)
		die("the result cannot be written");
	fprintf(json, "{\"rows\": [");
	printf("%-34s %10s %10s %-9s\n", "", "median", "best", "");
	for (int i = 0; i < CASES; i++) {
		if (!results[i].n)
			continue;
		print_row(i, json, first);
		first = false;
		missed += !kept(&rows[i], median(&results[i]));
	}
	fprintf(json, "\n ],\n \"quiet\": %s}\n", quiet ? "true" : "false");
	fclose(json);
	printf("others used %.0f %% of a core meanwhile, the host took %.0f %%%s\n", others * 100,
	       stolen * 100, quiet ? "" : ": not quiet, the bars do not count");
	return quiet && missed;
}

int main(int argc, char **argv)
{
	double busy[2], stolen[2], own, start;
	struct signatures *set = NULL;
	struct gl_signatures *compiled = NULL;
	int rounds = argc > 3 ? atoi(argv[2]) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX || (argc != 4 && argc != 7)) {
		fputs("usage: bench EMPTY.o ROUNDS JSON [CAPTURE GLASSINE NATIVE]\n", stderr);
		return 2;
	}
	prog_quiet();
	if (cli_signatures(&set, &compiled))
		return 1;
	empty_fd = load_empty(argv[1]);
	load_program(&plain, set, compiled);
	load_program(&with_words, set, compiled);
	load_words(&with_words);
	build_frames();
	read_busy(&busy[0], &stolen[0]);
	own = own_time();
	start = now();
	for (int i = 0; i < rounds; i++) {
		time_programs();
		if (argc == 7)
			time_replays(argv[4], argv[5], argv[6]);
	}
	read_busy(&busy[1], &stolen[1]);
	own = own_time() - own;
	start = now() - start;
	return print_results(argv[3], (busy[1] - busy[0] - own) / start,
			     (stolen[1] - stolen[0]) / start);
}
