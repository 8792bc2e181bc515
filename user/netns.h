/* SPDX-License-Identifier: BSD-2-Clause */
/* netns.h - a network of its own for this process, without any privilege. */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>

/*
 * Puts this process into a new user and network namespace with loopback up, and
 * where pasta(1) is installed, *outside: with a way out. Returns 0 or -errno, not
 * logged; there may be no way back then.
 */
int netns_enter(bool *outside);

#endif
