/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arbitrary bytes as a signature file. What parses is compiled, and the tables
 * are walked over the same bytes, never outside their bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/embed.h"
#include "../../user/log.h"
#include "../../user/sigcheck.h"
#include "../../user/signatures.h"

#define REQUIRE(condition)                                                                     \
	do {                                                                                   \
		if (!(condition))                                                              \
			abort();                                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pattern(const struct gl_signatures *sig, uint32_t index)
{
	const struct gl_sig_pattern *p = &sig->pattern[index];

	REQUIRE(p->protocol >= GL_PROTO_FIRST && p->protocol < sig->protocols);
	REQUIRE(p->row_at + p->rows <= GL_SIG_ROWS && p->rows <= 6);
	REQUIRE(p->setup < GL_LEVEL_MAX && p->steady < GL_LEVEL_MAX);
	for (int i = 0; i < p->rows; i++) {
		const struct gl_sig_row *row = &sig->row[p->row_at + i];

		REQUIRE(row->reg < GL_REGISTERS && row->op <= GL_OP_GE);
		REQUIRE(row->left != GL_OPERAND_FIELD || (row->width >= 1 && row->width <= 4));
	}
}

static void check_states(const struct gl_signatures *sig)
{
	REQUIRE(sig->states >= 1 && sig->states <= GL_SIG_STATES);
	REQUIRE(sig->first_accept >= 1 && sig->first_accept <= sig->states);
	for (uint32_t i = 0; i < sig->states * GL_SIG_STRIDE; i++)
		REQUIRE(sig->next[i] < sig->states && (i >= GL_SIG_STRIDE || !sig->next[i]));
	for (uint32_t s = sig->first_accept; s < sig->states; s++) {
		const struct gl_sig_accept *accept = &sig->accept[sig->accept_at[s]];

		REQUIRE(sig->accept_at[s] < GL_SIG_ACCEPTS);
		REQUIRE(accept->n >= 1 && accept->n <= GL_ACCEPT_PATTERNS);
		for (int i = 0; i < accept->n; i++)
			check_pattern(sig, accept->pattern[i]);
	}
	for (int t = 0; t < GL_TRANSPORTS; t++) {
		REQUIRE(sig->bares[t] <= GL_SIG_BARE);
		for (uint32_t i = 0; i < sig->bares[t]; i++)
			check_pattern(sig, sig->bare[t][i]);
	}
}

/* An overlap is one of two patterns; nothing costs more than its limit. */
static void check_extras(const struct gl_signatures *sig)
{
	struct sigcheck_cost cost[SIGCHECK_BUDGETS];
	struct sigcheck_overlap *overlaps = NULL;
	int n = sigcheck_overlaps(sig, &overlaps);

	REQUIRE(n >= 0);
	for (int i = 0; i < n; i++) {
		REQUIRE(sig->pattern[overlaps[i].first].protocol);
		REQUIRE(sig->pattern[overlaps[i].second].protocol);
		REQUIRE(overlaps[i].first != overlaps[i].second);
	}
	free(overlaps);
	sigcheck_costs(sig, cost);
	for (int i = 0; i < SIGCHECK_BUDGETS; i++)
		REQUIRE(cost[i].used <= cost[i].most);
}

/* No expression matches the empty string, so no walk may begin accepted. */
static void check_walks(const struct gl_signatures *sig, const uint8_t *data, size_t size)
{
	for (int t = 0; t < GL_TRANSPORTS; t++) {
		for (int anchor = 0; anchor < GL_ANCHORS; anchor++) {
			uint32_t state = sig->root[t][anchor];

			REQUIRE(state < sig->first_accept);
			for (size_t i = 0; i < size && state; i++)
				state = sig->next[state * GL_SIG_STRIDE + data[i]];
			REQUIRE(state < sig->states);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gl_signatures sig;
	static const char *const known[GL_PROTOCOLS] = {[GL_PROTO_FIRST + 2] = "irc"};
	struct signatures *set = signatures_new();

	log_set_level(LOG_SILENT);
	REQUIRE(set);
	if (!signatures_parse(set, "fuzz.yaml", (const char *)data, size) &&
	    !signatures_compile(set, size & 1 ? known : NULL, (uint32_t)size, &sig)) {
		check_states(&sig);
		check_walks(&sig, data, size);
		check_extras(&sig);
	}
	signatures_free(set);
	return 0;
}
