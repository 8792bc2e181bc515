/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user/marks.yaml is YAML, says what the build made of it, and only what the path can
 * use: a level where one follows, no two marks of session descriptions that end together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <yaml.h>

#include "markers.h"
#include "snapshot.h"

static const struct {
	const char *name;
	__u16 flags;
	bool level;
} meanings[] = {
    {"body", GL_MARK_BODY, true},	  {"message", GL_MARK_MESSAGE, false},
    {"encoded", GL_MARK_ENCODED, false},  {"identity", GL_MARK_IDENTITY, false},
    {"blank", GL_MARK_BLANK, false},	  {"session", GL_MARK_SESSION, false},
    {"media", GL_MARK_MEDIA, false},	  {"ip4", GL_MARK_IP4, false},
    {"ip6", GL_MARK_IP6, false},	  {"clear", GL_MARK_CLEAR, true},
    {"keyed", GL_MARK_KEYED, true},	  {"key", GL_MARK_KEY, false},
    {"sealed", GL_MARK_SEALED, false},
};
#define MEANINGS (sizeof(meanings) / sizeof(meanings[0]))

static size_t meaning_of(__u16 flags)
{
	for (size_t i = 0; i < MEANINGS; i++)
		if (meanings[i].flags == flags)
			return i;
	fail_msg("no meaning has the flags 0x%x", flags);
	return 0;
}

/* Value of a key of a mark, "" without it. */
static const char *value(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start;

	for (; pair < map->data.mapping.pairs.top; pair++)
		if (!strcmp((const char *)yaml_document_get_node(document, pair->key)
				->data.scalar.value,
			    key))
			return (const char *)yaml_document_get_node(document, pair->value)
			    ->data.scalar.value;
	return "";
}

static void check_mark(yaml_document_t *document, const yaml_node_t *map,
		       const struct mark *mark)
{
	size_t at = meaning_of(mark->flags);

	assert_int_equal(map->type, YAML_MAPPING_NODE);
	assert_string_equal(value(document, map, "text"), mark->text);
	assert_string_equal(value(document, map, "means"), meanings[at].name);
	assert_string_equal(value(document, map, "exposure"),
			    mark->level ? name_level(mark->level) : "");
	assert_int_equal(mark->level != GL_LEVEL_ABSENT, meanings[at].level);
}

static void test_file_and_table_agree(void **unused)
{
	FILE *file = fopen("user/marks.yaml", "rb");
	yaml_document_t document;
	const yaml_node_t *root;
	yaml_parser_t parser;
	size_t n = 0;

	(void)unused;
	assert_non_null(file);
	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_file(&parser, file);
	assert_true(yaml_parser_load(&parser, &document));
	root = yaml_document_get_root_node(&document);
	assert_non_null(root);
	assert_int_equal(root->type, YAML_SEQUENCE_NODE);
	for (const yaml_node_item_t *item = root->data.sequence.items.start;
	     item < root->data.sequence.items.top; item++) {
		assert_non_null(markers[n].text);
		check_mark(&document, yaml_document_get_node(&document, *item), &markers[n++]);
	}
	assert_null(markers[n].text);
	assert_in_range(n, 40, 200);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	fclose(file);
}

/* The path remembers one mark of a description for each byte at which some end. */
static void test_none_ends_another(void **unused)
{
	(void)unused;
	for (const struct mark *a = markers; a->text; a++) {
		for (const struct mark *b = markers; b->text; b++) {
			size_t more = strlen(a->text), less = strlen(b->text);

			if (a == b || !(a->flags & GL_MARKS_SDP) || !(b->flags & GL_MARKS_SDP) ||
			    more < less)
				continue;
			assert_int_not_equal(strcasecmp(a->text + more - less, b->text), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_file_and_table_agree),
					   cmocka_unit_test(test_none_ends_another)};

	return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
