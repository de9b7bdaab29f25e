/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generations: bundles installed on this host, each in a directory of its own
 * that is complete and on disk before the symlink `current` names it, and is
 * never changed afterwards, except that drift of its files is put right.
 *
 *   DIRECTORY/generations/000042-1f3a9c/{valkey.conf,users.acl,...,.bundle.json,.expected.json}
 *   DIRECTORY/current -> generations/000042-1f3a9c
 */
#ifndef VK_PULL_GENERATION_H
#define VK_PULL_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "client/pull/instance.h"
#include "common/bundle.h"
#include "common/digest.h"
#include "common/err.h"

enum {
	GENERATION_NAME_BYTES = 32,
	GENERATION_KEEP = 5, /* older ones that stay on disk */
};

#define GENERATION_BUNDLE ".bundle.json"
#define GENERATION_EXPECTED ".expected.json"

/* A bundle and the bytes that it was parsed from, which the release's root vouches for. */
struct generation_bundle {
	struct vk_bundle *bundle;
	char *bytes;
	size_t len;
	char digest[VK_SHA256_HEX_BYTES]; /* of the bytes */
};

/* Takes a copy of the bytes. */
VK_CHECKED enum vk_rc generation_bundle_parse(
	const char *bytes, size_t len, struct generation_bundle *out, struct vk_err *err);
void generation_bundle_release(struct generation_bundle *bundle);

/* "000042-1f3a9c" */
void generation_name(int64_t release, const char *digest, char out[GENERATION_NAME_BYTES]);
bool generation_name_is_valid(const char *name);

/* 42 for "000042-1f3a9c"; 0 for an empty name. */
int64_t generation_release(const char *name);

/* The directory of a generation, absolute; the caller's to free. */
char *generation_path(const struct instance *instance, const char *name);

/* Makes the instance's directories and an empty runtime.conf where they are missing. */
VK_CHECKED enum vk_rc generation_prepare(const struct instance *instance, struct vk_err *err);

/* Writes all files of the bundle, filled in with its secrets, which are here already
 * (secrets_fetch()), and the bundle itself; durable when it returns.
 * What a crashed run left under this name is removed first; on failure nothing is left. */
VK_CHECKED enum vk_rc generation_write(const struct instance *instance, const char *name,
	const struct generation_bundle *bundle, struct vk_err *err);

/* True if a file that is none of Valkey's configuration differs: such keep their names from one
 * generation to the next, which no directive shows. */
bool generation_has_other_files(const struct vk_bundle *bundle, const struct vk_bundle *former);

/* Files of `current` that are not what its bundle says are written again: what restarts reads them.
 */
VK_CHECKED enum vk_rc generation_mend(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err);

/* The bundle that a generation was made from. VK_ENOTFOUND, or VK_EINPUT if it is damaged. */
VK_CHECKED enum vk_rc generation_read_bundle(const struct instance *instance, const char *name,
	struct generation_bundle *out, struct vk_err *err);

/* What `current` names; *out is empty where there is no such symlink. VK_EINPUT if it is not a
 * symlink of ours. */
VK_CHECKED enum vk_rc generation_current(
	const struct instance *instance, char out[GENERATION_NAME_BYTES], struct vk_err *err);

/* Points `current` to a generation (or, with an empty name, removes it), atomically, durably. */
VK_CHECKED enum vk_rc generation_switch(
	const struct instance *instance, const char *name, struct vk_err *err);

/* Removes a generation that is not the current one, its files overwritten first, because there may
 * be secrets in them; a missing one is no error. */
VK_CHECKED enum vk_rc generation_remove(
	const struct instance *instance, const char *name, struct vk_err *err);

/* Removes the oldest generations but for GENERATION_KEEP, the current one and `keep`; of those with
 * secrets, or that are not whole, all but the current one and `keep`. Failures are left for the
 * next time. */
void generation_prune(const struct instance *instance, const char *keep);

#endif
