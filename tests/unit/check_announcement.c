/* SPDX-License-Identifier: BSD-3-Clause */
/* Announced emergencies: what is one, whose word counts, and what a host keeps of a server's
 * answer. */
#include "config.h"

#include "common/announcement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/announced.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1800000000)

enum { ALICE, BOB, MALLORY, KEYS };

static struct vk_signkey *secrets[KEYS];
static struct tuf_key *keys[KEYS];
static struct tuf_meta *targets;
static const struct tuf_role *role;
static char state[64];

static const struct vk_announcement good = {.fleet = "demo",
	.environment = "prod",
	.host = "db1",
	.instance = "main",
	.name = "maxmemory",
	.ticket = "INC-7: out of memory",
	.from = NOW,
	.until = NOW + 3600};

static void setup(void)
{
	static const char *const users[KEYS] = {"alice", "bob", "mallory"};
	struct vk_err err = VK_ERR_INIT;
	const struct tuf_key *list[KEYS];
	struct tuf_environment_spec environment = {.name = "prod"};
	struct tuf_targets_spec spec = {.version = 1,
		.expires = NOW + 1000,
		.environments = &environment,
		.environment_count = 1};
	struct vk_buf part, file;

	for (int i = 0; i < KEYS; i++) {
		uint8_t public_key[VK_PUBLIC_KEY_BYTES];

		secrets[i] = vk_signkey_generate();
		vk_signkey_public(secrets[i], public_key);
		keys[i] = tuf_key_new_ed25519(public_key, users[i]);
		list[i] = keys[i];
	}
	environment.signers = (struct tuf_signers){list, 2, 2};
	vk_buf_init(&part, 1 << 20);
	vk_buf_init(&file, 1 << 20);
	assert_ok(tuf_build_targets(&spec, &part, &err), err);
	assert_ok(tuf_build_file(part.data, part.len, NULL, 0, &file, &err), err);
	assert_ok(tuf_meta_parse(file.data, file.len, TUF_TARGETS, &targets, &err), err);
	role = tuf_meta_delegation(targets, "prod")->role;
	vk_buf_release(&part);
	vk_buf_release(&file);
	snprintf(state, sizeof(state), "/tmp/check_announcement.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	vk_clock_set_for_test(NOW);
}

static void teardown(void)
{
	char *path = xasprintf("%s/announced.json", state);

	unlink(path);
	free(path);
	ck_assert_int_eq(rmdir(state), 0);
	vk_clock_set_for_test(0);
	tuf_meta_free(targets);
	for (int i = 0; i < KEYS; i++) {
		tuf_key_free(keys[i]);
		vk_signkey_free(secrets[i]);
	}
}

static char *format(const struct vk_announcement *announcement)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	char *copy;

	vk_buf_init(&text, VK_ANNOUNCEMENT_MAX_BYTES);
	assert_ok(vk_announcement_format(announcement, &text, &err), err);
	copy = xstrdup(text.data);
	vk_buf_release(&text);
	return copy;
}

static struct vkjson *sign(int key, const char *statement)
{
	struct vkjson *json = vkjson_object();
	struct tuf_signature signature;

	tuf_build_sign(
		statement, strlen(statement), tuf_key_id(keys[key]), secrets[key], &signature);
	vkjson_set(json, "statement", vkjson_string(statement));
	vkjson_set(json, "keyid", vkjson_string(signature.keyid));
	vkjson_set(json, "sig", vkjson_string(signature.sig));
	return json;
}

START_TEST(refuses_what_is_no_announcement)
{
	struct vk_announcement wrong[] = {good, good, good, good, good, good, good, good};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	wrong[0].fleet[0] = '\0';
	snprintf(wrong[1].environment, sizeof(wrong[1].environment), "../x");
	snprintf(wrong[2].name, sizeof(wrong[2].name), "max*");
	wrong[3].name[0] = '\0';
	snprintf(wrong[4].ticket, sizeof(wrong[4].ticket), "a\033[2J");
	wrong[5].ticket[0] = '\0';
	wrong[6].until = wrong[6].from;
	wrong[7].until = wrong[7].from + VK_ANNOUNCEMENT_MAX_SECONDS + 1;
	vk_buf_init(&text, VK_ANNOUNCEMENT_MAX_BYTES);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(vk_announcement_format(&wrong[i], &text, &err), VK_EINPUT);
	vk_buf_release(&text);
}
END_TEST

START_TEST(refuses_other_bytes_than_it_writes)
{
	char *text = format(&good), *end = text + strlen(text) - 1;
	struct vk_announcement parsed;
	struct vk_err err = VK_ERR_INIT;
	char *spaced = xasprintf("%s ", text), *more, *other;

	*end = '\0';
	more = xasprintf("%s,\"x\":1}", text);
	*end = '}';
	other = xstrdup(text);
	memcpy(strstr(other, "drift-announcement"), "drift-announcemenT", 18);
	assert_fails(vk_announcement_parse("", &parsed, &err), VK_EINPUT);
	assert_fails(vk_announcement_parse("{}", &parsed, &err), VK_EINPUT);
	assert_fails(vk_announcement_parse(spaced, &parsed, &err), VK_EINPUT);
	assert_fails(vk_announcement_parse(more, &parsed, &err), VK_EINPUT);
	assert_fails(vk_announcement_parse(other, &parsed, &err), VK_EINPUT);
	assert_ok(vk_announcement_parse(text, &parsed, &err), err);
	ck_assert_str_eq(parsed.instance, "main");
	ck_assert_str_eq(parsed.name, "maxmemory");
	ck_assert_int_eq(parsed.until, NOW + 3600);
	free(other);
	free(more);
	free(spaced);
	free(text);
}
END_TEST

START_TEST(counts_only_in_its_time)
{
	struct vk_announcement long_one = good;

	ck_assert(!vk_announcement_is_active(&good, NOW - VK_ANNOUNCEMENT_EARLY_SECONDS - 1));
	ck_assert(vk_announcement_is_active(&good, NOW));
	ck_assert(vk_announcement_is_active(&good, NOW + 3599));
	ck_assert(!vk_announcement_is_active(&good, NOW + 3600));
	long_one.until = long_one.from + VK_ANNOUNCEMENT_MAX_SECONDS + 1;
	ck_assert(!vk_announcement_is_active(&long_one, NOW));
}
END_TEST

static size_t taken(struct vkjson *list /* taken */)
{
	const struct pins pins = {.fleet = "demo", .host = "db1", .environment = "prod"};
	struct vk_err err = VK_ERR_INIT;
	struct announced announced;
	size_t count;

	assert_ok(announced_take(state, &pins, role, list, &err), err);
	announced_read(state, "main", &announced);
	count = announced.count;
	announced_release(&announced);
	vkjson_free(list);
	return count;
}

static size_t taken_one(int key, const char *statement)
{
	struct vkjson *list = vkjson_array();

	vkjson_append(list, sign(key, statement));
	return taken(list);
}

START_TEST(a_host_believes_only_its_approvers_about_itself)
{
	struct vk_announcement others[] = {good, good, good, good};
	char *text = format(&good);
	struct vkjson *list = vkjson_array(), *forged = sign(ALICE, text);

	snprintf(others[0].fleet, sizeof(others[0].fleet), "other");
	snprintf(others[1].environment, sizeof(others[1].environment), "dev");
	snprintf(others[2].host, sizeof(others[2].host), "db2");
	others[3].from -= 7200; /* over */
	others[3].until = NOW;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char *other = format(&others[i]);

		ck_assert_uint_eq(taken_one(ALICE, other), 0);
		free(other);
	}
	ck_assert_uint_eq(taken_one(MALLORY, text), 0);
	ck_assert_uint_eq(taken_one(BOB, "{\"_type\":\"targets\"}"), 0);
	vkjson_set(forged, "statement", vkjson_string("{}"));
	vkjson_append(list, forged);
	vkjson_append(list, vkjson_string("x"));
	vkjson_append(list, vkjson_object());
	ck_assert_uint_eq(taken(list), 0);
	ck_assert_uint_eq(taken_one(BOB, text), 1);
	ck_assert_uint_eq(taken(NULL), 0);
	free(text);
}
END_TEST

START_TEST(finds_what_counts_now)
{
	char *text = format(&good);
	struct announced announced;

	ck_assert_uint_eq(taken_one(ALICE, text), 1);
	announced_read(state, "main", &announced);
	ck_assert_str_eq(announced_find(&announced, "maxmemory", NOW)->ticket, good.ticket);
	ck_assert_ptr_null(announced_find(&announced, "hz", NOW));
	ck_assert_ptr_null(announced_find(&announced, "maxmemory", NOW + 3600));
	announced_release(&announced);
	announced_read(state, "other", &announced);
	ck_assert_uint_eq(announced.count, 0);
	announced_release(&announced);
	free(text);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("announcement");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_what_is_no_announcement);
	tcase_add_test(tc, refuses_other_bytes_than_it_writes);
	tcase_add_test(tc, counts_only_in_its_time);
	tcase_add_test(tc, a_host_believes_only_its_approvers_about_itself);
	tcase_add_test(tc, finds_what_counts_now);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
