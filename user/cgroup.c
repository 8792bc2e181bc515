/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "attach.h"
#include "cgroup.h"
#include "kernel.h"
#include "log.h"

/* The kernel brings the packets. */
static int cgroup_run(struct engine *engine, const void *frame, __u32 length, __u32 linear,
		      const struct gl_replay *replay)
{
	(void)engine;
	(void)frame;
	(void)length;
	(void)linear;
	(void)replay;
	return -ENOTSUP;
}

static const struct engine_ops cgroup_ops = {
	.name = "cgroup",
	.load_words = kernel_load_words,
	.run = cgroup_run,
	.read = kernel_read,
	.close = kernel_close,
};

int engine_open_cgroup(const struct engine_options *options, const struct signatures *set,
		       const struct gl_signatures *compiled, int cgroup_fd, struct engine **out)
{
	struct prog_options prog = { .places = options->places };
	struct kernel *self;
	int err;

	if (getrandom(prog.secret, sizeof(prog.secret), 0) != sizeof(prog.secret))
		return log_error(-errno, "no random numbers to be had: %s", strerror(errno));
	err = kernel_open(&cgroup_ops, "cgroup", &prog, options, set, compiled, &self);
	if (err)
		return err;
	err = attach_cgroup(cgroup_fd, self->object, self->links);
	if (err)
		kernel_close(&self->engine);
	else
		*out = &self->engine;
	return err;
}
