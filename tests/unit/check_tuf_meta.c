/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys, signatures and the form of metadata; building, signing and storing it. */
#include "config.h"

#include "common/tuf/tuf_meta.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_store.h"
#include "common/vkjson.h"
#include "tests/unit/tuf_simulator.h"
#include "tests/unit/unit.h"

static struct vk_err err;

/* A metadata key with a PEM public value. */
static struct tuf_key *make_key(EVP_PKEY *pkey, const char *keytype, const char *scheme)
{
	struct vkjson *keyval = vkjson_object();
	struct vkjson *json = vkjson_object();
	BIO *bio = BIO_new(BIO_s_mem());
	struct tuf_key *key = NULL;
	char *pem = NULL;
	long len;

	ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, pkey), 1);
	len = BIO_get_mem_data(bio, &pem);
	vkjson_set(keyval, "public", vkjson_stringn(pem, (size_t)len));
	BIO_free(bio);
	vkjson_set(json, "keytype", vkjson_string(keytype));
	vkjson_set(json, "scheme", vkjson_string(scheme));
	vkjson_set(json, "keyval", keyval);
	assert_ok(tuf_key_parse(json, &key, &err), err);
	vkjson_free(json);
	return key;
}

static size_t sign(EVP_PKEY *pkey, bool is_pss, const char *text, uint8_t *sig, size_t max)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = NULL;
	size_t len = max;

	ck_assert_int_eq(EVP_DigestSignInit(ctx, &pkey_ctx, EVP_sha256(), NULL, pkey), 1);
	if (is_pss) {
		EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey_ctx, 32);
	}
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)text, strlen(text)), 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

static bool verifies(const struct tuf_key *key, const char *text, const uint8_t *sig, size_t len)
{
	return tuf_key_verify(key, text, strlen(text), sig, len);
}

START_TEST(ecdsa_signatures_count_only_with_the_right_key_and_text)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256");
	EVP_PKEY *p384 = EVP_EC_gen("P-384");
	struct tuf_key *good = make_key(p256, "ecdsa", "ecdsa-sha2-nistp256");
	struct tuf_key *old = make_key(p256, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256");
	struct tuf_key *other = make_key(p384, "ecdsa", "ecdsa-sha2-nistp256");
	struct tuf_key *wrong = make_key(p256, "rsa", "rsassa-pss-sha256");
	uint8_t material[VK_SHA256_BYTES], same[VK_SHA256_BYTES], sig[256];
	size_t len = sign(p256, false, "text", sig, sizeof(sig));

	ck_assert(verifies(good, "text", sig, len));
	ck_assert(verifies(old, "text", sig, len));
	ck_assert(tuf_key_material(good, material) && tuf_key_material(old, same));
	ck_assert_mem_eq(material, same, sizeof(same));
	ck_assert(!verifies(good, "Text", sig, len));
	ck_assert(!verifies(good, "text", sig, len - 1));
	ck_assert(!verifies(wrong, "text", sig, len));
	ck_assert(!tuf_key_material(other, material));
	len = sign(p384, false, "text", sig, sizeof(sig));
	ck_assert(!verifies(other, "text", sig, len));
	tuf_key_free(good);
	tuf_key_free(old);
	tuf_key_free(other);
	tuf_key_free(wrong);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
}
END_TEST

START_TEST(one_point_in_two_encodings_is_one_key)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	struct tuf_key *full = make_key(pkey, "ecdsa", "ecdsa-sha2-nistp256");
	struct tuf_key *compressed;
	uint8_t a[VK_SHA256_BYTES], b[VK_SHA256_BYTES];

	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(pkey, "point-format", "compressed"), 1);
	compressed = make_key(pkey, "ecdsa", "ecdsa-sha2-nistp256");
	ck_assert_str_ne(tuf_key_id(full), tuf_key_id(compressed));
	ck_assert(tuf_key_material(full, a) && tuf_key_material(compressed, b));
	ck_assert_mem_eq(a, b, sizeof(a));
	tuf_key_free(full);
	tuf_key_free(compressed);
	EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(rsa_signatures_count_only_with_pss_and_enough_bits)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	EVP_PKEY *small = EVP_RSA_gen(1024);
	struct tuf_key *good = make_key(rsa, "rsa", "rsassa-pss-sha256");
	struct tuf_key *weak = make_key(small, "rsa", "rsassa-pss-sha256");
	struct tuf_key *wrong = make_key(rsa, "ecdsa", "ecdsa-sha2-nistp256");
	uint8_t sig[512];
	size_t len = sign(rsa, true, "text", sig, sizeof(sig));

	ck_assert(verifies(good, "text", sig, len));
	ck_assert(!verifies(good, "texT", sig, len));
	ck_assert(!verifies(wrong, "text", sig, len));
	len = sign(rsa, false, "text", sig, sizeof(sig)); /* PKCS #1 v1.5 */
	ck_assert(!verifies(good, "text", sig, len));
	len = sign(small, true, "text", sig, sizeof(sig));
	ck_assert(!verifies(weak, "text", sig, len));
	tuf_key_free(good);
	tuf_key_free(weak);
	tuf_key_free(wrong);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(small);
}
END_TEST

START_TEST(keys_without_a_usable_value_verify_nothing)
{
	static const char *const usable[] = {
		"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"00\"}}",
		"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{}}",
		"{\"keytype\":\"ed25519\",\"scheme\":\"rsassa-pss-sha256\",\"keyval\":{\"public\":"
		"\"\"}}",
		"{\"keytype\":\"rsa\",\"scheme\":\"rsassa-pss-sha256\",\"keyval\":{\"public\":"
		"\"pem\"}}",
		"{\"keytype\":\"x\",\"scheme\":\"y\",\"keyval\":{}}",
	};
	static const char *const malformed[] = {
		"{}",
		"[]",
		"{\"keytype\":1,\"scheme\":\"\",\"keyval\":{}}",
		"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":\"00\"}",
		("{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{},"
		 "\"x-vkcfg-user\":\"../x\"}"),
		"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{},\"x\":1.5}",
	};
	const uint8_t sig[VK_SIGNATURE_BYTES] = {0};
	uint8_t material[VK_SHA256_BYTES];
	struct tuf_key *key = NULL;

	for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++) {
		assert_ok(tuf_key_parse_text(usable[i], strlen(usable[i]), &key, &err), err);
		ck_assert(!verifies(key, "", sig, sizeof(sig)));
		ck_assert(!tuf_key_material(key, material));
		ck_assert(!tuf_key_ed25519(key, material));
		tuf_key_free(key);
	}
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_fails(tuf_key_parse_text(malformed[i], strlen(malformed[i]), &key, &err),
			VK_EINPUT);
}
END_TEST

START_TEST(refuses_every_malformed_member)
{
	static const struct {
		const char *role, *name, *json;
	} bad[] = {
		{"root", "_type", "\"targets\""},
		{"root", "spec_version", "\"2.0\""},
		{"root", "spec_version", "\"1\""},
		{"root", "spec_version", "\"1.0.0.0\""},
		{"root", "spec_version", "\"1.x\""},
		{"root", "spec_version", "1"},
		{"root", "version", "0"},
		{"root", "version", "-1"},
		{"root", "version", "true"},
		{"root", "version", "1.0"},
		{"root", "version", "\"1\""},
		{"root", "expires", "\"2030-01-01T00:00:00+00:00\""},
		{"root", "expires", "\"2030-02-30T00:00:00Z\""},
		{"root", "expires", "\"2030-01-01T00:00:00.5Z\""},
		{"root", "expires", "2030"},
		{"root", "keys", "[]"},
		{"root", "keys", "{\"a\":{}}"},
		{"root", "roles", "{}"},
		{"root", "roles", "[]"},
		{"root", "consistent_snapshot", "1"},
		{"root", "x", "1.5"},
		{"timestamp", "meta", "{}"},
		{"timestamp", "meta", "{\"snapshot.json\":{}}"},
		{"timestamp", "meta", "{\"snapshot.json\":{\"version\":0}}"},
		{"timestamp", "meta", "{\"snapshot.json\":{\"version\":1,\"length\":-1}}"},
		{"timestamp", "meta", "{\"snapshot.json\":{\"version\":1,\"hashes\":{}}}"},
		{"timestamp", "meta",
			"{\"snapshot.json\":{\"version\":1,\"hashes\":{\"sha256\":1}}}"},
		{"snapshot", "meta", "{\"snapshot.json\":{\"version\":1}}"},
		{"snapshot", "meta", "[]"},
		{"targets", "targets", "[]"},
		{"targets", "targets", "{\"a\":{}}"},
		{"targets", "targets", "{\"a\":{\"length\":1}}"},
		{"targets", "targets", "{\"a\":{\"length\":1,\"hashes\":{}}}"},
		{"targets", "targets", "{\"a\":{\"length\":-1,\"hashes\":{\"sha256\":\"00\"}}}"},
		{"targets", "delegations", "{}"},
		{"targets", "delegations", "[]"},
	};
	static const enum tuf_type types[] = {TUF_ROOT, TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tuf_sim *sim = tuf_sim_new();
		struct tuf_meta *meta = NULL;
		struct vkjson *doc = NULL;
		struct vkjson *value = NULL;
		struct vk_buf text;
		size_t type = 0;

		while (strcmp(tuf_type_name(types[type]), bad[i].role) != 0)
			type++;
		vk_buf_init(&text, 100000);
		vk_buf_addf(&text, "[%s]", bad[i].json);
		assert_ok(vkjson_parse(text.data, text.len, &value, &err), err);
		doc = vkjson_object();
		vkjson_set(doc, "signatures", vkjson_array());
		vkjson_set(doc, "signed", vkjson_copy(tuf_sim_part(sim, bad[i].role)));
		vkjson_set((struct vkjson *)(uintptr_t)vkjson_get(doc, "signed"), bad[i].name,
			vkjson_ref(vkjson_at(value, 0)));
		vk_buf_reset(&text);
		vkjson_format(doc, false, &text);
		ck_assert_msg(tuf_meta_parse(text.data, text.len, types[type], &meta, &err) ==
				      VK_EUNTRUSTED,
			"%s %s = %s was accepted", bad[i].role, bad[i].name, bad[i].json);
		vk_buf_release(&text);
		vkjson_free(value);
		vkjson_free(doc);
		tuf_sim_free(sim);
	}
}
END_TEST

START_TEST(refuses_files_that_are_no_metadata)
{
	static const char *const bad[] = {"", "{}", "[]", "{\"signed\":{},\"signatures\":{}}",
		"{\"signed\":[],\"signatures\":[]}", "{\"signed\":{},\"signatures\":[]}",
		"{\"signed\":{\"a\":1,\"a\":2},\"signatures\":[]}"};
	struct tuf_meta *meta = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(tuf_meta_parse(bad[i], strlen(bad[i]), TUF_TARGETS, &meta, &err),
			VK_EUNTRUSTED);
}
END_TEST

static struct vk_signkey *signkeys[2];
static struct tuf_key *keys[2];

static void make_keys(void)
{
	static const char *const users[] = {"alice", "bob"};

	for (size_t i = 0; i < 2; i++) {
		uint8_t public_key[VK_PUBLIC_KEY_BYTES];

		signkeys[i] = vk_signkey_generate();
		vk_signkey_public(signkeys[i], public_key);
		keys[i] = tuf_key_new_ed25519(public_key, users[i]);
	}
}

static void free_keys(void)
{
	for (size_t i = 0; i < 2; i++) {
		vk_signkey_free(signkeys[i]);
		tuf_key_free(keys[i]);
	}
}

static struct tuf_root_spec root_spec(void)
{
	const struct tuf_signers two = {(const struct tuf_key *const *)keys, 2, 2};

	return (struct tuf_root_spec){.version = 1,
		.expires = SIM_NOW + SIM_DAY,
		.fleet = "demo",
		.log_name = "demo/log",
		.log_public = {9},
		.roles = {two, two, two, two}};
}

/* Signs a part with the first count keys and parses the file. */
static struct tuf_meta *sign_and_parse(const struct vk_buf *part, size_t count, enum tuf_type type)
{
	struct tuf_signature signatures[2];
	struct tuf_meta *meta = NULL;
	struct vk_buf file;

	vk_buf_init(&file, 100000);
	for (size_t i = 0; i < count; i++)
		tuf_build_sign(
			part->data, part->len, tuf_key_id(keys[i]), signkeys[i], &signatures[i]);
	assert_ok(tuf_build_file(part->data, part->len, signatures, count, &file, &err), err);
	assert_ok(tuf_meta_parse(file.data, file.len, type, &meta, &err), err);
	vk_buf_release(&file);
	return meta;
}

START_TEST(a_built_root_verifies_with_both_signatures_only)
{
	struct tuf_root_spec spec = root_spec();
	struct tuf_meta *root;
	struct tuf_fleet fleet;
	struct vk_buf part;
	size_t len;

	vk_buf_init(&part, 100000);
	assert_ok(tuf_build_root(&spec, &part, &err), err);
	root = sign_and_parse(&part, 1, TUF_ROOT);
	assert_fails(tuf_meta_verify_root(root, NULL, &err), VK_EUNTRUSTED);
	tuf_meta_free(root);
	root = sign_and_parse(&part, 2, TUF_ROOT);
	assert_ok(tuf_meta_verify_root(root, NULL, &err), err);
	ck_assert_str_eq(tuf_meta_signed(root, &len), part.data);
	ck_assert(tuf_meta_is_consistent(root));
	assert_ok(tuf_fleet_from_root(root, &fleet, &err), err);
	ck_assert_str_eq(fleet.fleet, "demo");
	ck_assert_str_eq(fleet.log_name, "demo/log");
	ck_assert_uint_eq(fleet.log_public[0], 9);
	tuf_meta_free(root);
	vk_buf_release(&part);
}
END_TEST

START_TEST(refuses_to_build_what_no_client_would_take)
{
	const struct tuf_key *twice[] = {keys[0], keys[0]};
	const struct tuf_release_spec zero = {.number = 0};
	const struct tuf_role_spec role = {
		.environment = "prod", .version = 1, .releases = &zero, .release_count = 1};
	struct tuf_environment_spec envs[2] = {{.name = "prod"}, {.name = "prod"}};
	struct tuf_targets_spec targets = {.version = 1, .environments = envs};
	struct tuf_root_spec spec = root_spec();
	struct vk_buf part;

	vk_buf_init(&part, 100000);
	spec.roles[TUF_TARGETS].threshold = 3;
	assert_fails(tuf_build_root(&spec, &part, &err), VK_EINPUT);
	spec.roles[TUF_TARGETS] = (struct tuf_signers){twice, 2, 2};
	assert_fails(tuf_build_root(&spec, &part, &err), VK_EINPUT);
	spec.roles[TUF_TARGETS] = (struct tuf_signers){NULL, 0, 0};
	assert_fails(tuf_build_root(&spec, &part, &err), VK_EINPUT);
	spec = root_spec();
	spec.version = 0;
	assert_fails(tuf_build_root(&spec, &part, &err), VK_EINPUT);
	assert_fails(tuf_build_role(&role, &part, &err), VK_EINPUT);
	targets.environment_count = 1;
	assert_fails(tuf_build_targets(&targets, &part, &err), VK_EINPUT);
	envs[0].signers = envs[1].signers =
		(struct tuf_signers){(const struct tuf_key *const *)keys, 1, 1};
	targets.environment_count = 2;
	assert_fails(tuf_build_targets(&targets, &part, &err), VK_EINPUT);
	envs[1].name = "snapshot";
	assert_fails(tuf_build_targets(&targets, &part, &err), VK_EINPUT);
	assert_fails(tuf_build_file("{} ", 3, NULL, 0, &part, &err), VK_EINPUT);
	ck_assert_uint_eq(part.len, 0);
	vk_buf_release(&part);
}
END_TEST

START_TEST(approvals_are_checked_one_by_one)
{
	const struct tuf_environment_spec env = {.name = "prod",
		.author_may_approve = true,
		.signers = {(const struct tuf_key *const *)keys, 1, 1}};
	const struct tuf_targets_spec spec = {
		.version = 1, .expires = SIM_NOW, .environments = &env, .environment_count = 1};
	const struct tuf_delegation *prod;
	const struct tuf_key *key = NULL;
	struct tuf_signature sig, foreign;
	struct tuf_meta *targets;
	struct vk_buf part;

	vk_buf_init(&part, 100000);
	assert_ok(tuf_build_targets(&spec, &part, &err), err);
	targets = sign_and_parse(&part, 2, TUF_TARGETS);
	prod = tuf_meta_delegation(targets, "prod");
	ck_assert(prod->is_terminating && prod->author_may_approve);
	ck_assert(tuf_delegation_matches(prod, "prod/1.json"));
	ck_assert(!tuf_delegation_matches(prod, "dev/1.json"));
	tuf_build_sign("text", 4, tuf_key_id(keys[0]), signkeys[0], &sig);
	tuf_build_sign("text", 4, tuf_key_id(keys[1]), signkeys[1], &foreign);
	assert_fails(
		tuf_role_verify_one(prod->role, foreign.keyid, foreign.sig, "text", 4, &key, &err),
		VK_EDENIED);
	assert_fails(tuf_role_verify_one(prod->role, sig.keyid, foreign.sig, "text", 4, &key, &err),
		VK_EUNTRUSTED);
	assert_fails(tuf_role_verify_one(prod->role, sig.keyid, sig.sig, "Text", 4, &key, &err),
		VK_EUNTRUSTED);
	assert_fails(tuf_role_verify_one(prod->role, sig.keyid, "", "text", 4, &key, &err),
		VK_EUNTRUSTED);
	assert_ok(tuf_role_verify_one(prod->role, sig.keyid, sig.sig, "text", 4, &key, &err), err);
	ck_assert_str_eq(tuf_key_user(key), "alice");
	tuf_meta_free(targets);
	vk_buf_release(&part);
}
END_TEST

START_TEST(built_roles_list_what_they_were_given)
{
	const struct tuf_release_spec releases[] = {{.number = 42, .length = 100, .sha256 = {1}},
		{.number = 41, .length = 90, .sha256 = {2}}};
	const struct tuf_role_spec role = {.environment = "prod",
		.version = 7,
		.expires = SIM_NOW + 1,
		.releases = releases,
		.release_count = 2};
	const struct tuf_file_spec files[] = {
		{.role = "targets", .version = 3, .length = 10, .sha256 = {3}},
		{.role = "prod", .version = 7, .length = 20, .sha256 = {4}}};
	struct tuf_meta *meta;
	struct vk_buf part;

	vk_buf_init(&part, 100000);
	assert_ok(tuf_build_role(&role, &part, &err), err);
	meta = sign_and_parse(&part, 1, TUF_TARGETS);
	ck_assert_int_eq(tuf_meta_version(meta), 7);
	ck_assert_int_eq(tuf_meta_target(meta, "prod/42.json")->length, 100);
	ck_assert_uint_eq(tuf_meta_target(meta, "prod/41.json")->hashes.sha256[0], 2);
	ck_assert_ptr_null(tuf_meta_target(meta, "prod/4.json"));
	assert_ok(tuf_meta_check_expiry(meta, SIM_NOW, "prod", &err), err);
	assert_fails(tuf_meta_check_expiry(meta, SIM_NOW + 1, "prod", &err), VK_EUNTRUSTED);
	ck_assert_str_eq(err.msg, "prod: version 7 has expired on 2026-11-23T01:33:06Z");
	tuf_meta_free(meta);
	vk_buf_reset(&part);
	assert_ok(tuf_build_snapshot(5, SIM_NOW, files, 2, &part, &err), err);
	meta = sign_and_parse(&part, 1, TUF_SNAPSHOT);
	ck_assert_int_eq(tuf_meta_file(meta, "prod.json")->version, 7);
	ck_assert_int_eq(tuf_meta_file(meta, "targets.json")->length, 10);
	ck_assert_uint_eq(tuf_meta_file_count(meta), 2);
	tuf_meta_free(meta);
	vk_buf_release(&part);
}
END_TEST

START_TEST(another_fleets_root_is_none_of_ours)
{
	struct tuf_sim *sim = tuf_sim_new();
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	struct vk_buf *file = tuf_sim_file(sim, "1.root.json");

	assert_ok(tuf_meta_parse(file->data, file->len, TUF_ROOT, &root, &err), err);
	assert_fails(tuf_fleet_from_root(root, &fleet, &err), VK_EUNTRUSTED);
	tuf_meta_free(root);
	tuf_sim_free(sim);
}
END_TEST

START_TEST(a_log_is_known_by_its_number)
{
	static const char *const bad[] = {"other/log", "demo", "demo/logs", "demo/log.", "demo/log.1",
		"demo/log.02", "demo/log.2 ", "demo/log.10000", "demo/log.-2", "demo/log.2\nx"};
	char *name;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_uint_eq(tuf_fleet_log_number("demo", bad[i]), 0);
	ck_assert_uint_eq(tuf_fleet_log_number("demo", "demo/log"), 1);
	ck_assert_uint_eq(tuf_fleet_log_number("demo", "demo/log.2"), 2);
	ck_assert_uint_eq(tuf_fleet_log_number("a.b", "a.b/log.9999"), 9999);
	name = tuf_fleet_log_name("demo", 17);
	ck_assert_str_eq(name, "demo/log.17");
	free(name);
	name = tuf_fleet_log_name("demo", 0);
	ck_assert_str_eq(name, "demo/log");
	free(name);
}
END_TEST

START_TEST(the_directory_store_keeps_bytes_and_names)
{
	char path[] = "/tmp/check_tuf_XXXXXX";
	const struct tuf_store *store;
	struct tuf_store_dir *dir = NULL;
	char long_name[300];
	struct vk_buf out;

	ck_assert_ptr_nonnull(mkdtemp(path));
	assert_ok(tuf_store_dir_open(path, &dir, &err), err);
	store = tuf_store_dir_store(dir);
	vk_buf_init(&out, 100);
	assert_fails(store->load(store->ctx, "../x", &out, &err), VK_ENOTFOUND);
	assert_ok(store->save(store->ctx, "../x", "one ", 4, &err), err);
	assert_ok(store->save(store->ctx, "../x", "two ", 4, &err), err);
	assert_ok(store->load(store->ctx, "../x", &out, &err), err);
	ck_assert_str_eq(out.data, "two ");
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_fails(store->save(store->ctx, long_name, "x", 1, &err), VK_ELIMIT);
	assert_ok(store->remove(store->ctx, "../x", &err), err);
	assert_ok(store->remove(store->ctx, "../x", &err), err);
	tuf_store_dir_free(dir);
	ck_assert_int_eq(rmdir(path), 0); /* nothing is left, not even a temporary file */
	assert_fails(tuf_store_dir_open(path, &dir, &err), VK_ENOTFOUND);
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tuf_meta");
	TCase *tcase = tcase_create("tuf_meta");

	tcase_add_checked_fixture(tcase, make_keys, free_keys);
	tcase_add_test(tcase, ecdsa_signatures_count_only_with_the_right_key_and_text);
	tcase_add_test(tcase, one_point_in_two_encodings_is_one_key);
	tcase_add_test(tcase, rsa_signatures_count_only_with_pss_and_enough_bits);
	tcase_add_test(tcase, keys_without_a_usable_value_verify_nothing);
	tcase_add_test(tcase, refuses_every_malformed_member);
	tcase_add_test(tcase, refuses_files_that_are_no_metadata);
	tcase_add_test(tcase, refuses_to_build_what_no_client_would_take);
	tcase_add_test(tcase, another_fleets_root_is_none_of_ours);
	tcase_add_test(tcase, approvals_are_checked_one_by_one);
	tcase_add_test(tcase, a_built_root_verifies_with_both_signatures_only);
	tcase_add_test(tcase, built_roles_list_what_they_were_given);
	tcase_add_test(tcase, a_log_is_known_by_its_number);
	tcase_add_test(tcase, the_directory_store_keeps_bytes_and_names);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
