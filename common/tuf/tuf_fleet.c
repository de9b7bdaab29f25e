/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_fleet.h"

#include "common/name.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum vk_rc tuf_fleet_from_root(
	const struct tuf_meta *root, struct tuf_fleet *out, struct vk_err *err)
{
	const struct vkjson *custom = NULL;
	const struct vkjson *log = NULL;
	struct tuf_fleet fleet;
	enum vk_rc rc = vkjson_get_object(tuf_meta_json(root), "x-vkcfg", &custom, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(custom, "fleet", &fleet.fleet, err);
	if (rc == VK_OK && !vk_name_is_valid(fleet.fleet))
		rc = vk_err_set(err, VK_EINPUT, "member 'fleet': expected a name");
	if (rc == VK_OK)
		rc = vkjson_get_object(custom, "log", &log, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(log, "name", &fleet.log_name, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(log, "public", fleet.log_public, sizeof(fleet.log_public), err);
	if (rc != VK_OK) {
		vk_err_prefix(err, "root: not the root of a vkcfg fleet");
		if (err != NULL)
			err->rc = VK_EUNTRUSTED;
		return VK_EUNTRUSTED;
	}
	*out = fleet;
	return VK_OK;
}
