/* SPDX-License-Identifier: BSD-2-Clause */
/* splitmix.h - SplitMix64, of Steele, Lea and Flood: one seed, many numbers. */
#ifndef SPLITMIX_H
#define SPLITMIX_H

#include <linux/types.h>

/* The next number; state: the seed, then what it became. */
static inline __u64 splitmix64(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

#endif
