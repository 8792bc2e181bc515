/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.h - the packets of every interface of this network namespace, for an engine. */
#ifndef RING_H
#define RING_H

#include "engine.h"

struct ring {
	int fd; /* POLLIN when there is something to read */
	unsigned char *map;
	__u32 blocks;
	__u32 next;
	__u64 number;
	__u64 lost; /* packets for which there was no room, up to the last ring_run() */
};

#define RING_CLOSED { .fd = -1 }

/* Returns 0 or -errno, not logged. */
int ring_open(struct ring *ring);

/* Runs what has come through an engine. Returns 0, or -errno after logging. */
int ring_run(struct ring *ring, struct engine *engine);

/* Milliseconds after which everything that was sent can be read. */
#define RING_SETTLE_MS 60

void ring_close(struct ring *ring);

#endif
