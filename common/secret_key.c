/* SPDX-License-Identifier: BSD-3-Clause */
/* Data keys of secrets, and their seals. */
#include "config.h"

#include "common/secret_key.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/vkjson.h"

#include "common/banned.h"

#define COMMITMENT_CONTEXT "vkcfg/secret-key/v1\n"

_Static_assert(VK_SECRET_SEALED_BYTES == SECRET_KEY_BYTES + VK_BOX_OVERHEAD_BYTES, "seals");

static struct vk_secret_key *allocate(void)
{
	struct vk_secret_key *key;

	if (sodium_init() < 0)
		abort();
	key = sodium_malloc(sizeof(*key));
	if (key == NULL)
		abort();
	return key;
}

struct vk_secret_key *secret_key_random(void)
{
	struct vk_secret_key *key = allocate();

	randombytes_buf(key->bytes, sizeof(key->bytes));
	return key;
}

void vk_secret_key_free(struct vk_secret_key *key)
{
	sodium_free(key); /* wipes; NULL is fine */
}

void secret_key_commit(const struct vk_secret_key *key, uint8_t out[VK_SHA256_BYTES])
{
	struct vk_sha256_stream stream;

	vk_sha256_init(&stream);
	vk_sha256_add(&stream, COMMITMENT_CONTEXT, strlen(COMMITMENT_CONTEXT));
	vk_sha256_add(&stream, key->bytes, sizeof(key->bytes));
	vk_sha256_final(&stream, out);
	sodium_memzero(&stream, sizeof(stream));
}

enum vk_rc vk_secret_seal(const struct vk_secret_key *key,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], uint8_t out[VK_SECRET_SEALED_BYTES],
	struct vk_err *err)
{
	uint8_t sealed[VK_SECRET_SEALED_BYTES];

	if (!vk_public_key_box(public_key, key->bytes, sizeof(key->bytes), sealed))
		return vk_err_set(err, VK_EINPUT,
			"nothing can be sealed to this public key: it is not one of Ed25519");
	memcpy(out, sealed, sizeof(sealed));
	return VK_OK;
}

enum vk_rc vk_secret_unseal(const uint8_t sealed[VK_SECRET_SEALED_BYTES],
	const struct vk_signkey *own, struct vk_secret_key **out, struct vk_err *err)
{
	struct vk_secret_key *key = allocate();

	if (!vk_signkey_unbox(own, sealed, VK_SECRET_SEALED_BYTES, key->bytes)) {
		vk_secret_key_free(key);
		return vk_err_set(
			err, VK_EUNTRUSTED, "the seal is for another key, or it was changed");
	}
	*out = key;
	return VK_OK;
}

/* ---- seals ---- */

bool vk_seal_recipient_is_valid(const char *recipient)
{
	if (strncmp(recipient, "host/", 5) == 0)
		return vk_name_is_valid(recipient + 5);
	return strncmp(recipient, "keeper/", 7) == 0 && vk_name_is_valid(recipient + 7);
}

static enum vk_rc set_recipient(struct vk_seal *seal, const char *recipient, struct vk_err *err)
{
	if (!vk_seal_recipient_is_valid(recipient))
		return vk_err_set(
			err, VK_EINPUT, "member 'recipient': expected host/NAME or keeper/NAME");
	memcpy(seal->recipient, recipient, strlen(recipient) + 1);
	return VK_OK;
}

enum vk_rc vk_seal_make(const struct vk_secret_key *key, const char *recipient,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct vk_seal *out, struct vk_err *err)
{
	struct vk_seal seal = {.recipient = ""};
	enum vk_rc rc = set_recipient(&seal, recipient, err);

	if (rc != VK_OK)
		return rc;
	memcpy(seal.public_key, public_key, sizeof(seal.public_key));
	rc = vk_secret_seal(key, public_key, seal.sealed, err);
	if (rc == VK_OK)
		*out = seal;
	else
		vk_err_prefix(err, rc, "%s", recipient);
	return rc;
}

enum vk_rc vk_seal_from_json(const struct vkjson *object, struct vk_seal *out, struct vk_err *err)
{
	static const char *const names[] = {"public", "recipient", "sealed", NULL};
	struct vk_seal seal = {.recipient = ""};
	const char *recipient = NULL, *public_key = NULL;
	enum vk_rc rc = vkjson_check_members(object, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(object, "recipient", &recipient, err);
	if (rc == VK_OK)
		rc = set_recipient(&seal, recipient, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "public", &public_key, err);
	if (rc == VK_OK && !vk_public_key_parse(public_key, seal.public_key))
		rc = vk_err_set(err, VK_EINPUT,
			"member 'public': expected \"ed25519:\" and 64 hexadecimal digits");
	if (rc == VK_OK)
		rc = vkjson_get_hex(object, "sealed", seal.sealed, sizeof(seal.sealed), err);
	if (rc == VK_OK)
		*out = seal;
	return rc;
}

struct vkjson *vk_seal_to_json(const struct vk_seal *seal)
{
	struct vkjson *object = vkjson_object();
	char public_key[VK_PUBLIC_KEY_TEXT_BYTES];

	vk_public_key_format(seal->public_key, public_key);
	vkjson_set(object, "public", vkjson_string(public_key));
	vkjson_set(object, "recipient", vkjson_string(seal->recipient));
	vkjson_set(object, "sealed", vkjson_hex(seal->sealed, sizeof(seal->sealed)));
	return object;
}
