/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "markup.h"
#include "patterns.h"
#include "table.h"
#include "text.h"
#include "verdict.h"

#define FLOWS_SHOWN 200u

/* ------------------------------------------------------------ text */

/* The reference of a character that markup gives a meaning; NULL: it has none. */
static const char *reference(__u32 code)
{
	switch (code) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	case 0xfffe: /* these two are no characters of XML 1.0 */
	case 0xffff: return "&#65533;";
	default: return NULL;
	}
}

/* Control characters and what reorders text are written out first: XML has no way to. */
static void put_text(FILE *out, const char *text)
{
	char safe[4 * VERDICT_LINE];
	size_t left, n;
	__u32 code;

	log_escape(safe, sizeof(safe), text, strlen(text));
	text = safe;
	for (left = strlen(safe); left; left -= n, text += n) {
		n = text_char(text, left, &code);
		if (n && reference(code))
			fputs(reference(code), out);
		else
			fwrite(text, 1, n ? n : 1, out);
		n = n ? n : 1;
	}
}

static void put_tag(FILE *out, const char *before, const char *text, const char *after)
{
	fputs(before, out);
	put_text(out, text);
	fputs(after, out);
}

/* ------------------------------------------------------------ the page */

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" "
	"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<title>glassine</title>\n<style>\n"
	":root { color-scheme: light dark; --line: #ccc; --soft: #666; --alert: #b00020;"
	" --notice: #8a5a00; --plain: #1a1a1a; }\n"
	"@media (prefers-color-scheme: dark) { :root { --line: #444; --soft: #aaa;"
	" --alert: #ff7a85; --notice: #f0b429; --plain: #eee; } }\n"
	"body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto;"
	" padding: 0 1rem; }\n"
	"h1 { border-left: .5rem solid; padding-left: 1rem; }\n"
	".leak, .over_budget { color: var(--alert); } .inconclusive { color: var(--notice); }"
	" .clean { color: var(--plain); }\n"
	"table { border-collapse: collapse; display: block; overflow-x: auto; }\n"
	"th, td { text-align: left; padding: .25rem 1rem .25rem 0;"
	" border-bottom: 1px solid var(--line); } th { color: var(--soft); font-weight: normal; }\n"
	"td.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
	".soft, li { color: var(--soft); }\n"
	"</style>\n</head>\n<body>\n";

static void cell(FILE *out, const char *text)
{
	put_tag(out, "<td>", text, "</td>");
}

static void number_cell(FILE *out, __u64 number)
{
	char text[TEXT_NUMBER];

	put_tag(out, "<td class=\"n\">", text_grouped(text, number), "</td>");
}

static void bytes_cell(FILE *out, __u64 bytes)
{
	char text[TEXT_NUMBER];

	put_tag(out, "<td class=\"n\">", text_bytes(text, bytes), "</td>");
}

static void end_table(FILE *out, size_t rows)
{
	fputs("</table>\n", out);
	if (rows > FLOWS_SHOWN)
		fprintf(out, "<p class=\"soft\">and %zu more</p>\n", rows - FLOWS_SHOWN);
}

/* titles: ended by NULL */
static void begin_table(FILE *out, const char *caption, const char *const titles[])
{
	put_tag(out, "<h2>", caption, "</h2>\n<table>\n<tr>");
	for (size_t i = 0; titles[i]; i++)
		put_tag(out, "<th>", titles[i], "</th>");
	fputs("</tr>\n", out);
}

static void html_leaks(FILE *out, const struct judgement *judgement)
{
	static const char *const titles[] = { "canary", "protocol", "direction", "encoding", "hits",
					      "from", "to", "", NULL };
	char text[VERDICT_LINE];

	if (!judgement->leak_count)
		return;
	begin_table(out, "Leaks", titles);
	for (size_t i = 0; i < judgement->leak_count && i < FLOWS_SHOWN; i++) {
		const struct judge_leak *leak = &judgement->leaks[i];

		fprintf(out, "<tr><td>canary %u</td>", leak->canary);
		cell(out, verdict_place(judgement, leak));
		cell(out, verdict_direction(leak->direction));
		cell(out, encoding_name(leak->encoding));
		number_cell(out, leak->hits);
		cell(out, verdict_end(text, &leak->from));
		cell(out, verdict_end(text, &leak->to));
		cell(out, leak->loopback ? "loopback" : "");
		fputs("</tr>\n", out);
	}
	end_table(out, judgement->leak_count);
}

static void html_over(FILE *out, const struct judgement *judgement)
{
	static const char *const titles[] = { "protocol", "service", "setup", "steady", "from", "to",
					      "", NULL };
	char text[VERDICT_LINE];

	if (!judgement->over_count)
		return;
	begin_table(out, "More exposed than allowed", titles);
	for (size_t i = 0; i < judgement->over_count && i < FLOWS_SHOWN; i++) {
		const struct judge_flow *flow = &judgement->over[i];

		fputs("<tr>", out);
		cell(out, flow->protocol);
		cell(out, flow->service ? flow->service : "-");
		cell(out, name_level(flow->setup));
		cell(out, name_level(flow->steady));
		cell(out, verdict_end(text, &flow->from));
		cell(out, verdict_end(text, &flow->to));
		cell(out, flow->loopback ? "loopback" : "");
		fputs("</tr>\n", out);
	}
	end_table(out, judgement->over_count);
}

static void html_reasons(FILE *out, const struct judgement *judgement)
{
	static const char *const titles[] = { "reason", "packets", "bytes", "flows", "", NULL };

	if (!judgement->why)
		return;
	begin_table(out, "Not inspected", titles);
	for (__u32 i = 0; i < JUDGE_REASONS; i++) {
		const struct judge_count *count = &judgement->reasons[i];

		if (!(judgement->why >> i & 1))
			continue;
		fputs("<tr>", out);
		cell(out, name_judge_reason(i));
		number_cell(out, count->packets);
		bytes_cell(out, count->bytes);
		number_cell(out, count->flows);
		cell(out, judgement->options.accept >> i & 1 ? "accepted" : explain_judge_reason(i));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void html_row(FILE *out, const char *name, __u64 packets, __u64 bytes, const char *means)
{
	if (!packets)
		return;
	fputs("<tr>", out);
	cell(out, name);
	number_cell(out, packets);
	bytes_cell(out, bytes);
	cell(out, means);
	fputs("</tr>\n", out);
}

/* Few flows have one that can be said. */
static void html_services(FILE *out, const struct snapshot *snapshot, const char *const titles[])
{
	const struct gl_service_row *row = snapshot->total.service;
	__u64 packets = 0;

	for (__u32 i = 1; i < GL_SERVICES; i++)
		packets += row[i].packets;
	if (!packets)
		return;
	begin_table(out, "Services", titles);
	for (__u32 i = 1; i < GL_SERVICES; i++)
		html_row(out, snapshot->services[i] ? snapshot->services[i] : "?", row[i].packets,
			 row[i].bytes, "");
	end_table(out, 0);
}

static void html_counts(FILE *out, const struct snapshot *snapshot)
{
	static const char *const titles[] = { "", "packets", "bytes", "", NULL };
	const struct gl_total *total = &snapshot->total;

	begin_table(out, "Exposure, highest first", titles);
	for (__u32 i = GL_LEVEL_MAX; i-- > 0;)
		html_row(out, name_level(i), total->exposure[i].packets, total->exposure[i].bytes,
			 explain_level(i));
	end_table(out, 0);
	begin_table(out, "Protocols", titles);
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		html_row(out, name_protocol(snapshot, i), total->protocol[i].packets,
			 total->protocol[i].bytes, "");
	end_table(out, 0);
	html_services(out, snapshot, titles);
	begin_table(out, "What became of each packet", titles);
	for (__u32 i = 0; i < GL_OUT_MAX; i++)
		html_row(out, name_outcome(i), total->outcome[i].packets, total->outcome[i].bytes,
			 explain_outcome(i));
	fputs("</table>\n", out);
}

static void html_end(FILE *out, const struct judgement *judgement)
{
	if (judgement->options.canaries) {
		fputs("<h2>Encodings tried</h2>\n<p class=\"soft\">", out);
		for (__u32 i = 0; i < GL_ENC_MAX; i++) {
			if (judgement->options.encodings >> i & 1)
				fprintf(out, "%s ", encoding_name(i));
		}
		fputs("</p>\n", out);
	}
	fputs("<h2>Not covered, whatever the verdict</h2>\n<ul>\n", out);
	for (size_t i = 0; judgement->not_covered[i]; i++)
		put_tag(out, "<li>", judgement->not_covered[i], "</li>\n");
	fputs("</ul>\n</body>\n</html>\n", out);
}

int markup_html(FILE *out, const struct snapshot *snapshot, const struct judgement *judgement)
{
	char line[VERDICT_LINE];

	fputs(head, out);
	fprintf(out, "<h1 class=\"%s\">", name_judge_verdict(judgement->verdict));
	put_tag(out, "", verdict_headline(line, judgement), "</h1>\n");
	put_tag(out, "<p class=\"soft\">glassine ", snapshot->version, ", engine ");
	put_tag(out, "", snapshot->engine, ", source ");
	put_tag(out, "", snapshot->source ? snapshot->source : "-", "</p>\n");
	html_leaks(out, judgement);
	html_over(out, judgement);
	html_reasons(out, judgement);
	html_counts(out, snapshot);
	html_end(out, judgement);
	return text_finish(out);
}

/* ------------------------------------------------------------ test results */

static void begin_case(FILE *out, const char *name)
{
	put_tag(out, "  <testcase classname=\"glassine\" name=\"", name, "\">\n");
}

static void fail_case(FILE *out, const char *kind, const char *message)
{
	fprintf(out, "    <failure type=\"%s\" message=\"", kind);
	put_tag(out, "", message, "\"/>\n");
}

static void end_case(FILE *out)
{
	fputs("  </testcase>\n", out);
}

/* One failure: readers of JUnit XML expect no second one in a case. */
static void junit_canary(FILE *out, const struct judgement *judgement, __u32 canary)
{
	const struct judge_leak *first;
	char line[VERDICT_LINE];

	snprintf(line, sizeof(line), "canary %u is not read", canary);
	begin_case(out, line);
	first = judge_leaked(judgement, canary);
	if (first)
		fail_case(out, "leak", verdict_leak(line, first, judgement));
	end_case(out);
}

static void junit_budget(FILE *out, const struct judgement *judgement)
{
	char line[VERDICT_LINE];

	snprintf(line, sizeof(line), "nothing is more exposed than %s",
		 name_level(judgement->options.most));
	begin_case(out, line);
	if (judge_over(judgement) && judgement->over_count)
		fail_case(out, "over_budget", verdict_over(line, &judgement->over[0], judgement));
	else if (judge_over(judgement))
		fail_case(out, "over_budget", "packets of flows that are not known any more");
	end_case(out);
}

static void junit_inspected(FILE *out, const struct judgement *judgement)
{
	__u32 why = judgement->why & ~judgement->options.accept;
	char line[VERDICT_LINE];

	begin_case(out, "everything was inspected");
	if (why) {
		fputs("    <failure type=\"inconclusive\" message=\"not everything was inspected\">\n",
		      out);
		for (__u32 i = 0; i < JUDGE_REASONS; i++) {
			if (why >> i & 1)
				put_tag(out, "", verdict_reason(line, judgement, i), "\n");
		}
		fputs("    </failure>\n", out);
	}
	end_case(out);
}

int markup_junit(FILE *out, const struct snapshot *snapshot, const struct judgement *judgement)
{
	const struct judge_options *options = &judgement->options;
	__u32 failures = 0, canaries = options->canaries;

	for (__u32 i = 1; i <= canaries; i++)
		failures += judge_leaked(judgement, i) != NULL;
	failures += judge_over(judgement);
	failures += !!(judgement->why & ~options->accept);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out, "<testsuite name=\"glassine\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
		     "skipped=\"0\">\n", canaries + options->budget + 1, failures);
	put_tag(out, "  <properties>\n    <property name=\"source\" value=\"",
		snapshot->source ? snapshot->source : "-", "\"/>\n");
	put_tag(out, "    <property name=\"verdict\" value=\"",
		name_judge_verdict(judgement->verdict), "\"/>\n  </properties>\n");
	for (__u32 i = 1; i <= canaries; i++)
		junit_canary(out, judgement, i);
	if (options->budget)
		junit_budget(out, judgement);
	junit_inspected(out, judgement);
	fputs("</testsuite>\n", out);
	return text_finish(out);
}
