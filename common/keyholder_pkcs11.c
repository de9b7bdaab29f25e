/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/keyholder_internal.h"
#include "common/mem.h"
#include "common/pkcs11.h"
#include "common/vkjson.h"

#include "common/banned.h"

static enum vk_rc set_uri(struct keyholder *holder, const char *text, struct vk_err *err)
{
	enum vk_rc rc = pkcs11_uri_parse(text, &holder->uri, err);

	if (rc == VK_OK)
		memcpy(holder->uri_text, text, strlen(text) + 1);
	return rc;
}

static enum vk_rc get_name(
	const struct vkjson *object, const char *member, char *out, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(object, member, &text, err);

	if (rc == VK_OK && !vk_name_is_valid(text))
		rc = vk_err_set(err, VK_EINPUT, "member '%s': not a name", member);
	if (rc == VK_OK)
		memcpy(out, text, strlen(text) + 1);
	return rc;
}

static enum vk_rc get_key(struct keyholder *holder, const struct vkjson *object, struct vk_err *err)
{
	const struct vkjson *key = NULL;
	enum vk_rc rc = vkjson_get_object(object, "key", &key, err);

	if (rc == VK_OK)
		rc = tuf_key_parse(key, &holder->key, err);
	if (rc != VK_OK)
		return rc;
	if (tuf_key_user(holder->key) == NULL ||
		strcmp(tuf_key_user(holder->key), holder->user) != 0)
		return vk_err_set(err, VK_EINPUT, "member 'key': its user is another");
	return VK_OK;
}

enum vk_rc keyholder_load_pointer(
	struct keyholder *holder, const struct vkjson *object, struct vk_err *err)
{
	static const char *const members[] = {
		"_type", "format", "name", "user", "key", "uri", NULL};
	const char *uri = NULL;
	int64_t format;
	enum vk_rc rc = vkjson_get_int(object, "format", 1, 1, &format, err);

	if (rc == VK_OK)
		rc = vkjson_check_members(object, members, err);
	if (rc == VK_OK)
		rc = get_name(object, "name", holder->name, err);
	if (rc == VK_OK)
		rc = get_name(object, "user", holder->user, err);
	if (rc == VK_OK)
		rc = get_key(holder, object, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "uri", &uri, err);
	if (rc == VK_OK)
		rc = set_uri(holder, uri, err);
	if (rc == VK_OK)
		holder->kind = &keyholder_pkcs11;
	return rc;
}

/* Token and module are looked for before anybody types a PIN. */
static enum vk_rc unlock(struct keyholder *holder, const struct passphrase_source *source,
	struct tuf_key **key, struct vk_err *err)
{
	char *prompt = xasprintf("PIN of the token for key '%s': ", holder->name);
	enum vk_rc rc = pkcs11_open(&holder->uri, &holder->token, err);

	if (rc == VK_OK && pkcs11_needs_pin(holder->token))
		rc = passphrase_read(source, prompt, &holder->pin, err);
	if (rc == VK_OK)
		rc = pkcs11_login(holder->token, holder->pin, err);
	if (rc == VK_OK)
		rc = pkcs11_public(holder->token, holder->user, key, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "key '%s'", holder->name);
	free(prompt);
	return rc;
}

static enum vk_rc sign(struct keyholder *holder, const void *data, size_t len,
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES], size_t *sig_len, struct vk_err *err)
{
	enum vk_rc rc = pkcs11_sign(holder->token, data, len, sig, sig_len, err);

	if (rc != VK_OK)
		vk_err_prefix(err, rc, "key '%s'", holder->name);
	return rc;
}

static void lock(struct keyholder *holder)
{
	pkcs11_close(holder->token);
	passphrase_free(holder->pin);
	holder->token = NULL;
	holder->pin = NULL;
}

const struct keyholder_kind keyholder_pkcs11 = {.unlock = unlock, .sign = sign, .lock = lock};

/* That the private key is the one of the public key, and that the token signs with it: before a
 * root names it. No metadata begins like this. */
static enum vk_rc prove(struct keyholder *holder, struct vk_err *err)
{
	static const char text[] = "vkcfg/key-add/v1\n";
	struct tuf_signature signature;

	return keyholder_sign(holder, text, strlen(text), &signature, err);
}

enum vk_rc keyholder_new_pkcs11(const char *name, const char *user, const char *uri,
	const struct passphrase_source *source, struct keyholder **out, struct vk_err *err)
{
	struct keyholder *holder = xcalloc(1, sizeof(*holder));
	enum vk_rc rc = set_uri(holder, uri, err);

	holder->kind = &keyholder_pkcs11;
	holder->dirfd = -1;
	memcpy(holder->name, name, strnlen(name, sizeof(holder->name) - 1));
	memcpy(holder->user, user, strnlen(user, sizeof(holder->user) - 1));
	if (rc == VK_OK)
		rc = unlock(holder, source, &holder->key, err);
	if (rc == VK_OK) {
		holder->is_unlocked = true;
		rc = prove(holder, err);
	}
	if (rc != VK_OK) {
		keyholder_free(holder);
		return rc;
	}
	*out = holder;
	return VK_OK;
}
