/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * examples.h - reads tests/examples: conversations in the bytes of a protocol, what
 * they are, and twins that differ in one thing. tests/examples/README.md has the form.
 * Code in a header, because a test program is linked with packet.c only; include it
 * after cmocka.h. What cannot be read fails the test, with file and line.
 */
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EX_BYTES 1460u
#define EX_PACKETS 8u
#define EX_LETS 24u
#define EX_NAME 48u

struct ex_bytes {
	size_t size;
	uint8_t data[EX_BYTES];
};

struct ex_packet {
	bool down; /* from the server's side */
	struct ex_bytes bytes;
};

/* What is claimed. won: of each packet "protocol/pattern", "-" none; wins 0: not said. */
struct ex_claim {
	char label[EX_NAME];
	unsigned wins;
	char won[EX_PACKETS][2 * EX_NAME];
	char levels[EX_NAME]; /* "setup/steady", empty: not said */
};

struct example {
	char file[EX_NAME];
	unsigned line;
	size_t of; /* the example that it is a twin of; its own index: no twin */
	bool udp;
	bool whole; /* a part of it may be something else */
	uint16_t port;
	unsigned count;
	struct ex_packet packet[EX_PACKETS];
	struct ex_claim claim;
};

static struct {
	struct example *all;
	size_t count, room;
} examples;

/* The file that is read: the rest of the line in hand, and what was said so far. */
static struct {
	char name[EX_NAME];
	char protocol[EX_NAME]; /* the name without its end */
	unsigned line;
	const char *at;
	bool udp;
	uint16_t port;
	size_t example; /* the last one that is no twin */
	unsigned lets;
	struct {
		char name[EX_NAME];
		struct ex_bytes bytes;
	} let[EX_LETS];
} ex;

#define ex_check(holds, what)                                                                  \
	do {                                                                                   \
		if (!(holds))                                                                  \
			fail_msg("%s:%u: %s: \"%.40s\"", ex.name, ex.line, what, ex.at);       \
	} while (0)

/* ------------------------------------------------------------ words */

static void ex_blanks(void)
{
	ex.at += strspn(ex.at, " \t");
}

/* Steps over a word, when it is the next one. */
static bool ex_is(const char *word)
{
	size_t n = strlen(word);

	ex_blanks();
	if (strncmp(ex.at, word, n) || !strchr(" \t,", ex.at[n]))
		return false;
	ex.at += n;
	return true;
}

static long ex_number(void)
{
	char *end;
	long value;

	ex_blanks();
	value = strtol(ex.at, &end, 10);
	ex_check(end != ex.at, "a number is missing");
	ex.at = end;
	return value;
}

/* The characters up to one of end, or to the line's end. */
static void ex_name(const char *end, char name[EX_NAME])
{
	size_t n;

	ex_blanks();
	n = strcspn(ex.at, end);
	ex_check(n && n < EX_NAME, "a name is missing, or too long");
	memcpy(name, ex.at, n);
	name[n] = '\0';
	ex.at += n;
}

/* ------------------------------------------------------------ bytes */

static void ex_put(struct ex_bytes *out, const void *data, size_t size)
{
	ex_check(out->size + size <= EX_BYTES, "too many bytes");
	memcpy(out->data + out->size, data, size);
	out->size += size;
}

static uint8_t ex_hex(void)
{
	char digits[3] = { ex.at[0], ex.at[0] ? ex.at[1] : '\0', '\0' };

	ex_check(isxdigit((unsigned char)digits[0]) && isxdigit((unsigned char)digits[1]),
		 "neither two hexadecimal digits nor text, name or group");
	ex.at += 2;
	return (uint8_t)strtoul(digits, NULL, 16);
}

static void ex_quoted(struct ex_bytes *out)
{
	static const char letters[] = "rnt0\\\"", values[] = "\r\n\t\0\\\"";

	for (ex.at++; *ex.at != '"';) {
		uint8_t byte = (uint8_t)*ex.at++;
		const char *letter;

		ex_check(byte, "text without an end");
		if (byte == '\\' && *ex.at == 'x') {
			ex.at++;
			byte = ex_hex();
		} else if (byte == '\\') {
			letter = *ex.at ? strchr(letters, *ex.at) : NULL;
			ex_check(letter, "unknown escape");
			byte = (uint8_t)values[letter - letters];
			ex.at++;
		}
		ex_put(out, &byte, 1);
	}
	ex.at++;
}

static void ex_let_name(struct ex_bytes *out)
{
	char name[EX_NAME];

	ex.at++;
	ex_name(" \t,)*", name);
	for (unsigned i = 0; i < ex.lets; i++) {
		if (strcmp(ex.let[i].name, name))
			continue;
		ex_put(out, ex.let[i].bytes.data, ex.let[i].bytes.size);
		return;
	}
	ex_check(false, "nothing has this name");
}

/* Hexadecimal digits, text in quotes, or $name; "*N" after it: N times. */
static void ex_token(struct ex_bytes *out)
{
	struct ex_bytes one = { 0 };
	long times = 1;

	if (*ex.at == '"') {
		ex_quoted(&one);
	} else if (*ex.at == '$') {
		ex_let_name(&one);
	} else {
		do {
			uint8_t byte = ex_hex();

			ex_put(&one, &byte, 1);
		} while (*ex.at && !strchr(" \t,)*", *ex.at));
	}
	if (*ex.at == '*') {
		ex.at++;
		times = ex_number();
	}
	while (times-- > 0)
		ex_put(out, one.data, one.size);
}

static void ex_sequence(struct ex_bytes *out);

/* u16( ... ): the length of what is inside, in front of it; l16: little endian; +N, -N. */
static void ex_group(struct ex_bytes *out)
{
	bool little = *ex.at++ == 'l';
	long bits = ex_number(), add = *ex.at == '(' ? 0 : ex_number();
	struct ex_bytes inner = { 0 };
	uint8_t length[4];

	ex_check(*ex.at++ == '(' && bits >= 8 && bits <= 32 && bits % 8 == 0, "no such group");
	ex_sequence(&inner);
	ex_check(*ex.at++ == ')', "a group without an end");
	for (long i = 0; i < bits / 8; i++)
		length[i] = (uint8_t)((inner.size + (size_t)add) >>
				      8 * (little ? i : bits / 8 - 1 - i));
	ex_put(out, length, (size_t)bits / 8);
	ex_put(out, inner.data, inner.size);
}

static void ex_sequence(struct ex_bytes *out)
{
	for (ex_blanks(); *ex.at && *ex.at != ')'; ex_blanks()) {
		if (strchr("ul", *ex.at))
			ex_group(out);
		else
			ex_token(out);
	}
}

/* ------------------------------------------------------------ edits */

static struct ex_packet *ex_which(struct example *e)
{
	long n = ex_number();

	ex_check(n >= 1 && n <= (long)e->count, "no such packet");
	return &e->packet[n - 1];
}

static void ex_insert(struct example *e, struct ex_packet *at, const struct ex_packet *packet)
{
	ex_check(e->count < EX_PACKETS, "too many packets");
	memmove(at + 1, at, (size_t)(e->packet + e->count - at) * sizeof(*at));
	*at = *packet;
	e->count++;
}

static void ex_edit_in(struct example *e)
{
	struct ex_bytes *bytes = &ex_which(e)->bytes, old = { 0 }, new = { 0 }, result = { 0 };
	const uint8_t *found;

	ex_blanks();
	ex_token(&old);
	ex_blanks();
	ex_token(&new);
	found = memmem(bytes->data, bytes->size, old.data, old.size);
	ex_check(found, "the packet does not hold these bytes");
	ex_check(old.size != new.size || memcmp(old.data, new.data, old.size),
		 "changes nothing");
	ex_put(&result, bytes->data, (size_t)(found - bytes->data));
	ex_put(&result, new.data, new.size);
	ex_put(&result, found + old.size,
	       (size_t)(bytes->data + bytes->size - found) - old.size);
	*bytes = result;
}

static void ex_edit_at(struct example *e)
{
	struct ex_bytes *bytes = &ex_which(e)->bytes, new = { 0 };
	long at = ex_number();

	if (at < 0)
		at += (long)bytes->size;
	ex_blanks();
	ex_token(&new);
	ex_check(at >= 0 && (size_t)at + new.size <= bytes->size, "beyond the packet");
	ex_check(memcmp(bytes->data + at, new.data, new.size), "changes nothing");
	memcpy(bytes->data + at, new.data, new.size);
}

static void ex_edit_cut(struct example *e)
{
	struct ex_bytes *bytes = &ex_which(e)->bytes;
	long n = ex_number();

	ex_check(n > 0 && (size_t)n < bytes->size, "beyond the packet");
	bytes->size -= (size_t)n;
}

static void ex_edit_turn(struct example *e)
{
	struct ex_packet *only = ex_is("all") ? NULL : ex_which(e);

	for (unsigned i = 0; i < e->count; i++)
		if (!only || only == &e->packet[i])
			e->packet[i].down = !e->packet[i].down;
}

static void ex_edit_swap(struct example *e)
{
	struct ex_packet *a = ex_which(e), *b = ex_which(e), c = *a;

	*a = *b;
	*b = c;
}

static void ex_edit_split(struct example *e)
{
	struct ex_packet *packet = ex_which(e), rest = *packet;
	long at = ex_number();

	ex_check(at > 0 && (size_t)at < packet->bytes.size, "beyond the packet");
	rest.bytes.size -= (size_t)at;
	memmove(rest.bytes.data, rest.bytes.data + at, rest.bytes.size);
	packet->bytes.size = (size_t)at;
	ex_insert(e, packet + 1, &rest);
}

static void ex_edit(struct example *e)
{
	struct ex_packet *packet, copy;

	if (ex_is("in")) {
		ex_edit_in(e);
	} else if (ex_is("at")) {
		ex_edit_at(e);
	} else if (ex_is("add")) {
		packet = ex_which(e);
		ex_blanks();
		ex_token(&packet->bytes);
	} else if (ex_is("cut")) {
		ex_edit_cut(e);
	} else if (ex_is("turn")) {
		ex_edit_turn(e);
	} else if (ex_is("swap")) {
		ex_edit_swap(e);
	} else if (ex_is("split")) {
		ex_edit_split(e);
	} else if (ex_is("again")) {
		packet = ex_which(e);
		copy = *packet;
		ex_insert(e, packet + 1, &copy);
	} else if (ex_is("drop")) {
		packet = ex_which(e);
		e->count--;
		memmove(packet, packet + 1,
			(size_t)(e->packet + e->count - packet) * sizeof(*packet));
	} else if (ex_is("whole")) {
		e->whole = true;
	} else if (ex_is("port")) {
		e->port = (uint16_t)ex_number();
	} else {
		ex_check(ex_is(e->udp ? "tcp" : "udp"), "no such edit");
		e->udp = !e->udp;
	}
}

/* ------------------------------------------------------------ lines */

/* LABEL[: PATTERN...][, SETUP/STEADY] */
static void ex_claim(struct ex_claim *claim)
{
	char name[EX_NAME];

	memset(claim, 0, sizeof(*claim));
	ex_name(":, \t", claim->label);
	if (*ex.at == ':') {
		ex.at++;
		for (ex_blanks(); *ex.at && *ex.at != ','; ex_blanks()) {
			bool whole;

			ex_check(claim->wins < EX_PACKETS, "too many patterns");
			ex_name(", \t", name);
			whole = *name == '-' || strchr(name, '/');
			snprintf(claim->won[claim->wins++], sizeof(claim->won[0]), "%s%s%s",
				 whole ? "" : ex.protocol, whole ? "" : "/", name);
		}
	}
	if (*ex.at == ',') {
		ex.at++;
		ex_name(" \t", claim->levels);
	}
	ex_blanks();
	ex_check(!*ex.at, "more than a claim");
}

static struct example *ex_new(void)
{
	if (examples.count == examples.room) {
		examples.room = examples.room ? 2 * examples.room : 64;
		examples.all = realloc(examples.all, examples.room * sizeof(*examples.all));
		assert_non_null(examples.all);
	}
	return memset(&examples.all[examples.count++], 0, sizeof(*examples.all));
}

static void ex_example(void)
{
	struct example *e = ex_new();

	ex.example = examples.count - 1;
	e->of = ex.example;
	e->line = ex.line;
	snprintf(e->file, sizeof(e->file), "%s", ex.name);
	e->udp = ex.udp;
	e->port = ex.port;
}

static struct example *ex_current(void)
{
	ex_check(examples.count && !strcmp(examples.all[ex.example].file, ex.name),
		 "no example before this");
	return &examples.all[ex.example];
}

static void ex_twin(void)
{
	struct example *e;

	ex_check(*ex_current()->claim.label, "what the example is must be said first");
	e = ex_new();
	*e = examples.all[ex.example];
	e->line = ex.line;
	do {
		ex.at += *ex.at == ',';
		ex_edit(e);
		ex_blanks();
	} while (*ex.at == ',');
	ex_check(ex_is("is"), "what it is must be said");
	ex_claim(&e->claim);
}

static void ex_packet(bool down)
{
	struct example *e = ex_current();

	ex_check(!*e->claim.label, "a packet after what the example is");
	ex_check(e->count < EX_PACKETS, "too many packets");
	e->packet[e->count].down = down;
	ex_sequence(&e->packet[e->count].bytes);
	ex_check(e->packet[e->count++].bytes.size && !*ex.at, "no bytes, or more than bytes");
}

static void ex_let(void)
{
	ex_check(ex.lets < EX_LETS, "too many names");
	memset(&ex.let[ex.lets], 0, sizeof(ex.let[ex.lets]));
	ex_name(" \t", ex.let[ex.lets].name);
	ex_sequence(&ex.let[ex.lets].bytes);
	ex.lets++;
}

static void ex_line(void)
{
	if (ex_is("example")) {
		ex_example();
	} else if (ex_is(">") || ex_is("<")) {
		ex_packet(ex.at[-1] == '<');
	} else if (ex_is("is")) {
		ex_claim(&ex_current()->claim);
	} else if (ex_is("but")) {
		ex_twin();
	} else if (ex_is("let")) {
		ex_let();
	} else if (ex_is("tcp") || ex_is("udp")) {
		ex.udp = ex.at[-3] == 'u';
		ex.port = (uint16_t)ex_number();
	} else {
		ex_blanks();
		ex_check(!*ex.at, "no such line");
	}
}

/* ------------------------------------------------------------ files */

/* Ends the line where a comment begins. */
static void ex_uncomment(char *line)
{
	bool quoted = false;

	line[strcspn(line, "\r\n")] = '\0';
	for (; *line && (quoted || *line != '#'); line++) {
		quoted ^= *line == '"';
		line += quoted && *line == '\\' && line[1];
	}
	*line = '\0';
}

/* Lines that begin with a blank go on with the one before. */
static void ex_read(const char *path)
{
	const char *base = strrchr(path, '/');
	char whole[8192] = "", line[1024];
	FILE *file = fopen(path, "r");
	unsigned number = 0;

	assert_non_null(file);
	memset(&ex, 0, sizeof(ex));
	snprintf(ex.name, sizeof(ex.name), "%s", base ? base + 1 : path);
	memcpy(ex.protocol, ex.name, strcspn(ex.name, "."));
	for (bool more = true; more;) {
		more = fgets(line, sizeof(line), file);
		number++;
		ex_uncomment(line);
		if (!more || !strchr(" \t", *line)) {
			ex.at = whole;
			ex_line();
			*whole = '\0';
			ex.line = number;
		}
		if (more)
			strncat(whole, line, sizeof(whole) - strlen(whole) - 1);
	}
	fclose(file);
}

/* Reads all files once. */
static void examples_read(void)
{
	glob_t files;

	if (examples.count)
		return;
	assert_int_equal(glob("tests/examples/*.txt", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		ex_read(files.gl_pathv[i]);
	globfree(&files);
}

static void examples_free(void)
{
	free(examples.all);
	memset(&examples, 0, sizeof(examples));
}

#endif
