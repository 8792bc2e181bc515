/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "log.h"
#include "tree.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define PREFIX "glassine."
#define DEPTH_MAX 32
#define ROUNDS 50	 /* of moving, killing or removing */
#define ROUND_US 20000

static int open_at(int directory, const char *name, int flags)
{
	int fd = openat(directory, name, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Reads a small file as text. Returns its length or -errno. */
static ssize_t read_at(int directory, const char *name, char *text, size_t size)
{
	int fd = open_at(directory, name, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = read(fd, text, size - 1);
	if (got < 0)
		got = -errno;
	else
		text[got] = '\0';
	close(fd);
	return got;
}

static int write_at(int directory, const char *name, const char *text)
{
	int fd = open_at(directory, name, O_WRONLY), err = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* ------------------------------------------------------------ whose is it */

/* When a process began, in ticks since boot; 0 when there is none. */
static unsigned long long started(pid_t pid)
{
	unsigned long long start = 0;
	char path[32], text[1024];
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	/* The name of a program may hold blanks and brackets; 19 fields lie between. */
	rest = strrchr(text, ')');
	if (rest)
		sscanf(rest, ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			     "%*s %*s %*s %*s %llu", &start);
	return start;
}

/* A cgroup of ours whose run has ended? */
static bool left_over(const char *name)
{
	unsigned long long start = 0;
	unsigned random;
	int pid, end = 0;

	return sscanf(name, PREFIX "%d.%llu.%8x%n", &pid, &start, &random, &end) == 3 &&
	       !name[end] && started(pid) != start;
}

/* ------------------------------------------------------------ walking */

typedef void (*visit)(int parent, const char *name, void *context);

static void each_child(int directory, visit visit, void *context)
{
	int fd = open_at(directory, ".", DIRECTORY);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(stream)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, ".."))
			visit(directory, entry->d_name, context);
	closedir(stream);
}

/* COMMAND may have made cgroups of its own within. */
static void remove_cgroup(int parent, const char *name, void *context)
{
	int fd = open_at(parent, name, DIRECTORY);

	if (fd < 0)
		return;
	each_child(fd, remove_cgroup, context);
	close(fd);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static bool populated(int fd)
{
	char text[256];

	/* A cgroup that is gone holds nobody. */
	return read_at(fd, "cgroup.events", text, sizeof(text)) > 0 &&
	       strstr(text, "populated 1");
}

static void sweep(int parent, const char *name, void *context)
{
	int fd = open_at(parent, name, DIRECTORY), *depth = context;

	if (fd < 0)
		return;
	if (!strncmp(name, PREFIX, strlen(PREFIX)) && left_over(name)) {
		if (!populated(fd))
			remove_cgroup(parent, name, NULL);
	} else if (*depth < DEPTH_MAX) {
		++*depth;
		each_child(fd, sweep, context);
		--*depth;
	}
	close(fd);
}

/* What is to become of the processes of a cgroup. */
struct fate {
	int destination; /* where they go, -1: they are killed */
	unsigned count;
};

static void dispose(int parent, const char *name, void *context)
{
	int fd = open_at(parent, name, DIRECTORY);
	int procs = fd < 0 ? fd : open_at(fd, "cgroup.procs", O_RDONLY);
	FILE *list = procs < 0 ? NULL : fdopen(procs, "r");
	struct fate *fate = context;
	char pid[32];

	while (list && fscanf(list, "%31s", pid) == 1) {
		if (fate->destination >= 0)
			fate->count += !write_at(fate->destination, "cgroup.procs", pid);
		else if (atoi(pid) > 1)
			kill(atoi(pid), SIGKILL);
	}
	if (list)
		fclose(list);
	if (fd >= 0) {
		each_child(fd, dispose, context);
		close(fd);
	}
}

/* Until it is empty, as they may fork meanwhile. Then it is removed. */
static unsigned empty_and_remove(const struct tree *tree, int destination)
{
	struct fate fate = { destination, 0 };

	for (int i = 0; i < ROUNDS && populated(tree->fd); i++) {
		if (destination >= 0 || write_at(tree->fd, "cgroup.kill", "1"))
			dispose(tree->parent, tree->name, &fate);
		if (populated(tree->fd))
			usleep(ROUND_US);
	}
	remove_cgroup(tree->parent, tree->name, NULL);
	return fate.count;
}

/* ------------------------------------------------------------ making */

static bool is_cgroup2(const char *path)
{
	struct statfs status;

	return !statfs(path, &status) && status.f_type == CGROUP2_SUPER_MAGIC;
}

/* The hierarchy is there even where nobody mounted it. */
static int mount_root(void)
{
	int context = syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), fd = -1, err;

	if (context < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	err = fd < 0 ? -errno : fd;
	close(context);
	return err;
}

static int open_root(void)
{
	static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (is_cgroup2(usual[i]))
			return open_at(AT_FDCWD, usual[i], DIRECTORY);
	return mount_root();
}

/*
 * The cgroup of this process, whose limits go on holding for COMMAND. In a container
 * its path may begin above what is mounted: then the root of the mount is all there is.
 */
static int open_own(int root)
{
	char text[4096];
	char *path;
	int fd;

	if (read_at(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return open_at(root, ".", DIRECTORY);
	path = !strncmp(text, "0::/", 4) ? text : strstr(text, "\n0::/");
	if (!path)
		return open_at(root, ".", DIRECTORY);
	path = strstr(path, "0::/") + 4;
	path[strcspn(path, "\n")] = '\0';
	fd = open_at(root, *path ? path : ".", DIRECTORY);
	return fd < 0 ? open_at(root, ".", DIRECTORY) : fd;
}

static int make(struct tree *tree)
{
	unsigned random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	snprintf(tree->name, sizeof(tree->name), PREFIX "%d.%llu.%08x", getpid(),
		 started(getpid()), random);
	if (mkdirat(tree->parent, tree->name, 0700))
		return -errno;
	tree->fd = open_at(tree->parent, tree->name, DIRECTORY);
	if (tree->fd < 0)
		return tree->fd;
	tree->events = open_at(tree->fd, "cgroup.events", O_RDONLY);
	return tree->events < 0 ? tree->events : 0;
}

/*
 * Waits for the end of the process that made the tree: its end of the pipe is then
 * closed. After a tree_close() nothing is left to do.
 */
static void guard(const struct tree *tree, int ended)
{
	char byte;

	setsid();
	prctl(PR_SET_NAME, "glassine-guard");
	while (read(ended, &byte, 1) < 0 && errno == EINTR)
		;
	empty_and_remove(tree, -1);
	_exit(0);
}

static int start_guard(struct tree *tree)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	tree->guard = fork();
	if (!tree->guard) {
		close(ends[1]);
		guard(tree, ends[0]);
	}
	close(ends[0]);
	tree->alive = ends[1];
	return tree->guard < 0 ? -errno : 0;
}

int tree_open(struct tree *tree)
{
	int root = open_root(), depth = 0, err = root < 0 ? root : 0;

	if (err)
		return log_error(err, "no cgroup2 here (%s): mount it, or run this as root",
				 strerror(-err));
	each_child(root, sweep, &depth);
	tree->parent = open_own(root);
	close(root);
	err = tree->parent < 0 ? tree->parent : make(tree);
	if (!err)
		err = start_guard(tree);
	if (err) {
		log_error(err, "no cgroup can be made here (%s): run this as root", strerror(-err));
		tree_close(tree);
	}
	return err;
}

pid_t tree_fork(const struct tree *tree)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = tree->fd };
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid >= 0 || (errno != ENOSYS && errno != EINVAL && errno != E2BIG && errno != EPERM))
		return pid;
	/* before 5.7, or refused by a filter of system calls */
	pid = fork();
	if (!pid && write_at(tree->fd, "cgroup.procs", "0"))
		_exit(125);
	return pid;
}

/* Through the descriptor that is polled, or it would be ready without end. */
bool tree_empty(const struct tree *tree)
{
	char text[256];
	ssize_t got = pread(tree->events, text, sizeof(text) - 1, 0);

	text[got < 0 ? 0 : got] = '\0';
	return !strstr(text, "populated 1");
}

unsigned long long tree_id(const struct tree *tree)
{
	struct stat status = { 0 };

	fstat(tree->fd, &status);
	return status.st_ino;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

unsigned tree_close(struct tree *tree)
{
	unsigned moved = 0;

	if (tree->fd >= 0)
		moved = empty_and_remove(tree, tree->parent);
	else if (tree->parent >= 0 && *tree->name)
		unlinkat(tree->parent, tree->name, AT_REMOVEDIR);
	close_one(&tree->alive);
	if (tree->guard > 0)
		waitpid(tree->guard, NULL, 0);
	tree->guard = 0;
	close_one(&tree->events);
	close_one(&tree->fd);
	close_one(&tree->parent);
	return moved;
}
