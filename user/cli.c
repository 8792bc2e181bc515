/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "log.h"
#include "markers.h"
#include "patterns.h"
#ifdef HAVE_BPF
#include "attach.h"
#endif

const char *argp_program_version = "glassine " GLASSINE_VERSION;

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	argp_err_exit_status = CLI_USAGE;
	if (argp_parse(argp, argc, argv, 0, NULL, input))
		exit(CLI_USAGE);
}

int cli_choice(struct argp_state *state, const char *option, const char *value,
	       const char *(*name)(__u32), __u32 count)
{
	char known[512] = "";

	for (__u32 i = 0; i < count; i++) {
		if (!strcmp(value, name(i)))
			return i;
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", name(i));
	}
	argp_error(state, "%s takes one of %s", option, known);
	return -EINVAL;
}

unsigned long cli_number(struct argp_state *state, const char *option, const char *value,
			 unsigned long least, unsigned long most)
{
	char *end = NULL;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || end == value || *end || *value == '-' || number < least || number > most)
		argp_error(state, "%s takes a whole number from %lu to %lu", option, least, most);
	return number;
}

void cli_interface(struct argp_state *state, const char **interface, const char *name)
{
	if (*interface)
		argp_error(state, "one interface at a time: %s or %s?", *interface, name);
	*interface = name;
}

void cli_words_add(struct argp_state *state, struct cli_words *words, const char *path,
		   enum gl_list list)
{
	unsigned room = sizeof(words->file) / sizeof(*words->file);

	if (words->count == room)
		argp_error(state, "at most %u word files can be named", room);
	words->file[words->count].path = path;
	words->file[words->count++].list = list;
}

void cli_encodings(struct argp_state *state, __u32 *encodings, const char *list)
{
	if (encodings_parse(list, encodings))
		argp_state_help(state, stderr, ARGP_HELP_STD_ERR);
}

void cli_encodings_names(__u32 encodings, char names[CLI_ENCODINGS_ROOM])
{
	size_t at = 0;

	names[0] = '\0';
	for (__u32 i = 0; i < GL_ENC_MAX && at < CLI_ENCODINGS_ROOM; i++)
		if (encodings >> i & 1)
			at += snprintf(names + at, CLI_ENCODINGS_ROOM - at, "%s%s", at ? " " : "",
				       encoding_name(i));
}

int cli_words_read(const struct cli_words *words, struct word_list *list)
{
	size_t duplicates = 0;
	int err = 0;

	for (unsigned i = 0; i < words->count && !err; i++)
		err = words_read(list, words->file[i].path, words->file[i].list, &duplicates);
	if (err)
		words_free(list);
	else if (duplicates)
		log_note("%zu %s listed before; the first of each counts", duplicates,
			 duplicates == 1 ? "word was" : "words were");
	return err;
}

int cli_path_words(struct cli_path *path, struct word_list *list)
{
	struct automaton_size size = engine_word_size(&path->engine);
	int err = cli_words_read(&path->words, list);

	list->marks = markers;
	if (!err && list->count)
		err = automaton_fit(list, &size);
	path->engine.cells = size.cells;
	return err;
}

void cli_files_add(struct argp_state *state, struct cli_files *files, const char *path)
{
	unsigned room = sizeof(files->path) / sizeof(*files->path);

	if (files->count == room)
		argp_error(state, "at most %u signature files can be named", room);
	files->path[files->count++] = path;
}

int cli_signatures(struct signatures **set, struct gl_signatures **compiled)
{
	return cli_signatures_with(&(struct cli_files){ 0 }, NULL, 1, set, compiled);
}

int cli_signatures_with(const struct cli_files *files, const char *const *known,
			__u32 generation, struct signatures **set,
			struct gl_signatures **compiled)
{
	struct signatures *parsed = signatures_new();
	struct gl_signatures *tables = calloc(1, sizeof(*tables));
	int err = -ENOMEM;

	if (!parsed || !tables)
		log_error(err, "not enough memory for the signatures");
	else
		err = signatures_builtin(parsed);
	for (unsigned i = 0; i < files->count && !err; i++)
		err = signatures_read(parsed, files->path[i]);
	if (!err)
		err = signatures_compile(parsed, known, generation, tables);
	if (err) {
		signatures_free(parsed);
		free(tables);
		return err;
	}
	*set = parsed;
	*compiled = tables;
	return 0;
}

static const struct argp_option target_options[] = {
	{ "interface", 'i', "IF", 0, "The interface", 0 },
	{ "bpffs", CLI_BPFFS, "PATH", 0, "Where the pins are (/sys/fs/bpf)", 0 },
	{ 0 }
};

static error_t parse_target(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'i':
	case ARGP_KEY_ARG:
		cli_interface(state, state->input, arg);
		break;
	case CLI_BPFFS:
#ifdef HAVE_BPF
		attach_set_bpffs(arg);
#endif
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp cli_target_argp = { target_options, parse_target, NULL, NULL, NULL, NULL, NULL };
const struct argp_child cli_target_child[] = { { &cli_target_argp, 0, NULL, 0 }, { 0 } };

static const struct argp_option path_options[] = {
	{ "words", CLI_WORDS, "FILE", 0, "Count the words of FILE (watch list)", 0 },
	{ "block", CLI_BLOCK, "FILE", 0, "The same, as block list: counted as would_drop", 0 },
	{ "enforce", CLI_ENFORCE, NULL, 0,
	  "Drop packets in which a block-list word is read in clear; without it they pass", 0 },
	{ "decap", CLI_DECAP, NULL, 0,
	  "Read what is in tunnels (IP-in-IP, GRE, VXLAN, PPPoE), one level of them", 0 },
	{ "scan", CLI_SCAN, "WHAT", 0, "What is read: chat (default), clear, all", 0 },
	{ "capacity", CLI_CAPACITY, "N", 0, "Room for N words (4096)", 0 },
	CLI_ENCODINGS_OPTION("all (default)"),
	{ "max-flows", CLI_MAX_FLOWS, "N", 0, "Flow entries (65536; in a replay 131072)", 0 },
	{ "signature", CLI_SIGNATURE, "FILE", 0,
	  "Also recognise the protocol of FILE (docs/SIGNATURES.md)", 0 },
	{ 0 }
};

static error_t parse_path(int key, char *arg, struct argp_state *state)
{
	struct cli_path *path = state->input;
	struct engine_options *engine = &path->engine;

	switch (key) {
	case ARGP_KEY_INIT:
		return encodings_parse("all", &engine->encodings);
	case CLI_WORDS:
		cli_words_add(state, &path->words, arg, GL_LIST_WATCH);
		break;
	case CLI_BLOCK:
		cli_words_add(state, &path->words, arg, GL_LIST_BLOCK);
		break;
	case CLI_ENFORCE:
		engine->enforce = true;
		break;
	case CLI_DECAP:
		engine->decap = true;
		break;
	case CLI_SCAN:
		engine->scan = cli_choice(state, "--scan", arg, name_scan, GL_SCAN_MAX);
		path->scan = true;
		break;
	case CLI_CAPACITY:
		engine->capacity = cli_number(state, "--capacity", arg, 1, GL_CAPACITY_MAX);
		break;
	case CLI_ENCODINGS:
		cli_encodings(state, &engine->encodings, arg);
		break;
	case CLI_MAX_FLOWS:
		engine->flows = cli_number(state, "--max-flows", arg, 1024, 16777216);
		break;
	case CLI_SIGNATURE:
		cli_files_add(state, &path->signatures, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp cli_path_argp = { path_options, parse_path, NULL, NULL, NULL, NULL, NULL };
