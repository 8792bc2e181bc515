/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup.h - the engine that watches what one cgroup sends and receives: the same
 * path, as two cgroup_skb programs.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "engine.h"

/*
 * Opens an engine as engine.h says, and attaches it to a directory of the unified
 * cgroup hierarchy (v2). The descriptor stays the caller's and may be closed. Packets
 * come from the kernel: engine_run() answers -ENOTSUP. They all pass: enforce is ignored,
 * and block-list words count as would_drop. Words are to be loaded once, as places are
 * told by their ids. engine_close() detaches, and so does the end of this process.
 */
int engine_open_cgroup(const struct engine_options *options, const struct signatures *set,
		       const struct gl_signatures *compiled, int cgroup_fd, struct engine **out);

#endif
