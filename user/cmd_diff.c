/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_diff.c - what is new, gone or more exposed between two reports of --json. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "cli.h"
#include "json.h"
#include "judge.h"
#include "log.h"
#include "report.h"
#include "table.h"

#define NAME_ROOM 256u

struct arguments {
	const char *path[2];
	unsigned count;
	bool json;
};

static const struct argp_option options[] = {
	{ "json", CLI_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case CLI_JSON:
		arguments->json = true;
		break;
	case ARGP_KEY_ARG:
		if (arguments->count == 2)
			argp_error(state, "name two reports, not more");
		arguments->path[arguments->count++] = arg;
		break;
	case ARGP_KEY_END:
		if (arguments->count < 2)
			argp_error(state, "name two reports: the one before and the one after");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "A.json B.json",
	"Say what is new in B since A: protocols, services, exposure, leaks.\v"
	"Both are what 'replay', 'run' or 'stats' printed with --json. With --flows in both, "
	"exposure is compared for each protocol and service, too. Exit status: 0 nothing is new "
	"or more exposed, 3 something is, or a test fails that did not; 1 a report cannot be read.",
	NULL, NULL, NULL
};

/* ------------------------------------------------------------ what a report says */

/*
 * Facts of a kind are an object: name -> how bad it is, 0 where being there is all that
 * counts.
 */
enum kind { VERDICT, LEAK, EXPOSURE, PROTOCOL, SERVICE, FLOW, KINDS };

static const char *const kinds[KINDS] = { "verdict", "leak", "exposure", "protocol", "service",
					  "flow" };

struct facts {
	json_t *kind[KINDS];
	bool flows;
};

static int number_of(const char *text, const char *(*name)(__u32), __u32 count)
{
	for (__u32 i = 0; text && i < count; i++) {
		if (!strcmp(text, name(i)))
			return (int)i;
	}
	return -1;
}

static int level_of(const json_t *object, const char *key)
{
	return number_of(json_string_value(json_object_get(object, key)), name_level, GL_LEVEL_MAX);
}

static int shape_error(const char *path, const char *what)
{
	return log_error(-EINVAL, "%s: %s; give it what --json printed", path, what);
}

/* Keeps the worst value of a name. */
static void add_fact(struct facts *facts, enum kind kind, const char *name, int value)
{
	json_t *old = json_object_get(facts->kind[kind], name);

	if (!old || json_integer_value(old) < value)
		json_object_set_new(facts->kind[kind], name, json_integer(value));
}

/* Rows of a list by the name that they have under key. */
static int add_names(struct facts *facts, enum kind kind, const json_t *root, const char *list,
		     const char *path)
{
	const json_t *rows = json_object_get(root, list), *row;
	char what[64];
	size_t i;

	if (!json_is_array(rows)) {
		snprintf(what, sizeof(what), "it has no list \"%s\"", list);
		return shape_error(path, what);
	}
	json_array_foreach(rows, i, row) {
		const char *name = json_string_value(json_object_get(row, "name"));

		if (!name)
			return shape_error(path, "a row has no name");
		if (strcmp(name, "none"))
			add_fact(facts, kind, name, 0);
	}
	return 0;
}

static int add_exposure(struct facts *facts, const json_t *root, const char *path)
{
	const json_t *rows = json_object_get(root, "exposure"), *row;
	size_t i;

	if (!json_is_array(rows))
		return shape_error(path, "it has no list \"exposure\"");
	add_fact(facts, EXPOSURE, "highest", GL_LEVEL_ABSENT);
	json_array_foreach(rows, i, row) {
		int level = level_of(row, "level");

		if (level < 0)
			return shape_error(path, "a row of \"exposure\" has a level that is not known");
		if (json_integer_value(json_object_get(row, "packets")))
			add_fact(facts, EXPOSURE, "highest", level);
	}
	return 0;
}

static int add_flows(struct facts *facts, const json_t *root, const char *path)
{
	const json_t *rows = json_object_get(root, "flows"), *row;
	char name[NAME_ROOM];
	size_t i;

	facts->flows = rows != NULL;
	json_array_foreach(rows, i, row) {
		const char *protocol = json_string_value(json_object_get(row, "protocol"));
		const char *service = json_string_value(json_object_get(row, "service"));
		const json_t *exposure = json_object_get(row, "exposure");
		int setup = level_of(exposure, "setup"), steady = level_of(exposure, "steady");

		if (!protocol || setup < 0 || steady < 0)
			return shape_error(path, "a flow has no protocol, or a level that is not known");
		snprintf(name, sizeof(name), "%s%s%s", protocol, service ? " of " : "",
			 service ? service : "");
		add_fact(facts, FLOW, name, setup > steady ? setup : steady);
	}
	return 0;
}

static int add_judgement(struct facts *facts, const json_t *root, const char *path)
{
	const json_t *judgement = json_object_get(root, "judgement"), *row;
	const char *text = json_string_value(json_object_get(judgement, "verdict"));
	int verdict = number_of(text, name_judge_verdict, JUDGE_MAX);
	static const char *const keys[] = { "canary", "protocol", "direction", "encoding" };
	char name[NAME_ROOM];
	size_t i;

	if (!judgement)
		return 0;
	if (verdict < 0)
		return shape_error(path, "its judgement has a verdict that is not known");
	add_fact(facts, VERDICT, "verdict", verdict);
	json_array_foreach(json_object_get(judgement, "leaks"), i, row) {
		size_t at = 0;

		for (size_t k = 0; k < sizeof(keys) / sizeof(*keys) && at < sizeof(name); k++) {
			const char *part = json_string_value(json_object_get(row, keys[k]));

			at += (size_t)snprintf(name + at, sizeof(name) - at, "%s%s", k ? ", " : "",
					       part ? part : "?");
		}
		add_fact(facts, LEAK, name, 0);
	}
	return 0;
}

static int read_facts(const char *path, struct facts *facts)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	json_int_t schema = json_integer_value(json_object_get(root, "schema"));
	int err = 0;

	if (!root && error.line < 0)
		return log_error(-EINVAL, "%s: it cannot be read: %s", path, error.text);
	if (!root)
		return log_error(-EINVAL, "%s:%d:%d: this is not JSON: %s", path, error.line,
				 error.column, error.text);
	if (schema != 1)
		err = shape_error(path, "it has no \"schema\": 1");
	for (enum kind kind = 0; kind < KINDS; kind++)
		facts->kind[kind] = json_object();
	if (!err)
		err = add_names(facts, PROTOCOL, root, "protocol", path);
	if (!err)
		err = add_names(facts, SERVICE, root, "service", path);
	if (!err)
		err = add_exposure(facts, root, path);
	if (!err)
		err = add_flows(facts, root, path);
	if (!err)
		err = add_judgement(facts, root, path);
	json_decref(root);
	return err;
}

static void free_facts(struct facts *facts)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		json_decref(facts->kind[kind]);
}

/* ------------------------------------------------------------ what differs */

enum change { NEW, MORE, LESS, GONE };

static const char *const changes[] = { "new", "more", "less", "gone" };

struct difference {
	enum kind kind;
	enum change change;
	const char *name;
	const char *before; /* NULL: being there is all that counts */
	const char *after;
	bool worse;
};

/* A test that is no longer made is worse; one that is new, only when it fails. */
static bool is_worse(enum kind kind, enum change change, int after)
{
	if (kind == VERDICT && change == GONE)
		return true;
	if (kind == VERDICT && change == NEW)
		return after > JUDGE_CLEAN;
	return change == NEW || change == MORE;
}

static const char *value_name(enum kind kind, const json_t *value)
{
	if (!value)
		return NULL;
	if (kind == VERDICT)
		return name_judge_verdict(json_integer_value(value));
	return kind == EXPOSURE || kind == FLOW ? name_level(json_integer_value(value)) : NULL;
}

struct comparison {
	struct difference *rows;
	size_t count;
	bool worse;
};

static void differ(struct comparison *all, enum kind kind, const char *name, const json_t *before,
		   const json_t *after)
{
	int was = json_integer_value(before), is = json_integer_value(after);
	enum change change = !before ? NEW : !after ? GONE : is > was ? MORE : LESS;
	struct difference *row = &all->rows[all->count];

	if (before && after && is == was)
		return;
	*row = (struct difference){ .kind = kind, .change = change, .name = name,
				    .before = value_name(kind, before),
				    .after = value_name(kind, after),
				    .worse = is_worse(kind, change, is) };
	all->worse |= row->worse;
	all->count++;
}

static int compare(const struct facts *a, const struct facts *b, struct comparison *all)
{
	bool flows = a->flows && b->flows;
	size_t room = 1;
	json_t *value;
	const char *name;

	for (enum kind kind = 0; kind < KINDS; kind++)
		room += json_object_size(a->kind[kind]) + json_object_size(b->kind[kind]);
	all->rows = calloc(room, sizeof(*all->rows));
	if (!all->rows)
		return log_error(-ENOMEM, "not enough memory to compare the reports");
	for (enum kind kind = 0; kind < (flows ? KINDS : FLOW); kind++) {
		json_object_foreach(b->kind[kind], name, value)
			differ(all, kind, name, json_object_get(a->kind[kind], name), value);
		json_object_foreach(a->kind[kind], name, value) {
			if (!json_object_get(b->kind[kind], name))
				differ(all, kind, name, value, NULL);
		}
	}
	return 0;
}

/* ------------------------------------------------------------ printing */

static void print_json(const struct arguments *arguments, const struct comparison *all)
{
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL, JSON_LINES);
	json_unsigned(&json, "schema", 1);
	json_string(&json, "a", arguments->path[0]);
	json_string(&json, "b", arguments->path[1]);
	json_bool(&json, "worse", all->worse);
	json_list(&json, "changes", JSON_LINES);
	for (size_t i = 0; i < all->count; i++) {
		const struct difference *row = &all->rows[i];

		json_object(&json, NULL, JSON_INLINE);
		json_string(&json, "change", changes[row->change]);
		json_string(&json, "kind", kinds[row->kind]);
		json_string(&json, "name", row->name);
		json_string(&json, "before", row->before);
		json_string(&json, "after", row->after);
		json_bool(&json, "worse", row->worse);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static void put_difference(struct table *table, const struct difference *row)
{
	struct table_cell cells[TABLE_COLUMNS] = { 0 };

	snprintf(cells[0].text, sizeof(cells[0].text), "  %s", changes[row->change]);
	cells[0].style = row->worse ? STYLE_ALERT : STYLE_FAINT;
	snprintf(cells[1].text, sizeof(cells[1].text), "%s", kinds[row->kind]);
	if (row->kind != VERDICT)
		log_escape(cells[2].text, sizeof(cells[2].text), row->name, strlen(row->name));
	if (row->before || row->after)
		snprintf(cells[3].text, sizeof(cells[3].text), "%s%s%s",
			 row->before ? row->before : "", row->before && row->after ? " -> " : "",
			 row->after ? row->after : "");
	table_row(table, cells);
}

static void print_text(const struct comparison *all, bool colour)
{
	struct table table = { .out = stdout, .align = "llll", .colour = colour };

	table_text(stdout, colour, all->worse ? STYLE_ALERT : STYLE_TITLE,
		   all->worse   ? "more exposed than before, or something new" :
		   all->count ? "nothing is new or more exposed" :
				  "no difference");
	fputc('\n', stdout);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < all->count; i++)
			put_difference(&table, &all->rows[i]);
		table_print(&table, 2);
	}
}

int cmd_diff(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct comparison all = { 0 };
	struct facts a = { 0 }, b = { 0 };
	int err;

	cli_parse(&argp, argc, argv, &arguments);
	err = read_facts(arguments.path[0], &a);
	if (!err)
		err = read_facts(arguments.path[1], &b);
	if (!err)
		err = compare(&a, &b, &all);
	if (!err && a.flows != b.flows)
		log_note("%s holds no flows: print both with --flows to compare each protocol's exposure",
			 arguments.path[a.flows]);
	if (!err && arguments.json)
		print_json(&arguments, &all);
	else if (!err)
		print_text(&all, report_colour(stdout));
	free(all.rows);
	free_facts(&a);
	free_facts(&b);
	return err ? CLI_FAILED : all.worse ? CLI_LEAK : CLI_OK;
}
