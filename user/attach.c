/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/ethtool.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "attach.h"
#include "log.h"

#define PIN_PROGRAM "program"
#define PATH_ROOM 512
#define LOCK_TRIES 200 /* 10 s: an attach takes half a second */
#define LOCK_PAUSE_US 50000

static const char *bpffs = ATTACH_BPFFS;

void attach_set_bpffs(const char *path)
{
	bpffs = path;
}

const char *attach_bpffs(void)
{
	return bpffs;
}

static void root_path(char *path)
{
	snprintf(path, PATH_ROOM, "%s/glassine", bpffs);
}

static void pin_path(char *path, const char *interface, const char *name)
{
	snprintf(path, PATH_ROOM, "%s/glassine/%s%s%s", bpffs, interface, name ? "/" : "",
		 name ? name : "");
}

/* A name that can only be one folder below the root. */
static int check_name(const char *interface)
{
	if (!*interface || strlen(interface) >= IF_NAMESIZE || strchr(interface, '/') ||
	    !strcmp(interface, ".") || !strcmp(interface, ".."))
		return log_error(-EINVAL, "%s is not the name of an interface", interface);
	return 0;
}

/* Mounts bpffs where nothing is mounted yet, as ip and bpftool do. */
static int need_bpffs(void)
{
	struct statfs fs;

	if (statfs(bpffs, &fs))
		return log_error(-errno, "%s: %s; a BPF file system is needed there "
				 "(mount -t bpf bpf %s)", bpffs, strerror(errno), bpffs);
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	if (mount("bpf", bpffs, "bpf", 0, "mode=0700"))
		return log_error(-errno, "%s is not a BPF file system and none can be mounted "
				 "there: %s", bpffs, strerror(errno));
	log_note("mounted a BPF file system on %s", bpffs);
	return 0;
}

/*
 * One attach or detach at a time: the second would take the folder that the first
 * is filling for leftovers. Who cannot have the lock in time goes on without it,
 * since anyone who may read the mount point could keep it. Returns a descriptor,
 * or -1 where nothing can be locked.
 */
static int lock_bpffs(void)
{
	int fd = open(bpffs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB); i++)
		usleep(LOCK_PAUSE_US);
	return fd;
}

static int make_folder(const char *interface)
{
	char path[PATH_ROOM];

	root_path(path);
	if (mkdir(path, 0700) && errno != EEXIST)
		return log_error(-errno, "%s cannot be made: %s", path, strerror(errno));
	pin_path(path, interface, NULL);
	if (mkdir(path, 0700) && errno != EEXIST)
		return log_error(-errno, "%s cannot be made: %s", path, strerror(errno));
	return 0;
}

static void remove_pins(const char *interface)
{
	char path[PATH_ROOM];

	pin_path(path, interface, PIN_PROGRAM);
	unlink(path);
	pin_path(path, interface, NULL);
	maps_unpin(path);
	rmdir(path);
	root_path(path);
	rmdir(path);
	/* libxdp's own folder, unless a dispatcher still has its pins in it. */
	snprintf(path, sizeof(path), "%s/xdp", bpffs);
	rmdir(path);
}

static bool has_pins(const char *interface)
{
	char path[PATH_ROOM];

	pin_path(path, interface, NULL);
	return !access(path, F_OK);
}

/* Id of the pinned map of counters, 0 without one. */
static __u32 counters_id(const char *interface)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	char path[PATH_ROOM];
	int fd;

	pin_path(path, interface, GL_MAP_TOTAL);
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		if (bpf_obj_get_info_by_fd(fd, &info, &size))
			info.id = 0;
		close(fd);
	}
	return info.id;
}

const char *attach_action(bool enforce)
{
	return enforce ? "packets in which a block-list word is read in clear are DROPPED" :
			 "every packet passes, block-list words only count as would_drop";
}

void attach_tag(const char *interface, char tag[17])
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	char path[PATH_ROOM];
	int fd;

	tag[0] = '\0';
	pin_path(path, interface, PIN_PROGRAM);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		for (unsigned i = 0; i < BPF_TAG_SIZE; i++)
			snprintf(tag + 2 * i, 3, "%02x", info.tag[i]);
	close(fd);
}

/*
 * Does a program count into this map? That makes it ours, even when attach was
 * killed before it could pin the program.
 */
static bool counts_into(struct xdp_program *program, __u32 counters)
{
	__u32 maps[64], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = 64, .map_ids = (__u64)(unsigned long)maps };
	int fd = bpf_prog_get_fd_by_id(xdp_program__id(program));
	bool found = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		for (__u32 i = 0; i < info.nr_map_ids && i < 64; i++)
			found |= maps[i] == counters;
	close(fd);
	return found;
}

/* The program with these counters among those on an interface; mp owns the result. */
static struct xdp_program *find_program(struct xdp_multiprog *mp, __u32 counters)
{
	struct xdp_program *program = NULL;

	if (!counters)
		return NULL;
	if (xdp_multiprog__is_legacy(mp)) {
		program = xdp_multiprog__main_prog(mp);
		return program && counts_into(program, counters) ? program : NULL;
	}
	while ((program = xdp_multiprog__next_prog(program, mp)))
		if (counts_into(program, counters))
			return program;
	return NULL;
}

static enum gl_mode mode_of(enum xdp_attach_mode mode)
{
	return mode == XDP_MODE_SKB ? GL_MODE_GENERIC : GL_MODE_NATIVE;
}

/* Programs on an interface; NULL when there are none. */
static struct xdp_multiprog *programs_on(int ifindex)
{
	struct xdp_multiprog *mp = ifindex ? xdp_multiprog__get_from_ifindex(ifindex) : NULL;

	return libxdp_get_error(mp) ? NULL : mp;
}

/* Inode of a network namespace, which is its identity; 0 when it cannot be told. */
static __u64 netns_inode(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : status.st_ino;
}

/* Does an entry of folder, completed by suffix, stand for this namespace? */
static bool netns_in(const char *folder, const char *suffix, __u64 inode)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PATH_ROOM];
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%.255s%s", folder, entry->d_name, suffix);
		found = netns_inode(path) == inode;
	}
	if (dir)
		closedir(dir);
	return found;
}

/*
 * Do the pins belong to an interface of another network namespace that still
 * exists? Pins are found by the interface's name, which may be there twice.
 */
static bool is_elsewhere(const char *interface)
{
	struct maps maps = MAPS_CLOSED;
	enum log_level level = log_get_level();
	struct gl_meta meta = { 0 };
	char path[PATH_ROOM];
	int err;

	pin_path(path, interface, NULL);
	log_set_level(LOG_SILENT);
	err = maps_open(path, &maps);
	if (!err)
		err = maps_read_meta(&maps, &meta);
	log_set_level(level);
	maps_close(&maps);
	if (err || !meta.netns || meta.netns == netns_inode("/proc/self/ns/net"))
		return false;
	return netns_in("/run/netns", "", meta.netns) || netns_in("/proc", "/ns/net", meta.netns);
}

static int elsewhere(const char *interface)
{
	return log_error(-EEXIST, "%s is the name of an attached interface in another network "
			 "namespace; run this there, or keep the pins apart with --bpffs",
			 interface);
}

static void describe(const char *interface, struct attachment *out)
{
	struct attachment found = { .ifindex = if_nametoindex(interface) };
	struct xdp_multiprog *mp = programs_on(found.ifindex);

	snprintf(found.interface, sizeof(found.interface), "%s", interface);
	if (mp && find_program(mp, counters_id(interface))) {
		found.mode = mode_of(xdp_multiprog__attach_mode(mp));
		found.dispatcher = !xdp_multiprog__is_legacy(mp);
	}
	if (mp)
		xdp_multiprog__close(mp);
	found.elsewhere = found.mode == GL_MODE_NONE && has_pins(interface) &&
			  is_elsewhere(interface);
	*out = found;
}

/* Who may not look must not be told that there is nothing. */
static int check_access(void)
{
	char path[PATH_ROOM];

	root_path(path);
	if (access(path, R_OK | X_OK) && errno == EACCES)
		return log_error(-EACCES, "%s: root is needed to see what is attached", path);
	return 0;
}

int attach_status(const char *interface, struct attachment *out)
{
	if (check_name(interface))
		return -EINVAL;
	if (!has_pins(interface))
		return -ENOENT;
	describe(interface, out);
	return 0;
}

/* Nothing of another owner may be replaced; leftovers of our own may. */
static int check_free(const char *interface, int ifindex)
{
	struct xdp_multiprog *mp = programs_on(ifindex);
	struct attachment found;
	int err = 0;

	describe(interface, &found);
	if (found.elsewhere) {
		err = elsewhere(interface);
	} else if (found.mode != GL_MODE_NONE) {
		err = log_error(-EEXIST, "glassine is attached to %s already; 'glassine words load'"
				" changes its words, 'glassine detach %s' removes it", interface,
				interface);
	} else if (mp && xdp_multiprog__is_legacy(mp)) {
		struct xdp_program *other = xdp_multiprog__main_prog(mp);

		err = log_error(-EBUSY, "%s has another XDP program (%s, id %u) that does not share"
				" the interface; remove it with 'ip link set dev %s %s off', or choose"
				" another interface", interface,
				other ? xdp_program__name(other) : "?",
				other ? xdp_program__id(other) : 0, interface,
				xdp_multiprog__attach_mode(mp) == XDP_MODE_SKB ? "xdpgeneric" : "xdp");
	}
	if (mp)
		xdp_multiprog__close(mp);
	if (!err && has_pins(interface)) {
		log_note("removed what an earlier attachment to %s left behind", interface);
		remove_pins(interface);
	}
	return err;
}

/* Says what this interface hides, before anything is attached. */
static void warn_interface(const char *interface)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq request = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", interface);
	if (!ioctl(fd, SIOCETHTOOL, &request) && value.data & ETH_FLAG_RXVLAN)
		log_note("%s takes VLAN tags off in hardware, so they may not be seen; "
			 "'ethtool -K %s rxvlan off' leaves them on", interface, interface);
	if (!ioctl(fd, SIOCGIFFLAGS, &request) && !(request.ifr_flags & IFF_UP))
		log_note("%s is down: nothing is seen until 'ip link set dev %s up'", interface,
			 interface);
	close(fd);
}

/*
 * The maps come from a copy of the program that is loaded but never attached:
 * they are complete before the first packet, and a program that the kernel
 * refuses is refused before anything is touched.
 */
static int prepare_maps(const struct attach_request *request, const struct signatures *set,
			const struct gl_signatures *compiled, struct bpf_object **object,
			struct gl_meta *meta)
{
	struct maps maps = MAPS_CLOSED;
	char path[PATH_ROOM];
	int fd, err = prog_open("xdp", &request->prog, set, object);

	if (err)
		return err;
	err = prog_load(*object, &fd);
	if (!err)
		err = maps_from_object(*object, &maps);
	if (!err)
		err = maps_initialise(&maps, compiled, &request->prog.words);
	if (!err)
		err = maps_write_protocols(&maps, set);
	if (!err && request->words->count) {
		meta->words = request->words->count;
		err = maps_load_words(&maps, request->words, &request->prog.words,
				      &meta->words_generation);
	}
	if (!err)
		err = maps_write_meta(&maps, meta);
	pin_path(path, request->interface, NULL);
	if (!err)
		err = maps_pin(*object, path);
	maps_close(&maps);
	return err;
}

/* Lets the program that libxdp will load use the maps that are ready. */
static int share_maps(const struct bpf_object *ready, struct bpf_object *object)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object) {
		const struct bpf_map *from =
			bpf_object__find_map_by_name(ready, bpf_map__name(map));

		if (from && !bpf_map__is_internal(map) && !err)
			err = bpf_map__reuse_fd(map, bpf_map__fd(from));
	}
	return err ? log_error(err, "the maps cannot be shared: %s", strerror(-err)) : 0;
}

static int attach_failed(const char *interface, int err)
{
	if (err == -ERANGE)
		return log_error(err, "the MTU of %s or of its peer is too large for native mode "
				 "here; lower it, or use --mode generic", interface);
	if (err == -EOPNOTSUPP)
		return log_error(err, "the driver of %s has no native XDP; use --mode generic",
				 interface);
	if (err == -EBUSY || err == -EEXIST)
		return log_error(err, "%s has another XDP program; 'ip -d link show dev %s' shows "
				 "it, 'ip link set dev %s xdp off' removes it", interface, interface,
				 interface);
	return log_error(err, "the program cannot be attached to %s: %s", interface,
			 strerror(-err));
}

/* Attaches in one mode and pins the program. quiet: a failure is not the last word. */
static int try_mode(const struct attach_request *request, const struct signatures *set,
		    const struct bpf_object *ready, int ifindex, enum gl_mode mode, bool quiet)
{
	enum xdp_attach_mode xdp_mode = mode == GL_MODE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
	struct xdp_program *program = NULL;
	struct bpf_object *object = NULL;
	char path[PATH_ROOM];
	int err = prog_open("xdp", &request->prog, set, &object);

	if (!err)
		err = share_maps(ready, object);
	if (err)
		goto out;
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = object, .prog_name = "glassine");
	program = xdp_program__create(&opts);
	err = libxdp_get_error(program);
	if (!err)
		/* libxdp 1.3 does not see that the section is xdp.frags. */
		err = xdp_program__set_xdp_frags_support(program, true);
	if (!err)
		err = xdp_program__attach(program, ifindex, xdp_mode, 0);
	if (err) {
		if (!quiet)
			attach_failed(request->interface, err);
		goto out;
	}
	pin_path(path, request->interface, PIN_PROGRAM);
	err = bpf_obj_pin(xdp_program__fd(program), path);
	if (err) {
		log_error(err, "%s cannot be pinned: %s", path, strerror(-err));
		xdp_program__detach(program, ifindex, xdp_mode, 0);
	}
out:
	if (program && !libxdp_get_error(program))
		xdp_program__close(program);
	bpf_object__close(object);
	return err;
}

static int attach_modes(const struct attach_request *request, const struct signatures *set,
			const struct bpf_object *ready, int ifindex)
{
	enum gl_mode mode = request->mode;
	int err;

	if (mode != GL_MODE_NONE)
		return try_mode(request, set, ready, ifindex, mode, false);
	err = try_mode(request, set, ready, ifindex, GL_MODE_NATIVE, true);
	if (!err)
		return 0;
	log_note("native mode is not to be had on %s (%s): attached in generic mode, which sees "
		 "merged packets of up to 64 kB, so packet counts differ from the wire's",
		 request->interface, strerror(-err));
	return try_mode(request, set, ready, ifindex, GL_MODE_GENERIC, false);
}

static void fill_meta(struct gl_meta *meta, const struct attach_request *request, int ifindex,
		      const struct signatures *set)
{
	meta->abi = GL_ABI_VERSION;
	meta->ifindex = ifindex;
	meta->scan = request->prog.scan;
	meta->enforce = request->prog.enforce;
	meta->decap = request->prog.decap;
	meta->capacity = request->prog.words.capacity;
	meta->cells = request->prog.words.cells;
	meta->encodings = request->prog.words.encodings;
	meta->protocols = signatures_protocols(set);
	meta->since = time(NULL);
	meta->netns = netns_inode("/proc/self/ns/net");
	snprintf(meta->version, sizeof(meta->version), "%s", GLASSINE_VERSION);
}

/* Writes down how it went, for status. */
static int record(const struct bpf_object *ready, struct gl_meta *meta, struct attachment *out)
{
	struct maps maps = MAPS_CLOSED;
	struct attachment found;
	int err = maps_from_object(ready, &maps);

	if (err)
		return err;
	describe(out->interface, &found);
	meta->mode = found.mode;
	meta->dispatcher = found.dispatcher;
	err = maps_write_meta(&maps, meta);
	maps_close(&maps);
	if (!found.dispatcher)
		log_note("no XDP dispatcher here: no other XDP program can join on %s",
			 out->interface);
	*out = found;
	return err;
}

int attach(const struct attach_request *request, const struct signatures *set,
	   const struct gl_signatures *compiled, struct attachment *out)
{
	struct attachment found = { 0 };
	struct bpf_object *ready = NULL;
	struct gl_meta meta = { 0 };
	bool pinned = false;
	int ifindex, lock = -1, err = check_name(request->interface);

	if (err)
		return err;
	ifindex = if_nametoindex(request->interface);
	if (!ifindex)
		return log_error(-ENODEV, "there is no interface %s here; 'ip link' lists them",
				 request->interface);
	prog_quiet();
	err = need_bpffs();
	if (!err)
		err = check_access();
	if (err)
		return err;
	lock = lock_bpffs();
	err = check_free(request->interface, ifindex);
	if (err)
		goto out;
	warn_interface(request->interface);
	snprintf(found.interface, sizeof(found.interface), "%s", request->interface);
	fill_meta(&meta, request, ifindex, set);
	err = make_folder(request->interface);
	pinned = !err;
	if (!err)
		err = prepare_maps(request, set, compiled, &ready, &meta);
	if (!err)
		err = attach_modes(request, set, ready, ifindex);
	if (!err)
		err = record(ready, &meta, &found);
	bpf_object__close(ready);
	if (err && pinned)
		remove_pins(request->interface);
	if (!err)
		*out = found;
out:
	attach_unlock(lock);
	return err;
}

static int cgroup_failed(int err)
{
	if (err == -EBADF)
		return log_error(err, "that is no directory of a cgroup v2 hierarchy; "
				 "'mount -t cgroup2 none DIRECTORY' makes one");
	if (err == -EPERM)
		return log_error(err, "a program of an outer cgroup allows no other below it, or "
				 "root (CAP_BPF and CAP_NET_ADMIN) is needed");
	return log_error(err, "the programs cannot be attached to the cgroup: %s",
			 strerror(-err));
}

int attach_cgroup(int cgroup_fd, const struct bpf_object *object, int links[2])
{
	struct bpf_program *program;
	int n = 0, err = 0;

	bpf_object__for_each_program(program, object) {
		links[n] = bpf_link_create(bpf_program__fd(program), cgroup_fd,
					   bpf_program__expected_attach_type(program), NULL);
		if (links[n] < 0) {
			err = links[n];
			break;
		}
		n++;
	}
	if (!err)
		return 0;
	links[n] = -1;
	while (n--) {
		close(links[n]);
		links[n] = -1;
	}
	return cgroup_failed(err);
}

int attach_detach(const char *interface, bool *was)
{
	int ifindex = if_nametoindex(interface), lock, err = check_name(interface);
	struct xdp_multiprog *mp;
	struct xdp_program *program;

	if (!err)
		err = check_access();
	if (err)
		return err;
	prog_quiet();
	lock = lock_bpffs();
	*was = has_pins(interface);
	if (*was && is_elsewhere(interface)) {
		attach_unlock(lock);
		return elsewhere(interface);
	}
	mp = programs_on(ifindex);
	program = mp ? find_program(mp, counters_id(interface)) : NULL;
	if (program) {
		err = xdp_program__detach(program, ifindex, xdp_multiprog__attach_mode(mp), 0);
		if (err)
			log_error(err, "the program cannot be taken off %s: %s", interface,
				  strerror(-err));
	}
	if (mp)
		xdp_multiprog__close(mp);
	if (!err)
		remove_pins(interface);
	attach_unlock(lock);
	return err;
}

int attach_list(char ***names, unsigned *count)
{
	struct dirent *entry;
	char path[PATH_ROOM], **found = NULL;
	unsigned n = 0;
	int err = check_access();
	DIR *dir;

	if (err)
		return err;
	root_path(path);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char **more;

		if (entry->d_name[0] == '.')
			continue;
		more = realloc(found, (n + 1) * sizeof(*found));
		if (!more)
			break;
		found = more;
		found[n] = strdup(entry->d_name);
		if (found[n])
			n++;
	}
	if (dir)
		closedir(dir);
	*names = found;
	*count = n;
	return 0;
}

int attach_detach_stale(unsigned *count)
{
	struct attachment found;
	char **names;
	unsigned n;
	int lock, err = attach_list(&names, &n);

	if (err)
		return err;
	prog_quiet();
	lock = lock_bpffs();
	*count = 0;
	for (unsigned i = 0; i < n; i++) {
		describe(names[i], &found);
		if (found.mode == GL_MODE_NONE && !found.elsewhere) {
			remove_pins(names[i]);
			++*count;
		}
		free(names[i]);
	}
	free(names);
	attach_unlock(lock);
	return 0;
}

static int lock_folder(const char *interface)
{
	char path[PATH_ROOM];
	int fd;

	pin_path(path, interface, NULL);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return log_error(-errno, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return log_error(-EBUSY, "another glassine is changing %s; try again", interface);
	}
	return fd;
}

int attach_open(const char *interface, bool write, struct maps *maps, int *lock)
{
	struct maps found = MAPS_CLOSED;
	char path[PATH_ROOM];
	struct gl_meta meta;
	int fd = -1, err = check_name(interface);

	if (err)
		return err;
	pin_path(path, interface, NULL);
	if (access(path, F_OK))
		return log_error(-errno, errno == EACCES ?
				 "%s: root is needed to read the filter of %s" :
				 "nothing is attached (%s is not there); 'glassine attach %s' starts it",
				 path, interface);
	if (write)
		fd = lock_folder(interface);
	if (write && fd < 0)
		return fd;
	err = maps_open(path, &found);
	if (!err)
		err = maps_read_meta(&found, &meta);
	if (!err && meta.abi != GL_ABI_VERSION)
		err = log_error(-EPROTO, "the filter on %s was attached by another version (ABI %u, "
				"this is %u); run 'glassine detach %s' and attach again", interface,
				meta.abi, GL_ABI_VERSION, interface);
	if (err) {
		maps_close(&found);
		attach_unlock(fd);
		return err;
	}
	*maps = found;
	*lock = fd;
	return 0;
}

void attach_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}
