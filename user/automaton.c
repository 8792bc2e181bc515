/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "automaton.h"
#include "log.h"
#include "patterns.h"

/*
 * A search for a base begins this many blocks of 64 before the last find for as
 * many children: the holes left behind get filled without going over all of them.
 */
#define LAG 4u

#define SHORT_DEPTH 3u	    /* of a state from which the filter may take over */
#define BUSY_PATTERNS 8u	    /* that share a state, so that it is read often */
#define HISTORY 128u	    /* bytes whose case the path remembers */
#define ONE_BIT_GRAMS 24000u  /* so many in the filter are told apart by one bit each */
#define FILTER_BITS 128u      /* of the filter for each: one in so many probes is in vain */
#define FILTER_SHIFT_MAX 51u  /* 8 KiB */
#define FILTER_SHIFT_MIN 46u  /* 256 KiB: larger ones were slower */

_Static_assert(GL_FILTER_WORDS * 8 == 1u << (64 - FILTER_SHIFT_MIN), "the largest filter");

/* A pattern as classes, ended by 0. head: the first eight, to compare at once. */
struct key {
	__u64 head;
	const __u8 *classes;
	__u32 pattern;
};

/*
 * A state of the automaton: the keys [first, end) begin with its text. Its children
 * lie behind each other. fail and child: states; out: cell of the first pattern that
 * ends in it, the fail chain's included, 0 none.
 */
struct state {
	__u32 first;
	__u32 end;
	__u32 child;
	__u32 fail;
	__u32 out;
	__u32 cell;
	__u16 depth;
	__u8 children;
	__u8 cls;
};

struct builder {
	const struct word_list *list;
	struct patterns patterns;
	__u32 generation;
	__u32 encodings;
	__u32 states;
	__u32 shortest; /* bytes of the shortest pattern */
	__u32 reserved; /* cells for patterns and words, at the end of the table */
	__u8 cls[256];
	__u8 *classes;
	struct key *keys; /* sorted */
	struct state *state; /* breadth first; the root is 0 */

	/* of one table */
	__u64 *cells;
	__u32 *place;		  /* cell of each pattern */
	__u32 highest;		  /* cell that is used, below the reserved ones */
	__u32 blocks;		  /* of 64 bases that may be given out */
	__u64 *taken;		  /* a bit per cell */
	__u64 *based;		  /* a bit per base */
	__u32 cursor[GL_CLASSES]; /* by number of children, in blocks */
};

/* ------------------------------------------------------------ sizes */

/* Cells that a listed word takes in each encoding; measured on lists of both kinds. */
static const __u8 cells_per_word[GL_ENC_MAX] = {
	[GL_ENC_UTF8] = 10,	    [GL_ENC_UTF16LE] = 20,  [GL_ENC_UTF16BE] = 20,
	[GL_ENC_GB18030] = 6,	    [GL_ENC_BIG5] = 6,	    [GL_ENC_SHIFT_JIS] = 6,
	[GL_ENC_EUC_KR] = 6,	    [GL_ENC_KOI8_R] = 2,    [GL_ENC_WINDOWS_1251] = 2,
	[GL_ENC_PERCENT] = 16,	    [GL_ENC_JSON] = 16,	    [GL_ENC_XML] = 32,
	[GL_ENC_BASE64] = 64,	    [GL_ENC_HEX] = 40,
};

static __u32 cells_for(__u32 capacity, __u32 encodings)
{
	__u32 cells = GL_CELLS_MIN, each = 0;

	for (unsigned int i = 0; i < GL_ENC_MAX; i++)
		each += (encodings | 1u << GL_ENC_UTF8) >> i & 1 ? cells_per_word[i] : 0;
	while (cells < GL_CELLS_MAX && cells < (__u64)capacity * each)
		cells *= 2;
	return cells;
}

struct automaton_size automaton_size(__u32 capacity, __u32 encodings)
{
	if (!capacity)
		capacity = GL_CAPACITY_DEFAULT;
	return (struct automaton_size){.capacity = capacity,
				       .encodings = encodings | 1u << GL_ENC_UTF8,
				       .cells = cells_for(capacity, encodings)};
}

size_t automaton_table_size(__u32 cells)
{
	return GL_WORDS_SIZE(cells);
}

/* ------------------------------------------------------------ keys */

/* Not tolower(): the locale must not decide what matches. */
static __u8 fold(__u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_letter(__u8 c)
{
	c = fold(c);
	return c >= 'a' && c <= 'z';
}

/* GL_PATTERN_EXACT if it has a letter that must not be folded, and GL_PATTERN_LONG. */
static __u8 exactness(const struct builder *b, const struct pattern *pattern)
{
	__u8 flags = 0;

	for (__u32 i = 0; i < pattern->length && i < HISTORY; i++) {
		__u32 at = pattern->at + pattern->length - 1 - i;

		if (!b->patterns.fold[at] && is_letter(b->patterns.bytes[at]))
			flags |= GL_PATTERN_EXACT | (i >= HISTORY / 2 ? GL_PATTERN_LONG : 0);
	}
	return flags;
}

static __u32 pattern_cells(__u8 flags)
{
	size_t size = sizeof(struct gl_pattern);

	if (flags & GL_PATTERN_EXACT)
		size = flags & GL_PATTERN_LONG ? sizeof(struct gl_pattern_exact) :
						 offsetof(struct gl_pattern_exact, long_bits);
	return size / 8;
}

/* Classes rise with the folded byte, so that children come in ascending order. */
static void assign_classes(struct builder *b)
{
	bool used[256] = {false};
	__u8 next = 1;

	for (size_t i = 0; i < b->patterns.used; i++)
		used[fold(b->patterns.bytes[i])] = true;
	for (unsigned int c = 0; c < 256; c++) {
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
		return l->pattern < r->pattern ? -1 : 1;
	int rest = strcmp((const char *)l->classes + 8, (const char *)r->classes + 8);

	return rest ? rest : l->pattern < r->pattern ? -1 : 1;
}

static void sort_keys(struct builder *b)
{
	__u8 *classes = b->classes;

	for (size_t i = 0; i < b->patterns.count; i++) {
		const struct pattern *pattern = &b->patterns.pattern[i];
		struct key *key = &b->keys[i];

		key->pattern = i;
		key->classes = classes;
		for (unsigned int at = 0; at < pattern->length; at++)
			*classes++ = b->cls[b->patterns.bytes[pattern->at + at]];
		*classes++ = 0;
		for (unsigned int at = 0; at < 8 && key->classes[at]; at++)
			key->head |= (__u64)key->classes[at] << (56 - 8 * at);
	}
	qsort(b->keys, b->patterns.count, sizeof(b->keys[0]), compare_keys);
}

static void count_states(struct builder *b)
{
	const __u8 *before = (const __u8 *)"";

	b->states = 1;
	for (size_t i = 0; i < b->patterns.count; i++) {
		const __u8 *now = b->keys[i].classes;
		size_t shared = 0;

		while (now[shared] && now[shared] == before[shared])
			shared++;
		b->states += strlen((const char *)now + shared);
		before = now;
	}
}

/* ------------------------------------------------------------ states */

/* The child of a state by class, 0 none. */
static __u32 find_child(const struct builder *b, __u32 state, __u8 cls)
{
	__u32 low = b->state[state].child, high = low + b->state[state].children;

	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (b->state[middle].cls == cls)
			return middle;
		if (b->state[middle].cls < cls)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* Where the longest suffix of parent's text and cls leads, short of the text itself. */
static __u32 find_fail(const struct builder *b, __u32 parent, __u8 cls)
{
	__u32 child = 0;

	while (parent && !child) {
		parent = b->state[parent].fail;
		child = find_child(b, parent, cls);
	}
	return child;
}

/* Breadth first: every state that a fail link can lead to has its own by now. */
static void make_states(struct builder *b)
{
	__u32 made = 1;

	b->state[0].end = b->patterns.count;
	for (__u32 i = 0; i < made; i++) {
		struct state *parent = &b->state[i];
		__u32 key = parent->first;

		while (key < parent->end && !b->keys[key].classes[parent->depth])
			key++;
		parent->child = made;
		while (key < parent->end) {
			struct state *child = &b->state[made];

			child->cls = b->keys[key].classes[parent->depth];
			child->depth = parent->depth + 1;
			child->first = key;
			while (key < parent->end &&
			       b->keys[key].classes[parent->depth] == child->cls)
				key++;
			child->end = key;
			child->fail = find_fail(b, i, child->cls);
			parent->children++;
			made++;
		}
	}
}

static int prepare(struct builder *b)
{
	const struct patterns *patterns = &b->patterns;

	b->shortest = GL_WORD_MAX;
	b->reserved = b->list->count;
	for (size_t i = 0; i < patterns->count; i++) {
		const struct pattern *pattern = &patterns->pattern[i];

		if (pattern->length < b->shortest)
			b->shortest = pattern->length;
		b->reserved += pattern_cells(exactness(b, pattern));
	}
	assign_classes(b);
	b->classes = malloc(patterns->used + patterns->count + 1);
	b->keys = calloc(patterns->count + 1, sizeof(b->keys[0]));
	if (!b->classes || !b->keys)
		return log_error(-ENOMEM, "out of memory for %zu patterns", patterns->count);
	sort_keys(b);
	count_states(b);
	b->state = calloc(b->states, sizeof(b->state[0]));
	b->place = calloc(patterns->count + 1, sizeof(b->place[0]));
	if (!b->state || !b->place)
		return log_error(-ENOMEM, "out of memory for %u states", b->states);
	make_states(b);
	return 0;
}

/* ------------------------------------------------------------ the double array */

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

static void take(struct builder *b, __u32 cell)
{
	set_bit(b->taken, cell);
	if (cell > b->highest)
		b->highest = cell;
}

/* The patterns of keys [first, end) end in one state: a chain that goes on in `next`. */
static __u32 chain(struct builder *b, __u32 first, __u32 end, __u32 next)
{
	while (end > first) {
		__u32 cell = b->place[b->keys[--end].pattern];

		((struct gl_pattern *)&b->cells[cell])->next = next;
		next = cell;
	}
	return next;
}

/* Patterns of each state; those of its fail chain are known before. */
static void make_outputs(struct builder *b)
{
	for (__u32 i = 1; i < b->states; i++) {
		struct state *state = &b->state[i];
		__u32 rest = state->first;

		while (rest < state->end && !b->keys[rest].classes[state->depth])
			rest++;
		state->out = chain(b, state->first, rest, b->state[state->fail].out);
	}
}

static int place_children(struct builder *b, const struct state *state)
{
	__u32 base;
	__u8 cls[GL_CLASSES];
	unsigned int n = 0;

	if (state->out)
		cls[n++] = 0;
	for (__u32 i = 0; i < state->children; i++)
		cls[n++] = b->state[state->child + i].cls;
	base = find_base(b, cls, n);
	if (!base)
		return -ENOSPC;
	set_bit(b->based, base);
	b->cells[state->cell] |= base;
	if (state->out) {
		take(b, base);
		b->cells[base] |= state->out;
	}
	for (__u32 i = 0; i < state->children; i++) {
		struct state *child = &b->state[state->child + i];

		child->cell = base + child->cls;
		take(b, child->cell);
		b->cells[child->cell] =
		    (__u64)child->cls << GL_CELL_BITS |
		    (__u64)(child->depth < 3 ? child->depth : 3) << GL_CELL_DEPTH_BIT |
		    (child->out ? GL_CELL_MATCH : 0) |
		    (child->depth < SHORT_DEPTH && child->depth < b->shortest ?
			 GL_CELL_SHALLOW : 0);
	}
	return 0;
}

/* The root, and a state that many patterns share, are often read. */
static bool is_busy(const struct state *state)
{
	return !state->depth || state->end - state->first > BUSY_PATTERNS;
}

/* Depth first. stack: room for all states. */
static int place_below(struct builder *b, __u32 top, __u32 *stack)
{
	size_t depth = 0;
	int ret = 0;

	stack[depth++] = top;
	while (!ret && depth) {
		const struct state *state = &b->state[stack[--depth]];

		ret = place_children(b, state);
		for (__u32 i = state->children; i > 0; i--)
			stack[depth++] = state->child + i - 1;
	}
	return ret;
}

/*
 * For the caches: the states that many patterns share come first and close together,
 * then what follows them, depth first, so that the states of a word, whose children
 * are alone mostly, lie side by side.
 */
static int place_states(struct builder *b)
{
	__u32 *stack = malloc(b->states * sizeof(stack[0]));
	int ret = stack ? 0 : -ENOMEM;

	for (__u32 i = 0; !ret && i < b->states; i++) {
		if (is_busy(&b->state[i]))
			ret = place_children(b, &b->state[i]);
	}
	for (__u32 i = 0; !ret && i < b->states; i++) {
		const struct state *state = &b->state[i];

		for (__u32 c = 0; !ret && is_busy(state) && c < state->children; c++) {
			if (!is_busy(&b->state[state->child + c]))
				ret = place_below(b, state->child + c, stack);
		}
	}
	for (__u32 i = 1; !ret && i < b->states; i++)
		b->cells[b->state[i].cell] |= (__u64)b->state[b->state[i].fail].cell
					      << GL_CELL_FAIL_BIT;
	free(stack);
	return ret;
}

/* Where its letters must not be folded: which of its bytes, and their case. */
static void set_exact(const struct builder *b, const struct pattern *from,
		      struct gl_pattern_exact *to)
{
	for (unsigned int i = 0; i < from->length && i < HISTORY; i++) {
		__u32 at = from->at + from->length - 1 - i;
		__u8 byte = b->patterns.bytes[at];

		if (b->patterns.fold[at] || !is_letter(byte))
			continue;
		*(i < 64 ? &to->mask : &to->long_mask) |= 1ull << i % 64;
		*(i < 64 ? &to->bits : &to->long_bits) |= (__u64)(byte >> 5 & 1) << i % 64;
	}
}

/* FNV-1a of a word: tells it from an earlier one that had its id. */
static __u32 digest(const char *text)
{
	__u64 hash = 0xcbf29ce484222325;

	while (*text)
		hash = (hash ^ fold(*text++)) * 0x100000001b3;
	return hash ^ hash >> 32;
}

static void place_patterns(struct builder *b, __u32 cell)
{
	for (size_t i = 0; i < b->patterns.count; i++) {
		const struct pattern *from = &b->patterns.pattern[i];
		struct gl_pattern *to = (void *)&b->cells[cell];
		__u8 exact = exactness(b, from);

		b->place[i] = cell;
		cell += pattern_cells(exact);
		to->flags = from->flags | exact;
		to->encoding = from->encoding;
		if (exact)
			set_exact(b, from, (struct gl_pattern_exact *)to);
		if (from->word & PATTERN_MARK) {
			to->flags |= GL_MARK_ONLY;
			to->mark.length = from->length;
			to->mark.level = b->list->marks[from->word & ~PATTERN_MARK].level;
			continue;
		}
		to->word = b->list->words[from->word].id;
		to->list = b->list->words[from->word].list;
		to->digest = digest(b->list->words[from->word].text);
	}
}

/* ------------------------------------------------------------ the filter */

/* The first bytes (2 to 8) of a pattern from an offset on, as the filter folds them. */
static __u64 window(const struct builder *b, const struct pattern *pattern, unsigned int offset,
		    unsigned int *length)
{
	const __u8 *bytes = b->patterns.bytes + pattern->at + offset;
	__u64 window = 0;

	*length = pattern->length - offset < 8 ? pattern->length - offset : 8;
	for (unsigned int i = 0; i < *length; i++)
		window |= (__u64)(bytes[i] | 0x20) << 8 * i;
	return window;
}

static void set_shapes(const struct builder *b, struct gl_words_header *header)
{
	for (size_t i = 0; i < b->patterns.count; i++) {
		for (unsigned int offset = 0; offset < header->stride; offset++) {
			unsigned int length;
			__u64 w = window(b, &b->patterns.pattern[i], offset, &length);
			__u8 *shape = &header->shape[w & (GL_SHAPES - 1)];

			if (*shape < 64 - 8 * length)
				*shape = 64 - 8 * length;
		}
	}
}

static void set_filter(const struct builder *b, struct gl_words_header *header)
{
	for (size_t i = 0; i < b->patterns.count; i++) {
		for (unsigned int offset = 0; offset < header->stride; offset++) {
			unsigned int length;
			__u64 w = window(b, &b->patterns.pattern[i], offset, &length);
			__u64 product = (w << header->shape[w & (GL_SHAPES - 1)]) * header->multiplier;
			__u64 *bits = &header->filter[(product >> header->shift) / 8];

			*bits |= 1ull << (product >> 40 & 63);
			if (header->bits == 2)
				*bits |= 1ull << (product >> 34 & 63);
		}
	}
}

/*
 * Nanoseconds that the filter takes for a byte of prose, roughly: those of a probe, and
 * those of the automaton where a probe hits by chance. How often that is was counted in
 * English and Chinese prose in UTF-8, by the number of bytes that are compared.
 */
static double cost(const struct builder *b, unsigned int stride)
{
	static const double met[9] = {1, 1, 2.5e-3, 2.5e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6};
	double probe = 1.75, candidate = 90, chance = 1.0 / FILTER_BITS;

	for (size_t i = 0; i < b->patterns.count; i++) {
		for (unsigned int offset = 0; offset < stride; offset++) {
			unsigned int rest = b->patterns.pattern[i].length - offset;

			chance += met[rest < 8 ? rest : 8];
		}
	}
	return (probe + candidate * chance) / stride;
}

/* A pair of bytes must be left of each pattern wherever a probe may meet it. */
static unsigned int best_stride(const struct builder *b)
{
	unsigned int best = 1;

	for (unsigned int stride = 2; stride < GL_STRIDE_MAX && stride + 1 <= b->shortest; stride++) {
		if (cost(b, stride) < cost(b, best))
			best = stride;
	}
	return best;
}

static void make_filter(const struct builder *b, struct gl_words_header *header)
{
	__u64 grams;

	header->stride = best_stride(b);
	header->reach = (GL_PROBES - 1) * header->stride;
	header->inverse = (65536 + header->stride - 1) / header->stride;
	grams = header->stride * b->patterns.count;
	header->bits = grams > ONE_BIT_GRAMS ? 2 : 1;
	header->shift = FILTER_SHIFT_MAX;
	while (header->shift > FILTER_SHIFT_MIN &&
	       8ull << (64 - header->shift) < grams * FILTER_BITS)
		header->shift--;
	if (getrandom(&header->multiplier, sizeof(header->multiplier), 0) < 0)
		header->multiplier = time(NULL) * 0x9e3779b97f4a7c15ull;
	header->multiplier |= 1;
	set_shapes(b, header);
	set_filter(b, header);
}

/* ------------------------------------------------------------ the table */

static void start_table(struct builder *b, __u32 cells, void *table)
{
	struct gl_words_header *header = table;

	memset(table, 0, automaton_table_size(cells));
	header->generation = b->generation;
	header->words = b->list->count;
	header->patterns = b->patterns.count;
	header->encodings = b->encodings;
	header->words_at = cells - b->list->count;
	memcpy(header->cls, b->cls, sizeof(header->cls));
	b->cells = (void *)((char *)table + GL_WORDS_OFF_CELLS);
	for (__u32 i = 0; i < cells - b->reserved; i++)
		b->cells[i] = (__u64)GL_CELL_NONE << GL_CELL_BITS;
	for (size_t i = 0; i < b->list->count; i++)
		b->cells[header->words_at + i] = b->list->words[i].id |
						 (__u64)b->list->words[i].list << 32;
	place_patterns(b, cells - b->reserved);
	b->blocks = (cells - b->reserved - GL_CLASSES) / 64;
	b->highest = 0;
	memset(b->cursor, 0, sizeof(b->cursor));
	/* Base 0 is left to nobody, so no child lies in the root. */
	b->cells[0] = GL_CELL_ROOT | GL_CELL_SHALLOW;
	set_bit(b->taken, 0);
	set_bit(b->based, 0);
	make_outputs(b);
}

/* States, an output cell for each text that ends a pattern, patterns and words. */
static __u64 least_cells(const struct builder *b)
{
	__u64 ends = 0;

	for (__u32 i = 1; i < b->states; i++) {
		const struct state *state = &b->state[i];

		ends += !b->keys[state->first].classes[state->depth];
	}
	return b->states + ends + b->reserved + GL_CLASSES;
}

/* Not logged: the caller finds out what would fit. */
static int fill(struct builder *b, __u32 cells, void *table)
{
	int ret = 0;

	if (least_cells(b) > cells)
		return -ENOSPC;
	b->taken = calloc(cells / 64, sizeof(b->taken[0]));
	b->based = calloc(cells / 64, sizeof(b->based[0]));
	if (!b->taken || !b->based) {
		ret = -ENOMEM;
		goto out;
	}
	start_table(b, cells, table);
	ret = place_states(b);
	((struct gl_words_header *)table)->cells_used = b->highest + 1 + b->reserved;
	make_filter(b, table);
out:
	free(b->taken);
	free(b->based);
	return ret;
}

/* Does it fit? Both ends of the answer are known without trying. */
static bool fits(struct builder *b, __u32 cells)
{
	__u64 need = least_cells(b);
	void *table;
	bool ok;

	if (need > cells || need + need / 4 <= cells)
		return need <= cells;
	table = malloc(automaton_table_size(cells));
	ok = table && !fill(b, cells, table);
	free(table);
	return ok;
}

/* The smallest capacity in these encodings that holds the patterns, 0 if none does. */
static __u32 find_capacity(struct builder *b)
{
	__u32 capacity = b->list->count ? b->list->count : 1;

	while (capacity <= GL_CAPACITY_MAX) {
		__u32 cells = cells_for(capacity, b->encodings);

		if (fits(b, cells))
			return capacity;
		while (capacity <= GL_CAPACITY_MAX && cells_for(capacity, b->encodings) == cells)
			capacity += capacity / 64 + 1;
	}
	return 0;
}

static int refuse_cells(struct builder *b, const struct automaton_size *size)
{
	__u32 need = find_capacity(b);
	char remedy[128] = "detach, and attach with this list: room is made for it then";

	if (!fits(b, GL_CELLS_MAX))
		snprintf(remedy, sizeof(remedy), "no table is larger than %u; load fewer or "
			 "shorter words", GL_CELLS_MAX);
	else if (need && need <= size->capacity)
		snprintf(remedy, sizeof(remedy), "they were reserved for fewer encodings; attach "
			 "again with these --encodings");
	else if (need)
		snprintf(remedy, sizeof(remedy), "reserve more with --capacity %u of attach or "
			 "replay", need);
	return log_error(-ENOSPC,
			 "the list has %zu patterns and needs at least %llu cells, more than fit into "
			 "the %u that are reserved: %s, or choose fewer --encodings",
			 b->patterns.count, (unsigned long long)least_cells(b), size->cells, remedy);
}

static int refuse(struct builder *b, const struct automaton_size *size)
{
	size_t count = b->list->count;
	__u32 need;

	if (count <= size->capacity)
		return refuse_cells(b, size);
	need = find_capacity(b);
	return log_error(-ENOSPC,
			 "the list has %zu words and the capacity is %u; "
			 "reserve more with --capacity %zu of attach or replay",
			 count, size->capacity, need ? need : count);
}

static int check(const struct word_list *list)
{
	if (list->count > GL_CAPACITY_MAX)
		return log_error(-ENOSPC,
				 "the list has %zu words and at most %u fit; shorten it",
				 list->count, GL_CAPACITY_MAX);
	for (size_t i = 0; i < list->count; i++) {
		size_t length = strnlen(list->words[i].text, GL_WORD_MAX + 1);

		if (length < GL_WORD_MIN || length > GL_WORD_MAX)
			return log_error(-EINVAL,
					 "word %zu of the list is not %u to %u bytes long; "
					 "load the list again",
					 i + 1, GL_WORD_MIN, GL_WORD_MAX);
	}
	return 0;
}

static void builder_free(struct builder *b)
{
	patterns_free(&b->patterns);
	free(b->classes);
	free(b->keys);
	free(b->state);
	free(b->place);
}

int automaton_fit(const struct word_list *list, struct automaton_size *size)
{
	struct builder b = {.list = list, .encodings = size->encodings};
	int ret = list->count <= size->capacity ? check(list) : -ENOSPC;

	if (ret)
		return ret == -ENOSPC ? 0 : ret;
	ret = patterns_make(&b.patterns, list, size->encodings);
	if (!ret)
		ret = prepare(&b);
	while (!ret && size->cells < GL_CELLS_MAX && !fits(&b, size->cells))
		size->cells *= 2;
	builder_free(&b);
	return ret;
}

static __u32 microseconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000000 + (now.tv_nsec - then->tv_nsec) / 1000;
}

int automaton_build(const struct word_list *list, __u32 generation,
		    const struct automaton_size *size, void *table)
{
	struct builder b = {.list = list, .generation = generation, .encodings = size->encodings};
	struct gl_words_header *header = table;
	struct timespec start;
	int ret = check(list);

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (ret)
		return ret;
	ret = patterns_make(&b.patterns, list, size->encodings);
	if (!ret)
		ret = prepare(&b);
	if (ret)
		goto out;
	ret = list->count > size->capacity ? -ENOSPC : fill(&b, size->cells, table);
	if (ret == -ENOSPC) {
		ret = refuse(&b, size);
	} else if (ret) {
		log_error(ret, "out of memory for %u states", b.states);
	} else {
		header->build_us = microseconds_since(&start);
		header->loaded = time(NULL);
	}
out:
	builder_free(&b);
	return ret;
}
