/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What we believe about Valkey, asked of the real one: the files that we render
 * are read back value by value, and the schema's names and defaults are those
 * of CONFIG GET. Skipped where valkey-server 8.0 is not installed.
 */
#include "config.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/render.h"
#include "common/config/value.h"
#include "common/digest.h"
#include "common/file.h"
#include "tests/unit/tree_text.h"

#define PASSWORD "agent"

struct server {
	char dir[32];
	char socket[64];
	pid_t pid;
	redisContext *redis;
};

static void write_file(const struct server *server, const char *name, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", server->dir, name);
	assert_ok(vk_file_create(AT_FDCWD, path, 0600, text, strlen(text), &err), err);
}

/* What the agent does on a host: placeholders become this server's directory. */
static char *fill(const struct server *server, const char *text)
{
	char hash[VK_SHA256_HEX_BYTES];
	struct vk_buf out;
	const char *open;
	char *joined;

	vk_sha256_hex(PASSWORD, strlen(PASSWORD), hash);
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

static void server_make_dir(struct server *server)
{
	snprintf(server->dir, sizeof(server->dir), "/tmp/check_valkey.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(server->dir));
	snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
}

static void exec_server(const struct server *server)
{
	int log;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failing test leaves no server behind */
	ck_assert_int_eq(chdir(server->dir), 0);
	log = open("log", O_WRONLY | O_CREAT, 0600);
	dup2(log, 1);
	dup2(log, 2);
	execlp("valkey-server", "valkey-server", "valkey.conf", "--port", "0", "--unixsocket",
		server->socket, (char *)NULL);
	_exit(127);
}

static void server_start(struct server *server)
{
	redisReply *reply;

	server->pid = fork();
	ck_assert_int_ge(server->pid, 0);
	if (server->pid == 0)
		exec_server(server);
	for (int tries = 0; tries < 500; tries++) {
		server->redis = redisConnectUnix(server->socket);
		if (server->redis->err == 0)
			break;
		redisFree(server->redis);
		server->redis = NULL;
		if (waitpid(server->pid, NULL, WNOHANG) != 0)
			break;
		poll(NULL, 0, 10);
	}
	if (server->redis == NULL) {
		struct vk_buf log;
		char path[64];

		vk_buf_init(&log, 100000);
		snprintf(path, sizeof(path), "%s/log", server->dir);
		(void)!vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &log, NULL);
		ck_abort_msg("valkey-server refuses the files: %s", log.data);
	}
	reply = redisCommand(server->redis, "AUTH vkcfg-agent " PASSWORD);
	ck_assert_int_ne(reply->type, REDIS_REPLY_NIL);
	freeReplyObject(reply);
}

static void server_stop(struct server *server)
{
	struct vk_err err = VK_ERR_INIT;

	redisFree(server->redis);
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	assert_ok(vk_file_remove_tree(AT_FDCWD, server->dir, &err), err);
}

/* The value, or NULL where CONFIG GET knows no such name. */
static char *config_get(const struct server *server, const char *name)
{
	redisReply *reply = redisCommand(server->redis, "CONFIG GET %s", name);
	char *out = NULL;

	ck_assert_ptr_nonnull(reply);
	ck_assert_msg(reply->type == REDIS_REPLY_ARRAY, "%s: %s", name, reply->str);
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		if (strcmp(reply->element[i]->str, name) == 0)
			out = strdup(reply->element[i + 1]->str);
	}
	freeReplyObject(reply);
	return out;
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

static struct vk_bundle *render_bundle(const char *prod)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml", prod);
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

static void server_start_with(struct server *server, const struct vk_bundle *bundle)
{
	static const char *const names[] = {"valkey.conf", "users.acl"};

	server_make_dir(server);
	for (size_t i = 0; i < 2; i++) {
		char *text = fill(server, vk_bundle_find(bundle, names[i])->text);

		write_file(server, names[i], text);
		free(text);
	}
	write_file(server, "runtime.conf", "");
	server_start(server);
}

static void compare_values(const struct server *server, const struct vk_bundle *bundle)
{
	char *text = fill(server, vk_bundle_find(bundle, "valkey.conf")->text);
	struct cfg_conf_values *values;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf *conf;

	assert_ok(cfg_conf_parse("valkey.conf", text, strlen(text), &conf, &err), err);
	assert_ok(cfg_conf_effective(conf, "8.0", &values, &err), err);
	for (size_t i = 0; i < cfg_conf_values_count(values); i++) {
		const struct cfg_conf_value *value = cfg_conf_values_at(values, i);
		const struct cfg_directive *d = cfg_directive_find(value->name, "8.0");
		char *actual;

		/* Those of the command line are the test's. */
		if ((d->flags & CFG_FILE_ONLY) != 0 || strcmp(d->name, "port") == 0 ||
			strcmp(d->name, "unixsocket") == 0)
			continue;
		actual = config_get(server, d->name);
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
	struct vk_bundle *bundle = render_bundle(hostile_config);
	struct server server;
	char *actual;

	server_start_with(&server, bundle);
	compare_values(&server, bundle);
	actual = config_get(&server, "availability-zone");
	ck_assert_str_eq(actual, "a \"b\" \\x41 \\n #c");
	free(actual);
	server_stop(&server);
	vk_bundle_free(bundle);
}
END_TEST

START_TEST(lists_every_rendered_user_in_our_words)
{
	struct vk_bundle *bundle = render_bundle(hostile_config);
	struct vk_err err = VK_ERR_INIT;
	struct server server;
	struct vk_buf listed;
	redisReply *reply;
	char *text;

	server_start_with(&server, bundle);
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

START_TEST(starts_with_the_baseline_alone)
{
	struct vk_bundle *bundle = render_bundle("{}\n");
	struct server server;

	server_start_with(&server, bundle);
	compare_values(&server, bundle);
	server_stop(&server);
	vk_bundle_free(bundle);
}
END_TEST

START_TEST(has_the_directives_and_defaults_of_the_schema)
{
	struct server server;

	server_make_dir(&server);
	write_file(&server, "valkey.conf", "");
	server_start(&server);
	for (size_t i = 0; i < cfg_directive_count("8.0"); i++) {
		const struct cfg_directive *d = cfg_directive_at("8.0", i);
		char *actual;

		if ((d->flags & CFG_FILE_ONLY) != 0)
			continue;
		actual = config_get(&server, d->name);
		ck_assert_msg(actual != NULL, "%s is unknown", d->name);
		if (d->fallback != NULL && strcmp(d->name, "port") != 0 &&
			strcmp(d->name, "unixsocket") != 0)
			ck_assert_msg(strcmp(actual, d->fallback) == 0, "%s: '%s' is '%s'", d->name,
				d->fallback, actual);
		free(actual);
	}
	server_stop(&server);
}
END_TEST

/* Each name that CONFIG GET lists must be in the schema, as a name or as an alias. */
START_TEST(has_no_directive_that_the_schema_lacks)
{
	struct server server;
	redisReply *reply;

	server_make_dir(&server);
	write_file(&server, "valkey.conf", "");
	server_start(&server);
	reply = redisCommand(server.redis, "CONFIG GET *");
	for (size_t i = 0; i + 1 < reply->elements; i += 2)
		ck_assert_msg(cfg_directive_find(reply->element[i]->str, "8.0") != NULL, "%s",
			reply->element[i]->str);
	freeReplyObject(reply);
	server_stop(&server);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("valkey");
	TCase *tc = tcase_create("core");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, reads_back_every_rendered_value);
	tcase_add_test(tc, lists_every_rendered_user_in_our_words);
	tcase_add_test(tc, starts_with_the_baseline_alone);
	tcase_add_test(tc, has_the_directives_and_defaults_of_the_schema);
	tcase_add_test(tc, has_no_directive_that_the_schema_lacks);
	suite_add_tcase(suite, tc);
	return suite;
}

/* True if `valkey-server --version` says 8.0. */
static int has_server(void)
{
	char text[256] = "";
	int fds[2];
	pid_t pid;

	if (pipe(fds) != 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		execlp("valkey-server", "valkey-server", "--version", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	(void)!read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return strstr(text, "v=8.0.") != NULL;
}

int main(void)
{
	SRunner *runner;
	int failed;

	if (!has_server()) {
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
