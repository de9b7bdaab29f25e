/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/credentials.h"

#include <string.h>

#include "common/httpc.h"
#include "common/vkjson.h"
#include "common/x509.h"

#include "common/banned.h"

enum { CA_REPLY_MAX_BYTES = 2 * CA_SET_MAX_BYTES, RENEW_BODY_MAX_BYTES = 256 };

static enum vk_rc parse_cas(const struct httpc_reply *reply, struct ca_set *out, struct vk_err *err)
{
	const struct vkjson *items = NULL;
	struct vkjson *json = NULL;
	enum vk_rc rc = vkjson_parse(reply->body, reply->body_len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(json, "items", &items, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(items); i++) {
		const char *pem = NULL;

		rc = vkjson_get_string(vkjson_at(items, i), "certificate", &pem, err);
		if (rc == VK_OK)
			rc = ca_set_parse(out, pem, strlen(pem), err);
	}
	vkjson_free(json);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "the server's CAs");
}

enum vk_rc credentials_fetch_cas(struct httpc *client, const struct ca_list *list,
	const struct ca_set *have, struct ca_set *next, size_t *missing, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct ca_set offered;
	enum vk_rc rc = httpc_get(client, "/v1/ca", CA_REPLY_MAX_BYTES, &reply, err);

	ca_set_init(&offered);
	if (rc == VK_OK)
		rc = parse_cas(&reply, &offered, err);
	if (rc == VK_OK)
		rc = ca_set_follow(have, &offered, list, next, missing, err);
	ca_set_release(&offered);
	httpc_reply_release(&reply);
	return rc;
}

enum vk_rc credentials_is_due(const char *cert_pem, const struct ca_set *have,
	const struct ca_list *list, int64_t now, bool *out, struct vk_err *err)
{
	const struct ca_set_item *newest = NULL, *issuer;
	struct x509_info info;
	int64_t life;
	enum vk_rc rc = x509_parse_identity(cert_pem, strlen(cert_pem), &info, err);

	if (rc != VK_OK)
		return rc;
	life = info.not_after - info.not_before;
	*out = now >= info.not_before + life - life / 3;
	if (list->count > 0)
		newest = ca_set_find(have, list->digests[list->count - 1]);
	if (*out || newest == NULL)
		return VK_OK;
	issuer = ca_set_issuer(have, cert_pem);
	*out = issuer != newest;
	return VK_OK;
}

bool credentials_is_overdue(int64_t not_before, int64_t not_after, int64_t now)
{
	return now >= not_after - (not_after - not_before) / 6;
}

enum vk_rc credentials_renew(
	struct httpc *client, const struct ca_set *have, struct vk_buf *out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vkjson *body = vkjson_object();
	struct vkjson *json = NULL;
	const char *certificate = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	if (have->count > 0)
		vkjson_set(body, "ca",
			vkjson_hex(have->items[have->count - 1].digest, VK_SHA256_BYTES));
	vk_buf_init(&text, RENEW_BODY_MAX_BYTES);
	vkjson_format(body, false, &text);
	rc = httpc_post(client, "/v1/renew", text.data, text.len, &reply, err);
	if (rc == VK_OK)
		rc = vkjson_parse(reply.body, reply.body_len, &json, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "certificate", &certificate, err);
	if (rc == VK_OK) {
		vk_buf_adds(out, certificate);
		rc = vk_buf_check(out, "the certificate", err);
	}
	vk_buf_release(&text);
	vkjson_free(json);
	vkjson_free(body);
	httpc_reply_release(&reply);
	return rc;
}
