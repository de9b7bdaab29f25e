/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_change.h"

#include <stdio.h>
#include <string.h>

#include "server/store/store_release.h"
#include "server/store/store_tree.h"
#include "server/store/store_tuf.h"
#include "server/store/store_user.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

static struct store_fixture fix;

static void setup(void)
{
	store_fixture_init(&fix);
}

static void teardown(void)
{
	store_fixture_release(&fix);
}

static void begin(void)
{
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
}

static void commit(void)
{
	assert_ok(store_commit(fix.store, &fix.err), fix.err);
}

START_TEST(trees_are_stored_once_and_come_back_sorted)
{
	static const char digest[] =
		"ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
	const struct store_tree_file files[] = {
		{.path = "roles/a.yaml", .text = "a", .len = 1},
		{.path = "fleet.yaml", .text = "", .len = 0},
	};
	const struct store_tree_file *out;
	size_t count;
	bool has_tree;

	begin();
	assert_ok(store_add_tree(fix.store, digest, files, 2, "carol", 1, &fix.err), fix.err);
	assert_ok(store_add_tree(fix.store, digest, files, 2, "carol", 1, &fix.err), fix.err);
	commit();
	assert_ok(store_has_tree(fix.store, digest, &has_tree, &fix.err), fix.err);
	ck_assert(has_tree);
	assert_ok(store_get_tree(fix.store, digest, fix.arena, &out, &count, &fix.err), fix.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(out[0].path, "fleet.yaml");
	ck_assert_str_eq(out[0].text, "");
	ck_assert_str_eq(out[1].text, "a");
	assert_fails(
		store_get_tree(fix.store, "00", fix.arena, &out, &count, &fix.err), VK_ENOTFOUND);
}
END_TEST

/* Also within one second, and with a clock that was set back. */
START_TEST(who_comes_back_after_a_revocation_has_approved_nothing)
{
	struct store_approval approval = {
		.user = "alice", .keyid = "k1", .sig = "s", .at = FIXTURE_NOW};
	struct store_change change;
	int64_t id;

	begin();
	assert_ok(
		store_add_user(fix.store, "alice", ROLE_APPROVER, FIXTURE_NOW, &fix.err), fix.err);
	id = store_fixture_add_change(&fix, "prod", 1, '1');
	assert_ok(store_add_approval(fix.store, id, &approval, &fix.err), fix.err);
	assert_ok(store_get_change(fix.store, id, fix.arena, &change, &fix.err), fix.err);
	ck_assert(change.approvals[0].is_in_force);
	assert_ok(store_revoke_user(fix.store, "alice", FIXTURE_NOW, &fix.err), fix.err);
	assert_ok(store_get_change(fix.store, id, fix.arena, &change, &fix.err), fix.err);
	ck_assert(!change.approvals[0].is_in_force);
	assert_ok(store_add_user(fix.store, "alice", ROLE_APPROVER, FIXTURE_NOW - _i, &fix.err),
		fix.err);
	assert_ok(store_get_change(fix.store, id, fix.arena, &change, &fix.err), fix.err);
	ck_assert(!change.approvals[0].is_in_force);
	commit();
}
END_TEST

START_TEST(changes_are_filtered_approved_once_per_person_and_closed_once)
{
	struct store_approval approval = {
		.user = "alice", .keyid = "k1", .sig = "s", .at = FIXTURE_NOW};
	struct store_change_filter filter = {.where = {.environment = "prod"}, .has_state = true};
	const struct store_page page = {0};
	struct store_change_list list;
	struct store_change change;
	int64_t first, second;

	begin();
	first = store_fixture_add_change(&fix, "prod", 1, '1');
	second = store_fixture_add_change(&fix, "dev", 1, '2');
	assert_ok(store_add_approval(fix.store, first, &approval, &fix.err), fix.err);
	approval.keyid = "k2";
	assert_fails(store_add_approval(fix.store, first, &approval, &fix.err), VK_ECONFLICT);
	approval.user = "bob";
	assert_ok(store_add_approval(fix.store, first, &approval, &fix.err), fix.err);
	assert_ok(store_reject_change(fix.store, second, "bob", "no", 5, &fix.err), fix.err);
	assert_fails(
		store_reject_change(fix.store, second, "bob", "no", 5, &fix.err), VK_ECONFLICT);
	assert_fails(store_close_change(fix.store, 99, CHANGE_STALE, &fix.err), VK_ENOTFOUND);
	commit();
	assert_ok(
		store_list_changes(fix.store, &filter, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.items[0].approval_count, 2);
	ck_assert_str_eq(list.items[0].approvals[1].user, "bob");
	assert_ok(store_get_change(fix.store, second, fix.arena, &change, &fix.err), fix.err);
	ck_assert_int_eq(change.state, CHANGE_REJECTED);
	ck_assert_str_eq(change.rejection, "no");
	ck_assert_ptr_null(change.commit);
}
END_TEST

START_TEST(releases_are_numbered_and_found_as_tuf_targets)
{
	struct store_release release;
	struct store_release_list list;
	const struct store_page page = {.limit = 1};
	char name[128], hex[VK_SHA256_HEX_BYTES];
	const char *text;
	size_t len;
	int64_t number;

	begin();
	assert_ok(store_get_release_number(fix.store, "prod", &number, &fix.err), fix.err);
	ck_assert_int_eq(number, 0);
	assert_fails(store_get_release(fix.store, "prod", 0, fix.arena, &release, &fix.err),
		VK_ENOTFOUND);
	assert_ok(store_add_release(
			  fix.store, store_fixture_add_change(&fix, "prod", 1, '1'), 7, &fix.err),
		fix.err);
	assert_ok(store_add_release(
			  fix.store, store_fixture_add_change(&fix, "prod", 2, '2'), 8, &fix.err),
		fix.err);
	commit();
	assert_ok(store_get_release(fix.store, "prod", 0, fix.arena, &release, &fix.err), fix.err);
	ck_assert_int_eq(release.number, 2);
	ck_assert(release.is_current);
	assert_ok(store_list_releases(fix.store, NULL, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_int_eq(list.items[0].number, 2);
	ck_assert_ptr_nonnull(list.next);
	vk_digest_format(release.sha256, hex);
	snprintf(name, sizeof(name), "targets/prod/%s.2.json", hex);
	assert_ok(store_get_tuf_file(fix.store, name, fix.arena, &text, &len, &fix.err), fix.err);
	ck_assert_str_eq(text, release.document);
	snprintf(name, sizeof(name), "targets/prod/%s.3.json", hex);
	assert_fails(store_get_tuf_file(fix.store, name, fix.arena, &text, &len, &fix.err),
		VK_ENOTFOUND);
}
END_TEST

START_TEST(tuf_files_only_grow_and_odd_names_are_not_found)
{
	static const char *const odd[] = {"", ".json", "1.json", "x.root.json", "1.root", "1..json",
		"99999999999999999999.root.json", "targets/", "targets/prod", "targets/prod/",
		"targets/prod/00.1.json", "targets/../1.root.json", "0.root.json"};
	struct store_tuf file = {
		.role = "root", .version = 2, .expires = 9, .text = "{}", .len = 2};
	const struct store_tuf *items;
	const char *text;
	size_t count, len;

	begin();
	assert_ok(store_add_tuf(fix.store, &file, 1, &fix.err), fix.err);
	assert_fails(store_add_tuf(fix.store, &file, 1, &fix.err), VK_ECONFLICT);
	file.version = 1;
	assert_fails(store_add_tuf(fix.store, &file, 1, &fix.err), VK_ECONFLICT);
	file.role = "timestamp";
	assert_ok(store_add_tuf(fix.store, &file, 1, &fix.err), fix.err);
	file.version = 2;
	assert_ok(store_add_tuf(fix.store, &file, 1, &fix.err), fix.err);
	commit();
	ck_assert_int_eq(store_fixture_number(&fix, "SELECT COUNT(*) FROM tuf_files"), 2);
	assert_ok(store_list_tuf(fix.store, fix.arena, &items, &count, &fix.err), fix.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(items[1].role, "timestamp");
	assert_ok(store_get_tuf_file(fix.store, "2.root.json", fix.arena, &text, &len, &fix.err),
		fix.err);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ck_assert_msg(store_get_tuf_file(fix.store, odd[i], fix.arena, &text, &len,
				      &fix.err) == VK_ENOTFOUND,
			"found: %s", odd[i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store_change");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, trees_are_stored_once_and_come_back_sorted);
	tcase_add_loop_test(tc, who_comes_back_after_a_revocation_has_approved_nothing, 0, 2);
	tcase_add_test(tc, changes_are_filtered_approved_once_per_person_and_closed_once);
	tcase_add_test(tc, releases_are_numbered_and_found_as_tuf_targets);
	tcase_add_test(tc, tuf_files_only_grow_and_odd_names_are_not_found);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
