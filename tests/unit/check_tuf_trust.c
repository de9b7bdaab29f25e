/* SPDX-License-Identifier: BSD-3-Clause */
/* The update of the four top-level roles: keys, signatures, thresholds and the chain of roots. */
#include "config.h"

#include "common/tuf/tuf_client.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tuf_client_fixture.h"

START_TEST(without_a_pinned_root_nothing_is_requested)
{
	struct vk_buf root;

	vk_buf_init(&root, 100000);
	vk_buf_add(&root, tuf_sim_stored_file(sim, "root")->data,
		tuf_sim_stored_file(sim, "root")->len);
	assert_ok(tuf_sim_store(sim)->remove(tuf_sim_store(sim)->ctx, "root", &err), err);
	assert_refused();
	ck_assert_str_eq(tuf_sim_requests(sim), "");
	assert_ok(tuf_client_pin_root(tuf_sim_store(sim), root.data, root.len, &err), err);
	assert_ok(tuf_sim_refresh(sim, &err), err);
	assert_fails(
		tuf_client_pin_root(tuf_sim_store(sim), root.data, root.len, &err), VK_ECONFLICT);
	vk_buf_release(&root);
}
END_TEST

START_TEST(a_root_that_is_not_signed_is_never_pinned)
{
	struct vk_buf *root = tuf_sim_file(sim, "1.root.json");

	assert_ok(tuf_sim_store(sim)->remove(tuf_sim_store(sim)->ctx, "root", &err), err);
	flip("1.root.json", sig);
	assert_fails(tuf_client_pin_root(tuf_sim_store(sim), root->data, root->len, &err),
		VK_EUNTRUSTED);
	ck_assert_ptr_null(tuf_sim_stored_file(sim, "root"));
}
END_TEST

START_TEST(a_stored_root_that_was_tampered_with_makes_no_request)
{
	struct vk_buf *root = tuf_sim_stored_file(sim, "root");
	char *at = strstr(root->data, sig) + strlen(sig);

	*at = *at == '0' ? '1' : '0';
	assert_refused();
	vk_buf_consume(root, root->len / 2);
	assert_refused();
	ck_assert_str_eq(tuf_sim_requests(sim), "");
}
END_TEST

START_TEST(refuses_a_wrong_signature)
{
	refresh_once();
	tuf_sim_publish(sim, "root");
	tuf_sim_list_hashes(sim, false);
	publish_all();
	flip(second_files[_i], sig);
	assert_refused();
	assert_only_before(_i);
}
END_TEST

START_TEST(refuses_the_key_of_another_role)
{
	static const char *const others[] = {"targets", "snapshot", "timestamp", "timestamp"};

	refresh_once();
	tuf_sim_publish(sim, "root");
	tuf_sim_sign_as(sim, roles[_i], others[_i]);
	if (_i == 0)
		tuf_sim_publish_again(sim, "root");
	publish_all();
	assert_refused();
	assert_only_before(_i);
}
END_TEST

START_TEST(refuses_a_revoked_key)
{
	refresh_once();
	/* The new root has replaced the key; a thief signs with the old one. */
	if (_i == 0) {
		tuf_sim_new_keys(sim, "root", 1, 1, true);
		tuf_sim_limit_signers(sim, "root", 1);
	} else {
		tuf_sim_new_keys(sim, roles[_i], 1, 1, true);
		tuf_sim_limit_signers(sim, roles[_i], 1);
	}
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), _i > 0 ? 2 : 1);
	ck_assert_int_le(tuf_sim_stored(sim, roles[_i]), 1);
}
END_TEST

START_TEST(refuses_too_few_signatures)
{
	tuf_sim_new_keys(sim, roles[_i], 3, 2, _i == 0);
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_ok(tuf_sim_refresh(sim, &err), err);
	tuf_sim_limit_signers(sim, roles[_i], 1);
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), _i > 0 ? 3 : 2);
	ck_assert_int_eq(tuf_sim_stored(sim, roles[_i]), 2);
}
END_TEST

START_TEST(one_key_under_two_ids_is_one_key)
{
	refresh_once();
	tuf_sim_double_key(sim, roles[_i]);
	tuf_sim_set_int(tuf_sim_role(sim, roles[_i]), "threshold", 2);
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_refused();
	ck_assert_int_le(tuf_sim_stored(sim, roles[_i]), 1);
}
END_TEST

START_TEST(two_signatures_with_one_key_id_refuse_the_file)
{
	struct vkjson *doc = NULL;
	struct vk_buf *file;

	refresh_once();
	tuf_sim_publish(sim, "root");
	tuf_sim_list_hashes(sim, false);
	publish_all();
	file = tuf_sim_file(sim, second_files[_i]);
	assert_ok(vkjson_parse(file->data, file->len, &doc, &err), err);
	vkjson_append((struct vkjson *)(uintptr_t)vkjson_get(doc, "signatures"),
		vkjson_ref(vkjson_at(vkjson_get(doc, "signatures"), 0)));
	vk_buf_reset(file);
	vkjson_format(doc, false, file);
	vkjson_free(doc);
	assert_refused();
	assert_only_before(_i);
}
END_TEST

START_TEST(a_key_id_listed_nine_times_is_refused)
{
	struct vkjson *keyids;

	refresh_once();
	keyids = (struct vkjson *)(uintptr_t)vkjson_get(tuf_sim_role(sim, "snapshot"), "keyids");
	for (int i = 0; i < 8; i++)
		vkjson_append(keyids, vkjson_ref(vkjson_at(keyids, 0)));
	tuf_sim_set_int(tuf_sim_role(sim, "snapshot"), "threshold", 6);
	tuf_sim_publish(sim, "root");
	publish_all();
	assert_refused();
	assert_stored(1, 1, 1, 1);
}
END_TEST

START_TEST(bad_signatures_beside_enough_good_ones_do_no_harm)
{
	static const char *const bad[] = {"", "zz", "abc", "00", "deadbeef"};
	struct vkjson *keyids;
	struct vkjson *doc = NULL;
	struct vk_buf *file;

	tuf_sim_new_keys(sim, "timestamp", 7, 1, false);
	keyids = (struct vkjson *)(uintptr_t)vkjson_get(tuf_sim_role(sim, "timestamp"), "keyids");
	vkjson_append(keyids, vkjson_string("0000"));
	tuf_sim_publish(sim, "root");
	tuf_sim_publish(sim, "timestamp");
	file = tuf_sim_file(sim, "timestamp.json");
	assert_ok(vkjson_parse(file->data, file->len, &doc, &err), err);
	for (size_t i = 0; i < 5; i++)
		vkjson_set((struct vkjson *)(uintptr_t)vkjson_at(vkjson_get(doc, "signatures"), i),
			"sig", vkjson_string(bad[i]));
	vk_buf_reset(file);
	vkjson_format(doc, false, file);
	vkjson_free(doc);
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_int_eq(tuf_sim_stored(sim, "timestamp"), 2);
}
END_TEST

START_TEST(refuses_a_key_under_a_wrong_id)
{
	struct vkjson *keys = tuf_sim_keys(sim, "root");
	struct vkjson_iter it = vkjson_iter(keys);

	refresh_once();
	ck_assert(vkjson_next(&it));
	vkjson_set(keys, "00112233", vkjson_ref(it.value));
	tuf_sim_publish(sim, "root");
	assert_refused();
	assert_stored(1, 1, 1, 1);
}
END_TEST

START_TEST(unknown_keys_and_members_are_no_error)
{
	struct vkjson *key = vkjson_object();
	struct vkjson *keyval = vkjson_object();
	struct vk_buf canonical;
	char keyid[VK_SHA256_HEX_BYTES];

	vkjson_set(keyval, "public", vkjson_string("x"));
	vkjson_set(key, "keytype", vkjson_string("post-quantum"));
	vkjson_set(key, "scheme", vkjson_string("post-quantum"));
	vkjson_set(key, "keyval", keyval);
	vkjson_set(key, "keyid_hash_algorithms", vkjson_array());
	vk_buf_init(&canonical, 1000);
	assert_ok(vkjson_canonical(key, &canonical, &err), err);
	vk_sha256_hex(canonical.data, canonical.len, keyid);
	vk_buf_release(&canonical);
	vkjson_append(
		(struct vkjson *)(uintptr_t)vkjson_get(tuf_sim_role(sim, "timestamp"), "keyids"),
		vkjson_string(keyid));
	vkjson_set(tuf_sim_keys(sim, "root"), keyid, key);
	vkjson_set(tuf_sim_part(sim, "root"), "x-more", vkjson_array());
	vkjson_set(tuf_sim_role(sim, "timestamp"), "x-more", vkjson_null());
	tuf_sim_publish(sim, "root");
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), 2);
}
END_TEST

START_TEST(refuses_a_root_that_skips_or_repeats_a_version)
{
	tuf_sim_set_int(tuf_sim_part(sim, "root"), "version", 3);
	tuf_sim_publish_again(sim, "root");
	tuf_sim_serve(sim, "2.root.json", tuf_sim_file(sim, "3.root.json")->data,
		tuf_sim_file(sim, "3.root.json")->len);
	assert_refused();
	tuf_sim_serve(sim, "2.root.json", tuf_sim_file(sim, "1.root.json")->data,
		tuf_sim_file(sim, "1.root.json")->len);
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), 1);
}
END_TEST

START_TEST(a_new_root_needs_the_old_keys_and_its_own)
{
	tuf_sim_new_keys(sim, "root", 2, 2, false);
	tuf_sim_publish(sim, "root"); /* only its own */
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), 1);
}
END_TEST

START_TEST(root_keys_rotate_when_both_have_signed)
{
	tuf_sim_new_keys(sim, "root", 2, 2, true);
	tuf_sim_publish(sim, "root");
	tuf_sim_new_keys(sim, "root", 3, 2, true);
	tuf_sim_publish(sim, "root");
	assert_ok(tuf_sim_refresh(sim, &err), err);
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), 3);
	ck_assert_str_eq(tuf_sim_requests(sim), "2.root.json 3.root.json 4.root.json "
						"timestamp.json 1.snapshot.json 1.targets.json ");
}
END_TEST

START_TEST(a_replaced_root_key_alone_allows_no_rollback)
{
	publish_all();
	refresh_once();
	tuf_sim_new_keys(sim, "root", 1, 1, true);
	tuf_sim_publish(sim, "root");
	tuf_sim_set_int(tuf_sim_part(sim, "timestamp"), "version", 0);
	tuf_sim_publish(sim, "timestamp");
	assert_refused();
	ck_assert_int_eq(tuf_sim_stored(sim, "timestamp"), 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tuf_trust");
	TCase *tcase = tcase_create("tuf_trust");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, refuses_a_wrong_signature, 0, 4);
	tcase_add_loop_test(tcase, refuses_the_key_of_another_role, 0, 4);
	tcase_add_loop_test(tcase, refuses_a_revoked_key, 0, 4);
	tcase_add_loop_test(tcase, refuses_too_few_signatures, 0, 4);
	tcase_add_loop_test(tcase, one_key_under_two_ids_is_one_key, 0, 4);
	tcase_add_loop_test(tcase, two_signatures_with_one_key_id_refuse_the_file, 0, 4);
	tcase_add_test(tcase, a_key_id_listed_nine_times_is_refused);
	tcase_add_test(tcase, refuses_a_key_under_a_wrong_id);
	tcase_add_test(tcase, without_a_pinned_root_nothing_is_requested);
	tcase_add_test(tcase, a_root_that_is_not_signed_is_never_pinned);
	tcase_add_test(tcase, a_stored_root_that_was_tampered_with_makes_no_request);
	tcase_add_test(tcase, refuses_a_root_that_skips_or_repeats_a_version);
	tcase_add_test(tcase, a_new_root_needs_the_old_keys_and_its_own);
	tcase_add_test(tcase, a_replaced_root_key_alone_allows_no_rollback);
	tcase_add_test(tcase, bad_signatures_beside_enough_good_ones_do_no_harm);
	tcase_add_test(tcase, unknown_keys_and_members_are_no_error);
	tcase_add_test(tcase, root_keys_rotate_when_both_have_signed);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
