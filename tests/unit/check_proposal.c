/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/proposal.h"

#include <string.h>

#include "common/digest.h"
#include "common/tuf/tuf_build.h"
#include "tests/unit/unit.h"

enum { NOW = 1764000000 };

static const char old_document[] = "{\"old\":1}";

struct proposal {
	struct vk_release release;
	struct tuf_release_spec listed[2];
	struct tuf_role_spec role;
	struct vk_buf document, metadata;
};

static const struct proposal_base base = {
	.fleet = "demo",
	.environment = "prod",
	.release = 41,
	.document = old_document,
	.document_len = sizeof(old_document) - 1,
	.role_version = 7,
	.now = NOW,
};

/* A proposal as an honest client makes it; tests spoil one thing and format. */
static void init(struct proposal *proposal)
{
	*proposal = (struct proposal){
		.release = {.fleet = "demo",
			.environment = "prod",
			.number = 42,
			.base = 41,
			.author = "carol",
			.message = "raise maxmemory",
			.change = "0011223344556677",
			.created = NOW,
			.renderer = CFG_RENDERER_VERSION,
			.bundle_count = 2,
			.has_fallback = true,
			.fallback_release = 41},
		.role = {.environment = "prod",
			.version = 8,
			.expires = NOW + 365 * 86400,
			.release_count = 2},
	};
	vk_sha256(old_document, sizeof(old_document) - 1, proposal->release.fallback_sha256);
	proposal->listed[1] =
		(struct tuf_release_spec){.number = 41, .length = sizeof(old_document) - 1};
	vk_sha256(old_document, sizeof(old_document) - 1, proposal->listed[1].sha256);
	vk_buf_init(&proposal->document, 1 << 20);
	vk_buf_init(&proposal->metadata, 1 << 20);
}

static enum vk_rc check(struct proposal *proposal, struct vk_err *err)
{
	struct vk_release *release = NULL;
	enum vk_rc rc;

	assert_ok(vk_release_format(&proposal->release, &proposal->document, err), *err);
	if (proposal->listed[0].number == 0)
		proposal->listed[0] = (struct tuf_release_spec){
			.number = proposal->release.number, .length = proposal->document.len};
	vk_sha256(proposal->document.data, proposal->document.len, proposal->listed[0].sha256);
	proposal->role.releases = proposal->listed;
	assert_ok(tuf_build_role(&proposal->role, &proposal->metadata, err), *err);
	rc = proposal_check(&base, "carol", proposal->document.data, proposal->document.len,
		proposal->metadata.data, proposal->metadata.len, &release, err);
	ck_assert((rc == VK_OK) == (release != NULL));
	vk_release_free(release);
	vk_buf_release(&proposal->document);
	vk_buf_release(&proposal->metadata);
	return rc;
}

START_TEST(a_base_that_is_not_current_is_stale)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	proposal.release.base = proposal.release.fallback_release = 40;
	proposal.release.number = 41;
	proposal.listed[1].number = 40;
	assert_fails(check(&proposal, &err), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, "stale"));
	ck_assert_ptr_nonnull(strstr(err.hint, "release 41"));
}
END_TEST

START_TEST(a_role_version_that_is_not_the_next_is_stale)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	proposal.role.version = 7;
	assert_fails(check(&proposal, &err), VK_ECONFLICT);
}
END_TEST

START_TEST(words_that_differ_are_refused)
{
	static const char *const words[][2] = {{"other", "prod"}, {"demo", "dev"}};
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	for (size_t i = 0; i < 2; i++) {
		init(&proposal);
		proposal.release.fleet = words[i][0];
		proposal.release.environment = words[i][1];
		assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
	}
	init(&proposal);
	proposal.release.author = "mallory";
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
	init(&proposal);
	proposal.release.renderer = "0";
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(a_document_from_another_day_is_refused)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	proposal.release.created = NOW - 2 * 86400;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
	init(&proposal);
	proposal.release.created = NOW + 2 * 86400;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(a_wrong_fallback_is_refused)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	proposal.release.fallback_sha256[0] ^= 1;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(a_role_that_lists_anything_else_is_refused)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	proposal.role.release_count = 1;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
	init(&proposal);
	proposal.listed[1].number = 40;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
	init(&proposal);
	proposal.listed[0] = (struct tuf_release_spec){.number = 42, .length = 7};
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(a_role_that_is_expired_or_lives_too_long_is_refused)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	proposal.role.expires = NOW;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
	init(&proposal);
	proposal.role.expires = NOW + INT64_C(10) * 365 * 86400;
	assert_fails(check(&proposal, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(an_honest_proposal_passes)
{
	struct vk_err err = VK_ERR_INIT;
	struct proposal proposal;

	init(&proposal);
	assert_ok(check(&proposal, &err), err);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("proposal");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_base_that_is_not_current_is_stale);
	tcase_add_test(tc, a_role_version_that_is_not_the_next_is_stale);
	tcase_add_test(tc, words_that_differ_are_refused);
	tcase_add_test(tc, a_document_from_another_day_is_refused);
	tcase_add_test(tc, a_wrong_fallback_is_refused);
	tcase_add_test(tc, a_role_that_lists_anything_else_is_refused);
	tcase_add_test(tc, a_role_that_is_expired_or_lives_too_long_is_refused);
	tcase_add_test(tc, an_honest_proposal_passes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
