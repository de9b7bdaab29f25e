/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a preflight says differently from the files: options on the command line
 * of the scratch server, so that it opens no port, reads no data and writes
 * nothing outside its scratch directory. What it then answers for these names
 * says nothing, and overrides_restore() puts the values of the files there,
 * normalised by our own schema.
 */
#ifndef VK_PULL_OVERRIDES_H
#define VK_PULL_OVERRIDES_H

#include "client/pull/expected.h"
#include "client/pull/instance.h"
#include "common/bundle.h"
#include "common/valkey/values.h"

enum { OVERRIDES_MAX_WORDS = 160 };

struct overrides {
	char *words[OVERRIDES_MAX_WORDS + 1]; /* NULL-terminated */
	size_t count;
	struct values file; /* effective values of valkey.conf and runtime.conf; not masked */
};

void overrides_init(struct overrides *overrides);
void overrides_release(struct overrides *overrides);

/* VK_EINPUT where valkey.conf or runtime.conf cannot be read or asks for what would harm. */
VK_CHECKED enum vk_rc overrides_make(struct overrides *overrides, const struct instance *instance,
	const char *generation, const struct vk_bundle *bundle, const char *scratch,
	struct vk_err *err);

void overrides_restore(
	const struct overrides *overrides, const char *schema, struct expected *expected);

#endif
