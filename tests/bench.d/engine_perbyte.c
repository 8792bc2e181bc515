/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds the full automaton of engine_perbyte.bpf.c and loads it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine.h"
#include "machine.h"

struct perbyte {
	struct bpf_object *object;
	int fd;
};

/* Each byte of the words gets a class, an upper-case letter that of the lower one. */
static __u32 make_classes(const struct trie *trie, unsigned char class_of[256])
{
	__u32 classes = 1;

	memset(class_of, 0, 256);
	for (__u32 i = 1; i < trie->count; i++)
		if (!class_of[trie->nodes[i].byte])
			class_of[trie->nodes[i].byte] = classes++;
	for (int upper = 'A'; upper <= 'Z'; upper++)
		class_of[upper] = class_of[upper | 0x20];
	return classes;
}

/* Values of an array lie 8 bytes apart. A row is its fail state's, but for the children. */
static void fill(const struct trie *trie, const unsigned char class_of[256], __u32 classes,
		 __u64 *table)
{
	memset(table, 0, 8ull * classes);
	for (__u32 i = 0; i < trie->count; i++) {
		__u32 node = trie->order[i];
		__u64 *row = table + (__u64)node * classes;

		if (node)
			memcpy(row, table + (__u64)trie->nodes[node].fail * classes, 8ull * classes);
		for (__u32 child = trie->nodes[node].child; child; child = trie->nodes[child].sibling)
			row[class_of[trie->nodes[child].byte]] = child | trie->nodes[child].ends << 24;
	}
}

static int set_constants(struct bpf_object *object, __u32 classes,
			 const unsigned char class_of[256])
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	unsigned char values[4 + 256];

	memcpy(values, &classes, 4);
	memcpy(values + 4, class_of, 256);
	return map ? bpf_map__set_initial_value(map, values, sizeof(values)) : -1;
}

struct perbyte *perbyte_open(const char *path, const struct list *list, struct build *build)
{
	struct perbyte *perbyte = calloc(1, sizeof(*perbyte));
	double start = now();
	unsigned char class_of[256];
	struct bpf_map *map;
	struct trie trie;
	__u32 classes;
	__u64 *table;

	trie_make(&trie, list);
	classes = make_classes(&trie, class_of);
	build->bytes = 8ull * trie.count * classes;
	perbyte->object = bpf_object__open_file(path, NULL);
	map = perbyte->object ? bpf_object__find_map_by_name(perbyte->object, "transitions") : NULL;
	if (!map || bpf_map__set_max_entries(map, trie.count * classes) ||
	    set_constants(perbyte->object, classes, class_of) || bpf_object__load(perbyte->object))
		die("the program with one look-up a byte cannot be loaded");
	table = mmap(NULL, build->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (table == MAP_FAILED)
		die("the table with one entry a byte cannot be written");
	fill(&trie, class_of, classes, table);
	munmap(table, build->bytes);
	trie_free(&trie);
	build->ms = (now() - start) * 1e3;
	perbyte->fd = bpf_program__fd(bpf_object__next_program(perbyte->object, NULL));
	return perbyte;
}

void perbyte_close(struct perbyte *perbyte)
{
	if (!perbyte)
		return;
	bpf_object__close(perbyte->object);
	free(perbyte);
}

int perbyte_fd(const struct perbyte *perbyte)
{
	return perbyte->fd;
}

__u64 perbyte_hits(const struct perbyte *perbyte)
{
	struct bpf_map *map = bpf_object__find_map_by_name(perbyte->object, ".bss");
	__u32 zero = 0;
	__u64 hits = 0;

	if (!map || bpf_map_lookup_elem(bpf_map__fd(map), &zero, &hits))
		die("the hits of the program with one look-up a byte cannot be read");
	return hits;
}
