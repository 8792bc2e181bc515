/* SPDX-License-Identifier: BSD-2-Clause */
/* verdict.h - a judgement for people, for programs, and in single lines. Pure. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdio.h>
#include "json.h"
#include "judge.h"

#define VERDICT_LINE 512 /* bytes that each of the sentences fits in */

/* "canary 1 was read 12 times", "nothing can be said: ..."; what comes first. */
char *verdict_headline(char out[VERDICT_LINE], const struct judgement *judgement);

/* "client to server"; "" where it is not known. */
const char *verdict_direction(enum judge_direction direction);

/* The protocol, or that where is not known, of all of that canary's hits or of these. */
const char *verdict_place(const struct judgement *judgement, const struct judge_leak *leak);

/* "192.0.2.1:80", "[fd99::1]:80"; "" without an address. Returns out. */
#define VERDICT_END (INET6_ADDRSTRLEN + 8)
char *verdict_end(char out[VERDICT_END], const struct judge_end *end);

/* One finding in one line, to be escaped. Return out. */
char *verdict_leak(char out[VERDICT_LINE], const struct judge_leak *leak,
		   const struct judgement *judgement);
char *verdict_over(char out[VERDICT_LINE], const struct judge_flow *flow,
		   const struct judgement *judgement);
char *verdict_reason(char out[VERDICT_LINE], const struct judgement *judgement,
		     enum judge_reason reason);

/* Return 0 or -errno of the stream. */
int verdict_text(FILE *out, const struct judgement *judgement, bool colour);
int verdict_annotate(FILE *out, const struct judgement *judgement, bool github);

/* The member "judgement" of an open object. */
void verdict_json(struct json *json, const struct judgement *judgement);

#endif
