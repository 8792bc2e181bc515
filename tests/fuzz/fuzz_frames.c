/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes any bytes as segments of one direction of a WebSocket and walks its frames;
 * what is left of each segment, and what is said of it, must be what a naive walk
 * says. Three bytes of the input stand before each segment: what it is, its length.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GL_NATIVE
#include "../../bpf/parse.h"
#include "../../bpf/frames.h"

#define SLACK 64

struct gl_settings gl_settings;

/* Nothing here calls them, but what is included can. */
struct gl_scratch *gl_map_scratch(void)
{
	return NULL;
}

struct gl_replay *gl_map_replay(void)
{
	return NULL;
}

struct gl_flow *gl_map_flow(const struct gl_flow_key *key)
{
	return key ? NULL : NULL;
}

int gl_map_flow_add(const struct gl_flow_key *key, const struct gl_flow *flow)
{
	return key && flow ? -1 : -1;
}

__u64 gl_native_random(void)
{
	return 1;
}

/* ------------------------------------------------------------ the naive walk */

struct naive {
	enum { HTTP, LOST, FRAMES } mode;
	int client, sure, message, deflated, ever;
	uint8_t header[14], key[4];
	unsigned at, turn, line;
	uint64_t left;
	int masked, compressed;	 /* of this segment */
};

static void lose(struct naive *naive)
{
	naive->mode = LOST;
	naive->sure = 0;
	naive->at = 0;
	naive->left = 0;
}

static int may_begin(uint8_t byte, int sure)
{
	int fin = byte >> 7, compressed = byte >> 6 & 1, opcode = byte & 15;

	if (byte & 0x30)
		return 0;
	if (opcode == 1 || opcode == 2)
		return 1;
	if (opcode == 0)
		return sure || (fin && !compressed);
	return opcode >= 8 && opcode <= 10 && fin && !compressed;
}

static unsigned header_size(const struct naive *naive, uint8_t second)
{
	unsigned wide = (second & 127) == 126 ? 2 : (second & 127) == 127 ? 8 : 0;

	return 2 + wide + (naive->client ? 4 : 0);
}

/* Payload bytes, or -1 when the length is not written as it must be. */
static int64_t payload_size(const uint8_t *header)
{
	unsigned wide = (header[1] & 127) == 126 ? 2 : (header[1] & 127) == 127 ? 8 : 0;
	uint64_t length = 0;

	if (!wide)
		return header[1] & 127;
	for (unsigned i = 0; i < wide; i++)
		length = length << 8 | header[2 + i];
	if (length < (wide == 2 ? 126 : 65536) || length >> 31)
		return -1;
	return (int64_t)length;
}

static void enter(struct naive *naive, unsigned size, uint64_t length)
{
	uint8_t byte = naive->header[0];

	naive->deflated = 0;
	if (!(byte & 8)) {
		naive->deflated = byte & 0x40 || (!(byte & 15) && naive->message);
		naive->message = naive->deflated && !(byte & 0x80);
	}
	naive->ever |= naive->deflated;
	naive->sure = 1;
	naive->left = length;
	naive->turn = 0;
	naive->at = 0;
	memset(naive->key, 0, 4);
	if (naive->client)
		memcpy(naive->key, naive->header + size - 4, 4);
}

/* Returns the bytes that were taken of the n at text; none when frames are lost. */
static unsigned take_header(struct naive *naive, const uint8_t *text, unsigned n)
{
	unsigned had = naive->at, have = had, size;
	int64_t length = 0;

	for (unsigned i = 0; i < n && have < 14; i++)
		naive->header[have++] = text[i];
	if (!may_begin(naive->header[0], naive->sure))
		return lose(naive), 0;
	if (have < 2)
		return naive->at = have, have - had;
	if (naive->header[1] >> 7 != naive->client ||
	    (naive->header[0] & 8 && (naive->header[1] & 127) > 125))
		return lose(naive), 0;
	size = header_size(naive, naive->header[1]);
	if (have < size)
		return naive->at = have, have - had;
	length = payload_size(naive->header);
	if (length < 0)
		return lose(naive), 0;
	if (!naive->sure && size - had + (uint64_t)length + 1 < n) {
		const uint8_t *next = text + size - had + length;

		if (!may_begin(next[0], 1) || next[1] >> 7 != naive->client)
			return lose(naive), 0;
	}
	enter(naive, size, (uint64_t)length);
	return size - had;
}

static void take_byte(struct naive *naive, uint8_t *byte)
{
	if (naive->mode == HTTP) {
		naive->line = *byte == (naive->line & 1 ? '\n' : '\r') ? naive->line + 1 :
			      *byte == '\r';
		if (naive->line == 4)
			naive->mode = FRAMES;
	} else if (naive->mode == LOST) {
		naive->masked |= naive->client;
		naive->compressed |= !naive->client && naive->ever;
		if (naive->client || naive->ever)
			*byte = 2;
	} else {
		naive->compressed |= naive->deflated;
		*byte = naive->deflated ? 2 : *byte ^ naive->key[naive->turn++ & 3];
		naive->left--;
	}
}

static void naive_piece(struct naive *naive, uint8_t *text, unsigned n)
{
	unsigned at = 0;

	while (at < n) {
		if (naive->mode == FRAMES && !naive->left) {
			unsigned taken = take_header(naive, text + at, n - at);

			memset(text + at, 2, taken);
			at += taken;
		} else {
			take_byte(naive, text + at++);
		}
	}
}

static void naive_begin(struct naive *naive, __u8 stream)
{
	naive->masked = naive->compressed = 0;
	if (stream)
		lose(naive);
	if (stream != GL_STREAM_LATE && (naive->client || naive->mode == LOST))
		naive->mode = FRAMES;
}

/* ------------------------------------------------------------ both */

struct pair {
	struct naive naive;
	struct gl_dir dir;
	struct gl_scratch scratch;
};

static void check_piece(struct pair *pair, struct naive *naive, struct gl_pkt *pkt,
			const uint8_t *data, unsigned n)
{
	struct gl_frame_walk walk = {&pair->scratch, pkt};
	uint8_t want[GL_TEXT], *text = pair->scratch.text + GL_CARRY, behind[SLACK];

	memcpy(want, data, n);
	memcpy(text, data, n);
	memcpy(behind, text + n, SLACK);
	naive_piece(naive, want, n);
	gl_frames(&walk, GL_CARRY, GL_CARRY + n);
	if (memcmp(text, want, n) || memcmp(text + n, behind, SLACK) ||
	    pkt->masked != naive->masked || pkt->compressed != naive->compressed)
		abort();
}

/* kind: 0 to 3 of 16 begin behind a gap, 4 came late, 5 is dropped; bit 7: two pieces. */
static void check_segment(struct pair *pair, uint8_t kind, const uint8_t *data, unsigned n)
{
	struct gl_pkt pkt = {0};
	struct naive naive, before;
	unsigned cut = kind & 0x80 ? n / 3 : 0;

	pkt.stream = (kind & 15) < 4 ? GL_STREAM_AFTER_GAP : (kind & 15) == 4 ? GL_STREAM_LATE : 0;
	if (pkt.stream == GL_STREAM_AFTER_GAP)
		lose(&pair->naive);
	before = naive = pair->naive;
	naive_begin(&naive, pkt.stream);
	gl_frames_begin(&pair->scratch, &pkt, &pair->dir, (__u8)naive.client);
	if (cut)
		check_piece(pair, &naive, &pkt, data, cut);
	check_piece(pair, &naive, &pkt, data + cut, n - cut);
	pair->naive = before;
	if (pkt.stream == GL_STREAM_LATE || (kind & 15) == 5)
		return;
	pair->naive = naive;
	gl_frames_keep(&pair->scratch, &pair->dir);
	for (unsigned i = pair->dir.frame.at; i < sizeof(pair->dir.frame.header); i++)
		if (pair->dir.frame.header[i])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pair pair;

	if (!size)
		return 0;
	memset(&pair, 0, sizeof(pair));
	pair.naive.client = data[0] & 1;
	for (data++, size--; size > 3;) {
		unsigned n = (data[1] | data[2] << 8) % GL_TEXT + 1;

		if (n > size - 3)
			n = (unsigned)size - 3;
		check_segment(&pair, data[0], data + 3, n);
		data += 3 + n;
		size -= 3 + n;
	}
	return 0;
}
