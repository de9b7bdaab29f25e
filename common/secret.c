/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies of secrets: their bytes, and the cipher over the value. */
#include "config.h"

#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/mem.h"
#include "common/secret_key.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	PAD_BYTES = 64, /* hides how long a password is */
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	PADDED_MAX_BYTES = VK_SECRET_MAX_BYTES + PAD_BYTES,
	HEADER_MAX_BYTES = 2048,
};

_Static_assert(VK_SECRET_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "cipher");
_Static_assert(SECRET_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "cipher");
_Static_assert(2 * (PADDED_MAX_BYTES + TAG_BYTES) + HEADER_MAX_BYTES <= VK_SECRET_BODY_MAX_BYTES,
	"the largest value must fit");

struct vk_secret_value {
	size_t len;
	char text[]; /* a NUL behind it */
};

/* ---- values ---- */

/* Room for a value of size bytes and its NUL. */
static struct vk_secret_value *value_new(size_t size)
{
	struct vk_secret_value *value;

	/* A multiple of the alignment: guarded memory ends at the end of a page. */
	size = (sizeof(*value) + size + sizeof(size_t)) & ~(sizeof(size_t) - 1);
	if (sodium_init() < 0)
		abort();
	value = sodium_malloc(size);
	if (value == NULL)
		abort();
	return value;
}

void vk_secret_value_free(struct vk_secret_value *value)
{
	sodium_free(value); /* wipes; NULL is fine */
}

const char *vk_secret_value_text(const struct vk_secret_value *value)
{
	return value->text;
}

size_t vk_secret_value_len(const struct vk_secret_value *value)
{
	return value->len;
}

bool vk_secret_is_word(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	}
	return len > 0 && len <= VK_SECRET_WORD_MAX_BYTES;
}

static enum vk_rc check_value(const void *value, size_t len, struct vk_err *err)
{
	if (len == 0)
		return vk_err_set(err, VK_EINPUT, "the secret is empty");
	if (len > VK_SECRET_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "the secret is larger than %d bytes", VK_SECRET_MAX_BYTES);
	if (memchr(value, '\0', len) != NULL)
		return vk_err_set(err, VK_EINPUT, "the secret holds a NUL byte");
	return VK_OK;
}

/* ---- bodies ---- */

static enum vk_rc wrong(struct vk_err *err, const char *member, const char *expected)
{
	return vk_err_set(err, VK_EINPUT, "member '%s': expected %s", member, expected);
}

static enum vk_rc check_id(const struct vk_secret_id *id, struct vk_err *err)
{
	if (!vk_name_is_valid(id->fleet))
		return wrong(err, "fleet", "the name of a fleet");
	if (!vk_environment_is_valid(id->environment))
		return wrong(err, "environment", "the name of an environment");
	if (!vk_name_is_valid(id->name))
		return wrong(err, "name", "the name of a secret");
	if (id->version < 1 || id->version > VK_SECRET_VERSION_MAX)
		return wrong(err, "version", "a number from 1");
	return VK_OK;
}

/* Everything but the ciphertext: what the cipher authenticates beside it. */
static struct vkjson *make_header(const struct vk_secret_id *id,
	const uint8_t commitment[VK_SHA256_BYTES], const uint8_t nonce[VK_SECRET_NONCE_BYTES])
{
	struct vkjson *header = vkjson_object();

	vkjson_set(header, "_type", vkjson_string("vkcfg-secret"));
	vkjson_set(header, "commitment", vkjson_hex(commitment, VK_SHA256_BYTES));
	vkjson_set(header, "environment", vkjson_string(id->environment));
	vkjson_set(header, "fleet", vkjson_string(id->fleet));
	vkjson_set(header, "format", vkjson_int(1));
	vkjson_set(header, "name", vkjson_string(id->name));
	vkjson_set(header, "nonce", vkjson_hex(nonce, VK_SECRET_NONCE_BYTES));
	vkjson_set(header, "version", vkjson_int(id->version));
	return header;
}

/* The number of bytes that the hexadecimal digits of a ciphertext stand for; 0 if none can. */
static size_t ciphertext_size(const struct vkjson *doc)
{
	const char *hex = vkjson_text(vkjson_get(doc, "ciphertext"));
	size_t digits = hex != NULL ? strlen(hex) : 0;
	size_t padded = digits / 2 - TAG_BYTES;

	if (digits % 2 != 0 || digits / 2 < TAG_BYTES + PAD_BYTES || padded % PAD_BYTES != 0 ||
		padded > PADDED_MAX_BYTES)
		return 0;
	return digits / 2;
}

static enum vk_rc parse_ciphertext(
	const struct vkjson *doc, struct vk_secret *out, struct vk_err *err)
{
	size_t size = ciphertext_size(doc);

	if (size == 0)
		return wrong(err, "ciphertext", "hexadecimal digits of whole blocks and a tag");
	out->ciphertext = xmalloc(size);
	out->ciphertext_len = size;
	return vkjson_get_hex(doc, "ciphertext", out->ciphertext, size, err);
}

static enum vk_rc parse_members(const struct vkjson *doc, struct vk_secret *out, struct vk_err *err)
{
	static const char *const names[] = {"_type", "ciphertext", "commitment", "environment",
		"fleet", "format", "name", "nonce", "version", NULL};
	const char *type = NULL;
	int64_t format;
	enum vk_rc rc = vkjson_check_members(doc, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "_type", &type, err);
	if (rc == VK_OK && strcmp(type, "vkcfg-secret") != 0)
		rc = wrong(err, "_type", "\"vkcfg-secret\"");
	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "format", 1, 1, &format, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "fleet", &out->id.fleet, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "environment", &out->id.environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "name", &out->id.name, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(
			doc, "version", 1, VK_SECRET_VERSION_MAX, &out->id.version, err);
	if (rc == VK_OK)
		rc = check_id(&out->id, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(doc, "commitment", out->commitment, VK_SHA256_BYTES, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(doc, "nonce", out->nonce, VK_SECRET_NONCE_BYTES, err);
	return rc == VK_OK ? parse_ciphertext(doc, out, err) : rc;
}

enum vk_rc vk_secret_parse(const char *text, size_t len, struct vk_secret **out, struct vk_err *err)
{
	struct vk_secret *secret = xcalloc(1, sizeof(*secret));
	enum vk_rc rc = VK_OK;

	if (len > VK_SECRET_BODY_MAX_BYTES)
		rc = vk_err_set(
			err, VK_ELIMIT, "it is larger than %d bytes", VK_SECRET_BODY_MAX_BYTES);
	if (rc == VK_OK)
		rc = vkjson_parse_canonical(text, len, &secret->header, err);
	if (rc == VK_OK)
		rc = parse_members(secret->header, secret, err);
	if (rc != VK_OK) {
		vk_secret_free(secret);
		vk_err_prefix(err, rc, "sealed secret");
		return rc;
	}
	vkjson_unset(secret->header, "ciphertext");
	vk_sha256(text, len, secret->digest);
	*out = secret;
	return VK_OK;
}

void vk_secret_free(struct vk_secret *secret)
{
	if (secret == NULL)
		return;
	free(secret->ciphertext);
	vkjson_free(secret->header);
	free(secret);
}

enum vk_rc vk_secret_format(const struct vk_secret *secret, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *doc = vkjson_copy(secret->header);
	enum vk_rc rc;

	vkjson_set(doc, "ciphertext", vkjson_hex(secret->ciphertext, secret->ciphertext_len));
	rc = vkjson_canonical(doc, out, err);
	vkjson_free(doc);
	return rc;
}

enum vk_rc vk_secret_check(const struct vk_secret *secret, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], struct vk_err *err)
{
	const struct vk_secret_id *found = &secret->id;

	if (strcmp(found->fleet, id->fleet) != 0 ||
		strcmp(found->environment, id->environment) != 0 ||
		strcmp(found->name, id->name) != 0 || found->version != id->version)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the sealed secret is %s version %lld of environment %s in fleet %s, not "
			"%s version %lld of environment %s in fleet %s",
			found->name, (long long)found->version, found->environment, found->fleet,
			id->name, (long long)id->version, id->environment, id->fleet);
	if (sodium_memcmp(secret->digest, digest, VK_SHA256_BYTES) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"secret %s version %lld: the sealed secret is not the one that is pinned",
			id->name, (long long)id->version);
	return VK_OK;
}

/* ---- the cipher ---- */

/* A padded copy of a value in locked memory; *len is what it became. */
static struct vk_secret_value *pad(const void *value, size_t *len)
{
	struct vk_secret_value *padded = value_new(*len + PAD_BYTES);

	memcpy(padded->text, value, *len);
	if (sodium_pad(&padded->len, (unsigned char *)padded->text, *len, PAD_BYTES,
		    *len + PAD_BYTES) != 0)
		abort(); /* there is room for one more block */
	*len = padded->len;
	return padded;
}

static enum vk_rc encrypt(struct vkjson *doc, const uint8_t nonce[VK_SECRET_NONCE_BYTES],
	const struct vk_secret_key *key, const void *value, size_t len, struct vk_err *err)
{
	struct vk_secret_value *padded = pad(value, &len);
	uint8_t *ciphertext = xmalloc(len + TAG_BYTES);
	struct vk_buf header;
	enum vk_rc rc;

	vk_buf_init(&header, HEADER_MAX_BYTES);
	rc = vkjson_canonical(doc, &header, err);
	if (rc == VK_OK) {
		crypto_aead_xchacha20poly1305_ietf_encrypt(ciphertext, NULL,
			(const uint8_t *)padded->text, len, (const uint8_t *)header.data,
			header.len, NULL, nonce, key->bytes);
		vkjson_set(doc, "ciphertext", vkjson_hex(ciphertext, len + TAG_BYTES));
	}
	vk_buf_release(&header);
	free(ciphertext);
	vk_secret_value_free(padded);
	return rc;
}

enum vk_rc vk_secret_make(const struct vk_secret_id *id, const void *value, size_t len,
	struct vk_buf *body, struct vk_secret_key **key, struct vk_err *err)
{
	uint8_t commitment[VK_SHA256_BYTES];
	uint8_t nonce[VK_SECRET_NONCE_BYTES];
	struct vk_secret_key *made = NULL;
	struct vkjson *doc = NULL;
	enum vk_rc rc = check_id(id, err);

	if (rc == VK_OK)
		rc = check_value(value, len, err);
	if (rc != VK_OK)
		return rc;
	made = secret_key_random();
	secret_key_commit(made, commitment);
	randombytes_buf(nonce, sizeof(nonce));
	doc = make_header(id, commitment, nonce);
	rc = encrypt(doc, nonce, made, value, len, err);
	if (rc == VK_OK)
		rc = vkjson_canonical(doc, body, err);
	vkjson_free(doc);
	if (rc == VK_OK)
		*key = made;
	else
		vk_secret_key_free(made);
	return rc;
}

static enum vk_rc not_opened(const struct vk_secret *secret, const char *why, struct vk_err *err)
{
	return vk_err_set(err, VK_EUNTRUSTED, "secret %s version %lld cannot be opened: %s",
		secret->id.name, (long long)secret->id.version, why);
}

/* Takes the padding off. */
static enum vk_rc unpad(
	const struct vk_secret *secret, struct vk_secret_value *value, struct vk_err *err)
{
	size_t len;

	if (sodium_unpad(&len, (const unsigned char *)value->text, value->len, PAD_BYTES) != 0 ||
		check_value(value->text, len, NULL) != VK_OK)
		return not_opened(secret, "what it holds is no value of a secret", err);
	sodium_memzero(value->text + len, value->len - len);
	value->text[len] = '\0';
	value->len = len;
	return VK_OK;
}

static enum vk_rc decrypt(const struct vk_secret *secret, const struct vk_secret_key *key,
	struct vk_secret_value *value, struct vk_err *err)
{
	unsigned long long len = 0;
	struct vk_buf header;
	enum vk_rc rc;

	vk_buf_init(&header, HEADER_MAX_BYTES);
	rc = vkjson_canonical(secret->header, &header, err);
	if (rc == VK_OK &&
		crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)value->text, &len, NULL,
			secret->ciphertext, secret->ciphertext_len, (const uint8_t *)header.data,
			header.len, secret->nonce, key->bytes) != 0)
		rc = not_opened(secret, "it was changed", err);
	vk_buf_release(&header);
	value->len = (size_t)len;
	return rc == VK_OK ? unpad(secret, value, err) : rc;
}

enum vk_rc vk_secret_open(const struct vk_secret *secret, const struct vk_secret_key *key,
	struct vk_secret_value **out, struct vk_err *err)
{
	uint8_t commitment[VK_SHA256_BYTES];
	struct vk_secret_value *value;
	enum vk_rc rc;

	secret_key_commit(key, commitment);
	if (sodium_memcmp(commitment, secret->commitment, sizeof(commitment)) != 0)
		return not_opened(secret, "it is under another data key", err);
	value = value_new(secret->ciphertext_len);
	rc = decrypt(secret, key, value, err);
	if (rc == VK_OK)
		*out = value;
	else
		vk_secret_value_free(value);
	return rc;
}
