/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "become.h"

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

/* The rest of the environment is what sudo let through. */
static int set_environment(const struct passwd *user)
{
	static const char *const sudos[] = { "SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND" };
	int err = 0;

	if (user)
		err = setenv("HOME", user->pw_dir, 1) || setenv("USER", user->pw_name, 1) ||
		      setenv("LOGNAME", user->pw_name, 1) || setenv("SHELL", user->pw_shell, 1);
	for (size_t i = 0; i < sizeof(sudos) / sizeof(*sudos); i++)
		unsetenv(sudos[i]);
	return err ? -ENOMEM : 0;
}

int become_caller(void)
{
	const struct passwd *user;
	unsigned uid, gid;
	gid_t only;

	if (geteuid() || !read_id("SUDO_UID", &uid) || !read_id("SUDO_GID", &gid) || !uid)
		return 0;
	user = getpwuid(uid);
	only = gid;
	if ((user ? initgroups(user->pw_name, gid) : setgroups(1, &only)) ||
	    setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return errno ? -errno : -EPERM;
	return set_environment(user);
}
