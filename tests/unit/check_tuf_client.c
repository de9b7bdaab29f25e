/* SPDX-License-Identifier: BSD-3-Clause */
/* The update of the four top-level roles: order, freshness, rollback, limits, disk. */
#include "config.h"

#include "common/tuf/tuf_client.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tuf_client_fixture.h"

START_TEST(first_refresh_makes_exactly_four_requests)
{
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_str_eq(tuf_sim_requests(sim),
		"2.root.json timestamp.json 1.snapshot.json 1.targets.json ");
	assert_stored(1, 1, 1, 1);
}
END_TEST

START_TEST(second_refresh_makes_exactly_two_requests)
{
	refresh_once();
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_str_eq(tuf_sim_requests(sim), "2.root.json timestamp.json ");
}
END_TEST

START_TEST(only_a_missing_root_ends_the_chain)
{
	tuf_sim_fail_request(sim, "2.root.json", VK_EUNAVAIL);
	assert_fails(tuf_sim_refresh(sim, &err), VK_EUNAVAIL);
	tuf_sim_fail_request(sim, "2.root.json", VK_ELIMIT);
	assert_fails(tuf_sim_refresh(sim, &err), VK_ELIMIT);
	ck_assert_str_eq(tuf_sim_requests(sim), "2.root.json 2.root.json ");
}
END_TEST

START_TEST(an_endless_root_chain_ends)
{
	const char *requests;
	size_t count = 0;

	for (int i = 0; i < TUF_MAX_ROOT_ROTATIONS + 10; i++)
		tuf_sim_publish(sim, "root");
	assert_ok(tuf_sim_refresh(sim, &err), err);
	requests = tuf_sim_requests(sim);
	for (const char *at = requests; (at = strstr(at, ".root.json")) != NULL; at++)
		count++;
	ck_assert_uint_eq(count, TUF_MAX_ROOT_ROTATIONS);
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), TUF_MAX_ROOT_ROTATIONS + 1);
}
END_TEST

START_TEST(an_expired_root_is_kept_and_ends_the_run)
{
	vkjson_set(tuf_sim_part(sim, "root"), "expires", vkjson_time(SIM_NOW));
	tuf_sim_publish(sim, "root");
	assert_refused();
	ck_assert_str_eq(tuf_sim_requests(sim), "2.root.json 3.root.json ");
	assert_stored(2, 0, 0, 0);
	vkjson_set(tuf_sim_part(sim, "root"), "expires", vkjson_time(SIM_NOW + 1));
	tuf_sim_publish(sim, "root");
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), 3);
}
END_TEST

START_TEST(refuses_what_has_expired)
{
	refresh_once();
	tuf_sim_publish(sim, "root");
	vkjson_set(tuf_sim_part(sim, roles[_i]), "expires", vkjson_time(SIM_NOW));
	publish_all();
	assert_refused();
	assert_only_before(_i);
}
END_TEST

START_TEST(expired_local_files_are_replaced)
{
	refresh_once();
	tuf_sim_set_now(sim, SIM_NOW + 2 * SIM_DAY);
	for (size_t i = 0; i < 4; i++)
		vkjson_set(
			tuf_sim_part(sim, roles[i]), "expires", vkjson_time(SIM_NOW + 3 * SIM_DAY));
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_ok(tuf_sim_refresh(sim, &err), err);
	assert_stored(2, 2, 2, 2);
}
END_TEST

START_TEST(a_frozen_repository_is_noticed)
{
	refresh_once();
	tuf_sim_set_now(sim, SIM_NOW + SIM_DAY);
	assert_refused();
}
END_TEST

START_TEST(refuses_an_older_timestamp)
{
	struct vk_buf old;

	tuf_sim_sign(sim, "timestamp", &old);
	tuf_sim_publish(sim, "timestamp");
	refresh_once();
	tuf_sim_serve(sim, "timestamp.json", old.data, old.len);
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, "timestamp"), 2);
	vk_buf_release(&old);
}
END_TEST

START_TEST(refuses_a_timestamp_with_an_older_snapshot)
{
	tuf_sim_list_hashes(sim, _i == 1);
	publish_all();
	refresh_once();
	tuf_sim_set_int(tuf_sim_part(sim, "snapshot"), "version", 0);
	tuf_sim_publish_online(sim);
	assert_refused();
	assert_stored(1, 2, 2, 2);
}
END_TEST

START_TEST(refuses_a_snapshot_with_older_targets)
{
	tuf_sim_list_hashes(sim, _i == 1);
	publish_all();
	refresh_once();
	tuf_sim_set_int(tuf_sim_part(sim, "targets"), "version", 0);
	publish_all();
	assert_refused();
	assert_stored(1, 3, 2, 2);
}
END_TEST

START_TEST(refuses_a_snapshot_in_which_a_role_has_vanished)
{
	tuf_sim_delegate(sim, "targets", "prod", "prod/*", true);
	tuf_sim_publish(sim, "prod");
	publish_all();
	refresh_once();
	tuf_sim_publish(sim, "snapshot");
	vkjson_unset((struct vkjson *)(uintptr_t)vkjson_get(tuf_sim_part(sim, "snapshot"), "meta"),
		"prod.json");
	tuf_sim_publish_again(sim, "snapshot");
	tuf_sim_publish(sim, "timestamp");
	assert_refused();
	assert_stored(1, 3, 2, 2);
}
END_TEST

START_TEST(the_same_timestamp_version_keeps_the_old_content)
{
	struct vk_buf old;

	tuf_sim_sign(sim, "timestamp", &old);
	refresh_once();
	tuf_sim_publish(sim, "snapshot");
	tuf_sim_set_int(tuf_sim_part(sim, "timestamp"), "version", 0);
	tuf_sim_publish(sim, "timestamp");
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_str_eq(tuf_sim_requests(sim), "2.root.json timestamp.json ");
	ck_assert_str_eq(tuf_sim_stored_file(sim, "timestamp")->data, old.data);
	assert_stored(1, 1, 1, 1);
	vk_buf_release(&old);
}
END_TEST

START_TEST(refuses_mixed_versions)
{
	static const char *const names[] = {"2.snapshot.json", "2.targets.json"};
	static const char *const old[] = {"1.snapshot.json", "1.targets.json"};
	const struct vk_buf *file;

	refresh_once();
	tuf_sim_list_hashes(sim, false);
	publish_all();
	file = tuf_sim_file(sim, old[_i]);
	tuf_sim_serve(sim, names[_i], file->data, file->len);
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, _i == 0 ? "snapshot" : "targets"), 1);
	ck_assert_int_eq(tuf_sim_stored(sim, "timestamp"), 2);
}
END_TEST

START_TEST(refuses_a_file_that_is_not_the_listed_one)
{
	static const char *const names[] = {"2.snapshot.json", "2.targets.json"};
	struct vk_buf *file;

	refresh_once();
	publish_all();
	file = tuf_sim_file(sim, names[_i]);
	ck_assert_str_eq(file->data + file->len - 2, "}\n");
	file->data[file->len - 1] = ' '; /* as valid as before, but other bytes */
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, _i == 0 ? "snapshot" : "targets"), 1);
	ck_assert_int_eq(tuf_sim_stored(sim, "timestamp"), 2);
	file->data[file->len - 1] = '\n';
	assert_ok(tuf_sim_refresh(sim, &err), err);
}
END_TEST

START_TEST(refuses_more_bytes_than_allowed)
{
	static const size_t limits[] = {
		TUF_ROOT_MAX_BYTES, TUF_TIMESTAMP_MAX_BYTES, TUF_SNAPSHOT_MAX_BYTES, 0};
	char pad[100000];
	struct vk_buf *file;
	size_t limit = limits[_i];

	memset(pad, ' ', sizeof(pad));
	refresh_once();
	tuf_sim_publish(sim, "root");
	tuf_sim_list_hashes(sim, _i == 3);
	publish_all();
	file = tuf_sim_file(sim, second_files[_i]);
	if (limit == 0)
		limit = file->len;
	while (file->len <= limit) {
		size_t room = limit + 1 - file->len;

		vk_buf_add(file, pad, room < sizeof(pad) ? room : sizeof(pad));
	}
	assert_fails(tuf_sim_refresh(sim, &err), VK_ELIMIT);
	vk_buf_reset(file);
}
END_TEST

START_TEST(refuses_properly_signed_metadata_of_another_type)
{
	struct vk_buf file;

	tuf_sim_sign_as(sim, "snapshot", "timestamp");
	tuf_sim_sign(sim, "snapshot", &file);
	tuf_sim_serve(sim, "timestamp.json", file.data, file.len);
	vk_buf_release(&file);
	assert_refused();
	assert_stored(1, 0, 0, 0);
}
END_TEST

START_TEST(missing_metadata_is_tried_again_later)
{
	refresh_once();
	tuf_sim_publish(sim, "root");
	publish_all();
	if (_i == 0)
		return; /* a missing root is the end of the chain */
	tuf_sim_remove_file(sim, second_files[_i]);
	assert_fails(tuf_sim_refresh(sim, &err), VK_EUNAVAIL);
	assert_only_before(_i);
}
END_TEST

START_TEST(replaced_online_keys_allow_lower_versions)
{
	static const char *const rotated[] = {"timestamp", "snapshot"};

	for (int i = 0; i < 5; i++)
		publish_all();
	refresh_once();
	/* A thief of the online keys has driven the versions up; the owners start again. */
	tuf_sim_new_keys(sim, rotated[_i], 1, 1, false);
	tuf_sim_publish(sim, "root");
	tuf_sim_set_int(tuf_sim_part(sim, "timestamp"), "version", 0);
	tuf_sim_set_int(tuf_sim_part(sim, "snapshot"), "version", 0);
	tuf_sim_set_int(tuf_sim_part(sim, "targets"), "version", 2);
	publish_all();
	assert_ok(tuf_sim_refresh(sim, &err), err);
	assert_stored(2, 1, 1, 3);
}
END_TEST

START_TEST(a_given_timestamp_is_checked_like_a_fetched_one)
{
	struct tuf_client *client = tuf_sim_client(sim);
	struct vk_buf old, new;

	tuf_sim_sign(sim, "timestamp", &old);
	publish_all();
	tuf_sim_sign(sim, "timestamp", &new);
	assert_ok(tuf_client_refresh_with_timestamp(client, new.data, new.len, &err), err);
	ck_assert_str_eq(tuf_sim_requests(sim), "2.root.json 2.snapshot.json 2.targets.json ");
	assert_fails(
		tuf_client_refresh_with_timestamp(client, old.data, old.len, &err), VK_EUNTRUSTED);
	ck_assert_ptr_null(tuf_client_targets(client));
	assert_fails(tuf_client_refresh_with_timestamp(client, "{}", 2, &err), VK_EUNTRUSTED);
	assert_ok(tuf_client_refresh_with_timestamp(client, new.data, new.len, &err), err);
	ck_assert_int_eq(tuf_meta_version(tuf_client_targets(client)), 2);
	tuf_client_free(client);
	vk_buf_release(&old);
	vk_buf_release(&new);
}
END_TEST

START_TEST(stored_metadata_is_verified_without_requests)
{
	struct tuf_client *client = tuf_sim_client(sim);

	assert_fails(tuf_client_load(client, &err), VK_EUNAVAIL);
	refresh_once();
	assert_ok(tuf_client_load(client, &err), err);
	ck_assert_int_eq(tuf_meta_version(tuf_client_root(client)), 1);
	ck_assert_int_eq(tuf_meta_version(tuf_client_snapshot(client)), 1);
	ck_assert_int_eq(tuf_meta_version(tuf_client_timestamp(client)), 1);
	ck_assert_str_eq(tuf_sim_requests(sim), "");
	tuf_client_free(client);
	tuf_sim_set_now(sim, SIM_NOW + SIM_DAY);
	client = tuf_sim_client(sim);
	assert_fails(tuf_client_load(client, &err), VK_EUNTRUSTED);
	tuf_client_free(client);
}
END_TEST

START_TEST(a_full_disk_leaves_a_state_from_which_the_next_run_goes_on)
{
	refresh_once();
	tuf_sim_publish(sim, "root");
	publish_all();
	for (unsigned n = 0; n < 4; n++) {
		tuf_sim_fail_save(sim, 1);
		assert_fails(tuf_sim_refresh(sim, &err), VK_EIO);
		assert_only_before((int)n);
		tuf_sim_fail_save(sim, 2); /* one step further */
		if (n < 3)
			assert_fails(tuf_sim_refresh(sim, &err), VK_EIO);
	}
	tuf_sim_fail_save(sim, 0);
	assert_ok(tuf_sim_refresh(sim, &err), err);
	assert_stored(2, 2, 2, 2);
}
END_TEST

START_TEST(works_without_consistent_snapshots)
{
	vkjson_set(tuf_sim_part(sim, "root"), "consistent_snapshot", vkjson_bool(false));
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_str_eq(tuf_sim_requests(sim),
		"2.root.json 3.root.json timestamp.json snapshot.json targets.json ");
	assert_stored(2, 2, 2, 2);
}
END_TEST

START_TEST(stored_bytes_are_the_received_ones)
{
	tuf_sim_list_hashes(sim, false);
	publish_all();
	vk_buf_adds(tuf_sim_file(sim, "2.targets.json"), " \n\t ");
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_str_eq(tuf_sim_stored_file(sim, "targets")->data,
		tuf_sim_file(sim, "2.targets.json")->data);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tuf_client");
	TCase *tcase = tcase_create("tuf_client");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, only_a_missing_root_ends_the_chain);
	tcase_add_test(tcase, an_endless_root_chain_ends);
	tcase_add_test(tcase, an_expired_root_is_kept_and_ends_the_run);
	tcase_add_loop_test(tcase, refuses_what_has_expired, 1, 4);
	tcase_add_test(tcase, a_frozen_repository_is_noticed);
	tcase_add_test(tcase, refuses_an_older_timestamp);
	tcase_add_loop_test(tcase, refuses_a_timestamp_with_an_older_snapshot, 0, 2);
	tcase_add_loop_test(tcase, refuses_a_snapshot_with_older_targets, 0, 2);
	tcase_add_test(tcase, refuses_a_snapshot_in_which_a_role_has_vanished);
	tcase_add_loop_test(tcase, refuses_mixed_versions, 0, 2);
	tcase_add_loop_test(tcase, refuses_a_file_that_is_not_the_listed_one, 0, 2);
	tcase_add_loop_test(tcase, refuses_more_bytes_than_allowed, 0, 4);
	tcase_add_test(tcase, refuses_properly_signed_metadata_of_another_type);
	tcase_add_test(tcase, a_given_timestamp_is_checked_like_a_fetched_one);
	tcase_add_test(tcase, a_full_disk_leaves_a_state_from_which_the_next_run_goes_on);
	tcase_add_loop_test(tcase, missing_metadata_is_tried_again_later, 1, 4);
	tcase_add_test(tcase, first_refresh_makes_exactly_four_requests);
	tcase_add_test(tcase, second_refresh_makes_exactly_two_requests);
	tcase_add_test(tcase, expired_local_files_are_replaced);
	tcase_add_test(tcase, the_same_timestamp_version_keeps_the_old_content);
	tcase_add_loop_test(tcase, replaced_online_keys_allow_lower_versions, 0, 2);
	tcase_add_test(tcase, stored_metadata_is_verified_without_requests);
	tcase_add_test(tcase, works_without_consistent_snapshots);
	tcase_add_test(tcase, stored_bytes_are_the_received_ones);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
