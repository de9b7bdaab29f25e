/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/shard.h"

#include <inttypes.h>
#include <string.h>

#include "server/store/store_bundle.h"
#include "server/store/store_release.h"

#include "common/banned.h"

enum vk_rc shard_find_bundle(struct store *store, const char *environment, const char *host,
	const char *instance, struct arena *arena, struct vk_bundle **out, struct vk_err *err)
{
	const struct store_bundle *bundles = NULL;
	int64_t number = 0;
	size_t count = 0;
	enum vk_rc rc = store_get_release_number(store, environment, &number, err);

	if (rc == VK_OK && number > 0)
		rc = store_list_host_bundles(
			store, environment, number, host, arena, &bundles, &count, err);
	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(bundles[i].instance, instance) == 0)
			return vk_bundle_parse(bundles[i].text, bundles[i].len, out, err);
	}
	return vk_err_set(err, VK_ENOTFOUND, "'%s' is not part of the current release", instance);
}

enum vk_rc shard_find(struct store *store, const char *environment, const char *host,
	const char *instance, struct arena *arena, const char **out, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	enum vk_rc rc = shard_find_bundle(store, environment, host, instance, arena, &bundle, err);

	*out = "";
	if (rc == VK_OK && bundle->group != NULL)
		*out = arena_printf(
			arena, "%s/%" PRId64, bundle->group->name, bundle->group->shard);
	vk_bundle_free(bundle);
	return rc;
}
