/* SPDX-License-Identifier: BSD-3-Clause */
/* A host asks whether an instance may be restarted now. Nothing that a release says depends on it,
 * so that it is logged, but no entry of the audit log. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/vkjson.h"
#include "server/handovers.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/shard.h"
#include "server/store/store_lease.h"

#include "common/banned.h"

struct lease_request {
	const char *instance; /* HOST/INSTANCE */
	int64_t seconds;      /* 0: give it back */
};

/* Of a cluster's shard one at a time, whatever its group says of all of them. */
static void take_group(
	struct mutation *mutation, const struct vk_bundle *bundle, struct store_lease *lease)
{
	const struct vk_bundle_group *group = bundle->group;

	if (group == NULL)
		return;
	lease->shard = arena_printf(mutation->arena, "%s/%" PRId64, group->name, group->shard);
	if (group->kind == VK_GROUP_CLUSTER)
		lease->group_limit = group->max_unavailable;
	else
		lease->shard_limit = group->max_unavailable;
}

static void answer(struct mutation *mutation, const struct store_lease *lease,
	const struct store_lease_holder *holder)
{
	static const char *const scopes[] = {
		[STORE_LEASE_SHARD] = "of the same shard is being restarted",
		[STORE_LEASE_GROUP] = "and others of the group are being restarted",
		[STORE_LEASE_ENVIRONMENT] = "and others of the environment are being restarted",
	};
	char until[VK_TIME_TEXT_BYTES];
	const char *reason;

	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "granted", vkjson_bool(holder->instance == NULL));
	if (holder->instance == NULL) {
		query_set_time(mutation->answer, "expires", lease->expires);
		vk_log(VK_LOG_INFO, "lease-granted", VK_KV("instance", lease->instance),
			VK_KV("shard", lease->shard), VK_KN("expires", lease->expires));
		return;
	}
	vk_time_format(holder->expires, until);
	reason = arena_printf(mutation->arena, "%s %s (until %s at the latest)", holder->instance,
		scopes[holder->scope], until);
	vkjson_set(mutation->answer, "reason", vkjson_string(reason));
	vk_log(VK_LOG_INFO, "lease-refused", VK_KV("instance", lease->instance),
		VK_KV("shard", lease->shard), VK_KV("holder", holder->instance));
}

static enum vk_rc run_lease(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct lease_request *request = mutation->data;
	struct store *store = writer_tx_store(tx);
	struct store_lease_holder holder = {.instance = NULL};
	struct store_lease lease = {.instance = request->instance,
		.host = mutation->caller.name,
		.environment = mutation->caller.environment,
		.shard = "",
		.expires = writer_tx_now(tx) + request->seconds};
	struct vk_bundle *bundle = NULL;
	enum vk_rc rc;

	if (request->seconds == 0) {
		vk_log(VK_LOG_INFO, "lease-ended", VK_KV("instance", request->instance));
		return store_give_back_lease(store, request->instance, err);
	}
	rc = shard_find_bundle(store, mutation->caller.environment, mutation->caller.name,
		request->instance, mutation->arena, &bundle, err);
	if (rc == VK_OK)
		take_group(mutation, bundle, &lease);
	vk_bundle_free(bundle);
	if (rc == VK_OK)
		rc = store_take_lease(store, &lease, mutation->context->max_restarts,
			writer_tx_now(tx), mutation->arena, &holder, err);
	if (rc == VK_OK)
		answer(mutation, &lease, &holder);
	/* Whoever restarts waits for nobody any more. */
	if (rc == VK_OK && holder.instance == NULL)
		handovers_remove(mutation->context->handovers, request->instance);
	return rc;
}

static enum vk_rc parse(
	struct mutation *mutation, struct lease_request *request, struct vk_err *err)
{
	const char *name = NULL;
	enum vk_rc rc = mutation_parse_body(mutation, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "instance", &name, err);
	if (rc == VK_OK && !vk_name_is_valid(name))
		rc = vk_err_set(err, VK_EINPUT, "member 'instance': not a valid instance name");
	if (rc == VK_OK)
		rc = vkjson_get_int(mutation->body, "seconds", 0, STORE_LEASE_MAX_SECONDS,
			&request->seconds, err);
	if (rc == VK_OK)
		request->instance =
			arena_printf(mutation->arena, "%s/%s", mutation->caller.name, name);
	return rc;
}

void route_post_lease(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "host.lease", run_lease);
	struct lease_request *request = arena_calloc(mutation->arena, 1, sizeof(*request));
	struct vk_err err = VK_ERR_INIT;

	mutation->data = request;
	if (parse(mutation, request, &err) == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}
