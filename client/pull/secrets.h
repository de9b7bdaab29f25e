/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The secrets of a bundle on this host. The server is asked for them in one
 * place, before an install; from then on only what is kept is opened, so that
 * repair and rollback need no server:
 *
 *   secrets_fetch()   what the bundle pins into STATE/secrets, still sealed
 *   secrets_open()    from there into locked memory, for as short as possible
 *   secrets_free()    wiped
 *
 * Whatever is fetched or kept has to be the version that the signed bundle pins,
 * sealed to the host's own key; else it is refused.
 */
#ifndef VK_PULL_SECRETS_H
#define VK_PULL_SECRETS_H

#include <stdint.h>

#include "client/pull/instance.h"
#include "client/pull/source.h"
#include "common/bundle.h"
#include "common/err.h"
#include "common/secret.h"

struct secrets;

/* Makes STATE/secrets complete for a bundle; without secrets it does nothing. VK_EDENIED: one is
 * not sealed to this host; VK_EUNTRUSTED: what the server sends is not what was pinned;
 * VK_EUNAVAIL: the server cannot be asked. */
VK_CHECKED enum vk_rc secrets_fetch(const struct instance *instance, const struct vk_bundle *bundle,
	const struct source *source, struct vk_err *err);

/* Opens all secrets of a bundle, which must outlive them. *out is NULL where it has none.
 * VK_EUNAVAIL: one is not kept here, or damaged: secrets_fetch() mends that. */
VK_CHECKED enum vk_rc secrets_open(const struct instance *instance, const struct vk_bundle *bundle,
	struct secrets **out, struct vk_err *err);
void secrets_free(struct secrets *secrets);

/* Borrowed; NULL for one that the bundle does not pin, or where secrets is NULL. */
const struct vk_secret_value *secrets_get(
	const struct secrets *secrets, const char *name, int64_t version);

/* The value that secrets.conf gives a directive, borrowed; NULL if it gives none. */
const char *secrets_directive(const struct secrets *secrets, const char *directive);

#endif
