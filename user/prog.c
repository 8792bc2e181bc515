/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "embed.h"
#include "log.h"
#include "prog.h"
#include "splitmix.h"

#define SETTINGS ".rodata.settings"
#define LOG_SIZE (1u << 20)

static char verifier_log[LOG_SIZE];

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[1024];

	if (log_get_level() < LOG_DEBUG || level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("libbpf: %s", text);
	return 0;
}

static int print_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	char text[1024];

	if (log_get_level() < LOG_DEBUG || level == LIBXDP_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("libxdp: %s", text);
	return 0;
}

void prog_quiet(void)
{
	libbpf_set_print(print_libbpf);
	libxdp_set_print(print_libxdp);
}

/* The kernel's tick: its coarse clocks advance by it. */
static __u64 tick_ns(void)
{
	struct timespec tick = { 0, 4000000 };

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return tick.tv_sec * 1000000000ull + tick.tv_nsec;
}

void prog_flow_secret(const __u64 secret[2], __u64 out[GL_FLOW_KEY_WORDS])
{
	__u64 state = secret[0] ^ secret[1];

	for (size_t i = 0; i < GL_FLOW_KEY_WORDS; i++)
		out[i] = splitmix64(&state) | 1;
}

static int set_settings(struct bpf_object *object, const struct prog_options *options)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, SETTINGS);
	struct gl_settings settings = { .scan = options->scan,
					.replaying = options->replay,
					.enforce = options->enforce,
					.decap = options->decap,
					.places = options->places,
					.cells = options->words.cells,
					.tick_ns = tick_ns() };
	int err;

	memcpy(settings.secret, options->secret, sizeof(settings.secret));
	prog_flow_secret(options->secret, settings.flow_secret);
	err = map ? bpf_map__set_initial_value(map, &settings, sizeof(settings)) : -ENOENT;
	return err ? log_error(err, "the program's settings are not what this loader knows; "
			       "build everything again") : 0;
}

static const struct embedded_object {
	const char *hook;
	const char *elf;
	const char *end;
} objects[] = {
	{ "xdp", embedded_xdp, embedded_xdp_end },
	{ "tc", embedded_tc, embedded_tc_end },
	{ "cgroup", embedded_cgroup, embedded_cgroup_end },
};

static const struct embedded_object *find_object(const char *hook)
{
	const struct embedded_object *object = objects;

	while (strcmp(object->hook, hook))
		object++;
	return object;
}

int prog_open(const char *hook, const struct prog_options *options,
	      const struct signatures *set, struct bpf_object **out)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "glassine");
	const struct embedded_object *elf = find_object(hook);
	struct bpf_object *object = bpf_object__open_mem(elf->elf, elf->end - elf->elf, &opts);
	struct bpf_program *program;
	int err;

	if (!object)
		return log_error(-errno, "the embedded %s program cannot be opened: %s", hook,
				 strerror(errno));
	err = set_settings(object, options);
	if (!err)
		err = maps_prepare(object, options->flows, &options->words, set);
	if (err) {
		bpf_object__close(object);
		return err;
	}
	/* One after the other is loaded, and the first that is refused ends it. */
	bpf_object__for_each_program(program, object)
		bpf_program__set_log_buf(program, verifier_log, sizeof(verifier_log));
	*out = object;
	return 0;
}

/* xdp.frags, bpf_loop and bpf_xdp_load_bytes together. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 18

int prog_check_kernel(char *release, size_t size)
{
	struct utsname kernel = { 0 };
	int major = 0, minor = 0;

	uname(&kernel);
	snprintf(release, size, "%s", kernel.release);
	if (sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
		return 0;
	return major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR) ?
		       0 : -EOPNOTSUPP;
}

static int load_failed(int err, const char *release)
{
	size_t said = strlen(verifier_log);

	if (said)
		log_debug("the verifier's last words: %s",
			  verifier_log + (said > 800 ? said - 800 : 0));
	/* A verifier that speaks has its own reason for EACCES. */
	if (err == -EPERM || (err == -EACCES && !said))
		return log_error(err, "BPF is not permitted here: run as root, or with CAP_BPF, "
				 "CAP_NET_ADMIN and CAP_PERFMON, outside of a container that "
				 "forbids it");
	return log_error(err, "kernel %s refuses the program: %s; -v shows why", release,
			 strerror(-err));
}

int prog_load(struct bpf_object *object, int *fd)
{
	char release[65];
	int err = prog_check_kernel(release, sizeof(release));

	if (err)
		return log_error(err, "kernel %s is too old: %d.%d or newer is needed; "
				 "'glassine replay --engine native' needs no BPF", release,
				 KERNEL_MAJOR, KERNEL_MINOR);
	*verifier_log = '\0';
	err = bpf_object__load(object);
	if (err)
		return load_failed(err, release);
	*fd = bpf_program__fd(bpf_object__next_program(object, NULL));
	return 0;
}

int prog_test_run(int fd, const void *frame, __u32 length, __u32 linear)
{
	struct xdp_md ctx = { .data_end = linear };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = length);
	int err;

	if (linear) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	err = bpf_prog_test_run_opts(fd, &opts);
	return err ? err : (int)opts.retval;
}

__u32 prog_verified_insns(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.verified_insns;
}
