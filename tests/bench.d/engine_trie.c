/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

/* Words are in lower case; so is what they are compared with. */
static unsigned char fold(unsigned char byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static __u32 find_child(const struct trie *trie, __u32 node, unsigned char byte)
{
	__u32 child;

	if (!node)
		return trie->first[byte];
	for (child = trie->nodes[node].child; child; child = trie->nodes[child].sibling)
		if (trie->nodes[child].byte == byte)
			break;
	return child;
}

static __u32 add_child(struct trie *trie, __u32 parent, unsigned char byte)
{
	__u32 node = trie->count++;

	if (node == trie->room) {
		trie->room *= 2;
		trie->nodes = realloc(trie->nodes, trie->room * sizeof(*trie->nodes));
		if (!trie->nodes)
			die("out of memory");
	}
	trie->nodes[node] = (struct trie_node){ .byte = byte,
						.sibling = trie->nodes[parent].child };
	trie->nodes[parent].child = node;
	if (!parent)
		trie->first[byte] = node;
	return node;
}

static void add_word(struct trie *trie, const char *word)
{
	__u32 node = 0, child;

	for (; *word; word++, node = child) {
		child = find_child(trie, node, *word);
		if (!child)
			child = add_child(trie, node, *word);
	}
	trie->nodes[node].ends++;
}

static __u32 go(const struct trie *trie, __u32 state, unsigned char byte)
{
	__u32 child;

	while (!(child = find_child(trie, state, byte)) && state)
		state = trie->nodes[state].fail;
	return child;
}

/* A node's fail link is known before its children's. */
static void link_nodes(struct trie *trie)
{
	struct trie_node *nodes = trie->nodes;
	__u32 head = 0, tail = 1;

	trie->order = calloc(trie->count, sizeof(*trie->order));
	if (!trie->order)
		die("out of memory");
	while (head < tail) {
		__u32 node = trie->order[head++];

		for (__u32 child = nodes[node].child; child; child = nodes[child].sibling) {
			nodes[child].fail = node ? go(trie, nodes[node].fail, nodes[child].byte) : 0;
			nodes[child].ends += nodes[nodes[child].fail].ends;
			trie->order[tail++] = child;
		}
	}
}

void trie_make(struct trie *trie, const struct list *list)
{
	memset(trie, 0, sizeof(*trie));
	trie->room = 1024;
	trie->nodes = calloc(trie->room, sizeof(*trie->nodes));
	if (!trie->nodes)
		die("out of memory");
	trie->count = 1;
	for (__u32 i = 0; i < list->count; i++)
		add_word(trie, list->words[i]);
	link_nodes(trie);
}

__u32 trie_step(const struct trie *trie, __u32 state, unsigned char byte)
{
	return go(trie, state, fold(byte));
}

void trie_free(struct trie *trie)
{
	free(trie->nodes);
	free(trie->order);
	memset(trie, 0, sizeof(*trie));
}
