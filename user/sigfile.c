/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "regex.h"
#include "sigset.h"

#define FILE_MAX 65536u

int signatures_read(struct signatures *set, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = file ? malloc(FILE_MAX + 1) : NULL;
	size_t length = 0;
	int err = 0;

	if (text)
		length = fread(text, 1, FILE_MAX + 1, file);
	if (!file || (text && ferror(file)))
		err = log_error(errno ? -errno : -EIO, "%s: cannot be read: %s", path,
				strerror(errno));
	else
		err = text ? signatures_parse(set, path, text, length) : -ENOMEM;
	if (err == -ENOMEM)
		log_error(err, "%s: not enough memory to read it", path);
	free(text);
	if (file)
		fclose(file);
	return err;
}

#ifdef HAVE_YAML

#include <yaml.h>

#define UNSET 0xffu
#define SIG_PORTS 64u /* of a transport, as written */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct file {
	const char *name;
	yaml_document_t document;
	struct sig_protocol protocol;
	struct sig_pattern patterns[GL_SIG_PATTERNS];
	const char *after[GL_SIG_PATTERNS]; /* names, until all patterns are there */
	bool watch;
};

/* Reads the value of one key into out; returns 0 or -EINVAL after logging. */
typedef int read_value(struct file *f, const yaml_node_t *value, void *out);

struct key {
	const char *name;
	bool required;
	read_value *read;
};

static unsigned line_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

static const char *scalar(struct file *f, const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE || !node->data.scalar.length) {
		log_error(-EINVAL, "%s:%u: a single value is missing here; write one", f->name,
			  line_of(node));
		return NULL;
	}
	if (strlen(text) != node->data.scalar.length) {
		log_error(-EINVAL, "%s:%u: the value has a NUL byte; put it in single quotes",
			  f->name, line_of(node));
		return NULL;
	}
	return text;
}

/* Index of the value in names, -1 after logging what is possible. */
static int choose(struct file *f, const yaml_node_t *node, const char *const *names,
		  size_t count)
{
	const char *text = scalar(f, node);
	char list[512] = "";
	size_t used = 0;

	if (!text)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(text, names[i]))
			return (int)i;
	for (size_t i = 0; i < count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, " %s", names[i]);
	log_error(-EINVAL, "%s:%u: \"%s\" is not possible here; write one of%s", f->name,
		  line_of(node), text, list);
	return -1;
}

static bool same_key(const yaml_node_t *a, const yaml_node_t *b)
{
	return a->type == YAML_SCALAR_NODE && b->type == YAML_SCALAR_NODE &&
	       !strcmp((const char *)a->data.scalar.value, (const char *)b->data.scalar.value);
}

static int read_pair(struct file *f, const yaml_node_t *map, const yaml_node_pair_t *pair,
		     const struct key *keys, void *out)
{
	const yaml_node_t *key = yaml_document_get_node(&f->document, pair->key);
	const char *name = scalar(f, key);
	size_t i = 0;

	if (!name)
		return -EINVAL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < pair; p++)
		if (same_key(yaml_document_get_node(&f->document, p->key), key))
			return log_error(-EINVAL, "%s:%u: \"%s\" is given twice; keep one",
					 f->name, line_of(key), name);
	while (keys[i].name && strcmp(keys[i].name, name))
		i++;
	if (!keys[i].name)
		return log_error(
		    -EINVAL, "%s:%u: unknown key \"%s\"; see docs/SIGNATURES.md for the keys",
		    f->name, line_of(key), name);
	return keys[i].read(f, yaml_document_get_node(&f->document, pair->value), out);
}

/* Reads the keys of a mapping; the table of keys ends with a nameless one. */
static int read_mapping(struct file *f, const yaml_node_t *map, const struct key *keys,
			void *out)
{
	const yaml_node_pair_t *pair;

	if (map->type != YAML_MAPPING_NODE)
		return log_error(-EINVAL,
				 "%s:%u: keys and values are missing here; write KEY: VALUE",
				 f->name, line_of(map));
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
		if (read_pair(f, map, pair, keys, out))
			return -EINVAL;
	for (; keys->name; keys++) {
		bool found = !keys->required;

		for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
		     pair++)
			found |= !strcmp(keys->name, (const char *)yaml_document_get_node(
							 &f->document, pair->key)
							 ->data.scalar.value);
		if (!found)
			return log_error(-EINVAL, "%s:%u: the key \"%s\" is missing; add it",
					 f->name, line_of(map), keys->name);
	}
	return 0;
}

/* Calls read for each element, out advancing by size; at most max elements. */
static int read_list(struct file *f, const yaml_node_t *list, read_value *read, void *out,
		     size_t size, unsigned max, unsigned *count)
{
	const yaml_node_item_t *item;
	unsigned n = 0;

	if (list->type != YAML_SEQUENCE_NODE ||
	    list->data.sequence.items.start == list->data.sequence.items.top)
		return log_error(-EINVAL, "%s:%u: a list is missing here; write [ITEM, ...]",
				 f->name, line_of(list));
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top;
	     item++) {
		const yaml_node_t *node = yaml_document_get_node(&f->document, *item);

		if (n == max)
			return log_error(-EINVAL,
					 "%s:%u: this list may hold %u items; remove some",
					 f->name, line_of(node), max);
		if (read(f, node, (char *)out + n * size))
			return -EINVAL;
		n++;
	}
	*count = n;
	return 0;
}

/* For keys that people read and the program does not. */
static int read_text(struct file *f, const yaml_node_t *value, void *out)
{
	(void)out;
	return scalar(f, value) ? 0 : -EINVAL;
}

static int read_bool(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"no", "yes", "false", "true"};
	int i = choose(f, value, names, COUNT(names));

	*(bool *)out = i & 1;
	return i < 0 ? -EINVAL : 0;
}

static int read_integer(struct file *f, const yaml_node_t *value, long max, long *out)
{
	const char *text = scalar(f, value);
	char *end;

	if (!text)
		return -EINVAL;
	*out = strtol(text, &end, 10);
	if (*end || *out < 0 || *out > max)
		return log_error(-EINVAL,
				 "%s:%u: \"%s\" is not an integer from 0 to %ld; write one",
				 f->name, line_of(value), text, max);
	return 0;
}

/* A port, or FIRST-LAST. */
static int read_port(struct file *f, const yaml_node_t *value, void *out)
{
	struct gl_sig_ports *range = out;
	const char *text = scalar(f, value);
	long first, last;
	char *end;

	if (!text)
		return -EINVAL;
	first = last = strtol(text, &end, 10);
	if (*end == '-')
		last = strtol(end + 1, &end, 10);
	if (*end || first < 1 || last < first || last > 65535)
		return log_error(-EINVAL,
				 "%s:%u: \"%s\" is not a port from 1 to 65535; write 6667, or "
				 "'6660-6669'",
				 f->name, line_of(value), text);
	*range = (struct gl_sig_ports){(__u16)first, (__u16)last};
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct gl_sig_ports *x = a, *y = b;

	return x->first != y->first ? x->first - y->first : x->last - y->last;
}

/* Sorted; ranges that touch are one. */
static int read_port_list(struct file *f, const yaml_node_t *value, void *out)
{
	struct gl_sig_ports all[SIG_PORTS], *ports = out;
	unsigned count, n = 0;

	if (read_list(f, value, read_port, all, sizeof(all[0]), SIG_PORTS, &count))
		return -EINVAL;
	qsort(all, count, sizeof(all[0]), by_port);
	for (unsigned i = 1; i < count; i++) {
		if (all[i].first > all[n].last + 1)
			all[++n] = all[i];
		else if (all[i].last > all[n].last)
			all[n].last = all[i].last;
	}
	if (n >= GL_SIG_PORTS)
		return log_error(-EINVAL,
				 "%s:%u: these are %u ranges of ports, at most %u are possible; "
				 "remove some or join them",
				 f->name, line_of(value), n + 1, GL_SIG_PORTS);
	memcpy(ports, all, (n + 1) * sizeof(all[0]));
	return 0;
}

static int read_tcp(struct file *f, const yaml_node_t *value, void *out)
{
	(void)out;
	return read_port_list(f, value, f->protocol.abi.ports[GL_TCP]);
}

static int read_udp(struct file *f, const yaml_node_t *value, void *out)
{
	(void)out;
	return read_port_list(f, value, f->protocol.abi.ports[GL_UDP]);
}

static int read_ports(struct file *f, const yaml_node_t *value, void *out)
{
	static const struct key keys[] = {{"tcp", false, read_tcp}, {"udp", false, read_udp}, {0}};

	return read_mapping(f, value, keys, out);
}

static int read_clear(struct file *f, const yaml_node_t *value, void *out)
{
	static const struct key keys[] = {
	    {"sender", false, read_text}, {"recipient", false, read_text},
	    {"body", false, read_text},	  {"secrets", false, read_text},
	    {"other", false, read_text},  {0}};

	return read_mapping(f, value, keys, out);
}

static int read_level(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"absent",	"shape",    "protocol", "service",
					    "identity", "envelope", "content"};
	int level = choose(f, value, names, COUNT(names));

	*(__u8 *)out = (__u8)level;
	return level < 0 ? -EINVAL : 0;
}

static int read_setup(struct file *f, const yaml_node_t *value, void *out)
{
	return read_level(f, value, (__u8 *)out);
}

static int read_steady(struct file *f, const yaml_node_t *value, void *out)
{
	return read_level(f, value, (__u8 *)out + 1);
}

/* out: two bytes, setup and steady. */
static int read_levels(struct file *f, const yaml_node_t *value, void *out)
{
	static const struct key keys[] = {
	    {"setup", true, read_setup}, {"steady", true, read_steady}, {0}};

	return read_mapping(f, value, keys, out);
}

/* ------------------------------------------------------------ patterns */

static int read_name(struct file *f, const yaml_node_t *value, void *out)
{
	struct sig_pattern *pattern = out;
	const char *text = scalar(f, value);

	if (!text)
		return -EINVAL;
	if (strlen(text) > SIG_NAME_MAX ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return log_error(
		    -EINVAL,
		    "%s:%u: \"%s\" cannot name a pattern; use at most 31 of a-z, 0-9 and -",
		    f->name, line_of(value), text);
	for (const struct sig_pattern *p = f->patterns; p < pattern; p++)
		if (!strcmp(p->name, text))
			return log_error(
			    -EINVAL, "%s:%u: line %u has a pattern \"%s\" already; rename one",
			    f->name, line_of(value), p->line, text);
	pattern->name = text;
	return 0;
}

static int read_transport(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"tcp", "udp"};
	int i = choose(f, value, names, COUNT(names));

	((struct sig_pattern *)out)->transport = i == 1 ? GL_UDP : GL_TCP;
	return i < 0 ? -EINVAL : 0;
}

static int read_from(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"either", "client", "server"};
	int i = choose(f, value, names, COUNT(names));

	((struct sig_pattern *)out)->abi.role = (__u8)i;
	return i < 0 ? -EINVAL : 0;
}

static int read_anchor(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"stream", "packet"};
	int i = choose(f, value, names, COUNT(names));

	((struct sig_pattern *)out)->anchor = i == 1 ? GL_ANCHOR_PACKET : GL_ANCHOR_STREAM;
	return i < 0 ? -EINVAL : 0;
}

static int read_match(struct file *f, const yaml_node_t *value, void *out)
{
	struct sig_pattern *pattern = out;

	pattern->match = scalar(f, value);
	return pattern->match ? 0 : -EINVAL;
}

static int read_nocase(struct file *f, const yaml_node_t *value, void *out)
{
	return read_bool(f, value, &((struct sig_pattern *)out)->nocase);
}

static int read_row(struct file *f, const yaml_node_t *value, void *out)
{
	const char *text = scalar(f, value), *what;

	if (!text)
		return -EINVAL;
	if (predicate_parse(text, out, &what))
		return log_error(-EINVAL, "%s:%u: the predicate \"%s\" %s", f->name,
				 line_of(value), text, what);
	return 0;
}

/* The next row, NULL after logging that there are too many. */
static struct gl_sig_row *new_row(struct file *f, const yaml_node_t *value,
				  struct sig_pattern *pattern)
{
	if (pattern->abi.rows < SIG_ROWS)
		return &pattern->row[pattern->abi.rows++];
	log_error(-EINVAL, "%s:%u: a pattern may have %u predicates and stores; remove some",
		  f->name, line_of(value), SIG_ROWS);
	return NULL;
}

static int read_where(struct file *f, const yaml_node_t *value, void *out)
{
	struct sig_pattern *pattern = out;
	struct gl_sig_row rows[SIG_ROWS], *row;
	unsigned count = 0;

	if (read_list(f, value, read_row, rows, sizeof(rows[0]), SIG_ROWS, &count))
		return -EINVAL;
	for (unsigned i = 0; i < count; i++) {
		row = new_row(f, value, pattern);
		if (!row)
			return -EINVAL;
		*row = rows[i];
	}
	return 0;
}

static int read_store_in(struct file *f, const yaml_node_t *value, struct sig_pattern *pattern,
			 __u8 reg)
{
	const char *text = scalar(f, value), *what;
	struct gl_sig_row *row = text ? new_row(f, value, pattern) : NULL;

	if (!row)
		return -EINVAL;
	if (predicate_store(text, reg, row, &what))
		return log_error(-EINVAL, "%s:%u: the value \"%s\" %s", f->name,
				 line_of(value), text, what);
	return 0;
}

static int read_r0(struct file *f, const yaml_node_t *value, void *out)
{
	return read_store_in(f, value, out, 0);
}

static int read_r1(struct file *f, const yaml_node_t *value, void *out)
{
	return read_store_in(f, value, out, 1);
}

static int read_store(struct file *f, const yaml_node_t *value, void *out)
{
	static const struct key keys[] = {{"r0", false, read_r0}, {"r1", false, read_r1}, {0}};

	return read_mapping(f, value, keys, out);
}

static int read_step(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"no", "yes", "false", "true", "held"};
	struct sig_pattern *pattern = out;
	int i = choose(f, value, names, COUNT(names));

	if (i < 0)
		return -EINVAL;
	pattern->abi.step = i == 4 || i & 1;
	if (i == 4)
		pattern->abi.flags |= GL_PATTERN_HELD;
	return 0;
}

static int read_after(struct file *f, const yaml_node_t *value, void *out)
{
	const char *text = scalar(f, value);

	f->after[(struct sig_pattern *)out - f->patterns] = text;
	return text ? 0 : -EINVAL;
}

static int read_port_required(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"required"};

	((struct sig_pattern *)out)->abi.flags |= GL_PATTERN_PORT;
	return choose(f, value, names, COUNT(names)) < 0 ? -EINVAL : 0;
}

static int read_relabel(struct file *f, const yaml_node_t *value, void *out)
{
	bool relabel = false;
	int err = read_bool(f, value, &relabel);

	if (relabel)
		((struct sig_pattern *)out)->abi.flags |= GL_PATTERN_RELABEL;
	return err;
}

static int read_pattern_class(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"compressed"};

	((struct sig_pattern *)out)->abi.flags |= GL_PATTERN_COMPRESSED;
	return choose(f, value, names, COUNT(names)) < 0 ? -EINVAL : 0;
}

static int read_phase(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"steady"};

	((struct sig_pattern *)out)->abi.flags |= GL_PATTERN_STEADY;
	return choose(f, value, names, COUNT(names)) < 0 ? -EINVAL : 0;
}

static int read_only(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"watched"};

	((struct sig_pattern *)out)->abi.flags |= GL_PATTERN_WATCHED;
	return choose(f, value, names, COUNT(names)) < 0 ? -EINVAL : 0;
}

static int read_pattern_levels(struct file *f, const yaml_node_t *value, void *out)
{
	struct sig_pattern *pattern = out;
	__u8 levels[2];
	int err = read_levels(f, value, levels);

	if (err)
		return err;
	pattern->abi.setup = levels[0];
	pattern->abi.steady = levels[1];
	return 0;
}

static int read_priority(struct file *f, const yaml_node_t *value, void *out)
{
	long priority = 0;
	int err = read_integer(f, value, 255, &priority);

	((struct sig_pattern *)out)->abi.priority = (__u8)priority;
	return err;
}

/* ------------------------------------------------------------ lists of items */

/* u8, u16 or u24: bytes of an integer. */
static int read_width(struct file *f, const yaml_node_t *value, __u8 *out)
{
	static const char *const names[] = {"u8", "u16", "u24"};
	int i = choose(f, value, names, COUNT(names));

	*out = (__u8)(i + 1);
	return i < 0 ? -EINVAL : 0;
}

static int read_list_at(struct file *f, const yaml_node_t *value, void *out)
{
	long at = 0;
	int err = read_integer(f, value, 255, &at);

	((struct gl_sig_list *)out)->at = (__u8)at;
	return err;
}

/* The width of a length, a number of bytes, or =N: the next byte is N. */
static int read_skip(struct file *f, const yaml_node_t *value, void *out)
{
	const char *text = scalar(f, value);
	long bytes;
	char *end;

	if (!text)
		return -EINVAL;
	if (*text == 'u')
		return read_width(f, value, out);
	bytes = strtol(text + (*text == '='), &end, 0);
	if (*end || end == text + (*text == '=') || bytes < 0 || bytes > GL_LIST_MASK)
		return log_error(-EINVAL,
				 "%s:%u: \"%s\" cannot be stepped over; write u8, u16 or u24 for a "
				 "length and what it counts, a number of bytes up to %u, or =N for "
				 "a byte that must be N",
				 f->name, line_of(value), text, GL_LIST_MASK);
	*(__u8 *)out = (__u8)((*text == '=' ? GL_LIST_BYTE : GL_LIST_BYTES) | bytes);
	return 0;
}

static int read_skips(struct file *f, const yaml_node_t *value, void *out)
{
	unsigned count = 0;

	return read_list(f, value, read_skip, ((struct gl_sig_list *)out)->skip, 1,
			 GL_LIST_SKIPS, &count);
}

static int read_list_size(struct file *f, const yaml_node_t *value, void *out)
{
	return read_width(f, value, &((struct gl_sig_list *)out)->size);
}

static int read_item_type(struct file *f, const yaml_node_t *value, void *out)
{
	return read_width(f, value, &((struct gl_sig_list *)out)->type);
}

static int read_item_length(struct file *f, const yaml_node_t *value, void *out)
{
	return read_width(f, value, &((struct gl_sig_list *)out)->length);
}

static int read_align(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"1", "2", "4", "8"};
	int i = choose(f, value, names, COUNT(names));

	((struct gl_sig_list *)out)->align = (__u8)(1 << (i & 3));
	return i < 0 ? -EINVAL : 0;
}

static int read_has(struct file *f, const yaml_node_t *value, void *out)
{
	const char *text = scalar(f, value);
	unsigned long has;
	char *end;

	if (!text)
		return -EINVAL;
	has = strtoul(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || has > 0xffffff)
		return log_error(-EINVAL,
				 "%s:%u: \"%s\" is not the type of an item; write an integer "
				 "up to 0xffffff",
				 f->name, line_of(value), text);
	((struct gl_sig_list *)out)->has = (__u32)has;
	return 0;
}

#define NO_ITEM 0xffffffffu

static int read_items(struct file *f, const yaml_node_t *value, void *out)
{
	static const struct key keys[] = {
	    {"at", true, read_list_at},		 {"skip", false, read_skips},
	    {"size", false, read_list_size},	 {"type", false, read_item_type},
	    {"length", false, read_item_length}, {"align", false, read_align},
	    {"has", false, read_has},		 {0},
	};
	struct gl_sig_list *list = &((struct sig_pattern *)out)->list;
	int err;

	list->align = 1;
	list->has = NO_ITEM;
	err = read_mapping(f, value, keys, list);
	if (!err && !list->type && !list->length && list->has == NO_ITEM && list->skip[0]) {
		list->has = 0;
		return 0;
	}
	if (!err && (!list->type || !list->length || list->has == NO_ITEM))
		return log_error(-EINVAL,
				 "%s:%u: a list has type, length and has, or skip alone; add what "
				 "is missing",
				 f->name, line_of(value));
	if (!err && list->type + list->length > 4)
		return log_error(-EINVAL,
				 "%s:%u: type and length of an item may have 4 bytes together; "
				 "take a smaller one",
				 f->name, line_of(value));
	if (!err && list->has >> (8 * list->type))
		return log_error(-EINVAL, "%s:%u: no item has the type 0x%x in %u bytes", f->name,
				 line_of(value), list->has, list->type);
	return err;
}

/* Here and not in read_match(), because nocase may come after it. */
static int check_match(struct file *f, const struct sig_pattern *pattern)
{
	struct nfa nfa = {0};
	struct regex_error error;
	__u32 start;
	int err;

	if (!pattern->match)
		return 0;
	err = regex_compile(&nfa, pattern->match, pattern->nocase, 0, &start, &error);
	nfa_free(&nfa);
	if (err != -EINVAL)
		return err;
	return log_error(err, "%s:%u: the expression of pattern \"%s\" %s at character %zu; %s",
			 f->name, pattern->line, pattern->name, error.what, error.at + 1,
			 error.remedy);
}

/* Predicates first, then stores. */
static void sort_rows(struct sig_pattern *pattern)
{
	struct gl_sig_row sorted[SIG_ROWS];
	unsigned n = 0;

	for (int store = 0; store < 2; store++)
		for (unsigned i = 0; i < pattern->abi.rows; i++)
			if ((pattern->row[i].op == GL_OP_STORE) == store)
				sorted[n++] = pattern->row[i];
	memcpy(pattern->row, sorted, n * sizeof(sorted[0]));
}

static int read_pattern(struct file *f, const yaml_node_t *value, void *out)
{
	static const struct key keys[] = {
	    {"name", true, read_name},
	    {"transport", true, read_transport},
	    {"from", true, read_from},
	    {"anchor", true, read_anchor},
	    {"match", false, read_match},
	    {"nocase", false, read_nocase},
	    {"where", false, read_where},
	    {"list", false, read_items},
	    {"port", false, read_port_required},
	    {"step", false, read_step},
	    {"after", false, read_after},
	    {"store", false, read_store},
	    {"relabel", false, read_relabel},
	    {"class", false, read_pattern_class},
	    {"phase", false, read_phase},
	    {"only", false, read_only},
	    {"exposure", false, read_pattern_levels},
	    {"priority", false, read_priority},
	    {"source", false, read_text},
	    {0},
	};
	struct sig_pattern *pattern = out;
	int err;

	pattern->line = line_of(value);
	pattern->abi.setup = UNSET;
	err = read_mapping(f, value, keys, pattern);
	sort_rows(pattern);
	return err ? err : check_match(f, pattern);
}

static int read_patterns(struct file *f, const yaml_node_t *value, void *out)
{
	(void)out;
	f->protocol.patterns = f->patterns;
	return read_list(f, value, read_pattern, f->patterns, sizeof(f->patterns[0]),
			 GL_SIG_PATTERNS, &f->protocol.pattern_count);
}

/* ------------------------------------------------------------ protocols */

static int read_label(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const reserved[] = {"none", "unknown", "random"};
	const char *text = scalar(f, value);
	size_t length;

	if (!text)
		return -EINVAL;
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (!strcmp(text, reserved[i]))
			return log_error(-EINVAL,
					 "%s:%u: \"%s\" is what glassine itself says; choose "
					 "another label",
					 f->name, line_of(value), text);
	length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (text[length] || length < 2 || length >= GL_LABEL_ROOM || *text < 'a' || *text > 'z')
		return log_error(-EINVAL,
				 "%s:%u: \"%s\" cannot be a label; use 2 to %u of a-z, 0-9 and "
				 "-, a letter first",
				 f->name, line_of(value), text, GL_LABEL_ROOM - 1);
	*(const char **)out = text;
	return 0;
}

static int read_protocol_name(struct file *f, const yaml_node_t *value, void *out)
{
	(void)out;
	return read_label(f, value, &f->protocol.name);
}

static int read_class(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"chat", "clear", "encrypted", "masked"};
	static const __u8 flags[] = {GL_SIG_CHAT, GL_SIG_CLEAR, GL_SIG_ENCRYPTED,
				     GL_SIG_CLEAR | GL_SIG_MASKED};
	int i = choose(f, value, names, COUNT(names));

	(void)out;
	if (i < 0)
		return -EINVAL;
	f->protocol.abi.flags |= flags[i];
	return 0;
}

static int read_exposure(struct file *f, const yaml_node_t *value, void *out)
{
	__u8 levels[2];
	int err = read_levels(f, value, levels);

	(void)out;
	if (err)
		return err;
	f->protocol.abi.setup = levels[0];
	f->protocol.abi.steady = levels[1];
	return 0;
}

static int read_watch(struct file *f, const yaml_node_t *value, void *out)
{
	int err = read_bool(f, value, &f->watch);

	(void)out;
	if (!err && f->watch)
		f->protocol.abi.flags |= GL_SIG_WATCH;
	return err;
}

static int read_media(struct file *f, const yaml_node_t *value, void *out)
{
	static const char *const names[] = {"announces", "carries"};
	int i = choose(f, value, names, COUNT(names));

	(void)out;
	f->protocol.abi.flags |= i ? GL_SIG_CARRIES : GL_SIG_ANNOUNCES;
	return i < 0 ? -EINVAL : 0;
}

static int read_becomes(struct file *f, const yaml_node_t *value, void *out)
{
	(void)out;
	return read_list(f, value, read_label, f->protocol.becomes,
			 sizeof(f->protocol.becomes[0]), SIG_BECOMES,
			 &f->protocol.becomes_count);
}

static int never(struct file *f, const struct sig_pattern *pattern, const char *why)
{
	return log_error(-EINVAL, "%s:%u: pattern \"%s\" %s", f->name, pattern->line,
			 pattern->name, why);
}

/* Finds the step that a pattern comes after. */
static int check_after(struct file *f, struct sig_pattern *pattern)
{
	const char *name = f->after[pattern - f->patterns];
	const struct sig_pattern *step = f->patterns;
	const struct sig_pattern *end = step + f->protocol.pattern_count;

	if (!name)
		return 0;
	while (step < end && strcmp(step->name, name))
		step++;
	if (step == end || !step->abi.step)
		return log_error(-EINVAL,
				 "%s:%u: pattern \"%s\" comes after \"%s\", which is not a step "
				 "of this file; write step: yes there",
				 f->name, pattern->line, pattern->name, name);
	if (step->transport != pattern->transport)
		return never(f, pattern, "comes after a step of the other transport; make both "
					 "the same");
	pattern->after = 1 + (unsigned)(step - f->patterns);
	return 0;
}

static bool stores(const struct file *f, __u8 reg)
{
	for (unsigned i = 0; i < f->protocol.pattern_count; i++)
		for (unsigned r = 0; r < f->patterns[i].abi.rows; r++)
			if (f->patterns[i].row[r].op == GL_OP_STORE &&
			    f->patterns[i].row[r].reg == reg)
				return true;
	return false;
}

/* Registers belong to the flow: what is read must be this protocol's. */
static int check_registers(struct file *f, const struct sig_pattern *pattern)
{
	for (unsigned i = 0; i < pattern->abi.rows; i++) {
		const struct gl_sig_row *row = &pattern->row[i];

		if (row->op == GL_OP_STORE || row->right != GL_OPERAND_REGISTER)
			continue;
		if (!stores(f, row->reg))
			return never(f, pattern, row->reg ? "reads r1, which no pattern stores; "
							    "add store: {r1: ...} to a step"
							  : "reads r0, which no pattern stores; "
							    "add store: {r0: ...} to a step");
		if (!pattern->after && !(pattern->abi.flags & GL_PATTERN_WATCHED))
			return never(f, pattern,
				     "reads a register that another protocol may have filled; add "
				     "after: STEP, or only: watched");
	}
	return 0;
}

static int check_pattern(struct file *f, const struct sig_pattern *pattern)
{
	bool predicate = pattern->abi.rows && pattern->row[0].op != GL_OP_STORE;
	bool store = pattern->abi.rows &&
		     pattern->row[pattern->abi.rows - 1].op == GL_OP_STORE;

	if (!pattern->match && !predicate)
		return never(f, pattern, "has neither match nor where; add one");
	if (!pattern->match && pattern->nocase)
		return never(f, pattern, "has nocase, but no match; remove it");
	if (store && !predicate && pattern->transport == GL_TCP)
		return never(f, pattern,
			     "stores without where, so its match may have begun in an earlier "
			     "packet; add a predicate, such as 'length >= 8'");
	if (pattern->abi.flags & GL_PATTERN_WATCHED && !f->watch)
		return never(f, pattern,
			     "never holds, because the protocol is not watched; add watch: yes");
	if (pattern->abi.flags & GL_PATTERN_PORT &&
	    !f->protocol.abi.ports[pattern->transport][0].last)
		return never(f, pattern, "requires a port, but the protocol has none of that "
					 "transport; add ports");
	if (pattern->abi.step &&
	    (pattern->abi.flags &
		 (GL_PATTERN_STEADY | GL_PATTERN_RELABEL | GL_PATTERN_COMPRESSED) ||
	     pattern->abi.setup != UNSET))
		return never(f, pattern, "is a step, which labels nothing; remove phase, "
					 "relabel, class and exposure");
	if (pattern->abi.flags & GL_PATTERN_HELD && pattern->abi.role == GL_ROLE_EITHER)
		return never(f, pattern, "is held by the side that takes it, but comes from "
					 "either; write from: client or server");
	return check_registers(f, pattern);
}

static int check_protocol(struct file *f)
{
	struct sig_protocol *p = &f->protocol;

	if (!f->watch && p->becomes_count)
		return log_error(-EINVAL,
				 "%s:%u: becomes has no effect without watch; add watch: yes",
				 f->name, p->line);
	if (p->abi.flags & GL_SIG_ANNOUNCES && p->abi.flags & GL_SIG_ENCRYPTED)
		return log_error(-EINVAL,
				 "%s:%u: what is encrypted announces no media; remove media, or "
				 "choose another class",
				 f->name, p->line);
	for (struct sig_pattern *pattern = f->patterns;
	     pattern < f->patterns + p->pattern_count; pattern++) {
		if (check_after(f, pattern) || check_pattern(f, pattern))
			return -EINVAL;
		if (pattern->abi.setup != UNSET)
			continue;
		pattern->abi.setup = p->abi.setup;
		pattern->abi.steady = p->abi.steady;
	}
	return 0;
}

static int read_protocol(struct file *f, struct signatures *set)
{
	static const struct key keys[] = {
	    {"protocol", true, read_protocol_name},
	    {"title", true, read_text},
	    {"source", true, read_text},
	    {"class", true, read_class},
	    {"exposure", true, read_exposure},
	    {"watch", false, read_watch},
	    {"becomes", false, read_becomes},
	    {"media", false, read_media},
	    {"ports", false, read_ports},
	    {"clear", false, read_clear},
	    {"notes", false, read_text},
	    {"patterns", true, read_patterns},
	    {0},
	};
	const yaml_node_t *root = yaml_document_get_root_node(&f->document);
	int err;

	if (!root)
		return log_error(
		    -EINVAL, "%s:1: no protocol is described; see docs/SIGNATURES.md", f->name);
	f->protocol.file = f->name;
	f->protocol.line = line_of(root);
	err = read_mapping(f, root, keys, NULL);
	if (!err)
		err = check_protocol(f);
	return err ? err : sigset_add(set, &f->protocol);
}

static int yaml_error(const yaml_parser_t *parser, const char *name)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return log_error(-EINVAL, "%s:%zu: not YAML (%s); see docs/SIGNATURES.md", name,
			 (parser->problem_mark.line ? parser->problem_mark.line
						    : parser->context_mark.line) +
			     1,
			 parser->problem ? parser->problem : "unknown error");
}

/* One document only: libyaml gives an empty one at the end of the text. */
static int read_end(yaml_parser_t *parser, const char *name)
{
	yaml_document_t more;
	const yaml_node_t *root;
	unsigned line = 0;

	if (!yaml_parser_load(parser, &more))
		return yaml_error(parser, name);
	root = yaml_document_get_root_node(&more);
	if (root)
		line = line_of(root);
	yaml_document_delete(&more);
	if (!line)
		return 0;
	return log_error(-EINVAL, "%s:%u: a second document begins; write one protocol a file",
			 name, line);
}

int signatures_parse(struct signatures *set, const char *name, const char *text, size_t length)
{
	yaml_parser_t parser;
	struct file *f = NULL;
	int err = -ENOMEM;

	if (length > FILE_MAX)
		return log_error(-EINVAL, "%s:1: larger than 64 KiB; is this a signature file?",
				 name);
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	f = calloc(1, sizeof(*f));
	if (!f)
		goto out;
	f->name = name;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	if (!yaml_parser_load(&parser, &f->document)) {
		err = yaml_error(&parser, name);
		goto out;
	}
	err = read_end(&parser, name);
	if (!err)
		err = read_protocol(f, set);
	yaml_document_delete(&f->document);
out:
	free(f);
	yaml_parser_delete(&parser);
	return err;
}

#else

int signatures_parse(struct signatures *set, const char *name, const char *text, size_t length)
{
	(void)set;
	(void)text;
	(void)length;
	return log_error(-ENOTSUP,
			 "%s:1: this build cannot read signature files; install libyaml's "
			 "development files and build again",
			 name);
}

#endif
