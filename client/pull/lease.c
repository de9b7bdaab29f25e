/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/lease.h"

#include <stdio.h>
#include <string.h>

#include "common/httpc.h"
#include "common/log.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { LEASE_TIMEOUT_MS = 10000, LEASE_BODY_MAX_BYTES = 1024, LEASE_REPLY_MAX_BYTES = 8192 };

static enum vk_rc post(const struct instance *instance, int64_t seconds, struct httpc_reply *reply,
	struct vk_err *err)
{
	struct vkjson *json;
	struct vk_buf body;
	enum vk_rc rc;

	if (instance->server == NULL || *instance->server == NULL)
		return vk_err_set(err, VK_EUNAVAIL, "there is no server to ask");
	json = vkjson_object();
	vkjson_set(json, "instance", vkjson_string(instance->name));
	vkjson_set(json, "seconds", vkjson_int(seconds));
	vk_buf_init(&body, LEASE_BODY_MAX_BYTES);
	vkjson_format(json, false, &body);
	vkjson_free(json);
	rc = vk_buf_check(&body, "lease", err);
	if (rc == VK_OK) {
		const struct httpc_call call = {.target = "/v1/agent/lease",
			.body = body.data,
			.body_len = body.len,
			.max_body_bytes = LEASE_REPLY_MAX_BYTES,
			.timeout_ms = LEASE_TIMEOUT_MS};

		rc = httpc_request(*instance->server, &call, reply, err);
	}
	vk_buf_release(&body);
	return rc;
}

static enum vk_rc parse(const struct httpc_reply *reply, bool *is_granted, char *reason,
	size_t reason_bytes, struct vk_err *err)
{
	struct vkjson *json = NULL;
	const char *text = NULL;
	enum vk_rc rc =
		vkjson_parse(reply->body != NULL ? reply->body : "", reply->body_len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_bool(json, "granted", is_granted, err);
	if (rc == VK_OK && !*is_granted)
		rc = vkjson_get_string(json, "reason", &text, err);
	if (rc == VK_OK && !*is_granted)
		snprintf(reason, reason_bytes, "%s", text);
	vkjson_free(json);
	return rc;
}

bool lease_take(const struct instance *instance, const struct vk_bundle *bundle, int64_t seconds,
	char *reason, size_t reason_bytes)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;
	bool is_granted = false;
	enum vk_rc rc = post(instance, seconds, &reply, &err);

	if (rc == VK_OK)
		rc = parse(&reply, &is_granted, reason, reason_bytes, &err);
	httpc_reply_release(&reply);
	if (rc == VK_OK)
		return is_granted;
	if (bundle->group == NULL) {
		vk_log(VK_LOG_INFO, "lease-not-asked", VK_KV("instance", instance->name),
			VK_KV("reason", err.msg));
		return true;
	}
	snprintf(reason, reason_bytes, "the server grants no lease: %s", err.msg);
	return false;
}

void lease_give_back(const struct instance *instance)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;

	if (post(instance, 0, &reply, &err) != VK_OK)
		vk_log(VK_LOG_INFO, "lease-kept", VK_KV("instance", instance->name),
			VK_KV("reason", err.msg));
	httpc_reply_release(&reply);
}
