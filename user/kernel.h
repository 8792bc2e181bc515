/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel.h - what engines over programs in the kernel share; for them only. */
#ifndef KERNEL_H
#define KERNEL_H

#include "engine_impl.h"
#include "prog.h"

struct kernel {
	struct engine engine;
	struct bpf_object *object;
	struct maps maps;
	struct gl_replay *replay;	 /* the map's page */
	int fd;				 /* of the object's first program */
	int links[2];			 /* to a cgroup, -1 without one */
	__u32 generation;
};

/*
 * Loads a hook's object, with signatures and no words. Of prog, flows, words and scan
 * are filled in from the options. Returns 0, or -errno after logging.
 */
int kernel_open(const struct engine_ops *ops, const char *hook, struct prog_options *prog,
		const struct engine_options *options, const struct signatures *set,
		const struct gl_signatures *compiled, struct kernel **out);

int kernel_load_words(struct engine *engine, struct word_list *list);
int kernel_read(struct engine *engine, struct snapshot *snapshot);
void kernel_close(struct engine *engine);

#endif
