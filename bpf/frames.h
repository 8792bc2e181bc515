/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * frames.h - WebSocket frames (RFC 6455, 5.2) in the text before it is scanned: the
 * masks are taken off, and what no word may be found in or across is overwritten:
 * headers, compressed payload (RFC 7692), and what lies under a mask whose key was
 * not seen. Knows one direction's place in its frames; no word, no application.
 */
#ifndef GL_FRAMES_H
#define GL_FRAMES_H

#include "flow.h"
#include "window.h"

#define GL_FRAME_RUN 64u	 /* payload bytes that one callback changes, at most */
#define GL_FRAME_LINE 8	 /* bytes of the HTTP header that one callback passes */
#define GL_FRAME_HEADER 14u	 /* bytes of the longest header */
#define GL_FRAME_BLOT 0x0202020202020202ull /* a byte that no listed word has */
#define GL_FRAME_HAS(flags, flag) ((flags) / (flag) & 1)

/* The first members of the scan's own walk: the stack has no room for a copy. */
struct gl_frame_walk {
	struct gl_scratch *scratch;
	struct gl_pkt *pkt;
};

static __always_inline __u8 *gl_frame_text(struct gl_scratch *scratch, __u64 at)
{
	return scratch->text + gl_text_index(at);
}

/*
 * 1 when no frame begins with this byte: a control frame is whole and never
 * compressed. Where it is not sure yet that frames are there, the first is no
 * continuation, unless it ends its message.
 */
static __always_inline __u64 gl_frame_odd(__u64 byte, __u64 sure)
{
	__u64 alone = byte >> 7 & ((byte >> 6 & 1) ^ 1);
	__u64 opcodes = 0x6 | sure | alone | alone * 0x700;

	return ((opcodes >> (byte & 15) & 1) & gl_is_zero(byte & 0x30)) ^ 1;
}

/*
 * Reads what there is of a header. All choices are arithmetic, and what comes out goes
 * through the scratch: the stack is shared by all loops that are within each other.
 */
static __always_inline void gl_frame_read(struct gl_scratch *scratch)
{
	const volatile __u8 *header = scratch->frame_header;
	__u64 client = GL_NOW(scratch->frame_client), length = header[1] & 127;
	__u64 two = gl_is_zero(length ^ 126), eight = gl_is_zero(length ^ 127), odd, wide;

	GL_NOW(scratch->frame_size) = 2 + 2 * two + 8 * eight + 4 * client;
	odd = header[1] >> 7 ^ client;
	odd |= header[0] >> 3 & (two | eight);
	odd &= gl_is_less(1, GL_NOW(scratch->frame_have));
	odd |= gl_frame_odd(header[0], GL_FRAME_HAS(GL_NOW(scratch->frame.flags), GL_FRAME_SURE));
	GL_NOW(scratch->frame_odd) = odd;
	GL_NOW(scratch->frame_whole) =
		gl_is_less(GL_NOW(scratch->frame_have), GL_NOW(scratch->frame_size)) ^ 1;
	wide = __builtin_bswap64(gl_load64(scratch->frame_header + 2));
	length = gl_either(two, wide >> 48, gl_either(eight, wide, length));
	GL_NOW(scratch->frame_length) = length & 0x7fffffff;
	odd = gl_is_less(length & 0x7fffffff, 126 * two + 65536 * eight);
	odd |= gl_is_zero(length >> 31) ^ 1;
	GL_NOW(scratch->frame_odd) |= odd & GL_NOW(scratch->frame_whole);
}

/* Of a frame that would be the first: do the bytes behind it begin another one? */
static __always_inline void gl_frame_read_next(struct gl_scratch *scratch, __u64 at)
{
	__u64 sure = GL_FRAME_HAS(GL_NOW(scratch->frame.flags), GL_FRAME_SURE), odd;
	const __u8 *next;

	at += GL_NOW(scratch->frame_length);
	next = gl_frame_text(scratch, at);
	odd = gl_frame_odd(next[0], 1) | (next[1] >> 7 ^ GL_NOW(scratch->frame_client));
	odd &= gl_is_less(at + 1, GL_NOW(scratch->frame_to)) & (sure ^ 1);
	GL_NOW(scratch->frame_odd) |= odd & GL_NOW(scratch->frame_whole);
}

/* A frame begins: what its payload is, and what a continuation of it will be. */
static __always_inline void gl_frame_enter(struct gl_scratch *scratch)
{
	__u64 byte = GL_NOW(scratch->frame_header[0]), flags = GL_NOW(scratch->frame.flags);
	__u64 message = GL_FRAME_HAS(flags, GL_FRAME_MESSAGE);
	__u64 control = byte >> 3 & 1, first = gl_is_zero(byte & 15) ^ 1;
	__u64 deflated = (control ^ 1) & (byte >> 6 | (message & (first ^ 1)));

	message = gl_either(control, message, deflated & (byte >> 7 ^ 1));
	scratch->frame.left = scratch->frame_length;
	scratch->frame.key = gl_load64(scratch->frame_header + ((scratch->frame_size - 4) & 15)) &
			     -(__u64)scratch->frame_client;
	scratch->frame.at = 0;
	scratch->frame.flags = (flags & GL_FRAME_EVER) | GL_FRAME_WALKS | GL_FRAME_SURE |
			       deflated * (GL_FRAME_DEFLATED | GL_FRAME_EVER) |
			       message * GL_FRAME_MESSAGE;
}

/* Frames are no longer followed; what is known of the message stays. */
static __always_inline void gl_frame_lose(struct gl_frame *frame)
{
	frame->left = 0;
	frame->at = 0;
	frame->flags = (frame->flags & (GL_FRAME_MESSAGE | GL_FRAME_EVER)) | GL_FRAME_LOST;
}

/* Overwrites n bytes, up to 16; more are written, and put back. */
static __always_inline void gl_frame_blot(struct gl_scratch *scratch, __u64 at, __u64 n)
{
	__u8 *from = gl_frame_text(scratch, at), *to = gl_frame_text(scratch, at + n);
	__u64 saved[2] = { gl_load64(to), gl_load64(to + 8) };

	gl_store64(from, GL_FRAME_BLOT);
	gl_store64(from + 8, GL_FRAME_BLOT);
	gl_store64(to, saved[0]);
	gl_store64(to + 8, saved[1]);
}

/* Gathers up to 16 bytes of the text behind those of the header that are there. */
static __always_inline void gl_frame_gather(struct gl_scratch *scratch)
{
	__u64 had = GL_NOW(scratch->frame.at) & 15, at = GL_NOW(scratch->frame_at);
	__u8 *header = scratch->frame_header + had, *text = gl_frame_text(scratch, at);

	gl_store64(header, gl_load64(text));
	gl_store64(header + 8, gl_load64(text + 8));
	GL_NOW(scratch->frame_have) = had + gl_min(GL_NOW(scratch->frame_to) - at, GL_FRAME_HEADER);
}

/*
 * A header, or as much of it as the text has; it is read once it is whole. Bytes of
 * what cannot be one stay, and are lost in the next callback.
 */
static __always_inline void gl_frame_header(struct gl_scratch *scratch)
{
	__u64 at, n, have;

	gl_frame_gather(scratch);
	gl_frame_read(scratch);
	at = GL_NOW(scratch->frame_at);
	have = gl_either(GL_NOW(scratch->frame_whole), GL_NOW(scratch->frame_size),
			 GL_NOW(scratch->frame_have));
	n = have - GL_NOW(scratch->frame.at);
	gl_frame_read_next(scratch, at + n);
	n &= (__u64)GL_NOW(scratch->frame_odd) - 1;
	gl_frame_blot(scratch, at, n);
	scratch->frame_at = at + n;
	if (scratch->frame_odd) {
		gl_frame_lose(&scratch->frame);
		have = 0;
	} else if (scratch->frame_whole) {
		gl_frame_enter(scratch);
		have = 0;
	} else {
		scratch->frame.at = have;
	}
	/* Of what follows the header nothing stays. */
	gl_store64(scratch->frame_header + (have & 15), 0);
	gl_store64(scratch->frame_header + (have & 15) + 8, 0);
}

/* Changes a run of bytes, by whole words; those behind the run are put back. */
static __always_inline void gl_frame_change(struct gl_scratch *scratch, __u64 at, __u64 n,
					    __u64 keep, __u64 key)
{
	__u8 *text = gl_frame_text(scratch, at), *end = gl_frame_text(scratch, at + n);
	__u64 last = gl_load64(end);

	for (__u32 i = 0; i < GL_FRAME_RUN; i += 8) {
		if (gl_is_less(n, i + 1))
			break;
		gl_store64(text + i, (gl_load64(text + i) & keep) ^ key);
	}
	gl_store64(end, last);
}

/* A run of payload, or what follows when frames were lost. The key turns with it. */
static __always_inline void gl_frame_payload(struct gl_frame_walk *walk, __u64 at, __u64 to)
{
	struct gl_scratch *scratch = walk->scratch;
	__u64 flags = GL_NOW(scratch->frame.flags), client = GL_NOW(scratch->frame_client);
	__u64 left = GL_NOW(scratch->frame.left), key = GL_NOW(scratch->frame.key);
	__u64 lost = GL_FRAME_HAS(flags, GL_FRAME_WALKS) ^ 1, blot, n;

	blot = gl_either(lost, client | GL_FRAME_HAS(flags, GL_FRAME_EVER),
			 GL_FRAME_HAS(flags, GL_FRAME_DEFLATED));
	walk->pkt->masked |= lost & client;
	walk->pkt->compressed |= blot & ((lost & client) ^ 1);
	key = gl_either(blot, GL_FRAME_BLOT, (key | key << 32) & (lost - 1));
	n = gl_either(lost, to - at, gl_min(left, to - at));
	if (key)
		n = gl_min(n, GL_FRAME_RUN);
	scratch->frame.left = (left - n) & (lost - 1);
	scratch->frame.key = key >> (n & 3) * 8;
	scratch->frame_at = at + n;
	if (key)
		gl_frame_change(scratch, at, n, blot - 1, key);
}

/*
 * The server's answer up to its empty line, behind which frames begin. Instead of a
 * key, the number of bytes of the line's end that were seen is kept.
 */
static __always_inline void gl_frame_http(struct gl_scratch *scratch, __u64 at, __u64 to)
{
	__u64 seen = GL_NOW(scratch->frame.key) & 3;

	for (int i = 0; i < GL_FRAME_LINE; i++) {
		__u64 byte, cr;

		if (gl_is_less(to, at + 1) | (seen >> 2))
			break;
		byte = scratch->text[gl_text_index(at)];
		cr = gl_is_zero(byte ^ '\r');
		seen = gl_either(gl_is_zero(byte ^ gl_either(seen & 1, '\n', '\r')), seen + 1, cr);
		at++;
	}
	scratch->frame.key = seen;
	scratch->frame_at = at;
	if (seen >> 2)
		scratch->frame.flags |= GL_FRAME_WALKS;
}

static long gl_frame_step(__u64 index, void *data)
{
	struct gl_frame_walk *walk = data;
	struct gl_scratch *scratch = walk->scratch;
	__u32 at = GL_NOW(scratch->frame_at), to = GL_NOW(scratch->frame_to);
	__u8 flags = scratch->frame.flags;

	(void)index;
	if (at >= to)
		return 1;
	if (!(flags & (GL_FRAME_WALKS | GL_FRAME_LOST)))
		gl_frame_http(scratch, at, to);
	else if (flags & GL_FRAME_WALKS && !scratch->frame.left)
		gl_frame_header(scratch);
	else
		gl_frame_payload(walk, at, to);
	return 0;
}

/*
 * Before the first piece of a packet's payload: where does its direction stand? A
 * client's frames begin with its first segment after the upgrade, a server's behind
 * its answer. Lost frames are looked for again at each segment's start.
 */
static __always_inline void gl_frames_begin(struct gl_scratch *scratch, const struct gl_pkt *pkt,
					    struct gl_dir *dir, __u8 client)
{
	if (pkt->stream & GL_STREAM_AFTER_GAP)
		gl_frame_lose(&dir->frame);
	scratch->frame = dir->frame;
	gl_store64(scratch->frame_header, gl_load64(dir->frame.header));
	gl_store64(scratch->frame_header + 8, gl_load64(dir->frame.header + 8));
	scratch->frame_client = client;
	scratch->framed = 1;
	if (pkt->stream & GL_STREAM_LATE)
		gl_frame_lose(&scratch->frame);
	else if (client || scratch->frame.flags & GL_FRAME_LOST)
		scratch->frame.flags |= GL_FRAME_WALKS;
}

/*
 * Makes text[from..to) readable, the next piece of the packet's payload. Each
 * callback goes on by a byte or more, but for one that loses the frames, which
 * happens once in a piece at most.
 */
static __always_inline void gl_frames(struct gl_frame_walk *walk, __u32 from, __u32 to)
{
	walk->scratch->frame_at = from;
	walk->scratch->frame_to = to;
	gl_loop(to - from + 2, gl_frame_step, walk);
}

/* What the direction's next segment goes on with: not of one that came late, or is dropped. */
static __always_inline void gl_frames_keep(const struct gl_scratch *scratch, struct gl_dir *dir)
{
	dir->frame = scratch->frame;
	gl_store64(dir->frame.header, gl_load64(scratch->frame_header));
	gl_store64(dir->frame.header + 8, gl_load64(scratch->frame_header + 8));
}

#endif /* GL_FRAMES_H */
