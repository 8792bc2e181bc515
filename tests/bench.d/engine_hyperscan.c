/* SPDX-License-Identifier: BSD-2-Clause */
/* Hyperscan, or Vectorscan with the same interface: literals, caseless. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "machine.h"

#ifdef HAVE_HYPERSCAN

#include <hs/hs.h>

struct hyperscan {
	hs_database_t *database;
	bool stream;
};

struct reader {
	struct user_runner user;
	const struct hyperscan *hyperscan;
	hs_scratch_t *scratch;
	hs_stream_t *stream;
	__u64 hits;
};

const char *hyperscan_version(void)
{
	return hs_version();
}

static int count_hit(unsigned int id, unsigned long long from, unsigned long long to,
		     unsigned int flags, void *context)
{
	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	++*(__u64 *)context;
	return 0;
}

static void read_block(struct user_runner *runner, const void *bytes, __u32 size)
{
	struct reader *reader = (struct reader *)runner;

	if (hs_scan(reader->hyperscan->database, bytes, size, 0, reader->scratch, count_hit,
		    &reader->hits))
		die("hs_scan failed");
}

static void read_stream(struct user_runner *runner, const void *bytes, __u32 size)
{
	struct reader *reader = (struct reader *)runner;

	if (hs_scan_stream(reader->stream, bytes, size, 0, reader->scratch, count_hit,
			   &reader->hits))
		die("hs_scan_stream failed");
}

static void close_reader(struct runner *runner)
{
	struct reader *reader = (struct reader *)runner;

	if (reader->stream)
		hs_close_stream(reader->stream, NULL, NULL, NULL);
	hs_free_scratch(reader->scratch);
	free(reader);
}

struct runner *hyperscan_runner(struct hyperscan *hyperscan, const struct payloads *payloads)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader || hs_alloc_scratch(hyperscan->database, &reader->scratch) ||
	    (hyperscan->stream && hs_open_stream(hyperscan->database, 0, &reader->stream)))
		die("Hyperscan has no scratch");
	reader->user = (struct user_runner){ .runner = { user_run, close_reader },
					     .payloads = payloads,
					     .read = hyperscan->stream ? read_stream : read_block };
	reader->hyperscan = hyperscan;
	return &reader->user.runner;
}

__u64 hyperscan_hits(struct runner *runner)
{
	return ((struct reader *)runner)->hits;
}

struct hyperscan *hyperscan_open(const struct list *list, bool stream, struct build *build)
{
	struct hyperscan *hyperscan = calloc(1, sizeof(*hyperscan));
	unsigned int *flags = malloc(list->count * sizeof(*flags));
	unsigned int *ids = malloc(list->count * sizeof(*ids));
	size_t *lengths = malloc(list->count * sizeof(*lengths));
	hs_compile_error_t *error = NULL;
	double start;

	if (!hyperscan || !flags || !ids || !lengths)
		die("out of memory");
	for (__u32 i = 0; i < list->count; i++) {
		flags[i] = HS_FLAG_CASELESS;
		ids[i] = i;
		lengths[i] = strlen(list->words[i]);
	}
	start = now();
	if (hs_compile_lit_multi((const char *const *)list->words, flags, ids, lengths,
				 list->count, stream ? HS_MODE_STREAM : HS_MODE_BLOCK, NULL,
				 &hyperscan->database, &error))
		die(error ? error->message : "Hyperscan does not compile the list");
	build->ms = (now() - start) * 1e3;
	if (hs_database_size(hyperscan->database, &build->bytes))
		build->bytes = 0;
	hyperscan->stream = stream;
	free(flags);
	free(ids);
	free(lengths);
	return hyperscan;
}

void hyperscan_close(struct hyperscan *hyperscan)
{
	if (!hyperscan)
		return;
	hs_free_database(hyperscan->database);
	free(hyperscan);
}

#else

const char *hyperscan_version(void)
{
	return NULL;
}

struct hyperscan *hyperscan_open(const struct list *list, bool stream, struct build *build)
{
	(void)list;
	(void)stream;
	(void)build;
	return NULL;
}

void hyperscan_close(struct hyperscan *hyperscan)
{
	(void)hyperscan;
}

struct runner *hyperscan_runner(struct hyperscan *hyperscan, const struct payloads *payloads)
{
	(void)hyperscan;
	(void)payloads;
	return NULL;
}

__u64 hyperscan_hits(struct runner *runner)
{
	(void)runner;
	return 0;
}

#endif
