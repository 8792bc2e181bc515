/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <pcap/pcap.h>

#include "capture.h"
#include "log.h"

#define ETHERNET_LEN 14u
#define FRAME_MAX (256u << 10)	 /* what libpcap hands out at most */

struct capture {
	pcap_t *pcap;
	char *path;
	off_t size;
	int link;
	unsigned long packets;
	unsigned char frame[FRAME_MAX + ETHERNET_LEN];
};

/* Link types that are delivered, and what stands before the IP header. */
static const struct link {
	int type;
	__u32 header;		 /* bytes that are taken off */
	int ethertype_at;	 /* in them; -1: by the IP version */
} links[] = {
	{ DLT_EN10MB, 0, 0 },	    { DLT_RAW, 0, -1 },	      { DLT_IPV4, 0, -1 },
	{ DLT_IPV6, 0, -1 },	    { DLT_NULL, 4, -1 },      { DLT_LOOP, 4, -1 },
	{ DLT_LINUX_SLL, 16, 14 },  { DLT_LINUX_SLL2, 20, 0 },
};

static const struct link *find_link(int type)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (links[i].type == type)
			return &links[i];
	return NULL;
}

int capture_open(const char *path, struct capture **out)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct capture *capture = calloc(1, sizeof(*capture));
	struct stat status;
	int err = -EINVAL;

	if (!capture || !(capture->path = strdup(path))) {
		err = log_error(-ENOMEM, "not enough memory to read %s", path);
		goto out;
	}
	capture->pcap = pcap_open_offline_with_tstamp_precision(
		path, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!capture->pcap) {
		const char *why = error;
		size_t named = strlen(path);

		/* libpcap names the file in some of its sentences. */
		if (!strncmp(why, path, named) && !strncmp(why + named, ": ", 2))
			why += named + 2;
		log_error(err, "%s is not a capture that can be read: %s", path, why);
		goto out;
	}
	capture->link = pcap_datalink(capture->pcap);
	if (!find_link(capture->link)) {
		const char *name = pcap_datalink_val_to_name(capture->link);

		log_error(err, "%s has link type %s (%d); Ethernet, raw IP, Linux SLL and SLL2, "
			  "null and loop can be replayed", path, name ? name : "unknown",
			  capture->link);
		goto out;
	}
	capture->size = stat(path, &status) ? 0 : status.st_size;
	*out = capture;
	return 0;
out:
	capture_close(capture);
	return err;
}

static void set_ethertype(unsigned char *frame, const struct link *link,
			  const unsigned char *data, __u32 length)
{
	unsigned char version = length > link->header ? data[link->header] >> 4 : 0;
	unsigned type = version == 4 ? 0x0800 : version == 6 ? 0x86dd : 0;

	memset(frame, 0, ETHERNET_LEN);
	if (link->ethertype_at >= 0 && length >= link->header)
		type = data[link->ethertype_at] << 8 | data[link->ethertype_at + 1];
	frame[12] = type >> 8;
	frame[13] = type & 0xff;
}

/* Puts an Ethernet header in the place of another link header. */
static void convert(struct capture *capture, const struct link *link,
		    const struct pcap_pkthdr *header, const unsigned char *data,
		    struct capture_frame *frame)
{
	__u32 rest = header->caplen > link->header ? header->caplen - link->header : 0;

	if (link->type == DLT_EN10MB) {
		frame->data = data;
		frame->length = header->caplen;
		frame->replay.wire_len = header->len;
		return;
	}
	if (rest > FRAME_MAX)
		rest = FRAME_MAX;
	set_ethertype(capture->frame, link, data, header->caplen);
	memcpy(capture->frame + ETHERNET_LEN, data + link->header, rest);
	frame->data = capture->frame;
	frame->length = rest ? rest + ETHERNET_LEN : 0;
	frame->replay.link_added = (__s32)ETHERNET_LEN - (__s32)link->header;
	frame->replay.wire_len = header->len + frame->replay.link_added;
}

int capture_next(struct capture *capture, struct capture_frame *frame)
{
	struct pcap_pkthdr *header;
	const unsigned char *data;
	struct capture_frame fresh = { 0 };
	int got = pcap_next_ex(capture->pcap, &header, &data);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1)
		return log_error(-EINVAL, "%s ends or breaks after packet %lu: %s", capture->path,
				 capture->packets, pcap_geterr(capture->pcap));
	capture->packets++;
	fresh.replay.time_ns = (__u64)header->ts.tv_sec * 1000000000ull + header->ts.tv_usec;
	convert(capture, find_link(capture->link), header, data, &fresh);
	*frame = fresh;
	return 1;
}

int capture_progress(struct capture *capture)
{
	FILE *file = pcap_file(capture->pcap);
	long at = file ? ftell(file) : -1;

	return at < 0 || capture->size <= 0 ? -1 : (int)(at * 100 / capture->size);
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture->path);
	free(capture);
}
