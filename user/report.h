/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - a snapshot as a table for people or JSON for programs. Pure. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>
#include "judge.h"
#include "snapshot.h"

/* Colours are used only when this is set (a terminal, and NO_COLOR is not). */
bool report_colour(FILE *out);

/* The JSON object of schema 1, one line per list row, a newline at the end. */
int report_json(FILE *out, const struct snapshot *snapshot, bool flows);

/* The same with a member "judgement" when there is one. */
int report_json_judged(FILE *out, const struct snapshot *snapshot, bool flows,
		       const struct judgement *judgement);

/*
 * For people: what was seen, what became of it (outcomes), protocols, exposure,
 * words, and the three sentences that must stand beside a level. No address.
 */
int report_text(FILE *out, const struct snapshot *snapshot, bool colour);

/* One line a flow, with addresses; words only as a number of hits. */
int report_flows(FILE *out, const struct snapshot *snapshot, bool colour);

/*
 * What a command prints of a snapshot: JSON (judgement: NULL without one) or text, in
 * colour where out shows it; flows in either. Returns 0 or -errno.
 */
int report_print(FILE *out, const struct snapshot *snapshot, bool json, bool flows,
		 const struct judgement *judgement);

#endif
