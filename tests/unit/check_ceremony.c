/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/ceremony.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/ceremony_words.h"
#include "client/admin/root_plan.h"
#include "client/admin/trusted.h"
#include "common/signkey.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

enum { NOW = 1800000000, DAY = 86400, PEOPLE = 3 };

static const char *const names[PEOPLE] = {"alice", "bob", "carol"};

static struct vk_signkey *secrets[PEOPLE];
static struct tuf_key *keys[PEOPLE];
static struct trusted trusted;
static struct ceremony ceremony;
static struct vk_err err;

/* A plan whose root and targets may be signed by the first `count` people. */
static void make_plan(struct root_plan *plan, size_t count, unsigned threshold)
{
	static const uint8_t online[VK_PUBLIC_KEY_BYTES] = {9};

	root_plan_init(plan);
	plan->fleet = strdup("demo");
	plan->log_name = strdup("demo/log");
	root_plan_set_online(plan, TUF_SNAPSHOT, online);
	root_plan_set_online(plan, TUF_TIMESTAMP, online);
	for (size_t i = 0; i < count; i++) {
		assert_ok(tuf_key_parse(tuf_key_json(keys[i]),
				  &plan->roles[TUF_ROOT].keys[i], &err),
			err);
		assert_ok(tuf_key_parse(tuf_key_json(keys[i]),
				  &plan->roles[TUF_TARGETS].keys[i], &err),
			err);
	}
	plan->roles[TUF_ROOT].count = plan->roles[TUF_TARGETS].count = count;
	root_plan_set_threshold(plan, threshold);
}

static void make_root(struct vk_buf *part, int64_t version, int64_t expires, size_t count,
	unsigned threshold)
{
	struct root_plan plan;

	make_plan(&plan, count, threshold);
	vk_buf_init(part, TUF_ROOT_MAX_BYTES);
	assert_ok(root_plan_format(&plan, version, expires, part, &err), err);
	root_plan_release(&plan);
}

static struct tuf_meta *parse(const struct vk_buf *part, enum tuf_type type)
{
	struct tuf_meta *meta = NULL;
	struct vk_buf file;

	vk_buf_init(&file, TUF_TARGETS_MAX_BYTES);
	assert_ok(tuf_build_file(part->data, part->len, NULL, 0, &file, &err), err);
	assert_ok(tuf_meta_parse(file.data, file.len, type, &meta, &err), err);
	vk_buf_release(&file);
	return meta;
}

/* Trusted: root 4, one of alice and bob; targets 7 with prod, both of alice and bob. */
static void setup(void)
{
	struct tuf_environment_spec prod = {.name = "prod"};
	const struct tuf_targets_spec targets = {.version = 7,
		.expires = NOW + 10 * DAY,
		.environments = &prod,
		.environment_count = 1};
	struct vk_buf part;

	for (size_t i = 0; i < PEOPLE; i++) {
		uint8_t public_key[VK_PUBLIC_KEY_BYTES];

		secrets[i] = vk_signkey_generate();
		vk_signkey_public(secrets[i], public_key);
		keys[i] = tuf_key_new_ed25519(public_key, names[i]);
	}
	trusted_init(&trusted);
	make_root(&part, 4, NOW + 10 * DAY, 2, 1);
	trusted.root = parse(&part, TUF_ROOT);
	vk_buf_release(&part);
	prod.signers = (struct tuf_signers){(const struct tuf_key *const *)keys, 2, 2};
	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	assert_ok(tuf_build_targets(&targets, &part, &err), err);
	trusted.targets = parse(&part, TUF_TARGETS);
	vk_buf_release(&part);
	ceremony_init(&ceremony, "demo");
}

static void teardown(void)
{
	ceremony_release(&ceremony);
	trusted_release(&trusted);
	for (size_t i = 0; i < PEOPLE; i++) {
		tuf_key_free(keys[i]);
		vk_signkey_free(secrets[i]);
	}
}

static void add_root(int64_t version, int64_t expires, size_t count, unsigned threshold)
{
	struct vk_buf part;

	make_root(&part, version, expires, count, threshold);
	assert_ok(ceremony_add(&ceremony, "root", part.data, part.len, &err), err);
	vk_buf_release(&part);
}

static void sign(size_t part, size_t person)
{
	struct tuf_signature signature;
	size_t len = 0;
	const char *text = tuf_meta_signed(ceremony.parts[part].meta, &len);

	tuf_build_sign(text, len, tuf_key_id(keys[person]), secrets[person], &signature);
	assert_ok(ceremony_part_sign(&ceremony.parts[part], &signature, &err), err);
}

START_TEST(refuses_files_that_are_no_proposals)
{
	static const char *const wrong[] = {"", "{}", "[]", "{\"_type\":\"root\"}",
		"{\"_type\":\"vkcfg-proposal\",\"fleet\":\"demo\",\"format\":1,\"parts\":[]}",
		"{\"_type\":\"vkcfg-proposal\",\"fleet\":\"demo\",\"format\":2,\"parts\":[{}]}",
		"{\"_type\":\"vkcfg-proposal\",\"fleet\":\"../x\",\"format\":1,\"parts\":[{}]}",
		"{\"_type\":\"vkcfg-proposal\",\"fleet\":\"demo\",\"format\":1,\"more\":1,\"parts\":[]}",
		"{\"_type\":\"vkcfg-proposal\",\"fleet\":\"demo\",\"format\":1,\"parts\":[{\"role\":"
		"\"snapshot\",\"signatures\":[],\"signed\":\"{}\"}]}",
		"{\"_type\":\"vkcfg-proposal\",\"fleet\":\"demo\",\"format\":1,\"parts\":[{\"role\":"
		"\"root\",\"signatures\":[],\"signed\":\"{}\"}]}"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(ceremony_parse(&ceremony, wrong[i], strlen(wrong[i]), &err) != VK_OK,
			"accepts %s", wrong[i]);
}
END_TEST

START_TEST(refuses_a_file_cut_off_anywhere)
{
	struct ceremony other;
	struct vk_buf text;

	add_root(5, NOW + DAY, 2, 1);
	sign(0, 0);
	vk_buf_init(&text, CEREMONY_FILE_MAX_BYTES);
	assert_ok(ceremony_format(&ceremony, &text, &err), err);
	for (size_t len = 0; len + 1 < text.len; len++) {
		ceremony_init(&other, "");
		ck_assert_int_ne(ceremony_parse(&other, text.data, len, &err), VK_OK);
		ceremony_release(&other);
	}
	vk_buf_release(&text);
}
END_TEST

START_TEST(a_file_keeps_parts_and_signatures)
{
	struct ceremony other;
	struct vk_buf text, again;

	add_root(5, NOW + DAY, 3, 2);
	sign(0, 0);
	sign(0, 2);
	sign(0, 2); /* replaces the one before */
	vk_buf_init(&text, CEREMONY_FILE_MAX_BYTES);
	vk_buf_init(&again, CEREMONY_FILE_MAX_BYTES);
	assert_ok(ceremony_format(&ceremony, &text, &err), err);
	ceremony_init(&other, "");
	assert_ok(ceremony_parse(&other, text.data, text.len, &err), err);
	ck_assert_str_eq(other.fleet, "demo");
	ck_assert_uint_eq(other.count, 1);
	ck_assert_uint_eq(other.parts[0].signature_count, 2);
	assert_ok(ceremony_format(&other, &again, &err), err);
	ck_assert_str_eq(text.data, again.data);
	ceremony_release(&other);
	vk_buf_release(&text);
	vk_buf_release(&again);
}
END_TEST

START_TEST(a_root_needs_the_thresholds_of_both_roots)
{
	struct ceremony_authority authorities[CEREMONY_MAX_AUTHORITIES];

	add_root(5, NOW + DAY, 3, 2);
	ck_assert_uint_eq(ceremony_list_authorities(
				  &ceremony, trusted.root, trusted.targets, authorities),
		2);
	sign(0, 2); /* carol is new: nothing to the present root */
	assert_fails(ceremony_check_signed(&authorities[0], &err), VK_EUNTRUSTED);
	assert_fails(ceremony_check_signed(&authorities[1], &err), VK_EUNTRUSTED);
	sign(0, 0);
	assert_ok(ceremony_check_signed(&authorities[0], &err), err);
	assert_ok(ceremony_check_signed(&authorities[1], &err), err);
	ck_assert(ceremony_has_signed(&authorities[1], keys[2]));
	ck_assert(!ceremony_has_signed(&authorities[1], keys[1]));
	ceremony.parts[0].signatures[1].sig[5] ^= 1;
	ck_assert(!ceremony_has_signed(&authorities[1], keys[0]));
	assert_fails(ceremony_check_signed(&authorities[0], &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_versions_that_do_not_follow)
{
	for (int64_t version = 3; version <= 6; version++) {
		add_root(version, NOW + DAY, 2, 1);
		ck_assert_int_eq(ceremony_check(&ceremony, &trusted, NOW, &err),
			version == 5 ? VK_OK : VK_ECONFLICT);
		ceremony_release(&ceremony);
		ceremony_init(&ceremony, "demo");
	}
}
END_TEST

START_TEST(refuses_what_expires_too_early_or_too_late)
{
	static const int64_t wrong[] = {NOW - 1, NOW, NOW + 400 * (int64_t)DAY};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		add_root(5, wrong[i], 2, 1);
		assert_fails(ceremony_check(&ceremony, &trusted, NOW, &err), VK_EUNTRUSTED);
		ceremony_release(&ceremony);
		ceremony_init(&ceremony, "demo");
	}
}
END_TEST

START_TEST(refuses_another_fleet)
{
	ceremony_init(&ceremony, "other");
	add_root(5, NOW + DAY, 2, 1);
	assert_fails(ceremony_check(&ceremony, &trusted, NOW, &err), VK_EUNTRUSTED);
}
END_TEST

/* The signed part with one member more or other. */
static void tamper(const char *role, const struct tuf_meta *meta, int64_t version,
	void (*edit)(struct vkjson *))
{
	struct vkjson *copy = vkjson_copy(tuf_meta_json(meta));
	struct vk_buf part;

	vkjson_set(copy, "version", vkjson_int(version));
	edit(copy);
	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	assert_ok(vkjson_canonical(copy, &part, &err), err);
	assert_ok(ceremony_add(&ceremony, role, part.data, part.len, &err), err);
	assert_fails(ceremony_check(&ceremony, &trusted, NOW, &err), VK_EUNTRUSTED);
	ceremony_release(&ceremony);
	ceremony_init(&ceremony, "demo");
	vk_buf_release(&part);
	vkjson_free(copy);
}

static void add_member(struct vkjson *part)
{
	vkjson_set(part, "x-more", vkjson_bool(true));
}

static void drop_consistency(struct vkjson *part)
{
	vkjson_set(part, "consistent_snapshot", vkjson_bool(false));
}

/* prod may sign for every environment. */
static void widen_paths(struct vkjson *part)
{
	struct vkjson *delegations = vkjson_copy(vkjson_get(part, "delegations"));
	struct vkjson *roles = vkjson_array();
	struct vkjson *prod = vkjson_copy(vkjson_at(vkjson_get(delegations, "roles"), 0));
	struct vkjson *paths = vkjson_array();

	vkjson_append(paths, vkjson_string("*/*"));
	vkjson_set(prod, "paths", paths);
	vkjson_append(roles, prod);
	vkjson_set(delegations, "roles", roles);
	vkjson_set(part, "delegations", delegations);
}

START_TEST(says_which_cas_come_and_go)
{
	const uint8_t old[VK_SHA256_BYTES] = {1}, new[VK_SHA256_BYTES] = {2};
	struct root_plan plan;
	struct vkjson *list;
	struct vk_buf part, text;

	make_plan(&plan, 2, 1);
	assert_ok(root_plan_add_ca(&plan, old, &err), err);
	assert_fails(root_plan_add_ca(&plan, old, &err), VK_ECONFLICT);
	assert_fails(root_plan_drop_ca(&plan, new, &err), VK_ENOTFOUND);
	assert_fails(root_plan_drop_ca(&plan, old, &err), VK_EINPUT);
	assert_ok(root_plan_add_ca(&plan, new, &err), err);
	vk_buf_init(&part, TUF_ROOT_MAX_BYTES);
	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	assert_ok(root_plan_format(&plan, 5, NOW + 20 * DAY, &part, &err), err);
	assert_ok(ceremony_add(&ceremony, "root", part.data, part.len, &err), err);
	assert_ok(ceremony_check(&ceremony, &trusted, NOW, &err), err);
	list = ceremony_describe(&ceremony, &trusted);
	vkjson_format(list, false, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "ADDS the CA 0100"));
	ck_assert_ptr_nonnull(strstr(text.data, "ADDS the CA 0200"));
	ck_assert_ptr_nonnull(strstr(text.data, "issued by the CA 0200"));
	vkjson_free(list);

	/* and from there on: the old one goes */
	tuf_meta_free(trusted.root);
	trusted.root = parse(&part, TUF_ROOT);
	ceremony_release(&ceremony);
	ceremony_init(&ceremony, "demo");
	assert_ok(root_plan_drop_ca(&plan, old, &err), err);
	vk_buf_reset(&part);
	vk_buf_reset(&text);
	assert_ok(root_plan_format(&plan, 6, NOW + 20 * DAY, &part, &err), err);
	assert_ok(ceremony_add(&ceremony, "root", part.data, part.len, &err), err);
	assert_ok(ceremony_check(&ceremony, &trusted, NOW, &err), err);
	list = ceremony_describe(&ceremony, &trusted);
	vkjson_format(list, false, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "DROPS the CA 0100"));
	ck_assert_ptr_null(strstr(text.data, "ADDS"));
	vkjson_free(list);
	vk_buf_release(&text);
	vk_buf_release(&part);
	root_plan_release(&plan);
}
END_TEST

START_TEST(refuses_what_words_would_not_say)
{
	tamper("root", trusted.root, 5, add_member);
	tamper("root", trusted.root, 5, drop_consistency);
	tamper("targets", trusted.targets, 8, add_member);
	tamper("targets", trusted.targets, 8, widen_paths);
}
END_TEST

START_TEST(says_which_keys_and_thresholds_change)
{
	struct vkjson *list;
	const struct vkjson *changes;
	char expected[128];

	add_root(5, NOW + DAY, 3, 2);
	assert_ok(ceremony_check(&ceremony, &trusted, NOW, &err), err);
	list = ceremony_describe(&ceremony, &trusted);
	changes = vkjson_get(vkjson_at(list, 0), "changes");
	snprintf(expected, sizeof(expected), "root: ADDS the key of carol, %s",
		tuf_key_id(keys[2]));
	ck_assert_str_eq(vkjson_text(vkjson_at(changes, 0)), expected);
	ck_assert_str_eq(vkjson_text(vkjson_at(changes, 1)),
		"root: 2 of 3 keys must sign instead of 1 of 2");
	ck_assert_uint_eq(vkjson_count(changes), 5); /* targets the same two, and the expiry */
	vkjson_free(list);
}
END_TEST

START_TEST(removes_keys_by_user_or_id_and_keeps_thresholds_reachable)
{
	struct root_plan plan;
	struct vk_buf part;

	vk_buf_init(&part, TUF_ROOT_MAX_BYTES);
	make_plan(&plan, 3, 2);
	assert_fails(root_plan_remove(&plan, "dave", &err), VK_ENOTFOUND);
	assert_ok(root_plan_remove(&plan, "carol", &err), err);
	assert_ok(root_plan_format(&plan, 5, NOW, &part, &err), err);
	assert_ok(root_plan_remove(&plan, tuf_key_id(keys[0]), &err), err);
	ck_assert_uint_eq(plan.roles[TUF_TARGETS].count, 1);
	assert_fails(root_plan_format(&plan, 5, NOW, &part, &err), VK_EINPUT);
	root_plan_release(&plan);
	vk_buf_release(&part);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("ceremony");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_files_that_are_no_proposals);
	tcase_add_test(tc, refuses_a_file_cut_off_anywhere);
	tcase_add_test(tc, a_file_keeps_parts_and_signatures);
	tcase_add_test(tc, a_root_needs_the_thresholds_of_both_roots);
	tcase_add_test(tc, refuses_versions_that_do_not_follow);
	tcase_add_test(tc, refuses_what_expires_too_early_or_too_late);
	tcase_add_test(tc, refuses_another_fleet);
	tcase_add_test(tc, says_which_cas_come_and_go);
	tcase_add_test(tc, refuses_what_words_would_not_say);
	tcase_add_test(tc, says_which_keys_and_thresholds_change);
	tcase_add_test(tc, removes_keys_by_user_or_id_and_keeps_thresholds_reachable);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
