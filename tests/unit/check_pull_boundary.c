/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host refuses in a valkey.conf, whoever has signed it. */
#include "config.h"

#include "client/pull/boundary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/unit.h"

static char directory[64];
static struct instance instance;
static const struct vk_bundle plain_bundle = {.valkey = "8.0"};

static void set_up(void)
{
	snprintf(directory, sizeof(directory), "/tmp/vkcfg-boundary-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	instance = (struct instance){
		.name = "main", .directory = directory, .data = "/srv/valkey/main"};
}

static void tear_down(void)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_remove_tree(AT_FDCWD, directory, &err), err);
}

/* %s in a text stands for the instance's directory, once. */
static enum vk_rc check(const char *format, struct vk_err *err)
{
	const char *place = strstr(format, "%s");
	char *text = place == NULL ? xstrdup(format)
				   : xasprintf("%.*s%s%s", (int)(place - format), format, directory,
					     place + 2);
	enum vk_rc rc = boundary_check_conf(&instance, "8.0", text, strlen(text), err);

	free(text);
	return rc;
}

START_TEST(a_configuration_that_reaches_out_is_refused)
{
	static const char *const bad[] = {/* code */
		"loadmodule /usr/lib/valkey/evil.so", "LoadModule %s/current/evil.so",
		"\"loadmodule\" x.so", "\"\\x6coadmodule\" x.so", "enable-module-command yes",
		"enable-module-command local", "enable-module-command LOCAL",
		"enable-protected-configs yes",
		/* other files */
		"include /etc/shadow", "include %s/runtime.con?",
		"include %s/current/extra/more.conf", "include %s/runtime.conf /etc/shadow",
		"aclfile /etc/valkey/users.acl", "aclfile %s/users.acl", "aclfile \"\"",
		"dir /var/lib/valkey", "dir /srv/valkey/main/..", "dir %s",
		"logfile /var/log/other.log", "logfile relative.log", "logfile %s/../other/current",
		"logfile %s", "logfile %s/", "logfile %s//x", "logfile %s/.ssh/authorized_keys",
		"logfile %sx/log", "logfile %s/a/./b", "logfile \"%s/a\\x2f..\\x2f..\\x2fb\"",
		"unixsocket /run/other.sock", "tls-key-file /etc/ssl/private/other.key",
		"tls-ca-cert-dir /etc/ssl/certs",
		"tls-cert-file %s/current/a.pem\ntls-key-file /root/key.pem",
		"pidfile /etc/cron.d/x", "cluster-config-file /etc/cron.d/x",
		"cluster-config-file ../x", "dbfilename ../../x", "appenddirname ..",
		/* what locks the agent out, or is somebody else's */
		"rename-command CONFIG \"\"", "rename-command acl x",
		"user default on nopass +@all", "requirepass hunter2", "masterauth hunter2",
		"replicaof 192.0.2.1 6379", "slaveof 192.0.2.1 6379", "daemonize yes",
		"supervised systemd", "sentinel notification-script mymaster /bin/sh",
		/* a second line inside a value */
		"logfile \"%s/a\\nloadmodule x\"", "logfile \"%s/a\\x0aloadmodule x\"",
		"proc-title-template \"{title}\\rx\"", "logfile \"%s/a\\x00b\"",
		"proc-title-template \"\\x7f\"", "loglevel \"notice\\t\"",
		/* what no schema knows */
		"no-such-directive yes", "redisearch.option 1", "maxmemory 1gb\nexec /bin/sh",
		/* no text that Valkey would read */
		"logfile \"", "maxmemory \"1\"x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		enum vk_rc rc = check(bad[i], &err);

		ck_assert_msg(rc == VK_EINPUT, "%s: %s", bad[i], vk_rc_name(rc));
		ck_assert_msg(strstr(err.msg, "hunter2") == NULL, "%s", err.msg);
	}
}
END_TEST

START_TEST(what_the_renderer_writes_is_accepted)
{
	static const char *const good[] = {"", "# include /etc/shadow\n", "maxmemory 1gb",
		"MaxMemory 1gb\nsave 3600 1 300 100\nbind 127.0.0.1 -::1",
		"aclfile \"%s/current/users.acl\"", "dir /srv/valkey/main",
		"include %s/runtime.conf", "logfile \"\"", "logfile /srv/valkey/main/valkey.log",
		"unixsocket %s/valkey.sock", "tls-key-file %s/current/tls/key.pem",
		"cluster-config-file nodes-1.conf", "rename-command DEBUG \"\"",
		"enable-module-command no", "enable-protected-configs no",
		"enable-debug-command local"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct vk_err err = VK_ERR_INIT;

		assert_ok(check(good[i], &err), err);
	}
}
END_TEST

START_TEST(a_version_without_schema_is_refused)
{
	struct vk_err err = VK_ERR_INIT;

	assert_fails(boundary_check_conf(&instance, "99.0", "port 1", 6, &err), VK_EINPUT);
}
END_TEST

static enum vk_rc check_runtime(const char *text, mode_t mode, struct vk_err *err)
{
	char *path = xasprintf("%s/runtime.conf", directory);

	assert_ok(vk_file_replace(AT_FDCWD, path, mode, text, strlen(text), err), *err);
	free(path);
	return boundary_check_runtime(&instance, &plain_bundle, err);
}

START_TEST(the_runtime_file_cannot_bring_in_code_either)
{
	static const char *const bad[] = {"loadmodule /tmp/evil.so", "include /etc/shadow",
		"aclfile /tmp/users.acl", "dir /tmp", "logfile /tmp/x", "enable-module-command yes",
		"replicaof 192.0.2.1 6379\nuser x on nopass +@all", "nonsense 1", "logfile \""};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct vk_err)VK_ERR_INIT;
		assert_fails(check_runtime(bad[i], 0640, &err), VK_EDENIED);
	}
	assert_ok(check_runtime("replicaof 192.0.2.1 6379\nmasterauth x\n", 0640, &err), err);
	assert_ok(check_runtime("supervised systemd\nrequirepass x\n", 0600, &err), err);
}
END_TEST

START_TEST(a_runtime_file_that_others_may_write_is_refused)
{
	char *path = xasprintf("%s/runtime.conf", directory);
	struct vk_err err = VK_ERR_INIT;

	assert_fails(check_runtime("", 0660, &err), VK_EDENIED);
	assert_fails(check_runtime("", 0646, &err), VK_EDENIED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	assert_fails(boundary_check_runtime(&instance, &plain_bundle, &err), VK_EDENIED);
	free(path);
}
END_TEST

START_TEST(a_directory_that_others_may_write_is_refused)
{
	char *generations = xasprintf("%s/generations", directory);
	struct vk_err err = VK_ERR_INIT;

	ck_assert_int_eq(mkdir(generations, 0750), 0);
	assert_ok(boundary_check_directories(&instance, &err), err);
	ck_assert_int_eq(chmod(directory, 0770), 0);
	assert_fails(boundary_check_directories(&instance, &err), VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(err.hint, "data directory"));
	ck_assert_int_eq(chmod(directory, 0750), 0);
	ck_assert_int_eq(chmod(generations, 0757), 0);
	assert_fails(boundary_check_directories(&instance, &err), VK_EDENIED);
	instance.directory = "/tmp";
	assert_fails(boundary_check_directories(&instance, &err), VK_EDENIED);
	free(generations);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_boundary");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_configuration_that_reaches_out_is_refused);
	tcase_add_test(tc, a_version_without_schema_is_refused);
	tcase_add_test(tc, the_runtime_file_cannot_bring_in_code_either);
	tcase_add_test(tc, a_directory_that_others_may_write_is_refused);
	tcase_add_test(tc, a_runtime_file_that_others_may_write_is_refused);
	tcase_add_test(tc, what_the_renderer_writes_is_accepted);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
