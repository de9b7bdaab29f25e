/* SPDX-License-Identifier: BSD-3-Clause */
/* Sealed secrets on a host, without a Valkey: what is refused, and what files become. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/envelope.h"
#include "client/pull/fill.h"
#include "client/pull/host_key.h"
#include "client/pull/secrets.h"
#include "client/pull/secrets_cache.h"
#include "client/pull/secrets_conf.h"
#include "client/pull/wipe.h"
#include "common/config/conf.h"
#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

static struct pull_host host;
static struct vk_signkey *key;

static void set_up(void)
{
	struct vk_err err = VK_ERR_INIT;

	pull_host_make(&host);
	assert_ok(host_key_read(host.state, &key, &err), err);
}

static void tear_down(void)
{
	vk_signkey_free(key);
	pull_host_remove(&host);
}

static const struct vk_secret_id wanted = {"demo", "prod", "app", 4};

/* What a server would send. */
static void make(
	const struct vk_secret_id *id, const struct vk_signkey *recipient, struct envelope *out)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_secret_key *data_key = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf body;

	out->body = NULL;
	vk_buf_init(&body, VK_SECRET_BODY_MAX_BYTES);
	vk_signkey_public(recipient, public_key);
	assert_ok(vk_secret_make(id, "hunter2", 7, &body, &data_key, &err), err);
	assert_ok(vk_secret_seal(data_key, public_key, out->sealed, &err), err);
	assert_ok(vk_secret_parse(body.data, body.len, &out->body, &err), err);
	vk_secret_key_free(data_key);
	vk_buf_release(&body);
}

static enum vk_rc open_it(
	const struct envelope *envelope, const uint8_t digest[VK_SHA256_BYTES], struct vk_err *err)
{
	struct vk_secret_value *value = NULL;
	enum vk_rc rc = envelope_open(envelope, &wanted, digest, key, &value, err);

	ck_assert((rc == VK_OK) == (value != NULL));
	if (value != NULL)
		ck_assert_str_eq(vk_secret_value_text(value), "hunter2");
	vk_secret_value_free(value);
	return rc;
}

START_TEST(only_the_pinned_version_for_this_host_is_opened)
{
	static const struct vk_secret_id others[] = {{"other", "prod", "app", 4},
		{"demo", "dev", "app", 4}, {"demo", "prod", "apq", 4}, {"demo", "prod", "app", 3},
		{"demo", "prod", "app", 5}};
	struct vk_signkey *foreign = vk_signkey_generate();
	struct vk_err err = VK_ERR_INIT;
	struct envelope envelope;
	struct envelope twin;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		make(&others[i], key, &envelope);
		assert_fails(open_it(&envelope, envelope.body->digest, &err), VK_EUNTRUSTED);
		envelope_release(&envelope);
	}
	make(&wanted, foreign, &envelope);
	assert_fails(open_it(&envelope, envelope.body->digest, &err), VK_EUNTRUSTED);
	envelope_release(&envelope);
	/* Another value under the same name, sealed rightly: only the pin tells. */
	make(&wanted, key, &envelope);
	make(&wanted, key, &twin);
	assert_fails(open_it(&twin, envelope.body->digest, &err), VK_EUNTRUSTED);
	ck_assert_ptr_null(strstr(err.msg, "hunter2"));
	/* A seal that opens, of another body. */
	memcpy(twin.sealed, envelope.sealed, sizeof(twin.sealed));
	assert_fails(open_it(&twin, twin.body->digest, &err), VK_EUNTRUSTED);
	assert_ok(open_it(&envelope, envelope.body->digest, &err), err);
	for (size_t i = 0; i < sizeof(envelope.sealed); i += 7) {
		envelope.sealed[i] ^= 1;
		assert_fails(open_it(&envelope, envelope.body->digest, &err), VK_EUNTRUSTED);
		envelope.sealed[i] ^= 1;
	}
	envelope_release(&twin);
	envelope_release(&envelope);
	vk_signkey_free(foreign);
}
END_TEST

START_TEST(a_text_that_is_cut_or_too_large_is_no_envelope)
{
	struct vk_err err = VK_ERR_INIT;
	struct envelope envelope;
	struct envelope parsed;
	struct vk_buf text;
	char *large = xcalloc(1, ENVELOPE_MAX_BYTES + 2);

	make(&wanted, key, &envelope);
	vk_buf_init(&text, ENVELOPE_MAX_BYTES);
	assert_ok(envelope_format(&envelope, &text, &err), err);
	for (size_t len = 0; len < text.len; len++)
		assert_fails(envelope_parse(text.data, len, &parsed, &err), VK_EUNTRUSTED);
	assert_ok(envelope_parse(text.data, text.len, &parsed, &err), err);
	assert_ok(open_it(&parsed, envelope.body->digest, &err), err);
	envelope_release(&parsed);
	memset(large, ' ', ENVELOPE_MAX_BYTES + 1);
	memcpy(large, text.data, text.len);
	assert_fails(envelope_parse(large, ENVELOPE_MAX_BYTES + 1, &parsed, &err), VK_EUNTRUSTED);
	free(large);
	vk_buf_release(&text);
	envelope_release(&envelope);
}
END_TEST

static void write_state(const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", host.state, name);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, mode, text, strlen(text), &err), err);
	free(path);
}

START_TEST(what_is_kept_is_believed_no_more_than_the_server)
{
	const struct vk_bundle_secret pin = pull_host_secret(&host, "app", 4, "hunter2");
	const struct vk_bundle bundle = {.secrets = &pin, .secret_count = 1};
	struct secrets *secrets = NULL;
	struct vk_err err = VK_ERR_INIT;
	char name[128] = "secrets/";

	assert_ok(secrets_open(&host.instance, &bundle, &secrets, &err), err);
	ck_assert_str_eq(vk_secret_value_text(secrets_get(secrets, "app", 4)), "hunter2");
	ck_assert_ptr_null(secrets_get(secrets, "app", 5));
	ck_assert_ptr_null(secrets_get(secrets, "apq", 4));
	secrets_free(secrets);
	vk_digest_format(pin.sha256, name + strlen(name));
	memcpy(name + strlen(name), ".json", 6);
	write_state(name, "{}", 0600);
	assert_fails(secrets_open(&host.instance, &bundle, &secrets, &err), VK_EUNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "secret app version 4"));
	ck_assert_ptr_nonnull(strstr(err.hint, "server"));
	ck_assert_ptr_null(secrets);
	write_state("host.key",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0640);
	assert_fails(secrets_open(&host.instance, &bundle, &secrets, &err), VK_EDENIED);
	/* Without secrets the key is not even looked at. */
	assert_ok(secrets_open(
			  &host.instance, &(struct vk_bundle){.secret_count = 0}, &secrets, &err),
		err);
	ck_assert_ptr_null(secrets);
}
END_TEST

/* One file of a bundle with one secret, filled in. */
static enum vk_rc fill(const char *path, const char *text, const char *value, struct vk_buf *out,
	struct vk_err *err)
{
	const struct vk_bundle_secret pin = pull_host_secret(&host, "app", 4, value);
	const struct vk_bundle_file file = {path, text, 0640};
	const struct vk_bundle bundle = {
		.secrets = &pin, .secret_count = 1, .files = &file, .file_count = 1};
	struct secrets *secrets = NULL;
	enum vk_rc rc = secrets_open(&host.instance, &bundle, &secrets, err);

	if (rc == VK_OK)
		rc = fill_text(&host.instance, &file, "/current", secrets, out, err);
	secrets_free(secrets);
	return rc;
}

START_TEST(a_password_cannot_become_a_second_line)
{
	char *long_value = xcalloc(1, 514);
	const char *const bad[] = {
		"a\nb", "a\r", "\t", "a\x7f", "\x01", "caf\xc3\xa9", "\x80", long_value};
	static const char *const files[][2] = {{"users.acl", "user app on #@{sha256:app@4} ~*\n"},
		{"secrets.conf", "primaryauth \"@{secret:app@4}\"\n"}};

	memset(long_value, 'x', 513);
	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct vk_buf out;

		vk_buf_init(&out, 4096);
		assert_fails(
			fill(files[i % 2][0], files[i % 2][1], bad[i / 2], &out, &err), VK_EINPUT);
		ck_assert_ptr_nonnull(strstr(err.msg, "secret app version 4"));
		ck_assert_ptr_null(strstr(err.msg, bad[i / 2]));
		vk_buf_release(&out);
	}
	free(long_value);
}
END_TEST

START_TEST(a_placeholder_without_its_secret_is_refused)
{
	static const char *const bad[] = {"#@{sha256:other@4}", "#@{sha256:app@5}",
		"#@{sha256:app}", "@{secret:", "@{sha256:app@4"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct vk_buf out;

		vk_buf_init(&out, 4096);
		assert_fails(fill("users.acl", bad[i], "hunter2", &out, &err), VK_EINPUT);
		assert_fails(fill("valkey.conf", bad[i], "hunter2", &out, &err), VK_EINPUT);
		vk_buf_release(&out);
	}
}
END_TEST

START_TEST(in_the_acl_a_password_is_its_digest)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 4096);
	assert_ok(
		fill("users.acl", "user app on #@{sha256:app@4} ~*\n", "hunter2", &out, &err), err);
	ck_assert_str_eq(out.data,
		"user app on #f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7 "
		"~*\n");
	vk_buf_release(&out);
}
END_TEST

START_TEST(valkey_reads_exactly_the_value)
{
	static const char *const values[] = {"hunter2", "a b", "\"", "\\", "\\\"", "'", "#", "a#b",
		"@{instance}", "@{secret:app@4}", "\\x41\\n", "x\" include \"/etc/shadow", " ",
		"%s$(id)`"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct cfg_conf *conf = NULL;
		struct vk_buf out;

		vk_buf_init(&out, 4096);
		assert_ok(fill("secrets.conf", "primaryauth \"@{secret:app@4}\"\n", values[i], &out,
				  &err),
			err);
		assert_ok(cfg_conf_parse("secrets.conf", out.data, out.len, &conf, &err), err);
		ck_assert_uint_eq(cfg_conf_count(conf), 1);
		ck_assert_uint_eq(cfg_conf_at(conf, 0)->word_count, 1);
		ck_assert_str_eq(cfg_conf_at(conf, 0)->words[0], values[i]);
		cfg_conf_free(conf);
		vk_buf_release(&out);
	}
}
END_TEST

START_TEST(a_file_is_the_value_byte_by_byte)
{
	static const char value[] = "-----BEGIN KEY-----\n\"\\@{instance}\x01\xc3\xa9\r\n";
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 4096);
	assert_ok(fill("tls/server.key", "@{secret:app@4}", value, &out, &err), err);
	ck_assert_str_eq(out.data, value);
	vk_buf_release(&out);
}
END_TEST

#define INCLUDED SECRETS_CONF_INCLUDE "include \"@{instance}/runtime.conf\"\n"
#define AUTH "primaryauth \"@{secret:app@4}\"\n"

START_TEST(secrets_conf_holds_nothing_but_secrets)
{
	static const char *const bad[][2] = {{INCLUDED, "maxmemory 1gb\n"},
		{INCLUDED, AUTH "# note\n"}, {INCLUDED, AUTH AUTH}, {INCLUDED, "\n" AUTH},
		{INCLUDED, "primaryauth hunter2\n"}, {INCLUDED, "primaryauth \"hunter2\"\n"},
		{INCLUDED, "masterauth \"@{secret:app@4}\"\n"},
		{INCLUDED, "PrimaryAuth \"@{secret:app@4}\"\n"},
		{INCLUDED, "include \"@{secret:app@4}\"\n"},
		{INCLUDED, "primaryauth  \"@{secret:app@4}\"\n"},
		{INCLUDED, "primaryauth \"@{secret:app@4}\""},
		{INCLUDED, "primaryauth \"@{secret:app@4}\" x\n"},
		{INCLUDED, "primaryauth \"@{secret:app@4}x\"\n"},
		{INCLUDED, "primaryauth \"x@{secret:app@4}\"\n"},
		{INCLUDED, "primaryauth \"@{sha256:app@4}\"\n"},
		{INCLUDED, "primaryauth @{secret:app@4}\n"}, {"port 1\n", AUTH}, {INCLUDED, NULL},
		{"#" INCLUDED, AUTH}, {" " INCLUDED, AUTH}};
	static const char *const good[][2] = {{"port 1\n" INCLUDED, AUTH}, {"port 1\n", NULL},
		{INCLUDED, ""},
		{INCLUDED, AUTH "requirepass \"@{secret:b@1}\"\n"
				"tls-client-key-file-pass \"@{secret:c@2}\"\n"
				"tls-key-file-pass \"@{secret:app@4}\"\n"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) + sizeof(good) / sizeof(good[0]); i++) {
		bool is_good = i >= sizeof(bad) / sizeof(bad[0]);
		const char *const *texts =
			is_good ? good[i - sizeof(bad) / sizeof(bad[0])] : bad[i];
		const struct vk_bundle_file files[] = {
			{"valkey.conf", texts[0], 0640}, {"secrets.conf", texts[1], 0640}};
		const struct vk_bundle bundle = {
			.files = files, .file_count = texts[1] != NULL ? 2 : 1};
		struct vk_err err = VK_ERR_INIT;
		enum vk_rc rc = secrets_conf_check(&bundle, &err);

		ck_assert_msg(rc == (is_good ? VK_OK : VK_EINPUT), "case %zu: %s", i, err.msg);
		ck_assert_ptr_null(strstr(err.msg, "hunter2"));
	}
}
END_TEST

START_TEST(a_directive_leads_to_its_secret)
{
	const struct vk_bundle_file file = {
		"secrets.conf", AUTH "requirepass \"@{secret:b@1}\"\n", 0640};
	const struct vk_bundle bundle = {.files = &file, .file_count = 1};
	struct vk_placeholder found;

	ck_assert(secrets_conf_find(&bundle, "requirepass", &found));
	ck_assert_str_eq(found.name, "b");
	ck_assert(!secrets_conf_find(&bundle, "tls-key-file-pass", &found));
	ck_assert(!secrets_conf_find(&bundle, "primaryaut", &found));
	ck_assert(!secrets_conf_find(&(struct vk_bundle){.file_count = 0}, "requirepass", &found));
}
END_TEST

START_TEST(a_wiped_file_is_overwritten_and_gone)
{
	char *path = xasprintf("%s/tree", host.root);
	char *below = xasprintf("%s/tls", path);
	char *file = xasprintf("%s/server.key", below);
	char *linked = xasprintf("%s/elsewhere", host.root);
	char *link_name = xasprintf("%s/link", path);
	struct vk_err err = VK_ERR_INIT;
	char data[8] = "";
	int fd;

	assert_ok(vk_file_mkdirs(AT_FDCWD, below, 0700, &err), err);
	assert_ok(vk_file_create(AT_FDCWD, file, 0400, "hunter2", 7, &err), err);
	assert_ok(vk_file_create(AT_FDCWD, linked, 0600, "keep me", 7, &err), err);
	ck_assert_int_eq(symlink(linked, link_name), 0);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	assert_ok(wipe_tree(path, &err), err);
	/* Who has it open still sees what stands in its blocks. */
	ck_assert_int_eq(pread(fd, data, 7, 0), 7);
	ck_assert_mem_eq(data, "\0\0\0\0\0\0\0", 7);
	close(fd);
	ck_assert_int_ne(access(path, F_OK), 0);
	fd = open(linked, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, data, 7), 7);
	ck_assert_str_eq(data, "keep me");
	close(fd);
	assert_ok(wipe_tree(path, &err), err);
	free(path);
	free(below);
	free(file);
	free(linked);
	free(link_name);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_envelope");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, only_the_pinned_version_for_this_host_is_opened);
	tcase_add_test(tc, a_text_that_is_cut_or_too_large_is_no_envelope);
	tcase_add_test(tc, what_is_kept_is_believed_no_more_than_the_server);
	tcase_add_test(tc, a_password_cannot_become_a_second_line);
	tcase_add_test(tc, a_placeholder_without_its_secret_is_refused);
	tcase_add_test(tc, secrets_conf_holds_nothing_but_secrets);
	tcase_add_test(tc, in_the_acl_a_password_is_its_digest);
	tcase_add_test(tc, valkey_reads_exactly_the_value);
	tcase_add_test(tc, a_file_is_the_value_byte_by_byte);
	tcase_add_test(tc, a_directive_leads_to_its_secret);
	tcase_add_test(tc, a_wiped_file_is_overwritten_and_gone);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
