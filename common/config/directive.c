/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/directive.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/directive_table.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { NAME_MAX_BYTES = 64 };

/* What a version has, for a Valkey or a Sentinel. */
struct members {
	const uint16_t *items;
	size_t count;
};

bool cfg_version_is_sentinel(const char *version)
{
	return strncmp(version, CFG_SENTINEL_PREFIX, strlen(CFG_SENTINEL_PREFIX)) == 0;
}

const char *cfg_version_number(const char *version)
{
	return cfg_version_is_sentinel(version) ? version + strlen(CFG_SENTINEL_PREFIX) : version;
}

/* "8.0" covers "8.0" and "8.0.1", not "8.01". */
static const struct cfg_schema *find_schema(const char *version)
{
	version = cfg_version_number(version);
	for (size_t i = 0; i < cfg_schema_count; i++) {
		size_t len = strlen(cfg_schemas[i].version);

		if (strncmp(version, cfg_schemas[i].version, len) == 0 &&
			(version[len] == '\0' || version[len] == '.'))
			return &cfg_schemas[i];
	}
	return NULL;
}

bool cfg_version_is_known(const char *version)
{
	return !cfg_version_is_sentinel(version) && find_schema(version) != NULL;
}

const char *cfg_version_default(void)
{
	return "8.0";
}

size_t cfg_version_count(void)
{
	return cfg_schema_count;
}

const char *cfg_version_at(size_t i)
{
	assert(i < cfg_schema_count);
	return cfg_schemas[i].version;
}

size_t cfg_version_order(const char *version)
{
	const struct cfg_schema *schema = find_schema(version);

	return schema != NULL ? (size_t)(schema - cfg_schemas) : cfg_schema_count;
}

void cfg_version_list(struct vk_buf *out)
{
	for (size_t i = 0; i < cfg_schema_count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? ", " : "", cfg_schemas[i].version);
}

/* Empty for an unknown version. */
static struct members members_of(const char *version)
{
	const struct cfg_schema *schema = find_schema(version);

	if (schema == NULL)
		return (struct members){NULL, 0};
	if (cfg_version_is_sentinel(version))
		return (struct members){schema->sentinel, schema->sentinel_count};
	return (struct members){schema->members, schema->count};
}

static const struct cfg_directive *member(const struct members *members, size_t i)
{
	return &cfg_schema_rows[members->items[i]];
}

/* Whatever the locale: only ASCII letters have a case here. False if the name is too long. */
static bool to_lower(const char *name, char out[NAME_MAX_BYTES])
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (i == NAME_MAX_BYTES - 1)
			return false;
		out[i] = name[i];
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	}
	out[i] = '\0';
	return true;
}

static int compare_names(const void *key, const void *element)
{
	return strcmp(key, cfg_schema_rows[*(const uint16_t *)element].name);
}

static bool is_name(const char *known, const char *name)
{
	return known != NULL && strcmp(known, name) == 0;
}

static const struct cfg_directive *find_exact(const struct members *members, const char *lower)
{
	const uint16_t *found = bsearch(
		lower, members->items, members->count, sizeof(*members->items), compare_names);

	return found != NULL ? &cfg_schema_rows[*found] : NULL;
}

static const struct cfg_directive *find(const struct members *members, const char *lower)
{
	const struct cfg_directive *found = find_exact(members, lower);

	for (size_t i = 0; found == NULL && i < members->count; i++) {
		const struct cfg_directive *d = member(members, i);

		if (is_name(d->alias, lower) || is_name(d->other, lower))
			found = d;
	}
	return found;
}

const struct cfg_directive *cfg_directive_find(const char *name, const char *version)
{
	const struct members members = members_of(version);
	const struct cfg_directive *found;
	char lower[NAME_MAX_BYTES], full[2 * NAME_MAX_BYTES];

	if (members.count == 0 || !to_lower(name, lower))
		return NULL;
	found = find(&members, lower);
	if (found != NULL || !cfg_version_is_sentinel(version))
		return found;
	snprintf(full, sizeof(full), CFG_SENTINEL_PREFIX "%s", lower);
	return find(&members, full);
}

const char *cfg_version_with(const char *name)
{
	for (size_t i = 0; i < cfg_schema_count; i++) {
		if (cfg_directive_find(name, cfg_schemas[i].version) != NULL)
			return cfg_schemas[i].version;
	}
	return NULL;
}

size_t cfg_directive_count(const char *version)
{
	return members_of(version).count;
}

const struct cfg_directive *cfg_directive_at(const char *version, size_t i)
{
	const struct members members = members_of(version);

	assert(i < members.count);
	return member(&members, i);
}

const char *cfg_directive_nearest(const char *name, const char *version)
{
	const struct members members = members_of(version);
	struct vk_nearest nearest;
	char lower[NAME_MAX_BYTES];
	size_t skip;

	if (members.count == 0 || !to_lower(name, lower))
		return NULL;
	skip = cfg_version_is_sentinel(version) && !cfg_version_is_sentinel(lower)
		       ? strlen(CFG_SENTINEL_PREFIX)
		       : 0;
	nearest = vk_nearest_init(lower);
	for (size_t i = 0; i < members.count; i++) {
		const char *known = member(&members, i)->name;

		vk_nearest_offer(&nearest, known + (cfg_version_is_sentinel(known) ? skip : 0));
	}
	return nearest.word;
}

enum cfg_way cfg_directive_way(const struct cfg_directive *d)
{
	if (d == NULL)
		return CFG_WAY_RESTART;
	if (d->type == CFG_TYPE_REFUSED && (d->flags & CFG_SEALED) == 0)
		return CFG_WAY_NEVER;
	if ((d->flags & CFG_PREFERS_RESTART) != 0)
		return CFG_WAY_RESTART_PREFERRED;
	return (d->flags & CFG_LIVE) != 0 ? CFG_WAY_LIVE : CFG_WAY_RESTART;
}

const char *cfg_way_name(enum cfg_way way)
{
	switch (way) {
	case CFG_WAY_LIVE:
		return "live";
	case CFG_WAY_RESTART_PREFERRED:
		return "restart-preferred";
	case CFG_WAY_RESTART:
		return "restart";
	case CFG_WAY_NEVER:
		break;
	}
	return "never";
}

const char *cfg_way_words(enum cfg_way way)
{
	return way == CFG_WAY_RESTART_PREFERRED ? "live, restart preferred" : cfg_way_name(way);
}

const char *cfg_owner_words(enum cfg_owner owner)
{
	switch (owner) {
	case CFG_OWNER_MANAGED:
		return "the tree";
	case CFG_OWNER_HOST:
		return "the tree, for each host";
	case CFG_OWNER_EQUAL:
		return "the tree, the same for all members of a shard";
	case CFG_OWNER_SERVER:
		break;
	}
	return "the running servers";
}
