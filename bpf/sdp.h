/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sdp.h - session descriptions (RFC 8866) in a readable message: where media will be
 * received, and whether they will be encrypted. The marks that the scan meets say which
 * line begins; only the numbers behind them are read here. What is cut off, by the end
 * of the piece of text or of the packet, is not told.
 */
#ifndef GL_SDP_H
#define GL_SDP_H

#include "media.h"

#define GL_SDP_BYTES 48u	 /* of an address or a port */
#define GL_SDP_LAST (GL_SDP_PARTS - 1) /* takes all sections for which no part is left */
#define GL_SDP_DECIMAL 10u
#define GL_SDP_HEX 16u
#define GL_TCP_PSH 0x08

struct gl_sdp_walk {
	struct gl_scratch *scratch;
	const struct gl_pkt *pkt;
	__u32 sections;		 /* that are all there */
};

static __always_inline struct gl_sdp_part *gl_sdp_part(struct gl_sdp *sdp, __u32 at)
{
	return &sdp->part[at & (GL_SDP_PARTS - 1)];
}

/* ------------------------------------------------------------ numbers */

static __always_inline __u32 gl_sdp_digit(__u32 byte)
{
	if (byte - '0' < 10)
		return byte - '0';
	byte |= 0x20;
	return byte - 'a' < 6 ? byte - 'a' + 10 : 0xff;
}

/*
 * The next byte behind the mark. Ends at the first that is no part of the numbers, or
 * of a number of more than five digits.
 */
static long gl_sdp_step(__u64 index, void *data)
{
	struct gl_scratch *scratch = ((struct gl_sdp_walk *)data)->scratch;
	struct gl_sdp *sdp = &scratch->sdp;
	__u32 at = scratch->at + index, byte, digit;
	__u32 *number = &sdp->number[sdp->numbers & (GL_SDP_NUMBERS - 1)];

	if (at >= scratch->end || sdp->numbers > GL_SDP_NUMBERS)
		return 1;
	byte = scratch->text[gl_text_index(at)];
	digit = gl_sdp_digit(byte);
	if (digit < sdp->base) {
		*number = (sdp->digits ? *number * sdp->base : 0) + digit;
		sdp->odd |= *number > 0xffff;
		return ++sdp->digits > 5;
	}
	if (sdp->digits) {
		sdp->numbers++;
		sdp->digits = 0;
	} else if (byte == sdp->separator) {
		/* "::", or the first of these: zeros stand here, once. */
		sdp->odd |= byte != ':' || (sdp->gap && sdp->gap != sdp->numbers + 1);
		sdp->gap = sdp->numbers + 1;
	}
	if (byte == sdp->separator)
		return 0;
	sdp->stop = byte;
	sdp->length = index;
	return 1;
}

/* Reads the numbers behind the mark; stop stays 0 when their end is not there. */
static __always_inline void gl_sdp_read(struct gl_sdp_walk *walk, __u32 base, __u32 separator)
{
	struct gl_sdp *sdp = &walk->scratch->sdp;

	sdp->base = base;
	sdp->separator = separator;
	sdp->numbers = 0;
	sdp->digits = 0;
	sdp->gap = 0;
	sdp->odd = 0;
	sdp->stop = 0;
	gl_loop(GL_SDP_BYTES, gl_sdp_step, walk);
}

/* ------------------------------------------------------------ lines */

/* A number into the bytes of the part's address. */
static long gl_sdp_place(__u64 index, void *data)
{
	struct gl_sdp *sdp = &((struct gl_sdp_walk *)data)->scratch->sdp;
	__u8 *address = (__u8 *)gl_sdp_part(sdp, sdp->at)->address;
	__u32 number = sdp->number[index & (GL_SDP_NUMBERS - 1)], at = index;

	if (index >= sdp->numbers)
		return 1;
	if (sdp->base == GL_SDP_DECIMAL) {
		address[index & 3] = number;
		sdp->odd |= number > 0xff;
		return 0;
	}
	if (sdp->gap && index + 1 >= sdp->gap)
		at += GL_SDP_NUMBERS - sdp->numbers;
	at = 2 * (at & (GL_SDP_NUMBERS - 1));
	address[at] = number >> 8;
	address[at + 1] = number;
	return 0;
}

/* c=: an address in digits (RFC 4291, 2.2); a name is none. */
static __always_inline void gl_sdp_address(struct gl_sdp_walk *walk, const int four)
{
	struct gl_sdp *sdp = &walk->scratch->sdp;
	struct gl_sdp_part *part = gl_sdp_part(sdp, sdp->at);

	part->family = 0;
	memset(part->address, 0, sizeof(part->address));
	gl_sdp_read(walk, four ? GL_SDP_DECIMAL : GL_SDP_HEX, four ? '.' : ':');
	gl_loop(GL_SDP_NUMBERS, gl_sdp_place, walk);
	if (sdp->odd || (sdp->stop != '\r' && sdp->stop != '\n' && sdp->stop != '/'))
		return;
	if (four ? sdp->numbers == 4 : !sdp->gap == (sdp->numbers == GL_SDP_NUMBERS))
		part->family = four ? 4 : 6;
}

/*
 * m=: a section begins, with what holds for the session: not with a key, which RFC 4568
 * gives to sections only. Its profile is behind the port.
 */
static __always_inline void gl_sdp_media(struct gl_sdp_walk *walk, __u32 read)
{
	struct gl_sdp *sdp = &walk->scratch->sdp;
	struct gl_sdp_part *part;

	if (sdp->sections < GL_SDP_LAST)
		sdp->sections++;
	sdp->at = sdp->sections;
	part = gl_sdp_part(sdp, sdp->at);
	*part = sdp->part[0];
	part->says &= GL_MARK_SEALED;
	gl_sdp_read(walk, GL_SDP_DECIMAL, '/');
	if (sdp->odd || sdp->stop != ' ' || !sdp->numbers)
		return;
	part->port = __builtin_bswap16(sdp->number[0]);
	sdp->profile_at = read + sdp->length;
}

/* A mark of a description ends where the scan stands, in a flow that announces media. */
GL_STAGE int gl_sdp_mark(struct gl_pkt *pkt)
{
	struct gl_scratch *scratch = gl_scratch(pkt);
	struct gl_sdp_walk walk = { .scratch = scratch };
	struct gl_sdp_part *part;
	__u32 flags, read;

	if (!scratch || !pkt)
		return 0;
	flags = scratch->mark;
	read = pkt->payload_have - pkt->skip - scratch->left - scratch->end + scratch->at;
	part = gl_sdp_part(&scratch->sdp, scratch->sdp.at);
	if (flags & GL_MARK_SESSION) {
		scratch->sdp.part[0] = (struct gl_sdp_part){};
		scratch->sdp.at = 0;
		scratch->described = 1;
	} else if (!scratch->described) {
		return 0;
	} else if (flags & GL_MARK_MEDIA) {
		gl_sdp_media(&walk, read);
	} else if (flags & GL_MARK_IP4) {
		gl_sdp_address(&walk, 1);
	} else if (flags & GL_MARK_IP6) {
		gl_sdp_address(&walk, 0);
	} else if (!(flags & (GL_MARK_CLEAR | GL_MARK_KEYED))) {
		part->says |= flags;
	} else if (scratch->sdp.at && scratch->sdp.profile_at == read - scratch->mark_length) {
		part->says |= flags;
		part->level = scratch->mark_level;
	}
	return 0;
}

/* ------------------------------------------------------------ one packet */

/*
 * Is the last section all there? A datagram ends it. Of a stream its last segment does,
 * whose sender has no more to send (PSH, RFC 9293, 3.9.1), behind a line.
 */
static __always_inline int gl_sdp_whole(const struct gl_pkt *pkt,
					const struct gl_scratch *scratch)
{
	if (pkt->cut || pkt->fragment)
		return 0;
	return pkt->key.l4 != GL_IP_TCP ||
	       (pkt->tcp_flags & GL_TCP_PSH &&
		scratch->text[gl_text_index(scratch->end - 1)] == '\n');
}

/* What a section announces, if it was not refused (port 0). */
static long gl_sdp_tell(__u64 index, void *data)
{
	const struct gl_sdp_walk *walk = data;
	struct gl_sdp *sdp = &walk->scratch->sdp;
	const struct gl_sdp_part *part = gl_sdp_part(sdp, index + 1);
	__u32 says = part->says, level = 0, flags = 0;

	if (index >= walk->sections)
		return 1;
	if (!part->port)
		return 0;
	if (!(says & GL_MARK_SEALED) &&
	    (says & GL_MARK_CLEAR || (says & GL_MARK_KEYED && says & GL_MARK_KEY))) {
		level = part->level;
		flags = says & GL_MARK_KEY ? GL_FLOW_VEIL : 0;
	}
	sdp->flags |= flags;
	if (sdp->level < level)
		sdp->level = level;
	if (part->family)
		gl_media_announce(walk->pkt, part, level, flags);
	return 0;
}

/* Behind the packet's last byte: what was told of media is what this flow shows. */
GL_STAGE int gl_sdp_end(struct gl_pkt *pkt, struct gl_flow *flow)
{
	struct gl_scratch *scratch = gl_scratch(pkt);
	struct gl_sdp_walk walk = { .scratch = scratch, .pkt = pkt };
	struct gl_sdp *sdp;

	if (!scratch || !pkt || !flow)
		return 0;
	sdp = &scratch->sdp;
	walk.sections = sdp->sections;
	/* Not the part that takes what is left over, and not a section that was cut. */
	if (sdp->sections == GL_SDP_LAST || (sdp->at && !gl_sdp_whole(pkt, scratch)))
		walk.sections--;
	gl_loop(GL_SDP_LAST, gl_sdp_tell, &walk);
	if (!sdp->level)
		return 0;
	if (sdp->flags)
		__sync_fetch_and_or(&flow->flags, GL_FLOW_VEIL);
	pkt->marked = 0;
	pkt->raise_setup = sdp->level;
	pkt->raise_steady = sdp->level;
	pkt->level = sdp->level;
	pkt->level_set = 1;
	return 0;
}

#endif /* GL_SDP_H */
