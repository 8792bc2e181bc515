/* SPDX-License-Identifier: BSD-2-Clause */
/* What came before COMMAND, and the control text, leave no trace in a report. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "control.h"

#define CONTROL_ID 1u

static struct snapshot look(__u64 packets, struct snapshot_word *words,
			    struct snapshot_flow *flows, size_t flow_count,
			    struct snapshot_place *places, size_t place_count)
{
	struct snapshot snapshot = { .words = words, .word_count = 2, .flows = flows,
				     .flow_count = flow_count, .places = places,
				     .place_count = place_count };

	snapshot.total.seen_packets = packets;
	snapshot.total.seen_bytes = 10 * packets;
	snapshot.total.outcome[GL_OUT_SCANNED].packets = packets;
	snapshot.total.outcome[GL_OUT_SCANNED].bytes = 10 * packets;
	snapshot.total.protocol[GL_PROTO_UNKNOWN].flows = flow_count;
	return snapshot;
}

static void test_subtract(void **state)
{
	const struct control control = { .id = CONTROL_ID };
	struct snapshot_word old_words[2] = { { .word.id = 0, .count.hits = 1 },
					      { .word.id = CONTROL_ID, .count.hits = 2 } };
	struct snapshot_word words[2] = { { .word.id = 0, .count.hits = 5 },
					  { .word.id = CONTROL_ID, .count.hits = 2 } };
	struct snapshot_flow old_flows[2] = { { .flow.born = 1 }, { .flow.born = 2 } };
	struct snapshot_flow flows[3] = { { .flow.born = 1 }, { .flow.born = 2 }, { .flow.born = 3 } };
	struct snapshot_place old_places[1] = { { .key.word = 0, .place.hits = 1 } };
	struct snapshot_place places[3] = { { .key.word = 0, .place.hits = 1 },
					    { .key.word = CONTROL_ID, .place.hits = 2 },
					    { .key = { .word = 0, .dir = 1 }, .place.hits = 4 } };
	struct snapshot before = look(3, old_words, old_flows, 2, old_places, 1);
	struct snapshot snapshot = look(7, words, flows, 3, places, 3);

	(void)state;
	flows[1].flow.dir[1].packets = 1; /* goes on */
	assert_int_equal(control_hits(&control, &before), 2);
	control_subtract(&control, &before, &snapshot);
	assert_int_equal(snapshot.total.seen_packets, 4);
	assert_int_equal(snapshot.total.outcome[GL_OUT_SCANNED].bytes, 40);
	assert_int_equal(snapshot.total.protocol[GL_PROTO_UNKNOWN].flows, 1);
	assert_int_equal(snapshot.word_count, 1);
	assert_int_equal(snapshot.words[0].count.hits, 4);
	assert_int_equal(snapshot.flow_count, 2);
	assert_int_equal(snapshot.flows[0].flow.born, 2);
	assert_int_equal(snapshot.flows[1].flow.born, 3);
	assert_int_equal(snapshot.place_count, 1);
	assert_int_equal(snapshot.places[0].key.dir, 1);
}

static void test_text(void **state)
{
	struct word_list list = { 0 };
	struct control one = { 0 }, other = { 0 };

	(void)state;
	assert_int_equal(control_make(&one, &list), 0);
	assert_int_equal(control_make(&other, &list), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(other.id, 1);
	assert_string_equal(list.words[1].text, other.text);
	assert_int_equal(strspn(one.text, "0123456789abcdef"), CONTROL_TEXT);
	assert_string_not_equal(one.text, other.text);
	words_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subtract),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
