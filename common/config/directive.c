/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/directive.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/directive_table.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { NAME_MAX_BYTES = 64 };

/* "8.0" covers "8.0" and "8.0.1", not "8.01". */
static const struct cfg_schema *find_schema(const char *version)
{
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
	return find_schema(version) != NULL;
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

static const struct cfg_directive *member(const struct cfg_schema *schema, size_t i)
{
	return &cfg_schema_rows[schema->members[i]];
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

const struct cfg_directive *cfg_directive_find(const char *name, const char *version)
{
	const struct cfg_schema *schema = find_schema(version);
	const uint16_t *found;
	char lower[NAME_MAX_BYTES];

	if (schema == NULL || !to_lower(name, lower))
		return NULL;
	found = bsearch(
		lower, schema->members, schema->count, sizeof(*schema->members), compare_names);
	if (found != NULL)
		return &cfg_schema_rows[*found];
	for (size_t i = 0; i < schema->count; i++) {
		const struct cfg_directive *d = member(schema, i);

		if (is_name(d->alias, lower) || is_name(d->other, lower))
			return d;
	}
	return NULL;
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
	const struct cfg_schema *schema = find_schema(version);

	return schema != NULL ? schema->count : 0;
}

const struct cfg_directive *cfg_directive_at(const char *version, size_t i)
{
	const struct cfg_schema *schema = find_schema(version);

	assert(schema != NULL && i < schema->count);
	return member(schema, i);
}

const char *cfg_directive_nearest(const char *name, const char *version)
{
	const struct cfg_schema *schema = find_schema(version);
	struct vk_nearest nearest;
	char lower[NAME_MAX_BYTES];

	if (schema == NULL || !to_lower(name, lower))
		return NULL;
	nearest = vk_nearest_init(lower);
	for (size_t i = 0; i < schema->count; i++)
		vk_nearest_offer(&nearest, member(schema, i)->name);
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
