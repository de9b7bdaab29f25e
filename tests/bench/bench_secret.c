/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What opening sealed secrets costs a host: parse, compare with what is pinned, unseal, open, wipe.
 * Beside it libsodium alone, with the same keys and the same bytes: crypto_box_seal_open() and the
 * cipher, into memory of the stack. The median of several rounds, in turns.
 *
 *   bench_secret [SECRETS [ROUNDS]]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "common/mem.h"
#include "common/num.h"
#include "common/secret.h"

#include "common/banned.h"

enum { MAX_SECRETS = 10000, MAX_ROUNDS = 1001, VALUE_BYTES = 32, PADDED_BYTES = 64 };

struct sealed {
	struct vk_secret_id id;
	uint8_t digest[VK_SHA256_BYTES];
	struct vk_buf body;
	uint8_t seal[VK_SECRET_SEALED_BYTES];
	/* for libsodium alone */
	uint8_t ciphertext[PADDED_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES];
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint8_t box[VK_SECRET_SEALED_BYTES];
};

struct owner {
	struct vk_signkey *key;
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_box_SECRETKEYBYTES];
};

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void must(enum vk_rc rc, const struct vk_err *err)
{
	if (rc == VK_OK)
		return;
	fprintf(stderr, "bench_secret: %s\n", err->msg);
	exit(EXIT_FAILURE);
}

static void make_owner(struct owner *owner)
{
	uint8_t signing[crypto_sign_SECRETKEYBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t seed[VK_SEED_BYTES];

	randombytes_buf(seed, sizeof(seed));
	owner->key = vk_signkey_from_seed(seed);
	crypto_sign_seed_keypair(public_key, signing, seed);
	if (crypto_sign_ed25519_pk_to_curve25519(owner->public_key, public_key) != 0 ||
		crypto_sign_ed25519_sk_to_curve25519(owner->secret_key, signing) != 0)
		exit(EXIT_FAILURE);
}

static void make_sealed(struct sealed *sealed, const struct owner *owner, int64_t version)
{
	uint8_t data_key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t value[PADDED_BYTES] = "correct horse battery staple 32";
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_secret_key *key = NULL;
	struct vk_err err = VK_ERR_INIT;

	sealed->id = (struct vk_secret_id){"demo", "prod", "app-password", version};
	vk_buf_init(&sealed->body, VK_SECRET_BODY_MAX_BYTES);
	vk_signkey_public(owner->key, public_key);
	must(vk_secret_make(&sealed->id, value, VALUE_BYTES - 1, &sealed->body, &key, &err), &err);
	must(vk_secret_seal(key, public_key, sealed->seal, &err), &err);
	vk_sha256(sealed->body.data, sealed->body.len, sealed->digest);
	vk_secret_key_free(key);
	randombytes_buf(data_key, sizeof(data_key));
	randombytes_buf(sealed->nonce, sizeof(sealed->nonce));
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed->ciphertext, NULL, value, sizeof(value),
		NULL, 0, NULL, sealed->nonce, data_key);
	crypto_box_seal(sealed->box, data_key, sizeof(data_key), owner->public_key);
}

static void open_ours(const struct sealed *sealed, const struct owner *owner)
{
	struct vk_secret_value *value = NULL;
	struct vk_secret_key *key = NULL;
	struct vk_secret *secret = NULL;
	struct vk_err err = VK_ERR_INIT;

	must(vk_secret_parse(sealed->body.data, sealed->body.len, &secret, &err), &err);
	must(vk_secret_check(secret, &sealed->id, sealed->digest, &err), &err);
	must(vk_secret_unseal(sealed->seal, owner->key, &key, &err), &err);
	must(vk_secret_open(secret, key, &value, &err), &err);
	vk_secret_value_free(value);
	vk_secret_key_free(key);
	vk_secret_free(secret);
}

static void open_bare(const struct sealed *sealed, const struct owner *owner)
{
	uint8_t data_key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], value[PADDED_BYTES];

	if (crypto_box_seal_open(data_key, sealed->box, sizeof(sealed->box), owner->public_key,
		    owner->secret_key) != 0 ||
		crypto_aead_xchacha20poly1305_ietf_decrypt(value, NULL, NULL, sealed->ciphertext,
			sizeof(sealed->ciphertext), NULL, 0, sealed->nonce, data_key) != 0)
		exit(EXIT_FAILURE);
	sodium_memzero(data_key, sizeof(data_key));
	sodium_memzero(value, sizeof(value));
}

typedef void open_fn(const struct sealed *sealed, const struct owner *owner);

static double round_us(
	const struct sealed *sealed, uint64_t count, const struct owner *owner, open_fn *open)
{
	double begun = now_us();

	for (uint64_t i = 0; i < count; i++)
		open(&sealed[i], owner);
	return now_us() - begun;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, uint64_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void measure(uint64_t count, uint64_t rounds)
{
	struct sealed *sealed = xcalloc(count, sizeof(*sealed));
	double ours[MAX_ROUNDS], bare[MAX_ROUNDS];
	struct owner owner;

	make_owner(&owner);
	for (uint64_t i = 0; i < count; i++)
		make_sealed(&sealed[i], &owner, (int64_t)i + 1);
	for (uint64_t i = 0; i < rounds; i++) {
		ours[i] = round_us(sealed, count, &owner, open_ours);
		bare[i] = round_us(sealed, count, &owner, open_bare);
	}
	printf("secrets_opened=%llu\n", (unsigned long long)count);
	printf("secrets_open_ms=%.2f\n", median(ours, rounds) / 1e3);
	printf("libsodium_open_ms=%.2f\n", median(bare, rounds) / 1e3);
	printf("secrets_open_to_libsodium=%.2f\n", median(ours, rounds) / median(bare, rounds));
	for (uint64_t i = 0; i < count; i++)
		vk_buf_release(&sealed[i].body);
	vk_signkey_free(owner.key);
	free(sealed);
}

int main(int argc, char **argv)
{
	uint64_t count = 100, rounds = 21;

	if (argc > 3 || (argc > 1 && !vk_parse_uint(argv[1], 1, MAX_SECRETS, &count)) ||
		(argc > 2 && !vk_parse_uint(argv[2], 1, MAX_ROUNDS, &rounds))) {
		fprintf(stderr, "usage: bench_secret [SECRETS [ROUNDS]]\n");
		return 2;
	}
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	measure(count, rounds);
	return EXIT_SUCCESS;
}
