/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/canary.h"
#include "../../user/judge.h"
#include "../../user/log.h"
#include "../../user/markup.h"
#include "../../user/verdict.h"
#include "printed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IRC 3
#define TLS 4

/* ------------------------------------------------------------ helpers */

static struct snapshot look;
static struct snapshot_word words[3];
static struct snapshot_flow flows[4];
static struct snapshot_place places[4];
static struct judge_options options;
static struct judgement judgement;

static void set_flow(size_t i, const char *lo, const char *hi, __u32 protocol, __u32 flags)
{
	struct snapshot_flow *entry = &flows[i];

	memset(entry, 0, sizeof(*entry));
	assert_int_equal(inet_pton(AF_INET, lo, entry->key.lo), 1);
	assert_int_equal(inet_pton(AF_INET, hi, entry->key.hi), 1);
	entry->key.lo_port = htons(6667);
	entry->key.hi_port = htons(40001);
	memset(entry->key.vlan, 0xff, sizeof(entry->key.vlan));
	entry->key.l4 = IPPROTO_TCP;
	entry->key.family = 4;
	entry->flow.born = 100 - i;
	entry->flow.protocol = protocol;
	entry->flow.flags = flags;
	entry->flow.setup = entry->flow.steady = GL_LEVEL_SHAPE;
	entry->flow.client_dir = 2;
	entry->flow.first_dir = 1;
	entry->flow.dir[1] = (struct gl_dir){ .packets = 2, .bytes = 200, .events = 1 };
}

/* One IRC flow between two machines, all of it scanned; three words, two are canaries. */
static int prepare(void **state)
{
	(void)state;
	memset(&look, 0, sizeof(look));
	memset(words, 0, sizeof(words));
	memset(places, 0, sizeof(places));
	look.version = "0.1";
	look.engine = "native";
	look.source = "one.pcap";
	look.protocols[0] = "none";
	look.protocols[1] = "unknown";
	look.protocols[2] = "random";
	look.protocols[IRC] = "irc";
	look.protocols[TLS] = "tls";
	look.protocol_count = 5;
	look.total.outcome[GL_OUT_SCANNED] = (struct gl_outcome_row){ .packets = 2, .bytes = 200 };
	look.total.outcome[GL_OUT_NO_PAYLOAD] = (struct gl_outcome_row){ .packets = 3, .bytes = 180 };
	look.total.exposure[GL_LEVEL_SHAPE].packets = 5;
	look.total.protocol[IRC].flows = 1;
	for (__u32 i = 0; i < 3; i++)
		words[i].word.id = i;
	look.words = words;
	look.word_count = 3;
	set_flow(0, "10.99.0.1", "10.99.0.2", IRC, GL_FLOW_CHAT);
	look.flows = flows;
	look.flow_count = 1;
	look.places = places;
	options = (struct judge_options){ .canaries = 2, .encodings = 1, .addresses = true };
	return 0;
}

static int release(void **state)
{
	(void)state;
	judgement_free(&judgement);
	return 0;
}

static enum judge_verdict verdict(void)
{
	judgement_free(&judgement);
	assert_int_equal(judge(&look, &options, &judgement), 0);
	return judgement.verdict;
}

/* A hit of a word in the first flow, sent by its hi end. */
static void hit(__u32 word, __u64 hits, bool place)
{
	words[word].count.hits += hits;
	words[word].count.encoded[GL_ENC_UTF8] += hits;
	if (place)
		places[look.place_count++] = (struct snapshot_place){
			.key = { .born = 100, .word = word, .protocol = IRC, .dir = 1 },
			.place = { .hits = hits, .first = 1 } };
}

/* ------------------------------------------------------------ verdicts */

static void test_clean(void **state)
{
	(void)state;
	assert_int_equal(verdict(), JUDGE_CLEAN);
	assert_int_equal(judgement.why, 0);
	assert_int_equal(judgement.inspected.packets, 2);
	assert_int_equal(judgement.inspected.bytes, 200);
}

static void test_no_payload(void **state)
{
	(void)state;
	look.total.outcome[GL_OUT_SCANNED].packets = 0;
	assert_int_equal(verdict(), JUDGE_INCONCLUSIVE);
	assert_int_equal(judgement.why, 1u << JUDGE_NO_PAYLOAD_SEEN);
	memset(&look.total, 0, sizeof(look.total));
	look.flow_count = 0;
	assert_int_equal(verdict(), JUDGE_INCONCLUSIVE);
	look.total.outcome[GL_OUT_ENCRYPTED].packets = 1;
	assert_int_equal(verdict(), JUDGE_CLEAN);
}

/* Each outcome, with a canary and with a limit alone. */
static void test_outcomes(void **state)
{
	static const struct {
		enum gl_outcome outcome;
		enum judge_reason reason;
		bool canary, budget;
	} rows[] = {
		{ GL_OUT_SCANNED, 0, false, false },
		{ GL_OUT_RETRANSMISSION, 0, false, false },
		{ GL_OUT_ENCRYPTED, 0, false, false },
		{ GL_OUT_NO_PAYLOAD, 0, false, false },
		{ GL_OUT_NOT_IP, 0, false, false },
		{ GL_OUT_NO_WORDS, JUDGE_NO_WORDS, true, false },
		{ GL_OUT_NOT_SELECTED, JUDGE_NOT_SELECTED, true, false },
		{ GL_OUT_MASKED, JUDGE_MASKED, true, true },
		{ GL_OUT_COMPRESSED, JUDGE_COMPRESSED, true, true },
		{ GL_OUT_UNDECIDED, JUDGE_UNDECIDED, true, true },
		{ GL_OUT_UNKNOWN, JUDGE_UNKNOWN, true, true },
		{ GL_OUT_NOT_TCP_UDP, JUDGE_NOT_TCP_UDP, true, true },
		{ GL_OUT_LATER_FRAGMENT, JUDGE_LATER_FRAGMENT, true, true },
		{ GL_OUT_TUNNEL, JUDGE_TUNNEL, true, true },
		{ GL_OUT_VLAN_TOO_DEEP, JUDGE_VLAN_TOO_DEEP, true, true },
		{ GL_OUT_EXT_TOO_LONG, JUDGE_EXT_TOO_LONG, true, true },
		{ GL_OUT_TRUNCATED, JUDGE_TRUNCATED, true, true },
		{ GL_OUT_MALFORMED, JUDGE_MALFORMED, true, true },
		{ GL_OUT_CONTENDED, JUDGE_CONTENDED, true, true },
		{ GL_OUT_NO_FLOW, JUDGE_NO_FLOW, true, true },
		{ GL_OUT_UNREADABLE, JUDGE_UNREADABLE, true, true },
		{ GL_OUT_BUSY, JUDGE_BUSY, true, true },
	};

	/* All but scanned_after_gap, whose flow matters. */
	assert_int_equal(COUNT(rows), GL_OUT_MAX - 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int budget = 0; budget < 2; budget++) {
			bool bad = budget ? rows[i].budget : rows[i].canary;

			prepare(state);
			options.canaries = budget ? 0 : 2;
			options.budget = budget;
			options.most = GL_LEVEL_CONTENT;
			assert_int_equal(verdict(), JUDGE_CLEAN);
			look.total.outcome[rows[i].outcome].packets += 7;
			look.total.outcome[rows[i].outcome].bytes += 700;
			if (verdict() != (bad ? JUDGE_INCONCLUSIVE : JUDGE_CLEAN))
				fail_msg("%s: %s", name_outcome(rows[i].outcome),
					 name_judge_verdict(judgement.verdict));
			if (!bad)
				continue;
			assert_int_equal(judgement.why, 1u << rows[i].reason);
			assert_int_equal(judgement.reasons[rows[i].reason].packets, 7);
			assert_int_equal(judgement.reasons[rows[i].reason].bytes, 700);
			assert_string_equal(name_judge_reason(rows[i].reason),
					    name_outcome(rows[i].outcome));
			options.accept = 1u << rows[i].reason;
			assert_int_equal(verdict(), JUDGE_CLEAN);
			assert_int_equal(judgement.why, 1u << rows[i].reason);
		}
	}
}

/* What was read as it is, but is of a flow that nobody can vouch for. */
static void test_labels(void **state)
{
	static const struct {
		__u32 protocol, flags;
		enum judge_reason reason;
	} rows[] = {
		{ GL_PROTO_UNKNOWN, 0, JUDGE_UNKNOWN },
		{ GL_PROTO_RANDOM, 0, JUDGE_RANDOM },
		{ IRC, GL_FLOW_CHAT | GL_FLOW_COMPRESSED, JUDGE_COMPRESSED },
		{ IRC, GL_FLOW_CHAT | GL_FLOW_GAP, JUDGE_GAP },
		{ TLS, GL_FLOW_ENCRYPTED, JUDGE_REASONS },
		{ TLS, GL_FLOW_ENCRYPTED | GL_FLOW_GAP, JUDGE_REASONS },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		prepare(state);
		set_flow(0, "10.99.0.1", "10.99.0.2", rows[i].protocol, rows[i].flags);
		look.total.outcome[GL_OUT_SCANNED_AFTER_GAP].packets = 3;
		assert_int_equal(verdict(), rows[i].reason == JUDGE_REASONS ? JUDGE_CLEAN :
									      JUDGE_INCONCLUSIVE);
		if (rows[i].reason == JUDGE_REASONS)
			assert_int_equal(judgement.encrypted.flows, 1);
		else
			assert_int_equal(judgement.why, 1u << rows[i].reason);
		if (rows[i].reason == JUDGE_GAP)
			assert_int_equal(judgement.reasons[JUDGE_GAP].packets, 3);
		else if (rows[i].reason != JUDGE_REASONS)
			assert_int_equal(judgement.reasons[rows[i].reason].packets, 2);
		/* A flow without payload says nothing. */
		if (rows[i].reason != JUDGE_REASONS) {
			flows[0].flow.dir[1].events = 0;
			assert_int_equal(verdict(), JUDGE_CLEAN);
		}
	}
}

static void test_lost_and_evicted(void **state)
{
	(void)state;
	options.lost = 4;
	assert_int_equal(verdict(), JUDGE_INCONCLUSIVE);
	assert_int_equal(judgement.why, 1u << JUDGE_LOST);
	assert_int_equal(judgement.reasons[JUDGE_LOST].packets, 4);
	options.lost = 0;
	assert_int_equal(verdict(), JUDGE_CLEAN);
	look.total.protocol[IRC].flows = 3;
	look.total.outcome[GL_OUT_SCANNED_AFTER_GAP].packets = 1;
	assert_int_equal(verdict(), JUDGE_INCONCLUSIVE);
	assert_int_equal(judgement.why, 1u << JUDGE_FLOWS_EVICTED | 1u << JUDGE_GAP);
	assert_int_equal(judgement.reasons[JUDGE_FLOWS_EVICTED].flows, 2);
}

/* ------------------------------------------------------------ leaks */

static void test_leak(void **state)
{
	(void)state;
	hit(1, 3, true);
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_int_equal(judgement.leak_count, 1);
	assert_int_equal(judgement.leaks[0].canary, 2);
	assert_int_equal(judgement.leaks[0].hits, 3);
	assert_string_equal(judgement.leaks[0].protocol, "irc");
	assert_int_equal(judgement.leaks[0].direction, JUDGE_CLIENT_TO_SERVER);
	assert_string_equal(judgement.leaks[0].from.address, "10.99.0.2");
	assert_int_equal(judgement.leaks[0].from.port, 40001);
	assert_string_equal(judgement.leaks[0].to.address, "10.99.0.1");
	assert_false(judgement.leaks[0].loopback);
	assert_int_equal(judgement.hits[0], 0);
	assert_int_equal(judgement.hits[1], 3);
	options.addresses = false;
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_string_equal(judgement.leaks[0].from.address, "");
}

/* A listed word that is no canary fails nothing. */
static void test_other_words(void **state)
{
	(void)state;
	hit(2, 3, true);
	assert_int_equal(verdict(), JUDGE_CLEAN);
	assert_int_equal(judgement.leak_count, 0);
}

static void test_directions(void **state)
{
	static const struct {
		__u8 client, first, dir;
		enum judge_direction direction;
	} rows[] = {
		{ 2, 1, 1, JUDGE_CLIENT_TO_SERVER }, { 2, 1, 0, JUDGE_SERVER_TO_CLIENT },
		{ 1, 0, 0, JUDGE_CLIENT_TO_SERVER }, { 1, 1, 0, JUDGE_CLIENT_TO_SERVER },
		{ 0, 0, 0, JUDGE_A_TO_B },	     { 0, 0, 1, JUDGE_B_TO_A },
		{ 0, 1, 1, JUDGE_A_TO_B },	     { 0, 1, 0, JUDGE_B_TO_A },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		prepare(state);
		hit(0, 1, true);
		flows[0].flow.client_dir = rows[i].client;
		flows[0].flow.first_dir = rows[i].first;
		places[0].key.dir = rows[i].dir;
		assert_int_equal(verdict(), JUDGE_LEAK);
		assert_int_equal(judgement.leaks[0].direction, rows[i].direction);
	}
}

/* No places, places that were evicted, a flow that was. */
static void test_elsewhere(void **state)
{
	(void)state;
	hit(0, 5, false);
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_int_equal(judgement.leak_count, 1);
	assert_null(judgement.leaks[0].protocol);
	assert_string_equal(verdict_place(&judgement, &judgement.leaks[0]), "a place not known");
	hit(0, 2, true);
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_int_equal(judgement.leak_count, 2);
	assert_int_equal(judgement.leaks[0].hits, 2);
	assert_int_equal(judgement.leaks[1].hits, 5);
	assert_string_equal(verdict_place(&judgement, &judgement.leaks[1]), "elsewhere, too");
	look.flow_count = 0;
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_string_equal(judgement.leaks[0].protocol, "irc");
	assert_int_equal(judgement.leaks[0].direction, JUDGE_ELSEWHERE);
}

static void test_loopback(void **state)
{
	static const struct {
		const char *lo, *hi;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1", true }, { "10.99.0.1", "10.99.0.1", true },
		{ "127.0.0.1", "10.99.0.1", true }, { "126.0.0.1", "128.0.0.1", false },
		{ "10.0.0.127", "10.99.0.1", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		prepare(state);
		set_flow(0, rows[i].lo, rows[i].hi, IRC, GL_FLOW_CHAT);
		hit(0, 1, true);
		assert_int_equal(verdict(), JUDGE_LEAK);
		assert_int_equal(judgement.leaks[0].loopback, rows[i].loopback);
		options.accept = 1u << JUDGE_LOOPBACK;
		assert_int_equal(verdict(), rows[i].loopback ? JUDGE_CLEAN : JUDGE_LEAK);
		assert_int_equal(judgement.leak_count, 1);
	}
}

static void test_loopback_6(void **state)
{
	static const char *const addresses[] = { "::1", "::ffff:127.0.0.1", "fd99::1" };

	for (size_t i = 0; i < COUNT(addresses); i++) {
		prepare(state);
		flows[0].key.family = 6;
		assert_int_equal(inet_pton(AF_INET6, addresses[i], flows[0].key.lo), 1);
		assert_int_equal(inet_pton(AF_INET6, "fd99::2", flows[0].key.hi), 1);
		hit(0, 1, true);
		assert_int_equal(verdict(), JUDGE_LEAK);
		assert_int_equal(judgement.leaks[0].loopback, i < 2);
		assert_string_equal(judgement.leaks[0].to.address, addresses[i]);
	}
}

/* ------------------------------------------------------------ the limit */

static void test_budget(void **state)
{
	(void)state;
	for (__u32 level = 0; level < GL_LEVEL_MAX; level++) {
		for (__u32 most = 0; most < GL_LEVEL_MAX; most++) {
			prepare(state);
			options = (struct judge_options){ .budget = true, .most = most };
			memset(look.total.exposure, 0, sizeof(look.total.exposure));
			flows[0].flow.setup = level;
			flows[0].flow.steady = 0;
			assert_int_equal(verdict(), level > most ? JUDGE_OVER_BUDGET : JUDGE_CLEAN);
			flows[0].flow.setup = 0;
			flows[0].flow.steady = level;
			assert_int_equal(verdict(), level > most ? JUDGE_OVER_BUDGET : JUDGE_CLEAN);
			assert_int_equal(judgement.over_count, level > most);
			/* A packet whose flow's entry has gone. */
			flows[0].flow.steady = 0;
			look.total.exposure[level].packets = 1;
			assert_int_equal(verdict(), level > most ? JUDGE_OVER_BUDGET : JUDGE_CLEAN);
			options.budget = false;
			assert_int_equal(verdict(), JUDGE_CLEAN);
		}
	}
}

static void test_order(void **state)
{
	(void)state;
	options.budget = true;
	options.most = GL_LEVEL_ABSENT;
	look.total.outcome[GL_OUT_COMPRESSED].packets = 1;
	assert_int_equal(verdict(), JUDGE_OVER_BUDGET);
	hit(0, 1, true);
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_true(judge_over(&judgement));
	assert_int_equal(judgement.why, 1u << JUDGE_COMPRESSED);
}

/* ------------------------------------------------------------ reports */

enum how { TEXT, ANNOTATE, GITHUB, HTML, JUNIT, HOWS };

static const char *printed(enum how how)
{
	FILE *out = print_begin();

	return print_end(how == TEXT  ? verdict_text(out, &judgement, false) :
			 how == HTML  ? markup_html(out, &look, &judgement) :
			 how == JUNIT ? markup_junit(out, &look, &judgement) :
					verdict_annotate(out, &judgement, how == GITHUB));
}

static void holds(enum how how, const char *part)
{
	assert_has(printed(how), part);
}

static void test_text(void **state)
{
	static const char *const covered[] = { "Over a bridge.", NULL };

	(void)state;
	options.not_covered = covered;
	options.encodings = 1u << GL_ENC_UTF8 | 1u << GL_ENC_HEX;
	hit(1, 3, true);
	look.total.outcome[GL_OUT_COMPRESSED].packets = 2;
	look.total.outcome[GL_OUT_COMPRESSED].bytes = 1200;
	assert_int_equal(verdict(), JUDGE_LEAK);
	assert_int_equal(strcspn(printed(TEXT), "\n"), strlen("leak: canary 2 was read 3 times"));
	holds(TEXT, "leak: canary 2 was read 3 times\n");
	holds(TEXT, "\n\nLeaks\n  canary 2  irc  client to server  utf-8  3  "
		    "10.99.0.2:40001 -> 10.99.0.1:6667\n");
	holds(TEXT, "  not read: 1 of 2 canaries\n");
	holds(TEXT, "  compressed  2 packets, 1.2 kB  it is not unpacked");
	holds(TEXT, "Encodings tried\n  utf-8 hex\n");
	holds(TEXT, "  - Over a bridge.\n");
	holds(ANNOTATE, "glassine: canary 2 was read 3 times: irc, client to server, as utf-8, "
			"10.99.0.2:40001 -> 10.99.0.1:6667\n");
	holds(GITHUB, "::error title=glassine::canary 2 was read 3 times");
	look.word_count = look.place_count = 0;
	assert_int_equal(verdict(), JUDGE_INCONCLUSIVE);
	holds(TEXT, "inconclusive: not everything was inspected (compressed)\n");
	holds(GITHUB, "::error title=glassine::compressed, 2 packets, 1.2 kB: ");
	look.total.outcome[GL_OUT_COMPRESSED].packets = 0;
	assert_int_equal(verdict(), JUDGE_CLEAN);
	holds(TEXT, "pass: no canary was read\n");
	assert_string_equal(printed(GITHUB), "");
	options.canaries = 0;
	assert_int_equal(verdict(), JUDGE_CLEAN);
	holds(TEXT, "pass: all payload was read, or is encrypted\n");
	options.budget = true;
	options.most = GL_LEVEL_CONTENT;
	assert_int_equal(verdict(), JUDGE_CLEAN);
	holds(TEXT, "pass: nothing is more exposed than content\n");
}

static void test_junit(void **state)
{
	(void)state;
	options.budget = true;
	options.most = GL_LEVEL_CONTENT;
	assert_int_equal(verdict(), JUDGE_CLEAN);
	holds(JUNIT, "tests=\"4\" failures=\"0\"");
	hit(0, 1, true);
	options.most = GL_LEVEL_ABSENT;
	look.total.outcome[GL_OUT_MASKED].packets = 1;
	assert_int_equal(verdict(), JUDGE_LEAK);
	holds(JUNIT, "tests=\"4\" failures=\"3\"");
	holds(JUNIT, "<failure type=\"leak\" message=\"canary 1 was read 1 time: irc, client to server");
	holds(JUNIT, "-&gt; 10.99.0.1:6667\"/>");
	holds(JUNIT, "<failure type=\"over_budget\"");
	holds(JUNIT, "<failure type=\"inconclusive\"");
	options.accept = 1u << JUDGE_MASKED;
	assert_int_equal(verdict(), JUDGE_LEAK);
	holds(JUNIT, "tests=\"4\" failures=\"2\"");
}

/* Names of protocols come from files, and so does the source. */
static void test_hostile(void **state)
{
	static const char *const covered[] = { "<b>&\x1b[31m", NULL };

	(void)state;
	look.source = "<script>alert('\"&\x1b[31m\n\xff\xef\xbf\xbe.pcap";
	look.protocols[IRC] = "<i>\x1b";
	options.not_covered = covered;
	hit(0, 1, true);
	verdict();
	for (enum how how = HTML; how < HOWS; how++) {
		const char *all = printed(how);

		assert_null(strstr(all, "<script"));
		assert_null(strstr(all, "<i>"));
		assert_null(strstr(all, "<b>"));
		assert_null(strstr(all, "\xef\xbf\xbe"));
		assert_null(strchr(all, 0x1b));
		assert_non_null(strstr(all, "&lt;script&gt;alert(&#39;&quot;&amp;\\x1b[31m\\x0a\\xff"));
	}
	for (enum how how = TEXT; how < HOWS; how++)
		assert_null(strchr(printed(how), 0x1b));
}

/* ------------------------------------------------------------ canaries */

static void test_hide(void **state)
{
	struct canaries canaries = { .count = 2 };

	(void)state;
	for (int i = 0; i < 3; i++)
		strcpy(words[i].word.text, "hidden-text");
	canaries_hide(&canaries, &look);
	assert_string_equal(words[0].word.text, "canary 1");
	assert_string_equal(words[1].word.text, "canary 2");
	assert_string_equal(words[2].word.text, "hidden-text");
	assert_null(memmem(words[0].word.text, sizeof(words[0].word.text), "text", 4));
}

static void test_load(void **state)
{
	struct canaries canaries = { .source = { { "first canary", NULL }, { "auto", NULL } },
				     .sources = 2, .automatic = true };
	struct word_list list = { 0 };
	char before[sizeof(canaries.text)];

	(void)state;
	assert_int_equal(canaries_load(&canaries, &list), 0);
	assert_int_equal(canaries.count, 2);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.words[0].text, "first canary");
	assert_string_equal(list.words[0].label, "canary 1");
	assert_string_equal(list.words[1].text, canaries.text);
	assert_int_equal(strlen(canaries.text), 26);
	assert_int_equal(strspn(canaries.text, "abcdefghijklmnopqrstuvwxyz234567"), 26);
	strcpy(before, canaries.text);
	words_free(&list);
	canaries.count = 0;
	assert_int_equal(canaries_load(&canaries, &list), 0);
	assert_string_not_equal(before, canaries.text);
	words_free(&list);
}

static void test_load_refuses(void **state)
{
	static const char *const texts[] = { "x", "", "tab\x01", "\xff\xff\xff", "   ",
		"0123456789012345678901234567890123456789012345678901234567890123456789" };
	struct word_list list = { 0 };

	(void)state;
	log_set_level(LOG_SILENT);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct canaries canaries = { .source = { { texts[i], NULL } }, .sources = 1 };

		assert_int_not_equal(canaries_load(&canaries, &list), 0);
		assert_int_equal(list.count, 0);
	}
	/* What words fold to one is one: a canary would be without its own count. */
	struct canaries twice = { .source = { { "The Canary", NULL }, { "the canary", NULL } },
				  .sources = 2 };

	assert_int_not_equal(canaries_load(&twice, &list), 0);
	log_set_level(LOG_NOTES);
}

static void test_exit(void **state)
{
	static const struct {
		enum judge_verdict verdict;
		int code, want;
	} rows[] = {
		{ JUDGE_CLEAN, 0, 42 },	      { JUDGE_CLEAN, 9, 42 },
		{ JUDGE_INCONCLUSIVE, 0, 4 }, { JUDGE_INCONCLUSIVE, 9, 4 },
		{ JUDGE_OVER_BUDGET, 0, 3 },  { JUDGE_OVER_BUDGET, 9, 9 },
		{ JUDGE_LEAK, 0, 3 },	      { JUDGE_LEAK, 9, 9 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct canaries canaries = { .error_exitcode = rows[i].code };
		struct judgement made = { .verdict = rows[i].verdict };

		assert_int_equal(canaries_exit(&canaries, &made, 42), rows[i].want);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (__u32 i = 0; i < JUDGE_REASONS; i++) {
		assert_non_null(name_judge_reason(i));
		assert_true(*explain_judge_reason(i));
		for (__u32 k = 0; k < i; k++)
			assert_string_not_equal(name_judge_reason(i), name_judge_reason(k));
	}
	for (__u32 i = 0; i < JUDGE_MAX; i++)
		assert_string_not_equal(name_judge_verdict(i), "?");
	assert_string_equal(name_judge_verdict(JUDGE_MAX), "?");
	assert_string_equal(name_judge_reason(JUDGE_REASONS), "?");
	assert_string_equal(explain_judge_reason(JUDGE_REASONS), "");
	assert_string_equal(name_judge_direction(JUDGE_DIRECTIONS), "?");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clean), TEST(test_no_payload), TEST(test_outcomes), TEST(test_labels),
		TEST(test_lost_and_evicted), TEST(test_leak), TEST(test_other_words),
		TEST(test_directions), TEST(test_elsewhere), TEST(test_loopback),
		TEST(test_loopback_6), TEST(test_budget), TEST(test_order), TEST(test_text),
		TEST(test_junit), TEST(test_hostile), TEST(test_hide), TEST(test_load),
		TEST(test_load_refuses), TEST(test_exit), TEST(test_names),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
