/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/init.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/unit.h"

static char top[] = "/tmp/check_init.XXXXXX";
static char *state;
static char *config;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	state = xasprintf("%s/state", top);
	config = xasprintf("%s/vkcfgd.yaml", top);
}

static void teardown(void)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_remove_tree(AT_FDCWD, top, &err), err);
	free(config);
	free(state);
}

/* Nothing is made that the next attempt would trip over. */
static void check_refused(const struct init_options *options, enum vk_rc rc, const char *hint)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf token;

	vk_buf_init(&token, INIT_TOKEN_MAX_BYTES);
	assert_fails(init_fleet(options, &token, &err), rc);
	ck_assert_msg(strstr(err.hint, hint) != NULL, "%s, hint: %s", err.msg, err.hint);
	ck_assert_uint_eq(token.len, 0);
	ck_assert_int_ne(access(state, F_OK), 0);
	vk_buf_release(&token);
}

START_TEST(refuses_an_address_that_run_would_refuse)
{
	struct init_options options = {
		.state = state, .fleet = "demo", .admin = "admin", .user = "nobody"};

	options.listen = "localhost:7443";
	check_refused(&options, VK_EINPUT, "127.0.0.1:7443");
	options.listen = "127.0.0.1:0";
	check_refused(&options, VK_EINPUT, "127.0.0.1:7443");
	options.listen = NULL;
	options.url = "http://localhost:7443";
	check_refused(&options, VK_EINPUT, "https://NAME:PORT");
}
END_TEST

START_TEST(refuses_to_overwrite_a_settings_file)
{
	struct init_options options = {.state = state,
		.fleet = "demo",
		.admin = "admin",
		.user = "nobody",
		.config = config};
	struct vk_err err = VK_ERR_INIT;

	if (geteuid() != 0)
		options.user = NULL;
	assert_ok(vk_file_create(AT_FDCWD, config, 0600, "x", 1, &err), err);
	check_refused(&options, VK_ECONFLICT, "--config");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("init");
	TCase *tc = tcase_create("init");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_an_address_that_run_would_refuse);
	tcase_add_test(tc, refuses_to_overwrite_a_settings_file);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
