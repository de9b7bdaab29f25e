/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/relief.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/generation.h"
#include "client/pull/journal.h"
#include "client/pull/lease.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/httpc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	ANSWER_MAX_BYTES = 64 * 1024,
	RECORD_MAX_BYTES = 64,
	LEASE_S = 60,
	LOOK_STEP_MS = 20,
	TAKEN_MS = 10000, /* twice as long as Valkey tries */
};

#define TARGET "/v1/agent/handover"

/* ---- the server ---- */

void relief_want(const struct instance *instance)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *json;
	struct vk_buf body;

	if (instance->server == NULL || *instance->server == NULL)
		return;
	json = vkjson_object();
	vkjson_set(json, "instance", vkjson_string(instance->name));
	vk_buf_init(&body, ANSWER_MAX_BYTES);
	vkjson_format(json, false, &body);
	vkjson_free(json);
	if (httpc_post(*instance->server, TARGET, body.data, body.len, &reply, &err) != VK_OK)
		vk_log(VK_LOG_INFO, "handover-not-told", VK_KV("instance", instance->name),
			VK_KV("reason", err.msg));
	httpc_reply_release(&reply);
	vk_buf_release(&body);
}

static enum vk_rc parse(
	const struct httpc_reply *reply, struct relief_list *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	struct vkjson *json = NULL;
	enum vk_rc rc =
		vkjson_parse(reply->body != NULL ? reply->body : "", reply->body_len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(json, "instances", &list, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list) && i < RELIEF_MAX; i++) {
		const char *text = vkjson_text(vkjson_at(list, i));
		char host[VK_NAME_BYTES], name[VK_NAME_BYTES];

		if (text == NULL || !vk_instance_id_parse(text, host, name))
			continue;
		snprintf(out->instances[out->count++], VK_INSTANCE_ID_BYTES, "%s", text);
	}
	vkjson_free(json);
	return rc;
}

void relief_ask(const struct instance *instance, struct relief_list *out)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err ignored = VK_ERR_INIT;

	out->count = 0;
	if (instance->server == NULL || *instance->server == NULL)
		return;
	if (httpc_get(*instance->server, TARGET, ANSWER_MAX_BYTES, &reply, &ignored) == VK_OK &&
		parse(&reply, out, &ignored) != VK_OK)
		out->count = 0;
	httpc_reply_release(&reply);
}

/* ---- the decision ---- */

__attribute__((format(printf, 2, 3))) static bool refuse(char *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, RESTART_REASON_BYTES, format, args);
	va_end(args);
	return false;
}

/* The nodes know numbers; where the tree has a name, the port has to do. */
static bool is_primary(const struct vk_bundle_member *member, const struct restart_state *state)
{
	struct in6_addr ignored;
	bool is_number = inet_pton(AF_INET, member->address, &ignored) == 1 ||
			 inet_pton(AF_INET6, member->address, &ignored) == 1;

	return state->primary_port > 0 &&
	       (state->primary_port == member->port || state->primary_port == member->tls_port) &&
	       (!is_number || strcmp(member->address, state->primary) == 0);
}

static const struct vk_bundle_member *find(const struct vk_bundle *bundle, const char *wanted)
{
	const struct vk_bundle_group *group = bundle->group;

	for (size_t i = 0; group != NULL && i < group->member_count; i++) {
		if (strcmp(group->members[i].instance, wanted) == 0)
			return &group->members[i];
	}
	return NULL;
}

bool relief_is_safe(const struct vk_bundle *bundle, const struct restart_state *state,
	const char *wanted, char reason[RESTART_REASON_BYTES])
{
	const struct vk_bundle_member *member = find(bundle, wanted);

	if (bundle->group == NULL || bundle->group->kind != VK_GROUP_CLUSTER || member == NULL ||
		strcmp(wanted, bundle->instance) == 0)
		return refuse(reason, "the release knows it as no other member of the shard");
	if (bundle->restart != VK_RESTART_ALLOWED)
		return refuse(reason, "the role says restart: never");
	if (!state->is_cluster || !state->is_replica || !is_primary(member, state))
		return refuse(reason, "it is not the primary that is followed");
	if (state->is_loading || state->is_syncing || state->is_link_down)
		return refuse(reason, "the replica has no link to its primary, or is not complete");
	if (state->is_migrating)
		return refuse(reason, "slots are migrating, or CLUSTER NODES cannot be read");
	return true;
}

/* ---- how often ---- */

static char *record_path(const struct instance *instance)
{
	return xasprintf("%s/relief-%s", instance->state, instance->name);
}

/* By the host's own clock; a time that is yet to come, after the clock was wrong, counts for no
 * longer than any other. */
static bool is_too_early(const struct instance *instance)
{
	char *path = record_path(instance);
	struct vk_err ignored = VK_ERR_INIT;
	int64_t now = vk_clock_now();
	int64_t at = 0;
	struct vk_buf text;
	bool is_known;

	vk_buf_init(&text, RECORD_MAX_BYTES);
	is_known = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, &ignored) == VK_OK &&
		   text.len > 0;
	if (is_known)
		text.data[strcspn(text.data, "\n")] = '\0';
	is_known = is_known && vk_parse_int(text.data, 0, INT64_MAX, &at);
	vk_buf_release(&text);
	free(path);
	return is_known && at > now - RELIEF_PAUSE_S && at < now + RELIEF_PAUSE_S;
}

/* Before it is done: what is cut short counts. */
static enum vk_rc keep_time(const struct instance *instance, struct vk_err *err)
{
	char *path = record_path(instance);
	char text[32];
	enum vk_rc rc;

	snprintf(text, sizeof(text), "%" PRId64 "\n", vk_clock_now());
	rc = vk_file_replace(AT_FDCWD, path, 0600, text, strlen(text), err);
	free(path);
	return rc;
}

/* ---- taking over ---- */

static enum vk_rc take_over(struct valkey *valkey, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + TAKEN_MS;
	struct restart_state state;
	enum vk_rc rc = valkey_demand(valkey, VALKEY_ARGV("CLUSTER", "FAILOVER"), NULL, err);

	while (rc == VK_OK) {
		rc = restart_state_read(valkey, &state, err);
		if (rc != VK_OK || !state.is_replica)
			break;
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return vk_err_set(err, VK_EUNAVAIL, "it has not become the primary");
		poll(NULL, 0, LOOK_STEP_MS);
	}
	return rc;
}

static void tell(const struct instance *instance, const char *wanted, const char *reason)
{
	vk_log(VK_LOG_INFO, *reason == '\0' ? "relief" : "relief-refused",
		VK_KV("instance", instance->name), VK_KV("primary", wanted),
		VK_KV("reason", reason));
}

/* With the shard's lease: nobody of it restarts meanwhile. */
static void relieve(const struct instance *instance, const struct vk_bundle *bundle,
	struct valkey *valkey, const char *wanted)
{
	char reason[RESTART_REASON_BYTES] = "";
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc;

	if (!lease_take(instance, bundle, LEASE_S, reason, sizeof(reason))) {
		tell(instance, wanted, reason);
		return;
	}
	rc = keep_time(instance, &err);
	if (rc == VK_OK)
		rc = take_over(valkey, &err);
	lease_give_back(instance);
	tell(instance, wanted, rc == VK_OK ? "" : err.msg);
}

static void look(const struct instance *instance, const struct vk_bundle *bundle,
	const struct relief_list *waiting)
{
	char reason[RESTART_REASON_BYTES];
	struct vk_err ignored = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	struct restart_state state;
	enum vk_rc rc = instance_connect_as_agent(instance, &valkey, &ignored);

	if (rc == VK_OK)
		rc = restart_state_read(valkey, &state, &ignored);
	for (size_t i = 0; rc == VK_OK && i < waiting->count; i++) {
		const char *wanted = waiting->instances[i];

		if (find(bundle, wanted) == NULL)
			continue; /* of another shard */
		if (!relief_is_safe(bundle, &state, wanted, reason)) {
			tell(instance, wanted, reason);
			continue;
		}
		relieve(instance, bundle, valkey, wanted);
		break;
	}
	valkey_free(valkey);
}

/* Whoever has to restart himself does that first, as a replica. */
void relief_run(const struct instance *instance, const struct relief_list *waiting)
{
	struct generation_bundle bundle = {.len = 0};
	struct vk_err ignored = VK_ERR_INIT;
	char name[GENERATION_NAME_BYTES];
	struct pending pending;

	if (waiting->count == 0 || pending_read(instance, &pending, &ignored) == VK_OK ||
		generation_current(instance, name, &ignored) != VK_OK || name[0] == '\0' ||
		generation_read_bundle(instance, name, &bundle, &ignored) != VK_OK)
		return;
	if (is_too_early(instance))
		tell(instance, waiting->instances[0], "it has taken over a short time ago");
	else
		look(instance, bundle.bundle, waiting);
	generation_bundle_release(&bundle);
}
