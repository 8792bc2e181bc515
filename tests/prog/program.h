/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - the program itself, loaded as for an interface but attached to none,
 * for tests that need its descriptors. In a header for the reason that rig.h gives.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../user/log.h"
#include "../../user/prog.h"
#include "packet.h"

#pragma GCC diagnostic ignored "-Wunused-function"

#define PROGRAM_CAPACITY 256
#define PROGRAM_FLOWS 16384

struct program {
	struct signatures *set;
	struct bpf_object *object;
	struct maps maps;
	int fd;
	__u32 generation;
};

static int program_compile(struct program *program, struct gl_signatures *compiled)
{
	int err;

	program->set = signatures_new();
	err = program->set ? signatures_builtin(program->set) : -1;
	return err ? err : signatures_compile(program->set, NULL, 1, compiled);
}

static void program_close(struct program *program)
{
	maps_close(&program->maps);
	bpf_object__close(program->object);
	signatures_free(program->set);
}

/* Opens without loading. */
static void program_open(const char *hook, struct program *program,
			 struct gl_signatures *compiled)
{
	struct prog_options options = { .flows = PROGRAM_FLOWS,
					.words = automaton_size(PROGRAM_CAPACITY, 0),
					.places = true,
					.secret = { 0x1234567890abcdef, 0xfedcba0987654321 } };

	*program = (struct program){ .maps = MAPS_CLOSED, .fd = -1 };
	prog_quiet();
	assert_int_equal(program_compile(program, compiled), 0);
	assert_int_equal(prog_open(hook, &options, program->set, &program->object), 0);
}

/* Returns 0, or -1 when BPF is not permitted here: the test is to be skipped. */
static int program_load(const char *hook, struct program *program)
{
	struct gl_signatures *compiled = calloc(1, sizeof(*compiled));
	struct automaton_size size = automaton_size(PROGRAM_CAPACITY, 0);
	struct gl_meta meta = { .capacity = size.capacity, .cells = size.cells };
	int err;

	assert_non_null(compiled);
	program_open(hook, program, compiled);
	log_set_level(LOG_SILENT);
	err = prog_load(program->object, &program->fd);
	log_set_level(LOG_NOTES);
	if (!err) {
		assert_int_equal(maps_from_object(program->object, &program->maps), 0);
		assert_int_equal(maps_initialise(&program->maps, compiled, &size), 0);
		assert_int_equal(maps_write_meta(&program->maps, &meta), 0);
	} else {
		program_close(program);
	}
	free(compiled);
	return err ? -1 : 0;
}

static void program_words(struct program *program, const char *words)
{
	struct automaton_size size = automaton_size(PROGRAM_CAPACITY, 0);
	struct word_list list = { 0 };
	size_t twice = 0;

	assert_int_equal(words_parse(&list, "words", words, strlen(words), GL_LIST_WATCH, &twice),
			 0);
	assert_int_equal(maps_load_words(&program->maps, &list, &size, &program->generation),
			 0);
	words_free(&list);
}

/* Runs a frame repeat times; -errno, or what the program returned. */
static int program_run(const struct program *program, const struct packet *packet, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->frame,
		    .data_size_in = packet->length, .repeat = repeat);
	int err = bpf_prog_test_run_opts(program->fd, &options);

	return err ? err : (int)options.retval;
}

#endif
