/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seeds_walker FILE FOLDER CAPTURE...: writes inputs of fuzz_walker into FOLDER: the
 * text of FILE by itself, and with the payloads with which each capture begins.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/capture.h"
#include "../../user/log.h"

#define PIECE_PACKETS 24
#define PIECE_BYTES 4000u
#define TEXT_MOST 32768u
#define PIECES 2u		 /* of a capture */
/* As fuzz_walker.c numbers its conversations. */
#define PEERS_TCP 5u
#define PEERS_UDP 3u
#define PAYLOAD_MOST 700u

static unsigned char piece[TEXT_MOST + PIECE_BYTES + 1];
static size_t size, text; /* of the piece; of the text in it, with its end */
static unsigned packets, number;

struct conversation {
	unsigned char from[6], to[6]; /* address and port of who spoke first, and the other */
};

static struct conversation spoken[PEERS_TCP + PEERS_UDP];
static unsigned tcp, udp, pieces;

/* Number of the conversation | 8 if the other one speaks; -1 when there is no room. */
static int find_conversation(const unsigned char from[6], const unsigned char to[6], bool is_udp)
{
	unsigned first = is_udp ? PEERS_TCP : 0, *count = is_udp ? &udp : &tcp;

	for (unsigned i = first; i < first + *count; i++) {
		if (!memcmp(spoken[i].from, from, 6) && !memcmp(spoken[i].to, to, 6))
			return (int)i;
		if (!memcmp(spoken[i].from, to, 6) && !memcmp(spoken[i].to, from, 6))
			return (int)i | 8;
	}
	if (*count == (is_udp ? PEERS_UDP : PEERS_TCP))
		return -1;
	memcpy(spoken[first + *count].from, from, 6);
	memcpy(spoken[first + *count].to, to, 6);
	return (int)(first + (*count)++);
}

static int write_piece(const char *folder)
{
	char path[512];
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "%s/seed-%04u", folder, number++);
	file = fopen(path, "wb");
	if (!file)
		return log_error(-errno, "%s cannot be written: %s", path, strerror(errno));
	err = fwrite(piece, 1, size, file) != size;
	err |= fclose(file);
	return err ? log_error(-EIO, "%s cannot be written", path) : 0;
}

static bool full(size_t more)
{
	return packets == PIECE_PACKETS || size - text + more > PIECE_BYTES;
}

static int end_piece(const char *folder)
{
	int err = packets ? write_piece(folder) : 0;

	pieces += packets != 0;
	size = text;
	packets = tcp = udp = 0;
	return err;
}

static int add_payload(const char *folder, const unsigned char *ip, const unsigned char *data,
		       size_t length)
{
	const unsigned char *ports = ip + (ip[0] & 15) * 4;
	unsigned char from[6], to[6];
	int who, err = 0;

	length = length < PAYLOAD_MOST ? length : PAYLOAD_MOST;
	memcpy(from, ip + 12, 4);
	memcpy(from + 4, ports, 2);
	memcpy(to, ip + 16, 4);
	memcpy(to + 4, ports + 2, 2);
	if (full(length + 4))
		err = end_piece(folder);
	who = find_conversation(from, to, ip[9] == 17);
	if (who < 0) {
		err = end_piece(folder);
		who = find_conversation(from, to, ip[9] == 17);
	}
	if (!packets) {
		piece[size++] = (unsigned char)number;
		piece[size++] = ports[3];
		piece[size++] = ports[2];
	}
	piece[size] = (unsigned char)who;
	piece[size + 1] = 0;
	piece[size + 2] = length & 0xff;
	piece[size + 3] = length >> 8;
	memcpy(piece + size + 4, data, length);
	size += length + 4;
	packets++;
	return err;
}

/* IPv4 with TCP or UDP and payload; others are left out. */
static int add_packet(const char *folder, const struct capture_frame *frame)
{
	const unsigned char *ip = frame->data + 14;
	size_t total, header, l4;

	if (pieces == PIECES || frame->length < 14 + 20 + 8 || frame->data[12] != 8 ||
	    frame->data[13] || ip[0] >> 4 != 4)
		return 0;
	total = ip[2] << 8 | ip[3];
	header = (ip[0] & 15) * 4;
	if (total + 14 > frame->length || header + 20 > total || (ip[9] != 6 && ip[9] != 17))
		return 0;
	l4 = ip[9] == 17 ? 8 : (ip[header + 12] >> 4) * 4u;
	if (header + l4 >= total)
		return 0;
	return add_payload(folder, ip, ip + header + l4, total - header - l4);
}

/* The text and the NUL byte behind it; without a capture they are a seed, too. */
static int take_text(const char *path, const char *folder)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return log_error(-errno, "%s cannot be read: %s", path, strerror(errno));
	size = fread(piece, 1, TEXT_MOST, file);
	fclose(file);
	piece[size++] = 0;
	text = size;
	return write_piece(folder);
}

static int convert(const char *folder, const char *path)
{
	struct capture *capture = NULL;
	struct capture_frame frame;
	int err = capture_open(path, &capture);

	pieces = 0;
	while (!err && (err = capture_next(capture, &frame)) == 1)
		err = add_packet(folder, &frame);
	capture_close(capture);
	return err ? err : end_piece(folder);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: seeds_walker FILE FOLDER CAPTURE...\n", stderr);
		return 2;
	}
	if (take_text(argv[1], argv[2]))
		return 1;
	for (int i = 3; i < argc; i++)
		if (convert(argv[2], argv[i]))
			return 1;
	return 0;
}
