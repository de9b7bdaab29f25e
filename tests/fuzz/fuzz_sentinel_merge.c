/* SPDX-License-Identifier: BSD-3-Clause */
/* What a Sentinel has written into its file, merged into what a release says. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/sentinel_merge.h"
#include "client/pull/sentinel_values.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char desired[] = "sentinel monitor orders 10.0.0.1 6379 2\n";

/* Nothing but what Sentinel learns gets in, and what was merged is merged again to itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct values values;
	struct vk_buf once;
	struct vk_buf twice;

	vk_buf_init(&once, 4 * CFG_CONF_MAX_BYTES);
	vk_buf_init(&twice, 4 * CFG_CONF_MAX_BYTES);
	values_init(&values);
	if (sentinel_values_read((const char *)data, size, "sentinel 8.0", "key", &values, &err) !=
		VK_OK)
		err = (struct vk_err)VK_ERR_INIT;
	if (sentinel_merge(desired, strlen(desired), (const char *)data, size, &once, &err) ==
		VK_OK) {
		for (const char *line = once.data; *line != '\0'; line = strchr(line, '\n') + 1) {
			if (strncmp(line, "sentinel ", 9) != 0 || strstr(line, "script") != NULL)
				abort();
		}
		if (sentinel_merge(desired, strlen(desired), once.data, once.len, &twice, &err) !=
				VK_OK ||
			once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
			abort();
	}
	values_release(&values);
	vk_buf_release(&twice);
	vk_buf_release(&once);
	return 0;
}
