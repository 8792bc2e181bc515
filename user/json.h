/* SPDX-License-Identifier: BSD-2-Clause */
/* json.h - writes JSON as it goes: commas, indentation and escapes are seen to. */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>
#include <linux/types.h>

#define JSON_DEPTH 8

/* How the members of an object or list are laid out. */
enum json_layout { JSON_LINES, JSON_INLINE };

struct json_level {
	enum json_layout layout;
	unsigned int members;
	char close;
};

struct json {
	FILE *out;
	unsigned int depth;
	struct json_level level[JSON_DEPTH];
};

/*
 * Every function takes the member's key, or NULL within a list and for the
 * outermost value. Errors of the stream are left for the caller's ferror().
 */
void json_begin(struct json *json, FILE *out);
void json_object(struct json *json, const char *key, enum json_layout layout);
void json_list(struct json *json, const char *key, enum json_layout layout);

/* Ends the innermost object or list; the outermost also gets a newline. */
void json_close(struct json *json);

/*
 * Text of any origin: invalid UTF-8 becomes U+FFFD, and what could steer a
 * terminal or leave a script element is escaped. NULL is written as null.
 */
void json_string(struct json *json, const char *key, const char *text);
void json_unsigned(struct json *json, const char *key, __u64 number);
void json_signed(struct json *json, const char *key, __s64 number);
void json_bool(struct json *json, const char *key, int truth);

#endif
