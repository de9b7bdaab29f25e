/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes: submitted, approved until the threshold is reached, stale, rejected. */
#include "config.h"

#include "server/change.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/render.h"
#include "common/release.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_meta.h"
#include "server/store/store_environment.h"
#include "server/store/store_log.h"
#include "server/store/store_release.h"
#include "server/store/store_tree.h"
#include "server/store/store_tuf.h"
#include "server/store/store_user.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

enum { ALICE, BOB, CAROL };

static const char tree_digest[] =
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const char bundle_text[] = "{\"instance\":\"db1/main\"}";

static struct fleet_fixture fix;

static void setup(void)
{
	fleet_fixture_init(&fix);
	fleet_fixture_add_users(&fix);
}

static void teardown(void)
{
	fleet_fixture_release(&fix);
}

static enum vk_rc upload(
	int64_t root, size_t root_signatures, int64_t targets, size_t targets_signatures)
{
	return fleet_fixture_upload(&fix, root, root_signatures, targets, targets_signatures);
}

/* A change of prod with one bundle. */
struct submit {
	struct writer_command command;
	struct change_submission submission;
	int64_t id;
};

static enum vk_rc run_submit(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	static const struct store_tree_file file = {
		.path = "fleet.yaml", .text = "fleet: demo\n", .len = 12};
	struct submit *submit = (struct submit *)command;
	enum vk_rc rc =
		store_add_tree(writer_tx_store(tx), tree_digest, &file, 1, "carol",
			writer_tx_now(tx), err);

	return rc == VK_OK ? change_submit(tx, &submit->submission, &submit->id, err) : rc;
}

static void describe_document(
	struct tuf_release_spec *spec, int64_t number, const char *text, size_t len)
{
	spec->number = number;
	spec->length = len;
	vk_sha256(text, len, spec->sha256);
}

/* Document and metadata of the release after `base`, by author; tag_digit makes the tag. */
static void make_change(int64_t base, const char *author, char tag_digit, const char *bundle,
	struct vk_buf *document, struct vk_buf *metadata)
{
	char tag[] = "0123456789abcde0";
	struct vk_release release = {.fleet = FIXTURE_FLEET,
		.environment = "prod",
		.number = base + 1,
		.base = base,
		.author = author,
		.message = "raise maxmemory\nbecause it is full",
		.change = tag,
		.created = vk_clock_now(),
		.renderer = CFG_RENDERER_VERSION,
		.bundle_count = 1};
	struct tuf_release_spec specs[2];
	struct tuf_role_spec role = {.environment = "prod",
		.version = base + 1,
		.expires = vk_clock_now() + 365L * 86400,
		.releases = specs,
		.release_count = base > 0 ? 2 : 1};
	struct store_release current;

	tag[15] = tag_digit;
	memset(release.tree, 0, sizeof(release.tree));
	for (size_t i = 0; i < 32; i++)
		release.tree[i] = (uint8_t)((i % 16) * 0x11);
	merkle_leaf_hash(bundle, strlen(bundle), release.bundle_root);
	if (base > 0) {
		assert_ok(store_get_release(fix.store.store, "prod", base, fix.store.arena,
				  &current, &fix.err),
			fix.err);
		release.has_fallback = true;
		release.fallback_release = base;
		memcpy(release.fallback_sha256, current.sha256, VK_SHA256_BYTES);
		describe_document(&specs[1], base, current.document, current.document_len);
	}
	vk_buf_init(document, VK_RELEASE_MAX_BYTES);
	vk_buf_init(metadata, TUF_TARGETS_MAX_BYTES);
	assert_ok(vk_release_format(&release, document, &fix.err), fix.err);
	describe_document(&specs[0], base + 1, document->data, document->len);
	assert_ok(tuf_build_role(&role, metadata, &fix.err), fix.err);
}

static enum vk_rc submit_bundle(
	int64_t base, const char *author, char tag_digit, const char *bundle, int64_t *id)
{
	const struct store_bundle bundles[] = {
		{.instance = "db1/main", .text = bundle_text, .len = strlen(bundle_text)}};
	struct submit submit = {.command = {.name = "change.submit", .run = run_submit},
		.submission = {.user = "carol",
			.environment = "prod",
			.renderer = CFG_RENDERER_VERSION,
			.bundles = bundles,
			.bundle_count = 1}};
	struct vk_buf document, metadata;
	enum vk_rc rc;

	make_change(base, author, tag_digit, bundle, &document, &metadata);
	submit.submission.document = document.data;
	submit.submission.document_len = document.len;
	submit.submission.metadata = metadata.data;
	submit.submission.metadata_len = metadata.len;
	fix.err = (struct vk_err)VK_ERR_INIT;
	rc = writer_execute(fix.writer, &submit.command, &fix.err);
	*id = submit.id;
	vk_buf_release(&document);
	vk_buf_release(&metadata);
	return rc;
}

static enum vk_rc submit(int64_t base, char tag_digit, int64_t *id)
{
	return submit_bundle(base, "carol", tag_digit, bundle_text, id);
}

struct approve {
	struct writer_command command;
	int64_t id;
	int person;	/* whose certificate */
	int key;	/* whose key */
	bool is_forged; /* one bit of the signature is wrong */
	struct change_outcome outcome;
};

static enum vk_rc run_approve(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct approve *approve = (struct approve *)command;
	struct tuf_signature signature;
	struct store_change change;
	enum vk_rc rc = store_get_change(
		writer_tx_store(tx), approve->id, writer_tx_arena(tx), &change, err);

	if (rc != VK_OK)
		return rc;
	tuf_build_sign(change.metadata, change.metadata_len, tuf_key_id(fix.keys[approve->key]),
		fix.people[approve->key], &signature);
	if (approve->is_forged)
		signature.sig[3] = signature.sig[3] == '0' ? '1' : '0';
	return change_approve(tx, approve->id, fixture_names[approve->person], signature.keyid,
		signature.sig, &approve->outcome, err);
}

static enum vk_rc approve_with(
	int64_t id, int person, int key, bool is_forged, struct change_outcome *outcome)
{
	struct approve approve = {.command = {.name = "change.approve", .run = run_approve},
		.id = id,
		.person = person,
		.key = key,
		.is_forged = is_forged};
	enum vk_rc rc;

	fix.err = (struct vk_err)VK_ERR_INIT;
	rc = writer_execute(fix.writer, &approve.command, &fix.err);
	*outcome = approve.outcome;
	return rc;
}

static enum vk_rc approve(int64_t id, int person, struct change_outcome *outcome)
{
	return approve_with(id, person, person, false, outcome);
}

static long long entries(const char *action)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		"SELECT COUNT(*) FROM log_entries WHERE entry LIKE '%%\"action\":\"%s\"%%'",
		action);
	return store_fixture_number(&fix.store, sql);
}

START_TEST(refuses_submissions_that_differ_from_what_the_server_knows)
{
	int64_t id;

	assert_fails(submit(0, '1', &id), VK_ENOTFOUND); /* no such environment yet */
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_fails(submit_bundle(0, "mallory", '1', bundle_text, &id), VK_EUNTRUSTED);
	assert_fails(submit_bundle(0, "carol", '1', "{\"other\":1}", &id), VK_EUNTRUSTED);
	ck_assert_int_eq(store_fixture_number(&fix.store, "SELECT COUNT(*) FROM changes"), 0);
	ck_assert_int_eq(store_fixture_number(&fix.store, "SELECT COUNT(*) FROM bundles"), 0);
	assert_ok(submit(0, '1', &id), fix.err);
	ck_assert_int_eq(id, 1);
	assert_fails(submit(0, '1', &id), VK_ECONFLICT); /* the same tag */
	ck_assert_int_eq(entries("change.submit"), 1);
}
END_TEST

START_TEST(refuses_approvals_that_do_not_count)
{
	struct change_outcome outcome;
	int64_t id;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &id), fix.err);
	assert_fails(approve(99, ALICE, &outcome), VK_ENOTFOUND);
	assert_fails(approve(id, CAROL, &outcome), VK_EDENIED); /* the author */
	assert_fails(approve_with(id, ALICE, BOB, false, &outcome), VK_EDENIED);
	assert_fails(approve_with(id, ALICE, ALICE, true, &outcome), VK_EUNTRUSTED);
	ck_assert_int_eq(store_fixture_number(&fix.store, "SELECT COUNT(*) FROM approvals"), 0);
	assert_ok(approve(id, ALICE, &outcome), fix.err);
	ck_assert_int_eq(outcome.state, CHANGE_OPEN);
	ck_assert_uint_eq(outcome.approvals, 1);
	ck_assert_uint_eq(outcome.threshold, 2);
	assert_fails(approve(id, ALICE, &outcome), VK_ECONFLICT);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "prod"), 0);
	ck_assert_int_eq(entries("change.approve"), 1);
}
END_TEST

static enum vk_rc run_revoke(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return store_revoke_user(writer_tx_store(tx), fixture_names[ALICE], writer_tx_now(tx), err);
}

START_TEST(an_approval_of_somebody_revoked_since_does_not_count)
{
	struct change_outcome outcome;
	int64_t id;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &id), fix.err);
	assert_ok(approve(id, ALICE, &outcome), fix.err);
	assert_ok(fleet_fixture_run(&fix, run_revoke), fix.err);
	assert_ok(approve(id, BOB, &outcome), fix.err);
	ck_assert_int_eq(outcome.state, CHANGE_OPEN);
	ck_assert_uint_eq(outcome.approvals, 1);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "prod"), 0);
}
END_TEST

START_TEST(the_last_approval_that_is_needed_publishes_the_release)
{
	const struct store_bundle *bundles;
	struct change_outcome outcome;
	struct store_release release;
	uint8_t leaf[MERKLE_HASH_BYTES];
	int64_t id;
	size_t count;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &id), fix.err);
	assert_ok(approve(id, ALICE, &outcome), fix.err);
	assert_ok(approve(id, BOB, &outcome), fix.err);
	ck_assert_int_eq(outcome.state, CHANGE_RELEASED);
	ck_assert_int_eq(outcome.release, 1);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "prod"), 1);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "snapshot"), 2);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "timestamp"), 2);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_PUBLICATION | WRITER_CHANGED_LOG);
	assert_ok(
		store_get_release(fix.store.store, "prod", 0, fix.store.arena, &release, &fix.err),
		fix.err);
	ck_assert_uint_eq(release.approver_count, 2);
	ck_assert_str_eq(release.approvers[1], "bob");
	assert_ok(store_list_host_bundles(fix.store.store, "prod", 1, "db1", fix.store.arena,
			  &bundles, &count, &fix.err),
		fix.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(bundles[0].text, bundle_text);
	merkle_leaf_hash(bundles[0].text, bundles[0].len, leaf);
	assert_ok(merkle_verify_inclusion(leaf, 0, 1, &bundles[0].proof, leaf, &fix.err), fix.err);
	ck_assert_int_eq(entries("release.publish"), 1);
	assert_fails(approve(id, CAROL, &outcome), VK_ECONFLICT);
}
END_TEST

START_TEST(other_open_changes_become_stale_with_an_entry)
{
	struct change_outcome outcome;
	struct store_change change;
	int64_t first, second, third;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &first), fix.err);
	assert_ok(submit(0, '2', &second), fix.err);
	assert_ok(approve(second, ALICE, &outcome), fix.err);
	assert_ok(approve(first, ALICE, &outcome), fix.err);
	assert_ok(approve(first, BOB, &outcome), fix.err);
	assert_ok(store_get_change(fix.store.store, second, fix.store.arena, &change, &fix.err),
		fix.err);
	ck_assert_int_eq(change.state, CHANGE_STALE);
	ck_assert_int_eq(entries("change.stale"), 1);
	assert_fails(approve(second, BOB, &outcome), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.hint, "submit"));
	assert_fails(submit(0, '3', &third), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "stale"));
	assert_ok(submit(1, '3', &third), fix.err);
	assert_ok(approve(third, ALICE, &outcome), fix.err);
	assert_ok(approve(third, BOB, &outcome), fix.err);
	ck_assert_int_eq(outcome.release, 2);
}
END_TEST

struct reject {
	struct writer_command command;
	int64_t id;
	const char *user;
	bool is_author_only;
};

static enum vk_rc run_reject(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct reject *reject = (const struct reject *)command;

	return change_reject(tx, reject->id, reject->user, reject->is_author_only, "no", err);
}

static enum vk_rc reject(int64_t id, const char *user, bool is_author_only)
{
	struct reject reject = {.command = {.name = "change.reject", .run = run_reject},
		.id = id,
		.user = user,
		.is_author_only = is_author_only};

	fix.err = (struct vk_err)VK_ERR_INIT;
	return writer_execute(fix.writer, &reject.command, &fix.err);
}

START_TEST(authors_reject_their_own_and_approvers_any)
{
	int64_t first, second;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &first), fix.err);
	assert_ok(submit(0, '2', &second), fix.err);
	assert_fails(reject(first, "dave", true), VK_EDENIED);
	assert_ok(reject(first, "carol", true), fix.err);
	assert_ok(reject(second, "bob", false), fix.err);
	assert_fails(reject(second, "bob", false), VK_ECONFLICT);
	ck_assert_int_eq(entries("change.reject"), 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("change");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_submissions_that_differ_from_what_the_server_knows);
	tcase_add_test(tc, refuses_approvals_that_do_not_count);
	tcase_add_test(tc, an_approval_of_somebody_revoked_since_does_not_count);
	tcase_add_test(tc, the_last_approval_that_is_needed_publishes_the_release);
	tcase_add_test(tc, other_open_changes_become_stale_with_an_entry);
	tcase_add_test(tc, authors_reject_their_own_and_approvers_any);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
