/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What CONFIG GET and ACL LIST of this host's own valkey-server answer for the
 * files of one generation: learned in the preflight, kept beside the files as
 * .expected.json (0600), compared with the running server in every run.
 *
 * It holds for one binary and one runtime.conf; expected_is_fresh() tells when
 * it has to be learned anew. Values of sensitive directives are keyed digests.
 */
#ifndef VK_PULL_EXPECTED_H
#define VK_PULL_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/generation.h"
#include "common/valkey/users.h"
#include "common/valkey/values.h"

enum { EXPECTED_MAX_BYTES = 16 * 1024 * 1024, EXPECTED_MAX_EXTRA = 64 };

/* What the answers depend on besides the bundle. */
struct expected_basis {
	int64_t binary_size;
	int64_t binary_mtime;
	char runtime[VK_SHA256_HEX_BYTES]; /* digest of runtime.conf */
	char agent[VK_SHA256_HEX_BYTES];   /* digest of the agent's password's digest */
};

struct expected {
	char bundle[VK_SHA256_HEX_BYTES];
	struct expected_basis basis;
	int64_t maxclients_asked; /* what the file says, where the host's limit lowered it; 0: n/a
				   */
	char *extra[EXPECTED_MAX_EXTRA + 1]; /* names that CONFIG GET shows only when asked for */
	size_t extra_count;
	struct values values;
	struct users users;
};

void expected_init(struct expected *expected);
void expected_release(struct expected *expected);

/* The basis as it is now. */
VK_CHECKED enum vk_rc expected_basis_now(
	const struct instance *instance, struct expected_basis *out, struct vk_err *err);
bool expected_basis_equal(const struct expected_basis *a, const struct expected_basis *b);

/* Reads a generation's. VK_ENOTFOUND: none; VK_EINPUT: damaged. Release out in any case. */
VK_CHECKED enum vk_rc expected_read(const struct instance *instance, const char *generation,
	struct expected *out, struct vk_err *err);
VK_CHECKED enum vk_rc expected_write(const struct instance *instance, const char *generation,
	const struct expected *expected, struct vk_err *err);

#endif
