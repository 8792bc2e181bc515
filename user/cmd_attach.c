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
	struct attach_request request;
	struct cli_words words;
	__u32 capacity;
	__u32 encodings;
	struct cli_files signatures;
	bool stale;
};

static const char *mode_choice(__u32 mode)
{
	return mode == GL_MODE_NONE ? "auto" : name_mode(mode);
}

static const struct argp_option attach_options[] = {
	{ "interface", 'i', "IF", 0, "The interface", 0 },
	{ "mode", CLI_MODE, "MODE", 0, "auto (default), native, generic", 0 },
	{ "words", CLI_WORDS, "FILE", 0, "Count the words of FILE (watch list)", 0 },
	{ "block", CLI_BLOCK, "FILE", 0, "The same, as block list: counted as would_drop", 0 },
	{ "enforce", CLI_ENFORCE, NULL, 0,
	  "Drop packets in which a block-list word is read in clear; without it they pass", 0 },
	{ "scan", CLI_SCAN, "WHAT", 0, "What is read: chat (default), clear, all", 0 },
	{ "capacity", CLI_CAPACITY, "N", 0, "Room for N words (4096)", 0 },
	CLI_ENCODINGS_OPTION("all (default)"),
	{ "max-flows", CLI_MAX_FLOWS, "N", 0, "Flow entries (65536)", 0 },
	{ "signature", CLI_SIGNATURE, "FILE", 0,
	  "Also recognise the protocol of FILE (docs/SIGNATURES.md)", 0 },
	{ "bpffs", CLI_BPFFS, "PATH", 0, "Where to pin (/sys/fs/bpf)", 0 },
	{ 0 }
};

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct prog_options *prog = &arguments->request.prog;

	switch (key) {
	case 'i':
	case ARGP_KEY_ARG:
		cli_interface(state, &arguments->interface, arg);
		break;
	case CLI_MODE:
		arguments->request.mode = cli_choice(state, "--mode", arg, mode_choice, GL_MODE_MAX);
		break;
	case CLI_WORDS:
		cli_words_add(state, &arguments->words, arg, GL_LIST_WATCH);
		break;
	case CLI_BLOCK:
		cli_words_add(state, &arguments->words, arg, GL_LIST_BLOCK);
		break;
	case CLI_SCAN:
		prog->scan = cli_choice(state, "--scan", arg, name_scan, GL_SCAN_MAX);
		break;
	case CLI_CAPACITY:
		arguments->capacity = cli_number(state, "--capacity", arg, 1, GL_CAPACITY_MAX);
		break;
	case CLI_SIGNATURE:
		cli_files_add(state, &arguments->signatures, arg);
		break;
	case CLI_MAX_FLOWS:
		prog->flows = cli_number(state, "--max-flows", arg, 1024, 16777216);
		break;
	case CLI_ENFORCE:
		prog->enforce = true;
		break;
	case CLI_BPFFS:
		attach_set_bpffs(arg);
		break;
	case CLI_ENCODINGS:
		cli_encodings(state, &arguments->encodings, arg);
		break;
	case ARGP_KEY_END:
		prog->words = automaton_size(arguments->capacity, arguments->encodings);
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
	NULL, NULL, NULL
};

/* Nobody shall be filtered unannounced: what is read, for which words, and what follows. */
static void announce(const struct attachment *attachment, const struct prog_options *prog,
		     size_t watch, size_t block)
{
	fprintf(stderr,
		"glassine: attached to %s, %s mode; reads %s payload in %d %s for %zu watched and "
		"%zu block words; %s\n",
		attachment->interface, name_mode(attachment->mode), name_scan(prog->scan),
		CLI_ENCODINGS_COUNT(prog->words.encodings), watch, block,
		attach_action(prog->enforce));
}

int cmd_attach(int argc, char **argv)
{
	struct arguments arguments = {
		.request.prog.flows = FLOWS_DEFAULT, .encodings = cli_encodings_default()
	};
	struct attach_request *request = &arguments.request;
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	struct word_list words = { 0 };
	struct attachment attachment;
	size_t list[GL_LIST_MAX] = { 0 };
	int err;

	cli_parse(&attach_argp, argc, argv, &arguments);
	err = cli_words_read(&arguments.words, &words);
	for (size_t i = 0; i < words.count; i++)
		list[words.words[i].list]++;
	if (!err && getrandom(request->prog.secret, sizeof(request->prog.secret), 0) < 0)
		err = log_error(-errno, "no random numbers: %s", strerror(errno));
	if (!err)
		err = cli_signatures_with(&arguments.signatures, NULL, 1, &set, &compiled);
	request->interface = arguments.interface;
	request->words = &words;
	if (!err)
		err = attach(request, set, compiled, &attachment);
	if (!err)
		announce(&attachment, &request->prog, list[GL_LIST_WATCH], list[GL_LIST_BLOCK]);
	words_free(&words);
	signatures_free(set);
	free(compiled);
	return err ? CLI_FAILED : CLI_OK;
}

static const struct argp_option detach_options[] = {
	{ "interface", 'i', "IF", 0, "The interface", 0 },
	{ "stale", CLI_STALE, NULL, 0, "Remove pins whose program is on no interface", 0 },
	{ "bpffs", CLI_BPFFS, "PATH", 0, "Where the pins are (/sys/fs/bpf)", 0 },
	{ 0 }
};

static error_t parse_detach(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 'i':
	case ARGP_KEY_ARG:
		cli_interface(state, &arguments->interface, arg);
		break;
	case CLI_STALE:
		arguments->stale = true;
		break;
	case CLI_BPFFS:
		attach_set_bpffs(arg);
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
	NULL, NULL, NULL
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
