/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_fetch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/admin/session.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { PAGE_ENTRIES = 1000 };

enum vk_rc audit_fetch_checkpoint(struct session *session, struct vk_buf *note,
	struct note_checkpoint *out, struct vk_err *err)
{
	struct tuf_fleet fleet;
	enum vk_rc rc = session_fleet(session, &fleet, err);

	if (rc == VK_OK)
		rc = session_get_bytes(session, "/log/checkpoint", note, err);
	if (rc == VK_OK) {
		rc = note_verify_checkpoint(
			note->data, note->len, fleet.log_name, fleet.log_public, out, err);
		if (rc != VK_OK)
			vk_err_prefix(err, "the server's checkpoint");
	}
	return rc;
}

enum vk_rc audit_fetch_entries(struct session *session, uint64_t from, uint64_t to,
	audit_entry_fn *add, void *ctx, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && from < to) {
		uint64_t limit = to - from < PAGE_ENTRIES ? to - from : PAGE_ENTRIES;
		char *target = xasprintf("/v1/audit?from=%" PRIu64 "&limit=%" PRIu64, from, limit);
		const struct vkjson *items = NULL;
		struct vkjson *page = NULL;

		rc = session_get(session, target, &page, err);
		if (rc == VK_OK)
			rc = vkjson_get_array(page, "items", &items, err);
		if (rc == VK_OK && (vkjson_count(items) == 0 || vkjson_count(items) > limit))
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"the server's log ends at entry %" PRIu64
				", its checkpoint says %" PRIu64,
				from, to);
		for (size_t i = 0; rc == VK_OK && i < vkjson_count(items); i++) {
			const char *entry = NULL;

			rc = vkjson_get_string(vkjson_at(items, i), "entry", &entry, err);
			if (rc == VK_OK)
				rc = add(ctx, from++, entry, err);
		}
		vkjson_free(page);
		free(target);
	}
	return rc;
}
