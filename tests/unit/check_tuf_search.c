/* SPDX-License-Identifier: BSD-3-Clause */
/* Delegated roles and targets: who may list what, in which order roles are asked, what is
 * accepted as a target's content. */
#include "config.h"

#include "common/tuf/tuf_client.h"

#include <stdio.h>
#include <string.h>

#include "common/tuf/tuf_path.h"
#include "tests/unit/tuf_simulator.h"
#include "tests/unit/unit.h"

static struct tuf_sim *sim;
static struct vk_err err;

static void setup(void)
{
	sim = tuf_sim_new();
}

static void teardown(void)
{
	tuf_sim_free(sim);
}

/* Publishes the named roles (separated by blanks), targets and the online roles. */
static void publish(const char *roles)
{
	char name[64];
	int used;

	while (sscanf(roles, " %63s%n", name, &used) == 1) {
		tuf_sim_publish(sim, name);
		roles += used;
	}
	tuf_sim_publish(sim, "targets");
	tuf_sim_publish_online(sim);
}

/* Requests after the four top-level roles. */
static const char *role_requests(void)
{
	const char *requests = tuf_sim_requests(sim);
	const char *at = strstr(requests, "targets.json ");

	return at != NULL ? at + strlen("targets.json ") : requests;
}

static void publish_prod(void)
{
	tuf_sim_delegate(sim, "targets", "prod", "prod/*", true);
	tuf_sim_delegate(sim, "targets", "dev", "dev/*", true);
	tuf_sim_add_target(sim, "prod", "prod/42.json", "release 42");
	publish("prod dev");
}

START_TEST(finds_and_downloads_a_release)
{
	struct tuf_client *client = tuf_sim_client(sim);
	const struct tuf_meta *role = NULL;
	struct vk_buf out;

	publish_prod();
	vk_buf_init(&out, 1000);
	assert_ok(tuf_client_refresh(client, &err), err);
	assert_ok(tuf_client_role(client, "prod", &role, &err), err);
	ck_assert_uint_eq(tuf_meta_target_count(role), 1);
	assert_ok(tuf_client_target(client, "prod/42.json", &out, &err), err);
	ck_assert_str_eq(out.data, "release 42");
	vk_buf_release(&out);
	tuf_client_free(client);
}
END_TEST

START_TEST(nothing_can_be_asked_for_before_a_refresh)
{
	struct tuf_client *client = tuf_sim_client(sim);
	const struct tuf_meta *role = NULL;
	const struct tuf_target *target = NULL;

	assert_fails(tuf_client_role(client, "prod", &role, &err), VK_EUNTRUSTED);
	assert_fails(tuf_client_find(client, "prod/1.json", &target, &err), VK_EUNTRUSTED);
	tuf_client_free(client);
}
END_TEST

START_TEST(a_role_signed_by_another_environment_is_refused)
{
	publish_prod();
	tuf_sim_sign_as(sim, "prod", "dev");
	publish("prod");
	assert_fails(tuf_sim_find(sim, "prod/42.json", &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "prod"), 0);
}
END_TEST

START_TEST(a_role_signed_by_one_of_two_is_refused)
{
	publish_prod();
	tuf_sim_new_keys(sim, "prod", 2, 2, false);
	publish("prod");
	assert_ok(tuf_sim_find(sim, "prod/42.json", &err), err);
	tuf_sim_limit_signers(sim, "prod", 1);
	publish("prod");
	assert_fails(tuf_sim_find(sim, "prod/42.json", &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "prod"), 2);
}
END_TEST

START_TEST(a_role_signed_by_a_removed_approver_is_refused)
{
	publish_prod();
	tuf_sim_new_keys(sim, "prod", 1, 1, true);
	tuf_sim_limit_signers(sim, "prod", 1); /* only the old one signs */
	publish("prod");
	assert_fails(tuf_sim_find(sim, "prod/42.json", &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(one_approver_under_two_ids_does_not_reach_two)
{
	publish_prod();
	tuf_sim_double_key(sim, "prod");
	tuf_sim_set_int(tuf_sim_role(sim, "prod"), "threshold", 2);
	publish("prod");
	assert_fails(tuf_sim_find(sim, "prod/42.json", &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(an_expired_role_is_refused)
{
	publish_prod();
	vkjson_set(tuf_sim_part(sim, "prod"), "expires", vkjson_time(SIM_NOW));
	publish("prod");
	assert_fails(tuf_sim_find(sim, "prod/42.json", &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "prod"), 0);
}
END_TEST

START_TEST(an_older_role_is_refused)
{
	publish_prod();
	publish("prod");
	assert_ok(tuf_sim_find(sim, "prod/42.json", &err), err);
	tuf_sim_set_int(tuf_sim_part(sim, "prod"), "version", 0);
	publish("prod");
	assert_fails(tuf_sim_find(sim, "prod/42.json", &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "prod"), 2);
}
END_TEST

START_TEST(a_role_that_the_snapshot_lacks_makes_no_request)
{
	tuf_sim_delegate(sim, "targets", "prod", "prod/*", true);
	publish("");
	ck_assert_int_ne(tuf_sim_find(sim, "prod/42.json", &err), VK_OK);
	ck_assert_str_eq(role_requests(), "");
}
END_TEST

START_TEST(a_role_cannot_list_the_targets_of_another)
{
	publish_prod();
	tuf_sim_add_target(sim, "dev", "prod/43.json", "forged");
	tuf_sim_add_target(sim, "dev", "prod/42.json", "forged");
	publish("dev");
	assert_fails(tuf_sim_find(sim, "prod/43.json", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "1.prod.json ");
}
END_TEST

START_TEST(roles_are_asked_in_the_order_of_the_tree)
{
	tuf_sim_delegate(sim, "targets", "a", "*", false);
	tuf_sim_delegate(sim, "targets", "b", "*", false);
	tuf_sim_delegate(sim, "a", "a1", "*", false);
	tuf_sim_delegate(sim, "a", "a2", "x*", false);
	tuf_sim_delegate(sim, "a1", "a11", "*", false);
	publish("a b a1 a2 a11");
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "1.a.json 1.a1.json 1.a11.json 1.b.json ");
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "2.root.json timestamp.json ");
}
END_TEST

START_TEST(a_terminating_delegation_drops_what_waits_but_not_its_own_children)
{
	tuf_sim_delegate(sim, "targets", "a", "*", false);
	tuf_sim_delegate(sim, "targets", "late", "*", false);
	tuf_sim_delegate(sim, "a", "b", "*", true);
	tuf_sim_delegate(sim, "a", "sibling", "*", false);
	tuf_sim_delegate(sim, "b", "c", "*", false);
	tuf_sim_add_target(sim, "late", "f", "never reached");
	publish("a late b sibling c");
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "1.a.json 1.b.json 1.c.json ");
}
END_TEST

START_TEST(a_terminating_delegation_that_does_not_match_ends_nothing)
{
	tuf_sim_delegate(sim, "targets", "a", "x/*", true);
	tuf_sim_delegate(sim, "targets", "b", "*", false);
	tuf_sim_add_target(sim, "b", "f", "content");
	publish("a b");
	assert_ok(tuf_sim_find(sim, "f", &err), err);
	ck_assert_str_eq(role_requests(), "1.b.json ");
}
END_TEST

START_TEST(cycles_end)
{
	tuf_sim_delegate(sim, "targets", "a", "*", false);
	tuf_sim_delegate(sim, "a", "b", "*", false);
	tuf_sim_delegate(sim, "b", "a", "*", false);
	publish("a b");
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "1.a.json 1.b.json ");
}
END_TEST

START_TEST(a_long_chain_of_roles_ends)
{
	char parent[16] = "targets";
	char child[16];
	char all[1000] = "";
	size_t used = 0;

	for (int i = 0; i < TUF_MAX_VISITED_ROLES + 5; i++) {
		snprintf(child, sizeof(child), "r%d", i);
		tuf_sim_delegate(sim, parent, child, "*", false);
		memcpy(parent, child, sizeof(parent));
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s ", child);
	}
	tuf_sim_add_target(sim, parent, "f", "too deep");
	publish(all);
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	snprintf(child, sizeof(child), "r%d", TUF_MAX_VISITED_ROLES);
	ck_assert_int_eq(tuf_sim_stored(sim, child), 0);
}
END_TEST

START_TEST(a_shared_role_is_verified_with_the_keys_of_each_delegator)
{
	struct tuf_client *client = tuf_sim_client(sim);
	const struct tuf_target *target = NULL;
	struct vkjson *entry;

	tuf_sim_delegate(sim, "targets", "a", "a*", false);
	tuf_sim_delegate(sim, "targets", "b", "b*", false);
	tuf_sim_delegate(sim, "a", "shared", "*", false);
	tuf_sim_delegate(sim, "b", "shared", "*", false);
	tuf_sim_add_target(sim, "shared", "a1", "one");
	tuf_sim_add_target(sim, "shared", "b1", "two");
	publish("a b shared");
	assert_ok(tuf_sim_find(sim, "a1", &err), err);
	assert_ok(tuf_sim_find(sim, "b1", &err), err);
	/* Now b trusts the role only with a key that has not signed. */
	entry = (struct vkjson *)(uintptr_t)vkjson_at(
		vkjson_get(vkjson_get(tuf_sim_part(sim, "b"), "delegations"), "roles"), 0);
	vkjson_set(entry, "keyids", vkjson_array());
	publish("b");
	assert_ok(tuf_client_refresh(client, &err), err);
	assert_ok(tuf_client_find(client, "a1", &target, &err), err);
	assert_fails(tuf_client_find(client, "b1", &target, &err), VK_EUNTRUSTED);
	assert_ok(tuf_client_find(client, "a1", &target, &err), err);
	tuf_client_free(client);
}
END_TEST

START_TEST(path_hash_prefixes_delegate)
{
	struct vkjson *prefixes = vkjson_array();
	char digest[VK_SHA256_HEX_BYTES];

	tuf_sim_delegate(sim, "targets", "bin", "*", false);
	tuf_sim_add_target(sim, "bin", "some/file", "content");
	vk_sha256_hex("some/file", 9, digest);
	digest[3] = '\0';
	vkjson_append(prefixes, vkjson_string(digest));
	vkjson_unset(tuf_sim_role(sim, "bin"), "paths");
	vkjson_set(tuf_sim_role(sim, "bin"), "path_hash_prefixes", prefixes);
	publish("bin");
	assert_ok(tuf_sim_find(sim, "some/file", &err), err);
	assert_fails(tuf_sim_find(sim, "some/other", &err), VK_ENOTFOUND);
}
END_TEST

START_TEST(without_consistent_snapshots_names_have_no_prefix)
{
	struct tuf_client *client = tuf_sim_client(sim);
	struct vk_buf out;

	vkjson_set(tuf_sim_part(sim, "root"), "consistent_snapshot", vkjson_bool(false));
	tuf_sim_publish(sim, "root");
	publish_prod();
	tuf_sim_serve(sim, "targets/prod/42.json", "release 42", 10);
	vk_buf_init(&out, 1000);
	assert_ok(tuf_client_refresh(client, &err), err);
	assert_ok(tuf_client_target(client, "prod/42.json", &out, &err), err);
	ck_assert_str_eq(out.data, "release 42");
	ck_assert_str_eq(role_requests(), "prod.json targets/prod/42.json ");
	vk_buf_release(&out);
	tuf_client_free(client);
}
END_TEST

START_TEST(role_names_cannot_leave_the_directory)
{
	static const char *const names[] = {"?", "#", "/role", "../role", "a.b"};
	static const char *const requests[] = {"1.%3F.json ", "1.%23.json ", "1.%2Frole.json ",
		"1...%2Frole.json ", "1.a.b.json "};

	tuf_sim_delegate(sim, "targets", names[_i], "*", false);
	publish(names[_i]);
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), requests[_i]);
}
END_TEST

START_TEST(refuses_malformed_delegations)
{
	struct vkjson *role;

	tuf_sim_delegate(sim, "targets", "prod", "prod/*", true);
	tuf_sim_publish(sim, "prod");
	role = tuf_sim_role(sim, "prod");
	switch (_i) {
	case 0:
		vkjson_set(role, "name", vkjson_string("root"));
		break;
	case 1:
		vkjson_set(role, "name", vkjson_string(""));
		break;
	case 2:
		vkjson_unset(role, "paths");
		break;
	case 3:
		vkjson_set(role, "path_hash_prefixes", vkjson_array());
		break;
	case 4:
		vkjson_set(role, "terminating", vkjson_int(1));
		break;
	case 5:
		vkjson_set(role, "threshold", vkjson_int(0));
		break;
	case 6:
		vkjson_set((struct vkjson *)(uintptr_t)vkjson_get(
				   tuf_sim_part(sim, "targets"), "delegations"),
			"roles", vkjson_object());
		break;
	case 7: /* the same name twice */
		vkjson_append(
			(struct vkjson *)(uintptr_t)vkjson_get(
				vkjson_get(tuf_sim_part(sim, "targets"), "delegations"), "roles"),
			vkjson_copy(role));
		break;
	case 8:
		vkjson_set(role, "paths", vkjson_hex("x", 1));
		break;
	case 9:
		vkjson_append((struct vkjson *)(uintptr_t)vkjson_get(role, "paths"), vkjson_int(1));
		break;
	}
	tuf_sim_publish(sim, "targets");
	tuf_sim_set_int(tuf_sim_part(sim, "snapshot"), "version", 1);
	tuf_sim_publish(sim, "snapshot");
	tuf_sim_publish(sim, "timestamp");
	assert_fails(tuf_sim_refresh(sim, &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "targets"), 0);
}
END_TEST

/* The file of the only target of prod. */
static struct vk_buf *served_target(void)
{
	char hash[VK_SHA256_HEX_BYTES];
	char name[128];

	vk_sha256_hex("release 42", 10, hash);
	snprintf(name, sizeof(name), "targets/prod/%s.42.json", hash);
	return tuf_sim_file(sim, name);
}

static enum vk_rc download(void)
{
	struct tuf_client *client = tuf_sim_client(sim);
	struct vk_buf out;
	enum vk_rc rc;

	vk_buf_init(&out, 1000);
	rc = tuf_client_refresh(client, &err);
	if (rc == VK_OK)
		rc = tuf_client_target(client, "prod/42.json", &out, &err);
	if (rc != VK_OK)
		ck_assert_uint_eq(out.len, 0);
	vk_buf_release(&out);
	tuf_client_free(client);
	return rc;
}

START_TEST(refuses_another_content)
{
	publish_prod();
	served_target()->data[0] = 'R';
	assert_fails(download(), VK_EUNTRUSTED);
	served_target()->data[0] = 'r';
	assert_ok(download(), err);
	vk_buf_adds(served_target(), "!");
	assert_fails(download(), VK_ELIMIT);
	vk_buf_reset(served_target());
	assert_fails(download(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_digests_that_it_cannot_check)
{
	struct vkjson *hashes;

	publish_prod();
	hashes = (struct vkjson *)(uintptr_t)vkjson_get(
		vkjson_get(vkjson_get(tuf_sim_part(sim, "prod"), "targets"), "prod/42.json"),
		"hashes");
	switch (_i) {
	case 0:
		vkjson_set(hashes, "blake3", vkjson_string("00"));
		break;
	case 1:
		vkjson_unset(hashes, "sha256");
		vkjson_unset(hashes, "sha512");
		vkjson_set(hashes, "md5", vkjson_string("00"));
		break;
	case 2:
		vkjson_set(hashes, "sha512", vkjson_string("00"));
		break;
	}
	publish("prod");
	assert_fails(download(), VK_EUNTRUSTED);
	/* Only the target is unusable, not the role. */
	ck_assert_int_eq(tuf_sim_stored(sim, "prod"), 2);
}
END_TEST

START_TEST(refuses_targets_that_are_too_large_and_missing_ones)
{
	struct vkjson *entry;
	char hash[VK_SHA256_HEX_BYTES];
	char name[128];

	publish_prod();
	entry = (struct vkjson *)(uintptr_t)vkjson_get(
		vkjson_get(tuf_sim_part(sim, "prod"), "targets"), "prod/42.json");
	tuf_sim_set_int(entry, "length", (int64_t)TUF_TARGET_MAX_BYTES + 1);
	publish("prod");
	assert_fails(download(), VK_ELIMIT);
	tuf_sim_set_int(entry, "length", 10);
	publish("prod");
	vk_sha256_hex("release 42", 10, hash);
	snprintf(name, sizeof(name), "targets/prod/%s.42.json", hash);
	tuf_sim_remove_file(sim, name);
	assert_fails(download(), VK_EUNAVAIL);
}
END_TEST

START_TEST(patterns_match_part_by_part)
{
	static const struct {
		const char *pattern, *path;
		bool does_match;
	} cases[] = {
		{"*", "a", true},
		{"*", "a/b", false},
		{"*", "", true},
		{"prod/*", "prod/1.json", true},
		{"prod/*", "prod/a/b", false},
		{"prod/*", "prod", false},
		{"prod/*", "production/1", false},
		{"releases/*/*", "releases/x/y", true},
		{"releases/*/*", "releases/x", false},
		{"f?le", "file", true},
		{"f?le", "f/le", false},
		{"?", "/", false},
		{"f[ai]le", "file", true},
		{"f[a/]le", "f/le", false},
		{"FILE", "file", false},
		{"*.txt", ".txt", true},
		{"a\\*", "a*", false},
		{"a\\*", "a\\b", true},
		{"*/*", "a/b", true},
		{"**", "a/b", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(
			tuf_path_matches(cases[i].pattern, cases[i].path) == cases[i].does_match,
			"%s %s", cases[i].pattern, cases[i].path);
}
END_TEST

START_TEST(urls_are_encoded_once)
{
	struct vk_buf out;

	vk_buf_init(&out, 1000);
	tuf_path_target_url("a b/c?#%\xc3\xa4.json", "00ff", &out);
	ck_assert_str_eq(out.data, "a%20b/00ff.c%3F%23%25%C3%A4.json");
	vk_buf_reset(&out);
	tuf_path_target_url("plain", NULL, &out);
	ck_assert_str_eq(out.data, "plain");
	vk_buf_reset(&out);
	tuf_path_encode_target("a/b c", &out);
	ck_assert_str_eq(out.data, "a/b%20c");
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tuf_search");
	TCase *tcase = tcase_create("tuf_search");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_role_signed_by_another_environment_is_refused);
	tcase_add_test(tcase, a_role_signed_by_one_of_two_is_refused);
	tcase_add_test(tcase, a_role_signed_by_a_removed_approver_is_refused);
	tcase_add_test(tcase, one_approver_under_two_ids_does_not_reach_two);
	tcase_add_test(tcase, an_expired_role_is_refused);
	tcase_add_test(tcase, an_older_role_is_refused);
	tcase_add_test(tcase, a_role_that_the_snapshot_lacks_makes_no_request);
	tcase_add_test(tcase, a_role_cannot_list_the_targets_of_another);
	tcase_add_test(tcase, a_shared_role_is_verified_with_the_keys_of_each_delegator);
	tcase_add_loop_test(tcase, refuses_malformed_delegations, 0, 10);
	tcase_add_test(tcase, refuses_another_content);
	tcase_add_loop_test(tcase, refuses_digests_that_it_cannot_check, 0, 3);
	tcase_add_test(tcase, refuses_targets_that_are_too_large_and_missing_ones);
	tcase_add_test(tcase, nothing_can_be_asked_for_before_a_refresh);
	tcase_add_test(tcase, finds_and_downloads_a_release);
	tcase_add_test(tcase, roles_are_asked_in_the_order_of_the_tree);
	tcase_add_test(tcase, a_terminating_delegation_drops_what_waits_but_not_its_own_children);
	tcase_add_test(tcase, a_terminating_delegation_that_does_not_match_ends_nothing);
	tcase_add_test(tcase, cycles_end);
	tcase_add_test(tcase, a_long_chain_of_roles_ends);
	tcase_add_test(tcase, path_hash_prefixes_delegate);
	tcase_add_test(tcase, without_consistent_snapshots_names_have_no_prefix);
	tcase_add_loop_test(tcase, role_names_cannot_leave_the_directory, 0, 5);
	tcase_add_test(tcase, patterns_match_part_by_part);
	tcase_add_test(tcase, urls_are_encoded_once);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
