/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/baseline.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "tests/unit/unit.h"

#define DEFAULT_OFF "user default off\n"
#define OUTER "bind 10.0.0.1\n"
#define TLS "tls-port 6380\ntls-cert-file /c\ntls-key-file /k\ntls-ca-cert-file /a\n"

/* Nothing is wrong with this one. */
static const char good_conf[] = "port 6379\nbind 127.0.0.1\nmaxmemory 1gb\nacllog-max-len 128\n"
				"client-output-buffer-limit normal 256mb 64mb 60\n"
				"sanitize-dump-payload clients\n"
				"aclfile /etc/valkey/users.acl\ndir /var/lib/valkey\n";
static const char good_acl[] = DEFAULT_OFF
	"user app on #0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ~app:* "
	"resetchannels -@all +@read +@write -@dangerous -@scripting\n";

/* What breaks each rule, added to the good one. acl NULL: no ACL file; "": the good one. */
static const struct {
	const char *rule;
	const char *conf;
	const char *acl;
	const char *detail; /* part of what is said, or NULL */
} cases[] = {
	{"auth-acl-not-requirepass", "requirepass x\n", "", NULL},
	{"auth-acllog", "acllog-max-len 127\n", "", "acllog-max-len is '127'"},
	{"auth-app-no-script", "", DEFAULT_OFF "user a on -@all +@scripting\n", "user a"},
	{"auth-app-no-script", "", DEFAULT_OFF "user a on -@all (+eval ~x)\n", NULL},
	{"auth-default-defined", "requirepass x\n", "user a off\n", NULL},
	{"auth-default-user", "", "user default on nopass +get\n", NULL},
	{"auth-default-user", "", NULL, NULL},
	{"auth-firstarg-rules", "", DEFAULT_OFF "user a on -@all +select|0\n", "+select|0"},
	{"auth-key-scope", "", DEFAULT_OFF "user a on ~* +get\n", "~*"},
	{"auth-key-scope", "", DEFAULT_OFF "user a on &* +get\n", "&*"},
	{"auth-least-admin", "", DEFAULT_OFF "user a on +@all\n", "user a: +@admin"},
	{"auth-least-admin", "", DEFAULT_OFF "user a on +@all -@admin\n", "+@dangerous"},
	{"auth-app-no-dangerous", "", DEFAULT_OFF "user a on -@all +config|set\n", "+config|set"},
	{"auth-app-no-dangerous", "", DEFAULT_OFF "user a on -@all +keys\n", "user a: +keys"},
	{"auth-repl-user", "primaryauth geheimnis\n", "", "primaryuser is not"},
	{"auth-repl-user", "primaryauth geheimnis\nprimaryuser r\n",
		DEFAULT_OFF "user r on +psync +ping +get\n", "user r: +get"},
	{"auth-replica-login", "replicaof 10.0.0.2 6379\n", "", "primaryauth is not set"},
	{"auth-selectors-review", "", DEFAULT_OFF "user a on -@all (+get ~x)\n", "user a"},
	{"auth-mixed-users", "user a off\n", "", NULL},
	{"auth-no-cleartext", "", DEFAULT_OFF "user a on >geheimnis +get\n", NULL},
	{"auth-no-cleartext", "user a on >geheimnis +get\n", NULL, NULL},
	{"auth-nopass-users", "", DEFAULT_OFF "user a on nopass +get\n", "user a"},
	{"auth-pubsub-default", "acl-pubsub-default allchannels\n", "", NULL},
	{"auth-shared-hash", "", DEFAULT_OFF "user a on >x\nuser b on >x\n", "users a and b"},
	{"auth-weak-hash", "", DEFAULT_OFF "user a on >foobared +get\n", "user a"},
	{"auth-weak-hash", "", DEFAULT_OFF "user shop on >shop123 +get\n", "user shop"},
	{"auth-weak-hash", "user a on > +get\n", NULL, "user a"},
	{"cmd-debug", "enable-debug-command local\n", "", NULL},
	{"cmd-include-safe", "include conf.d/*.conf\n", "", NULL},
	{"cmd-include-safe", "include /etc/valkey/*.conf\n", "", NULL},
	{"cmd-lua-insecure", "lua-enable-insecure-api yes\n", "", NULL},
	{"cmd-module", "enable-module-command yes\n", "", NULL},
	{"cmd-modules-listed", "loadmodule json.so\n", "", NULL},
	{"cmd-protected-configs", "enable-protected-configs yes\n", "", NULL},
	{"cmd-rename-reliance", "rename-command KEYS \"\"\n", "", "KEYS"},
	{"data-aof-rewrite", "appendonly yes\nno-appendfsync-on-rewrite yes\n", "", NULL},
	{"data-eviction-policy", "appendonly yes\nmaxmemory-policy allkeys-lru\n", "", NULL},
	{"log-destination", "daemonize yes\n", "", NULL},
	{"net-bus-exposure", "bind *\ncluster-enabled yes\n", "", "bind is '*'"},
	{"net-default-port", OUTER, "", "port is 6379"},
	{"net-maxclients", "maxclients 100001\n", "", NULL},
	{"net-unixsocket-group", "unixsocket /run/v.sock\nunixsocketperm 770\n", "", NULL},
	{"tls-ciphers", TLS "tls-ciphersuites TLS_SHA256_SHA256\n", "", "does not encrypt"},
	{"cmd-sentinel-auth", "sentinel monitor a 10.0.0.1 6379 2\n", NULL, "no password"},
	{"cmd-sentinel-auth", "sentinel monitor a 10.0.0.1 6379 2\n", "", "a has no auth-pass"},
	{"cmd-sentinel-auth", "sentinel monitor a b 1 2\nsentinel auth-pass a geheimnis\n", "",
		"a has no auth-user"},
	{"cmd-sentinel-auth", "sentinel monitor a b 1 2\n", "", "sentinel-pass is not set"},
	{"net-protected-mode", "sentinel monitor a b 1 2\n", "", "protected-mode is 'no'"},
	{"ops-secret-scope", "sentinel auth-pass a geheimnis\n", "", "auth-pass stands"},
	{"tls-replication", "sentinel monitor a b 1 2\n" TLS, "", "Sentinels"},
	{"cmd-sentinel-scripts", "sentinel deny-scripts-reconfig no\n", "", NULL},
	{"cmd-sentinel-scripts", "sentinel notification-script a /x\n", "", "of a"},
	{"data-aof-fsync", "appendfsync no\n", "", NULL},
	{"data-bulk-limit", "proto-max-bulk-len 1gb\n", "", NULL},
	{"data-checksum", "rdbchecksum no\n", "", NULL},
	{"data-dir", "dir /tmp\n", "", NULL},
	{"data-dir", "dir ./\n", "", NULL},
	{"data-maxmemory", "maxmemory 0\n", "", NULL},
	{"data-persistence", "save \"\"\nappendonly no\n", "", NULL},
	{"data-query-limit", "client-query-buffer-limit 2gb\n", "", NULL},
	{"data-replica-read-only", "slave-read-only no\n", "", NULL},
	{"data-restore-sanitise", "sanitize-dump-payload no\n", "", NULL},
	{"data-stop-writes", "stop-writes-on-bgsave-error no\n", "", NULL},
	{"log-hide-user-data", "hide-user-data-from-log no\n", "", NULL},
	{"log-level", "loglevel debug\n", "", NULL},
	{"net-bind-explicit", "bind * -::*\n", "", "bind is '* -::*'"},
	{"net-exposed-open", OUTER "protected-mode no\n", NULL, NULL},
	{"net-keepalive", "tcp-keepalive 0\n", "", NULL},
	{"net-output-limits", "client-output-buffer-limit normal 0 0 0\n", "", NULL},
	{"net-plaintext-port", OUTER TLS, "", "port is 6379 beside tls-port 6380"},
	{"net-protected-mode", "protected-mode no\n", "", NULL},
	{"net-unixsocket-perm", "unixsocket /run/v.sock\n", "", "umask"},
	{"net-unixsocket-perm", "unixsocket /run/v.sock\nunixsocketperm 777\n", "", "777"},
	{"ops-deprecated", "slave-read-only yes\n", "", "called replica-read-only"},
	{"ops-deprecated", "lua-replicate-commands yes\n", "", "ignored"},
	{"ops-secret-scope", "primaryauth geheimnis\n", "", "primaryauth stands in clear text"},
	{"tls-certificate", "tls-port 6380\n", "", "tls-cert-file is not set"},
	{"tls-ciphers", TLS "tls-ciphers HIGH:RC4\n", "", "RC4"},
	{"tls-client-auth", TLS "tls-auth-clients optional\n", "", NULL},
	{"tls-cluster", OUTER "cluster-enabled yes\n", "", NULL},
	{"tls-enabled", OUTER, "", NULL},
	{"tls-protocols", TLS "tls-protocols \"TLSv1.1 TLSv1.2\"\n", "", NULL},
	{"tls-replication", OUTER TLS "replicaof 10.0.0.2 6379\n", "", NULL},
	{"tls-user-map", TLS "tls-auth-clients no\ntls-auth-clients-user CN\n", "", NULL},
};

enum { CASE_COUNT = sizeof(cases) / sizeof(cases[0]), TEXT_BYTES = 4096 };

static struct cfg_violations *check(const char *conf, const char *acl, const char *version)
{
	const struct cfg_subject subject = {.version = version,
		.conf = conf,
		.conf_len = strlen(conf),
		.acl = acl,
		.acl_len = acl != NULL ? strlen(acl) : 0};
	struct cfg_violations *out = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_baseline_check(&subject, &out, &err), err);
	return out;
}

static const struct cfg_violation *find(
	const struct cfg_violations *all, const char *rule, const char *detail)
{
	for (size_t i = 0; i < cfg_violations_count(all); i++) {
		const struct cfg_violation *at = cfg_violations_at(all, i);

		if (strcmp(at->rule->id, rule) == 0 &&
			(detail == NULL || strstr(at->detail, detail) != NULL))
			return at;
	}
	return NULL;
}

START_TEST(finds_each_thing_that_is_wrong)
{
	char conf[TEXT_BYTES];
	struct cfg_violations *all;

	snprintf(conf, sizeof(conf), "%s%s", good_conf, cases[_i].conf);
	all = check(conf,
		cases[_i].acl == NULL || cases[_i].acl[0] != '\0' ? cases[_i].acl : good_acl,
		"9.0");
	ck_assert_msg(find(all, cases[_i].rule, cases[_i].detail) != NULL, "%s is not found in: %s",
		cases[_i].rule, cases[_i].conf);
	/* Whatever is found, no password is told. */
	for (size_t i = 0; i < cfg_violations_count(all); i++)
		ck_assert_ptr_null(strstr(cfg_violations_at(all, i)->detail, "geheimnis"));
	cfg_violations_free(all);
}
END_TEST

START_TEST(every_rule_has_a_case)
{
	/* Of these, files and users show nothing: check_lint.c and 180-lint.sh know them. */
	static const char others[] = " data-host-memory data-min-replicas host-file-perm "
				     "host-not-root ops-version tls-key-pass "
				     "tls-key-perm waiver-expired waiver-long waiver-unused ";

	for (size_t i = 0; i < cfg_rule_count; i++) {
		bool is_covered = strstr(others, cfg_rules[i].id) != NULL;

		for (size_t k = 0; k < CASE_COUNT; k++)
			is_covered = is_covered || strcmp(cases[k].rule, cfg_rules[i].id) == 0;
		ck_assert_msg(is_covered, "%s", cfg_rules[i].id);
	}
}
END_TEST

START_TEST(finds_nothing_in_what_is_good)
{
	struct cfg_violations *all = check(good_conf, good_acl, "9.0");

	if (cfg_violations_count(all) > 0)
		ck_abort_msg("%s: %s", cfg_violations_at(all, 0)->rule->id,
			cfg_violations_at(all, 0)->detail);
	cfg_violations_free(all);
}
END_TEST

START_TEST(what_sentinel_needs_is_no_administration)
{
#define SENTINEL "user sentinel on &__sentinel__:hello -@all +multi +exec +slaveof +replicaof "
	static const struct {
		const char *acl;
		bool is_good;
	} table[] = {
		{DEFAULT_OFF SENTINEL "+config|rewrite +client|kill\n", true},
		{DEFAULT_OFF SENTINEL "+config|set\n", false},
		{DEFAULT_OFF SENTINEL "~*\n", false},
		{DEFAULT_OFF SENTINEL "+get (~x +set)\n", false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cfg_violations *all = check(good_conf, table[i].acl, "8.0");

		ck_assert_msg(
			(find(all, "auth-app-no-dangerous", NULL) == NULL) == table[i].is_good,
			"%s", table[i].acl);
		cfg_violations_free(all);
	}
}
END_TEST

START_TEST(an_empty_file_has_the_dangers_of_the_defaults)
{
	struct cfg_violations *all = check("", NULL, "8.0");

	ck_assert_ptr_nonnull(find(all, "net-bind-explicit", NULL));
	ck_assert_ptr_nonnull(find(all, "auth-default-user", NULL));
	ck_assert_ptr_nonnull(find(all, "data-maxmemory", NULL));
	/* Protected mode stands before it. */
	ck_assert_ptr_null(find(all, "net-exposed-open", NULL));
	ck_assert_int_eq(cfg_violations_at(all, 0)->rule->risk, CFG_RISK_CRITICAL);
	cfg_violations_free(all);
}
END_TEST

START_TEST(concerns_only_versions_that_have_the_directive)
{
	struct cfg_violations *all = check("sanitize-dump-payload no\n", good_acl, "9.1");

	ck_assert_ptr_null(find(all, "data-restore-sanitise", NULL));
	ck_assert_ptr_null(find(all, "tls-user-map", NULL));
	cfg_violations_free(all);
	all = check("hide-user-data-from-log no\n", good_acl, "7.2");
	ck_assert_ptr_null(find(all, "log-hide-user-data", NULL));
	cfg_violations_free(all);
}
END_TEST

START_TEST(names_the_line_that_counts)
{
	struct cfg_violations *all =
		check("# one\nloglevel notice\n\nloglevel debug\n", good_acl, "8.0");

	ck_assert_uint_eq(find(all, "log-level", NULL)->line, 4);
	cfg_violations_free(all);
}
END_TEST

START_TEST(refuses_what_it_cannot_read)
{
	struct cfg_subject subject = {.version = "8.0", .conf = "port \"1\n", .conf_len = 8};
	struct cfg_violations *out = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_baseline_check(&subject, &out, &err), VK_EINPUT);
	subject.conf = "";
	subject.conf_len = 0;
	subject.version = "3.2";
	assert_fails(cfg_baseline_check(&subject, &out, &err), VK_EINPUT);
	subject.version = "8.0";
	subject.acl = "nonsense\n";
	subject.acl_len = strlen(subject.acl);
	assert_fails(cfg_baseline_check(&subject, &out, &err), VK_EINPUT);
}
END_TEST

START_TEST(a_sentinel_is_no_server)
{
	struct cfg_violations *all = check("sentinel monitor a b 1 1\n", good_acl, "8.0");

	ck_assert_ptr_null(find(all, "data-maxmemory", NULL));
	ck_assert_ptr_nonnull(find(all, "net-bind-explicit", NULL));
	cfg_violations_free(all);
}
END_TEST

START_TEST(an_exact_version_has_the_vulnerabilities_of_its_line)
{
	struct cfg_violations *all = check(good_conf, good_acl, "8.0.2");

	ck_assert_ptr_null(find(all, "ops-version", "CVE-2024-46981"));
	ck_assert_ptr_nonnull(find(all, "ops-version", "8.0.2 has CVE-2025-21605"));
	ck_assert_ptr_nonnull(find(all, "ops-version", "mended in 8.0.10 (not confirmed)"));
	ck_assert_ptr_nonnull(find(all, "ops-version", "mended in 8.0.7"));
	ck_assert_ptr_null(find(all, "ops-version", "mended in 8.0.7 (not confirmed)"));
	ck_assert_ptr_null(find(all, "ops-version", "CVE-2026-27623"));
	cfg_violations_free(all);
	all = check(good_conf, good_acl, "9.0.10");
	ck_assert_ptr_null(find(all, "ops-version", NULL));
	cfg_violations_free(all);
	all = check("tls-key-file-pass geheimnis\n" TLS, good_acl, "7.2.13");
	ck_assert_ptr_nonnull(find(all, "tls-key-pass", NULL));
	cfg_violations_free(all);
	all = check("tls-key-file-pass geheimnis\n" TLS, good_acl, "8.0");
	ck_assert_ptr_null(find(all, "tls-key-pass", NULL));
	cfg_violations_free(all);
}
END_TEST

START_TEST(values_of_a_running_server_are_judged_without_a_file)
{
	static const struct cfg_conf_value values[] = {
		{"protected-mode", "no"}, {"requirepass", "hmac:00"}, {"bind", "127.0.0.1"}};
	const struct cfg_subject subject = {.version = "8.0",
		.conf = "",
		.acl = good_acl,
		.acl_len = strlen(good_acl),
		.values = values,
		.value_count = 3};
	struct cfg_violations *all = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_baseline_check(&subject, &all, &err), err);
	ck_assert_ptr_nonnull(find(all, "net-protected-mode", NULL));
	ck_assert_ptr_nonnull(find(all, "auth-acl-not-requirepass", NULL));
	ck_assert_ptr_null(find(all, "net-bind-explicit", NULL));
	ck_assert_ptr_null(find(all, "ops-secret-scope", NULL));
	cfg_violations_free(all);
}
END_TEST

/* The table names the word beside its hash, for people; the program has the hashes only. */
START_TEST(listed_hashes_are_those_of_their_words)
{
	const char *top = getenv("abs_top_srcdir");
	char path[TEXT_BYTES], line[TEXT_BYTES], hash[VK_SHA256_HEX_BYTES];
	unsigned count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/schema/baseline/passwords.tsv", top != NULL ? top : ".");
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *word = strchr(line, '\t');

		if (line[0] == '#')
			continue;
		*word++ = '\0';
		word[strcspn(word, "\n")] = '\0';
		vk_sha256_hex(word, strlen(word), hash);
		ck_assert_str_eq(hash, line);
		count++;
	}
	fclose(file);
	ck_assert_uint_gt(count, 150);
}
END_TEST

START_TEST(severities_have_names)
{
	enum cfg_risk risk;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_risk_parse("bad", &risk, &err), VK_EINPUT);
	assert_ok(cfg_risk_parse("medium", &risk, &err), err);
	ck_assert_int_eq(risk, CFG_RISK_MEDIUM);
	ck_assert_str_eq(cfg_risk_name(risk), "medium");
	ck_assert_ptr_null(cfg_rule_find("no-such-rule"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("baseline");
	TCase *tc = tcase_create("core");

	tcase_add_loop_test(tc, finds_each_thing_that_is_wrong, 0, CASE_COUNT);
	tcase_add_test(tc, every_rule_has_a_case);
	tcase_add_test(tc, finds_nothing_in_what_is_good);
	tcase_add_test(tc, what_sentinel_needs_is_no_administration);
	tcase_add_test(tc, an_empty_file_has_the_dangers_of_the_defaults);
	tcase_add_test(tc, concerns_only_versions_that_have_the_directive);
	tcase_add_test(tc, names_the_line_that_counts);
	tcase_add_test(tc, refuses_what_it_cannot_read);
	tcase_add_test(tc, a_sentinel_is_no_server);
	tcase_add_test(tc, an_exact_version_has_the_vulnerabilities_of_its_line);
	tcase_add_test(tc, values_of_a_running_server_are_judged_without_a_file);
	tcase_add_test(tc, listed_hashes_are_those_of_their_words);
	tcase_add_test(tc, severities_have_names);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
