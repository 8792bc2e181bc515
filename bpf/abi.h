/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * abi.h - the contract between the packet path and user space.
 *
 * Everything that both sides must agree on stands here once: map names, keys,
 * values, enums, limits. Integers are in host byte order unless the type says
 * __be16 or __be32. Only <linux/types.h> may be included.
 */
#ifndef GL_ABI_H
#define GL_ABI_H

#include <linux/types.h>

/* Raised whenever a layout or a meaning in this file changes. */
#define GL_ABI_VERSION 4

/* ------------------------------------------------------------ limits */

#define GL_WINDOW 256u		 /* payload bytes that the classifier loads, power of two */
#define GL_TEXT 2048u		 /* payload bytes that the scan loads at a time, likewise */
#define GL_CLASSIFY_BYTES 256u	 /* payload bytes walked per direction of a flow */
#define GL_CLASSIFY_PACKETS 8u	 /* payload packets per direction before giving up */
#define GL_PAYLOAD_MAX 65535u	 /* an IP length is 16 bits wide */

#define GL_OUTCOMES 32u		 /* rows reserved in struct gl_total, powers of two */
#define GL_VERDICTS 4u
#define GL_PROTOCOLS 64u
#define GL_SERVICES 64u
#define GL_LEVELS 8u

#define GL_WORD_MIN 2u		 /* bytes of UTF-8 in a listed word */
#define GL_WORD_MAX 64u
#define GL_LABEL_MAX 31u	 /* ASCII characters in a word's label */
#define GL_EVENT_GAP_NS 500000000ull /* data packets closer than this are one event */

/* ------------------------------------------------------------ vocabularies */

/* The one named end of a packet's path. Names without the prefix are printed. */
enum gl_outcome {
	GL_OUT_SCANNED,		 /* payload read and compared with the word list */
	GL_OUT_SCANNED_AFTER_GAP, /* as scanned, but earlier bytes of the stream are missing */
	GL_OUT_RETRANSMISSION,	 /* TCP bytes that were looked at before */
	GL_OUT_NO_WORDS,	 /* readable, but no word list is loaded */
	GL_OUT_NOT_SELECTED,	 /* readable, but outside what --scan asked for */
	GL_OUT_MASKED,		 /* under a WebSocket mask whose key was not seen */
	GL_OUT_COMPRESSED,	 /* readable after unpacking, which is not done here */
	GL_OUT_ENCRYPTED,	 /* payload of a flow recognised as encrypted */
	GL_OUT_UNDECIDED,	 /* payload of a flow that is not recognised yet */
	GL_OUT_UNKNOWN,		 /* payload of a flow that nothing recognised */
	GL_OUT_NO_PAYLOAD,	 /* TCP or UDP without a payload byte */
	GL_OUT_NOT_IP,		 /* another EtherType */
	GL_OUT_NOT_TCP_UDP,	 /* IP with another upper-layer protocol */
	GL_OUT_LATER_FRAGMENT,	 /* an IP fragment without the L4 header */
	GL_OUT_TUNNEL,		 /* IP-in-IP, GRE, VXLAN, PPPoE or GTP-U that is not opened */
	GL_OUT_VLAN_TOO_DEEP,	 /* more than two VLAN tags */
	GL_OUT_EXT_TOO_LONG,	 /* more IPv6 extension headers than are walked */
	GL_OUT_TRUNCATED,	 /* the capture or frame ends before the packet does */
	GL_OUT_MALFORMED,	 /* a header contradicts itself */
	GL_OUT_CONTENDED,	 /* another CPU was working on this direction */
	GL_OUT_NO_FLOW,		 /* no flow entry could be made */
	GL_OUT_UNREADABLE,	 /* a load or the bounded walk failed */
	GL_OUT_BUSY,		 /* other packets were being read on this CPU: no room (cgroup) */
	GL_OUT_MAX
};

enum gl_verdict { GL_VERDICT_PASS, GL_VERDICT_WOULD_DROP, GL_VERDICT_DROP, GL_VERDICT_MAX };

/* Exposure ladder, least exposed first, so that levels compare as integers. */
enum gl_level {
	GL_LEVEL_ABSENT,
	GL_LEVEL_SHAPE,
	GL_LEVEL_PROTOCOL,
	GL_LEVEL_SERVICE,
	GL_LEVEL_IDENTITY,
	GL_LEVEL_ENVELOPE,
	GL_LEVEL_CONTENT,
	GL_LEVEL_MAX
};

/* On what a flow's label rests. */
enum gl_basis { GL_BASIS_NONE, GL_BASIS_PORT, GL_BASIS_NAME, GL_BASIS_BYTES, GL_BASIS_MAX };

enum gl_list { GL_LIST_WATCH, GL_LIST_BLOCK, GL_LIST_MAX };

/* Spellings of a word in bytes. Names without the prefix are printed. */
enum gl_encoding {
	GL_ENC_UTF8,
	GL_ENC_UTF16LE,
	GL_ENC_UTF16BE,
	GL_ENC_GB18030,
	GL_ENC_BIG5,
	GL_ENC_SHIFT_JIS,
	GL_ENC_EUC_KR,
	GL_ENC_KOI8_R,
	GL_ENC_WINDOWS_1251,
	GL_ENC_PERCENT,		 /* RFC 3986, 2.1, of UTF-8 */
	GL_ENC_JSON,		 /* RFC 8259, 7: \uXXXX */
	GL_ENC_XML,		 /* XML 1.0, 4.1: numeric references */
	GL_ENC_BASE64,		 /* RFC 4648, 4 and 5, of UTF-8, at each alignment */
	GL_ENC_HEX,		 /* RFC 4648, 8, of UTF-8 */
	GL_ENC_MAX
};
#define GL_ENCODINGS 16u	 /* rows reserved */
#define GL_ENCODINGS_ALL ((1u << GL_ENC_MAX) - 1)

/* What the scan reads. Each includes the one before. */
enum gl_scan {
	GL_SCAN_CHAT,		 /* flows whose protocol is readable chat */
	GL_SCAN_CLEAR,		 /* also readable carriers and flows given up on */
	GL_SCAN_ALL,		 /* every payload */
	GL_SCAN_MAX
};

/* How the program is attached. */
enum gl_mode { GL_MODE_NONE, GL_MODE_NATIVE, GL_MODE_GENERIC, GL_MODE_MAX };

/*
 * Protocol labels. Only those that need no signature are fixed: no payload, not
 * recognised, and random-looking (Wu et al., USENIX Security 2023), which a
 * signature may still replace. The others get their numbers from the signature
 * files. The loader writes their names into the map `labels`, and those that it
 * knows when it attaches into the BTF of the maps, too.
 */
enum gl_protocol { GL_PROTO_NONE, GL_PROTO_UNKNOWN, GL_PROTO_RANDOM, GL_PROTO_FIRST };

/* A protocol's name, NUL padded. */
#define GL_LABEL_ROOM 16u
struct gl_label {
	char name[GL_LABEL_ROOM];
};

/* Service labels: 0 is "none can be said"; names come with the name tap. */
enum gl_service { GL_SERVICE_NONE };

/* ------------------------------------------------------------ counters */

struct gl_outcome_row {
	enum gl_outcome name;
	__u32 reserved;
	__u64 packets;
	__u64 bytes;
};

struct gl_verdict_row {
	enum gl_verdict name;
	__u32 reserved;
	__u64 packets;
	__u64 bytes;
};

/* flows: entries created, moved between rows when a flow's label changes. */
struct gl_protocol_row {
	enum gl_protocol name;
	__u32 reserved;
	__u64 packets;
	__u64 bytes;
	__s64 flows;
	__u64 hits;		 /* occurrences of words */
};

/* Hits of one list: occurrences, and the packets and flows with at least one. */
struct gl_list_row {
	enum gl_list name;
	__u32 reserved;
	__u64 hits;
	__u64 packets;
	__u64 flows;
};

struct gl_service_row {
	enum gl_service name;
	__u32 reserved;
	__u64 packets;
	__u64 bytes;
	__s64 flows;
};

/* flows: counted at the flow's steady level. */
struct gl_exposure_row {
	enum gl_level level;
	__u32 reserved;
	__u64 packets;
	__u64 bytes;
	__s64 flows;
};

/*
 * Every law counter of one CPU. The writer does start++, the additions, done++;
 * a reader takes a copy only when both are equal, which makes each accepted
 * copy a consistent snapshot: seen == sum(outcome) == sum(verdict) ==
 * sum(protocol) == sum(exposure), for packets and for bytes. `done` must stay
 * first and `start` last: the kernel copies upwards.
 */
struct gl_total {
	__u64 done;
	__u64 seen_packets;
	__u64 seen_bytes;
	struct gl_outcome_row outcome[GL_OUTCOMES];
	struct gl_verdict_row verdict[GL_VERDICTS];
	struct gl_protocol_row protocol[GL_PROTOCOLS];
	struct gl_service_row service[GL_SERVICES];
	struct gl_exposure_row exposure[GL_LEVELS];
	struct gl_list_row list[GL_LIST_MAX];
	__u64 start;
};

/* ------------------------------------------------------------ flows */

/*
 * One key for both directions: the lower (address, port) first. IPv4 addresses
 * fill the first word. Unused VLAN places are 0xffff, which no tag can hold.
 */
struct gl_flow_key {
	__be32 lo[4];
	__be32 hi[4];
	__be16 lo_port;
	__be16 hi_port;
	__be16 vlan[2];
	__u8 l4;		 /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 family;		 /* 4 or 6 */
	__u8 reserved[6];
} __attribute__((aligned(8)));

/* In 8-byte words, for digests. */
#define GL_FLOW_KEY_WORDS (sizeof(struct gl_flow_key) / 8)

/*
 * struct gl_flow::flags. The class bits are those of the flow's protocol, kept
 * here so that a classified packet needs no look at the signatures.
 */
#define GL_FLOW_CHAT 0x1u	 /* chat that is readable by design */
#define GL_FLOW_CLEAR 0x2u	 /* a readable carrier */
#define GL_FLOW_ENCRYPTED 0x4u
#define GL_FLOW_WATCH 0x8u	 /* walked again until steady */
#define GL_FLOW_MASKED 0x40u	 /* frames; the client's lie under a mask sent with each */
#define GL_FLOW_COMPRESSED 0x80u /* all that follows is compressed, in both directions */
#define GL_FLOW_ANNOUNCES 0x400u /* its text may describe media that follow, RFC 8866 */
#define GL_FLOW_CARRIES 0x800u	 /* its payload is media that may have been announced */
#define GL_FLOW_CLASS 0xccfu
#define GL_FLOW_STEADY 0x10u	 /* past the setup phase */
#define GL_FLOW_GAP 0x20u	 /* the scan missed bytes of this flow */
#define GL_FLOW_HIT 0x100u	 /* << enum gl_list: a word of that list was read */
#define GL_FLOW_VEIL 0x1000u	 /* its level is reached with a key that could be read */

/*
 * struct gl_dir::recent. Packets and bytes of a direction are added at once, as two
 * atomic additions would be a tenth of a packet's time; 2^23 packets later, of at most
 * 64 KiB each, they move to where there is room.
 */
#define GL_RECENT_BYTES 40
#define GL_RECENT_FULL (1ull << 63)

/* struct gl_dir::flags */
#define GL_DIR_SYNCED 0x1u	 /* next_seq is valid */
#define GL_DIR_WALK_DONE 0x2u	 /* the stream walk of the classifier has ended */
#define GL_DIR_GAVE_UP 0x4u	 /* the classifier looks at this direction no more */
#define GL_DIR_DROPPED 0x8u	 /* the segment at next_seq was dropped, its hits counted */
#define GL_DIR_DROPPED_GAP 0x10u /* the same of the segment at gap_from */

/* struct gl_dir::body: what the header lines that were read say of the body */
#define GL_BODY_ENCODED 0x1u	 /* it will be compressed */
#define GL_BODY_COMPRESSED 0x2u	 /* it is, and has begun */
#define GL_BODY_HEADER 0x4u	 /* header lines are being read */

/* struct gl_frame::flags */
#define GL_FRAME_WALKS 0x1u	 /* frames are followed, or one is expected */
#define GL_FRAME_SURE 0x2u	 /* one was read */
#define GL_FRAME_LOST 0x4u	 /* bytes are missing, or were not a frame's */
#define GL_FRAME_DEFLATED 0x8u	 /* this frame's payload is compressed */
#define GL_FRAME_MESSAGE 0x10u	 /* so are its continuation frames */
#define GL_FRAME_EVER 0x20u	 /* a compressed one was seen */

/* The place in a direction's WebSocket frames, RFC 6455, 5.2. */
struct gl_frame {
	__u32 left;		 /* payload bytes to come in this frame */
	__u32 key;		 /* its mask, the next byte's part lowest; 0 none */
	__u8 at;		 /* bytes in header */
	__u8 flags;		 /* GL_FRAME_* */
	__u8 reserved[6];
	__u8 header[16];	 /* of a header that goes on in the next segment */
};

/*
 * One direction of a flow: cache lines of its own, so that two CPUs do not share
 * them. The second line is touched by the scan only, and in a cgroup.
 */
struct gl_dir {
	__u32 claim;		 /* 1 while a CPU classifies or scans this direction */
	__u32 next_seq;		 /* next expected TCP sequence number */
	__u32 gap_from;		 /* last missing range of sequence numbers: [from, to) */
	__u32 gap_to;
	__u16 word_generation;	 /* low bits of the tables' generation that word_state */
	__u16 sig_generation;	 /* and sig_state belong to */
	__u16 sig_state;	 /* state of the signature automaton */
	__u16 sig_bytes;	 /* payload bytes it has walked */
	__u8 payload_packets;	 /* while unrecognised */
	__u8 flags;		 /* GL_DIR_* */
	__u16 gaps;		 /* saturating */
	__u32 events;		 /* bursts of payload packets, GL_EVENT_GAP_NS apart */
	__u64 recent;		 /* packets << GL_RECENT_BYTES | bytes, not yet in the next two */
	__u64 packets;
	__u64 bytes;		 /* wire bytes of the frames */
	__u64 last_ns;		 /* time of the last payload packet */
	/* of the scan */
	__u32 hits;		 /* word hits, never which */
	__u32 word_state;	 /* state of the word automaton */
	/*
	 * Of the last 128 bytes, while a word may still go on: the bit by which upper
	 * and lower case differ, the latest in bit 0 of [0].
	 */
	__u64 history[2];
	struct gl_frame frame;
	__u8 body;		 /* GL_BODY_* */
	__u8 reserved2[3];
	__u32 local;		 /* when the watched tree last sent over loopback, see local.h */
} __attribute__((aligned(64)));

/*
 * A flow: a shared head whose writes are idempotent or won by compare-and-swap,
 * and two lines per direction. Direction 0 is lo to hi. No payload byte is kept.
 */
struct gl_flow {
	struct gl_flow_key key;	 /* the map's key is a digest of it */
	__u64 reserved2[2];
	__u64 born;		 /* random, not 0: tells a recycled entry apart */
	__u64 first;		 /* creation: packet number in a replay, else ns */
	enum gl_protocol protocol;
	enum gl_service service;
	__u32 flags;		 /* GL_FLOW_* */
	enum gl_basis basis;
	enum gl_level setup;	 /* highest level reached in each phase */
	enum gl_level steady;
	__u32 registers[2];	 /* of the signature language */
	__u8 first_dir;		 /* direction of the first payload packet */
	__u8 client_dir;	 /* 1 + direction that the client sends in, 0 unknown */
	__u8 step;		 /* last step of a signature that was seen, 0 none */
	__u8 reserved[13];
	struct gl_dir dir[2];
} __attribute__((aligned(64)));

/* ------------------------------------------------------------ media */

/*
 * What a session description that was read said of one receiving end. The map's key is
 * a keyed digest of address, port and VLAN.
 */
struct gl_media {
	__u64 time;		 /* ns: when it was read last */
	__u32 flags;		 /* GL_FLOW_VEIL or none */
	enum gl_level level;	 /* of what is sent there; GL_LEVEL_ABSENT: it cannot be told */
};

#define GL_MEDIA 16384u		 /* entries */
/* For how long: a call may ring for more than three minutes, RFC 3261, 16.6. */
#define GL_MEDIA_KEEP_NS 300000000000ull

/* ------------------------------------------------------------ words */

/* Key of the map `words`: the word as loaded, NUL padded. */
struct gl_word_key {
	char word[GL_WORD_MAX + 1];
};

/* What the operator loaded; holds nothing of the traffic. */
struct gl_word {
	__u32 id;		 /* index into word_counts, stable over reloads */
	enum gl_list list;
	__u32 generation;	 /* of the list that this entry belongs to */
	__u32 position;		 /* order in the files */
	char label[GL_LABEL_MAX + 1];
};

struct gl_word_count {
	__u64 hits;		 /* occurrences */
	__u64 packets;		 /* packets with at least one */
	__u64 flows;		 /* flows with at least one */
	__u64 encoded[GL_ENCODINGS]; /* hits by enum gl_encoding */
};

/*
 * Where words were read. Only for who watches their own traffic: a map of the cgroup
 * program, and of a native replay with a canary; no program on an interface has it.
 */
struct gl_place_key {
	__u64 born;		 /* gl_flow::born of the flow */
	__u32 word;		 /* id */
	__u16 protocol;		 /* the flow's label then */
	__u8 dir;		 /* 0: sent by the key's lo end */
	__u8 encoding;		 /* enum gl_encoding */
};

struct gl_place {
	__u64 hits;
	__u64 first;		 /* as gl_flow::first */
};

#define GL_PLACES 16384u	 /* entries */

/*
 * Word tables of one generation, in one map value, so that one write of the outer
 * map swaps all of it: header, then cells of 8 bytes. A pattern is one spelling of
 * one word in bytes.
 *
 * Two machines read the text. The filter probes each stride-th byte: with the
 * eight bytes from there, each | 0x20 (a coarse fold), shape[the first two's number]
 * says by how much to shift them left so that the bytes of the shortest pattern that may
 * begin there remain. Of their product with multiplier, >> shift and & ~7 is the
 * byte offset of a 64-bit word of the filter, bits 40 to 45 are the number of a bit
 * of it, and so are bits 34 to 39 if `bits` is 2. The filter holds each pattern from
 * each of its first `stride` bytes on.
 *
 * Where it hits, a double-array Aho-Corasick automaton takes over. A state is a
 * cell; its child by byte class c is cell base + c if that cell's check is c,
 * else go on at fail. Bases are distinct; class 0 (a byte in no pattern) has no
 * child. The root is cell 0 and its own fail state; no child lies there. A state
 * that matches, by itself or on its fail chain, has at cell base + 0 an output
 * cell, whose base is the cell of its first pattern. Cells that are no state have
 * the check GL_CELL_NONE, which is no class.
 *
 * cell: base:25 | check:8 | fail:25 | depth:2 | match:1 | root:1 | shallow:1 | free:1
 */
#define GL_CELL_BITS 25
#define GL_CELL_INDEX ((1u << GL_CELL_BITS) - 1)
#define GL_CELL_FAIL_BIT (GL_CELL_BITS + 8)
#define GL_CELL_DEPTH_BIT (GL_CELL_FAIL_BIT + GL_CELL_BITS)
#define GL_CELL_BASE(c) ((__u32)((c) & GL_CELL_INDEX))
#define GL_CELL_CHECK(c) ((__u32)(((c) >> GL_CELL_BITS) & 0xff))
#define GL_CELL_FAIL(c) ((__u32)(((c) >> GL_CELL_FAIL_BIT) & GL_CELL_INDEX))
#define GL_CELL_DEPTH(c) ((__u32)(((c) >> GL_CELL_DEPTH_BIT) & 3)) /* 3: or more */
#define GL_CELL_MATCH_BIT 60
#define GL_CELL_ROOT_BIT 61
#define GL_CELL_SHALLOW_BIT 62	 /* depth below 3, and below the shortest pattern's */
#define GL_CELL_MATCH (1ull << GL_CELL_MATCH_BIT)
#define GL_CELL_ROOT (1ull << GL_CELL_ROOT_BIT)
#define GL_CELL_SHALLOW (1ull << GL_CELL_SHALLOW_BIT)
#define GL_CELL_NONE 255u	 /* check of a cell that is no state */
#define GL_CLASSES 256u		 /* a base is at most cells - GL_CLASSES */

/*
 * Two cells; four with GL_PATTERN_EXACT, and two more with GL_PATTERN_LONG. Classes
 * fold ASCII letters; where a byte of the pattern must not be folded, its bit in mask
 * is 1, and the case history must equal bits there. Bit 0 is the pattern's last byte;
 * long_bits and long_mask are of the 64 bytes before the last 64.
 */
struct gl_pattern {
	__u32 word;		 /* id */
	__u32 next;		 /* cell of the next pattern that ends here too, 0 none */
	union {
		__u32 digest;	 /* of the word: tells it from an earlier one with its id */
		struct {
			__u16 length;	/* bytes */
			__u8 level;	/* enum gl_level that it says, GL_LEVEL_ABSENT none */
			__u8 reserved;
		} mark;
	};
	__u16 flags;		 /* GL_PATTERN_EXACT, GL_MARK_* */
	__u8 list;		 /* enum gl_list */
	__u8 encoding;		 /* enum gl_encoding */
};

struct gl_pattern_exact {
	struct gl_pattern pattern;
	__u64 bits;
	__u64 mask;
	__u64 long_bits;
	__u64 long_mask;
};

/* struct gl_pattern::flags. Marks: user/marks.yaml. */
#define GL_PATTERN_EXACT 0x1u	 /* see struct gl_pattern_exact */
#define GL_PATTERN_LONG 0x80u	 /* and its last two fields are there */
#define GL_MARK_ONLY 0x2u	 /* no listed word */
#define GL_MARK_BODY 0x4u	 /* the body is end-to-end encrypted: the level is at most this */
#define GL_MARK_MESSAGE 0x8u	 /* a message with header lines begins */
#define GL_MARK_ENCODED 0x10u	 /* a header line: the body is compressed */
#define GL_MARK_IDENTITY 0x20u	 /* a header line: it is not */
#define GL_MARK_BLANK 0x40u	 /* the empty line before the body */
/* Of session descriptions, RFC 8866; they count in flows with GL_FLOW_ANNOUNCES. */
#define GL_MARK_SESSION 0x100u	 /* a description begins */
#define GL_MARK_MEDIA 0x200u	 /* a section begins, its port follows */
#define GL_MARK_IP4 0x400u	 /* an address follows */
#define GL_MARK_IP6 0x800u
#define GL_MARK_CLEAR 0x1000u	 /* behind the port: what is sent is not encrypted */
#define GL_MARK_KEYED 0x2000u	 /* behind the port: it is, with a key that may be given */
#define GL_MARK_KEY 0x4000u	 /* that key */
#define GL_MARK_SEALED 0x8000u	 /* keys may be agreed on that nobody else can read */
#define GL_MARKS_SDP 0xff00u

#define GL_SHAPES 8192u	 /* numbers of a pair: 8 bits of its first byte, 5 of its second */
#define GL_STRIDE_MAX 4u
#define GL_PROBES 16u		 /* of the filter, in one group */
#define GL_FILTER_WORDS 32768u	 /* 64-bit words of the largest filter */

struct gl_words_header {
	__u32 generation;	 /* 1 and up; 0 is the empty list */
	__u32 words;		 /* 0: nothing to scan for but marks */
	__u32 patterns;
	__u32 cells_used;
	__u32 stride;		 /* 1 to GL_STRIDE_MAX - 1 */
	__u32 bits;		 /* 1 or 2 */
	__u32 shift;		 /* 46 for the largest filter, more for smaller ones */
	__u32 words_at;		 /* cell of the first word: id | list << 32, in file order */
	__u32 encodings;	 /* bit per enum gl_encoding */
	__u32 build_us;		 /* time that building took */
	__u64 multiplier;	 /* odd, random: nobody can craft text that hits the filter */
	__u64 loaded;		 /* seconds since the epoch */
	__u32 inverse;		 /* of stride: 65536 / stride, rounded up */
	__u32 reach;		 /* 15 * stride */
	__u8 cls[256];		 /* byte -> class; folds ASCII letters */
	__u8 shape[GL_SHAPES];	 /* 64 - 8 * bytes compared */
	__u64 filter[GL_FILTER_WORDS];
};

/* The number of cells is a power of two, fixed when the program is loaded. */
#define GL_CELLS_MIN 4096u
#define GL_CELLS_MAX (1u << GL_CELL_BITS)
#define GL_CELLS_SLACK 8u	 /* a pattern may be read at the last cell */
#define GL_CAPACITY_MAX 100000u
#define GL_CAPACITY_DEFAULT 4096u

#define GL_WORDS_OFF_CELLS ((__u64)sizeof(struct gl_words_header))
#define GL_WORDS_SIZE(cells) (GL_WORDS_OFF_CELLS + 8ull * ((cells) + GL_CELLS_SLACK))

/* ------------------------------------------------------------ signatures */

#define GL_SIG_STATES 4096u	 /* of both transports together; state 0 is dead */
#define GL_SIG_STRIDE 256u	 /* a state has a next one for each byte */
#define GL_SIG_ACCEPTS 512u	 /* distinct accept sets */
#define GL_SIG_PATTERNS 256u
#define GL_SIG_ROWS 512u
#define GL_SIG_BARE 16u		 /* patterns without an expression, per transport */
#define GL_SIG_LISTS 32u	 /* lists of items that patterns look into */
#define GL_SIG_ITEMS 64u	 /* items of a list that are looked at */

enum gl_transport { GL_TCP, GL_UDP, GL_TRANSPORTS };

/* Where a walk may begin. */
enum gl_anchor {
	GL_ANCHOR_STREAM,	 /* the first payload byte of a direction */
	GL_ANCHOR_PACKET,	 /* the first payload byte of any packet, too */
	GL_ANCHORS
};

/* struct gl_sig_protocol::flags: what the protocol's payload is, as in gl_flow */
#define GL_SIG_CHAT GL_FLOW_CHAT
#define GL_SIG_CLEAR GL_FLOW_CLEAR
#define GL_SIG_ENCRYPTED GL_FLOW_ENCRYPTED
#define GL_SIG_WATCH GL_FLOW_WATCH
#define GL_SIG_MASKED GL_FLOW_MASKED
#define GL_SIG_ANNOUNCES GL_FLOW_ANNOUNCES
#define GL_SIG_CARRIES GL_FLOW_CARRIES

#define GL_SIG_PORTS 8u		 /* port ranges per protocol and transport */

struct gl_sig_ports {
	__u16 first;		 /* host byte order; unused: 1 to 0 */
	__u16 last;
};

struct gl_sig_protocol {
	__u16 flags;		 /* GL_SIG_* */
	__u8 setup;		 /* enum gl_level */
	__u8 steady;
	__u8 bare;		 /* 1: flows of it may meet a pattern without an expression */
	__u8 reserved[3];
	__u64 becomes;		 /* bit per protocol that a watched flow may change to */
	struct gl_sig_ports ports[GL_TRANSPORTS][GL_SIG_PORTS];
};

/* struct gl_sig_pattern::flags */
#define GL_PATTERN_STEADY 0x1u	 /* seeing it ends the setup phase */
#define GL_PATTERN_WATCHED 0x2u	 /* holds only in a flow that has this protocol already */
#define GL_PATTERN_PORT 0x4u	 /* one end must have a port of the protocol */
#define GL_PATTERN_STREAM 0x8u	 /* without expression: only a direction's first payload */
#define GL_PATTERN_RELABEL 0x10u /* a watched flow gets this label, not only its class */
#define GL_PATTERN_COMPRESSED 0x20u /* what follows this packet is compressed */
#define GL_PATTERN_HELD 0x40u	 /* a step that the other side cannot take meanwhile */

enum gl_role { GL_ROLE_EITHER, GL_ROLE_CLIENT, GL_ROLE_SERVER };

struct gl_sig_pattern {
	__u8 protocol;
	__u8 role;		 /* enum gl_role: who sends it */
	__u8 setup;		 /* level that this pattern shows in each phase */
	__u8 steady;
	__u8 flags;		 /* GL_PATTERN_* */
	__u8 priority;		 /* higher wins; equal: the longer match wins */
	__u16 row_at;		 /* its rows: all predicates must hold */
	__u8 rows;
	__u8 after;		 /* step that the flow must have reached, 0 none */
	__u8 step;		 /* this is a step, not an answer: its number, else 0 */
	__u8 list;		 /* 1 + the list that must have an item, 0 none */
	__u8 reserved[4];
};

/*
 * A list of items, each a type, the length of its value, and the value, all in
 * network byte order: extensions of TLS, attributes of STUN. Found from a fixed
 * place by stepping over what stands before it, which may be all that is asked for.
 */
#define GL_LIST_SKIPS 4u
#define GL_LIST_BYTES 0x80u	 /* a skip: | bytes, up to 63; else the width of a length */
#define GL_LIST_BYTE 0xc0u	 /* a skip: | value, up to 63, that the next byte must have */
#define GL_LIST_MASK 0x3fu

struct gl_sig_list {
	__u8 at;		 /* from the packet's first payload byte */
	__u8 skip[GL_LIST_SKIPS]; /* then, in order; 0 none */
	__u8 size;		 /* width of the list's length, which comes next; 0 without */
	__u8 type;		 /* width of an item's type, 1 to 3; 0: no item is looked for */
	__u8 length;		 /* width of its length; both together at most 4 */
	__u8 align;		 /* values are padded to a multiple of this; not 0 */
	__u8 reserved[3];
	__u32 has;		 /* the type that one item must have */
};

/*
 * A predicate: (left & mask) * multiply + add  OP  right, in 64-bit arithmetic.
 * Or, with op GL_OP_STORE, what a pattern that holds puts into a register.
 */
enum gl_operand {
	GL_OPERAND_FIELD,	 /* unsigned integer in the payload */
	GL_OPERAND_LENGTH,	 /* payload bytes of the packet */
	GL_OPERAND_LAST,	 /* last payload byte */
	GL_OPERAND_CONST,
	GL_OPERAND_REGISTER	 /* of the flow */
};

/* Which of less (1), equal (2) and greater (4) fulfil it. */
enum gl_operator {
	GL_OP_STORE = 0,
	GL_OP_LT = 1,
	GL_OP_EQ = 2,
	GL_OP_LE = 3,
	GL_OP_GT = 4,
	GL_OP_NE = 5,
	GL_OP_GE = 6
};

#define GL_REGISTERS 2u

struct gl_sig_row {
	__u8 left;		 /* enum gl_operand: FIELD, LENGTH or LAST */
	__u8 right;		 /* enum gl_operand: CONST, LENGTH or REGISTER */
	__u8 op;		 /* enum gl_operator */
	__u8 width;		 /* 1 to 4 bytes, for a field */
	__u8 little;		 /* field is little endian */
	__u8 offset;		 /* of the field from the packet's first payload byte */
	__u8 reg;		 /* register that is compared with or stored to */
	__u8 reserved;
	__u32 mask;
	__u32 multiply;
	__s32 add;
	__u32 reserved2;
	__s64 value;		 /* CONST: the constant; else added to the right side */
};

/* Patterns that hold in one accepting state, best first. */
#define GL_ACCEPT_PATTERNS 7u
struct gl_sig_accept {
	__u8 n;
	__u8 pattern[GL_ACCEPT_PATTERNS];
};

/*
 * Compiled signatures of one generation, one map value, swapped like the words.
 * next[state * GL_SIG_STRIDE + byte]; states from first_accept upwards accept.
 */
struct gl_signatures {
	__u32 generation;
	__u32 states;
	__u32 first_accept;
	__u32 protocols;	 /* highest protocol number + 1 */
	__u16 root[GL_TRANSPORTS][GL_ANCHORS];
	/* Patterns without an expression, tried on each packet that is looked at. */
	__u8 bare[GL_TRANSPORTS][GL_SIG_BARE];
	__u32 bares[GL_TRANSPORTS];
	__u16 accept_at[GL_SIG_STATES];	 /* index into accept[], for accepting states */
	struct gl_sig_accept accept[GL_SIG_ACCEPTS];
	struct gl_sig_protocol protocol[GL_PROTOCOLS];
	struct gl_sig_pattern pattern[GL_SIG_PATTERNS];
	struct gl_sig_row row[GL_SIG_ROWS];
	struct gl_sig_list list[GL_SIG_LISTS];
	__u16 next[GL_SIG_STATES * GL_SIG_STRIDE];
};

/* ------------------------------------------------------------ the rest */

/* What attach wrote about itself; read before anything else is. */
struct gl_meta {
	__u32 abi;		 /* GL_ABI_VERSION */
	__u32 ifindex;
	enum gl_mode mode;
	enum gl_scan scan;
	__u32 dispatcher;	 /* 1: other XDP programs can join */
	__u32 capacity;		 /* words */
	__u32 cells;
	__u32 protocols;
	__u32 words_generation;
	__u32 words;
	__u32 enforce;		 /* 1: block-list words drop */
	__u32 encodings;	 /* bit per enum gl_encoding, for lists loaded later */
	__u32 decap;		 /* 1: one level of tunnels is opened */
	__u32 reserved;
	__u64 since;		 /* seconds since the epoch */
	__u64 netns;		 /* inode of the network namespace of ifindex */
	char version[32];
};

/*
 * What a capture knows and a frame does not; read only in a replay.
 * The slot is written before each packet.
 */
struct gl_replay {
	__u64 time_ns;
	__u64 number;		 /* of the packet, from 1 */
	__u32 wire_len;		 /* bytes of the delivered frame before it was cut */
	__s32 link_added;	 /* bytes of synthetic link header within it */
};

/*
 * Fixed when the program is loaded, and read-only then: code that they exclude
 * is pruned by the kernel.
 */
struct gl_settings {
	__u32 scan;		 /* enum gl_scan */
	__u32 replaying;	 /* 1: read struct gl_replay */
	__u32 cells;		 /* of a word table, power of two */
	__u32 enforce;		 /* 1: packets with a block-list word in clear are dropped */
	__u32 places;		 /* 1: count where words are read, see struct gl_place */
	__u32 decap;		 /* 1: one level of tunnels is opened, see decap.h */
	__u64 secret[2];	 /* keys the digests of sightings */
	__u64 flow_secret[GL_FLOW_KEY_WORDS]; /* odd; of the digests of flow keys */
	__u64 tick_ns;		 /* length of a timer tick; unused natively */
};

/* Map names; also the names of their pins. */
#define GL_MAP_TOTAL "total"
#define GL_MAP_FLOWS "flows"
#define GL_MAP_WORDS "words"
#define GL_MAP_WORD_COUNTS "word_counts"
#define GL_MAP_WORD_TABLES "word_tables"
#define GL_MAP_SIGNATURES "signatures"
#define GL_MAP_LABELS "labels"
#define GL_MAP_META "meta"
#define GL_MAP_PLACES "places"

_Static_assert(sizeof(struct gl_flow_key) == 48, "flow key has no hidden padding");
_Static_assert(sizeof(struct gl_dir) == 128, "a direction is two cache lines");
_Static_assert(sizeof(struct gl_flow) == 384, "a flow is six cache lines");
_Static_assert(sizeof(struct gl_pattern) == 16, "a pattern is two cells");
_Static_assert(sizeof(struct gl_pattern_exact) == 48, "a long exact pattern is six cells");
_Static_assert(sizeof(struct gl_sig_row) == 32, "row layout");
_Static_assert(sizeof(struct gl_sig_pattern) == 16, "signature pattern layout");
_Static_assert(sizeof(struct gl_sig_list) == 16, "list layout");
_Static_assert(sizeof(struct gl_words_header) == 64 + 256 + 8192 + 262144, "word table header layout");

#endif /* GL_ABI_H */
