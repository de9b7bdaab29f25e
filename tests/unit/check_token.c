/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/token.h"

#include <string.h>

#include <sodium.h>

#include "common/host_fingerprint.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

static const struct vk_token host = {
	.kind = VK_TOKEN_HOST,
	.name = "db1",
	.fleet = "demo",
	.environment = "prod",
	.server = "https://localhost:7443",
	.ca = {1},
	.has_root = true,
	.root_version = 3,
	.root = {2},
	.secret = {3},
};

/* Wraps JSON as a token and parses it. */
static enum vk_rc parse_json(const char *json)
{
	struct vk_token *token = NULL;
	char text[VK_TOKEN_MAX_BYTES * 2] = "vkcfg1.";
	enum vk_rc rc;

	sodium_bin2base64(text + 7, sizeof(text) - 7, (const unsigned char *)json, strlen(json),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	rc = vk_token_parse(text, strlen(text), &token, NULL);
	vk_token_free(token);
	return rc;
}

#define HEX64 "1111111111111111111111111111111111111111111111111111111111111111"
#define CA "{\"ca\":\"" HEX64 "\","
#define ROOT "\"root\":\"" HEX64 "\",\"root_version\":1,"
#define SECRET "\"secret\":\"" HEX64 "\","
#define SERVER "\"server\":\"https://x:1\"}"

START_TEST(refuses_contents_that_make_no_token)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"x",
		"{" SECRET SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":"
		   "\"db1\"," SECRET SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"robot\",\"name\":"
		   "\"db1\"," ROOT SECRET SERVER,
		CA "\"environment\":\"root\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":"
		   "\"db1\"," ROOT SECRET SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"user\",\"name\":"
		   "\"db1\"," ROOT SECRET SERVER,
		CA "\"fleet\":\"demo\",\"kind\":\"host\",\"name\":\"db1\"," ROOT SECRET SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":\"../"
		   "x\"," ROOT SECRET SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":"
		   "\"db1\"," ROOT SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":"
		   "\"db1\"," ROOT SECRET "\"server\":\"http://x\"}",
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":"
		   "\"db1\"," ROOT SECRET "\"server\":\"https://x\n\"}",
		CA "\"environment\":\"prod\",\"extra\":1,\"fleet\":\"demo\",\"kind\":\"host\","
		   "\"name\":\"db1\"," ROOT SECRET SERVER,
		CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\",\"name\":\"db1\","
		   "\"root\":\"" HEX64 "\"," SECRET SERVER,
		CA "\"fleet\":\"demo\",\"kind\":\"card\"," ROOT SECRET SERVER,
		CA "\"fleet\":\"demo\",\"kind\":\"card\",\"name\":\"db1\"," ROOT SERVER,
		CA "\"fleet\":\"demo\",\"kind\":\"card\"," SERVER,
		CA "\"environment\":\"root\",\"fleet\":\"demo\",\"kind\":\"card\"," ROOT SERVER,
	};

	ck_assert_int_eq(
		parse_json(CA "\"environment\":\"prod\",\"fleet\":\"demo\",\"kind\":\"host\","
			      "\"name\":\"db1\"," ROOT SECRET SERVER),
		VK_OK);
	ck_assert_int_eq(
		parse_json(
			CA "\"fleet\":\"demo\",\"kind\":\"user\",\"name\":\"ann\"," SECRET SERVER),
		VK_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(parse_json(bad[i]) == VK_EINPUT, "accepted: %s", bad[i]);
}
END_TEST

START_TEST(refuses_every_damage_and_never_shows_the_token)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_token *token = NULL;
	char long_text[VK_TOKEN_MAX_BYTES + 1];
	struct vk_buf text;

	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	assert_ok(vk_token_format(&host, &text, &err), err);
	for (size_t len = 0; len < text.len; len++) {
		assert_fails(vk_token_parse(text.data, len, &token, &err), VK_EINPUT);
		ck_assert_ptr_null(strstr(err.msg, "eyJ"));
	}
	text.data[text.len / 2] = '!';
	assert_fails(vk_token_parse(text.data, text.len, &token, &err), VK_EINPUT);
	assert_fails(vk_token_parse("vkcfg2.AAAA", 11, &token, &err), VK_EINPUT);
	memset(long_text, 'A', sizeof(long_text));
	assert_fails(vk_token_parse(long_text, sizeof(long_text), &token, &err), VK_ELIMIT);
	vk_buf_release_wiped(&text);
}
END_TEST

START_TEST(refuses_to_format_what_it_would_not_parse)
{
	struct vk_token token = host;
	struct vk_buf text;

	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	token.has_root = false;
	assert_fails(vk_token_format(&token, &text, NULL), VK_EINPUT);
	token = host;
	token.name[0] = '/';
	assert_fails(vk_token_format(&token, &text, NULL), VK_EINPUT);
	ck_assert_uint_eq(text.len, 0);
	vk_buf_release(&text);
}
END_TEST

START_TEST(survives_the_way_to_another_machine)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_token *token = NULL;
	struct vk_buf text;

	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	assert_ok(vk_token_format(&host, &text, &err), err);
	ck_assert_int_eq(strncmp(text.data, "vkcfg1.", 7), 0);
	vk_buf_adds(&text, " \r\n");
	assert_ok(vk_token_parse(text.data, text.len, &token, &err), err);
	ck_assert_mem_eq(token, &host, sizeof(host));
	ck_assert_str_eq(vk_token_kind_name(token->kind), "host");
	vk_token_free(token);
	vk_token_free(NULL);
	vk_buf_release_wiped(&text);
}
END_TEST

START_TEST(a_card_holds_no_secret)
{
	struct vk_token card = host;
	struct vk_err err = VK_ERR_INIT;
	struct vk_token *token = NULL;
	struct vk_buf text;

	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	card.kind = VK_TOKEN_CARD;
	assert_fails(vk_token_format(&card, &text, NULL), VK_EINPUT); /* it has a name */
	memset(card.name, 0, sizeof(card.name));
	assert_ok(vk_token_format(&card, &text, &err), err);
	assert_ok(vk_token_parse(text.data, text.len, &token, &err), err);
	ck_assert_int_eq(token->kind, VK_TOKEN_CARD);
	ck_assert_str_eq(token->environment, "prod");
	ck_assert_mem_eq(token->root, host.root, sizeof(host.root));
	ck_assert(sodium_is_zero(token->secret, sizeof(token->secret)));
	vk_token_free(token);
	vk_buf_reset(&text);
	memset(card.environment, 0, sizeof(card.environment));
	assert_ok(vk_token_format(&card, &text, &err), err);
	vk_buf_release(&text);
}
END_TEST

/* The vector was computed with another implementation (python, hashlib). */
START_TEST(a_fingerprint_stands_for_all_that_a_host_says)
{
	uint8_t tls_key[VK_SHA256_BYTES];
	struct vk_host_claim claim = {.fleet = "demo",
		.name = "db1",
		.environment = "prod",
		.public_key = "ed25519:" HEX64,
		.tls_key = tls_key};
	char known[VK_HOST_FINGERPRINT_BYTES], other[VK_HOST_FINGERPRINT_BYTES];

	memset(tls_key, 0x22, sizeof(tls_key));
	vk_host_fingerprint(&claim, known);
	ck_assert_str_eq(known, "SHA256:E6+HXnypTESrPxAW2Qb8cHqXrjYwamlpKQJaQrLqMTY");
	for (int i = 0; i < 5; i++) {
		struct vk_host_claim changed = claim;
		uint8_t other_key[VK_SHA256_BYTES] = {1};

		if (i == 0)
			changed.fleet = "demos";
		else if (i == 1)
			changed.name = "db2";
		else if (i == 2)
			changed.environment = "dev";
		else if (i == 3)
			changed.public_key = "ed25519:";
		else
			changed.tls_key = other_key;
		vk_host_fingerprint(&changed, other);
		ck_assert_str_ne(known, other);
	}
}
END_TEST

START_TEST(secrets_are_random)
{
	uint8_t a[VK_TOKEN_SECRET_BYTES];
	uint8_t b[VK_TOKEN_SECRET_BYTES];

	vk_token_make_secret(a);
	vk_token_make_secret(b);
	ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("token");
	TCase *tcase = tcase_create("token");

	tcase_add_test(tcase, refuses_contents_that_make_no_token);
	tcase_add_test(tcase, refuses_every_damage_and_never_shows_the_token);
	tcase_add_test(tcase, refuses_to_format_what_it_would_not_parse);
	tcase_add_test(tcase, survives_the_way_to_another_machine);
	tcase_add_test(tcase, a_card_holds_no_secret);
	tcase_add_test(tcase, a_fingerprint_stands_for_all_that_a_host_says);
	tcase_add_test(tcase, secrets_are_random);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
