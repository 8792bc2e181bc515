/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * random.h - does a flow's first client payload look like random bytes? The five
 * exemptions of Wu et al., "How the Great Firewall of China Detects and Blocks
 * Fully Encrypted Traffic", USENIX Security 2023, on its first 256 bytes. It is a
 * symptom, not a protocol: compressed data shows it too.
 */
#ifndef GL_RANDOM_H
#define GL_RANDOM_H

#include "flow.h"
#include "window.h"

#define GL_RANDOM_LEAST 64u	 /* shorter payloads are exempted by chance too often */
#define GL_RANDOM_RUN 20u	 /* longest run of printable bytes that is not exempt */
#define GL_RANDOM_BYTES 32	 /* per loop callback */

struct gl_random_walk {
	struct gl_scratch *scratch;
};

/* Set bits of a byte, in arithmetic: BPF has no instruction for it. */
static __always_inline __u32 gl_bits(__u32 byte)
{
	byte -= byte >> 1 & 0x55;
	byte = (byte & 0x33) + (byte >> 2 & 0x33);
	return (byte + (byte >> 4)) & 0x0f;
}

/* Adds up set bits, printable bytes, and the runs of them. */
static long gl_random_step(__u64 index, void *data)
{
	struct gl_scratch *scratch = ((struct gl_random_walk *)data)->scratch;
	__u64 bits = *(volatile __u32 *)&scratch->bits;
	__u64 printables = *(volatile __u32 *)&scratch->printables;
	__u64 run = *(volatile __u32 *)&scratch->run;
	__u64 longest = *(volatile __u32 *)&scratch->longest;
	__u32 at = index * GL_RANDOM_BYTES;

	for (__u32 i = 0; i < GL_RANDOM_BYTES; i++) {
		__u64 here = gl_is_less(at + i, scratch->walk_end), byte, printable, longer;

		byte = scratch->window[(at + i) & (GL_WINDOW - 1)] & -here;
		printable = here & ((gl_is_less(byte, 0x20) | gl_is_less(0x7e, byte)) ^ 1);
		bits += gl_bits(byte);
		printables += printable;
		run = (run + 1) & -printable;
		longer = gl_is_less(longest, run);
		longest = (run & -longer) | (longest & (longer - 1));
	}
	scratch->bits = bits;
	scratch->printables = printables;
	scratch->run = run;
	scratch->longest = longest;
	return 0;
}

/* Exemption 2: the first six bytes are printable. */
static __always_inline int gl_starts_printable(const struct gl_scratch *scratch)
{
	for (__u32 i = 0; i < 6; i++)
		if (scratch->window[i] < 0x20 || scratch->window[i] > 0x7e)
			return 0;
	return 1;
}

/* Exemption 5: the first bytes of TLS or HTTP. */
static __always_inline int gl_starts_known(const struct gl_scratch *scratch)
{
	const __u8 *w = scratch->window;
	__u32 first = (__u32)w[0] << 24 | w[1] << 16 | w[2] << 8 | w[3];

	if ((w[0] == 0x16 || w[0] == 0x17) && w[1] == 0x03 && w[2] <= 0x0f)
		return 1;
	if (first == 0x47455420 /* GET */ || first == 0x50555420 /* PUT */)
		return 1;
	return (first == 0x504f5354 /* POST */ || first == 0x48454144 /* HEAD */) && w[4] == ' ';
}

/*
 * 1 when the window, of n bytes, holds the payload that opened the flow and it
 * looks random, else 0.
 */
GL_STAGE int gl_looks_random(struct gl_pkt *pkt, struct gl_flow *flow, __u32 n)
{
	struct gl_scratch *scratch = gl_scratch(pkt);
	struct gl_random_walk walk = { .scratch = scratch };
	__u32 bits;

	if (!scratch || !pkt || !flow)
		return 0;
	if (n < GL_RANDOM_LEAST || gl_dir(pkt, flow)->payload_packets ||
	    pkt->dir != flow->first_dir || pkt->skip || pkt->stream)
		return 0;
	scratch->bits = 0;
	scratch->printables = 0;
	scratch->run = 0;
	scratch->longest = 0;
	scratch->walk_end = n;
	gl_loop(GL_WINDOW / GL_RANDOM_BYTES, gl_random_step, &walk);
	bits = scratch->bits * 5;
	return bits > 17 * n && bits < 23 * n && !gl_starts_printable(scratch) &&
	       2 * scratch->printables <= n && scratch->longest <= GL_RANDOM_RUN &&
	       !gl_starts_known(scratch);
}

#endif /* GL_RANDOM_H */
