/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * swaps INTERFACE SWAPS STOP DONE: loads two word lists by turns, as `words load` does,
 * so often; meanwhile packets arrive that each hold "alpha charlie bravo delta stays".
 * One list has alpha and bravo, the other charlie and delta, both have stays. After
 * each swap the counts of the list that left are final: had a packet seen two lists,
 * a pair would differ. At the end makes the file STOP, waits for DONE, for the counts
 * of the last list, and prints a JSON object.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "../../user/attach.h"
#include "../../user/log.h"
#include "../../user/maps.h"

#define FILLERS 100
#define WAIT_SECONDS 60

/* Of each list, at places that differ: ids and cells are not the same twice. */
static const char *const pairs[2][2] = { { "alpha", "bravo" }, { "charlie", "delta" } };

static struct {
	struct word_list list;
	__u32 first, second, stays; /* places in the list */
} lists[2];

static struct {
	__u64 packets[2], hits[2];
	__u32 swaps, mixed, busy, moved;
	double longest;
} seen;

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static __u32 add(struct word_list *list, const char *text)
{
	size_t duplicates = 0;

	if (words_parse(list, "swaps", text, strlen(text), GL_LIST_WATCH, &duplicates))
		exit(1);
	return list->count - 1;
}

static void make_list(int which)
{
	struct word_list *list = &lists[which].list;
	char text[GL_WORD_MAX];

	for (int i = 0; i < FILLERS; i++) {
		if (i == 10 + 50 * which)
			lists[which].first = add(list, pairs[which][0]);
		if (i == 30)
			lists[which].stays = add(list, "stays");
		if (i == 90 - 50 * which)
			lists[which].second = add(list, pairs[which][1]);
		snprintf(text, sizeof(text), "filler%d of %d", i * (which + 3), which);
		add(list, text);
	}
}

static struct gl_word_count count_of(const struct maps *maps, int which, __u32 place)
{
	struct gl_word_count count = { 0 };

	if (bpf_map_lookup_elem(maps->word_counts, &lists[which].list.words[place].id, &count)) {
		perror("word_counts");
		exit(1);
	}
	return count;
}

/* No packet counts words of this list any more. */
static void take(const struct maps *maps, int which)
{
	struct gl_word_count first = count_of(maps, which, lists[which].first);
	struct gl_word_count second = count_of(maps, which, lists[which].second);

	if (first.hits != second.hits || first.packets != second.packets ||
	    first.hits != first.packets) {
		fprintf(stderr, "swap %u: %llu and %llu hits, %llu and %llu packets\n", seen.swaps,
			first.hits, second.hits, first.packets, second.packets);
		seen.mixed++;
	}
	seen.packets[which] += first.packets;
	seen.hits[which] += first.hits;
	seen.busy += !!first.packets;
}

static int swap(const struct maps *maps, const struct automaton_size *size, int which)
{
	__u32 generation, stays = lists[!which].list.words[lists[!which].stays].id;
	double start = seconds(), took;
	int err = maps_load_words(maps, &lists[which].list, size, &generation);

	took = seconds() - start;
	if (took > seen.longest)
		seen.longest = took;
	if (err)
		return err;
	if (seen.swaps) {
		take(maps, !which);
		seen.moved += lists[which].list.words[lists[which].stays].id != stays;
	}
	seen.swaps++;
	return 0;
}

static int wait_for(const char *path)
{
	double end = seconds() + WAIT_SECONDS;

	while (access(path, F_OK)) {
		if (seconds() > end) {
			fprintf(stderr, "swaps: %s does not come\n", path);
			return -1;
		}
		usleep(10000);
	}
	return 0;
}

static int run(const struct maps *maps, __u32 swaps, const char *stop, const char *done)
{
	struct automaton_size size;
	struct gl_meta meta;
	double start = seconds(), took;
	int err = maps_read_meta(maps, &meta);

	size = maps_word_size(&meta);
	for (__u32 i = 0; i < swaps && !err; i++)
		err = swap(maps, &size, i % 2);
	took = seconds() - start;
	close(open(stop, O_CREAT | O_WRONLY, 0600));
	if (!err)
		err = wait_for(done);
	if (err)
		return 1;
	take(maps, (swaps - 1) % 2);
	printf("{\"swaps\":%u,\"mixed\":%u,\"busy\":%u,\"moved\":%u,\"packets\":[%llu,%llu],"
	       "\"hits\":[%llu,%llu],\"stays\":%llu,\"seconds\":%.1f,\"longest_ms\":%.1f}\n",
	       seen.swaps, seen.mixed, seen.busy, seen.moved, seen.packets[0], seen.packets[1],
	       seen.hits[0], seen.hits[1],
	       count_of(maps, (swaps - 1) % 2, lists[(swaps - 1) % 2].stays).packets, took,
	       seen.longest * 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	struct maps maps = MAPS_CLOSED;
	int lock = -1, status;

	if (argc != 5) {
		fputs("usage: swaps INTERFACE SWAPS STOP DONE\n", stderr);
		return 2;
	}
	for (int which = 0; which < 2; which++)
		make_list(which);
	if (attach_open(argv[1], true, &maps, &lock))
		return 1;
	status = run(&maps, strtoul(argv[2], NULL, 0), argv[3], argv[4]);
	attach_unlock(lock);
	maps_close(&maps);
	words_free(&lists[0].list);
	words_free(&lists[1].list);
	return status;
}
