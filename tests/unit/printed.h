/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printed.h - what a report prints, as a string. Code in a header, because a unit test
 * is one file. Include it after cmocka.h.
 */
#ifndef PRINTED_H
#define PRINTED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wunused-function"

static struct {
	char *text;
	size_t size;
	FILE *out;
} printing;

/* Where to print. */
static FILE *print_begin(void)
{
	free(printing.text);
	printing.text = NULL;
	printing.out = open_memstream(&printing.text, &printing.size);
	assert_non_null(printing.out);
	return printing.out;
}

/* The text; stays until the next begin. ret: of what printed it. */
static const char *print_end(int ret)
{
	assert_int_equal(ret, 0);
	fclose(printing.out);
	assert_int_equal(strlen(printing.text), printing.size);
	return printing.text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

#endif
