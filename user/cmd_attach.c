/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_attach.c - attach and detach. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attach.h"
#include "cli.h"
#include "log.h"

#define FLOWS_DEFAULT 65536u

struct arguments {
	const char *interface;
	struct cli_path path;
	enum gl_mode mode;
	bool stale;
};

static const char *mode_choice(__u32 mode)
{
	return mode == GL_MODE_NONE ? "auto" : name_mode(mode);
}

static const struct argp_option attach_options[] = {
	{ "mode", CLI_MODE, "MODE", 0, "auto (default), native, generic", 0 },
	{ 0 }
};

static const struct argp_child attach_children[] = {
	{ &cli_target_argp, 0, NULL, 0 }, { &cli_path_argp, 0, NULL, 0 }, { 0 }
};

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->interface;
		state->child_inputs[1] = &arguments->path;
		break;
	case CLI_MODE:
		arguments->mode = cli_choice(state, "--mode", arg, mode_choice, GL_MODE_MAX);
		break;
	case ARGP_KEY_END:
		if (!arguments->interface)
			argp_error(state, "name an interface");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp attach_argp = {
	attach_options, parse_attach, "IF",
	"Start counting on an interface. Every packet passes, unless --enforce is given and a word "
	"of the block list is read in clear in it. Nothing runs in the background: the filter "
	"counts in the kernel until 'glassine detach IF'.",
	attach_children, NULL, NULL
};

/* Nobody shall be filtered unannounced: what is read, for which words, and what follows. */
static void announce(const struct attachment *attachment, const struct prog_options *prog,
		     size_t watch, size_t block)
{
	fprintf(stderr,
		"glassine: attached to %s, %s mode; reads %s payload%s in %d %s for %zu watched and "
		"%zu block words; %s\n",
		attachment->interface, name_mode(attachment->mode), name_scan(prog->scan),
		prog->decap ? ", in tunnels too (one level)," : "",
		CLI_ENCODINGS_COUNT(prog->words.encodings), watch, block,
		attach_action(prog->enforce));
}

static void fill_request(struct attach_request *request, const struct arguments *arguments,
			 struct word_list *words)
{
	const struct engine_options *engine = &arguments->path.engine;

	request->interface = arguments->interface;
	request->mode = arguments->mode;
	request->words = words;
	request->prog.scan = engine->scan;
	request->prog.enforce = engine->enforce;
	request->prog.decap = engine->decap;
	request->prog.flows = engine->flows ? engine->flows : FLOWS_DEFAULT;
	request->prog.words = engine_word_size(engine);
}

int cmd_attach(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct attach_request request = { 0 };
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	struct word_list words = { 0 };
	struct attachment attachment;
	size_t list[GL_LIST_MAX] = { 0 };
	int err;

	cli_parse(&attach_argp, argc, argv, &arguments);
	err = cli_path_words(&arguments.path, &words);
	for (size_t i = 0; i < words.count; i++)
		list[words.words[i].list]++;
	fill_request(&request, &arguments, &words);
	if (!err && getrandom(request.prog.secret, sizeof(request.prog.secret), 0) < 0)
		err = log_error(-errno, "no random numbers: %s", strerror(errno));
	if (!err)
		err = cli_signatures_with(&arguments.path.signatures, NULL, 1, &set, &compiled);
	if (!err)
		err = attach(&request, set, compiled, &attachment);
	if (!err)
		announce(&attachment, &request.prog, list[GL_LIST_WATCH], list[GL_LIST_BLOCK]);
	words_free(&words);
	signatures_free(set);
	free(compiled);
	return err ? CLI_FAILED : CLI_OK;
}

static const struct argp_option detach_options[] = {
	{ "stale", CLI_STALE, NULL, 0, "Remove pins whose program is on no interface", 0 },
	{ 0 }
};

static error_t parse_detach(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->interface;
		break;
	case CLI_STALE:
		arguments->stale = true;
		break;
	case ARGP_KEY_END:
		if (!arguments->interface && !arguments->stale)
			argp_error(state, "name an interface, or use --stale");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp detach_argp = {
	detach_options, parse_detach, "[IF]",
	"Take the filter off an interface, whatever its mode, and remove its pins. Doing it "
	"twice is no error.",
	cli_target_child, NULL, NULL
};

int cmd_detach(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	unsigned count = 0;
	bool was = false;
	int err = 0;

	cli_parse(&detach_argp, argc, argv, &arguments);
	if (arguments.interface)
		err = attach_detach(arguments.interface, &was);
	if (!err && arguments.interface)
		fprintf(stderr, "glassine: %s %s\n",
			was ? "detached from" : "nothing was attached to", arguments.interface);
	if (!err && arguments.stale) {
		err = attach_detach_stale(&count);
		if (!err)
			fprintf(stderr, "glassine: removed the pins of %u dead attachments\n",
				count);
	}
	return err ? CLI_FAILED : CLI_OK;
}
