/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_remote.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { TARGET_MAX_BYTES = 1024 };

static struct vkjson *seals_to_json(const struct vk_seal *seals, size_t count)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < count; i++)
		vkjson_append(list, vk_seal_to_json(&seals[i]));
	return list;
}

/* So many of them as one request takes. */
static size_t batch_of(size_t count)
{
	return count < SECRET_REMOTE_BATCH ? count : SECRET_REMOTE_BATCH;
}

enum vk_rc secret_remote_add(struct session *session, const struct vk_buf *body,
	const struct vk_seal *seals, size_t count, struct vk_err *err)
{
	size_t first = batch_of(count);
	struct vkjson *request = vkjson_object();
	struct vkjson *reply = NULL;
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc;

	vkjson_set(request, "body", vkjson_stringn(body->data, body->len));
	vkjson_set(request, "seals", seals_to_json(seals, first));
	rc = session_post(session, "/v1/secrets", request, &reply, err);
	vkjson_free(reply);
	vkjson_free(request);
	if (rc != VK_OK || first == count)
		return rc;
	vk_sha256(body->data, body->len, digest);
	return secret_remote_seal(session, digest, seals + first, count - first, err);
}

static enum vk_rc post_seals(struct session *session, const char *target,
	const struct vk_seal *seals, size_t count, struct vk_err *err)
{
	struct vkjson *request = vkjson_object();
	struct vkjson *reply = NULL;
	enum vk_rc rc;

	vkjson_set(request, "seals", seals_to_json(seals, count));
	rc = session_post(session, target, request, &reply, err);
	vkjson_free(reply);
	vkjson_free(request);
	return rc;
}

enum vk_rc secret_remote_seal(struct session *session, const uint8_t digest[VK_SHA256_BYTES],
	const struct vk_seal *seals, size_t count, struct vk_err *err)
{
	char text[VK_SHA256_HEX_BYTES];
	char *target;
	enum vk_rc rc = VK_OK;

	vk_digest_format(digest, text);
	target = xasprintf("/v1/secrets/%s/seals", text);
	while (rc == VK_OK && count > 0) {
		size_t batch = batch_of(count);

		rc = post_seals(session, target, seals, batch, err);
		seals += batch;
		count -= batch;
	}
	free(target);
	return rc;
}

/* {"body","sealed"} for this key, of 64 digits. */
static enum vk_rc fetch(struct session *session, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const char *public_key, struct vkjson **out,
	struct vk_err *err)
{
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/secrets/");
	vk_buf_add_hex(&target, digest, VK_SHA256_BYTES);
	vk_buf_adds(&target, "?public=");
	vk_buf_adds(&target, public_key);
	rc = session_get(session, target.data, out, err);
	if (rc == VK_ENOTFOUND) {
		vk_err_prefix(err, rc, "secret %s/%s version %lld", id->environment, id->name,
			(long long)id->version);
		vk_err_hint(err, "another keeper of %s can seal it to you: vkcfg secret reseal %s",
			id->environment, id->environment);
	}
	vk_buf_release(&target);
	return rc;
}

/* The envelope and the seal out of the server's answer, the envelope checked against the pin. */
static enum vk_rc take(const struct vkjson *reply, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], uint8_t sealed[VK_SECRET_SEALED_BYTES],
	struct vk_secret **out, struct vk_err *err)
{
	struct vk_secret *secret = NULL;
	const char *body = NULL;
	enum vk_rc rc = vkjson_get_string(reply, "body", &body, err);

	if (rc == VK_OK)
		rc = vkjson_get_hex(reply, "sealed", sealed, VK_SECRET_SEALED_BYTES, err);
	if (rc == VK_OK)
		rc = vk_secret_parse(body, strlen(body), &secret, err);
	if (rc == VK_OK)
		rc = vk_secret_check(secret, id, digest, err);
	if (rc != VK_OK) {
		vk_secret_free(secret);
		return vk_err_prefix(err, rc, "the server's secret %s/%s version %lld",
			id->environment, id->name, (long long)id->version);
	}
	*out = secret;
	return VK_OK;
}

enum vk_rc secret_remote_open(struct session *session, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const struct vk_signkey *own,
	struct vk_secret **secret, struct vk_secret_key **key, struct vk_err *err)
{
	uint8_t sealed[VK_SECRET_SEALED_BYTES];
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	char text[2 * VK_PUBLIC_KEY_BYTES + 1];
	struct vk_secret *parsed = NULL;
	struct vkjson *reply = NULL;
	enum vk_rc rc;

	vk_signkey_public(own, public_key);
	sodium_bin2hex(text, sizeof(text), public_key, sizeof(public_key));
	rc = fetch(session, id, digest, text, &reply, err);
	if (rc == VK_OK)
		rc = take(reply, id, digest, sealed, &parsed, err);
	if (rc == VK_OK)
		rc = vk_secret_unseal(sealed, own, key, err);
	if (rc == VK_OK)
		*secret = parsed;
	else
		vk_secret_free(parsed);
	vkjson_free(reply);
	return rc;
}

enum vk_rc secret_remote_envelope(struct session *session, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const char *public_key, struct vkjson **out,
	struct vk_err *err)
{
	uint8_t sealed[VK_SECRET_SEALED_BYTES];
	struct vk_secret *secret = NULL;
	struct vkjson *reply = NULL;
	enum vk_rc rc = fetch(session, id, digest, public_key, &reply, err);

	if (rc == VK_OK)
		rc = take(reply, id, digest, sealed, &secret, err);
	if (rc == VK_OK)
		*out = reply;
	else
		vkjson_free(reply);
	vk_secret_free(secret);
	return rc;
}

enum vk_rc secret_remote_list(struct session *session, const char *environment, const char *name,
	struct vkjson **out, struct vk_err *err)
{
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/secrets");
	session_add_query(&target, "environment", environment);
	session_add_query(&target, "name", name);
	rc = vk_buf_check(&target, "the request's target", err);
	if (rc == VK_OK)
		rc = session_list(session, target.data, SESSION_LIST_MAX_ITEMS, out, err);
	vk_buf_release(&target);
	return rc;
}

const struct vkjson *secret_remote_find(const struct vkjson *held, const char *digest)
{
	for (size_t i = 0; i < vkjson_count(held); i++) {
		const char *text = vkjson_text(vkjson_get(vkjson_at(held, i), "sha256"));

		if (text != NULL && strcmp(text, digest) == 0)
			return vkjson_at(held, i);
	}
	return NULL;
}

enum vk_rc secret_remote_remove(struct session *session, const char *digest, struct vk_err *err)
{
	uint8_t bytes[VK_SHA256_BYTES];
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	char *target = xasprintf("/v1/secrets/%s/remove", digest);
	enum vk_rc rc = VK_OK;

	/* The digest is one that the server has told. */
	if (!vk_parse_hex(digest, strlen(digest), bytes, sizeof(bytes)))
		rc = vk_err_set(err, VK_EUNTRUSTED, "the server's list names no digest");
	if (rc == VK_OK)
		rc = session_post(session, target, body, &reply, err);
	free(target);
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}
