/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/secret.h"
#include "common/vkjson.h"
#include "server/store/store_secret.h"

#include "common/banned.h"

struct collection {
	struct arena *arena;
	struct sealed_pin *items;
	size_t count;
	size_t room;
};

/* Most bundles hold no secret, and need no parser to say so: in the text of a file each quote has a
 * backslash before it, so that these bytes are found at one place only. */
static bool is_without_secrets(const struct store_bundle *bundle)
{
	return strstr(bundle->text, "\"secrets\":[]") != NULL;
}

static struct sealed_pin *add_pin(struct collection *all)
{
	if (all->count == all->room) {
		size_t room = all->room > 0 ? 2 * all->room : 64;
		struct sealed_pin *items = arena_calloc(all->arena, room, sizeof(*items));

		if (all->count > 0)
			memcpy(items, all->items, all->count * sizeof(*items));
		all->items = items;
		all->room = room;
	}
	return &all->items[all->count++];
}

static bool is_known(const struct collection *all, const char *digest)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->items[i].digest, digest) == 0)
			return true;
	}
	return false;
}

static enum vk_rc collect_pin(struct collection *all, const struct vkjson *object,
	const char *instance, struct vk_err *err)
{
	const char *name = NULL, *digest = NULL;
	int64_t version = 0;
	enum vk_rc rc = vkjson_get_string(object, "name", &name, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(object, "sha256", &digest, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(object, "version", 1, VK_SECRET_VERSION_MAX, &version, err);
	if (rc != VK_OK || is_known(all, digest))
		return rc;
	if (all->count == SEALED_PINS_MAX)
		return vk_err_set(
			err, VK_ELIMIT, "more than %d secrets in one change", SEALED_PINS_MAX);
	*add_pin(all) = (struct sealed_pin){.digest = arena_strdup(all->arena, digest),
		.name = arena_strdup(all->arena, name),
		.version = version,
		.instance = instance};
	return VK_OK;
}

static enum vk_rc collect_bundle(
	struct collection *all, const struct store_bundle *bundle, struct vk_err *err)
{
	const struct vkjson *secrets = NULL;
	struct vkjson *object = NULL;
	enum vk_rc rc = vkjson_parse_canonical(bundle->text, bundle->len, &object, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(object, "secrets", &secrets, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(secrets); i++)
		rc = collect_pin(all, vkjson_at(secrets, i), bundle->instance, err);
	vkjson_free(object);
	return rc;
}

enum vk_rc sealed_collect(const struct store_bundle *bundles, size_t count, struct arena *arena,
	struct sealed_pins *out, struct vk_err *err)
{
	struct collection all = {.arena = arena};
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		if (!is_without_secrets(&bundles[i]))
			rc = collect_bundle(&all, &bundles[i], err);
	}
	if (rc == VK_OK)
		*out = (struct sealed_pins){.items = all.items, .count = all.count};
	return rc;
}

static enum vk_rc check_pin(struct store *store, const char *environment,
	const struct sealed_pin *pin, struct arena *arena, struct vk_err *err)
{
	struct store_secret secret;
	enum vk_rc rc = store_get_secret(store, pin->digest, arena, &secret, err);

	if (rc == VK_ENOTFOUND) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"%s uses secret %s/%s version %lld (%.12s), which the server does not hold",
			pin->instance, environment, pin->name, (long long)pin->version,
			pin->digest);
		vk_err_hint(err, "'vkcfg secret set %s %s' makes a version and pins it in the tree",
			environment, pin->name);
	} else if (rc == VK_OK &&
		   (strcmp(secret.environment, environment) != 0 ||
			   strcmp(secret.name, pin->name) != 0 || secret.version != pin->version)) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"%s uses secret %s/%s version %lld, but %.12s is %s/%s version %lld",
			pin->instance, environment, pin->name, (long long)pin->version, pin->digest,
			secret.environment, secret.name, (long long)secret.version);
		vk_err_hint(err,
			"each environment has secrets of its own: 'vkcfg secret set %s %s'",
			environment, pin->name);
	}
	return rc;
}

enum vk_rc sealed_add_pins(struct store *store, const char *environment, int64_t change,
	const struct sealed_pins *pins, struct arena *arena, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < pins->count; i++) {
		rc = check_pin(store, environment, &pins->items[i], arena, err);
		if (rc == VK_OK)
			rc = store_add_pin(store, change, pins->items[i].digest, err);
	}
	return rc;
}
