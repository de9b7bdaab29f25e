/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/import.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/import_internal.h"
#include "common/mem.h"
#include "common/secret.h"

#include "common/banned.h"

enum { SOURCES_MAX_BYTES = 4096, MESSAGE_MAX_BYTES = 2048, SHOWN_MAX_BYTES = 64 };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_."

struct cfg_import *cfg_import_new(const struct cfg_import_options *options)
{
	struct cfg_import *import = xcalloc(1, sizeof(*import));

	if (sodium_init() < 0)
		abort(); /* only where the system has no randomness at all */
	import->arena = arena_new();
	import->host = arena_strdup(import->arena, options->host);
	import->instance = arena_strdup(import->arena, options->instance);
	import->version = arena_strdup(import->arena, options->version);
	import->include = options->include;
	import->context = options->context;
	import->role = arena_printf(import->arena, "%s-%s", import->host, import->instance);
	if (!vk_name_is_valid(import->role))
		import->role = import->instance;
	vk_buf_init(&import->sources, SOURCES_MAX_BYTES);
	return import;
}

void cfg_import_free(struct cfg_import *import)
{
	if (import == NULL)
		return;
	for (size_t i = 0; i < import->secret_count; i++)
		sodium_free(import->secrets[i].value);
	for (size_t i = 0; i < import->entry_count; i++)
		free(import->entries[i].items);
	free(import->entries);
	free(import->users);
	free(import->notes);
	free(import->sentinel);
	free(import->differences);
	free(import->running_users);
	vk_buf_release(&import->sources);
	arena_free(import->arena);
	free(import);
}

void import_note(struct cfg_import *import, enum cfg_import_kind kind,
	const struct import_place *place, const char *subject, const char *hint, const char *fmt,
	...)
{
	struct vk_buf text;
	va_list ap;

	import->refused_count += kind == CFG_IMPORT_REFUSED;
	if (import->note_count == CFG_IMPORT_MAX_NOTES)
		return;
	vk_buf_init(&text, MESSAGE_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (import->note_count % 64 == 0)
		import->notes = xreallocarray(
			import->notes, import->note_count + 64, sizeof(*import->notes));
	import->notes[import->note_count++] = (struct cfg_import_note){
		.kind = kind,
		.file = place->file,
		.line = place->line,
		.subject = arena_strdup(import->arena, subject),
		.message = arena_dup(import->arena, text.data, text.len),
		.hint = arena_strdup(import->arena, hint != NULL ? hint : ""),
	};
	vk_buf_release(&text);
}

const char *import_shown_name(struct cfg_import *import, const char *name, bool is_name)
{
	size_t len = strspn(name, is_name ? NAME_CHARACTERS "0123456789" : NAME_CHARACTERS);

	if (name[len] == '\0' && len <= SHOWN_MAX_BYTES)
		return arena_strdup(import->arena, name);
	return arena_printf(import->arena, "%.*s...",
		(int)(len < SHOWN_MAX_BYTES ? len : SHOWN_MAX_BYTES), name);
}

struct import_entry *import_find(const struct cfg_import *import, const char *name)
{
	for (size_t i = 0; i < import->entry_count; i++) {
		if (strcmp(import->entries[i].directive->name, name) == 0)
			return &import->entries[i];
	}
	return NULL;
}

struct import_entry *import_entry(struct cfg_import *import, const struct cfg_directive *d)
{
	struct import_entry *found = import_find(import, d->name);

	if (found != NULL)
		return found;
	if (import->entry_count % 64 == 0)
		import->entries = xreallocarray(
			import->entries, import->entry_count + 64, sizeof(*import->entries));
	found = &import->entries[import->entry_count++];
	*found = (struct import_entry){.directive = d, .comment = ""};
	return found;
}

void import_drop(struct cfg_import *import, const char *name)
{
	struct import_entry *found = import_find(import, name);

	if (found == NULL)
		return;
	free(found->items);
	import->entry_count--;
	memmove(found, found + 1,
		(size_t)(import->entries + import->entry_count - found) * sizeof(*found));
}

/* HOST-INSTANCE-DIRECTIVE, or less of it where that is too long for a name. */
static void name_secret(
	const struct cfg_import *import, const char *directive, char out[VK_NAME_BYTES])
{
	char *full = xasprintf("%s-%s-%s", import->host, import->instance, directive);

	if (vk_name_is_valid(full))
		snprintf(out, VK_NAME_BYTES, "%s", full);
	else
		snprintf(out, VK_NAME_BYTES, "%s", directive);
	free(full);
}

const char *import_keep_secret(struct cfg_import *import, const char *directive, const char *value)
{
	struct import_secret *secret = NULL;
	char name[VK_NAME_BYTES];
	size_t len = strlen(value);

	if (!vk_secret_is_word(value, len))
		return NULL;
	name_secret(import, directive, name);
	for (size_t i = 0; i < import->secret_count; i++) {
		if (strcmp(import->secrets[i].name, name) == 0)
			secret = &import->secrets[i];
	}
	if (secret != NULL)
		sodium_free(secret->value);
	else if (import->secret_count == CFG_IMPORT_MAX_SECRETS)
		return NULL;
	else
		secret = &import->secrets[import->secret_count++];
	memcpy(secret->name, name, sizeof(name));
	secret->value = sodium_malloc(len + 1);
	if (secret->value == NULL)
		abort(); /* as the other small allocations do */
	memcpy(secret->value, value, len + 1);
	return secret->name;
}

const char *cfg_import_acl_path(const struct cfg_import *import, const char **from)
{
	*from = import->acl_from;
	return import->acl_path;
}

const char *cfg_import_role_name(const struct cfg_import *import)
{
	return import->role;
}

const char *cfg_import_version(const struct cfg_import *import)
{
	return import->version;
}

bool cfg_import_is_sentinel(const struct cfg_import *import)
{
	return import->is_sentinel;
}

size_t cfg_import_note_count(const struct cfg_import *import)
{
	return import->note_count;
}

const struct cfg_import_note *cfg_import_note_at(const struct cfg_import *import, size_t i)
{
	return &import->notes[i];
}

size_t cfg_import_refused_count(const struct cfg_import *import)
{
	return import->refused_count;
}

size_t cfg_import_secret_count(const struct cfg_import *import)
{
	return import->secret_count;
}

struct cfg_import_secret cfg_import_secret_at(const struct cfg_import *import, size_t i)
{
	const struct import_secret *secret = &import->secrets[i];

	return (struct cfg_import_secret){secret->name, secret->value};
}
