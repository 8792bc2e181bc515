/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#ifdef HAVE_UTF8PROC
#include <utf8proc.h>
#endif

#include "patterns.h"
#include "text.h"
#include "variants.h"

#define COMBINED_MAX 4u /* letters beyond ASCII: twice as many variants with each */
#define SIGMA 0x3c3u
#define FINAL_SIGMA 0x3c2u

/* ------------------------------------------------------------ characters */

#ifdef HAVE_UTF8PROC

static __u32 lower(__u32 c)
{
	return utf8proc_tolower(c);
}

static __u32 upper(__u32 c)
{
	return utf8proc_toupper(c);
}

static __u32 title(__u32 c)
{
	return utf8proc_totitle(c);
}

/*
 * The library has no upper case of more than one character. Folding gives as many,
 * in lower case, for the letters that have one. Returns how many, 1 for the others.
 */
static unsigned int upper_full(__u32 c, __u32 out[4])
{
	utf8proc_int32_t folded[4];
	int boundary = 0;
	utf8proc_ssize_t n =
	    utf8proc_decompose_char(c, folded, 4, UTF8PROC_CASEFOLD, &boundary);

	if (n < 2 || n > 4) {
		out[0] = upper(c);
		return 1;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++)
		out[i] = upper(folded[i]);
	return n;
}

#else

/* Not tolower(): the locale must not decide what matches. */
static __u32 lower(__u32 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static __u32 upper(__u32 c)
{
	return c >= 'a' && c <= 'z' ? c & ~0x20u : c;
}

static __u32 title(__u32 c)
{
	return upper(c);
}

static unsigned int upper_full(__u32 c, __u32 out[4])
{
	out[0] = upper(c);
	return 1;
}

#endif

static bool cased(__u32 c)
{
	return lower(c) != c || upper(c) != c;
}

static __u32 fold_ascii(__u32 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* ------------------------------------------------------------ normal forms */

#ifdef HAVE_UTF8PROC

/* Returns the characters of out, or a negative number when they do not fit. */
static int map_text(const char *text, size_t length, utf8proc_int32_t *out, int room,
		    utf8proc_option_t options)
{
	utf8proc_ssize_t n =
	    utf8proc_decompose((const utf8proc_uint8_t *)text, length, out, room, options);

	if (n < 0 || n > room)
		return -1;
	return options & UTF8PROC_COMPOSE ? utf8proc_normalize_utf32(out, n, options) : n;
}

static bool normalise(const struct variant *from, bool compose, struct variant *to)
{
	char text[4 * VARIANT_CHARS];
	size_t length = 0;
	int n;

	for (unsigned int i = 0; i < from->length; i++)
		length +=
		    utf8proc_encode_char(from->code[i], (utf8proc_uint8_t *)text + length);
	n = map_text(text, length, (utf8proc_int32_t *)to->code, VARIANT_CHARS,
		     UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE));
	if (n < 0)
		return false;
	to->length = n;
	return true;
}

int fold_text(const char *text, size_t length, char *folded, size_t size)
{
	utf8proc_int32_t code[512];
	utf8proc_uint8_t bytes[4];
	size_t at = 0;
	int n = map_text(text, length, code, 512,
			 UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);

	if (n < 0 || !size)
		return -E2BIG;
	for (int i = 0; i < n; i++) {
		size_t room = utf8proc_encode_char(code[i], bytes);

		if (room >= size - at)
			return -E2BIG;
		memcpy(folded + at, bytes, room);
		at += room;
	}
	folded[at] = '\0';
	return 0;
}

#else

static bool normalise(const struct variant *from, bool compose, struct variant *to)
{
	(void)compose;
	*to = *from;
	return true;
}

int fold_text(const char *text, size_t length, char *folded, size_t size)
{
	if (length >= size)
		return -E2BIG;
	for (size_t i = 0; i < length; i++)
		folded[i] = fold_ascii((unsigned char)text[i]);
	folded[length] = '\0';
	return 0;
}

#endif

/* ------------------------------------------------------------ variants */

/* What they have in common: 2 all of it, 1 all but the case of ASCII letters, 0. */
static int alike(const struct variant *a, const struct variant *b)
{
	int equal = 2;

	if (a->length != b->length)
		return 0;
	for (unsigned int i = 0; i < a->length; i++) {
		if (a->code[i] == b->code[i])
			continue;
		if (fold_ascii(a->code[i]) != fold_ascii(b->code[i]))
			return 0;
		equal = 1;
	}
	return equal;
}

static void add(struct variants *all, const struct variant *variant)
{
	bool twin = false;

	for (unsigned int i = 0; i < all->count; i++) {
		int equal = alike(&all->variant[i], variant);

		if (equal == 2)
			return;
		twin = twin || equal;
	}
	if (all->count == VARIANTS_MAX)
		return;
	all->variant[all->count] = *variant;
	all->variant[all->count++].twin = twin;
}

static void add_forms(struct variants *all, const struct variant *variant)
{
	struct variant form;

	add(all, variant);
	for (unsigned int i = 0; i < variant->length; i++) {
		if (variant->code[i] < 0x80)
			continue;
		if (normalise(variant, true, &form))
			add(all, &form);
		if (normalise(variant, false, &form))
			add(all, &form);
		return;
	}
}

/* Also as it is written where sigma ends a word. */
static void add_sigma(struct variants *all, const struct variant *variant)
{
	struct variant final = *variant;

	add_forms(all, variant);
	for (unsigned int i = 1; i < final.length; i++) {
		bool last = i + 1 == final.length || !cased(variant->code[i + 1]);

		if (variant->code[i] == SIGMA && last && cased(variant->code[i - 1]))
			final.code[i] = FINAL_SIGMA;
	}
	add_forms(all, &final);
}

static void add_mapped(struct variants *all, const struct variant *base, __u32 (*map)(__u32))
{
	struct variant variant = {.length = base->length};

	for (unsigned int i = 0; i < base->length; i++)
		variant.code[i] = map(base->code[i]);
	add_sigma(all, &variant);
}

static void add_upper_full(struct variants *all, const struct variant *base)
{
	struct variant variant = {0};
	__u32 code[4];

	for (unsigned int i = 0; i < base->length; i++) {
		unsigned int n = upper_full(base->code[i], code);

		if (variant.length + n > VARIANT_CHARS)
			return;
		memcpy(variant.code + variant.length, code, n * sizeof(code[0]));
		variant.length += n;
	}
	add_forms(all, &variant);
}

/* The first letter, or with parts that of each part between spaces. */
static void add_capital(struct variants *all, const struct variant *base, bool parts)
{
	struct variant variant = {.length = base->length};
	bool first = true;

	for (unsigned int i = 0; i < base->length; i++) {
		__u32 c = base->code[i];

		variant.code[i] = first ? title(c) : lower(c);
		if (cased(c))
			first = false;
		else if (c == ' ')
			first = first || parts;
	}
	add_sigma(all, &variant);
}

static void add_combinations(struct variants *all, const struct variant *base)
{
	struct variant variant = *base;
	unsigned int at[COMBINED_MAX], letters = 0;

	for (unsigned int i = 0; i < base->length; i++) {
		if (base->code[i] < 0x80 || !cased(base->code[i]))
			continue;
		if (letters == COMBINED_MAX)
			return;
		at[letters++] = i;
	}
	for (unsigned int bits = 0; letters && bits < 1u << letters; bits++) {
		for (unsigned int i = 0; i < letters; i++) {
			__u32 c = base->code[at[i]];

			variant.code[at[i]] = bits >> i & 1 ? upper(c) : lower(c);
		}
		add_forms(all, &variant);
	}
}

void variants_make(struct variants *variants, const char *text, size_t length)
{
	struct variant listed = {0}, base;
	size_t n;

	variants->count = 0;
	for (size_t i = 0; i < length && listed.length < VARIANT_CHARS; i += n) {
		n = text_char(text + i, length - i, &listed.code[listed.length]);
		if (!n)
			return;
		listed.length++;
	}
	add_forms(variants, &listed);
	if (!normalise(&listed, true, &base))
		base = listed;
	add_mapped(variants, &base, lower);
	add_mapped(variants, &base, upper);
	add_upper_full(variants, &base);
	add_capital(variants, &base, false);
	add_capital(variants, &base, true);
	add_combinations(variants, &base);
}
