/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tree may not say although Valkey would take it (docs/formats.md, Tree). */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/conf.h"
#include "common/config/fleet_internal.h"
#include "common/config/value_words.h"
#include "common/placeholder.h"

#include "common/banned.h"

#define GENERATION "@{generation}/"

static const char *const placeholders[] = {"@{instance}/", GENERATION, "@{data}/"};

enum { PLACEHOLDER_COUNT = sizeof(placeholders) / sizeof(placeholders[0]) };

const char *cfg_policy_refusal(const struct cfg_directive *d)
{
	return d->type == CFG_TYPE_REFUSED ? d->reason : NULL;
}

bool cfg_policy_check_secret(
	struct cfg_fleet *fleet, const struct cfg_entry *entry, const struct cfg_directive *d)
{
	if (entry->secret == NULL)
		return true;
	if ((d->flags & CFG_SEALED) == 0) {
		cfg_report(fleet, &entry->secret->place, entry->secret->name,
			"secrets can be passwords of users, requirepass, primaryauth, "
			"tls-key-file-pass, tls-client-key-file-pass, and files",
			"%s: its value cannot be a secret", d->name);
		return false;
	}
	if (strcmp(d->name, "requirepass") == 0)
		cfg_report_warning(fleet, &entry->secret->place, NULL,
			"users: {default: {rules: \"on ~* &* +@all\", passwords: "
			"[\"secret:NAME\"]}}",
			"requirepass: users.acl defines 'default', and what it says there counts");
	return true;
}

/* Components of letters, digits, '.', '_', '-', none beginning with a dot. */
static bool is_relative_path(const char *path)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	for (;;) {
		size_t len = strspn(path, allowed);

		if (len == 0 || path[0] == '.')
			return false;
		if (path[len] == '\0')
			return true;
		if (path[len] != '/')
			return false;
		path += len + 1;
	}
}

static bool is_host_path(const char *text)
{
	if (text[0] == '\0')
		return true;
	for (size_t i = 0; i < PLACEHOLDER_COUNT; i++) {
		size_t len = strlen(placeholders[i]);

		if (strncmp(text, placeholders[i], len) == 0)
			return is_relative_path(text + len);
	}
	return false;
}

const char *cfg_policy_generation_path(const struct cfg_directive *d, const char *text)
{
	size_t len = strlen(GENERATION);

	if (d->type != CFG_TYPE_PATH || strncmp(text, GENERATION, len) != 0)
		return NULL;
	return text + len;
}

/* Commands without which vkcfg would be locked out. */
static bool check_renames(struct cfg_fleet *fleet, const struct cfg_place *place, const char *text)
{
	char **words;
	size_t count;
	bool is_allowed = true;

	if (cfg_conf_split(text, strlen(text), &words, &count, NULL) != VK_OK)
		return true; /* reported when the value is normalised */
	for (size_t i = 0; i < count; i += 2) {
		for (char *c = words[i]; *c != '\0'; c++) {
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		}
		if (!cfg_value_is_choice("CONFIG|ACL|INFO|PING|AUTH", words[i]))
			continue;
		cfg_report(fleet, place, words[i], "limit commands with the rules of ACL users",
			"rename-command: %s cannot be renamed, vkcfg itself needs it", words[i]);
		is_allowed = false;
	}
	free(words);
	return is_allowed;
}

/* With any other value a client of Valkey could load code, or write files anywhere. */
static bool is_shut_door(const struct cfg_directive *d)
{
	return cfg_value_is_choice("enable-module-command|enable-protected-configs", d->name);
}

/* A Sentinel writes its file anew without quotes: after a value of two words it does not start. */
static bool check_word(struct cfg_fleet *fleet, const struct cfg_place *place,
	const struct cfg_directive *d, const char *text)
{
	if (d->type != CFG_TYPE_STRING || !cfg_version_is_sentinel(d->name) ||
		text[strcspn(text, " \"'\\")] == '\0')
		return true;
	cfg_report(fleet, place, (d->flags & CFG_SENSITIVE) != 0 ? NULL : text,
		"one word without quotes and backslashes",
		"%s: a Sentinel could not read it again from the file that it writes", d->name);
	return false;
}

bool cfg_policy_check_value(struct cfg_fleet *fleet, const struct cfg_place *place,
	const struct cfg_directive *d, const char *text)
{
	bool is_path = d->type == CFG_TYPE_PATH;

	if (is_path && !is_host_path(text)) {
		cfg_report(fleet, place, text,
			"begin with @{instance}/, @{generation}/ or @{data}/, without '..', or "
			"leave "
			"it empty",
			"%s: '%.200s' is no path that a tree may name", d->name, text);
		return false;
	}
	if (!is_path && strstr(text, "@{") != NULL) {
		cfg_report(fleet, place, (d->flags & CFG_SENSITIVE) != 0 ? NULL : text,
			"a host fills in placeholders in paths only",
			"%s: '@{' cannot stand in this value", d->name);
		return false;
	}
	if (is_shut_door(d) && strcasecmp(text, "no") != 0) {
		cfg_report(fleet, place, text, "leave it out, or say \"no\"",
			"%s: it would let a client of Valkey load code or write files", d->name);
		return false;
	}
	if (!check_word(fleet, place, d, text))
		return false;
	return d->type != CFG_TYPE_RENAME || check_renames(fleet, place, text);
}

/* Each @{ of a text begins a placeholder that a host fills in. */
static bool has_only_placeholders(const char *text)
{
	while ((text = strstr(text, "@{")) != NULL) {
		bool is_known = false;

		for (size_t i = 0; i < PLACEHOLDER_COUNT; i++) /* without the slash */
			is_known = is_known ||
				   strncmp(text, placeholders[i], strlen(placeholders[i]) - 1) == 0;
		if (!is_known)
			return false;
		text += 2;
	}
	return true;
}

bool cfg_policy_check_text(struct cfg_fleet *fleet, const struct cfg_place *place, const char *path,
	const char *text, bool is_from_file)
{
	struct vk_placeholder found;

	if (strstr(text, "PRIVATE KEY-----") != NULL) {
		cfg_report(fleet, place, NULL,
			"seal it ('vkcfg secret set ENV NAME --file KEY') and write secret: NAME",
			"file '%s': a private key in clear text", path);
		return false;
	}
	if (vk_placeholder_find(text, &found)) {
		cfg_report(fleet, place, NULL, "a file that is a secret as a whole: secret: NAME",
			"file '%s': the placeholder of a secret cannot stand in a text", path);
		return false;
	}
	if (!is_from_file && !has_only_placeholders(text)) {
		cfg_report(fleet, place, NULL, "hosts know @{instance}, @{generation} and @{data}",
			"file '%s': '@{' begins no placeholder that hosts know", path);
		return false;
	}
	return true;
}
