/* SPDX-License-Identifier: BSD-2-Clause */
/* become.h - from root to who called sudo. */
#ifndef BECOME_H
#define BECOME_H

/*
 * Run by root through sudo: takes on the user, groups, HOME, USER, LOGNAME and SHELL
 * of who called it. Else nothing is changed. Returns 0 or -errno, not logged.
 */
int become_caller(void);

#endif
