/* SPDX-License-Identifier: BSD-2-Clause */
/* markers.h - texts in clear payload that say what a body is. Data only. */
#ifndef MARKERS_H
#define MARKERS_H

#include "words.h"

/* Ended by a NULL text; at most GL_MARKERS. */
extern const struct mark markers_bodies[];

#endif
