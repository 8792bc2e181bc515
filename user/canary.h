/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary.h - the options of `run` and `replay` that make a test of them, and what is
 * printed then. A canary's text is printed nowhere: it is called "canary 1".
 */
#ifndef CANARY_H
#define CANARY_H

#include <argp.h>
#include "judge.h"
#include "words.h"

/* Zero-initialise. Input of canary_argp. */
struct canaries {
	struct {
		const char *text; /* or NULL, and then a file */
		const char *path;
	} source[64];
	unsigned sources;
	bool automatic;	 /* --canary auto was said */
	__u32 count;	 /* canaries, once they are loaded; their ids are 0 to count - 1 */
	char text[GL_WORD_MAX + 1]; /* of the automatic one, once loaded */
	bool budget;
	enum gl_level most;
	__u32 accept;	 /* bit per enum judge_reason */
	int error_exitcode;
	const char *html;
	const char *junit;
	bool annotate;
};

/*
 * --canary, --canary-file, --max-exposure, --error-exitcode, --accept, --html, --junit,
 * --annotate
 */
extern const struct argp canary_argp;

/* Was a canary or a limit given? Without, a replay judges nothing. */
bool canaries_judge(const struct canaries *canaries);

/*
 * Where nothing is judged then, the options that only a judgement heeds are a usage error:
 * no file of results would look like a pass.
 */
void canaries_need_test(struct argp_state *state, const struct canaries *canaries);

/*
 * Adds the canaries to list, which must be empty (call it before cli_path_words()), and
 * makes the automatic one. Returns 0 or -errno after logging, never with a text.
 */
int canaries_load(struct canaries *canaries, struct word_list *list);

/* Replaces the canaries' texts in a snapshot by their names. Call it after each reading. */
void canaries_hide(const struct canaries *canaries, struct snapshot *snapshot);

/* What judge() is to be told; the caller adds lost, addresses, not_covered. */
struct judge_options canaries_options(const struct canaries *canaries, __u32 encodings);

/*
 * The judgement on stderr, and the files and annotations that were asked for. Returns 0,
 * or -errno after logging which file could not be written.
 */
int canaries_report(const struct canaries *canaries, const struct snapshot *snapshot,
		    const struct judgement *judgement);

/* The exit status: that of a leak or of the limit, 4 for inconclusive, else otherwise. */
int canaries_exit(const struct canaries *canaries, const struct judgement *judgement,
		  int otherwise);

#endif
