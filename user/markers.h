/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * markers.h - texts that stand around an end-to-end encrypted body inside clear
 * chat: such a packet shows its envelope, not its content.
 */
#ifndef MARKERS_H
#define MARKERS_H

/* At most GL_MARKERS texts of GL_WORD_MAX bytes, then NULL. */
extern const char *const markers_bodies[];

#endif
