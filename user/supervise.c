/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "become.h"
#include "log.h"
#include "supervise.h"
#include "unsent.h"

#define LOOK_MS 20

enum stage { STAGE_CONTROL, STAGE_BECOME, STAGE_EXEC };

struct said {
	int stage;
	int err; /* a positive errno, 0 for done */
};

/* What would end or stop a process, and can be passed on. */
static const int passed[] = { SIGHUP,  SIGINT,	SIGQUIT, SIGTERM, SIGUSR1,
			      SIGUSR2, SIGALRM, SIGTSTP, SIGCONT };

/* This process needs to hear of its children, and to outlive a closed pipe. */
void supervise_inherit(struct inherited *inherited)
{
	inherited->parent = getpid();
	sigprocmask(SIG_BLOCK, NULL, &inherited->signals);
	inherited->on_child = signal(SIGCHLD, SIG_DFL);
	inherited->on_pipe = signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_MEMLOCK, &inherited->locked);
}

static void give_back(const struct inherited *inherited)
{
	setrlimit(RLIMIT_MEMLOCK, &inherited->locked);
	signal(SIGCHLD, inherited->on_child);
	signal(SIGPIPE, inherited->on_pipe);
	sigprocmask(SIG_SETMASK, &inherited->signals, NULL);
}

/* ------------------------------------------------------------ the child */

static void say(int said, enum stage stage, int err)
{
	struct said report = { stage, err };

	if (write(said, &report, sizeof(report)) != sizeof(report))
		_exit(SUPERVISE_FAILED);
}

/* Never returns. Nothing but the standard descriptors and those inherited outlive the exec. */
static void be_command(const struct supervised *what, const struct inherited *inherited,
		       int go, int said)
{
	char byte;
	int err;

	say(said, STAGE_CONTROL, -control_send(what->control));
	if (read(go, &byte, 1) != 1)
		_exit(SUPERVISE_FAILED);
	err = become_caller();
	if (!err && what->canary && setenv("GLASSINE_CANARY", what->canary, 1))
		err = -errno;
	if (err)
		say(said, STAGE_BECOME, -err);
	if (err)
		_exit(SUPERVISE_FAILED);
	/* After the change of user, which takes it back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != inherited->parent)
		_exit(SUPERVISE_FAILED);
	give_back(inherited);
	execvp(what->argv[0], what->argv);
	err = errno;
	say(said, STAGE_EXEC, err);
	_exit(err == ENOENT ? SUPERVISE_NOT_FOUND : SUPERVISE_NOT_EXECUTABLE);
}

/* ------------------------------------------------------------ starting it */

static int block_signals(struct supervisor *supervisor)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		sigaddset(&set, passed[i]);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	supervisor->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return supervisor->signals < 0 ? -errno : 0;
}

/* 1 and a report, 0 when the child has become COMMAND or ended. */
static int hear(const struct supervisor *supervisor, struct said *report)
{
	ssize_t got;

	do
		got = read(supervisor->said, report, sizeof(*report));
	while (got < 0 && errno == EINTR);
	return got == sizeof(*report);
}

static int fork_child(struct supervisor *supervisor, const struct supervised *what)
{
	int go[2] = { -1, -1 }, said[2] = { -1, -1 }, err = 0;

	if (pipe2(go, O_CLOEXEC) || pipe2(said, O_CLOEXEC))
		return -errno;
	supervisor->pid = what->tree ? tree_fork(what->tree) : fork();
	if (!supervisor->pid) {
		close(go[1]);
		close(said[0]);
		be_command(what, &supervisor->inherited, go[0], said[1]);
	}
	if (supervisor->pid < 0)
		err = -errno;
	close(go[0]);
	close(said[1]);
	supervisor->go = go[1];
	supervisor->said = said[0];
	return err;
}

int supervise_start(struct supervisor *supervisor, const struct supervised *what)
{
	struct said report;
	int err;

	supervisor->go = supervisor->said = supervisor->signals = -1;
	/* Daemons of COMMAND become children of this process, so that it sees them end. */
	if (!what->tree)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	err = block_signals(supervisor);
	if (!err)
		err = control_open(what->control);
	if (!err)
		err = fork_child(supervisor, what);
	close(what->control->outside);
	if (err)
		return log_error(err, "no process can be started for %s: %s", what->argv[0],
				 strerror(-err));
	if (!hear(supervisor, &report))
		return log_error(-EIO, "the process for %s ended before it began: try again",
				 what->argv[0]);
	if (report.err)
		return log_error(-report.err, "the control text cannot be sent over loopback (%s): "
				 "see that 'lo' is up and 127.0.0.1 allowed", strerror(report.err));
	return 0;
}

int supervise_go(struct supervisor *supervisor, const struct supervised *what)
{
	struct said report;

	supervisor->status = SUPERVISE_FAILED;
	if (write(supervisor->go, "", 1) != 1)
		return log_error(-errno, "the process for %s is gone: %s", what->argv[0],
				 strerror(errno));
	if (!hear(supervisor, &report)) {
		supervisor->status = 0;
		return 0;
	}
	if (report.stage == STAGE_BECOME)
		return log_error(-report.err, "%s cannot be run as the user who called sudo: %s",
				 what->argv[0], strerror(report.err));
	supervisor->status = report.err == ENOENT ? SUPERVISE_NOT_FOUND : SUPERVISE_NOT_EXECUTABLE;
	return log_error(-report.err, "%s cannot be run: %s", what->argv[0],
			 strerror(report.err));
}

/* ------------------------------------------------------------ while it runs */

/*
 * COMMAND is in the process group of this process, so what a terminal sends to the
 * group has reached it already.
 */
static void pass_on(struct supervisor *supervisor, const struct signalfd_siginfo *info)
{
	int signal = info->ssi_signo;

	if (!supervisor->pid) {
		supervisor->interrupted |= signal != SIGCONT && signal != SIGTSTP;
		return;
	}
	if (info->ssi_code != SI_KERNEL)
		kill(supervisor->pid, signal);
}

/* As COMMAND was by its terminal, so that the shell sees the job stop. */
static void stop_too(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	kill(getpid(), SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != supervisor->pid)
			continue;
		if (WIFSTOPPED(status)) {
			if (WSTOPSIG(status) != SIGSTOP)
				stop_too();
			continue;
		}
		supervisor->status = WIFEXITED(status) ? WEXITSTATUS(status) :
							 128 + WTERMSIG(status);
		supervisor->pid = 0;
	}
}

static void read_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(supervisor);
		else
			pass_on(supervisor, &info);
	}
}

static bool processes_left(const struct supervised *what)
{
	siginfo_t info;

	if (what->tree)
		return !tree_empty(what->tree);
	return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

static bool data_left(const struct supervised *what)
{
	if (what->tree)
		return unsent(tree_id(what->tree));
	return what->alone && unsent(0);
}

bool supervise_left(const struct supervised *what)
{
	return processes_left(what) || data_left(what);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

int supervise_wait(struct supervisor *supervisor, const struct supervised *what,
		   const struct supervise_source *source, unsigned grace)
{
	struct pollfd polled[] = { { supervisor->signals, POLLIN, 0 },
				   { source->fd, POLLIN, 0 },
				   { what->tree ? what->tree->events : -1, POLLPRI, 0 } };
	long long end = -1, wait = -1;
	int err = 0;

	while (!err) {
		reap(supervisor);
		if (!supervisor->pid) {
			if (end < 0)
				end = now_ms() + grace * 1000ll;
			wait = end - now_ms();
			if (wait <= 0 || supervisor->interrupted || !supervise_left(what))
				break;
			/* Nobody tells when a socket is rid of its data. */
			if (wait > LOOK_MS && !processes_left(what))
				wait = LOOK_MS;
		} else if (what->tree) {
			tree_empty(what->tree);
		}
		poll(polled, 3, wait);
		read_signals(supervisor);
		if (source->fd >= 0)
			err = source->run(source->context);
	}
	return err;
}

void supervise_end(struct supervisor *supervisor)
{
	int *fds[] = { &supervisor->go, &supervisor->said, &supervisor->signals };

	for (size_t i = 0; i < 3; i++) {
		if (*fds[i] > 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	/* It has not become COMMAND, and the closed pipe told it so; or this run failed. */
	if (supervisor->pid > 0) {
		kill(supervisor->pid, SIGKILL);
		waitpid(supervisor->pid, NULL, 0);
	}
	supervisor->pid = 0;
}
