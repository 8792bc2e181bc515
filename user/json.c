/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "json.h"
#include "text.h"

void json_begin(struct json *json, FILE *out)
{
	memset(json, 0, sizeof(*json));
	json->out = out;
}

static void newline(struct json *json)
{
	fputc('\n', json->out);
	for (unsigned int i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

static void quoted(FILE *out, const char *text)
{
	size_t left = strlen(text), n;
	__u32 c;

	fputc('"', out);
	for (; left; text += n, left -= n) {
		n = text_char(text, left, &c);
		if (!n) {
			fputs("\\ufffd", out);
			n = 1;
		} else if (c == '"' || c == '\\') {
			fprintf(out, "\\%c", (int)c);
		} else if (c == '<' || text_steers(c)) {
			/* "<": the object may be pasted into a script element. */
			fprintf(out, "\\u%04x", c);
		} else {
			fwrite(text, 1, n, out);
		}
	}
	fputc('"', out);
}

/* What comes before a value: comma, line, key. */
static void before(struct json *json, const char *key)
{
	struct json_level *level;

	if (json->depth) {
		level = &json->level[json->depth - 1];
		if (level->members++)
			fputc(',', json->out);
		if (level->layout == JSON_LINES)
			newline(json);
		else if (level->members > 1)
			fputc(' ', json->out);
	}
	if (key) {
		quoted(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_level(struct json *json, const char *key, enum json_layout layout,
		       const char *brackets)
{
	before(json, key);
	fputc(brackets[0], json->out);
	json->level[json->depth++] =
	    (struct json_level){.layout = layout, .close = brackets[1]};
}

void json_object(struct json *json, const char *key, enum json_layout layout)
{
	open_level(json, key, layout, "{}");
}

void json_list(struct json *json, const char *key, enum json_layout layout)
{
	open_level(json, key, layout, "[]");
}

void json_close(struct json *json)
{
	const struct json_level *level = &json->level[--json->depth];

	if (level->layout == JSON_LINES && level->members)
		newline(json);
	fputc(level->close, json->out);
	if (!json->depth)
		fputc('\n', json->out);
}

void json_string(struct json *json, const char *key, const char *text)
{
	before(json, key);
	if (text)
		quoted(json->out, text);
	else
		fputs("null", json->out);
}

void json_unsigned(struct json *json, const char *key, __u64 number)
{
	before(json, key);
	fprintf(json->out, "%llu", (unsigned long long)number);
}

void json_signed(struct json *json, const char *key, __s64 number)
{
	before(json, key);
	fprintf(json->out, "%lld", (long long)number);
}

void json_bool(struct json *json, const char *key, int truth)
{
	before(json, key);
	fputs(truth ? "true" : "false", json->out);
}
