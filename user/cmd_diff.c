/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_diff.c - what is new, gone or more exposed between two reports of --json. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "facts.h"
#include "json.h"
#include "judge.h"
#include "log.h"
#include "report.h"
#include "table.h"

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

static const char *const kinds[FACT_KINDS] = { "verdict", "leak", "exposure", "protocol", "service",
					       "flow" };

/* ------------------------------------------------------------ what differs */

enum change { NEW, MORE, LESS, GONE };

static const char *const changes[] = { "new", "more", "less", "gone" };

struct difference {
	enum fact_kind kind;
	enum change change;
	const char *name;
	const char *before; /* NULL: being there is all that counts */
	const char *after;
	bool worse;
};

/* A test that is no longer made is worse; one that is new, only when it fails. */
static bool is_worse(enum fact_kind kind, enum change change, int after)
{
	if (kind == FACT_VERDICT && change == GONE)
		return true;
	if (kind == FACT_VERDICT && change == NEW)
		return after > JUDGE_CLEAN;
	return change == NEW || change == MORE;
}

static const char *value_name(const struct fact *fact)
{
	if (!fact)
		return NULL;
	if (fact->kind == FACT_VERDICT)
		return name_judge_verdict(fact->value);
	return fact->kind == FACT_EXPOSURE || fact->kind == FACT_FLOW ? name_level(fact->value) : NULL;
}

struct comparison {
	struct difference *rows;
	size_t count;
	bool worse;
};

/* One of the two may be NULL. */
static void differ(struct comparison *all, const struct fact *before, const struct fact *after)
{
	const struct fact *any = after ? after : before;
	struct difference *row = &all->rows[all->count];
	enum change change;

	if (before && after && before->value == after->value)
		return;
	change = !before ? NEW : !after ? GONE : after->value > before->value ? MORE : LESS;
	*row = (struct difference){ .kind = any->kind, .change = change, .name = any->name,
				    .before = value_name(before), .after = value_name(after),
				    .worse = is_worse(any->kind, change, after ? after->value : 0) };
	all->worse |= row->worse;
	all->count++;
}

/* Kind by kind, what is new before what is gone. */
static int compare(const struct facts *a, const struct facts *b, struct comparison *all)
{
	enum fact_kind kinds = a->flows && b->flows ? FACT_KINDS : FACT_FLOW;

	all->rows = calloc(a->count + b->count + 1, sizeof(*all->rows));
	if (!all->rows)
		return log_error(-ENOMEM, "not enough memory to compare the reports");
	for (enum fact_kind kind = 0; kind < kinds; kind++) {
		for (size_t i = 0; i < b->count; i++) {
			const struct fact *fact = &b->fact[i];

			if (fact->kind == kind)
				differ(all, facts_find(a, kind, fact->name), fact);
		}
		for (size_t i = 0; i < a->count; i++) {
			const struct fact *fact = &a->fact[i];

			if (fact->kind == kind && !facts_find(b, kind, fact->name))
				differ(all, fact, NULL);
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
	if (row->kind != FACT_VERDICT)
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
	err = facts_read(arguments.path[0], &a);
	if (!err)
		err = facts_read(arguments.path[1], &b);
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
	facts_free(&a);
	facts_free(&b);
	return err ? CLI_FAILED : all.worse ? CLI_LEAK : CLI_OK;
}
