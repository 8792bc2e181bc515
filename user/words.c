/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "patterns.h"
#include "words.h"

#define FILE_MAX (64u << 20)		 /* six times what 100 000 of the longest words take */
#define FOLDED_MAX (4 * GL_WORD_MAX + 1) /* normal form C is at most thrice as long */

/* ------------------------------------------------------------ the list */

/*
 * Open addressing: 1 + position of a word, 0 free. cells is a power of two. The
 * hashes of the words lie behind the cells, so that no word is folded to grow.
 */
struct index {
	size_t cells;
	__u32 *hashes;
	__u32 at[];
};

/* FNV-1a */
static __u32 hash(const char *text)
{
	__u64 hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* A word that the parser did not let in may be without end, and has no fold then. */
static __u32 fold_word(const struct word *word, char folded[FOLDED_MAX])
{
	if (fold_text(word->text, strnlen(word->text, GL_WORD_MAX), folded, FOLDED_MAX))
		folded[0] = '\0';
	return hash(folded);
}

/* The cell of an equal word, or the free one where it belongs. */
static __u32 *find(const struct word_list *list, const char *folded, __u32 key)
{
	struct index *index = list->index;
	size_t at = key & (index->cells - 1);
	char other[FOLDED_MAX];

	for (; index->at[at]; at = (at + 1) & (index->cells - 1)) {
		__u32 word = index->at[at] - 1;

		if (index->hashes[word] != key)
			continue;
		fold_word(&list->words[word], other);
		if (!strcmp(folded, other))
			break;
	}
	return &index->at[at];
}

static void reindex(struct word_list *list)
{
	struct index *index = list->index;

	if (!index)
		return;
	memset(index->at, 0, index->cells * sizeof(index->at[0]));
	for (size_t i = 0; i < list->count; i++) {
		size_t at = index->hashes[i] & (index->cells - 1);

		while (index->at[at])
			at = (at + 1) & (index->cells - 1);
		index->at[at] = i + 1;
	}
}

static void copy_hashes(const struct word_list *list, struct index *index)
{
	const struct index *old = list->index;
	char folded[FOLDED_MAX];

	for (size_t i = 0; i < list->count; i++)
		index->hashes[i] = old ? old->hashes[i] : fold_word(&list->words[i], folded);
}

static int grow(struct word_list *list)
{
	size_t room = list->count < 32 ? 64 : 2 * list->count;
	size_t cells = 4 * room;
	struct index *index;
	struct word *words;

	while (cells & (cells - 1))
		cells &= cells - 1;
	index = malloc(sizeof(*index) + (cells + room) * sizeof(index->at[0]));
	words = index ? realloc(list->words, room * sizeof(*words)) : NULL;
	if (!words) {
		free(index);
		return log_error(-ENOMEM, "out of memory for a list of %zu words", room);
	}
	list->words = words;
	list->room = room;
	index->cells = cells;
	index->hashes = index->at + cells;
	copy_hashes(list, index);
	free(list->index);
	list->index = index;
	reindex(list);
	return 0;
}

void words_free(struct word_list *list)
{
	free(list->words);
	free(list->index);
	memset(list, 0, sizeof(*list));
}

/* ------------------------------------------------------------ the file */

struct parser {
	struct word_list *list;
	const char *name;
	enum gl_list which;
	size_t line;
	size_t seen; /* words, duplicates included */
	size_t duplicates;
};

/* Bytes of the character at p (RFC 3629, table 3-7 of Unicode), 0 if it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n > left || p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
	}
	return n;
}

static int check_text(const struct parser *p, const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t n;

	for (size_t i = 0; i < length; i += n) {
		n = utf8_length(bytes + i, length - i);
		if (!n)
			return log_error(-EINVAL,
					 "%s:%zu: byte %zu of the line is not valid UTF-8; "
					 "save the list as UTF-8 text",
					 p->name, p->line, i + 1);
		if ((bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7f ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return log_error(-EINVAL,
					 "%s:%zu: byte %zu of the line is a control character "
					 "(0x%02x); save the list as UTF-8 text without it",
					 p->name, p->line, i + 1, bytes[i + n - 1]);
	}
	return 0;
}

static int check_word(const struct parser *p, const char *text, size_t length)
{
	size_t spaces = 0;

	if (length < GL_WORD_MIN)
		return log_error(
		    -EINVAL,
		    "%s:%zu: the word is %zu byte%s long; at least %u bytes of UTF-8 "
		    "are needed, lengthen or remove it",
		    p->name, p->line, length, length == 1 ? "" : "s", GL_WORD_MIN);
	if (length > GL_WORD_MAX)
		return log_error(
		    -EINVAL,
		    "%s:%zu: the word is %zu bytes long; at most %u bytes of UTF-8 "
		    "fit, shorten it",
		    p->name, p->line, length, GL_WORD_MAX);
	while (spaces < length && text[spaces] == ' ')
		spaces++;
	if (spaces == length)
		return log_error(
		    -EINVAL, "%s:%zu: the word is only spaces; write a word or remove the line",
		    p->name, p->line);
	return 0;
}

static int check_label(const struct parser *p, const char *label, size_t length)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";
	size_t good = 0;

	while (good < length && memchr(allowed, label[good], sizeof(allowed) - 1))
		good++;
	if (!length || length > GL_LABEL_MAX || good < length)
		return log_error(
		    -EINVAL,
		    "%s:%zu: the label after the tab must be 1 to %u of A-Z a-z 0-9 "
		    "_ . and -; correct it or remove the tab",
		    p->name, p->line, GL_LABEL_MAX);
	return 0;
}

static void append(struct parser *p, const char *text, size_t length, const char *label,
		   size_t label_length)
{
	struct word_list *list = p->list;
	struct word *word = &list->words[list->count];

	memset(word, 0, sizeof(*word));
	memcpy(word->text, text, length);
	word->list = p->which;
	word->id = list->count++;
	if (label)
		memcpy(word->label, label, label_length);
	else
		snprintf(word->label, sizeof(word->label), "w%zu", list->count);
}

static int add_word(struct parser *p, const char *text, size_t length, const char *label,
		    size_t label_length)
{
	struct word_list *list = p->list;
	char folded[FOLDED_MAX];
	__u32 *cell, key;
	int ret;

	p->seen++;
	if (!list->index || list->count == list->room) {
		ret = grow(list);
		if (ret)
			return ret;
	}
	if (fold_text(text, length, folded, sizeof(folded)))
		return log_error(-EINVAL, "%s:%zu: the word is too long to fold, shorten it",
				 p->name, p->line);
	key = hash(folded);
	cell = find(list, folded, key);
	if (*cell) {
		p->duplicates++;
		return 0;
	}
	if (list->count >= GL_CAPACITY_MAX)
		return log_error(-EINVAL,
				 "%s:%zu: the list already has %u words, the most that fit; "
				 "remove words from here on",
				 p->name, p->line, GL_CAPACITY_MAX);
	((struct index *)list->index)->hashes[list->count] = key;
	append(p, text, length, label, label_length);
	*cell = list->count;
	return 0;
}

static int parse_line(struct parser *p, const char *text, size_t length)
{
	const char *tab, *label;
	size_t word_length, label_length;
	int ret;

	ret = check_text(p, text, length);
	if (ret)
		return ret;
	if (!length || (text[0] == '#' && (length == 1 || text[1] == ' ')))
		return 0;
	tab = memchr(text, '\t', length);
	word_length = tab ? (size_t)(tab - text) : length;
	label = tab ? tab + 1 : NULL;
	label_length = tab ? length - word_length - 1 : 0;
	ret = check_word(p, text, word_length);
	if (!ret && label)
		ret = check_label(p, label, label_length);
	if (ret)
		return ret;
	return add_word(p, text, word_length, label, label_length);
}

static int parse_lines(struct parser *p, const char *text, size_t length)
{
	const char *end = text + length;
	int ret = 0;

	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	while (!ret && text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t line = (newline ? newline : end) - text;

		p->line++;
		ret = parse_line(p, text, line && text[line - 1] == '\r' ? line - 1 : line);
		text += line + !!newline;
	}
	if (!ret && !p->seen)
		ret = log_error(-EINVAL, "%s: there is no word in it; write one word a line",
				p->name);
	return ret;
}

int words_parse(struct word_list *list, const char *name, const char *text, size_t length,
		enum gl_list which, size_t *duplicates)
{
	struct parser p = {.list = list, .name = name, .which = which};
	size_t before = list->count;
	int ret;

	ret = parse_lines(&p, text, length);
	if (ret) {
		list->count = before;
		reindex(list);
		return ret;
	}
	*duplicates += p.duplicates;
	return 0;
}

static int read_all(FILE *file, const char *name, char **text, size_t *length)
{
	size_t room = 0, used = 0, got;
	char *buffer = NULL, *more;
	int ret;

	do {
		if (used == room) {
			room = room ? 2 * room : 65536;
			more = realloc(buffer, room);
			if (!more) {
				ret =
				    log_error(-ENOMEM, "%s: out of memory for the file", name);
				goto out;
			}
			buffer = more;
		}
		got = fread(buffer + used, 1, room - used, file);
		used += got;
	} while (got && used <= FILE_MAX);
	if (ferror(file)) {
		ret = log_error(-errno, "%s: cannot read it: %s", name, strerror(errno));
		goto out;
	}
	if (used > FILE_MAX) {
		ret = log_error(-EINVAL, "%s: it is larger than %u MiB; is it a word list?",
				name, FILE_MAX >> 20);
		goto out;
	}
	*text = buffer;
	*length = used;
	return 0;
out:
	free(buffer);
	return ret;
}

int words_add(struct word_list *list, const char *name, size_t line, const char *text,
	      size_t length, enum gl_list which, const char *label)
{
	struct parser p = {.list = list, .name = name, .which = which, .line = line};
	int ret;

	ret = check_text(&p, text, length);
	if (!ret)
		ret = check_word(&p, text, length);
	if (!ret)
		ret = add_word(&p, text, length, label, strnlen(label, GL_LABEL_MAX));
	return ret ? ret : p.duplicates ? -EEXIST : 0;
}

int words_read(struct word_list *list, const char *path, enum gl_list which, size_t *duplicates)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	FILE *file = standard ? stdin : fopen(path, "rb");
	char *text = NULL;
	size_t length = 0;
	int ret;

	if (!file)
		return log_error(-errno, "%s: cannot open the word list: %s", path,
				 strerror(errno));
	ret = read_all(file, name, &text, &length);
	if (!standard)
		fclose(file);
	if (!ret)
		ret = words_parse(list, name, text, length, which, duplicates);
	free(text);
	return ret;
}
