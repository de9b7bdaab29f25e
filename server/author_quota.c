/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/author_quota.h"

#include "server/store/store_usage.h"

#include "common/banned.h"

enum { MIB = 1024 * 1024 };

enum vk_rc author_quota_check(
	const struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	int64_t limit = mutation->context->author_quota_bytes;
	int64_t bytes = 0;
	enum vk_rc rc = store_get_usage(writer_tx_store(tx), mutation->caller.name, &bytes, err);

	if (rc != VK_OK || bytes <= limit)
		return rc;
	vk_err_set(err, VK_ELIMIT,
		"what %s has sent and nobody released takes %lld MiB: the limit is %lld",
		mutation->caller.name, (long long)(bytes / MIB), (long long)(limit / MIB));
	vk_err_hint(err, "reject open changes of yours; trees go by themselves after some days "
			 "(keep-unreleased); the server's author-quota is the limit");
	return VK_ELIMIT;
}
