/* SPDX-License-Identifier: BSD-2-Clause */
/* unsent.h - what closed TCP sockets still have to send. */
#ifndef UNSENT_H
#define UNSENT_H

#include <stdbool.h>
#include <linux/types.h>

/*
 * Is a socket of this network namespace closed, but not rid of its data? cgroup: id of
 * the cgroup that it belongs to, 0 for any. False where the kernel does not tell.
 */
bool unsent(__u64 cgroup);

#endif
