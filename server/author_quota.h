/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of the disk an author may take with work that became no release: setting author-quota.
 */
#ifndef VK_SERVER_AUTHOR_QUOTA_H
#define VK_SERVER_AUTHOR_QUOTA_H

#include "server/mutation.h"

/* Inside the writer, after the caller's work was stored: VK_ELIMIT undoes it. */
VK_CHECKED enum vk_rc author_quota_check(
	const struct mutation *mutation, struct writer_tx *tx, struct vk_err *err);

#endif
