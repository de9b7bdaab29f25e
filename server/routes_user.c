/* SPDX-License-Identifier: BSD-3-Clause */
/* Users: who is there, who calls, who may come, who may not any more. */
#include "config.h"

#include <stdlib.h>

#include "common/mem.h"
#include "common/vkjson.h"
#include "server/grants.h"
#include "server/invite.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_user.h"

#include "common/banned.h"

void route_whoami(struct request *req)
{
	const struct view_identity *caller = request_identity(req);
	struct vkjson *answer = vkjson_object();

	vkjson_set(answer, "kind", vkjson_string(identity_kind_name(caller->kind)));
	vkjson_set(answer, "name", vkjson_string(caller->name));
	vkjson_set(answer, "fleet", vkjson_string(view_fleet(request_view(req))));
	if (caller->kind == IDENTITY_USER)
		vkjson_set(answer, "roles",
			grants_to_json(caller->roles, caller->scopes, caller->scope_count));
	if (caller->kind == IDENTITY_HOST)
		vkjson_set(answer, "environment", vkjson_string(caller->environment));
	reply_json(req, 200, answer);
	vkjson_free(answer);
}

static struct vkjson *user_to_json(const struct store_user *user)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(user->name));
	vkjson_set(object, "roles", grants_to_json(user->roles, user->scopes, user->scope_count));
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

static struct vkjson *describe(const struct grants *grants)
{
	struct vkjson *detail = vkjson_object();

	vkjson_set(detail, "roles", grants_to_json(grants->roles, grants->scopes, grants->count));
	return detail;
}

static enum vk_rc set_roles(
	struct writer_tx *tx, const char *name, const struct grants *grants, struct vk_err *err)
{
	enum vk_rc rc = grants_check(tx, grants, err);

	if (rc == VK_OK)
		rc = store_set_user_roles(writer_tx_store(tx), name, grants->roles, grants->scopes,
			grants->count, err);
	if (rc == VK_OK)
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	return rc;
}

static enum vk_rc run_add(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	enum vk_rc rc = store_add_user(writer_tx_store(tx), invite->name, invite->grants.roles,
		writer_tx_now(tx), err);

	if (rc == VK_OK)
		rc = set_roles(tx, invite->name, &invite->grants, err);
	if (rc != VK_OK)
		return rc;
	return invite_issue(mutation, tx, "user.add", describe(&invite->grants), err);
}

void route_post_user(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "user.add", run_add);
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = invite_parse(mutation, IDENTITY_USER, &err);
	struct invite *invite = mutation->data;

	if (rc == VK_OK)
		rc = grants_parse(mutation->body, mutation->arena, &invite->grants, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

struct role_change {
	const char *name;
	struct grants grants;
};

/* Nobody could give the role back to the last admin who gave it away. */
static enum vk_rc check_admin_stays(
	struct writer_tx *tx, const struct role_change *change, struct vk_err *err)
{
	bool has_other = true;
	enum vk_rc rc = VK_OK;

	if ((change->grants.roles & ROLE_ADMIN) == 0)
		rc = store_has_other_admin(writer_tx_store(tx), change->name, &has_other, err);
	if (rc != VK_OK || has_other)
		return rc;
	vk_err_set(err, VK_ECONFLICT, "%s would leave the fleet without an admin", change->name);
	vk_err_hint(err, "give somebody else the role admin first");
	return VK_ECONFLICT;
}

static enum vk_rc run_set_roles(
	struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct role_change *change = mutation->data;
	struct store_user user;
	struct vkjson *detail;
	char *object;
	enum vk_rc rc = store_get_user(
		writer_tx_store(tx), change->name, writer_tx_arena(tx), &user, err);

	if (rc == VK_OK && user.revoked != 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "user %s is revoked", change->name);
		vk_err_hint(err, "'vkcfg user add' invites them anew, with roles");
	}
	if (rc == VK_OK)
		rc = check_admin_stays(tx, change, err);
	if (rc == VK_OK)
		rc = set_roles(tx, change->name, &change->grants, err);
	if (rc != VK_OK)
		return rc;
	detail = describe(&change->grants);
	vkjson_set(detail, "before", grants_to_json(user.roles, user.scopes, user.scope_count));
	object = xasprintf("user/%s", change->name);
	rc = mutation_audit(mutation, tx, "user.roles", object, detail, err);
	free(object);
	if (rc != VK_OK)
		return rc;
	mutation->answer = describe(&change->grants);
	vkjson_set(mutation->answer, "name", vkjson_string(change->name));
	return VK_OK;
}

void route_set_user_roles(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "user.roles", run_set_roles);
	struct role_change *change = arena_calloc(mutation->arena, 1, sizeof(*change));
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = mutation_parse_body(mutation, &err);

	mutation->data = change;
	change->name = mutation_keep(mutation, request_param(req, "name"));
	if (rc == VK_OK)
		rc = grants_parse(mutation->body, mutation->arena, &change->grants, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

/* The way back of a person whose certificate has expired, or is of a CA that was dropped. */
static enum vk_rc run_readmit(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	struct store_user user;
	enum vk_rc rc = store_get_user(
		writer_tx_store(tx), invite->name, writer_tx_arena(tx), &user, err);

	if (rc == VK_OK && (user.revoked != 0 || user.enrolled == 0)) {
		rc = vk_err_set(err, VK_ECONFLICT, "user %s %s", invite->name,
			user.revoked != 0 ? "is revoked" : "has never enrolled");
		vk_err_hint(err, "'vkcfg user add' invites a user");
	}
	return rc == VK_OK ? invite_issue(mutation, tx, "user.readmit", vkjson_object(), err) : rc;
}

void route_readmit_user(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "user.readmit", run_readmit);
	struct vk_err err = VK_ERR_INIT;

	if (invite_parse_again(mutation, IDENTITY_USER, request_param(req, "name"), &err) == VK_OK)
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
