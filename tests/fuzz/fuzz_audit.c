/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as an audit entry: what is accepted formats to the same bytes, and the scanner, which
 * builds no value, accepts the same. */
#include "config.h"

#include "common/audit.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_audit_entry *parsed = NULL;
	struct vk_buf out;
	int64_t at = 0;
	bool is_entry = vk_audit_entry_scan((const char *)data, size, &at);

	if (vk_audit_entry_parse((const char *)data, size, &parsed, &err) != VK_OK) {
		if (is_entry)
			abort();
		return 0;
	}
	if (!is_entry || at != parsed->at)
		abort();
	vk_buf_init(&out, VK_AUDIT_ENTRY_MAX_BYTES);
	if (vk_audit_entry_format(parsed, &out, &err) != VK_OK || out.len != size ||
		memcmp(out.data, data, size) != 0)
		abort();
	vk_buf_release(&out);
	vk_audit_entry_free(parsed);
	return 0;
}
