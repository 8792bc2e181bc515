/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "unsent.h"

#define ANSWER 32768
/* These have sent their end, or will; it counts as one byte. */
#define CLOSED (1u << TCP_FIN_WAIT1 | 1u << TCP_CLOSING | 1u << TCP_LAST_ACK)

static bool ask(int fd, __u8 family)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .sdiag_family = family,
			     .sdiag_protocol = IPPROTO_TCP,
			     .idiag_states = CLOSED },
	};

	return send(fd, &message, sizeof(message), 0) == sizeof(message);
}

static bool holds(const struct nlmsghdr *header, __u64 cgroup)
{
	const struct inet_diag_msg *socket = NLMSG_DATA(header);
	int length = header->nlmsg_len - NLMSG_LENGTH(sizeof(*socket));
	__u64 of = 0;

	for (const struct rtattr *at = (const void *)(socket + 1); RTA_OK(at, length);
	     at = RTA_NEXT(at, length))
		if (at->rta_type == INET_DIAG_CGROUP_ID)
			memcpy(&of, RTA_DATA(at), sizeof(of));
	return socket->idiag_wqueue > 1 && (!cgroup || of == cgroup);
}

/* 1 when there is one, 0 when there is none, -1 when there is more to read. */
static int look(const char *answer, int length, __u64 cgroup)
{
	for (const struct nlmsghdr *header = (const void *)answer; NLMSG_OK(header, (unsigned)length);
	     header = NLMSG_NEXT(header, length)) {
		if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
			return 0;
		if (holds(header, cgroup))
			return 1;
	}
	return -1;
}

static bool unsent_family(__u8 family, __u64 cgroup)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), found = 0;
	char answer[ANSWER] __attribute__((aligned(8)));

	if (fd < 0)
		return false;
	if (ask(fd, family)) {
		do {
			int got = recv(fd, answer, sizeof(answer), 0);

			found = got > 0 ? look(answer, got, cgroup) : 0;
		} while (found < 0);
	}
	close(fd);
	return found;
}

bool unsent(__u64 cgroup)
{
	return unsent_family(AF_INET, cgroup) || unsent_family(AF_INET6, cgroup);
}
