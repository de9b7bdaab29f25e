/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "common/vkjson.h"
#include "tests/unit/secret_vector.h"
#include "tests/unit/unit.h"

static const struct vk_secret_id demo = {"demo", "prod", "app-password", 4};
static const char canary[] = "correct horse battery staple";

/* A sealed secret and all that belongs to it. */
struct sealed {
	struct vk_signkey *owner;
	struct vk_secret_key *key;
	struct vk_buf body;
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	uint8_t seal[VK_SECRET_SEALED_BYTES];
};

static void make(struct sealed *s, const struct vk_secret_id *id, const char *value)
{
	struct vk_err err = VK_ERR_INIT;

	vk_buf_init(&s->body, VK_SECRET_BODY_MAX_BYTES);
	s->owner = vk_signkey_generate();
	vk_signkey_public(s->owner, s->public_key);
	assert_ok(vk_secret_make(id, value, strlen(value), &s->body, &s->key, &err), err);
	assert_ok(vk_secret_seal(s->key, s->public_key, s->seal, &err), err);
}

static void release(struct sealed *s)
{
	vk_signkey_free(s->owner);
	vk_secret_key_free(s->key);
	vk_buf_release(&s->body);
}

static struct vk_secret *parse(const struct vk_buf *body)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_secret *secret = NULL;

	assert_ok(vk_secret_parse(body->data, body->len, &secret, &err), err);
	return secret;
}

/* Opens a body with a data key; on success the value is the canary. */
static enum vk_rc open_body(
	const struct vk_buf *body, const struct vk_secret_key *key, struct vk_err *err)
{
	struct vk_secret_value *value = NULL;
	struct vk_secret *secret = parse(body);
	enum vk_rc rc = vk_secret_open(secret, key, &value, err);

	if (rc == VK_OK)
		ck_assert_str_eq(vk_secret_value_text(value), canary);
	else
		ck_assert_ptr_null(value);
	vk_secret_value_free(value);
	vk_secret_free(secret);
	return rc;
}

/* The body with a member replaced (or removed: json is NULL). */
static void change(
	const struct vk_buf *body, const char *name, const char *json, struct vk_buf *out)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *doc = NULL, *value = NULL;
	struct vk_buf list;

	vk_buf_init(&list, 10000);
	assert_ok(vkjson_parse_canonical(body->data, body->len, &doc, &err), err);
	vkjson_unset(doc, name);
	if (json != NULL) {
		vk_buf_addf(&list, "[%s]", json);
		assert_ok(vkjson_parse(list.data, list.len, &value, &err), err);
		vkjson_set(doc, name, vkjson_ref(vkjson_at(value, 0)));
	}
	vk_buf_reset(out);
	assert_ok(vkjson_canonical(doc, out, &err), err);
	vkjson_free(value);
	vkjson_free(doc);
	vk_buf_release(&list);
}

START_TEST(refuses_a_seal_for_another_key)
{
	struct vk_signkey *other = vk_signkey_generate();
	struct vk_secret_key *key = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct sealed s;

	make(&s, &demo, canary);
	assert_fails(vk_secret_unseal(s.seal, other, &key, &err), VK_EUNTRUSTED);
	ck_assert_ptr_null(key);
	vk_signkey_free(other);
	release(&s);
}
END_TEST

START_TEST(refuses_every_flipped_bit_of_a_seal)
{
	struct vk_secret_key *key = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct sealed s;

	make(&s, &demo, canary);
	for (size_t i = 0; i < 8 * sizeof(s.seal); i++) {
		s.seal[i / 8] ^= (uint8_t)(1U << i % 8);
		/* X25519 ignores the highest bit of a point, the nonce of the box does not. */
		assert_fails(vk_secret_unseal(s.seal, s.owner, &key, &err), VK_EUNTRUSTED);
		s.seal[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	release(&s);
}
END_TEST

START_TEST(refuses_the_data_key_of_another_body)
{
	const struct vk_secret_id next = {"demo", "prod", "app-password", 5};
	struct vk_err err = VK_ERR_INIT;
	struct sealed s, other;

	make(&s, &demo, canary);
	make(&other, &next, canary);
	assert_fails(open_body(&s.body, other.key, &err), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.msg, "another data key"));
	assert_fails(open_body(&other.body, s.key, &err), VK_EUNTRUSTED);
	release(&s);
	release(&other);
}
END_TEST

START_TEST(refuses_a_body_under_another_name)
{
	static const char *const changes[][2] = {{"environment", "\"dev\""}, {"fleet", "\"other\""},
		{"name", "\"db-password\""}, {"version", "5"},
		{"nonce", "\"000000000000000000000000000000000000000000000000\""}};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf changed;
	struct sealed s;

	make(&s, &demo, canary);
	vk_buf_init(&changed, VK_SECRET_BODY_MAX_BYTES);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		change(&s.body, changes[i][0], changes[i][1], &changed);
		assert_fails(open_body(&changed, s.key, &err), VK_EUNTRUSTED);
	}
	vk_buf_release(&changed);
	release(&s);
}
END_TEST

START_TEST(refuses_another_commitment)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf changed;
	struct sealed s;

	make(&s, &demo, canary);
	vk_buf_init(&changed, VK_SECRET_BODY_MAX_BYTES);
	change(&s.body, "commitment",
		"\"0000000000000000000000000000000000000000000000000000000000000000\"", &changed);
	assert_fails(open_body(&changed, s.key, &err), VK_EUNTRUSTED);
	vk_buf_release(&changed);
	release(&s);
}
END_TEST

START_TEST(refuses_every_flipped_bit_of_a_body)
{
	struct vk_secret_value *value = NULL;
	struct vk_secret *secret = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct sealed s;
	size_t parsed = 0;

	make(&s, &demo, canary);
	for (size_t i = 0; i < 8 * s.body.len; i++) {
		s.body.data[i / 8] ^= (char)(1U << i % 8);
		if (vk_secret_parse(s.body.data, s.body.len, &secret, &err) == VK_OK) {
			parsed++;
			assert_fails(vk_secret_open(secret, s.key, &value, &err), VK_EUNTRUSTED);
			vk_secret_free(secret);
		}
		s.body.data[i / 8] ^= (char)(1U << i % 8);
	}
	ck_assert_uint_gt(parsed, 100); /* digits into other digits */
	release(&s);
}
END_TEST

START_TEST(refuses_every_truncation)
{
	struct vk_secret *secret = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct sealed s;

	make(&s, &demo, canary);
	for (size_t len = 0; len < s.body.len; len++)
		assert_fails(vk_secret_parse(s.body.data, len, &secret, &err), VK_EINPUT);
	release(&s);
}
END_TEST

START_TEST(refuses_every_wrong_member)
{
	static const char *const bad[][2] = {
		{"_type", "\"vkcfg-key\""},
		{"_type", NULL},
		{"ciphertext", "\"\""},
		{"ciphertext", "\"00\""},
		{"ciphertext", "7"},
		{"ciphertext", NULL},
		{"commitment", "\"00\""},
		{"environment", "\"snapshot\""},
		{"environment", "\"../prod\""},
		{"fleet", "\"\""},
		{"format", "2"},
		{"name", "\"App\""},
		{"name", "\"a@1\""},
		{"name", "\"a}\""},
		{"nonce", "\"\""},
		{"recipient", "\"host/db1\""},
		{"version", "0"},
		{"version", "-1"},
		{"version", "1000000001"},
		{"version", "\"4\""},
	};
	struct vk_secret *secret = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf changed;
	struct sealed s;

	make(&s, &demo, canary);
	vk_buf_init(&changed, VK_SECRET_BODY_MAX_BYTES);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc;

		change(&s.body, bad[i][0], bad[i][1], &changed);
		rc = vk_secret_parse(changed.data, changed.len, &secret, &err);
		ck_assert_msg(rc == VK_EINPUT, "%s was accepted", bad[i][0]);
	}
	vk_buf_release(&changed);
	release(&s);
}
END_TEST

START_TEST(refuses_a_body_that_is_not_the_pinned_one)
{
	static const struct vk_secret_id others[] = {
		{"other", "prod", "app-password", 4},
		{"demo", "dev", "app-password", 4},
		{"demo", "prod", "app", 4},
		{"demo", "prod", "app-password", 3},
	};
	struct vk_err err = VK_ERR_INIT;
	struct vk_secret *secret;
	uint8_t digest[VK_SHA256_BYTES];
	struct sealed s;

	make(&s, &demo, canary);
	secret = parse(&s.body);
	vk_sha256(s.body.data, s.body.len, digest);
	assert_ok(vk_secret_check(secret, &demo, digest, &err), err);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_fails(vk_secret_check(secret, &others[i], digest, &err), VK_EUNTRUSTED);
	digest[31] ^= 1;
	assert_fails(vk_secret_check(secret, &demo, digest, &err), VK_EUNTRUSTED);
	vk_secret_free(secret);
	release(&s);
}
END_TEST

START_TEST(refuses_values_that_no_secret_can_have)
{
	const struct vk_secret_id no_version = {"demo", "prod", "a", 0};
	const struct vk_secret_id no_name = {"demo", "prod", "A", 1};
	struct vk_secret_key *key = NULL;
	struct vk_err err = VK_ERR_INIT;
	char *large = calloc(1, VK_SECRET_MAX_BYTES + 1);
	struct vk_buf body;

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', VK_SECRET_MAX_BYTES + 1);
	vk_buf_init(&body, VK_SECRET_BODY_MAX_BYTES);
	assert_fails(vk_secret_make(&demo, "", 0, &body, &key, &err), VK_EINPUT);
	assert_fails(vk_secret_make(&demo, "a\0b", 3, &body, &key, &err), VK_EINPUT);
	assert_fails(vk_secret_make(&demo, large, VK_SECRET_MAX_BYTES + 1, &body, &key, &err),
		VK_ELIMIT);
	assert_fails(vk_secret_make(&no_version, "a", 1, &body, &key, &err), VK_EINPUT);
	assert_fails(vk_secret_make(&no_name, "a", 1, &body, &key, &err), VK_EINPUT);
	ck_assert_ptr_null(key);
	ck_assert_uint_eq(body.len, 0);
	assert_ok(vk_secret_make(&demo, large, VK_SECRET_MAX_BYTES, &body, &key, &err), err);
	vk_secret_key_free(key);
	vk_buf_release(&body);
	free(large);
}
END_TEST

START_TEST(refuses_bodies_that_are_too_large)
{
	struct vk_secret *secret = NULL;
	struct vk_err err = VK_ERR_INIT;
	char *large = calloc(1, VK_SECRET_BODY_MAX_BYTES + 1);

	ck_assert_ptr_nonnull(large);
	assert_fails(
		vk_secret_parse(large, VK_SECRET_BODY_MAX_BYTES + 1, &secret, &err), VK_ELIMIT);
	free(large);
}
END_TEST

START_TEST(refuses_public_keys_of_small_order)
{
	/* Points of order 1, 2, 4 and 8, and one that is no point at all. */
	static const char *const bad[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"0200000000000000000000000000000000000000000000000000000000000000",
	};
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	uint8_t out[VK_SECRET_SEALED_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct vk_seal seal;
	struct sealed s;

	make(&s, &demo, canary);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert(vk_parse_hex(bad[i], 64, public_key, sizeof(public_key)));
		assert_fails(vk_secret_seal(s.key, public_key, out, &err), VK_EINPUT);
		assert_fails(vk_seal_make(s.key, "host/db1", public_key, &seal, &err), VK_EINPUT);
	}
	release(&s);
}
END_TEST

START_TEST(refuses_wrong_seals)
{
	static const char *const bad[] = {"", "db1", "host/", "host/DB1", "user/alice", "host/a/b",
		"keeper/..", "host/db1\n"};
	struct vk_err err = VK_ERR_INIT;
	struct vk_seal seal, again;
	struct vkjson *object;
	struct sealed s;

	make(&s, &demo, canary);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(vk_seal_make(s.key, bad[i], s.public_key, &seal, &err), VK_EINPUT);
	assert_ok(vk_seal_make(s.key, "keeper/alice", s.public_key, &seal, &err), err);
	object = vk_seal_to_json(&seal);
	vkjson_set(object, "by", vkjson_string("eve"));
	assert_fails(vk_seal_from_json(object, &again, &err), VK_EINPUT);
	vkjson_unset(object, "by");
	assert_ok(vk_seal_from_json(object, &again, &err), err);
	ck_assert_mem_eq(again.sealed, seal.sealed, sizeof(seal.sealed));
	ck_assert_mem_eq(again.public_key, s.public_key, sizeof(s.public_key));
	ck_assert_str_eq(again.recipient, "keeper/alice");
	vkjson_set(object, "public", vkjson_string("ed25519:00"));
	assert_fails(vk_seal_from_json(object, &again, &err), VK_EINPUT);
	vkjson_free(object);
	release(&s);
}
END_TEST

START_TEST(words_hold_nothing_that_begins_a_line)
{
	static const char *const bad[] = {"", "a\nb", "a\r", "\t", "a\x7f", "\xc3\xa4", "a\x1b[0m"};
	char large[VK_SECRET_WORD_MAX_BYTES + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert(!vk_secret_is_word(bad[i], strlen(bad[i])));
	memset(large, 'x', sizeof(large));
	ck_assert(!vk_secret_is_word(large, sizeof(large)));
	ck_assert(vk_secret_is_word(large, sizeof(large) - 1));
	ck_assert(vk_secret_is_word(" a\"\\'#@{~", 9));
	ck_assert(!vk_secret_is_word("a\0b", 3));
}
END_TEST

START_TEST(whoever_it_is_sealed_to_opens_it)
{
	struct vk_secret_key *key = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct sealed s;

	make(&s, &demo, canary);
	ck_assert_ptr_null(strstr(s.body.data, canary));
	assert_ok(vk_secret_unseal(s.seal, s.owner, &key, &err), err);
	assert_ok(open_body(&s.body, key, &err), err);
	vk_secret_key_free(key);
	vk_secret_key_free(NULL);
	release(&s);
}
END_TEST

START_TEST(passwords_of_different_length_make_bodies_of_one_length)
{
	struct sealed a, b;

	make(&a, &demo, "x");
	make(&b, &demo, "123456789012345678901234567890123456789012345678901234567890123");
	ck_assert_uint_eq(a.body.len, b.body.len);
	release(&a);
	release(&b);
}
END_TEST

START_TEST(values_of_every_length_come_back)
{
	static const size_t lengths[] = {1, 62, 63, 64, 65, 127, 128, 65535, VK_SECRET_MAX_BYTES};
	char *text = calloc(1, VK_SECRET_MAX_BYTES + 1);
	struct vk_err err = VK_ERR_INIT;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct vk_secret_value *value = NULL;
		struct vk_secret *secret;
		struct sealed s;

		memset(text, '\x80', lengths[i]); /* what ends a padding is no end of a value */
		make(&s, &demo, text);
		secret = parse(&s.body);
		assert_ok(vk_secret_open(secret, s.key, &value, &err), err);
		ck_assert_uint_eq(vk_secret_value_len(value), lengths[i]);
		ck_assert_str_eq(vk_secret_value_text(value), text);
		vk_secret_value_free(value);
		vk_secret_free(secret);
		release(&s);
	}
	free(text);
}
END_TEST

START_TEST(formatting_gives_the_same_bytes)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_secret *secret;
	struct vk_buf again;
	struct sealed s;

	make(&s, &demo, canary);
	vk_buf_init(&again, VK_SECRET_BODY_MAX_BYTES);
	secret = parse(&s.body);
	assert_ok(vk_secret_format(secret, &again, &err), err);
	ck_assert_str_eq(again.data, s.body.data);
	vk_secret_free(secret);
	vk_secret_free(NULL);
	vk_buf_release(&again);
	release(&s);
}
END_TEST

START_TEST(opens_what_others_have_sealed)
{
	struct vk_secret_value *value = NULL;
	struct vk_secret_key *key = NULL;
	struct vk_secret *secret = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_signkey *owner;
	uint8_t seed[VK_SEED_BYTES];
	uint8_t seal[VK_SECRET_SEALED_BYTES];

	ck_assert(vk_parse_hex(vector_seed, strlen(vector_seed), seed, sizeof(seed)));
	ck_assert(vk_parse_hex(vector_seal, strlen(vector_seal), seal, sizeof(seal)));
	owner = vk_signkey_from_seed(seed);
	assert_ok(vk_secret_parse(vector_body, strlen(vector_body), &secret, &err), err);
	assert_ok(vk_secret_unseal(seal, owner, &key, &err), err);
	assert_ok(vk_secret_open(secret, key, &value, &err), err);
	ck_assert_str_eq(vk_secret_value_text(value), vector_value);
	vk_secret_value_free(value);
	vk_secret_key_free(key);
	vk_secret_free(secret);
	vk_signkey_free(owner);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("secret");
	TCase *tcase = tcase_create("secret");

	tcase_add_test(tcase, refuses_a_seal_for_another_key);
	tcase_add_test(tcase, refuses_every_flipped_bit_of_a_seal);
	tcase_add_test(tcase, refuses_the_data_key_of_another_body);
	tcase_add_test(tcase, refuses_a_body_under_another_name);
	tcase_add_test(tcase, refuses_another_commitment);
	tcase_add_test(tcase, refuses_every_flipped_bit_of_a_body);
	tcase_add_test(tcase, refuses_every_truncation);
	tcase_add_test(tcase, refuses_every_wrong_member);
	tcase_add_test(tcase, refuses_a_body_that_is_not_the_pinned_one);
	tcase_add_test(tcase, refuses_values_that_no_secret_can_have);
	tcase_add_test(tcase, refuses_bodies_that_are_too_large);
	tcase_add_test(tcase, refuses_public_keys_of_small_order);
	tcase_add_test(tcase, refuses_wrong_seals);
	tcase_add_test(tcase, words_hold_nothing_that_begins_a_line);
	tcase_add_test(tcase, whoever_it_is_sealed_to_opens_it);
	tcase_add_test(tcase, passwords_of_different_length_make_bodies_of_one_length);
	tcase_add_test(tcase, values_of_every_length_come_back);
	tcase_add_test(tcase, formatting_gives_the_same_bytes);
	tcase_add_test(tcase, opens_what_others_have_sealed);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
