/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel.c - the engine that runs packets through the program in the running kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>

#include "kernel.h"
#include "log.h"

int kernel_load_words(struct engine *engine, struct word_list *list)
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

int kernel_read(struct engine *engine, struct snapshot *snapshot)
{
	struct kernel *self = (struct kernel *)engine;

	return maps_read_snapshot(&self->maps, true, snapshot);
}

void kernel_close(struct engine *engine)
{
	struct kernel *self = (struct kernel *)engine;

	for (size_t i = 0; i < 2; i++)
		if (self->links[i] >= 0)
			close(self->links[i]);
	if (self->replay)
		munmap(self->replay, getpagesize());
	maps_close(&self->maps);
	bpf_object__close(self->object);
	free(self);
}

int kernel_open(const struct engine_ops *ops, const char *hook, struct prog_options *prog,
		const struct engine_options *options, const struct signatures *set,
		const struct gl_signatures *compiled, struct kernel **out)
{
	struct kernel *self = calloc(1, sizeof(*self));
	struct gl_meta meta = { .abi = GL_ABI_VERSION };
	int err;

	if (!self)
		return log_error(-ENOMEM, "not enough memory for the %s engine", ops->name);
	prog->flows = options->flows ? options->flows : ENGINE_FLOWS;
	prog->words = engine_word_size(options);
	prog->scan = options->scan;
	prog->decap = options->decap;
	meta.decap = options->decap;
	meta.capacity = prog->words.capacity;
	meta.encodings = prog->words.encodings;
	meta.cells = prog->words.cells;
	self->engine = (struct engine){ .ops = ops, .set = set, .options = *options,
				       .words = prog->words };
	self->maps = (struct maps)MAPS_CLOSED;
	self->links[0] = self->links[1] = -1;
	prog_quiet();
	err = prog_open(hook, prog, set, &self->object);
	if (!err)
		err = prog_load(self->object, &self->fd);
	if (!err)
		err = maps_from_object(self->object, &self->maps);
	if (!err)
		err = maps_initialise(&self->maps, compiled, &prog->words);
	if (!err)
		err = maps_write_meta(&self->maps, &meta);
	if (err)
		kernel_close(&self->engine);
	else
		*out = self;
	return err;
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
	struct prog_options prog = { .replay = true, .enforce = options->enforce,
				     .secret = ENGINE_SECRET };
	struct kernel *self;
	int err = kernel_open(&kernel_ops, "xdp", &prog, options, set, compiled, &self);

	if (err)
		return err;
	err = map_replay(self);
	if (err)
		kernel_close(&self->engine);
	else
		*out = &self->engine;
	return err;
}
