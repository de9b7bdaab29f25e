/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/view.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/digest.h"
#include "tests/unit/unit.h"

static void make_fingerprint(unsigned n, uint8_t out[VIEW_FINGERPRINT_BYTES])
{
	vk_sha256(&n, sizeof(n), out);
}

static void add_identities(struct view_builder *builder, unsigned count)
{
	view_builder_reset_identities(builder);
	for (unsigned i = 0; i < count; i++) {
		uint8_t fingerprint[VIEW_FINGERPRINT_BYTES];
		char name[32];
		const struct view_identity identity = {
			.kind = IDENTITY_HOST, .not_after = i, .name = name, .environment = "prod"};

		snprintf(name, sizeof(name), "host%u", i);
		make_fingerprint(i, fingerprint);
		view_builder_add_identity(builder, fingerprint, &identity);
	}
}

static const struct view *make_view(const struct view *previous, const char *timestamp)
{
	struct view_builder *builder = view_builder_new(previous, "demo");

	view_builder_reset_publication(builder);
	view_builder_add_file(builder, "timestamp.json", timestamp, strlen(timestamp), false);
	view_builder_add_file(builder, "1.root.json", "{}", 2, true);
	view_builder_add_environment(builder, "prod", 42);
	return view_builder_finish(builder);
}

START_TEST(an_unknown_certificate_is_nobody)
{
	const struct view *view = view_builder_finish(view_builder_new(NULL, "demo"));
	uint8_t fingerprint[VIEW_FINGERPRINT_BYTES];

	make_fingerprint(1, fingerprint);
	ck_assert_ptr_null(view_find_identity(view, fingerprint));
	ck_assert_ptr_null(view_find_environment(view, "prod"));
	ck_assert_ptr_null(view_find_file(view, "timestamp.json"));
	ck_assert(!view_has_trust(view));
	view_unref(view);
}
END_TEST

START_TEST(finds_each_of_many_identities_and_no_other)
{
	struct view_builder *builder = view_builder_new(NULL, "demo");
	const struct view *view;

	add_identities(builder, 5000);
	view = view_builder_finish(builder);
	for (unsigned i = 0; i < 6000; i++) {
		uint8_t fingerprint[VIEW_FINGERPRINT_BYTES];
		const struct view_identity *found;

		make_fingerprint(i, fingerprint);
		found = view_find_identity(view, fingerprint);
		ck_assert_int_eq(found != NULL, i < 5000);
		if (found != NULL)
			ck_assert_int_eq(found->not_after, i);
	}
	view_unref(view);
}
END_TEST

START_TEST(the_etag_follows_timestamp_and_release_and_nothing_else)
{
	const struct view *first = make_view(NULL, "{\"a\":1}");
	const struct view *same = make_view(first, "{\"a\":1}");
	const struct view *other = make_view(first, "{\"a\":2}");
	struct view_builder *builder = view_builder_new(first, "demo");
	const struct view *logged;

	view_builder_set_log(builder, 7, "note\n", 5);
	logged = view_builder_finish(builder);
	ck_assert_str_eq(view_find_environment(first, "prod")->etag,
		view_find_environment(same, "prod")->etag);
	ck_assert_str_eq(view_find_environment(first, "prod")->etag,
		view_find_environment(logged, "prod")->etag);
	ck_assert_str_ne(view_find_environment(first, "prod")->etag,
		view_find_environment(other, "prod")->etag);
	ck_assert_str_eq(view_log(logged)->checkpoint_json, "\"note\\n\"");
	view_unref(first);
	view_unref(same);
	view_unref(other);
	view_unref(logged);
}
END_TEST

START_TEST(the_etag_follows_announcements)
{
	const struct view *first = make_view(NULL, "{}"), *other, *again;
	struct view_builder *builder = view_builder_new(first, "demo");
	const struct view_environment *environment;

	for (int i = 0; i < 2; i++) {
		view_builder_reset_publication(builder);
		view_builder_add_file(builder, "timestamp.json", "{}", 2, false);
		view_builder_add_environment(builder, "prod", 42);
		view_builder_add_announcement(builder, "db1", "{\"a\":1}");
		if (i == 0) {
			other = view_builder_finish(builder);
			builder = view_builder_new(other, "demo");
		}
	}
	view_builder_add_announcement(builder, "db2", "{}");
	again = view_builder_finish(builder);
	environment = view_find_environment(again, "prod");
	ck_assert_uint_eq(environment->announcement_count, 2);
	ck_assert_str_eq(environment->announcements[1].host, "db2");
	ck_assert_str_ne(view_find_environment(first, "prod")->etag,
		view_find_environment(other, "prod")->etag);
	ck_assert_str_ne(view_find_environment(other, "prod")->etag, environment->etag);
	view_unref(first);
	view_unref(other);
	view_unref(again);
}
END_TEST

START_TEST(the_prebuilt_answer_lacks_checkpoint_and_brace_only)
{
	const struct view *view = make_view(NULL, "{\"a\":\"\\n\"}");

	ck_assert_str_eq(view_find_environment(view, "prod")->desired,
		"{\"environment\":\"prod\",\"release\":42,\"timestamp\":\"{\\\"a\\\":\\\"\\\\n\\\"}"
		"\"");
	view_unref(view);
}
END_TEST

START_TEST(parts_outlive_the_view_that_they_were_built_for)
{
	struct view_builder *builder = view_builder_new(NULL, "demo");
	const struct view *first, *second;
	uint8_t fingerprint[VIEW_FINGERPRINT_BYTES];

	add_identities(builder, 3);
	first = view_builder_finish(builder);
	second = make_view(first, "{}");
	view_unref(first);
	make_fingerprint(2, fingerprint);
	ck_assert_str_eq(view_find_identity(second, fingerprint)->name, "host2");
	ck_assert_ptr_nonnull(view_find_file(second, "1.root.json"));
	view_unref(second);
}
END_TEST

struct reader {
	struct view_slot *slot;
	atomic_bool is_done;
};

static void *read_views(void *arg)
{
	struct reader *reader = arg;
	const struct view *view = view_slot_get(reader->slot);

	while (!atomic_load(&reader->is_done)) {
		if (!view_slot_is_current(reader->slot, view)) {
			view_unref(view);
			view = view_slot_get(reader->slot);
		}
		ck_assert_str_eq(view_fleet(view), "demo");
	}
	view_unref(view);
	return NULL;
}

START_TEST(readers_follow_a_writer_that_swaps)
{
	struct reader reader = {.slot = view_slot_new()};
	const struct view *last = NULL;
	pthread_t threads[3];

	view_slot_put(reader.slot, make_view(NULL, "{}"));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_views, &reader), 0);
	for (int i = 0; i < 500; i++) {
		const struct view *previous = view_slot_get(reader.slot);

		last = make_view(previous, i % 2 == 0 ? "{}" : "{\"a\":1}");
		view_unref(previous);
		view_slot_put(reader.slot, last);
	}
	ck_assert(view_slot_is_current(reader.slot, last));
	atomic_store(&reader.is_done, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	view_slot_free(reader.slot);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("view");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, an_unknown_certificate_is_nobody);
	tcase_add_test(tc, finds_each_of_many_identities_and_no_other);
	tcase_add_test(tc, the_etag_follows_timestamp_and_release_and_nothing_else);
	tcase_add_test(tc, the_etag_follows_announcements);
	tcase_add_test(tc, the_prebuilt_answer_lacks_checkpoint_and_brace_only);
	tcase_add_test(tc, parts_outlive_the_view_that_they_were_built_for);
	tcase_add_test(tc, readers_follow_a_writer_that_swaps);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
