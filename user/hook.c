/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "hook.h"
#include "log.h"
#include "netns.h"

static const char *const names[HOOK_MODES] = { "auto", "cgroup", "packet", "namespace" };

const char *name_hook(__u32 mode)
{
	return mode < HOOK_MODES ? names[mode] : "?";
}

/* ------------------------------------------------------------ opening */

/* What opening needs, and in which way each mode failed. */
struct opening {
	const struct engine_options *options;
	const struct signatures *set;
	const struct gl_signatures *compiled;
	int err[HOOK_MODES];
};

static int open_cgroup(struct hook *hook, const struct opening *opening)
{
#ifdef HAVE_BPF
	struct snapshot first = { 0 };
	int err = tree_open(&hook->tree);

	if (!err)
		err = engine_open_cgroup(opening->options, opening->set, opening->compiled,
					 hook->tree.fd, &hook->engine);
	/* CAP_BPF attaches, but a map is found by its id with CAP_SYS_ADMIN only. */
	if (!err) {
		err = engine_read(hook->engine, &first);
		snapshot_free(&first);
		if (err) {
			engine_close(hook->engine);
			hook->engine = NULL;
		}
	}
	if (err)
		tree_close(&hook->tree);
	return err;
#else
	(void)hook;
	(void)opening;
	return log_error(-ENOTSUP, "this build has no BPF: build it with 'make'");
#endif
}

static int open_packet(struct hook *hook, const struct opening *opening)
{
	int err = ring_open(&hook->ring);

	if (err)
		return log_error(err, "no packet socket here (%s): run this as root, or give it "
				 "CAP_NET_RAW", strerror(-err));
	err = engine_open_native(opening->options, opening->set, opening->compiled,
				 &hook->engine);
	if (err)
		ring_close(&hook->ring);
	return err;
}

static int open_namespace(struct hook *hook, const struct opening *opening)
{
	int err = netns_enter(&hook->outside);

	if (err)
		return log_error(err, "no user and network namespace here (%s): run this as "
				 "root, or permit them (sysctl user.max_user_namespaces, "
				 "kernel.apparmor_restrict_unprivileged_userns)", strerror(-err));
	return open_packet(hook, opening);
}

static int open_mode(struct hook *hook, enum hook_mode mode, const struct opening *opening)
{
	hook->mode = mode;
	switch (mode) {
	case HOOK_CGROUP:
		return open_cgroup(hook, opening);
	case HOOK_PACKET:
		return open_packet(hook, opening);
	default:
		return open_namespace(hook, opening);
	}
}

static int open_first(struct hook *hook, struct opening *opening)
{
	enum log_level level = log_get_level();
	int *err = opening->err;

	if (level < LOG_DEBUG)
		log_set_level(LOG_SILENT);
	for (__u32 mode = HOOK_CGROUP; mode < HOOK_MODES; mode++) {
		err[mode] = open_mode(hook, mode, opening);
		if (!err[mode])
			break;
	}
	log_set_level(level);
	if (err[HOOK_NAMESPACE])
		return log_error(err[HOOK_NAMESPACE], "neither a cgroup with BPF (%s) nor a packet "
				 "socket (%s) nor a namespace (%s) is to be had here: run this as "
				 "root, or with CAP_NET_RAW", strerror(-err[HOOK_CGROUP]),
				 strerror(-err[HOOK_PACKET]), strerror(-err[HOOK_NAMESPACE]));
	if (hook->mode != HOOK_CGROUP)
		log_note("no cgroup with BPF here (%s): %s", strerror(-err[HOOK_CGROUP]),
			 explain_hook(hook));
	return 0;
}

int hook_open(struct hook *hook, enum hook_mode wanted, const struct engine_options *options,
	      const struct signatures *set, const struct gl_signatures *compiled)
{
	struct opening opening = { options, set, compiled, { 0 } };

	return wanted == HOOK_AUTO ? open_first(hook, &opening) :
				     open_mode(hook, wanted, &opening);
}

/* ------------------------------------------------------------ reading */

const struct tree *hook_tree(const struct hook *hook)
{
	return hook->mode == HOOK_CGROUP ? &hook->tree : NULL;
}

int hook_run(void *context)
{
	struct hook *hook = context;

	return hook->ring.fd < 0 ? 0 : ring_run(&hook->ring, hook->engine);
}

int hook_settle(struct hook *hook)
{
	if (hook->ring.fd < 0)
		return 0;
	usleep(RING_SETTLE_MS * 1000);
	return hook_run(hook);
}

unsigned hook_close(struct hook *hook)
{
	engine_close(hook->engine);
	hook->engine = NULL;
	ring_close(&hook->ring);
	return tree_close(&hook->tree);
}

/* ------------------------------------------------------------ what is said of it */

const char *explain_hook(const struct hook *hook)
{
	switch (hook->mode) {
	case HOOK_CGROUP:
		return "the IP sockets of COMMAND and of all that it starts are read";
	case HOOK_PACKET:
		return "every interface of this machine is read, so what other processes send "
		       "and receive is in the report, too";
	default:
		return hook->outside ?
			       "COMMAND has a network namespace of its own, with a way out by pasta" :
			       "COMMAND has a network namespace of its own, with loopback only";
	}
}

#define NO_HELPERS "Not what processes outside the tree of COMMAND send for it: daemons, name caches, proxies."
#define NO_RAW "Not packet sockets (AF_PACKET), and not networks other than IP."
#define NO_INNER "Not network namespaces that COMMAND makes for itself."
#define NO_LATER "Not what is sent after this report: by processes that still run, and from buffers of closed sockets."

const char *const *hook_not_covered(const struct hook *hook)
{
	static const char *const cgroup[] = {
		"Mode cgroup: not sockets that were open before COMMAND started, and not processes that leave its cgroup.",
		NO_HELPERS, NO_RAW, NO_LATER, NULL
	};
	static const char *const packet[] = {
		"Mode packet: every interface of this machine was read; which process a packet belongs to is not known.",
		NO_INNER, NO_LATER, NULL
	};
	static const char *const loopback[] = {
		"Mode namespace: COMMAND had loopback only; what it would send elsewhere is not known.",
		NO_HELPERS, NO_INNER, NO_LATER, NULL
	};
	static const char *const way_out[] = {
		"Mode namespace: COMMAND had a network of its own, with a way out by pasta.",
		NO_HELPERS, NO_INNER, NO_LATER, NULL
	};

	switch (hook->mode) {
	case HOOK_CGROUP:
		return cgroup;
	case HOOK_PACKET:
		return packet;
	default:
		return hook->outside ? way_out : loopback;
	}
}
