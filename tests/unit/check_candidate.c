/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an approver's machine refuses to sign. Each refusal starts from a change
 * that is right in everything, changes one thing as a hostile server or author
 * would, formats it as validly as possible, and expects that no signature can be had.
 */
#include "config.h"

#include "client/admin/candidate.h"

#include <string.h>

#include "common/config/render.h"
#include "common/tuf/tuf_build.h"
#include "common/vkjson.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

static const int64_t now = 1795397585;
enum { HOUR = 3600, DAY = 86400 };

/* Everything that goes into a change; tests alter it before forge(). */
struct scene {
	struct candidate_base base;
	struct candidate_content content;
	struct vk_release release;
	struct tuf_release_spec releases[3];
	struct tuf_role_spec role;
	struct vk_buf document;
	struct vk_buf metadata;
	struct candidate_texts texts;
};

static struct scene scene;
static struct vk_err err;

static void fill(uint8_t *digest, int value)
{
	memset(digest, value, VK_SHA256_BYTES);
}

static void setup(void)
{
	memset(&scene, 0, sizeof(scene));
	scene.base = (struct candidate_base){.fleet = "demo",
		.environment = "prod",
		.number = 41,
		.role_version = 57,
		.document_len = 700};
	fill(scene.base.document_sha256, 0x41);
	scene.content.bundle_count = 2;
	fill(scene.content.tree, 0x11);
	fill(scene.content.bundle_root, 0x22);
	scene.release = (struct vk_release){.fleet = "demo",
		.environment = "prod",
		.number = 42,
		.base = 41,
		.author = "carol",
		.message = "raise maxmemory",
		.change = "0123456789abcdef",
		.created = now - HOUR,
		.renderer = CFG_RENDERER_VERSION,
		.bundle_count = 2,
		.has_fallback = true,
		.fallback_release = 41};
	fill(scene.release.tree, 0x11);
	fill(scene.release.bundle_root, 0x22);
	fill(scene.release.fallback_sha256, 0x41);
	scene.releases[0].number = 42;
	scene.releases[1] = (struct tuf_release_spec){.number = 41, .length = 700};
	fill(scene.releases[1].sha256, 0x41);
	scene.role = (struct tuf_role_spec){.environment = "prod",
		.version = 58,
		.expires = now + 365 * (int64_t)DAY,
		.releases = scene.releases,
		.release_count = 2};
	vk_buf_init(&scene.document, CANDIDATE_DOCUMENT_MAX_BYTES);
	vk_buf_init(&scene.metadata, CANDIDATE_METADATA_MAX_BYTES);
}

static void teardown(void)
{
	vk_buf_release(&scene.document);
	vk_buf_release(&scene.metadata);
}

static void use_texts(void)
{
	scene.texts = (struct candidate_texts){scene.document.data, scene.document.len,
		scene.metadata.data, scene.metadata.len};
}

/* The document as the scene says. */
static void forge_document(void)
{
	assert_ok(vk_release_format(&scene.release, &scene.document, &err), err);
	scene.releases[0].length = scene.document.len;
	vk_sha256(scene.document.data, scene.document.len, scene.releases[0].sha256);
}

static void forge_metadata(void)
{
	assert_ok(tuf_build_role(&scene.role, &scene.metadata, &err), err);
	use_texts();
}

static void forge(void)
{
	forge_document();
	forge_metadata();
}

static enum vk_rc judge(void)
{
	struct vk_release *release = NULL;
	enum vk_rc rc = candidate_check(
		&scene.base, &scene.content, &scene.texts, "carol", now, &release, &err);

	ck_assert(rc != VK_OK || release != NULL);
	vk_release_free(release);
	return rc;
}

START_TEST(refuses_a_document_of_another_tree)
{
	fill(scene.release.tree, 0x12);
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_another_bundle_root)
{
	fill(scene.release.bundle_root, 0x23);
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_another_number_of_bundles)
{
	scene.release.bundle_count = 3;
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_a_foreign_base_as_stale)
{
	scene.release.base = 40;
	scene.release.number = 41;
	scene.release.fallback_release = 40;
	scene.releases[0].number = 41;
	scene.releases[1].number = 40;
	forge();
	assert_fails(judge(), VK_ECONFLICT);
}
END_TEST

START_TEST(refuses_a_base_of_the_right_number_with_another_document)
{
	fill(scene.release.fallback_sha256, 0x42);
	fill(scene.releases[1].sha256, 0x42);
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_another_environment_and_another_fleet)
{
	scene.release.environment = "dev";
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
	vk_buf_reset(&scene.document);
	vk_buf_reset(&scene.metadata);
	scene.release.environment = "prod";
	scene.release.fleet = "other";
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_another_author_than_the_one_shown)
{
	scene.release.author = "mallory";
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_another_renderer)
{
	scene.release.renderer = "0";
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_a_change_from_the_future)
{
	scene.release.created = now + HOUR;
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_a_rollout_plan_that_it_does_not_make)
{
	static const char plan[] = "{\"waves\":[{\"percent\":100}]}";
	struct vkjson *rollout = NULL;

	assert_ok(vkjson_parse(plan, strlen(plan), &rollout, &err), err);
	scene.release.rollout = rollout;
	forge();
	assert_fails(judge(), VK_EUNTRUSTED);
	vkjson_free(rollout);
}
END_TEST

START_TEST(refuses_a_role_version_that_is_not_the_next)
{
	static const int64_t wrong[] = {1, 56, 57, 59, 1000};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		vk_buf_reset(&scene.document);
		vk_buf_reset(&scene.metadata);
		scene.role.version = wrong[i];
		forge();
		assert_fails(judge(), VK_EUNTRUSTED);
	}
}
END_TEST

START_TEST(refuses_targets_that_list_another_document)
{
	forge_document();
	scene.releases[0].sha256[0] ^= 1;
	forge_metadata();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_targets_that_list_another_length)
{
	forge_document();
	scene.releases[0].length++;
	forge_metadata();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_targets_that_list_one_release_more)
{
	forge_document();
	scene.releases[2] = (struct tuf_release_spec){.number = 43, .length = 1};
	scene.role.release_count = 3;
	if (tuf_build_role(&scene.role, &scene.metadata, &err) != VK_OK)
		return; /* cannot even be made */
	use_texts();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_targets_without_the_fallback)
{
	forge_document();
	scene.role.release_count = 1;
	forge_metadata();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_targets_of_another_environment)
{
	forge_document();
	scene.role.environment = "dev";
	forge_metadata();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_an_expiry_that_is_past_or_too_far)
{
	const int64_t wrong[] = {now - 1, now, now + 367 * (int64_t)DAY, now + 3650 * (int64_t)DAY};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		vk_buf_reset(&scene.document);
		vk_buf_reset(&scene.metadata);
		scene.role.expires = wrong[i];
		forge();
		assert_fails(judge(), VK_EUNTRUSTED);
	}
}
END_TEST

START_TEST(refuses_metadata_with_one_more_member)
{
	static const char more[] = ",\"zzz\":1}";

	forge();
	vk_buf_reset(&scene.document);
	forge_document();
	scene.metadata.len--;
	vk_buf_add(&scene.metadata, more, strlen(more));
	use_texts();
	assert_fails(judge(), VK_EUNTRUSTED);
}
END_TEST

/* Within bounds, the day on which the role expires is the author's choice. */
static bool is_expiry(size_t i)
{
	static const char member[] = "\"expires\":\"";
	const char *start = strstr(scene.metadata.data, member) + strlen(member);

	return scene.metadata.data + i >= start && scene.metadata.data + i < strchr(start, '"');
}

START_TEST(refuses_a_change_of_any_other_byte)
{
	forge();
	for (size_t i = 0; i < scene.document.len; i++) {
		scene.document.data[i] ^= 1;
		ck_assert_msg(judge() != VK_OK, "byte %zu of the document", i);
		scene.document.data[i] ^= 1;
	}
	for (size_t i = 0; i < scene.metadata.len; i++) {
		if (is_expiry(i))
			continue;
		scene.metadata.data[i] ^= 1;
		ck_assert_msg(judge() != VK_OK, "byte %zu of the metadata", i);
		scene.metadata.data[i] ^= 1;
	}
}
END_TEST

START_TEST(refuses_texts_cut_off_at_any_byte)
{
	forge();
	for (size_t len = 0; len < scene.document.len; len++) {
		scene.texts.document_len = len;
		ck_assert(judge() != VK_OK);
	}
	use_texts();
	for (size_t len = 0; len < scene.metadata.len; len++) {
		scene.texts.metadata_len = len;
		ck_assert(judge() != VK_OK);
	}
}
END_TEST

START_TEST(refuses_a_first_release_with_a_made_up_past)
{
	scene.base.number = 0;
	scene.base.role_version = 0;
	forge();
	assert_fails(judge(), VK_ECONFLICT);
}
END_TEST

START_TEST(accepts_what_it_would_have_made_itself)
{
	forge();
	assert_ok(judge(), err);
}
END_TEST

/* What an author sends passes what an approver checks: for the first release and for later ones. */
static void check_author_and_approver_agree(void)
{
	const struct candidate_words words = {.author = "carol",
		.message = "why \"not\"\nat all",
		.change = "fedcba9876543210",
		.commit = "0123456789012345678901234567890123456789",
		.created = now,
		.expires = now + CANDIDATE_LIFETIME_S};

	assert_ok(candidate_format_document(
			  &scene.base, &scene.content, &words, &scene.document, &err), err);
	assert_ok(candidate_format_metadata(&scene.base, scene.document.data, scene.document.len,
			  words.expires, &scene.metadata, &err), err);
	use_texts();
	assert_ok(judge(), err);
}

START_TEST(agrees_with_the_author_about_a_later_release)
{
	check_author_and_approver_agree();
}
END_TEST

START_TEST(agrees_with_the_author_about_the_first_release)
{
	scene.base = (struct candidate_base){.fleet = "demo", .environment = "prod"};
	check_author_and_approver_agree();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("candidate");
	TCase *tc = tcase_create("candidate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_document_of_another_tree);
	tcase_add_test(tc, refuses_another_bundle_root);
	tcase_add_test(tc, refuses_another_number_of_bundles);
	tcase_add_test(tc, refuses_a_foreign_base_as_stale);
	tcase_add_test(tc, refuses_a_base_of_the_right_number_with_another_document);
	tcase_add_test(tc, refuses_another_environment_and_another_fleet);
	tcase_add_test(tc, refuses_another_author_than_the_one_shown);
	tcase_add_test(tc, refuses_another_renderer);
	tcase_add_test(tc, refuses_a_change_from_the_future);
	tcase_add_test(tc, refuses_a_rollout_plan_that_it_does_not_make);
	tcase_add_test(tc, refuses_a_role_version_that_is_not_the_next);
	tcase_add_test(tc, refuses_targets_that_list_another_document);
	tcase_add_test(tc, refuses_targets_that_list_another_length);
	tcase_add_test(tc, refuses_targets_that_list_one_release_more);
	tcase_add_test(tc, refuses_targets_without_the_fallback);
	tcase_add_test(tc, refuses_targets_of_another_environment);
	tcase_add_test(tc, refuses_an_expiry_that_is_past_or_too_far);
	tcase_add_test(tc, refuses_metadata_with_one_more_member);
	tcase_add_test(tc, refuses_a_change_of_any_other_byte);
	tcase_add_test(tc, refuses_texts_cut_off_at_any_byte);
	tcase_add_test(tc, refuses_a_first_release_with_a_made_up_past);
	tcase_add_test(tc, accepts_what_it_would_have_made_itself);
	tcase_add_test(tc, agrees_with_the_author_about_a_later_release);
	tcase_add_test(tc, agrees_with_the_author_about_the_first_release);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
