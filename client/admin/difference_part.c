/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/difference_part.h"

#include <stddef.h>

#include "client/admin/difference.h"
#include "client/admin/difference_keys.h"
#include "client/admin/difference_policy.h"
#include "common/config/fleet.h"
#include "common/vkjson.h"

#include "common/banned.h"

const struct difference_part difference_parts[] = {
	{"host_keys", difference_host_keys, difference_print_host_keys},
	{"keepers", difference_keepers, difference_print_keepers},
	{"policy", difference_policy, difference_print_policy},
	{"waivers", difference_waivers, difference_print_waivers},
	{NULL, NULL, NULL},
};

enum vk_rc difference_add_parts(struct vkjson *difference, const struct cfg_tree *before,
	const struct cfg_tree *after, struct vk_err *err)
{
	struct cfg_fleet *old_fleet = NULL;
	struct cfg_fleet *new_fleet = NULL;
	const char *environment = NULL;
	enum vk_rc rc = vkjson_get_string(difference, "environment", &environment, err);

	if (rc == VK_OK && before != NULL)
		rc = cfg_fleet_parse(before, NULL, &old_fleet, err);
	if (rc == VK_OK)
		rc = cfg_fleet_parse(after, NULL, &new_fleet, err);
	for (size_t i = 0; rc == VK_OK && difference_parts[i].member != NULL; i++) {
		struct vkjson *list = vkjson_array();

		difference_parts[i].compare(list, old_fleet, new_fleet, environment);
		vkjson_set(difference, difference_parts[i].member, list);
	}
	cfg_fleet_free(old_fleet);
	cfg_fleet_free(new_fleet);
	return rc;
}
