/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/approval.h"

#include <string.h>

#include "common/clock.h"
#include "common/tuf/tuf_build.h"
#include "tests/unit/unit.h"

/* alice (two keys), bob and carol (the author) may sign for prod, two of them; carol's own dev lets
 * its author approve. */
enum { ALICE, ALICE_TOO, BOB, CAROL, KEYS };
static const char *const users[KEYS] = {"alice", "alice", "bob", "carol"};

static const char metadata[] = "{\"_type\":\"targets\"}";

static struct vk_signkey *secrets[KEYS];
static struct tuf_key *keys[KEYS];
static struct tuf_meta *targets;

static void setup(void)
{
	struct vk_err err = VK_ERR_INIT;
	const struct tuf_key *list[KEYS];
	struct tuf_environment_spec environments[] = {
		{.name = "dev", .author_may_approve = true},
		{.name = "prod"},
	};
	struct tuf_targets_spec spec = {.version = 1,
		.expires = vk_clock_now() + 1000,
		.environments = environments,
		.environment_count = 2};
	struct vk_buf part, file;

	for (int i = 0; i < KEYS; i++) {
		uint8_t public_key[VK_PUBLIC_KEY_BYTES];

		secrets[i] = vk_signkey_generate();
		vk_signkey_public(secrets[i], public_key);
		keys[i] = tuf_key_new_ed25519(public_key, users[i]);
		list[i] = keys[i];
	}
	environments[0].signers = (struct tuf_signers){&list[CAROL], 1, 1};
	environments[1].signers = (struct tuf_signers){list, KEYS, 2};
	vk_buf_init(&part, 1 << 20);
	vk_buf_init(&file, 1 << 20);
	assert_ok(tuf_build_targets(&spec, &part, &err), err);
	assert_ok(tuf_build_file(part.data, part.len, NULL, 0, &file, &err), err);
	assert_ok(tuf_meta_parse(file.data, file.len, TUF_TARGETS, &targets, &err), err);
	vk_buf_release(&part);
	vk_buf_release(&file);
}

static void teardown(void)
{
	tuf_meta_free(targets);
	for (int i = 0; i < KEYS; i++) {
		tuf_key_free(keys[i]);
		vk_signkey_free(secrets[i]);
	}
}

static struct approval_change change_for(const char *environment)
{
	return (struct approval_change){.targets = targets,
		.environment = environment,
		.author = "carol",
		.metadata = metadata,
		.metadata_len = strlen(metadata)};
}

static struct approval sign(int key, const char *user, const char *text, struct tuf_signature *sig)
{
	tuf_build_sign(text, strlen(text), tuf_key_id(keys[key]), secrets[key], sig);
	return (struct approval){.user = user, .keyid = sig->keyid, .sig = sig->sig};
}

START_TEST(a_signature_of_something_else_is_refused)
{
	struct approval_change change = change_for("prod");
	struct vk_err err = VK_ERR_INIT;
	struct tuf_signature sig;
	struct approval approval = sign(ALICE, "alice", "{\"_type\":\"other\"}", &sig);

	assert_fails(approval_check(&change, &approval, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(somebody_elses_key_is_refused)
{
	struct approval_change change = change_for("prod");
	struct vk_err err = VK_ERR_INIT;
	struct tuf_signature sig;
	struct approval approval = sign(ALICE, "bob", metadata, &sig);

	assert_fails(approval_check(&change, &approval, &err), VK_EDENIED);
}
END_TEST

START_TEST(a_key_of_another_environment_is_refused)
{
	struct approval_change change = change_for("dev");
	struct vk_err err = VK_ERR_INIT;
	struct tuf_signature sig;
	struct approval approval = sign(ALICE, "alice", metadata, &sig);

	assert_fails(approval_check(&change, &approval, &err), VK_EDENIED);
}
END_TEST

START_TEST(an_author_approves_only_where_the_role_lets_him)
{
	struct approval_change prod = change_for("prod"), dev = change_for("dev");
	struct vk_err err = VK_ERR_INIT;
	struct tuf_signature sig;
	struct approval approval = sign(CAROL, "carol", metadata, &sig);

	assert_fails(approval_check(&prod, &approval, &err), VK_EDENIED);
	assert_ok(approval_check(&dev, &approval, &err), err);
}
END_TEST

START_TEST(an_environment_that_nobody_may_sign_is_not_found)
{
	struct approval_change change = change_for("staging");
	struct vk_err err = VK_ERR_INIT;
	struct tuf_signature sig;
	struct approval approval = sign(ALICE, "alice", metadata, &sig);

	assert_fails(approval_check(&change, &approval, &err), VK_ENOTFOUND);
}
END_TEST

START_TEST(one_person_counts_once_whatever_his_keys)
{
	struct approval_change change = change_for("prod");
	struct vk_err err = VK_ERR_INIT;
	struct tuf_signature sigs[3];
	size_t counted = 0, threshold = 0;
	struct approval approvals[] = {
		sign(ALICE, "alice", metadata, &sigs[0]),
		sign(ALICE_TOO, "alice", metadata, &sigs[1]),
		sign(CAROL, "carol", metadata, &sigs[2]), /* the author: withdrawn since */
	};
	struct vk_buf file;

	assert_ok(approval_count(&change, approvals, 3, &counted, &threshold, &err), err);
	ck_assert_uint_eq(counted, 1);
	ck_assert_uint_eq(threshold, 2);
	vk_buf_init(&file, 1 << 20);
	ck_assert_int_ne(approval_build_role(&change, approvals, 3, &file, &err), VK_OK);
	vk_buf_release(&file);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("approval");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_signature_of_something_else_is_refused);
	tcase_add_test(tc, somebody_elses_key_is_refused);
	tcase_add_test(tc, a_key_of_another_environment_is_refused);
	tcase_add_test(tc, an_author_approves_only_where_the_role_lets_him);
	tcase_add_test(tc, an_environment_that_nobody_may_sign_is_not_found);
	tcase_add_test(tc, one_person_counts_once_whatever_his_keys);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
