/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/foreign.h"

#include <string.h>

#include "common/config/directive.h"
#include "tests/unit/unit.h"

/* What a Valkey knows is no foreign directive, and would never be looked up here. */
START_TEST(no_version_of_valkey_knows_one)
{
	for (size_t i = 0; i < cfg_foreign_count; i++) {
		const char *name = cfg_foreign_rows[i].name, *star = strchr(name, '*');

		ck_assert_msg(cfg_version_with(name) == NULL, "%s", name);
		for (size_t v = 0; star != NULL && v < cfg_version_count(); v++) {
			const char *version = cfg_version_at(v);

			for (size_t k = 0; k < cfg_directive_count(version); k++)
				ck_assert_msg(strncmp(cfg_directive_at(version, k)->name, name,
						      (size_t)(star - name)) != 0,
					"%s", name);
		}
	}
}
END_TEST

START_TEST(what_valkey_has_instead_is_in_the_newest_one)
{
	const char *newest = cfg_version_at(cfg_version_count() - 1);

	for (size_t i = 0; i < cfg_foreign_count; i++) {
		const struct cfg_foreign *foreign = &cfg_foreign_rows[i];

		ck_assert_msg(foreign->instead == NULL ||
				      cfg_directive_find(foreign->instead, newest) != NULL,
			"%s: %s", foreign->name, foreign->instead);
	}
}
END_TEST

START_TEST(each_is_found_and_explained_without_a_cut)
{
	char text[CFG_FOREIGN_TEXT_BYTES];

	for (size_t i = 0; i < cfg_foreign_count; i++) {
		const struct cfg_foreign *foreign = &cfg_foreign_rows[i];

		ck_assert_ptr_eq(cfg_foreign_find(foreign->name), foreign);
		cfg_foreign_explain(foreign, text, sizeof(text));
		ck_assert_msg(strlen(text) < sizeof(text) - 1, "%s", text);
		if (foreign->remedy != NULL)
			ck_assert_ptr_nonnull(strstr(text, foreign->remedy));
	}
	ck_assert_ptr_null(cfg_foreign_find("maxmemory"));
	ck_assert_ptr_null(cfg_foreign_find("server-thread"));
	ck_assert_ptr_null(cfg_foreign_find(""));
	ck_assert_ptr_nonnull(cfg_foreign_find("Search-Timeout"));
	cfg_foreign_explain(cfg_foreign_find("SERVER-THREADS"), text, sizeof(text));
	ck_assert_str_eq(text, "a directive of KeyDB: Valkey has io-threads instead");
	cfg_foreign_explain(cfg_foreign_find("gopher-enabled"), text, sizeof(text));
	ck_assert_str_eq(text, "a directive of Redis 6.0 to 6.2: delete the line: the Gopher "
			       "protocol is gone since Redis 7.0");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("foreign");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, no_version_of_valkey_knows_one);
	tcase_add_test(tc, what_valkey_has_instead_is_in_the_newest_one);
	tcase_add_test(tc, each_is_found_and_explained_without_a_cut);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
