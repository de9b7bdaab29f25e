/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/envelope.h"

#include <string.h>

#include "common/vkjson.h"

#include "common/banned.h"

static enum vk_rc parse(const struct vkjson *json, struct envelope *out, struct vk_err *err)
{
	const char *body = NULL;
	enum vk_rc rc = vkjson_get_string(json, "body", &body, err);

	if (rc == VK_OK)
		rc = vkjson_get_hex(json, "sealed", out->sealed, sizeof(out->sealed), err);
	if (rc == VK_OK)
		rc = vk_secret_parse(body, strlen(body), &out->body, err);
	return rc;
}

enum vk_rc envelope_parse(const char *text, size_t len, struct envelope *out, struct vk_err *err)
{
	struct envelope envelope = {.body = NULL};
	struct vkjson *json = NULL;
	enum vk_rc rc;

	if (len > ENVELOPE_MAX_BYTES)
		return vk_err_set(
			err, VK_EUNTRUSTED, "it is larger than %d bytes", ENVELOPE_MAX_BYTES);
	rc = vkjson_parse(text, len, &json, err);
	if (rc == VK_OK)
		rc = parse(json, &envelope, err);
	vkjson_free(json);
	if (rc != VK_OK)
		return err->rc = VK_EUNTRUSTED;
	*out = envelope;
	return VK_OK;
}

void envelope_release(struct envelope *envelope)
{
	vk_secret_free(envelope->body);
	envelope->body = NULL;
}

enum vk_rc envelope_format(const struct envelope *envelope, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *json;
	struct vk_buf body;
	enum vk_rc rc;

	vk_buf_init(&body, VK_SECRET_BODY_MAX_BYTES);
	rc = vk_secret_format(envelope->body, &body, err);
	if (rc == VK_OK) {
		json = vkjson_object();
		vkjson_set(json, "body", vkjson_stringn(body.data, body.len));
		vkjson_set(json, "sealed", vkjson_hex(envelope->sealed, sizeof(envelope->sealed)));
		vkjson_format(json, false, out);
		vkjson_free(json);
		rc = vk_buf_check(out, "envelope", err);
	}
	vk_buf_release(&body);
	return rc;
}

enum vk_rc envelope_open(const struct envelope *envelope, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const struct vk_signkey *key,
	struct vk_secret_value **out, struct vk_err *err)
{
	struct vk_secret_key *data_key = NULL;
	enum vk_rc rc = vk_secret_check(envelope->body, id, digest, err);

	if (rc == VK_OK)
		rc = vk_secret_unseal(envelope->sealed, key, &data_key, err);
	if (rc == VK_OK)
		rc = vk_secret_open(envelope->body, data_key, out, err);
	vk_secret_key_free(data_key);
	return rc;
}
