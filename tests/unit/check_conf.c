/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/conf.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static void refuse(const char *text, size_t len, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf *conf = NULL;

	assert_fails(cfg_conf_parse("v.conf", text, len, &conf, &err), VK_EINPUT);
	ck_assert_ptr_null(conf);
	ck_assert_str_eq(err.msg, msg);
}

START_TEST(refuses_what_valkey_would_misread)
{
	refuse("port 1\nsave \"a\n", 14, "v.conf:2: unbalanced quotes");
	refuse("a 'b\n", 5, "v.conf:1: unbalanced quotes");
	refuse("a \"b\"c\n", 7, "v.conf:1: unbalanced quotes");
	refuse("port\0 1", 7, "v.conf:1: a NUL byte");
	refuse("a \"\\x00\"\n", 9, "v.conf:1: a NUL byte in a word");
	refuse("\xef\xbb\xbfport 1\n", 10, "v.conf:1: a byte order mark");
	refuse("\"\" 1\n", 5, "v.conf:1: a directive without a name");
}
END_TEST

START_TEST(reads_words_as_valkey_does)
{
	static const char text[] = "# comment\n\n  PORT\t6379 \r\nsave \"\"\n"
				   "requirepass \"a \\\"b\\\" \\x41\\n\"\nx 'it\\'s' b\\n #no";
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf *conf;
	const struct cfg_conf_line *line;

	assert_ok(cfg_conf_parse("v.conf", text, strlen(text), &conf, &err), err);
	ck_assert_uint_eq(cfg_conf_count(conf), 4);
	line = cfg_conf_at(conf, 0);
	ck_assert_str_eq(line->name, "port");
	ck_assert_uint_eq(line->number, 3);
	ck_assert_uint_eq(line->word_count, 1);
	ck_assert_str_eq(line->words[0], "6379");
	ck_assert_ptr_null(line->words[1]);
	ck_assert_str_eq(cfg_conf_at(conf, 1)->words[0], "");
	ck_assert_str_eq(cfg_conf_at(conf, 2)->words[0], "a \"b\" A\n");
	line = cfg_conf_at(conf, 3);
	ck_assert_uint_eq(line->word_count, 3);
	ck_assert_str_eq(line->words[0], "it's");
	ck_assert_str_eq(line->words[1], "b\\n");
	ck_assert_str_eq(line->words[2], "#no");
	cfg_conf_free(conf);
}
END_TEST

/* Every byte, alone and in hostile company, comes back as the one word that it was. */
START_TEST(a_quoted_value_is_always_one_word_of_one_line)
{
	static const char *const around[] = {"%c", "a%cb", "\"%c", "%c\\", "'%c'", "x\n%c", " %c "};

	for (size_t a = 0; a < sizeof(around) / sizeof(around[0]); a++) {
		for (int byte = 1; byte < 256; byte++) {
			struct vk_err err = VK_ERR_INIT;
			struct cfg_conf *conf;
			struct vk_buf text;
			char word[16];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(word, sizeof(word), around[a], byte);
#pragma GCC diagnostic pop
			vk_buf_init(&text, 1000);
			vk_buf_adds(&text, "requirepass ");
			cfg_conf_quote(word, &text);
			vk_buf_adds(&text, "\n");
			assert_ok(cfg_conf_parse("v.conf", text.data, text.len, &conf, &err), err);
			ck_assert_uint_eq(cfg_conf_count(conf), 1);
			ck_assert_uint_eq(cfg_conf_at(conf, 0)->word_count, 1);
			ck_assert_str_eq(cfg_conf_at(conf, 0)->words[0], word);
			cfg_conf_free(conf);
			vk_buf_release(&text);
		}
	}
}
END_TEST

START_TEST(adds_up_lines_as_valkey_does)
{
	static const char text[] = "maxmemory 1gb\nMAXMEMORY 2gb\nsave 3600 1\nsave 60 5\n"
				   "client-output-buffer-limit pubsub 1mb 1mb 1\n"
				   "client-output-buffer-limit normal 2mb 1mb 1\n"
				   "slave-read-only no\nmystery a \"b c\"\nport nonsense\n"
				   "rename-command KEYS \"\"\nrename-command FLUSHALL F\n";
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf_values *values;
	struct cfg_conf *conf;

	assert_ok(cfg_conf_parse("v.conf", text, strlen(text), &conf, &err), err);
	assert_ok(cfg_conf_effective(conf, "8.0", &values, &err), err);
	cfg_conf_free(conf);
	ck_assert_uint_eq(cfg_conf_values_count(values), 7);
	ck_assert_str_eq(cfg_conf_values_at(values, 0)->name, "client-output-buffer-limit");
	ck_assert_str_eq(cfg_conf_values_get(values, "client-output-buffer-limit"),
		"normal 2097152 1048576 1 slave 268435456 67108864 60 pubsub 1048576 1048576 1");
	ck_assert_str_eq(cfg_conf_values_get(values, "maxmemory"), "2147483648");
	ck_assert_str_eq(cfg_conf_values_get(values, "save"), "3600 1 60 5");
	ck_assert_str_eq(cfg_conf_values_get(values, "replica-read-only"), "no");
	ck_assert_str_eq(cfg_conf_values_get(values, "mystery"), "a b c");
	ck_assert_str_eq(cfg_conf_values_get(values, "port"), "nonsense");
	ck_assert_str_eq(cfg_conf_values_get(values, "rename-command"), "KEYS \"\" FLUSHALL F");
	ck_assert_ptr_null(cfg_conf_values_get(values, "slave-read-only"));
	cfg_conf_values_free(values);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("conf");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_what_valkey_would_misread);
	tcase_add_test(tc, reads_words_as_valkey_does);
	tcase_add_test(tc, a_quoted_value_is_always_one_word_of_one_line);
	tcase_add_test(tc, adds_up_lines_as_valkey_does);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
