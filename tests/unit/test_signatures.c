/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* The build without libyaml under other names, so that both can be compared. */
#ifdef HAVE_YAML
#undef HAVE_YAML
#define signatures_new table_new
#define signatures_free table_free
#define signatures_parse table_parse
#define signatures_builtin table_builtin
#define signatures_compile table_compile
#define signatures_protocols table_protocols
#define signatures_protocol table_protocol
#define signatures_emit_c table_emit_c
#define sigset_add table_add
#define predicate_parse table_predicate
#include "../../user/signatures.c"
#undef signatures_new
#undef signatures_free
#undef signatures_parse
#undef signatures_builtin
#undef signatures_compile
#undef signatures_protocols
#undef signatures_protocol
#undef signatures_emit_c
#undef sigset_add
#undef predicate_parse
#undef SIGNATURES_H
#define HAVE_YAML 1
#endif
#include "../../user/dfa.h"
#include "../../user/log.h"
#include "../../user/sigset.h"
#include "../../user/signatures.h"

int sigset_add(struct signatures *set, const struct sig_protocol *protocol);
int predicate_parse(const char *text, struct gl_sig_row *row, const char **what);

/* ------------------------------------------------------------ helpers */

static struct gl_signatures *tables_new(void)
{
	struct gl_signatures *sig = calloc(1, sizeof(*sig));

	assert_non_null(sig);
	return sig;
}

/* What each test may rely on, and the kernel does. */
static void check_tables(const struct gl_signatures *sig)
{
	assert_in_range(sig->states, 1, GL_SIG_STATES);
	assert_in_range(sig->first_accept, 1, sig->states);
	for (int t = 0; t < GL_TRANSPORTS; t++) {
		for (int a = 0; a < GL_ANCHORS; a++)
			assert_true(sig->root[t][a] < sig->first_accept);
		for (int byte = 0; byte < 256; byte++)
			assert_true(sig->cls[t][byte] < GL_SIG_STRIDE);
	}
	for (uint32_t i = 0; i < GL_SIG_STATES * GL_SIG_STRIDE; i++) {
		assert_true(sig->next[i] < sig->states);
		assert_true(i >= GL_SIG_STRIDE || !sig->next[i]);
	}
	for (uint32_t s = sig->first_accept; s < sig->states; s++) {
		const struct gl_sig_accept *accept = &sig->accept[sig->accept_at[s]];

		assert_true(sig->accept_at[s] < GL_SIG_ACCEPTS);
		assert_in_range(accept->n, 1, GL_ACCEPT_PATTERNS);
		for (int i = 0; i < accept->n; i++) {
			const struct gl_sig_pattern *p = &sig->pattern[accept->pattern[i]];

			assert_in_range(p->protocol, GL_PROTO_FIRST, sig->protocols - 1);
			assert_true(p->row_at + p->rows <= GL_SIG_ROWS);
			assert_true(!i || sig->pattern[accept->pattern[i - 1]].priority >=
					      p->priority);
		}
	}
}

struct hit {
	int pattern; /* -1: none */
	unsigned rank;
};

static int64_t field(const struct gl_sig_row *row, const uint8_t *data, size_t length)
{
	int64_t value = 0;

	if (row->offset + row->width > (int)length)
		return -1;
	for (int i = 0; i < row->width; i++)
		value = value << 8 | data[row->offset + (row->little ? row->width - 1 - i : i)];
	return value;
}

/* fresh: the match began with this packet, which is what a predicate speaks of. */
static bool row_holds(const struct gl_sig_row *row, const uint8_t *data, size_t length,
		      bool fresh)
{
	int64_t left = (int64_t)length, right = row->value;

	if (row->left == GL_OPERAND_FIELD)
		left = field(row, data, length);
	else if (row->left == GL_OPERAND_LAST)
		left = data[length - 1];
	if (left < 0 || !fresh)
		return false;
	left = (left & row->mask) * row->multiply + row->add;
	if (row->right == GL_OPERAND_LENGTH)
		right += (int64_t)length;
	return row->op == GL_OP_EQ   ? left == right
	       : row->op == GL_OP_NE ? left != right
	       : row->op == GL_OP_LT ? left < right
	       : row->op == GL_OP_LE ? left <= right
	       : row->op == GL_OP_GT ? left > right
				     : left >= right;
}

/* Tries the patterns of an accepting state; longer matches come later. */
static void try_state(const struct gl_signatures *sig, uint32_t state, uint32_t known,
		      const uint8_t *data, size_t length, bool fresh, struct hit *hit)
{
	const struct gl_sig_accept *accept = &sig->accept[sig->accept_at[state]];

	for (int i = 0; i < accept->n; i++) {
		const struct gl_sig_pattern *p = &sig->pattern[accept->pattern[i]];
		bool holds = p->protocol == known ||
			     (!(p->flags & GL_PATTERN_WATCHED) &&
			      (!known || sig->protocol[known].becomes >> p->protocol & 1));

		for (int r = 0; r < p->rows; r++)
			holds =
			    holds && row_holds(&sig->row[p->row_at + r], data, length, fresh);
		if (!holds || (hit->pattern >= 0 && hit->rank > p->priority))
			continue;
		*hit = (struct hit){accept->pattern[i], p->priority};
		break;
	}
}

/* Reference walk: from state over the data, the best pattern that holds. */
static uint32_t walk(const struct gl_signatures *sig, int transport, uint32_t state,
		     uint32_t known, const void *bytes, size_t length, bool fresh,
		     struct hit *hit)
{
	const uint8_t *data = bytes;

	for (size_t i = 0; i < length && i < GL_CLASSIFY_BYTES && state; i++) {
		state = sig->next[state * GL_SIG_STRIDE + sig->cls[transport][data[i]]];
		if (state >= sig->first_accept)
			try_state(sig, state, known, data, length, fresh, hit);
	}
	return state;
}

/* One direction of a flow, a packet at a time. */
struct flow {
	const struct gl_signatures *sig;
	int transport;
	bool begun;
	uint32_t state;
	uint32_t protocol; /* 0: not recognised */
	uint32_t level;
	bool steady;
};

static void feed(struct flow *f, const void *data, size_t length)
{
	const struct gl_signatures *sig = f->sig;
	struct hit hit = {-1, 0};

	if (!length)
		return;
	if (!f->begun || f->transport == GL_UDP)
		f->state = sig->root[f->transport][GL_ANCHOR_STREAM];
	if (!f->protocol)
		f->state = walk(sig, f->transport, f->state, 0, data, length, !f->begun, &hit);
	f->begun = true;
	if (hit.pattern < 0)
		walk(sig, f->transport, sig->root[f->transport][GL_ANCHOR_PACKET], f->protocol,
		     data, length, true, &hit);
	if (hit.pattern < 0)
		return;
	f->protocol = sig->pattern[hit.pattern].protocol;
	f->steady |= sig->pattern[hit.pattern].flags & GL_PATTERN_STEADY;
	f->level =
	    f->steady ? sig->pattern[hit.pattern].steady : sig->pattern[hit.pattern].setup;
}

static struct signatures *set_of(const struct sig_pattern *patterns, unsigned count)
{
	struct sig_protocol protocol = {.name = "irc",
					.file = "t.yaml",
					.line = 1,
					.pattern_count = count,
					.patterns = patterns};
	struct signatures *set = signatures_new();

	assert_non_null(set);
	assert_int_equal(sigset_add(set, &protocol), 0);
	return set;
}

/* Runs with stderr in a buffer. */
static int stderr_copy;
static FILE *stderr_file;

static void capture(void)
{
	fflush(stderr);
	stderr_file = tmpfile();
	assert_non_null(stderr_file);
	stderr_copy = dup(2);
	dup2(fileno(stderr_file), 2);
}

static const char *captured(void)
{
	static char text[4096];
	size_t n;

	fflush(stderr);
	dup2(stderr_copy, 2);
	close(stderr_copy);
	rewind(stderr_file);
	n = fread(text, 1, sizeof(text) - 1, stderr_file);
	text[n] = '\0';
	fclose(stderr_file);
	return text;
}

static void assert_says(const char *text, const char *part)
{
	const char *newline = strchr(text, '\n');

	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
	if (!newline || newline[1])
		fail_msg("\"%s\" is not one line", text);
}

/* ------------------------------------------------------------ expressions */

static const struct {
	const char *match;
	bool nocase;
	const char *text;
	int length; /* of the shortest prefix that matches, 0 none */
} expressions[] = {
    {"abc", false, "abcd", 3},
    {"abc", false, "ab", 0},
    {"abc", false, "xabc", 0},
    {"aBc", true, "AbCd", 3},
    {"aBc", false, "AbCd", 0},
    {"[b-d]x", true, "Cx", 2},
    {"[^b]x", true, "Bx", 0},
    {"a.c", false, "a\nc", 3},
    {"a\\.c", false, "abc", 0},
    {"a\\.c", false, "a.c", 3},
    {"\\x41\\r\\n\\t\\\\", false, "A\r\n\t\\", 5},
    {"[a\\-c]+x", false, "a-cx", 4},
    {"[a\\-c]x", false, "bx", 0},
    {"[-a]x", false, "-x", 2},
    {"[a-]x", false, "-x", 2},
    {"[\\]]", false, "]", 1},
    {"[a-c]{2}x", false, "abx", 3},
    {"[a-c]{2}x", false, "ax", 0},
    {"a{2,3}b", false, "ab", 0},
    {"a{2,3}b", false, "aab", 3},
    {"a{2,3}b", false, "aaab", 4},
    {"a{2,3}b", false, "aaaab", 0},
    {"a{0,2}b", false, "b", 1},
    {"a{16}b", false, "aaaaaaaaaaaaaaaab", 17},
    {"(ab|cd)e", false, "cde", 3},
    {"(ab|cd)e", false, "ade", 0},
    {"(a|b)*c", false, "abbac", 5},
    {"(a*)*b", false, "aab", 3},
    {"(a?){3}b", false, "aab", 3},
    {"ab?c", false, "ac", 2},
    {"ab+c", false, "ac", 0},
    {"ab+c", false, "abbbc", 5},
    {"a[^b]*bc", false, "aaaabc", 6},
    {"a.*bc", false, "axbbc", 5},
    {"a|ab", false, "ab", 1},
    {".{8}x", false, "12345678x", 9},
    {"[\\r\\n]*x", false, "\r\n\r\nx", 5},
    {"\xc3\xa9t", false, "\xc3\xa9t", 3},
    {"[\\x80-\\xff]a", false,
     "\xff"
     "a",
     2},
};

static void test_expressions(void **state)
{
	struct gl_signatures *sig = tables_new();

	(void)state;
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		struct sig_pattern pattern = {.name = "p",
					      .match = expressions[i].match,
					      .nocase = expressions[i].nocase};
		struct signatures *set = set_of(&pattern, 1);
		const char *text = expressions[i].text;
		uint32_t at;
		int length = 0;

		assert_int_equal(signatures_compile(set, 1, sig), 0);
		check_tables(sig);
		at = sig->root[GL_TCP][GL_ANCHOR_STREAM];
		assert_int_equal(sig->root[GL_TCP][GL_ANCHOR_PACKET], 0);
		assert_int_equal(sig->root[GL_UDP][GL_ANCHOR_STREAM], 0);
		while (text[length] && at && at < sig->first_accept)
			at = sig->next[at * GL_SIG_STRIDE +
				       sig->cls[GL_TCP][(uint8_t)text[length++]]];
		if (at < sig->first_accept)
			length = 0;
		if (length != expressions[i].length)
			fail_msg("%s on %s: %d instead of %d", expressions[i].match, text,
				 length, expressions[i].length);
		signatures_free(set);
	}
	free(sig);
}

static const struct {
	const char *match;
	const char *says;
} bad_expressions[] = {
    {"", "has an empty part at character 1"},
    {"a||b", "empty part"},
    {"(a", "group without an end"},
    {"a)", ") without ("},
    {"[a", "class without an end"},
    {"[]", "class without a byte"},
    {"[b-a]", "backwards"},
    {"[[a]", "[ inside a class"},
    {"*a", "nothing to repeat"},
    {"a]", "nothing to repeat or to close"},
    {"^a", "anchor"},
    {"a$", "anchor"},
    {"\\q", "unknown escape at character 2"},
    {"a\\", "unknown escape"},
    {"\\x4", "two hexadecimal digits"},
    {"a{17}", "counts to 0 or above 16"},
    {"a{0}", "counts to 0"},
    {"a{3,2}", "count that is not"},
    {"a{}", "count that is not"},
    {"a{2,}", "count that is not"},
    {"a*", "matches nothing at all"},
    {"(a|b?)", "matches nothing at all"},
    {".*a", "more than 8 bytes of any value"},
    {".+a", "more than 8 bytes"},
    {".{9}a", "more than 8 bytes"},
    {".{4}.{5}a", "more than 8 bytes"},
    {"x?.*a", "more than 8 bytes"},
    {"(a|.{9})b", "more than 8 bytes"},
    {"[^a]*b", "more than 8 bytes"},
    {"(.?){9}a", "more than 8 bytes"},
    {"a\001", "control character"},
    {"[\001]", "control character"},
    {"a(((b{16}){16}){16}){16}", "too long once its counts"},
};

static void test_bad_expressions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_expressions) / sizeof(bad_expressions[0]); i++) {
		struct nfa nfa = {0};
		struct regex_error error;
		uint32_t start = 77;

		assert_int_equal(
		    regex_compile(&nfa, bad_expressions[i].match, false, 0, &start, &error),
		    -EINVAL);
		assert_int_equal(start, 77);
		assert_int_equal(nfa.count, 0);
		assert_non_null(error.remedy);
		capture();
		log_error(-EINVAL, "%s at character %zu", error.what, error.at + 1);
		assert_says(captured(), bad_expressions[i].says);
		nfa_free(&nfa);
	}
}

/* ------------------------------------------------------------ predicates */

static const struct {
	const char *text;
	struct gl_sig_row row;
} predicates[] = {
    {"u8(0) == 1",
     {.width = 1, .op = GL_OP_EQ, .mask = ~0u, .multiply = 1, .right = GL_OPERAND_CONST, .value = 1}},
    {"u16be(3) + 5 == length",
     {.width = 2,
      .offset = 3,
      .mask = ~0u,
      .multiply = 1,
      .add = 5,
      .op = GL_OP_EQ, .right = GL_OPERAND_LENGTH}},
    {"u32le(0xfb) & 0xff00 * 4 - 1 >= length - 12",
     {.width = 4,
      .little = 1,
      .offset = 251,
      .mask = 0xff00,
      .multiply = 4,
      .add = -1,
      .op = GL_OP_GE,
      .right = GL_OPERAND_LENGTH,
      .value = -12}},
    {"length!=0",
     {.left = GL_OPERAND_LENGTH,
      .mask = ~0u,
      .multiply = 1,
      .op = GL_OP_NE,
      .right = GL_OPERAND_CONST}},
    {"last<3",
     {.left = GL_OPERAND_LAST,
      .mask = ~0u,
      .multiply = 1,
      .op = GL_OP_LT,
      .right = GL_OPERAND_CONST,
      .value = 3}},
    {" u24le( 1 ) <= -7 ",
     {.width = 3,
      .little = 1,
      .offset = 1,
      .mask = ~0u,
      .multiply = 1,
      .op = GL_OP_LE,
      .right = GL_OPERAND_CONST,
      .value = -7}},
};

static const char *const bad_predicates[] = {
    "",
    "u8 == 1",
    "u64be(0) == 1",
    "u8(255) == 1",
    "u16be(254) == 1",
    "u8(0 == 1",
    "u8(0) = 1",
    "u8(0) == ",
    "u8(0) == 1 x",
    "u8(0) == 2147483648",
    "lengthy == 1",
    "1 == u8(0)",
    "length == last",
    "u8(0) + 1 & 3 == 1",
    "u8(0) & 0x1ffffffff == 1",
    "u8(0) * 65537 == 1",
    "u8(x) == 1",
};

static void test_predicates(void **state)
{
	struct gl_sig_row row, before;
	const char *what;

	(void)state;
	for (size_t i = 0; i < sizeof(predicates) / sizeof(predicates[0]); i++) {
		assert_int_equal(predicate_parse(predicates[i].text, &row, &what), 0);
		assert_memory_equal(&row, &predicates[i].row, sizeof(row));
	}
	before = row;
	for (size_t i = 0; i < sizeof(bad_predicates) / sizeof(bad_predicates[0]); i++) {
		what = NULL;
		if (predicate_parse(bad_predicates[i], &row, &what) != -EINVAL)
			fail_msg("\"%s\" was taken", bad_predicates[i]);
		assert_non_null(what);
		assert_memory_equal(&row, &before, sizeof(row));
	}
}

/* ------------------------------------------------------------ the protocols */

#define TEXT(text) text, sizeof(text) - 1
#define WHOLE true /* rests on a predicate, so that a split stream may mean another thing */

#define CLIENT_HELLO                                                                           \
	"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"                                         \
	"0123456789abcdef0123456789abcdef"                                                     \
	"\x20"
#define SERVER_HELLO                                                                           \
	"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"                                         \
	"0123456789abcdef0123456789abcdef"                                                     \
	"\x20"
#define DNS_NAME                                                                               \
	"\x03www\x07"                                                                          \
	"example\x03"                                                                          \
	"com"
#define DNS_QUERY                                                                              \
	"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" DNS_NAME "\x00\x00\x01\x00\x01"

static const struct {
	const char *protocol; /* NULL: must stay unknown */
	int transport;
	const char *data;
	size_t length;
	bool whole;
	enum gl_level level;
} traffic[] = {
    {"irc", GL_TCP, TEXT("NICK ann\r\nUSER ann 0 * :Ann Example\r\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("USER ann 0 * :Ann\r\nNICK ann\r\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("PASS x\r\nNICK ann\r\nUSER ann h s :Ann\r\n"), false,
     GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("nick ann\nuser ann h s :Ann\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("PASS x\r\nCAP LS 302\r\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("CAP REQ :twitch.tv/tags\r\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("USER foo\nNICK foo\nJOIN #rooms\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT(":irc.example 001 ann :Welcome"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT(":irc.example NOTICE * :*** Looking up"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("NOTICE AUTH :*** Looking up"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT(":a!b@c PRIVMSG #room :hello"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("@time=1 :a!b@c JOIN :#room\r\n"), false, GL_LEVEL_CONTENT},
    {"irc", GL_TCP, TEXT("PING :12\r\n:irc.example 001 ann :W"), false, GL_LEVEL_CONTENT},
    {NULL, GL_TCP, TEXT("USER x\r\nPASS y\r\n"), false, 0}, /* FTP, POP3 */
    {NULL, GL_TCP, TEXT("USER anonymous\r\nPASS a@b c d e\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("PASS x\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("NICK ann\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("USER ann 0 * :Ann\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("NICK ann\r\nUSER ann\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("MODE READER\r\n"), false, 0}, /* NNTP */
    {NULL, GL_TCP, TEXT("JOIN #room\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("PING\r\n"), false, 0}, /* NATS, RESP */
    {NULL, GL_TCP, TEXT("PING :12\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("MSG subj 1 5\r\nhello\r\n"), false, 0}, /* NATS */
    {NULL, GL_TCP, TEXT(":1000\r\n:2 3 4\r\n"), false, 0},	 /* RESP */
    {NULL, GL_TCP, TEXT(":a!b@c JOIN room\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("NOOP\r\nEHLO x\r\nSTARTTLS\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("220 irc 001 x :FTP\r\n"), false, 0},
    {NULL, GL_UDP, TEXT("NICK ann\r\nUSER ann 0 * :Ann\r\n"), false, 0},

    {"xmpp", GL_TCP,
     TEXT("<?xml version='1.0'?>\n<stream:stream to='h' xmlns='jabber:client' >"), false,
     GL_LEVEL_SERVICE},
    {"xmpp", GL_TCP, TEXT("<stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" >"),
     false, GL_LEVEL_SERVICE},
    {"xmpp", GL_TCP, TEXT("<message to='a@b' from='c'><body>"), false, GL_LEVEL_CONTENT},
    {"xmpp", GL_TCP, TEXT("<iq xml:lang=\"en\" type=\"get\">"), false, GL_LEVEL_CONTENT},
    {"xmpp", GL_TCP, TEXT("</stream:stream>"), WHOLE, GL_LEVEL_PROTOCOL},
    {NULL, GL_TCP, TEXT("</stream:stream>\n"), WHOLE, 0},
    {NULL, GL_TCP, TEXT("<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"u\">"), false, 0},
    {NULL, GL_TCP, TEXT("<?xml version=\"1.0\"?><plist version=\"1.0\">"), false, 0},
    {NULL, GL_TCP, TEXT("<?xml version='1.0'?>"), false, 0},
    {NULL, GL_TCP, TEXT("<stream:stream xmlns='other:thing'>jabber:client"), false, 0},
    {NULL, GL_TCP, TEXT("<messages to='a'>"), false, 0},
    {NULL, GL_TCP, TEXT("<message><id>"), false, 0},
    {NULL, GL_TCP, TEXT("\x25\x00\x45\x14\x04push"), false, 0}, /* vendor push */

    {"sip", GL_UDP, TEXT("MESSAGE sip:ann@h SIP/2.0\r\n"), false, GL_LEVEL_CONTENT},
    {"sip", GL_UDP, TEXT("INVITE sips:ann@h SIP/2.0\r\n"), false, GL_LEVEL_ENVELOPE},
    {"sip", GL_TCP, TEXT("\r\n\r\nREGISTER sip:h SIP/2.0\r\n"), false, GL_LEVEL_ENVELOPE},
    {"sip", GL_TCP, TEXT("MESSAGE tel:+3912 SIP/2.0\r\n"), false, GL_LEVEL_CONTENT},
    {"sip", GL_TCP, TEXT("SIP/2.0 200 OK\r\n"), false, GL_LEVEL_ENVELOPE},
    {NULL, GL_UDP, TEXT("NOTIFY * HTTP/1.1\r\nHOST: x\r\n"), false, 0}, /* SSDP */
    {NULL, GL_UDP, TEXT("M-SEARCH * HTTP/1.1\r\nHOST: x\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("OPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n"), false, 0},
    {NULL, GL_UDP, TEXT("OPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n"), false, 0},
    {NULL, GL_UDP, TEXT("INVITE sip:ann@h\r\n SIP/2.0\r\n"), false, 0},
    {NULL, GL_UDP, TEXT("hello"), false, 0},

    {"tls", GL_TCP, TEXT(CLIENT_HELLO), false, GL_LEVEL_PROTOCOL},
    {"tls", GL_TCP, TEXT(SERVER_HELLO), false, GL_LEVEL_PROTOCOL},
    {"tls", GL_TCP,
     TEXT("\x17\x03\x03\x00\x12"
	  "123456789012345678"),
     WHOLE, GL_LEVEL_SHAPE},
    {"tls", GL_TCP, TEXT("\x15\x03\x03\x00\x02\x01\x00"), WHOLE, GL_LEVEL_SHAPE},
    {NULL, GL_TCP,
     TEXT("\x17\x03\x03\x00\x12"
	  "1234567890123456789"),
     WHOLE, 0},
    {NULL, GL_TCP,
     TEXT("\x17\x03\x03\x00\x02"
	  "12"),
     false, 0},
    {NULL, GL_TCP, TEXT("\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x10"), false, 0},
    {NULL, GL_TCP, TEXT("\x16\x03\x03\x00\x10\x0e\x00\x00\x0c\x03\x03"), false, 0},
    {NULL, GL_TCP, TEXT("\x16\xf1\x03\x00\xf8\x01\x00\x00\xf4\x03\x03"), false, 0}, /* mmtls */
    {NULL, GL_TCP, TEXT("\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10"), false, 0}, /* Skype */
    {NULL, GL_TCP,
     TEXT("\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"
	  "0123456789abcdef0123456789abcdef"
	  "\x21"),
     false, 0},
    {NULL, GL_UDP, TEXT(CLIENT_HELLO), false, 0},

    {"http", GL_TCP, TEXT("GET /a?b=c HTTP/1.1\r\nHost: h\r\n"), false, GL_LEVEL_CONTENT},
    {"http", GL_TCP, TEXT("CONNECT h:443 HTTP/1.0\r\n\r\n"), false, GL_LEVEL_CONTENT},
    {"http", GL_TCP, TEXT("HTTP/1.1 101 Switching Protocols\r\n"), false, GL_LEVEL_CONTENT},
    {"http", GL_TCP, TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), false, GL_LEVEL_CONTENT},
    {NULL, GL_TCP, TEXT("GET key\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("GET /a\r\n HTTP/1.1\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("DESCRIBE rtsp://h/a RTSP/1.0\r\n"), false, 0},
    {NULL, GL_TCP, TEXT("HTTP/3 200\r\n"), false, 0},

    {"dns", GL_UDP, TEXT(DNS_QUERY), false, GL_LEVEL_SERVICE},
    {"dns", GL_UDP,
     TEXT("\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00" DNS_NAME
	  "\x00\x00\x41\x00\x01\xc0\x0c"),
     false, GL_LEVEL_SERVICE},
    {"dns", GL_UDP,
     TEXT("\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x05_http\x04_tcp\x05"
	  "local\x00\x00\x0c\x00\x01"),
     false, GL_LEVEL_SERVICE},
    {"dns", GL_TCP, TEXT("\x00\x21" DNS_QUERY), WHOLE, GL_LEVEL_SERVICE},
    {NULL, GL_TCP, TEXT("\x00\x22" DNS_QUERY), false, 0},
    {NULL, GL_UDP,
     TEXT("\x12\x34\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20"
	  "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01"),
     false, 0},
    {NULL, GL_UDP,
     TEXT("\x00\x01\x00\x00\x21\x12\xa4\x42"
	  "0123456789ab"),
     false, 0}, /* STUN */
    {NULL, GL_UDP,
     TEXT("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x40xyz\x00\x00\x00\x00\x01"),
     false, 0},
};

static struct signatures *builtin_set;
static struct gl_signatures *builtin_tables;

static int setup_builtin(void **state)
{
	(void)state;
	builtin_set = signatures_new();
	builtin_tables = tables_new();
	assert_int_equal(signatures_builtin(builtin_set), 0);
	assert_int_equal(signatures_compile(builtin_set, 7, builtin_tables), 0);
	return 0;
}

static int teardown_builtin(void **state)
{
	(void)state;
	signatures_free(builtin_set);
	free(builtin_tables);
	return 0;
}

static const char *name_of(uint32_t protocol)
{
	return protocol ? signatures_protocol(builtin_set, protocol) : "unknown";
}

static void test_protocols(void **state)
{
	(void)state;
	check_tables(builtin_tables);
	assert_int_equal(builtin_tables->generation, 7);
	for (size_t i = 0; i < sizeof(traffic) / sizeof(traffic[0]); i++) {
		struct flow flow = {.sig = builtin_tables, .transport = traffic[i].transport};
		const char *want = traffic[i].protocol ? traffic[i].protocol : "unknown";

		feed(&flow, traffic[i].data, traffic[i].length);
		if (strcmp(name_of(flow.protocol), want) || flow.level != traffic[i].level)
			fail_msg("traffic %zu (%.20s): %s level %u", i, traffic[i].data,
				 name_of(flow.protocol), flow.level);
	}
}

/* A stream cut anywhere, or into bytes, means the same. */
static void test_splits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(traffic) / sizeof(traffic[0]); i++) {
		const char *data = traffic[i].data;
		size_t length = traffic[i].length;

		if (traffic[i].transport == GL_UDP || traffic[i].whole)
			continue;
		for (size_t cut = 0; cut <= length; cut++) {
			struct flow flow = {.sig = builtin_tables};

			for (size_t at = 0; !cut && at < length; at++)
				feed(&flow, data + at, 1);
			if (cut) {
				feed(&flow, data, cut);
				feed(&flow, data + cut, length - cut);
			}
			if (strcmp(name_of(flow.protocol),
				   traffic[i].protocol ? traffic[i].protocol : "unknown"))
				fail_msg("traffic %zu (%.20s) cut at %zu: %s", i, data, cut,
					 name_of(flow.protocol));
		}
	}
}

/* Watched flows: STARTTLS, the end of the setup, the level of each message. */
static void test_watched(void **state)
{
	struct flow flow = {.sig = builtin_tables};

	(void)state;
	feed(&flow, TEXT(":irc.example 670 ann :STARTTLS successful\r\n"));
	assert_string_equal(name_of(flow.protocol), "irc");
	feed(&flow, TEXT("\x17\x03\x03\x01\x00"
			 "not a whole record"));
	feed(&flow, TEXT("GET / HTTP/1.1\r\n"));
	assert_string_equal(name_of(flow.protocol), "irc");
	feed(&flow, TEXT(CLIENT_HELLO));
	assert_string_equal(name_of(flow.protocol), "tls");
	feed(&flow, TEXT("\x15\x03\x03\x00\x02\x01\x00"));
	assert_false(flow.steady);
	feed(&flow, TEXT("\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x20"
			 "1"));
	assert_true(flow.steady);
	assert_int_equal(flow.level, GL_LEVEL_SHAPE);

	flow = (struct flow){.sig = builtin_tables, .transport = GL_UDP};
	feed(&flow, TEXT("INVITE sip:ann@h SIP/2.0\r\n"));
	assert_int_equal(flow.level, GL_LEVEL_ENVELOPE);
	feed(&flow, TEXT("MESSAGE sip:ann@h SIP/2.0\r\n"));
	assert_int_equal(flow.level, GL_LEVEL_CONTENT);
}

static void test_long_request(void **state)
{
	struct flow flow = {.sig = builtin_tables};
	char request[512];

	(void)state;
	memset(request, 'a', sizeof(request));
	memcpy(request, "GET /", 5);
	feed(&flow, request, sizeof(request));
	assert_string_equal(name_of(flow.protocol), "http");
	flow = (struct flow){.sig = builtin_tables};
	request[30] = ' ';
	feed(&flow, request, sizeof(request));
	assert_string_equal(name_of(flow.protocol), "unknown");
}

static void test_numbers(void **state)
{
	const char *last = "";

	(void)state;
	assert_int_equal(signatures_protocols(builtin_set), builtin_tables->protocols);
	assert_string_equal(signatures_protocol(builtin_set, GL_PROTO_NONE), "none");
	assert_string_equal(signatures_protocol(builtin_set, GL_PROTO_UNKNOWN), "unknown");
	for (uint32_t n = GL_PROTO_FIRST; n < builtin_tables->protocols; n++) {
		assert_true(strcmp(last, signatures_protocol(builtin_set, n)) < 0);
		last = signatures_protocol(builtin_set, n);
	}
	assert_null(signatures_protocol(builtin_set, builtin_tables->protocols));
}

/* ------------------------------------------------------------ against the NFA */

/* The patterns of a transport and anchor that end after data, by simulation. */
static void simulate(const struct nfa *nfa, const uint32_t *starts, unsigned count,
		     const uint8_t *data, size_t length, bool *ends)
{
	bool *now = calloc(nfa->count, 1), *then = calloc(nfa->count, 1), *swap;

	for (unsigned i = 0; i < count; i++)
		now[starts[i]] = true;
	for (size_t at = 0;; at++) {
		for (bool again = true; again;) {
			again = false;
			for (uint32_t n = 0; n < nfa->count; n++) {
				const struct nfa_node *node = &nfa->nodes[n];

				if (!now[n] || node->kind != NFA_SPLIT)
					continue;
				again |= !now[node->out[0]] || !now[node->out[1]];
				now[node->out[0]] = now[node->out[1]] = true;
			}
		}
		if (at == length)
			break;
		memset(then, 0, nfa->count);
		for (uint32_t n = 0; n < nfa->count; n++)
			if (now[n] && nfa->nodes[n].kind == NFA_BYTES &&
			    byte_set_has(&nfa->nodes[n].set, data[at]))
				then[nfa->nodes[n].out[0]] = true;
		swap = now;
		now = then;
		then = swap;
	}
	for (uint32_t n = 0; n < nfa->count; n++)
		if (now[n] && nfa->nodes[n].kind == NFA_ACCEPT)
			ends[nfa->nodes[n].pattern] = true;
	free(now);
	free(then);
}

static void test_against_nfa(void **state)
{
	static const char *const matches[] = {"a[bc]*d",   "ab?(c|d){2,4}", "(a|b)+c.{3}d",
					      "[a-c]b",	   "a.b*c",	    "(ab|ba){3}",
					      "a[^c]*ccb", "aab|abb"};
	enum { N = sizeof(matches) / sizeof(matches[0]) };
	struct sig_pattern patterns[N] = {0};
	struct gl_signatures *sig = tables_new();
	struct signatures *set;
	struct nfa nfa = {0};
	struct regex_error error;
	uint32_t starts[N], random = 1;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		patterns[i].name = patterns[i].match = matches[i];
		assert_int_equal(regex_compile(&nfa, matches[i], false, i, &starts[i], &error),
				 0);
	}
	set = set_of(patterns, N);
	assert_int_equal(signatures_compile(set, 1, sig), 0);
	check_tables(sig);
	for (int round = 0; round < 3000; round++) {
		uint8_t data[12];
		uint32_t at = sig->root[GL_TCP][GL_ANCHOR_STREAM];

		for (size_t i = 0; i < sizeof(data); i++) {
			bool ends[N] = {false};
			unsigned found = 0;

			random = random * 1664525u + 1013904223u;
			data[i] = "abcdx"[(random >> 16) % 5];
			at = sig->next[at * GL_SIG_STRIDE + sig->cls[GL_TCP][data[i]]];
			simulate(&nfa, starts, N, data, i + 1, ends);
			for (unsigned n = 0; n < N; n++)
				found += ends[n];
			assert_int_equal(
			    found ? at >= sig->first_accept : at < sig->first_accept, 1);
			for (unsigned k = 0; found && k < found; k++)
				assert_true(ends[sig->accept[sig->accept_at[at]].pattern[k]]);
			assert_true(!found || sig->accept[sig->accept_at[at]].n == found);
		}
	}
	nfa_free(&nfa);
	signatures_free(set);
	free(sig);
}

/* ------------------------------------------------------------ limits */

static void expect_too_big(struct signatures *set, int err, const char *says)
{
	struct gl_signatures *sig = tables_new(), *before = tables_new();
	int got;

	memset(sig, 0xa5, sizeof(*sig));
	memcpy(before, sig, sizeof(*sig));
	capture();
	got = signatures_compile(set, 1, sig);
	assert_says(captured(), says);
	assert_int_equal(got, err);
	assert_memory_equal(sig, before, sizeof(*sig));
	signatures_free(set);
	free(sig);
	free(before);
}

/* Bytes with at most two bits set, all or those with one given bit. */
static void sparse_class(char *out, int bit)
{
	out += sprintf(out, "[");
	for (int byte = 0; byte < 256; byte++)
		if (__builtin_popcount((unsigned)byte) <= 2 && (bit < 0 || byte >> bit & 1))
			out += sprintf(out, "\\x%02x", byte);
	sprintf(out, "]");
}

static void test_limits(void **state)
{
	struct sig_pattern *many = calloc(GL_SIG_PATTERNS + 1, sizeof(*many));
	char text[GL_SIG_PATTERNS + 1][16], bytes[1000] = "(", wide[512], narrow[512];
	char(*sparse)[1024] = calloc(16, sizeof(*sparse));
	struct sig_pattern two[2] = {{.name = "good", .match = "b[cd]{4}x", .line = 3},
				     {.name = "bad", .match = "[ab]*a[ab]{14}", .line = 4}};
	const char *blow[] = {"[ab]*a[ab]{12}", "x[ab]*b[ab]{11}"};

	(void)state;
	expect_too_big(set_of(two, 2), -E2BIG, "t.yaml:4: pattern \"bad\" multiplies");
	two[1].match = blow[0];
	expect_too_big(set_of(two, 2), -E2BIG, "t.yaml:4: pattern \"bad\" multiplies");
	/* One transport each within bounds, both together not. */
	two[0].match = "y[ab]*b[ab]{10}";
	two[1].match = "x[ab]*b[ab]{10}";
	two[1].transport = GL_UDP;
	expect_too_big(set_of(two, 2), -E2BIG, "multiplies the automaton beyond 4095 states");

	for (unsigned i = 0; i <= GL_SIG_PATTERNS; i++) {
		snprintf(text[i], sizeof(text[i]), "p%u", i);
		many[i] = (struct sig_pattern){.name = text[i], .match = "same", .line = i};
	}
	expect_too_big(set_of(many, GL_SIG_PATTERNS + 1), -E2BIG,
		       "pattern \"p256\" is one more than 256");
	expect_too_big(set_of(many, GL_ACCEPT_PATTERNS + 1), -E2BIG,
		       "more than 7 patterns end after the same bytes: irc/p0 irc/p1");
	for (unsigned i = 0; i < 65; i++) {
		many[i].match = text[i];
		many[i].abi.rows = SIG_ROWS;
	}
	expect_too_big(set_of(many, 65), -E2BIG,
		       "with pattern \"p64\" there are more than 256 predicates");

	for (int i = 0; i < 140; i++)
		sprintf(bytes + strlen(bytes), "%s\\x%02x", i ? "|" : "", i + 100);
	strcat(bytes, ")");
	two[0] = (struct sig_pattern){.name = "bytes", .match = bytes, .line = 9};
	expect_too_big(set_of(two, 1), -E2BIG, "tell more than 128 groups of bytes apart");

	sparse_class(wide, -1);
	for (int i = 0; i < 16; i++) {
		sparse_class(narrow, i & 7);
		snprintf(sparse[i], sizeof(*sparse), "x%s%s", i < 8 ? narrow : wide,
			 i < 8 ? wide : narrow);
		many[i] = (struct sig_pattern){.name = text[i], .match = sparse[i], .line = 1};
	}
	expect_too_big(set_of(many, 16), -E2BIG, "more than 512 sets of patterns");
	free(many);
	free(sparse);
}

/* Two protocols of one name, and a protocol that becomes nothing known. */
static void test_set(void **state)
{
	struct sig_pattern pattern = {.name = "p", .match = "a"};
	struct sig_protocol again = {.name = "irc", .file = "b.yaml", .line = 2};
	struct signatures *set = set_of(&pattern, 1);

	(void)state;
	capture();
	assert_int_equal(sigset_add(set, &again), -EINVAL);
	assert_says(captured(), "b.yaml:2: protocol \"irc\" is described by t.yaml already");
	again.name = "xmpp";
	again.becomes[0] = "tls";
	again.becomes_count = 1;
	assert_int_equal(sigset_add(set, &again), 0);
	expect_too_big(set, -EINVAL,
		       "b.yaml:2: becomes \"tls\", which no signature file describes");
	set = signatures_new();
	assert_int_equal(signatures_compile(set, 1, builtin_tables), 0);
	check_tables(builtin_tables);
	assert_int_equal(signatures_compile(builtin_set, 7, builtin_tables), 0);
	signatures_free(set);
}

static void test_empty_free(void **state)
{
	(void)state;
	signatures_free(NULL);
}

/* ------------------------------------------------------------ YAML */

#ifdef HAVE_YAML

#include "../../user/embed.h"

#define HEAD                                                                                   \
	"protocol: irc\ntitle: t\nsource: s\nclass: chat\nexposure: {setup: content, steady: " \
	"content}\n"
#define PATTERN                                                                                \
	"patterns:\n  - {name: p, transport: tcp, from: client, anchor: stream, match: 'ab'"

static const struct {
	const char *text;
	const char *says;
} bad_files[] = {
    {"", "t.yaml:1: no protocol is described"},
    {"[a, b]", "t.yaml:1: keys and values are missing"},
    {"a: [", "t.yaml:2: not YAML"},
    {"a: b\n\tc: d\n", "t.yaml:2: not YAML"},
    {HEAD PATTERN "}\n---\nb: c\n", "t.yaml:9: a second document"},
    {HEAD PATTERN "}\ncolour: red\n", "t.yaml:8: unknown key \"colour\""},
    {HEAD PATTERN ", colour: red}\n", "t.yaml:7: unknown key \"colour\""},
    {HEAD "title: u\n" PATTERN "}\n", "t.yaml:6: \"title\" is given twice"},
    {HEAD, "t.yaml:1: the key \"patterns\" is missing"},
    {HEAD "patterns: []\n", "t.yaml:6: a list is missing"},
    {HEAD "patterns:\n  - {name: p}\n", "t.yaml:7: the key \"transport\" is missing"},
    {HEAD PATTERN "}\n  - {name: p, transport: tcp}\n",
     "t.yaml:8: line 7 has a pattern \"p\" already"},
    {"protocol: mirc\n", "t.yaml:1: \"mirc\" is not a protocol label"},
    {"protocol: unknown\n", "t.yaml:1: \"unknown\" is not a protocol label"},
    {"class: red\n",
     "t.yaml:1: \"red\" is not possible here; write one of chat clear encrypted"},
    {"exposure: {setup: high, steady: shape}\n", "write one of absent shape protocol"},
    {"exposure: {setup: shape}\n", "t.yaml:1: the key \"steady\" is missing"},
    {"watch: maybe\n", "t.yaml:1: \"maybe\" is not possible"},
    {"title: \"a\\0b\"\n", "t.yaml:1: the value has a NUL byte"},
    {"title: ''\n", "t.yaml:1: a single value is missing"},
    {"ports: {tcp: [70000]}\n", "t.yaml:1: \"70000\" is not an integer from 0 to 65535"},
    {"ports: {sctp: [7]}\n", "t.yaml:1: unknown key \"sctp\""},
    {HEAD "becomes: [tls]\n" PATTERN "}\n", "t.yaml:1: becomes has no effect without watch"},
    {HEAD "watch: yes\nbecomes: [red]\n", "t.yaml:7: \"red\" is not a protocol label"},
    {HEAD PATTERN ", only: watched}\n", "t.yaml:7: pattern \"p\" never holds"},
    {HEAD PATTERN ", priority: 256}\n", "t.yaml:7: \"256\" is not an integer from 0 to 255"},
    {HEAD PATTERN ", where: ['u8(0) = 1']}\n",
     "t.yaml:7: the predicate \"u8(0) = 1\" lacks one of"},
    {HEAD PATTERN ", where: [a, a, a, a, a]}\n",
     "t.yaml:7: the predicate \"a\" must begin with"},
    {HEAD PATTERN ", where: [last == 1, last == 1, last == 1, last == 1, last == 1]}\n",
     "t.yaml:7: this list may hold 4 items"},
    {HEAD
     "patterns:\n  - {name: p, transport: tcp, from: client, anchor: stream, match: '.*a'}\n",
     "t.yaml:7: the expression of pattern \"p\" begins with more than 8 bytes of any value at "
     "character 1"},
    {HEAD "patterns:\n  - {name: 'P P'}\n", "t.yaml:7: \"P P\" cannot name a pattern"},
    {HEAD "patterns:\n  - {name: p, transport: sctp}\n",
     "t.yaml:7: \"sctp\" is not possible here"},
    {HEAD "patterns:\n  - {name: p, from: nobody}\n",
     "t.yaml:7: \"nobody\" is not possible here"},
    {HEAD "patterns:\n  - {name: p, anchor: end}\n", "t.yaml:7: \"end\" is not possible here"},
    {HEAD "patterns:\n  - {name: p, phase: setup}\n", "write one of steady"},
    /* Text from a file cannot steer the terminal through a message. */
    {"title: \"\\e[31m\"\nclass: \"\\e[31m\"\n", "t.yaml:2: \"\\x1b[31m\" is not possible"},
};

static void test_bad_files(void **state)
{
	struct signatures *set = signatures_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		int err;

		capture();
		err = signatures_parse(set, "t.yaml", bad_files[i].text,
				       strlen(bad_files[i].text));
		assert_says(captured(), bad_files[i].says);
		assert_int_equal(err, -EINVAL);
		assert_int_equal(signatures_protocols(set), GL_PROTO_FIRST);
	}
	assert_int_equal(signatures_parse(set, "t.yaml", TEXT(HEAD PATTERN "}\n")), 0);
	capture();
	assert_int_equal(signatures_parse(set, "u.yaml", TEXT(HEAD PATTERN "}\n")), -EINVAL);
	assert_says(captured(), "u.yaml:1: protocol \"irc\" is described by t.yaml already");
	assert_int_equal(signatures_protocols(set), GL_PROTO_FIRST + 1);
	signatures_free(set);
}

static void test_keys(void **state)
{
	struct signatures *set = signatures_new();
	struct gl_signatures *sig = tables_new();

	(void)state;
	assert_int_equal(
	    signatures_parse(
		set, "t.yaml",
		TEXT(HEAD
		     "watch: yes\nbecomes: [irc]\n" PATTERN
		     ", nocase: yes, where: ['last == 1', 'length > 2'], phase: steady, only: "
		     "watched,\n"
		     "     exposure: {setup: service, steady: shape}, priority: 9, source: s}\n"
		     "  - {name: q, transport: udp, from: server, anchor: packet, match: "
		     "'x'}\n")),
	    0);
	assert_int_equal(signatures_compile(set, 1, sig), 0);
	check_tables(sig);
	assert_int_equal(sig->protocol[2].flags, GL_SIG_CHAT | GL_SIG_WATCH);
	assert_int_equal(sig->protocol[2].becomes, 1 << 2);
	assert_int_equal(sig->pattern[0].role, GL_ROLE_CLIENT);
	assert_int_equal(sig->pattern[0].setup, GL_LEVEL_SERVICE);
	assert_int_equal(sig->pattern[0].steady, GL_LEVEL_SHAPE);
	assert_int_equal(sig->pattern[0].flags, GL_PATTERN_STEADY | GL_PATTERN_WATCHED);
	assert_int_equal(sig->pattern[0].priority, 9);
	assert_int_equal(sig->pattern[0].rows, 2);
	assert_int_equal(sig->row[1].op, GL_OP_GT);
	assert_int_equal(sig->pattern[1].role, GL_ROLE_SERVER);
	assert_int_equal(sig->pattern[1].setup, GL_LEVEL_CONTENT);
	assert_true(sig->root[GL_UDP][GL_ANCHOR_STREAM] == sig->root[GL_UDP][GL_ANCHOR_PACKET]);
	signatures_free(set);
	free(sig);
}

static void test_order_of_files(void **state)
{
	struct gl_signatures *sig = tables_new();
	struct signatures *set = signatures_new();

	(void)state;
	for (unsigned i = embedded_protocols_count; i--;) {
		const struct embedded_file *f = &embedded_protocols[i];

		assert_int_equal(
		    signatures_parse(set, f->name, f->text, (size_t)(f->end - f->text)), 0);
	}
	assert_int_equal(signatures_compile(set, 7, sig), 0);
	assert_memory_equal(sig, builtin_tables, sizeof(*sig));
	signatures_free(set);
	free(sig);
}

/* user/protocols.inc is what the YAML files say; else generate it again. */
static void test_builtin_table(void **state)
{
	struct gl_signatures *sig = tables_new();
	struct signatures *set = table_new();

	(void)state;
	assert_int_equal(table_builtin(set), 0);
	assert_int_equal(table_compile(set, 7, sig), 0);
	assert_memory_equal(sig, builtin_tables, sizeof(*sig));
	table_free(set);
	free(sig);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expressions),
	    cmocka_unit_test(test_bad_expressions),
	    cmocka_unit_test(test_predicates),
	    cmocka_unit_test(test_protocols),
	    cmocka_unit_test(test_splits),
	    cmocka_unit_test(test_watched),
	    cmocka_unit_test(test_long_request),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_against_nfa),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_empty_free),
#ifdef HAVE_YAML
	    cmocka_unit_test(test_bad_files),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_order_of_files),
	    cmocka_unit_test(test_builtin_table),
#endif
	};

	return cmocka_run_group_tests(tests, setup_builtin, teardown_builtin);
}
