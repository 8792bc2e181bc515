/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <locale.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/log.h"
#include "../../user/report.h"
#include "../../user/table.h"
#include "printed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IRC 2
#define TLS 3

/* ------------------------------------------------------------ helpers */

static struct snapshot_word words[64];
static struct snapshot_flow flows[4];
static struct snapshot look;

static void set_word(size_t i, const char *text, enum gl_list list, __u64 hits)
{
	memset(&words[i], 0, sizeof(words[i]));
	snprintf(words[i].word.text, sizeof(words[i].word.text), "%s", text);
	snprintf(words[i].word.label, sizeof(words[i].word.label), "w%zu", i + 1);
	words[i].word.list = list;
	words[i].word.id = (__u32)i;
	words[i].position = (__u32)i;
	words[i].count = (struct gl_word_count){.hits = hits,
						.packets = hits ? 1 : 0,
						.flows = hits ? 1 : 0,
						.encoded[GL_ENC_UTF8] = hits};
}

static void set_flow(size_t i, int family, const char *lo, __u16 lo_port, const char *hi,
		     __u16 hi_port)
{
	struct snapshot_flow *entry = &flows[i];

	memset(entry, 0, sizeof(*entry));
	assert_int_equal(inet_pton(family, lo, entry->key.lo), 1);
	assert_int_equal(inet_pton(family, hi, entry->key.hi), 1);
	entry->key.lo_port = htons(lo_port);
	entry->key.hi_port = htons(hi_port);
	memset(entry->key.vlan, 0xff, sizeof(entry->key.vlan));
	entry->key.l4 = IPPROTO_TCP;
	entry->key.family = family == AF_INET ? 4 : 6;
	entry->flow.first = i + 1;
	entry->flow.protocol = IRC;
	entry->flow.basis = GL_BASIS_BYTES;
	entry->flow.setup = GL_LEVEL_CONTENT;
	entry->flow.steady = GL_LEVEL_CONTENT;
	entry->flow.dir[0] =
	    (struct gl_dir){.packets = 2, .bytes = 200, .events = 1, .hits = 1};
	entry->flow.dir[1] = (struct gl_dir){.packets = 1, .bytes = 90, .events = 1, .hits = 2};
}

/* Four packets of one flow and one that is not IP, two words, the law intact. */
static int prepare(void **state)
{
	struct gl_total *total = &look.total;

	(void)state;
	memset(&look, 0, sizeof(look));
	look.version = "0.1";
	look.engine = "native";
	look.source = "one.pcap";
	look.words_generation = 1;
	look.protocols[0] = "none";
	look.protocols[1] = "unknown";
	look.protocols[IRC] = "irc";
	look.protocols[TLS] = "tls";
	look.protocol_count = 4;
	total->seen_packets = 4;
	total->seen_bytes = 350;
	total->outcome[GL_OUT_SCANNED].packets = 3;
	total->outcome[GL_OUT_SCANNED].bytes = 290;
	total->outcome[GL_OUT_NOT_IP].packets = 1;
	total->outcome[GL_OUT_NOT_IP].bytes = 60;
	total->verdict[GL_VERDICT_PASS].packets = 3;
	total->verdict[GL_VERDICT_PASS].bytes = 250;
	total->verdict[GL_VERDICT_WOULD_DROP].packets = 1;
	total->verdict[GL_VERDICT_WOULD_DROP].bytes = 100;
	total->protocol[GL_PROTO_NONE].packets = 1;
	total->protocol[GL_PROTO_NONE].bytes = 60;
	total->protocol[IRC].packets = 3;
	total->protocol[IRC].bytes = 290;
	total->protocol[IRC].flows = 1;
	total->protocol[IRC].hits = 3;
	total->list[GL_LIST_WATCH] = (struct gl_list_row){.hits = 3, .packets = 1, .flows = 1};
	total->exposure[GL_LEVEL_ABSENT].packets = 1;
	total->exposure[GL_LEVEL_ABSENT].bytes = 60;
	total->exposure[GL_LEVEL_CONTENT].packets = 3;
	total->exposure[GL_LEVEL_CONTENT].bytes = 290;
	total->exposure[GL_LEVEL_CONTENT].flows = 1;
	set_word(0, "lantern", GL_LIST_WATCH, 3);
	set_word(1, "volcano", GL_LIST_BLOCK, 0);
	look.words = words;
	look.word_count = 2;
	set_flow(0, AF_INET, "10.99.0.1", 6667, "10.99.0.2", 40001);
	look.flows = flows;
	look.flow_count = 1;
	setlocale(LC_CTYPE, "C");
	return 0;
}

enum how { JSON, JSON_FLOWS, TEXT, TEXT_COLOUR, FLOWS, FLOWS_COLOUR, HOWS };

static const char *printed(enum how how)
{
	FILE *out = print_begin();
	int ret;

	if (how == JSON || how == JSON_FLOWS)
		ret = report_json(out, &look, how == JSON_FLOWS);
	else if (how == TEXT || how == TEXT_COLOUR)
		ret = report_text(out, &look, how == TEXT_COLOUR);
	else
		ret = report_flows(out, &look, how == FLOWS_COLOUR);
	return print_end(ret);
}

/* Terminal column at which part begins in the first line that holds it. */
static unsigned int column(const char *text, const char *part)
{
	const char *at = strstr(text, part), *line = at;
	char before[1024];

	assert_non_null(at);
	while (line > text && line[-1] != '\n')
		line--;
	assert_true((size_t)(at - line) < sizeof(before));
	memcpy(before, line, (size_t)(at - line));
	before[at - line] = '\0';
	return text_width(before);
}

/* Every line is narrow enough, ends without a space, and holds no control. */
static void assert_neat(const char *text)
{
	char line[4096];
	const char *end;

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true((size_t)(end - text) < sizeof(line));
		memcpy(line, text, (size_t)(end - text));
		line[end - text] = '\0';
		if (end > text && end[-1] == ' ')
			fail_msg("a space ends \"%s\"", line);
		if (text_width(line) > TABLE_WIDTH)
			fail_msg("%u columns: \"%s\"", text_width(line), line);
		for (const char *p = line; *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
}

/* ------------------------------------------------------------ JSON */

static const char golden[] =
    "{\n"
    "  \"schema\": 1,\n"
    "  \"glassine\": {\"version\": \"0.1\", \"engine\": \"native\", \"source\": \"one.pcap\","
    " \"words_generation\": 1},\n"
    "  \"seen\": {\"packets\": 4, \"bytes\": 350},\n"
    "  \"outcome\": [\n"
    "    {\"name\": \"scanned\", \"packets\": 3, \"bytes\": 290},\n"
    "    {\"name\": \"not_ip\", \"packets\": 1, \"bytes\": 60}\n"
    "  ],\n"
    "  \"verdict\": [\n"
    "    {\"name\": \"pass\", \"packets\": 3, \"bytes\": 250},\n"
    "    {\"name\": \"would_drop\", \"packets\": 1, \"bytes\": 100}\n"
    "  ],\n"
    "  \"protocol\": [\n"
    "    {\"name\": \"none\", \"packets\": 1, \"bytes\": 60, \"flows\": 0},\n"
    "    {\"name\": \"irc\", \"packets\": 3, \"bytes\": 290, \"flows\": 1, "
    "\"hits\": 3}\n"
    "  ],\n"
    "  \"service\": [],\n"
    "  \"exposure\": [\n"
    "    {\"level\": \"content\", \"packets\": 3, \"bytes\": 290, \"flows\": 1},\n"
    "    {\"level\": \"absent\", \"packets\": 1, \"bytes\": 60, \"flows\": 0}\n"
    "  ],\n"
    "  \"lists\": [\n"
    "    {\"name\": \"watch\", \"hits\": 3, \"packets\": 1, \"flows\": 1}\n"
    "  ],\n"
    "  \"words\": [\n"
    "    {\"id\": 0, \"word\": \"lantern\", \"label\": \"w1\", \"list\": \"watch\","
    " \"hits\": 3, \"packets\": 1, \"flows\": 1, \"encodings\": {\"utf-8\": 3}},\n"
    "    {\"id\": 1, \"word\": \"volcano\", \"label\": \"w2\", \"list\": \"block\","
    " \"hits\": 0, \"packets\": 0, \"flows\": 0}\n"
    "  ]";

static const char golden_flow[] =
    "    {\"l4\": \"tcp\", \"a\": {\"address\": \"10.99.0.1\", \"port\": 6667},"
    " \"b\": {\"address\": \"10.99.0.2\", \"port\": 40001}, \"vlan\": [],"
    " \"protocol\": \"irc\", \"basis\": \"bytes\", \"service\": null,"
    " \"exposure\": {\"setup\": \"content\", \"steady\": \"content\"},"
    " \"packets\": [2, 1], \"bytes\": [200, 90], \"events\": [1, 1], \"hits\": 3}";

static void test_json_golden(void **state)
{
	char want[4096];

	(void)state;
	snprintf(want, sizeof(want), "%s\n}\n", golden);
	assert_string_equal(printed(JSON), want);
	snprintf(want, sizeof(want), "%s,\n  \"flows\": [\n%s\n  ]\n}\n", golden, golden_flow);
	assert_string_equal(printed(JSON_FLOWS), want);
}

static void test_json_empty(void **state)
{
	const char *text;

	(void)state;
	memset(&look.total, 0, sizeof(look.total));
	look.word_count = look.flow_count = 0;
	look.words = NULL;
	look.flows = NULL;
	text = printed(JSON_FLOWS);
	assert_has(text, "\"seen\": {\"packets\": 0, \"bytes\": 0},\n  \"outcome\": [],\n"
			 "  \"verdict\": [],\n  \"protocol\": [],\n  \"service\": [],\n"
			 "  \"exposure\": [],\n  \"lists\": [],\n  \"words\": [],\n  \"flows\": []\n}\n");
}

static void test_json_rows(void **state)
{
	struct gl_total *total = &look.total;

	(void)state;
	assert_lacks(printed(JSON), "\"tls\"");
	total->protocol[TLS].flows = -1;
	assert_lacks(printed(JSON), "\"tls\"");
	total->protocol[TLS].flows = 1;
	assert_has(printed(JSON),
		   "{\"name\": \"tls\", \"packets\": 0, \"bytes\": 0, \"flows\": 1}");
	/* A row that nobody named is still a row, or the sums would not hold. */
	total->outcome[GL_OUT_MAX].packets = 5;
	total->protocol[40].packets = 5;
	assert_has(printed(JSON), "{\"name\": \"?\", \"packets\": 5, \"bytes\": 0}");
	assert_has(printed(JSON),
		   "{\"name\": \"?\", \"packets\": 5, \"bytes\": 0, \"flows\": 0}");
	total->seen_packets = UINT64_MAX;
	assert_has(printed(JSON), "\"packets\": 18446744073709551615,");
}

static void test_json_hits(void **state)
{
	struct gl_total *total = &look.total;

	(void)state;
	words[0].count.encoded[GL_ENC_UTF8] = 0;
	words[0].count.encoded[GL_ENC_GB18030] = 2;
	words[0].count.encoded[GL_ENC_HEX] = 1;
	assert_has(printed(JSON), "\"flows\": 1, \"encodings\": {\"gb18030\": 2, \"hex\": 1}},\n");
	total->list[GL_LIST_BLOCK] = (struct gl_list_row){.hits = 9, .packets = 4, .flows = 2};
	assert_has(printed(JSON),
		   "  \"lists\": [\n"
		   "    {\"name\": \"watch\", \"hits\": 3, \"packets\": 1, \"flows\": 1},\n"
		   "    {\"name\": \"block\", \"hits\": 9, \"packets\": 4, \"flows\": 2}\n"
		   "  ],\n");
	/* Each encoding that there is has a name. */
	for (__u32 i = 0; i < GL_ENC_MAX; i++)
		words[0].count.encoded[i] = i + 1;
	assert_has(printed(JSON),
		   "\"encodings\": {\"utf-8\": 1, \"utf-16le\": 2, \"utf-16be\": 3, "
		   "\"gb18030\": 4, \"big5\": 5, \"shift_jis\": 6, \"euc-kr\": 7, "
		   "\"koi8-r\": 8, \"windows-1251\": 9, \"percent\": 10, \"json\": 11, "
		   "\"xml\": 12, \"base64\": 13, \"hex\": 14}}");
}

static void test_json_no_hits(void **state)
{
	const char *text;

	(void)state;
	set_word(0, "lantern", GL_LIST_WATCH, 0);
	look.total.protocol[IRC].hits = 0;
	memset(look.total.list, 0, sizeof(look.total.list));
	text = printed(JSON);
	assert_has(text, "\"flows\": 1}\n  ],\n  \"service\": []");
	assert_has(text, "  \"lists\": [],\n");
	assert_has(text, "\"hits\": 0, \"packets\": 0, \"flows\": 0},\n");
	assert_lacks(text, "encodings");
}

static void test_json_services(void **state)
{
	(void)state;
	look.total.service[GL_SERVICE_NONE].packets = 9;
	assert_has(printed(JSON), "\"service\": []");
	look.total.service[1].packets = 2;
	look.services[1] = "signal";
	look.flows[0].flow.service = 1;
	assert_has(printed(JSON), "\"service\": [\n    {\"name\": \"signal\", \"packets\": 2,");
	assert_has(printed(JSON_FLOWS), "\"service\": \"signal\", \"exposure\"");
	assert_has(printed(TEXT), "signal");
	look.flows[0].flow.service = 2;
	assert_has(printed(JSON_FLOWS), "\"service\": null");
}

static void test_json_evicted(void **state)
{
	(void)state;
	assert_lacks(printed(JSON), "flows_evicted");
	look.total.protocol[IRC].flows = 4;
	assert_int_equal(snapshot_flows_evicted(&look), 3);
	assert_has(printed(JSON), "],\n  \"flows_evicted\": 3\n}\n");
	assert_has(printed(JSON_FLOWS), "],\n  \"flows_evicted\": 3,\n  \"flows\": [\n");
	assert_has(printed(TEXT), "3 flow entries made room");
	/* Nobody read the table: nothing can be said. */
	look.flows = NULL;
	look.flow_count = 0;
	assert_lacks(printed(JSON), "flows_evicted");
	assert_lacks(printed(TEXT), "made room");
	/* Somebody did, and it was empty. */
	assert_has(printed(JSON_FLOWS), "\"flows_evicted\": 4,\n  \"flows\": []");
	look.total.protocol[IRC].flows = -4;
	assert_int_equal(snapshot_flows_evicted(&look), 0);
	/* The table was read later than the counters. */
	look.total.protocol[IRC].flows = 1;
	look.flow_count = 2;
	assert_int_equal(snapshot_flows_evicted(&look), 0);
}

static void test_json_direction(void **state)
{
	(void)state;
	look.flows[0].flow.first_dir = 1;
	assert_has(printed(JSON_FLOWS), "\"a\": {\"address\": \"10.99.0.2\", \"port\": 40001}, "
					"\"b\": {\"address\": \"10.99.0.1\", \"port\": 6667}");
	assert_has(printed(JSON_FLOWS), "\"packets\": [1, 2], \"bytes\": [90, 200]");
	assert_has(printed(FLOWS), "10.99.0.2:40001  ->  10.99.0.1:6667");
	assert_has(printed(FLOWS), "1/2");
}

static void test_json_flow_details(void **state)
{
	struct snapshot_flow *entry = &look.flows[0];

	(void)state;
	assert_lacks(printed(JSON_FLOWS), "\"flags\"");
	entry->flow.flags = GL_FLOW_CLASS | GL_FLOW_STEADY;
	assert_lacks(printed(JSON_FLOWS), "\"flags\"");
	entry->flow.flags |= GL_FLOW_GAP;
	assert_has(printed(JSON_FLOWS), "\"hits\": 3, \"flags\": [\"gap\"]}");
	entry->flow.flags |= GL_FLOW_VEIL;
	assert_has(printed(JSON_FLOWS), "\"hits\": 3, \"flags\": [\"veil\", \"gap\"]}");
	assert_has(printed(FLOWS), "veil,gap\n");
	entry->flow.flags &= ~(GL_FLOW_VEIL | GL_FLOW_GAP);
	entry->flow.flags |= GL_FLOW_VEIL;
	assert_has(printed(JSON_FLOWS), "\"hits\": 3, \"flags\": [\"veil\"]}");
	assert_has(printed(FLOWS), "veil\n");
	entry->flow.flags ^= GL_FLOW_VEIL | GL_FLOW_GAP;
	entry->flow.dir[0].hits = entry->flow.dir[1].hits = UINT32_MAX;
	assert_has(printed(JSON_FLOWS), "\"hits\": 8589934590");
	entry->key.vlan[0] = htons(5);
	assert_has(printed(JSON_FLOWS), "\"vlan\": [5],");
	entry->key.vlan[1] = htons(4094);
	assert_has(printed(JSON_FLOWS), "\"vlan\": [5, 4094],");
	assert_has(printed(FLOWS), "gap,vlan=5,vlan=4094\n");
	set_flow(0, AF_INET6, "2001:DB8:0:0:1:0:0:1", 53, "::ffff:192.0.2.1", 5353);
	entry->key.l4 = IPPROTO_UDP;
	assert_has(printed(JSON_FLOWS),
		   "{\"l4\": \"udp\", \"a\": {\"address\": \"2001:db8::1:0:0:1\","
		   " \"port\": 53}, \"b\": {\"address\": \"::ffff:192.0.2.1\",");
	assert_has(printed(FLOWS), "[2001:db8::1:0:0:1]:53  ->  [::ffff:192.0.2.1]:5353");
}

static void test_json_strings(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
	    {"\"\\/", "\"\\\"\\\\/\""},
	    {"a\x1b\n\t\x01z", "\"a\\u001b\\u000a\\u0009\\u0001z\""},
	    {"\x7f\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u007f\\u0080\\u009f\xc2\xa0\""},
	    {"\u2028\u2029\u202e\u2066", "\"\\u2028\\u2029\\u202e\\u2066\""},
	    {"<script>", "\"\\u003cscript>\""},
	    {"Jürgen 灯笼 😀", "\"Jürgen 灯笼 😀\""},
	    {"\xff\xc3", "\"\\ufffd\\ufffd\""},
	    {"\xc0\xaf", "\"\\ufffd\\ufffd\""},		   /* not the shortest form */
	    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* a surrogate */
	    {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
	    {"\xe7\x81z", "\"\\ufffd\\ufffdz\""},
	    {"", "\"\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		look.source = cases[i].text;
		assert_has(printed(JSON), cases[i].want);
	}
	look.source = NULL;
	assert_has(printed(JSON), "\"source\": null");
}

/* ------------------------------------------------------------ privacy */

static void test_hostile_text(void **state)
{
	static const char evil[] = "\x1b[2J\nrm\r<script>\xff\xc2\x9b\u202e";

	(void)state;
	set_word(0, evil, GL_LIST_BLOCK, 7);
	snprintf(words[0].word.label, sizeof(words[0].word.label), "%s", "l\x1b\n");
	look.source = evil;
	for (enum how how = 0; how < HOWS; how++) {
		const char *text = printed(how);

		assert_lacks(text, "\x1b[2J");
		assert_lacks(text, "\nrm");
		assert_lacks(text, "\r");
		assert_lacks(text, "\xff");
		assert_lacks(text, "\xc2\x9b");
		assert_lacks(text, "\u202e");
		/* A terminal reads "<" as a character; a page may hold the JSON. */
		if (how == JSON || how == JSON_FLOWS)
			assert_lacks(text, "<script");
	}
	assert_neat(printed(TEXT));
	assert_has(printed(TEXT), "\\x1b[2J\\x0arm\\x0d<script>\\xff\\xc2");
	assert_has(printed(TEXT), "  l\\x1b\\x0a  ");
}

static void test_no_address_unasked(void **state)
{
	static const char *const traces[] = {"10.99", "6667", "40001", "fd99", "53535"};

	(void)state;
	set_flow(1, AF_INET6, "fd99::1", 53535, "fd99::2", 40001);
	look.flow_count = 2;
	for (size_t i = 0; i < COUNT(traces); i++) {
		assert_lacks(printed(JSON), traces[i]);
		assert_lacks(printed(TEXT), traces[i]);
		assert_lacks(printed(TEXT_COLOUR), traces[i]);
		assert_has(printed(JSON_FLOWS), traces[i]);
		assert_has(printed(FLOWS), traces[i]);
	}
}

static void test_no_word_beside_a_flow(void **state)
{
	const char *text;

	(void)state;
	assert_has(printed(JSON), "lantern");
	assert_has(printed(TEXT), "lantern");
	assert_lacks(printed(FLOWS), "lantern");
	text = strstr(printed(JSON_FLOWS), "\"flows\": [");
	assert_non_null(text);
	assert_lacks(text, "lantern");
	assert_lacks(text, "\"w1\"");
	assert_has(text, "\"hits\": 3");
}

/* ------------------------------------------------------------ text */

static void test_text_golden(void **state)
{
	(void)state;
	assert_string_equal(
	    printed(TEXT),
	    "glassine 0.1 - engine native - source one.pcap\n"
	    "\n"
	    "Seen  4 packets, 350 B\n"
	    "\n"
	    "What became of each packet  packets  bytes   share\n"
	    "  scanned                         3  290 B  75.0 %  read and compared with the "
	    "word list\n"
	    "  not_ip                          1   60 B  25.0 %  neither IPv4 nor IPv6\n"
	    "\n"
	    "Protocols  packets  bytes   share  flows  hits\n"
	    "  none           1   60 B  25.0 %      0     0\n"
	    "  irc            3  290 B  75.0 %      1     3\n"
	    "\n"
	    "Exposure, highest first  packets  bytes   share  flows\n"
	    "  content   ########           3  290 B  75.0 %      1  the text of messages can "
	    "be read\n"
	    "  absent    ###                1   60 B  25.0 %      0  no chat can be made out\n"
	    "\n"
	    "Words  word     list   hits  packets  flows\n"
	    "  w1   lantern  watch     3        1      1\n"
	    "  1 word without a hit\n"
	    "  watch list: 3 hits in 1 packet of 1 flow\n"
	    "\n"
	    "Verdict  nothing was dropped; would_drop: 1 packet with a block-list word\n"
	    "Law      seen = outcomes = verdicts = protocols = exposure (holds)\n"
	    "\n"
	    "A low level is not end-to-end encryption: servers or clients may still read "
	    "everything.\n"
	    "A level is a lower bound: with a server's help, more links or more time, more can "
	    "be seen.\n"
	    "Nothing seen on a network verifies an endpoint: only source, builds and keys "
	    "can.\n");
}

static void test_text_hits(void **state)
{
	const char *text;

	(void)state;
	set_word(1, "volcano", GL_LIST_BLOCK, 1200);
	words[1].count.encoded[GL_ENC_UTF8] = 0;
	words[1].count.encoded[GL_ENC_GB18030] = 1199;
	words[1].count.encoded[GL_ENC_BASE64] = 1;
	look.total.list[GL_LIST_BLOCK] =
	    (struct gl_list_row){.hits = 1200, .packets = 1001, .flows = 12};
	text = printed(TEXT);
	assert_has(text, "Words  word     list    hits  packets  flows\n"
			 "  w2   volcano  block  1,200        1      1  gb18030 1,199, base64 1\n"
			 "  w1   lantern  watch      3        1      1\n"
			 "  watch list: 3 hits in 1 packet of 1 flow\n"
			 "  block list: 1,200 hits in 1,001 packets of 12 flows\n");
	assert_neat(text);
	words[0].count.encoded[GL_ENC_UTF8] = 2;
	words[0].count.encoded[GL_ENC_XML] = 1;
	assert_int_equal(column(printed(TEXT), "utf-8 2, xml 1\n"), column(text, "gb18030 1"));
}

static void test_text_no_hits(void **state)
{
	const char *text;

	(void)state;
	set_word(0, "lantern", GL_LIST_WATCH, 0);
	look.total.protocol[IRC].hits = 0;
	memset(look.total.list, 0, sizeof(look.total.list));
	text = printed(TEXT);
	assert_lacks(text, "hits");
	assert_lacks(text, " list:");
	assert_has(text, "Protocols  packets  bytes   share  flows\n");
	assert_has(text, "\nWords\n  2 words without a hit\n\nVerdict");
}

/* No number is cut: what does not fit is left out, and that shows. */
static void test_text_many_encodings(void **state)
{
	const char *at;

	(void)state;
	for (__u32 i = 0; i < GL_ENC_MAX; i++)
		words[0].count.encoded[i] = 1;
	words[0].count.hits = GL_ENC_MAX;
	assert_has(printed(TEXT), "     1      1\n"
				  "    utf-8 1, utf-16le 1, utf-16be 1, gb18030 1, big5 1, "
				  "shift_jis 1, euc-kr 1, koi8-r 1, ...\n");
	assert_neat(printed(TEXT));
	for (__u32 i = 0; i < GL_ENC_MAX; i++)
		words[0].count.encoded[i] = UINT64_MAX;
	at = strstr(printed(TEXT), "    utf-8 18,446,744,073,709,551,615, utf-16le ");
	assert_non_null(at);
	assert_has(at, "18,446,744,073,709,551,615, ...\n");
	assert_neat(printed(TEXT));
}

static void test_text_empty(void **state)
{
	const char *text;

	(void)state;
	memset(&look.total, 0, sizeof(look.total));
	look.word_count = look.flow_count = 0;
	text = printed(TEXT);
	assert_neat(text);
	assert_has(text, "\n\nSeen  0 packets, 0 B\n\nWords\n  no word list is loaded\n");
	assert_lacks(text, "Protocols");
	assert_has(text, "nothing was dropped; no packet held a block-list word\n");
	look.flow_count = 0;
	assert_string_equal(printed(FLOWS), "");
}

static void test_text_verdicts(void **state)
{
	(void)state;
	look.total.verdict[GL_VERDICT_WOULD_DROP].packets = 0;
	look.total.verdict[GL_VERDICT_DROP].packets = 1;
	assert_has(printed(TEXT), "Verdict  1 packet was dropped; no other packet held");
	assert_lacks(printed(TEXT), "nothing was dropped");
	look.total.verdict[GL_VERDICT_DROP].packets = 2000;
	look.total.verdict[GL_VERDICT_WOULD_DROP].packets = 12;
	assert_has(printed(TEXT), "2,000 packets were dropped; would_drop: 12 packets with");
}

static void test_text_charset(void **state)
{
	const char *text;

	(void)state;
	for (text = printed(TEXT); *text; text++)
		assert_true((unsigned char)*text < 0x80);
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	assert_has(printed(TEXT), "glassine 0.1 · engine native · source one.pcap\n");
	assert_has(printed(TEXT), "  content   ████████ ");
	assert_has(printed(TEXT), "exposure ✓\n");
	assert_neat(printed(TEXT));
}

static void test_text_colour(void **state)
{
	(void)state;
	for (enum how how = 0; how < HOWS; how++) {
		if (how == TEXT_COLOUR || how == FLOWS_COLOUR)
			assert_has(printed(how), "\033[");
		else
			assert_lacks(printed(how), "\033");
	}
	assert_has(printed(TEXT_COLOUR), "\033[1;31m  content ");
	/* No level means safe, so none is green. */
	assert_lacks(printed(TEXT_COLOUR), "\033[32m");
}

static void test_report_colour(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_false(report_colour(file));
	fclose(file);
	file = fopen("/dev/ptmx", "r+");
	if (!file)
		skip();
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_true(report_colour(file));
	setenv("NO_COLOR", "", 1);
	assert_true(report_colour(file));
	setenv("NO_COLOR", "1", 1);
	assert_false(report_colour(file));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(report_colour(file));
	fclose(file);
}

static void test_text_words(void **state)
{
	char text[32];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "word-%zu.", i);
		set_word(i, text, GL_LIST_WATCH, i < 30 ? i % 3 + 1 : 0);
	}
	look.word_count = 40;
	assert_has(printed(TEXT), "\n  ... and 10 more\n  10 words without a hit\n");
	/* Ten have three hits, ten two, ten one; a tie stays in file order. */
	assert_has(printed(TEXT), "word-29.");
	assert_has(printed(TEXT), "word-28.");
	assert_lacks(printed(TEXT), "word-27.");
	assert_lacks(printed(TEXT), "word-0.");
	assert_lacks(printed(TEXT), "word-39.");
	assert_true(strstr(printed(TEXT), "word-5.") < strstr(printed(TEXT), "word-8."));
	assert_has(printed(JSON), "word-39.");
	look.word_count = 20;
	assert_lacks(printed(TEXT), "... and");
	assert_lacks(printed(TEXT), "without a hit");
	set_word(0, "never", GL_LIST_WATCH, 0);
	look.word_count = 1;
	assert_has(printed(TEXT), "\nWords\n  1 word without a hit\n");
}

static void test_text_alignment(void **state)
{
	static const char *const texts[] = {
	    "train", "灯笼", "фонаря", "ﾊﾝｶｸ", "e\u0301te\u0301", "대화", "ＡＢ", "😀😀", "שָׁלוֹם"};
	unsigned int first;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		set_word(i, texts[i], GL_LIST_BLOCK, 100 + i);
	look.word_count = COUNT(texts);
	first = column(printed(TEXT), "block   100");
	for (size_t i = 0; i < COUNT(texts); i++) {
		char row[32];

		snprintf(row, sizeof(row), "block   %zu", 100 + i);
		assert_int_equal(column(printed(TEXT), row), first);
	}
	assert_neat(printed(TEXT));
}

/* Whatever the numbers and texts are, a line stays a line. */
static void test_text_widths(void **state)
{
	static const __u64 sizes[] = {1, 1000, 999999999, 1000000000000ull, UINT64_MAX / 2};

	(void)state;
	set_word(0, "0123456789012345678901234567890123456789012345678901234567890123",
		 GL_LIST_WATCH, 1);
	set_word(1, "灯笼灯笼灯笼灯笼灯笼灯笼灯笼灯笼灯笼灯笼灯", GL_LIST_BLOCK, 1);
	snprintf(words[1].word.label, GL_LABEL_MAX + 1, "%s",
		 "a-label-of-thirty-one-character");
	look.source =
	    "/a/very/long/path/0123456789012345678901234567890123456789012345678901234567890"
	    "1234567890123456789.pcap";
	for (size_t i = 0; i < COUNT(sizes); i++) {
		__u64 n = sizes[i];

		for (size_t row = 0; row < GL_OUT_MAX; row++)
			look.total.outcome[row].packets = look.total.outcome[row].bytes = n;
		for (size_t row = 0; row < GL_LEVEL_MAX; row++)
			look.total.exposure[row] =
			    (struct gl_exposure_row){0, 0, n, n, (__s64)n};
		look.total.protocol[IRC] = (struct gl_protocol_row){0, 0, n, n, (__s64)n, n >> 22};
		look.total.list[0] = look.total.list[1] =
		    (struct gl_list_row){0, 0, n >> 22, n >> 22, n >> 22};
		look.total.verdict[GL_VERDICT_WOULD_DROP].packets = n;
		look.total.seen_packets = look.total.seen_bytes = n;
		/* Three columns of 10^18 leave a word no room; nothing counts so many words. */
		for (size_t word = 0; word < 2; word++)
			words[word].count = (struct gl_word_count){
			    n >> 22 | word, n >> 22, n >> 22, {[GL_ENC_BIG5] = n, [GL_ENC_HEX] = n}};
		setlocale(LC_CTYPE, "C");
		assert_neat(printed(TEXT));
		setlocale(LC_CTYPE, "C.UTF-8");
		assert_neat(printed(TEXT));
	}
}

static void test_text_numbers(void **state)
{
	static const struct {
		__u64 part;
		__u64 whole;
		const char *share;
	} shares[] = {
	    {1, 1, "100.0 %"},	 {1, 100000, "<0.1 %"}, {99999, 100000, ">99.9 %"},
	    {1, 1000, " 0.1 %"}, {999, 1000, "99.9 %"},
	};
	static const struct {
		__u64 bytes;
		const char *text;
	} sizes[] = {
	    {0, "packets, 0 B\n"},
	    {999, "packets, 999 B\n"},
	    {1000, "packets, 1.0 kB (1,000 bytes)\n"},
	    {999949, "packets, 999.9 kB (999,949 bytes)\n"},
	    {999951, "packets, 1.0 MB (999,951 bytes)\n"},
	    {1234567890, "packets, 1.2 GB (1,234,567,890 bytes)\n"},
	    {UINT64_MAX, "packets, 18.4 EB (18,446,744,073,709,551,615 bytes)\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		look.total.seen_bytes = sizes[i].bytes;
		assert_has(printed(TEXT), sizes[i].text);
	}
	for (size_t i = 0; i < COUNT(shares); i++) {
		look.total.seen_packets = shares[i].whole;
		look.total.protocol[TLS].packets = shares[i].part;
		assert_has(strstr(printed(TEXT), "  tls "), shares[i].share);
	}
	look.total.protocol[TLS].flows = -1234;
	assert_has(printed(TEXT), "  -1,234     0\n");
}

static void test_flows_alignment(void **state)
{
	const char *text;

	(void)state;
	set_flow(1, AF_INET6, "fd99::1", 6667, "fd99::2", 40001);
	flows[1].flow.protocol = TLS;
	flows[1].flow.steady = GL_LEVEL_SHAPE;
	flows[1].flow.dir[0].bytes = 12345678;
	look.flow_count = 2;
	text = printed(FLOWS);
	assert_int_equal(column(text, "irc "), column(text, "tls "));
	assert_int_equal(column(text, "content/content"), column(text, "content/shape"));
	assert_has(text, " 12.3 MB ");
	assert_lacks(text, " \n");
	/* A line of titles, and one for each flow. */
	assert_string_equal(strchr(strchr(strchr(text, '\n') + 1, '\n') + 1, '\n'), "\n");
}

/* ------------------------------------------------------------ snapshot */

static void test_sort(void **state)
{
	(void)state;
	set_word(0, "second", GL_LIST_WATCH, 1);
	set_word(1, "first", GL_LIST_WATCH, 2);
	words[0].position = 9;
	words[1].position = 3;
	set_flow(0, AF_INET, "10.0.0.9", 1, "10.0.0.10", 1);
	set_flow(1, AF_INET, "10.0.0.2", 1, "10.0.0.3", 1);
	set_flow(2, AF_INET, "10.0.0.1", 1, "10.0.0.3", 1);
	flows[0].flow.first = 1ull << 40;
	flows[1].flow.first = flows[2].flow.first = 7;
	look.flow_count = 3;
	snapshot_sort(&look);
	assert_string_equal(words[0].word.text, "first");
	assert_int_equal(words[0].word.id, 1);
	assert_int_equal(ntohl(flows[0].key.lo[0]), 0x0a000001);
	assert_int_equal(ntohl(flows[1].key.lo[0]), 0x0a000002);
	assert_int_equal(ntohl(flows[2].key.lo[0]), 0x0a000009);
	look = (struct snapshot){0};
	snapshot_sort(&look);
}

static void test_snapshot_free(void **state)
{
	(void)state;
	look.words = calloc(1, sizeof(*look.words));
	look.flows = calloc(1, sizeof(*look.flows));
	snapshot_free(&look);
	assert_null(look.words);
	assert_null(look.flows);
	assert_int_equal(look.word_count + look.flow_count, 0);
	snapshot_free(&look);
}

static void test_law(void **state)
{
	struct gl_total *total = &look.total, intact = *total;
	const struct {
		__u64 *counter;
		const char *said;
	} cases[] = {
	    {&total->seen_packets, "seen 5 packets, outcomes hold 4"},
	    {&total->outcome[GL_OUT_MAX].packets, "seen 4 packets, outcomes hold 5"},
	    {&total->outcome[GL_OUTCOMES - 1].bytes, "seen 350 bytes, outcomes hold 351"},
	    {&total->verdict[GL_VERDICTS - 1].packets, "seen 4 packets, verdicts hold 5"},
	    {&total->verdict[0].bytes, "seen 350 bytes, verdicts hold 351"},
	    {&total->protocol[GL_PROTOCOLS - 1].packets, "seen 4 packets, protocols hold 5"},
	    {&total->protocol[0].bytes, "seen 350 bytes, protocols hold 351"},
	    {&total->exposure[GL_LEVELS - 1].packets, "seen 4 packets, exposure hold"},
	    {&total->exposure[0].bytes, "seen 350 bytes, exposure hold"},
	};

	(void)state;
	assert_int_equal(snapshot_check(&look), 0);
	assert_lacks(printed(TEXT), "BROKEN");
	log_set_level(LOG_SILENT);
	for (size_t i = 0; i < COUNT(cases); i++) {
		*cases[i].counter += 1;
		assert_int_equal(snapshot_check(&look), -EIO);
		assert_has(printed(TEXT), "\nLaw      BROKEN: ");
		assert_has(printed(TEXT), cases[i].said);
		assert_lacks(printed(TEXT), "(holds)");
		assert_neat(printed(TEXT));
		*total = intact;
	}
	log_set_level(LOG_NOTES);
	/* Services lie within the protocols and have no sum of their own. */
	total->service[1].packets = 3;
	assert_int_equal(snapshot_check(&look), 0);
}

static void test_names(void **state)
{
	static const char *const outcomes[] = {
	    "scanned",	 "scanned_after_gap", "retransmission",
	    "no_words",	 "not_selected",      "masked",
	    "compressed", "encrypted",	      "undecided",
	    "unknown",	 "no_payload",
	    "not_ip",	 "not_tcp_udp",	      "later_fragment",
	    "tunnel",	 "vlan_too_deep",     "ext_too_long",
	    "truncated", "malformed",	      "contended",
	    "no_flow",	 "unreadable",	 "busy",
	};
	static const char *const levels[] = {"absent",	 "shape",    "protocol", "service",
					     "identity", "envelope", "content"};

	(void)state;
	assert_int_equal(COUNT(outcomes), GL_OUT_MAX);
	for (__u32 i = 0; i < GL_OUT_MAX; i++) {
		assert_string_equal(name_outcome(i), outcomes[i]);
		assert_true(*explain_outcome(i));
	}
	assert_int_equal(COUNT(levels), GL_LEVEL_MAX);
	for (__u32 i = 0; i < GL_LEVEL_MAX; i++) {
		assert_string_equal(name_level(i), levels[i]);
		assert_true(*explain_level(i));
	}
	assert_string_equal(name_verdict(GL_VERDICT_PASS), "pass");
	assert_string_equal(name_verdict(GL_VERDICT_WOULD_DROP), "would_drop");
	assert_string_equal(name_verdict(GL_VERDICT_DROP), "drop");
	assert_string_equal(name_basis(GL_BASIS_NONE), "none");
	assert_string_equal(name_basis(GL_BASIS_PORT), "port");
	assert_string_equal(name_basis(GL_BASIS_NAME), "name");
	assert_string_equal(name_basis(GL_BASIS_BYTES), "bytes");
	assert_string_equal(name_list(GL_LIST_WATCH), "watch");
	assert_string_equal(name_list(GL_LIST_BLOCK), "block");
	assert_string_equal(name_scan(GL_SCAN_CHAT), "chat");
	assert_string_equal(name_scan(GL_SCAN_CLEAR), "clear");
	assert_string_equal(name_scan(GL_SCAN_ALL), "all");
	assert_string_equal(name_mode(GL_MODE_NONE), "none");
	assert_string_equal(name_mode(GL_MODE_NATIVE), "native");
	assert_string_equal(name_mode(GL_MODE_GENERIC), "generic");
	assert_string_equal(name_protocol(&look, IRC), "irc");
	look.protocol_count = 0;
	assert_string_equal(name_protocol(&look, GL_PROTO_NONE), "none");
	assert_string_equal(name_protocol(&look, GL_PROTO_UNKNOWN), "unknown");
	assert_string_equal(name_protocol(&look, IRC), "?");
}

static void test_names_beyond(void **state)
{
	(void)state;
	assert_string_equal(name_outcome(GL_OUT_MAX), "?");
	assert_string_equal(explain_outcome(GL_OUT_MAX), "");
	assert_string_equal(name_level(UINT32_MAX), "?");
	assert_string_equal(explain_level(GL_LEVEL_MAX), "");
	assert_string_equal(name_verdict(GL_VERDICT_MAX), "?");
	assert_string_equal(name_basis(GL_BASIS_MAX), "?");
	assert_string_equal(name_list(GL_LIST_MAX), "?");
	assert_string_equal(name_scan(GL_SCAN_MAX), "?");
	assert_string_equal(name_mode(GL_MODE_MAX), "?");
	assert_string_equal(name_protocol(&look, UINT32_MAX), "?");
}

/* ------------------------------------------------------------ the rest */

static void test_failed_writes_are_said(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_int_equal(report_json(full, &look, true), -ENOSPC);
	clearerr(full);
	assert_int_equal(report_text(full, &look, false), -ENOSPC);
	clearerr(full);
	assert_int_equal(report_flows(full, &look, false), -ENOSPC);
	fclose(full);
}

static void test_cut(void **state)
{
	char text[32] = "midnight";

	(void)state;
	text_cut(text, sizeof(text), 8);
	assert_string_equal(text, "midnight");
	text_cut(text, sizeof(text), 7);
	assert_string_equal(text, "midn...");
	strcpy(text, "灯笼灯笼");
	text_cut(text, sizeof(text), 6);
	assert_string_equal(text, "灯...");
	strcpy(text, "ab");
	text_cut(text, sizeof(text), 1);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_json_golden, prepare),
	    cmocka_unit_test_setup(test_json_empty, prepare),
	    cmocka_unit_test_setup(test_json_rows, prepare),
	    cmocka_unit_test_setup(test_json_hits, prepare),
	    cmocka_unit_test_setup(test_json_no_hits, prepare),
	    cmocka_unit_test_setup(test_json_services, prepare),
	    cmocka_unit_test_setup(test_json_evicted, prepare),
	    cmocka_unit_test_setup(test_json_direction, prepare),
	    cmocka_unit_test_setup(test_json_flow_details, prepare),
	    cmocka_unit_test_setup(test_json_strings, prepare),
	    cmocka_unit_test_setup(test_hostile_text, prepare),
	    cmocka_unit_test_setup(test_no_address_unasked, prepare),
	    cmocka_unit_test_setup(test_no_word_beside_a_flow, prepare),
	    cmocka_unit_test_setup(test_text_golden, prepare),
	    cmocka_unit_test_setup(test_text_hits, prepare),
	    cmocka_unit_test_setup(test_text_no_hits, prepare),
	    cmocka_unit_test_setup(test_text_many_encodings, prepare),
	    cmocka_unit_test_setup(test_text_empty, prepare),
	    cmocka_unit_test_setup(test_text_verdicts, prepare),
	    cmocka_unit_test_setup(test_text_charset, prepare),
	    cmocka_unit_test_setup(test_text_colour, prepare),
	    cmocka_unit_test_setup(test_report_colour, prepare),
	    cmocka_unit_test_setup(test_text_words, prepare),
	    cmocka_unit_test_setup(test_text_alignment, prepare),
	    cmocka_unit_test_setup(test_text_widths, prepare),
	    cmocka_unit_test_setup(test_text_numbers, prepare),
	    cmocka_unit_test_setup(test_flows_alignment, prepare),
	    cmocka_unit_test_setup(test_sort, prepare),
	    cmocka_unit_test_setup(test_snapshot_free, prepare),
	    cmocka_unit_test_setup(test_law, prepare),
	    cmocka_unit_test_setup(test_names, prepare),
	    cmocka_unit_test_setup(test_names_beyond, prepare),
	    cmocka_unit_test_setup(test_failed_writes_are_said, prepare),
	    cmocka_unit_test_setup(test_cut, prepare),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
