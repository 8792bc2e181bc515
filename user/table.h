/* SPDX-License-Identifier: BSD-2-Clause */
/* table.h - text on a terminal: characters, their widths, aligned columns. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

#define TABLE_COLUMNS 13
#define TABLE_CELL 272	 /* bytes: a listed word, each byte escaped, and more */
#define TABLE_WIDTH 100u /* columns of a line for people */

/* Terminal columns: wide East Asian characters and emoji 2, combining marks 0. */
unsigned int text_width(const char *text);

/*
 * Cuts text in place to that many columns; what was cut ends with an ellipsis.
 * size: bytes that text has room for.
 */
void text_cut(char *text, size_t size, unsigned int columns);

/* Can the locale show more than ASCII? Decides decoration only. */
bool text_utf8(void);

/* Flushes. A stream remembers that a write failed, but only this may say why: 0 or -errno. */
int text_finish(FILE *out);

#define TEXT_NUMBER 32 /* bytes that any number with commas and unit fits in */

/* 12,345 */
char *text_grouped(char out[TEXT_NUMBER], __u64 n);

/* Bytes as people say them: 999 B, 1.5 kB (powers of 1000, as links are sold). */
char *text_bytes(char out[TEXT_NUMBER], __u64 bytes);

enum table_style { STYLE_PLAIN, STYLE_TITLE, STYLE_FAINT, STYLE_NOTICE, STYLE_ALERT };

struct table_cell {
	enum table_style style;
	char text[TABLE_CELL];
};

/*
 * Rows are given twice: first to be measured, then, after table_print(), to be
 * printed, so that nothing is kept. align: a letter for each column: l, r, or,
 * for the last, p: prose, which gets a line of its own where it does not fit.
 */
struct table {
	FILE *out;
	const char *align;
	bool colour;
	bool printing;
	unsigned int width[TABLE_COLUMNS];
};

/* Measures or prints one row. A cell wider than its column is cut in place. */
void table_row(struct table *table, struct table_cell *cells);

/*
 * Ends measuring. column: which one gives way when a row is wider than
 * TABLE_WIDTH, -1 none.
 */
void table_print(struct table *table, int column);

/* Prints text in a style, plain without colour. */
void table_text(FILE *out, bool colour, enum table_style style, const char *text);

#endif
