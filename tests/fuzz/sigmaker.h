/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sigmaker.h - signature files and payloads that match them, made from a string of
 * bytes: each choice takes the next of them, and when they are over the first
 * possibility. So a fuzzer that changes bytes, and a seed that is spread into bytes,
 * make files of one kind: small alphabet, patterns that get in each other's way, every
 * key of the language. Nearly all that is made is accepted by signatures_parse().
 */
#ifndef SIGMAKER_H
#define SIGMAKER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../../bpf/abi.h"
#include "../../user/splitmix.h"

struct choices {
	const __u8 *at, *end;
};

/* 0 to n - 1; n: 1 to 65536. */
static __u32 choose(struct choices *c, __u32 n)
{
	__u32 value = c->at < c->end ? *c->at++ : 0;

	if (n > 256)
		value |= (c->at < c->end ? *c->at++ : 0) << 8;
	return value % n;
}

/* Once in n times, and never when the bytes are over. */
static bool once_in(struct choices *c, __u32 n)
{
	return choose(c, n) == n - 1;
}

static const char *choose_name(struct choices *c, const char *const *names, __u32 count)
{
	return names[choose(c, count)];
}
#define ONE_OF(c, ...) choose_name(c, (const char *const[]){ __VA_ARGS__ },                   \
				   sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Fills room with bytes that follow from the seed. */
static struct choices choices_of_seed(__u64 seed, __u8 *room, size_t size)
{
	__u64 number = 0;

	for (size_t i = 0; i < size; i++) {
		if (i % 8 == 0)
			number = splitmix64(&seed);
		room[i] = (__u8)(number >> i % 8 * 8);
	}
	return (struct choices){ room, room + size };
}

/* What was made; full: something was left out, so it is cut somewhere. */
struct made {
	char *at;
	size_t room, length;
	bool full;
};

static void add(struct made *made, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct made *made, const char *format, ...)
{
	size_t left = made->room - made->length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(made->at + made->length, left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= left)
		made->full = true;
	else
		made->length += (size_t)n;
	if (left)
		made->at[made->length] = '\0';
}

/* ------------------------------------------------------------ a file */

#define MAKER_PATTERNS 6u
#define MAKER_FILES 6u

/* What is decided of all patterns first, as they refer to each other. */
struct plan {
	unsigned patterns;
	bool watched, ports;
	struct plan_pattern {
		unsigned number; /* of its name */
		bool udp, match, step, held, watched;
		__u32 role;	 /* enum gl_role */
		int after;	 /* pattern, -1 none */
		unsigned stores; /* bit a register */
	} pattern[MAKER_PATTERNS];
};

static void make_atom(struct choices *c, struct made *made, bool definite)
{
	if (definite)
		add(made, "%s", ONE_OF(c, "a", "b", "c", "d", "ab", "da", "[ab]", "\\0", "\\x01",
				       "[\\0-\\x03]", "\\x02", "K"));
	else
		add(made, "%s", ONE_OF(c, "a", "b", "c", "d", "[ab]", "[b-d]", "\\0", "\\x02", "[^c]",
				       ".", "[^a-z]", "k", "\\.", "[\\0-\\x03a]"));
}

static void make_count(struct choices *c, struct made *made)
{
	add(made, "%s", ONE_OF(c, "", "", "", "", "", "*", "+", "?", "{2}", "{1,3}"));
	if (once_in(c, 24))
		add(made, "%s", ONE_OF(c, "x{16}", "y{0,16}", "z*"));
}

static void make_expression(struct choices *c, struct made *made, int depth)
{
	make_atom(c, made, !once_in(c, 24));
	for (unsigned n = choose(c, 4); n; n--) {
		if (depth && once_in(c, 4)) {
			add(made, "(");
			make_expression(c, made, depth - 1);
			add(made, "|");
			make_expression(c, made, depth - 1);
			add(made, ")");
		} else {
			make_atom(c, made, false);
		}
		make_count(c, made);
	}
}

static void make_left(struct choices *c, struct made *made)
{
	add(made, "%s", ONE_OF(c, "length", "last", "u8(0)", "u8(1)", "u8(5)", "u16be(0)",
			       "u16le(1)", "u24be(2)", "u24le(0)", "u32be(0)", "u32le(3)",
			       "u16be(2)", "u32be(4)", "u8(254)", "u32be(251)", "u16le(200)"));
	if (once_in(c, 4))
		add(made, " & %s", ONE_OF(c, "0xf", "0xff00ff", "0xffff0000", "0x3", "0x80000000",
					  "0"));
	if (once_in(c, 5))
		add(made, " * %s", ONE_OF(c, "1", "2", "3", "256", "65536", "0"));
	if (once_in(c, 4))
		add(made, " %s %s", ONE_OF(c, "+", "-"), ONE_OF(c, "1", "8", "3", "0x61",
								"2147483647"));
}

/* What is compared with; a register only if it is this file's. */
static void make_right(struct choices *c, struct made *made, unsigned registers)
{
	__u32 what = choose(c, 8);

	if (what >= 5 && registers) {
		add(made, "%s", registers == 3 ? ONE_OF(c, "r0", "r1") :
				registers == 2 ? "r1" : "r0");
		add(made, "%s", ONE_OF(c, "", "", " + 1", " - 3", " + 2147483647"));
	} else if (what >= 6) {
		add(made, "length%s", ONE_OF(c, "", " + 1", " - 3"));
	} else if (what < 3) {
		add(made, "%u", choose(c, 14));
	} else {
		add(made, "%s", ONE_OF(c, "0x61", "0x62", "0x6162", "0x1", "0x61626364", "3",
				       "-1", "0xffffffff", "0x6400", "300"));
	}
}

static void make_where(struct choices *c, struct made *made, unsigned registers)
{
	unsigned n = 1 + choose(c, 2);

	add(made, ", where: [");
	for (unsigned i = 0; i < n; i++) {
		add(made, "%s'", i ? ", " : "");
		make_left(c, made);
		add(made, " %s ", ONE_OF(c, "==", "!=", "<", "<=", ">", ">="));
		make_right(c, made, registers);
		add(made, "'");
	}
	add(made, "]");
}

static void make_store(struct choices *c, struct made *made, unsigned registers)
{
	const char *before = ", store: {";

	for (unsigned i = 0; i < GL_REGISTERS; i++) {
		if (!(registers >> i & 1))
			continue;
		add(made, "%sr%u: '", before, i);
		make_left(c, made);
		add(made, "'");
		before = ", ";
	}
	if (registers)
		add(made, "}");
}

static void make_list(struct choices *c, struct made *made)
{
	bool items = !once_in(c, 6);

	add(made, ", list: {at: %u", once_in(c, 12) ? choose(c, 256) : choose(c, 6));
	if (!items || once_in(c, 2))
		add(made, ", skip: [%s]", ONE_OF(c, "u8", "u16, 1", "2, u8", "'=2'", "u24, u8",
						 "u8, u8, '=1', 3", "0, '=0'", "63", "u16"));
	if (once_in(c, 3))
		add(made, ", size: %s", ONE_OF(c, "u8", "u16", "u24"));
	if (items)
		add(made, ", %s, align: %s, has: %u",
		    ONE_OF(c, "type: u8, length: u8", "type: u16, length: u8",
			   "type: u16, length: u16", "type: u8, length: u24",
			   "type: u24, length: u8"), ONE_OF(c, "1", "1", "4", "2", "8"),
		    choose(c, 4));
	add(made, "}");
}

/* What an answer may say that a step may not. */
static void make_answer(struct choices *c, struct made *made, const struct plan *plan)
{
	if (once_in(c, 5))
		add(made, ", exposure: {setup: %s, steady: %s}",
		    ONE_OF(c, "identity", "content", "absent", "shape"),
		    ONE_OF(c, "content", "envelope", "shape", "absent"));
	if (plan->watched)
		add(made, "%s", ONE_OF(c, "", "", ", phase: steady"));
	add(made, "%s", ONE_OF(c, "", "", "", ", relabel: yes"));
	if (once_in(c, 10))
		add(made, ", class: compressed");
}

static void make_pattern(struct choices *c, struct made *made, const struct plan *plan,
			 unsigned number)
{
	static const char *const roles[] = { "either", "client", "server" };
	const struct plan_pattern *p = &plan->pattern[number];
	unsigned registers = 0;

	for (unsigned i = 0; i < plan->patterns; i++)
		registers |= plan->pattern[i].stores;
	add(made, "  - {name: p%u, transport: %s, from: %s, anchor: %s", p->number,
	    p->udp ? "udp" : "tcp", roles[p->role], ONE_OF(c, "packet", "stream"));
	if (p->match) {
		add(made, ", match: '");
		make_expression(c, made, 2);
		add(made, "'%s", once_in(c, 6) ? ", nocase: yes" : "");
	}
	if (p->watched)
		add(made, ", only: watched");
	if (p->after >= 0)
		add(made, ", after: p%u", plan->pattern[p->after].number);
	if (!p->match || p->stores || once_in(c, 3))
		make_where(c, made, p->after >= 0 || p->watched ? registers : 0);
	make_store(c, made, p->stores);
	if (once_in(c, 4))
		make_list(c, made);
	if (plan->ports && once_in(c, 6))
		add(made, ", port: required");
	if (once_in(c, 4))
		add(made, ", priority: %s", ONE_OF(c, "1", "7", "255"));
	if (p->step)
		add(made, ", step: %s", p->held ? "held" : "yes");
	else
		make_answer(c, made, plan);
	add(made, "}\n");
}

/* A step of the same transport, anywhere in the file. */
static int plan_after(struct choices *c, const struct plan *plan, unsigned number)
{
	unsigned at = choose(c, plan->patterns);

	for (unsigned i = 0; i < plan->patterns; i++, at = (at + 1) % plan->patterns)
		if (plan->pattern[at].step && plan->pattern[at].udp == plan->pattern[number].udp)
			return (int)at;
	return -1;
}

static void make_plan(struct choices *c, struct plan *plan)
{
	*plan = (struct plan){ .patterns = 1 + choose(c, MAKER_PATTERNS - 1),
			       .watched = once_in(c, 2), .ports = once_in(c, 2) };
	for (unsigned i = 0; i < plan->patterns; i++) {
		struct plan_pattern *p = &plan->pattern[i];

		p->number = i;
		p->udp = once_in(c, 3);
		p->role = choose(c, 3);
		p->match = choose(c, 6) < 5;
		p->step = once_in(c, 3);
		p->held = p->step && p->role && once_in(c, 3);
		p->watched = plan->watched && once_in(c, 5);
		p->stores = once_in(c, 3) ? 1 + choose(c, 3) : 0;
	}
	for (unsigned i = 0; i < plan->patterns; i++)
		plan->pattern[i].after = once_in(c, 3) ? plan_after(c, plan, i) : -1;
}

/* One line that can be added to a file of the maker's. */
static void make_line(struct choices *c, struct made *made)
{
	struct plan plan;

	make_plan(c, &plan);
	plan.patterns = 1;
	plan.watched = plan.ports = plan.pattern[0].watched = false;
	plan.pattern[0].number = 10 + choose(c, 90);
	plan.pattern[0].after = -1;
	make_pattern(c, made, &plan, 0);
}

/* Of any kind: long, with signs, and words of C, as they are written into a program's types. */
static const char *const maker_labels[MAKER_FILES] = {
	"r0", "r-1", "r2-456789abcdef", "int", "r4--", "while",
};

/* File number of count, which may become the next one. */
static void make_file(struct choices *c, struct made *made, unsigned number, unsigned count)
{
	struct plan plan;

	make_plan(c, &plan);
	add(made, "protocol: %s\ntitle: t\nsource: s\n%s\nexposure: {setup: %s, steady: %s}\n",
	    maker_labels[number],
	    ONE_OF(c, "class: encrypted", "class: chat", "class: clear", "class: masked",
		   "class: encrypted\nmedia: carries", "class: chat\nmedia: announces"),
	    ONE_OF(c, "protocol", "service", "content"), ONE_OF(c, "shape", "protocol", "envelope",
								"absent"));
	if (plan.watched) {
		add(made, "watch: yes\n");
		if (count > 1 && choose(c, 4))
			add(made, "becomes: [%s%s]\n", maker_labels[(number + 1) % count],
			    once_in(c, 4) ? ", r0" : "");
	}
	if (plan.ports)
		add(made, "ports: {tcp: [100, '200-201'], udp: ['%u-201']}\n", 100 + choose(c, 100));
	add(made, "patterns:\n");
	for (unsigned i = 0; i < plan.patterns; i++)
		make_pattern(c, made, &plan, i);
}

/* ------------------------------------------------------------ a payload */

/* Follows the automaton for a while, and goes on with a small alphabet. */
static __u32 follow(struct choices *c, const struct gl_signatures *sig, __u32 state, __u8 *data,
		    __u32 most)
{
	static const __u8 alphabet[] = "abcdabcdabcdabcdA\0\1\2\3";
	__u32 n = 0;

	while (n < most) {
		__u8 byte = alphabet[choose(c, sizeof(alphabet) - 1)];

		/* A byte with which something may still match, if there is one near. */
		for (__u32 i = 0; i < 256 && state && !sig->next[state * GL_SIG_STRIDE + byte]; i++)
			byte++;
		state = state ? sig->next[state * GL_SIG_STRIDE + byte] : 0;
		data[n++] = byte;
		if (state >= sig->first_accept && once_in(c, 3))
			state = 0;
		if (!state && once_in(c, 6))
			break;
	}
	return n;
}

/* Writes what a predicate asks for, where that is a constant in a field. */
static void oblige(const struct gl_sig_row *row, __u8 *data, __u32 *length, __u32 most)
{
	__u32 value = (__u32)row->value - (__u32)row->add;

	if (row->multiply != 1 || row->right != GL_OPERAND_CONST ||
	    row->op == GL_OP_STORE || row->value < 0)
		return;
	if (row->left == GL_OPERAND_LENGTH && value && value <= most) {
		if (value > *length)
			memset(data + *length, 0, value - *length);
		*length = value;
	} else if (row->left == GL_OPERAND_LAST && *length) {
		data[*length - 1] = (__u8)value;
	} else if (row->left == GL_OPERAND_FIELD) {
		for (__u32 i = 0; i < row->width && row->offset + i < *length; i++) {
			__u32 shift = 8 * (row->little ? i : row->width - 1u - i);

			data[row->offset + i] = (__u8)((data[row->offset + i] & ~(row->mask >> shift)) |
						       ((value & row->mask) >> shift));
		}
	}
}

/* A payload that is written from its start to its end; what is behind its room is lost. */
struct writer {
	__u8 *data;
	__u32 at, most;
};

/* An integer of so many bytes, network byte order. */
static void put(struct writer *w, __u32 width, __u32 value)
{
	for (; width; width--, w->at++)
		if (w->at < w->most)
			w->data[w->at] = (__u8)(value >> 8 * (width - 1));
}

static void put_skip(struct choices *c, struct writer *w, __u8 skip)
{
	__u32 n = skip & GL_LIST_MASK;

	if (skip >= GL_LIST_BYTE) {
		put(w, 1, n);
		return;
	}
	if (skip < GL_LIST_BYTES) {
		n = choose(c, 3);
		put(w, skip, n);
	}
	w->at += n;
}

static void put_item(struct writer *w, const struct gl_sig_list *list, __u32 type, __u32 length)
{
	put(w, list->type, type);
	put(w, list->length, length);
	w->at += length + (-length & (list->align - 1u));
}

/*
 * Writes the way to a list, and its items up to the one that is asked for. That, the list
 * or the payload may end a byte early. Returns the length of the payload.
 */
static __u32 put_list(struct choices *c, const struct gl_sig_list *list, __u8 *data, __u32 most)
{
	struct writer w = { data, list->at, most }, size;

	for (__u32 i = 0; i < GL_LIST_SKIPS && list->skip[i]; i++)
		put_skip(c, &w, list->skip[i]);
	size = w;
	w.at += list->size;
	if (list->type) {
		for (__u32 n = choose(c, 3); n; n--)
			put_item(&w, list, choose(c, 4), choose(c, 5));
		put_item(&w, list, list->has, choose(c, 2));
	}
	put(&size, list->size, w.at - size.at - list->size - once_in(c, 4));
	w.at -= once_in(c, 4);
	if (once_in(c, 3))
		w.at += choose(c, 4);
	return w.at && w.at < most ? w.at : most;
}

/*
 * A payload that may mean something to the signatures: bytes that the automaton of
 * transport knows, at times with the predicates of one pattern. Returns 1 to most bytes.
 */
static __u32 make_payload(struct choices *c, const struct gl_signatures *sig, int transport,
			  __u8 *data, __u32 most)
{
	__u32 anchor = choose(c, GL_ANCHORS), patterns = 0, n;
	const struct gl_sig_pattern *pattern;

	memset(data, 0, most);
	n = follow(c, sig, once_in(c, 4) ? 0 : sig->root[transport][anchor], data, most);
	while (patterns < GL_SIG_PATTERNS && sig->pattern[patterns].protocol)
		patterns++;
	if (!patterns || once_in(c, 2))
		return n;
	pattern = &sig->pattern[choose(c, patterns)];
	if (pattern->list && once_in(c, 2))
		n = put_list(c, &sig->list[pattern->list - 1], data, most);
	for (__u32 i = 0; i < pattern->rows; i++)
		oblige(&sig->row[pattern->row_at + i], data, &n, most);
	return n;
}

#endif
