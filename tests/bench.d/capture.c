/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capture OUT PACKETS FILE...: writes a large capture: the Ethernet captures
 * FILE... again and again, each time between other addresses, so that every
 * repetition makes flows of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "log.h"

struct record_header {
	__u32 seconds, micros, kept, wire;
};

static struct gl_replay times[65536];
static unsigned char *frames[65536];
static __u32 lengths[65536];
static size_t count;

static int read_all(const char *path)
{
	struct capture *capture = NULL;
	struct capture_frame frame;
	int err = capture_open(path, &capture), got = 0;

	while (!err && (got = capture_next(capture, &frame)) == 1) {
		if (count == sizeof(frames) / sizeof(*frames))
			break;
		frames[count] = malloc(frame.length);
		if (!frames[count]) {
			err = -ENOMEM;
			break;
		}
		memcpy(frames[count], frame.data, frame.length);
		times[count] = frame.replay;
		lengths[count++] = frame.length;
	}
	capture_close(capture);
	return err ? err : got < 0 ? got : 0;
}

/* The repetition's number becomes part of both addresses. */
static void readdress(unsigned char *frame, __u32 length, __u32 repetition)
{
	unsigned char part[2] = { repetition >> 8, repetition & 0xff };

	if (length >= 34 && frame[12] == 0x08 && frame[13] == 0x00) {
		memcpy(frame + 27, part, 2);
		memcpy(frame + 31, part, 2);
	} else if (length >= 54 && frame[12] == 0x86 && frame[13] == 0xdd) {
		memcpy(frame + 26, part, 2);
		memcpy(frame + 42, part, 2);
	}
}

static int write_record(FILE *out, size_t i, __u32 repetition)
{
	struct record_header header = { .seconds = times[i].time_ns / 1000000000,
					.micros = times[i].time_ns / 1000 % 1000000,
					.kept = lengths[i],
					.wire = times[i].wire_len };

	readdress(frames[i], lengths[i], repetition);
	return fwrite(&header, sizeof(header), 1, out) != 1 ||
	       fwrite(frames[i], lengths[i], 1, out) != 1;
}

int main(int argc, char **argv)
{
	const __u32 header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	unsigned long packets = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
	FILE *out;
	int err = 0;

	if (!packets) {
		fputs("usage: capture OUT PACKETS FILE...\n", stderr);
		return 2;
	}
	for (int i = 3; i < argc; i++)
		if (read_all(argv[i]))
			return 1;
	out = fopen(argv[1], "wb");
	if (!out || !count)
		return log_error(-EIO, "%s cannot be written", argv[1]) ? 1 : 0;
	err = fwrite(header, sizeof(header), 1, out) != 1;
	for (unsigned long n = 0; n < packets && !err; n++)
		err = write_record(out, n % count, n / count);
	err |= fclose(out);
	return err ? 1 : 0;
}
