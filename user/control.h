/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h - a random text that is sent before COMMAND starts: only if it is
 * counted, silence means something afterwards. The report holds nothing of it.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "engine.h"

#define CONTROL_TEXT 32

struct control {
	char text[CONTROL_TEXT + 1];
	__u32 id;
	int outside; /* a socket that does not belong to COMMAND's cgroup */
};

/* Hits when it was read in both directions. */
#define CONTROL_HITS 2u

/* Makes the text and adds it to list. Returns 0 or -errno after logging. */
int control_make(struct control *control, struct word_list *list);

/* In the process that is not watched, before the other one is made. Returns 0 or -errno. */
int control_open(struct control *control);

/*
 * In the process that is watched: sends the text over loopback, and receives it.
 * Returns 0 or -errno.
 */
int control_send(const struct control *control);

__u64 control_hits(const struct control *control, const struct snapshot *snapshot);

/* Takes what was counted up to before, and the text, out of snapshot. */
void control_subtract(const struct control *control, const struct snapshot *before,
		      struct snapshot *snapshot);

#endif
