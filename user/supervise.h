/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * supervise.h - starts COMMAND and stands in its place: signals reach it, and its
 * end is this process's.
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include <signal.h>
#include <sys/resource.h>
#include "control.h"
#include "tree.h"

/* As env(1) and timeout(1) have them. */
enum { SUPERVISE_FAILED = 125, SUPERVISE_NOT_EXECUTABLE = 126, SUPERVISE_NOT_FOUND = 127 };

/*
 * canary: GLASSINE_CANARY of COMMAND, or NULL. tree: NULL without a cgroup. alone: the
 * network namespace holds nobody else.
 */
struct supervised {
	char **argv;
	const char *canary;
	const struct tree *tree;
	bool alone;
	struct control *control;
};

/* What COMMAND is given back; taken before libraries change it. */
struct inherited {
	pid_t parent;
	sigset_t signals;
	void (*on_child)(int);
	void (*on_pipe)(int);
	struct rlimit locked;
};

struct supervisor {
	pid_t pid;	 /* 0 once it has ended */
	int go;		 /* closing it ends a child that has not become COMMAND yet */
	int said;	 /* the child's reports, each a struct said */
	int signals;
	int status;	 /* as a shell's $? */
	bool interrupted; /* a signal came when COMMAND had ended */
	struct inherited inherited;
};

/* Called while COMMAND runs, when fd can be read; fd -1: never. */
struct supervise_source {
	int fd;
	int (*run)(void *context);
	void *context;
};

void supervise_inherit(struct inherited *inherited);

/*
 * Forks, and lets the child send the control text. Returns 0, or -errno after
 * logging. The child waits.
 */
int supervise_start(struct supervisor *supervisor, const struct supervised *what);

/*
 * Lets it become COMMAND, as the user who called sudo. Returns 0, or -errno after
 * logging; supervisor->status is the exit status then.
 */
int supervise_go(struct supervisor *supervisor, const struct supervised *what);

/*
 * Until COMMAND has ended and then, for at most grace seconds, until nothing is left.
 * Returns 0 or what source->run() failed with.
 */
int supervise_wait(struct supervisor *supervisor, const struct supervised *what,
		   const struct supervise_source *source, unsigned grace);

/* Are processes of the tree left, or data that closed sockets of it have not sent? */
bool supervise_left(const struct supervised *what);

void supervise_end(struct supervisor *supervisor);

#endif
