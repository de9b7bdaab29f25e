/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/key_set.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/secret_seals.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

static int compare(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static struct key_set sorted(const char **keys, size_t count)
{
	qsort(keys, count, sizeof(*keys), compare);
	return (struct key_set){.keys = keys, .count = count};
}

struct key_set key_set_of_list(const struct vkjson *recipients)
{
	const char **keys = xcalloc(vkjson_count(recipients) + 1, sizeof(*keys));
	size_t count = 0;

	for (size_t i = 0; i < vkjson_count(recipients); i++) {
		const char *key = vkjson_text(vkjson_get(vkjson_at(recipients, i), "public"));

		if (key != NULL)
			keys[count++] = key;
	}
	return sorted(keys, count);
}

struct key_set key_set_of_tree(
	const struct cfg_secrets *secrets, const struct cfg_secret_info *info)
{
	size_t count = secret_recipient_count(secrets, info);
	const char **keys = xcalloc(count + 1, sizeof(*keys));

	for (size_t i = 0; i < count; i++)
		keys[i] = secret_recipient_at(secrets, info, i)->public_key;
	return sorted(keys, count);
}

void key_set_release(struct key_set *set)
{
	free(set->keys);
	*set = (struct key_set){.count = 0};
}

bool key_set_has(const struct key_set *set, const char *key)
{
	return set->count > 0 &&
	       bsearch(&key, set->keys, set->count, sizeof(*set->keys), compare) != NULL;
}
