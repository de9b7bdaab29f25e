/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/sentinel_boundary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/pull/secrets_conf.h"
#include "client/pull/sentinel_merge.h"
#include "client/pull/sentinel_values.h"
#include "common/config/directive.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"
#include "common/placeholder.h"

#include "common/banned.h"

enum { PORT_MAX = 65535, QUORUM_MAX = 1000 };

/* "sentinel NAME"; NULL where the schema has none of that name. */
static const struct cfg_directive *directive_of(
	const struct cfg_conf_line *line, const char *schema)
{
	char *name = xasprintf("sentinel %s", line->word_count > 0 ? line->words[0] : "");
	const struct cfg_directive *directive = cfg_directive_find(name, schema);

	free(name);
	return directive;
}

static const char *monitor_objection(const struct cfg_conf *conf, const struct cfg_conf_line *line)
{
	uint64_t number;

	if (line->word_count != 5)
		return "a group, an address, a port and a quorum are expected";
	if (!vk_name_is_valid(line->words[1]) || !vk_address_is_valid(line->words[2]) ||
		!vk_parse_uint(line->words[3], 1, PORT_MAX, &number) ||
		!vk_parse_uint(line->words[4], 1, QUORUM_MAX, &number))
		return "the name, the address, the port or the quorum is none";
	if (sentinel_monitor_line(conf, line->words[1]) != line)
		return "the group is there twice";
	return NULL;
}

static size_t words_of(const struct cfg_directive *directive)
{
	size_t words = directive->type == CFG_TYPE_RENAME ? 2 : 1;

	return words + ((directive->flags & CFG_PER_GROUP) != 0 ? 1 : 0);
}

const char *sentinel_objection(
	const struct cfg_conf *conf, const struct cfg_conf_line *line, const char *schema)
{
	const struct cfg_directive *directive = directive_of(line, schema);

	if (directive == NULL)
		return "this vkcfg-pull does not know the directive";
	for (size_t i = 0; i < line->word_count; i++) {
		if (!sentinel_word_is_plain(line->words[i]) && *line->words[i] != '\0')
			return "a blank, a quote or a control character is in its value";
	}
	if (strcasecmp(line->words[0], "monitor") == 0)
		return monitor_objection(conf, line);
	if (directive->type == CFG_TYPE_REFUSED)
		return directive->reason != NULL ? directive->reason : "it is not allowed";
	if (line->word_count != words_of(directive) + 1)
		return "another number of words is expected";
	if ((directive->flags & CFG_PER_GROUP) != 0 &&
		sentinel_monitor_line(conf, line->words[1]) == NULL)
		return "the group is not monitored";
	if (strcmp(directive->name, "sentinel deny-scripts-reconfig") == 0 &&
		strcasecmp(line->words[1], "yes") != 0)
		return "a client of Sentinel could name a program to run";
	return NULL;
}

/* The directive of a line of secrets.conf, and how many words stand before its value. */
static const struct cfg_directive *sealed_directive(const struct cfg_conf *conf,
	const struct cfg_conf_line *line, const char *schema, size_t *before)
{
	const struct cfg_directive *directive;

	*before = 0;
	if (strcmp(line->name, "sentinel") != 0)
		return cfg_directive_find(line->name, schema);
	directive = directive_of(line, schema);
	*before = 1;
	if (directive == NULL || (directive->flags & CFG_PER_GROUP) == 0)
		return directive;
	*before = 2;
	return line->word_count > 1 && sentinel_monitor_line(conf, line->words[1]) != NULL
		       ? directive
		       : NULL;
}

static bool is_secret_line(
	const struct cfg_conf *conf, const struct cfg_conf_line *line, const char *schema)
{
	size_t before;
	const struct cfg_directive *directive = sealed_directive(conf, line, schema, &before);
	struct vk_placeholder found;
	const char *value;

	if (directive == NULL || (directive->flags & CFG_SEALED) == 0 ||
		line->word_count != before + 1)
		return false;
	value = line->words[before];
	return vk_placeholder_find(value, &found) && found.is_valid && found.start == value &&
	       found.form == VK_PLACEHOLDER_SECRET && value[found.len] == '\0';
}

static bool is_included(const struct vk_bundle *bundle)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, VK_BUNDLE_SENTINEL);
	const char *found = file != NULL ? strstr(file->text, SECRETS_CONF_INCLUDE) : NULL;

	return found != NULL && (found == file->text || found[-1] == '\n');
}

enum vk_rc sentinel_secrets_check(
	const struct vk_bundle *bundle, const struct cfg_conf *conf, struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, VK_BUNDLE_SECRETS);
	char schema[SENTINEL_SCHEMA_BYTES];
	struct cfg_conf *secrets = NULL;
	enum vk_rc rc = VK_OK;

	if ((file != NULL) != is_included(bundle))
		return vk_err_set(err, VK_EINPUT,
			VK_BUNDLE_SECRETS " and its include in " VK_BUNDLE_SENTINEL
					  " must be there together, or neither");
	if (file == NULL)
		return VK_OK;
	rc = cfg_conf_parse(VK_BUNDLE_SECRETS, file->text, strlen(file->text), &secrets, err);
	sentinel_schema(bundle, schema);
	for (size_t i = 0; rc == VK_OK && i < cfg_conf_count(secrets); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(secrets, i);

		if (!is_secret_line(conf, line, schema))
			rc = vk_err_set(err, VK_EINPUT,
				VK_BUNDLE_SECRETS ":%u: this host accepts only directives that "
						  "take a secret, with one",
				line->number);
	}
	cfg_conf_free(secrets);
	return rc;
}
