/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "log.h"

#define CHARACTER_MAX 8u
#define TABLE_CHARS 0x10000u

/* ------------------------------------------------------------ writing */

static bool is_letter(__u8 byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static void put(struct spelling *out, __u8 byte, __u8 fold)
{
	if (out->length < PATTERN_LENGTH_MAX) {
		out->bytes[out->length] = byte;
		out->fold[out->length] = fold;
	}
	out->length++;
}

static void put_exact(struct spelling *out, __u8 byte)
{
	put(out, byte, 0);
}

/* A letter in either case; other bytes as they are. */
static void put_either(struct spelling *out, __u8 byte)
{
	if (is_letter(byte))
		put(out, byte | 0x20, 1);
	else
		put(out, byte, 0);
}

static void put_string(struct spelling *out, const char *text)
{
	while (*text)
		put_exact(out, *text++);
}

static void put_hex(struct spelling *out, __u32 value, unsigned int digits)
{
	while (digits--)
		put_either(out, "0123456789abcdef"[value >> 4 * digits & 15]);
}

/* Returns the bytes of c in UTF-8. */
static unsigned int utf8(__u32 c, __u8 bytes[4])
{
	unsigned int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (unsigned int i = n; --i; c >>= 6)
		bytes[i] = 0x80 | (c & 0x3f);
	bytes[0] = n == 1 ? c : (0xf00u >> n & 0xff) | c;
	return n;
}

static void put_utf8(struct spelling *out, __u32 c)
{
	__u8 bytes[4];
	unsigned int n = utf8(c, bytes);

	for (unsigned int i = 0; i < n; i++)
		put_either(out, bytes[i]);
}

/* Returns how many units, 1 or 2, c has in UTF-16. */
static unsigned int utf16(__u32 c, __u32 units[2])
{
	units[0] = c;
	if (c < 0x10000)
		return 1;
	units[0] = 0xd800 + ((c - 0x10000) >> 10);
	units[1] = 0xdc00 + (c & 0x3ff);
	return 2;
}

/* ------------------------------------------------------------ Unicode */

static void write_utf8(const struct variant *variant, unsigned int form, struct spelling *out)
{
	(void)form;
	for (unsigned int i = 0; i < variant->length; i++)
		put_utf8(out, variant->code[i]);
}

/* Only a unit below 0x80 is a letter: others may have a letter's byte in a half. */
static void put_unit(struct spelling *out, __u32 unit, unsigned int big)
{
	for (unsigned int half = 0; half < 2; half++) {
		__u8 byte = half == big ? unit : unit >> 8;

		if (unit < 0x80)
			put_either(out, byte);
		else
			put_exact(out, byte);
	}
}

static void write_utf16(const struct variant *variant, unsigned int big, struct spelling *out)
{
	__u32 units[2];

	for (unsigned int i = 0; i < variant->length; i++) {
		unsigned int n = utf16(variant->code[i], units);

		for (unsigned int k = 0; k < n; k++)
			put_unit(out, units[k], big);
	}
}

static void write_utf16le(const struct variant *variant, unsigned int form,
			  struct spelling *out)
{
	(void)form;
	write_utf16(variant, 0, out);
}

static void write_utf16be(const struct variant *variant, unsigned int form,
			  struct spelling *out)
{
	(void)form;
	write_utf16(variant, 1, out);
}

/* ------------------------------------------------------------ as ASCII text */

/* RFC 3986, 2.3 */
static bool unreserved(__u8 byte)
{
	return is_letter(byte) || (byte >= '0' && byte <= '9') ||
	       (byte && strchr("-._~", byte));
}

/* Forms: the space as %20, and as HTML forms send it. */
static void write_percent(const struct variant *variant, unsigned int form,
			  struct spelling *out)
{
	__u8 bytes[4];

	for (unsigned int i = 0; i < variant->length; i++) {
		unsigned int n = utf8(variant->code[i], bytes);

		for (unsigned int k = 0; k < n; k++) {
			if (unreserved(bytes[k])) {
				put_either(out, bytes[k]);
			} else if (bytes[k] == ' ' && form) {
				put_exact(out, '+');
			} else {
				put_exact(out, '%');
				put_hex(out, bytes[k], 2);
			}
		}
	}
}

/* Forms: bit 0 '/' with a backslash; bit 1 what is beyond ASCII as it is. */
static void write_json(const struct variant *variant, unsigned int form, struct spelling *out)
{
	__u32 units[2];

	for (unsigned int i = 0; i < variant->length; i++) {
		__u32 c = variant->code[i];
		unsigned int n = utf16(c, units);

		if (c < 0x80 || form & 2) {
			if (c == '"' || c == '\\' || (c == '/' && form & 1))
				put_exact(out, '\\');
			put_utf8(out, c);
			continue;
		}
		for (unsigned int k = 0; k < n; k++) {
			put_string(out, "\\u");
			put_hex(out, units[k], 4);
		}
	}
}

static const char *entity(__u32 c, bool quotes)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return quotes ? "&quot;" : NULL;
	case '\'':
		return quotes ? "&apos;" : NULL;
	}
	return NULL;
}

static void put_decimal(struct spelling *out, __u32 value)
{
	__u32 unit = 1;

	while (value / unit > 9)
		unit *= 10;
	for (; unit; unit /= 10)
		put_exact(out, '0' + value / unit % 10);
}

/* A numeric reference, without the leading zeros that it may have. */
static void put_reference(struct spelling *out, __u32 c, bool hex)
{
	unsigned int digits = 1;

	put_string(out, "&#");
	if (hex) {
		while (c >> 4 * digits)
			digits++;
		put_either(out, 'x');
		put_hex(out, c, digits);
	} else {
		put_decimal(out, c);
	}
	put_exact(out, ';');
}

/*
 * Forms: what is beyond ASCII in decimal, in hexadecimal, and as it is; from 3 on the
 * same with quotes escaped.
 */
static void write_xml(const struct variant *variant, unsigned int form, struct spelling *out)
{
	for (unsigned int i = 0; i < variant->length; i++) {
		__u32 c = variant->code[i];
		const char *name = entity(c, form >= 3);

		if (name)
			put_string(out, name);
		else if (c < 0x80 || form % 3 == 2)
			put_utf8(out, c);
		else
			put_reference(out, c, form % 3);
	}
}

/* ------------------------------------------------------------ as digits */

static unsigned int all_utf8(const struct variant *variant, __u8 bytes[4 * VARIANT_CHARS])
{
	unsigned int length = 0;

	for (unsigned int i = 0; i < variant->length; i++)
		length += utf8(variant->code[i], bytes + length);
	return length;
}

/*
 * Forms: by how many bytes stand before the word in its group of three, and from 3 on
 * in the URL alphabet. Characters that also hold bits of a neighbour are left out.
 */
static void write_base64(const struct variant *variant, unsigned int form, struct spelling *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789";
	const char *more = form < 3 ? "+/" : "-_";
	__u8 bytes[2 + 4 * VARIANT_CHARS + 1] = {0};
	unsigned int before = form % 3;
	unsigned int end = before + all_utf8(variant, bytes + before);

	for (unsigned int i = (8 * before + 5) / 6; i < 8 * end / 6; i++) {
		unsigned int at = 6 * i / 8, shift = 10 - 6 * i % 8;
		unsigned int value = (bytes[at] << 8 | bytes[at + 1]) >> shift & 63;

		put_exact(out, value < 62 ? digits[value] : more[value - 62]);
	}
	if (out->length < 4)
		out->length = 0;
}

static void write_hex(const struct variant *variant, unsigned int form, struct spelling *out)
{
	__u8 bytes[4 * VARIANT_CHARS];
	unsigned int length = all_utf8(variant, bytes);

	(void)form;
	for (unsigned int i = 0; i < length; i++)
		put_hex(out, bytes[i], 2);
}

/* ------------------------------------------------------------ character sets */

/* Bytes of a character; none: 0 not looked up yet, else it has none. */
struct cell {
	__u8 length;
	__u8 none;
	__u8 bytes[4];
};

struct table {
	iconv_t to;
	iconv_t from;
};

/*
 * Character by character: none of these sets has a state, and each text has few
 * different ones. cell: those of the first plane.
 */
struct charset {
	struct table table[2];
	struct cell cell[TABLE_CHARS];
};

/*
 * Names of iconv, the second for what the first lacks. CP932 and CP949 are what
 * browsers read and Windows writes as Shift_JIS and EUC-KR: all of the standards and
 * more. SHIFT_JIS has a few signs (wave dash, minus) under other characters than
 * CP932. BIG5-HKSCS moves a few of BIG5's, so it comes second. GB18030 has all of
 * GBK.
 */
static const char *const charset_names[GL_ENC_MAX][2] = {
    [GL_ENC_GB18030] = {"GB18030", NULL},	 [GL_ENC_BIG5] = {"BIG5", "BIG5-HKSCS"},
    [GL_ENC_SHIFT_JIS] = {"CP932", "SHIFT_JIS"}, [GL_ENC_EUC_KR] = {"CP949", "EUC-KR"},
    [GL_ENC_KOI8_R] = {"KOI8-R", NULL},		 [GL_ENC_WINDOWS_1251] = {"CP1251", NULL},
};

static void close_table(struct table *table)
{
	if (table->to != (iconv_t)-1)
		iconv_close(table->to);
	if (table->from != (iconv_t)-1)
		iconv_close(table->from);
}

static bool open_table(struct table *table, const char *name)
{
	table->to = table->from = (iconv_t)-1;
	if (!name)
		return false;
	table->to = iconv_open(name, "UTF-8");
	table->from = iconv_open("UTF-8", name);
	if (table->to != (iconv_t)-1 && table->from != (iconv_t)-1)
		return true;
	close_table(table);
	table->to = table->from = (iconv_t)-1;
	return false;
}

/* Returns the bytes written to out, 0 when there is no exact conversion. */
static size_t convert(iconv_t cd, const __u8 *in, size_t length, __u8 out[CHARACTER_MAX])
{
	char *from = (char *)in, *to = (char *)out;
	size_t left = length, room = CHARACTER_MAX;

	if (cd == (iconv_t)-1)
		return 0;
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &room) || left)
		return 0;
	if (iconv(cd, NULL, NULL, &to, &room))
		return 0;
	return CHARACTER_MAX - room;
}

/* What comes back must be the character itself, not one that looks like it. */
static struct cell look_up(struct charset *charset, __u32 c)
{
	__u8 text[4], bytes[CHARACTER_MAX], back[CHARACTER_MAX];
	size_t length = utf8(c, text), n;
	struct cell cell = {.none = 1};

	for (unsigned int i = 0; i < 2; i++) {
		n = convert(charset->table[i].to, text, length, bytes);
		if (!n || n > sizeof(cell.bytes) ||
		    convert(charset->table[i].from, bytes, n, back) != length ||
		    memcmp(text, back, length))
			continue;
		cell.length = n;
		memcpy(cell.bytes, bytes, n);
		break;
	}
	return cell;
}

static int open_charset(struct encoder *encoder, unsigned int encoding)
{
	struct charset *charset;

	if (encoder->charset[encoding])
		return 0;
	charset = calloc(1, sizeof(*charset));
	if (!charset)
		return log_error(-ENOMEM, "out of memory for the characters of %s",
				 encoding_name(encoding));
	open_table(&charset->table[1], charset_names[encoding][1]);
	if (!open_table(&charset->table[0], charset_names[encoding][0])) {
		close_table(&charset->table[1]);
		free(charset);
		return log_error(-EINVAL,
				 "the C library of this system has no table of %s; install its "
				 "iconv tables (Fedora: glibc-gconv-extra) or leave %s out",
				 encoding_name(encoding), encoding_name(encoding));
	}
	encoder->charset[encoding] = charset;
	return 0;
}

/* ASCII is itself in all of them, and needs no table. */
static int write_charset(struct encoder *encoder, unsigned int encoding,
			 const struct variant *variant, struct spelling *out)
{
	for (unsigned int i = 0; i < variant->length; i++) {
		struct charset *charset;
		struct cell cell;
		__u32 c = variant->code[i];
		int ret;

		if (c < 0x80) {
			put_either(out, c);
			continue;
		}
		ret = open_charset(encoder, encoding);
		if (ret)
			return ret;
		charset = encoder->charset[encoding];
		cell = c < TABLE_CHARS ? charset->cell[c] : (struct cell){0};
		if (!cell.length && !cell.none)
			cell = look_up(charset, c);
		if (c < TABLE_CHARS)
			charset->cell[c] = cell;
		if (!cell.length) {
			out->length = 0;
			return 0;
		}
		for (unsigned int k = 0; k < cell.length; k++)
			put_exact(out, cell.bytes[k]);
	}
	return 0;
}

/* ------------------------------------------------------------ all of them */

/* write: NULL for a character set of the C library. */
static const struct {
	unsigned int forms;
	bool cased;
	void (*write)(const struct variant *variant, unsigned int form, struct spelling *out);
} encodings[GL_ENC_MAX] = {
    [GL_ENC_UTF8] = {1, false, write_utf8},
    [GL_ENC_UTF16LE] = {1, false, write_utf16le},
    [GL_ENC_UTF16BE] = {1, false, write_utf16be},
    [GL_ENC_GB18030] = {1, false, NULL},
    [GL_ENC_BIG5] = {1, false, NULL},
    [GL_ENC_SHIFT_JIS] = {1, false, NULL},
    [GL_ENC_EUC_KR] = {1, false, NULL},
    [GL_ENC_KOI8_R] = {1, false, NULL},
    [GL_ENC_WINDOWS_1251] = {1, false, NULL},
    [GL_ENC_PERCENT] = {2, false, write_percent},
    [GL_ENC_JSON] = {4, false, write_json},
    [GL_ENC_XML] = {6, false, write_xml},
    [GL_ENC_BASE64] = {6, true, write_base64},
    [GL_ENC_HEX] = {1, true, write_hex},
};

unsigned int encode_forms(unsigned int encoding)
{
	return encodings[encoding].forms;
}

bool encode_cased(unsigned int encoding)
{
	return encodings[encoding].cased;
}

bool encode_can(unsigned int encoding)
{
	struct table table;

	if (encodings[encoding].write)
		return true;
	if (!open_table(&table, charset_names[encoding][0]))
		return false;
	close_table(&table);
	return true;
}

int encode(struct encoder *encoder, unsigned int encoding, unsigned int form,
	   const struct variant *variant, struct spelling *out)
{
	out->length = 0;
	if (!encodings[encoding].write)
		return write_charset(encoder, encoding, variant, out);
	encodings[encoding].write(variant, form, out);
	return 0;
}

void encoder_free(struct encoder *encoder)
{
	for (unsigned int i = 0; i < GL_ENC_MAX; i++) {
		struct charset *charset = encoder->charset[i];

		if (!charset)
			continue;
		close_table(&charset->table[0]);
		close_table(&charset->table[1]);
		free(charset);
		encoder->charset[i] = NULL;
	}
}
