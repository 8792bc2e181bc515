/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_protocols.c - what is recognised, what a signature file would change, and
 * the signatures of a live interface.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "log.h"
#include "report.h"
#include "sigcheck.h"
#include "snapshot.h"
#include "table.h"
#ifdef HAVE_BPF
#include "attach.h"
#endif

enum action { ACTION_LIST, ACTION_SHOW, ACTION_CHECK, ACTION_LOAD, ACTION_MAX };

enum { EMIT_C = 0x200 };

struct arguments {
	enum action action;
	bool named;		 /* the action */
	const char *protocol;
	const char *interface;
	struct cli_files files;
	bool json, emit;
};

static const struct argp_option options[] = {
	{ "json", CLI_JSON, NULL, 0, "Print JSON (list)", 0 },
	{ "emit-c", EMIT_C, NULL, 0, "Print the signatures as C, for 'make protocols.inc'", 0 },
	{ 0 }
};

static const char *action_name(__u32 action)
{
	static const char *const names[] = { "list", "show", "check", "load" };

	return action < ACTION_MAX ? names[action] : "?";
}

static void take_argument(struct argp_state *state, struct arguments *arguments,
			  const char *arg)
{
	if (!arguments->named) {
		arguments->action = cli_choice(state, "protocols", arg, action_name, ACTION_MAX);
		arguments->named = true;
	} else if (arguments->action >= ACTION_CHECK) {
		cli_files_add(state, &arguments->files, arg);
	} else if (arguments->action == ACTION_SHOW && !arguments->protocol) {
		arguments->protocol = arg;
	} else {
		argp_error(state, "%s takes %s", action_name(arguments->action),
			   arguments->action == ACTION_SHOW ? "one protocol" : "no argument");
	}
}

static void check_arguments(struct argp_state *state, const struct arguments *arguments)
{
	if (arguments->action == ACTION_SHOW && !arguments->protocol)
		argp_error(state, "show takes a protocol; list has their names");
	if (arguments->action >= ACTION_CHECK && !arguments->files.count)
		argp_error(state, "%s takes signature files", action_name(arguments->action));
	if ((arguments->action == ACTION_LOAD) != !!arguments->interface)
		argp_error(state, "load takes an interface (-i IF), the others take none");
	if (arguments->json && arguments->action != ACTION_LIST)
		argp_error(state, "only list prints JSON");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->interface;
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case EMIT_C:
		arguments->emit = true;
		break;
	case ARGP_KEY_ARG:
		take_argument(state, arguments, arg);
		break;
	case ARGP_KEY_END:
		check_arguments(state, arguments);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "list | show NAME | check FILE... | load FILE... -i IF",
	"Which protocols are recognised, and what the signature files say.\v"
	"check compiles FILE together with the built-in signatures, of which it replaces the one "
	"of the same label, and says what it costs and which other patterns can hold at the same "
	"time. load does the same and then gives an attached interface the built-in signatures "
	"and those of FILE, in one step and without attaching again; labels keep their numbers, "
	"and flows that are recognised keep their labels. docs/SIGNATURES.md describes the files.",
	cli_target_child, NULL, NULL
};

/* ------------------------------------------------------------ list and show */

static const char *class_name(__u16 flags)
{
	return flags & GL_SIG_MASKED	? "masked" :
	       flags & GL_SIG_CHAT	? "chat" :
	       flags & GL_SIG_CLEAR	? "clear" :
	       flags & GL_SIG_ENCRYPTED ? "encrypted" :
					  "";
}

static __u32 count_patterns(const struct gl_signatures *compiled, __u32 protocol)
{
	__u32 n = 0;

	for (__u32 i = 0; i < GL_SIG_PATTERNS; i++)
		n += compiled->pattern[i].protocol == protocol;
	return n;
}

static const char *const transport_names[GL_TRANSPORTS] = { "tcp", "udp" };

static char *range_text(char text[16], struct gl_sig_ports range)
{
	snprintf(text, 16, range.first == range.last ? "%u" : "%u-%u", range.first, range.last);
	return text;
}

static void put_ports(struct table_cell *cell, const struct gl_sig_protocol *protocol)
{
	char range[16];
	size_t at = 0;

	for (int t = 0; t < GL_TRANSPORTS; t++) {
		for (__u32 i = 0; i < GL_SIG_PORTS && protocol->ports[t][i].last; i++)
			at += snprintf(cell->text + at, sizeof(cell->text) - at, "%s%s%s%s",
				       at && !i ? ", " : "", i ? "" : transport_names[t], " ",
				       range_text(range, protocol->ports[t][i]));
	}
}

static void put(struct table_cell *cell, const char *text)
{
	snprintf(cell->text, sizeof(cell->text), "%s", text);
}

static void list(const struct signatures *set, const struct gl_signatures *compiled)
{
	static const char *const titles[] = { "protocol", "payload", "setup", "steady", "patterns",
					      "states", "ports" };
	struct table table = { .out = stdout, .align = "llllrrp",
			       .colour = report_colour(stdout) };

	for (int pass = 0; pass < 2; pass++) {
		struct table_cell cells[TABLE_COLUMNS] = { 0 };

		for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
			put(&cells[i], titles[i]);
			cells[i].style = STYLE_FAINT;
		}
		table_row(&table, cells);
		for (__u32 i = GL_PROTO_FIRST; i < signatures_protocols(set); i++) {
			const struct gl_sig_protocol *protocol = &compiled->protocol[i];

			memset(cells, 0, sizeof(cells));
			put(&cells[0], signatures_protocol(set, i));
			put(&cells[1], class_name(protocol->flags));
			put(&cells[2], name_level(protocol->setup));
			put(&cells[3], name_level(protocol->steady));
			snprintf(cells[4].text, sizeof(cells[4].text), "%u",
				 count_patterns(compiled, i));
			snprintf(cells[5].text, sizeof(cells[5].text), "%u",
				 signatures_states(set, signatures_protocol(set, i)));
			put_ports(&cells[6], protocol);
			table_row(&table, cells);
		}
		table_print(&table, -1);
	}
}

static void list_ports(struct json *json, const struct gl_sig_protocol *protocol)
{
	char range[16];

	json_object(json, "ports", JSON_INLINE);
	for (int t = 0; t < GL_TRANSPORTS; t++) {
		json_list(json, transport_names[t], JSON_INLINE);
		for (__u32 i = 0; i < GL_SIG_PORTS && protocol->ports[t][i].last; i++)
			json_string(json, NULL, range_text(range, protocol->ports[t][i]));
		json_close(json);
	}
	json_close(json);
}

static void list_json(const struct signatures *set, const struct gl_signatures *compiled)
{
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL, JSON_LINES);
	json_unsigned(&json, "schema", 1);
	json_list(&json, "protocols", JSON_LINES);
	for (__u32 i = GL_PROTO_FIRST; i < signatures_protocols(set); i++) {
		const struct gl_sig_protocol *protocol = &compiled->protocol[i];

		json_object(&json, NULL, JSON_INLINE);
		json_string(&json, "protocol", signatures_protocol(set, i));
		json_string(&json, "class", class_name(protocol->flags));
		json_object(&json, "exposure", JSON_INLINE);
		json_string(&json, "setup", name_level(protocol->setup));
		json_string(&json, "steady", name_level(protocol->steady));
		json_close(&json);
		json_unsigned(&json, "patterns", count_patterns(compiled, i));
		json_unsigned(&json, "states",
			      signatures_states(set, signatures_protocol(set, i)));
		list_ports(&json, protocol);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static int show(const struct signatures *set, const char *protocol)
{
	size_t length = 0;
	const char *text = signatures_text(set, protocol, &length), *end = text + length;

	if (!text)
		return log_error(-1, "there is no signature file for %s here; 'glassine protocols "
				 "list' has the names, and only builds with libyaml have the files",
				 protocol);
	while (text < end) {
		const char *line = memchr(text, '\n', end - text);
		char safe[4096];
		size_t n = line ? (size_t)(line - text) : (size_t)(end - text);

		puts(log_escape(safe, sizeof(safe), text, n));
		text += n + 1;
	}
	return 0;
}

/* ------------------------------------------------------------ check and load */

/* A set, and the tables that it was compiled to. */
struct compiled {
	struct signatures *set;
	struct gl_signatures *tables;
};

static void compiled_free(struct compiled *compiled)
{
	signatures_free(compiled->set);
	free(compiled->tables);
}

static bool is_named(const struct cli_files *files, const char *file)
{
	for (unsigned i = 0; i < files->count; i++)
		if (!strcmp(files->path[i], file))
			return true;
	return false;
}

/* The label that a file describes. */
static const char *label_of(const struct signatures *set, const char *file)
{
	struct signatures_origin origin;

	for (__u32 i = 0; (origin = signatures_origin(set, i)).protocol; i++)
		if (!strcmp(origin.file, file))
			return origin.protocol;
	return "?";
}

static bool has_label(const struct signatures *set, const char *label)
{
	struct signatures_origin origin;

	for (__u32 i = 0; (origin = signatures_origin(set, i)).protocol; i++)
		if (!strcmp(origin.protocol, label))
			return true;
	return false;
}

static void print_costs(const struct gl_signatures *before, const struct gl_signatures *after)
{
	struct sigcheck_cost old[SIGCHECK_BUDGETS], new[SIGCHECK_BUDGETS];

	sigcheck_costs(before, old);
	sigcheck_costs(after, new);
	printf("\n%-24s %8s %8s %8s\n", "cost", "before", "after", "limit");
	for (int i = 0; i < SIGCHECK_BUDGETS; i++)
		printf("%-24s %8u %8u %8u %4u %%\n", new[i].name, old[i].used, new[i].used,
		       new[i].most, (__u32)(100ull * new[i].used / new[i].most));
}

static void print_overlap(const struct compiled *now, const struct sigcheck_overlap *overlap)
{
	struct signatures_origin first = signatures_origin(now->set, overlap->first);
	struct signatures_origin second = signatures_origin(now->set, overlap->second);
	char example[4 * GL_CLASSIFY_BYTES + 1];

	printf("%s/%s and %s/%s: ", first.protocol, first.pattern, second.protocol,
	       second.pattern);
	if (overlap->length)
		printf("both end after \"%s\"",
		       log_escape(example, sizeof(example), (const char *)overlap->example,
				  overlap->length));
	else
		printf("both have no expression");
	printf("; where the predicates of both hold, a fitting port decides, else %s/%s wins "
	       "(give one a higher priority)\n", first.protocol, first.pattern);
}

/* Only those that the named files take part in. */
static int print_overlaps(const struct compiled *now, const struct cli_files *files)
{
	struct sigcheck_overlap *overlaps = NULL;
	int n = sigcheck_overlaps(now->tables, &overlaps);
	bool any = false;

	if (n < 0)
		return log_error(n, "not enough memory to look for overlaps");
	printf("\noverlaps\n");
	for (int i = 0; i < n; i++) {
		if (!is_named(files, signatures_origin(now->set, overlaps[i].first).file) &&
		    !is_named(files, signatures_origin(now->set, overlaps[i].second).file))
			continue;
		print_overlap(now, &overlaps[i]);
		any = true;
	}
	if (!any)
		printf("none: no pattern of another protocol ends with one of these at equal "
		       "priority\n");
	free(overlaps);
	return 0;
}

static int check(const struct cli_files *files, const struct compiled *now)
{
	struct compiled before = { 0 };
	int err = cli_signatures(&before.set, &before.tables);

	for (unsigned i = 0; i < files->count && !err; i++) {
		const char *label = label_of(now->set, files->path[i]);
		char safe[1024];

		printf("OK  %s: %s, %s\n",
		       log_escape(safe, sizeof(safe), files->path[i], strlen(files->path[i])),
		       label, has_label(before.set, label) ? "in place of the built-in one" :
							     "a new protocol");
	}
	if (!err)
		print_costs(before.tables, now->tables);
	if (!err)
		err = print_overlaps(now, files);
	compiled_free(&before);
	return err;
}

#ifdef HAVE_BPF

/* Protocols of the running set that would be recognised no more. */
static void note_forgotten(char *const names[GL_PROTOCOLS], const struct signatures *set)
{
	for (__u32 i = GL_PROTO_FIRST; i < GL_PROTOCOLS; i++)
		if (names[i] && !has_label(set, names[i]))
			log_note("%s is recognised no more: name its file, too, to keep it",
				 names[i]);
}

static int load_into(const struct arguments *arguments, const struct maps *maps)
{
	char *names[GL_PROTOCOLS] = { 0 };
	struct compiled now = { 0 };
	__u32 generation = 0;
	int err = maps_read_protocols(maps, names);

	if (!err)
		err = maps_read_generation(maps, &generation);
	if (!err)
		err = cli_signatures_with(&arguments->files, (const char *const *)names,
					  generation + 1, &now.set, &now.tables);
	if (!err)
		err = check(&arguments->files, &now);
	fflush(stdout);
	if (!err)
		note_forgotten(names, now.set);
	if (!err)
		err = maps_load_signatures(maps, now.set, now.tables);
	if (!err)
		fprintf(stderr, "glassine: the new signatures are active on %s, generation %u\n",
			arguments->interface, generation + 1);
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		free(names[i]);
	compiled_free(&now);
	return err;
}

static int load(const struct arguments *arguments)
{
	struct maps maps = MAPS_CLOSED;
	int lock, err;

	prog_quiet();
	err = attach_open(arguments->interface, true, &maps, &lock);
	if (err)
		return err;
	err = load_into(arguments, &maps);
	maps_close(&maps);
	attach_unlock(lock);
	return err;
}

#else

static int load(const struct arguments *arguments)
{
	return log_error(-1, "this build cannot reach %s: build it with 'make'",
			 arguments->interface);
}

#endif

static int run(const struct arguments *arguments)
{
	struct compiled now = { 0 };
	int err;

	if (arguments->action == ACTION_LOAD)
		return load(arguments);
	err = cli_signatures_with(&arguments->files, NULL, 1, &now.set, &now.tables);
	if (err)
		return err;
	if (arguments->emit)
		err = signatures_emit_c(now.set, stdout);
	else if (arguments->action == ACTION_SHOW)
		err = show(now.set, arguments->protocol);
	else if (arguments->action == ACTION_CHECK)
		err = check(&arguments->files, &now);
	else if (arguments->json)
		list_json(now.set, now.tables);
	else
		list(now.set, now.tables);
	compiled_free(&now);
	return err;
}

int cmd_protocols(int argc, char **argv)
{
	struct arguments arguments = { 0 };

	cli_parse(&argp, argc, argv, &arguments);
	return run(&arguments) ? CLI_FAILED : CLI_OK;
}
