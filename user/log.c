/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "text.h"

static enum log_level log_limit = LOG_NOTES;

void log_set_level(enum log_level level)
{
	log_limit = level;
}

enum log_level log_get_level(void)
{
	return log_limit;
}

char *log_escape(char *out, size_t size, const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	for (size_t i = 0; i < length;) {
		__u32 c = 0;
		size_t n = text_char(text + i, length - i, &c);
		size_t need = n && !text_steers(c) ? n : 4;

		if (need == n && at + n < size) {
			memcpy(out + at, p + i, n);
		} else if (need == 4 && at + 4 < size && (!n || text_steers(c))) {
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
