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
#define signatures_read table_read
#define signatures_origin table_origin
#define signatures_states table_states
#define signatures_text table_yaml
#define sigset_add table_add
#define predicate_parse table_predicate
#define predicate_store table_store
#include "../../user/signatures.c"
#undef signatures_new
#undef signatures_free
#undef signatures_parse
#undef signatures_builtin
#undef signatures_compile
#undef signatures_protocols
#undef signatures_protocol
#undef signatures_emit_c
#undef signatures_read
#undef signatures_origin
#undef signatures_states
#undef signatures_text
#undef sigset_add
#undef predicate_parse
#undef predicate_store
#undef SIGNATURES_H
#define HAVE_YAML 1
#endif
#include "../../user/dfa.h"
#include "../../user/log.h"
#include "../../user/sigcheck.h"
#include "../../user/sigset.h"
#include "../../user/signatures.h"

#include "../reference.h"
#include "said.h"

int sigset_add(struct signatures *set, const struct sig_protocol *protocol);
int predicate_parse(const char *text, struct gl_sig_row *row, const char **what);
int predicate_store(const char *text, __u8 reg, struct gl_sig_row *row, const char **what);

/* ------------------------------------------------------------ helpers */

static struct gl_signatures *tables_new(void)
{
	struct gl_signatures *sig = calloc(1, sizeof(*sig));

	assert_non_null(sig);
	return sig;
}

static void check_pattern(const struct gl_signatures *sig, const struct gl_sig_pattern *p)
{
	assert_in_range(p->protocol, GL_PROTO_FIRST, sig->protocols - 1);
	assert_true(p->row_at + p->rows <= GL_SIG_ROWS);
	assert_in_range(p->rows, 0, SIG_ROWS);
	for (int i = 0; i < p->rows; i++) {
		const struct gl_sig_row *row = &sig->row[p->row_at + i];

		assert_true(row->reg < GL_REGISTERS);
		assert_true(row->left != GL_OPERAND_FIELD ||
			    (row->width >= 1 && row->width <= 4 &&
			     row->offset + row->width <= 255));
		/* Stores come last. */
		assert_true(!i || row->op == GL_OP_STORE || row[-1].op != GL_OP_STORE);
	}
}

/* What each test may rely on, and the kernel does. */
static void check_tables(const struct gl_signatures *sig)
{
	assert_in_range(sig->states, 1, GL_SIG_STATES);
	assert_in_range(sig->first_accept, 1, sig->states);
	for (int t = 0; t < GL_TRANSPORTS; t++) {
		for (int a = 0; a < GL_ANCHORS; a++)
			assert_true(sig->root[t][a] < sig->first_accept);
		assert_in_range(sig->bares[t], 0, GL_SIG_BARE);
		for (uint32_t i = 0; i < sig->bares[t]; i++)
			check_pattern(sig, &sig->pattern[sig->bare[t][i]]);
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

			check_pattern(sig, p);
			assert_true(!i || sig->pattern[accept->pattern[i - 1]].priority >=
					      p->priority);
		}
	}
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

		assert_int_equal(signatures_compile(set, NULL, 1, sig), 0);
		check_tables(sig);
		at = sig->root[GL_TCP][GL_ANCHOR_STREAM];
		assert_int_equal(sig->root[GL_TCP][GL_ANCHOR_PACKET], 0);
		assert_int_equal(sig->root[GL_UDP][GL_ANCHOR_STREAM], 0);
		while (text[length] && at && at < sig->first_accept)
			at = sig->next[at * GL_SIG_STRIDE + (uint8_t)text[length++]];
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
		catch_stderr();
		log_error(-EINVAL, "%s at character %zu", error.what, error.at + 1);
		release_stderr();
		assert_said(bad_expressions[i].says);
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
    {"u32be(16) & 0xffffff00 == 0xf1120000",
     {.width = 4,
      .offset = 16,
      .mask = 0xffffff00,
      .multiply = 1,
      .op = GL_OP_EQ,
      .right = GL_OPERAND_CONST,
      .value = 0xf1120000}},
    {"u32be(0) > -4294967295",
     {.width = 4,
      .mask = ~0u,
      .multiply = 1,
      .op = GL_OP_GT,
      .right = GL_OPERAND_CONST,
      .value = -4294967295}},
    {"u16be(2) == r0",
     {.width = 2, .offset = 2, .mask = ~0u, .multiply = 1, .op = GL_OP_EQ, .right = GL_OPERAND_REGISTER}},
    {"length - 1 < r1 + 16",
     {.left = GL_OPERAND_LENGTH,
      .mask = ~0u,
      .multiply = 1,
      .add = -1,
      .op = GL_OP_LT,
      .right = GL_OPERAND_REGISTER,
      .reg = 1,
      .value = 16}},
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
    "u8(0) == r2",
    "u8(0) == r",
    "u8(0) == r0x",
    "r0 == 1",
    "u8(0) == r0 + r1",
    "",
    "u8 == 1",
    "u64be(0) == 1",
    "u8(255) == 1",
    "u16be(254) == 1",
    "u8(0 == 1",
    "u8(0) = 1",
    "u8(0) == ",
    "u8(0) == 1 x",
    "u8(0) == 4294967296",
    "u8(0) == -4294967296",
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
	assert_int_equal(predicate_store("u16le(4) & 0xff + 1", 1, &row, &what), 0);
	before = (struct gl_sig_row){.width = 2,
				     .little = 1,
				     .offset = 4,
				     .mask = 0xff,
				     .multiply = 1,
				     .add = 1,
				     .op = GL_OP_STORE,
				     .reg = 1,
				     .right = GL_OPERAND_CONST};
	assert_memory_equal(&row, &before, sizeof(row));
	assert_int_equal(predicate_store("length == 1", 0, &row, &what), -EINVAL);
	assert_int_equal(predicate_store("r0", 0, &row, &what), -EINVAL);
	assert_memory_equal(&row, &before, sizeof(row));
}

/* ------------------------------------------------------------ the protocols */

#define TEXT(text) text, sizeof(text) - 1

static struct signatures *builtin_set;
static struct gl_signatures *builtin_tables;

static int setup_builtin(void **state)
{
	(void)state;
	builtin_set = signatures_new();
	builtin_tables = tables_new();
	assert_int_equal(signatures_builtin(builtin_set), 0);
	assert_int_equal(signatures_compile(builtin_set, NULL, 7, builtin_tables), 0);
	return 0;
}

static int teardown_builtin(void **state)
{
	(void)state;
	signatures_free(builtin_set);
	free(builtin_tables);
	return 0;
}

static void test_numbers(void **state)
{
	const char *last = "";

	(void)state;
	check_tables(builtin_tables);
	assert_int_equal(builtin_tables->generation, 7);
	assert_int_equal(signatures_protocols(builtin_set), builtin_tables->protocols);
	assert_string_equal(signatures_protocol(builtin_set, GL_PROTO_NONE), "none");
	assert_string_equal(signatures_protocol(builtin_set, GL_PROTO_UNKNOWN), "unknown");
	assert_string_equal(signatures_protocol(builtin_set, GL_PROTO_RANDOM), "random");
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
	assert_int_equal(signatures_compile(set, NULL, 1, sig), 0);
	check_tables(sig);
	for (int round = 0; round < 3000; round++) {
		uint8_t data[12];
		uint32_t at = sig->root[GL_TCP][GL_ANCHOR_STREAM];

		for (size_t i = 0; i < sizeof(data); i++) {
			bool ends[N] = {false};
			unsigned found = 0;

			random = random * 1664525u + 1013904223u;
			data[i] = "abcdx"[(random >> 16) % 5];
			at = sig->next[at * GL_SIG_STRIDE + data[i]];
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
	catch_stderr();
	got = signatures_compile(set, NULL, 1, sig);
	release_stderr();
	assert_said(says);
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
	char text[GL_SIG_PATTERNS + 1][16], wide[512], narrow[512];
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
	for (unsigned i = 0; i < 86; i++) {
		many[i].match = text[i];
		many[i].abi.rows = SIG_ROWS;
	}
	expect_too_big(set_of(many, 86), -E2BIG,
		       "with pattern \"p85\" there are more than 512 predicates and stores");
	for (unsigned i = 0; i <= GL_SIG_LISTS; i++) {
		many[i].abi.rows = 0;
		many[i].list = (struct gl_sig_list){.at = (__u8)i, .type = 1, .length = 1, .align = 1};
	}
	expect_too_big(set_of(many, GL_SIG_LISTS + 1), -E2BIG,
		       "the list of pattern \"p32\" is one more than 32");
	for (unsigned i = 0; i <= GL_SIG_LISTS; i++)
		many[i].list = (struct gl_sig_list){0};

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
	catch_stderr();
	assert_int_equal(sigset_add(set, &again), -EINVAL);
	release_stderr();
	assert_said("b.yaml:2: protocol \"irc\" is described by t.yaml already");
	again.name = "xmpp";
	again.becomes[0] = "tls";
	again.becomes_count = 1;
	assert_int_equal(sigset_add(set, &again), 0);
	expect_too_big(set, -EINVAL,
		       "b.yaml:2: becomes \"tls\", which no signature file describes");
	set = signatures_new();
	assert_int_equal(signatures_compile(set, NULL, 1, builtin_tables), 0);
	check_tables(builtin_tables);
	assert_int_equal(signatures_compile(builtin_set, NULL, 7, builtin_tables), 0);
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

#define STEP                                                                                   \
	"patterns:\n  - {name: p, step: yes, from: client, anchor: stream, match: 'ab'"
#define AFTER                                                                                  \
	"  - {name: q, after: p, transport: tcp, from: either, anchor: packet, match: 'ab'"

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
    {"protocol: unknown\n", "t.yaml:1: \"unknown\" is what glassine itself says"},
    {"protocol: none\n", "t.yaml:1: \"none\" is what glassine itself says"},
    {"protocol: random\n", "t.yaml:1: \"random\" is what glassine itself says"},
    {"protocol: m\n", "t.yaml:1: \"m\" cannot be a label; use 2 to 15 of a-z"},
    {"protocol: sixteen-letters-\n", "t.yaml:1: \"sixteen-letters-\" cannot be a label"},
    {"protocol: 3com\n", "t.yaml:1: \"3com\" cannot be a label"},
    {"protocol: IRC\n", "t.yaml:1: \"IRC\" cannot be a label"},
    {"protocol: irc_2\n", "t.yaml:1: \"irc_2\" cannot be a label"},
    {"class: red\n",
     "t.yaml:1: \"red\" is not possible here; write one of chat clear encrypted"},
    {"media: voice\n",
     "t.yaml:1: \"voice\" is not possible here; write one of announces carries"},
    {"protocol: m2\ntitle: t\nsource: s\nclass: encrypted\nmedia: announces\n"
     "exposure: {setup: shape, steady: shape}\n" PATTERN "}\n",
     "t.yaml:1: what is encrypted announces no media"},
    {"exposure: {setup: high, steady: shape}\n", "write one of absent shape protocol"},
    {"exposure: {setup: shape}\n", "t.yaml:1: the key \"steady\" is missing"},
    {"watch: maybe\n", "t.yaml:1: \"maybe\" is not possible"},
    {"title: \"a\\0b\"\n", "t.yaml:1: the value has a NUL byte"},
    {"title: ''\n", "t.yaml:1: a single value is missing"},
    {"ports: {tcp: [70000]}\n", "t.yaml:1: \"70000\" is not a port from 1 to 65535"},
    {"ports: {tcp: [0]}\n", "t.yaml:1: \"0\" is not a port"},
    {"ports: {tcp: ['9-8']}\n", "t.yaml:1: \"9-8\" is not a port"},
    {"ports: {tcp: ['8-65536']}\n", "t.yaml:1: \"8-65536\" is not a port"},
    {"ports: {udp: ['8-']}\n", "t.yaml:1: \"8-\" is not a port"},
    {"ports: {udp: [1, 3, 5, 7, 9, 11, 13, 15, 17]}\n",
     "t.yaml:1: these are 9 ranges of ports, at most 8"},
    {"ports: {sctp: [7]}\n", "t.yaml:1: unknown key \"sctp\""},
    {HEAD "becomes: [tls]\n" PATTERN "}\n", "t.yaml:1: becomes has no effect without watch"},
    {HEAD "watch: yes\nbecomes: [Red]\n", "t.yaml:7: \"Red\" cannot be a label"},
    {HEAD PATTERN ", port: required}\n", "t.yaml:7: pattern \"p\" requires a port, but"},
    {HEAD "ports: {udp: [5]}\n" PATTERN ", port: required}\n",
     "t.yaml:8: pattern \"p\" requires a port, but"},
    {HEAD PATTERN ", port: 7}\n", "t.yaml:7: \"7\" is not possible here; write one of required"},
    {HEAD PATTERN ", after: q}\n",
     "t.yaml:7: pattern \"p\" comes after \"q\", which is not a step of this file"},
    {HEAD PATTERN ", after: p}\n", "t.yaml:7: pattern \"p\" comes after \"p\", which is not"},
    {HEAD STEP ", transport: udp}\n" AFTER "}\n",
     "t.yaml:8: pattern \"q\" comes after a step of the other transport"},
    {HEAD STEP ", transport: tcp, phase: steady}\n", "t.yaml:7: pattern \"p\" is a step, which "},
    {HEAD STEP ", transport: tcp, class: compressed}\n", "t.yaml:7: pattern \"p\" is a step, which "},
    {HEAD STEP ", transport: tcp, exposure: {setup: shape, steady: shape}}\n",
     "t.yaml:7: pattern \"p\" is a step, which labels nothing"},
    {HEAD STEP ", transport: tcp, store: {r0: length}}\n",
     "t.yaml:7: pattern \"p\" stores without where"},
    {HEAD STEP ", transport: udp, store: {r2: length}}\n", "t.yaml:7: unknown key \"r2\""},
    {HEAD STEP ", transport: udp, store: {r0: 'length == 1'}}\n",
     "t.yaml:7: the value \"length == 1\" has something after its end"},
    {HEAD STEP ", transport: udp, store: {r0: 'r1'}}\n",
     "t.yaml:7: the value \"r1\" must begin with"},
    {HEAD STEP ", transport: udp, store: {r0: length}, where: [length > 1, last > 1, last > 2,"
     " last > 3, last > 4, last > 5]}\n",
     "t.yaml:7: a pattern may have 6 predicates and stores"},
    {HEAD STEP ", transport: tcp, step: perhaps}\n",
     "t.yaml:7: \"step\" is given twice"},
    {HEAD "patterns:\n  - {name: p, transport: tcp, from: either, anchor: packet, match: 'ab', "
	  "step: held}\n", "t.yaml:7: pattern \"p\" is held by the side that takes it"},
    {HEAD PATTERN ", list: {at: 300, type: u8, length: u8, has: 1}}\n",
     "t.yaml:7: \"300\" is not an integer from 0 to 255"},
    {HEAD PATTERN ", list: {at: 3, type: u32, length: u8, has: 1}}\n",
     "t.yaml:7: \"u32\" is not possible here; write one of u8 u16 u24"},
    {HEAD PATTERN ", list: {at: 3, type: u24, length: u16, has: 1}}\n",
     "t.yaml:7: type and length of an item may have 4 bytes together"},
    {HEAD PATTERN ", list: {at: 3, type: u8, length: u16, has: 256}}\n",
     "t.yaml:7: no item has the type 0x100 in 1 bytes"},
    {HEAD PATTERN ", list: {at: 3, type: u8, length: u16, has: 0x1000000}}\n",
     "t.yaml:7: \"0x1000000\" is not the type of an item"},
    {HEAD PATTERN ", list: {at: 3, type: u8, length: u16, has: -1}}\n",
     "t.yaml:7: \"-1\" is not the type of an item"},
    {HEAD PATTERN ", list: {at: 3, type: u8, length: u16}}\n",
     "t.yaml:7: a list has type, length and has, or skip alone"},
    {HEAD PATTERN ", list: {at: 3}}\n",
     "t.yaml:7: a list has type, length and has, or skip alone"},
    {HEAD PATTERN ", list: {type: u8, length: u16, has: 1}}\n", "t.yaml:7: the key \"at\" is missing"},
    {HEAD PATTERN ", list: {at: 3, skip: [64]}}\n",
     "t.yaml:7: \"64\" cannot be stepped over; write u8, u16 or u24"},
    {HEAD PATTERN ", list: {at: 3, skip: ['=64']}}\n", "t.yaml:7: \"=64\" cannot be stepped over"},
    {HEAD PATTERN ", list: {at: 3, skip: ['=']}}\n", "t.yaml:7: \"=\" cannot be stepped over"},
    {HEAD PATTERN ", list: {at: 3, skip: [u8, u8, u8, u8, u8]}}\n",
     "t.yaml:7: this list may hold 4 items"},
    {HEAD PATTERN ", list: {at: 3, align: 3, type: u8, length: u8, has: 1}}\n",
     "t.yaml:7: \"3\" is not possible here; write one of 1 2 4 8"},
    {HEAD STEP ", transport: tcp}\n" AFTER ", where: ['u8(0) == r0']}\n",
     "t.yaml:8: pattern \"q\" reads r0, which no pattern stores"},
    {HEAD STEP ", transport: tcp, where: [length > 1], store: {r0: length}}\n" AFTER
     ", where: ['u8(0) == r1']}\n",
     "t.yaml:8: pattern \"q\" reads r1, which no pattern stores"},
    {HEAD STEP ", transport: udp, store: {r0: length}}\n  - {name: q, transport: udp, from: "
     "either, anchor: packet, where: ['u8(0) == r0']}\n",
     "t.yaml:8: pattern \"q\" reads a register that another protocol may have filled"},
    {HEAD "patterns:\n  - {name: p, transport: tcp, from: client, anchor: stream}\n",
     "t.yaml:7: pattern \"p\" has neither match nor where"},
    {HEAD "patterns:\n  - {name: p, transport: tcp, from: client, anchor: stream, where: "
     "[length == 1], nocase: yes}\n",
     "t.yaml:7: pattern \"p\" has nocase, but no match"},
    {HEAD PATTERN ", only: watched}\n", "t.yaml:7: pattern \"p\" never holds"},
    {HEAD PATTERN ", priority: 256}\n", "t.yaml:7: \"256\" is not an integer from 0 to 255"},
    {HEAD PATTERN ", where: ['u8(0) = 1']}\n",
     "t.yaml:7: the predicate \"u8(0) = 1\" lacks one of"},
    {HEAD PATTERN ", where: [a, a, a, a, a]}\n",
     "t.yaml:7: the predicate \"a\" must begin with"},
    {HEAD PATTERN ", where: [last == 1, last == 1, last == 1, last == 1, last == 1, last == 1, "
     "last == 1]}\n",
     "t.yaml:7: this list may hold 6 items"},
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

		catch_stderr();
		err = signatures_parse(set, "t.yaml", bad_files[i].text,
				       strlen(bad_files[i].text));
		release_stderr();
		assert_said(bad_files[i].says);
		assert_int_equal(err, -EINVAL);
		assert_int_equal(set->count, 0);
	}
	assert_int_equal(signatures_parse(set, "t.yaml", TEXT(HEAD PATTERN "}\n")), 0);
	catch_stderr();
	assert_int_equal(signatures_parse(set, "u.yaml", TEXT(HEAD PATTERN "}\n")), -EINVAL);
	release_stderr();
	assert_said("u.yaml:1: protocol \"irc\" is described by t.yaml already");
	assert_int_equal(set->count, 1);
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
	assert_int_equal(signatures_compile(set, NULL, 1, sig), 0);
	check_tables(sig);
	assert_int_equal(sig->protocol[3].flags, GL_SIG_CHAT | GL_SIG_WATCH);
	assert_int_equal(sig->protocol[3].becomes, 1 << 3);
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

static void test_media(void **state)
{
	static const struct {
		const char *text;
		__u16 flags;
	} cases[] = {
	    {HEAD PATTERN "}\n", GL_SIG_CHAT},
	    {HEAD "media: announces\n" PATTERN "}\n", GL_SIG_CHAT | GL_SIG_ANNOUNCES},
	    {HEAD "media: carries\n" PATTERN "}\n", GL_SIG_CHAT | GL_SIG_CARRIES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct signatures *set = signatures_new();
		struct gl_signatures *sig = tables_new();

		assert_int_equal(
		    signatures_parse(set, "t.yaml", cases[i].text, strlen(cases[i].text)), 0);
		assert_int_equal(signatures_compile(set, NULL, 1, sig), 0);
		assert_int_equal(sig->protocol[3].flags, cases[i].flags);
		signatures_free(set);
		free(sig);
	}
}

/* Compiles files; the set is the caller's. */
static struct signatures *compile_files(const char *const *texts, unsigned count,
					struct gl_signatures *sig)
{
	struct signatures *set = signatures_new();

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(signatures_parse(set, "t.yaml", texts[i], strlen(texts[i])), 0);
	assert_int_equal(signatures_compile(set, NULL, 1, sig), 0);
	check_tables(sig);
	return set;
}

#define PROTOCOL(name)                                                                         \
	"protocol: " name "\ntitle: t\nsource: s\nclass: encrypted\n"                          \
	"exposure: {setup: protocol, steady: shape}\n"

static void test_ports(void **state)
{
	static const char *const text[] = {
	    PROTOCOL("aa") "ports: {tcp: [7000, '6660-6669', 6667, 6670, '6668-6672', 80]}\n"
			   "patterns:\n  - {name: p, transport: tcp, from: either, anchor: "
			   "stream, match: 'same'}\n  - {name: q, transport: tcp, from: either, "
			   "anchor: stream, match: 'only', port: required}\n",
	    PROTOCOL("bb") "ports: {tcp: [9], udp: [80]}\npatterns:\n  - {name: p, transport: "
			   "tcp, from: either, anchor: stream, match: 'same'}\n"};
	static const struct {
		uint16_t port[2];
		const char *data;
		uint32_t protocol;
	} cases[] = {
	    {{1, 2}, "same", GL_PROTO_FIRST},	     /* nobody's port: the first */
	    {{9, 2}, "same", GL_PROTO_FIRST + 1},    /* either end counts */
	    {{2, 9}, "same", GL_PROTO_FIRST + 1},
	    {{9, 80}, "same", GL_PROTO_FIRST},	     /* both fit: the first */
	    {{8, 10}, "same", GL_PROTO_FIRST},
	    {{6660, 9}, "same", GL_PROTO_FIRST},
	    {{6672, 9}, "same", GL_PROTO_FIRST},
	    {{6659, 9}, "same", GL_PROTO_FIRST + 1},
	    {{6673, 9}, "same", GL_PROTO_FIRST + 1},
	    {{0, 9}, "same", GL_PROTO_FIRST + 1},    /* an unused range is no port */
	    {{80, 1}, "only", GL_PROTO_FIRST},
	    {{1, 7000}, "only", GL_PROTO_FIRST},
	    {{1, 9}, "only", 0},
	};
	struct gl_signatures *sig = tables_new();
	struct signatures *set = compile_files(text, 2, sig);
	const struct gl_sig_ports *ports = sig->protocol[GL_PROTO_FIRST].ports[GL_TCP];

	(void)state;
	assert_int_equal(ports[0].first, 80);
	assert_int_equal(ports[1].first, 6660);
	assert_int_equal(ports[1].last, 6672);
	assert_int_equal(ports[2].last, 7000);
	assert_true(ports[3].first == 1 && ports[3].last == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow flow = {.sig = sig, .port = {cases[i].port[0], cases[i].port[1]}};

		feed(&flow, cases[i].data, 4);
		if (flow.protocol != cases[i].protocol)
			fail_msg("case %zu: %u", i, flow.protocol);
	}
	signatures_free(set);
	free(sig);
}

/* The pair of lengths by which Threema is known, and what it must not be mixed up with. */
static void test_steps(void **state)
{
	static const char *const text[] = {
	    PROTOCOL("pair") "patterns:\n"
			     "  - {name: hello, transport: tcp, from: client, anchor: stream, "
			     "where: ['length == 48'], step: yes}\n"
			     "  - {name: answer, transport: tcp, from: server, anchor: stream, "
			     "where: ['length == 80'], after: hello}\n",
	    PROTOCOL("three") "patterns:\n"
			      "  - {name: last, transport: tcp, from: either, anchor: packet, "
			      "match: 'c', after: second}\n"
			      "  - {name: first, transport: tcp, from: either, anchor: packet, "
			      "match: 'a', step: yes}\n"
			      "  - {name: second, transport: tcp, from: either, anchor: packet, "
			      "match: 'b', after: first, step: yes}\n"};
	static const struct {
		const char *what;
		int packets[6]; /* direction << 8 | length, or a letter */
		uint32_t protocol;
	} cases[] = {
	    {"48, then 80 from the other side", {48, 256 | 80}, GL_PROTO_FIRST},
	    {"in the other direction", {256 | 48, 80}, GL_PROTO_FIRST},
	    {"80 from the same side", {48, 80}, 0},
	    {"80 without 48", {256 | 80}, 0},
	    {"80 first", {256 | 80, 48}, 0},
	    {"49", {49, 256 | 80}, 0},
	    {"81", {48, 256 | 81}, 0},
	    {"80, but not first in its direction", {256 | 5, 48, 256 | 80}, 0},
	    {"48, but not first in its direction", {5, 48, 256 | 80}, 0},
	    {"another packet between", {48, 5, 256 | 80}, GL_PROTO_FIRST},
	    {"three steps", {'a', 'b', 'c'}, GL_PROTO_FIRST + 1},
	    {"over both directions", {'a', 256 | 'b', 'c'}, GL_PROTO_FIRST + 1},
	    {"the last one without the middle", {'a', 'c'}, 0},
	    {"the last one first", {'c', 'a', 'b'}, 0},
	    {"a step begins again", {'a', 'b', 'a', 'c'}, 0},
	};
	uint8_t data[128] = {0};
	struct gl_signatures *sig = tables_new();
	struct signatures *set = compile_files(text, 2, sig);

	(void)state;
	assert_int_equal(sig->bares[GL_TCP], 2);
	assert_int_equal(sig->pattern[0].flags, GL_PATTERN_STREAM);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow flow = {.sig = sig};

		for (int k = 0; k < 6 && cases[i].packets[k]; k++) {
			int value = cases[i].packets[k] & 0xff, dir = cases[i].packets[k] >> 8;

			data[0] = value >= 'a' ? (uint8_t)value : 0;
			assert_int_equal(flow.protocol, 0);
			feed_dir(&flow, dir, data, value >= 'a' ? 1u : (size_t)value);
		}
		if (flow.protocol != cases[i].protocol)
			fail_msg("%s: %u", cases[i].what, flow.protocol);
	}
	signatures_free(set);
	free(sig);
}

/* Mumble's ping comes back with its id; a counter goes up by one. */
static void test_registers(void **state)
{
	static const char *const text[] = {
	    PROTOCOL("ping") "watch: yes\npatterns:\n"
			     "  - {name: ping, transport: udp, from: client, anchor: packet, "
			     "match: '\\0{4}', where: ['length == 12'], step: yes,\n"
			     "     store: {r0: 'u32be(4)', r1: 'u32be(8) & 0xff * 2 + 1'}}\n"
			     "  - {name: pong, transport: udp, from: server, anchor: packet, "
			     "where: ['length == 24', 'u32be(4) == r0', 'u32be(8) & 0xff == r1 - 3'], "
			     "after: ping}\n"
			     "  - {name: more, transport: udp, from: either, anchor: packet, "
			     "match: 'x', where: ['u32be(4) == r0 + 1'], only: watched, "
			     "phase: steady, store: {r0: 'u32be(4)'}}\n"};
	/* id, and the byte that is 2 * 2 + 1 - 3. */
	static const uint8_t ping[12] = {0, 0, 0, 0, 0xff, 1, 2, 3, 9, 9, 9, 2};
	static const uint8_t pong[24] = {0, 1, 3, 4, 0xff, 1, 2, 3, 7, 7, 7, 2};
	struct gl_signatures *sig = tables_new();
	struct signatures *set = compile_files(text, 1, sig);
	struct flow flow = {.sig = sig, .transport = GL_UDP};
	uint8_t other[24], more[8] = {'x', 0, 0, 0, 0xff, 1, 2, 4};

	(void)state;
	feed_dir(&flow, 0, ping, sizeof(ping));
	assert_int_equal(flow.protocol, 0);
	assert_int_equal(flow.registers[0], 0xff010203);
	assert_int_equal(flow.registers[1], 5);
	assert_int_equal(flow.client, 1);
	for (int i = 0; i < 24; i++) {
		bool counts = (i >= 4 && i < 8) || i == 11;
		struct flow copy = flow;

		memcpy(other, pong, sizeof(pong));
		other[i] ^= 0x80;
		feed_dir(&copy, 1, other, sizeof(other));
		assert_int_equal(copy.protocol, counts ? 0 : GL_PROTO_FIRST);
	}
	feed_dir(&flow, 0, pong, sizeof(pong));
	assert_int_equal(flow.protocol, 0); /* the client does not answer itself */
	feed_dir(&flow, 1, pong, sizeof(pong));
	assert_int_equal(flow.protocol, GL_PROTO_FIRST);
	assert_false(flow.steady);
	more[7] = 5;
	feed_dir(&flow, 0, more, sizeof(more));
	assert_false(flow.steady);
	more[7] = 4;
	feed_dir(&flow, 0, more, sizeof(more));
	assert_true(flow.steady);
	assert_int_equal(flow.registers[0], 0xff010204);
	feed_dir(&flow, 0, more, 7); /* the field is not whole: nothing is stored */
	assert_int_equal(flow.registers[0], 0xff010204);
	signatures_free(set);
	free(sig);
}

/* Without an expression, and against those that have one. */
static void test_bare(void **state)
{
	static const char *const text[] = {
	    PROTOCOL("aa") "patterns:\n  - {name: p, transport: tcp, from: either, anchor: "
			   "stream, where: ['u32be(0) & 0xffff00ff == 0xfe120034']}\n"
			   "  - {name: s, transport: tcp, from: either, anchor: stream, step: "
			   "yes, where: ['length == 4'], priority: 255}\n",
	    PROTOCOL("bb") "patterns:\n  - {name: p, transport: tcp, from: either, anchor: "
			   "packet, where: ['last == 0x7f']}\n",
	    PROTOCOL("cc") "patterns:\n  - {name: p, transport: tcp, from: either, anchor: "
			   "packet, match: '\\xfe\\x12', where: ['last == 0x34']}\n"
			   "  - {name: q, transport: tcp, from: either, anchor: packet, match: "
			   "'\\xfe\\x13'}\n",
	    PROTOCOL("dd") "patterns:\n  - {name: p, transport: tcp, from: either, anchor: "
			   "packet, where: ['u16be(0) == 0xfe13', 'length == 5'], priority: 1}\n"};
	static const struct {
		const char *what;
		const char *data;
		size_t length;
		bool second; /* after another packet of its direction */
		uint32_t protocol;
	} cases[] = {
	    {"a masked compare", TEXT("\xfe\x12\xab\x34x"), false, GL_PROTO_FIRST},
	    {"its mask", TEXT("\xfe\x12\xab\x35x"), false, 0},
	    {"its first byte", TEXT("\x7e\x12\xab\x34x"), false, 0},
	    {"a field that is not whole", TEXT("\xfe\x12\xab"), false, 0},
	    {"anchor stream", TEXT("\xfe\x12\xab\x34x"), true, 0},
	    {"anchor packet", TEXT("1\x7f"), true, GL_PROTO_FIRST + 1},
	    {"its predicate", TEXT("1\x7e"), true, 0},
	    {"equal priority: the expression wins", TEXT("\xfe\x12\xab\x34"), false,
	     GL_PROTO_FIRST + 2},
	    {"an answer wins against a step", TEXT("123\x7f"), false, GL_PROTO_FIRST + 1},
	    {"higher priority wins", TEXT("\xfe\x13xxx"), false, GL_PROTO_FIRST + 3},
	    {"where it holds", TEXT("\xfe\x13xxxx"), false, GL_PROTO_FIRST + 2},
	};
	struct gl_signatures *sig = tables_new();
	struct signatures *set = compile_files(text, 4, sig);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow flow = {.sig = sig};

		if (cases[i].second)
			feed(&flow, "zz", 2);
		feed(&flow, cases[i].data, cases[i].length);
		if (flow.protocol != cases[i].protocol)
			fail_msg("%s: %u", cases[i].what, flow.protocol);
	}
	signatures_free(set);
	free(sig);
}

#define ANY                                                                                    \
	"patterns:\n  - {name: p, transport: tcp, from: either, anchor: stream, match: 'a'}\n"

/* Numbers that are known stay; the order of files changes nothing. */
static void test_known(void **state)
{
	static const char *const text[] = {PROTOCOL("cc") ANY, PROTOCOL("aa") ANY,
					   PROTOCOL("bb") ANY};
	const char *known[GL_PROTOCOLS] = {"none", "unknown", "random", "bb", "gone", NULL, "aa"};
	struct gl_signatures *sig = tables_new(), *fresh = tables_new();
	struct signatures *set = compile_files(text, 3, fresh);

	(void)state;
	assert_string_equal(signatures_protocol(set, 3), "aa");
	assert_string_equal(signatures_protocol(set, 5), "cc");
	assert_int_equal(signatures_compile(set, known, 2, sig), 0);
	assert_int_equal(sig->protocols, 8);
	assert_int_equal(signatures_protocols(set), 8);
	assert_string_equal(signatures_protocol(set, 3), "bb");
	assert_string_equal(signatures_protocol(set, 4), "gone");
	assert_null(signatures_protocol(set, 5));
	assert_string_equal(signatures_protocol(set, 6), "aa");
	assert_string_equal(signatures_protocol(set, 7), "cc");
	assert_null(signatures_protocol(set, 8));
	assert_int_equal(sig->protocol[4].flags, 0);
	assert_int_equal(sig->protocol[7].flags, GL_SIG_ENCRYPTED);
	/* Which pattern comes first rests on names, not on numbers. */
	assert_int_equal(sig->pattern[0].protocol, 6);
	assert_int_equal(sig->pattern[1].protocol, 3);
	for (uint32_t n = 7; n < GL_PROTOCOLS; n++)
		known[n] = "full";
	catch_stderr();
	assert_int_equal(signatures_compile(set, known, 2, sig), -E2BIG);
	release_stderr();
	assert_said("protocol \"cc\" is one more than 61; remove some, or attach");
	assert_int_equal(signatures_compile(set, NULL, 1, sig), 0);
	assert_memory_equal(sig, fresh, sizeof(*sig));
	signatures_free(set);
	free(sig);
	free(fresh);
}

/* A flow's step of one generation is none of the next one's. */
static void test_step_numbers(void **state)
{
	struct gl_signatures *now = tables_new(), *then = tables_new();

	(void)state;
	for (__u32 generation = 1; generation < 4; generation++) {
		assert_int_equal(signatures_compile(builtin_set, NULL, generation, now), 0);
		assert_int_equal(signatures_compile(builtin_set, NULL, generation + 1, then), 0);
		for (int i = 0; i < (int)GL_SIG_PATTERNS; i++)
			for (int k = 0; k < (int)GL_SIG_PATTERNS; k++)
				assert_true(!now->pattern[i].step ||
					    now->pattern[i].step != then->pattern[k].step);
	}
	free(now);
	free(then);
}

static void test_replace(void **state)
{
	static const char text[] = PROTOCOL("irc") ANY;
	struct gl_signatures *sig = tables_new();
	struct signatures *set = signatures_new();
	size_t length = 0;

	(void)state;
	assert_int_equal(signatures_builtin(set), 0);
	assert_non_null(signatures_text(set, "irc", &length));
	assert_true(length > 100);
	assert_null(signatures_text(set, "morse", &length));
	assert_int_equal(signatures_parse(set, "own.yaml", TEXT(text)), 0);
	assert_null(signatures_text(set, "irc", &length));
	assert_int_equal(set->count, builtin_set->count);
	assert_int_equal(signatures_compile(set, NULL, 7, sig), 0);
	assert_int_equal(sig->protocols, builtin_tables->protocols);
	catch_stderr();
	assert_int_equal(signatures_parse(set, "two.yaml", TEXT(text)), -EINVAL);
	release_stderr();
	assert_said("two.yaml:1: protocol \"irc\" is described by own.yaml already");
	assert_int_equal(signatures_states(set, "irc"), 1 + 1);
	assert_int_equal(signatures_states(set, "morse"), 0);
	signatures_free(set);
	free(sig);
}

static void test_bare_limit(void **state)
{
	struct sig_pattern many[SIG_STEPS + 1] = {0};
	char text[SIG_STEPS + 1][8];

	(void)state;
	for (unsigned i = 0; i <= SIG_STEPS; i++) {
		snprintf(text[i], sizeof(text[i]), "p%u", i);
		many[i] = (struct sig_pattern){
		    .name = text[i], .line = i, .transport = GL_UDP, .abi.rows = 1};
	}
	expect_too_big(set_of(many, GL_SIG_BARE + 1), -E2BIG,
		       "t.yaml:16: pattern \"p16\" is one more than 16 UDP patterns without match");
	for (unsigned i = 0; i <= SIG_STEPS; i++) {
		many[i].match = text[i];
		many[i].abi.step = 1;
		many[i].abi.rows = 0;
	}
	expect_too_big(set_of(many, SIG_STEPS + 1), -E2BIG,
		       "t.yaml:255: step \"p255\" is one more than 255");
}

/* ------------------------------------------------------------ check */

static void test_costs(void **state)
{
	static const char *const text[] = {
	    PROTOCOL("aa") "patterns:\n  - {name: p, transport: udp, from: either, anchor: "
			   "packet, match: 'ab', step: yes, store: {r0: length}}\n"
			   "  - {name: q, transport: tcp, from: either, anchor: packet, where: "
			   "[length > 3, last == 1]}\n"};
	static const uint32_t wanted[] = {3, 2, 3, 0, 1, 1, 0, 1, 4 * 2 * GL_SIG_STRIDE};
	struct sigcheck_cost cost[SIGCHECK_BUDGETS];
	struct gl_signatures *sig = tables_new();
	struct signatures *set = compile_files(text, 1, sig);

	(void)state;
	sigcheck_costs(sig, cost);
	for (int i = 0; i < SIGCHECK_BUDGETS; i++) {
		if (cost[i].used != wanted[i])
			fail_msg("%s: %u instead of %u", cost[i].name, cost[i].used, wanted[i]);
		assert_true(cost[i].most >= cost[i].used);
	}
	sigcheck_costs(builtin_tables, cost);
	assert_int_equal(cost[SIGCHECK_STATES].used, builtin_tables->states - 1);
	signatures_free(set);
	free(sig);
}

#define ONE(name, rest)                                                                        \
	PROTOCOL(name)                                                                         \
	"watch: yes\npatterns:\n  - {name: p, transport: tcp, from: either, anchor: packet, " \
	rest "}\n"

/* Which pairs can hold together, and which cannot. */
static void test_overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		const char *example; /* NULL: no overlap; "": bare */
	} cases[] = {
	    {ONE("aa", "match: 'ab+c'"), ONE("bb", "match: 'a[ab]*c'"), "abc"},
	    {ONE("aa", "match: '\\x00ok'"), ONE("bb", "match: '.ok'"), "\0ok"},
	    {ONE("aa", "match: 'abc'"), ONE("bb", "match: 'abd'"), NULL},
	    {ONE("aa", "match: 'ab'"), ONE("bb", "match: 'abc'"), NULL},
	    {ONE("aa", "match: 'ab', priority: 1"), ONE("bb", "match: 'ab'"), NULL},
	    {ONE("aa", "match: 'ab', step: yes"), ONE("bb", "match: 'ab'"), NULL},
	    {ONE("aa", "match: 'ab', only: watched"), ONE("bb", "match: 'ab'"), NULL},
	    {ONE("aa", "match: 'ab', only: watched"), ONE("bb", "match: 'ab', only: watched"), NULL},
	    {ONE("aa", "match: 'ab', where: [length == 3]"),
	     ONE("bb", "match: 'ab', where: [length > 3]"), NULL},
	    {ONE("aa", "match: 'ab', where: [length == 3]"),
	     ONE("bb", "match: 'ab', where: [length > 2]"), "ab"},
	    {ONE("aa", "match: 'ab', where: ['u8(2) == 3']"),
	     ONE("bb", "match: 'ab', where: ['u8(3) == 4']"), "ab"},
	    {ONE("aa", "where: ['u8(2) == 3']"), ONE("bb", "where: ['u8(3) == 4']"), ""},
	    {ONE("aa", "where: ['u8(2) == 3']"), ONE("bb", "where: ['u8(2) == 4']"), NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const text[] = {cases[i].a, cases[i].b};
		struct gl_signatures *sig = tables_new();
		struct signatures *set = compile_files(text, 2, sig);
		struct sigcheck_overlap *overlaps = NULL;
		int n = sigcheck_overlaps(sig, &overlaps);
		/* One example begins with a zero byte. */
		size_t length = i == 1 ? 3 : cases[i].example ? strlen(cases[i].example) : 0;

		if (n != !!cases[i].example)
			fail_msg("case %zu: %d overlaps", i, n);
		if (n) {
			assert_string_equal(signatures_origin(set, overlaps->first).protocol, "aa");
			assert_string_equal(signatures_origin(set, overlaps->second).pattern, "p");
			assert_int_equal(overlaps->length, length);
			assert_memory_equal(overlaps->example, cases[i].example, length);
		}
		assert_null(signatures_origin(set, 2).protocol);
		free(overlaps);
		signatures_free(set);
		free(sig);
	}
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
	assert_int_equal(signatures_compile(set, NULL, 7, sig), 0);
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
	assert_int_equal(table_compile(set, NULL, 7, sig), 0);
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
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_against_nfa),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_empty_free),
#ifdef HAVE_YAML
	    cmocka_unit_test(test_bad_files),
	    cmocka_unit_test(test_keys), cmocka_unit_test(test_media),
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_registers),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_step_numbers),
	    cmocka_unit_test(test_replace),
	    cmocka_unit_test(test_bare_limit),
	    cmocka_unit_test(test_costs),
	    cmocka_unit_test(test_overlaps),
	    cmocka_unit_test(test_order_of_files),
	    cmocka_unit_test(test_builtin_table),
#endif
	};

	return cmocka_run_group_tests(tests, setup_builtin, teardown_builtin);
}
