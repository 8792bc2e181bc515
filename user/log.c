/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static enum log_level log_limit = LOG_NOTES;

void log_set_level(enum log_level level)
{
	log_limit = level;
}

enum log_level log_get_level(void)
{
	return log_limit;
}

/* Bytes of the well-formed UTF-8 character at p (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t left, uint32_t *code)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return n;
}

/* C0, DEL, C1, and the controls that reorder or break a line (UAX 9). */
static int steers_terminal(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

char *log_escape(char *out, size_t size, const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	for (size_t i = 0; i < length;) {
		uint32_t c = 0;
		size_t n = utf8_length(p + i, length - i, &c);
		size_t need = n && !steers_terminal(c) ? n : 4;

		if (need == n && at + n < size) {
			memcpy(out + at, p + i, n);
		} else if (need == 4 && at + 4 < size && (!n || steers_terminal(c))) {
			snprintf(out + at, size - at, "\\x%02x", p[i]);
			n = 1;
		} else {
			break;
		}
		at += need;
		i += n;
	}
	if (size)
		out[at] = '\0';
	return out;
}

static void print(const char *prefix, const char *format, va_list args)
{
	char text[1024], safe[4096];

	vsnprintf(text, sizeof(text), format, args);
	log_escape(safe, sizeof(safe), text, strlen(text));
	fprintf(stderr, "%s%s\n", prefix, safe);
}

int log_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (log_limit >= LOG_ERRORS)
		print("glassine: ", format, args);
	va_end(args);
	return err;
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (log_limit >= LOG_NOTES)
		print("glassine: note: ", format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (log_limit >= LOG_DEBUG)
		print("glassine: debug: ", format, args);
	va_end(args);
}
