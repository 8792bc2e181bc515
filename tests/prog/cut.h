/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cut.h - packets of which a capture kept less, or of which less lies in the linear
 * part. Each victim holds the word hello, is read when whole, and is in a list that ends
 * with NULL; WORDS of the including file has hello. In a header for the reason that
 * rig.h gives.
 */
#ifndef CUT_H
#define CUT_H

#include "rig.h"

#define LONGEST 512
#define VICTIMS 16

/* What one prefix of one packet became. */
struct fate {
	__u64 outcome, protocol, level, hits;
};

static struct fate fates[RIG_KINDS][VICTIMS][LONGEST];

/* The one row of a list that grew, by one packet of wire bytes. */
#define GREW(list, max, to)                                                             \
	do {                                                                            \
		int grown = 0;                                                          \
		for (__u32 i = 0; i < (max); i++) {                                     \
			if (after.total.list[i].packets == before.total.list[i].packets) \
				continue;                                               \
			grown++;                                                        \
			(to) = i;                                                       \
			assert_int_equal(after.total.list[i].packets,                   \
					 before.total.list[i].packets + 1);             \
			assert_int_equal(after.total.list[i].bytes,                     \
					 before.total.list[i].bytes + rig.packet.wire); \
		}                                                                       \
		assert_int_equal(grown, 1);                                             \
	} while (0)

/* Sends rig.packet and says what became of it. */
static struct fate fate_of_packet(struct engine *engine, __u32 linear)
{
	struct snapshot before, after;
	struct fate fate = { 0 };

	rig_read(engine, &before);
	rig_send_split(engine, linear);
	rig_read(engine, &after);
	GREW(outcome, GL_OUTCOMES, fate.outcome);
	GREW(protocol, GL_PROTOCOLS, fate.protocol);
	GREW(exposure, GL_LEVELS, fate.level);
	fate.hits = rig_count(&before, &after, "hello").hits;
	snapshot_free(&before);
	snapshot_free(&after);
	return fate;
}

static enum rig_kind kind_of(const struct engine *engine)
{
	return strcmp(engine_name(engine), "native") ? RIG_KERNEL : RIG_NATIVE;
}

/* Every prefix of each victim has one outcome, the same with both engines. */
static void cut_everywhere(struct engine *engine, const struct step *const *victims)
{
	for (size_t v = 0; victims[v]; v++) {
		struct packet_peers peers = rig_peers(0);
		__u32 whole, word;

		packet_build(victims[v], &peers, &rig.packet);
		whole = rig.packet.length;
		word = (__u32)((char *)memmem(rig.packet.frame, whole, "hello", 5) + 5 -
			       (char *)rig.packet.frame);
		assert_true(whole < LONGEST && v < VICTIMS);
		for (__u32 n = 0; n <= whole; n++) {
			struct fate *fate = &fates[kind_of(engine)][v][n];

			peers = rig_peers(0);
			packet_build(victims[v], &peers, &rig.packet);
			rig.packet.length = n;
			*fate = fate_of_packet(engine, 0);
			assert_int_equal(fate->outcome, n < whole ? GL_OUT_TRUNCATED :
								    GL_OUT_SCANNED);
			assert_int_equal(fate->hits, n >= word);
			if (kind_of(engine) == RIG_KERNEL)
				assert_memory_equal(fate, &fates[RIG_NATIVE][v][n],
						    sizeof(*fate));
		}
	}
}

/*
 * A cut frame whose linear part ends anywhere is still a cut frame. After
 * cut_everywhere(), which said of the native engine what each becomes.
 */
static void cut_and_split(struct engine *engine, const struct step *const *victims)
{
	for (size_t v = 0; victims[v]; v++) {
		for (__u32 n = 20; n < 160; n += 7) {
			for (__u32 linear = 14; linear <= n; linear += 5) {
				struct packet_peers peers = rig_peers(0);
				struct fate fate;

				packet_build(victims[v], &peers, &rig.packet);
				if (rig.packet.length <= n)
					continue;
				rig.packet.length = n;
				fate = fate_of_packet(engine, linear);
				assert_memory_equal(&fate, &fates[RIG_NATIVE][v][n],
						    sizeof(fate));
			}
		}
	}
}

#endif
