/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "patterns.h"
#include "table.h"
#include "verdict.h"

#define ROWS_SHOWN 20u	/* of leaks and of flows */
#define ANNOTATIONS 10u /* GitHub shows no more of a step */

/* ------------------------------------------------------------ sentences */

const char *verdict_direction(enum judge_direction direction)
{
	static const char *const words[JUDGE_DIRECTIONS] = {
		[JUDGE_ELSEWHERE] = "",
		[JUDGE_CLIENT_TO_SERVER] = "client to server",
		[JUDGE_SERVER_TO_CLIENT] = "server to client",
		[JUDGE_A_TO_B] = "from who spoke first",
		[JUDGE_B_TO_A] = "to who spoke first",
	};

	return direction < JUDGE_DIRECTIONS ? words[direction] : "";
}

char *verdict_end(char out[VERDICT_END], const struct judge_end *end)
{
	out[0] = '\0';
	if (*end->address)
		snprintf(out, VERDICT_END, strchr(end->address, ':') ? "[%s]:%u" : "%s:%u",
			 end->address, end->port);
	return out;
}

static char *ends(char out[VERDICT_LINE], const struct judge_end *from, const struct judge_end *to)
{
	char a[VERDICT_END], b[VERDICT_END];

	out[0] = '\0';
	if (*from->address)
		snprintf(out, VERDICT_LINE, "%s -> %s", verdict_end(a, from), verdict_end(b, to));
	return out;
}

static const char *times(__u64 n)
{
	return n == 1 ? "time" : "times";
}

const char *verdict_place(const struct judgement *judgement, const struct judge_leak *leak)
{
	for (size_t i = 0; i < judgement->leak_count && !leak->protocol; i++) {
		if (judgement->leaks[i].canary == leak->canary && judgement->leaks[i].protocol)
			return "elsewhere, too";
	}
	return leak->protocol ? leak->protocol : "a place not known";
}

char *verdict_leak(char out[VERDICT_LINE], const struct judge_leak *leak,
		   const struct judgement *judgement)
{
	char number[TEXT_NUMBER], where[VERDICT_LINE];
	const char *direction = verdict_direction(leak->direction);

	ends(where, &leak->from, &leak->to);
	snprintf(out, VERDICT_LINE, "canary %u was read %s %s: %s%s%s, as %s%s%.120s%s", leak->canary,
		 text_grouped(number, leak->hits), times(leak->hits), verdict_place(judgement, leak),
		 *direction ? ", " : "", direction, encoding_name(leak->encoding),
		 *where ? ", " : "", where, leak->loopback ? ", over loopback" : "");
	return out;
}

char *verdict_over(char out[VERDICT_LINE], const struct judge_flow *flow,
		   const struct judgement *judgement)
{
	enum gl_level level = flow->setup > flow->steady ? flow->setup : flow->steady;
	char where[VERDICT_LINE];

	ends(where, &flow->from, &flow->to);
	snprintf(out, VERDICT_LINE, "%s%s%s is exposed to %s, above %s%s%.120s%s", flow->protocol,
		 flow->service ? " of " : "", flow->service ? flow->service : "", name_level(level),
		 name_level(judgement->options.most), *where ? ": " : "", where,
		 flow->loopback ? ", over loopback" : "");
	return out;
}

/* "2 packets, 1.2 kB" or "3 flows" */
static char *amount(char out[3 * TEXT_NUMBER], const struct judge_count *count)
{
	char a[TEXT_NUMBER], b[TEXT_NUMBER];

	out[0] = '\0';
	if (count->packets)
		snprintf(out, 3 * TEXT_NUMBER, "%s %s%s%s", text_grouped(a, count->packets),
			 count->packets == 1 ? "packet" : "packets", count->bytes ? ", " : "",
			 count->bytes ? text_bytes(b, count->bytes) : "");
	else if (count->flows)
		snprintf(out, 3 * TEXT_NUMBER, "%s %s", text_grouped(a, count->flows),
			 count->flows == 1 ? "flow" : "flows");
	return out;
}

char *verdict_reason(char out[VERDICT_LINE], const struct judgement *judgement,
		     enum judge_reason reason)
{
	char count[3 * TEXT_NUMBER];

	amount(count, &judgement->reasons[reason]);
	snprintf(out, VERDICT_LINE, "%s%s%s: %s", name_judge_reason(reason), *count ? ", " : "", count,
		 explain_judge_reason(reason));
	return out;
}

static bool holds(const struct judgement *judgement, __u32 reason)
{
	return judgement->why >> reason & 1;
}

static bool accepted(const struct judgement *judgement, __u32 reason)
{
	return judgement->options.accept >> reason & 1;
}

static void headline_leak(char out[VERDICT_LINE], const struct judgement *judgement)
{
	__u64 hits = 0, canaries = 0, last = 0;
	char number[TEXT_NUMBER];

	for (__u32 i = 0; i < judgement->options.canaries; i++) {
		hits += judgement->hits[i];
		canaries += judgement->hits[i] > 0;
		last = judgement->hits[i] ? i + 1 : last;
	}
	if (canaries == 1)
		snprintf(out, VERDICT_LINE, "leak: canary %llu was read %s %s",
			 (unsigned long long)last, text_grouped(number, hits), times(hits));
	else
		snprintf(out, VERDICT_LINE, "leak: %llu of %u canaries were read, %s times in all",
			 (unsigned long long)canaries, judgement->options.canaries,
			 text_grouped(number, hits));
}

static void headline_reasons(char out[VERDICT_LINE], const struct judgement *judgement)
{
	size_t at = (size_t)snprintf(out, VERDICT_LINE, "inconclusive: not everything was inspected");
	const char *between = " (";

	for (__u32 i = 0; i < JUDGE_REASONS && at < VERDICT_LINE / 2; i++) {
		if (!holds(judgement, i) || accepted(judgement, i))
			continue;
		at += (size_t)snprintf(out + at, VERDICT_LINE - at, "%s%s", between,
				       name_judge_reason(i));
		between = ", ";
	}
	snprintf(out + at, VERDICT_LINE - at, ")");
}

char *verdict_headline(char out[VERDICT_LINE], const struct judgement *judgement)
{
	const struct judge_options *options = &judgement->options;
	char count[3 * TEXT_NUMBER];

	switch (judgement->verdict) {
	case JUDGE_LEAK:
		headline_leak(out, judgement);
		break;
	case JUDGE_OVER_BUDGET:
		snprintf(out, VERDICT_LINE, "over budget: %s more exposed than %s",
			 amount(count, &judgement->above), name_level(options->most));
		break;
	case JUDGE_INCONCLUSIVE:
		headline_reasons(out, judgement);
		break;
	default:
		snprintf(out, VERDICT_LINE, "pass: %s%s%s%s",
			 options->canaries ? "no canary was read" :
			 options->budget   ? "" : "all payload was read, or is encrypted",
			 options->canaries && options->budget ? ", and " : "",
			 options->budget ? "nothing is more exposed than " : "",
			 options->budget ? name_level(options->most) : "");
	}
	return out;
}

/* ------------------------------------------------------------ for people */

static void title(FILE *out, bool colour, const char *text)
{
	fputc('\n', out);
	table_text(out, colour, STYLE_TITLE, text);
}

/* Names of protocols may come from a file. */
static void put(struct table_cell *cell, const char *text)
{
	log_escape(cell->text, sizeof(cell->text), text, strlen(text));
}

static void leak_row(struct table *table, const struct judge_leak *leak,
		     const struct judgement *judgement)
{
	struct table_cell cells[TABLE_COLUMNS] = { 0 };
	const char *direction = verdict_direction(leak->direction);
	char text[VERDICT_LINE];

	snprintf(cells[0].text, sizeof(cells[0].text), "  canary %u", leak->canary);
	put(&cells[1], verdict_place(judgement, leak));
	put(&cells[2], *direction ? direction : "-");
	put(&cells[3], encoding_name(leak->encoding));
	put(&cells[4], text_grouped(text, leak->hits));
	cells[4].style = STYLE_ALERT;
	put(&cells[5], ends(text, &leak->from, &leak->to));
	put(&cells[6], leak->loopback ? "loopback" : "");
	table_row(table, cells);
}

static void text_leaks(FILE *out, const struct judgement *judgement, bool colour)
{
	size_t n = judgement->leak_count < ROWS_SHOWN ? judgement->leak_count : ROWS_SHOWN;
	struct table table = { .out = out, .align = "llllrll", .colour = colour };

	if (!n)
		return;
	title(out, colour, "Leaks\n");
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++)
			leak_row(&table, &judgement->leaks[i], judgement);
		table_print(&table, -1);
	}
	if (judgement->leak_count > n)
		fprintf(out, "  ... and in %zu more places\n", judgement->leak_count - n);
}

static void text_not_seen(FILE *out, const struct judgement *judgement)
{
	__u32 clean = 0, canaries = judgement->options.canaries;

	for (__u32 i = 0; i < canaries; i++)
		clean += !judgement->hits[i];
	if (clean && clean < canaries)
		fprintf(out, "  not read: %u of %u canaries\n", clean, canaries);
}

static void over_row(struct table *table, const struct judge_flow *flow)
{
	struct table_cell cells[TABLE_COLUMNS] = { 0 };
	char text[VERDICT_LINE];

	snprintf(text, sizeof(text), "  %s", flow->protocol);
	put(&cells[0], text);
	put(&cells[1], flow->service ? flow->service : "-");
	snprintf(cells[2].text, sizeof(cells[2].text), "%s/%s", name_level(flow->setup),
		 name_level(flow->steady));
	cells[2].style = STYLE_ALERT;
	put(&cells[3], ends(text, &flow->from, &flow->to));
	put(&cells[4], flow->loopback ? "loopback" : "");
	table_row(table, cells);
}

static void text_over(FILE *out, const struct judgement *judgement, bool colour)
{
	size_t n = judgement->over_count < ROWS_SHOWN ? judgement->over_count : ROWS_SHOWN;
	struct table table = { .out = out, .align = "lllll", .colour = colour };

	if (!n)
		return;
	title(out, colour, "More exposed than ");
	table_text(out, colour, STYLE_TITLE, name_level(judgement->options.most));
	fputs(" (protocol, service, setup/steady)\n", out);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++)
			over_row(&table, &judgement->over[i]);
		table_print(&table, -1);
	}
	if (judgement->over_count > n)
		fprintf(out, "  ... and %zu more flows\n", judgement->over_count - n);
}

static void text_reasons(FILE *out, const struct judgement *judgement, bool colour)
{
	struct table table = { .out = out, .align = "llp", .colour = colour };
	char text[3 * TEXT_NUMBER];

	if (!judgement->why)
		return;
	title(out, colour, "Not inspected\n");
	for (int pass = 0; pass < 2; pass++) {
		for (__u32 i = 0; i < JUDGE_REASONS; i++) {
			struct table_cell cells[TABLE_COLUMNS] = { 0 };

			if (!holds(judgement, i))
				continue;
			snprintf(cells[0].text, sizeof(cells[0].text), "  %s%s",
				 name_judge_reason(i), accepted(judgement, i) ? " (accepted)" : "");
			cells[0].style = accepted(judgement, i) ? STYLE_FAINT : STYLE_NOTICE;
			put(&cells[1], amount(text, &judgement->reasons[i]));
			put(&cells[2], explain_judge_reason(i));
			cells[2].style = STYLE_FAINT;
			table_row(&table, cells);
		}
		table_print(&table, -1);
	}
}

static void text_tried(FILE *out, const struct judgement *judgement, bool colour)
{
	char text[3 * TEXT_NUMBER];

	title(out, colour, "Inspected");
	fprintf(out, "  %s of payload",
		judgement->inspected.packets ? amount(text, &judgement->inspected) : "nothing");
	if (judgement->encrypted.flows)
		fprintf(out, "; %s recognised as encrypted",
			amount(text, &(struct judge_count){ .flows = judgement->encrypted.flows }));
	fputc('\n', out);
	if (!judgement->options.canaries)
		return;
	table_text(out, colour, STYLE_TITLE, "Encodings tried");
	fputc('\n', out);
	fputc(' ', out);
	for (__u32 i = 0; i < GL_ENC_MAX; i++) {
		if (judgement->options.encodings >> i & 1)
			fprintf(out, " %s", encoding_name(i));
	}
	fputc('\n', out);
}

static void text_not_covered(FILE *out, const struct judgement *judgement, bool colour)
{
	char safe[VERDICT_LINE];

	title(out, colour, "Not covered, whatever the verdict\n");
	for (size_t i = 0; judgement->not_covered[i]; i++) {
		log_escape(safe, sizeof(safe), judgement->not_covered[i],
			   strlen(judgement->not_covered[i]));
		fputs("  - ", out);
		table_text(out, colour, STYLE_FAINT, safe);
		fputc('\n', out);
	}
}

int verdict_text(FILE *out, const struct judgement *judgement, bool colour)
{
	static const enum table_style styles[JUDGE_MAX] = {
		[JUDGE_CLEAN] = STYLE_TITLE,
		[JUDGE_INCONCLUSIVE] = STYLE_NOTICE,
		[JUDGE_OVER_BUDGET] = STYLE_ALERT,
		[JUDGE_LEAK] = STYLE_ALERT,
	};
	char line[VERDICT_LINE];

	table_text(out, colour, styles[judgement->verdict], verdict_headline(line, judgement));
	fputc('\n', out);
	text_leaks(out, judgement, colour);
	text_not_seen(out, judgement);
	text_over(out, judgement, colour);
	text_reasons(out, judgement, colour);
	text_tried(out, judgement, colour);
	text_not_covered(out, judgement, colour);
	return text_finish(out);
}

/* ------------------------------------------------------------ single lines */

/* Workflow commands: % and line ends are escaped, docs.github.com, "Workflow commands". */
static void annotate(FILE *out, bool github, const char *line)
{
	char safe[2 * VERDICT_LINE];
	const char *text = log_escape(safe, sizeof(safe), line, strlen(line));

	fputs(github ? "::error title=glassine::" : "glassine: ", out);
	for (; *text; text++) {
		if (github && *text == '%')
			fputs("%25", out);
		else
			fputc(*text, out);
	}
	fputc('\n', out);
}

int verdict_annotate(FILE *out, const struct judgement *judgement, bool github)
{
	bool inconclusive = judgement->verdict == JUDGE_INCONCLUSIVE;
	char line[VERDICT_LINE];

	for (size_t i = 0; i < judgement->leak_count && i < ANNOTATIONS; i++)
		annotate(out, github, verdict_leak(line, &judgement->leaks[i], judgement));
	for (size_t i = 0; i < judgement->over_count && i < ANNOTATIONS; i++)
		annotate(out, github, verdict_over(line, &judgement->over[i], judgement));
	for (__u32 i = 0; i < JUDGE_REASONS && inconclusive; i++) {
		if (holds(judgement, i) && !accepted(judgement, i))
			annotate(out, github, verdict_reason(line, judgement, i));
	}
	return text_finish(out);
}

/* ------------------------------------------------------------ for programs */

static void json_reasons(struct json *json, const struct judgement *judgement)
{
	json_list(json, "reasons", JSON_LINES);
	for (__u32 i = 0; i < JUDGE_REASONS; i++) {
		const struct judge_count *count = &judgement->reasons[i];

		if (!holds(judgement, i))
			continue;
		json_object(json, NULL, JSON_INLINE);
		json_string(json, "name", name_judge_reason(i));
		json_unsigned(json, "packets", count->packets);
		json_unsigned(json, "bytes", count->bytes);
		if (count->flows)
			json_unsigned(json, "flows", count->flows);
		if (accepted(judgement, i))
			json_bool(json, "accepted", 1);
		json_close(json);
	}
	json_close(json);
}

static void json_end(struct json *json, const char *key, const struct judge_end *end)
{
	if (!*end->address) {
		json_string(json, key, NULL);
		return;
	}
	json_object(json, key, JSON_INLINE);
	json_string(json, "address", end->address);
	json_unsigned(json, "port", end->port);
	json_close(json);
}

static void json_leaks(struct json *json, const struct judgement *judgement)
{
	char name[32];

	json_list(json, "leaks", JSON_LINES);
	for (size_t i = 0; i < judgement->leak_count; i++) {
		const struct judge_leak *leak = &judgement->leaks[i];

		snprintf(name, sizeof(name), "canary %u", leak->canary);
		json_object(json, NULL, JSON_INLINE);
		json_string(json, "canary", name);
		json_string(json, "protocol", leak->protocol);
		json_string(json, "direction",
			    leak->direction ? name_judge_direction(leak->direction) : NULL);
		json_string(json, "encoding", encoding_name(leak->encoding));
		json_unsigned(json, "hits", leak->hits);
		json_end(json, "from", &leak->from);
		json_end(json, "to", &leak->to);
		json_bool(json, "loopback", leak->loopback);
		json_close(json);
	}
	json_close(json);
}

static void json_over(struct json *json, const struct judge_flow *flow)
{
	json_object(json, NULL, JSON_INLINE);
	json_string(json, "protocol", flow->protocol);
	json_string(json, "service", flow->service);
	json_object(json, "exposure", JSON_INLINE);
	json_string(json, "setup", name_level(flow->setup));
	json_string(json, "steady", name_level(flow->steady));
	json_close(json);
	json_end(json, "from", &flow->from);
	json_end(json, "to", &flow->to);
	json_bool(json, "loopback", flow->loopback);
	json_close(json);
}

static void json_budget(struct json *json, const struct judgement *judgement)
{
	if (!judgement->options.budget) {
		json_string(json, "budget", NULL);
		return;
	}
	json_object(json, "budget", JSON_LINES);
	json_string(json, "max_exposure", name_level(judgement->options.most));
	json_unsigned(json, "packets", judgement->above.packets);
	json_unsigned(json, "bytes", judgement->above.bytes);
	json_list(json, "flows", JSON_LINES);
	for (size_t i = 0; i < judgement->over_count; i++)
		json_over(json, &judgement->over[i]);
	json_close(json);
	json_close(json);
}

static void json_texts(struct json *json, const struct judgement *judgement)
{
	json_list(json, "encodings", JSON_INLINE);
	for (__u32 i = 0; i < GL_ENC_MAX && judgement->options.canaries; i++) {
		if (judgement->options.encodings >> i & 1)
			json_string(json, NULL, encoding_name(i));
	}
	json_close(json);
	json_list(json, "not_covered", JSON_LINES);
	for (size_t i = 0; judgement->not_covered[i]; i++)
		json_string(json, NULL, judgement->not_covered[i]);
	json_close(json);
}

void verdict_json(struct json *json, const struct judgement *judgement)
{
	json_object(json, "judgement", JSON_LINES);
	json_string(json, "verdict", name_judge_verdict(judgement->verdict));
	json_unsigned(json, "canaries", judgement->options.canaries);
	json_object(json, "inspected", JSON_INLINE);
	json_unsigned(json, "packets", judgement->inspected.packets);
	json_unsigned(json, "bytes", judgement->inspected.bytes);
	json_close(json);
	json_object(json, "encrypted", JSON_INLINE);
	json_unsigned(json, "packets", judgement->encrypted.packets);
	json_unsigned(json, "bytes", judgement->encrypted.bytes);
	json_unsigned(json, "flows", judgement->encrypted.flows);
	json_close(json);
	json_reasons(json, judgement);
	json_leaks(json, judgement);
	json_budget(json, judgement);
	json_texts(json, judgement);
	json_close(json);
}
