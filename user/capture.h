/* SPDX-License-Identifier: BSD-2-Clause */
/* capture.h - pcap and pcapng files as Ethernet frames. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stddef.h>
#include "../bpf/abi.h"

struct capture;

/* One frame, valid until the next is read. data: Ethernet, length bytes. */
struct capture_frame {
	const unsigned char *data;
	__u32 length;
	struct gl_replay replay; /* all but number */
};

/*
 * Opens a capture of link type Ethernet, raw IP, Linux SLL or SLL2, null or
 * loop. Returns 0, or -EINVAL or -errno after logging what is wrong with it.
 */
int capture_open(const char *path, struct capture **out);

/* Returns 1 and a frame, 0 at the end, or -EINVAL after logging a cut file. */
int capture_next(struct capture *capture, struct capture_frame *frame);

/* How much of the file has been read: 0 to 100, -1 when it cannot be told. */
int capture_progress(struct capture *capture);

void capture_close(struct capture *capture);

#endif
