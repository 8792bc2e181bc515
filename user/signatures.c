/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dfa.h"
#include "log.h"
#include "sigset.h"

#ifdef HAVE_YAML
#include "embed.h"
#else
#include "protocols.inc"
#endif

_Static_assert(DFA_PATTERNS == GL_SIG_PATTERNS, "accept sets hold any pattern");
_Static_assert(DFA_ROOTS == GL_ANCHORS, "one root for each anchor");

/* ------------------------------------------------------------ the parsed set */

struct signatures *signatures_new(void)
{
	return calloc(1, sizeof(struct signatures));
}

void signatures_free(struct signatures *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->count; i++)
		free(set->protocols[i]);
	free(set->protocols);
	free(set);
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static const char *copy_text(char **room, const char *text)
{
	char *copy = *room;
	size_t size = text_size(text);

	if (!text)
		return NULL;
	memcpy(copy, text, size);
	*room += size;
	return copy;
}

/* One allocation: the protocol, its patterns, then every text. */
static struct sig_protocol *copy_protocol(const struct sig_protocol *from)
{
	size_t patterns = from->pattern_count * sizeof(struct sig_pattern);
	size_t texts = text_size(from->name) + text_size(from->file);
	struct sig_protocol *to;
	struct sig_pattern *p;
	char *room;

	for (unsigned i = 0; i < from->becomes_count; i++)
		texts += text_size(from->becomes[i]);
	for (unsigned i = 0; i < from->pattern_count; i++)
		texts += text_size(from->patterns[i].name) + text_size(from->patterns[i].match);
	to = malloc(sizeof(*to) + patterns + texts);
	if (!to)
		return NULL;
	*to = *from;
	to->patterns = p = (struct sig_pattern *)(to + 1);
	room = (char *)(p + from->pattern_count);
	to->name = copy_text(&room, from->name);
	to->file = copy_text(&room, from->file);
	for (unsigned i = 0; i < from->becomes_count; i++)
		to->becomes[i] = copy_text(&room, from->becomes[i]);
	for (unsigned i = 0; i < from->pattern_count; i++, p++) {
		*p = from->patterns[i];
		p->name = copy_text(&room, p->name);
		p->match = copy_text(&room, p->match);
	}
	return to;
}

/* Room for one more. */
static int reserve(struct signatures *set)
{
	unsigned room = set->room ? 2 * set->room : 16;
	struct sig_protocol **more;

	if (set->count < set->room)
		return 0;
	more = realloc(set->protocols, room * sizeof(*set->protocols));
	if (!more)
		return -ENOMEM;
	set->protocols = more;
	set->room = room;
	return 0;
}

int sigset_add(struct signatures *set, const struct sig_protocol *protocol)
{
	struct sig_protocol *copy;
	unsigned at = 0;

	while (at < set->count && strcmp(set->protocols[at]->name, protocol->name))
		at++;
	if (at < set->count && !set->protocols[at]->builtin)
		return log_error(-EINVAL,
				 "%s:%u: protocol \"%s\" is described by %s already; keep one",
				 protocol->file, protocol->line, protocol->name,
				 set->protocols[at]->file);
	copy = reserve(set) ? NULL : copy_protocol(protocol);
	if (!copy)
		return -ENOMEM;
	if (at < set->count)
		free(set->protocols[at]);
	else
		set->count++;
	set->protocols[at] = copy;
	return 0;
}

#ifdef HAVE_YAML

static int add_builtin(struct signatures *set)
{
	int err = 0;

	for (unsigned i = 0; i < embedded_protocols_count && !err; i++) {
		const struct embedded_file *file = &embedded_protocols[i];

		err = signatures_parse(set, file->name, file->text,
				       (size_t)(file->end - file->text));
	}
	return err;
}

const char *signatures_text(const struct signatures *set, const char *protocol, size_t *length)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (strcmp(set->protocols[i]->name, protocol))
			continue;
		for (unsigned n = 0; n < embedded_protocols_count; n++) {
			const struct embedded_file *file = &embedded_protocols[n];

			if (strcmp(file->name, set->protocols[i]->file))
				continue;
			*length = (size_t)(file->end - file->text);
			return file->text;
		}
	}
	return NULL;
}

#else

static int add_builtin(struct signatures *set)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]) && !err; i++)
		err = sigset_add(set, &builtin[i]);
	return err;
}

const char *signatures_text(const struct signatures *set, const char *protocol, size_t *length)
{
	(void)set;
	(void)protocol;
	(void)length;
	return NULL;
}

#endif

int signatures_builtin(struct signatures *set)
{
	unsigned before = set->count;
	int err = add_builtin(set);

	for (unsigned i = before; i < set->count && !err; i++)
		set->protocols[i]->builtin = true;
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct sig_protocol *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void sort(struct signatures *set)
{
	if (set->count)
		qsort(set->protocols, set->count, sizeof(*set->protocols), by_name);
}

static void set_name(struct signatures *set, __u32 number, const char *name)
{
	snprintf(set->name[number], sizeof(set->name[number]), "%s", name);
	if (number >= set->numbers)
		set->numbers = number + 1;
}

static __u32 find_number(const struct signatures *set, const char *name)
{
	__u32 n = GL_PROTO_FIRST;

	while (n < set->numbers && strcmp(set->name[n], name))
		n++;
	return n;
}

/* What is known stays; a known name that nothing describes any more keeps its place. */
static int number_protocols(struct signatures *set, const char *const *known)
{
	memset(set->name, 0, sizeof(set->name));
	set->numbers = 0;
	set_name(set, GL_PROTO_NONE, "none");
	set_name(set, GL_PROTO_UNKNOWN, "unknown");
	set_name(set, GL_PROTO_RANDOM, "random");
	for (__u32 n = GL_PROTO_FIRST; known && n < GL_PROTOCOLS; n++)
		if (known[n] && *known[n])
			set_name(set, n, known[n]);
	for (unsigned i = 0; i < set->count; i++) {
		struct sig_protocol *p = set->protocols[i];

		p->number = find_number(set, p->name);
		if (p->number == GL_PROTOCOLS)
			return log_error(-E2BIG,
					 "%s:%u: protocol \"%s\" is one more than %u; remove "
					 "some%s",
					 p->file, p->line, p->name,
					 GL_PROTOCOLS - GL_PROTO_FIRST,
					 known ? ", or attach again without them" : "");
		set_name(set, p->number, p->name);
	}
	return 0;
}

__u32 signatures_protocols(const struct signatures *set)
{
	return set->numbers;
}

const char *signatures_protocol(const struct signatures *set, __u32 protocol)
{
	return protocol < set->numbers && *set->name[protocol] ? set->name[protocol] : NULL;
}

struct signatures_origin signatures_origin(const struct signatures *set, __u32 index)
{
	struct signatures_origin origin = {0};

	for (unsigned i = 0; i < set->count; i++) {
		const struct sig_protocol *p = set->protocols[i];

		if (index < p->pattern_count) {
			origin.protocol = p->name;
			origin.pattern = p->patterns[index].name;
			origin.file = p->file;
			origin.line = p->patterns[index].line;
			break;
		}
		index -= p->pattern_count;
	}
	return origin;
}

/* ------------------------------------------------------------ compiling */

struct compiler {
	const struct signatures *set;
	struct gl_signatures *out;
	__u32 generation;
	const struct sig_pattern *pattern[GL_SIG_PATTERNS];
	const struct sig_protocol *owner[GL_SIG_PATTERNS];
	__u32 patterns;
	__u32 rows;
	__u32 lists;
	__u32 steps;
	__u32 accepts;
	struct dfa dfa[GL_TRANSPORTS];
};

static const char *const transports[GL_TRANSPORTS] = {"TCP", "UDP"};

static int add_becomes(struct compiler *c, const struct sig_protocol *p, __u64 *becomes)
{
	for (unsigned i = 0; i < p->becomes_count; i++) {
		unsigned n = 0;

		while (n < c->set->count && strcmp(c->set->protocols[n]->name, p->becomes[i]))
			n++;
		if (n == c->set->count)
			return log_error(
			    -EINVAL,
			    "%s:%u: becomes \"%s\", which no signature file describes; "
			    "add that file or remove the word",
			    p->file, p->line, p->becomes[i]);
		*becomes |= 1ull << c->set->protocols[n]->number;
	}
	return 0;
}

/*
 * Number of a protocol's step. Another generation has other numbers, so that a
 * step which a flow made before a change does not pass for one after it.
 */
static __u8 step_number(const struct compiler *c, const struct sig_protocol *p,
			unsigned index)
{
	__u32 before = c->steps;

	for (unsigned i = 0; i < index; i++)
		before += p->patterns[i].abi.step;
	return (__u8)(1 + (before + c->generation % 3 * (SIG_STEPS / 3)) % SIG_STEPS);
}

static int add_bare(struct compiler *c, const struct sig_protocol *p,
		    const struct sig_pattern *pattern)
{
	__u32 *count = &c->out->bares[pattern->transport];

	if (pattern->match)
		return 0;
	if (*count == GL_SIG_BARE)
		return log_error(-E2BIG,
				 "%s:%u: pattern \"%s\" is one more than %u %s patterns without "
				 "match; give it an expression",
				 p->file, pattern->line, pattern->name, GL_SIG_BARE,
				 transports[pattern->transport]);
	c->out->bare[pattern->transport][(*count)++] = (__u8)c->patterns;
	if (pattern->anchor == GL_ANCHOR_STREAM)
		c->out->pattern[c->patterns].flags |= GL_PATTERN_STREAM;
	return 0;
}

/* The list of a pattern; the same one may serve several. */
static int add_list(struct compiler *c, const struct sig_protocol *p,
		    const struct sig_pattern *pattern, __u8 *out)
{
	__u32 i = 0;

	if (!pattern->list.align)
		return 0;
	while (i < c->lists && memcmp(&c->out->list[i], &pattern->list, sizeof(pattern->list)))
		i++;
	if (i == GL_SIG_LISTS)
		return log_error(-E2BIG,
				 "%s:%u: the list of pattern \"%s\" is one more than %u; remove "
				 "some",
				 p->file, pattern->line, pattern->name, GL_SIG_LISTS);
	c->out->list[i] = pattern->list;
	c->lists += i == c->lists;
	*out = (__u8)(1 + i);
	return 0;
}

static int add_pattern(struct compiler *c, const struct sig_protocol *p, unsigned index)
{
	const struct sig_pattern *pattern = &p->patterns[index];
	struct gl_sig_pattern *out;

	if (c->patterns == GL_SIG_PATTERNS)
		return log_error(-E2BIG,
				 "%s:%u: pattern \"%s\" is one more than %u; remove some",
				 p->file, pattern->line, pattern->name, GL_SIG_PATTERNS);
	if (c->rows + pattern->abi.rows > GL_SIG_ROWS)
		return log_error(
		    -E2BIG,
		    "%s:%u: with pattern \"%s\" there are more than %u predicates and stores; "
		    "remove some",
		    p->file, pattern->line, pattern->name, GL_SIG_ROWS);
	out = &c->out->pattern[c->patterns];
	*out = pattern->abi;
	out->protocol = (__u8)p->number;
	if (out->step)
		out->step = step_number(c, p, index);
	if (pattern->after)
		out->after = step_number(c, p, pattern->after - 1);
	out->row_at = out->rows ? (__u16)c->rows : 0;
	memcpy(&c->out->row[c->rows], pattern->row, out->rows * sizeof(pattern->row[0]));
	if (add_bare(c, p, pattern) || add_list(c, p, pattern, &out->list))
		return -E2BIG;
	c->rows += out->rows;
	c->owner[c->patterns] = p;
	c->pattern[c->patterns++] = pattern;
	return 0;
}

static int count_steps(struct compiler *c, const struct sig_protocol *p)
{
	for (unsigned i = 0; i < p->pattern_count; i++) {
		c->steps += p->patterns[i].abi.step;
		if (c->steps > SIG_STEPS)
			return log_error(-E2BIG,
					 "%s:%u: step \"%s\" is one more than %u; remove some",
					 p->file, p->patterns[i].line, p->patterns[i].name,
					 SIG_STEPS);
	}
	return 0;
}

static int add_protocol(struct compiler *c, const struct sig_protocol *p)
{
	struct gl_sig_protocol *out = &c->out->protocol[p->number];
	int err;

	*out = p->abi;
	err = add_becomes(c, p, &out->becomes);
	for (unsigned i = 0; i < p->pattern_count && !err; i++)
		err = add_pattern(c, p, i);
	return err ? err : count_steps(c, p);
}

/* A flow meets patterns of its own protocol, and of those that it may become. */
static void mark_bare(struct compiler *c)
{
	for (__u32 i = 0; i < c->patterns; i++) {
		__u32 owner = c->out->pattern[i].protocol;

		for (__u32 n = 0; n < GL_PROTOCOLS && !c->pattern[i]->match; n++)
			c->out->protocol[n].bare |=
			    n == owner || c->out->protocol[n].becomes >> owner & 1;
	}
}

/* No port is within 1 to 0. */
static void mark_unused(struct gl_sig_ports *ports)
{
	for (__u32 i = 0; i < GL_SIG_PORTS; i++)
		if (!ports[i].last)
			ports[i].first = 1;
}

static int add_protocols(struct compiler *c)
{
	int err = 0;

	c->out->protocols = signatures_protocols(c->set);
	for (unsigned i = 0; i < c->set->count && !err; i++)
		err = add_protocol(c, c->set->protocols[i]);
	mark_bare(c);
	for (__u32 n = 0; n < GL_PROTOCOLS; n++)
		for (int t = 0; t < GL_TRANSPORTS; t++)
			mark_unused(c->out->protocol[n].ports[t]);
	return err;
}

/* Which patterns of a transport go into a trial: all, one, all but one, a protocol's. */
enum trial { TRIAL_ALL, TRIAL_ONLY, TRIAL_WITHOUT, TRIAL_PROTOCOL };

static bool in_automaton(const struct compiler *c, __u32 i, enum gl_transport transport)
{
	return c->pattern[i]->match && c->pattern[i]->transport == transport;
}

static bool in_trial(const struct compiler *c, __u32 i, enum gl_transport transport,
		     enum trial trial, __u32 which)
{
	if (!in_automaton(c, i, transport))
		return false;
	if (trial == TRIAL_PROTOCOL)
		return c->owner[i] == c->owner[which];
	return trial == TRIAL_ALL || (trial == TRIAL_ONLY) == (i == which);
}

static int build(const struct compiler *c, enum gl_transport transport, enum trial trial,
		 __u32 which, struct dfa *dfa)
{
	__u32 all[GL_SIG_PATTERNS], packet[GL_SIG_PATTERNS];
	struct dfa_starts starts[DFA_ROOTS] = {
	    [GL_ANCHOR_STREAM] = {.node = all},
	    [GL_ANCHOR_PACKET] = {.node = packet},
	};
	struct nfa nfa = {0};
	struct regex_error error;
	int err = 0;

	for (__u32 i = 0; i < c->patterns && !err; i++) {
		const struct sig_pattern *p = c->pattern[i];
		__u32 *start = &all[starts[GL_ANCHOR_STREAM].n];

		if (!in_trial(c, i, transport, trial, which))
			continue;
		err = regex_compile(&nfa, p->match, p->nocase, i, start, &error);
		starts[GL_ANCHOR_STREAM].n++;
		if (p->anchor == GL_ANCHOR_PACKET)
			packet[starts[GL_ANCHOR_PACKET].n++] = *start;
	}
	if (!err)
		err = dfa_build(&nfa, starts, dfa);
	nfa_free(&nfa);
	return err;
}

/* States of a trial, DFA_STATES_MAX if there are too many to say. */
static __u32 trial_states(const struct compiler *c, enum gl_transport transport,
			  enum trial trial, __u32 which)
{
	struct dfa dfa = {0};
	__u32 states = DFA_STATES_MAX;

	if (!build(c, transport, trial, which, &dfa))
		states = dfa.states;
	dfa_free(&dfa);
	return states;
}

/* The pattern that is large by itself, else the one without which least remains. */
static __u32 culprit(const struct compiler *c, enum gl_transport transport, __u32 *without)
{
	__u32 best = 0, largest = 0, least = DFA_STATES_MAX;

	*without = DFA_STATES_MAX;
	for (__u32 i = 0; i < c->patterns; i++) {
		__u32 states = in_automaton(c, i, transport)
				   ? trial_states(c, transport, TRIAL_ONLY, i)
				   : 0;

		if (states > largest) {
			largest = states;
			best = i;
		}
	}
	for (__u32 i = 0; i < c->patterns && largest < GL_SIG_STATES; i++) {
		if (!in_automaton(c, i, transport))
			continue;
		*without = trial_states(c, transport, TRIAL_WITHOUT, i);
		if (*without < least) {
			least = *without;
			best = i;
		}
	}
	*without = least;
	return best;
}

static int too_big(const struct compiler *c, enum gl_transport transport)
{
	__u32 without, i = culprit(c, transport, &without);
	char rest[64] = "";

	if (without < DFA_STATES_MAX)
		snprintf(rest, sizeof(rest), " (%s needs %u without it)", transports[transport],
			 without);
	return log_error(
	    -E2BIG,
	    "%s:%u: pattern \"%s\" multiplies the automaton beyond %u states%s; begin it "
	    "with definite bytes, and use * or a predicate instead of counts",
	    c->owner[i]->file, c->pattern[i]->line, c->pattern[i]->name, GL_SIG_STATES - 1,
	    rest);
}

static int build_transport(struct compiler *c, enum gl_transport transport)
{
	int err = build(c, transport, TRIAL_ALL, 0, &c->dfa[transport]);

	return err == -E2BIG ? too_big(c, transport) : err;
}

static bool accepts(const struct dfa *dfa, __u32 state)
{
	static const struct dfa_accept none;

	return memcmp(&dfa->accept[state], &none, sizeof(none));
}

static int too_many_together(const struct compiler *c, const struct dfa_accept *set)
{
	char names[512] = "";
	size_t used = 0;
	__u32 last = 0;

	for (__u32 i = 0; i < c->patterns && used < sizeof(names); i++) {
		if (!(set->patterns[i / 64] >> (i % 64) & 1))
			continue;
		last = i;
		used += (size_t)snprintf(names + used, sizeof(names) - used, " %s/%s",
					 c->owner[i]->name, c->pattern[i]->name);
	}
	return log_error(
	    -E2BIG,
	    "%s:%u: more than %u patterns end after the same bytes:%s; merge some or let "
	    "them end elsewhere",
	    c->owner[last]->file, c->pattern[last]->line, GL_ACCEPT_PATTERNS, names);
}

/* The patterns of set, priority first, then file order. */
static int order_accept(const struct compiler *c, const struct dfa_accept *set,
			struct gl_sig_accept *out)
{
	memset(out, 0, sizeof(*out));
	for (__u32 i = 0; i < c->patterns; i++) {
		__u8 at = out->n;

		if (!(set->patterns[i / 64] >> (i % 64) & 1))
			continue;
		if (out->n == GL_ACCEPT_PATTERNS)
			return too_many_together(c, set);
		for (; at && c->out->pattern[out->pattern[at - 1]].priority <
				 c->out->pattern[i].priority;
		     at--)
			out->pattern[at] = out->pattern[at - 1];
		out->pattern[at] = (__u8)i;
		out->n++;
	}
	return 0;
}

static int add_accept(struct compiler *c, const struct dfa_accept *set, __u16 *at)
{
	struct gl_sig_accept accept;
	int err = order_accept(c, set, &accept);
	__u32 i = 0;

	if (err)
		return err;
	while (i < c->accepts && memcmp(&c->out->accept[i], &accept, sizeof(accept)))
		i++;
	if (i == GL_SIG_ACCEPTS)
		return log_error(
		    -E2BIG,
		    "%s:%u: with pattern \"%s\" there are more than %u sets of patterns that "
		    "end together; let patterns end as soon as they are certain",
		    c->owner[accept.pattern[0]]->file, c->pattern[accept.pattern[0]]->line,
		    c->pattern[accept.pattern[0]]->name, GL_SIG_ACCEPTS);
	c->out->accept[i] = accept;
	c->accepts += i == c->accepts;
	*at = (__u16)i;
	return 0;
}

/* Gives the states of both automata one numbering, accepting states last. */
static int number_states(struct compiler *c, __u16 *number[GL_TRANSPORTS])
{
	__u32 n = 1;

	for (int accepting = 0; accepting < 2; accepting++) {
		if (accepting)
			c->out->first_accept = n;
		for (int t = 0; t < GL_TRANSPORTS; t++) {
			const struct dfa *dfa = &c->dfa[t];

			for (__u32 state = 1; state < dfa->states; state++) {
				int err = 0;

				if (accepts(dfa, state) != accepting)
					continue;
				if (accepting)
					err = add_accept(c, &dfa->accept[state],
							 &c->out->accept_at[n]);
				if (err)
					return err;
				number[t][state] = (__u16)n++;
			}
		}
	}
	c->out->states = n;
	return 0;
}

static void lay_out(struct compiler *c, int transport, const __u16 *number)
{
	const struct dfa *dfa = &c->dfa[transport];

	for (int anchor = 0; anchor < GL_ANCHORS; anchor++)
		c->out->root[transport][anchor] = number[dfa->root[anchor]];
	for (__u32 state = 1; state < dfa->states; state++)
		for (__u32 byte = 0; byte < GL_SIG_STRIDE; byte++)
			c->out->next[number[state] * GL_SIG_STRIDE + byte] =
			    number[dfa->next[(size_t)state * dfa->classes + dfa->cls[byte]]];
}

static int fill_tables(struct compiler *c)
{
	__u16 number[GL_TRANSPORTS][GL_SIG_STATES] = {{0}};
	__u16 *numbers[GL_TRANSPORTS] = {number[GL_TCP], number[GL_UDP]};
	int err = 0;

	if (c->dfa[GL_TCP].states + c->dfa[GL_UDP].states - 1 > GL_SIG_STATES)
		return too_big(c, c->dfa[GL_TCP].states < c->dfa[GL_UDP].states);
	err = number_states(c, numbers);
	for (int t = 0; t < GL_TRANSPORTS && !err; t++)
		lay_out(c, t, number[t]);
	return err;
}

int signatures_compile(struct signatures *set, const char *const *known, __u32 generation,
		       struct gl_signatures *out)
{
	struct compiler *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (!c)
		return -ENOMEM;
	c->set = set;
	c->generation = generation;
	c->out = calloc(1, sizeof(*c->out));
	if (!c->out)
		goto out;
	sort(set);
	err = number_protocols(set, known);
	if (!err)
		err = add_protocols(c);
	for (int t = 0; t < GL_TRANSPORTS && !err; t++)
		err = build_transport(c, t);
	if (!err)
		err = fill_tables(c);
	if (!err) {
		c->out->generation = generation;
		*out = *c->out;
	}
out:
	for (int t = 0; t < GL_TRANSPORTS; t++)
		dfa_free(&c->dfa[t]);
	free(c->out);
	free(c);
	return err;
}

__u32 signatures_states(const struct signatures *set, const char *protocol)
{
	struct compiler *c = calloc(1, sizeof(*c));
	__u32 states = 0, which = 0;

	if (c)
		c->out = calloc(1, sizeof(*c->out));
	if (!c || !c->out)
		goto out;
	c->set = set;
	if (add_protocols(c))
		goto out;
	while (which < c->patterns && strcmp(c->owner[which]->name, protocol))
		which++;
	for (int t = 0; t < GL_TRANSPORTS && which < c->patterns; t++)
		states += trial_states(c, t, TRIAL_PROTOCOL, which) - 1;
out:
	if (c)
		free(c->out);
	free(c);
	return states;
}

/* ------------------------------------------------------------ printing */

/* Octal, because hexadecimal escapes in C have no end. */
static void print_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\' || c == '?')
			fprintf(out, "\\%c", c);
		else if (c >= ' ' && c < 0x7f)
			fputc(c, out);
		else
			fprintf(out, "\\%03o", c);
	}
	fputc('"', out);
}

static void print_row(FILE *out, const struct gl_sig_row *row)
{
	fprintf(out,
		"\t\t\t{ .left = %u, .right = %u, .op = %u, .width = %u, .little = %u, .offset "
		"= %u,\n"
		"\t\t\t  .reg = %u, .mask = 0x%xu, .multiply = %u, .add = %d, .value = %lldll "
		"},\n",
		row->left, row->right, row->op, row->width, row->little, row->offset, row->reg,
		row->mask, row->multiply, row->add, (long long)row->value);
}

static void print_list(FILE *out, const struct gl_sig_list *list)
{
	fprintf(out,
		"\t\t.list = { .at = %u, .skip = { %u, %u, %u, %u }, .size = %u, .type = %u, "
		".length = %u,\n"
		"\t\t\t  .align = %u, .has = %u },\n",
		list->at, list->skip[0], list->skip[1], list->skip[2], list->skip[3],
		list->size, list->type, list->length, list->align, list->has);
}

static void print_pattern(FILE *out, const struct sig_pattern *p)
{
	fprintf(out, "\t{\n\t\t.name = ");
	print_text(out, p->name);
	if (p->match) {
		fprintf(out, ",\n\t\t.match = ");
		print_text(out, p->match);
	}
	fprintf(
	    out,
	    ",\n\t\t.line = %u, .nocase = %d, .transport = %d, .anchor = %d, .after = %u,\n"
	    "\t\t.abi = { .role = %u, .setup = %u, .steady = %u, .flags = %u, .priority = %u, "
	    ".rows = %u, .step = %u },\n",
	    p->line, p->nocase, (int)p->transport, (int)p->anchor, p->after, p->abi.role,
	    p->abi.setup, p->abi.steady, p->abi.flags, p->abi.priority, p->abi.rows,
	    p->abi.step);
	if (p->abi.rows)
		fprintf(out, "\t\t.row = {\n");
	for (unsigned i = 0; i < p->abi.rows; i++)
		print_row(out, &p->row[i]);
	fprintf(out, "%s", p->abi.rows ? "\t\t},\n" : "");
	if (p->list.align)
		print_list(out, &p->list);
	fprintf(out, "\t},\n");
}

static void print_ports(FILE *out, const struct sig_protocol *p)
{
	for (int t = 0; t < GL_TRANSPORTS; t++) {
		if (!p->abi.ports[t][0].last)
			continue;
		fprintf(out, ",\n\t\t\t.ports[%d] = {", t);
		for (__u32 i = 0; i < GL_SIG_PORTS && p->abi.ports[t][i].last; i++)
			fprintf(out, "%s{ %u, %u }", i ? ", " : " ", p->abi.ports[t][i].first,
				p->abi.ports[t][i].last);
		fprintf(out, " }");
	}
}

static void print_protocol(FILE *out, const struct sig_protocol *p, unsigned n)
{
	fprintf(out, "\t{\n\t\t.name = ");
	print_text(out, p->name);
	fprintf(out, ",\n\t\t.file = ");
	print_text(out, p->file);
	fprintf(out, ",\n\t\t.line = %u, .abi = { .flags = %u, .setup = %u, .steady = %u",
		p->line, p->abi.flags, p->abi.setup, p->abi.steady);
	print_ports(out, p);
	fprintf(out, " },\n");
	for (unsigned i = 0; i < p->becomes_count; i++) {
		fprintf(out, "\t\t.becomes[%u] = ", i);
		print_text(out, p->becomes[i]);
		fprintf(out, ",\n");
	}
	fprintf(
	    out,
	    "\t\t.becomes_count = %u,\n\t\t.pattern_count = %u,\n\t\t.patterns = builtin_%u,\n"
	    "\t},\n",
	    p->becomes_count, p->pattern_count, n);
}

int signatures_emit_c(const struct signatures *set, FILE *out)
{
	struct signatures sorted = *set;
	int err = 0;

	sorted.protocols = calloc(set->count + 1, sizeof(*sorted.protocols));
	if (!sorted.protocols)
		return -ENOMEM;
	memcpy(sorted.protocols, set->protocols, set->count * sizeof(*sorted.protocols));
	sort(&sorted);
	fprintf(out,
		"/* SPDX-License-Identifier: BSD-2-Clause */\n"
		"/* Generated by signatures_emit_c() from user/protocols; do not edit. */\n");
	for (unsigned n = 0; n < sorted.count; n++) {
		const struct sig_protocol *p = sorted.protocols[n];

		fprintf(out, "\nstatic const struct sig_pattern builtin_%u[] = {\n", n);
		for (unsigned i = 0; i < p->pattern_count; i++)
			print_pattern(out, &p->patterns[i]);
		fprintf(out, "};\n");
	}
	fprintf(out, "\nstatic const struct sig_protocol builtin[] = {\n");
	for (unsigned n = 0; n < sorted.count; n++)
		print_protocol(out, sorted.protocols[n], n);
	fprintf(out, "};\n");
	if (ferror(out))
		err = -EIO;
	free(sorted.protocols);
	return err;
}
