/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seeds FOLDER CAPTURE...: writes pieces of captures as inputs of fuzz_path into
 * FOLDER: a piece is a run of frames, all of them once for each of a few modes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/capture.h"
#include "../../user/log.h"

#define PIECE_FRAMES 24
#define PIECE_BYTES 4000u

/* chat with words; clear with words and a block list; all with both; no words */
static const unsigned char modes[] = { 0x04, 0x0d, 0x0e, 0x00 };

static unsigned char piece[PIECE_BYTES + 1];
static unsigned number;

static int write_piece(const char *folder, size_t size)
{
	char path[512];
	FILE *file;
	int err;

	piece[0] = modes[number % sizeof(modes)];
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
	size_t size = 1;

	while (!err && (err = capture_next(capture, &frame)) == 1) {
		err = 0;
		if (frames == PIECE_FRAMES || size + frame.length + 3 > sizeof(piece)) {
			err = write_piece(folder, size);
			frames = 0;
			size = 1;
		}
		if (frame.length + 4 > sizeof(piece))
			continue;
		piece[size] = frame.length & 0xff;
		piece[size + 1] = frame.length >> 8;
		piece[size + 2] = 1;
		memcpy(piece + size + 3, frame.data, frame.length);
		size += frame.length + 3;
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
