/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that proves one entry of the audit log to somebody who is offline and
 * asks nobody: the entry, its inclusion proof, the signed checkpoint, the log's
 * key, and the root document that names this key (docs/formats.md, Proof).
 */
#ifndef ADMIN_AUDIT_PROOF_H
#define ADMIN_AUDIT_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/err.h"
#include "common/merkle.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_meta.h"

struct vkjson;

enum { AUDIT_PROOF_MAX_BYTES = 4 << 20 };

struct audit_proof_parts {
	uint64_t index;
	const char *entry;
	const char *checkpoint; /* the note */
	const struct merkle_proof *inclusion;
	const struct tuf_meta *root; /* trusted */
};

/* The proof file's value; the caller's. VK_EUNTRUSTED if the root is none of a fleet. */
VK_CHECKED enum vk_rc audit_proof_make(
	const struct audit_proof_parts *parts, struct vkjson **out, struct vk_err *err);

/* What a proof was verified to say. */
struct audit_proven {
	uint64_t index;
	uint64_t size;	   /* of the log at the checkpoint */
	const char *entry; /* borrowed from the proof */
};

/* Whether the proof says that it is of the log that a root names. */
bool audit_proof_is_of(const struct vkjson *proof, const struct tuf_fleet *fleet);

/* Checks everything, from the log's key in the trusted root on. VK_EUNTRUSTED if anything does not
 * fit, VK_EINPUT if it is no proof file. */
VK_CHECKED enum vk_rc audit_proof_verify(const struct vkjson *proof, const struct tuf_meta *root,
	struct audit_proven *out, struct vk_err *err);

/* The root document that stands in the proof, if it has this digest (which the caller trusts);
 * freed with tuf_meta_free(). */
VK_CHECKED enum vk_rc audit_proof_root(const struct vkjson *proof,
	const uint8_t sha256[VK_SHA256_BYTES], struct tuf_meta **out, struct vk_err *err);

#endif
