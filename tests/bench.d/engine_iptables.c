/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One rule a word in the INPUT chain of a network namespace that ends with its
 * only process. On the loopback device that chain runs within the sender's call.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine.h"
#include "machine.h"

#define PORT 40001

enum { NO_NAMESPACE = 1, NO_TOOL, NO_RULES, NO_SOCKET };

static int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;

	if (fd < 0)
		return -1;
	err = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return err;
}

static int add_rules(const struct list *list)
{
	FILE *tool = popen("iptables-restore >/dev/null 2>&1", "w");
	int status;

	if (!tool)
		return NO_TOOL;
	fputs("*filter\n", tool);
	for (__u32 i = 0; i < list->count; i++) {
		fputs("-A INPUT -p udp -m string --algo bm --hex-string \"|", tool);
		for (const char *at = list->words[i]; *at; at++)
			fprintf(tool, "%02x", (unsigned char)*at);
		fputs("|\"\n", tool);
	}
	fputs("COMMIT\n", tool);
	status = pclose(tool);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return NO_TOOL;
	return status ? NO_RULES : 0;
}

/* Median nanoseconds of sending one datagram to ourselves and reading it. */
static double time_datagrams(int fd, const struct payloads *payloads, __u32 packets)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	unsigned char back[PAYLOAD_MAX];
	double *times = calloc(packets, sizeof(*times)), median;

	if (!times)
		die("out of memory");
	for (__u32 i = 0; i < packets; i++) {
		const void *bytes = payloads->bytes + (size_t)(i % PAYLOADS) * payloads->size;
		double start = now();

		if (sendto(fd, bytes, payloads->size, 0, (void *)&to, sizeof(to)) < 0 ||
		    recv(fd, back, sizeof(back), 0) != payloads->size)
			_exit(NO_SOCKET);
		times[i] = (now() - start) * 1e9;
	}
	median = sort_median(times, packets);
	free(times);
	return median;
}

/* Ends the child, and writes nothing that the parent has yet to write. */
static void measure(const struct list *list, const struct payloads *payloads, __u32 packets,
		    int out)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	double without, with;
	int fd, err;

	if (unshare(CLONE_NEWNET) || loopback_up())
		_exit(NO_NAMESPACE);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)))
		_exit(NO_SOCKET);
	without = time_datagrams(fd, payloads, 8 * PAYLOADS);
	err = add_rules(list);
	if (err)
		_exit(err);
	with = time_datagrams(fd, payloads, packets);
	with -= without;
	_exit(write(out, &with, sizeof(with)) == sizeof(with) ? 0 : NO_SOCKET);
}

double iptables_time(const struct list *list, const struct payloads *payloads, __u32 packets,
		     const char **why)
{
	static const char *const reasons[] = {
		[NO_NAMESPACE] = "a network namespace cannot be made here",
		[NO_TOOL] = "iptables is not installed",
		[NO_RULES] = "iptables refuses string rules here; is xt_string in this kernel?",
		[NO_SOCKET] = "datagrams do not arrive",
	};
	int ends[2], status = 0;
	double ns = -1;
	pid_t child;

	if (pipe(ends))
		die("no pipe");
	child = fork();
	if (!child)
		measure(list, payloads, packets, ends[1]);
	close(ends[1]);
	if (child < 0 || read(ends[0], &ns, sizeof(ns)) != sizeof(ns))
		ns = -1;
	close(ends[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : NO_SOCKET;
	*why = status <= NO_SOCKET && reasons[status] ? reasons[status] : "the child failed";
	return ns;
}
