/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signed notes and log checkpoints (C2SP signed-note, tlog-checkpoint):
 *
 *   demo/log
 *   17
 *   <base64 of the tree hash>
 *
 *   — demo/log <base64(key id || Ed25519 signature)>
 *
 * The signature covers the text up to and including the newline before the
 * empty line. Key id: the first 4 bytes of SHA-256(name || "\n" || 0x01 || public key).
 *
 * A witness signs the same three lines behind two of its own (C2SP tlog-cosignature, version 1),
 * and says by it that this is the largest tree of the log that it has seen, and consistent with
 * all before. Its signature line holds key id, time and signature:
 *
 *   cosignature/v1
 *   time 1679315147
 *   demo/log
 *   ...
 *
 *   — demo/host/db1 <base64(key id || time, 8 bytes || Ed25519 signature)>
 */
#ifndef VK_NOTE_H
#define VK_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/name.h"
#include "common/signkey.h"

enum {
	NOTE_KEY_ID_BYTES = 4,
	NOTE_MAX_BYTES = 65536,
	NOTE_MAX_SIGNATURES = 100,
	NOTE_NAME_MAX_BYTES = 255,
	/* A cosignature: dash, name, blank, base64 of 76 bytes, newline. */
	NOTE_COSIGNATURE_MAX_BYTES = 4 + NOTE_NAME_MAX_BYTES + 1 + 104 + 1,
	/* "FLEET/host/NAME" */
	NOTE_WITNESS_NAME_BYTES = 2 * VK_NAME_BYTES + 6,
};

/* What a checkpoint says about a log. */
struct note_checkpoint {
	uint64_t size; /* leaves */
	uint8_t root[VK_SHA256_BYTES];
};

void note_key_id(const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES],
	uint8_t out[NOTE_KEY_ID_BYTES]);

/* Appends the text of a checkpoint, three lines: what is signed. */
void note_checkpoint_format(
	const char *origin, const struct note_checkpoint *checkpoint, struct vk_buf *out);

/* Appends the note: text, empty line, one signature line. text ends with a newline and holds no
 * empty line; name holds no blank, plus sign or control byte. */
void note_sign(
	const char *text, const char *name, const struct vk_signkey *key, struct vk_buf *out);

/* Appends a signature line that somebody else (the signer process) made: "— name base64". */
void note_add_signature(const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES],
	const uint8_t sig[VK_SIGNATURE_BYTES], struct vk_buf *out);

/* Checks that the note is a checkpoint of this origin, signed by this key under the origin's name.
 * Signatures by other keys are ignored. VK_EINPUT if it is no checkpoint, VK_EUNTRUSTED if it is
 * another log's or not signed. */
VK_CHECKED enum vk_rc note_verify_checkpoint(const char *note, size_t len, const char *origin,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct note_checkpoint *out,
	struct vk_err *err);

/* The name under which a host cosigns: "demo/host/db1". */
void note_witness_name(const char *fleet, const char *host, char out[NOTE_WITNESS_NAME_BYTES]);

/* Appends the signature line of a witness who has seen this checkpoint; time (seconds since the
 * epoch, not negative) is when it says so. */
void note_cosign(const char *origin, const struct note_checkpoint *checkpoint, int64_t time,
	const char *name, const struct vk_signkey *key, struct vk_buf *out);

/* Checks that the line (with or without its newline) is this witness's cosignature of this
 * checkpoint; *time (may be NULL) is when it was made. VK_EINPUT if it is no such line,
 * VK_ENOTFOUND if it is by another witness or key, VK_EUNTRUSTED if it is of another checkpoint. */
VK_CHECKED enum vk_rc note_verify_cosignature(const char *line, size_t len, const char *origin,
	const struct note_checkpoint *checkpoint, const char *name,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], int64_t *time, struct vk_err *err);

#endif
