/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seeds FOLDER CAPTURE...: writes pieces of captures as inputs of fuzz_path into
 * FOLDER: a piece is a run of frames, with a few modes in turn. Where the mode opens
 * tunnels, each frame is put into one, of four kinds in turn.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/capture.h"
#include "../../user/log.h"

#define PIECE_FRAMES 24
#define PIECE_BYTES 4000u
#define ROOM 53u		 /* of the frame's length and mode, and the largest tunnel */

#define OPENS 0x10

/*
 * chat with words; clear with words and a block list; all with both; no words; tunnels
 * are opened: chat with words, all with both
 */
static const unsigned char modes[] = { 0x04, 0x0d, 0x0e, 0x00, OPENS | 0x04, OPENS | 0x0e };

static unsigned char piece[PIECE_BYTES + 1];
static unsigned number;

static unsigned char mode(void)
{
	return modes[number % sizeof(modes)];
}

static void put16(unsigned char *to, size_t value)
{
	to[0] = value >> 8;
	to[1] = value & 0xff;
}

/* An Ethernet and an IPv4 header around size bytes. Returns where these go. */
static unsigned char *put_ip4(unsigned char *to, unsigned char protocol, size_t size)
{
	static const unsigned char head[34] = { [12] = 8, [14] = 0x45, [22] = 64, [26] = 10,
						[29] = 1, [30] = 10, [33] = 2 };

	memcpy(to, head, sizeof(head));
	put16(to + 16, 20 + size);
	to[23] = protocol;
	return to + sizeof(head);
}

/* The frame within a tunnel: IP, GRE, VXLAN or PPPoE. Returns the size. */
static size_t put_tunnel(unsigned char *to, const struct capture_frame *frame, unsigned kind)
{
	const unsigned char *ip = frame->data + 14;
	bool ip6 = frame->length > 12 && frame->data[12] == 0x86;
	size_t size = frame->length - 14;
	unsigned char *at;

	if (kind == 2) {
		at = put_ip4(to, 17, 16 + frame->length);
		memcpy(at, "\x9c\x40\x12\xb5\0\0\0\0\x08\0\0\0\0\0\x2a\0", 16);
		put16(at + 4, 16 + frame->length);
		ip = frame->data;
		size = frame->length;
		at += 16;
	} else if (kind == 3) {
		memcpy(to, frame->data, 12);
		memcpy(to + 12, "\x88\x64\x11\0\0\x07\0\0\0\x21", 10);
		put16(to + 18, size + 2);
		to[21] = ip6 ? 0x57 : 0x21;
		at = to + 22;
	} else if (kind == 1) {
		at = put_ip4(to, 47, 8 + size);
		memcpy(at, "\x20\0\0\0\0\0\0\x07", 8);
		memcpy(at + 2, frame->data + 12, 2);
		at += 8;
	} else {
		at = put_ip4(to, ip6 ? 41 : 4, size);
	}
	memcpy(at, ip, size);
	return at + size - to;
}

static int write_piece(const char *folder, size_t size)
{
	char path[512];
	FILE *file;
	int err;

	piece[0] = mode();
	snprintf(path, sizeof(path), "%s/seed-%04u", folder, number++);
	file = fopen(path, "wb");
	if (!file)
		return log_error(-errno, "%s cannot be written: %s", path, strerror(errno));
	err = fwrite(piece, 1, size, file) != size;
	err |= fclose(file);
	return err ? log_error(-EIO, "%s cannot be written", path) : 0;
}

static int convert(const char *folder, const char *path)
{
	struct capture *capture = NULL;
	struct capture_frame frame;
	int err = capture_open(path, &capture), frames = 0;
	size_t size = 1, length;

	while (!err && (err = capture_next(capture, &frame)) == 1) {
		err = 0;
		if (frames == PIECE_FRAMES || size + frame.length + ROOM > sizeof(piece)) {
			err = write_piece(folder, size);
			frames = 0;
			size = 1;
		}
		if (frame.length + 1 + ROOM > sizeof(piece) || frame.length < 14)
			continue;
		length = frame.length;
		if (mode() & OPENS)
			length = put_tunnel(piece + size + 3, &frame, frames % 4);
		else
			memcpy(piece + size + 3, frame.data, length);
		piece[size] = length & 0xff;
		piece[size + 1] = length >> 8;
		piece[size + 2] = 1;
		size += length + 3;
		frames++;
	}
	capture_close(capture);
	return err ? err : write_piece(folder, size);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: seeds FOLDER CAPTURE...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (convert(argv[1], argv[i]))
			return 1;
	return 0;
}
