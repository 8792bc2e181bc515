/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.h - what a report of --json says that can be compared with another. */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stddef.h>

enum fact_kind {
	FACT_VERDICT,  /* value: enum judge_verdict */
	FACT_LEAK,
	FACT_EXPOSURE, /* the highest; value: enum gl_level */
	FACT_PROTOCOL,
	FACT_SERVICE,
	FACT_FLOW,     /* of a protocol and service: the highest; value: enum gl_level */
	FACT_KINDS
};

#define FACT_NAME 192u

/* name: from the file, to be escaped. value: how bad it is, 0 where only being there counts. */
struct fact {
	enum fact_kind kind;
	int value;
	char name[FACT_NAME];
};

/* Zero-initialise. flows: the report holds them. */
struct facts {
	struct fact *fact;
	size_t count;
	size_t room;
	bool flows;
};

/* Reads a file. Returns 0, or -errno after logging what is wrong with it, and where. */
int facts_read(const char *path, struct facts *facts);

/* NULL: it does not say so. */
const struct fact *facts_find(const struct facts *facts, enum fact_kind kind, const char *name);

void facts_free(struct facts *facts);

#endif
