/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "facts.h"
#include "judge.h"
#include "log.h"

#define SCHEMA 1
#define DEPTH 32
#define PIECE 65536

typedef struct json_object value;

/* ------------------------------------------------------------ the list */

static struct fact *find(const struct facts *facts, enum fact_kind kind, const char *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (facts->fact[i].kind == kind && !strcmp(facts->fact[i].name, name))
			return &facts->fact[i];
	}
	return NULL;
}

const struct fact *facts_find(const struct facts *facts, enum fact_kind kind, const char *name)
{
	return find(facts, kind, name);
}

void facts_free(struct facts *facts)
{
	free(facts->fact);
	memset(facts, 0, sizeof(*facts));
}

/* Of two of that name the worse one stays. */
static int add(struct facts *facts, enum fact_kind kind, const char *name, int number)
{
	struct fact *fact, *more;
	char cut[FACT_NAME];

	snprintf(cut, sizeof(cut), "%s", name);
	fact = find(facts, kind, cut);
	if (fact) {
		fact->value = fact->value > number ? fact->value : number;
		return 0;
	}
	if (facts->count == facts->room) {
		more = realloc(facts->fact, (2 * facts->room + 32) * sizeof(*more));
		if (!more)
			return log_error(-ENOMEM, "not enough memory for the report");
		facts->fact = more;
		facts->room = 2 * facts->room + 32;
	}
	fact = &facts->fact[facts->count++];
	fact->kind = kind;
	fact->value = number;
	memcpy(fact->name, cut, sizeof(cut));
	return 0;
}

/* ------------------------------------------------------------ what a report says */

static int refuse(const char *path, const char *what)
{
	return log_error(-EINVAL, "%s: %s; give it what --json printed", path, what);
}

static value *member(value *object, const char *key)
{
	value *found = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &found);
	return found;
}

static const char *text_of(value *object, const char *key)
{
	value *found = member(object, key);

	return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : NULL;
}

static int number_of(const char *text, const char *(*name)(__u32), __u32 count)
{
	for (__u32 i = 0; text && i < count; i++) {
		if (!strcmp(text, name(i)))
			return (int)i;
	}
	return -1;
}

static int level_of(value *object, const char *key)
{
	return number_of(text_of(object, key), name_level, GL_LEVEL_MAX);
}

/* Rows of a list of the report; -1: there is no such list. */
static ssize_t rows_of(value *object, const char *key, value **rows)
{
	*rows = member(object, key);
	return json_object_is_type(*rows, json_type_array) ? (ssize_t)json_object_array_length(*rows)
							    : -1;
}

static int add_names(struct facts *facts, enum fact_kind kind, value *root, const char *list,
		     const char *path)
{
	char what[64];
	value *rows;
	ssize_t n = rows_of(root, list, &rows);
	int err = 0;

	snprintf(what, sizeof(what), n < 0 ? "it has no list \"%s\"" : "a row of \"%s\" has no name",
		 list);
	if (n < 0)
		return refuse(path, what);
	for (ssize_t i = 0; i < n && !err; i++) {
		const char *name = text_of(json_object_array_get_idx(rows, i), "name");

		if (!name)
			return refuse(path, what);
		if (strcmp(name, "none"))
			err = add(facts, kind, name, 0);
	}
	return err;
}

static int add_exposure(struct facts *facts, value *root, const char *path)
{
	value *rows, *row;
	ssize_t n = rows_of(root, "exposure", &rows);
	int err = 0, level;

	if (n < 0)
		return refuse(path, "it has no list \"exposure\"");
	err = add(facts, FACT_EXPOSURE, "highest", GL_LEVEL_ABSENT);
	for (ssize_t i = 0; i < n && !err; i++) {
		row = json_object_array_get_idx(rows, i);
		level = level_of(row, "level");
		if (level < 0)
			return refuse(path, "a row of \"exposure\" has a level that is not known");
		if (json_object_get_int64(member(row, "packets")) > 0)
			err = add(facts, FACT_EXPOSURE, "highest", level);
	}
	return err;
}

static int add_flow(struct facts *facts, value *row, const char *path)
{
	const char *protocol = text_of(row, "protocol"), *service = text_of(row, "service");
	int setup = level_of(member(row, "exposure"), "setup");
	int steady = level_of(member(row, "exposure"), "steady");
	char name[FACT_NAME];

	if (!protocol || setup < 0 || steady < 0)
		return refuse(path, "a flow has no protocol, or a level that is not known");
	snprintf(name, sizeof(name), "%s%s%s", protocol, service ? " of " : "",
		 service ? service : "");
	return add(facts, FACT_FLOW, name, setup > steady ? setup : steady);
}

static int add_flows(struct facts *facts, value *root, const char *path)
{
	value *rows;
	ssize_t n = rows_of(root, "flows", &rows);
	int err = 0;

	facts->flows = n >= 0;
	for (ssize_t i = 0; i < n && !err; i++)
		err = add_flow(facts, json_object_array_get_idx(rows, i), path);
	return err;
}

static int add_leak(struct facts *facts, value *row)
{
	static const char *const keys[] = { "canary", "protocol", "direction", "encoding" };
	char name[FACT_NAME] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && at < sizeof(name); i++) {
		const char *part = text_of(row, keys[i]);

		at += (size_t)snprintf(name + at, sizeof(name) - at, "%s%s", i ? ", " : "",
				       part ? part : "?");
	}
	return add(facts, FACT_LEAK, name, 0);
}

static int add_judgement(struct facts *facts, value *root, const char *path)
{
	value *judgement = member(root, "judgement"), *rows;
	int verdict = number_of(text_of(judgement, "verdict"), name_judge_verdict, JUDGE_MAX);
	ssize_t n = rows_of(judgement, "leaks", &rows);
	int err;

	if (!judgement)
		return 0;
	if (verdict < 0)
		return refuse(path, "its judgement has a verdict that is not known");
	err = add(facts, FACT_VERDICT, "verdict", verdict);
	for (ssize_t i = 0; i < n && !err; i++)
		err = add_leak(facts, json_object_array_get_idx(rows, i));
	return err;
}

static int add_all(struct facts *facts, value *root, const char *path)
{
	int err;

	if (json_object_get_int64(member(root, "schema")) != SCHEMA)
		return refuse(path, "it has no \"schema\": 1");
	err = add_names(facts, FACT_PROTOCOL, root, "protocol", path);
	if (!err)
		err = add_names(facts, FACT_SERVICE, root, "service", path);
	if (!err)
		err = add_exposure(facts, root, path);
	if (!err)
		err = add_flows(facts, root, path);
	return err ? err : add_judgement(facts, root, path);
}

/* ------------------------------------------------------------ the file */

/* Where in the text, as people count: from 1. */
struct place {
	size_t line;
	size_t column;
};

static void advance(struct place *place, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		place->column = text[i] == '\n' ? 1 : place->column + 1;
		place->line += text[i] == '\n';
	}
}

static int not_json(const char *path, const struct place *place, const char *why)
{
	return log_error(-EINVAL, "%s:%zu:%zu: this is not JSON (%s); give it what --json printed",
			 path, place->line, place->column, why);
}

/* Piece by piece, so that reports of any size can be read. */
static int parse(FILE *file, const char *path, struct json_tokener *tokener, value **root)
{
	enum json_tokener_error error;
	struct place place = { 1, 1 };
	char text[PIECE];
	size_t n;

	while ((n = fread(text, 1, sizeof(text), file))) {
		size_t used = 0;

		if (!*root) {
			*root = json_tokener_parse_ex(tokener, text, (int)n);
			used = json_tokener_get_parse_end(tokener);
		}
		advance(&place, text, used);
		error = json_tokener_get_error(tokener);
		if (!*root && error == json_tokener_success)
			return refuse(path, "it is null");
		if (!*root && error != json_tokener_continue)
			return not_json(path, &place, json_tokener_error_desc(error));
		for (; *root && used < n; used++) {
			if (!strchr(" \t\r\n", text[used]) || !text[used])
				return not_json(path, &place, "something follows its end");
			advance(&place, &text[used], 1);
		}
	}
	if (ferror(file))
		return log_error(-EIO, "%s: it cannot be read: %s", path, strerror(errno));
	return *root ? 0 : not_json(path, &place, "it ends too early");
}

int facts_read(const char *path, struct facts *facts)
{
	struct json_tokener *tokener = NULL;
	value *root = NULL;
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return log_error(-errno, "%s: it cannot be opened: %s", path, strerror(errno));
	tokener = json_tokener_new_ex(DEPTH);
	if (!tokener) {
		err = log_error(-ENOMEM, "not enough memory to read %s", path);
		goto out;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	err = parse(file, path, tokener, &root);
	if (!err)
		err = add_all(facts, root, path);
out:
	json_object_put(root);
	if (tokener)
		json_tokener_free(tokener);
	fclose(file);
	return err;
}
