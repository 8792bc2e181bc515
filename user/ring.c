/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "ring.h"

#define BLOCK_SIZE (4u << 20)	 /* a whole number of packets of 64 KiB, and of pages */
#define BLOCKS_MOST 32u
#define BLOCKS_LEAST 2u
#define FRAME_MOST (65535u + ETH_HLEN)
#define RETIRE_MS 20		 /* until a block that is not full is handed over */

static int set_ring(int fd, __u32 blocks)
{
	struct tpacket_req3 request = { .tp_block_size = BLOCK_SIZE,
					.tp_block_nr = blocks,
					.tp_frame_size = 2048,
					.tp_frame_nr = BLOCK_SIZE / 2048 * blocks,
					.tp_retire_blk_tov = RETIRE_MS };

	return setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) ? -errno : 0;
}

/*
 * Loopback shows each packet as sent and as received, and multicast returns to its
 * sender: the second of both stays out.
 */
static int set_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_LOOPBACK, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_HATYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPHRD_LOOPBACK, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ? -errno : 0;
}

/* The largest ring that there is memory for; then the socket begins to receive. */
static int map_ring(struct ring *ring)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int version = TPACKET_V3, err;

	if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)))
		return -errno;
	ring->blocks = BLOCKS_MOST;
	do
		err = set_ring(ring->fd, ring->blocks);
	while (err == -ENOMEM && (ring->blocks /= 2) >= BLOCKS_LEAST);
	if (err)
		return err;
	ring->map = mmap(NULL, (size_t)ring->blocks * BLOCK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, ring->fd, 0);
	if (ring->map == MAP_FAILED) {
		ring->map = NULL;
		return -errno;
	}
	return bind(ring->fd, (struct sockaddr *)&all, sizeof(all)) ? -errno : 0;
}

int ring_open(struct ring *ring)
{
	int err;

	/* Without a protocol nothing comes before the ring is there. */
	ring->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = ring->fd < 0 ? -errno : set_filter(ring->fd);
	if (!err)
		err = map_ring(ring);
	if (err)
		ring_close(ring);
	return err;
}

/*
 * The socket yields packets without a link header, which differs by interface; the
 * kernel leaves room for one.
 */
static int run_packet(struct ring *ring, struct engine *engine, struct tpacket3_hdr *header)
{
	unsigned char *frame = (unsigned char *)header + header->tp_net - ETH_HLEN;
	const struct sockaddr_ll *from = (void *)((char *)header +
						  TPACKET_ALIGN(sizeof(*header)));
	struct gl_replay replay = { .time_ns = header->tp_sec * 1000000000ull + header->tp_nsec,
				    .number = ++ring->number,
				    .wire_len = header->tp_len + ETH_HLEN,
				    .link_added = ETH_HLEN };
	__u32 length = header->tp_snaplen + ETH_HLEN;
	int got;

	memset(frame, 0, 2 * ETH_ALEN);
	memcpy(frame + 2 * ETH_ALEN, &from->sll_protocol, sizeof(from->sll_protocol));
	if (length > FRAME_MOST) {
		engine_count_undeliverable(engine, replay.wire_len - ETH_HLEN);
		return 0;
	}
	got = engine_run(engine, frame, length, 0, &replay);
	return got < 0 ? got : 0;
}

static int run_block(struct ring *ring, struct engine *engine, struct tpacket_block_desc *block)
{
	unsigned char *at = (unsigned char *)block + block->hdr.bh1.offset_to_first_pkt;
	int err = 0;

	for (__u32 i = 0; i < block->hdr.bh1.num_pkts && !err; i++) {
		struct tpacket3_hdr *header = (struct tpacket3_hdr *)at;

		err = run_packet(ring, engine, header);
		at += header->tp_next_offset;
	}
	return err;
}

int ring_run(struct ring *ring, struct engine *engine)
{
	struct tpacket_stats_v3 statistics = { 0 };
	socklen_t size = sizeof(statistics);
	int err = 0;

	/* At most once round, so that the caller is not kept from its other work. */
	for (__u32 i = 0; i < ring->blocks && !err; i++) {
		struct tpacket_block_desc *block =
			(void *)(ring->map + (size_t)ring->next * BLOCK_SIZE);
		__u32 *status = &block->hdr.bh1.block_status;

		if (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		err = run_block(ring, engine, block);
		__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		ring->next = (ring->next + 1) % ring->blocks;
	}
	/* The kernel starts over at each reading. */
	if (!getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size))
		ring->lost += statistics.tp_drops;
	return err;
}

void ring_close(struct ring *ring)
{
	if (ring->map)
		munmap(ring->map, (size_t)ring->blocks * BLOCK_SIZE);
	if (ring->fd >= 0)
		close(ring->fd);
	*ring = (struct ring)RING_CLOSED;
}
