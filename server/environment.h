/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a word names an environment of the fleet: one that the trusted targets delegate. */
#ifndef VK_SERVER_ENVIRONMENT_H
#define VK_SERVER_ENVIRONMENT_H

#include "common/err.h"
#include "server/writer.h"

/* Inside a writer command. VK_ENOTFOUND, with what may have been meant. */
VK_CHECKED enum vk_rc environment_check(
	struct writer_tx *tx, const char *environment, struct vk_err *err);

#endif
