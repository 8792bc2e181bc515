/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <langinfo.h>
#include <string.h>

#include "table.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GAP 2u	 /* columns between two cells */
#define LEAST 8u /* columns that a cell which gives way keeps */

/* ------------------------------------------------------------ characters */

/*
 * Ranges that are not one column wide, in order: East_Asian_Width W and F, and
 * marks (general categories Mn and Me) of the scripts that are written with many.
 * The C library's wcwidth() would need the right locale.
 */
static const struct range {
	__u32 first;
	__u32 last;
	unsigned int width;
} ranges[] = {
    {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},	  {0x0591, 0x05bd, 0},	 {0x05bf, 0x05bf, 0},
    {0x05c1, 0x05c2, 0},   {0x05c4, 0x05c5, 0},	  {0x05c7, 0x05c7, 0},	 {0x0610, 0x061a, 0},
    {0x064b, 0x065f, 0},   {0x0670, 0x0670, 0},	  {0x06d6, 0x06dc, 0},	 {0x06df, 0x06e4, 0},
    {0x06e7, 0x06e8, 0},   {0x06ea, 0x06ed, 0},	  {0x0900, 0x0902, 0},	 {0x093a, 0x093a, 0},
    {0x093c, 0x093c, 0},   {0x0941, 0x0948, 0},	  {0x094d, 0x094d, 0},	 {0x0e31, 0x0e31, 0},
    {0x0e34, 0x0e3a, 0},   {0x0e47, 0x0e4e, 0},	  {0x0f71, 0x0f7e, 0},	 {0x0f80, 0x0f84, 0},
    {0x0f8d, 0x0fbc, 0},   {0x1100, 0x115f, 2},	  {0x1160, 0x11ff, 0},	 {0x1ab0, 0x1aff, 0},
    {0x1dc0, 0x1dff, 0},   {0x200b, 0x200f, 0},	  {0x202a, 0x202e, 0},	 {0x2060, 0x2064, 0},
    {0x20d0, 0x20f0, 0},   {0x231a, 0x231b, 2},	  {0x2329, 0x232a, 2},	 {0x23e9, 0x23ec, 2},
    {0x25fd, 0x25fe, 2},   {0x2614, 0x2615, 2},	  {0x2648, 0x2653, 2},	 {0x2705, 0x2705, 2},
    {0x270a, 0x270b, 2},   {0x2728, 0x2728, 2},	  {0x274c, 0x274c, 2},	 {0x2753, 0x2755, 2},
    {0x2e80, 0x3029, 2},   {0x302a, 0x302d, 0},	  {0x302e, 0x303e, 2},	 {0x3041, 0x3098, 2},
    {0x3099, 0x309a, 0},   {0x309b, 0x4dbf, 2},	  {0x4e00, 0xa4cf, 2},	 {0xa960, 0xa97c, 2},
    {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},	  {0xfe00, 0xfe0f, 0},	 {0xfe10, 0xfe19, 2},
    {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},	  {0xfeff, 0xfeff, 0},	 {0xff01, 0xff60, 2},
    {0xffe0, 0xffe6, 2},   {0x16fe0, 0x18cff, 2}, {0x1aff0, 0x1b2fb, 2}, {0x1f300, 0x1f64f, 2},
    {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x1fa70, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    {0xe0100, 0xe01ef, 0},
};

static unsigned int char_width(__u32 code)
{
	size_t low = 0, high = COUNT(ranges), middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (code > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < COUNT(ranges) && code >= ranges[low].first ? ranges[low].width : 1;
}

/* Bytes of the character at text, a stray byte being one, and its width. */
static size_t step(const char *text, size_t left, unsigned int *width)
{
	__u32 code;
	size_t n = text_char(text, left, &code);

	*width = n ? char_width(code) : 1;
	return n ? n : 1;
}

unsigned int text_width(const char *text)
{
	size_t left = strlen(text), n;
	unsigned int sum = 0, width;

	for (; left; text += n, left -= n) {
		n = step(text, left, &width);
		sum += width;
	}
	return sum;
}

void text_cut(char *text, size_t size, unsigned int columns)
{
	const char *ellipsis = text_utf8() ? "\u2026" : "...";
	size_t length = strlen(text), at = 0, n;
	unsigned int room, sum = 0, width;

	if (text_width(text) <= columns)
		return;
	room = columns > text_width(ellipsis) ? columns - text_width(ellipsis) : 0;
	for (; at < length; at += n, sum += width) {
		n = step(text + at, length - at, &width);
		if (sum + width > room)
			break;
	}
	text[at] = '\0';
	if (columns >= text_width(ellipsis) && at + strlen(ellipsis) < size)
		strcpy(text + at, ellipsis);
}

bool text_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* ------------------------------------------------------------ columns */

void table_text(FILE *out, bool colour, enum table_style style, const char *text)
{
	static const char *const codes[] = {
	    [STYLE_TITLE] = "1",
	    [STYLE_FAINT] = "2",
	    [STYLE_NOTICE] = "33",
	    [STYLE_ALERT] = "1;31",
	};

	if (colour && style != STYLE_PLAIN)
		fprintf(out, "\033[%sm%s\033[0m", codes[style], text);
	else
		fputs(text, out);
}

static void measure(struct table *table, const struct table_cell *cells)
{
	unsigned int width;

	for (size_t i = 0; table->align[i]; i++) {
		width = text_width(cells[i].text);
		if (table->align[i] != 'p' && width > table->width[i])
			table->width[i] = width;
	}
}

void table_row(struct table *table, struct table_cell *cells)
{
	unsigned int at = 0, spaces = 0, width, fill;

	if (!table->printing) {
		measure(table, cells);
		return;
	}
	for (size_t i = 0; table->align[i]; i++, spaces += GAP) {
		if (table->align[i] != 'p')
			text_cut(cells[i].text, sizeof(cells[i].text), table->width[i]);
		width = text_width(cells[i].text);
		fill = table->width[i] > width ? table->width[i] - width : 0;
		if (table->align[i] == 'p' && at + spaces + width > TABLE_WIDTH) {
			fputc('\n', table->out);
			at = 0;
			spaces = 2 * GAP;
		}
		if (table->align[i] == 'r')
			spaces += fill;
		/* Spaces wait for text, so that no line ends with one. */
		if (cells[i].text[0]) {
			fprintf(table->out, "%*s", (int)spaces, "");
			table_text(table->out, table->colour, cells[i].style, cells[i].text);
			at += spaces + width;
			spaces = 0;
		}
		if (table->align[i] != 'r')
			spaces += fill;
	}
	fputc('\n', table->out);
}

void table_print(struct table *table, int column)
{
	unsigned int sum = 0, others;

	table->printing = true;
	if (column < 0)
		return;
	for (size_t i = 0; table->align[i]; i++)
		sum += table->width[i] + (i ? GAP : 0);
	if (sum <= TABLE_WIDTH)
		return;
	others = sum - table->width[column];
	table->width[column] = others + LEAST < TABLE_WIDTH ? TABLE_WIDTH - others : LEAST;
}

char *text_grouped(char out[TEXT_NUMBER], __u64 n)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

char *text_bytes(char out[TEXT_NUMBER], __u64 bytes)
{
	static const char units[] = "BkMGTPE";
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= (unit ? 999.95 : 1000); unit++)
		value /= 1000;
	if (unit)
		snprintf(out, TEXT_NUMBER, "%.1f %cB", value, units[unit]);
	else
		snprintf(out, TEXT_NUMBER, "%llu B", (unsigned long long)bytes);
	return out;
}

int text_finish(FILE *out)
{
	errno = 0;
	if (fflush(out))
		return errno ? -errno : -EIO;
	return ferror(out) ? -EIO : 0;
}
