/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "control.h"
#include "log.h"

#define WAIT_US 500000

int control_make(struct control *control, struct word_list *list)
{
	unsigned char random[CONTROL_TEXT / 2];
	size_t duplicates = 0;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return log_error(-errno, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(control->text + 2 * i, 3, "%02x", random[i]);
	control->id = list->count;
	return words_parse(list, "the control text", control->text, CONTROL_TEXT, GL_LIST_WATCH,
			   &duplicates);
}

/* A socket on a free port of loopback that waits for a datagram, but not for long. */
static int open_socket(struct sockaddr_in *address)
{
	struct timeval wait = { .tv_usec = WAIT_US };
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) &&
	    !bind(fd, (struct sockaddr *)address, size) &&
	    !getsockname(fd, (struct sockaddr *)address, &size))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int control_open(struct control *control)
{
	struct sockaddr_in address;

	control->outside = open_socket(&address);
	return control->outside < 0 ? control->outside : 0;
}

static int carry(const struct control *control, int from, int to,
		 const struct sockaddr_in *address)
{
	char got[CONTROL_TEXT];

	if (sendto(from, control->text, CONTROL_TEXT, 0, (const struct sockaddr *)address,
		   sizeof(*address)) != CONTROL_TEXT ||
	    recv(to, got, sizeof(got), 0) != CONTROL_TEXT)
		return -errno;
	return 0;
}

int control_send(const struct control *control)
{
	struct sockaddr_in outside, inside;
	socklen_t size = sizeof(outside);
	int fd = open_socket(&inside), err = fd < 0 ? fd : 0;

	if (!err && getsockname(control->outside, (struct sockaddr *)&outside, &size))
		err = -errno;
	if (!err)
		err = carry(control, fd, control->outside, &outside);
	if (!err)
		err = carry(control, control->outside, fd, &inside);
	if (fd >= 0)
		close(fd);
	return err;
}

__u64 control_hits(const struct control *control, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->word_count; i++)
		if (snapshot->words[i].word.id == control->id)
			return snapshot->words[i].count.hits;
	return 0;
}

/* ------------------------------------------------------------ subtraction */

#define ROWS(list) (sizeof(list) / sizeof(*(list)))

#define SUBTRACT(member)                                                                       \
	for (size_t i = 0; i < ROWS(total->member); i++) {                                     \
		total->member[i].packets -= before->member[i].packets;                         \
		total->member[i].bytes -= before->member[i].bytes;                             \
	}

#define SUBTRACT_FLOWS(member)                                                                 \
	for (size_t i = 0; i < ROWS(total->member); i++)                                       \
		total->member[i].flows -= before->member[i].flows;

/* The difference of two snapshots that obey the law obeys it, too. */
static void subtract_total(const struct gl_total *before, struct gl_total *total)
{
	total->seen_packets -= before->seen_packets;
	total->seen_bytes -= before->seen_bytes;
	SUBTRACT(outcome)
	SUBTRACT(verdict)
	SUBTRACT(protocol)
	SUBTRACT(service)
	SUBTRACT(exposure)
	SUBTRACT_FLOWS(protocol)
	SUBTRACT_FLOWS(service)
	SUBTRACT_FLOWS(exposure)
	for (size_t i = 0; i < ROWS(total->protocol); i++)
		total->protocol[i].hits -= before->protocol[i].hits;
	for (size_t i = 0; i < ROWS(total->list); i++) {
		total->list[i].hits -= before->list[i].hits;
		total->list[i].packets -= before->list[i].packets;
		total->list[i].flows -= before->list[i].flows;
	}
}

static void subtract_word(const struct gl_word_count *before, struct gl_word_count *count)
{
	count->hits -= before->hits;
	count->packets -= before->packets;
	count->flows -= before->flows;
	for (size_t i = 0; i < GL_ENCODINGS; i++)
		count->encoded[i] -= before->encoded[i];
}

static void subtract_words(const struct control *control, const struct snapshot *before,
			   struct snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->word_count; i++) {
		struct snapshot_word word = snapshot->words[i];

		if (i < before->word_count)
			subtract_word(&before->words[i].count, &word.count);
		if (word.word.id != control->id)
			snapshot->words[kept++] = word;
	}
	snapshot->word_count = kept;
}

static bool idle(const struct snapshot *before, const struct snapshot_flow *flow)
{
	for (size_t i = 0; i < before->flow_count; i++) {
		const struct snapshot_flow *old = &before->flows[i];

		if (old->flow.born == flow->flow.born && !memcmp(&old->key, &flow->key, sizeof(old->key)))
			return old->flow.dir[0].packets == flow->flow.dir[0].packets &&
			       old->flow.dir[1].packets == flow->flow.dir[1].packets;
	}
	return false;
}

/* A flow that was there before and goes on keeps its counts. */
static void drop_idle_flows(const struct snapshot *before, struct snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->flow_count; i++)
		if (!idle(before, &snapshot->flows[i]))
			snapshot->flows[kept++] = snapshot->flows[i];
	snapshot->flow_count = kept;
}

static void subtract_places(const struct control *control, const struct snapshot *before,
			    struct snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->place_count; i++) {
		struct snapshot_place place = snapshot->places[i];

		for (size_t old = 0; old < before->place_count; old++)
			if (!memcmp(&before->places[old].key, &place.key, sizeof(place.key)))
				place.place.hits -= before->places[old].place.hits;
		if (place.key.word != control->id && place.place.hits)
			snapshot->places[kept++] = place;
	}
	snapshot->place_count = kept;
}

void control_subtract(const struct control *control, const struct snapshot *before,
		      struct snapshot *snapshot)
{
	subtract_total(&before->total, &snapshot->total);
	subtract_words(control, before, snapshot);
	drop_idle_flows(before, snapshot);
	subtract_places(control, before, snapshot);
}
