/* SPDX-License-Identifier: BSD-2-Clause */
/* attach.h - the only file that attaches, pins, finds and detaches the program. */
#ifndef ATTACH_H
#define ATTACH_H

#include "maps.h"
#include "prog.h"

/* Where the BPF file system is; pins lie under it in glassine/IF/. */
#define ATTACH_BPFFS "/sys/fs/bpf"
void attach_set_bpffs(const char *path);
const char *attach_bpffs(void);

/* What is attached where. */
struct attachment {
	char interface[64];
	int ifindex;		 /* 0: the interface is gone */
	enum gl_mode mode;	 /* GL_MODE_NONE: the program is not on the interface */
	bool dispatcher;	 /* other XDP programs can join */
	bool elsewhere;		 /* the pins are those of another network namespace */
};

struct attach_request {
	const char *interface;
	enum gl_mode mode;	 /* GL_MODE_NONE: native, else generic */
	struct prog_options prog;
	struct word_list *words; /* consumed on success */
};

/*
 * Attaches, with maps initialised, words loaded and everything pinned (folder
 * 0700). Says in a sentence when the mode fell back or no dispatcher is to be
 * had. Returns 0, or -errno after logging: then nothing is attached or pinned.
 */
int attach(const struct attach_request *request, const struct signatures *set,
	   const struct gl_signatures *compiled, struct attachment *out);

/*
 * Attaches both programs of a loaded object of the cgroup hook to a directory of the
 * unified hierarchy. links: two descriptors; closing one detaches its program. Returns
 * 0, or -errno after logging: then nothing is attached.
 */
int attach_cgroup(int cgroup_fd, const struct bpf_object *object, int links[2]);

/* Removes program and pins. 0 also when there was nothing; *was says which. */
int attach_detach(const char *interface, bool *was);

/* Removes pins whose program is on no interface. *count: folders removed. */
int attach_detach_stale(unsigned *count);

/*
 * Opens the pinned maps of an interface after checking their ABI version. write:
 * *lock keeps other writers out until attach_unlock().
 */
int attach_open(const char *interface, bool write, struct maps *maps, int *lock);
void attach_unlock(int lock);

/* Is the program on the interface? 0 and *out, or -ENOENT when nothing is pinned. */
int attach_status(const char *interface, struct attachment *out);

/* What happens to packets, in a sentence for announcements. */
const char *attach_action(bool enforce);

/* Tag of the pinned program, 16 hexadecimal digits; empty when there is none. */
void attach_tag(const char *interface, char tag[17]);

/* Names of the interfaces with pins; array and names are the caller's. */
int attach_list(char ***names, unsigned *count);

#endif
