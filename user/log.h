/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h - what glassine tells a person: one sentence, on stderr. */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

enum log_level { LOG_SILENT, LOG_ERRORS, LOG_NOTES, LOG_DEBUG };

/* Sets what is printed; default LOG_NOTES. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/*
 * Prints "glassine: SENTENCE" and returns err, so that a caller can log and
 * return in one statement. err: a negative errno. The text is escaped.
 */
int log_error(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints something worth knowing that is not a failure. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Copies text to out with control characters, invalid UTF-8 and bidirectional
 * controls as \xNN, so that it cannot steer a terminal. At most size bytes with
 * the terminating NUL; longer text is cut at a character. Returns out.
 */
char *log_escape(char *out, size_t size, const char *text, size_t length);

#endif
