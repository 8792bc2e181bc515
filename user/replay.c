/* SPDX-License-Identifier: BSD-2-Clause */
/* replay.c - captures through the packet path, in the kernel or natively. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "canary.h"
#include "capture.h"
#include "cli.h"
#include "engine.h"
#include "log.h"
#include "report.h"

#define FRAME_LEAST 14u
#define FRAME_MOST 65535u
#define PROGRESS_EVERY 16384u	 /* packets between two looks at the clock */

enum choice { ENGINE_AUTO, ENGINE_KERNEL, ENGINE_NATIVE, ENGINE_MAX };

struct arguments {
	struct cli_path path;
	struct canaries canaries;
	enum choice choice;
	bool json, flows;
	char **files;
	int file_count;
};

static const char *choice_name(__u32 choice)
{
	static const char *const names[] = { "auto", "kernel", "native" };

	return choice < ENGINE_MAX ? names[choice] : "?";
}

static const struct argp_option options[] = {
	{ "engine", CLI_ENGINE, "ENGINE", 0, "auto (default), kernel, native", 0 },
	{ "json", CLI_JSON, NULL, 0, "Print JSON, schema 1", 0 },
	{ "flows", CLI_FLOWS, NULL, 0, "Also print each flow, with addresses", 0 },
	{ 0 }
};

static const struct argp_child children[] = { { &cli_path_argp, 0, NULL, 0 },
					       { &canary_argp, 0, NULL, 0 },
					       { 0 } };

/*
 * What a test needs: everything is read, and where words are is counted, which only the
 * native engine does. In a capture no text can be that was made just now.
 */
static void prepare_test(struct argp_state *state, struct arguments *arguments)
{
	canaries_need_test(state, &arguments->canaries);
	if (!canaries_judge(&arguments->canaries))
		return;
	if (arguments->canaries.automatic)
		argp_error(state, "--canary auto goes with 'glassine run': name the text that was "
				  "sent when the capture was made");
	if (!arguments->path.scan)
		arguments->path.engine.scan = GL_SCAN_ALL;
	if (arguments->choice == ENGINE_AUTO) {
		log_debug("the native engine is used, as only that knows where a canary is");
		arguments->choice = ENGINE_NATIVE;
	}
	arguments->path.engine.places = true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->path;
		state->child_inputs[1] = &arguments->canaries;
		break;
	case CLI_ENGINE:
		arguments->choice = cli_choice(state, "--engine", arg, choice_name, ENGINE_MAX);
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case CLI_FLOWS:
		arguments->flows = true;
		break;
	case ARGP_KEY_ARGS:
		arguments->files = state->argv + state->next;
		arguments->file_count = state->argc - state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "name at least one capture");
		break;
	case ARGP_KEY_END:
		prepare_test(state, arguments);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "FILE...",
	"Run captures (pcap, pcapng) through the packet path and report what could be read.\v"
	"The kernel engine runs the real XDP program (BPF_PROG_TEST_RUN) and needs root; "
	"native is the same path compiled for this machine; auto takes the kernel where it "
	"is permitted, and says so where it is not. Both print the same.\n\n"
	"With a canary or a limit this is a test: the judgement is on stderr, everything is read "
	"(--scan all) and by the native engine, which knows where. Exit status: 0 pass, 3 a leak "
	"or over the limit, 4 inconclusive, as something was not inspected.",
	children, NULL, NULL
};

static int open_engine(const struct arguments *arguments, const struct signatures *set,
		       const struct gl_signatures *compiled, struct engine **out)
{
#ifdef HAVE_BPF
	enum log_level level = log_get_level();
	int err;

	if (arguments->choice == ENGINE_KERNEL)
		return engine_open_kernel(&arguments->path.engine, set, compiled, out);
	if (arguments->choice == ENGINE_AUTO) {
		if (level < LOG_DEBUG)
			log_set_level(LOG_SILENT);
		err = engine_open_kernel(&arguments->path.engine, set, compiled, out);
		log_set_level(level);
		if (!err)
			return 0;
		log_note("no BPF here (%s): the same program runs natively", strerror(-err));
	}
#else
	if (arguments->choice == ENGINE_KERNEL)
		return log_error(-ENOTSUP, "this build has no kernel engine: build it with 'make'");
#endif
	return engine_open_native(&arguments->path.engine, set, compiled, out);
}

static void show_progress(struct capture *capture, const char *path, __u64 packets)
{
	static time_t last;
	time_t now = time(NULL);
	int percent = capture_progress(capture);
	char name[256];

	if (!isatty(STDERR_FILENO) || now == last)
		return;
	last = now;
	fprintf(stderr, "\r%s: %llu packets, %d %%  ",
		log_escape(name, sizeof(name), path, strlen(path)), packets,
		percent < 0 ? 0 : percent);
}

static int replay_file(struct engine *engine, const char *path, __u64 *number)
{
	struct capture *capture = NULL;
	struct capture_frame frame;
	int err = capture_open(path, &capture), got = 0;

	while (!err && (got = capture_next(capture, &frame)) == 1) {
		frame.replay.number = ++*number;
		if (frame.length < FRAME_LEAST || frame.length > FRAME_MOST)
			engine_count_undeliverable(engine, frame.replay.wire_len -
						   frame.replay.link_added);
		else if (engine_run(engine, frame.data, frame.length, 0, &frame.replay) < 0)
			err = -EIO;
		if (*number % PROGRESS_EVERY == 0)
			show_progress(capture, path, *number);
	}
	if (isatty(STDERR_FILENO) && *number >= PROGRESS_EVERY)
		fprintf(stderr, "\r\033[K");
	capture_close(capture);
	return err ? err : got;
}

/* File names, separated by blanks; NULL when there is no memory. */
static char *join(char **files, int count)
{
	size_t size = 1;
	char *all;

	for (int i = 0; i < count; i++)
		size += strlen(files[i]) + 1;
	all = calloc(1, size);
	for (int i = 0; all && i < count; i++)
		strcat(strcat(all, i ? " " : ""), files[i]);
	return all;
}

/* Prints all that there is to say. *status becomes that of the judgement. */
static int report(const struct arguments *arguments, const struct snapshot *snapshot, int *status)
{
	struct judge_options options = canaries_options(&arguments->canaries,
							arguments->path.engine.encodings);
	struct judgement judgement;
	int err;

	if (!canaries_judge(&arguments->canaries))
		return report_print(stdout, snapshot, arguments->json, arguments->flows, NULL);
	options.addresses = arguments->flows;
	err = judge(snapshot, &options, &judgement);
	if (err)
		return err;
	err = report_print(stdout, snapshot, arguments->json, arguments->flows, &judgement);
	if (!err)
		err = canaries_report(&arguments->canaries, snapshot, &judgement);
	*status = canaries_exit(&arguments->canaries, &judgement, CLI_OK);
	judgement_free(&judgement);
	return err;
}

int cmd_replay(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct snapshot snapshot = { .version = GLASSINE_VERSION };
	int status = CLI_OK;
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	struct word_list words = { 0 };
	struct engine *engine = NULL;
	char *source = NULL;
	__u64 number = 0;
	int err;

	cli_parse(&argp, argc, argv, &arguments);
	err = canaries_load(&arguments.canaries, &words);
	if (!err)
		err = cli_path_words(&arguments.path, &words);
	if (!err)
		err = cli_signatures_with(&arguments.path.signatures, NULL, 1, &set, &compiled);
	if (!err)
		err = open_engine(&arguments, set, compiled, &engine);
	if (!err && words.count)
		err = engine_load_words(engine, &words);
	for (int i = 0; i < arguments.file_count && !err; i++)
		err = replay_file(engine, arguments.files[i], &number);
	source = join(arguments.files, arguments.file_count);
	snapshot.source = source;
	if (!err)
		err = engine_read(engine, &snapshot);
	canaries_hide(&arguments.canaries, &snapshot);
	if (!err)
		err = snapshot_check(&snapshot);
	if (!err)
		err = report(&arguments, &snapshot, &status);
	snapshot_free(&snapshot);
	engine_close(engine);
	words_free(&words);
	signatures_free(set);
	free(compiled);
	free(source);
	return err ? CLI_FAILED : status;
}
