/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/grants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/vkjson.h"
#include "server/environment.h"

#include "common/banned.h"

enum { WORD_BYTES = 16 + VK_NAME_BYTES };

static enum vk_rc add_scope(struct grants *grants, struct arena *arena, unsigned role,
	const char *environment, struct vk_err *err)
{
	for (size_t i = 0; i < grants->count; i++) {
		if (strcmp(grants->scopes[i].environment, environment) == 0) {
			grants->scopes[i].roles |= role;
			return VK_OK;
		}
	}
	if (grants->count == IDENTITY_SCOPES_MAX)
		return vk_err_set(err, VK_ELIMIT, "member 'roles': more than %d environments",
			IDENTITY_SCOPES_MAX);
	grants->scopes[grants->count++] = (struct identity_scope){
		.environment = arena_strdup(arena, environment), .roles = role};
	return VK_OK;
}

static enum vk_rc add_word(
	struct grants *grants, struct arena *arena, const char *word, struct vk_err *err)
{
	char environment[VK_NAME_BYTES];
	enum identity_roles role;
	enum vk_rc rc;

	if (word == NULL)
		return vk_err_set(err, VK_EINPUT, "member 'roles': expected a list of words");
	rc = identity_grant_parse(word, &role, environment, err);
	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "member 'roles'");
	if (environment[0] != '\0')
		return add_scope(grants, arena, role, environment, err);
	grants->roles |= role | ROLE_VIEWER;
	return VK_OK;
}

static int compare_scopes(const void *a, const void *b)
{
	return strcmp(((const struct identity_scope *)a)->environment,
		((const struct identity_scope *)b)->environment);
}

enum vk_rc grants_parse(
	const struct vkjson *body, struct arena *arena, struct grants *out, struct vk_err *err)
{
	struct grants grants = {.roles = ROLE_NONE};
	const struct vkjson *list = NULL;
	enum vk_rc rc = vkjson_get_array(body, "roles", &list, err);

	grants.scopes = arena_calloc(arena, IDENTITY_SCOPES_MAX, sizeof(*grants.scopes));
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++)
		rc = add_word(&grants, arena, vkjson_text(vkjson_at(list, i)), err);
	if (rc != VK_OK)
		return rc;
	if (grants.roles == ROLE_NONE && grants.count == 0)
		grants.roles = ROLE_VIEWER;
	qsort(grants.scopes, grants.count, sizeof(*grants.scopes), compare_scopes);
	*out = grants;
	return VK_OK;
}

enum vk_rc grants_check(struct writer_tx *tx, const struct grants *grants, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < grants->count; i++)
		rc = environment_check(tx, grants->scopes[i].environment, err);
	return rc;
}

static void add_words(struct vkjson *list, unsigned roles, const char *environment)
{
	char word[WORD_BYTES];

	for (unsigned bit = 0; bit < IDENTITY_ROLE_COUNT; bit++) {
		if ((roles & (1u << bit)) == 0)
			continue;
		snprintf(word, sizeof(word), "%s%s%s",
			identity_role_name((enum identity_roles)(1u << bit)),
			*environment != '\0' ? "@" : "", environment);
		vkjson_append(list, vkjson_string(word));
	}
}

struct vkjson *grants_to_json(unsigned roles, const struct identity_scope *scopes, size_t count)
{
	struct vkjson *list = vkjson_array();

	add_words(list, roles, "");
	for (size_t i = 0; i < count; i++)
		add_words(list, scopes[i].roles, scopes[i].environment);
	return list;
}
