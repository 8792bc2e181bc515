/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"

#define HEADERS 32

/* A header that was written, for the fields that later steps decide. */
struct header {
	enum step_kind kind;
	__u32 at, size;
	__u32 next_at, next_width; /* field that says what follows, width 0 none */
};

struct builder {
	struct packet *packet;
	const struct packet_peers *peers;
	struct header header[HEADERS];
	__u32 headers;
	__u32 ips;		 /* IP headers before the next one */
	__u32 end;		 /* behind the last byte that lengths cover */
	__u16 client_port, server_port;
};

static void refuse(const char *why)
{
	fprintf(stderr, "packet: %s\n", why);
	abort();
}

static void put(struct builder *b, __u32 at, __u32 width, __u32 value)
{
	if (at + width > PACKET_MAX)
		refuse("field behind the frame");
	while (width--) {
		b->packet->frame[at + width] = value;
		value >>= 8;
	}
}

/* Room for size bytes at the frame's end, zeroed. */
static __u32 grow(struct builder *b, __u32 size)
{
	__u32 at = b->packet->length;

	if (size > PACKET_MAX - at)
		refuse("frame too long");
	memset(b->packet->frame + at, 0, size);
	b->packet->length += size;
	return at;
}

/* What the previous header calls the one that begins now. */
static __u32 type_of(const struct step *step, const struct header *last)
{
	bool ppp = last->kind == STEP_PPPOE, ethertype = !ppp && last->next_width == 2;

	switch (step->kind) {
	case STEP_VLAN:
		return step->a;
	case STEP_IP4:
		return ppp ? 0x0021 : ethertype ? 0x0800 : 4;
	case STEP_IP6:
		return ppp ? 0x0057 : ethertype ? 0x86dd : 41;
	case STEP_ETH:
		return 0x6558;
	case STEP_PPPOE:
		return 0x8864;
	case STEP_EXT:
		return step->a;
	case STEP_TCP:
		return 6;
	case STEP_UDP:
		return 17;
	case STEP_GRE:
		return 47;
	default:
		refuse("this header has no number");
		return 0;
	}
}

static __u32 add_header(struct builder *b, const struct step *step, __u32 size, __u32 next_at,
			__u32 next_width)
{
	struct header *last = b->headers ? &b->header[b->headers - 1] : NULL;
	struct header *header = &b->header[b->headers++];

	if (b->headers >= HEADERS)
		refuse("too many headers");
	if (last && last->next_width)
		put(b, last->at + last->next_at, last->next_width, type_of(step, last));
	header->kind = step->kind;
	header->size = size;
	header->at = grow(b, size);
	header->next_at = next_at;
	header->next_width = next_width;
	return header->at;
}

/* 10.ROW.ROW.1 is the client, .2 the server; 11 in a second header. */
static void put_addresses4(struct builder *b, __u32 at)
{
	__u32 base = (10u + b->ips++) << 24 | (__u32)b->peers->row << 8;

	put(b, at, 4, base | (b->packet->down ? 2 : 1));
	put(b, at + 4, 4, base | (b->packet->down ? 1 : 2));
}

static void put_addresses6(struct builder *b, __u32 at)
{
	for (int i = 0; i < 2; i++) {
		put(b, at + 16 * i, 2, 0xfd00 + b->ips);
		put(b, at + 16 * i + 12, 2, b->peers->row);
		put(b, at + 16 * i + 15, 1, b->packet->down != i ? 2 : 1);
	}
	b->ips++;
}

static void put_ports(struct builder *b, __u32 at)
{
	put(b, at, 2, b->packet->down ? b->server_port : b->client_port);
	put(b, at + 2, 2, b->packet->down ? b->client_port : b->server_port);
}

static void add_ip4(struct builder *b, const struct step *step)
{
	__u32 at = add_header(b, step, 20 + step->a, 9, 1);

	put(b, at, 1, 0x45 + step->a / 4);
	put(b, at + 8, 1, 64);
	put_addresses4(b, at + 12);
	if (step->a)
		memset(b->packet->frame + at + 20, 1, step->a - 1);
}

static void add_ip6(struct builder *b, const struct step *step)
{
	__u32 at = add_header(b, step, 40, 6, 1);

	put(b, at, 1, 0x60);
	put(b, at + 7, 1, 64);
	put_addresses6(b, at + 8);
}

static void add_ext(struct builder *b, const struct step *step)
{
	__u32 at = add_header(b, step, step->c, 0, 1);

	put(b, at + 1, 1, step->b);
	if (step->a != 44 && step->c > 4)
		put(b, at + 2, 2, 0x0104); /* PadN */
}

static void add_tcp(struct builder *b, const struct step *step)
{
	__u32 at = add_header(b, step, 20 + step->c, 0, 0);

	put_ports(b, at);
	put(b, at + 4, 4, step->a);
	put(b, at + 12, 1, (5 + step->c / 4) << 4);
	put(b, at + 13, 1, step->b);
	put(b, at + 14, 2, 512);
	if (step->c)
		memset(b->packet->frame + at + 20, 1, step->c);
}

static void add_layer4(struct builder *b, const struct step *step)
{
	__u32 at;

	switch (step->kind) {
	case STEP_TCP:
		add_tcp(b, step);
		break;
	case STEP_UDP:
		at = add_header(b, step, 8, 0, 0);
		put_ports(b, at);
		break;
	case STEP_GRE:
		at = add_header(b, step, 4 + 4 * __builtin_popcount(step->a & 0xb0), 2, 2);
		put(b, at, 1, step->a);
		break;
	case STEP_VXLAN:
		at = add_header(b, step, 8, 0, 0);
		put(b, at, 1, step->a);
		put(b, at + 4, 3, 42);
		break;
	default:
		at = add_header(b, step, 8, 0, 0);
		put(b, at, 1, step->a);
		put(b, at + 1, 1, step->b);
		put(b, at + 4, 4, 7);
	}
}

static void add_pppoe(struct builder *b, const struct step *step)
{
	__u32 at = add_header(b, step, 8, 6, 2);

	put(b, at, 1, 0x11);
	put(b, at + 2, 2, 7);
}

static void add_link(struct builder *b, const struct step *step)
{
	__u32 at;

	if (step->kind == STEP_PPPOE) {
		add_pppoe(b, step);
	} else if (step->kind == STEP_ETH) {
		at = add_header(b, step, 14, 12, 2);
		put(b, at, 2, 0x0200);
		put(b, at + 6, 2, 0x0200);
		put(b, at + 5, 1, b->packet->down ? 1 : 2);
		put(b, at + 11, 1, b->packet->down ? 2 : 1);
	} else {
		at = add_header(b, step, 4, 2, 2);
		put(b, at, 2, step->b);
	}
}

static int name(char *out, size_t size, char which, __u32 row)
{
	static const char letters[] = "csCSLM";
	const char *letter = strchr(letters, which);
	int kind = letter && which ? letter - letters : -1, end = 1 + (kind & 1);

	if (kind < 0)
		refuse("no such address");
	if (kind < 2)
		return snprintf(out, size, "10.%u.%u.%d", row >> 8, row & 0xff, end);
	return snprintf(out, size, kind < 4 ? "fd00::%x:%x" :
					      "FD00:0000:0000:0000:0000:0000:%04X:%04X",
			row, end);
}

static void add_names(struct builder *b, const struct step *step)
{
	const char *text = step->data;
	char out[64];

	for (size_t i = 0; i < step->size; i++) {
		int size = 1;

		*out = text[i];
		if (text[i] == '%')
			size = name(out, sizeof(out), text[++i], b->peers->row);
		memcpy(b->packet->frame + grow(b, size), out, size);
	}
}

static void add_payload(struct builder *b, const struct step *step)
{
	__u32 at = b->packet->length;

	if (!b->packet->payload)
		b->packet->payload = at;
	if (step->kind == STEP_NAMES) {
		add_names(b, step);
		return;
	}
	grow(b, step->size);
	if (step->kind == STEP_FILL)
		memset(b->packet->frame + at, step->a, step->size);
	else
		memcpy(b->packet->frame + at, step->data, step->size);
}

/* The last header of a kind. */
static const struct header *find(const struct builder *b, enum step_kind kind)
{
	for (__u32 i = b->headers; i-- > 0;)
		if (b->header[i].kind == kind)
			return &b->header[i];
	refuse("a step speaks of a header that is not there");
	return NULL;
}

static const struct header *find_first(const struct builder *b, enum step_kind kind)
{
	const struct header *header = b->header;

	find(b, kind);
	while (header->kind != kind)
		header++;
	return header;
}

static void add(struct builder *b, const struct step *step)
{
	switch (step->kind) {
	case STEP_ETH:
	case STEP_VLAN:
	case STEP_PPPOE:
		add_link(b, step);
		break;
	case STEP_IP4:
		add_ip4(b, step);
		break;
	case STEP_IP6:
		add_ip6(b, step);
		break;
	case STEP_EXT:
		add_ext(b, step);
		break;
	case STEP_RAW:
	case STEP_FILL:
	case STEP_NAMES:
		add_payload(b, step);
		break;
	case STEP_PAD:
		memcpy(b->packet->frame + grow(b, step->size), step->data, step->size);
		return;
	case STEP_TCP:
	case STEP_UDP:
	case STEP_GRE:
	case STEP_VXLAN:
	case STEP_GTPU:
		add_layer4(b, step);
		break;
	default:
		return;
	}
	b->end = b->packet->length;
}

static void fix_lengths(struct builder *b)
{
	for (__u32 i = 0; i < b->headers; i++) {
		const struct header *header = &b->header[i];
		__u32 length = b->end - header->at;

		if (header->kind == STEP_IP4)
			put(b, header->at + 2, 2, length);
		else if (header->kind == STEP_IP6)
			put(b, header->at + 4, 2, length - 40);
		else if (header->kind == STEP_UDP)
			put(b, header->at + 4, 2, length);
		else if (header->kind == STEP_GTPU)
			put(b, header->at + 2, 2, length - 8);
		else if (header->kind == STEP_PPPOE)
			put(b, header->at + 4, 2, length - 6);
	}
}

/* Settings come before headers read them, wherever they stand in the list. */
static void set(struct builder *b, const struct step *step)
{
	if (step->kind == STEP_DOWN) {
		b->packet->down = true;
	} else if (step->kind == STEP_PORTS) {
		b->client_port = step->a;
		b->server_port = step->b;
	} else if (step->kind == STEP_AT) {
		b->packet->at_ms = step->a;
		b->packet->timed = true;
	}
}

static void falsify(struct builder *b, const struct step *step)
{
	if (step->kind == STEP_LIE)
		put(b, find(b, step->a)->at + step->b, step->c, step->size);
	else if (step->kind == STEP_LIE_FIRST)
		put(b, find_first(b, step->a)->at + step->b, step->c, step->size);
	else if (step->kind == STEP_FRAGMENT)
		put(b, find(b, STEP_IP4)->at + 6, 2, step->a / 8 | (step->b ? 0x2000 : 0));
}

static void shorten(struct builder *b, const struct step *step)
{
	struct packet *packet = b->packet;

	if (step->kind != STEP_CUT && step->kind != STEP_SHORT)
		return;
	if (step->a > packet->length)
		refuse("cut behind the frame's end");
	packet->length = step->a;
	if (step->kind == STEP_SHORT)
		packet->wire = step->a;
}

void packet_build(const struct step *steps, const struct packet_peers *peers,
		  struct packet *packet)
{
	struct builder b = { .packet = packet,
			     .peers = peers,
			     .client_port = peers->client_port,
			     .server_port = peers->server_port };

	memset(packet, 0, offsetof(struct packet, frame));
	for (const struct step *step = steps; step->kind != STEP_END; step++)
		set(&b, step);
	for (const struct step *step = steps; step->kind != STEP_END; step++)
		add(&b, step);
	fix_lengths(&b);
	for (const struct step *step = steps; step->kind != STEP_END; step++)
		falsify(&b, step);
	packet->wire = packet->length;
	for (const struct step *step = steps; step->kind != STEP_END; step++)
		shorten(&b, step);
}
