/* SPDX-License-Identifier: BSD-2-Clause */
/* tree.h - a fresh cgroup (v2) for one process and all that it starts. */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <sys/types.h>

struct tree {
	int parent;	 /* the directory that holds it: the cgroup of this process */
	int fd;		 /* its own directory */
	int events;	 /* its cgroup.events: POLLPRI when it changes */
	int alive;	 /* held open while this process lives */
	pid_t guard;
	char name[96];
};

#define TREE_CLOSED { -1, -1, -1, -1, 0, "" }

/*
 * Removes what killed runs left, then makes the cgroup; where none is mounted,
 * through a mount that has no place in the file system and ends with this process.
 * Should this process be killed, a guard kills the tree and removes the cgroup.
 * Returns 0, or -errno after logging.
 */
int tree_open(struct tree *tree);

/* fork(), but the child is in the cgroup from its first instruction on. */
pid_t tree_fork(const struct tree *tree);

/* Does no process live in it? */
bool tree_empty(const struct tree *tree);

/* The kernel's number of it. */
unsigned long long tree_id(const struct tree *tree);

/* Removes the cgroup. Processes in it live on, where this process is. Returns how many. */
unsigned tree_close(struct tree *tree);

#endif
