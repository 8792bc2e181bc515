/* SPDX-License-Identifier: BSD-2-Clause */
/* maps.h - the only caller of bpf_map_*: reading and writing what the path shares. */
#ifndef MAPS_H
#define MAPS_H

#include "snapshot.h"
#include "signatures.h"
#include "automaton.h"

struct bpf_object;

/* File descriptors, -1 when not open. */
struct maps {
	int total;
	int flows;
	int words;
	int word_counts;
	int word_tables;
	int signatures;
	int labels;
	int meta;
	int replay;
	int places;	 /* of a cgroup's program only */
};

#define MAPS_CLOSED { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }

/* Ids of words are below this; twice the capacity, so that a reload never has
 * to reuse an id that a packet may still be counting. */
#define MAPS_WORD_IDS(capacity) (2 * (capacity))

/*
 * Before load: sizes the maps of object for flows entries and so many words,
 * and writes the protocols' names into its BTF. Returns 0 or -errno (logged).
 */
int maps_prepare(struct bpf_object *object, __u32 flows, const struct automaton_size *words,
		 const struct signatures *set);

/* After load: duplicates the descriptors of the object's maps. */
int maps_from_object(const struct bpf_object *object, struct maps *maps);

/* Writes the names of the set's protocols. */
int maps_write_protocols(const struct maps *maps, const struct signatures *set);

/* Names the counter rows, stores the signatures and an empty word list. */
int maps_initialise(const struct maps *maps, const struct gl_signatures *compiled,
		    const struct automaton_size *size);

/* Pins into, opens from and removes from a folder. open logs what is missing. */
int maps_pin(const struct bpf_object *object, const char *folder);
int maps_open(const char *folder, struct maps *maps);
void maps_unpin(const char *folder);
void maps_close(struct maps *maps);

int maps_read_meta(const struct maps *maps, struct gl_meta *meta);
int maps_write_meta(const struct maps *maps, const struct gl_meta *meta);

/* What the filter was attached for. */
struct automaton_size maps_word_size(const struct gl_meta *meta);

/*
 * Replaces the word list in one write: a packet sees the old list or the new
 * one. Words that stay keep their ids and counts. Fails (logged) before the
 * write, or not at all.
 */
int maps_load_words(const struct maps *maps, struct word_list *list,
		    const struct automaton_size *size, __u32 *generation);

/* Sum of consistent copies of each CPU's counters; the law holds in each. */
int maps_read_total(const struct maps *maps, struct gl_total *total);

/*
 * total, words and, if asked, flows and what places there are. Returns 0 or -errno after
 * logging.
 */
int maps_read_snapshot(const struct maps *maps, bool flows, struct snapshot *snapshot);

/* Generation of the signatures in place. */
int maps_read_generation(const struct maps *maps, __u32 *generation);

/*
 * Replaces the signatures in one write, and before it the names. Fails (logged)
 * before the write, or not at all.
 */
int maps_load_signatures(const struct maps *maps, const struct signatures *set,
			 const struct gl_signatures *compiled);

/* Label names by number, NULL without one. Each name is the caller's. */
int maps_read_protocols(const struct maps *maps, char *names[GL_PROTOCOLS]);

#endif
