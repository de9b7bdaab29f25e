/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts: added with a token, looked at, revoked; and where they drift. */
#include "config.h"

#include <stdlib.h>

#include "common/mem.h"
#include "common/vkjson.h"
#include "server/environment.h"
#include "server/invite.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_host.h"

#include "common/banned.h"

static struct vkjson *drift_to_json(const struct store_drift *drift, bool is_placed)
{
	struct vkjson *object = vkjson_object();

	if (is_placed) {
		vkjson_set(object, "host", vkjson_string(drift->host));
		vkjson_set(object, "instance", vkjson_string(drift->instance));
	}
	vkjson_set(object, "kind", vkjson_string(drift->kind));
	vkjson_set(object, "name", vkjson_string(drift->name));
	vkjson_set(object, "expected", vkjson_string(drift->expected));
	vkjson_set(object, "actual", vkjson_string(drift->actual));
	vkjson_set(object, "since", vkjson_time(drift->since));
	vkjson_set(object, "action", vkjson_string(drift->action));
	vkjson_set(object, "cause", vkjson_string(drift->cause));
	if (drift->until != 0) {
		vkjson_set(object, "ticket", vkjson_string(drift->ticket));
		vkjson_set(object, "until", vkjson_time(drift->until));
	}
	return object;
}

static struct vkjson *instance_to_json(const struct store_instance *instance)
{
	struct vkjson *object = vkjson_object(), *drift = vkjson_array();

	for (size_t i = 0; i < instance->drift_count; i++)
		vkjson_append(drift, drift_to_json(&instance->drift[i], false));
	vkjson_set(object, "name", vkjson_string(instance->name));
	vkjson_set(object, "release", vkjson_int(instance->release));
	vkjson_set(object, "generation", vkjson_string(instance->generation));
	vkjson_set(object, "state", vkjson_string(instance->state));
	vkjson_set(object, "health", vkjson_string(instance->health));
	vkjson_set(object, "valkey", vkjson_string(instance->valkey));
	vkjson_set(object, "outcome", vkjson_string(instance->outcome));
	vkjson_set(object, "error", vkjson_string(instance->error));
	vkjson_set(object, "detail", vkjson_string(instance->detail));
	vkjson_set(object, "drift", drift);
	query_set_time(object, "reported", instance->reported);
	return object;
}

static struct vkjson *host_to_json(const struct store_host *host)
{
	struct vkjson *object = vkjson_object(), *instances = vkjson_array();

	for (size_t i = 0; i < host->instance_count; i++)
		vkjson_append(instances, instance_to_json(&host->instances[i]));
	vkjson_set(object, "name", vkjson_string(host->name));
	vkjson_set(object, "environment", vkjson_string(host->environment));
	vkjson_set(object, "public_key", vkjson_string(host->public_key));
	vkjson_set(object, "agent", vkjson_string(host->agent));
	vkjson_set(object, "warning", vkjson_string(host->warning));
	query_set_time(object, "enrolled", host->enrolled);
	query_set_time(object, "last_seen", host->last_seen);
	query_set_time(object, "certificate_expires", host->certificate_expires);
	query_set_time(object, "revoked", host->revoked);
	vkjson_set(object, "witnessed", vkjson_int(host->witnessed));
	query_set_time(object, "witnessed_at", host->witnessed_at);
	vkjson_set(object, "instances", instances);
	return object;
}

static enum vk_rc list_hosts(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_filter filter = query_filter(query);
	struct store_host_list list;
	struct vkjson *items;
	enum vk_rc rc = store_list_hosts(
		query->store, &filter, &query->page, query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, host_to_json(&list.items[i]));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_hosts(struct request *req)
{
	query_run(req, list_hosts);
}

static enum vk_rc get_host(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct store_host host;
	enum vk_rc rc = store_get_host(
		query->store, request_param(query->req, "name"), query->arena, &host, err);

	if (rc == VK_OK)
		*answer = host_to_json(&host);
	return rc;
}

void route_get_host(struct request *req)
{
	query_run(req, get_host);
}

static enum vk_rc list_drift(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_filter filter = query_filter(query);
	struct store_drift_list list;
	struct vkjson *items;
	enum vk_rc rc = store_list_drift(
		query->store, &filter, &query->page, query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, drift_to_json(&list.items[i], true));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_drift(struct request *req)
{
	query_run(req, list_drift);
}

static enum vk_rc run_add(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	struct vkjson *detail;
	/* An environment that no targets delegate can never send this host anything. */
	enum vk_rc rc = environment_check(tx, invite->environment, err);

	if (rc == VK_OK)
		rc = store_add_host(writer_tx_store(tx), invite->name, invite->environment,
			writer_tx_now(tx), err);
	if (rc != VK_OK)
		return rc;
	writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	detail = vkjson_object();
	vkjson_set(detail, "environment", vkjson_string(invite->environment));
	return invite_issue(mutation, tx, "host.add", detail, err);
}

void route_post_host(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "host.add", run_add);
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = invite_parse(mutation, IDENTITY_HOST, &err);
	struct invite *invite = mutation->data;

	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "environment", &invite->environment, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

/* The way back of a host whose certificate has expired, or is of a CA that was dropped. */
static enum vk_rc run_readmit(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	struct store_host host;
	enum vk_rc rc = store_get_host(
		writer_tx_store(tx), invite->name, writer_tx_arena(tx), &host, err);

	if (rc == VK_OK && host.revoked != 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "host %s is revoked", invite->name);
		vk_err_hint(err, "'vkcfg host token' takes it in as a new host");
	} else if (rc == VK_OK && host.enrolled == 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "host %s has never enrolled", invite->name);
		vk_err_hint(err, "'vkcfg host token' invites it");
	}
	return rc == VK_OK ? invite_issue(mutation, tx, "host.readmit", vkjson_object(), err) : rc;
}

void route_readmit_host(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "host.readmit", run_readmit);
	struct vk_err err = VK_ERR_INIT;

	if (invite_parse_again(mutation, IDENTITY_HOST, request_param(req, "name"), &err) == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

static enum vk_rc run_revoke(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const char *name = mutation->data;
	char *object = xasprintf("host/%s", name);
	enum vk_rc rc = store_revoke_host(writer_tx_store(tx), name, writer_tx_now(tx), err);

	if (rc == VK_OK) {
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
		rc = mutation_audit(mutation, tx, "host.revoke", object, NULL, err);
	}
	free(object);
	return rc;
}

void route_revoke_host(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "host.revoke", run_revoke);

	mutation->data = (void *)mutation_keep(mutation, request_param(req, "name"));
	mutation_start(mutation);
}
