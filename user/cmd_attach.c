/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_attach.c - attach, detach, status. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/random.h>

#include "attach.h"
#include "cli.h"
#include "json.h"
#include "log.h"

#define FLOWS_DEFAULT 65536u

struct arguments {
	const char *interface;
	struct attach_request request;
	struct cli_words words;
	bool stale, json, detaching;
};

static const char *mode_choice(__u32 mode)
{
	return mode == GL_MODE_NONE ? "auto" : name_mode(mode);
}

static void take_interface(struct argp_state *state, const char **interface, const char *arg)
{
	if (*interface)
		argp_error(state, "one interface at a time: %s or %s?", *interface, arg);
	*interface = arg;
}

static const struct argp_option attach_options[] = {
	{ "interface", 'i', "IF", 0, "The interface", 0 },
	{ "mode", CLI_MODE, "MODE", 0, "auto (default), native, generic", 0 },
	{ "words", CLI_WORDS, "FILE", 0, "Count the words of FILE (watch list)", 0 },
	{ "block", CLI_BLOCK, "FILE", 0, "The same, as block list: counted as would_drop", 0 },
	{ "scan", CLI_SCAN, "WHAT", 0, "What is read: chat (default), clear, all", 0 },
	{ "capacity", CLI_CAPACITY, "N", 0, "Room for N words (4096)", 0 },
	{ "max-flows", CLI_MAX_FLOWS, "N", 0, "Flow entries (65536)", 0 },
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
		take_interface(state, &arguments->interface, arg);
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
		prog->capacity = cli_number(state, "--capacity", arg, 1, GL_CAPACITY_MAX);
		break;
	case CLI_MAX_FLOWS:
		prog->flows = cli_number(state, "--max-flows", arg, 1024, 16777216);
		break;
	case CLI_BPFFS:
		attach_set_bpffs(arg);
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
	"Start counting on an interface. Every packet passes; nothing runs in the background: "
	"the filter counts in the kernel until 'glassine detach IF'.",
	NULL, NULL, NULL
};

static void announce(const struct attachment *attachment, const struct gl_settings *settings,
		     size_t watch, size_t block)
{
	fprintf(stderr,
		"glassine: attached to %s, %s mode; reads %s payload for %zu watched and %zu block "
		"words; every packet passes, block words only count as would_drop\n",
		attachment->interface, name_mode(attachment->mode), name_scan(settings->scan),
		watch, block);
}

int cmd_attach(int argc, char **argv)
{
	struct arguments arguments = {
		.request.prog = { .flows = FLOWS_DEFAULT, .capacity = GL_CAPACITY_DEFAULT }
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
		err = cli_signatures(&set, &compiled);
	request->interface = arguments.interface;
	request->words = &words;
	if (!err)
		err = attach(request, set, compiled, &attachment);
	if (!err)
		announce(&attachment, &(struct gl_settings){ .scan = request->prog.scan },
			 list[GL_LIST_WATCH], list[GL_LIST_BLOCK]);
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

static const struct argp_option status_options[] = {
	{ "interface", 'i', "IF", 0, "Only this interface", 0 },
	{ "json", CLI_JSON, NULL, 0, "Print JSON", 0 },
	{ "bpffs", CLI_BPFFS, "PATH", 0, "Where the pins are (/sys/fs/bpf)", 0 },
	{ 0 }
};

/* Both commands take an optional interface; only detach insists on something. */
static error_t parse_simple(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 'i':
	case ARGP_KEY_ARG:
		take_interface(state, &arguments->interface, arg);
		break;
	case CLI_STALE:
		arguments->stale = true;
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case CLI_BPFFS:
		attach_set_bpffs(arg);
		break;
	case ARGP_KEY_END:
		if (arguments->detaching && !arguments->interface && !arguments->stale)
			argp_error(state, "name an interface, or use --stale");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp detach_argp = {
	detach_options, parse_simple, "[IF]",
	"Take the filter off an interface, whatever its mode, and remove its pins. Doing it "
	"twice is no error.",
	NULL, NULL, NULL
};

int cmd_detach(int argc, char **argv)
{
	struct arguments arguments = { .detaching = true };
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

static const struct argp status_argp = {
	status_options, parse_simple, "[IF]",
	"What is attached where, in which mode, since when, and what it reads.",
	NULL, NULL, NULL
};

static void status_text(const struct attachment *attachment, const struct gl_meta *meta)
{
	time_t since = meta->since;
	char when[64] = "?";
	struct tm tm;

	if (localtime_r(&since, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", &tm);
	printf("%s\n", attachment->interface);
	printf("  attached    %s\n",
	       attachment->mode == GL_MODE_NONE ?
		       "no: the pins are left over, 'glassine detach --stale' removes them" :
		       name_mode(attachment->mode));
	printf("  since       %s\n", when);
	printf("  dispatcher  %s\n", attachment->dispatcher ?
	       "yes: other XDP programs can join" : "no: no other XDP program can join");
	printf("  reads       %s payload\n", name_scan(meta->scan));
	printf("  words       %u of %u, generation %u\n", meta->words, meta->capacity,
	       meta->words_generation);
	printf("  protocols   %u\n", meta->protocols > 2 ? meta->protocols - 2 : 0);
	printf("  action      every packet passes; block words only count as would_drop\n");
	printf("  version     %s, ABI %u\n", meta->version, meta->abi);
}

static void status_json(struct json *json, const struct attachment *attachment,
			const struct gl_meta *meta)
{
	json_object(json, NULL, JSON_LINES);
	json_string(json, "interface", attachment->interface);
	json_bool(json, "attached", attachment->mode != GL_MODE_NONE);
	json_string(json, "mode", name_mode(attachment->mode));
	json_bool(json, "dispatcher", attachment->dispatcher);
	json_unsigned(json, "since", meta->since);
	json_string(json, "scan", name_scan(meta->scan));
	json_unsigned(json, "words", meta->words);
	json_unsigned(json, "words_generation", meta->words_generation);
	json_unsigned(json, "capacity", meta->capacity);
	json_string(json, "version", meta->version);
	json_unsigned(json, "abi", meta->abi);
	json_close(json);
}

/* What is active, which the meta map does not know of a load that was killed. */
static int read_words(const struct maps *maps, struct gl_meta *meta)
{
	struct snapshot now = { 0 };
	int err = maps_read_snapshot(maps, false, &now);

	if (err)
		return err;
	meta->words = now.word_count;
	meta->words_generation = now.words_generation;
	snapshot_free(&now);
	return 0;
}

static int show(struct json *json, const char *interface)
{
	struct maps maps = MAPS_CLOSED;
	struct attachment attachment;
	struct gl_meta meta;
	int lock, err = attach_open(interface, false, &maps, &lock);

	if (!err)
		err = maps_read_meta(&maps, &meta);
	if (!err)
		err = read_words(&maps, &meta);
	if (!err)
		err = attach_status(interface, &attachment);
	if (!err && json)
		status_json(json, &attachment, &meta);
	else if (!err)
		status_text(&attachment, &meta);
	maps_close(&maps);
	return err;
}

int cmd_status(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct json json;
	char **names = NULL;
	unsigned count = 0;
	int err = 0;

	cli_parse(&status_argp, argc, argv, &arguments);
	prog_quiet();
	if (!arguments.interface && attach_list(&names, &count))
		return CLI_FAILED;
	json_begin(&json, stdout);
	if (arguments.json) {
		json_object(&json, NULL, JSON_LINES);
		json_unsigned(&json, "schema", 1);
		json_list(&json, "status", JSON_LINES);
	}
	if (arguments.interface)
		err = show(arguments.json ? &json : NULL, arguments.interface);
	for (unsigned i = 0; i < count; i++) {
		if (!err)
			err = show(arguments.json ? &json : NULL, names[i]);
		free(names[i]);
	}
	free(names);
	if (arguments.json) {
		json_close(&json);
		json_close(&json);
	} else if (!arguments.interface && !count) {
		printf("glassine is attached to no interface\n");
	}
	return err ? CLI_FAILED : CLI_OK;
}
