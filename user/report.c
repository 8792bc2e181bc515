/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "log.h"
#include "patterns.h"
#include "report.h"
#include "table.h"
#include "verdict.h"

#define SCHEMA 1
#define BAR 10 /* characters of a full bar */
#define WORDS_SHOWN 20
#define ENCODINGS_WIDTH 96 /* of a line of its own, indented */
#define NO_VLAN 0xffff

bool report_colour(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && (!no_color || !*no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

/* ------------------------------------------------------------ what both print */

enum list { OUTCOME, VERDICT, PROTOCOL, SERVICE, EXPOSURE, LISTS };

static const struct {
	const char *key;
	const char *name;
	__u32 rows;
	bool flows;
} lists[LISTS] = {
    [OUTCOME] = {"outcome", "name", GL_OUTCOMES, false},
    [VERDICT] = {"verdict", "name", GL_VERDICTS, false},
    [PROTOCOL] = {"protocol", "name", GL_PROTOCOLS, true},
    [SERVICE] = {"service", "name", GL_SERVICES, true},
    [EXPOSURE] = {"exposure", "level", GL_LEVELS, true},
};

struct count {
	__u32 number;
	const char *name;
	__u64 packets;
	__u64 bytes;
	__s64 flows;
	__u64 hits;
};

static const char *service_name(const struct snapshot *snapshot, __u32 service)
{
	return service != GL_SERVICE_NONE && service < GL_SERVICES ? snapshot->services[service]
								   : NULL;
}

#define ROW(rows, name, flows)                                                                 \
	((struct count){i, name, (rows)[i].packets, (rows)[i].bytes, flows, 0})

/*
 * The row at a place of a list, exposure from the highest level down. Is it to
 * be printed? Flows below zero: a flow that moved on between the copies of two
 * CPUs' counters.
 */
static bool count_at(const struct snapshot *snapshot, enum list list, __u32 place,
		     struct count *count)
{
	const struct gl_total *total = &snapshot->total;
	__u32 i = list == EXPOSURE ? GL_LEVELS - 1 - place : place;
	const char *name;

	switch (list) {
	case OUTCOME:
		*count = ROW(total->outcome, name_outcome(i), 0);
		break;
	case VERDICT:
		*count = ROW(total->verdict, name_verdict(i), 0);
		break;
	case PROTOCOL:
		*count =
		    ROW(total->protocol, name_protocol(snapshot, i), total->protocol[i].flows);
		count->hits = total->protocol[i].hits;
		break;
	case SERVICE:
		name = service_name(snapshot, i);
		*count = ROW(total->service, name ? name : "?", total->service[i].flows);
		if (i == GL_SERVICE_NONE)
			return false;
		break;
	default:
		*count = ROW(total->exposure, name_level(i), total->exposure[i].flows);
	}
	return count->packets || count->flows > 0 || count->hits;
}

static bool list_is_zero(const struct gl_list_row *row)
{
	return !row->hits && !row->packets && !row->flows;
}

/* A flow as its reader sees it: a sent the first payload packet. */
struct view {
	char address[2][INET6_ADDRSTRLEN];
	__u16 port[2];
	const struct gl_dir *dir[2];
	__u16 vlan[2];
	__u32 vlans;
	__u64 hits;
};

static void view_flow(const struct snapshot_flow *entry, struct view *view)
{
	const struct gl_flow_key *key = &entry->key;
	int family = key->family == 4 ? AF_INET : AF_INET6;
	int lo = entry->flow.first_dir & 1, hi = !lo;
	__u16 id;

	inet_ntop(family, key->lo, view->address[lo], sizeof(view->address[lo]));
	inet_ntop(family, key->hi, view->address[hi], sizeof(view->address[hi]));
	view->port[lo] = ntohs(key->lo_port);
	view->port[hi] = ntohs(key->hi_port);
	view->dir[lo] = &entry->flow.dir[0];
	view->dir[hi] = &entry->flow.dir[1];
	view->vlans = 0;
	for (int i = 0; i < 2; i++) {
		id = ntohs(key->vlan[i]);
		if (id != NO_VLAN)
			view->vlan[view->vlans++] = id;
	}
	view->hits = (__u64)view->dir[0]->hits + view->dir[1]->hits;
}

static const char *l4_name(const struct gl_flow_key *key)
{
	return key->l4 == IPPROTO_TCP ? "tcp" : key->l4 == IPPROTO_UDP ? "udp" : "?";
}

/* ------------------------------------------------------------ for programs */

static void json_counts(struct json *json, const struct snapshot *snapshot, enum list list)
{
	struct count row;

	json_list(json, lists[list].key, JSON_LINES);
	for (__u32 i = 0; i < lists[list].rows; i++) {
		if (!count_at(snapshot, list, i, &row))
			continue;
		json_object(json, NULL, JSON_INLINE);
		json_string(json, lists[list].name, row.name);
		json_unsigned(json, "packets", row.packets);
		json_unsigned(json, "bytes", row.bytes);
		if (lists[list].flows)
			json_signed(json, "flows", row.flows);
		if (row.hits)
			json_unsigned(json, "hits", row.hits);
		json_close(json);
	}
	json_close(json);
}

static void json_lists(struct json *json, const struct snapshot *snapshot)
{
	json_list(json, "lists", JSON_LINES);
	for (__u32 i = 0; i < GL_LIST_MAX; i++) {
		const struct gl_list_row *row = &snapshot->total.list[i];

		if (list_is_zero(row))
			continue;
		json_object(json, NULL, JSON_INLINE);
		json_string(json, "name", name_list(i));
		json_unsigned(json, "hits", row->hits);
		json_unsigned(json, "packets", row->packets);
		json_unsigned(json, "flows", row->flows);
		json_close(json);
	}
	json_close(json);
}

static void json_encodings(struct json *json, const struct gl_word_count *count)
{
	json_object(json, "encodings", JSON_INLINE);
	for (__u32 i = 0; i < GL_ENC_MAX; i++) {
		if (count->encoded[i])
			json_unsigned(json, encoding_name(i), count->encoded[i]);
	}
	json_close(json);
}

static void json_words(struct json *json, const struct snapshot *snapshot)
{
	const struct snapshot_word *word;

	json_list(json, "words", JSON_LINES);
	for (size_t i = 0; i < snapshot->word_count; i++) {
		word = &snapshot->words[i];
		json_object(json, NULL, JSON_INLINE);
		json_unsigned(json, "id", word->word.id);
		json_string(json, "word", word->word.text);
		json_string(json, "label", word->word.label);
		json_string(json, "list", name_list(word->word.list));
		json_unsigned(json, "hits", word->count.hits);
		json_unsigned(json, "packets", word->count.packets);
		json_unsigned(json, "flows", word->count.flows);
		if (word->count.hits)
			json_encodings(json, &word->count);
		json_close(json);
	}
	json_close(json);
}

static void json_pair(struct json *json, const char *key, __u64 a_to_b, __u64 b_to_a)
{
	json_list(json, key, JSON_INLINE);
	json_unsigned(json, NULL, a_to_b);
	json_unsigned(json, NULL, b_to_a);
	json_close(json);
}

static void json_ends(struct json *json, const struct view *view)
{
	for (int i = 0; i < 2; i++) {
		json_object(json, i ? "b" : "a", JSON_INLINE);
		json_string(json, "address", view->address[i]);
		json_unsigned(json, "port", view->port[i]);
		json_close(json);
	}
	json_list(json, "vlan", JSON_INLINE);
	for (__u32 i = 0; i < view->vlans; i++)
		json_unsigned(json, NULL, view->vlan[i]);
	json_close(json);
}

static void json_flags(struct json *json, const struct gl_flow *flow)
{
	if (!(flow->flags & (GL_FLOW_VEIL | GL_FLOW_GAP)))
		return;
	json_list(json, "flags", JSON_INLINE);
	if (flow->flags & GL_FLOW_VEIL)
		json_string(json, NULL, "veil");
	if (flow->flags & GL_FLOW_GAP)
		json_string(json, NULL, "gap");
	json_close(json);
}

static void json_flow(struct json *json, const struct snapshot *snapshot,
		      const struct snapshot_flow *entry)
{
	const struct gl_flow *flow = &entry->flow;
	struct view view;

	view_flow(entry, &view);
	json_object(json, NULL, JSON_INLINE);
	json_string(json, "l4", l4_name(&entry->key));
	json_ends(json, &view);
	json_string(json, "protocol", name_protocol(snapshot, flow->protocol));
	json_string(json, "basis", name_basis(flow->basis));
	json_string(json, "service", service_name(snapshot, flow->service));
	json_object(json, "exposure", JSON_INLINE);
	json_string(json, "setup", name_level(flow->setup));
	json_string(json, "steady", name_level(flow->steady));
	json_close(json);
	json_pair(json, "packets", view.dir[0]->packets, view.dir[1]->packets);
	json_pair(json, "bytes", view.dir[0]->bytes, view.dir[1]->bytes);
	json_pair(json, "events", view.dir[0]->events, view.dir[1]->events);
	json_unsigned(json, "hits", view.hits);
	json_flags(json, flow);
	json_close(json);
}

static void json_head(struct json *json, const struct snapshot *snapshot)
{
	json_unsigned(json, "schema", SCHEMA);
	json_object(json, "glassine", JSON_INLINE);
	json_string(json, "version", snapshot->version);
	json_string(json, "engine", snapshot->engine);
	json_string(json, "source", snapshot->source);
	json_unsigned(json, "words_generation", snapshot->words_generation);
	json_close(json);
	json_object(json, "seen", JSON_INLINE);
	json_unsigned(json, "packets", snapshot->total.seen_packets);
	json_unsigned(json, "bytes", snapshot->total.seen_bytes);
	json_close(json);
}

int report_json_judged(FILE *out, const struct snapshot *snapshot, bool flows,
		       const struct judgement *judgement)
{
	__u64 evicted = flows || snapshot->flows ? snapshot_flows_evicted(snapshot) : 0;
	struct json json;

	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_head(&json, snapshot);
	for (enum list list = OUTCOME; list < LISTS; list++)
		json_counts(&json, snapshot, list);
	json_lists(&json, snapshot);
	json_words(&json, snapshot);
	if (evicted)
		json_unsigned(&json, "flows_evicted", evicted);
	if (flows) {
		json_list(&json, "flows", JSON_LINES);
		for (size_t i = 0; i < snapshot->flow_count; i++)
			json_flow(&json, snapshot, &snapshot->flows[i]);
		json_close(&json);
	}
	if (judgement)
		verdict_json(&json, judgement);
	json_close(&json);
	return text_finish(out);
}

int report_json(FILE *out, const struct snapshot *snapshot, bool flows)
{
	return report_json_judged(out, snapshot, flows, NULL);
}

/* ------------------------------------------------------------ cells */

static char *signed_grouped(char out[TEXT_NUMBER], __s64 n)
{
	out[0] = '-';
	text_grouped(out + (n < 0), n < 0 ? -(__u64)n : (__u64)n);
	return out;
}

/* Only nothing is 0.0 %, and only everything is 100.0 %. */
static char *share(char out[TEXT_NUMBER], __u64 part, __u64 whole)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part && percent < 0.1)
		snprintf(out, TEXT_NUMBER, "<0.1 %%");
	else if (part < whole && percent > 99.9)
		snprintf(out, TEXT_NUMBER, ">99.9 %%");
	else
		snprintf(out, TEXT_NUMBER, "%.1f %%", percent);
	return out;
}

static void put(struct table_cell *cell, enum table_style style, const char *text)
{
	cell->style = style;
	snprintf(cell->text, sizeof(cell->text), "%s", text);
}

static void put_number(struct table_cell *cell, __u64 number)
{
	char text[TEXT_NUMBER];

	put(cell, STYLE_PLAIN, text_grouped(text, number));
}

/* Text from outside: words, labels, file names. */
static void put_escaped(struct table_cell *cell, enum table_style style, const char *text)
{
	cell->style = style;
	log_escape(cell->text, sizeof(cell->text), text, strlen(text));
}

static void put_titles(struct table_cell *cells, const char *const titles[])
{
	for (size_t i = 0; titles[i]; i++)
		put(&cells[i], i ? STYLE_FAINT : STYLE_TITLE, titles[i]);
}

/* ------------------------------------------------------------ for people: counts */

/* A level is never green: none of them means safe. */
static enum table_style level_style(__u32 level)
{
	return level == GL_LEVEL_CONTENT    ? STYLE_ALERT
	       : level >= GL_LEVEL_IDENTITY ? STYLE_NOTICE
					    : STYLE_PLAIN;
}

static void put_level(struct table_cell *cell, const struct count *row, __u64 whole)
{
	const char *block = text_utf8() ? "\u2588" : "#";
	double part = whole ? (double)row->packets / (double)whole : 0;
	int blocks = (int)(BAR * part + 0.5);
	size_t at;

	cell->style = level_style(row->number);
	at = (size_t)snprintf(cell->text, sizeof(cell->text), "  %-8s  ", row->name);
	if (row->packets && !blocks)
		blocks = 1;
	for (int i = 0; i < blocks && i < BAR; i++)
		at += (size_t)snprintf(cell->text + at, sizeof(cell->text) - at, "%s", block);
}

static void put_count(struct table_cell *cells, enum list list, const struct count *row,
		      __u64 whole)
{
	char text[TEXT_NUMBER];

	if (list == EXPOSURE)
		put_level(&cells[0], row, whole);
	else
		snprintf(cells[0].text, sizeof(cells[0].text), "  %s", row->name);
	put_number(&cells[1], row->packets);
	put(&cells[2], STYLE_PLAIN, text_bytes(text, row->bytes));
	put(&cells[3], STYLE_PLAIN, share(text, row->packets, whole));
	if (lists[list].flows)
		put(&cells[4], STYLE_PLAIN, signed_grouped(text, row->flows));
	if (list == OUTCOME)
		put(&cells[4], STYLE_FAINT, explain_outcome(row->number));
	if (list == EXPOSURE)
		put(&cells[5], STYLE_FAINT, explain_level(row->number));
	if (list == PROTOCOL)
		put_number(&cells[5], row->hits);
}

/* Is there a word that was found, and counted by protocol? */
static bool any_hits(const struct snapshot *snapshot)
{
	for (__u32 i = 0; i < GL_PROTOCOLS; i++) {
		if (snapshot->total.protocol[i].hits)
			return true;
	}
	return false;
}

static void text_counts(FILE *out, const struct snapshot *snapshot, enum list list,
			const char *title, bool colour)
{
	static const char *const aligns[LISTS] = {"lrrrp", "lrrr", "lrrrr", "lrrrr", "lrrrrp"};
	bool hits = list == PROTOCOL && any_hits(snapshot);
	const char *const titles[] = {title,
				      "packets",
				      "bytes",
				      "share",
				      lists[list].flows ? "flows" : NULL,
				      hits ? "hits" : NULL,
				      NULL};
	struct table table = {
	    .out = out, .align = hits ? "lrrrrr" : aligns[list], .colour = colour};
	__u64 whole = snapshot->total.seen_packets;
	struct count row;
	bool any = false;

	for (int pass = 0; pass < 2; pass++) {
		struct table_cell cells[TABLE_COLUMNS] = {0};

		if (pass && !any)
			return;
		if (pass)
			fputc('\n', out);
		put_titles(cells, titles);
		table_row(&table, cells);
		for (__u32 i = 0; i < lists[list].rows; i++) {
			if (!count_at(snapshot, list, i, &row))
				continue;
			memset(cells, 0, sizeof(cells));
			put_count(cells, list, &row, whole);
			table_row(&table, cells);
			any = true;
		}
		table_print(&table, -1);
	}
}

/* ------------------------------------------------------------ for people: words */

/* The places of the most frequent words, best first, a tie in file order. */
static size_t top_words(const struct snapshot *snapshot, size_t top[WORDS_SHOWN],
			size_t *with_hits)
{
	const struct snapshot_word *words = snapshot->words;
	size_t n = 0, at;

	*with_hits = 0;
	for (size_t i = 0; i < snapshot->word_count; i++) {
		if (!words[i].count.hits)
			continue;
		++*with_hits;
		if (n < WORDS_SHOWN)
			at = n++;
		else if (words[i].count.hits > words[top[n - 1]].count.hits)
			at = n - 1;
		else
			continue;
		for (; at && words[i].count.hits > words[top[at - 1]].count.hits; at--)
			top[at] = top[at - 1];
		top[at] = i;
	}
	return n;
}

/* Hits by encoding, none where all were in UTF-8. No number is cut off. */
static void put_encodings(struct table_cell *cell, const struct gl_word_count *count)
{
	char number[TEXT_NUMBER], part[2 * TEXT_NUMBER];
	size_t at = 0, length;

	put(cell, STYLE_FAINT, "");
	if (count->encoded[GL_ENC_UTF8] == count->hits)
		return;
	for (__u32 i = 0; i < GL_ENC_MAX; i++) {
		if (!count->encoded[i])
			continue;
		length = (size_t)snprintf(part, sizeof(part), "%s%s %s", at ? ", " : "",
					  encoding_name(i), text_grouped(number, count->encoded[i]));
		if (at + length > ENCODINGS_WIDTH - sizeof(", ...")) {
			strcpy(cell->text + at, ", ...");
			return;
		}
		strcpy(cell->text + at, part);
		at += length;
	}
}

static void put_word(struct table_cell *cells, const struct snapshot_word *word)
{
	char label[TABLE_CELL];

	snprintf(label, sizeof(label), "  %s", word->word.label);
	put_escaped(&cells[0], STYLE_PLAIN, label);
	text_cut(cells[0].text, sizeof(cells[0].text), 18);
	put_escaped(&cells[1], STYLE_PLAIN, word->word.text);
	put(&cells[2], word->word.list == GL_LIST_BLOCK ? STYLE_NOTICE : STYLE_PLAIN,
	    name_list(word->word.list));
	put_number(&cells[3], word->count.hits);
	put_number(&cells[4], word->count.packets);
	put_number(&cells[5], word->count.flows);
	put_encodings(&cells[6], &word->count);
}

static void text_lists(FILE *out, const struct snapshot *snapshot)
{
	char hits[TEXT_NUMBER], packets[TEXT_NUMBER], flows[TEXT_NUMBER];

	for (__u32 i = 0; i < GL_LIST_MAX; i++) {
		const struct gl_list_row *row = &snapshot->total.list[i];

		if (list_is_zero(row))
			continue;
		fprintf(out, "  %s list: %s %s in %s %s of %s %s\n", name_list(i),
			text_grouped(hits, row->hits), row->hits == 1 ? "hit" : "hits",
			text_grouped(packets, row->packets), row->packets == 1 ? "packet" : "packets",
			text_grouped(flows, row->flows), row->flows == 1 ? "flow" : "flows");
	}
}

static void text_words(FILE *out, const struct snapshot *snapshot, bool colour)
{
	static const char *const titles[] = {"Words",	"word",	 "list", "hits",
					     "packets", "flows", NULL};
	struct table table = {.out = out, .align = "lllrrrp", .colour = colour};
	size_t top[WORDS_SHOWN], with_hits, n = top_words(snapshot, top, &with_hits);
	char text[TEXT_NUMBER];

	for (int pass = 0; pass < 2 && n; pass++) {
		struct table_cell cells[TABLE_COLUMNS] = {0};

		if (pass)
			fputc('\n', out);
		put_titles(cells, titles);
		table_row(&table, cells);
		for (size_t i = 0; i < n; i++) {
			put_word(cells, &snapshot->words[top[i]]);
			table_row(&table, cells);
		}
		table_print(&table, 1);
	}
	if (!n) {
		fputc('\n', out);
		table_text(out, colour, STYLE_TITLE, "Words");
		fputc('\n', out);
	}
	if (with_hits > n)
		fprintf(out, "  ... and %s more\n", text_grouped(text, with_hits - n));
	if (!snapshot->word_count)
		fputs("  no word list is loaded\n", out);
	else if (snapshot->word_count > with_hits)
		fprintf(out, "  %s %s without a hit\n",
			text_grouped(text, snapshot->word_count - with_hits),
			snapshot->word_count - with_hits == 1 ? "word" : "words");
	text_lists(out, snapshot);
}

/* ------------------------------------------------------------ for people: all of it */

static void text_head(FILE *out, const struct snapshot *snapshot, bool colour)
{
	const char *dot = text_utf8() ? "\u00b7" : "-";
	char line[1024], safe[1024], exact[TEXT_NUMBER], packets[TEXT_NUMBER], text[TEXT_NUMBER];
	const struct gl_total *total = &snapshot->total;

	snprintf(line, sizeof(line), "glassine %s %s engine %s %s source %s", snapshot->version,
		 dot, snapshot->engine, dot, snapshot->source);
	log_escape(safe, sizeof(safe), line, strlen(line));
	text_cut(safe, sizeof(safe), TABLE_WIDTH);
	table_text(out, colour, STYLE_FAINT, safe);
	fputs("\n\n", out);
	table_text(out, colour, STYLE_TITLE, "Seen");
	fprintf(out, "  %s packets, %s", text_grouped(packets, total->seen_packets),
		text_bytes(text, total->seen_bytes));
	if (total->seen_bytes >= 1000)
		fprintf(out, " (%s bytes)", text_grouped(exact, total->seen_bytes));
	fputc('\n', out);
}

static void text_verdict(FILE *out, const struct snapshot *snapshot, bool colour)
{
	__u64 would = snapshot->total.verdict[GL_VERDICT_WOULD_DROP].packets;
	__u64 drop = snapshot->total.verdict[GL_VERDICT_DROP].packets;
	char text[TEXT_NUMBER];

	fputc('\n', out);
	table_text(out, colour, STYLE_TITLE, "Verdict");
	if (drop)
		fprintf(out, "  %s %s dropped; ", text_grouped(text, drop),
			drop == 1 ? "packet was" : "packets were");
	else
		fputs("  nothing was dropped; ", out);
	if (would)
		fprintf(out, "would_drop: %s %s with a block-list word\n", text_grouped(text, would),
			would == 1 ? "packet" : "packets");
	else
		fprintf(out, "no %spacket held a block-list word\n", drop ? "other " : "");
}

static void text_law(FILE *out, const struct snapshot *snapshot, bool colour)
{
	struct snapshot_breach breach;
	char sum[TEXT_NUMBER], seen[TEXT_NUMBER], line[160];

	table_text(out, colour, STYLE_TITLE, "Law");
	if (!snapshot_broken(snapshot, &breach)) {
		fprintf(out, "      seen = outcomes = verdicts = protocols = exposure %s\n",
			text_utf8() ? "\u2713" : "(holds)");
		return;
	}
	snprintf(line, sizeof(line), "BROKEN: seen %s %s, %s hold %s",
		 text_grouped(seen, breach.seen), breach.unit, breach.list,
		 text_grouped(sum, breach.sum));
	fputs("      ", out);
	table_text(out, colour, STYLE_ALERT, line);
	fputc('\n', out);
}

/* What must stand wherever levels are printed. */
static void text_caveats(FILE *out, bool colour)
{
	static const char text[] =
	    "A low level is not end-to-end encryption: servers or clients may still read "
	    "everything.\n"
	    "A level is a lower bound: with a server's help, more links or more time, more can "
	    "be seen.\n"
	    "Nothing seen on a network verifies an endpoint: only source, builds and keys can.";

	fputc('\n', out);
	table_text(out, colour, STYLE_FAINT, text);
	fputc('\n', out);
}

int report_text(FILE *out, const struct snapshot *snapshot, bool colour)
{
	__u64 evicted = snapshot->flows ? snapshot_flows_evicted(snapshot) : 0;
	char text[TEXT_NUMBER];

	text_head(out, snapshot, colour);
	text_counts(out, snapshot, OUTCOME, "What became of each packet", colour);
	text_counts(out, snapshot, PROTOCOL, "Protocols", colour);
	if (evicted)
		fprintf(out, "  %s flow entries made room for others\n",
			text_grouped(text, evicted));
	text_counts(out, snapshot, SERVICE, "Services", colour);
	text_counts(out, snapshot, EXPOSURE, "Exposure, highest first", colour);
	text_words(out, snapshot, colour);
	text_verdict(out, snapshot, colour);
	text_law(out, snapshot, colour);
	text_caveats(out, colour);
	return text_finish(out);
}

/* ------------------------------------------------------------ for people: flows */

static void put_end(struct table_cell *cell, const struct view *view, int end)
{
	const char *address = view->address[end];

	snprintf(cell->text, sizeof(cell->text), strchr(address, ':') ? "[%s]:%u" : "%s:%u",
		 address, view->port[end]);
}

static void put_pair(struct table_cell *cell, __u64 a_to_b, __u64 b_to_a)
{
	char a[TEXT_NUMBER], b[TEXT_NUMBER];

	snprintf(cell->text, sizeof(cell->text), "%s/%s", text_grouped(a, a_to_b),
		 text_grouped(b, b_to_a));
}

static void put_flags(struct table_cell *cell, const struct gl_flow *flow,
		      const struct view *view)
{
	size_t at = 0;

	if (flow->flags & GL_FLOW_VEIL)
		at = (size_t)snprintf(cell->text, sizeof(cell->text), "veil");
	if (flow->flags & GL_FLOW_GAP)
		at += (size_t)snprintf(cell->text + at, sizeof(cell->text) - at, "%sgap",
				       at ? "," : "");
	for (__u32 i = 0; i < view->vlans; i++)
		at += (size_t)snprintf(cell->text + at, sizeof(cell->text) - at, "%svlan=%u",
				       at ? "," : "", view->vlan[i]);
}

static void put_flow(struct table_cell *cells, const struct snapshot *snapshot,
		     const struct snapshot_flow *entry)
{
	const struct gl_flow *flow = &entry->flow;
	const char *service = service_name(snapshot, flow->service);
	char text[TEXT_NUMBER];
	struct view view;

	view_flow(entry, &view);
	put(&cells[0], STYLE_PLAIN, l4_name(&entry->key));
	put_end(&cells[1], &view, 0);
	put(&cells[2], STYLE_FAINT, "->");
	put_end(&cells[3], &view, 1);
	put(&cells[4], STYLE_PLAIN, name_protocol(snapshot, flow->protocol));
	put(&cells[5], STYLE_PLAIN, name_basis(flow->basis));
	put(&cells[6], STYLE_PLAIN, service ? service : "-");
	snprintf(cells[7].text, sizeof(cells[7].text), "%s/%s", name_level(flow->setup),
		 name_level(flow->steady));
	cells[7].style = level_style(flow->setup > flow->steady ? flow->setup : flow->steady);
	put_pair(&cells[8], view.dir[0]->packets, view.dir[1]->packets);
	put(&cells[9], STYLE_PLAIN, text_bytes(text, view.dir[0]->bytes + view.dir[1]->bytes));
	put_pair(&cells[10], view.dir[0]->events, view.dir[1]->events);
	put_number(&cells[11], view.hits);
	put_flags(&cells[12], flow, &view);
}

int report_flows(FILE *out, const struct snapshot *snapshot, bool colour)
{
	static const char *const titles[] = {"l4",	 "a (spoke first)",
					     "",	 "b",
					     "protocol", "basis",
					     "service",	 "setup/steady",
					     "packets",	 "bytes",
					     "events",	 "hits",
					     "flags",	 NULL};
	struct table table = {.out = out, .align = "llllllllrrrrl", .colour = colour};

	for (int pass = 0; pass < 2 && snapshot->flow_count; pass++) {
		struct table_cell cells[TABLE_COLUMNS] = {0};

		put_titles(cells, titles);
		table_row(&table, cells);
		for (size_t i = 0; i < snapshot->flow_count; i++) {
			memset(cells, 0, sizeof(cells));
			put_flow(cells, snapshot, &snapshot->flows[i]);
			table_row(&table, cells);
		}
		table_print(&table, -1);
	}
	return text_finish(out);
}

int report_print(FILE *out, const struct snapshot *snapshot, bool json, bool flows,
		 const struct judgement *judgement)
{
	bool colour = report_colour(out);
	int err;

	if (json)
		return report_json_judged(out, snapshot, flows, judgement);
	err = report_text(out, snapshot, colour);
	if (!err && flows)
		err = report_flows(out, snapshot, colour);
	return err;
}
