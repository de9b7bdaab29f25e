/* SPDX-License-Identifier: BSD-3-Clause */
/* What a valkey-server that refused to start has printed, cut down to a line to show. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/complaint.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_buf out;

	vk_buf_init(&out, COMPLAINT_MAX_BYTES);
	complaint_extract((const char *)data, size, "8.0", &out);
	if (out.len == 0 || out.is_overflowed)
		abort();
	for (size_t i = 0; i < out.len; i++) {
		if ((unsigned char)out.data[i] < ' ')
			abort();
	}
	vk_buf_release(&out);
	return 0;
}
