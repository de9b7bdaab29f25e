/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes TUF metadata. Two steps, because they happen in different places: the
 * `signed` part as canonical JSON (made by the author, the administrator or
 * vkcfgd), and the file, which is that part with its signatures.
 */
#ifndef VK_TUF_BUILD_H
#define VK_TUF_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ca_set.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/signkey.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"

#define TUF_SPEC_VERSION "1.0.34"

/* Who may sign for a role. */
struct tuf_signers {
	const struct tuf_key *const *keys;
	size_t key_count;
	unsigned threshold;
};

struct tuf_root_spec {
	int64_t version;
	int64_t expires;			  /* seconds since the epoch */
	struct tuf_signers roles[TUF_TYPE_COUNT]; /* by enum tuf_type */
	const char *fleet;
	const char *log_name; /* FLEET/log */
	uint8_t log_public[VK_PUBLIC_KEY_BYTES];
	struct tuf_log_start log_start;
	struct ca_list ca; /* empty: not said */
};

struct tuf_environment_spec {
	const char *name;
	struct tuf_signers signers;
	bool author_may_approve;
};

struct tuf_targets_spec {
	int64_t version;
	int64_t expires;
	const struct tuf_environment_spec *environments;
	size_t environment_count;
};

/* One release document, the target ENV/NUMBER.json. */
struct tuf_release_spec {
	int64_t number;
	size_t length;
	uint8_t sha256[VK_SHA256_BYTES];
};

struct tuf_role_spec {
	const char *environment;
	int64_t version;
	int64_t expires;
	const struct tuf_release_spec *releases; /* the current one and its fallback */
	size_t release_count;
};

/* A metadata file as snapshot and timestamp list it. */
struct tuf_file_spec {
	const char *role; /* "targets", "prod", "snapshot" */
	int64_t version;
	size_t length; /* bytes */
	uint8_t sha256[VK_SHA256_BYTES];
};

/* Each appends the canonical `signed` part. VK_EINPUT where the spec makes no valid metadata (no
 * key, a threshold that the keys cannot reach, a name that is none). */
VK_CHECKED enum vk_rc tuf_build_root(
	const struct tuf_root_spec *spec, struct vk_buf *out, struct vk_err *err);
VK_CHECKED enum vk_rc tuf_build_targets(
	const struct tuf_targets_spec *spec, struct vk_buf *out, struct vk_err *err);
VK_CHECKED enum vk_rc tuf_build_role(
	const struct tuf_role_spec *spec, struct vk_buf *out, struct vk_err *err);
VK_CHECKED enum vk_rc tuf_build_snapshot(int64_t version, int64_t expires,
	const struct tuf_file_spec *files, size_t count, struct vk_buf *out, struct vk_err *err);
VK_CHECKED enum vk_rc tuf_build_timestamp(int64_t version, int64_t expires,
	const struct tuf_file_spec *snapshot, struct vk_buf *out, struct vk_err *err);

/* Ed25519 has 64; ECDSA P-256 is written in DER, two numbers of 33 bytes at most. */
enum { TUF_SIGNATURE_MAX_BYTES = 72 };

/* A signature as it is stored and sent: key id and raw bytes in hexadecimal digits. */
struct tuf_signature {
	char keyid[VK_SHA256_HEX_BYTES];
	char sig[2 * TUF_SIGNATURE_MAX_BYTES + 1];
};

/* Signs the canonical part. keyid is that of the key object as it stands in the delegator. */
void tuf_build_sign(const void *signed_part, size_t len, const char *keyid,
	const struct vk_signkey *key, struct tuf_signature *out);

/* The same for a signature that somebody else made: the signer process, a token. len is at most
 * TUF_SIGNATURE_MAX_BYTES. */
void tuf_build_signature(
	const char *keyid, const uint8_t *sig, size_t len, struct tuf_signature *out);

/* Appends the file: the part with its signatures, in the given order. VK_EINPUT if the part is
 * not canonical JSON. */
VK_CHECKED enum vk_rc tuf_build_file(const char *signed_part, size_t len,
	const struct tuf_signature *signatures, size_t count, struct vk_buf *out,
	struct vk_err *err);

#endif
