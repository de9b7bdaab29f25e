/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/pkcs11.h"

#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/mem.h"
#include "common/passphrase.h"
#include "common/pkcs11_der.h"
#include "common/pkcs11_module.h"

#include "common/banned.h"

enum {
	PARAMS_MAX_BYTES = 64,
	POINT_MAX_BYTES = 128,
};

enum curve { CURVE_P256, CURVE_ED25519 };

struct pkcs11_key {
	struct pkcs11_module module;
	struct pkcs11_uri uri;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO token;
	CK_SESSION_HANDLE session;
	bool has_session;
	const struct passphrase *pin; /* borrowed; NULL: the token asks by itself */
	CK_OBJECT_HANDLE private_key;
	bool asks_each_time; /* CKA_ALWAYS_AUTHENTICATE */
	enum curve curve;
	uint8_t point[TUF_KEY_P256_POINT_BYTES]; /* of Ed25519, the first 32 bytes */
};

enum vk_rc pkcs11_open(const struct pkcs11_uri *uri, struct pkcs11_key **out, struct vk_err *err)
{
	struct pkcs11_key *key = xcalloc(1, sizeof(*key));
	enum vk_rc rc;

	key->uri = *uri;
	rc = pkcs11_module_open(uri, &key->module, err);
	if (rc == VK_OK)
		rc = pkcs11_module_find_token(&key->module, uri, &key->slot, &key->token, err);
	if (rc == VK_OK) {
		CK_RV status = key->module.calls->C_OpenSession(
			key->slot, CKF_SERIAL_SESSION, NULL, NULL, &key->session);

		key->has_session = status == CKR_OK;
		if (status != CKR_OK)
			rc = pkcs11_module_error(status, "opening the token", err);
	}
	if (rc != VK_OK) {
		pkcs11_close(key);
		return rc;
	}
	*out = key;
	return VK_OK;
}

void pkcs11_close(struct pkcs11_key *key)
{
	if (key == NULL)
		return;
	if (key->has_session)
		key->module.calls->C_CloseSession(key->session); /* the last one logs out */
	pkcs11_module_close(&key->module);
	free(key);
}

bool pkcs11_needs_pin(const struct pkcs11_key *key)
{
	return (key->token.flags & CKF_LOGIN_REQUIRED) != 0 &&
	       (key->token.flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0;
}

static CK_RV login_as(struct pkcs11_key *key, CK_USER_TYPE user)
{
	const char *pin = key->pin != NULL ? passphrase_text(key->pin) : NULL;
	size_t len = key->pin != NULL ? passphrase_len(key->pin) : 0;

	return key->module.calls->C_Login(key->session, user, (unsigned char *)pin, len);
}

/* A wrong PIN counts: how many are left is told before the next one. */
static void hint_tries(struct pkcs11_key *key, struct vk_err *err)
{
	CK_TOKEN_INFO token;

	if (key->module.calls->C_GetTokenInfo(key->slot, &token) != CKR_OK)
		return;
	if ((token.flags & CKF_USER_PIN_LOCKED) != 0)
		vk_err_hint(err, "the token is locked now");
	else if ((token.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		vk_err_hint(err, "the next wrong PIN locks the token");
	else if ((token.flags & CKF_USER_PIN_COUNT_LOW) != 0)
		vk_err_hint(err, "further wrong PINs lock the token");
}

static enum vk_rc log_in(struct pkcs11_key *key, struct vk_err *err)
{
	CK_RV status;
	enum vk_rc rc;

	if ((key->token.flags & CKF_LOGIN_REQUIRED) == 0)
		return VK_OK;
	status = login_as(key, CKU_USER);
	/* Already: by another key of this command; the token does not look at the PIN then. */
	if (status == CKR_OK || status == CKR_USER_ALREADY_LOGGED_IN)
		return VK_OK;
	rc = pkcs11_module_error(status, "logging in to the token", err);
	if (status == CKR_PIN_INCORRECT)
		hint_tries(key, err);
	return rc;
}

static void set_attribute(
	CK_ATTRIBUTE *attribute, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	attribute->type = type;
	attribute->pValue = (void *)value;
	attribute->ulValueLen = len;
}

/* Reads one attribute; its length, or 0 if the object has none or a longer one. */
static size_t get_attribute(const struct pkcs11_key *key, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type, void *out, size_t size)
{
	CK_ATTRIBUTE attribute;

	set_attribute(&attribute, type, out, size);
	if (key->module.calls->C_GetAttributeValue(key->session, object, &attribute, 1) != CKR_OK)
		return 0;
	return attribute.ulValueLen <= size ? attribute.ulValueLen : 0;
}

/* Finds objects of a class by label and id ("" and 0: any); at most two are counted. */
static enum vk_rc find(const struct pkcs11_key *key, CK_OBJECT_CLASS class, const char *label,
	const uint8_t *id, size_t id_len, CK_OBJECT_HANDLE *out, size_t *count, struct vk_err *err)
{
	const CK_FUNCTION_LIST *calls = key->module.calls;
	CK_OBJECT_HANDLE found[2];
	CK_ATTRIBUTE template[3];
	CK_ULONG template_len = 0;
	CK_ULONG found_count = 0;
	CK_RV status;

	set_attribute(&template[template_len++], CKA_CLASS, &class, sizeof(class));
	if (label[0] != '\0')
		set_attribute(&template[template_len++], CKA_LABEL, label, strlen(label));
	if (id_len > 0)
		set_attribute(&template[template_len++], CKA_ID, id, id_len);
	status = calls->C_FindObjectsInit(key->session, template, template_len);
	if (status == CKR_OK) {
		status = calls->C_FindObjects(key->session, found, 2, &found_count);
		calls->C_FindObjectsFinal(key->session);
	}
	if (status != CKR_OK)
		return pkcs11_module_error(status, "looking for the key", err);
	*count = found_count;
	if (found_count > 0)
		*out = found[0];
	return VK_OK;
}

static enum vk_rc find_private(struct pkcs11_key *key, struct vk_err *err)
{
	const struct pkcs11_uri *uri = &key->uri;
	CK_BBOOL asks = CK_FALSE;
	size_t count = 0;
	enum vk_rc rc = find(key, CKO_PRIVATE_KEY, uri->object, uri->id, uri->id_len,
		&key->private_key, &count, err);

	if (rc != VK_OK)
		return rc;
	if (count == 0) {
		vk_err_set(err, VK_ENOTFOUND, "the token has no private key of that name");
		vk_err_hint(err, "'pkcs11-tool --login --list-objects' shows those that it has");
		return VK_ENOTFOUND;
	}
	if (count > 1) {
		vk_err_set(err, VK_EINPUT, "the token has several private keys of that name");
		vk_err_hint(err, "add id= to the PKCS#11 URI");
		return VK_EINPUT;
	}
	key->asks_each_time = get_attribute(key, key->private_key, CKA_ALWAYS_AUTHENTICATE, &asks,
				      sizeof(asks)) == sizeof(asks) &&
			      asks != CK_FALSE;
	return VK_OK;
}

/* The object with the public half: that of the same id, else of the same label. */
static enum vk_rc find_public(
	const struct pkcs11_key *key, CK_OBJECT_HANDLE *out, struct vk_err *err)
{
	uint8_t id[PKCS11_URI_ID_MAX_BYTES];
	size_t id_len = get_attribute(key, key->private_key, CKA_ID, id, sizeof(id));
	size_t count = 0;
	enum vk_rc rc = find(key, CKO_PUBLIC_KEY, id_len > 0 ? "" : key->uri.object, id, id_len,
		out, &count, err);

	if (rc == VK_OK && count != 1) {
		rc = vk_err_set(err, VK_ENOTFOUND,
			"the token does not hold one public key beside the private one");
		vk_err_hint(err, "write the public key to the token, with the same id");
	}
	return rc;
}

static enum vk_rc read_public(struct pkcs11_key *key, struct vk_err *err)
{
	uint8_t params[PARAMS_MAX_BYTES];
	uint8_t point[POINT_MAX_BYTES];
	CK_OBJECT_HANDLE object = 0;
	size_t params_len, point_len;
	enum vk_rc rc = find_public(key, &object, err);

	if (rc != VK_OK)
		return rc;
	params_len = get_attribute(key, object, CKA_EC_PARAMS, params, sizeof(params));
	point_len = get_attribute(key, object, CKA_EC_POINT, point, sizeof(point));
	if (pkcs11_der_is_p256(params, params_len) &&
		pkcs11_der_p256_point(point, point_len, key->point)) {
		key->curve = CURVE_P256;
		return VK_OK;
	}
	if (pkcs11_der_is_ed25519(params, params_len) &&
		pkcs11_der_ed25519_point(point, point_len, key->point)) {
		key->curve = CURVE_ED25519;
		return VK_OK;
	}
	vk_err_set(err, VK_EINPUT, "the key on the token is of another type than vkcfg uses");
	vk_err_hint(err, "ECDSA P-256 (EC:prime256v1) or Ed25519 (EC:edwards25519)");
	return VK_EINPUT;
}

enum vk_rc pkcs11_login(struct pkcs11_key *key, const struct passphrase *pin, struct vk_err *err)
{
	enum vk_rc rc;

	key->pin = pin;
	rc = log_in(key, err);
	if (rc == VK_OK)
		rc = find_private(key, err);
	if (rc == VK_OK)
		rc = read_public(key, err);
	return rc;
}

enum vk_rc pkcs11_public(
	const struct pkcs11_key *key, const char *user, struct tuf_key **out, struct vk_err *err)
{
	switch (key->curve) {
	case CURVE_P256:
		return tuf_key_new_p256(key->point, user, out, err);
	case CURVE_ED25519:
		*out = tuf_key_new_ed25519(key->point, user);
		return VK_OK;
	}
	return VK_EINPUT;
}

static enum vk_rc sign_raw(struct pkcs11_key *key, CK_MECHANISM_TYPE type, const void *data,
	size_t len, uint8_t out[VK_SIGNATURE_BYTES], struct vk_err *err)
{
	CK_MECHANISM mechanism = {.mechanism = type};
	CK_ULONG out_len = VK_SIGNATURE_BYTES;
	CK_RV status = key->module.calls->C_SignInit(key->session, &mechanism, key->private_key);

	if (status == CKR_OK && key->asks_each_time)
		status = login_as(key, CKU_CONTEXT_SPECIFIC);
	if (status == CKR_OK)
		status = key->module.calls->C_Sign(
			key->session, (unsigned char *)data, len, out, &out_len);
	if (status != CKR_OK)
		return pkcs11_module_error(status, "signing with the token", err);
	if (out_len != VK_SIGNATURE_BYTES)
		return vk_err_set(err, VK_EIO, "the token made a signature of %lu bytes",
			(unsigned long)out_len);
	return VK_OK;
}

_Static_assert((int)PKCS11_P256_SIGNATURE_BYTES == (int)VK_SIGNATURE_BYTES, "one buffer for both");

enum vk_rc pkcs11_sign(struct pkcs11_key *key, const void *data, size_t len,
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES], size_t *sig_len, struct vk_err *err)
{
	uint8_t raw[VK_SIGNATURE_BYTES];
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc = VK_EINPUT;

	switch (key->curve) {
	case CURVE_P256:
		vk_sha256(data, len, digest);
		rc = sign_raw(key, CKM_ECDSA, digest, sizeof(digest), raw, err);
		if (rc == VK_OK)
			*sig_len = pkcs11_der_signature(raw, sig);
		break;
	case CURVE_ED25519:
		rc = sign_raw(key, CKM_EDDSA, data, len, raw, err);
		if (rc == VK_OK) {
			memcpy(sig, raw, sizeof(raw));
			*sig_len = sizeof(raw);
		}
		break;
	}
	return rc;
}
