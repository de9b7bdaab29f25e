/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a seal: what is accepted becomes the same JSON again, and names a recipient whose
 * name is safe to show. */
#include "config.h"

#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#include "common/vkjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vkjson *object = NULL, *again;
	struct vk_seal seal;

	if (vkjson_parse((const char *)data, size, &object, NULL) != VK_OK)
		return 0;
	if (vk_seal_from_json(object, &seal, NULL) == VK_OK) {
		again = vk_seal_to_json(&seal);
		if (!vkjson_equal(object, again) || !vk_seal_recipient_is_valid(seal.recipient))
			abort();
		vkjson_free(again);
	}
	vkjson_free(object);
	return 0;
}
