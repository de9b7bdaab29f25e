/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/server_settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/unit.h"

static char path[64];

static void setup(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/check_server_settings.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

static void write_file(const char *text)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text, strlen(text), &err), err);
}

START_TEST(every_row_is_in_the_man_page_with_its_default)
{
	struct vk_err err = VK_ERR_INIT;
	const struct setting *rows;
	struct vk_buf page;
	size_t count = 0;
	const char *top = getenv("abs_top_srcdir");
	char *file = xasprintf("%s/docs/man/vkcfgd.yaml.5", top != NULL ? top : ".");

	vk_buf_init(&page, 1 << 20);
	assert_ok(vk_file_read(AT_FDCWD, file, VK_FILE_DEFAULT, &page, &err), err);
	rows = server_settings_rows(&count);
	for (size_t i = 0; i < count; i++) {
		char *item = xasprintf("\n.It Cm %s :", rows[i].name);
		const char *at = strstr(page.data, item);
		const char *end;

		ck_assert_msg(at != NULL, "%s is not in vkcfgd.yaml(5)", rows[i].name);
		end = strstr(at + 1, "\n.It ");
		end = end != NULL ? end : page.data + page.len;
		if (rows[i].fallback != NULL)
			ck_assert_msg(memmem(at, (size_t)(end - at), rows[i].fallback,
					      strlen(rows[i].fallback)) != NULL,
				"the default of %s is not in vkcfgd.yaml(5)", rows[i].name);
		ck_assert_msg(
			((rows[i].flags & SETTING_RELOADABLE) != 0) ==
				(memmem(at, (size_t)(end - at), "\nReloadable.\n", 13) != NULL),
			"vkcfgd.yaml(5) is wrong about reloading %s", rows[i].name);
		free(item);
	}
	vk_buf_release(&page);
	free(file);
}
END_TEST

START_TEST(refuses_what_it_cannot_serve)
{
	static const char *const wrong[] = {
		"listen: [\"7443\"]\n",
		"listen: [\"127.0.0.1:0\"]\n",
		"listen: [\"::1:7443\"]\n",
		"url: http://vkcfg.example\n",
		"url: https://vkcfg.example/path\n",
		"workers: 0\n",
		"log-level: loud\n",
		"state: relative\n",
		"no-such-key: 1\n",
		"host-certificate-lifetime: 31536000\n",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct settings *settings = NULL;

		write_file(wrong[i]);
		assert_fails(server_settings_load(path, &settings, &err), VK_EINPUT);
		ck_assert_msg(strstr(err.msg, path) != NULL, "%s", err.msg);
	}
}
END_TEST

START_TEST(an_empty_file_means_the_defaults)
{
	struct vk_err err = VK_ERR_INIT;
	struct settings *settings = NULL;

	write_file("{}\n");
	assert_ok(server_settings_load(path, &settings, &err), err);
	ck_assert_str_eq(settings_string(settings, "state"), "/var/lib/vkcfgd");
	ck_assert_int_eq(settings_int(settings, "workers"), 2);
	ck_assert_ptr_null(settings_string(settings, "user"));
	settings_free(settings);
}
END_TEST

START_TEST(a_reload_takes_all_or_nothing)
{
	struct vk_err err = VK_ERR_INIT;
	struct settings *settings = NULL, *before;

	write_file("log-level: warn\n");
	assert_ok(server_settings_load(path, &settings, &err), err);
	before = settings;
	write_file("log-level: debug\nworkers: 8\n");
	assert_fails(server_settings_reload(path, &settings, &err), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, "workers"));
	write_file("log-level: [\n");
	assert_fails(server_settings_reload(path, &settings, &err), VK_EINPUT);
	ck_assert_ptr_eq(settings, before);
	write_file("log-level: debug\n");
	assert_ok(server_settings_reload(path, &settings, &err), err);
	ck_assert_str_eq(settings_string(settings, "log-level"), "debug");
	settings_free(settings);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("server_settings");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_what_it_cannot_serve);
	tcase_add_test(tc, an_empty_file_means_the_defaults);
	tcase_add_test(tc, a_reload_takes_all_or_nothing);
	tcase_add_test(tc, every_row_is_in_the_man_page_with_its_default);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
