/* SPDX-License-Identifier: BSD-2-Clause */
/* markup.h - a judgement as a page and as test results. Text of any origin is escaped. */
#ifndef MARKUP_H
#define MARKUP_H

#include <stdio.h>
#include "judge.h"

/* One page that needs nothing else and runs nothing. Returns 0 or -errno of the stream. */
int markup_html(FILE *out, const struct snapshot *snapshot, const struct judgement *judgement);

/* JUnit XML: a test case for each canary, the limit, and for what was inspected. */
int markup_junit(FILE *out, const struct snapshot *snapshot, const struct judgement *judgement);

#endif
