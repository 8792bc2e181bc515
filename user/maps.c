/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.h"
#include "markers.h"
#include "maps.h"
#include "names_btf.h"

/* Times to read a CPU's counters before giving up; 0.8 % of reads need a second. */
#define READ_TRIES 10000
/* Times to read the words before giving up: each failure is a list that was replaced. */
#define LOADED_TRIES 100
/* A word table may have a quarter of a gigabyte: a reader maps what it needs of it. */
#define WORDS_FLAGS BPF_F_MMAPABLE

static const struct {
	const char *name;
	size_t at;		 /* of the descriptor in struct maps */
} shared[] = {
	{ GL_MAP_TOTAL, offsetof(struct maps, total) },
	{ GL_MAP_FLOWS, offsetof(struct maps, flows) },
	{ GL_MAP_WORDS, offsetof(struct maps, words) },
	{ GL_MAP_WORD_COUNTS, offsetof(struct maps, word_counts) },
	{ GL_MAP_WORD_TABLES, offsetof(struct maps, word_tables) },
	{ GL_MAP_SIGNATURES, offsetof(struct maps, signatures) },
	{ GL_MAP_LABELS, offsetof(struct maps, labels) },
	{ GL_MAP_META, offsetof(struct maps, meta) },
};

#define SHARED (sizeof(shared) / sizeof(*shared))

static int *shared_fd(struct maps *maps, size_t i)
{
	return (int *)((char *)maps + shared[i].at);
}

/* The kernel takes only tables that are like this one. */
static int set_word_table(struct bpf_object *object, __u32 size)
{
	struct bpf_map *outer = bpf_object__find_map_by_name(object, GL_MAP_WORD_TABLES);
	struct bpf_map *inner = outer ? bpf_map__inner_map(outer) : NULL;
	int err = inner ? bpf_map__set_value_size(inner, size) : -ENOENT;

	return err ? err : bpf_map__set_map_flags(inner, WORDS_FLAGS);
}

static int set_entries(struct bpf_object *object, const char *name, __u32 entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__set_max_entries(map, entries) : -ENOENT;
}

int maps_prepare(struct bpf_object *object, __u32 flows, const struct automaton_size *words,
		 const struct signatures *set)
{
	int err = set_entries(object, GL_MAP_FLOWS, flows);

	if (!err)
		/* Old and new words side by side while a list is replaced. */
		err = set_entries(object, GL_MAP_WORDS, MAPS_WORD_IDS(words->capacity));
	if (!err)
		err = set_entries(object, GL_MAP_WORD_COUNTS, MAPS_WORD_IDS(words->capacity));
	if (!err)
		err = set_word_table(object, automaton_table_size(words->cells));
	if (err)
		return log_error(err, "the maps cannot be sized for %u flows and %u words: %s",
				 flows, words->capacity, strerror(-err));
	return names_btf_write(bpf_object__btf(object), set);
}

/* A descriptor of a map, or -1. Not for programs that this process starts. */
static int own_fd(const struct bpf_object *object, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3) : -1;
}

int maps_from_object(const struct bpf_object *object, struct maps *maps)
{
	struct maps found = MAPS_CLOSED;

	for (size_t i = 0; i < SHARED; i++) {
		*shared_fd(&found, i) = own_fd(object, shared[i].name);
		if (*shared_fd(&found, i) < 0) {
			maps_close(&found);
			return log_error(-EIO, "the program has no map %s", shared[i].name);
		}
	}
	found.replay = own_fd(object, "replay");
	found.places = own_fd(object, GL_MAP_PLACES);
	*maps = found;
	return 0;
}

/* A new table of the outer map's size class, filled and put in place. */
static int swap_table(int outer, const char *name, const void *value, __u32 size, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, size, 1, &options);
	__u32 zero = 0;
	int err;

	if (inner < 0)
		return log_error(inner, "a table of %u bytes cannot be created: %s", size,
				 strerror(-inner));
	err = bpf_map_update_elem(inner, &zero, value, BPF_ANY);
	if (!err)
		err = bpf_map_update_elem(outer, &zero, &inner, BPF_ANY);
	close(inner);
	if (err)
		return log_error(err, "the new %s table cannot be put in place: %s", name,
				 strerror(-err));
	return 0;
}

static int name_rows(const struct maps *maps)
{
	int cpus = libbpf_num_possible_cpus();
	struct gl_total *totals = cpus > 0 ? calloc(cpus, sizeof(*totals)) : NULL;
	__u32 zero = 0;
	int err = -ENOMEM;

	if (!totals)
		return log_error(err, "not enough memory for the counters of %d CPUs", cpus);
	for (int cpu = 0; cpu < cpus; cpu++) {
		struct gl_total *total = &totals[cpu];

		for (__u32 i = 0; i < GL_OUTCOMES; i++)
			total->outcome[i].name = i;
		for (__u32 i = 0; i < GL_VERDICTS; i++)
			total->verdict[i].name = i;
		for (__u32 i = 0; i < GL_PROTOCOLS; i++)
			total->protocol[i].name = i;
		for (__u32 i = 0; i < GL_SERVICES; i++)
			total->service[i].name = i;
		for (__u32 i = 0; i < GL_LEVELS; i++)
			total->exposure[i].level = i;
		for (__u32 i = 0; i < GL_LIST_MAX; i++)
			total->list[i].name = i;
	}
	err = bpf_map_update_elem(maps->total, &zero, totals, BPF_ANY);
	free(totals);
	return err ? log_error(err, "the counters cannot be initialised: %s", strerror(-err)) : 0;
}

int maps_initialise(const struct maps *maps, const struct gl_signatures *compiled,
		    const struct automaton_size *size)
{
	struct word_list none = { .marks = markers };
	__u32 bytes = automaton_table_size(size->cells);
	void *table = calloc(1, bytes);
	int err = table ? automaton_build(&none, 0, size, table) : -ENOMEM;

	if (!err)
		err = name_rows(maps);
	if (!err)
		err = swap_table(maps->signatures, "signatures", compiled, sizeof(*compiled), 0);
	if (!err)
		err = swap_table(maps->word_tables, "words", table, bytes, WORDS_FLAGS);
	free(table);
	return err;
}

int maps_pin(const struct bpf_object *object, const char *folder)
{
	char path[512];
	int err = 0;

	for (size_t i = 0; i < SHARED && !err; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, shared[i].name);

		snprintf(path, sizeof(path), "%s/%s", folder, shared[i].name);
		err = map ? bpf_obj_pin(bpf_map__fd(map), path) : -ENOENT;
		if (err)
			log_error(err, "%s cannot be pinned: %s", path, strerror(-err));
	}
	if (err)
		maps_unpin(folder);
	return err;
}

int maps_open(const char *folder, struct maps *maps)
{
	struct maps found = MAPS_CLOSED;
	char path[512];

	for (size_t i = 0; i < SHARED; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", folder, shared[i].name);
		fd = bpf_obj_get(path);
		if (fd < 0) {
			maps_close(&found);
			return log_error(fd, "%s cannot be opened: %s", path, strerror(-fd));
		}
		*shared_fd(&found, i) = fd;
	}
	*maps = found;
	return 0;
}

void maps_unpin(const char *folder)
{
	char path[512];

	for (size_t i = 0; i < SHARED; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, shared[i].name);
		unlink(path);
	}
}

void maps_close(struct maps *maps)
{
	struct maps closed = MAPS_CLOSED;

	for (size_t i = 0; i < SHARED; i++)
		if (*shared_fd(maps, i) >= 0)
			close(*shared_fd(maps, i));
	if (maps->replay >= 0)
		close(maps->replay);
	if (maps->places >= 0)
		close(maps->places);
	*maps = closed;
}

/* Another version's value may be longer, or shorter, than ours. */
int maps_read_meta(const struct maps *maps, struct gl_meta *meta)
{
	struct bpf_map_info info = { 0 };
	__u32 zero = 0, size = sizeof(info);
	void *value = NULL;
	int err = bpf_obj_get_info_by_fd(maps->meta, &info, &size);

	if (!err) {
		value = calloc(1, info.value_size + sizeof(*meta));
		err = value ? bpf_map_lookup_elem(maps->meta, &zero, value) : -ENOMEM;
	}
	if (!err)
		memcpy(meta, value, sizeof(*meta));
	free(value);
	return err ? log_error(err, "the map meta cannot be read: %s", strerror(-err)) : 0;
}

int maps_write_meta(const struct maps *maps, const struct gl_meta *meta)
{
	__u32 zero = 0;
	int err = bpf_map_update_elem(maps->meta, &zero, meta, BPF_ANY);

	return err ? log_error(err, "the map meta cannot be written: %s", strerror(-err)) : 0;
}

/*
 * The words that the table in place looks for, in the order of the list. The map
 * words may hold others: of a load that goes on at this moment, or of one that was
 * killed. What is active is decided by the table alone, which is one write.
 */
struct loaded {
	struct gl_word_key *keys;
	struct gl_word *values;
	__u32 count;
	__u32 generation;
	struct snapshot_table table;
};

/* What is read of a word table: the header's first fields, and the words in order. */
struct table_head {
	struct gl_words_header header;
	__u64 words[];
};

static void loaded_free(struct loaded *loaded)
{
	free(loaded->keys);
	free(loaded->values);
	memset(loaded, 0, sizeof(*loaded));
}

/* Opens the word table in place. Gone between the two calls: a load replaced it. */
static int open_table(const struct maps *maps, __u32 size)
{
	struct bpf_map_info info = { 0 };
	__u32 zero = 0, id, info_size = sizeof(info);
	int inner = -ENOENT, err;

	for (int try = 0; inner == -ENOENT && try < READ_TRIES; try++) {
		inner = bpf_map_lookup_elem(maps->word_tables, &zero, &id);
		if (!inner)
			inner = bpf_map_get_fd_by_id(id);
	}
	if (inner < 0)
		return inner;
	err = bpf_obj_get_info_by_fd(inner, &info, &info_size);
	if (!err && info.value_size != size)
		err = -EMSGSIZE;
	if (err)
		close(inner);
	return err ? err : inner;
}

/* Copies some bytes of a table. Only whole pages can be mapped. */
static int read_part(int table, size_t at, void *to, size_t size)
{
	size_t before = at % (size_t)getpagesize();
	char *pages;

	if (!size)
		return 0;
	pages = mmap(NULL, before + size, PROT_READ, MAP_SHARED, table, (off_t)(at - before));
	if (pages == MAP_FAILED)
		return -errno;
	memcpy(to, pages + before, size);
	munmap(pages, before + size);
	return 0;
}

static int read_table(const struct maps *maps, const struct automaton_size *size,
		      struct table_head *head, __u32 *count)
{
	const struct gl_words_header *header = &head->header;
	int table = open_table(maps, automaton_table_size(size->cells));
	int err = table < 0 ? table :
		  read_part(table, 0, head, offsetof(struct gl_words_header, cls));

	if (!err) {
		*count = header->words < size->capacity ? header->words : size->capacity;
		if (header->words_at > size->cells - *count)
			err = -EINVAL;
	}
	if (!err)
		err = read_part(table, GL_WORDS_OFF_CELLS + 8ull * header->words_at, head->words,
				*count * sizeof(*head->words));
	if (table >= 0)
		close(table);
	return err ? log_error(err, "the word table cannot be read (%s); detach and attach again",
			       strerror(-err)) : 0;
}

/*
 * Fills in what the map words knows of the table's words. Deleting makes a walk
 * start over, so entries may come twice. Returns how many were found.
 */
static __u32 find_words(const struct maps *maps, __u32 capacity, const __u32 *place,
			const __u64 *words, struct loaded *loaded)
{
	__u32 ids = MAPS_WORD_IDS(capacity), found = 0;
	struct gl_word_key key, last;
	struct gl_word value;
	bool first = true;

	for (__u32 i = 0; i < 2 * ids && found < loaded->count; i++) {
		if (bpf_map_get_next_key(maps->words, first ? NULL : &last, &key))
			break;
		last = key;
		first = false;
		if (bpf_map_lookup_elem(maps->words, &key, &value) || value.id >= ids)
			continue;
		__u32 at = place[value.id];

		if (!at-- || *loaded->keys[at].word)
			continue;
		value.position = at;
		value.list = words[at] >> 32;
		loaded->keys[at] = key;
		loaded->values[at] = value;
		found++;
	}
	return found;
}

/* One look at table and map. Returns 0, 1 when a load changed them meanwhile, or -errno. */
static int read_once(const struct maps *maps, const struct automaton_size *size,
		     struct table_head *head, __u32 *place, struct loaded *loaded)
{
	const struct gl_words_header *header = &head->header;
	__u32 capacity = size->capacity, ids = MAPS_WORD_IDS(capacity);
	int err = read_table(maps, size, head, &loaded->count);

	if (err)
		return err;
	memset(place, 0, ids * sizeof(*place));
	memset(loaded->keys, 0, (capacity + 1) * sizeof(*loaded->keys));
	loaded->generation = header->generation;
	loaded->table = (struct snapshot_table){ .patterns = header->patterns,
						 .cells_used = header->cells_used,
						 .encodings = header->encodings,
						 .build_us = header->build_us,
						 .loaded = header->loaded };
	for (__u32 i = 0; i < loaded->count; i++)
		if ((__u32)head->words[i] < ids)
			place[(__u32)head->words[i]] = i + 1;
	return find_words(maps, capacity, place, head->words, loaded) != loaded->count;
}

static int read_loaded(const struct maps *maps, const struct automaton_size *size,
		       struct loaded *out)
{
	__u32 capacity = size->capacity;
	struct loaded loaded = { .keys = calloc(capacity + 1, sizeof(*loaded.keys)),
				 .values = calloc(capacity + 1, sizeof(*loaded.values)) };
	__u32 *place = calloc(MAPS_WORD_IDS(capacity), sizeof(*place));
	struct table_head *head = malloc(sizeof(*head) + capacity * sizeof(*head->words));
	int err = 1;

	if (!loaded.keys || !loaded.values || !place || !head)
		err = log_error(-ENOMEM, "not enough memory for %u words", capacity);
	for (int try = 0; err > 0 && try < LOADED_TRIES; try++)
		err = read_once(maps, size, head, place, &loaded);
	if (err > 0)
		err = log_error(-EAGAIN, "no consistent copy of the words in %d tries; load them "
				"again", LOADED_TRIES);
	free(place);
	free(head);
	if (err)
		loaded_free(&loaded);
	else
		*out = loaded;
	return err;
}

static void word_key(struct gl_word_key *key, const char *text)
{
	memset(key, 0, sizeof(*key));
	memcpy(key->word, text, strnlen(text, GL_WORD_MAX));
}

/* Of each id, while a list is replaced. */
enum id_use { ID_FREE, ID_NEW, ID_IN_PLACE };

/* Removes the entries of words whose ids are in less use. Only for who has the lock. */
static void drop_words(const struct maps *maps, const char *used, __u32 ids,
		       enum id_use least)
{
	struct gl_word_key key, last;
	struct gl_word value;
	bool first = true;

	while (!bpf_map_get_next_key(maps->words, first ? NULL : &last, &key)) {
		if (!bpf_map_lookup_elem(maps->words, &key, &value) &&
		    (value.id >= ids || used[value.id] < (char)least)) {
			bpf_map_delete_elem(maps->words, &key);
			continue;
		}
		last = key;
		first = false;
	}
}

/*
 * The words in place keep their ids, new ones get free ids. Writes nothing but list
 * and used. Words of a load that was killed are in the map, but their ids are free.
 */
static void assign_ids(const struct maps *maps, struct word_list *list, char *used, __u32 ids)
{
	__u32 next = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct gl_word_key key;
		struct gl_word known;

		word_key(&key, list->words[i].text);
		if (!bpf_map_lookup_elem(maps->words, &key, &known) && known.id < ids &&
		    used[known.id] == ID_IN_PLACE) {
			list->words[i].id = known.id;
			continue;
		}
		while (next < ids - 1 && used[next])
			next++;
		used[next] = ID_NEW;
		list->words[i].id = next;
	}
}

/* Before a packet can count into them. */
static int zero_counts(const struct maps *maps, const char *used, __u32 ids)
{
	static const struct gl_word_count zero;
	int err = 0;

	for (__u32 id = 0; id < ids && !err; id++)
		if (used[id] == ID_NEW)
			err = bpf_map_update_elem(maps->word_counts, &id, &zero, BPF_ANY);
	return err ? log_error(err, "word counters cannot be reset: %s", strerror(-err)) : 0;
}

/* Writes the list into the map words: all of it, or only what is not there yet. */
static int publish_words(const struct maps *maps, const struct word_list *list,
			 __u32 generation, __u64 flags)
{
	struct gl_word value;
	struct gl_word_key key;
	int err = 0;

	for (size_t i = 0; i < list->count && !err; i++) {
		const struct word *word = &list->words[i];

		memset(&value, 0, sizeof(value));
		value.id = word->id;
		value.list = word->list;
		value.generation = generation;
		value.position = i;
		memcpy(value.label, word->label, sizeof(value.label));
		word_key(&key, word->text);
		err = bpf_map_update_elem(maps->words, &key, &value, flags);
		if (err == -EEXIST && flags == BPF_NOEXIST)
			err = 0;
	}
	return err ? log_error(err, "the map words cannot be written: %s", strerror(-err)) : 0;
}

/*
 * Leftovers leave the map, the new words join the old ones, the table is swapped, the
 * old words leave. Killed at any point, table and map say the same to read_loaded().
 */
static int swap_words(const struct maps *maps, const struct word_list *list, char *used,
		      __u32 ids, __u32 generation, void *table, __u32 size)
{
	int err;

	drop_words(maps, used, ids, ID_IN_PLACE);
	err = zero_counts(maps, used, ids);
	if (!err)
		err = publish_words(maps, list, generation, BPF_NOEXIST);
	if (!err)
		err = swap_table(maps->word_tables, "words", table, size, WORDS_FLAGS);
	if (!err)
		err = publish_words(maps, list, generation, BPF_ANY);
	if (err)
		return err;
	memset(used, 0, ids);
	for (size_t i = 0; i < list->count; i++)
		used[list->words[i].id] = ID_NEW;
	drop_words(maps, used, ids, ID_NEW);
	return 0;
}

int maps_load_words(const struct maps *maps, struct word_list *list,
		    const struct automaton_size *size, __u32 *generation)
{
	__u32 ids = MAPS_WORD_IDS(size->capacity), bytes = automaton_table_size(size->cells);
	struct loaded old = { 0 };
	char *used = calloc(ids, 1);
	void *table = calloc(1, bytes);
	int err = used && table ? 0 : log_error(-ENOMEM, "not enough memory for a table of %u "
						"bytes", bytes);

	if (!err)
		err = read_loaded(maps, size, &old);
	for (__u32 i = 0; i < old.count; i++)
		used[old.values[i].id] = ID_IN_PLACE;
	if (!err) {
		assign_ids(maps, list, used, ids);
		list->marks = markers;
		err = automaton_build(list, old.generation + 1, size, table);
	}
	if (!err)
		err = swap_words(maps, list, used, ids, old.generation + 1, table, bytes);
	if (!err)
		*generation = old.generation + 1;
	free(used);
	free(table);
	loaded_free(&old);
	return err;
}

static void add_total(struct gl_total *sum, const struct gl_total *one)
{
	sum->seen_packets += one->seen_packets;
	sum->seen_bytes += one->seen_bytes;
#define ADD(row)                                            \
	do {                                                \
		sum->row.packets += one->row.packets;       \
		sum->row.bytes += one->row.bytes;           \
	} while (0)
	for (__u32 i = 0; i < GL_OUTCOMES; i++)
		ADD(outcome[i]);
	for (__u32 i = 0; i < GL_VERDICTS; i++)
		ADD(verdict[i]);
	for (__u32 i = 0; i < GL_PROTOCOLS; i++) {
		ADD(protocol[i]);
		sum->protocol[i].flows += one->protocol[i].flows;
		sum->protocol[i].hits += one->protocol[i].hits;
	}
	for (__u32 i = 0; i < GL_SERVICES; i++) {
		ADD(service[i]);
		sum->service[i].flows += one->service[i].flows;
	}
	for (__u32 i = 0; i < GL_LEVELS; i++) {
		ADD(exposure[i]);
		sum->exposure[i].flows += one->exposure[i].flows;
	}
	for (__u32 i = 0; i < GL_LIST_MAX; i++) {
		sum->list[i].hits += one->list[i].hits;
		sum->list[i].packets += one->list[i].packets;
		sum->list[i].flows += one->list[i].flows;
	}
#undef ADD
}

int maps_read_total(const struct maps *maps, struct gl_total *total)
{
	int cpus = libbpf_num_possible_cpus(), left = cpus, err = 0;
	struct gl_total *copies = cpus > 0 ? calloc(cpus, sizeof(*copies)) : NULL;
	char *accepted = cpus > 0 ? calloc(cpus, 1) : NULL;
	struct gl_total sum = { 0 };
	__u32 zero = 0;

	if (!copies || !accepted)
		err = log_error(-ENOMEM, "not enough memory for the counters of %d CPUs", cpus);
	for (int try = 0; left && !err && try < READ_TRIES; try++) {
		err = bpf_map_lookup_elem(maps->total, &zero, copies);
		if (err)
			log_error(err, "the counters cannot be read: %s", strerror(-err));
		for (int cpu = 0; cpu < cpus && !err; cpu++) {
			if (accepted[cpu] || copies[cpu].done != copies[cpu].start)
				continue;
			accepted[cpu] = 1;
			left--;
			add_total(&sum, &copies[cpu]);
		}
	}
	if (!err && left)
		err = log_error(-EAGAIN, "no consistent copy of the counters in %d tries; "
				"try again", READ_TRIES);
	if (!err)
		*total = sum;
	free(copies);
	free(accepted);
	return err;
}

static int read_words(const struct maps *maps, const struct automaton_size *size,
		      struct snapshot *snapshot)
{
	struct loaded loaded = { 0 };
	int err = read_loaded(maps, size, &loaded);

	if (err)
		return err;
	snapshot->words_generation = loaded.generation;
	snapshot->table = loaded.table;
	snapshot->words = calloc(loaded.count + 1, sizeof(*snapshot->words));
	if (!snapshot->words)
		err = log_error(-ENOMEM, "not enough memory for %u words", loaded.count);
	for (__u32 i = 0; i < loaded.count && !err; i++) {
		struct snapshot_word *word = &snapshot->words[snapshot->word_count++];

		memcpy(word->word.text, loaded.keys[i].word, sizeof(word->word.text));
		memcpy(word->word.label, loaded.values[i].label, sizeof(word->word.label));
		word->word.list = loaded.values[i].list;
		word->word.id = loaded.values[i].id;
		word->position = loaded.values[i].position;
		err = bpf_map_lookup_elem(maps->word_counts, &word->word.id, &word->count);
		if (err)
			log_error(err, "a word counter cannot be read: %s", strerror(-err));
	}
	loaded_free(&loaded);
	return err;
}

/* Entries that one batch can take: more than a hash bucket ever holds. */
#define BATCH 4096u

/* Takes a batch of a map's entries into the snapshot. */
typedef int append_fn(struct snapshot *snapshot, const void *keys, const void *values,
		      __u32 count);

static int append_flows(struct snapshot *snapshot, const void *keys, const void *values,
			__u32 count)
{
	size_t room = snapshot->flow_count + count;
	struct snapshot_flow *all = aligned_alloc(64, (room + 1) * sizeof(*all));
	const struct gl_flow *flows = values;

	(void)keys;
	if (!all)
		return log_error(-ENOMEM, "not enough memory for %zu flows", room);
	if (snapshot->flow_count)
		memcpy(all, snapshot->flows, snapshot->flow_count * sizeof(*all));
	for (__u32 i = 0; i < count; i++) {
		all[snapshot->flow_count].flow = flows[i];
		snapshot_settle(&all[snapshot->flow_count++]);
	}
	free(snapshot->flows);
	snapshot->flows = all;
	return 0;
}

static int append_places(struct snapshot *snapshot, const void *keys, const void *values,
			 __u32 count)
{
	size_t room = snapshot->place_count + count;
	struct snapshot_place *all = realloc(snapshot->places, (room + 1) * sizeof(*all));
	const struct gl_place_key *key = keys;
	const struct gl_place *place = values;

	if (!all)
		return log_error(-ENOMEM, "not enough memory for %zu places", room);
	snapshot->places = all;
	for (__u32 i = 0; i < count; i++)
		all[snapshot->place_count++] =
			(struct snapshot_place){ .key = key[i], .place = place[i] };
	return 0;
}

/* In batches: walking by key starts over whenever an entry is evicted. */
static int read_entries(int map, const char *name, size_t key_size, size_t value_size,
			append_fn *append, struct snapshot *snapshot)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	void *keys = calloc(BATCH, key_size), *values = aligned_alloc(64, BATCH * value_size);
	__u64 position = 0;
	__u32 count;
	bool first = true, last = false;
	int err = 0;

	if (!keys || !values)
		err = log_error(-ENOMEM, "not enough memory to read %s", name);
	while (!err && !last) {
		count = BATCH;
		err = bpf_map_lookup_batch(map, first ? NULL : &position, &position, keys, values,
					   &count, &options);
		first = false;
		last = err == -ENOENT;
		if (err && !last)
			log_error(err, "the %s cannot be read: %s", name, strerror(-err));
		else
			err = count ? append(snapshot, keys, values, count) : 0;
	}
	free(keys);
	free(values);
	return err;
}

int maps_read_snapshot(const struct maps *maps, bool flows, struct snapshot *snapshot)
{
	struct automaton_size size;
	struct gl_meta meta;
	int err = maps_read_meta(maps, &meta);

	if (!err)
		err = maps_read_total(maps, &snapshot->total);
	size = maps_word_size(&meta);
	if (!err)
		err = read_words(maps, &size, snapshot);
	if (!err && flows)
		err = read_entries(maps->flows, GL_MAP_FLOWS, sizeof(__u64), sizeof(struct gl_flow),
				   append_flows, snapshot);
	if (!err && flows && maps->places >= 0)
		err = read_entries(maps->places, GL_MAP_PLACES, sizeof(struct gl_place_key),
				   sizeof(struct gl_place), append_places, snapshot);
	if (err)
		snapshot_free(snapshot);
	return err;
}

struct automaton_size maps_word_size(const struct gl_meta *meta)
{
	return (struct automaton_size){ .capacity = meta->capacity,
					.encodings = meta->encodings,
					.cells = meta->cells };
}

int maps_read_protocols(const struct maps *maps, char *names[GL_PROTOCOLS])
{
	struct gl_label label;

	for (__u32 i = 0; i < GL_PROTOCOLS; i++) {
		int err = bpf_map_lookup_elem(maps->labels, &i, &label);

		if (err)
			return log_error(err, "the map labels cannot be read: %s", strerror(-err));
		label.name[sizeof(label.name) - 1] = '\0';
		names[i] = *label.name ? strdup(label.name) : NULL;
	}
	return 0;
}

int maps_write_protocols(const struct maps *maps, const struct signatures *set)
{
	for (__u32 i = 0; i < GL_PROTOCOLS; i++) {
		const char *name = signatures_protocol(set, i);
		struct gl_label label = { 0 };
		int err;

		if (name)
			memcpy(label.name, name, strnlen(name, sizeof(label.name) - 1));
		err = bpf_map_update_elem(maps->labels, &i, &label, BPF_ANY);
		if (err)
			return log_error(err, "the map labels cannot be written: %s",
					 strerror(-err));
	}
	return 0;
}

int maps_read_generation(const struct maps *maps, __u32 *generation)
{
	struct gl_signatures *now = calloc(1, sizeof(*now));
	__u32 zero = 0, id = 0;
	int inner = -1, err = now ? bpf_map_lookup_elem(maps->signatures, &zero, &id) : -ENOMEM;

	if (!err)
		inner = bpf_map_get_fd_by_id(id);
	if (!err)
		err = inner < 0 ? inner : bpf_map_lookup_elem(inner, &zero, now);
	if (!err)
		*generation = now->generation;
	if (inner >= 0)
		close(inner);
	free(now);
	return err ? log_error(err, "the signatures in place cannot be read: %s", strerror(-err)) :
		     0;
}

int maps_load_signatures(const struct maps *maps, const struct signatures *set,
			 const struct gl_signatures *compiled)
{
	struct gl_meta meta;
	int err = maps_read_meta(maps, &meta);

	if (!err)
		err = maps_write_protocols(maps, set);
	if (err)
		return err;
	meta.protocols = signatures_protocols(set);
	err = maps_write_meta(maps, &meta);
	return err ? err :
		     swap_table(maps->signatures, "signatures", compiled, sizeof(*compiled), 0);
}
