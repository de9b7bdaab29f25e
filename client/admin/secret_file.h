/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of a tree that pins a secret, secrets/ENV/NAME.yaml. */
#ifndef ADMIN_SECRET_FILE_H
#define ADMIN_SECRET_FILE_H

#include "common/config/pins.h"
#include "common/err.h"

/* VK_EINPUT unless both are names that a secret can have. */
VK_CHECKED enum vk_rc secret_file_check_names(
	const char *environment, const char *name, struct vk_err *err);

/* Writes the file below directory, or removes it (pins NULL). */
VK_CHECKED enum vk_rc secret_file_write(const char *directory, const char *environment,
	const char *name, const struct cfg_pins *pins, struct vk_err *err);

#endif
