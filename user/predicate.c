/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "sigset.h"

static const char *const registers[GL_REGISTERS] = {"r0", "r1"};

struct reader {
	const char *at;
	const char *what;
};

static bool wrong(struct reader *r, const char *what)
{
	if (!r->what)
		r->what = what;
	return false;
}

static void skip_space(struct reader *r)
{
	while (*r->at == ' ')
		r->at++;
}

/* Takes token if it comes next. */
static bool take(struct reader *r, const char *token)
{
	size_t length = strlen(token);

	skip_space(r);
	if (strncmp(r->at, token, length))
		return false;
	if (isalpha((unsigned char)token[0]) && isalnum((unsigned char)r->at[length]))
		return false;
	r->at += length;
	return true;
}

static int digit(char c, int base)
{
	int value = isdigit((unsigned char)c) ? c - '0' : -1;

	if (base == 16 && value < 0 && isxdigit((unsigned char)c))
		value = tolower((unsigned char)c) - 'a' + 10;
	return value;
}

/* An unsigned integer, decimal or 0x hexadecimal, up to max. */
static bool number(struct reader *r, uint64_t max, const char *what, uint64_t *out)
{
	uint64_t value = 0;
	int base = 10;

	skip_space(r);
	if (r->at[0] == '0' && (r->at[1] | 0x20) == 'x') {
		base = 16;
		r->at += 2;
	}
	if (digit(*r->at, base) < 0)
		return wrong(r, "lacks an integer (decimal, or hexadecimal after 0x)");
	while (digit(*r->at, base) >= 0) {
		value = value * (unsigned)base + (unsigned)digit(*r->at++, base);
		if (value > max)
			return wrong(r, what);
	}
	*out = value;
	return true;
}

/* + n or - n; nothing is 0. */
static bool offset(struct reader *r, __s32 *out)
{
	bool minus = take(r, "-");
	uint64_t value = 0;

	if (!minus && !take(r, "+"))
		return true;
	if (!number(r, INT32_MAX, "has a number above 2147483647", &value))
		return false;
	*out = minus ? -(__s32)value : (__s32)value;
	return true;
}

static bool field(struct reader *r, struct gl_sig_row *row)
{
	static const struct {
		const char *name;
		__u8 width;
		__u8 little;
	} fields[] = {{"u8", 1, 0},    {"u16be", 2, 0}, {"u16le", 2, 1}, {"u24be", 3, 0},
		      {"u24le", 3, 1}, {"u32be", 4, 0}, {"u32le", 4, 1}};
	uint64_t at = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && !row->width; i++) {
		if (!take(r, fields[i].name))
			continue;
		row->width = fields[i].width;
		row->little = fields[i].little;
	}
	if (!row->width || !take(r, "("))
		return wrong(r,
			     "must begin with u8(o), u16be(o), u16le(o), u24be(o), u24le(o), "
			     "u32be(o), u32le(o), length or last");
	if (!number(r, 255u - row->width, "reads beyond byte 254", &at))
		return false;
	row->left = GL_OPERAND_FIELD;
	row->offset = (__u8)at;
	return take(r, ")") || wrong(r, "lacks ) after the offset");
}

static bool left_side(struct reader *r, struct gl_sig_row *row)
{
	uint64_t value = 0;

	if (take(r, "length"))
		row->left = GL_OPERAND_LENGTH;
	else if (take(r, "last"))
		row->left = GL_OPERAND_LAST;
	else if (!field(r, row))
		return false;
	if (take(r, "&")) {
		if (!number(r, UINT32_MAX, "has a mask above 0xffffffff", &value))
			return false;
		row->mask = (__u32)value;
	}
	if (take(r, "*")) {
		if (!number(r, 65536, "multiplies by more than 65536", &value))
			return false;
		row->multiply = (__u32)value;
	}
	return offset(r, &row->add);
}

static bool operator(struct reader *r, struct gl_sig_row *row)
{
	static const struct {
		const char *sign;
		__u8 op;
	} operators[] = {{"==", GL_OP_EQ}, {"!=", GL_OP_NE}, {"<=", GL_OP_LE},
			 {">=", GL_OP_GE}, {"<", GL_OP_LT},  {">", GL_OP_GT}};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (!take(r, operators[i].sign))
			continue;
		row->op = operators[i].op;
		return true;
	}
	return wrong(
	    r, "lacks one of == != < <= > >= (the order is FIELD & MASK * M + A OP VALUE)");
}

static bool right_side(struct reader *r, struct gl_sig_row *row)
{
	uint64_t value = 0;
	__s32 add = 0;
	bool minus;

	row->right = take(r, "length") ? GL_OPERAND_LENGTH : GL_OPERAND_CONST;
	for (__u8 i = 0; i < GL_REGISTERS && row->right == GL_OPERAND_CONST; i++) {
		if (!take(r, registers[i]))
			continue;
		row->right = GL_OPERAND_REGISTER;
		row->reg = i;
	}
	if (row->right != GL_OPERAND_CONST) {
		if (!offset(r, &add))
			return false;
		row->value = add;
		return true;
	}
	minus = take(r, "-");
	if (!number(r, UINT32_MAX, "compares with a number above 0xffffffff", &value))
		return false;
	row->value = minus ? -(__s64)value : (__s64)value;
	return true;
}

/* Ends the sentence, or the row. */
static int finish(struct reader *r, const struct gl_sig_row *out, struct gl_sig_row *row,
		  const char **what)
{
	skip_space(r);
	if (*r->at)
		wrong(r, "has something after its end");
	if (r->what) {
		*what = r->what;
		return -EINVAL;
	}
	*row = *out;
	return 0;
}

int predicate_parse(const char *text, struct gl_sig_row *row, const char **what)
{
	struct gl_sig_row out = {.mask = 0xffffffff, .multiply = 1};
	struct reader r = {.at = text};

	if (left_side(&r, &out) && operator(&r, &out))
		right_side(&r, &out);
	return finish(&r, &out, row, what);
}

int predicate_store(const char *text, __u8 reg, struct gl_sig_row *row, const char **what)
{
	struct gl_sig_row out = {.right = GL_OPERAND_CONST,
				 .op = GL_OP_STORE,
				 .reg = reg,
				 .mask = 0xffffffff,
				 .multiply = 1};
	struct reader r = {.at = text};

	left_side(&r, &out);
	return finish(&r, &out, row, what);
}
