/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - one command in a cgroup of its own, and what it sent and received. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "canary.h"
#include "cli.h"
#include "hook.h"
#include "log.h"
#include "report.h"
#include "supervise.h"

#define GRACE_DEFAULT 5u
#define GRACE_MOST 86400u
#define CONTROL_TRIES 100 /* of 20 ms */

struct arguments {
	struct cli_path path;
	struct canaries canaries;
	enum hook_mode mode;
	unsigned grace;
	const char *output;
	bool json, flows;
	char **command;
};

/* All that a run holds; closed in the reverse order. */
struct run {
	struct arguments arguments;
	struct inherited inherited;
	struct word_list words;
	struct control control;
	struct signatures *set;
	struct gl_signatures *compiled;
	struct hook hook;
	struct supervised what;
	struct supervisor supervisor;
	struct snapshot before, snapshot;
	struct judgement judgement;
};

static const struct argp_option options[] = {
	{ "mode", CLI_MODE, "MODE", 0, "auto (default), cgroup, packet, namespace", 0 },
	{ "grace", CLI_GRACE, "SECONDS", 0,
	  "Wait so long for processes that COMMAND leaves behind (5)", 0 },
	{ "output", 'o', "FILE", 0, "Write the report to FILE instead of standard error", 0 },
	{ "json", CLI_JSON, NULL, 0, "Report as JSON, schema 1", 0 },
	{ "flows", CLI_FLOWS, NULL, 0, "Also report each flow, with addresses", 0 },
	{ 0 }
};

static const struct argp_child children[] = {
	{ &cli_path_argp, 0, NULL, 0 }, { &canary_argp, 0, NULL, 0 }, { 0 }
};

static void initialise(struct arguments *arguments, struct argp_state *state)
{
	state->child_inputs[0] = &arguments->path;
	state->child_inputs[1] = &arguments->canaries;
	arguments->grace = GRACE_DEFAULT;
	arguments->path.engine.scan = GL_SCAN_ALL;
	arguments->path.engine.places = true;
}

static void check(struct arguments *arguments, struct argp_state *state)
{
	if (!arguments->command)
		argp_error(state, "name a command, after --");
	if (arguments->path.engine.scan != GL_SCAN_ALL)
		argp_error(state, "run reads every payload: leave --scan out");
	if (arguments->path.engine.enforce)
		argp_error(state, "run lets every packet pass: leave --enforce out");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		initialise(arguments, state);
		break;
	case CLI_MODE:
		arguments->mode = cli_choice(state, "--mode", arg, name_hook, HOOK_MODES);
		break;
	case CLI_GRACE:
		arguments->grace = cli_number(state, "--grace", arg, 0, GRACE_MOST);
		break;
	case 'o':
		arguments->output = arg;
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case CLI_FLOWS:
		arguments->flows = true;
		break;
	case ARGP_KEY_ARG:
		/* What follows COMMAND is COMMAND's. */
		arguments->command = state->argv + state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		check(arguments, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "-- COMMAND [ARGUMENT...]",
	"Run COMMAND, and report what it and all that it starts sent and received.\v"
	"Where BPF is permitted, COMMAND runs in a cgroup of its own, as the user who called "
	"sudo; else a packet socket reads the interfaces of this machine (packet), or COMMAND "
	"gets a network of its own (namespace). Exit status: COMMAND's own when all of its "
	"payload was read or is encrypted, 3 for a leak, 4 when nothing can be said, 125 when "
	"glassine itself fails, 126 when COMMAND cannot be run, 127 when it is not found.",
	children, NULL, NULL
};

/* ------------------------------------------------------------ before COMMAND */

static int prepare(struct run *run)
{
	struct arguments *arguments = &run->arguments;
	int err = canaries_load(&arguments->canaries, &run->words);

	if (!err)
		err = control_make(&run->control, &run->words);
	if (!err)
		err = cli_path_words(&arguments->path, &run->words);
	if (!err)
		err = cli_signatures_with(&arguments->path.signatures, NULL, 1, &run->set,
					  &run->compiled);
	if (!err)
		err = hook_open(&run->hook, arguments->mode, &arguments->path.engine, run->set,
				run->compiled);
	return err ? err : engine_load_words(run->hook.engine, &run->words);
}

/* Silence means something only where a text that was sent has been read. */
static int await_control(struct run *run)
{
	int err = 0;

	for (int i = 0; i < CONTROL_TRIES && !err; i++) {
		err = hook_run(&run->hook);
		if (!err)
			err = engine_read(run->hook.engine, &run->before);
		if (!err && control_hits(&run->control, &run->before) >= CONTROL_HITS)
			return 0;
		snapshot_free(&run->before);
		usleep(20000);
	}
	return err ? err :
		     log_error(-EIO, "the control text was sent and not counted in %s mode, so "
			       "nothing could be said of %s: try another --mode",
			       name_hook(run->hook.mode), *run->arguments.command);
}

static int start(struct run *run)
{
	const struct canaries *canaries = &run->arguments.canaries;
	int err;

	run->what = (struct supervised){ .argv = run->arguments.command,
					 .canary = canaries->automatic ? canaries->text : NULL,
					 .tree = hook_tree(&run->hook),
					 .alone = run->hook.mode == HOOK_NAMESPACE,
					 .control = &run->control };
	run->supervisor.inherited = run->inherited;
	err = supervise_start(&run->supervisor, &run->what);
	if (!err)
		err = await_control(run);
	return err ? err : supervise_go(&run->supervisor, &run->what);
}

/* ------------------------------------------------------------ after it */

static int judge_it(struct run *run)
{
	const struct arguments *arguments = &run->arguments;
	struct judge_options options = canaries_options(&arguments->canaries,
							arguments->path.engine.encodings);

	options.lost = run->hook.ring.lost;
	options.addresses = true;
	options.not_covered = hook_not_covered(&run->hook);
	return judge(&run->snapshot, &options, &run->judgement);
}

static int read_report(struct run *run)
{
	int err = hook_settle(&run->hook);

	if (!err)
		err = engine_read(run->hook.engine, &run->snapshot);
	if (err)
		return err;
	control_subtract(&run->control, &run->before, &run->snapshot);
	canaries_hide(&run->arguments.canaries, &run->snapshot);
	run->snapshot.version = GLASSINE_VERSION;
	run->snapshot.source = *run->arguments.command;
	err = snapshot_check(&run->snapshot);
	return err ? err : judge_it(run);
}

static int print(const struct run *run, FILE *out)
{
	const struct arguments *arguments = &run->arguments;

	if (!arguments->json && log_get_level() < LOG_NOTES)
		return 0;
	if (!arguments->json)
		fprintf(out, "glassine: %s mode: %s\n", name_hook(run->hook.mode),
			explain_hook(&run->hook));
	return report_print(out, &run->snapshot, arguments->json, arguments->flows,
			    &run->judgement);
}

static int report(const struct run *run)
{
	const char *path = run->arguments.output;
	FILE *out = path ? fopen(path, "we") : stderr;
	int err;

	if (!out)
		return log_error(-errno, "%s: cannot be written: %s", path, strerror(errno));
	err = print(run, out);
	if ((path ? fclose(out) : fflush(out)) && !err)
		err = -errno;
	if (err)
		return log_error(err, "the report cannot be written: %s", strerror(-err));
	if (run->supervisor.status)
		log_note("%s itself ended with status %d", *run->arguments.command,
			 run->supervisor.status);
	return canaries_report(&run->arguments.canaries, &run->snapshot, &run->judgement);
}

/* ------------------------------------------------------------ all of it */

static int execute(struct run *run)
{
	struct supervise_source source = { run->hook.ring.fd, hook_run, &run->hook };
	unsigned grace = run->arguments.grace;
	int err = supervise_wait(&run->supervisor, &run->what, &source, grace);

	if (!err && supervise_left(&run->what))
		log_note("processes or sockets of %s are left: what they send from now on is not "
			 "read; a longer --grace waits for them", *run->arguments.command);
	if (!err)
		err = read_report(run);
	return err ? err : report(run);
}

static void finish(struct run *run)
{
	supervise_end(&run->supervisor);
	hook_close(&run->hook);
	judgement_free(&run->judgement);
	snapshot_free(&run->before);
	snapshot_free(&run->snapshot);
	words_free(&run->words);
	signatures_free(run->set);
	free(run->compiled);
}

int cmd_run(int argc, char **argv)
{
	struct run run = { .hook = HOOK_CLOSED };
	int status;

	supervise_inherit(&run.inherited);
	argp_err_exit_status = SUPERVISE_FAILED;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &run.arguments))
		return SUPERVISE_FAILED;
	run.supervisor.status = SUPERVISE_FAILED;
	status = SUPERVISE_FAILED;
	if (prepare(&run) || start(&run))
		status = run.supervisor.status;
	else if (!execute(&run))
		status = canaries_exit(&run.arguments.canaries, &run.judgement,
				       run.supervisor.status);
	finish(&run);
	return status;
}
