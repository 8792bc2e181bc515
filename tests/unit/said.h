/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * said.h - what a call prints on stderr. Code in a header, because a unit test is one
 * file. Include it after cmocka.h.
 */
#ifndef SAID_H
#define SAID_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-function"

static char said[4096]; /* what the last silenced call printed */
static int saved_stderr;
static FILE *caught;

static void catch_stderr(void)
{
	fflush(stderr);
	caught = tmpfile();
	assert_non_null(caught);
	saved_stderr = dup(2);
	dup2(fileno(caught), 2);
}

static void release_stderr(void)
{
	size_t n;

	fflush(stderr);
	dup2(saved_stderr, 2);
	close(saved_stderr);
	rewind(caught);
	n = fread(said, 1, sizeof(said) - 1, caught);
	said[n] = '\0';
	fclose(caught);
}

/* One sentence on one line, and nothing else. */
static void assert_said(const char *expected)
{
	if (!strstr(said, expected))
		fail_msg("expected \"%s\" in \"%s\"", expected, said);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

#endif
