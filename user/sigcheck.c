/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sigcheck.h"
#include "sigset.h"

void sigcheck_costs(const struct gl_signatures *sig, struct sigcheck_cost cost[SIGCHECK_BUDGETS])
{
	__u32 patterns = 0, rows = 0, lists = 0, steps = 0, accepts = 0;

	/* Every pattern has a protocol, and its number is not 0. */
	for (; patterns < GL_SIG_PATTERNS && sig->pattern[patterns].protocol; patterns++) {
		rows += sig->pattern[patterns].rows;
		steps += !!sig->pattern[patterns].step;
	}
	while (lists < GL_SIG_LISTS && sig->list[lists].align)
		lists++;
	while (accepts < GL_SIG_ACCEPTS && sig->accept[accepts].n)
		accepts++;
	cost[SIGCHECK_STATES] =
	    (struct sigcheck_cost){"states", sig->states - 1, GL_SIG_STATES - 1};
	cost[SIGCHECK_PATTERNS] = (struct sigcheck_cost){"patterns", patterns, GL_SIG_PATTERNS};
	cost[SIGCHECK_ROWS] =
	    (struct sigcheck_cost){"predicates and stores", rows, GL_SIG_ROWS};
	cost[SIGCHECK_LISTS] = (struct sigcheck_cost){"lists of items", lists, GL_SIG_LISTS};
	cost[SIGCHECK_STEPS] = (struct sigcheck_cost){"steps", steps, SIG_STEPS};
	cost[SIGCHECK_TCP_BARE] =
	    (struct sigcheck_cost){"without match, TCP", sig->bares[GL_TCP], GL_SIG_BARE};
	cost[SIGCHECK_UDP_BARE] =
	    (struct sigcheck_cost){"without match, UDP", sig->bares[GL_UDP], GL_SIG_BARE};
	cost[SIGCHECK_ACCEPTS] =
	    (struct sigcheck_cost){"sets that end together", accepts, GL_SIG_ACCEPTS};
	cost[SIGCHECK_BYTES] =
	    (struct sigcheck_cost){"bytes of the automaton", sig->states * 2 * GL_SIG_STRIDE,
				   sizeof(sig->next)};
}

/* ------------------------------------------------------------ overlaps */

/* The shortest way to each state: from where, and by which byte. */
struct search {
	const struct gl_signatures *sig;
	__u16 from[GL_SIG_STATES];
	__u8 byte[GL_SIG_STATES];
	bool seen[GL_SIG_STATES];
	__u16 queue[GL_SIG_STATES];
	__u32 queued;
	bool paired[GL_SIG_PATTERNS][GL_SIG_PATTERNS];
	struct sigcheck_overlap *found;
	int count;
	int room;
};

static void enqueue(struct search *s, __u16 state, __u16 from, __u8 byte)
{
	if (!state || s->seen[state])
		return;
	s->seen[state] = true;
	s->from[state] = from;
	s->byte[state] = byte;
	s->queue[s->queued++] = state;
}

/* Breadth first, printable bytes before others: an example that people can read. */
static void search_states(struct search *s, int transport)
{
	static const __u8 order[4][2] = {{'a', 'z'}, {' ', '~'}, {0, 31}, {127, 255}};
	const struct gl_signatures *sig = s->sig;

	for (int anchor = 0; anchor < GL_ANCHORS; anchor++)
		enqueue(s, sig->root[transport][anchor], 0, 0);
	for (__u32 at = 0; at < s->queued; at++) {
		__u16 state = s->queue[at];

		for (int part = 0; part < 4; part++) {
			for (int byte = order[part][0]; byte <= order[part][1]; byte++)
				enqueue(s,
					sig->next[state * GL_SIG_STRIDE + (__u32)byte],
					state, (__u8)byte);
		}
	}
}

static bool same_left(const struct gl_sig_row *a, const struct gl_sig_row *b)
{
	return a->left == b->left && a->width == b->width && a->little == b->little &&
	       a->offset == b->offset && a->mask == b->mask && a->multiply == b->multiply &&
	       a->add == b->add;
}

/* Does one demand a value that the other excludes? */
static bool exclusive_rows(const struct gl_sig_row *a, const struct gl_sig_row *b)
{
	int order;

	if (a->op != GL_OP_EQ || b->op == GL_OP_STORE || a->right != GL_OPERAND_CONST ||
	    b->right != GL_OPERAND_CONST || !same_left(a, b))
		return false;
	order = a->value < b->value ? GL_OP_LT : a->value > b->value ? GL_OP_GT : GL_OP_EQ;
	return !(b->op & order);
}

/* Can one flow be where both patterns expect it, and one packet fulfil both? */
static bool compatible(const struct gl_signatures *sig, const struct gl_sig_pattern *a,
		       const struct gl_sig_pattern *b)
{
	if (a->protocol == b->protocol || a->priority != b->priority || !a->step != !b->step)
		return false;
	if (a->after && b->after && a->after != b->after)
		return false;
	if (a->flags & b->flags & GL_PATTERN_WATCHED)
		return false;
	if (a->flags & GL_PATTERN_WATCHED &&
	    !(sig->protocol[a->protocol].becomes >> b->protocol & 1))
		return false;
	if (b->flags & GL_PATTERN_WATCHED &&
	    !(sig->protocol[b->protocol].becomes >> a->protocol & 1))
		return false;
	for (unsigned i = 0; i < a->rows; i++)
		for (unsigned k = 0; k < b->rows; k++)
			if (exclusive_rows(&sig->row[a->row_at + i], &sig->row[b->row_at + k]) ||
			    exclusive_rows(&sig->row[b->row_at + k], &sig->row[a->row_at + i]))
				return false;
	return true;
}

static void write_example(const struct search *s, __u16 state, struct sigcheck_overlap *out)
{
	for (__u16 at = state; s->from[at]; at = s->from[at])
		out->length++;
	if (out->length > sizeof(out->example))
		out->length = sizeof(out->example);
	for (__u16 i = out->length; i--; state = s->from[state])
		out->example[i] = s->byte[state];
}

/* state: 0 for patterns without expression. */
static int add_overlap(struct search *s, __u8 first, __u8 second, __u16 state)
{
	const struct gl_sig_pattern *pattern = s->sig->pattern;

	if (s->paired[first][second] || !compatible(s->sig, &pattern[first], &pattern[second]))
		return 0;
	if (s->count == s->room) {
		int room = s->room ? 2 * s->room : 16;
		struct sigcheck_overlap *more = realloc(s->found, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->found = more;
		s->room = room;
	}
	s->paired[first][second] = true;
	s->found[s->count] = (struct sigcheck_overlap){.first = first, .second = second};
	if (state)
		write_example(s, state, &s->found[s->count]);
	s->count++;
	return 0;
}

static int search_set(struct search *s, const __u8 *pattern, __u32 n, __u16 state)
{
	for (__u32 i = 0; i < n; i++)
		for (__u32 k = i + 1; k < n; k++)
			if (add_overlap(s, pattern[i], pattern[k], state))
				return -ENOMEM;
	return 0;
}

int sigcheck_overlaps(const struct gl_signatures *sig, struct sigcheck_overlap **out)
{
	struct search *s = calloc(1, sizeof(*s));
	int err = s ? 0 : -ENOMEM;

	for (int t = 0; t < GL_TRANSPORTS && !err; t++) {
		s->sig = sig;
		s->queued = 0;
		search_states(s, t);
		for (__u32 i = 0; i < s->queued && !err; i++) {
			__u16 state = s->queue[i];
			const struct gl_sig_accept *accept = &sig->accept[sig->accept_at[state]];

			if (state >= sig->first_accept)
				err = search_set(s, accept->pattern, accept->n, state);
		}
		if (!err)
			err = search_set(s, sig->bare[t], sig->bares[t], 0);
	}
	if (!err) {
		err = s->count;
		*out = s->found;
	} else if (s) {
		free(s->found);
	}
	free(s);
	return err;
}
