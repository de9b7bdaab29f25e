/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/environment.h"

#include <string.h>

#include "common/nearest.h"
#include "server/store/store_environment.h"

#include "common/banned.h"

enum vk_rc environment_check(struct writer_tx *tx, const char *environment, struct vk_err *err)
{
	struct vk_nearest nearest = vk_nearest_init(environment);
	const struct store_environment *items = NULL;
	size_t count = 0;
	enum vk_rc rc = store_list_environments(
		writer_tx_store(tx), writer_tx_arena(tx), &items, &count, err);

	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(items[i].name, environment) == 0)
			return VK_OK;
		vk_nearest_offer(&nearest, items[i].name);
	}
	vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%.80s'", environment);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean %s?", nearest.word);
	else
		vk_err_hint(err, "vkcfg status shows those that it has");
	return VK_ENOTFOUND;
}
