/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a tree lets open a secret, and the file that pins it. */
#include "config.h"

#include "client/admin/secret_seals.h"

#include <stdio.h>
#include <string.h>

#include "client/admin/key_set.h"
#include "client/admin/secret_file.h"
#include "common/config/tree.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static struct vk_err err;
static struct vk_signkey *host, *keeper;
static char host_text[VK_PUBLIC_KEY_TEXT_BYTES], keeper_text[VK_PUBLIC_KEY_TEXT_BYTES];
static struct vk_secret_key *key;
static struct vk_secret *secret;
static struct cfg_tree *tree;
static struct cfg_secrets *secrets;
static struct secret_seals seals;
static const struct key_set nobody = {.count = 0};

static struct vk_signkey *make_key(char text[VK_PUBLIC_KEY_TEXT_BYTES])
{
	struct vk_signkey *made = vk_signkey_generate();
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];

	vk_signkey_public(made, public_key);
	vk_public_key_format(public_key, text);
	return made;
}

static void make_secret(void)
{
	const struct vk_secret_id id = {
		.fleet = "demo", .environment = "prod", .name = "app", .version = 1};
	struct vk_buf body;

	vk_buf_init(&body, VK_SECRET_BODY_MAX_BYTES);
	assert_ok(vk_secret_make(&id, "open sesame", 11, &body, &key, &err), err);
	assert_ok(vk_secret_parse(body.data, body.len, &secret, &err), err);
	vk_buf_release(&body);
}

/* db1 uses the secret, db2 too but has no key, db3 is of another role. */
static void make_tree(const char *host_key)
{
	static const char fleet[] = "fleet: demo\nenvironments: [prod]\nvalkey: \"8.0\"\n";
	static const char roles[] = "users:\n  app: {rules: \"on\", passwords: [\"secret:app\"]}\n";
	char prod[256], hosts[512];
	struct cfg_tree_file files[] = {
		{"fleet.yaml", fleet, sizeof(fleet) - 1},
		{"roles/a.yaml", roles, sizeof(roles) - 1},
		{"roles/b.yaml", "config: {}\n", 11},
		{"environments/prod.yaml", prod, 0},
		{"hosts/all.yaml", hosts, 0},
	};

	snprintf(prod, sizeof(prod), "keepers: {alice: \"%s\"}\n", keeper_text);
	snprintf(hosts, sizeof(hosts),
		"hosts:\n"
		"  db1: {environment: prod, public-key: \"%s\", instances: {main: {role: a}}}\n"
		"  db2: {environment: prod, instances: {main: {role: a}}}\n"
		"  db3: {environment: prod, instances: {main: {role: b}}}\n",
		host_key);
	files[3].len = strlen(prod);
	files[4].len = strlen(hosts);
	assert_ok(cfg_tree_from_files(files, 5, &tree, &err), err);
}

static const struct cfg_secret_info *info(void)
{
	const struct cfg_secret_info *found;

	assert_ok(cfg_secrets_read(tree, "prod", NULL, &secrets, &err), err);
	found = cfg_secrets_find(secrets, "app");
	ck_assert_ptr_nonnull(found);
	return found;
}

static void setup(void)
{
	host = make_key(host_text);
	keeper = make_key(keeper_text);
	make_secret();
	secret_seals_init(&seals);
}

static void teardown(void)
{
	secret_seals_release(&seals);
	cfg_secrets_free(secrets);
	secrets = NULL;
	cfg_tree_free(tree);
	tree = NULL;
	vk_secret_free(secret);
	vk_secret_key_free(key);
	vk_signkey_free(host);
	vk_signkey_free(keeper);
}

/* Whether the owner of this key can open the secret with the seal. */
static bool opens(const struct vk_seal *seal, const struct vk_signkey *own)
{
	struct vk_secret_key *got = NULL;
	struct vk_secret_value *value = NULL;
	bool is_open = vk_secret_unseal(seal->sealed, own, &got, NULL) == VK_OK &&
		       vk_secret_open(secret, got, &value, NULL) == VK_OK &&
		       strcmp(vk_secret_value_text(value), "open sesame") == 0;

	vk_secret_value_free(value);
	vk_secret_key_free(got);
	return is_open;
}

START_TEST(refuses_a_key_that_everybody_could_open)
{
	const struct cfg_secret_info *app;

	make_tree("ed25519:0000000000000000000000000000000000000000000000000000000000000000");
	app = info();
	assert_fails(secret_seals_make(&seals, secrets, app, &nobody, key, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "host/db1"));
}
END_TEST

START_TEST(refuses_names_that_lead_elsewhere)
{
	assert_fails(secret_file_check_names("prod", "../fleet", &err), VK_EINPUT);
	assert_fails(secret_file_check_names("prod", "a/b", &err), VK_EINPUT);
	assert_fails(secret_file_check_names("..", "a", &err), VK_EINPUT);
	assert_fails(secret_file_check_names("targets", "a", &err), VK_EINPUT);
}
END_TEST

START_TEST(seals_to_keepers_and_to_hosts_that_use_it)
{
	const struct cfg_secret_info *app;

	make_tree(host_text);
	app = info();
	assert_ok(secret_seals_make(&seals, secrets, app, &nobody, key, &err), err);
	ck_assert_uint_eq(seals.count, 2);
	ck_assert_uint_eq(seals.host_count, 1);
	ck_assert_str_eq(seals.items[0].recipient, "keeper/alice");
	ck_assert_str_eq(seals.items[1].recipient, "host/db1");
	ck_assert(opens(&seals.items[0], keeper));
	ck_assert(opens(&seals.items[1], host));
	ck_assert_msg(!opens(&seals.items[0], host), "each opens his own only");
	ck_assert_uint_eq(seals.keyless_count, 1);
	ck_assert_str_eq(seals.keyless, "db2");
}
END_TEST

START_TEST(who_has_a_seal_gets_no_other)
{
	const struct cfg_secret_info *app;
	struct vkjson *list = vkjson_array(), *one = vkjson_object();
	struct key_set present;

	vkjson_set(one, "public", vkjson_string(keeper_text));
	vkjson_append(list, one);
	vkjson_append(list, vkjson_object());
	present = key_set_of_list(list);
	make_tree(host_text);
	app = info();
	assert_ok(secret_seals_make(&seals, secrets, app, &present, key, &err), err);
	ck_assert_uint_eq(seals.count, 1);
	ck_assert_str_eq(seals.items[0].recipient, "host/db1");
	key_set_release(&present);
	vkjson_free(list);
}
END_TEST

START_TEST(a_set_finds_the_keys_of_a_tree)
{
	struct key_set set;
	const struct cfg_secret_info *app;

	make_tree(host_text);
	app = info();
	set = key_set_of_tree(secrets, app);
	ck_assert(key_set_has(&set, host_text));
	ck_assert(key_set_has(&set, keeper_text));
	ck_assert(!key_set_has(&set, "ed25519:00"));
	ck_assert(!key_set_has(&nobody, host_text));
	key_set_release(&set);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("secret_seals");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_key_that_everybody_could_open);
	tcase_add_test(tc, refuses_names_that_lead_elsewhere);
	tcase_add_test(tc, seals_to_keepers_and_to_hosts_that_use_it);
	tcase_add_test(tc, who_has_a_seal_gets_no_other);
	tcase_add_test(tc, a_set_finds_the_keys_of_a_tree);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
