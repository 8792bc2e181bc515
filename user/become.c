/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "become.h"

#define GENERATIONS 4	 /* between COMMAND's process and sudo: run, and sudo's monitor */

static bool read_id(const char *name, unsigned *id)
{
	const char *text = getenv(name);
	char *end = NULL;
	unsigned long number;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	*id = number;
	return !errno && !*end && number < 0xffffffff;
}

/* ------------------------------------------------------------ environment */

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return fopen(path, "re");
}

/* The name of a process, and its parent or 0. */
static pid_t read_stat(pid_t pid, char name[16])
{
	FILE *file = open_proc(pid, "stat");
	char text[256] = "";
	const char *rest;
	int parent = 0;

	*name = '\0';
	if (!file)
		return 0;
	if (fgets(text, sizeof(text), file) && (rest = strrchr(text, ')'))) {
		sscanf(text, "%*d (%15[^)]", name);
		sscanf(rest, ") %*c %d", &parent);
	}
	fclose(file);
	return parent;
}

/* The nearest ancestor that is sudo, 0 without one. */
static pid_t find_sudo(void)
{
	pid_t pid = getppid();
	char name[16];

	for (int i = 0; i < GENERATIONS && pid > 1; i++) {
		pid_t parent = read_stat(pid, name);

		if (!strcmp(name, "sudo"))
			return pid;
		pid = parent;
	}
	return 0;
}

/* Set by sudo itself, so that what the caller had is better. */
static bool of_sudo(const char *name)
{
	static const char *const names[] = { "HOME", "LOGNAME", "MAIL", "PATH",
					     "SHELL", "TERM",	"USER" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* What sudo itself was started with is the caller's environment. */
static void restore_environment(void)
{
	pid_t sudo = find_sudo();
	FILE *file = sudo ? open_proc(sudo, "environ") : NULL;
	char *text = NULL, *value;
	size_t room = 0;

	while (file && getdelim(&text, &room, '\0', file) > 0) {
		value = strchr(text, '=');
		if (!value || value == text)
			continue;
		*value++ = '\0';
		setenv(text, value, of_sudo(text));
	}
	free(text);
	if (file)
		fclose(file);
}

static int set_environment(const struct passwd *user)
{
	static const char *const sudos[] = { "SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND" };
	int err = 0;

	if (user)
		err = setenv("HOME", user->pw_dir, 1) || setenv("USER", user->pw_name, 1) ||
		      setenv("LOGNAME", user->pw_name, 1) || setenv("SHELL", user->pw_shell, 1);
	for (size_t i = 0; i < sizeof(sudos) / sizeof(*sudos); i++)
		unsetenv(sudos[i]);
	restore_environment();
	return err ? -ENOMEM : 0;
}

int become_caller(void)
{
	const struct passwd *user;
	unsigned uid, gid;
	gid_t only;
	int err;

	if (geteuid() || !read_id("SUDO_UID", &uid) || !read_id("SUDO_GID", &gid) || !uid)
		return 0;
	user = getpwuid(uid);
	only = gid;
	/* While it is permitted to look at sudo. */
	err = set_environment(user);
	if (err)
		return err;
	if ((user ? initgroups(user->pw_name, gid) : setgroups(1, &only)) ||
	    setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return errno ? -errno : -EPERM;
	return 0;
}
