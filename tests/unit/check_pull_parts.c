/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of vkcfg-pull that need no Valkey: bytes in, values out. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/complaint.h"
#include "client/pull/difference.h"
#include "client/pull/fill.h"
#include "client/pull/journal.h"
#include "client/pull/pull_settings.h"
#include "client/pull/watch.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/valkey/address.h"
#include "common/valkey/reply.h"
#include "common/valkey/users.h"
#include "common/valkey/values.h"
#include "tests/unit/unit.h"

/* Feeds text in pieces of step bytes; the reply or NULL. */
static struct reply *feed(const char *text, size_t step, enum vk_rc *rc)
{
	struct reply_parser *parser = reply_parser_new();
	struct vk_err err = VK_ERR_INIT;
	struct reply *reply = NULL;
	size_t len = strlen(text);

	*rc = VK_OK;
	for (size_t at = 0; at < len && *rc == VK_OK && reply == NULL; at += step)
		*rc = reply_parser_feed(
			parser, text + at, len - at < step ? len - at : step, &reply, &err);
	reply_parser_free(parser);
	return reply;
}

START_TEST(reply_refuses_what_is_no_resp2_or_too_large)
{
	static const struct {
		const char *text;
		enum vk_rc rc;
	} cases[] = {
		{"hello\r\n", VK_EUNAVAIL},
		{"%1\r\n+a\r\n+b\r\n", VK_EUNAVAIL},
		{"*2147483647\r\n", VK_ELIMIT},
		{"*65537\r\n", VK_ELIMIT},
		{"*2\r\n*65535\r\n", VK_ELIMIT},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", VK_EUNAVAIL},
		{"$-5\r\n", VK_EUNAVAIL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t step = 1; step < 20; step += 6) {
			enum vk_rc rc;
			struct reply *reply = feed(cases[i].text, step, &rc);

			ck_assert_ptr_null(reply);
			ck_assert_msg(rc == cases[i].rc, "case %zu: %s", i, vk_rc_name(rc));
		}
	}
}
END_TEST

START_TEST(reply_refuses_an_endless_string)
{
	struct reply_parser *parser = reply_parser_new();
	struct vk_err err = VK_ERR_INIT;
	struct reply *reply = NULL;
	char block[65536];
	enum vk_rc rc = reply_parser_feed(parser, "$2000000000\r\n", 13, &reply, &err);

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 1000 && rc == VK_OK; i++)
		rc = reply_parser_feed(parser, block, sizeof(block), &reply, &err);
	ck_assert_int_eq(rc, VK_ELIMIT);
	reply_parser_free(parser);
}
END_TEST

START_TEST(reply_is_the_same_in_pieces_of_any_size)
{
	static const char text[] = "*4\r\n$3\r\na\0b\r\n:-7\r\n*2\r\n+OK\r\n$-1\r\n-ERR no\r\n";
	size_t len = sizeof(text) - 1;

	for (size_t step = 1; step <= len; step++) {
		struct reply_parser *parser = reply_parser_new();
		struct vk_err err = VK_ERR_INIT;
		struct reply *reply = NULL;

		for (size_t at = 0; at < len; at += step)
			assert_ok(reply_parser_feed(parser, text + at,
					  len - at < step ? len - at : step, &reply, &err),
				err);
		ck_assert_ptr_nonnull(reply);
		ck_assert_uint_eq(reply->count, 4);
		ck_assert_uint_eq(reply->items[0]->len, 3);
		ck_assert_int_eq(reply->items[1]->number, -7);
		ck_assert(reply_is_status(reply->items[2]->items[0], "OK"));
		ck_assert_int_eq(reply->items[2]->items[1]->kind, REPLY_NIL);
		ck_assert(reply_is_error(reply->items[3], "ERR"));
		ck_assert(!reply_is_error(reply->items[3], "ER"));
		reply_free(reply);
		reply_parser_free(parser);
	}
}
END_TEST

START_TEST(addresses_are_one_of_three_forms)
{
	static const char *const bad[] = {"", "unix:", "unix:relative", "tcp:host", "tcp::1",
		"tcp:host:0", "tcp:host:65536", "tcp:host:x", "tls:[]:1", "redis://host",
		"tcp:[::1:6379",
		("unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
		 "0123456789012345678901234567890123456789")};
	struct vk_err err = VK_ERR_INIT;
	struct address address;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(address_parse(bad[i], &address, &err), VK_EINPUT);
	assert_ok(address_parse("unix:/run/v.sock", &address, &err), err);
	ck_assert_str_eq(address.path, "/run/v.sock");
	assert_ok(address_parse("tls:[::1]:6379", &address, &err), err);
	ck_assert_int_eq(address.kind, ADDRESS_TLS);
	ck_assert_str_eq(address.host, "::1");
	ck_assert_str_eq(address.port, "6379");
}
END_TEST

static char *complain(const char *output)
{
	struct vk_buf out;
	char *detached;

	vk_buf_init(&out, COMPLAINT_MAX_BYTES);
	complaint_extract(output, strlen(output), "8.0", &out);
	detached = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return detached;
}

START_TEST(a_complaint_holds_no_secret)
{
	static const struct {
		const char *output;
		const char *complaint;
	} cases[] = {
		{"", "valkey-server ended without a reason"},
		{"\n*** FATAL CONFIG FILE ERROR (Version 8.0.1) ***\n"
		 "Reading the configuration file, at line 3\n>>> 'maxmemory 1tb'\n"
		 "argument must be a memory value\n",
			"line 3: 'maxmemory 1tb': argument must be a memory value"},
		{"*** FATAL CONFIG FILE ERROR ***\nReading the configuration file, at line 1\n"
		 ">>> 'requirepass \"hunter2\"'\nwrong number of arguments\n",
			"line 1: 'requirepass ...': wrong number of arguments"},
		{"*** FATAL CONFIG FILE ERROR ***\n>>> 'no-such-thing hunter2'\nBad directive\n",
			"'no-such-thing ...': Bad directive"},
		{"1:M 23 Nov 2026 01:50:40.000 * ok\n"
		 "1:M 23 Nov 2026 01:50:40.000 # Aborting: #"
		 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is bad\x1b[2J\n",
			"Aborting: #(hash) is bad [2J"},
		{"1:M x # one\n1:M x # two\n1:M x # three\n1:M x # four\n", "two; three; four"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *complaint = complain(cases[i].output);

		ck_assert_str_eq(complaint, cases[i].complaint);
		free(complaint);
	}
}
END_TEST

START_TEST(a_complaint_is_bounded)
{
	char *output = xmalloc(COMPLAINT_OUTPUT_MAX_BYTES);
	char *complaint;

	memset(output, 'a', COMPLAINT_OUTPUT_MAX_BYTES - 1);
	memcpy(output, "1:M # ", 6);
	output[COMPLAINT_OUTPUT_MAX_BYTES - 1] = '\0';
	complaint = complain(output);
	ck_assert_uint_le(strlen(complaint), COMPLAINT_MAX_BYTES);
	free(complaint);
	free(output);
}
END_TEST

START_TEST(secrets_are_kept_as_keyed_digests_only)
{
	char plain[VK_SHA256_HEX_BYTES];
	struct values values;
	struct values other;

	values_init(&values);
	values_init(&other);
	values_add_masked(&values, "key", "8.0", "requirepass", "hunter2");
	values_add_masked(&values, "key", "8.0", "primaryauth", "hunter2");
	values_add_masked(&values, "key", "8.0", "tls-key-file-pass", "");
	values_add_masked(&values, "key", "8.0", "maxmemory", "1");
	values_add_masked(&values, "key", "8.0", "new-secret-of-9-9", "hunter2");
	values_add_masked(&other, "another key", "8.0", "requirepass", "hunter2");
	values_sort(&values);
	vk_sha256_hex("hunter2", 7, plain);
	ck_assert(strncmp(values_get(&values, "requirepass"), "hmac:", 5) == 0);
	ck_assert(strncmp(values_get(&values, "new-secret-of-9-9"), "hmac:", 5) == 0);
	ck_assert_ptr_null(strstr(values_get(&values, "requirepass"), plain));
	/* Neither what two directives share can be seen, nor what two hosts do. */
	ck_assert_str_ne(values_get(&values, "requirepass"), values_get(&values, "primaryauth"));
	ck_assert_str_ne(values_get(&values, "requirepass"), values_get(&other, "requirepass"));
	ck_assert_str_eq(values_get(&values, "tls-key-file-pass"), "");
	ck_assert_str_eq(values_get(&values, "maxmemory"), "1");
	ck_assert_ptr_null(values_get(&values, "max"));
	values_put(&values, "maxmemory", "2");
	ck_assert_str_eq(values_get(&values, "maxmemory"), "2");
	values_drop(&values, "maxmemory");
	ck_assert_ptr_null(values_get(&values, "maxmemory"));
	values_release(&other);
	values_release(&values);
}
END_TEST

START_TEST(users_are_split_at_blanks_but_not_in_selectors)
{
	static const char rules[] =
		"on #hash ~a resetchannels -@all +get (~sel* -@all +get) (+set) db=0,1";
	struct vk_err err = VK_ERR_INIT;
	char **tokens;
	size_t count;

	assert_ok(users_split_rules(rules, &tokens, &count, &err), err);
	ck_assert_uint_eq(count, 9);
	ck_assert_str_eq(tokens[6], "(~sel* -@all +get)");
	ck_assert_str_eq(tokens[7], "(+set)");
	ck_assert_str_eq(tokens[8], "db=0,1");
	users_free_tokens(tokens);
	assert_ok(users_split_rules("(never ends", &tokens, &count, &err), err);
	ck_assert_uint_eq(count, 1);
	users_free_tokens(tokens);
}
END_TEST

START_TEST(lines_that_are_no_users_are_refused)
{
	static const char *const bad[] = {
		"", "user", "user ", "user  x", "User a on", "x user a on"};
	struct vk_err err = VK_ERR_INIT;
	struct users users;

	users_init(&users);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(users_add_line(&users, bad[i], &err), VK_EUNAVAIL);
	assert_ok(users_add_line(&users, "user b on nopass", &err), err);
	assert_ok(users_add_line(&users, "user a off", &err), err);
	users_sort(&users);
	ck_assert_str_eq(users_find(&users, "b")->rules, "on nopass");
	ck_assert_ptr_null(users_find(&users, "c"));
	users_release(&users);
}
END_TEST

static void add_pair(struct expected *expected, struct live *live, const char *name,
	const char *want, const char *actual)
{
	values_add(&expected->values, name, want);
	if (actual != NULL)
		values_add(&live->values, name, actual);
}

START_TEST(a_difference_knows_live_restart_and_what_is_nobodys)
{
	const struct difference_rules rules = {.schema = "8.0"};
	struct difference difference;
	struct expected expected;
	struct live live;

	expected_init(&expected);
	live_init(&live);
	difference_init(&difference);
	add_pair(&expected, &live, "maxmemory", "1073741824", "1048576");
	add_pair(&expected, &live, "hz", "10", "10");
	add_pair(&expected, &live, "databases", "16", "4");
	add_pair(&expected, &live, "requirepass", "", "hmac:00");
	add_pair(&expected, &live, "gone-in-this-server", "1", NULL);
	values_sort(&expected.values);
	values_sort(&live.values);
	users_add(&expected.users, "default", "off");
	users_add(&live.users, "default", "on nopass ~* &* +@all");
	users_add(&live.users, "vault", "on");
	difference_make(&difference, &expected, &live, &rules);
	ck_assert_uint_eq(difference.count, 4);
	ck_assert_uint_eq(difference_count(&difference, CURE_LIVE), 2);
	ck_assert_uint_eq(difference_count(&difference, CURE_RESTART), 1);
	ck_assert_uint_eq(difference_count(&difference, CURE_NONE), 1);
	difference_needs_restart(&difference, "maxmemory");
	ck_assert_uint_eq(difference_count(&difference, CURE_RESTART), 2);
	difference_release(&difference);
	live_release(&live);
	expected_release(&expected);
}
END_TEST

/* Of what differs, the cure of one. */
static enum difference_cure cure_in(const struct difference *difference, const char *name)
{
	for (size_t i = 0; i < difference->count; i++) {
		if (strcmp(difference->items[i].name, name) == 0)
			return difference->items[i].cure;
	}
	ck_abort_msg("%s does not differ", name);
}

START_TEST(places_of_a_server_that_was_started_otherwise_wait_for_its_restart)
{
	const struct difference_rules rules = {.schema = "8.0"};
	struct difference difference;
	struct expected expected;
	struct live live;

	expected_init(&expected);
	live_init(&live);
	difference_init(&difference);
	add_pair(&expected, &live, "aclfile", "/i/current/users.acl", "");
	add_pair(&expected, &live, "logfile", "/d/valkey.log", "/var/log/valkey.log");
	add_pair(&expected, &live, "tls-cert-file", "/i/tls/crt", "/etc/valkey/crt");
	add_pair(&expected, &live, "cluster-config-file", "nodes.conf", "/d/nodes.conf");
	add_pair(&expected, &live, "dbfilename", "dump.rdb", "other.rdb");
	add_pair(&expected, &live, "dir", "/d", "/e");
	add_pair(&expected, &live, "maxmemory", "1", "2");
	values_sort(&expected.values);
	values_sort(&live.values);
	difference_make(&difference, &expected, &live, &rules);
	ck_assert(difference.is_foreign);
	ck_assert_uint_eq(difference_count(&difference, CURE_MOVE), 4);
	ck_assert_int_eq(cure_in(&difference, "aclfile"), CURE_MOVE);
	ck_assert_int_eq(cure_in(&difference, "cluster-config-file"), CURE_MOVE);
	ck_assert_int_ne(cure_in(&difference, "dbfilename"), CURE_MOVE);
	ck_assert_int_ne(cure_in(&difference, "dir"), CURE_MOVE);
	ck_assert_int_eq(cure_in(&difference, "maxmemory"), CURE_LIVE);
	difference_release(&difference);
	/* One that runs from a generation is to have its files where the generation says. */
	values_put(&live.values, "aclfile", "/i/current/users.acl");
	difference_make(&difference, &expected, &live, &rules);
	ck_assert(!difference.is_foreign);
	ck_assert_uint_eq(difference_count(&difference, CURE_MOVE), 0);
	ck_assert_int_eq(cure_in(&difference, "tls-cert-file"), CURE_LIVE);
	difference_release(&difference);
	live_release(&live);
	expected_release(&expected);
}
END_TEST

START_TEST(unmanaged_users_go_only_where_they_should)
{
	static const char *const kept[] = {"app-?", "v-token-*"};
	struct vk_bundle bundle = {.unmanaged_users = VK_UNMANAGED_REMOVE};
	struct difference_rules rules = {.schema = "8.0", .bundle = &bundle};
	struct difference difference;
	struct expected expected;
	struct users formerly;
	struct live live;

	expected_init(&expected);
	live_init(&live);
	users_init(&formerly);
	difference_init(&difference);
	users_add(&live.users, "app", "on");
	users_add(&live.users, "vault", "on");
	difference_make(&difference, &expected, &live, &rules);
	ck_assert_uint_eq(difference.count, 2);
	difference_release(&difference);
	bundle.kept = kept;
	bundle.kept_count = 2;
	users_add(&live.users, "app-1", "on");
	users_add(&live.users, "v-token-42", "on");
	users_sort(&live.users);
	difference_make(&difference, &expected, &live, &rules);
	ck_assert_uint_eq(difference.count, 2);
	ck_assert_str_eq(difference.items[0].name, "app");
	ck_assert_str_eq(difference.items[1].name, "vault");
	difference_release(&difference);
	bundle = (struct vk_bundle){.unmanaged_users = VK_UNMANAGED_KEEP};
	users_add(&formerly, "app", "on");
	rules.formerly = &formerly;
	difference_make(&difference, &expected, &live, &rules);
	ck_assert_uint_eq(difference.count, 1);
	ck_assert_str_eq(difference.items[0].name, "app");
	difference_release(&difference);
	users_release(&formerly);
	live_release(&live);
	expected_release(&expected);
}
END_TEST

START_TEST(a_lowered_maxclients_is_right)
{
	const struct difference_rules rules = {.schema = "8.0"};
	static const struct {
		const char *actual;
		size_t differences;
	} cases[] = {{"4064", 0}, {"9000", 0}, {"10000", 0}, {"10001", 1}, {"4063", 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct difference difference;
		struct expected expected;
		struct live live;

		expected_init(&expected);
		live_init(&live);
		difference_init(&difference);
		expected.maxclients_asked = 10000;
		add_pair(&expected, &live, "maxclients", "4064", cases[i].actual);
		difference_make(&difference, &expected, &live, &rules);
		ck_assert_uint_eq(difference.count, cases[i].differences);
		difference_release(&difference);
		live_release(&live);
		expected_release(&expected);
	}
}
END_TEST

static char *fill(const char *path, const char *text, enum vk_rc *rc)
{
	const struct instance instance = {
		.directory = "/d", .data = "/data", .agent_password = "secret"};
	const struct vk_bundle_file file = {.path = path, .text = text, .mode = 0640};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *detached;

	vk_buf_init(&out, 4096);
	*rc = fill_text(&instance, &file, "/d/current", NULL, &out, &err);
	detached = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return detached;
}

START_TEST(placeholders_are_filled_once_and_only_known_ones)
{
	static const struct {
		const char *path;
		const char *text;
		const char *filled; /* NULL: refused */
	} cases[] = {
		{"valkey.conf", "dir \"@{data}\"\n", "dir \"/data\"\n"},
		{"valkey.conf", "a @{generation}/x @{instance}\n", "a /d/current/x /d\n"},
		{"valkey.conf", "a @{nobody}\n", NULL},
		{"valkey.conf", "a @{data", NULL},
		{"valkey.conf", "a @{agent-password}\n", NULL},
		{"users.acl", "#@{agent-password}",
			"#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"},
		{"notes.txt", "@{nobody} @{data} @{agent-password} @{",
			"@{nobody} /data @{agent-password} @{"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum vk_rc rc;
		char *filled = fill(cases[i].path, cases[i].text, &rc);

		if (cases[i].filled == NULL)
			ck_assert_int_eq(rc, VK_EINPUT);
		else
			ck_assert_str_eq(filled, cases[i].filled);
		free(filled);
	}
}
END_TEST

START_TEST(names_of_generations_are_checked)
{
	static const char *const bad[] = {"", "1-abcdef", "000001-abcde", "000001-abcdeg",
		"000001-abcdef/..", "../../../etc", "000001-abcdef0",
		"0000000000000000000000000000-abcdef"};
	char name[GENERATION_NAME_BYTES];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!generation_name_is_valid(bad[i]), "%s", bad[i]);
	generation_name(42, "1f3a9c00", name);
	ck_assert_str_eq(name, "000042-1f3a9c");
	ck_assert(generation_name_is_valid(name));
	ck_assert_int_eq(generation_release(name), 42);
	generation_name(INT64_MAX, "1f3a9c00", name);
	ck_assert_int_eq(generation_release(name), INT64_MAX);
}
END_TEST

static enum vk_rc load_settings(const char *text, struct vk_err *err)
{
	char path[] = "/tmp/vkcfg-pull-yaml-XXXXXX";
	struct pull_settings *settings = NULL;
	int fd = mkstemp(path);
	enum vk_rc rc;

	ck_assert_int_ge(fd, 0);
	close(fd);
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text, strlen(text), err), *err);
	rc = pull_settings_load(path, &settings, err);
	pull_settings_free(settings);
	unlink(path);
	return rc;
}

#define HEAD "server: https://s:1\ninstances:\n  main:\n    directory: /d\n    data: /x\n"

START_TEST(settings_are_refused_with_their_place)
{
	static const struct {
		const char *text;
		const char *part; /* of the message */
	} cases[] = {
		{"state: /x\n", "server"},
		{"server: https://s:1\nbogus: 1\n", "bogus"},
		{"server: []\n", "server"},
		{"server: [a, b, c, d, e, f, g, h, i]\n", "server"},
		{HEAD "    connect: nowhere\n", ":6:"},
		{HEAD "    connect: tls:h:1\n", "'ca'"},
		{HEAD "    connect: tcp:h:1\n    door: {program: [relative]}\n", "relative"},
		{HEAD "    connect: tcp:h:1\n    door: {program: [/a], file: /b}\n", "not both"},
		{HEAD "    connect: tcp:h:1\n    health: {program: [relative]}\n", "relative"},
		{HEAD "    connect: tcp:h:1\n    health: {user: app}\n", "belong together"},
		{HEAD "    connect: tcp:h:1\n    health: {password-file: /p}\n",
			"belong together"},
		{HEAD "    connect: tcp:h:1\n    health: {program: [/a], timeout: 601}\n", "timeout"},
		{HEAD "    connect: tcp:h:1\n  other:\n    directory: /d\n    data: /y\n    "
		      "connect: tcp:h:2\n",
			"same directory"},
		{"server: https://s:1\ninstances:\n  main:\n    directory: \"/a\\\"b\"\n    data: "
		 "/x\n"
		 "    connect: tcp:h:1\n",
			"quotes"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vk_err err = VK_ERR_INIT;

		assert_fails(load_settings(cases[i].text, &err), VK_EINPUT);
		ck_assert_msg(strstr(err.msg, cases[i].part) != NULL, "%s", err.msg);
	}
}
END_TEST

START_TEST(every_setting_is_in_the_man_page)
{
	char *path = xasprintf("%s/docs/man/pull.yaml.5", getenv("abs_top_srcdir"));
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf page;

	vk_buf_init(&page, 1024 * 1024);
	assert_ok(vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &page, &err), err);
	for (size_t i = 0; i < pull_setting_row_count; i++) {
		const char *name = pull_setting_rows[i].name;
		const char *any = strstr(name, "<name>/");
		char *macro = xasprintf("Cm %s :", any != NULL ? any + strlen("<name>/") : name);

		ck_assert_msg(strstr(page.data, macro) != NULL, "%s is not described", name);
		free(macro);
	}
	vk_buf_release(&page);
	free(path);
}
END_TEST

START_TEST(pauses_grow_to_a_minute_and_differ)
{
	for (unsigned failures = 1; failures < 100; failures++) {
		int pause_ms = watch_pause_ms(failures, 0);

		ck_assert_int_ge(pause_ms, 1000);
		ck_assert_int_le(pause_ms, 60000);
	}
	ck_assert_int_ge(watch_pause_ms(50, 0), 30000);
	ck_assert_int_eq(watch_pause_ms(0, 0), 0);
}
END_TEST

START_TEST(the_watch_wakes_when_a_window_opens)
{
	ck_assert_uint_eq(watch_wait_seconds(false, 0, 1000), 55);
	ck_assert_uint_eq(watch_wait_seconds(false, 1030, 1000), 30);
	ck_assert_uint_eq(watch_wait_seconds(false, 1001, 1000), 1);
	ck_assert_uint_eq(watch_wait_seconds(false, 1000, 1000), 55); /* it is open */
	ck_assert_uint_eq(watch_wait_seconds(false, INT64_MAX, 1000), 55);
	ck_assert_uint_lt(watch_wait_seconds(true, 1030, 1000), 5);
}
END_TEST

/* Whether it fails or not: a server that is busy is asked later, and not by all at once. */
START_TEST(a_server_that_asks_for_time_gets_it)
{
	int shortest = INT32_MAX, longest = 0;

	for (int i = 0; i < 200; i++) {
		int pause_ms = watch_pause_ms(i % 2, 120);

		shortest = pause_ms < shortest ? pause_ms : shortest;
		longest = pause_ms > longest ? pause_ms : longest;
	}
	ck_assert_int_ge(shortest, 120 * 1000);
	ck_assert_int_le(longest, 160 * 1000);
	ck_assert_int_ge(longest - shortest, 5 * 1000);
	ck_assert_int_le(watch_pause_ms(3, INT64_MAX), 2 * 3600 * 1000); /* no more than that */
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_parts");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, reply_refuses_what_is_no_resp2_or_too_large);
	tcase_add_test(tc, reply_refuses_an_endless_string);
	tcase_add_test(tc, reply_is_the_same_in_pieces_of_any_size);
	tcase_add_test(tc, addresses_are_one_of_three_forms);
	tcase_add_test(tc, a_complaint_holds_no_secret);
	tcase_add_test(tc, a_complaint_is_bounded);
	tcase_add_test(tc, secrets_are_kept_as_keyed_digests_only);
	tcase_add_test(tc, users_are_split_at_blanks_but_not_in_selectors);
	tcase_add_test(tc, lines_that_are_no_users_are_refused);
	tcase_add_test(tc, a_difference_knows_live_restart_and_what_is_nobodys);
	tcase_add_test(tc, places_of_a_server_that_was_started_otherwise_wait_for_its_restart);
	tcase_add_test(tc, unmanaged_users_go_only_where_they_should);
	tcase_add_test(tc, a_lowered_maxclients_is_right);
	tcase_add_test(tc, placeholders_are_filled_once_and_only_known_ones);
	tcase_add_test(tc, names_of_generations_are_checked);
	tcase_add_test(tc, settings_are_refused_with_their_place);
	tcase_add_test(tc, every_setting_is_in_the_man_page);
	tcase_add_test(tc, pauses_grow_to_a_minute_and_differ);
	tcase_add_test(tc, the_watch_wakes_when_a_window_opens);
	tcase_add_test(tc, a_server_that_asks_for_time_gets_it);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
