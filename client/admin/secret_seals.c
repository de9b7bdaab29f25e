/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_seals.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/key_set.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

void secret_seals_init(struct secret_seals *seals)
{
	memset(seals, 0, sizeof(*seals));
}

void secret_seals_release(struct secret_seals *seals)
{
	free(seals->items);
	secret_seals_init(seals);
}

size_t secret_recipient_count(const struct cfg_secrets *secrets, const struct cfg_secret_info *info)
{
	return cfg_keeper_count(secrets) + info->host_count;
}

const struct cfg_recipient *secret_recipient_at(
	const struct cfg_secrets *secrets, const struct cfg_secret_info *info, size_t i)
{
	size_t keepers = cfg_keeper_count(secrets);

	return i < keepers ? cfg_keeper_at(secrets, i) : cfg_secret_host_at(info, i - keepers);
}

static enum vk_rc add(struct secret_seals *seals, const struct cfg_recipient *recipient,
	const struct vk_secret_key *key, struct vk_err *err)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	enum vk_rc rc;

	if (!vk_public_key_parse(recipient->public_key, public_key))
		return vk_err_set(err, VK_EINPUT, "%s: '%s' is no public key", recipient->label,
			recipient->public_key);
	rc = vk_seal_make(key, recipient->label, public_key, &seals->items[seals->count], err);
	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "%s", recipient->label);
	seals->count++;
	seals->host_count += strncmp(recipient->label, "host/", 5) == 0;
	return VK_OK;
}

enum vk_rc secret_seals_make(struct secret_seals *seals, const struct cfg_secrets *secrets,
	const struct cfg_secret_info *info, const struct key_set *present,
	const struct vk_secret_key *key, struct vk_err *err)
{
	size_t count = secret_recipient_count(secrets, info);
	enum vk_rc rc = VK_OK;

	secret_seals_release(seals);
	seals->items = xcalloc(count + 1, sizeof(*seals->items));
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		const struct cfg_recipient *recipient = secret_recipient_at(secrets, info, i);

		if (recipient->public_key[0] == '\0') {
			if (seals->keyless_count++ == 0)
				seals->keyless = recipient->name;
		} else if (!key_set_has(present, recipient->public_key)) {
			rc = add(seals, recipient, key, err);
		}
	}
	return rc;
}

struct vkjson *secret_seals_json(const struct secret_seals *seals)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < seals->count; i++) {
		char text[VK_PUBLIC_KEY_TEXT_BYTES];
		struct vkjson *item = vkjson_object();

		vk_public_key_format(seals->items[i].public_key, text);
		vkjson_set(item, "recipient", vkjson_string(seals->items[i].recipient));
		vkjson_set(item, "public", vkjson_string(text));
		vkjson_append(list, item);
	}
	return list;
}
