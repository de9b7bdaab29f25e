/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/new_log.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/cosign.h"
#include "client/pull/witness.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { PROOF_REPLY_MAX_BYTES = 65536 };

static enum vk_rc fetch_consistency(
	struct update *update, uint64_t from, uint64_t to, struct vkjson **out, struct vk_err *err)
{
	char *target = xasprintf("/v1/log/consistency?from=%llu&to=%llu", (unsigned long long)from,
		(unsigned long long)to);
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vkjson *json = NULL;
	enum vk_rc rc = source_get(&update->source, target, PROOF_REPLY_MAX_BYTES, &reply, err);

	if (rc == VK_OK)
		rc = vkjson_parse(reply.body, reply.body_len, &json, err);
	if (rc == VK_OK) {
		vkjson_set(json, "from", vkjson_int((int64_t)from));
		vkjson_set(json, "to", vkjson_int((int64_t)to));
		*out = json;
	}
	httpc_reply_release(&reply);
	free(target);
	return rc;
}

/* Written in the order that a crash may cut anywhere: what was seen before is never lost. */
static enum vk_rc keep_new_log(
	struct update *update, const char *note, bool is_lost, struct vk_err *err)
{
	const char *state = update->settings->state;
	char *kept_as = NULL;
	enum vk_rc rc = witness_put_aside(state, &kept_as, err);

	if (rc == VK_OK)
		rc = cosign_forget(state, err);
	if (rc == VK_OK)
		rc = witness_write(state, note, err);
	if (rc == VK_OK)
		vk_log(is_lost ? VK_LOG_ERROR : VK_LOG_WARN, "log-replaced",
			VK_KV("reason",
				is_lost ? "entries that this host has seen are lost; the "
					  "holders of root keys have begun another log"
					: "the holders of root keys have begun another "
					  "log, which goes on from what this host has seen"),
			VK_KV("kept-as", kept_as));
	free(kept_as);
	return rc;
}

enum vk_rc new_log_accept(struct update *update, const struct tuf_fleet *fleet, const char *note,
	const struct vkjson *from_last, const struct note_checkpoint *last, struct vk_err *err)
{
	struct vkjson *from_start = NULL;
	struct note_checkpoint next;
	bool is_lost = false;
	enum vk_rc rc = note_verify_checkpoint(
		note, strlen(note), fleet->log_name, fleet->log_public, &next, err);

	if (rc == VK_OK && fleet->log_start.is_there && next.size > fleet->log_start.size)
		rc = fetch_consistency(update, fleet->log_start.size, next.size, &from_start, err);
	if (rc == VK_OK)
		rc = witness_verify_new_log(
			fleet, note, from_start, from_last, last, &next, &is_lost, err);
	if (rc == VK_OK)
		rc = keep_new_log(update, note, is_lost, err);
	if (rc == VK_OK)
		update->log = next;
	vkjson_free(from_start);
	return rc;
}
