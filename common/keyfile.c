/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/keyfile.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/passphrase.h"
#include "common/signkey.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	SEED_BYTES = crypto_sign_SEEDBYTES,
	SALT_BYTES = crypto_pwhash_SALTBYTES,
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	CIPHERTEXT_BYTES = SEED_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	SEAL_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	FILE_MAX_BYTES = 4096,
	/* What a foreign file may make us spend on one guess. */
	OPSLIMIT_MAX = 64,
	MEMLIMIT_MAX_BYTES = 1 << 30,
};

/* A key file taken apart. header is the object without nonce and ciphertext. */
struct parts {
	struct keyfile_info info;
	struct keyfile_cost cost;
	uint8_t salt[SALT_BYTES];
	uint8_t nonce[NONCE_BYTES];
	uint8_t ciphertext[CIPHERTEXT_BYTES];
	struct vk_buf header; /* canonical JSON: the associated data */
};

/* In sodium_malloc memory. */
struct secrets {
	uint8_t seed[SEED_BYTES];
	uint8_t seal_key[SEAL_KEY_BYTES];
};

static struct secrets *secrets_new(struct vk_err *err)
{
	struct secrets *secrets = NULL;

	if (sodium_init() >= 0)
		secrets = sodium_malloc(sizeof(*secrets));
	if (secrets == NULL) {
		vk_err_set(err, VK_EIO, "no locked memory for a key");
		vk_err_hint(err, "raise the limit of locked memory (ulimit -l)");
	}
	return secrets;
}

static void parts_init(struct parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	vk_buf_init(&parts->header, FILE_MAX_BYTES);
}

static void parts_release(struct parts *parts)
{
	vk_buf_release(&parts->header);
}

static struct vkjson *header_json(const struct parts *parts)
{
	struct vkjson *header = vkjson_object();
	struct vkjson *kdf = vkjson_object();

	vkjson_set(kdf, "name", vkjson_string("argon2id13"));
	vkjson_set(kdf, "opslimit", vkjson_int((int64_t)parts->cost.opslimit));
	vkjson_set(kdf, "memlimit", vkjson_int((int64_t)parts->cost.memlimit_bytes));
	vkjson_set(kdf, "salt", vkjson_hex(parts->salt, SALT_BYTES));
	vkjson_set(header, "_type", vkjson_string("vkcfg-key"));
	vkjson_set(header, "format", vkjson_int(1));
	vkjson_set(header, "name", vkjson_string(parts->info.name));
	vkjson_set(header, "user", vkjson_string(parts->info.user));
	vkjson_set(header, "keytype", vkjson_string("ed25519"));
	vkjson_set(header, "public", vkjson_hex(parts->info.public_key, KEYFILE_PUBLIC_BYTES));
	vkjson_set(header, "kdf", kdf);
	return header;
}

static enum vk_rc derive_seal_key(const struct parts *parts, const struct passphrase *phrase,
	struct secrets *secrets, struct vk_err *err)
{
	if (crypto_pwhash(secrets->seal_key, SEAL_KEY_BYTES, passphrase_text(phrase),
		    passphrase_len(phrase), parts->salt, parts->cost.opslimit,
		    (size_t)parts->cost.memlimit_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		vk_err_set(err, VK_EIO, "the key derivation needs %llu MiB of memory",
			(unsigned long long)(parts->cost.memlimit_bytes >> 20));
		return VK_EIO;
	}
	return VK_OK;
}

/* Fills salt, nonce, ciphertext and header, then the text of the file. */
static enum vk_rc seal(struct parts *parts, const struct passphrase *phrase,
	struct secrets *secrets, struct vk_buf *file, struct vk_err *err)
{
	struct vkjson *object = NULL;
	enum vk_rc rc;

	randombytes_buf(parts->salt, SALT_BYTES);
	randombytes_buf(parts->nonce, NONCE_BYTES);
	rc = derive_seal_key(parts, phrase, secrets, err);
	if (rc != VK_OK)
		return rc;
	object = header_json(parts);
	vk_buf_reset(&parts->header);
	rc = vkjson_canonical(object, &parts->header, err);
	if (rc != VK_OK)
		goto out;
	crypto_aead_xchacha20poly1305_ietf_encrypt(parts->ciphertext, NULL, secrets->seed,
		SEED_BYTES, (const uint8_t *)parts->header.data, parts->header.len, NULL,
		parts->nonce, secrets->seal_key);
	vkjson_set(object, "nonce", vkjson_hex(parts->nonce, NONCE_BYTES));
	vkjson_set(object, "ciphertext", vkjson_hex(parts->ciphertext, CIPHERTEXT_BYTES));
	rc = vkjson_canonical(object, file, err);
	vk_buf_addc(file, '\n');
out:
	vkjson_free(object);
	return rc;
}

static enum vk_rc get_name(
	const struct vkjson *object, const char *member, char *out, struct vk_err *err)
{
	const char *text;
	enum vk_rc rc = vkjson_get_string(object, member, &text, err);

	if (rc != VK_OK)
		return rc;
	if (!vk_name_is_valid(text))
		return vk_err_set(err, VK_EINPUT, "member '%s': not a name", member);
	memcpy(out, text, strlen(text) + 1);
	return VK_OK;
}

static enum vk_rc expect_string(
	const struct vkjson *object, const char *member, const char *expected, struct vk_err *err)
{
	const char *text;
	enum vk_rc rc = vkjson_get_string(object, member, &text, err);

	if (rc == VK_OK && strcmp(text, expected) != 0)
		rc = vk_err_set(err, VK_EINPUT, "member '%s': expected \"%s\"", member, expected);
	return rc;
}

static enum vk_rc parse_kdf(const struct vkjson *object, struct parts *parts, struct vk_err *err)
{
	static const char *const members[] = {"name", "opslimit", "memlimit", "salt", NULL};
	const struct vkjson *kdf = NULL;
	int64_t opslimit = 0;
	int64_t memlimit = 0;
	enum vk_rc rc;

	rc = vkjson_get_object(object, "kdf", &kdf, err);
	if (rc == VK_OK)
		rc = vkjson_check_members(kdf, members, err);
	if (rc == VK_OK)
		rc = expect_string(kdf, "name", "argon2id13", err);
	if (rc == VK_OK)
		rc = vkjson_get_int(
			kdf, "opslimit", crypto_pwhash_OPSLIMIT_MIN, OPSLIMIT_MAX, &opslimit, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(kdf, "memlimit", crypto_pwhash_MEMLIMIT_MIN, MEMLIMIT_MAX_BYTES,
			&memlimit, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(kdf, "salt", parts->salt, SALT_BYTES, err);
	parts->cost.opslimit = (uint64_t)opslimit;
	parts->cost.memlimit_bytes = (uint64_t)memlimit;
	return rc;
}

static enum vk_rc parse_object(const struct vkjson *object, struct parts *parts, struct vk_err *err)
{
	static const char *const members[] = {"_type", "format", "name", "user", "keytype",
		"public", "kdf", "nonce", "ciphertext", NULL};
	int64_t format;
	enum vk_rc rc;

	rc = expect_string(object, "_type", "vkcfg-key", err);
	if (rc == VK_OK)
		rc = vkjson_get_int(object, "format", 1, 1, &format, err);
	if (rc == VK_OK)
		rc = vkjson_check_members(object, members, err);
	if (rc == VK_OK)
		rc = get_name(object, "name", parts->info.name, err);
	if (rc == VK_OK)
		rc = get_name(object, "user", parts->info.user, err);
	if (rc == VK_OK)
		rc = expect_string(object, "keytype", "ed25519", err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(
			object, "public", parts->info.public_key, KEYFILE_PUBLIC_BYTES, err);
	if (rc == VK_OK)
		rc = parse_kdf(object, parts, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(object, "nonce", parts->nonce, NONCE_BYTES, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(object, "ciphertext", parts->ciphertext, CIPHERTEXT_BYTES, err);
	return rc;
}

/* The header is built anew from the values instead of taken from the file: a member or
 * spelling that the parser does not know can then not hide in the associated data. */
static enum vk_rc read_parts(int dirfd, const char *path, struct parts *parts, struct vk_err *err)
{
	struct vk_buf text;
	struct vkjson *object = NULL;
	struct vkjson *header = NULL;
	enum vk_rc rc;

	vk_buf_init(&text, FILE_MAX_BYTES);
	rc = vk_file_read(dirfd, path, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &text, err);
	if (rc != VK_OK)
		goto out;
	rc = vkjson_parse(text.data, text.len, &object, err);
	if (rc == VK_OK)
		rc = parse_object(object, parts, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "%s", path);
		goto out;
	}
	header = header_json(parts);
	rc = vkjson_canonical(header, &parts->header, err);
out:
	vkjson_free(header);
	vkjson_free(object);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc unseal(const struct parts *parts, const char *path,
	const struct passphrase *phrase, struct secrets *secrets, struct vk_err *err)
{
	enum vk_rc rc = derive_seal_key(parts, phrase, secrets, err);

	if (rc != VK_OK)
		return rc;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(secrets->seed, NULL, NULL, parts->ciphertext,
		    CIPHERTEXT_BYTES, (const uint8_t *)parts->header.data, parts->header.len,
		    parts->nonce, secrets->seal_key) != 0)
		return vk_err_set(err, VK_EDENIED,
			"%s: the passphrase is wrong, or the file was changed", path);
	return VK_OK;
}

enum vk_rc keyfile_create(int dirfd, const char *path, struct keyfile_info *info,
	const struct passphrase *phrase, const struct keyfile_cost *cost, struct vk_err *err)
{
	struct secrets *secrets = secrets_new(err);
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	struct parts parts;
	struct vk_buf file;
	enum vk_rc rc;

	if (secrets == NULL)
		return VK_EIO;
	parts_init(&parts);
	vk_buf_init(&file, FILE_MAX_BYTES);
	parts.info = *info;
	parts.cost = *cost;
	randombytes_buf(secrets->seed, SEED_BYTES);
	crypto_sign_seed_keypair(parts.info.public_key, secret_key, secrets->seed);
	sodium_memzero(secret_key, sizeof(secret_key));
	rc = seal(&parts, phrase, secrets, &file, err);
	if (rc == VK_OK)
		rc = vk_file_create(dirfd, path, 0600, file.data, file.len, err);
	if (rc == VK_OK)
		*info = parts.info;
	vk_buf_release(&file);
	parts_release(&parts);
	sodium_free(secrets);
	return rc;
}

enum vk_rc keyfile_read_info(
	int dirfd, const char *path, struct keyfile_info *out, struct vk_err *err)
{
	struct parts parts;
	enum vk_rc rc;

	parts_init(&parts);
	rc = read_parts(dirfd, path, &parts, err);
	if (rc == VK_OK)
		*out = parts.info;
	parts_release(&parts);
	return rc;
}

enum vk_rc keyfile_open(int dirfd, const char *path, const struct passphrase *phrase,
	struct vk_signkey **out, struct vk_err *err)
{
	struct secrets *secrets = secrets_new(err);
	struct parts parts;
	enum vk_rc rc;

	if (secrets == NULL)
		return VK_EIO;
	parts_init(&parts);
	rc = read_parts(dirfd, path, &parts, err);
	if (rc == VK_OK)
		rc = unseal(&parts, path, phrase, secrets, err);
	if (rc == VK_OK)
		*out = vk_signkey_from_seed(secrets->seed);
	parts_release(&parts);
	sodium_free(secrets);
	return rc;
}

enum vk_rc keyfile_change_passphrase(int dirfd, const char *path,
	const struct passphrase *old_phrase, const struct passphrase *new_phrase,
	const struct keyfile_cost *cost, struct vk_err *err)
{
	struct secrets *secrets = secrets_new(err);
	struct parts parts;
	struct vk_buf file;
	enum vk_rc rc;

	if (secrets == NULL)
		return VK_EIO;
	parts_init(&parts);
	vk_buf_init(&file, FILE_MAX_BYTES);
	rc = read_parts(dirfd, path, &parts, err);
	if (rc == VK_OK)
		rc = unseal(&parts, path, old_phrase, secrets, err);
	parts.cost = *cost;
	if (rc == VK_OK)
		rc = seal(&parts, new_phrase, secrets, &file, err);
	if (rc == VK_OK)
		rc = vk_file_replace(dirfd, path, 0600, file.data, file.len, err);
	vk_buf_release(&file);
	parts_release(&parts);
	sodium_free(secrets);
	return rc;
}
