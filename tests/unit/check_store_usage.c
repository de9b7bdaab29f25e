/* SPDX-License-Identifier: BSD-3-Clause */
/* What an author takes on the disk, and what of it is forgotten when nobody needs it any more. */
#include "config.h"

#include "server/store/store_usage.h"

#include <string.h>

#include "server/store/store_bundle.h"
#include "server/store/store_change.h"
#include "server/store/store_release.h"
#include "server/store/store_tree.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

static struct store_fixture fix;

/* The tree of store_fixture_add_change(): path and text. */
enum { TREE_BYTES = 10 + 12, CHANGE_BYTES = 12 + 2 };

static void setup(void)
{
	store_fixture_init(&fix);
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
}

static void teardown(void)
{
	assert_ok(store_commit(fix.store, &fix.err), fix.err);
	store_fixture_release(&fix);
}

static int64_t usage_of(const char *author)
{
	int64_t bytes = -1;

	assert_ok(store_get_usage(fix.store, author, &bytes, &fix.err), fix.err);
	return bytes;
}

static int64_t number(const char *sql)
{
	int64_t value;

	assert_ok(store_commit(fix.store, &fix.err), fix.err);
	value = store_fixture_number(&fix, sql);
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
	return value;
}

/* Bundles of three instances; the first is the same in every change. */
static void add_bundles(int64_t change, const char *text)
{
	const struct store_bundle bundles[] = {
		{.instance = "db1/main", .text = "same", .len = 4},
		{.instance = "db2/main", .text = text, .len = strlen(text)},
		{.instance = "db3/main", .text = text, .len = strlen(text)},
	};
	uint8_t root[MERKLE_HASH_BYTES];

	assert_ok(store_add_bundles(fix.store, change, bundles, 3, root, &fix.err), fix.err);
}

static unsigned clean(int64_t before)
{
	unsigned count = 0;
	bool has_some = false;

	assert_ok(store_has_unneeded_trees(fix.store, before, &has_some, &fix.err), fix.err);
	assert_ok(store_clean_trees(fix.store, before, 10, &count, &fix.err), fix.err);
	ck_assert(has_some == (count > 0));
	return count;
}

START_TEST(what_is_not_released_counts_for_its_author)
{
	int64_t id;

	ck_assert_int_eq(usage_of("carol"), 0);
	id = store_fixture_add_change(&fix, "prod", 1, '1');
	add_bundles(id, "12345");
	ck_assert_int_eq(usage_of("carol"), TREE_BYTES + CHANGE_BYTES + 4 + 5 + 5);
	ck_assert_int_eq(usage_of("dora"), 0);
	store_fixture_add_change(&fix, "prod", 1, '2'); /* of the same tree */
	ck_assert_int_eq(usage_of("carol"), TREE_BYTES + 2 * CHANGE_BYTES + 14);
	assert_ok(store_close_change(fix.store, id, CHANGE_RELEASED, &fix.err), fix.err);
	assert_ok(store_add_release(fix.store, id, FIXTURE_NOW, &fix.err), fix.err);
	ck_assert_int_eq(usage_of("carol"), CHANGE_BYTES);
}
END_TEST

START_TEST(bundles_of_a_change_that_becomes_no_release_are_forgotten)
{
	int64_t released = store_fixture_add_change(&fix, "prod", 1, '1');
	int64_t rejected = store_fixture_add_change(&fix, "prod", 1, '2');
	int64_t stale = store_fixture_add_change(&fix, "prod", 1, '3');
	struct store_change change;

	add_bundles(released, "first");
	add_bundles(rejected, "second");
	add_bundles(stale, "third");
	ck_assert_int_eq(number("SELECT COUNT(*) FROM bundles"), 4);
	assert_ok(store_close_change(fix.store, released, CHANGE_RELEASED, &fix.err), fix.err);
	assert_ok(store_add_release(fix.store, released, FIXTURE_NOW, &fix.err), fix.err);
	assert_ok(store_reject_change(fix.store, rejected, "bob", "no", 5, &fix.err), fix.err);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM bundles"), 3);
	assert_ok(store_close_change(fix.store, stale, CHANGE_STALE, &fix.err), fix.err);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM bundles"), 2);
	ck_assert_int_eq(number("SELECT COUNT(DISTINCT change_id) FROM change_bundles"), 1);
	ck_assert_int_eq(number("SELECT COUNT(DISTINCT change_id) FROM change_nodes"), 1);
	ck_assert_int_eq(usage_of("carol"), 2 * CHANGE_BYTES);
	/* Its words stay. */
	assert_ok(store_get_change(fix.store, rejected, fix.arena, &change, &fix.err), fix.err);
	ck_assert_uint_eq(change.document_len, 12);
}
END_TEST

START_TEST(a_tree_is_forgotten_when_it_is_old_and_nothing_needs_it)
{
	const struct store_tree_file files[] = {
		{.path = "fleet.yaml", .text = "fleet: demo\n", .len = 12},
		{.path = "roles/a.yaml", .text = "only here\n", .len = 10},
	};
	char digest[] = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
	int64_t id = store_fixture_add_change(&fix, "prod", 1, '1');
	const struct store_tree_file *out;
	struct store_change change;
	bool is_there = true;
	size_t count;

	assert_ok(store_add_tree(fix.store, digest, files, 2, "dora", FIXTURE_NOW, &fix.err),
		fix.err);
	ck_assert_uint_eq(clean(FIXTURE_NOW), 0);
	ck_assert_uint_eq(clean(FIXTURE_NOW + 1), 1); /* the open change keeps its own */
	ck_assert_int_eq(usage_of("dora"), 0);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM trees"), 1);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM blobs"), 1);
	assert_ok(store_reject_change(fix.store, id, "bob", "no", 5, &fix.err), fix.err);
	ck_assert_uint_eq(clean(FIXTURE_NOW + 1), 1);
	ck_assert_uint_eq(clean(FIXTURE_NOW + 1), 0);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM blobs"), 0);
	assert_ok(store_get_change(fix.store, id, fix.arena, &change, &fix.err), fix.err);
	assert_ok(store_has_tree(fix.store, change.tree, &is_there, &fix.err), fix.err);
	ck_assert(!is_there);
	assert_fails(store_get_tree(fix.store, change.tree, fix.arena, &out, &count, &fix.err),
		VK_ENOTFOUND);
	/* Uploaded again it is whole, and counts again. */
	store_fixture_add_change(&fix, "prod", 1, '2');
	assert_ok(
		store_get_tree(fix.store, change.tree, fix.arena, &out, &count, &fix.err), fix.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(out[0].text, "fleet: demo\n");
	ck_assert_int_eq(usage_of("carol"), TREE_BYTES + 2 * CHANGE_BYTES);
}
END_TEST

START_TEST(what_is_released_stays_for_ever)
{
	int64_t id = store_fixture_add_change(&fix, "prod", 1, '1');

	add_bundles(id, "first");
	assert_ok(store_close_change(fix.store, id, CHANGE_RELEASED, &fix.err), fix.err);
	assert_ok(store_add_release(fix.store, id, FIXTURE_NOW, &fix.err), fix.err);
	ck_assert_uint_eq(clean(2 * (int64_t)FIXTURE_NOW), 0);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM tree_files"), 1);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM bundles"), 2);
}
END_TEST

START_TEST(only_so_many_trees_go_at_once)
{
	const struct store_tree_file file = {.path = "fleet.yaml", .text = "x", .len = 1};
	char digest[] = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

	for (int i = 0; i < 13; i++) {
		digest[0] = (char)('a' + i);
		assert_ok(
			store_add_tree(fix.store, digest, &file, 1, "dora", 1, &fix.err), fix.err);
	}
	ck_assert_uint_eq(clean(2), 10);
	ck_assert_uint_eq(clean(2), 3);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store_usage");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_not_released_counts_for_its_author);
	tcase_add_test(tc, bundles_of_a_change_that_becomes_no_release_are_forgotten);
	tcase_add_test(tc, a_tree_is_forgotten_when_it_is_old_and_nothing_needs_it);
	tcase_add_test(tc, what_is_released_stays_for_ever);
	tcase_add_test(tc, only_so_many_trees_go_at_once);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
