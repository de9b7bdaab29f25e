/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/directive.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

const char *cfg_version_list(void)
{
	return cfg_schemas[0].version;
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
	return strcmp(key, ((const struct cfg_directive *)element)->name);
}

const struct cfg_directive *cfg_directive_find(const char *name, const char *version)
{
	const struct cfg_schema *schema = find_schema(version);
	const struct cfg_directive *found;
	char lower[NAME_MAX_BYTES];

	if (schema == NULL || !to_lower(name, lower))
		return NULL;
	found = bsearch(lower, schema->directives, schema->count, sizeof(*schema->directives),
		compare_names);
	for (size_t i = 0; i < schema->count && found == NULL; i++) {
		const char *alias = schema->directives[i].alias;

		if (alias != NULL && strcmp(alias, lower) == 0)
			found = &schema->directives[i];
	}
	return found;
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
	return &schema->directives[i];
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
		vk_nearest_offer(&nearest, schema->directives[i].name);
	return nearest.word;
}
