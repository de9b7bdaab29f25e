/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this host believes about itself and its fleet whatever the server says:
 * STATE/pins.yaml, written once when it enrols, changed by people only.
 */
#ifndef VK_PULL_PINS_H
#define VK_PULL_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/err.h"
#include "common/name.h"

enum { PINS_MAX_INSTANCES = 64 };

struct pins {
	char fleet[VK_NAME_BYTES];
	char host[VK_NAME_BYTES];
	char environment[VK_NAME_BYTES];
	char root[VK_SHA256_HEX_BYTES]; /* digest of the root that the token named */
	int64_t root_version;
	size_t count;
	char instances[PINS_MAX_INSTANCES][VK_NAME_BYTES];
};

/* VK_ENOTFOUND: this host is not enrolled. */
VK_CHECKED enum vk_rc pins_read(const char *state, struct pins *out, struct vk_err *err);
VK_CHECKED enum vk_rc pins_write(const char *state, const struct pins *pins, struct vk_err *err);

bool pins_has_instance(const struct pins *pins, const char *name);

#endif
