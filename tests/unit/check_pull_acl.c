/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients of a real valkey-server notice while its users change: who stays, and who never gets
 * in. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pull/install.h"
#include "common/mem.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

enum { TIMEOUT_MS = 10000, RELEASES = 20 };

/* Of "test". */
#define HASH "#9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static struct pull_host host;
static int64_t release;

static void set_up(void)
{
	pull_host_make(&host);
}

static void tear_down(void)
{
	pull_host_remove(&host);
}

static void install(const struct pull_bundle *spec, enum outcome_state state, const char *reason)
{
	struct generation_bundle bundle;
	struct outcome outcome;

	pull_host_bundle(spec, &bundle);
	outcome_init(&outcome, "main");
	install_run(&host.instance, host.scratch, ++release, &bundle, &outcome);
	ck_assert_msg(outcome.state == state, "%s instead of %s: %s",
		outcome_state_name(outcome.state), outcome_state_name(state), outcome.failure.msg);
	ck_assert_msg(strstr(outcome.failure.msg, reason) != NULL, "'%s' lacks '%s'",
		outcome.failure.msg, reason);
	outcome_release(&outcome);
	generation_bundle_release(&bundle);
}

static struct valkey *open_connection(void)
{
	struct valkey *valkey = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(valkey_open(&host.instance.address, NULL, TIMEOUT_MS, &valkey, &err), err);
	return valkey;
}

static struct valkey *log_in(const char *user)
{
	struct valkey *valkey = open_connection();
	struct vk_err err = VK_ERR_INIT;

	assert_ok(valkey_auth(valkey, user, "test", &err), err);
	return valkey;
}

#define assert_may(valkey, ...)                                                                    \
	do {                                                                                       \
		struct vk_err failure = VK_ERR_INIT;                                               \
		assert_ok(                                                                         \
			valkey_demand(valkey, VALKEY_ARGV(__VA_ARGS__), NULL, &failure), failure); \
	} while (0)
#define assert_may_not(valkey, ...)                                                                \
	do {                                                                                       \
		struct vk_err failure = VK_ERR_INIT;                                               \
		assert_fails(valkey_demand(valkey, VALKEY_ARGV(__VA_ARGS__), NULL, &failure),      \
			VK_EDENIED);                                                               \
	} while (0)

START_TEST(refuses_users_without_a_default)
{
	install(&(struct pull_bundle){.conf = NULL}, OUTCOME_COMMITTED, "");
	install(&(struct pull_bundle){.users = "#user default is not this line\n"}, OUTCOME_REFUSED,
		"no line for the user default");
}
END_TEST

START_TEST(connections_stay_where_rights_do_not_shrink)
{
	struct valkey *app, *other, *listener, *vault;

	install(&(struct pull_bundle){.users = "user app on " HASH " ~app:* -@all +get +ping\n"
					       "user listener on " HASH " &news -@all +subscribe\n"
					       "user other on " HASH " ~* -@all +get +set\n"},
		OUTCOME_COMMITTED, "");
	pull_host_command(
		&host, VALKEY_ARGV("ACL", "SETUSER", "vault", "on", ">test", "~*", "+get"));
	app = log_in("app");
	other = log_in("other");
	listener = log_in("listener");
	vault = log_in("vault");
	assert_may(listener, "SUBSCRIBE", "news");
	assert_may_not(app, "SET", "app:a", "1");
	install(&(struct pull_bundle){.users = "user app on " HASH
					       " ~app:* ~shop:* -@all +get +ping +set\n"
					       "user listener on " HASH
					       " &news &weather -@all +subscribe\n"
					       "user other on " HASH " ~* -@all +get\n"},
		OUTCOME_COMMITTED, "");
	/* the same connections, with their new rights at once */
	assert_may(app, "SET", "shop:a", "1");
	assert_may(listener, "SUBSCRIBE", "weather");
	assert_may(other, "GET", "a");
	assert_may_not(other, "SET", "a", "1");
	/* whose user nobody released stays too */
	assert_may(vault, "GET", "a");
	valkey_free(app);
	valkey_free(other);
	valkey_free(listener);
	valkey_free(vault);
}
END_TEST

/* What an own attempt to get in has seen. */
struct attempts {
	long long refused;
	long long answered; /* with anything but a refusal */
};

/* Whoever has said no password, over the same connection and over new ones, as fast as it goes. */
static void hammer(struct attempts *attempts)
{
	struct valkey *valkey = NULL;
	struct vk_err err = VK_ERR_INIT;

	for (unsigned i = 0;; i++) {
		struct reply *reply = NULL;

		if (valkey == NULL && valkey_open(&host.instance.address, NULL, TIMEOUT_MS, &valkey,
					      &err) != VK_OK)
			continue;
		if (valkey_command(valkey, VALKEY_ARGV("PING"), &reply, &err) == VK_OK) {
			if (reply_is_error(reply, "NOAUTH"))
				attempts->refused++;
			else
				attempts->answered++;
		}
		if (reply == NULL || i % 4 == 0) {
			valkey_free(valkey);
			valkey = NULL;
		}
		reply_free(reply);
	}
}

static void install_all_kinds(void)
{
	const struct vk_bundle_secret one = pull_host_secret(&host, "one", 1, "first");
	const struct vk_bundle_secret two = pull_host_secret(&host, "two", 1, "second");
	const struct pull_bundle kinds[] = {
		{.users = "user app on " HASH " ~app:* -@all +get\n"},
		{.users = "user default on " HASH " ~* &* +@all\n"},
		{.users = "user app on " HASH " ~app:* -@all +get +set\n",
			.secrets_conf = "requirepass \"@{secret:one@1}\"\n",
			.secrets = &one,
			.secret_count = 1},
		{.users = "user default on " HASH " ~* &* +@all\nuser b on " HASH " +ping\n",
			.secrets_conf = "requirepass \"@{secret:two@1}\"\n",
			.secrets = &two,
			.secret_count = 1},
		{.users = "user default on " HASH " ~a* -@all +ping\nuser b on " HASH " +get\n"},
	};

	for (size_t i = 0; i < RELEASES; i++)
		install(&kinds[i % (sizeof(kinds) / sizeof(kinds[0]))], OUTCOME_COMMITTED, "");
}

START_TEST(nobody_gets_in_without_a_password_at_any_moment)
{
	struct attempts *attempts = mmap(
		NULL, sizeof(*attempts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ck_assert(attempts != MAP_FAILED);
	install(&(struct pull_bundle){.conf = NULL}, OUTCOME_COMMITTED, "");
	pid = fork();
	if (pid == 0)
		hammer(attempts);
	install_all_kinds();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(attempts->answered, 0);
	ck_assert_int_gt(attempts->refused, 10LL * RELEASES);
	munmap(attempts, sizeof(*attempts));
}
END_TEST

/* The release takes the agent's own place away: it is let in once, but not a second time. */
START_TEST(refuses_what_leaves_no_place_for_the_agent)
{
	struct valkey *clients[10];
	char *value;

	install(&(struct pull_bundle){.users = "user app on " HASH " -@all +ping\n",
			.conf = "maxclients 100\n"},
		OUTCOME_COMMITTED, "");
	for (size_t i = 0; i < 10; i++)
		clients[i] = log_in("app");
	install(&(struct pull_bundle){.users = "user app on " HASH " -@all +ping\n",
			.conf = "maxclients 11\n"},
		OUTCOME_REFUSED, "the agent would not get in any more");
	value = pull_host_config(&host, "maxclients");
	ck_assert_str_eq(value, "100");
	free(value);
	for (size_t i = 0; i < 10; i++) {
		assert_may(clients[i], "PING");
		valkey_free(clients[i]);
	}
}
END_TEST

/* The agent comes over a port, and the release closes it. Nothing is restarted on the way back:
 * what stands in memory only is still there. */
START_TEST(does_not_lock_itself_out_by_a_port)
{
	unsigned port = pull_host_free_port();
	char *conf = xasprintf("port %u\nbind 127.0.0.1\nsave \"\"\n", port);
	char *moved =
		xasprintf("port %u\nbind 127.0.0.1\nsave \"\"\n", pull_host_free_port_after(port));
	char *address = xasprintf("tcp:127.0.0.1:%u", port);
	struct vk_err err = VK_ERR_INIT;
	char *run_id, *after;
	struct address socket;

	install(&(struct pull_bundle){.conf = conf}, OUTCOME_COMMITTED, "");
	socket = host.instance.address;
	run_id = pull_host_run_id(&host);
	assert_ok(address_parse(address, &host.instance.address, &err), err);
	install(&(struct pull_bundle){.conf = moved}, OUTCOME_REFUSED,
		"the agent would not get in any more");
	install(&(struct pull_bundle){.conf = conf, .extra = "1"}, OUTCOME_COMMITTED, "");
	host.instance.address = socket;
	after = pull_host_run_id(&host);
	ck_assert_str_eq(after, run_id);
	free(after);
	free(run_id);
	free(address);
	free(moved);
	free(conf);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_acl");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	if (pull_host_valkey() != NULL) {
		tcase_add_test(tc, refuses_users_without_a_default);
		tcase_add_test(tc, connections_stay_where_rights_do_not_shrink);
		tcase_add_test(tc, nobody_gets_in_without_a_password_at_any_moment);
		tcase_add_test(tc, does_not_lock_itself_out_by_a_port);
		tcase_add_test(tc, refuses_what_leaves_no_place_for_the_agent);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
