/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/route.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/http.h"
#include "server/identity.h"
#include "server/view.h"

#include "common/banned.h"

/* One segment of a pattern, within the pattern's text. */
struct part {
	const char *text;
	size_t len;
	bool is_name; /* {name} or {name*}: text and len are those of the name */
	bool is_tail; /* {name*} */
};

/* Cuts the next segment off a pattern; false at its end. */
static bool next_part(const char **pattern, struct part *out)
{
	const char *text = *pattern;

	if (*text != '/' || text[1] == '\0')
		return false;
	text++;
	out->text = text;
	out->len = strcspn(text, "/");
	*pattern = text + out->len;
	out->is_name = text[0] == '{';
	out->is_tail = out->is_name && out->len > 3 && text[out->len - 2] == '*';
	if (out->is_name) {
		out->text++;
		out->len -= out->is_tail ? 3 : 2;
	}
	return true;
}

static bool path_matches(const char *pattern, const struct http_parser *request)
{
	size_t count = http_segment_count(request);
	struct part part;
	size_t i = 0;

	while (next_part(&pattern, &part)) {
		if (part.is_tail)
			return i < count;
		if (part.is_name ? i >= count
				 : !http_segment_equals(request, i, part.text, part.len))
			return false;
		i++;
	}
	return i == count;
}

enum route_match route_find(const struct route *table, size_t count,
	const struct http_parser *request, const struct route **out)
{
	enum route_match match = ROUTE_NO_PATH;

	for (size_t i = 0; i < count; i++) {
		if (!path_matches(table[i].pattern, request))
			continue;
		if (strcmp(table[i].method, http_method(request)) == 0) {
			*out = &table[i];
			return ROUTE_FOUND;
		}
		match = ROUTE_NO_METHOD;
	}
	return match;
}

void route_allowed_methods(const struct route *table, size_t count,
	const struct http_parser *request, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!path_matches(table[i].pattern, request) || strstr(out, table[i].method) != NULL)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used == 0 ? "" : ", ",
			table[i].method);
		assert(used < size);
	}
}

const char *route_param(const struct route *route, struct http_parser *request, const char *name)
{
	const char *pattern = route->pattern;
	struct part part;

	for (size_t i = 0; next_part(&pattern, &part); i++) {
		if (!part.is_name || strlen(name) != part.len ||
			memcmp(name, part.text, part.len) != 0)
			continue;
		return part.is_tail ? http_segments_from(request, i) : http_segment(request, i);
	}
	return NULL;
}

static const struct {
	enum identity_roles role;
	enum permission permission;
} role_permissions[IDENTITY_ROLE_COUNT] = {
	{ROLE_VIEWER, PERMISSION_VIEWER},
	{ROLE_AUTHOR, PERMISSION_AUTHOR},
	{ROLE_APPROVER, PERMISSION_APPROVER},
	{ROLE_OPERATOR, PERMISSION_OPERATOR},
	{ROLE_AUDITOR, PERMISSION_AUDITOR},
	{ROLE_ADMIN, PERMISSION_ADMIN},
};

/* What a user's roles are as permissions. */
static unsigned permissions_of_roles(unsigned roles)
{
	unsigned permissions = PERMISSION_ANY;

	if (roles != ROLE_NONE)
		permissions |= PERMISSION_VIEWER;
	for (size_t i = 0; i < IDENTITY_ROLE_COUNT; i++) {
		if ((roles & role_permissions[i].role) != 0)
			permissions |= role_permissions[i].permission;
	}
	return permissions;
}

/* What the caller may do in every environment. */
static unsigned permissions_of(const struct view_identity *caller)
{
	switch (caller->kind) {
	case IDENTITY_STRANGER:
		return PERMISSION_ENROL;
	case IDENTITY_HOST:
		return PERMISSION_ANY;
	case IDENTITY_USER:
		return permissions_of_roles(caller->roles);
	}
	return PERMISSION_NONE;
}

/* What he may do in one of them, or, environment being NULL, in any. */
static unsigned permissions_in(const struct view_identity *caller, const char *environment)
{
	unsigned permissions = permissions_of(caller);

	if (caller->kind == IDENTITY_HOST &&
		(environment == NULL || strcmp(caller->environment, environment) == 0))
		permissions |= PERMISSION_HOST;
	for (size_t i = 0; i < caller->scope_count; i++) {
		const struct identity_scope *scope = &caller->scopes[i];

		if (environment == NULL || strcmp(scope->environment, environment) == 0)
			permissions |= permissions_of_roles(scope->roles);
	}
	return permissions;
}

bool route_permits(const struct route *route, const struct view_identity *caller)
{
	if (route->environment == ENVIRONMENT_UNSAID)
		return false;
	if (route->environment == ENVIRONMENT_FLEET)
		return (route->permission & permissions_of(caller)) != 0;
	return (route->permission & permissions_in(caller, NULL)) != 0;
}

bool route_permits_in(const struct route *route, const struct view_identity *caller,
	const char *environment)
{
	return route_permits(route, caller) &&
	       (route->permission & permissions_in(caller, environment)) != 0;
}

bool route_is_limited(const struct route *route, const struct view_identity *caller)
{
	return (route->permission & permissions_of(caller)) == 0;
}

void route_hint_permission(const struct route *route, const char *environment, struct vk_err *err)
{
	char roles[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < IDENTITY_ROLE_COUNT; i++) {
		if ((route->permission & role_permissions[i].permission) != 0)
			len += (size_t)snprintf(roles + len, sizeof(roles) - len, "%s%s",
				len > 0 ? " or " : "",
				identity_role_name(role_permissions[i].role));
	}
	if (len > 0)
		vk_err_hint(err, "it takes a user with the role %s%s%s", roles,
			environment != NULL ? " in " : "", environment != NULL ? environment : "");
	else if ((route->permission & PERMISSION_HOST) != 0)
		vk_err_hint(err, "only hosts may");
}
