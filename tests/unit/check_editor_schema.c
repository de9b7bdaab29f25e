/* SPDX-License-Identifier: BSD-3-Clause */
/* What editors are told: every key that the reader takes, and every directive. */
#include "config.h"

#include "client/admin/editor_schema.h"

#include <string.h>

#include "common/config/directive.h"
#include "common/config/keys.h"
#include "common/vkjson.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

static const struct vkjson *definition(const struct vkjson *schema, const char *name)
{
	const struct vkjson *found = vkjson_get(vkjson_get(schema, "definitions"), name);

	ck_assert_msg(found != NULL, "%s", name);
	return found;
}

static const struct vkjson *property(const struct vkjson *schema, const char *map, const char *name)
{
	return vkjson_get(vkjson_get(definition(schema, map), "properties"), name);
}

START_TEST(refuses_a_kind_of_file_that_there_is_not)
{
	ck_assert_ptr_null(editor_schema("roles", NULL));
	ck_assert_ptr_null(editor_schema("", NULL));
	ck_assert_ptr_null(editor_schema("acl|role", NULL));
}
END_TEST

/* The key of a map that the table of properties forgot has no description. */
static void all_are_described(const struct vkjson *schema)
{
	for (struct vkjson_iter map = vkjson_iter(vkjson_get(schema, "definitions"));
		vkjson_next(&map);) {
		for (struct vkjson_iter key = vkjson_iter(vkjson_get(map.value, "properties"));
			vkjson_next(&key);)
			ck_assert_msg(vkjson_get(key.value, "description") != NULL, "%s: %s",
				map.name, key.name);
	}
}

START_TEST(knows_all_keys_of_all_kinds)
{
	static const char *const kinds[] = {
		"acl", "environment", "fleet", "group", "hosts", "role", "secret"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct vkjson *schema = editor_schema(kinds[i], NULL);

		ck_assert_ptr_nonnull(schema);
		definition(schema, kinds[i]);
		all_are_described(schema);
		vkjson_free(schema);
	}
}
END_TEST

START_TEST(knows_every_directive_of_every_version)
{
	struct vkjson *schema = editor_schema("role", NULL);

	for (size_t v = 0; v < cfg_version_count(); v++) {
		const char *version = cfg_version_at(v);

		for (size_t i = 0; i < cfg_directive_count(version); i++) {
			const char *name = cfg_directive_at(version, i)->name;

			ck_assert_msg(
				property(schema, "config", name) != NULL, "%s %s", version, name);
		}
	}
	vkjson_free(schema);
}
END_TEST

START_TEST(speaks_of_one_version_where_it_is_asked_to)
{
	struct vkjson *old = editor_schema("role", "7.2"), *all = editor_schema("role", NULL);
	size_t missing = 0;

	for (size_t i = 0; i < cfg_directive_count("9.0"); i++) {
		const char *name = cfg_directive_at("9.0", i)->name;

		missing += property(old, "config", name) == NULL;
		ck_assert_ptr_nonnull(property(all, "config", name));
	}
	ck_assert_uint_gt(missing, 0);
	vkjson_free(old);
	vkjson_free(all);
}
END_TEST

START_TEST(keeps_what_a_group_tells_its_sentinels_apart)
{
	struct vkjson *schema = editor_schema("group", NULL);

	ck_assert_ptr_nonnull(property(schema, "watch", "down-after-milliseconds"));
	ck_assert_ptr_nonnull(property(schema, "watch", "sentinel down-after-milliseconds"));
	ck_assert_ptr_null(property(schema, "config", "sentinel down-after-milliseconds"));
	ck_assert_ptr_nonnull(property(schema, "config", "resolve-hostnames"));
	vkjson_free(schema);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("editor_schema");
	TCase *tests = tcase_create("schema");

	tcase_add_test(tests, refuses_a_kind_of_file_that_there_is_not);
	tcase_add_test(tests, knows_all_keys_of_all_kinds);
	tcase_add_test(tests, knows_every_directive_of_every_version);
	tcase_add_test(tests, speaks_of_one_version_where_it_is_asked_to);
	tcase_add_test(tests, keeps_what_a_group_tells_its_sentinels_apart);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(make_suite)
