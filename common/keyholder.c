/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/keyholder.h"

#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/keyholder_internal.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* Which kind of file it is; everything else about it, its own parser checks. */
static enum vk_rc read_file(struct keyholder *holder, struct vk_err *err)
{
	struct vkjson *object = NULL;
	const char *type = NULL;
	struct vk_buf text;
	bool is_pointer;
	enum vk_rc rc;

	vk_buf_init(&text, KEYHOLDER_FILE_MAX_BYTES);
	rc = vk_file_read(
		holder->dirfd, holder->path, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &text, err);
	if (rc != VK_OK)
		goto out;
	rc = vkjson_parse(text.data, text.len, &object, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "_type", &type, err);
	is_pointer = rc == VK_OK && strcmp(type, KEYHOLDER_POINTER_TYPE) == 0;
	if (is_pointer)
		rc = keyholder_load_pointer(holder, object, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "%s", holder->path);
	else if (!is_pointer)
		rc = keyholder_load_file(holder, err);
out:
	vkjson_free(object);
	vk_buf_release(&text);
	return rc;
}

enum vk_rc keyholder_load(int dirfd, const char *path, struct keyholder **out, struct vk_err *err)
{
	struct keyholder *holder = xcalloc(1, sizeof(*holder));
	enum vk_rc rc;

	holder->dirfd = dirfd;
	holder->path = xstrdup(path);
	rc = read_file(holder, err);
	if (rc != VK_OK) {
		keyholder_free(holder);
		return rc;
	}
	*out = holder;
	return VK_OK;
}

void keyholder_free(struct keyholder *holder)
{
	if (holder == NULL)
		return;
	if (holder->kind != NULL)
		holder->kind->lock(holder);
	tuf_key_free(holder->key);
	free(holder->path);
	free(holder);
}

const char *keyholder_name(const struct keyholder *holder)
{
	return holder->name;
}

const char *keyholder_user(const struct keyholder *holder)
{
	return holder->user;
}

const struct tuf_key *keyholder_key(const struct keyholder *holder)
{
	return holder->key;
}

const char *keyholder_uri(const struct keyholder *holder)
{
	return holder->kind == &keyholder_pkcs11 ? holder->uri_text : NULL;
}

enum vk_rc keyholder_unlock(
	struct keyholder *holder, const struct passphrase_source *source, struct vk_err *err)
{
	struct tuf_key *key = NULL;
	enum vk_rc rc = holder->kind->unlock(holder, source, &key, err);

	/* The public part was read before the secret proved it. */
	if (rc == VK_OK && strcmp(tuf_key_id(key), tuf_key_id(holder->key)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "%s names another public key than %s",
			holder->path, keyholder_uri(holder) != NULL ? "the token has" : "it holds");
	tuf_key_free(key);
	if (rc == VK_OK)
		holder->is_unlocked = true;
	else
		holder->kind->lock(holder);
	return rc;
}

enum vk_rc keyholder_sign(struct keyholder *holder, const void *data, size_t len,
	struct tuf_signature *out, struct vk_err *err)
{
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES];
	size_t sig_len = 0;
	enum vk_rc rc;

	if (!holder->is_unlocked)
		return vk_err_set(err, VK_EDENIED, "key '%s' is locked", holder->name);
	rc = holder->kind->sign(holder, data, len, sig, &sig_len, err);
	if (rc == VK_OK && !tuf_key_verify(holder->key, data, len, sig, sig_len))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"key '%s': what was signed does not verify with its public key",
			holder->name);
	if (rc == VK_OK)
		tuf_build_signature(tuf_key_id(holder->key), sig, sig_len, out);
	return rc;
}

enum vk_rc keyholder_save(
	const struct keyholder *holder, int dirfd, const char *path, struct vk_err *err)
{
	struct vkjson *object = vkjson_object();
	struct vk_buf text;
	enum vk_rc rc;

	vkjson_set(object, "_type", vkjson_string(KEYHOLDER_POINTER_TYPE));
	vkjson_set(object, "format", vkjson_int(1));
	vkjson_set(object, "name", vkjson_string(holder->name));
	vkjson_set(object, "user", vkjson_string(holder->user));
	vkjson_set(object, "key", vkjson_ref(tuf_key_json(holder->key)));
	vkjson_set(object, "uri", vkjson_string(holder->uri_text));
	vk_buf_init(&text, KEYHOLDER_FILE_MAX_BYTES);
	vkjson_format(object, true, &text);
	rc = vk_file_create(dirfd, path, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	vkjson_free(object);
	return rc;
}
