/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan_differential [--cases N] [--seconds N] [--seed N] [--kernel N] [--one-in N]:
 * random words in random encodings, in random texts, cut into packets at random, sent
 * through the native engine. Each word's hits, by encoding, and its packets must be
 * what a plain search over the text finds. The first --kernel cases go through the
 * program in the running kernel, too; one of --one-in cases is compared with
 * Hyperscan, end by end. Prints TAP. Case n has the seed --seed + n: with it and
 * --cases 1 a failure comes again.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#ifdef HAVE_HYPERSCAN
#include <hs/hs.h>
#endif

/* Tables are sized for each case, so the engine belongs to this file. */
#include "../../user/native.c"
#include "cases.h"

#define HEADERS 54u
#define KERNEL_CAPACITY 256u
#define FLAWS_SHOWN 10

/* A spelling that ends at a byte of a run. */
struct found {
	__u32 run, end, pattern;
};

struct want {
	__u64 hits, packets, encoded[GL_ENCODINGS];
	__u32 last_packet; /* 1 + the last one with a hit in this run */
	__u32 epochs;	   /* bit 0: has hits before the list is loaded again; bit 1: after */
};

static struct {
	__u64 cases, lists, bytes, packets, hits, spellings, compared;
	__u64 kernel, peer, ends;
} done;

static struct {
	struct stream_case *c;
	struct found *found;
	size_t founds, room;
	struct want *want;
	struct gl_word_count *before; /* the list was loaded again */
	int in_kernel;	     /* the list is there, too */
	__u32 *heads, *next; /* spellings by their first two bytes, as they may be met */
	int flaws;
} now;

static struct engine *engines[2]; /* native; in the kernel */
static struct random hashes;

/* The multiplier of the filter: of the case's seed, so that a failure comes again. */
ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
	__u64 value = splitmix64(&hashes.state);

	(void)flags;
	memcpy(buffer, &value, length < 8 ? length : 8);
	return length;
}

static void *get(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory) {
		perror("scan_differential");
		exit(1);
	}
	return memory;
}

/* ------------------------------------------------------------ a plain search */

/* In a longer spelling the letters before the last so many bytes fold, as abi.h says. */
#define HISTORY 128u

static __u8 lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + 'a' - 'A' : byte;
}

static int folds(const struct pattern *p, unsigned int at)
{
	return now.c->patterns.fold[p->at + at] || at + HISTORY < p->length;
}

static int matches(const struct pattern *p, const __u8 *text)
{
	const __u8 *bytes = now.c->patterns.bytes + p->at;

	for (unsigned int i = 0; i < p->length; i++)
		if (text[i] != bytes[i] && !(folds(p, i) && lower(text[i]) == lower(bytes[i])))
			return 0;
	return 1;
}

static void note(__u32 run, __u32 end, __u32 pattern)
{
	if (now.founds == now.room) {
		now.room = now.room ? 2 * now.room : 4096;
		now.found = realloc(now.found, now.room * sizeof(*now.found));
		if (!now.found)
			exit(1);
	}
	now.found[now.founds++] = (struct found){ run, end, pattern };
}

/* The byte in the other case: itself if it has none, or must not be in it. */
static __u8 other(const struct pattern *p, unsigned int at)
{
	__u8 byte = now.c->patterns.bytes[p->at + at];

	if (!folds(p, at) || lower(byte | 0x20) < 'a' || lower(byte | 0x20) > 'z')
		return byte;
	return byte ^ 0x20;
}

static void add_row(__u32 spelling, __u32 variant, __u8 first, __u8 second)
{
	__u32 *head = &now.heads[first << 8 | second];

	now.next[4 * spelling + variant] = *head;
	*head = 4 * spelling + variant + 1;
}

/* A spelling stands in up to four rows: its first letters in either case. */
static void index_spellings(void)
{
	const struct patterns *patterns = &now.c->patterns;

	free(now.next);
	now.next = get(4 * patterns->count, sizeof(*now.next));
	memset(now.heads, 0, 65536 * sizeof(*now.heads));
	for (__u32 i = 0; i < patterns->count; i++) {
		const struct pattern *p = &patterns->pattern[i];
		const __u8 *bytes = patterns->bytes + p->at;
		__u8 first = other(p, 0), second = other(p, 1);

		add_row(i, 0, bytes[0], bytes[1]);
		if (first != bytes[0])
			add_row(i, 1, first, bytes[1]);
		if (second != bytes[1])
			add_row(i, 2, bytes[0], second);
		if (first != bytes[0] && second != bytes[1])
			add_row(i, 3, first, second);
	}
}

static void search_run(__u32 index)
{
	const struct run *run = &now.c->run[index];

	for (__u32 at = 0; at + 2 <= run->length; at++) {
		__u32 node = now.heads[run->bytes[at] << 8 | run->bytes[at + 1]];

		for (; node; node = now.next[node - 1]) {
			__u32 i = (node - 1) / 4;
			const struct pattern *p = &now.c->patterns.pattern[i];

			if (at + p->length <= run->length && matches(p, run->bytes + at))
				note(index, at + p->length, i);
		}
	}
}

static int by_place(const void *left, const void *right)
{
	const struct found *l = left, *r = right;

	if (l->run != r->run)
		return l->run < r->run ? -1 : 1;
	if (l->end != r->end)
		return l->end < r->end ? -1 : 1;
	return l->pattern < r->pattern ? -1 : l->pattern > r->pattern;
}

/* By the end: a packet has a hit if the hit's last byte is new in it. */
static void count_found(void)
{
	__u32 run = 0;

	if (now.founds)
		qsort(now.found, now.founds, sizeof(*now.found), by_place);
	for (size_t i = 0; i < now.founds; i++) {
		const struct found *f = &now.found[i];
		const struct pattern *p = &now.c->patterns.pattern[f->pattern];
		struct want *want = &now.want[p->word];
		__u32 packet = now.c->run[f->run].packet[f->end - 1] + 1;

		if (f->run != run)
			for (size_t w = 0; w < now.c->list.count; w++)
				now.want[w].last_packet = 0;
		run = f->run;
		want->hits++;
		want->encoded[p->encoding]++;
		want->packets += want->last_packet != packet;
		want->last_packet = packet;
		want->epochs |= now.c->reloaded && packet > now.c->reload_at ? 2 : 1;
	}
}

static void search(void)
{
	now.founds = 0;
	for (__u32 i = 0; i < now.c->runs; i++)
		search_run(i);
	count_found();
}

/* ------------------------------------------------------------ what differs */

static void print_bytes(const char *name, const __u8 *bytes, size_t length)
{
	printf("#  %s", name);
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	puts("");
}

static void print_case(void)
{
	const struct stream_case *c = now.c;

	printf("# to have it again: scan_differential --cases 1 --seed %llu\n", c->seed);
	printf("#  encodings 0x%x, %s, %u packets, %u runs, list again at %u; the words:\n",
	       c->encodings, c->udp ? "UDP" : "TCP", c->packets, c->runs, c->reload_at);
	for (size_t i = 0; i < c->list.count; i++)
		printf("#   %zu \"%s\"\n", i, c->list.words[i].text);
	for (__u32 i = 0; i < c->packets; i++) {
		const struct sent *s = &c->sent[i];

		printf("#  packet %u, side %u, seq %u, %u bytes: ", i, s->side, s->seq, s->length);
		print_bytes("", c->wire + s->at, s->length);
	}
	for (__u32 i = 0; i < c->runs; i++)
		print_bytes("read in one go: ", c->run[i].bytes, c->run[i].length);
}

static void flaw(const char *engine, const char *what, size_t word, __u64 got, __u64 wanted)
{
	if (!now.flaws++)
		print_case();
	if (now.flaws < FLAWS_SHOWN)
		printf("# %s: word %zu: %s %llu, wanted %llu\n", engine, word, what, got, wanted);
}

static void compare_word(const char *engine, size_t word, const struct gl_word_count *got,
			 __u64 flows)
{
	const struct want *want = &now.want[word];

	if (got->hits != want->hits)
		flaw(engine, "hits", word, got->hits, want->hits);
	if (got->packets != want->packets)
		flaw(engine, "packets", word, got->packets, want->packets);
	if (got->flows != flows)
		flaw(engine, "flows", word, got->flows, flows);
	for (int i = 0; i < GL_ENC_MAX; i++)
		if (got->encoded[i] != want->encoded[i])
			flaw(engine, encoding_name(i), word, got->encoded[i], want->encoded[i]);
}

static void compare_outcomes(const char *engine, const struct gl_total *old,
			     const struct gl_total *total)
{
	const struct stream_case *c = now.c;
	__u64 scanned = c->packets - c->copies - c->after_gap;
#define ADDED(name) (total->outcome[name].packets - old->outcome[name].packets)

	if (ADDED(GL_OUT_SCANNED) != scanned)
		flaw(engine, "scanned", 0, ADDED(GL_OUT_SCANNED), scanned);
	if (ADDED(GL_OUT_SCANNED_AFTER_GAP) != c->after_gap)
		flaw(engine, "after a gap", 0, ADDED(GL_OUT_SCANNED_AFTER_GAP), c->after_gap);
	if (ADDED(GL_OUT_RETRANSMISSION) != c->copies)
		flaw(engine, "retransmissions", 0, ADDED(GL_OUT_RETRANSMISSION), c->copies);
}

/*
 * A second count, of the list itself: what the spellings do not know. ASCII words in
 * UTF-8 only; of the others at least as they are listed.
 */
static void compare_listed(size_t word)
{
	const char *text = now.c->list.words[word].text;
	size_t length = strlen(text);
	__u64 count = 0;
	int ascii = 1;

	for (size_t i = 0; i < length; i++)
		ascii &= !(text[i] & 0x80);
	for (__u32 r = 0; r < now.c->runs; r++) {
		const struct run *run = &now.c->run[r];

		for (__u32 at = 0; at + length <= run->length; at++) {
			size_t i = 0;

			while (i < length && (run->bytes[at + i] == (__u8)text[i] ||
					      (isalpha(text[i] & 0x7f) && !(text[i] & 0x80) &&
					       (run->bytes[at + i] ^ text[i]) == 0x20)))
				i++;
			count += i == length;
		}
	}
	if (ascii ? now.want[word].encoded[0] != count : now.want[word].encoded[0] < count)
		flaw("the list", "as listed", word, now.want[word].encoded[0], count);
	done.compared++;
}

/* ------------------------------------------------------------ engines */

static void put16(__u8 *to, __u32 value)
{
	to[0] = value >> 8;
	to[1] = value;
}

static void put32(__u8 *to, __u32 value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

/* Returns the frame's length. Each case has addresses of its own. */
static __u32 frame_of(const struct sent *sent, __u8 *frame)
{
	static const __u8 eth[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	__u32 l4 = now.c->udp ? 8 : 20, port = sent->side ? 50000 : 40000;
	__u8 *ip = frame + 14, *to = ip + 20;

	memset(frame, 0, HEADERS);
	memcpy(frame, eth, sizeof(eth));
	put16(ip + 2, 20 + l4 + sent->length);
	ip[8] = 64;
	ip[9] = now.c->udp ? GL_IP_UDP : GL_IP_TCP;
	put32(ip + 12, (sent->side ? 10u << 24 : 11u << 24) + (done.cases & 0xffffff));
	put32(ip + 16, (sent->side ? 11u << 24 : 10u << 24) + (done.cases & 0xffffff));
	put16(to, port);
	put16(to + 2, 90000 - port);
	if (now.c->udp) {
		put16(to + 4, 8 + sent->length);
	} else {
		put32(to + 4, sent->seq);
		to[12] = 0x50;
		to[13] = 0x10;
	}
	memcpy(to + l4, now.c->wire + sent->at, sent->length);
	return 14 + 20 + l4 + sent->length;
}

static void copy_list(struct word_list *copy)
{
	*copy = (struct word_list){ .words = get(now.c->list.count, sizeof(*copy->words)),
				    .count = now.c->list.count, .room = now.c->list.count };
	memcpy(copy->words, now.c->list.words, copy->count * sizeof(*copy->words));
}

/* The same list as another generation. The native engine begins to count anew. */
static int load_again(struct engine *engine)
{
	struct word_list list;
	int err;

	if (engine == engines[0])
		memcpy(now.before, native->counts, now.c->list.count * sizeof(*now.before));
	copy_list(&list);
	err = engine_load_words(engine, &list);
	words_free(&list);
	return err;
}

static int send_all(struct engine *engine)
{
	static __u8 frame[HEADERS + CASE_TEXT];
	static struct gl_replay replay;

	for (__u32 i = 0; i < now.c->packets; i++) {
		__u32 length = frame_of(&now.c->sent[i], frame);

		if (now.c->reloaded && i == now.c->reload_at && load_again(engine))
			return -1;
		replay.number++;
		replay.time_ns += 1000000;
		replay.wire_len = length;
		if (engine_run(engine, frame, length, 0, &replay))
			return -1;
	}
	return 0;
}

static void forget(struct table *table)
{
	struct table fresh = *table;

	table_free(table);
	fresh.bucket = NULL;
	fresh.buckets = fresh.count = 0;
	*table = fresh;
}

/* A table that is hardly larger than it must be, of any generation. */
static int load_native(struct engine *engine)
{
	__u32 cells = GL_CELLS_MIN;
	struct word_list list;
	int err;

	while (cells < now.c->patterns.used + 6 * now.c->patterns.count + GL_CLASSES)
		cells *= 2;
	do {
		copy_list(&list);
		engine->words = (struct automaton_size){ .capacity = list.count, .cells = cells,
							 .encodings = now.c->encodings };
		gl_settings.cells = cells;
		native->generation = splitmix64(&now.c->random.state) & 0x3ffff;
		err = engine_load_words(engine, &list);
		words_free(&list);
		cells *= 2;
	} while (err == -ENOSPC && cells <= GL_CELLS_MAX);
	return err;
}

static void check_native(void)
{
	static const struct gl_scratch zero;
	static const struct gl_total none;

	compare_outcomes("native", &none, &native->total);
	for (size_t i = 0; i < now.c->list.count; i++) {
		struct gl_word_count count = native->counts[i];

		for (size_t k = 0; now.c->reloaded && k < sizeof(count) / 8; k++)
			((__u64 *)&count)[k] += ((__u64 *)&now.before[i])[k];
		compare_word("native", i, &count, __builtin_popcount(now.want[i].epochs));
	}
	if (memcmp(&native->scratch, &zero, offsetof(struct gl_scratch, fresh)))
		flaw("native", "bytes left in the scratch", 0, 1, 0);
}

static void run_native(struct engine *engine)
{
	memset(&native->total, 0, sizeof(native->total));
	memset(native->counts, 0, native->engine.words.capacity * sizeof(*native->counts));
	forget(&native->flows);
	forget(&native->sightings);
	if (send_all(engine))
		flaw("native", "failed", 0, 1, 0);
	else
		check_native();
}

static const struct gl_word_count *count_of(const struct snapshot *snapshot, const char *text)
{
	for (size_t i = 0; i < snapshot->word_count; i++)
		if (!strcmp(snapshot->words[i].word.text, text))
			return &snapshot->words[i].count;
	return NULL;
}

/* A word that is in two lists running keeps its counts in the kernel. */
static void compare_added(const struct snapshot *before, const struct snapshot *after)
{
	for (size_t i = 0; i < now.c->list.count; i++) {
		const char *text = now.c->list.words[i].text;
		const struct gl_word_count *old = count_of(before, text);
		const struct gl_word_count *new = count_of(after, text);
		struct gl_word_count added;

		if (!old || !new) {
			flaw("xdp", "listed", i, 0, 1);
			continue;
		}
		for (size_t k = 0; k < sizeof(added) / 8; k++)
			((__u64 *)&added)[k] = ((__u64 *)new)[k] - ((__u64 *)old)[k];
		compare_word("xdp", i, &added, !!now.want[i].hits);
	}
	compare_outcomes("xdp", &before->total, &after->total);
}

/* Whether the list is not too large for the program's tables. */
static int load_kernel(struct engine *engine)
{
	struct word_list list;
	int err;

	copy_list(&list);
	engine->words.encodings = now.c->encodings;
	err = engine_load_words(engine, &list);
	words_free(&list);
	if (err && err != -ENOSPC)
		flaw("xdp", "failed to load", 0, 1, 0);
	return !err;
}

static void run_kernel(struct engine *engine)
{
	struct snapshot before = { 0 }, after = { 0 };

	done.kernel++;
	if (engine_read(engine, &before) || send_all(engine) || engine_read(engine, &after))
		flaw("xdp", "failed", 0, 1, 0);
	else
		compare_added(&before, &after);
	snapshot_free(&before);
	snapshot_free(&after);
}

/* ------------------------------------------------------------ Hyperscan */

#ifdef HAVE_HYPERSCAN

static struct found *peer;
static size_t peers, peer_room;
static __u32 peer_run;

static int on_match(unsigned int id, unsigned long long from, unsigned long long to,
		    unsigned int flags, void *context)
{
	(void)from;
	(void)flags;
	(void)context;
	if (peers == peer_room) {
		peer_room = peer_room ? 2 * peer_room : 4096;
		peer = realloc(peer, peer_room * sizeof(*peer));
		if (!peer)
			exit(1);
	}
	peer[peers++] = (struct found){ peer_run, to, id };
	return 0;
}

/* Byte for byte; a letter that folds as the two that it may be. */
static char *expression(const struct pattern *p)
{
	const __u8 *bytes = now.c->patterns.bytes + p->at;
	char *text = get(10 * p->length + 1, 1), *to = text;

	for (unsigned int i = 0; i < p->length; i++)
		to += sprintf(to, "[\\x%02x\\x%02x]", bytes[i], other(p, i));
	return text;
}

static hs_database_t *compile(void)
{
	size_t n = now.c->patterns.count;
	char **text = get(n, sizeof(*text));
	unsigned int *ids = get(n, sizeof(*ids));
	hs_compile_error_t *error = NULL;
	hs_database_t *result = NULL;

	for (size_t i = 0; i < n; i++) {
		text[i] = expression(&now.c->patterns.pattern[i]);
		ids[i] = i;
	}
	if (hs_compile_multi((const char *const *)text, NULL, ids, n, HS_MODE_BLOCK, NULL,
			     &result, &error)) {
		printf("# Hyperscan: %s\n", error->message);
		hs_free_compile_error(error);
	}
	for (size_t i = 0; i < n; i++)
		free(text[i]);
	free(text);
	free(ids);
	return result;
}

static void compare_ends(void)
{
	if (peers)
		qsort(peer, peers, sizeof(*peer), by_place);
	if (peers != now.founds)
		flaw("Hyperscan", "ends", 0, now.founds, peers);
	else if (peers && memcmp(peer, now.found, peers * sizeof(*peer)))
		flaw("Hyperscan", "other ends", 0, 1, 0);
	done.ends += peers;
	done.peer++;
}

static hs_database_t *database;
static hs_scratch_t *scratch;

static void drop_peer(void)
{
	hs_free_scratch(scratch);
	hs_free_database(database);
	scratch = NULL;
	database = NULL;
}

static void load_peer(void)
{
	database = compile();
	if (!database || hs_alloc_scratch(database, &scratch))
		flaw("Hyperscan", "failed", 0, 1, 0);
}

static void run_peer(void)
{
	if (!scratch)
		return;
	peers = 0;
	for (peer_run = 0; peer_run < now.c->runs; peer_run++)
		hs_scan(database, (const char *)now.c->run[peer_run].bytes,
			now.c->run[peer_run].length, 0, scratch, on_match, NULL);
	compare_ends();
}

#else

static void drop_peer(void)
{
}

static void load_peer(void)
{
}

static void run_peer(void)
{
}

#endif

/* ------------------------------------------------------------ cases */

static struct options {
	__u64 cases, seconds, seed, kernel, one_in;
} options = { .cases = 1000, .one_in = 50 };

/* Returns whether this machine permits BPF. */
static int open_engines(const struct signatures *set, const struct gl_signatures *compiled)
{
	struct engine_options wanted = { .scan = GL_SCAN_ALL, .flows = 16384,
					 .capacity = KERNEL_CAPACITY,
					 .encodings = GL_ENCODINGS_ALL };

	if (engine_open_native(&wanted, set, compiled, &engines[0]))
		exit(1);
	return options.kernel && !engine_open_kernel(&wanted, set, compiled, &engines[1]);
}

static void drop_words(void)
{
	drop_peer();
	free(now.want);
	free(now.before);
	now.want = NULL;
	now.before = NULL;
	drop_list(now.c);
}

/* The words of this case and its neighbours, in every engine. */
static void load_words(__u64 seed)
{
	__u64 group = seed / CASES_A_LIST;

	drop_words();
	hashes.state = ~group;
	now.in_kernel = 0;
	if (make_list(now.c, seed, 5000) || load_native(engines[0])) {
		flaw("the list", "failed to load", 0, 1, 0);
		return;
	}
	now.want = get(now.c->list.count, sizeof(*now.want));
	now.before = get(now.c->list.count, sizeof(*now.before));
	index_spellings();
	if (engines[1] && done.cases < options.kernel)
		now.in_kernel = load_kernel(engines[1]);
	if (options.one_in && group % options.one_in == 0 && now.c->patterns.count < 3000)
		load_peer();
	done.lists++;
	done.spellings += now.c->patterns.count;
}

static void run_case(__u64 seed)
{
	struct stream_case *c = now.c;

	now.flaws = 0;
	if (!done.cases || seed % CASES_A_LIST == 0)
		load_words(seed);
	if (now.flaws)
		return;
	make_texts(c, seed);
	memset(now.want, 0, c->list.count * sizeof(*now.want));
	search();
	run_native(engines[0]);
	if (now.in_kernel)
		run_kernel(engines[1]);
	for (size_t i = 0; i < c->list.count; i += 1 + c->list.count / 8)
		compare_listed(i);
	run_peer();
	done.cases++;
	done.packets += c->packets;
	done.bytes += c->wired;
	done.hits += now.founds;
}

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int run_cases(void)
{
	double start = seconds(), took;
	int failed = 0;

	while (done.cases < options.cases || seconds() - start < options.seconds) {
		run_case(options.seed + done.cases);
		failed += !!now.flaws;
		if (failed == 3)
			break;
	}
	took = seconds() - start;
	printf("%s 1 - %llu cases, %.0f a second: %llu hits in %llu packets are a plain search's\n",
	       failed ? "not ok" : "ok", done.cases, done.cases / took, done.hits, done.packets);
	printf("# seed %llu; %llu lists with %llu spellings, %llu bytes, %llu words counted as "
	       "listed, %.0f s\n",
	       options.seed, done.lists, done.spellings, done.bytes, done.compared, took);
	return failed;
}

static void report(int failed, int permitted)
{
	const char *ok = failed ? "not ok" : "ok";
	int n = 1;

	if (permitted)
		printf("%s %d - %llu of them through the program in the kernel\n", ok, ++n,
		       done.kernel);
	else if (options.kernel)
		printf("ok %d - through the program in the kernel # SKIP BPF is not permitted here\n",
		       ++n);
#ifdef HAVE_HYPERSCAN
	if (options.one_in)
		printf("%s %d - %llu of them as Hyperscan, %llu ends\n", ok, ++n, done.peer,
		       done.ends);
#else
	if (options.one_in)
		printf("ok %d - as Hyperscan # SKIP no libhyperscan-dev here\n", ++n);
#endif
	printf("1..%d\n", n);
}

static int parse(int argc, char **argv)
{
	static const struct option names[] = { { "cases", 1, NULL, 'c' },
					       { "seconds", 1, NULL, 't' },
					       { "seed", 1, NULL, 's' },
					       { "kernel", 1, NULL, 'k' },
					       { "one-in", 1, NULL, 'o' },
					       { NULL, 0, NULL, 0 } };
	int name;

	options.seed = time(NULL) * 1000000ull;
	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		__u64 *to = name == 'c' ? &options.cases : name == 't' ? &options.seconds :
			    name == 's' ? &options.seed : name == 'k' ? &options.kernel :
							  &options.one_in;

		if (name == '?')
			return -1;
		*to = strtoull(optarg, NULL, 0);
	}
	return optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct signatures *set = signatures_new();
	struct gl_signatures *compiled = get(1, sizeof(*compiled));
	int permitted, failed;

	if (parse(argc, argv)) {
		fputs("usage: scan_differential [--cases N] [--seconds N] [--seed N] [--kernel N] "
		      "[--one-in N]\n", stderr);
		return 2;
	}
	log_set_level(LOG_SILENT);
	if (!set || signatures_builtin(set) || signatures_compile(set, NULL, 1, compiled))
		return 1;
	now.c = get(1, sizeof(*now.c));
	now.heads = get(65536, sizeof(*now.heads));
	permitted = open_engines(set, compiled);
	failed = run_cases();
	report(failed, permitted);
	drop_words();
	free(now.next);
	engine_close(engines[0]);
	engine_close(engines[1]);
	signatures_free(set);
	free(compiled);
	free(now.c);
	free(now.heads);
	free(now.found);
	return !!failed;
}
