/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* maps.h - every map and setting of the packet path, and nothing else. */
#ifndef GL_MAPS_H
#define GL_MAPS_H

#include "ctx.h"

/* What one part of a session description says, see sdp.h. */
struct gl_sdp_part {
	__be32 address[4];
	__be16 port;		 /* 0: none that was read, or refused */
	__u16 says;		 /* GL_MARK_* of its lines */
	__u8 family;		 /* of the address: 4 or 6, 0 none */
	__u8 level;		 /* enum gl_level, of the mark behind its port */
	__u8 reserved[2];
};

#define GL_SDP_PARTS 16u	 /* the session, 14 sections, and one place for all others */
#define GL_SDP_NUMBERS 8u

struct gl_sdp {
	struct gl_sdp_part part[GL_SDP_PARTS];
	__u32 at;		 /* part that is read */
	__u32 sections;		 /* of the packet, at most GL_SDP_PARTS - 1 */
	__u32 flags;		 /* GL_FLOW_VEIL, if a section told it */
	__u32 level;		 /* highest that a section told */
	/* numbers behind a mark */
	__u32 number[GL_SDP_NUMBERS]; /* in host byte order */
	__u32 numbers;
	__u32 digits;		 /* of the number that is read */
	__u32 length;		 /* bytes of all */
	__u32 profile_at;	 /* payload bytes before the place of the section's profile */
	__u8 base;
	__u8 separator;
	__u8 gap;		 /* 1 + numbers before the zeros that "::" stands for, 0 none */
	__u8 odd;		 /* they cannot be a port or an address */
	__u8 stop;		 /* byte behind them, 0: not there */
	__u8 reserved[3];
};

/*
 * Working memory of one packet on one CPU: too large for the stack. Wiped
 * before the program returns, so that no payload byte stays behind.
 */
struct gl_scratch {
	__u8 window[GL_WINDOW + 8]; /* a field load may read past the end */
	/* signature walk */
	__u32 walk_state;
	__u32 walk_at;
	__u32 walk_end;
	__u32 accepts;
	__u16 accept[8];	 /* accepting states passed, in order */
	__u32 candidates;
	__u16 candidate[64];	 /* pattern | length of the match << 8 */
	__u32 row_at;		 /* of the candidate that is tried */
	__u32 best;		 /* 1 + pattern */
	__u32 best_rank;
	__u32 fields_valid;	 /* the walk began at this packet's first byte */
	__u32 last;		 /* last payload byte; 256 when it is not there */
	/* a list of items, see items.h */
	__u32 item_list;
	__u32 item_at;		 /* next byte, from the first of the payload */
	__u32 item_end;		 /* behind the list */
	__u32 item_found;
	/* the random test */
	__u32 bits;
	__u32 printables;
	__u32 run;
	__u32 longest;		 /* run */
	/* word scan, and what follows: wiped apart, see gl_window_wipe() */
	__u32 state;		 /* of the automaton */
	__u32 at;		 /* next byte of the text */
	__u32 end;		 /* of the text */
	__u32 hold;		 /* the automaton holds on up to this byte; see scan.h */
	__u32 next_off;		 /* frame offset of the next piece */
	__u32 left;		 /* payload bytes behind the text */
	__u32 failed;
	__u32 gram;		 /* bytes that must be left of the text for a probe */
	__u32 covered;		 /* by the filter's last group of probes */
	__u32 hits;		 /* of that group, a bit each */
	__u32 balance;		 /* bytes that the filter saved; negative: it gives up */
	__u32 out;		 /* cell of the next pattern to report */
	__u64 history[2];
	/* WebSocket frames */
	struct gl_frame frame;
	__u8 frame_header[32];	 /* gathered, 16 bytes at a time */
	__u32 frame_at;		 /* next byte of the text */
	__u32 frame_to;
	__u32 frame_have;	 /* bytes in frame_header */
	__u32 frame_size;	 /* that the header has */
	__u32 frame_length;	 /* of the payload, as it says */
	__u8 frame_whole;	 /* all of the header is there */
	__u8 frame_odd;		 /* it cannot be one */
	__u8 frame_client;	 /* its client sent the packet */
	__u8 framed;		 /* the text is one of frames */
	/* bodies of HTTP */
	__u8 body;		 /* GL_BODY_* */
	__u8 bodied;		 /* 1: marks of them count */
	/* session descriptions */
	__u8 announces;		 /* 1: marks of them count */
	__u8 described;		 /* 1: one begins in the packet, and sdp is used */
	__u16 mark;		 /* GL_MARK_* of the mark that ends here, 0 none */
	__u16 mark_length;	 /* its bytes */
	__u8 mark_level;	 /* enum gl_level that it says */
	__u8 text[2 * GL_TEXT + 128]; /* twice, so that an index is masked, not compared */
	struct gl_sdp sdp;
	__u32 claim;		 /* 1 while a packet has it, see room.h */
	struct gl_flow fresh;	 /* of a new flow entry: no payload */
};

/*
 * Packets on one CPU that may be read at the same time. Programs on interfaces are
 * never interrupted by themselves; those of a cgroup are.
 */
#if defined(GL_HOOK_CGROUP) && !defined(GL_ONE_ROOM)
#define GL_ROOMS 4u
#else
#define GL_ROOMS 1u
#endif

/* Where words are read is known to who watches their own traffic only. */
#if defined(GL_HOOK_CGROUP) || defined(GL_NATIVE)
#define GL_HAS_PLACES 1
#else
#define GL_HAS_PLACES 0
#endif

#ifdef GL_NATIVE

extern struct gl_settings gl_settings;
struct gl_total *gl_map_total(void);
struct gl_scratch *gl_map_scratch(void);
struct gl_replay *gl_map_replay(void);
struct gl_flow *gl_map_flow(const struct gl_flow_key *key);
int gl_map_flow_add(const struct gl_flow_key *key, const struct gl_flow *flow);
const struct gl_signatures *gl_map_signatures(void);
const void *gl_map_word_tables(void);
struct gl_word_count *gl_map_word_count(__u32 id);
__u64 *gl_map_sighting(const __u64 *digest);
int gl_map_sighting_add(const __u64 *digest, const __u64 *stamp);
const struct gl_media *gl_map_media(const __u64 *digest);
void gl_map_media_set(const __u64 *digest, const struct gl_media *media);
struct gl_place *gl_map_place(const struct gl_place_key *key);
int gl_map_place_add(const struct gl_place_key *key, const struct gl_place *place);

#else

const volatile struct gl_settings gl_settings SEC(".rodata.settings") = {
	.cells = GL_CELLS_MIN,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gl_total);
} total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GL_ROOMS);
	__type(key, __u32);
	__type(value, struct gl_scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gl_replay);
} replay SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64); /* gl_flow_digest() */
	__type(value, struct gl_flow);
} flows SEC(".maps");

/* What the operator loaded; the path itself never reads it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_CAPACITY_DEFAULT);
	__type(key, struct gl_word_key);
	__type(value, struct gl_word);
} words SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_CAPACITY_DEFAULT);
	__type(key, __u32);
	__type(value, struct gl_word_count);
} word_counts SEC(".maps");

/*
 * Which (flow, word) pairs were seen, as keyed digests: makes words.packets and
 * words.flows countable without a readable join of a word with a flow.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} sightings SEC(".maps");

/* Keyed digests of the ends at which media are expected: no address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GL_MEDIA);
	__type(key, __u64); /* gl_media_digest() */
	__type(value, struct gl_media);
} media SEC(".maps");

#if GL_HAS_PLACES
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GL_PLACES);
	__type(key, struct gl_place_key);
	__type(value, struct gl_place);
} places SEC(".maps");
#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gl_meta);
} meta SEC(".maps");

/* Names of the protocols by number, for readers; the path itself never reads it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_PROTOCOLS);
	__type(key, __u32);
	__type(value, struct gl_label);
} labels SEC(".maps");

/* One table of the size class chosen at load; see GL_WORDS_SIZE. */
struct gl_word_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 65536);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__array(values, struct gl_word_table);
} word_tables SEC(".maps");

struct gl_signature_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gl_signatures));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__array(values, struct gl_signature_table);
} signatures SEC(".maps");

static __always_inline void *gl_map_first(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

static __always_inline struct gl_total *gl_map_total(void)
{
	return gl_map_first(&total);
}

#ifdef GL_HOOK_CGROUP

static __always_inline struct gl_scratch *gl_map_room(__u32 room)
{
	return bpf_map_lookup_elem(&scratch, &room);
}

#else

static __always_inline struct gl_scratch *gl_map_scratch(void)
{
	return gl_map_first(&scratch);
}

#endif

static __always_inline struct gl_replay *gl_map_replay(void)
{
	return gl_map_first(&replay);
}

/*
 * A multilinear hash, keyed for each load: hashing the whole key is a third of what
 * a look-up takes otherwise. Distinct keys agree by chance only, and are compared.
 */
static __always_inline __u64 gl_flow_digest(const struct gl_flow_key *key)
{
	const __u64 *words = (const void *)key;
	__u64 digest = 0;

	for (__u32 i = 0; i < GL_FLOW_KEY_WORDS; i++)
		digest += (words[i] ^ words[i] >> 32) * gl_settings.flow_secret[i];
	return digest ^ digest >> 32;
}

static __always_inline int gl_same_flow(const struct gl_flow_key *a, const struct gl_flow_key *b)
{
	const __u64 *left = (const void *)a, *right = (const void *)b;
	__u64 differs = 0;

	for (__u32 i = 0; i < GL_FLOW_KEY_WORDS; i++)
		differs |= left[i] ^ right[i];
	return !differs;
}

/* NULL also in the case that another flow has the same digest. */
static __always_inline struct gl_flow *gl_map_flow(const struct gl_flow_key *key)
{
	__u64 digest = gl_flow_digest(key);
	struct gl_flow *flow = bpf_map_lookup_elem(&flows, &digest);

	return flow && gl_same_flow(&flow->key, key) ? flow : NULL;
}

/* Fails when another CPU was first. */
static __always_inline int gl_map_flow_add(const struct gl_flow_key *key,
					   const struct gl_flow *flow)
{
	__u64 digest = gl_flow_digest(key);

	return bpf_map_update_elem(&flows, &digest, flow, BPF_NOEXIST);
}

static __always_inline struct gl_word_count *gl_map_word_count(__u32 id)
{
	return bpf_map_lookup_elem(&word_counts, &id);
}

static __always_inline __u64 *gl_map_sighting(const __u64 *digest)
{
	return bpf_map_lookup_elem(&sightings, digest);
}

static __always_inline int gl_map_sighting_add(const __u64 *digest, const __u64 *stamp)
{
	return bpf_map_update_elem(&sightings, digest, stamp, BPF_NOEXIST);
}

static __always_inline const struct gl_media *gl_map_media(const __u64 *digest)
{
	return bpf_map_lookup_elem(&media, digest);
}

static __always_inline void gl_map_media_set(const __u64 *digest, const struct gl_media *what)
{
	bpf_map_update_elem(&media, digest, what, BPF_ANY);
}

#if GL_HAS_PLACES

static __always_inline struct gl_place *gl_map_place(const struct gl_place_key *key)
{
	return bpf_map_lookup_elem(&places, key);
}

static __always_inline int gl_map_place_add(const struct gl_place_key *key,
					    const struct gl_place *place)
{
	return bpf_map_update_elem(&places, key, place, BPF_NOEXIST);
}

#endif

static __always_inline const struct gl_signatures *gl_map_signatures(void)
{
	void *inner = gl_map_first(&signatures);

	return inner ? gl_map_first(inner) : NULL;
}

static __always_inline const void *gl_map_word_tables(void)
{
	void *inner = gl_map_first(&word_tables);

	return inner ? gl_map_first(inner) : NULL;
}

#endif /* BPF */

#endif /* GL_MAPS_H */
