/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "words.h"

#define FILE_MAX (64u << 20) /* six times what 100 000 of the longest words take */

_Static_assert(GL_WORDS_SIZE(GL_SLOTS_MIN, 1) % 8 == 0, "the kernel rounds map values up to 8");

/* ------------------------------------------------------------ the list */

/* Open addressing: 1 + position of a word, 0 free. cells is a power of two. */
struct index {
	size_t cells;
	__u32 at[];
};

/* Not tolower(): the locale must not decide what matches. */
static unsigned char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool same(const struct word *word, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (fold(word->text[i]) != fold(text[i]))
			return false;
	}
	return !word->text[length];
}

/* FNV-1a; equal for words that differ in the case of ASCII letters only. */
static __u32 hash(const char *text, size_t length)
{
	__u64 hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ fold(text[i])) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* The cell of an equal word, or the free one where it belongs. */
static __u32 *find(const struct word_list *list, const char *text, size_t length)
{
	struct index *index = list->index;
	size_t at = hash(text, length) & (index->cells - 1);

	while (index->at[at] && !same(&list->words[index->at[at] - 1], text, length))
		at = (at + 1) & (index->cells - 1);
	return &index->at[at];
}

static void reindex(struct word_list *list)
{
	struct index *index = list->index;

	if (!index)
		return;
	memset(index->at, 0, index->cells * sizeof(index->at[0]));
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->words[i].text;

		*find(list, text, strlen(text)) = i + 1;
	}
}

static int grow(struct word_list *list)
{
	size_t room = list->count < 32 ? 64 : 2 * list->count;
	size_t cells = 4 * room;
	struct index *index = malloc(sizeof(*index) + cells * sizeof(index->at[0]));
	struct word *words = index ? realloc(list->words, room * sizeof(*words)) : NULL;

	if (!words) {
		free(index);
		return log_error(-ENOMEM, "out of memory for a list of %zu words", room);
	}
	free(list->index);
	index->cells = cells;
	list->words = words;
	list->room = room;
	list->index = index;
	reindex(list);
	return 0;
}

void words_free(struct word_list *list)
{
	free(list->words);
	free(list->index);
	memset(list, 0, sizeof(*list));
}

/* ------------------------------------------------------------ the file */

struct parser {
	struct word_list *list;
	const char *name;
	enum gl_list which;
	size_t line;
	size_t seen; /* words, duplicates included */
	size_t duplicates;
};

/* Bytes of the character at p (RFC 3629, table 3-7 of Unicode), 0 if it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n > left || p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
	}
	return n;
}

static int check_text(const struct parser *p, const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t n;

	for (size_t i = 0; i < length; i += n) {
		n = utf8_length(bytes + i, length - i);
		if (!n)
			return log_error(-EINVAL,
					 "%s:%zu: byte %zu of the line is not valid UTF-8; "
					 "save the list as UTF-8 text",
					 p->name, p->line, i + 1);
		if ((bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7f ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return log_error(-EINVAL,
					 "%s:%zu: byte %zu of the line is a control character "
					 "(0x%02x); save the list as UTF-8 text without it",
					 p->name, p->line, i + 1, bytes[i + n - 1]);
	}
	return 0;
}

static int check_word(const struct parser *p, const char *text, size_t length)
{
	size_t spaces = 0;

	if (length < GL_WORD_MIN)
		return log_error(
		    -EINVAL,
		    "%s:%zu: the word is %zu byte%s long; at least %u bytes of UTF-8 "
		    "are needed, lengthen or remove it",
		    p->name, p->line, length, length == 1 ? "" : "s", GL_WORD_MIN);
	if (length > GL_WORD_MAX)
		return log_error(
		    -EINVAL,
		    "%s:%zu: the word is %zu bytes long; at most %u bytes of UTF-8 "
		    "fit, shorten it",
		    p->name, p->line, length, GL_WORD_MAX);
	while (spaces < length && text[spaces] == ' ')
		spaces++;
	if (spaces == length)
		return log_error(
		    -EINVAL, "%s:%zu: the word is only spaces; write a word or remove the line",
		    p->name, p->line);
	return 0;
}

static int check_label(const struct parser *p, const char *label, size_t length)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";
	size_t good = 0;

	while (good < length && memchr(allowed, label[good], sizeof(allowed) - 1))
		good++;
	if (!length || length > GL_LABEL_MAX || good < length)
		return log_error(
		    -EINVAL,
		    "%s:%zu: the label after the tab must be 1 to %u of A-Z a-z 0-9 "
		    "_ . and -; correct it or remove the tab",
		    p->name, p->line, GL_LABEL_MAX);
	return 0;
}

static int add_word(struct parser *p, const char *text, size_t length, const char *label,
		    size_t label_length)
{
	struct word_list *list = p->list;
	struct word *word;
	int ret;

	p->seen++;
	if (!list->index || list->count == list->room) {
		ret = grow(list);
		if (ret)
			return ret;
	}
	if (*find(list, text, length)) {
		p->duplicates++;
		return 0;
	}
	if (list->count >= GL_CAPACITY_MAX)
		return log_error(-EINVAL,
				 "%s:%zu: the list already has %u words, the most that fit; "
				 "remove words from here on",
				 p->name, p->line, GL_CAPACITY_MAX);
	*find(list, text, length) = list->count + 1;
	word = &list->words[list->count];
	memset(word, 0, sizeof(*word));
	memcpy(word->text, text, length);
	word->list = p->which;
	word->id = list->count++;
	if (label)
		memcpy(word->label, label, label_length);
	else
		snprintf(word->label, sizeof(word->label), "w%zu", list->count);
	return 0;
}

static int parse_line(struct parser *p, const char *text, size_t length)
{
	const char *tab, *label;
	size_t word_length, label_length;
	int ret;

	ret = check_text(p, text, length);
	if (ret)
		return ret;
	if (!length || (text[0] == '#' && (length == 1 || text[1] == ' ')))
		return 0;
	tab = memchr(text, '\t', length);
	word_length = tab ? (size_t)(tab - text) : length;
	label = tab ? tab + 1 : NULL;
	label_length = tab ? length - word_length - 1 : 0;
	ret = check_word(p, text, word_length);
	if (!ret && label)
		ret = check_label(p, label, label_length);
	if (ret)
		return ret;
	return add_word(p, text, word_length, label, label_length);
}

static int parse_lines(struct parser *p, const char *text, size_t length)
{
	const char *end = text + length;
	int ret = 0;

	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	while (!ret && text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t line = (newline ? newline : end) - text;

		p->line++;
		ret = parse_line(p, text, line && text[line - 1] == '\r' ? line - 1 : line);
		text += line + !!newline;
	}
	if (!ret && !p->seen)
		ret = log_error(-EINVAL, "%s: there is no word in it; write one word a line",
				p->name);
	return ret;
}

int words_parse(struct word_list *list, const char *name, const char *text, size_t length,
		enum gl_list which, size_t *duplicates)
{
	struct parser p = {.list = list, .name = name, .which = which};
	size_t before = list->count;
	int ret;

	ret = parse_lines(&p, text, length);
	if (ret) {
		list->count = before;
		reindex(list);
		return ret;
	}
	*duplicates += p.duplicates;
	return 0;
}

static int read_all(FILE *file, const char *name, char **text, size_t *length)
{
	size_t room = 0, used = 0, got;
	char *buffer = NULL, *more;
	int ret;

	do {
		if (used == room) {
			room = room ? 2 * room : 65536;
			more = realloc(buffer, room);
			if (!more) {
				ret =
				    log_error(-ENOMEM, "%s: out of memory for the file", name);
				goto out;
			}
			buffer = more;
		}
		got = fread(buffer + used, 1, room - used, file);
		used += got;
	} while (got && used <= FILE_MAX);
	if (ferror(file)) {
		ret = log_error(-errno, "%s: cannot read it: %s", name, strerror(errno));
		goto out;
	}
	if (used > FILE_MAX) {
		ret = log_error(-EINVAL, "%s: it is larger than %u MiB; is it a word list?",
				name, FILE_MAX >> 20);
		goto out;
	}
	*text = buffer;
	*length = used;
	return 0;
out:
	free(buffer);
	return ret;
}

int words_read(struct word_list *list, const char *path, enum gl_list which, size_t *duplicates)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	FILE *file = standard ? stdin : fopen(path, "rb");
	char *text = NULL;
	size_t length = 0;
	int ret;

	if (!file)
		return log_error(-errno, "%s: cannot open the word list: %s", path,
				 strerror(errno));
	ret = read_all(file, name, &text, &length);
	if (!standard)
		fclose(file);
	if (!ret)
		ret = words_parse(list, name, text, length, which, duplicates);
	free(text);
	return ret;
}

/* ------------------------------------------------------------ the automaton */

/*
 * A search for a base begins this many blocks of 64 before the last find for as
 * many children: the holes left behind get filled without going over all of them.
 */
#define LAG 4u

/* A word as classes, ended by 0. head: the first eight, to compare at once. */
struct key {
	__u64 head;
	const __u8 *classes;
	__u32 word;
};

/* A placed state whose children are not: those of the sorted keys [first, end). */
struct node {
	__u32 slot;
	__u32 first;
	__u32 end;
	__u32 depth;
};

struct builder {
	const struct word_list *list;
	const char **texts;	 /* words, then marks */
	__u8 *flags;		 /* GL_MARK_* of each */
	size_t count;
	__u32 generation;
	__u32 states;
	__u8 cls[256];
	__u8 *classes;
	struct key *keys; /* sorted */
	struct node *queue;
	size_t queued;

	/* of one table */
	__u64 *slots;
	__u32 *out;
	struct gl_pattern *patterns;
	__u32 blocks;		  /* of 64 bases that may be given out */
	__u64 *taken;		  /* a bit per slot */
	__u64 *based;		  /* a bit per base */
	__u32 cursor[GL_CLASSES]; /* by number of children, in blocks */
};

__u32 words_slots(__u32 capacity)
{
	__u32 slots = GL_SLOTS_MIN;

	while (slots < GL_SLOTS_MAX && slots < (__u64)capacity * GL_SLOTS_PER_WORD)
		slots *= 2;
	return slots;
}

size_t words_table_size(__u32 capacity)
{
	return GL_WORDS_SIZE(words_slots(capacity), capacity + GL_MARKERS);
}

/* Classes rise with the folded byte, so that children come in ascending order. */
static void assign_classes(struct builder *b)
{
	bool used[256] = {false};
	__u8 next = 1;

	for (size_t i = 0; i < b->count; i++) {
		for (const char *c = b->texts[i]; *c; c++)
			used[fold(*c)] = true;
	}
	for (unsigned int c = 1; c < 256; c++) {
		if (used[c])
			b->cls[c] = next++;
	}
	for (unsigned int c = 'A'; c <= 'Z'; c++)
		b->cls[c] = b->cls[fold(c)];
}

static int compare_keys(const void *left, const void *right)
{
	const struct key *l = left, *r = right;

	if (l->head != r->head)
		return l->head < r->head ? -1 : 1;
	if (!(l->head & 0xff))
		return 0;
	return strcmp((const char *)l->classes + 8, (const char *)r->classes + 8);
}

static void sort_keys(struct builder *b)
{
	__u8 *classes = b->classes;

	for (size_t i = 0; i < b->count; i++) {
		struct key *key = &b->keys[i];

		key->word = i;
		key->classes = classes;
		for (const char *c = b->texts[i]; *c; c++)
			*classes++ = b->cls[(unsigned char)*c];
		*classes++ = 0;
		for (unsigned int at = 0; at < 8 && key->classes[at]; at++)
			key->head |= (__u64)key->classes[at] << (56 - 8 * at);
	}
	qsort(b->keys, b->count, sizeof(b->keys[0]), compare_keys);
}

static int count_states(struct builder *b)
{
	const __u8 *before = (const __u8 *)"";

	b->states = 1;
	for (size_t i = 0; i < b->count; i++) {
		const __u8 *now = b->keys[i].classes;
		size_t shared = 0;

		while (now[shared] && now[shared] == before[shared])
			shared++;
		if (!now[shared])
			return log_error(
			    -EINVAL, "word %u of the list is there twice; load the list again",
			    b->keys[i].word + 1);
		b->states += strlen((const char *)now + shared);
		before = now;
	}
	return 0;
}

/*
 * The words, then the marks that are not among them; a word that is a mark is
 * both.
 */
static int collect_texts(struct builder *b)
{
	size_t count = b->list->count;

	b->texts = calloc(count + GL_MARKERS, sizeof(b->texts[0]));
	b->flags = calloc(count + GL_MARKERS, 1);
	if (!b->texts || !b->flags)
		return log_error(-ENOMEM, "out of memory for %zu words", count);
	for (size_t i = 0; i < count; i++)
		b->texts[i] = b->list->words[i].text;
	b->count = count;
	for (unsigned int m = 0; b->list->marks && b->list->marks[m] && m < GL_MARKERS; m++) {
		size_t i = 0;

		while (i < count && strcasecmp(b->texts[i], b->list->marks[m]))
			i++;
		b->flags[i < count ? i : b->count] |= GL_MARK_BODY | (i < count ? 0 : GL_MARK_ONLY);
		if (i == count)
			b->texts[b->count++] = b->list->marks[m];
	}
	return 0;
}

static int prepare(struct builder *b)
{
	size_t count, bytes = 0;
	int ret;

	if (b->list->count > GL_CAPACITY_MAX)
		return log_error(-ENOSPC,
				 "the list has %zu words and at most %u fit; shorten it",
				 b->list->count, GL_CAPACITY_MAX);
	ret = collect_texts(b);
	if (ret)
		return ret;
	count = b->count;

	for (size_t i = 0; i < count; i++) {
		size_t length = strnlen(b->texts[i], GL_WORD_MAX + 1);

		if (length < GL_WORD_MIN || length > GL_WORD_MAX)
			return log_error(-EINVAL,
					 "word %zu of the list is not %u to %u bytes long; "
					 "load the list again",
					 i + 1, GL_WORD_MIN, GL_WORD_MAX);
		bytes += length + 1;
	}
	assign_classes(b);
	b->classes = malloc(bytes + 1);
	b->keys = calloc(count + 1, sizeof(b->keys[0]));
	if (!b->classes || !b->keys)
		return log_error(-ENOMEM, "out of memory for %zu words", count);
	sort_keys(b);
	ret = count_states(b);
	if (ret)
		return ret;
	b->queue = malloc(b->states * sizeof(b->queue[0]));
	if (!b->queue)
		return log_error(-ENOMEM, "out of memory for %u states", b->states);
	return 0;
}

static void set_bit(__u64 *bits, __u32 at)
{
	bits[at / 64] |= 1ull << at % 64;
}

/* The 64 bits from an index on. Shifted in two steps, as at % 64 may be 0. */
static __u64 get_bits(const __u64 *bits, __u32 at)
{
	return bits[at / 64] >> at % 64 | bits[at / 64 + 1] << 1 << (63 - at % 64);
}

/* First fit for 64 bases at a time. Returns 0, which is no node's base, if none is free. */
static __u32 find_base(struct builder *b, const __u8 *cls, unsigned int n)
{
	for (__u32 block = b->cursor[n]; block < b->blocks; block++) {
		__u64 fits = ~b->based[block];

		for (unsigned int i = 0; i < n && fits; i++)
			fits &= ~get_bits(b->taken, block * 64 + cls[i]);
		if (!fits)
			continue;
		if (block > b->cursor[n] + LAG)
			b->cursor[n] = block - LAG;
		return block * 64 + __builtin_ctzll(fits);
	}
	return 0;
}

static __u32 follow(const __u64 *slots, __u32 state, __u8 cls)
{
	for (;;) {
		__u32 next = GL_SLOT_BASE(slots[state]) + cls;

		if (GL_SLOT_CHECK(slots[next]) == cls)
			return next;
		if (slots[state] & GL_SLOT_ROOT)
			return state;
		state = GL_SLOT_FAIL(slots[state]);
	}
}

/* Breadth first: every state that a fail link can lead to has its own by now. */
static void place_child(struct builder *b, const struct node *parent, __u32 slot, __u8 cls,
			__u32 first, __u32 end)
{
	__u64 above = b->slots[parent->slot];
	__u32 fail =
	    above & GL_SLOT_ROOT ? parent->slot : follow(b->slots, GL_SLOT_FAIL(above), cls);
	__u64 depth = parent->depth + 1;
	bool ends = !b->keys[first].classes[depth];

	set_bit(b->taken, slot);
	b->out[slot] = b->out[fail];
	if (ends) {
		b->patterns[b->keys[first].word].next = b->out[fail];
		b->out[slot] = b->keys[first].word + 1;
	}
	b->slots[slot] = (__u64)cls << 24 | (__u64)fail << 32 | (depth < 7 ? depth : 7) << 56 |
			 (b->out[slot] ? GL_SLOT_MATCH : 0);
	if (first + ends < end)
		b->queue[b->queued++] = (struct node){slot, first + ends, end, depth};
}

static int place_children(struct builder *b, const struct node *node)
{
	__u32 first[GL_CLASSES + 1], base;
	__u8 cls[GL_CLASSES];
	unsigned int n = 0;

	for (__u32 i = node->first; i < node->end; i++) {
		__u8 c = b->keys[i].classes[node->depth];

		if (n && cls[n - 1] == c)
			continue;
		cls[n] = c;
		first[n++] = i;
	}
	first[n] = node->end;
	base = find_base(b, cls, n);
	if (!base)
		return -ENOSPC;
	set_bit(b->based, base);
	for (unsigned int i = 0; i < n; i++)
		place_child(b, node, base + cls[i], cls[i], first[i], first[i + 1]);
	b->slots[node->slot] |= base;
	return 0;
}

static void start_table(struct builder *b, __u32 capacity, void *table)
{
	__u32 slots = words_slots(capacity);
	struct gl_words_header *header = table;

	memset(table, 0, words_table_size(capacity));
	header->generation = b->generation;
	header->words = b->list->count;
	header->patterns = b->count;
	header->slots_used = b->states;
	memcpy(header->cls, b->cls, sizeof(header->cls));
	b->slots = (void *)((char *)table + GL_WORDS_OFF_SLOTS);
	b->out = (void *)((char *)table + GL_WORDS_OFF_OUT(slots));
	b->patterns = (void *)((char *)table + GL_WORDS_OFF_PATTERNS(slots));
	for (size_t i = 0; i < b->count; i++) {
		b->patterns[i].length = strlen(b->texts[i]);
		b->patterns[i].flags = b->flags[i];
		if (i >= b->list->count)
			continue;
		b->patterns[i].word = b->list->words[i].id;
		b->patterns[i].list = b->list->words[i].list;
		b->patterns[i].digest = hash(b->texts[i], b->patterns[i].length);
	}
	b->blocks = (slots - GL_CLASSES) / 64;
	b->queued = 0;
	memset(b->cursor, 0, sizeof(b->cursor));
}

static void set_first(const struct builder *b, struct gl_words_header *header)
{
	for (unsigned int byte = 1; byte < 256; byte++) {
		__u8 cls = b->cls[byte];

		header->first[byte] =
		    cls && GL_SLOT_CHECK(b->slots[GL_SLOT_BASE(b->slots[0]) + cls]) == cls;
	}
}

/* Not logged: the caller finds out what would fit. */
static int fill(struct builder *b, __u32 capacity, void *table)
{
	__u32 slots = words_slots(capacity);
	int ret = 0;

	if (b->list->count > capacity || b->states > slots)
		return -ENOSPC;
	b->taken = calloc(slots / 64, sizeof(b->taken[0]));
	b->based = calloc(slots / 64, sizeof(b->based[0]));
	if (!b->taken || !b->based) {
		ret = -ENOMEM;
		goto out;
	}
	start_table(b, capacity, table);
	/* Base 0 is left to the states without children, so no child lands in the root. */
	b->slots[0] = GL_SLOT_ROOT;
	set_bit(b->taken, 0);
	set_bit(b->based, 0);
	if (b->count)
		b->queue[b->queued++] = (struct node){.end = b->count};
	for (size_t i = 0; !ret && i < b->queued; i++)
		ret = place_children(b, &b->queue[i]);
	set_first(b, table);
out:
	free(b->taken);
	free(b->based);
	return ret;
}

/* The smallest capacity that holds the list, 0 if none does or memory is short. */
static __u32 find_capacity(struct builder *b)
{
	__u32 need = 0;

	for (__u32 slots = GL_SLOTS_MIN; slots <= GL_SLOTS_MAX && !need; slots *= 2) {
		__u32 least = slots / 2 / GL_SLOTS_PER_WORD + 1;
		__u32 capacity = b->list->count > least ? b->list->count : least;
		void *table;

		if (words_slots(capacity) != slots || b->states > slots)
			continue;
		table = malloc(words_table_size(capacity));
		if (table && !fill(b, capacity, table))
			need = capacity;
		free(table);
	}
	return need;
}

static int refuse(struct builder *b, __u32 capacity)
{
	size_t count = b->list->count;
	__u32 need = find_capacity(b);

	if (!need)
		return log_error(-ENOSPC,
				 "the list needs %u states and at most %u fit; load fewer or "
				 "shorter words",
				 b->states, GL_SLOTS_MAX);
	if (count > capacity)
		return log_error(-ENOSPC,
				 "the list has %zu words and the capacity is %u; "
				 "reserve more with --capacity %u",
				 count, capacity, need);
	return log_error(-ENOSPC,
			 "the list needs %u states and a capacity of %u words has room for %u; "
			 "reserve more with --capacity %u",
			 b->states, capacity, words_slots(capacity), need);
}

int words_build(const struct word_list *list, __u32 generation, __u32 capacity, void *table)
{
	struct builder b = {.list = list, .generation = generation};
	int ret;

	ret = prepare(&b);
	if (ret)
		goto out;
	ret = fill(&b, capacity, table);
	if (ret == -ENOSPC)
		ret = refuse(&b, capacity);
	else if (ret)
		log_error(ret, "out of memory for %u states", b.states);
out:
	free(b.texts);
	free(b.flags);
	free(b.classes);
	free(b.keys);
	free(b.queue);
	return ret;
}
