/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel.c - the engine that runs packets through the program in the running kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>

#include "engine_impl.h"
#include "log.h"
#include "prog.h"

struct kernel {
	struct engine engine;
	struct bpf_object *object;
	struct maps maps;
	struct gl_replay *replay; /* the map's page */
	int fd;
	__u32 generation;
};

static int kernel_load_words(struct engine *engine, struct word_list *list)
{
	struct kernel *self = (struct kernel *)engine;
	int err = maps_load_words(&self->maps, list, &engine->words, &self->generation);

	if (!err)
		words_free(list);
	return err;
}

static int kernel_run(struct engine *engine, const void *frame, __u32 length, __u32 linear,
		      const struct gl_replay *replay)
{
	struct kernel *self = (struct kernel *)engine;
	int verdict;

	*self->replay = *replay;
	verdict = prog_test_run(self->fd, frame, length, linear);
	if (verdict < 0)
		return log_error(verdict, "the kernel cannot be given a frame of %u bytes: %s",
				 length, strerror(-verdict));
	return verdict == XDP_DROP;
}

static int kernel_read(struct engine *engine, struct snapshot *snapshot)
{
	struct kernel *self = (struct kernel *)engine;

	return maps_read_snapshot(&self->maps, true, snapshot);
}

static void kernel_close(struct engine *engine)
{
	struct kernel *self = (struct kernel *)engine;

	if (self->replay)
		munmap(self->replay, getpagesize());
	maps_close(&self->maps);
	bpf_object__close(self->object);
	free(self);
}

static const struct engine_ops kernel_ops = {
	.name = "xdp",
	.load_words = kernel_load_words,
	.run = kernel_run,
	.read = kernel_read,
	.close = kernel_close,
};

static int map_replay(struct kernel *self)
{
	void *page = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED,
			  self->maps.replay, 0);

	if (page == MAP_FAILED)
		return log_error(-errno, "the replay map cannot be mapped: %s", strerror(errno));
	self->replay = page;
	return 0;
}

int engine_open_kernel(const struct engine_options *options, const struct signatures *set,
		       const struct gl_signatures *compiled, struct engine **out)
{
	struct kernel *self = calloc(1, sizeof(*self));
	struct prog_options prog = { .flows = options->flows ? options->flows : ENGINE_FLOWS,
				     .words = engine_word_size(options),
				     .scan = options->scan,
				     .replay = true,
				     .enforce = options->enforce,
				     .secret = ENGINE_SECRET };
	struct gl_meta meta = { .capacity = prog.words.capacity,
				.encodings = prog.words.encodings,
				.cells = prog.words.cells };
	int err;

	if (!self)
		return log_error(-ENOMEM, "not enough memory for the kernel engine");
	self->engine = (struct engine){ .ops = &kernel_ops, .set = set, .options = *options,
				       .words = prog.words };
	self->maps = (struct maps)MAPS_CLOSED;
	prog_quiet();
	err = prog_open("xdp", &prog, set, &self->object);
	if (!err)
		err = prog_load(self->object, &self->fd);
	if (!err)
		err = maps_from_object(self->object, &self->maps);
	if (!err)
		err = maps_initialise(&self->maps, compiled, &prog.words);
	if (!err)
		err = maps_write_meta(&self->maps, &meta);
	if (!err)
		err = map_replay(self);
	if (err) {
		kernel_close(&self->engine);
		return err;
	}
	*out = &self->engine;
	return 0;
}
