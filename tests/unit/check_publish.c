/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/publish.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/render.h"
#include "common/release.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_meta.h"
#include "server/change.h"
#include "server/store/store_environment.h"
#include "server/store/store_log.h"
#include "server/store/store_release.h"
#include "server/store/store_tree.h"
#include "server/store/store_tuf.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

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

START_TEST(refuses_uploads_without_the_threshold_of_signatures)
{
	assert_fails(upload(1, 1, 1, 2), VK_EUNTRUSTED);
	assert_fails(upload(1, 2, 1, 1), VK_EUNTRUSTED);
	assert_fails(upload(1, 2, 1, 0), VK_EUNTRUSTED);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "root"), 0);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "snapshot"), 0);
}
END_TEST

START_TEST(refuses_uploads_that_are_incomplete_or_out_of_order)
{
	assert_fails(upload(0, 0, 1, 2), VK_EINPUT);
	assert_fails(upload(1, 2, 0, 0), VK_EINPUT);
	assert_fails(upload(2, 2, 1, 2), VK_ECONFLICT);
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_fails(upload(1, 2, 0, 0), VK_ECONFLICT);
	assert_fails(upload(3, 2, 0, 0), VK_ECONFLICT);
	assert_fails(upload(0, 0, 1, 2), VK_ECONFLICT);
	assert_ok(upload(0, 0, 3, 2), fix.err); /* a rebuilt server may have missed one */
	assert_fails(upload(0, 0, 2, 2), VK_ECONFLICT);
	assert_fails(fleet_fixture_upload_files(&fix, NULL, 0), VK_EINPUT);
}
END_TEST

START_TEST(refuses_files_under_wrong_names_and_garbage)
{
	struct vk_buf root;
	struct publish_file file = {.name = "2.root.json"};

	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	fleet_fixture_root(&fix, 1, 2, &root);
	file.text = root.data;
	file.len = root.len;
	assert_fails(fleet_fixture_upload_files(&fix, &file, 1), VK_EINPUT);
	file.name = "1.snapshot.json";
	assert_fails(fleet_fixture_upload_files(&fix, &file, 1), VK_EINPUT);
	file.name = "1.root.json";
	file.len /= 2;
	ck_assert_int_ne(fleet_fixture_upload_files(&fix, &file, 1), VK_OK);
	vk_buf_release(&root);
}
END_TEST

START_TEST(refuses_a_root_with_other_online_keys)
{
	struct signer *own = fix.signer;
	struct signer_options options = {.fleet = FIXTURE_FLEET};
	struct store_fixture other;
	char path[128];
	struct vk_buf root, targets;
	struct publish_file files[2] = {{.name = "1.root.json"}, {.name = "1.targets.json"}};
	uint8_t seed_hex[64];

	store_fixture_init(&other);
	fixture_make_keys(other.dir);
	snprintf(path, sizeof(path), "%s/online/timestamp.key", other.dir);
	memset(seed_hex, '7', sizeof(seed_hex));
	{
		FILE *key = fopen(path, "w");

		fwrite(seed_hex, 1, sizeof(seed_hex), key);
		fclose(key);
	}
	options.state = other.dir;
	assert_ok(signer_start(&options, &fix.signer, &fix.err), fix.err);
	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	vk_buf_init(&targets, TUF_TARGETS_MAX_BYTES);
	fleet_fixture_root(&fix, 1, 2, &root);
	fleet_fixture_targets(&fix, 1, 2, &targets);
	signer_stop(fix.signer);
	fix.signer = own;
	files[0].text = root.data;
	files[0].len = root.len;
	files[1].text = targets.data;
	files[1].len = targets.len;
	assert_fails(fleet_fixture_upload_files(&fix, files, 2), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "timestamp"));
	vk_buf_release(&root);
	vk_buf_release(&targets);
	store_fixture_release(&other);
}
END_TEST

START_TEST(publishes_root_targets_snapshot_and_timestamp_together)
{
	const struct store_environment *environments;
	struct tuf_meta *root = NULL, *snapshot = NULL, *timestamp = NULL;
	struct store_tuf file;
	size_t count;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_PUBLICATION | WRITER_CHANGED_LOG);
	assert_ok(store_get_tuf(fix.store.store, "root", 0, fix.store.arena, &file, &fix.err),
		fix.err);
	assert_ok(tuf_meta_parse(file.text, file.len, TUF_ROOT, &root, &fix.err), fix.err);
	assert_ok(store_get_tuf(fix.store.store, "snapshot", 0, fix.store.arena, &file, &fix.err),
		fix.err);
	assert_ok(tuf_meta_parse(file.text, file.len, TUF_SNAPSHOT, &snapshot, &fix.err), fix.err);
	assert_ok(tuf_meta_verify(
			  snapshot, tuf_meta_root_role(root, TUF_SNAPSHOT), "snapshot", &fix.err),
		fix.err);
	ck_assert_uint_eq(tuf_meta_file_count(snapshot), 1);
	assert_ok(store_get_tuf(fix.store.store, "timestamp", 0, fix.store.arena, &file, &fix.err),
		fix.err);
	assert_ok(
		tuf_meta_parse(file.text, file.len, TUF_TIMESTAMP, &timestamp, &fix.err), fix.err);
	assert_ok(tuf_meta_verify(timestamp, tuf_meta_root_role(root, TUF_TIMESTAMP), "timestamp",
			  &fix.err),
		fix.err);
	assert_ok(store_list_environments(
			  fix.store.store, fix.store.arena, &environments, &count, &fix.err),
		fix.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(environments[1].name, "prod");
	assert_ok(upload(2, 2, 2, 2), fix.err);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "snapshot"), 2);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "timestamp"), 2);
	tuf_meta_free(root);
	tuf_meta_free(snapshot);
	tuf_meta_free(timestamp);
}
END_TEST

static enum vk_rc run_timestamp(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return publish_timestamp(tx, err);
}

static enum vk_rc run_timestamp_and_fail(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	enum vk_rc rc = run_timestamp(tx, command, err);

	return rc == VK_OK ? vk_err_set(err, VK_EIO, "as the test wants") : rc;
}

/* Whether the timestamp is due when it is so many seconds later, with this lifetime. */
static enum vk_rc ask_due(int64_t later, int64_t lifetime, bool *out)
{
	return publish_is_timestamp_due(
		fix.store.store, lifetime, vk_clock_now() + later, out, &fix.err);
}

START_TEST(the_timestamp_is_signed_anew_at_half_life)
{
	const int64_t life = FIXTURE_TIMESTAMP_SECONDS;
	bool is_due = true;

	assert_fails(ask_due(0, life, &is_due), VK_ENOTFOUND);
	assert_fails(fleet_fixture_run(&fix, run_timestamp), VK_ENOTFOUND);
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(ask_due(life / 2 - 60, life, &is_due), fix.err);
	ck_assert(!is_due);
	assert_ok(ask_due(life / 2, life, &is_due), fix.err);
	ck_assert(is_due);
	is_due = false;
	assert_ok(ask_due(400L * 86400, life, &is_due), fix.err);
	ck_assert(is_due);
	assert_ok(fleet_fixture_run(&fix, run_timestamp), fix.err);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "timestamp"), 2);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "snapshot"), 1);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_PUBLICATION);
}
END_TEST

START_TEST(what_would_live_too_long_is_signed_anew)
{
	const int64_t life = FIXTURE_TIMESTAMP_SECONDS;
	bool is_due = false;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(ask_due(0, life / 2, &is_due), fix.err); /* the setting was lowered */
	ck_assert(is_due);
	is_due = false;
	assert_ok(ask_due(-86400, life, &is_due), fix.err); /* the clock was a day ahead */
	ck_assert(is_due);
	ck_assert_int_eq(
		store_fixture_tamper(&fix.store, "UPDATE tuf_files SET expires = expires + 86400"
						 " WHERE role = 'snapshot'"),
		0);
	assert_ok(fleet_fixture_run(&fix, run_timestamp), fix.err);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "snapshot"), 2);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "timestamp"), 2);
}
END_TEST

START_TEST(a_publication_that_was_undone_skips_its_version)
{
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_fails(fleet_fixture_run(&fix, run_timestamp_and_fail), VK_EIO);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "timestamp"), 1);
	assert_ok(fleet_fixture_run(&fix, run_timestamp), fix.err);
	ck_assert_int_eq(fleet_fixture_newest(&fix, "timestamp"), 3);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("publish");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_uploads_without_the_threshold_of_signatures);
	tcase_add_test(tc, refuses_uploads_that_are_incomplete_or_out_of_order);
	tcase_add_test(tc, refuses_files_under_wrong_names_and_garbage);
	tcase_add_test(tc, refuses_a_root_with_other_online_keys);
	tcase_add_test(tc, publishes_root_targets_snapshot_and_timestamp_together);
	tcase_add_test(tc, the_timestamp_is_signed_anew_at_half_life);
	tcase_add_test(tc, what_would_live_too_long_is_signed_anew);
	tcase_add_test(tc, a_publication_that_was_undone_skips_its_version);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
