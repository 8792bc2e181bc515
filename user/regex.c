/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regex.h"

#define DEPTH_MAX 32u
#define TREE_MAX (3 * REGEX_TEXT_MAX)
#define FOREVER 0xffu
#define NONE 0xffffffffu

enum tree_kind { TREE_BYTES, TREE_THEN, TREE_OR, TREE_REPEAT };

struct tree {
	enum tree_kind kind;
	__u32 a, b;
	__u8 min, max;
	struct byte_set set;
};

struct parser {
	const char *text;
	size_t at;
	bool nocase;
	unsigned depth;
	__u32 count;
	struct regex_error *error;
	struct tree tree[TREE_MAX];
};

static const char control[] = "has a control character";
static const char control_remedy[] =
    "put the expression in single quotes and write it as \\xNN";

static __u32 parse_or(struct parser *p);

static __u32 fail(struct parser *p, const char *what, const char *remedy)
{
	if (!p->error->what)
		*p->error = (struct regex_error){what, remedy, p->at};
	return NONE;
}

static __u32 tree_add(struct parser *p, enum tree_kind kind, __u32 a, __u32 b)
{
	if (a == NONE || b == NONE)
		return NONE;
	if (p->count == TREE_MAX)
		return fail(p, "is too long", "split it into several patterns");
	p->tree[p->count] = (struct tree){.kind = kind, .a = a, .b = b};
	return p->count++;
}

static void add_byte(const struct parser *p, struct byte_set *set, unsigned byte)
{
	byte_set_add(set, byte);
	if (p->nocase && byte < 0x80 && isalpha((int)byte))
		byte_set_add(set, byte ^ 0x20);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character after a backslash; -1 after fail(). */
static int parse_escape(struct parser *p)
{
	static const char names[] = "rnt0", values[] = "\r\n\t\0";
	char c = p->text[p->at];
	const char *name = c ? strchr(names, c) : NULL;
	int high, low;

	if (name) {
		p->at++;
		return (unsigned char)values[name - names];
	}
	if (c == 'x') {
		high = hex_digit(p->text[p->at + 1]);
		low = high < 0 ? -1 : hex_digit(p->text[p->at + 2]);
		if (low >= 0) {
			p->at += 3;
			return high << 4 | low;
		}
		fail(p, "has \\x without two hexadecimal digits", "write \\x0a for byte 10");
		return -1;
	}
	if (!c || isalnum((unsigned char)c)) {
		fail(p, "has an unknown escape",
		     "use \\xNN, \\r, \\n, \\t, \\0 or \\ and a sign");
		return -1;
	}
	p->at++;
	return (unsigned char)c;
}

/* One member of a class, or one end of a range; -1 after fail(). */
static int parse_member(struct parser *p)
{
	unsigned char c = (unsigned char)p->text[p->at];

	if (!c) {
		fail(p, "has a class without an end", "add ] or write \\[ for the character");
		return -1;
	}
	p->at++;
	if (c == '[') {
		p->at--;
		fail(p, "has [ inside a class", "write \\[ for the character");
		return -1;
	}
	if (c < ' ') {
		p->at--;
		fail(p, control, control_remedy);
		return -1;
	}
	return c == '\\' ? parse_escape(p) : c;
}

static bool parse_range(struct parser *p, struct byte_set *set)
{
	int from = parse_member(p), to = from;

	if (from < 0)
		return false;
	if (p->text[p->at] == '-' && p->text[p->at + 1] && p->text[p->at + 1] != ']') {
		p->at++;
		to = parse_member(p);
		if (to < 0)
			return false;
		if (to < from) {
			fail(p, "has a range that runs backwards",
			     "write the lower byte first");
			return false;
		}
	}
	for (int byte = from; byte <= to; byte++)
		add_byte(p, set, (unsigned)byte);
	return true;
}

static bool empty(const struct byte_set *set)
{
	return !(set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]);
}

static __u32 parse_class(struct parser *p)
{
	struct byte_set set = {{0}};
	bool negated = p->text[p->at] == '^';
	__u32 node;

	p->at += negated;
	while (p->text[p->at] != ']')
		if (!parse_range(p, &set))
			return NONE;
	p->at++;
	for (int i = 0; negated && i < 4; i++)
		set.bits[i] = ~set.bits[i];
	if (empty(&set))
		return fail(p, "has a class without a byte", "write \\] for the character");
	node = tree_add(p, TREE_BYTES, 0, 0);
	if (node != NONE)
		p->tree[node].set = set;
	return node;
}

static __u32 parse_group(struct parser *p)
{
	__u32 node;

	if (++p->depth > DEPTH_MAX)
		return fail(p, "has groups nested too deep", "nest at most 32");
	node = parse_or(p);
	p->depth--;
	if (node == NONE)
		return NONE;
	if (p->text[p->at] != ')')
		return fail(p, "has a group without an end",
			    "add ) or write \\( for the character");
	p->at++;
	return node;
}

static __u32 parse_byte(struct parser *p)
{
	struct byte_set set = {{0}};
	char c = p->text[p->at++];
	int byte = (unsigned char)c;
	__u32 node;

	if (c == '\\')
		byte = parse_escape(p);
	if (byte < 0)
		return NONE;
	if (c == '.')
		memset(&set, 0xff, sizeof(set));
	else
		add_byte(p, &set, (unsigned)byte);
	node = tree_add(p, TREE_BYTES, 0, 0);
	if (node != NONE)
		p->tree[node].set = set;
	return node;
}

static __u32 parse_atom(struct parser *p)
{
	char c = p->text[p->at];

	if (c == '(' || c == '[') {
		p->at++;
		return c == '(' ? parse_group(p) : parse_class(p);
	}
	if (c == '^' || c == '$')
		return fail(p, "has an anchor",
			    "leave it out (expressions are anchored at their "
			    "start and open at their end) or escape it");
	if (!c || c == '|' || c == ')')
		return fail(p, "has an empty part",
			    "write it, or put ? after what may be missing");
	if (strchr("*+?{}]", c))
		return fail(p, "has a sign with nothing to repeat or to close",
			    "put \\ before it");
	if ((unsigned char)c < ' ')
		return fail(p, control, control_remedy);
	return parse_byte(p);
}

/* A number of at most three digits; -1 if there is none. */
static int parse_number(struct parser *p)
{
	int value = -1;

	for (int i = 0; i < 3 && isdigit((unsigned char)p->text[p->at]); i++)
		value = (value < 0 ? 0 : value * 10) + p->text[p->at++] - '0';
	return value;
}

static bool parse_count(struct parser *p, struct tree *repeat)
{
	int min = parse_number(p), max = min;

	if (min >= 0 && p->text[p->at] == ',') {
		p->at++;
		max = parse_number(p);
	}
	if (min < 0 || max < min || p->text[p->at] != '}') {
		fail(p, "has a count that is not {n} or {n,m}", "write \\{ for the character");
		return false;
	}
	if (max < 1 || max > (int)REGEX_REPEAT_MAX) {
		fail(p, "counts to 0 or above 16",
		     "use a predicate for a length, or * for a gap that the window bounds");
		return false;
	}
	p->at++;
	repeat->min = (__u8)min;
	repeat->max = (__u8)max;
	return true;
}

static __u32 parse_repeat(struct parser *p)
{
	__u32 node = parse_atom(p);

	while (node != NONE && p->text[p->at] && strchr("*+?{", p->text[p->at])) {
		struct tree repeat = {.kind = TREE_REPEAT, .a = node, .max = FOREVER};
		char c = p->text[p->at++];

		if (c == '{' && !parse_count(p, &repeat))
			return NONE;
		if (c == '+')
			repeat.min = 1;
		if (c == '?')
			repeat.max = 1;
		node = tree_add(p, TREE_REPEAT, node, 0);
		if (node != NONE)
			p->tree[node] = repeat;
	}
	return node;
}

static __u32 parse_then(struct parser *p)
{
	__u32 node = parse_repeat(p);

	while (node != NONE && p->text[p->at] && p->text[p->at] != '|' && p->text[p->at] != ')')
		node = tree_add(p, TREE_THEN, node, parse_repeat(p));
	return node;
}

static __u32 parse_or(struct parser *p)
{
	__u32 node = parse_then(p);

	while (node != NONE && p->text[p->at] == '|') {
		p->at++;
		node = tree_add(p, TREE_OR, node, parse_then(p));
	}
	return node;
}

static bool can_be_empty(const struct parser *p, __u32 node)
{
	const struct tree *t = &p->tree[node];

	switch (t->kind) {
	case TREE_THEN:
		return can_be_empty(p, t->a) && can_be_empty(p, t->b);
	case TREE_OR:
		return can_be_empty(p, t->a) || can_be_empty(p, t->b);
	case TREE_REPEAT:
		return !t->min || can_be_empty(p, t->a);
	default:
		return false;
	}
}

/* A set of most bytes multiplies states like the full set does. */
static bool almost_any(const struct byte_set *set)
{
	int members = 0;

	for (int i = 0; i < 4; i++)
		members += __builtin_popcountll(set->bits[i]);
	return members > 128;
}

/*
 * Bytes of almost any value that may come before the first definite one, at
 * most FOREVER; *through: no definite one need come at all.
 */
static unsigned leading(const struct parser *p, __u32 node, bool *through)
{
	const struct tree *t = &p->tree[node];
	bool through_a = false, through_b = false;
	unsigned a, b = 0;

	if (t->kind == TREE_BYTES) {
		*through = almost_any(&t->set);
		return *through;
	}
	a = leading(p, t->a, &through_a);
	if (t->kind == TREE_REPEAT) {
		*through = through_a || !t->min;
		a = !through_a || !a ? a : t->max == FOREVER ? FOREVER : a * t->max;
		return a < FOREVER ? a : FOREVER;
	}
	if (t->kind == TREE_OR || through_a)
		b = leading(p, t->b, &through_b);
	*through = t->kind == TREE_OR ? through_a || through_b : through_a && through_b;
	if (t->kind == TREE_OR)
		return a > b ? a : b;
	return a + b < FOREVER ? a + b : FOREVER;
}

static int check(struct parser *p, __u32 node)
{
	bool through;

	p->at = 0;
	if (can_be_empty(p, node))
		fail(p, "matches nothing at all", "make at least one byte necessary");
	else if (leading(p, node, &through) > REGEX_LEAD_MAX)
		fail(p, "begins with more than 8 bytes of any value",
		     "begin with definite bytes, or test the later bytes with a predicate");
	return p->error->what ? -EINVAL : 0;
}

static __u32 node_add(struct nfa *nfa, const struct nfa_node *node)
{
	if (nfa->count == nfa->room) {
		__u32 room = nfa->room ? nfa->room * 2 : 256;
		struct nfa_node *nodes = realloc(nfa->nodes, room * sizeof(*nodes));

		if (!nodes)
			return NONE;
		nfa->nodes = nodes;
		nfa->room = room;
	}
	nfa->nodes[nfa->count] = *node;
	return nfa->count++;
}

static __u32 emit(struct nfa *nfa, const struct parser *p, __u32 node, __u32 next, __u32 limit);

static __u32 emit_split(struct nfa *nfa, __u32 a, __u32 b, __u32 limit)
{
	struct nfa_node split = {.kind = NFA_SPLIT, .out = {a, b}};

	return a == NONE || b == NONE || nfa->count >= limit ? NONE : node_add(nfa, &split);
}

static __u32 emit_repeat(struct nfa *nfa, const struct parser *p, const struct tree *t,
			 __u32 next, __u32 limit)
{
	__u32 loop, body, entry = next;

	if (t->max == FOREVER) {
		loop = emit_split(nfa, next, next, limit);
		body = loop == NONE ? NONE : emit(nfa, p, t->a, loop, limit);
		if (body == NONE)
			return NONE;
		nfa->nodes[loop].out[0] = body;
		entry = loop;
	}
	for (unsigned i = t->min; t->max != FOREVER && i < t->max && entry != NONE; i++)
		entry = emit_split(nfa, emit(nfa, p, t->a, entry, limit), next, limit);
	for (unsigned i = 0; i < t->min && entry != NONE; i++)
		entry = emit(nfa, p, t->a, entry, limit);
	return entry;
}

/* Builds backwards: the nodes of a tree that continues at next. */
static __u32 emit(struct nfa *nfa, const struct parser *p, __u32 node, __u32 next, __u32 limit)
{
	const struct tree *t = &p->tree[node];
	struct nfa_node bytes = {.kind = NFA_BYTES, .out = {next, 0}, .set = t->set};

	if (next == NONE || nfa->count >= limit)
		return NONE;
	switch (t->kind) {
	case TREE_THEN:
		return emit(nfa, p, t->a, emit(nfa, p, t->b, next, limit), limit);
	case TREE_OR:
		return emit_split(nfa, emit(nfa, p, t->a, next, limit),
				  emit(nfa, p, t->b, next, limit), limit);
	case TREE_REPEAT:
		return emit_repeat(nfa, p, t, next, limit);
	default:
		return node_add(nfa, &bytes);
	}
}

static int build(struct nfa *nfa, struct parser *p, __u32 tree, __u32 pattern, __u32 *start)
{
	struct nfa_node accept = {.kind = NFA_ACCEPT, .pattern = pattern};
	__u32 before = nfa->count, limit = before + REGEX_NODES_MAX;
	__u32 entry = node_add(nfa, &accept);

	if (entry != NONE)
		entry = emit(nfa, p, tree, entry, limit);
	if (entry != NONE) {
		*start = entry;
		return 0;
	}
	if (nfa->count < limit) {
		nfa->count = before;
		return -ENOMEM;
	}
	nfa->count = before;
	fail(p, "is too long once its counts are written out", "use smaller counts");
	return -EINVAL;
}

int regex_compile(struct nfa *nfa, const char *text, bool nocase, __u32 pattern, __u32 *start,
		  struct regex_error *error)
{
	struct parser *p = calloc(1, sizeof(*p));
	__u32 tree;
	int err;

	if (!p)
		return -ENOMEM;
	memset(error, 0, sizeof(*error));
	p->text = text;
	p->nocase = nocase;
	p->error = error;
	if (strlen(text) > REGEX_TEXT_MAX)
		tree =
		    fail(p, "is longer than 1024 characters", "split it into several patterns");
	else
		tree = parse_or(p);
	if (tree != NONE && text[p->at])
		fail(p, "has ) without (", "write \\) for the character");
	err = error->what ? -EINVAL : check(p, tree);
	if (!err)
		err = build(nfa, p, tree, pattern, start);
	free(p);
	return err;
}

void nfa_free(struct nfa *nfa)
{
	free(nfa->nodes);
	memset(nfa, 0, sizeof(*nfa));
}
