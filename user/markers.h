/* SPDX-License-Identifier: BSD-2-Clause */
/* markers.h - user/marks.yaml as C: the build makes marks.inc of it. Data only. */
#ifndef MARKERS_H
#define MARKERS_H

#include "words.h"

/* In the file's order; ended by a NULL text. */
extern const struct mark markers[];

#endif
