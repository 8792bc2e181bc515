/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dfa.h"

#define BUCKETS (2 * DFA_STATES_MAX)
#define POOL_MAX (1u << 24) /* members of all states */
#define NONE 0xffffffffu

/* Subset construction. Members of state s are pool[at[s]] up to pool[at[s + 1]]. */
struct builder {
	const struct nfa *nfa;
	struct dfa dfa;
	__u32 *at;
	__u32 *pool;
	size_t pool_count, pool_room;
	__u32 *bucket;
	__u32 *mark; /* of each node: the closure that has it */
	__u32 marks;
	__u32 *stack;
	__u32 *set; /* the closure under construction */
	__u32 set_count;
	__u64 work;
	__u8 sample[256]; /* one byte of each class */
};

static __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Bytes that no expression tells apart share a class. */
static void find_classes(struct builder *b)
{
	__u16 cls[256] = {0};
	__u32 classes = 1;

	for (__u32 i = 0; i < b->nfa->count; i++) {
		const struct nfa_node *node = &b->nfa->nodes[i];
		__u16 split[512];
		__u32 count = 0;

		if (node->kind != NFA_BYTES)
			continue;
		memset(split, 0xff, sizeof(split));
		for (unsigned byte = 0; byte < 256; byte++) {
			unsigned key = cls[byte] * 2u + byte_set_has(&node->set, byte);

			if (split[key] == 0xffff)
				split[key] = (__u16)count++;
			cls[byte] = split[key];
		}
		classes = count;
	}
	for (int byte = 255; byte >= 0; byte--) {
		b->dfa.cls[byte] = (__u8)cls[byte];
		b->sample[cls[byte]] = (__u8)byte;
	}
	b->dfa.classes = classes;
}

/* Adds what is reached from node without a byte. */
static void closure(struct builder *b, __u32 node)
{
	__u32 depth = 0;

	b->stack[depth++] = node;
	while (depth) {
		const struct nfa_node *n = &b->nfa->nodes[node = b->stack[--depth]];

		if (b->mark[node] == b->marks)
			continue;
		b->mark[node] = b->marks;
		b->work++;
		if (n->kind == NFA_SPLIT) {
			b->stack[depth++] = n->out[1];
			b->stack[depth++] = n->out[0];
		} else {
			b->set[b->set_count++] = node;
		}
	}
}

static int compare(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return x < y ? -1 : x > y;
}

static int pool_reserve(struct builder *b, __u32 more)
{
	__u32 *pool;

	if (b->pool_count + more <= b->pool_room)
		return 0;
	b->pool_room = 2 * (b->pool_count + more);
	pool = realloc(b->pool, b->pool_room * sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	b->pool = pool;
	return 0;
}

static bool same_set(const struct builder *b, __u32 state)
{
	__u32 n = b->at[state + 1] - b->at[state];

	return n == b->set_count &&
	       !memcmp(b->pool + b->at[state], b->set, n * sizeof(*b->set));
}

static int state_add(struct builder *b, __u32 *state)
{
	int err = pool_reserve(b, b->set_count + 1);
	struct dfa_accept *accept;

	if (err)
		return err;
	if (b->dfa.states == DFA_STATES_MAX || b->pool_count > POOL_MAX)
		return -E2BIG;
	*state = b->dfa.states++;
	memcpy(b->pool + b->pool_count, b->set, b->set_count * sizeof(*b->set));
	b->pool_count += b->set_count;
	b->at[*state + 1] = (__u32)b->pool_count;
	accept = &b->dfa.accept[*state];
	for (__u32 i = 0; i < b->set_count; i++) {
		const struct nfa_node *n = &b->nfa->nodes[b->set[i]];

		if (n->kind == NFA_ACCEPT)
			accept->patterns[n->pattern / 64] |= 1ull << (n->pattern % 64);
	}
	return 0;
}

/* The state of the set that was collected, a new one if need be. */
static int state_of_set(struct builder *b, __u32 *state)
{
	__u64 hash = 0;
	int err = 0;

	qsort(b->set, b->set_count, sizeof(*b->set), compare);
	for (__u32 i = 0; i < b->set_count; i++)
		hash = mix(hash, b->set[i]);
	for (__u32 i = (__u32)(hash >> 20) % BUCKETS;; i = (i + 1) % BUCKETS) {
		if (b->bucket[i] == NONE) {
			err = state_add(b, state);
			if (!err)
				b->bucket[i] = *state;
			return err;
		}
		if (same_set(b, b->bucket[i])) {
			*state = b->bucket[i];
			return 0;
		}
	}
}

static void set_clear(struct builder *b)
{
	b->set_count = 0;
	b->marks++;
}

static int step(struct builder *b, __u32 state, __u32 class)
{
	set_clear(b);
	for (__u32 i = b->at[state]; i < b->at[state + 1]; i++) {
		const struct nfa_node *n = &b->nfa->nodes[b->pool[i]];

		if (n->kind == NFA_BYTES && byte_set_has(&n->set, b->sample[class]))
			closure(b, n->out[0]);
	}
	b->work += b->at[state + 1] - b->at[state] + 1;
	if (b->work > DFA_WORK_MAX)
		return -E2BIG;
	return state_of_set(b, &b->dfa.next[(size_t)state * b->dfa.classes + class]);
}

static int construct(struct builder *b, const struct dfa_starts starts[DFA_ROOTS])
{
	__u32 dead;
	int err;

	set_clear(b);
	err = state_of_set(b, &dead);
	for (__u32 root = 0; root < DFA_ROOTS && !err; root++) {
		set_clear(b);
		for (__u32 i = 0; i < starts[root].n; i++)
			closure(b, starts[root].node[i]);
		err = state_of_set(b, &b->dfa.root[root]);
	}
	for (__u32 state = 0; state < b->dfa.states && !err; state++)
		for (__u32 class = 0; class < b->dfa.classes && !err; class ++)
			err = step(b, state, class);
	return err;
}

/* Moore's partition: block[] of each state and how many blocks there are. */
struct partition {
	__u32 *block, *finer;
	__u32 *bucket;
	__u32 blocks;
};

static __u64 hash_state(const struct dfa *dfa, const struct partition *p, __u32 state,
			bool first)
{
	const __u32 *next = dfa->next + (size_t)state * dfa->classes;
	__u64 hash = first ? 0 : p->block[state], sum = 0;

	for (int i = 0; first && i < (int)(DFA_PATTERNS / 64); i++)
		hash = mix(hash, dfa->accept[state].patterns[i]);
	/* A sum of products: its terms do not wait for each other. */
	for (__u32 class = 0; !first && class < dfa->classes; class ++)
		sum += (p->block[next[class]] + 1ull) * (0x9e3779b97f4a7c15ull * (2 * class + 1));
	return mix(hash, sum);
}

static bool same_block(const struct dfa *dfa, const struct partition *p, __u32 a, __u32 b,
		       bool first)
{
	const __u32 *x = dfa->next + (size_t)a * dfa->classes;
	const __u32 *y = dfa->next + (size_t)b * dfa->classes;

	if (first)
		return !memcmp(&dfa->accept[a], &dfa->accept[b], sizeof(*dfa->accept));
	if (p->block[a] != p->block[b])
		return false;
	for (__u32 class = 0; class < dfa->classes; class ++)
		if (p->block[x[class]] != p->block[y[class]])
			return false;
	return true;
}

/* Splits blocks by what can be told apart in one more step. */
static void refine(const struct dfa *dfa, struct partition *p, bool first)
{
	__u32 *swap = p->block;

	p->blocks = 0;
	memset(p->bucket, 0xff, BUCKETS * sizeof(*p->bucket));
	for (__u32 state = 0; state < dfa->states; state++) {
		__u32 i = (__u32)(hash_state(dfa, p, state, first) >> 20) % BUCKETS;

		while (p->bucket[i] != NONE && !same_block(dfa, p, p->bucket[i], state, first))
			i = (i + 1) % BUCKETS;
		if (p->bucket[i] == NONE) {
			p->bucket[i] = state;
			p->finer[state] = p->blocks++;
		} else {
			p->finer[state] = p->finer[p->bucket[i]];
		}
	}
	p->block = p->finer;
	p->finer = swap;
}

/* A block is never numbered above its first state, so this works in place. */
static void merge(struct dfa *dfa, const struct partition *p)
{
	__u32 done = 0;

	for (__u32 state = 0; state < dfa->states; state++) {
		if (p->block[state] != done)
			continue;
		for (__u32 class = 0; class < dfa->classes; class ++)
			dfa->next[(size_t)done * dfa->classes + class] =
			    p->block[dfa->next[(size_t)state * dfa->classes + class]];
		dfa->accept[done++] = dfa->accept[state];
	}
	for (__u32 root = 0; root < DFA_ROOTS; root++)
		dfa->root[root] = p->block[dfa->root[root]];
	dfa->states = done;
}

static int minimise(struct dfa *dfa)
{
	struct partition p = {0};
	__u32 before = 0;
	int err = -ENOMEM;

	p.block = calloc(dfa->states, sizeof(*p.block));
	p.finer = calloc(dfa->states, sizeof(*p.finer));
	p.bucket = malloc(BUCKETS * sizeof(*p.bucket));
	if (!p.block || !p.finer || !p.bucket)
		goto out;
	refine(dfa, &p, true);
	while (p.blocks != before) {
		before = p.blocks;
		refine(dfa, &p, false);
	}
	merge(dfa, &p);
	err = 0;
out:
	free(p.block);
	free(p.finer);
	free(p.bucket);
	return err;
}

static int builder_open(struct builder *b, const struct nfa *nfa)
{
	size_t nodes = nfa->count ? nfa->count : 1;

	memset(b, 0, sizeof(*b));
	b->nfa = nfa;
	b->at = calloc(DFA_STATES_MAX + 1, sizeof(*b->at));
	b->bucket = malloc(BUCKETS * sizeof(*b->bucket));
	b->mark = calloc(nodes, sizeof(*b->mark));
	b->stack = calloc(2 * nodes + 1, sizeof(*b->stack));
	b->set = calloc(nodes, sizeof(*b->set));
	b->dfa.accept = calloc(DFA_STATES_MAX, sizeof(*b->dfa.accept));
	if (!b->at || !b->bucket || !b->mark || !b->stack || !b->set || !b->dfa.accept)
		return -ENOMEM;
	memset(b->bucket, 0xff, BUCKETS * sizeof(*b->bucket));
	return 0;
}

static void builder_close(struct builder *b)
{
	free(b->at);
	free(b->pool);
	free(b->bucket);
	free(b->mark);
	free(b->stack);
	free(b->set);
	dfa_free(&b->dfa);
}

int dfa_build(const struct nfa *nfa, const struct dfa_starts starts[DFA_ROOTS], struct dfa *dfa)
{
	struct builder b;
	int err = builder_open(&b, nfa);

	if (!err) {
		find_classes(&b);
		b.dfa.next =
		    calloc((size_t)DFA_STATES_MAX * b.dfa.classes, sizeof(*b.dfa.next));
		err = b.dfa.next ? construct(&b, starts) : -ENOMEM;
	}
	if (!err)
		err = minimise(&b.dfa);
	if (!err) {
		*dfa = b.dfa;
		b.dfa.next = NULL;
		b.dfa.accept = NULL;
	}
	builder_close(&b);
	return err;
}

void dfa_free(struct dfa *dfa)
{
	free(dfa->next);
	free(dfa->accept);
	memset(dfa, 0, sizeof(*dfa));
}
