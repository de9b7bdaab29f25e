/* SPDX-License-Identifier: BSD-3-Clause */
/* A primary of a cluster waits for a replica to take over, and the replica's host hears of it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/bundle.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/vkjson.h"
#include "server/handovers.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/shard.h"
#include "server/worker.h"

#include "common/banned.h"

void route_get_handover(struct request *req)
{
	const struct view_identity *host = request_identity(req);
	struct context *context = request_context(req);
	struct vkjson *answer = vkjson_object(), *list = vkjson_array();
	char instance[VK_INSTANCE_ID_BYTES];
	int64_t now = vk_clock_now();

	for (size_t i = 0;
		handovers_get(context->handovers, host->environment, host->name, i, now, instance);
		i++)
		vkjson_append(list, vkjson_string(instance));
	vkjson_set(answer, "instances", list);
	reply_json(req, 200, answer);
	vkjson_free(answer);
}

/* Whom it concerns the release says, not the host. */
static enum vk_rc run_handover(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	struct context *context = mutation->context;
	const char *instance = mutation->data;
	struct vk_bundle *bundle = NULL;
	enum vk_rc rc = shard_find_bundle(writer_tx_store(tx), mutation->caller.environment,
		mutation->caller.name, instance, mutation->arena, &bundle, err);

	if (rc == VK_OK && (bundle->group == NULL || bundle->group->kind != VK_GROUP_CLUSTER))
		rc = vk_err_set(err, VK_EINPUT, "'%s' is no node of a cluster", instance);
	if (rc == VK_OK && handovers_add(context->handovers, bundle, writer_tx_now(tx))) {
		vk_log(VK_LOG_INFO, "handover-wanted", VK_KV("instance", instance));
		worker_wake_all(context->workers);
	}
	vk_bundle_free(bundle);
	return rc;
}

void route_post_handover(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "host.handover", run_handover);
	const char *name = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = mutation_parse_body(mutation, &err);

	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "instance", &name, &err);
	if (rc == VK_OK && !vk_name_is_valid(name))
		rc = vk_err_set(&err, VK_EINPUT, "member 'instance': not a valid instance name");
	if (rc == VK_OK) {
		mutation->data =
			arena_printf(mutation->arena, "%s/%s", mutation->caller.name, name);
		mutation_start(mutation);
	} else {
		mutation_fail(mutation, &err);
	}
}
