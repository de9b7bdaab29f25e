/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_user.h"

#include <stdio.h>

#include "server/store/store_certificate.h"
#include "server/store/store_change.h"
#include "server/store/store_host.h"
#include "server/store/store_host_approval.h"
#include "server/store/store_token.h"
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

START_TEST(users_are_added_enrolled_revoked_and_return)
{
	struct store_user user;

	begin();
	assert_ok(store_add_user(fix.store, "alice", ROLE_ADMIN | ROLE_VIEWER, 10, &fix.err),
		fix.err);
	assert_ok(store_add_user(fix.store, "alice", ROLE_VIEWER, 11, &fix.err), fix.err);
	assert_ok(store_set_user_enrolled(fix.store, "alice", 12, &fix.err), fix.err);
	assert_fails(store_add_user(fix.store, "alice", ROLE_VIEWER, 13, &fix.err), VK_ECONFLICT);
	assert_fails(store_set_user_enrolled(fix.store, "bob", 12, &fix.err), VK_ENOTFOUND);
	assert_fails(store_revoke_user(fix.store, "bob", 12, &fix.err), VK_ENOTFOUND);
	assert_ok(store_revoke_user(fix.store, "alice", 14, &fix.err), fix.err);
	assert_fails(store_revoke_user(fix.store, "alice", 15, &fix.err), VK_ECONFLICT);
	assert_ok(store_get_user(fix.store, "alice", fix.arena, &user, &fix.err), fix.err);
	ck_assert_int_eq(user.revoked, 14);
	ck_assert_uint_eq(user.roles, ROLE_VIEWER);
	assert_ok(store_add_user(fix.store, "alice", ROLE_AUTHOR, 16, &fix.err), fix.err);
	commit();
}
END_TEST

START_TEST(roles_of_single_environments_are_kept_replaced_and_gone_with_a_revocation)
{
	static const struct identity_scope scopes[] = {
		{"dev", ROLE_AUTHOR}, {"prod", ROLE_APPROVER | ROLE_VIEWER}};
	struct store_user_list list;
	struct store_page page = {0};
	struct store_user user;
	bool has_other = true;

	begin();
	assert_fails(store_set_user_roles(fix.store, "alice", ROLE_NONE, scopes, 2, &fix.err),
		VK_ENOTFOUND);
	assert_ok(store_add_user(fix.store, "alice", ROLE_ADMIN, 10, &fix.err), fix.err);
	assert_ok(
		store_set_user_roles(fix.store, "alice", ROLE_NONE, scopes, 2, &fix.err), fix.err);
	assert_ok(store_get_user(fix.store, "alice", fix.arena, &user, &fix.err), fix.err);
	ck_assert_uint_eq(user.roles, ROLE_NONE);
	ck_assert_uint_eq(user.scope_count, 2);
	ck_assert_str_eq(user.scopes[1].environment, "prod");
	ck_assert_uint_eq(user.scopes[1].roles, ROLE_APPROVER | ROLE_VIEWER);
	assert_ok(store_list_users(fix.store, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.items[0].scope_count, 2);
	assert_ok(
		store_set_user_roles(fix.store, "alice", ROLE_NONE, scopes, 1, &fix.err), fix.err);
	assert_ok(store_get_user(fix.store, "alice", fix.arena, &user, &fix.err), fix.err);
	ck_assert_uint_eq(user.scope_count, 1);
	assert_ok(store_revoke_user(fix.store, "alice", 14, &fix.err), fix.err);
	assert_ok(store_add_user(fix.store, "alice", ROLE_ADMIN, 16, &fix.err), fix.err);
	assert_ok(store_get_user(fix.store, "alice", fix.arena, &user, &fix.err), fix.err);
	ck_assert_uint_eq(user.scope_count, 0);
	assert_ok(store_has_other_admin(fix.store, "bob", &has_other, &fix.err), fix.err);
	ck_assert(!has_other); /* not enrolled */
	assert_ok(store_set_user_enrolled(fix.store, "alice", 17, &fix.err), fix.err);
	assert_ok(store_has_other_admin(fix.store, "bob", &has_other, &fix.err), fix.err);
	ck_assert(has_other);
	assert_ok(store_has_other_admin(fix.store, "alice", &has_other, &fix.err), fix.err);
	ck_assert(!has_other);
	commit();
}
END_TEST

START_TEST(a_list_shows_a_viewer_his_environments_only)
{
	static const struct identity_scope scopes[] = {{"dev", ROLE_VIEWER}, {"tes_", ROLE_VIEWER}};
	static const char *const environments[] = {"dev", "prod", "test"};
	const struct store_filter mine = {.viewer = "alice"};
	const struct store_filter theirs = {.viewer = "alice", .environment = "prod"};
	struct store_host_list list;
	struct store_page page = {0};

	begin();
	assert_ok(store_add_user(fix.store, "alice", ROLE_NONE, 10, &fix.err), fix.err);
	assert_ok(
		store_set_user_roles(fix.store, "alice", ROLE_NONE, scopes, 2, &fix.err), fix.err);
	for (size_t i = 0; i < 3; i++)
		assert_ok(store_add_host(fix.store, environments[i], environments[i], 1, &fix.err),
			fix.err);
	commit();
	assert_ok(store_list_hosts(fix.store, &mine, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.items[0].name, "dev");
	assert_ok(store_list_hosts(fix.store, &theirs, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 0);
	assert_ok(store_list_hosts(fix.store, NULL, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 3);
}
END_TEST

START_TEST(lists_are_paged_with_a_cursor)
{
	struct store_page page = {.limit = 2};
	struct store_user_list list;
	size_t seen = 0, pages = 0;

	begin();
	for (char name[] = "a"; name[0] <= 'e'; name[0]++)
		assert_ok(store_add_user(fix.store, name, ROLE_VIEWER, 1, &fix.err), fix.err);
	commit();
	do {
		assert_ok(store_list_users(fix.store, &page, fix.arena, &list, &fix.err), fix.err);
		ck_assert_uint_le(list.count, 2);
		for (size_t i = 0; i < list.count; i++)
			ck_assert_int_eq(list.items[i].name[0], (char)('a' + seen++));
		page.after = list.next;
		pages++;
	} while (list.next != NULL);
	ck_assert_uint_eq(seen, 5);
	ck_assert_uint_eq(pages, 3);
	page.limit = STORE_LIMIT_MAX + 1;
	assert_fails(store_list_users(fix.store, &page, fix.arena, &list, &fix.err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_cursors_of_other_lists)
{
	struct store_page page = {.after = "a/b"};
	struct store_change_filter filter = {0};
	struct store_change_list changes;
	struct store_drift_list drift;

	assert_fails(store_list_changes(fix.store, &filter, &page, fix.arena, &changes, &fix.err),
		VK_EINPUT);
	assert_fails(
		store_list_drift(fix.store, NULL, &page, fix.arena, &drift, &fix.err), VK_EINPUT);
}
END_TEST

static struct store_token token_for(const char *name, uint8_t byte)
{
	struct store_token token = {.kind = IDENTITY_HOST,
		.name = name,
		.created_by = "user/alice",
		.created = 100,
		.expires = 200};

	token.digest[0] = byte;
	return token;
}

static enum vk_rc use(
	const struct store_token *token, enum identity_kind kind, const char *name, int64_t now)
{
	return store_use_token(fix.store, token->digest, kind, name, now, &fix.err);
}

static enum vk_rc look(
	const struct store_token *token, enum identity_kind kind, const char *name, int64_t now)
{
	return store_check_token(fix.store, token->digest, kind, name, now, &fix.err);
}

START_TEST(a_token_works_once_for_its_name_until_it_expires)
{
	struct store_token token = token_for("db1", 1);
	struct store_token other = token_for("db1", 2);

	begin();
	assert_ok(store_add_token(fix.store, &token, &fix.err), fix.err);
	assert_fails(look(&other, IDENTITY_HOST, "db1", 150), VK_EDENIED);
	assert_fails(look(&token, IDENTITY_HOST, "db2", 150), VK_EDENIED);
	assert_fails(look(&token, IDENTITY_USER, "db1", 150), VK_EDENIED);
	assert_fails(look(&token, IDENTITY_HOST, "db1", 200), VK_EDENIED);
	assert_fails(use(&other, IDENTITY_HOST, "db1", 150), VK_EDENIED);
	assert_fails(use(&token, IDENTITY_HOST, "db2", 150), VK_EDENIED);
	assert_fails(use(&token, IDENTITY_USER, "db1", 150), VK_EDENIED);
	assert_fails(use(&token, IDENTITY_HOST, "db1", 200), VK_EDENIED);
	assert_ok(look(&token, IDENTITY_HOST, "db1", 199), fix.err);
	assert_ok(use(&token, IDENTITY_HOST, "db1", 199), fix.err);
	assert_fails(look(&token, IDENTITY_HOST, "db1", 150), VK_EDENIED);
	assert_fails(use(&token, IDENTITY_HOST, "db1", 150), VK_EDENIED);
	commit();
}
END_TEST

START_TEST(a_new_token_makes_the_older_one_void_and_so_does_revoking)
{
	struct store_token first = token_for("db1", 1);
	struct store_token second = token_for("db1", 2);

	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	assert_ok(store_add_token(fix.store, &first, &fix.err), fix.err);
	assert_ok(store_add_token(fix.store, &second, &fix.err), fix.err);
	assert_fails(use(&first, IDENTITY_HOST, "db1", 150), VK_EDENIED);
	assert_ok(store_revoke_host(fix.store, "db1", 150, &fix.err), fix.err);
	assert_fails(use(&second, IDENTITY_HOST, "db1", 150), VK_EDENIED);
	commit();
}
END_TEST

START_TEST(an_approval_is_for_one_fingerprint_until_it_expires_or_something_else_happens)
{
	struct store_host_approval approval = {.host = "db1",
		.fingerprint = "SHA256:a",
		.approved_by = "user/olaf",
		.approved = 100,
		.expires = 200};
	bool has_one = true;

	begin();
	assert_fails(store_set_host_approval(fix.store, &approval, &fix.err), VK_ECONFLICT);
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	assert_ok(store_set_host_approval(fix.store, &approval, &fix.err), fix.err);
	assert_ok(store_has_host_approval(fix.store, "db1", "SHA256:b", 150, &has_one, &fix.err),
		fix.err);
	ck_assert(!has_one);
	assert_ok(store_has_host_approval(fix.store, "db2", "SHA256:a", 150, &has_one, &fix.err),
		fix.err);
	ck_assert(!has_one);
	assert_ok(store_has_host_approval(fix.store, "db1", "SHA256:a", 200, &has_one, &fix.err),
		fix.err);
	ck_assert(!has_one);
	assert_ok(store_has_host_approval(fix.store, "db1", "SHA256:a", 199, &has_one, &fix.err),
		fix.err);
	ck_assert(has_one);
	/* A second approval, for another machine, ends the first. */
	approval.fingerprint = "SHA256:b";
	assert_ok(store_set_host_approval(fix.store, &approval, &fix.err), fix.err);
	assert_ok(store_has_host_approval(fix.store, "db1", "SHA256:a", 150, &has_one, &fix.err),
		fix.err);
	ck_assert(!has_one);
	/* So does an invitation with a token, and a revocation. */
	assert_ok(store_add_host(fix.store, "db1", "dev", 1, &fix.err), fix.err);
	assert_ok(store_has_host_approval(fix.store, "db1", "SHA256:b", 150, &has_one, &fix.err),
		fix.err);
	ck_assert(!has_one);
	assert_ok(store_set_host_approval(fix.store, &approval, &fix.err), fix.err);
	assert_ok(store_revoke_host(fix.store, "db1", 150, &fix.err), fix.err);
	assert_ok(store_has_host_approval(fix.store, "db1", "SHA256:b", 150, &has_one, &fix.err),
		fix.err);
	ck_assert(!has_one);
	commit();
}
END_TEST

struct seen {
	int count;
	int revoked;
	unsigned roles;
	size_t scopes;
	char environment[32];
};

static void see(void *ctx, const struct store_identity *identity)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->revoked += identity->is_revoked;
	seen->roles |= identity->roles;
	seen->scopes += identity->scope_count;
	if (identity->environment[0] != '\0')
		snprintf(seen->environment, sizeof(seen->environment), "%s", identity->environment);
}

START_TEST(identities_follow_revocation_and_expiry)
{
	static const struct identity_scope scopes[] = {{"dev", ROLE_AUTHOR}, {"prod", ROLE_VIEWER}};
	struct store_certificate certificate = {.fingerprint = {1},
		.kind = IDENTITY_HOST,
		.name = "db1",
		.serial = "01",
		.not_before = 1,
		.not_after = 1000};
	struct seen seen = {0};

	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	for (char name[] = "alic0"; name[4] < '3'; name[4]++) {
		assert_ok(store_add_user(fix.store, name, ROLE_NONE, 1, &fix.err), fix.err);
		assert_ok(store_set_user_roles(fix.store, name, ROLE_NONE, scopes, 2, &fix.err),
			fix.err);
	}
	assert_ok(store_add_user(fix.store, "alice", ROLE_AUTHOR, 1, &fix.err), fix.err);
	assert_ok(store_set_user_roles(fix.store, "alice", ROLE_AUTHOR, scopes, 2, &fix.err),
		fix.err);
	assert_ok(store_add_certificate(fix.store, &certificate, 1, &fix.err), fix.err);
	assert_fails(store_add_certificate(fix.store, &certificate, 1, &fix.err), VK_ECONFLICT);
	certificate.fingerprint[0] = 2;
	certificate.not_after = 500;
	assert_ok(store_add_certificate(fix.store, &certificate, 1, &fix.err), fix.err);
	certificate.fingerprint[0] = 3;
	certificate.kind = IDENTITY_USER;
	certificate.name = "alice";
	assert_ok(store_add_certificate(fix.store, &certificate, 1, &fix.err), fix.err);
	assert_ok(store_each_identity(fix.store, 499, see, &seen, &fix.err), fix.err);
	ck_assert_int_eq(seen.count, 3);
	ck_assert_int_eq(seen.revoked, 0);
	ck_assert_uint_eq(seen.roles, ROLE_AUTHOR);
	ck_assert_uint_eq(seen.scopes, 2);
	ck_assert_str_eq(seen.environment, "prod");
	assert_ok(store_revoke_host(fix.store, "db1", 400, &fix.err), fix.err);
	seen = (struct seen){0};
	assert_ok(store_each_identity(fix.store, 500, see, &seen, &fix.err), fix.err);
	ck_assert_int_eq(seen.count, 1);
	ck_assert_int_eq(seen.revoked, 1);
	assert_ok(store_add_host(fix.store, "db1", "dev", 600, &fix.err), fix.err);
	assert_ok(store_set_host_enrolled(fix.store, "db1", "ed25519:00", 600, &fix.err), fix.err);
	seen = (struct seen){0};
	assert_ok(store_each_identity(fix.store, 600, see, &seen, &fix.err), fix.err);
	ck_assert_int_eq(seen.revoked, 1); /* the old certificate stays revoked */
	commit();
}
END_TEST

static void add_issued(uint8_t i, enum identity_kind kind, const char *name, const char *issuer)
{
	const struct store_certificate certificate = {.fingerprint = {9, i},
		.kind = kind,
		.name = name,
		.serial = "01",
		.issuer = issuer,
		.not_before = 1,
		.not_after = 1000};

	assert_ok(store_add_certificate(fix.store, &certificate, 1, &fix.err), fix.err);
}

START_TEST(a_dropped_ca_leaves_nobody_who_has_another)
{
	const struct store_page page = {.limit = 1};
	const uint8_t first[STORE_FINGERPRINT_BYTES] = {9, 1};
	const uint8_t second[STORE_FINGERPRINT_BYTES] = {9, 2};
	const char *const kept[] = {"new"};
	struct store_page rest = {.limit = 10};
	struct store_lacking_list list;
	const char *issuer = NULL;
	int64_t count = 0;

	begin();
	add_issued(1, IDENTITY_HOST, "db1", "");
	assert_ok(store_set_unknown_issuer(fix.store, "old", &fix.err), fix.err);
	assert_ok(store_get_issuer(fix.store, first, fix.arena, &issuer, &fix.err), fix.err);
	ck_assert_str_eq(issuer, "old");
	add_issued(2, IDENTITY_HOST, "db1", "new");
	add_issued(3, IDENTITY_HOST, "db2", "old");
	add_issued(4, IDENTITY_USER, "alice", "old");
	assert_ok(store_list_lacking(fix.store, "new", 10, &page, fix.arena, &list, &fix.err),
		fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.items[0].name, "db2");
	rest.after = list.next;
	assert_ok(store_list_lacking(fix.store, "new", 10, &rest, fix.arena, &list, &fix.err),
		fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.items[0].name, "alice");
	ck_assert_ptr_null(list.next);
	assert_ok(store_list_lacking(fix.store, "new", 1000, &rest, fix.arena, &list, &fix.err),
		fix.err);
	ck_assert_uint_eq(list.count, 0); /* all have expired */

	assert_ok(store_revoke_other_issuers(fix.store, kept, 1, 10, &count, &fix.err), fix.err);
	ck_assert_int_eq(count, 3);
	assert_fails(store_check_certificate(fix.store, first, 11, &fix.err), VK_EDENIED);
	assert_ok(store_check_certificate(fix.store, second, 11, &fix.err), fix.err);
}
END_TEST

START_TEST(a_certificate_counts_until_it_is_revoked_or_expires)
{
	struct store_certificate certificate = {.fingerprint = {1},
		.kind = IDENTITY_HOST,
		.name = "db1",
		.serial = "01",
		.not_before = 1,
		.not_after = 1000};
	const uint8_t other[STORE_FINGERPRINT_BYTES] = {2};

	begin();
	assert_ok(store_add_certificate(fix.store, &certificate, 1, &fix.err), fix.err);
	assert_fails(store_check_certificate(fix.store, other, 500, &fix.err), VK_EDENIED);
	assert_fails(store_check_certificate(fix.store, certificate.fingerprint, 1000, &fix.err),
		VK_EDENIED);
	assert_ok(store_check_certificate(fix.store, certificate.fingerprint, 999, &fix.err),
		fix.err);
	assert_ok(store_revoke_certificates(fix.store, IDENTITY_HOST, "db1", 2, &fix.err), fix.err);
	assert_fails(store_check_certificate(fix.store, certificate.fingerprint, 999, &fix.err),
		VK_EDENIED);
	commit();
}
END_TEST

/* Certificate number i of db1, issued at now. */
static enum vk_rc renew(uint8_t i, const uint8_t asking[STORE_FINGERPRINT_BYTES], int64_t now)
{
	const struct store_certificate certificate = {.fingerprint = {1, i},
		.kind = IDENTITY_HOST,
		.name = "db1",
		.serial = "01",
		.not_before = now,
		.not_after = now + 100000};
	enum vk_rc rc = store_make_room_for_certificate(
		fix.store, IDENTITY_HOST, "db1", asking, now, &fix.err);

	return rc == VK_OK ? store_add_certificate(fix.store, &certificate, now, &fix.err) : rc;
}

START_TEST(an_identity_has_few_certificates_and_keeps_the_one_it_uses)
{
	const uint8_t first[STORE_FINGERPRINT_BYTES] = {1, 0}, second[] = {1, 1, [31] = 0};
	const char *count = "SELECT COUNT(*) FROM certificates WHERE name = 'db1'";

	begin();
	for (uint8_t i = 0; i < STORE_CERTIFICATES_KEPT; i++)
		assert_ok(renew(i, first, 1000), fix.err);
	assert_fails(renew(100, first, 1059), VK_EUNAVAIL);
	for (uint8_t i = STORE_CERTIFICATES_KEPT; i < 100; i++)
		assert_ok(renew(i, first, 1000 + 100 * (int64_t)i), fix.err);
	assert_ok(store_check_certificate(fix.store, first, 20000, &fix.err), fix.err);
	assert_fails(store_check_certificate(fix.store, second, 20000, &fix.err), VK_EDENIED);
	commit();
	ck_assert_int_eq(store_fixture_number(&fix, count), STORE_CERTIFICATES_KEPT + 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store_identity");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, users_are_added_enrolled_revoked_and_return);
	tcase_add_test(
		tc, roles_of_single_environments_are_kept_replaced_and_gone_with_a_revocation);
	tcase_add_test(tc, a_list_shows_a_viewer_his_environments_only);
	tcase_add_test(tc, lists_are_paged_with_a_cursor);
	tcase_add_test(tc, refuses_cursors_of_other_lists);
	tcase_add_test(
		tc, an_approval_is_for_one_fingerprint_until_it_expires_or_something_else_happens);
	tcase_add_test(tc, a_token_works_once_for_its_name_until_it_expires);
	tcase_add_test(tc, a_new_token_makes_the_older_one_void_and_so_does_revoking);
	tcase_add_test(tc, identities_follow_revocation_and_expiry);
	tcase_add_test(tc, a_dropped_ca_leaves_nobody_who_has_another);
	tcase_add_test(tc, a_certificate_counts_until_it_is_revoked_or_expires);
	tcase_add_test(tc, an_identity_has_few_certificates_and_keeps_the_one_it_uses);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
