/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cases.h - random word lists, texts made of their spellings, and ways to cut a
 * text into packets. Code in a header for the reason that rig.h gives. All of a
 * case follows from its seed.
 */
#ifndef CASES_H
#define CASES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/patterns.h"
#include "../../user/splitmix.h"

#define CASE_TEXT 66000u
#define CASE_PACKETS 4096u

struct random {
	__u64 state;
};

/* A text that the automaton reads without a break, and the packet of each byte. */
struct run {
	const __u8 *bytes;
	const __u32 *packet;
	__u32 length;
};

struct sent {
	__u32 seq;
	__u32 side; /* 1: from the server */
	__u32 at;   /* in stream_case.wire */
	__u32 length;
};

struct stream_case {
	__u64 seed;
	struct random random;
	struct word_list list;
	struct patterns patterns; /* of the words, without marks */
	__u32 encodings;
	int udp;
	__u32 first_seq[2];
	__u32 size[2];
	__u8 text[2][CASE_TEXT];
	/* as sent: copies of old bytes are wrong, as they must not be read */
	struct sent sent[CASE_PACKETS];
	__u32 packets;
	__u32 copies;	 /* of them, with nothing new */
	__u32 after_gap; /* of them, behind or in a gap */
	__u32 reload_at; /* the list is loaded again before this packet, 0 never */
	int reloaded;
	__u8 wire[16 * CASE_TEXT];
	__u32 wired;
	/* as it must be read: by side, and what fills gaps */
	__u8 read[3][2 * CASE_TEXT];
	__u32 packet[3][2 * CASE_TEXT];
	__u32 used[3];
	struct run run[CASE_PACKETS];
	__u32 runs;
};

static __u32 below(struct random *random, __u32 limit)
{
	return (splitmix64(&random->state) >> 32) * limit >> 32;
}

static int one_in(struct random *random, __u32 n)
{
	return !below(random, n);
}

/* ------------------------------------------------------------ words */

/*
 * Letters to make words of. Among them are characters that differ in one encoding by
 * the bit of ASCII's case only: U+4F60 and U+6F60 in UTF-16, those whose second byte
 * in GB18030, Big5, Shift_JIS or EUC-KR is a letter.
 */
static const char *const alphabets[][24] = {
	{ "a", "b" },
	{ "a", "b", "c" },
	{ "a", "A", "b", "B" },
	{ "a", "b", "[", "{" },
	{ "x", "@", "`", "\\", "|" },
	{ "o", "k", "K", "\u212a", "s", "\u017f" },
	{ "\u4f60", "\u6f60", "\u4f40", "\u6f40" },
	{ "\u4141", "\u6161", "\u4161", "\u6141", "a", "A" },
	{ "\u4e04", "\u4e64", "\u4e05", "\u4e65", "\u4e51", "\u4e83" },
	{ "\u4e59", "\u5140", "\u4e01", "\u5203" },
	{ "\u30a2", "\u30c2", "\u30a3", "\u30c3", "\u8868" },
	{ "\uac02", "\uac35", "\uac03", "\uac36" },
	{ "\u0444", "\u0424", "\u043e", "\u041e", "\u0451" },
	{ "\u00fc", "\u00dc", "u", "\u00df", "s" },
	{ "\u03c3", "\u03c2", "\u03a3", "\u03b1" },
	{ "\u5929", "\u5b89", "\u9580", "\u95e8" },
	{ "a", "b", "\u00fc", "\u706f", "\U0001f600", "\u0437", "1" },
	{ "e", "t", "a", "o", "i", "n", "s", "h", "r", "d", "l", "u", "c", "m", "f", "w", "y",
	  "p", "v", "b", "g", "k", " " },
	{ "0", "1", "+", "/", "=", "&", "<", "%", "\"", "'" },
};

#define ALPHABETS (sizeof(alphabets) / sizeof(alphabets[0]))

static const char *letter(struct random *random, const char *const *alphabet)
{
	__u32 n = 0;

	while (n < 24 && alphabet[n])
		n++;
	return alphabet[below(random, n)];
}

/* Appends letters until there are so many, or the word is full. Returns the length. */
static size_t spell(struct random *random, const char *const *alphabet, char *word, size_t at,
		    __u32 letters)
{
	while (letters--) {
		const char *next = letter(random, alphabet);

		if (at + strlen(next) > GL_WORD_MAX)
			break;
		memcpy(word + at, next, strlen(next));
		at += strlen(next);
	}
	word[at] = '\0';
	return at;
}

/* What words_parse() refuses (" ", "# x", twice the same) is no word of the case. */
static void add_word(struct stream_case *c, const char *word)
{
	enum gl_list which = one_in(&c->random, 4) ? GL_LIST_BLOCK : GL_LIST_WATCH;
	size_t duplicates = 0;

	words_parse(&c->list, "case", word, strlen(word), which, &duplicates);
}

/* Where a character begins, at or after a place. */
static const char *character(const char *word, size_t at)
{
	while (((unsigned char)word[at] & 0xc0) == 0x80)
		at++;
	return word + at;
}

/* A word and each of its ends, or each of its beginnings. */
static void add_chain(struct stream_case *c, const char *const *alphabet, int ends)
{
	char word[GL_WORD_MAX + 1], part[GL_WORD_MAX + 1];
	size_t length = spell(&c->random, alphabet, word, 0, 2 + below(&c->random, 63));

	for (size_t i = 0; i < length; i++) {
		const char *cut = character(word, i);

		if (ends) {
			add_word(c, cut);
		} else if (cut > word) {
			memcpy(part, word, cut - word);
			part[cut - word] = '\0';
			add_word(c, part);
		}
	}
	add_word(c, word);
}

/* A part of an earlier word, so that words share beginnings and ends. */
static size_t borrow(struct stream_case *c, char *word)
{
	const char *old, *from;
	size_t length;

	if (!c->list.count || !one_in(&c->random, 2))
		return 0;
	old = c->list.words[below(&c->random, c->list.count)].text;
	from = one_in(&c->random, 2) ? old : character(old, below(&c->random, strlen(old)));
	length = strlen(from);
	if (one_in(&c->random, 2))
		length = character(from, below(&c->random, length + 1)) - from;
	memcpy(word, from, length);
	word[length] = '\0';
	return length;
}

static void add_words(struct stream_case *c, const char *const *alphabet, __u32 words,
		      __u32 letters)
{
	char word[2 * GL_WORD_MAX + 1];

	for (__u32 i = 0; i < words; i++) {
		size_t length = borrow(c, word);

		spell(&c->random, alphabet, word, length, 1 + below(&c->random, letters));
		add_word(c, word);
	}
}

static void add_pairs(struct stream_case *c, const char *const *alphabet)
{
	char word[GL_WORD_MAX];

	for (int i = 0; i < 24 && alphabet[i]; i++) {
		for (int k = 0; k < 24 && alphabet[k]; k++) {
			strcpy(word, alphabet[i]);
			strcat(word, alphabet[k]);
			add_word(c, word);
		}
		add_word(c, alphabet[i]);
	}
}

/* How many encodings a list is in depends on its size: a case is to be cheap. */
static void choose_encodings(struct stream_case *c)
{
	__u32 most = c->list.count > 1000 ? 3 : c->list.count > 100 ? 5 : GL_ENC_MAX;

	c->encodings = 1u << GL_ENC_UTF8;
	if (one_in(&c->random, 3))
		return;
	if (most == GL_ENC_MAX && one_in(&c->random, 8))
		c->encodings = GL_ENCODINGS_ALL;
	for (__u32 i = 1 + below(&c->random, most); i; i--)
		c->encodings |= 1u << below(&c->random, GL_ENC_MAX);
}

static void choose_words(struct stream_case *c, __u32 most)
{
	const char *const *alphabet = alphabets[below(&c->random, ALPHABETS)];
	struct random *random = &c->random;
	__u32 kind = below(random, 8);

	if (most > 1000 && one_in(random, 4000)) {
		add_words(c, alphabets[17], 5000, 12);
	} else if (kind == 0) {
		add_chain(c, alphabet, 1);
	} else if (kind == 1) {
		add_chain(c, alphabet, 0);
	} else if (kind == 2) {
		add_pairs(c, alphabet);
	} else {
		add_words(c, alphabet, 1 + below(random, kind == 7 ? 200 : 24),
			  kind == 6 ? 63 : 2 + below(random, 8));
		if (one_in(random, 3))
			add_words(c, alphabets[below(random, ALPHABETS)], 5, 6);
	}
	if (!c->list.count)
		add_word(c, "ab");
	choose_encodings(c);
}

/* ------------------------------------------------------------ texts */

/* A spelling, in any case where it folds. */
static size_t add_spelling(struct stream_case *c, __u8 *to)
{
	const struct pattern *p = &c->patterns.pattern[below(&c->random, c->patterns.count)];
	int upper = below(&c->random, 3);

	for (unsigned int i = 0; i < p->length; i++) {
		to[i] = c->patterns.bytes[p->at + i];
		if (c->patterns.fold[p->at + i] && (upper == 2 ? one_in(&c->random, 2) : upper))
			to[i] &= ~0x20;
	}
	return p->length;
}

static size_t add_letters(struct stream_case *c, __u8 *to)
{
	const struct pattern *p = &c->patterns.pattern[below(&c->random, c->patterns.count)];
	__u32 n = 1 + below(&c->random, 40);

	for (__u32 i = 0; i < n; i++)
		to[i] = c->patterns.bytes[p->at + below(&c->random, p->length)];
	return n;
}

/* What the filter passes over; at most 1000 bytes. */
static size_t add_filler(struct stream_case *c, __u8 *to)
{
	static const char prose[] = "It was a bright cold day, and the clocks struck (13). ";
	__u32 n = 1 + below(&c->random, one_in(&c->random, 8) ? 999 : 40);
	__u32 at = below(&c->random, sizeof(prose) - 1), kind = below(&c->random, 3);

	for (__u32 i = 0; i < n; i++)
		to[i] = kind == 0 ? (__u8)prose[(at + i) % (sizeof(prose) - 1)] :
			kind == 1 ? '.' : below(&c->random, 256);
	return n;
}

static size_t add_piece(struct stream_case *c, __u8 *to, __u32 density)
{
	__u32 kind = below(&c->random, density);
	size_t n = 0;

	if (kind >= 12)
		return add_filler(c, to);
	if (kind >= 10)
		return add_letters(c, to);
	if (kind == 9) {
		n = 1 + below(&c->random, 300);
		memset(to, c->patterns.bytes[below(&c->random, c->patterns.used)], n);
		return n;
	}
	n = add_spelling(c, to);
	if (kind == 8)
		to[below(&c->random, n)] ^= 0x20;
	if (kind == 7)
		n = 1 + below(&c->random, n);
	if (kind == 6) {
		__u32 cut = below(&c->random, n);

		memmove(to, to + cut, n - cut);
		n -= cut;
	}
	return n;
}

/* To the byte, so that a text also ends within a word. */
static void make_text(struct stream_case *c, int side, __u32 size)
{
	static __u8 piece[1024];
	__u32 density = one_in(&c->random, 3) ? 60 : 14;
	__u32 at = 0;

	while (at < size) {
		size_t n = add_piece(c, piece, density);

		if (n > size - at)
			n = size - at;
		memcpy(c->text[side] + at, piece, n);
		at += n;
	}
	c->size[side] = size;
}

static __u32 text_size(struct random *random)
{
	__u32 kind = below(random, 400);

	if (kind == 0)
		return 65000;
	if (kind < 4)
		return 1 + below(random, 30000);
	if (kind < 40)
		return 1 + below(random, 6000);
	return 1 + below(random, kind < 160 ? 1500 : 300);
}

/* ------------------------------------------------------------ packets */

/* Bytes [from, end) of a side's text as a packet; those outside [good, upto) are wrong. */
static void send_bytes(struct stream_case *c, int side, __u32 from, __u32 end, __u32 good,
		       __u32 upto)
{
	struct sent *sent = &c->sent[c->packets++];

	*sent = (struct sent){ .seq = c->first_seq[side] + from, .side = side, .at = c->wired,
			       .length = end - from };
	for (__u32 i = from; i < end; i++) {
		__u8 byte = c->text[side][i];

		c->wire[c->wired++] = i < good || i >= upto ? byte ^ 0x15 : byte;
	}
}

/* Of the packet that was sent last these bytes are new. In the run, or one of their own. */
static struct run *read_bytes(struct stream_case *c, struct run *run, int side, __u32 from,
			      __u32 end, int buffer)
{
	__u32 *used = &c->used[buffer];

	if (!run) {
		run = &c->run[c->runs++];
		*run = (struct run){ .bytes = c->read[buffer] + *used,
				     .packet = c->packet[buffer] + *used };
	}
	for (__u32 i = from; i < end; i++) {
		c->read[buffer][*used] = c->text[side][i];
		c->packet[buffer][(*used)++] = c->packets - 1;
	}
	run->length += end - from;
	return run;
}

/* How a text is sent. */
#define HOW_COPIES 1
#define HOW_OVERLAPS 2
#define HOW_GAPS 4

/* One side's way through its text. */
struct progress {
	__u32 at;   /* the next new byte */
	__u32 from; /* where the run begins in the text */
	__u32 gap;  /* where the last gap before it begins; == from: there is none */
	struct run *run;
};

/* The largest segment. A text is cut into some hundreds at most. */
static __u32 segment_size(struct random *random, __u32 size)
{
	static const __u32 most[] = { 1, 9, 100, 600, 1460, 2100, 9000, 65000 };
	__u32 kind = below(random, 8);

	while (size / (most[kind] / 2 + 1) > 400)
		kind++;
	return most[kind];
}

/* Old bytes: not read, whatever they are now. */
static void send_copy(struct stream_case *c, int side, const struct progress *p)
{
	__u32 from = p->from + below(&c->random, p->at - p->from);
	__u32 end = from + 1 + below(&c->random, p->at - from);

	if (end - from > 2000 && !one_in(&c->random, 20))
		return;
	send_bytes(c, side, from, end, one_in(&c->random, 2) ? from : end, end);
	c->copies++;
}

/* The last gap comes late, with old neighbours on both sides: read by itself. */
static void fill_gap(struct stream_case *c, int side, struct progress *p)
{
	__u32 before = below(&c->random, p->gap < 50 ? p->gap + 1 : 50);

	send_bytes(c, side, p->gap - before, p->at, p->gap, p->from);
	read_bytes(c, NULL, side, p->gap, p->from, 2);
	c->after_gap++;
	p->gap = p->from;
}

static void lose_bytes(struct stream_case *c, struct progress *p, __u32 lost)
{
	p->gap = p->at;
	p->at += lost;
	p->from = p->at;
	p->run = NULL;
	c->after_gap++;
}

static void send_next(struct stream_case *c, int side, struct progress *p, __u32 most, int how)
{
	__u32 n = 1 + below(&c->random, most), old = 0;

	if (n > c->size[side] - p->at)
		n = c->size[side] - p->at;
	if (how & HOW_GAPS && p->run && n > 1 && one_in(&c->random, 12)) {
		__u32 lost = 1 + below(&c->random, n - 1);

		lose_bytes(c, p, lost);
		n -= lost;
	} else if (how & HOW_OVERLAPS && p->run && one_in(&c->random, 3)) {
		old = p->at - p->from < 200 ? p->at - p->from : 200;
		old = 1 + below(&c->random, old);
	}
	send_bytes(c, side, p->at - old, p->at + n, p->at, p->at + n);
	p->run = read_bytes(c, c->udp ? NULL : p->run, side, p->at, p->at + n, side);
	p->at += n;
}

/* Ends a text where there is no room for more packets. */
static void deliver_some(struct stream_case *c, int side, struct progress *p, __u32 most,
			 int how)
{
	if (c->packets + 4 > CASE_PACKETS || c->wired + 3 * CASE_TEXT > sizeof(c->wire) ||
	    c->used[2] + CASE_TEXT > sizeof(c->read[2])) {
		c->size[side] = p->at;
		return;
	}
	send_next(c, side, p, most, how);
	if (p->gap < p->from && one_in(&c->random, 2))
		fill_gap(c, side, p);
	if (how & HOW_COPIES && one_in(&c->random, 3))
		send_copy(c, side, p);
}

/* What was read so far does not join what comes: the list is another generation. */
static void reload(struct stream_case *c, struct progress *progress)
{
	c->reload_at = c->packets;
	c->reloaded = 1;
	progress[0].run = progress[1].run = NULL;
}

static void deliver(struct stream_case *c)
{
	struct progress progress[2] = { { 0 } };
	int how = 0, reloads = one_in(&c->random, 16);
	__u32 most[2];

	for (int side = 0; side < 2; side++) {
		__u32 seq = splitmix64(&c->random.state);

		most[side] = segment_size(&c->random, c->size[side]);
		if (one_in(&c->random, 2))
			seq = -below(&c->random, c->size[side] + 1);
		c->first_seq[side] = seq;
	}
	if (!c->udp && one_in(&c->random, 2))
		how = below(&c->random, 8);
	while (progress[0].at < c->size[0] || progress[1].at < c->size[1]) {
		int side = below(&c->random, 2);

		if (reloads && c->packets && !c->reloaded && one_in(&c->random, 4))
			reload(c, progress);
		if (progress[side].at < c->size[side])
			deliver_some(c, side, &progress[side], most[side], how);
	}
}

/* ------------------------------------------------------------ a case */

/* A list serves so many cases in a row: building is dearer than running. */
#define CASES_A_LIST 8u

/* Returns 0, or -errno. most: words in the largest list. */
static int make_list(struct stream_case *c, __u64 seed, __u32 most)
{
	c->random.state = (seed / CASES_A_LIST) * 0xd1b54a32d192ed03ull;
	choose_words(c, most);
	return patterns_make(&c->patterns, &c->list, c->encodings);
}

static void make_texts(struct stream_case *c, __u64 seed)
{
	c->seed = seed;
	c->random.state = ~seed * 0xd1b54a32d192ed03ull;
	c->packets = c->wired = c->runs = c->copies = c->after_gap = 0;
	c->reload_at = c->reloaded = 0;
	memset(c->used, 0, sizeof(c->used));
	c->udp = one_in(&c->random, 6);
	make_text(c, 0, text_size(&c->random));
	make_text(c, 1, one_in(&c->random, 3) ? text_size(&c->random) : 0);
	deliver(c);
}

static void drop_list(struct stream_case *c)
{
	patterns_free(&c->patterns);
	words_free(&c->list);
}

#endif
