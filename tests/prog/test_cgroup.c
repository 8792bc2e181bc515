/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of a cgroup, on live traffic: what its sockets send and receive is
 * counted once, read in both directions, and by nobody else's packets. A socket belongs
 * to the cgroup in which it was made, so this process makes the tree's in there, and
 * those of others outside.
 *
 *   test_cgroup nested SECONDS	only counts under nested packets, in one line; for
 *				tests/e2e/cgroup.sh
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../../user/cgroup.h"
#include "../../user/patterns.h"
#include "program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IRC "PRIVMSG #c :"
#define SIP "MESSAGE sip:a SIP/2.0\r\n\r\n"
#define TLS "\x17\x03\x03\x00\x40"
#define CHUNK 65000u
#define TALK_ENCODINGS (1u << GL_ENC_UTF8 | 1u << GL_ENC_UTF16LE | 1u << GL_ENC_HEX)
#define ACKNOWLEDGEMENT 52u	 /* bytes of IPv4 and TCP with time stamps */
#define SETTLE_MS 120
#define STREAMS 4
#define STRESS_SECONDS 4

static struct lab {
	char root[64];		 /* of the cgroup file system */
	char home[512], tree[512];
	int net, peer;		 /* network namespaces, joined by va and vb */
	const char *missing;	 /* why this machine cannot run it */
	bool decap;		 /* tunnels are opened */
	struct signatures *set;
	struct gl_signatures *compiled;
	struct engine *engine;
} lab = { .net = -1, .peer = -1 };

/* ------------------------------------------------------------ the machine */

static int enter(const char *folder)
{
	char path[600];
	int fd, n;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, "0", 1);
	if (fd >= 0)
		close(fd);
	return n == 1 ? 0 : -1;
}

/* Where this process is in the unified hierarchy: a line "0::/path". */
static void find_home(void)
{
	FILE *file = fopen("/proc/self/cgroup", "r");
	char line[256];

	snprintf(lab.home, sizeof(lab.home), "%s", lab.root);
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "0::", 3))
			snprintf(lab.home, sizeof(lab.home), "%s%.*s", lab.root,
				 (int)strcspn(line + 3, "\n"), line + 3);
	if (file)
		fclose(file);
}

static const char *make_cgroup(void)
{
	snprintf(lab.root, sizeof(lab.root), "/tmp/glassine-cgroup-XXXXXX");
	if (!mkdtemp(lab.root) || mount("none", lab.root, "cgroup2", 0, NULL))
		return "no cgroup v2 can be mounted here";
	find_home();
	snprintf(lab.tree, sizeof(lab.tree), "%s/glassine-test-%d", lab.root, getpid());
	if (mkdir(lab.tree, 0755) || enter(lab.tree) || enter(lab.home))
		return "no cgroup can be made here";
	return NULL;
}

/* Two network namespaces of our own; what they hold goes with the process. */
static const char *make_networks(void)
{
	char command[512];

	if (unshare(CLONE_NEWNET))
		return "no network namespace can be made here";
	lab.peer = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (system("ip link set lo up") || unshare(CLONE_NEWNET))
		return "no network namespace can be made here";
	lab.net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	snprintf(command, sizeof(command),
		 "ip link set lo up && ip link add va type veth peer name vb && "
		 "ip link set vb netns /proc/%d/fd/%d && ip addr add 10.99.0.1/24 dev va && "
		 "ip addr add fd99::1/64 dev va nodad && ip link set va up", getpid(), lab.peer);
	if (system(command) || setns(lab.peer, CLONE_NEWNET))
		return "no veth pair can be made here";
	if (system("ip addr add 10.99.0.2/24 dev vb && ip addr add fd99::2/64 dev vb nodad && "
		   "ip link set vb up") || setns(lab.net, CLONE_NEWNET))
		return "no veth pair can be made here";
	return NULL;
}

/* On which CPU a packet arrives is the kernel's choice of these: an interrupt there. */
static void spread_packets(const char *cpus)
{
	int fd = -1;

	if (!mount("none", "/sys", "sysfs", 0, NULL))
		fd = open("/sys/class/net/lo/queues/rx-0/rps_cpus", O_WRONLY);
	if (fd < 0 || write(fd, cpus, strlen(cpus)) < 0)
		print_message("# packets are not spread over the CPUs\n");
	if (fd >= 0)
		close(fd);
}

static int make_lab(void **state)
{
	(void)state;
	if (geteuid() || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		lab.missing = "not root";
	if (!lab.missing)
		lab.missing = make_cgroup();
	if (!lab.missing)
		lab.missing = make_networks();
	lab.set = signatures_new();
	lab.compiled = malloc(sizeof(*lab.compiled));
	if (!lab.set || !lab.compiled || signatures_builtin(lab.set) ||
	    signatures_compile(lab.set, NULL, 1, lab.compiled))
		return -1;
	if (lab.missing)
		print_message("# skipped: %s\n", lab.missing);
	return 0;
}

static int end_lab(void **state)
{
	(void)state;
	enter(lab.home);
	rmdir(lab.tree);
	umount(lab.root);
	rmdir(lab.root);
	signatures_free(lab.set);
	free(lab.compiled);
	return 0;
}

/* An engine over the tree, with these words; false where the test is to be skipped. */
static bool watch(const char *words)
{
	struct engine_options options = { .places = true, .capacity = 256,
					  .encodings = TALK_ENCODINGS,
					  .decap = lab.decap };
	struct word_list list = { 0 };
	size_t twice = 0;
	int fd, err;

	if (lab.missing) {
		skip();
		return false;
	}
	fd = open(lab.tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	log_set_level(LOG_SILENT);
	err = engine_open_cgroup(&options, lab.set, lab.compiled, fd, &lab.engine);
	log_set_level(LOG_NOTES);
	close(fd);
	if (err == -EPERM || err == -ENOSYS) {
		skip();
		return false;
	}
	assert_int_equal(err, 0);
	assert_int_equal(words_parse(&list, "words", words, strlen(words), GL_LIST_WATCH, &twice),
			 0);
	assert_int_equal(engine_load_words(lab.engine, &list), 0);
	words_free(&list);
	return true;
}

/* ------------------------------------------------------------ sockets */

struct end {
	bool tree;		 /* of the cgroup's */
	const char *address;	 /* NULL: the family's loopback */
	int net;		 /* network namespace, 0: the first */
};

#define TREE { .tree = true }
#define OUTSIDE { .tree = false }

struct pair {
	int client, server;
	__u16 client_port, server_port;
};

static int make_socket(int family, int type, const struct end *end)
{
	int fd;

	assert_int_equal(enter(end->tree ? lab.tree : lab.home), 0);
	assert_int_equal(end->net ? setns(end->net, CLONE_NEWNET) : 0, 0);
	fd = socket(family, type | SOCK_CLOEXEC, 0);
	assert_int_equal(end->net ? setns(lab.net, CLONE_NEWNET) : 0, 0);
	assert_int_equal(enter(lab.home), 0);
	assert_true(fd >= 0);
	return fd;
}

static void set_address(int family, const char *address, __u16 port,
			struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (void *)out;
	struct sockaddr_in6 *six = (void *)out;

	memset(out, 0, sizeof(*out));
	out->ss_family = family;
	if (family == AF_INET) {
		four->sin_port = htons(port);
		assert_int_equal(inet_pton(family, address ? address : "127.0.0.1",
					   &four->sin_addr), 1);
	} else {
		six->sin6_port = htons(port);
		assert_int_equal(inet_pton(family, address ? address : "::1", &six->sin6_addr),
				 1);
	}
}

static __u16 port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (void *)&address, &size), 0);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Port 0: one that is free. */
static void bind_to(int fd, int family, const char *address, __u16 port)
{
	struct sockaddr_storage to;
	int on = 1;

	set_address(family, address, port, &to);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (void *)&to, sizeof(to)), 0);
}

static struct pair join_ends(int family, int type, struct end client, struct end server)
{
	struct pair pair = { .client = make_socket(family, type, &client) };
	struct sockaddr_storage to;
	int fd = make_socket(family, type, &server), listener = -1;

	bind_to(fd, family, server.address, 0);
	bind_to(pair.client, family, client.address, 0);
	pair.server_port = port_of(fd);
	set_address(family, server.address, pair.server_port, &to);
	if (type == SOCK_STREAM) {
		listener = fd;
		assert_int_equal(listen(listener, 1), 0);
	}
	assert_int_equal(connect(pair.client, (void *)&to, sizeof(to)), 0);
	pair.client_port = port_of(pair.client);
	if (type == SOCK_STREAM) {
		fd = accept(listener, NULL, NULL);
		assert_true(fd >= 0);
		close(listener);
	} else {
		set_address(family, client.address, pair.client_port, &to);
		assert_int_equal(connect(fd, (void *)&to, sizeof(to)), 0);
	}
	pair.server = fd;
	return pair;
}

static void close_pair(const struct pair *pair)
{
	close(pair->client);
	close(pair->server);
}

/* Sends so much, and receives it at the other end. */
static void pass_on(int from, int to, const void *data, size_t size)
{
	static char buffer[CHUNK];
	size_t sent = 0, got = 0;

	while (got < size) {
		ssize_t n;

		if (sent < size) {
			n = send(from, (const char *)data + sent, size - sent, MSG_DONTWAIT);
			assert_true(n > 0 || errno == EAGAIN);
			sent += n > 0 ? n : 0;
		}
		n = recv(to, buffer, sizeof(buffer), sent < size ? MSG_DONTWAIT : 0);
		assert_true(n > 0 || errno == EAGAIN);
		got += n > 0 ? n : 0;
	}
}

#define SAY(from, to, text) pass_on(from, to, text, sizeof(text) - 1)

/* ------------------------------------------------------------ counters */

/* What the loopback device passed on; it counts the bytes of IP packets. */
static void count_device(__u64 *packets, __u64 *bytes)
{
	FILE *file = fopen("/proc/net/dev", "r");
	char line[512];
	unsigned long long b, p;

	assert_non_null(file);
	*packets = *bytes = 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " lo: %llu %llu", &b, &p) != 2)
			continue;
		*packets = p;
		*bytes = b;
	}
	fclose(file);
}

static void read_all(struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	assert_int_equal(engine_read(lab.engine, snapshot), 0);
	assert_int_equal(snapshot_check(snapshot), 0);
}

/* As read_all(), once nothing is on its way any more: late acknowledgements, too. */
static void read_settled(struct snapshot *snapshot)
{
	__u64 packets, bytes, last = 0;

	do {
		snapshot->total.seen_packets = last;
		usleep(SETTLE_MS * 1000);
		count_device(&packets, &bytes);
		bytes = last;
		last = packets;
	} while (packets != bytes);
	read_all(snapshot);
}

/*
 * What passed was counted, and counted once. While a process is busy sending, the kernel
 * hands its socket some acknowledgements without showing them to any program; a
 * program that does nothing but count misses the same ones. They hold no payload.
 */
static void check_passed(const struct gl_total *total, __u64 packets, __u64 bytes)
{
	__u64 unseen = packets - total->seen_packets;

	assert_in_range(total->seen_packets, packets - packets / 4, packets);
	assert_int_equal(bytes - total->seen_bytes, unseen * ACKNOWLEDGEMENT);
	if (unseen)
		print_message("# %llu of %llu packets, without payload, were never shown\n",
			      unseen, packets);
}

/* Everything that went over loopback since; the few packets of a talk are all shown. */
static void check_once(const struct snapshot *snapshot, __u64 packets, __u64 bytes, bool few)
{
	__u64 now_packets, now_bytes;

	count_device(&now_packets, &now_bytes);
	check_passed(&snapshot->total, now_packets - packets, now_bytes - bytes);
	if (few)
		assert_int_equal(snapshot->total.seen_packets, now_packets - packets);
}

static const char *word_of(const struct snapshot *snapshot, __u32 id)
{
	for (size_t i = 0; i < snapshot->word_count; i++)
		if (snapshot->words[i].word.id == id)
			return snapshot->words[i].word.text;
	return "?";
}

static const struct snapshot_flow *flow_of(const struct snapshot *snapshot, __u64 born)
{
	for (size_t i = 0; i < snapshot->flow_count; i++)
		if (snapshot->flows[i].flow.born == born)
			return &snapshot->flows[i];
	fail_msg("a place of no flow");
	return NULL;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* "word label up|down encoding hits" of each place, sorted; up: from that port. */
static void list_places(const struct snapshot *snapshot, __u16 client, char *text, size_t size)
{
	char lines[16][128];
	size_t at = 0;

	*text = '\0';
	assert_in_range(snapshot->place_count, 0, COUNT(lines));
	for (size_t i = 0; i < snapshot->place_count; i++) {
		const struct snapshot_place *place = &snapshot->places[i];
		const struct snapshot_flow *flow = flow_of(snapshot, place->key.born);
		bool lo = flow->key.lo_port == htons(client);

		assert_true(place->place.first >= flow->flow.first);
		snprintf(lines[i], sizeof(lines[i]), "%s %s %s %s %llu",
			 word_of(snapshot, place->key.word),
			 name_protocol(snapshot, place->key.protocol),
			 place->key.dir == !lo ? "up" : "down",
			 encoding_name(place->key.encoding), place->place.hits);
	}
	qsort(lines, snapshot->place_count, sizeof(*lines), by_text);
	for (size_t i = 0; i < snapshot->place_count; i++)
		at += snprintf(text + at, size - at, "%s%s", i ? ", " : "", lines[i]);
}

static void check_places(const struct snapshot *snapshot, const struct pair *pair,
			 const char *wanted)
{
	char text[2304];

	list_places(snapshot, pair->client_port, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static __u64 hits_of(const struct snapshot *snapshot)
{
	__u64 hits = 0;

	for (size_t i = 0; i < snapshot->word_count; i++)
		hits += snapshot->words[i].count.hits;
	return hits;
}

static void leave(struct snapshot *snapshot, const struct pair *pair)
{
	snapshot_free(snapshot);
	if (pair)
		close_pair(pair);
	engine_close(lab.engine);
	lab.engine = NULL;
}

/* ------------------------------------------------------------ one conversation */

/* Who talks to whom, and what is to be counted of it. */
static const struct talk {
	const char *name;
	int family, type;
	struct end client, server;
	bool seen;
} talks[] = {
	{ "tree to outside, TCP", AF_INET, SOCK_STREAM, TREE, OUTSIDE, true },
	{ "outside to tree, TCP", AF_INET, SOCK_STREAM, OUTSIDE, TREE, true },
	{ "tree to tree, TCP", AF_INET, SOCK_STREAM, TREE, TREE, true },
	{ "outside to outside, TCP", AF_INET, SOCK_STREAM, OUTSIDE, OUTSIDE, false },
	{ "tree to outside, TCP over IPv6", AF_INET6, SOCK_STREAM, TREE, OUTSIDE, true },
	{ "outside to tree, TCP over IPv6", AF_INET6, SOCK_STREAM, OUTSIDE, TREE, true },
	{ "tree to tree, TCP over IPv6", AF_INET6, SOCK_STREAM, TREE, TREE, true },
	{ "tree to outside, UDP", AF_INET, SOCK_DGRAM, TREE, OUTSIDE, true },
	{ "outside to tree, UDP", AF_INET, SOCK_DGRAM, OUTSIDE, TREE, true },
	{ "tree to tree, UDP", AF_INET, SOCK_DGRAM, TREE, TREE, true },
	{ "outside to outside, UDP", AF_INET, SOCK_DGRAM, OUTSIDE, OUTSIDE, false },
	{ "tree to tree, UDP over IPv6", AF_INET6, SOCK_DGRAM, TREE, TREE, true },
};

static void talk_stream(const struct pair *pair)
{
	SAY(pair->client, pair->server, IRC "hello world hello\r\n");
	SAY(pair->server, pair->client, IRC "hello\r\n");
	SAY(pair->client, pair->server, IRC "68656c6c6f h\0e\0l\0l\0o\0\r\n");
}

static void talk_datagrams(const struct pair *pair)
{
	SAY(pair->client, pair->server, SIP "hello world hello");
	SAY(pair->server, pair->client, SIP "hello");
	SAY(pair->client, pair->server, SIP "68656c6c6f h\0e\0l\0l\0o\0");
}

static void check_talk(const struct talk *talk, const struct pair *pair,
		       const struct snapshot *after)
{
	char wanted[512];
	const char *label = talk->type == SOCK_STREAM ? "irc" : "sip";

	snprintf(wanted, sizeof(wanted),
		 "hello %1$s down utf-8 1, hello %1$s up hex 1, hello %1$s up utf-16le 1, "
		 "hello %1$s up utf-8 2, world %1$s up utf-8 1", label);
	assert_int_equal(hits_of(after), 6);
	assert_int_equal(after->flow_count, 1);
	assert_int_equal(after->flows[0].flow.dir[0].packets +
				 after->flows[0].flow.dir[1].packets +
				 after->total.protocol[GL_PROTO_NONE].packets,
			 after->total.seen_packets);
	if (talk->type == SOCK_DGRAM)
		assert_int_equal(after->total.seen_packets, 3);
	check_places(after, pair, wanted);
}

static void test_talk(void **state)
{
	const struct talk *talk = *state;
	__u64 packets, bytes;
	struct snapshot after;
	struct pair pair;

	if (!watch("hello\nworld"))
		return;
	count_device(&packets, &bytes);
	pair = join_ends(talk->family, talk->type, talk->client, talk->server);
	if (talk->type == SOCK_STREAM)
		talk_stream(&pair);
	else
		talk_datagrams(&pair);
	read_settled(&after);
	assert_string_equal(after.engine, "cgroup");
	if (talk->seen) {
		check_once(&after, packets, bytes, true);
		check_talk(talk, &pair, &after);
	} else {
		assert_int_equal(after.total.seen_packets, 0);
		assert_int_equal(after.flow_count + after.place_count + hits_of(&after), 0);
	}
	assert_int_equal(after.total.outcome[GL_OUT_BUSY].packets, 0);
	leave(&after, &pair);
}

static void run_native(struct engine *engine, const struct step *steps, __u64 number)
{
	static struct packet packet;
	struct packet_peers peers = { 1, 40000, 5060 };
	struct gl_replay replay = { .number = number };

	packet_build(steps, &peers, &packet);
	replay.wire_len = packet.wire;
	assert_int_equal(engine_run(engine, packet.frame, packet.length, 0, &replay), 0);
}

/* A replay's places are those of the same talk live, in order; unasked there are none. */
static void check_native(bool places)
{
	struct engine_options options = { .places = places, .encodings = TALK_ENCODINGS };
	struct pair pair = { .client_port = 40000 };
	struct word_list list = { 0 };
	struct snapshot after = { 0 };
	struct engine *engine;
	size_t twice = 0;

	assert_int_equal(engine_open_native(&options, lab.set, lab.compiled, &engine), 0);
	assert_int_equal(words_parse(&list, "words", "hello\nworld", 11, GL_LIST_WATCH, &twice),
			 0);
	assert_int_equal(engine_load_words(engine, &list), 0);
	run_native(engine, PACKET(ETH, IP4, UDP, TEXT(SIP "hello world hello")), 1);
	run_native(engine, PACKET(ETH, IP4, UDP, TEXT(SIP "hello"), DOWN), 2);
	run_native(engine, PACKET(ETH, IP4, UDP, TEXT(SIP "68656c6c6f h\0e\0l\0l\0o\0")), 3);
	assert_int_equal(engine_read(engine, &after), 0);
	assert_int_equal(hits_of(&after), 6);
	assert_int_equal(after.place_count, places ? 5 : 0);
	if (places)
		check_places(&after, &pair,
			     "hello sip down utf-8 1, hello sip up hex 1, hello sip up utf-16le 1, "
			     "hello sip up utf-8 2, world sip up utf-8 1");
	for (size_t i = 1; i < after.place_count; i++)
		assert_true(after.places[i - 1].place.first < after.places[i].place.first ||
			    after.places[i - 1].key.word <= after.places[i].key.word);
	snapshot_free(&after);
	assert_int_equal(after.place_count, 0);
	engine_close(engine);
}

static void test_native_places(void **state)
{
	(void)state;
	check_native(true);
	check_native(false);
}

/* Twin: the same words under TLS are in no place, and in no count. */
static void test_encrypted(void **state)
{
	__u64 packets, bytes;
	struct snapshot after;
	struct pair pair;

	(void)state;
	if (!watch("hello\nworld"))
		return;
	count_device(&packets, &bytes);
	pair = join_ends(AF_INET, SOCK_STREAM, (struct end)TREE, (struct end)OUTSIDE);
	SAY(pair.client, pair.server, TLS "hello world hello world hello world hello world, hello world!!!!");
	SAY(pair.server, pair.client, TLS "hello world hello world hello world hello world, hello world!!!!");
	read_settled(&after);
	check_once(&after, packets, bytes, true);
	assert_int_equal(hits_of(&after) + after.place_count, 0);
	assert_int_equal(after.flow_count, 1);
	assert_int_equal(after.total.outcome[GL_OUT_ENCRYPTED].packets, 2);
	leave(&after, &pair);
}

/* Closing the engine takes the programs off: no packet waits for it. */
static void test_run_and_close(void **state)
{
	struct gl_replay replay = { 0 };
	struct snapshot after;

	(void)state;
	if (!watch("hello"))
		return;
	assert_int_equal(engine_run(lab.engine, "", 14, 0, &replay), -ENOTSUP);
	assert_string_equal(engine_name(lab.engine), "cgroup");
	memset(&after, 0, sizeof(after));
	read_all(&after);
	leave(&after, NULL);
	/* Twin: what is no cgroup is refused. */
	log_set_level(LOG_SILENT);
	assert_int_equal(engine_open_cgroup(&(struct engine_options){ 0 }, lab.set, lab.compiled,
					    lab.net, &lab.engine), -EBADF);
	log_set_level(LOG_NOTES);
}

/* ------------------------------------------------------------ tunnels */

#define VXLAN_AT 42u		 /* Ethernet, IPv4 and UDP before it */
#define VXLAN_PORT 4789

/* A process that is a tunnel's end: VXLAN from its own socket, to another of the tree. */
static void send_tunnelled(void)
{
	const struct step *steps = PACKET(ETH, IP4, UDP, VXLAN(8), ETH, IP6, UDP,
					  TEXT(SIP "hello"));
	struct packet_peers peers = { 1, 40000, 6667 };
	struct packet *packet = calloc(1, sizeof(*packet));
	struct end tree = TREE;
	struct pair pair = { .client = make_socket(AF_INET, SOCK_DGRAM, &tree),
			     .server = make_socket(AF_INET, SOCK_DGRAM, &tree) };
	struct sockaddr_storage to;

	assert_non_null(packet);
	packet_build(steps, &peers, packet);
	bind_to(pair.server, AF_INET, NULL, VXLAN_PORT);
	set_address(AF_INET, NULL, VXLAN_PORT, &to);
	assert_int_equal(connect(pair.client, (void *)&to, sizeof(to)), 0);
	pass_on(pair.client, pair.server, packet->frame + VXLAN_AT, packet->length - VXLAN_AT);
	close_pair(&pair);
	free(packet);
}

/* The flow within is read, and counted once; unopened, each end counts a tunnel. */
static void test_tunnel(void **state)
{
	struct snapshot after;

	(void)state;
	for (int decap = 0; decap < 2; decap++) {
		lab.decap = decap;
		if (!watch("hello\nworld"))
			return;
		send_tunnelled();
		read_settled(&after);
		assert_int_equal(after.total.outcome[GL_OUT_TUNNEL].packets, decap ? 0 : 2);
		assert_int_equal(after.total.seen_packets, decap ? 1 : 2);
		assert_int_equal(after.flow_count, decap);
		assert_int_equal(hits_of(&after), decap);
		if (decap) {
			assert_int_equal(after.flows[0].key.family, 6);
			assert_int_equal(after.flows[0].key.hi_port, htons(6667));
		}
		leave(&after, NULL);
	}
	lab.decap = false;
}

/* ------------------------------------------------------------ ports used again */

/*
 * A tree's process sends to another and ends; later somebody else has its port. What
 * was said of the tree's packets does not hold for theirs.
 */
static void test_port_used_again(void **state)
{
	struct end tree = TREE, outside = OUTSIDE;
	struct sockaddr_storage to;
	struct snapshot after;
	struct pair pair;
	int other;

	(void)state;
	if (!watch("hello\nworld"))
		return;
	pair = join_ends(AF_INET, SOCK_DGRAM, tree, tree);
	SAY(pair.client, pair.server, SIP "hello");
	close(pair.client);
	usleep(1300000);
	other = make_socket(AF_INET, SOCK_DGRAM, &outside);
	bind_to(other, AF_INET, NULL, pair.client_port);
	set_address(AF_INET, NULL, pair.server_port, &to);
	assert_int_equal(connect(other, (void *)&to, sizeof(to)), 0);
	SAY(other, pair.server, SIP "world");
	read_settled(&after);
	assert_int_equal(after.total.seen_packets, 2);
	check_places(&after, &pair, "hello sip up utf-8 1, world sip up utf-8 1");
	pair.client = other;
	leave(&after, &pair);
}

/* ------------------------------------------------------------ large packets */

/* Chunks of chat, each with a word some bytes before its end. */
static char *make_chunks(unsigned int chunks)
{
	char *text = malloc(chunks * CHUNK);

	assert_non_null(text);
	memset(text, '.', chunks * CHUNK);
	memcpy(text, IRC, strlen(IRC));
	for (unsigned int i = 0; i < chunks; i++)
		memcpy(text + (i + 1) * CHUNK - 24, " hello ", 7);
	return text;
}

static void send_large(struct end client, struct end server, bool loopback)
{
	char *text = make_chunks(4);
	__u64 packets, bytes, payload;
	struct snapshot after;
	struct pair pair;

	count_device(&packets, &bytes);
	pair = join_ends(AF_INET, SOCK_STREAM, client, server);
	SAY(pair.client, pair.server, IRC "hello\r\n");
	pass_on(pair.client, pair.server, text, 4 * CHUNK);
	read_settled(&after);
	if (loopback)
		check_once(&after, packets, bytes, false);
	payload = after.total.outcome[GL_OUT_SCANNED].bytes;
	packets = after.total.outcome[GL_OUT_SCANNED].packets;
	print_message("# %llu bytes in %llu packets\n", payload, packets);
	assert_int_equal(after.words[0].count.hits, 5);
	check_places(&after, &pair, "hello irc up utf-8 5");
	assert_true(payload / packets > 10000);
	/* Every byte, and the headers of so many packets. */
	assert_in_range(payload - 4 * CHUNK - strlen(IRC "hello\r\n"), packets * 40,
			packets * 60);
	leave(&after, &pair);
	free(text);
}

static void test_large_loopback(void **state)
{
	(void)state;
	if (watch("hello"))
		send_large((struct end)TREE, (struct end)OUTSIDE, true);
}

static void test_large_from_outside(void **state)
{
	(void)state;
	if (watch("hello"))
		send_large((struct end)OUTSIDE, (struct end)TREE, true);
}

static void test_large_veth(void **state)
{
	struct end near = { .tree = true, .address = "10.99.0.1" };
	struct end far = { .address = "10.99.0.2", .net = lab.peer };

	(void)state;
	if (watch("hello"))
		send_large(near, far, false);
}

/* Over a device, too: both directions of it, IPv4 and IPv6, and what is not the tree's. */
static void test_veth(void **state)
{
	struct end near = { .tree = true, .address = "fd99::1" };
	struct end far = { .address = "fd99::2", .net = lab.peer };
	struct snapshot after;
	struct pair pair, others;

	(void)state;
	if (!watch("hello\nworld"))
		return;
	pair = join_ends(AF_INET6, SOCK_DGRAM, near, far);
	near.tree = false;
	others = join_ends(AF_INET6, SOCK_DGRAM, near, far);
	talk_datagrams(&others);
	talk_datagrams(&pair);
	read_settled(&after);
	check_talk(&talks[COUNT(talks) - 1], &pair, &after);
	close_pair(&others);
	leave(&after, &pair);
}

/* ------------------------------------------------------------ nested packets */

/* A stream, read by the other end, until the time is over. */
struct stream {
	struct pair pair;
	pthread_t sender, receiver;
	int cpu;
	__u64 chunks;
};

static volatile bool stop;

static void *send_chunks(void *data)
{
	struct stream *stream = data;
	char *text = make_chunks(1);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(stream->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	send(stream->pair.client, IRC "\r\n", strlen(IRC "\r\n"), 0);
	while (!stop) {
		size_t sent = 0;

		while (sent < CHUNK) {
			ssize_t n = send(stream->pair.client, text + sent, CHUNK - sent, 0);

			if (n < 0)
				break;
			sent += n;
		}
		stream->chunks += sent == CHUNK;
	}
	shutdown(stream->pair.client, SHUT_WR);
	free(text);
	return NULL;
}

static void *receive_chunks(void *data)
{
	struct stream *stream = data;
	static __thread char buffer[CHUNK];

	while (recv(stream->pair.server, buffer, sizeof(buffer), 0) > 0)
		;
	return NULL;
}

struct stress {
	__u64 packets, bytes;	 /* of the device */
	__u64 words;		 /* sent */
	__u64 reads, refused, broken;
	struct snapshot after;
};

/* The law in each copy; those that cannot be had are counted, not fatal. */
static void read_under_traffic(struct stress *stress, unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	struct snapshot look;

	log_set_level(LOG_SILENT);
	while (time(NULL) < end) {
		memset(&look, 0, sizeof(look));
		stress->reads++;
		if (engine_read(lab.engine, &look))
			stress->refused++;
		else
			stress->broken += snapshot_check(&look) != 0;
		snapshot_free(&look);
	}
	log_set_level(LOG_NOTES);
}

/*
 * Streams from the tree and to it, on both CPUs: a program in a process that sends is
 * interrupted by packets that arrive for others.
 */
static void run_streams(struct stress *stress, unsigned int seconds)
{
	struct end tree = TREE, outside = OUTSIDE;
	struct stream streams[STREAMS] = { 0 };
	__u64 packets, bytes;

	stop = false;
	count_device(&packets, &bytes);
	for (int i = 0; i < STREAMS; i++) {
		streams[i].cpu = i & 1;
		streams[i].pair = i & 2 ? join_ends(AF_INET, SOCK_STREAM, outside, tree) :
					  join_ends(AF_INET, SOCK_STREAM, tree, outside);
		pthread_create(&streams[i].receiver, NULL, receive_chunks, &streams[i]);
		pthread_create(&streams[i].sender, NULL, send_chunks, &streams[i]);
	}
	read_under_traffic(stress, seconds);
	stop = true;
	for (int i = 0; i < STREAMS; i++) {
		pthread_join(streams[i].sender, NULL);
		pthread_join(streams[i].receiver, NULL);
		stress->words += streams[i].chunks;
	}
	usleep(SETTLE_MS * 5000);
	count_device(&stress->packets, &stress->bytes);
	stress->packets -= packets;
	stress->bytes -= bytes;
	log_set_level(LOG_SILENT);
	if (engine_read(lab.engine, &stress->after))
		stress->refused++;
	log_set_level(LOG_NOTES);
	for (int i = 0; i < STREAMS; i++)
		close_pair(&streams[i].pair);
}

static void print_stress(const struct stress *stress)
{
	const struct gl_total *total = &stress->after.total;

	print_message("# %llu packets and %llu bytes passed, %llu and %llu were counted; "
		      "%llu words sent, %llu hits; %llu busy, %llu contended, %llu after a gap, "
		      "%llu unreadable; %llu reads, %llu refused, %llu broken\n",
		      stress->packets, stress->bytes, total->seen_packets, total->seen_bytes,
		      stress->words, hits_of(&stress->after),
		      total->outcome[GL_OUT_BUSY].packets,
		      total->outcome[GL_OUT_CONTENDED].packets,
		      total->outcome[GL_OUT_SCANNED_AFTER_GAP].packets,
		      total->outcome[GL_OUT_UNREADABLE].packets, stress->reads, stress->refused,
		      stress->broken);
}

static void test_nested(void **state)
{
	struct stress stress = { 0 };
	const struct gl_outcome_row *scanned;

	(void)state;
	if (!watch("hello"))
		return;
	spread_packets("3");
	run_streams(&stress, STRESS_SECONDS);
	print_stress(&stress);
	assert_int_equal(stress.refused + stress.broken, 0);
	assert_int_equal(snapshot_check(&stress.after), 0);
	check_passed(&stress.after.total, stress.packets, stress.bytes);
	assert_int_equal(hits_of(&stress.after), stress.words);
	/* Each byte that was sent was read, once. */
	scanned = &stress.after.total.outcome[GL_OUT_SCANNED];
	assert_int_equal(scanned->bytes - scanned->packets * ACKNOWLEDGEMENT,
			 stress.words * CHUNK + STREAMS * strlen(IRC "\r\n"));
	leave(&stress.after, NULL);
}

/*
 * For a program that was built to break: prints what happens. 1 when counters or hits
 * are wrong, 77 where it cannot be tried.
 */
static int show_nested(unsigned int seconds)
{
	struct stress stress = { 0 };
	void *state = NULL;
	bool wrong;

	if (make_lab(&state) || lab.missing || !watch("hello")) {
		end_lab(&state);
		return 77;
	}
	spread_packets("3");
	run_streams(&stress, seconds);
	print_stress(&stress);
	wrong = stress.refused + stress.broken || hits_of(&stress.after) != stress.words ||
		stress.after.total.outcome[GL_OUT_UNREADABLE].packets;
	leave(&stress.after, NULL);
	end_lab(&state);
	return wrong;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[COUNT(talks) + 10] = { 0 };
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_encrypted),	    cmocka_unit_test(test_run_and_close),
		cmocka_unit_test(test_port_used_again),	    cmocka_unit_test(test_large_loopback),
		cmocka_unit_test(test_large_from_outside),  cmocka_unit_test(test_large_veth),
		cmocka_unit_test(test_veth),		    cmocka_unit_test(test_native_places),
		cmocka_unit_test(test_nested),		    cmocka_unit_test(test_tunnel),
	};

	if (argc == 3 && !strcmp(argv[1], "nested"))
		return show_nested(atoi(argv[2]));
	for (size_t i = 0; i < COUNT(talks); i++)
		tests[i] = (struct CMUnitTest){ talks[i].name, test_talk, NULL, NULL,
						(void *)&talks[i] };
	memcpy(&tests[COUNT(talks)], others, sizeof(others));
	return cmocka_run_group_tests_name("cgroup", tests, make_lab, end_lab);
}
