/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What we believe about Valkey, asked of the real one: the files that we render
 * are read back value by value. Skipped where valkey-server 8.0 is not installed.
 */
#include "config.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/render.h"
#include "common/config/value.h"
#include "common/digest.h"
#include "tests/unit/tree_text.h"
#include "tests/unit/valkey_server.h"

static struct server_program programs[SERVER_PROGRAMS_MAX];
static size_t program_count;

/* What the agent does on a host: placeholders become this server's directory. */
static char *fill(const struct server *server, const char *text)
{
	char hash[VK_SHA256_HEX_BYTES];
	struct vk_buf out;
	const char *open;
	char *joined;

	vk_sha256_hex(SERVER_PASSWORD, strlen(SERVER_PASSWORD), hash);
	vk_buf_init(&out, 1000000);
	while ((open = strstr(text, "@{")) != NULL) {
		vk_buf_add(&out, text, (size_t)(open - text));
		vk_buf_adds(&out, strncmp(open, "@{agent-password}", 17) == 0 ? hash : server->dir);
		text = strchr(open, '}') + 1;
	}
	vk_buf_adds(&out, text);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

/* Values that a careless quoter breaks on, in directives that take any text. */
static const char hostile_config[] =
	"config:\n"
	"  availability-zone: 'a \"b\" \\x41 \\n #c'\n"
	"  syslog-ident: '\"; port 1'\n"
	"  primaryuser: \"'q' \\\\\\\\ \\\"\"\n"
	"  tls-ciphers: '$(x) `y` %s \xc3\xa4'\n"
	"  replica-announce-ip: '#'\n"
	"  tls-ciphersuites: ' leading and trailing '\n"
	"  bind: [127.0.0.1, \"-::1\"]\n"
	"  save: [\"3600 1\", \"300 100\"]\n"
	"  client-output-buffer-limit: [\"pubsub 64mb 16mb 60\", \"replica 1gb 64mb 60\"]\n"
	"  notify-keyspace-events: KEAn\n"
	"  latency-tracking-info-percentiles: [50.00, 99.90]\n"
	"  oom-score-adj-values: 0 200 800\n"
	"  shutdown-on-sigterm: force now\n"
	"  hz: 501\n"
	"  repl-backlog-size: 1\n"
	"  unixsocketperm: \"0700\"\n"
	"  maxmemory-clients: 10%\n"
	"  oom-score-adj: relative\n"
	"  rename-command: ['FLUSHALL \"\"', KEYS K2]\n"
	"  appendonly: NO\n"
	"  dbfilename: 'a b.rdb'\n"
	"  logfile: \"@{data}/log.txt\"\n"
	"users:\n"
	"  app: {rules: 'on ~app:* %R~r:* resetchannels &ch +@read +get -@dangerous (+set ~s:*)', "
	"passwords: [\"sha256:" HASH_A "\"]}\n"
	"  off: {rules: off}\n"
	"  odd: {rules: 'on ~\"q\" ~\\x41 ~[a-z]? -@all +client|id -client +config|get'}\n";

static struct vk_bundle *render_bundle(const char *path, const char *text)
{
	struct cfg_tree *tree = tree_with(path, text);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct vk_bundle *bundle;
	const struct cfg_rendered_bundle *found;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	found = cfg_rendered_find(rendered, "db1/b", NULL);
	assert_ok(vk_bundle_parse(found->text, found->len, &bundle, &err), err);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return bundle;
}

static void server_start_with(
	struct server *server, const char *program, const struct vk_bundle *bundle)
{
	static const char *const names[] = {"valkey.conf", "users.acl"};

	server_make_dir(server, program);
	for (size_t i = 0; i < 2; i++) {
		char *text = fill(server, vk_bundle_find(bundle, names[i])->text);

		server_write_file(server, names[i], text);
		free(text);
	}
	server_write_file(server, "runtime.conf", "");
	server_start(server);
}

static void compare_values(const struct server *server, const struct vk_bundle *bundle)
{
	char *text = fill(server, vk_bundle_find(bundle, "valkey.conf")->text);
	struct cfg_conf_values *values;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf *conf;

	assert_ok(cfg_conf_parse("valkey.conf", text, strlen(text), &conf, &err), err);
	assert_ok(cfg_conf_effective(conf, bundle->valkey, &values, &err), err);
	for (size_t i = 0; i < cfg_conf_values_count(values); i++) {
		const struct cfg_conf_value *value = cfg_conf_values_at(values, i);
		const struct cfg_directive *d = cfg_directive_find(value->name, bundle->valkey);
		char *actual;

		/* Those of the command line are the test's. */
		if ((d->flags & CFG_FILE_ONLY) != 0 || strcmp(d->name, "port") == 0 ||
			strcmp(d->name, "unixsocket") == 0)
			continue;
		actual = server_config_get(server, d->name);
		ck_assert_msg(actual != NULL, "%s", d->name);
		ck_assert_msg(cfg_value_is_same(d, value->value, actual), "%s: '%s' is '%s'",
			d->name, value->value, actual);
		if (d->type != CFG_TYPE_EVENTS) /* CONFIG GET forgets an n */
			ck_assert_str_eq(value->value, actual);
		free(actual);
	}
	cfg_conf_values_free(values);
	cfg_conf_free(conf);
	free(text);
}

START_TEST(reads_back_every_rendered_value)
{
	struct vk_bundle *bundle = render_bundle("environments/prod.yaml", hostile_config);
	struct server server;
	char *actual;

	server_start_with(&server, "valkey-server", bundle);
	compare_values(&server, bundle);
	actual = server_config_get(&server, "availability-zone");
	ck_assert_str_eq(actual, "a \"b\" \\x41 \\n #c");
	free(actual);
	server_stop(&server);
	vk_bundle_free(bundle);
}
END_TEST

START_TEST(lists_every_rendered_user_in_our_words)
{
	struct vk_bundle *bundle = render_bundle("environments/prod.yaml", hostile_config);
	struct vk_err err = VK_ERR_INIT;
	struct server server;
	struct vk_buf listed;
	redisReply *reply;
	char *text;

	server_start_with(&server, "valkey-server", bundle);
	text = fill(&server, vk_bundle_find(bundle, "users.acl")->text);
	reply = redisCommand(server.redis, "ACL LIST");
	ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
	vk_buf_init(&listed, 100000);
	for (size_t i = 0; i < reply->elements; i++)
		vk_buf_addf(&listed, "%s\n", reply->element[i]->str);
	ck_assert_str_eq(listed.data, text);
	freeReplyObject(reply);
	/* And what ACL LIST prints, we read. */
	{
		struct cfg_acl *acl;

		assert_ok(cfg_acl_parse("list", listed.data, listed.len, &acl, &err), err);
		ck_assert_uint_eq(cfg_acl_count(acl), 5);
		cfg_acl_free(acl);
	}
	vk_buf_release(&listed);
	free(text);
	server_stop(&server);
	vk_bundle_free(bundle);
}
END_TEST

/* Every version that is here, with the schema of that version. */
START_TEST(starts_with_the_baseline_alone)
{
	char version[16], fleet[128];
	struct vk_bundle *bundle;
	struct server server;

	snprintf(version, sizeof(version), "%.3s", programs[_i].version);
	snprintf(fleet, sizeof(fleet), "fleet: demo\nenvironments: [dev, prod]\nvalkey: \"%s\"\n",
		version);
	bundle = render_bundle("fleet.yaml", fleet);
	ck_assert_str_eq(bundle->valkey, version);
	server_start_with(&server, programs[_i].path, bundle);
	compare_values(&server, bundle);
	server_stop(&server);
	vk_bundle_free(bundle);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("valkey");
	TCase *tc = tcase_create("core");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, reads_back_every_rendered_value);
	tcase_add_test(tc, lists_every_rendered_user_in_our_words);
	tcase_add_loop_test(tc, starts_with_the_baseline_alone, 0, (int)program_count);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int failed;

	program_count = server_programs(programs);
	if (program_count == 0 || strncmp(programs[0].version, "8.0.", 4) != 0) {
		puts("1..0 # SKIP valkey-server 8.0 is not installed");
		return 0;
	}
	runner = srunner_create(make_suite());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
