/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/values.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/config/directive.h"
#include "common/mem.h"

#include "common/banned.h"

static const char mask_prefix[] = "hmac:";
static const char mask_label[] = "vkcfg/mask/v1\n";

enum { MASK_BYTES = sizeof(mask_prefix) + 2 * crypto_auth_hmacsha256_BYTES };

void values_init(struct values *values)
{
	*values = (struct values){.items = NULL};
}

/* Values of a file are not masked. */
static void free_item(struct value *item)
{
	free(item->name);
	sodium_memzero(item->text, strlen(item->text));
	free(item->text);
}

void values_release(struct values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free_item(&values->items[i]);
	free(values->items);
	values_init(values);
}

void values_add(struct values *values, const char *name, const char *text)
{
	if (values->count == values->cap) {
		values->cap = values->cap == 0 ? 256 : values->cap * 2;
		values->items = xreallocarray(values->items, values->cap, sizeof(*values->items));
	}
	values->items[values->count].name = xstrdup(name);
	values->items[values->count].text = xstrdup(text);
	values->count++;
}

bool value_is_secret(const char *version, const char *name)
{
	/* A server newer than our schema may know secrets that the schema does not. */
	static const char *const words[] = {"pass", "auth", "secret"};
	const struct cfg_directive *directive = cfg_directive_find(name, version);

	if (directive != NULL)
		return (directive->flags & CFG_SENSITIVE) != 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(name, words[i]) != NULL)
			return true;
	}
	return false;
}

static void mask(const char *key, const char *name, const char *text, char out[MASK_BYTES])
{
	uint8_t digest[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const uint8_t *)key, strlen(key));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)mask_label, strlen(mask_label));
	/* With its NUL: a name ends where it ends. */
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)name, strlen(name) + 1);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
	crypto_auth_hmacsha256_final(&state, digest);
	sodium_memzero(&state, sizeof(state));
	memcpy(out, mask_prefix, strlen(mask_prefix));
	sodium_bin2hex(out + strlen(mask_prefix), MASK_BYTES - strlen(mask_prefix), digest,
		sizeof(digest));
}

void values_add_masked(struct values *values, const char *mask_key, const char *version,
	const char *name, const char *text)
{
	char masked[MASK_BYTES];

	if (*text == '\0' || !value_is_secret(version, name)) {
		values_add(values, name, text);
		return;
	}
	mask(mask_key, name, text, masked);
	values_add(values, name, masked);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct value *)a)->name, ((const struct value *)b)->name);
}

void values_sort(struct values *values)
{
	size_t kept = 0;

	if (values->count == 0)
		return;
	qsort(values->items, values->count, sizeof(*values->items), compare);
	for (size_t i = 0; i < values->count; i++) {
		if (kept > 0 && compare(&values->items[kept - 1], &values->items[i]) == 0) {
			free_item(&values->items[i]);
			continue;
		}
		values->items[kept++] = values->items[i];
	}
	values->count = kept;
}

void values_drop(struct values *values, const char *name)
{
	for (size_t i = 0; i < values->count; i++) {
		if (strcmp(values->items[i].name, name) != 0)
			continue;
		free_item(&values->items[i]);
		values->count--;
		memmove(&values->items[i], &values->items[i + 1],
			(values->count - i) * sizeof(*values->items));
		return;
	}
}

void values_put(struct values *values, const char *name, const char *text)
{
	values_drop(values, name);
	values_add(values, name, text);
	values_sort(values);
}

const char *values_get(const struct values *values, const char *name)
{
	size_t low = 0;
	size_t high = values->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(name, values->items[mid].name);

		if (order == 0)
			return values->items[mid].text;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

enum vk_rc values_add_reply(struct values *values, const char *mask_key, const char *version,
	const struct reply *reply, struct vk_err *err)
{
	if (reply->kind != REPLY_ARRAY || reply->count % 2 != 0 || reply->count / 2 > VALUES_MAX)
		return vk_err_set(err, VK_EUNAVAIL, "CONFIG GET answers no list of pairs");
	for (size_t i = 0; i < reply->count; i += 2) {
		const struct reply *name = reply->items[i];
		const struct reply *text = reply->items[i + 1];
		const struct cfg_directive *directive;

		if (name->kind != REPLY_STRING || text->kind != REPLY_STRING)
			return vk_err_set(err, VK_EUNAVAIL, "CONFIG GET answers no list of texts");
		/* A pattern lists a directive under each of its names. */
		directive = cfg_directive_find(name->text, version);
		values_add_masked(values, mask_key, version,
			directive != NULL ? directive->name : name->text, text->text);
	}
	values_sort(values);
	return VK_OK;
}
