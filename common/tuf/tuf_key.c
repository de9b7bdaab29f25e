/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/base64.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	KEY_MAX_BYTES = 65536, /* canonical */
	RSA_MIN_BITS = 2048,
	RSA_MAX_BITS = 8192, /* larger ones only cost us time */
};

enum kind { KIND_UNSUPPORTED, KIND_ED25519, KIND_ECDSA, KIND_RSA };

struct tuf_key {
	struct vkjson *json;
	char id[VK_SHA256_HEX_BYTES];
	const char *user; /* in json */
	enum kind kind;
	uint8_t ed25519[VK_PUBLIC_KEY_BYTES];
	EVP_PKEY *pkey;
	uint8_t material[VK_SHA256_BYTES];
};

/* A public key is never encrypted: nobody is asked for a passphrase. */
static int no_passphrase(char *buf, int size, int is_write, void *ctx)
{
	(void)buf;
	(void)size;
	(void)is_write;
	(void)ctx;
	return -1;
}

static EVP_PKEY *parse_pem(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey;

	if (bio == NULL)
		abort();
	pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32] = "";

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static bool is_rsa(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);

	return EVP_PKEY_is_a(pkey, "RSA") && bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS;
}

static bool add_number(struct vk_sha256_stream *stream, const EVP_PKEY *pkey, const char *name)
{
	uint8_t bytes[RSA_MAX_BITS / 8];
	BIGNUM *number = NULL;
	bool is_ok = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
		     BN_num_bytes(number) <= (int)sizeof(bytes) &&
		     BN_bn2binpad(number, bytes, sizeof(bytes)) == (int)sizeof(bytes);

	if (is_ok)
		vk_sha256_add(stream, bytes, sizeof(bytes));
	BN_free(number);
	return is_ok;
}

/* The digest of the key's numbers, not of its encoding: a point can be written in two ways. */
static bool hash_numbers(
	const EVP_PKEY *pkey, const char *first, const char *second, uint8_t out[VK_SHA256_BYTES])
{
	struct vk_sha256_stream stream;

	vk_sha256_init(&stream);
	vk_sha256_add(&stream, first, strlen(first));
	if (!add_number(&stream, pkey, first) || !add_number(&stream, pkey, second))
		return false;
	vk_sha256_final(&stream, out);
	return true;
}

static enum kind load_pem(struct tuf_key *key, const char *pem, enum kind wanted)
{
	bool is_ok;

	key->pkey = parse_pem(pem);
	if (key->pkey == NULL)
		return KIND_UNSUPPORTED;
	if (wanted == KIND_ECDSA)
		is_ok = is_p256(key->pkey) && hash_numbers(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
						      OSSL_PKEY_PARAM_EC_PUB_Y, key->material);
	else
		is_ok = is_rsa(key->pkey) && hash_numbers(key->pkey, OSSL_PKEY_PARAM_RSA_N,
						     OSSL_PKEY_PARAM_RSA_E, key->material);
	ERR_clear_error();
	return is_ok ? wanted : KIND_UNSUPPORTED;
}

static enum kind load_ed25519(struct tuf_key *key, const char *hex)
{
	if (!vk_parse_hex(hex, strlen(hex), key->ed25519, sizeof(key->ed25519)))
		return KIND_UNSUPPORTED;
	vk_sha256(key->ed25519, sizeof(key->ed25519), key->material);
	return KIND_ED25519;
}

/* A public value that makes no sense is no error: no signature will verify with it. */
static enum kind load(
	struct tuf_key *key, const char *keytype, const char *scheme, const char *value)
{
	if (strcmp(keytype, "ed25519") == 0 && strcmp(scheme, "ed25519") == 0)
		return load_ed25519(key, value);
	if ((strcmp(keytype, "ecdsa") == 0 || strcmp(keytype, "ecdsa-sha2-nistp256") == 0) &&
		strcmp(scheme, "ecdsa-sha2-nistp256") == 0)
		return load_pem(key, value, KIND_ECDSA);
	if (strcmp(keytype, "rsa") == 0 && strcmp(scheme, "rsassa-pss-sha256") == 0)
		return load_pem(key, value, KIND_RSA);
	return KIND_UNSUPPORTED;
}

static enum vk_rc make_id(struct tuf_key *key, struct vk_err *err)
{
	struct vk_buf canonical;
	enum vk_rc rc;

	vk_buf_init(&canonical, KEY_MAX_BYTES);
	rc = vkjson_canonical(key->json, &canonical, err);
	if (rc == VK_OK)
		vk_sha256_hex(canonical.data, canonical.len, key->id);
	vk_buf_release(&canonical);
	return rc;
}

static enum vk_rc parse_members(struct tuf_key *key, struct vk_err *err)
{
	const struct vkjson *keyval = NULL;
	const char *keytype = NULL;
	const char *scheme = NULL;
	const char *value = NULL;
	enum vk_rc rc = vkjson_get_string(key->json, "keytype", &keytype, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(key->json, "scheme", &scheme, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(key->json, "keyval", &keyval, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_string(keyval, "public", "", &value, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_string(key->json, "x-vkcfg-user", NULL, &key->user, err);
	if (rc == VK_OK && key->user != NULL && !vk_name_is_valid(key->user))
		rc = vk_err_set(err, VK_EINPUT, "member 'x-vkcfg-user': expected a user's name");
	if (rc == VK_OK)
		rc = make_id(key, err);
	if (rc == VK_OK)
		key->kind = load(key, keytype, scheme, value);
	return rc;
}

enum vk_rc tuf_key_parse(const struct vkjson *object, struct tuf_key **out, struct vk_err *err)
{
	struct tuf_key *key = xcalloc(1, sizeof(*key));
	enum vk_rc rc;

	key->json = vkjson_ref(object);
	rc = parse_members(key, err);
	if (rc != VK_OK) {
		tuf_key_free(key);
		vk_err_prefix(err, rc, "public key");
		return rc;
	}
	*out = key;
	return VK_OK;
}

enum vk_rc tuf_key_parse_text(
	const char *text, size_t len, struct tuf_key **out, struct vk_err *err)
{
	struct vkjson *json = NULL;
	enum vk_rc rc;

	if (len > KEY_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "public key is larger than %d bytes", KEY_MAX_BYTES);
	rc = vkjson_parse(text, len, &json, err);
	if (rc == VK_OK)
		rc = tuf_key_parse(json, out, err);
	vkjson_free(json);
	return rc;
}

/* The key object; takes value, the public part. */
static struct vkjson *make_object(
	const char *keytype, const char *scheme, struct vkjson *value, const char *user)
{
	struct vkjson *keyval = vkjson_object();
	struct vkjson *json = vkjson_object();

	vkjson_set(keyval, "public", value);
	vkjson_set(json, "keytype", vkjson_string(keytype));
	vkjson_set(json, "keyval", keyval);
	vkjson_set(json, "scheme", vkjson_string(scheme));
	if (user != NULL)
		vkjson_set(json, "x-vkcfg-user", vkjson_string(user));
	return json;
}

struct tuf_key *tuf_key_new_ed25519(const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const char *user)
{
	struct vkjson *json = make_object(
		"ed25519", "ed25519", vkjson_hex(public_key, VK_PUBLIC_KEY_BYTES), user);
	struct tuf_key *key = NULL;

	if (tuf_key_parse(json, &key, NULL) != VK_OK)
		abort(); /* the caller gave a user that is no name */
	vkjson_free(json);
	return key;
}

/* RFC 5480: SubjectPublicKeyInfo of a P-256 key is this and the point. */
static const uint8_t p256_prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42,
	0x00};

/* RFC 7468: lines of 64 characters, as every tool writes them. */
static struct vkjson *p256_pem(const uint8_t point[TUF_KEY_P256_POINT_BYTES])
{
	enum { LINE = 64 };
	uint8_t der[sizeof(p256_prefix) + TUF_KEY_P256_POINT_BYTES];
	struct vk_buf base64, pem;
	struct vkjson *text;

	memcpy(der, p256_prefix, sizeof(p256_prefix));
	memcpy(der + sizeof(p256_prefix), point, TUF_KEY_P256_POINT_BYTES);
	vk_buf_init(&base64, KEY_MAX_BYTES);
	vk_buf_init(&pem, KEY_MAX_BYTES);
	vk_base64_encode(VK_BASE64, der, sizeof(der), &base64);
	vk_buf_adds(&pem, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t i = 0; i < base64.len; i += LINE)
		vk_buf_addf(&pem, "%.*s\n", LINE, base64.data + i);
	vk_buf_adds(&pem, "-----END PUBLIC KEY-----\n");
	text = vkjson_stringn(pem.data, pem.len);
	vk_buf_release(&base64);
	vk_buf_release(&pem);
	return text;
}

enum vk_rc tuf_key_new_p256(const uint8_t point[TUF_KEY_P256_POINT_BYTES], const char *user,
	struct tuf_key **out, struct vk_err *err)
{
	struct vkjson *json = make_object("ecdsa", "ecdsa-sha2-nistp256", p256_pem(point), user);
	struct tuf_key *key = NULL;
	enum vk_rc rc = tuf_key_parse(json, &key, err);

	if (rc == VK_OK && key->kind != KIND_ECDSA)
		rc = vk_err_set(err, VK_EINPUT, "this is no point of the curve P-256");
	if (rc == VK_OK) {
		*out = key;
		key = NULL;
	}
	tuf_key_free(key);
	vkjson_free(json);
	return rc;
}

void tuf_key_free(struct tuf_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	vkjson_free(key->json);
	free(key);
}

const char *tuf_key_id(const struct tuf_key *key)
{
	return key->id;
}

const struct vkjson *tuf_key_json(const struct tuf_key *key)
{
	return key->json;
}

enum vk_rc tuf_key_format(const struct tuf_key *key, struct vk_buf *out, struct vk_err *err)
{
	return vkjson_canonical(key->json, out, err);
}

const char *tuf_key_user(const struct tuf_key *key)
{
	return key->user;
}

bool tuf_key_ed25519(const struct tuf_key *key, uint8_t out[VK_PUBLIC_KEY_BYTES])
{
	if (key->kind != KIND_ED25519)
		return false;
	memcpy(out, key->ed25519, VK_PUBLIC_KEY_BYTES);
	return true;
}

bool tuf_key_material(const struct tuf_key *key, uint8_t out[VK_SHA256_BYTES])
{
	if (key->kind == KIND_UNSUPPORTED)
		return false;
	memcpy(out, key->material, VK_SHA256_BYTES);
	return true;
}

/* The salt may have any length: signers use 32, the standard allows others. */
static bool set_pss(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) == 1;
}

static bool verify_pkey(
	const struct tuf_key *key, const void *data, size_t len, const uint8_t *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = NULL; /* owned by ctx */
	bool is_valid;

	if (ctx == NULL)
		abort();
	is_valid = EVP_DigestVerifyInit(ctx, &pkey_ctx, EVP_sha256(), NULL, key->pkey) == 1 &&
		   (key->kind != KIND_RSA || set_pss(pkey_ctx)) &&
		   EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error(); /* a refused signature must not surface in somebody's TLS */
	return is_valid;
}

bool tuf_key_verify(
	const struct tuf_key *key, const void *data, size_t len, const uint8_t *sig, size_t sig_len)
{
	switch (key->kind) {
	case KIND_UNSUPPORTED:
		return false;
	case KIND_ED25519:
		return sig_len == VK_SIGNATURE_BYTES &&
		       vk_verify_ed25519(key->ed25519, data, len, sig);
	case KIND_ECDSA:
	case KIND_RSA:
		return verify_pkey(key, data, len, sig, sig_len);
	}
	return false;
}
