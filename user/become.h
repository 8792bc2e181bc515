/* SPDX-License-Identifier: BSD-2-Clause */
/* become.h - from root to who called sudo. */
#ifndef BECOME_H
#define BECOME_H

/*
 * Run by root through sudo: takes on the user and groups of who called it, and the
 * environment: what sudo was started with, and what was added since. Else nothing is
 * changed. Returns 0 or -errno, not logged.
 */
int become_caller(void);

#endif
