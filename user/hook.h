/* SPDX-License-Identifier: BSD-2-Clause */
/* hook.h - where run's packets come from: COMMAND's cgroup, or what is nearest to it. */
#ifndef HOOK_H
#define HOOK_H

#include "judge.h"
#include "ring.h"
#include "tree.h"

enum hook_mode { HOOK_AUTO, HOOK_CGROUP, HOOK_PACKET, HOOK_NAMESPACE, HOOK_MODES };

struct hook {
	enum hook_mode mode; /* never HOOK_AUTO once open */
	bool outside;	     /* the namespace has a way out */
	struct tree tree;
	struct ring ring;
	struct engine *engine;
};

#define HOOK_CLOSED { .tree = TREE_CLOSED, .ring = RING_CLOSED }

/*
 * Opens the engine, and what feeds it. HOOK_AUTO takes the first mode that this
 * machine permits, and says why not cgroup. Returns 0 or -errno after logging.
 */
int hook_open(struct hook *hook, enum hook_mode wanted, const struct engine_options *options,
	      const struct signatures *set, const struct gl_signatures *compiled);

/* The cgroup of COMMAND, NULL without one. */
const struct tree *hook_tree(const struct hook *hook);

/* Reads what has come. Returns 0, or -errno after logging. */
int hook_run(void *hook);

/* The same, when all has been sent. */
int hook_settle(struct hook *hook);

/* Sentences about what the mode does not see; ended by NULL. */
const char *const *hook_not_covered(const struct hook *hook);

/* Returns how many processes of COMMAND's cgroup live on. */
unsigned hook_close(struct hook *hook);

const char *name_hook(__u32 mode);

/* Half a sentence on what a mode reads. */
const char *explain_hook(const struct hook *hook);

#endif
