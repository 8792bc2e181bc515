/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signature files, and packets for what they compile to, through the path as it is
 * compiled natively. After each packet the law holds, its flow's entry is within its
 * bounds, and as long as the flow's packets came in order and whole the entry says what
 * tests/reference.h makes of them.
 *
 * Input: the files, with a line "---" between two; a NUL byte; a byte that says what is
 * scanned, two of a port; then packets, each of PACKET_HEAD bytes and a payload: which
 * of eight conversations and which way, how it comes, and two bytes of length. Both the
 * mutator and the cross-over keep most of the text a set of files that is accepted.
 */
#include "path.h"
#include "../expression.h"
#include "../reference.h"
#include "sigmaker.h"

#define PEERS 8u
#define TCP_PEERS 5u
#define PACKET_HEAD 4u
#define PAYLOAD_MOST 700u
#define HEADERS 54u
#define INPUT_MOST 32768u
#define SETTINGS 3u		 /* bytes before the packets */
#define MODE_SCAN 3u
#define MODE_WORDS 4u		 /* a list, and marks of encrypted bodies */
/* How a packet comes: below, in order; then late or early; then cut. */
#define HOW_SHIFTED 200u
#define HOW_CUT 250u

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
				 size_t b_size, uint8_t *out, size_t most, unsigned int seed);

struct parts {
	const char *text;
	size_t text_size;
	const uint8_t *packets; /* with the settings */
	size_t packets_size;
};

static struct parts split(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t text = end ? (size_t)(end - data) : size;

	return (struct parts){ (const char *)data, text, end ? end + 1 : data + size,
			       end ? size - text - 1 : 0 };
}

/* ------------------------------------------------------------ signatures */

/* A text that was accepted. One is in use; the next one is made in the other. */
static struct compiled {
	char text[INPUT_MOST];
	size_t size;
	struct signatures *set;
	struct gl_signatures *tables;
} compiled[2], *last = &compiled[0];

/* Where the file that begins at text ends. */
static size_t file_size(const char *text, size_t size)
{
	for (size_t at = 1; at + 3 < size; at++)
		if (text[at - 1] == '\n' && !memcmp(text + at, "---\n", 4))
			return at;
	return size;
}

static bool parse(struct signatures *set, const char *text, size_t size)
{
	while (size) {
		size_t n = file_size(text, size), next = n + 4 < size ? n + 4 : size;

		if (signatures_parse(set, "fuzz.yaml", text, n))
			return false;
		text += next;
		size -= next;
	}
	return true;
}

/*
 * Whether the text is a set of files that compiles; it is in last then. Most inputs
 * differ from the one before in packets only, and compiling is most of a run.
 */
static bool load(const char *text, size_t size)
{
	struct compiled *next = &compiled[last == compiled];

	if (!size || size > sizeof(next->text))
		return false;
	if (size == last->size && !memcmp(text, last->text, size))
		return true;
	log_set_level(LOG_SILENT);
	signatures_free(next->set);
	next->set = signatures_new();
	next->tables = next->tables ? next->tables : calloc(1, sizeof(*next->tables));
	REQUIRE(next->set && next->tables);
	next->size = 0;
	/* Steps have other numbers in other generations. */
	if (!parse(next->set, text, size) ||
	    signatures_compile(next->set, NULL, 1 + (__u32)size % 3, next->tables))
		return false;
	memcpy(next->text, text, size);
	next->size = size;
	last = next;
	return true;
}

/* ------------------------------------------------------------ engines */

static void load_words(struct native *self, bool words)
{
	struct word_list list = { 0 };
	size_t twice = 0;

	/* Without marks, an entry's levels are those of its patterns. */
	if (!words) {
		REQUIRE(!automaton_build(&list, 1, &self->engine.words, self->words_table));
		return;
	}
	REQUIRE(!words_parse(&list, "watch", "ab\ncad\nlantern", 14, GL_LIST_WATCH, &twice));
	REQUIRE(!words_parse(&list, "block", "dd\nharbour", 10, GL_LIST_BLOCK, &twice));
	REQUIRE(!engine_load_words(&self->engine, &list));
}

static struct native *open_engine(unsigned mode)
{
	static struct engine *engines[8];
	struct engine_options options = { .capacity = 16, .scan = (mode & 3) % GL_SCAN_MAX };
	struct native *self;

	if (!engines[mode]) {
		REQUIRE(!engine_open_native(&options, last->set, last->tables, &engines[mode]));
		self = (struct native *)engines[mode];
		load_words(self, mode & MODE_WORDS);
		free(self->signatures);
	}
	self = path_begin(engines[mode]);
	self->signatures = last->tables;
	self->engine.set = last->set;
	return self;
}

/* ------------------------------------------------------------ packets */

struct peer {
	struct flow want;
	const struct gl_flow *entry;
	__u32 seq[2];
	bool unsure;	 /* the reference does not know such packets */
};

static struct run {
	struct native *self;
	struct peer peer[PEERS];
	__u64 packets;
	bool marked;
	struct gl_replay replay;
} run;

static void put16(uint8_t *to, __u32 value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, __u32 value)
{
	put16(to, value >> 16);
	put16(to + 2, value & 0xffff);
}

/* Writes the headers before length bytes of payload. Returns their size. */
static __u32 make_headers(uint8_t *frame, __u32 who, int dir, __u32 seq, __u32 length)
{
	static const uint8_t eth[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	const struct peer *peer = &run.peer[who];
	__u32 l4 = peer->want.transport == GL_UDP ? 8 : 20;
	uint8_t *ip = frame + 14, *to = ip + 20;

	memset(frame, 0, HEADERS);
	memcpy(frame, eth, sizeof(eth));
	put16(ip + 2, 20 + l4 + length);
	ip[8] = 64;
	ip[9] = l4 == 8 ? GL_IP_UDP : GL_IP_TCP;
	put32(ip + 12, (dir ? 10u << 24 : 9u << 24) | who);
	put32(ip + 16, (dir ? 9u << 24 : 10u << 24) | who);
	put16(to, peer->want.port[dir]);
	put16(to + 2, peer->want.port[!dir]);
	if (l4 == 8) {
		put16(to + 4, 8 + length);
	} else {
		put32(to + 4, seq);
		to[12] = 0x50;
		to[13] = 0x10;
	}
	return 34 + l4;
}

/* The entry that the packet of this number made; NULL without one. */
static const struct gl_flow *find_entry(const struct table *flows, __u64 number)
{
	for (size_t i = 0; i < flows->buckets; i++) {
		for (const struct record *r = flows->bucket[i]; r; r = r->next) {
			const struct gl_flow *flow = (const void *)(r->data + flows->value_at);

			if (flow->first == number)
				return flow;
		}
	}
	return NULL;
}

/* After a packet that came in order and whole. */
static void compare(const struct peer *peer, const struct gl_total *before)
{
	const struct gl_total *total = &run.self->total;
	__u32 level = peer->want.packet_level, protocol = peer->entry->protocol;

	if (!agrees(&peer->want, peer->entry, run.marked)) {
		explain(&peer->want, peer->entry);
		abort();
	}
	REQUIRE(total->protocol[protocol].packets == before->protocol[protocol].packets + 1);
	if (!run.marked && total->exposure[level].packets != before->exposure[level].packets + 1) {
		explain(&peer->want, peer->entry);
		printf("# reference: packet of level %u\n", level);
		abort();
	}
}

static void check_packet(void)
{
	static struct snapshot snapshot;
	struct snapshot_breach breach;

	snapshot.total = run.self->total;
	REQUIRE(!snapshot_broken(&snapshot, &breach));
	REQUIRE(snapshot.total.seen_packets == run.packets);
}

static void run_packet(const uint8_t *head, const uint8_t *data, __u32 length)
{
	static uint8_t frame[HEADERS + PAYLOAD_MOST];
	static struct gl_total before;
	struct peer *peer = &run.peer[head[0] & (PEERS - 1)];
	int dir = head[0] >> 3 & 1, how = head[1];
	__u32 *seq = &peer->seq[dir], shift = 0, size, cut = 0;

	if (how >= (int)HOW_CUT)
		cut = (__u32)how - HOW_CUT + 1 < length ? (__u32)how - HOW_CUT + 1 : length;
	else if (how >= (int)HOW_SHIFTED && peer->want.transport == GL_TCP)
		shift = (__u32)(how - (int)(HOW_SHIFTED + HOW_CUT) / 2);
	peer->unsure |= shift || cut;
	size = make_headers(frame, head[0] & (PEERS - 1), dir, *seq + shift, length) + length;
	memcpy(frame + size - length, data, length);
	before = run.self->total;
	run.replay.number = ++run.packets;
	run.replay.time_ns += GL_EVENT_GAP_NS / 3;
	run.replay.wire_len = size;
	run_frame(run.self, frame, size - cut, &run.replay);
	*seq += shift > length ? 0 : length;
	check_packet();
	if (!peer->entry && length)
		peer->entry = find_entry(&run.self->flows, run.packets);
	REQUIRE(!length || peer->entry);
	if (peer->entry)
		check_flow(peer->entry, last->tables);
	if (peer->unsure || !length)
		return;
	/* Reading the expressions takes longer than the rest. */
	if (run.packets % 8 == 1)
		REQUIRE(expressions_agree(last->set, last->tables, peer->want.transport,
					  run.packets / 8 % GL_ANCHORS, data, length));
	feed_dir(&peer->want, dir, data, length);
	compare(peer, &before);
}

static void begin(const uint8_t *settings)
{
	__u32 port = settings[1] | settings[2] << 8;

	memset(&run, 0, sizeof(run));
	run.self = open_engine(settings[0] & 7);
	run.marked = settings[0] & MODE_WORDS;
	for (__u32 i = 0; i < PEERS; i++) {
		struct peer *peer = &run.peer[i];

		peer->want.sig = last->tables;
		peer->want.transport = i < TCP_PEERS ? GL_TCP : GL_UDP;
		peer->want.port[0] = (__u16)(40000 + i);
		peer->want.port[1] = (__u16)(port + (i & 1));
		peer->seq[0] = i & 1 ? 0xfffffff0 : 1;
		peer->seq[1] = i & 2 ? 0x7ffffff0 : 1000;
	}
}

/* Bytes of the packet that begins here, its head included; 0 at the end. */
static size_t packet_size(const uint8_t *packets, size_t size)
{
	size_t length;

	if (size < PACKET_HEAD)
		return 0;
	length = (size_t)(packets[2] | packets[3] << 8) % (PAYLOAD_MOST + 1);
	return PACKET_HEAD + length < size ? PACKET_HEAD + length : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts parts = split(data, size);
	const uint8_t *at = parts.packets + SETTINGS;
	size_t left, n;

	if (!load(parts.text, parts.text_size) || parts.packets_size <= SETTINGS)
		return 0;
	begin(parts.packets);
	for (left = parts.packets_size - SETTINGS; (n = packet_size(at, left)); left -= n) {
		run_packet(at, at + PACKET_HEAD, (__u32)(n - PACKET_HEAD));
		at += n;
	}
	check_end(run.self, run.packets);
	path_end(run.self);
	return 0;
}

/* ------------------------------------------------------------ mutations */

/* What is changed: a text and packets, each with room to grow. */
struct draft {
	char text[2 * INPUT_MOST];
	size_t text_size;
	uint8_t packets[2 * INPUT_MOST];
	size_t packets_size;
};

static struct draft draft;
static struct choices choices;

static void draft_take(struct parts parts)
{
	static const uint8_t settings[SETTINGS] = { 0, 100, 0 };

	draft.text_size = parts.text_size < INPUT_MOST ? parts.text_size : INPUT_MOST;
	draft.packets_size = parts.packets_size < INPUT_MOST ? parts.packets_size : INPUT_MOST;
	memcpy(draft.text, parts.text, draft.text_size);
	memcpy(draft.packets, parts.packets, draft.packets_size);
	if (draft.packets_size < SETTINGS) {
		memcpy(draft.packets, settings, SETTINGS);
		draft.packets_size = SETTINGS;
	}
}

/* The packets are cut first; a text that does not fit is left as it was. */
static size_t draft_give(uint8_t *data, size_t size, size_t most)
{
	size_t n = draft.text_size, left;

	if (n + 1 > most)
		return size;
	left = most - n - 1;
	if (left > draft.packets_size)
		left = draft.packets_size;
	memcpy(data, draft.text, n);
	data[n] = 0;
	memcpy(data + n + 1, draft.packets, left);
	return n + 1 + left;
}

/* Replaces size bytes at a place of the text. */
static void replace(size_t at, size_t size, const char *by, size_t length)
{
	if (draft.text_size - size + length > INPUT_MOST)
		return;
	memmove(draft.text + at + length, draft.text + at + size, draft.text_size - at - size);
	memcpy(draft.text + at, by, length);
	draft.text_size += length - size;
}

/* A random byte of size, 0 without any. */
static size_t somewhere(size_t size)
{
	size_t at = choose(&choices, 256);

	at = at << 8 | choose(&choices, 256);
	return size ? at % size : 0;
}

static bool begins(size_t at, const char *word)
{
	size_t n = strlen(word);

	return at + n <= draft.text_size && !memcmp(draft.text + at, word, n);
}

#define WORDS 7
static const char *const words[][WORDS] = {
	{ "client", "server", "either" },
	{ "tcp", "udp" },
	{ "stream", "packet" },
	{ "step: yes", "step: held" },
	{ "u8,", "u16,", "u24," },
	{ "u8(", "u16be(", "u16le(", "u24be(", "u24le(", "u32be(", "u32le(" },
	{ "==", "!=", "<", "<=", ">", ">=" },
	{ "length ", "last ", "u8(0) " },
	{ "r0", "r1" },
	{ "chat", "clear", "encrypted", "masked" },
	{ "absent", "shape", "protocol", "service", "identity", "envelope", "content" },
	{ ", relabel: yes", ", only: watched", ", phase: steady", ", class: compressed",
	  ", port: required", ", nocase: yes", ", priority: 9" },
	{ "watch: yes", "watch: no" },
};
#define CLASSES (sizeof(words) / sizeof(words[0]))

/* One word of the language becomes another of its kind. */
static void change_word(void)
{
	size_t start = somewhere(draft.text_size);

	for (size_t i = 0; i < draft.text_size; i++) {
		size_t at = (start + i) % draft.text_size;

		for (size_t k = 0; k < CLASSES * WORDS; k++) {
			const char *old = words[k / WORDS][k % WORDS], *new;

			if (!old || !begins(at, old))
				continue;
			new = words[k / WORDS][choose(&choices, WORDS)];
			if (new)
				replace(at, strlen(old), new, strlen(new));
			return;
		}
	}
}

static bool digit_at(size_t at)
{
	return draft.text[at] >= '0' && draft.text[at] <= '9';
}

/* A number becomes a neighbour, or one that is at a border. */
static void change_number(void)
{
	static const char *const borders[] = { "0", "1", "2", "3", "4", "8", "15", "16", "63", "64",
					       "128", "254", "255", "256", "300", "65535" };
	size_t at = somewhere(draft.text_size), size = 0;
	char text[24] = "";
	const char *by = text;

	while (at < draft.text_size && !digit_at(at))
		at++;
	for (; at + size < draft.text_size && size < 9 && digit_at(at + size); size++)
		text[size] = draft.text[at + size];
	if (!size)
		return;
	if (once_in(&choices, 2))
		by = borders[choose(&choices, sizeof(borders) / sizeof(borders[0]))];
	else
		snprintf(text, sizeof(text), "%lu",
			 strtoul(text, NULL, 10) + (once_in(&choices, 2) ? 1 : -1ul));
	replace(at, size, by, strlen(by));
}

/* Where the next thing that begins so stands, from at on; the end of the text without. */
static size_t next(size_t at, const char *line)
{
	while (at < draft.text_size && !begins(at, line))
		at++;
	return at;
}

/* A pattern is left out, or another takes its place, or comes before it. */
static void change_pattern(void)
{
	static char room[2048];
	struct made made = { .at = room, .room = sizeof(room) };
	size_t at = next(somewhere(draft.text_size), "\n  - ") + 1, end, file;
	__u32 what = choose(&choices, 3);

	if (at >= draft.text_size)
		return;
	end = next(at, "\n  - ");
	file = next(at, "\n---\n");
	end = (end < file ? end : file) + 1;
	if (end > draft.text_size)
		end = draft.text_size;
	if (what)
		make_line(&choices, &made);
	replace(at, what == 2 ? 0 : end - at, room, made.length);
}

static void make_files(struct made *made)
{
	unsigned count = 1 + choose(&choices, 4);

	for (unsigned i = 0; i < count; i++) {
		if (i)
			add(made, "---\n");
		make_file(&choices, made, i, count);
	}
}

/* A file is left out, or another takes its place or comes last; or all are others. */
static void change_files(void)
{
	static char room[16384];
	struct made made = { .at = room, .room = sizeof(room) };
	size_t at = next(somewhere(draft.text_size), "\n---\n"), end;
	__u32 what = choose(&choices, 4);

	if (what == 0) {
		make_files(&made);
		at = 0;
		end = draft.text_size;
	} else {
		at = at == draft.text_size ? 0 : at + 5;
		end = next(at, "\n---\n");
		end = end == draft.text_size ? end : end + 5;
		if (what == 1) {
			add(&made, "%s", end == draft.text_size ? "\n---\n" : "");
			at = end;
		}
		if (what != 3) {
			make_file(&choices, &made, choose(&choices, MAKER_FILES), MAKER_FILES);
			add(&made, "%s", end == draft.text_size ? "" : "---\n");
		}
	}
	if (!made.full)
		replace(at, end - at, room, made.length);
}

static void change_text(void)
{
	draft.text_size = LLVMFuzzerMutate((uint8_t *)draft.text, draft.text_size, INPUT_MOST);
	for (size_t i = 0; i < draft.text_size; i++)
		if (!draft.text[i])
			draft.text[i] = ' ';
}

static size_t some_packet(void)
{
	size_t at = SETTINGS, end = SETTINGS + somewhere(draft.packets_size - SETTINGS + 1), n;

	while (at < end && (n = packet_size(draft.packets + at, draft.packets_size - at)))
		at += n;
	return at;
}

/* A packet that may mean something, somewhere. */
static void add_packet(void)
{
	uint8_t packet[PACKET_HEAD + PAYLOAD_MOST];
	__u32 who = choose(&choices, PEERS), n;
	size_t at = some_packet();

	if (!load(draft.text, draft.text_size) || draft.packets_size > INPUT_MOST)
		return;
	n = make_payload(&choices, last->tables, who < TCP_PEERS ? GL_TCP : GL_UDP,
			 packet + PACKET_HEAD, once_in(&choices, 8) ? PAYLOAD_MOST : 40);
	packet[0] = (uint8_t)(who | choose(&choices, 2) << 3);
	packet[1] = (uint8_t)choose(&choices, HOW_SHIFTED);
	packet[2] = (uint8_t)n;
	packet[3] = (uint8_t)(n >> 8);
	n += PACKET_HEAD;
	memmove(draft.packets + at + n, draft.packets + at, draft.packets_size - at);
	memcpy(draft.packets + at, packet, n);
	draft.packets_size += n;
}

static void remove_packet(void)
{
	size_t at = some_packet();
	size_t n = packet_size(draft.packets + at, draft.packets_size - at);

	memmove(draft.packets + at, draft.packets + at + n, draft.packets_size - at - n);
	draft.packets_size -= n;
}

/* A byte of one packet, so that those behind it stay what they are. */
static void change_packet(void)
{
	size_t at = some_packet();
	size_t n = packet_size(draft.packets + at, draft.packets_size - at);
	__u32 what = choose(&choices, 3);

	if (n <= PACKET_HEAD)
		return;
	if (what < 2)
		draft.packets[at + what] = (uint8_t)choose(&choices, 256);
	else
		draft.packets[at + PACKET_HEAD + somewhere(n - PACKET_HEAD)] =
			(uint8_t)choose(&choices, 256);
}

static void change_packets(void)
{
	size_t n = LLVMFuzzerMutate(draft.packets, draft.packets_size, INPUT_MOST);

	draft.packets_size = n < SETTINGS ? SETTINGS : n;
}

/* Mostly, what is not accepted is left as it was. */
static void change_signatures(struct parts parts)
{
	static void (*const changes[])(void) = {
		change_word, change_word, change_number, change_number, change_pattern,
		change_pattern, change_pattern, change_files, change_text,
	};

	for (__u32 n = 1 + choose(&choices, 2); n; n--)
		changes[choose(&choices, sizeof(changes) / sizeof(changes[0]))]();
	if (!load(draft.text, draft.text_size) && choose(&choices, 8) &&
	    parts.text_size <= INPUT_MOST) {
		memcpy(draft.text, parts.text, parts.text_size);
		draft.text_size = parts.text_size;
	}
}

/* Other files, and packets for them: coverage alone stays with the files that it has. */
static void make_input(void)
{
	static char room[16384];
	struct made made = { .at = room, .room = sizeof(room) };

	make_files(&made);
	draft.packets_size = SETTINGS;
	draft.text_size = 0;
	replace(0, 0, room, made.length);
	for (__u32 n = 8 + choose(&choices, 24); n; n--)
		add_packet();
}

static void change_input(struct parts parts)
{
	static void (*const changes[])(void) = {
		add_packet, add_packet, add_packet, change_packet, change_packet, remove_packet,
		change_packets, change_packets,
	};

	if (once_in(&choices, 3))
		change_signatures(parts);
	for (__u32 n = 1 + choose(&choices, 3); n; n--)
		changes[choose(&choices, sizeof(changes) / sizeof(changes[0]))]();
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
	static __u8 room[8192];
	struct parts parts = split(data, size);

	choices = choices_of_seed(seed, room, sizeof(room));
	draft_take(parts);
	if (once_in(&choices, 6))
		make_input();
	else
		change_input(parts);
	return draft_give(data, size, most);
}

/* The files of one and the packets of the other, or of both; at times the files of both. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
				 size_t b_size, uint8_t *out, size_t most, unsigned int seed)
{
	struct parts one = split(a, a_size), two = split(b, b_size);

	draft_take(one);
	if (seed % 16 == 0) {
		replace(draft.text_size, 0, "\n---\n", 5);
		replace(draft.text_size, 0, two.text, two.text_size);
		if (!load(draft.text, draft.text_size))
			draft_take(one);
	}
	if (seed % 2) {
		one.packets = two.packets;
		one.packets_size = two.packets_size;
		draft_take(one);
	} else if (two.packets_size > SETTINGS && two.packets_size < INPUT_MOST) {
		memcpy(draft.packets + draft.packets_size, two.packets + SETTINGS,
		       two.packets_size - SETTINGS);
		draft.packets_size += two.packets_size - SETTINGS;
	}
	return draft_give(out, 0, most);
}
