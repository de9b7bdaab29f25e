/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever goes in, no control character comes out, and what came out stays as it is. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/printable.h"
#include "common/buf.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_buf once;
	struct vk_buf twice;

	vk_buf_init(&once, 16 * size + 1);
	vk_buf_init(&twice, 16 * size + 1);
	printable_add(&once, (const char *)data, size, false);
	for (size_t i = 0; i < once.len; i++) {
		unsigned char c = (unsigned char)once.data[i];

		if (c < 0x20 || c == 0x7f)
			abort();
	}
	printable_add(&twice, once.data, once.len, false);
	if (twice.len != once.len || memcmp(twice.data, once.data, once.len) != 0)
		abort();
	vk_buf_release(&once);
	vk_buf_release(&twice);
	return 0;
}
