/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_words.c - the word list of an interface: load, list, clear. */
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "cli.h"
#include "json.h"
#include "log.h"

struct arguments {
	const char *action;
	const char *interface;
	enum gl_list list;
	struct cli_words words;
	__u32 encodings;
	const char *paths[64];
	unsigned path_count;
	bool json;
};

static const struct argp_option options[] = {
	{ "list", CLI_LIST, "LIST", 0, "Which words to load: watch (default), block", 0 },
	CLI_ENCODINGS_OPTION("those in use (default), all"),
	{ "json", CLI_JSON, NULL, 0, "Print JSON (list)", 0 },
	{ 0 }
};

static void check(struct argp_state *state, const struct arguments *arguments)
{
	const char *action = arguments->action;

	if (!action || (strcmp(action, "load") && strcmp(action, "list") && strcmp(action, "clear")))
		argp_error(state, "say load FILE..., list or clear");
	if (!arguments->interface)
		argp_error(state, "name the interface with -i IF");
	if (!strcmp(action, "load") != !!arguments->path_count)
		argp_error(state, "load takes files, list and clear take none");
	if (arguments->encodings && strcmp(action, "load"))
		argp_error(state, "--encodings goes with load");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->interface;
		break;
	case CLI_LIST:
		arguments->list = cli_choice(state, "--list", arg, name_list, GL_LIST_MAX);
		break;
	case CLI_ENCODINGS:
		cli_encodings(state, &arguments->encodings, arg);
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case ARGP_KEY_ARG:
		if (!arguments->action)
			arguments->action = arg;
		else if (arguments->path_count < 64)
			arguments->paths[arguments->path_count++] = arg;
		else
			argp_error(state, "at most 64 word files can be named");
		break;
	case ARGP_KEY_END:
		for (unsigned i = 0; i < arguments->path_count; i++)
			cli_words_add(state, &arguments->words, arguments->paths[i],
				      arguments->list);
		check(state, arguments);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "load FILE... | list | clear",
	"Change or show the words that the filter of an interface looks for.\v"
	"One word a line, 2 to 64 bytes of UTF-8; a tab and an ASCII label may follow; lines that "
	"begin with '# ' are comments. ASCII letters match in either case, others in "
	"the usual ones. load replaces the words of its --list, in one step: a packet sees the old words or the "
	"new ones. Words that stay keep their counts. Both lists are looked for in the same "
	"encodings: those of attach, until a load names others with --encodings.",
	cli_target_child, NULL, NULL
};

/* The words of the other list stay when one list is loaded. */
static int keep_other_list(const struct snapshot *now, enum gl_list list,
			   struct word_list *words)
{
	size_t duplicates = 0;
	int err = 0;

	for (size_t i = 0; i < now->word_count && !err; i++) {
		const struct word *word = &now->words[i].word;
		char line[GL_WORD_MAX + GL_LABEL_MAX + 3];
		int length;

		if (word->list == list)
			continue;
		length = snprintf(line, sizeof(line), "%s\t%s", word->text, word->label);
		err = words_parse(words, "the loaded list", line, length, word->list,
				  &duplicates);
	}
	return err;
}

static void announce(const struct arguments *arguments, const struct gl_meta *meta)
{
	fprintf(stderr, "glassine: %u words are active on %s in %d %s, generation %u; %s\n",
		meta->words, arguments->interface, CLI_ENCODINGS_COUNT(meta->encodings),
		meta->words_generation, attach_action(meta->enforce));
}

static int replace(const struct arguments *arguments, const struct maps *maps)
{
	struct word_list words = { 0 };
	struct snapshot now = { 0 };
	struct automaton_size size;
	struct gl_meta meta;
	int err = maps_read_meta(maps, &meta);

	if (!err)
		err = cli_words_read(&arguments->words, &words);
	if (!err)
		err = maps_read_snapshot(maps, false, &now);
	snapshot_sort(&now);
	if (!err && words.count)
		err = keep_other_list(&now, arguments->list, &words);
	/* The other list must not be narrowed by a load that says nothing of encodings. */
	meta.encodings = arguments->encodings ? arguments->encodings : now.table.encodings;
	size = maps_word_size(&meta);
	if (!err)
		err = maps_load_words(maps, &words, &size, &meta.words_generation);
	if (!err) {
		meta.words = words.count;
		err = maps_write_meta(maps, &meta);
	}
	if (!err)
		announce(arguments, &meta);
	snapshot_free(&now);
	words_free(&words);
	return err;
}

static void print_json(const struct snapshot *snapshot)
{
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL, JSON_LINES);
	json_unsigned(&json, "schema", 1);
	json_unsigned(&json, "words_generation", snapshot->words_generation);
	json_list(&json, "words", JSON_LINES);
	for (size_t i = 0; i < snapshot->word_count; i++) {
		const struct snapshot_word *word = &snapshot->words[i];

		json_object(&json, NULL, JSON_INLINE);
		json_unsigned(&json, "id", word->word.id);
		json_string(&json, "word", word->word.text);
		json_string(&json, "label", word->word.label);
		json_string(&json, "list", name_list(word->word.list));
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static int list(const struct arguments *arguments, const struct maps *maps)
{
	struct snapshot snapshot = { 0 };
	int err = maps_read_snapshot(maps, false, &snapshot);

	if (err)
		return err;
	snapshot_sort(&snapshot);
	if (arguments->json)
		print_json(&snapshot);
	for (size_t i = 0; i < snapshot.word_count && !arguments->json; i++) {
		const struct word *word = &snapshot.words[i].word;
		char safe[4 * GL_WORD_MAX + 1];

		printf("%-8u %-6s %-20s %s\n", word->id, name_list(word->list), word->label,
		       log_escape(safe, sizeof(safe), word->text, strlen(word->text)));
	}
	if (!snapshot.word_count && !arguments->json)
		printf("no words are loaded on %s\n", arguments->interface);
	snapshot_free(&snapshot);
	return 0;
}

int cmd_words(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct maps maps = MAPS_CLOSED;
	bool write;
	int lock, err;

	cli_parse(&argp, argc, argv, &arguments);
	write = strcmp(arguments.action, "list");
	prog_quiet();
	err = attach_open(arguments.interface, write, &maps, &lock);
	if (err)
		return CLI_FAILED;
	err = write ? replace(&arguments, &maps) : list(&arguments, &maps);
	maps_close(&maps);
	attach_unlock(lock);
	return err ? CLI_FAILED : CLI_OK;
}
