/* SPDX-License-Identifier: BSD-3-Clause */
/* Users: who is there, who calls, who may come, who may not any more. */
#include "config.h"

#include <stdlib.h>

#include "common/mem.h"
#include "common/vkjson.h"
#include "server/invite.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_user.h"

#include "common/banned.h"

static struct vkjson *roles_to_json(unsigned roles)
{
	struct vkjson *list = vkjson_array();

	for (unsigned bit = 0; bit < IDENTITY_ROLE_COUNT; bit++) {
		if ((roles & (1u << bit)) != 0)
			vkjson_append(list, vkjson_string(identity_role_name(
						    (enum identity_roles)(1u << bit))));
	}
	return list;
}

void route_whoami(struct request *req)
{
	const struct view_identity *caller = request_identity(req);
	struct vkjson *answer = vkjson_object();

	vkjson_set(answer, "kind", vkjson_string(identity_kind_name(caller->kind)));
	vkjson_set(answer, "name", vkjson_string(caller->name));
	vkjson_set(answer, "fleet", vkjson_string(view_fleet(request_view(req))));
	if (caller->kind == IDENTITY_USER)
		vkjson_set(answer, "roles", roles_to_json(caller->roles | ROLE_VIEWER));
	if (caller->kind == IDENTITY_HOST)
		vkjson_set(answer, "environment", vkjson_string(caller->environment));
	reply_json(req, 200, answer);
	vkjson_free(answer);
}

static struct vkjson *user_to_json(const struct store_user *user)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(user->name));
	vkjson_set(object, "roles", roles_to_json(user->roles | ROLE_VIEWER));
	query_set_time(object, "created", user->created);
	query_set_time(object, "enrolled", user->enrolled);
	query_set_time(object, "revoked", user->revoked);
	return object;
}

static enum vk_rc list_users(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct store_user_list list;
	struct vkjson *items;
	enum vk_rc rc = store_list_users(query->store, &query->page, query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, user_to_json(&list.items[i]));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_users(struct request *req)
{
	query_run(req, list_users);
}

static enum vk_rc parse_roles(const struct vkjson *body, unsigned *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	unsigned roles = ROLE_VIEWER;
	enum vk_rc rc = vkjson_get_array(body, "roles", &list, err);

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		const char *word = vkjson_text(vkjson_at(list, i));
		enum identity_roles role;

		if (word == NULL || !identity_role_parse(word, &role)) {
			rc = vk_err_set(
				err, VK_EINPUT, "member 'roles': element %zu is no role", i);
			vk_err_hint(err,
				"roles are viewer, author, approver, operator, auditor and admin");
		} else {
			roles |= role;
		}
	}
	if (rc == VK_OK)
		*out = roles;
	return rc;
}

static enum vk_rc run_add(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	struct vkjson *detail;
	enum vk_rc rc = store_add_user(
		writer_tx_store(tx), invite->name, invite->roles, writer_tx_now(tx), err);

	if (rc != VK_OK)
		return rc;
	writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	detail = vkjson_object();
	vkjson_set(detail, "roles", roles_to_json(invite->roles));
	return invite_issue(mutation, tx, "user.add", detail, err);
}

void route_post_user(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "user.add", run_add);
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = invite_parse(mutation, IDENTITY_USER, &err);
	struct invite *invite = mutation->data;

	if (rc == VK_OK)
		rc = parse_roles(mutation->body, &invite->roles, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

static enum vk_rc run_revoke(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const char *name = mutation->data;
	char *object = xasprintf("user/%s", name);
	enum vk_rc rc = store_revoke_user(writer_tx_store(tx), name, writer_tx_now(tx), err);

	if (rc == VK_OK) {
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
		rc = mutation_audit(mutation, tx, "user.revoke", object, NULL, err);
	}
	free(object);
	return rc;
}

void route_revoke_user(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "user.revoke", run_revoke);

	mutation->data = (void *)mutation_keep(mutation, request_param(req, "name"));
	mutation_start(mutation);
}
