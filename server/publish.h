/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Publication of TUF metadata, inside a writer command: what people have signed
 * is verified in full, then snapshot and timestamp are signed by the signer.
 * Nothing is published that a host would refuse.
 */
#ifndef VK_SERVER_PUBLISH_H
#define VK_SERVER_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/name.h"
#include "server/store/store_change.h"
#include "server/writer.h"

enum {
	PUBLISH_SNAPSHOT_SECONDS = 365 * 86400,
	PUBLISH_ROLE_MAX_SECONDS = 366 * 86400, /* of a role that is signed anew */
	/* How many versions of targets or a role a rebuilt server may have missed. A larger step would
	 * use versions up, of which there are not endlessly many. */
	PUBLISH_MAX_MISSED = 10000,
	PUBLISH_MAX_FILES = 64, /* of one upload: a chain of roots, one targets, roles */
};

enum publish_scope {
	PUBLISH_TRUST, /* all that an upload may hold */
	PUBLISH_ROLES, /* environments' roles only */
};

struct approval;

struct publish_file {
	const char *name; /* "2.root.json", "1.targets.json", "5.prod.json" */
	const char *text;
	size_t len;
};

/* The role of a file by its name, "VERSION.ROLE.json"; "" for any other name. */
void publish_role_of(const char *name, char out[VK_NAME_BYTES]);

/* POST /v1/tuf, POST /v1/refresh: the next versions of root (one after another), at most one
 * targets, and environments' roles that are signed anew, in any order. The whole chain is verified:
 * root by the one before and by itself, online keys and fleet and log key must be this server's,
 * targets by root; delegations must be well-formed environments; a role must list the same releases
 * as before. Then snapshot and timestamp are signed. VK_EUNTRUSTED says what fails, VK_ECONFLICT
 * that a version is not the next. */
VK_CHECKED enum vk_rc publish_trust(struct writer_tx *tx, const char *actor,
	const struct publish_file *files, size_t count, enum publish_scope scope,
	struct vk_err *err);

/* Makes every open change of the environment stale, with an audit entry each: its role has another
 * version now. */
VK_CHECKED enum vk_rc publish_make_stale(
	struct writer_tx *tx, const char *environment, struct vk_err *err);

/* The approvals of a change that are in force, in the arena; *count of them. A signature may be good
 * and its giver revoked since: his key stands in targets until a ceremony takes it out. */
struct approval *publish_approvals(
	struct arena *arena, const struct store_change *change, size_t *count);

/* For change_approve(): makes a change whose metadata has reached the threshold the release.
 * Verifies all signatures again as a host would. */
VK_CHECKED enum vk_rc publish_release(struct writer_tx *tx, const struct store_change *change,
	const char *actor, struct vk_err *err);

/* Signs the timestamp anew (and the snapshot, where that is due). No audit entry: it says
 * nothing new. VK_ENOTFOUND before the first publish_trust(). */
VK_CHECKED enum vk_rc publish_timestamp(struct writer_tx *tx, struct vk_err *err);

/* Whether the timestamp is to be signed anew: half of its life is over, or it would live longer
 * than it should, because the setting was lowered or the clock was ahead when it was signed.
 * VK_ENOTFOUND before the first publish_trust(). */
VK_CHECKED enum vk_rc publish_is_timestamp_due(
	struct store *store, int64_t timestamp_seconds, int64_t now, bool *out, struct vk_err *err);

#endif
