/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain of roots as the server takes it, and environments' roles that are signed anew. */
#include "config.h"

#include "server/publish.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/tuf/tuf_build.h"
#include "server/store/store_tuf.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

enum { ALICE = 1, BOB = 2, CAROL = 4, YEAR = 365 * 86400 };

static struct fleet_fixture fix;

struct upload {
	struct writer_command command;
	struct publish_file files[4];
	char names[4][32];
	struct vk_buf texts[4];
	size_t count;
	enum publish_scope scope;
};

static struct upload up;

static void upload_clear(void)
{
	for (size_t i = 0; i < up.count; i++)
		vk_buf_release(&up.texts[i]);
	memset(&up, 0, sizeof(up));
}

static void setup(void)
{
	fleet_fixture_init(&fix);
	fleet_fixture_add_users(&fix);
	memset(&up, 0, sizeof(up));
}

static void teardown(void)
{
	upload_clear();
	fleet_fixture_release(&fix);
}

static enum vk_rc run_upload(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return publish_trust(tx, "user/alice", up.files, up.count, up.scope, err);
}

static enum vk_rc publish(void)
{
	enum vk_rc rc;

	up.command.name = "tuf.publish";
	up.command.run = run_upload;
	fix.err = (struct vk_err)VK_ERR_INIT;
	rc = writer_execute(fix.writer, &up.command, &fix.err);
	upload_clear();
	return rc;
}

/* Adds VERSION.ROLE.json with the signatures of the people in the mask. */
static void add(int64_t version, const char *role, const struct vk_buf *part, unsigned mask)
{
	struct tuf_signature signatures[FIXTURE_PEOPLE];
	size_t count = 0;

	for (size_t i = 0; i < FIXTURE_PEOPLE; i++) {
		if ((mask & (1u << i)) != 0)
			tuf_build_sign(part->data, part->len, tuf_key_id(fix.keys[i]),
				fix.people[i], &signatures[count++]);
	}
	vk_buf_init(&up.texts[up.count], TUF_TARGETS_MAX_BYTES);
	assert_ok(tuf_build_file(part->data, part->len, signatures, count, &up.texts[up.count],
			  &fix.err),
		fix.err);
	snprintf(up.names[up.count], sizeof(up.names[up.count]), "%d.%s.json", (int)version, role);
	up.files[up.count] = (struct publish_file){
		up.names[up.count], up.texts[up.count].data, up.texts[up.count].len};
	up.count++;
}

/* The people of a mask as signers. */
static struct tuf_signers people(
	const struct tuf_key *out[FIXTURE_PEOPLE], unsigned mask, unsigned threshold)
{
	size_t count = 0;

	for (size_t i = 0; i < FIXTURE_PEOPLE; i++) {
		if ((mask & (1u << i)) != 0)
			out[count++] = fix.keys[i];
	}
	return (struct tuf_signers){out, count, threshold};
}

static void add_root(int64_t version, unsigned keys, unsigned threshold, unsigned signed_by)
{
	const struct tuf_key *items[FIXTURE_PEOPLE];
	struct tuf_root_spec spec = {.version = version,
		.expires = vk_clock_now() + YEAR,
		.fleet = FIXTURE_FLEET,
		.log_name = FIXTURE_FLEET "/log"};
	struct signer_public_keys online;
	struct tuf_key *snapshot, *timestamp;
	struct vk_buf part;

	signer_get_public_keys(fix.signer, &online);
	memcpy(spec.log_public, online.log, sizeof(spec.log_public));
	snapshot = tuf_key_new_ed25519(online.snapshot, NULL);
	timestamp = tuf_key_new_ed25519(online.timestamp, NULL);
	spec.roles[TUF_ROOT] = people(items, keys, threshold);
	spec.roles[TUF_TARGETS] = spec.roles[TUF_ROOT];
	spec.roles[TUF_SNAPSHOT] =
		(struct tuf_signers){(const struct tuf_key *const *)&snapshot, 1, 1};
	spec.roles[TUF_TIMESTAMP] =
		(struct tuf_signers){(const struct tuf_key *const *)&timestamp, 1, 1};
	vk_buf_init(&part, TUF_ROOT_MAX_BYTES);
	assert_ok(tuf_build_root(&spec, &part, &fix.err), fix.err);
	add(version, "root", &part, signed_by);
	vk_buf_release(&part);
	tuf_key_free(snapshot);
	tuf_key_free(timestamp);
}

static void add_targets(int64_t version, unsigned signed_by)
{
	const struct tuf_key *items[FIXTURE_PEOPLE];
	const struct tuf_environment_spec prod = {
		.name = "prod", .signers = people(items, ALICE | BOB, 2)};
	const struct tuf_targets_spec spec = {.version = version,
		.expires = vk_clock_now() + YEAR,
		.environments = &prod,
		.environment_count = 1};
	struct vk_buf part;

	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	assert_ok(tuf_build_targets(&spec, &part, &fix.err), fix.err);
	add(version, "targets", &part, signed_by);
	vk_buf_release(&part);
}

static void make_role(int64_t version, int64_t release, int64_t expires, struct vk_buf *out)
{
	const struct tuf_release_spec item = {.number = release, .length = 10, .sha256 = {7}};
	const struct tuf_role_spec spec = {.environment = "prod",
		.version = version,
		.expires = expires,
		.releases = &item,
		.release_count = 1};

	vk_buf_init(out, TUF_TARGETS_MAX_BYTES);
	assert_ok(tuf_build_role(&spec, out, &fix.err), fix.err);
}

static void add_role(int64_t version, int64_t release, int64_t expires, unsigned signed_by)
{
	struct vk_buf part;

	make_role(version, release, expires, &part);
	add(version, "prod", &part, signed_by);
	vk_buf_release(&part);
}

static enum vk_rc run_store_role(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct store_tuf file = {
		.role = "prod", .version = 1, .expires = vk_clock_now() + 86400};
	enum vk_rc rc;

	(void)command;
	add_role(1, 1, file.expires, ALICE | BOB);
	file.text = up.files[0].text;
	file.len = up.files[0].len;
	rc = store_add_tuf(writer_tx_store(tx), &file, writer_tx_now(tx), err);
	upload_clear();
	return rc;
}

static int64_t newest(const char *role)
{
	struct store_tuf file;
	enum vk_rc rc = store_get_tuf(fix.store.store, role, 0, fix.store.arena, &file, &fix.err);

	return rc == VK_OK ? file.version : 0;
}

/* Root 1: both of alice and bob; targets 1. */
static void found(void)
{
	add_root(1, ALICE | BOB, 2, ALICE | BOB);
	add_targets(1, ALICE | BOB);
	assert_ok(publish(), fix.err);
}

START_TEST(refuses_a_root_that_skips_a_version)
{
	found();
	add_root(3, ALICE | BOB, 2, ALICE | BOB);
	assert_fails(publish(), VK_ECONFLICT);
	add_root(2, ALICE | BOB, 2, ALICE | BOB);
	add_root(4, ALICE | BOB, 2, ALICE | BOB);
	assert_fails(publish(), VK_ECONFLICT);
	ck_assert_int_eq(newest("root"), 1);
}
END_TEST

START_TEST(refuses_a_root_without_the_threshold_of_the_one_before)
{
	found();
	/* Enough for itself, one too few for root 1. */
	add_root(2, BOB | CAROL, 2, BOB | CAROL);
	add_targets(2, BOB | CAROL);
	assert_fails(publish(), VK_EUNTRUSTED);
	add_root(2, CAROL, 1, CAROL);
	add_targets(2, CAROL);
	assert_fails(publish(), VK_EUNTRUSTED);
	ck_assert_int_eq(newest("root"), 1);
}
END_TEST

START_TEST(refuses_a_root_without_its_own_threshold)
{
	found();
	add_root(2, ALICE | BOB | CAROL, 3, ALICE | BOB);
	add_targets(2, ALICE | BOB | CAROL);
	assert_fails(publish(), VK_EUNTRUSTED);
	ck_assert_int_eq(newest("root"), 1);
	add_root(2, ALICE | BOB | CAROL, 3, ALICE | BOB | CAROL);
	add_targets(2, ALICE | BOB | CAROL);
	assert_ok(publish(), fix.err);
	ck_assert_int_eq(newest("root"), 2);
}
END_TEST

START_TEST(refuses_a_root_that_would_leave_targets_without_its_threshold)
{
	found();
	add_root(2, BOB | CAROL, 2, ALICE | BOB | CAROL);
	assert_fails(publish(), VK_EUNTRUSTED);
	ck_assert_int_eq(newest("root"), 1);
	add_root(2, BOB | CAROL, 2, ALICE | BOB | CAROL);
	add_targets(2, ALICE | BOB); /* the keys of root 1 */
	assert_fails(publish(), VK_EUNTRUSTED);
	add_root(2, BOB | CAROL, 2, ALICE | BOB | CAROL);
	add_targets(2, BOB | CAROL);
	assert_ok(publish(), fix.err);
	ck_assert_int_eq(newest("targets"), 2);
}
END_TEST

START_TEST(takes_a_chain_of_roots_in_any_order_of_files)
{
	found();
	add_targets(2, CAROL);
	add_root(4, CAROL, 1, CAROL);
	add_root(2, ALICE | BOB | CAROL, 2, ALICE | BOB);
	add_root(3, CAROL, 1, BOB | CAROL);
	assert_ok(publish(), fix.err);
	ck_assert_int_eq(newest("root"), 4);
	for (int64_t version = 5; version <= 9; version++) {
		add_root(version, CAROL, 1, CAROL);
		assert_ok(publish(), fix.err);
	}
	/* As text, "10." stands before "9.", and "11." too. */
	add_root(11, CAROL, 1, CAROL);
	add_root(10, CAROL, 1, CAROL);
	assert_ok(publish(), fix.err);
	ck_assert_int_eq(newest("root"), 11);
}
END_TEST

START_TEST(refuses_a_role_that_is_not_just_signed_anew)
{
	int64_t expires = vk_clock_now() + YEAR;

	found();
	add_role(1, 1, expires, ALICE | BOB);
	assert_fails(publish(), VK_ENOTFOUND); /* nothing was released yet */
	assert_ok(fleet_fixture_run(&fix, run_store_role), fix.err);
	add_role(2, 1, expires, ALICE);
	assert_fails(publish(), VK_EUNTRUSTED);
	add_role(2, 1, expires, ALICE | CAROL);
	assert_fails(publish(), VK_EUNTRUSTED);
	add_role(2, 2, expires, ALICE | BOB); /* another release */
	assert_fails(publish(), VK_EUNTRUSTED);
	add_role(1, 1, expires, ALICE | BOB); /* not newer */
	assert_fails(publish(), VK_ECONFLICT);
	add_role(2 + PUBLISH_MAX_MISSED, 1, expires, ALICE | BOB); /* too far */
	assert_fails(publish(), VK_ECONFLICT);
	add_role(2, 1, vk_clock_now() - 1, ALICE | BOB);
	assert_fails(publish(), VK_EUNTRUSTED);
	add_role(2, 1, vk_clock_now() + 2L * YEAR, ALICE | BOB);
	assert_fails(publish(), VK_EUNTRUSTED);
	ck_assert_int_eq(newest("prod"), 1);
}
END_TEST

START_TEST(a_role_that_is_signed_anew_gets_a_new_snapshot)
{
	found();
	assert_ok(fleet_fixture_run(&fix, run_store_role), fix.err);
	add_role(2, 1, vk_clock_now() + YEAR, ALICE | BOB);
	up.scope = PUBLISH_ROLES;
	assert_ok(publish(), fix.err);
	ck_assert_int_eq(newest("prod"), 2);
	ck_assert_int_eq(newest("snapshot"), 2);
	ck_assert_int_eq(newest("timestamp"), 2);
}
END_TEST

START_TEST(who_may_only_sign_anew_brings_no_root)
{
	found();
	add_root(2, ALICE | BOB, 2, ALICE | BOB);
	up.scope = PUBLISH_ROLES;
	assert_fails(publish(), VK_EINPUT);
	add_targets(2, ALICE | BOB);
	up.scope = PUBLISH_ROLES;
	assert_fails(publish(), VK_EINPUT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("publish_trust");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_root_that_skips_a_version);
	tcase_add_test(tc, refuses_a_root_without_the_threshold_of_the_one_before);
	tcase_add_test(tc, refuses_a_root_without_its_own_threshold);
	tcase_add_test(tc, refuses_a_root_that_would_leave_targets_without_its_threshold);
	tcase_add_test(tc, takes_a_chain_of_roots_in_any_order_of_files);
	tcase_add_test(tc, refuses_a_role_that_is_not_just_signed_anew);
	tcase_add_test(tc, a_role_that_is_signed_anew_gets_a_new_snapshot);
	tcase_add_test(tc, who_may_only_sign_anew_brings_no_root);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
