/* SPDX-License-Identifier: BSD-2-Clause */
/* prog.h - opens, loads and test-runs the embedded program. */
#ifndef PROG_H
#define PROG_H

#include <stdbool.h>
#include "maps.h"

struct bpf_object;

/* Silences libbpf and libxdp unless debugging, and keeps the verifier's last words. */
void prog_quiet(void);

struct prog_options {
	__u32 flows;
	struct automaton_size words;
	enum gl_scan scan;
	bool replay;
	bool enforce;
	bool decap;		 /* open one level of tunnels */
	bool places;		 /* native and cgroup only */
	__u64 secret[2];
};

/* The odd factors of the digests of flow keys, which only the secret foretells. */
void prog_flow_secret(const __u64 secret[2], __u64 out[GL_FLOW_KEY_WORDS]);

/* Opens and sizes the embedded object ("xdp", "tc" or "cgroup"); not loaded yet. */
int prog_open(const char *hook, const struct prog_options *options,
	      const struct signatures *set, struct bpf_object **out);

/*
 * Loads it without attaching; *fd: its first program's. -EPERM, -ENOSYS, ... after logging
 * what is missing.
 */
int prog_load(struct bpf_object *object, int *fd);

/* Copies the kernel's release; 0, or -EOPNOTSUPP when it is older than 5.18. */
int prog_check_kernel(char *release, size_t size);

/* Runs a frame through a loaded program. Returns its verdict or -errno. */
int prog_test_run(int fd, const void *frame, __u32 length, __u32 linear);

/* Verified instructions of a loaded program, 0 when the kernel does not tell. */
__u32 prog_verified_insns(int fd);

#endif
