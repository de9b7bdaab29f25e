/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/source.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"
#include "common/parcel.h"
#include "common/vkjson.h"

#include "common/banned.h"

#define DESIRED "/v1/agent/desired"

/* The SIZE of /v1/agent/desired?log=SIZE, as text; NULL if it is another target. */
static const char *known_size(const char *target)
{
	static const char prefix[] = DESIRED "?log=";

	return strncmp(target, prefix, strlen(prefix)) == 0 ? target + strlen(prefix) : NULL;
}

/* What the server adds for a host that has seen so much of the log: the parcel has it for the
 * sizes that it was made for. */
static void add_consistency(const struct parcel *parcel, const char *size, struct vkjson *answer)
{
	char *prefix = xasprintf("/v1/log/consistency?from=%s&to=", size);
	const char *target = parcel_find(parcel, prefix);
	uint64_t from, to;

	if (target != NULL && vk_parse_uint(size, 0, INT64_MAX, &from) &&
		vk_parse_uint(target + strlen(prefix), 0, INT64_MAX, &to) &&
		parcel_get_json(parcel, target) != NULL) {
		struct vkjson *proof = vkjson_copy(parcel_get_json(parcel, target));

		vkjson_set(proof, "from", vkjson_int((int64_t)from));
		vkjson_set(proof, "to", vkjson_int((int64_t)to));
		vkjson_set(answer, "consistency", proof);
	}
	free(prefix);
}

static enum vk_rc get_desired(
	const struct parcel *parcel, const char *size, struct vk_buf *out, struct vk_err *err)
{
	const struct vkjson *found = parcel_get_json(parcel, DESIRED);
	struct vkjson *answer;

	if (found == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "%s: not in the file", DESIRED);
	answer = vkjson_copy(found);
	add_consistency(parcel, size, answer);
	vkjson_format(answer, false, out);
	vkjson_free(answer);
	return vk_buf_check(out, DESIRED, err);
}

static enum vk_rc ask_parcel(const struct parcel *parcel, const struct httpc_call *call,
	struct httpc_reply *reply, struct vk_err *err)
{
	const char *size = known_size(call->target);
	struct vk_buf body;
	enum vk_rc rc;

	httpc_reply_release(reply);
	vk_buf_init(&body, call->max_body_bytes);
	rc = size != NULL ? get_desired(parcel, size, &body, err)
			  : parcel_get(parcel, call->target, &body, err);
	if (rc == VK_OK) {
		reply->status = 200;
		reply->body = vk_buf_detach(&body, &reply->body_len);
	} else if (rc == VK_ENOTFOUND) {
		reply->status = 404;
	}
	vk_buf_release(&body);
	return rc;
}

enum vk_rc source_request(const struct source *source, const struct httpc_call *call,
	struct httpc_reply *reply, struct vk_err *err)
{
	if (source->parcel != NULL)
		return ask_parcel(source->parcel, call, reply, err);
	if (source->client == NULL)
		return vk_err_set(err, VK_EUNAVAIL, "there is no server to ask");
	return httpc_request(source->client, call, reply, err);
}

enum vk_rc source_get(const struct source *source, const char *target, size_t max_body_bytes,
	struct httpc_reply *reply, struct vk_err *err)
{
	const struct httpc_call call = {.target = target, .max_body_bytes = max_body_bytes};

	return source_request(source, &call, reply, err);
}
