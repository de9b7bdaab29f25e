/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/access.h"

#include <string.h>

#include "common/secret.h"
#include "common/vkjson.h"
#include "server/context.h"
#include "server/publish.h"
#include "server/readers.h"
#include "server/request.h"
#include "server/store/store_change.h"
#include "server/store/store_host.h"
#include "server/store/store_secret.h"
#include "server/store/store_tree.h"

#include "common/banned.h"

unsigned access_roles_in(const struct view_identity *user, const char *environment)
{
	unsigned roles = user->roles;

	for (size_t i = 0; i < user->scope_count; i++) {
		if (strcmp(user->scopes[i].environment, environment) == 0)
			roles |= user->scopes[i].roles;
	}
	return roles;
}

static enum vk_rc check_in(const struct request *req, const char *environment, struct vk_err *err)
{
	const struct view_identity *caller = request_identity(req);

	if (route_permits_in(request_route(req), caller, environment))
		return VK_OK;
	vk_err_set(err, VK_EDENIED, "%s '%s' may not do this in environment '%.64s'",
		identity_kind_name(caller->kind), caller->name, environment);
	route_hint_permission(request_route(req), environment, err);
	return VK_EDENIED;
}

/* The query parameter, if it was given. A wrong word would silently show an empty list. */
static enum vk_rc check_list(const struct request *req, struct vk_err *err)
{
	const char *environment = request_query(req, "environment");
	enum vk_rc rc;

	if (environment == NULL)
		return VK_OK;
	rc = view_check_environment(request_view(req), environment, err);
	return rc == VK_OK ? check_in(req, environment, err) : rc;
}

static enum vk_rc check_files(
	const struct request *req, const struct vkjson *body, struct vk_err *err)
{
	const struct vkjson *files = NULL;
	enum vk_rc rc = vkjson_get_object(body, "files", &files, err);

	if (rc != VK_OK)
		return rc;
	for (struct vkjson_iter it = vkjson_iter(files); rc == VK_OK && vkjson_next(&it);) {
		char role[VK_NAME_BYTES];

		publish_role_of(it.name, role);
		rc = check_in(req, role, err);
	}
	return rc;
}

static enum vk_rc check_envelope(
	const struct request *req, const struct vkjson *body, struct vk_err *err)
{
	struct vk_secret *secret = NULL;
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(body, "body", &text, err);

	if (rc == VK_OK)
		rc = vk_secret_parse(text, strlen(text), &secret, err);
	if (rc == VK_OK)
		rc = check_in(req, secret->id.environment, err);
	vk_secret_free(secret);
	return rc;
}

static enum vk_rc check_member(
	const struct request *req, const struct vkjson *body, struct vk_err *err)
{
	const char *environment = NULL;
	enum vk_rc rc = vkjson_get_string(body, "environment", &environment, err);

	return rc == VK_OK ? check_in(req, environment, err) : rc;
}

typedef enum vk_rc body_check(
	const struct request *req, const struct vkjson *body, struct vk_err *err);

static enum vk_rc check_body(const struct request *req, body_check *check, struct vk_err *err)
{
	struct vkjson *body = NULL;
	enum vk_rc rc = request_json(req, &body, err);

	if (rc == VK_OK)
		rc = check(req, body, err);
	vkjson_free(body);
	return rc;
}

static enum vk_rc check_change(
	struct request *req, struct store *store, struct arena *arena, struct vk_err *err)
{
	const char *environment = NULL;
	uint64_t id = 0;
	enum vk_rc rc = request_param_uint(req, "id", 1, INT64_MAX, &id, err);

	if (rc == VK_OK)
		rc = store_get_change_environment(store, (int64_t)id, arena, &environment, err);
	return rc == VK_OK ? check_in(req, environment, err) : rc;
}

static enum vk_rc check_host(
	struct request *req, struct store *store, struct arena *arena, struct vk_err *err)
{
	const char *environment = NULL;
	enum vk_rc rc = store_get_host_environment(
		store, request_param(req, "name"), arena, &environment, err);

	return rc == VK_OK ? check_in(req, environment, err) : rc;
}

static enum vk_rc check_tree(
	struct request *req, struct store *store, struct arena *arena, struct vk_err *err)
{
	const char *const *environments = NULL;
	size_t count = 0;
	enum vk_rc rc = store_list_tree_environments(
		store, request_param(req, "digest"), arena, &environments, &count, err);

	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (route_permits_in(request_route(req), request_identity(req), environments[i]))
			return VK_OK;
	}
	vk_err_set(err, VK_EDENIED, "no environment of user '%s' has used this tree",
		request_identity(req)->name);
	vk_err_hint(err, "it takes a role in an environment for which it was submitted");
	return VK_EDENIED;
}

static enum vk_rc check_secret(
	struct request *req, struct store *store, struct arena *arena, struct vk_err *err)
{
	struct store_secret secret;
	enum vk_rc rc = store_get_secret(store, request_param(req, "digest"), arena, &secret, err);

	return rc == VK_OK ? check_in(req, secret.environment, err) : rc;
}

typedef enum vk_rc object_check(
	struct request *req, struct store *store, struct arena *arena, struct vk_err *err);

/* What only the database knows. */
static enum vk_rc check_object(struct request *req, object_check *check, struct vk_err *err)
{
	struct context *context = request_context(req);
	struct arena *arena;
	struct store *store = NULL;
	enum vk_rc rc = readers_take(context->readers, &store, err);

	if (rc != VK_OK)
		return rc;
	arena = arena_new();
	rc = check(req, store, arena, err);
	readers_give(context->readers, store);
	arena_free(arena);
	return rc;
}

enum vk_rc access_check(struct request *req, struct vk_err *err)
{
	const struct route *route = request_route(req);

	if (route->environment == ENVIRONMENT_LIST)
		return check_list(req, err);
	if (!route_is_limited(route, request_identity(req)))
		return VK_OK;
	switch (route->environment) {
	case ENVIRONMENT_UNSAID:
	case ENVIRONMENT_NONE:
	case ENVIRONMENT_FLEET:
	case ENVIRONMENT_LIST:
		return VK_OK; /* the table has decided */
	case ENVIRONMENT_PATH:
		return check_in(req, request_param(req, "env"), err);
	case ENVIRONMENT_BODY:
		return check_body(req, check_member, err);
	case ENVIRONMENT_ENVELOPE:
		return check_body(req, check_envelope, err);
	case ENVIRONMENT_FILES:
		return check_body(req, check_files, err);
	case ENVIRONMENT_CHANGE:
		return check_object(req, check_change, err);
	case ENVIRONMENT_HOST:
		return check_object(req, check_host, err);
	case ENVIRONMENT_TREE:
		return check_object(req, check_tree, err);
	case ENVIRONMENT_SECRET:
		return check_object(req, check_secret, err);
	}
	return vk_err_set(err, VK_EDENIED, "nobody may do this");
}
