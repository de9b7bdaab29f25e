/* SPDX-License-Identifier: BSD-3-Clause */
/* The CAs that a server offers, before their digests are looked at: what is taken can be written and
 * read again. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/ca_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct ca_set set, again;
	struct vk_buf text;

	ca_set_init(&set);
	ca_set_init(&again);
	vk_buf_init(&text, 8 * CA_SET_MAX_BYTES);
	if (ca_set_parse(&set, (const char *)data, size, &err) == VK_OK) {
		ca_set_format(&set, &text);
		if (set.count == 0 || set.count > CA_SET_MAX ||
			(text.len <= CA_SET_MAX_BYTES &&
				(ca_set_parse(&again, text.data, text.len, &err) != VK_OK ||
					again.count != set.count)))
			abort();
	}
	vk_buf_release(&text);
	ca_set_release(&again);
	ca_set_release(&set);
	return 0;
}
