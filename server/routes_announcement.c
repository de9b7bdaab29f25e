/* SPDX-License-Identifier: BSD-3-Clause */
/* Emergencies: announced with the signature of one who may approve, handed to the host with what it
 * should run, ended early by whoever may see to hosts. The host verifies all of it once more. */
#include "config.h"

#include "common/announcement.h"
#include "common/clock.h"
#include "common/vkjson.h"
#include "server/freshness.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_announcement.h"
#include "server/store/store_host.h"

#include <string.h>

#include "common/banned.h"

/* What is announced, or ended. */
struct announce {
	const char *environment;
	const char *instance; /* HOST/INSTANCE */
	const char *name;
	struct vk_announcement_signed given;
	struct vk_announcement announcement;
};

/* The key must be the caller's own, as with an approval. */
static enum vk_rc open_statement(struct mutation *mutation, struct writer_tx *tx,
	struct announce *announce, struct vk_err *err)
{
	const struct tuf_delegation *delegation = NULL;
	const struct tuf_key *key = NULL;
	struct tuf_meta *targets = NULL;
	const char *owner;
	enum vk_rc rc = freshness_load(tx, "targets", TUF_TARGETS, &targets, err);

	if (rc == VK_OK) {
		delegation = tuf_meta_delegation(targets, announce->environment);
		if (delegation == NULL)
			rc = vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%.80s'",
				announce->environment);
	}
	if (rc == VK_OK)
		rc = vk_announcement_open(
			&announce->given, delegation->role, &announce->announcement, &key, err);
	if (rc == VK_OK) {
		owner = tuf_key_user(key);
		if (owner == NULL || strcmp(owner, mutation->caller.name) != 0)
			rc = vk_err_set(err, VK_EDENIED,
				"the key belongs to '%s', the certificate to '%s'",
				owner != NULL ? owner : "nobody", mutation->caller.name);
	}
	tuf_meta_free(targets);
	return rc;
}

static enum vk_rc check_place(
	struct writer_tx *tx, const struct announce *announce, struct vk_err *err)
{
	const struct vk_announcement *announcement = &announce->announcement;
	struct store_host host;
	enum vk_rc rc;

	if (strcmp(announcement->fleet, writer_tx_fleet(tx)) != 0 ||
		strcmp(announcement->environment, announce->environment) != 0)
		return vk_err_set(err, VK_EINPUT, "it was signed for environment %s of fleet %s",
			announcement->environment, announcement->fleet);
	rc = store_get_host(
		writer_tx_store(tx), announcement->host, writer_tx_arena(tx), &host, err);
	if (rc == VK_OK &&
		(host.revoked != 0 || strcmp(host.environment, announce->environment) != 0))
		rc = vk_err_set(err, VK_ENOTFOUND, "environment %s has no host %s",
			announce->environment, announcement->host);
	if (rc == VK_OK && !vk_announcement_is_active(announcement, writer_tx_now(tx)))
		rc = vk_err_set(err, VK_EINPUT, "it is over already, or not yet in force");
	return rc;
}

static struct vkjson *to_json(const struct store_announcement *stored)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "environment", vkjson_string(stored->environment));
	vkjson_set(json, "instance", vkjson_string(stored->instance));
	vkjson_set(json, "name", vkjson_string(stored->name));
	vkjson_set(json, "ticket", vkjson_string(stored->ticket));
	vkjson_set(json, "from", vkjson_time(stored->begins));
	vkjson_set(json, "until", vkjson_time(stored->until));
	vkjson_set(json, "announcer", vkjson_string(stored->announcer));
	vkjson_set(json, "keyid", vkjson_string(stored->keyid));
	return json;
}

static enum vk_rc audit(struct mutation *mutation, struct writer_tx *tx, const char *action,
	const char *instance, struct vkjson *detail, struct vk_err *err)
{
	const char *object = arena_printf(mutation->arena, "instance/%s", instance);

	return mutation_audit(mutation, tx, action, object, detail, err);
}

static enum vk_rc run_announce(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	struct announce *announce = mutation->data;
	const struct vk_announcement *announcement = &announce->announcement;
	struct store_announcement stored;
	enum vk_rc rc = open_statement(mutation, tx, announce, err);

	if (rc == VK_OK)
		rc = check_place(tx, announce, err);
	if (rc != VK_OK)
		return rc;
	stored = (struct store_announcement){.instance = arena_printf(mutation->arena, "%s/%s",
						     announcement->host, announcement->instance),
		.name = announcement->name,
		.host = announcement->host,
		.environment = announcement->environment,
		.ticket = announcement->ticket,
		.announcer = mutation->caller.name,
		.begins = announcement->from,
		.until = announcement->until,
		.statement = announce->given.statement,
		.keyid = announce->given.keyid,
		.sig = announce->given.sig};
	rc = store_put_announcement(
		writer_tx_store(tx), &stored, VK_ANNOUNCEMENTS_MAX, writer_tx_now(tx), err);
	if (rc == VK_OK)
		rc = audit(mutation, tx, "drift.announce", stored.instance, to_json(&stored), err);
	if (rc != VK_OK)
		return rc;
	writer_tx_changed(tx, WRITER_CHANGED_PUBLICATION);
	mutation->answer = to_json(&stored);
	return VK_OK;
}

static enum vk_rc run_end(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct announce *announce = mutation->data;
	struct vkjson *detail;
	enum vk_rc rc = store_end_announcement(writer_tx_store(tx), announce->environment,
		announce->instance, announce->name, err);

	if (rc != VK_OK)
		return rc;
	detail = vkjson_object();
	vkjson_set(detail, "environment", vkjson_string(announce->environment));
	vkjson_set(detail, "name", vkjson_string(announce->name));
	writer_tx_changed(tx, WRITER_CHANGED_PUBLICATION);
	return audit(mutation, tx, "drift.end", announce->instance, detail, err);
}

void route_post_announcement(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "drift.announce", run_announce);
	struct announce *announce = arena_calloc(mutation->arena, 1, sizeof(*announce));
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = mutation_parse_body(mutation, &err);

	mutation->data = announce;
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "environment", &announce->environment, &err);
	if (rc == VK_OK)
		rc = vk_announcement_read(mutation->body, &announce->given, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

void route_end_announcement(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "drift.end", run_end);
	struct announce *announce = arena_calloc(mutation->arena, 1, sizeof(*announce));
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = mutation_parse_body(mutation, &err);

	mutation->data = announce;
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "environment", &announce->environment, &err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "instance", &announce->instance, &err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "name", &announce->name, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

static enum vk_rc list_announcements(
	struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_filter filter = query_filter(query);
	struct store_announcement_list list;
	struct vkjson *items;
	enum vk_rc rc = store_list_announcements(
		query->store, &filter, &query->page, vk_clock_now(), query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, to_json(&list.items[i]));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_announcements(struct request *req)
{
	query_run(req, list_announcements);
}
