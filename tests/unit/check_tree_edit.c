/* SPDX-License-Identifier: BSD-3-Clause */
/* One value changes in a person's file, and nothing else. */
#include "config.h"

#include "client/admin/tree_edit.h"

#include <string.h>

#include "tests/unit/unit.h"

static enum vk_rc edit(const char *text, const char *name, const char *value, struct vk_buf *out,
	unsigned *line, struct vk_err *err)
{
	const struct cfg_tree_file file = {"hosts/db1.yaml", text, strlen(text)};
	const struct tree_edit given = {"db1", "main", name, value};

	vk_buf_init(out, 4096);
	return tree_edit_config(&file, &given, out, line, err);
}

START_TEST(changes_one_value_and_nothing_else)
{
	static const struct {
		const char *before, *after;
		unsigned line;
	} cases[] = {
		{"hosts:\n  db1:\n    instances:\n      main:\n        role: cache # mine\n",
			"hosts:\n  db1:\n    instances:\n      main:\n        config: {hz: "
			"\"33\"}\n"
			"        role: cache # mine\n",
			5},
		{"hosts: {db1: {instances: {main: {role: cache}}}} # ä\n",
			"hosts: {db1: {instances: {main: {config: {hz: \"33\"}, role: cache}}}} # "
			"ä\n",
			1},
		{"hosts:\n  db1:\n    instances:\n      main: {config: {}, role: c}\n",
			"hosts:\n  db1:\n    instances:\n      main: {config: {hz: \"33\"}, role: "
			"c}\n",
			4},
		{"hosts:\n  db1:\n    instances:\n      main:\n        role: c\n        config: "
		 "{port: 1, hz: 10}\n",
			"hosts:\n  db1:\n    instances:\n      main:\n        role: c\n        "
			"config: {port: 1, hz: \"33\"}\n",
			6},
		{"hosts:\n  db1:\n    instances:\n      main:\n        config:\n          # why\n  "
		 " "
		 "       port: 1\n",
			"hosts:\n  db1:\n    instances:\n      main:\n        config:\n          # "
			"why\n          hz: \"33\"\n          port: 1\n",
			7},
		{"hosts:\n  db1:\n    instances:\n      main:\n        config:\n          hz: 10   "
		 "# ten\n          port: 1\n",
			"hosts:\n  db1:\n    instances:\n      main:\n        config:\n          "
			"hz: \"33\"   # ten\n          port: 1\n",
			6},
		{"hosts: {db1: {instances: {main: {config: {hz: \"1\\\"0, }\"}}}}}",
			"hosts: {db1: {instances: {main: {config: {hz: \"33\"}}}}}", 1},
		{"hosts: {dö1: {}, db1: {instances: {main: {config: {hz: 'ü'}}}}}\n",
			"hosts: {dö1: {}, db1: {instances: {main: {config: {hz: \"33\"}}}}}\n", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct vk_buf out;
		unsigned line = 0;

		assert_ok(edit(cases[i].before, "hz", "33", &out, &line, &err), err);
		ck_assert_str_eq(out.data, cases[i].after);
		ck_assert_uint_eq(line, cases[i].line);
		vk_buf_release(&out);
	}
}
END_TEST

START_TEST(refuses_what_it_cannot_change_for_sure)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"hosts: {\"db[1-9]\": {instances: {main: {role: c}}}}\n", "33"},
		{"hosts: {db1: {instances: {other: {role: c}}}}\n", "33"},
		{"hosts: {db1: {instances: {main: null}}}\n", "33"},
		{"hosts: {db1: {instances: {main: {config: {hz: [1, 2]}}}}}\n", "33"},
		{"hosts:\n  db1:\n    instances:\n      main:\n        config:\n          hz: |\n  "
		 "          10\n",
			"33"},
		{"hosts: {db1: {instances: {main: {role: c}}}}\n", "${x}"},
		{"hosts: {db1: {instances: {main: {role: c}}}}\n", "@{data}/x"},
		{"hosts: {db1: {instances: {main: {role: c}}}}\n", "secret:x"},
		{"hosts: {db1: {instances: {main: {role: c}}}}\n", "a\nb"},
		{"", "33"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct vk_buf out;
		unsigned line = 0;

		assert_fails(
			edit(cases[i].text, "hz", cases[i].value, &out, &line, &err), VK_ECONFLICT);
		ck_assert_ptr_nonnull(strstr(err.hint, "config: {hz: "));
		vk_buf_release(&out);
	}
}
END_TEST

START_TEST(quotes_what_it_writes)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	unsigned line = 0;

	assert_ok(edit("hosts: {db1: {instances: {main: {}}}}", "save", "a\"b\\ #:", &out, &line,
			  &err),
		err);
	ck_assert_str_eq(
		out.data, "hosts: {db1: {instances: {main: {config: {save: \"a\\\"b\\\\ #:\"}}}}}");
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tree_edit");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, changes_one_value_and_nothing_else);
	tcase_add_test(tc, refuses_what_it_cannot_change_for_sure);
	tcase_add_test(tc, quotes_what_it_writes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
