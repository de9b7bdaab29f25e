/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vkcfgd new-keys` and `vkcfgd new-log`: what is replaced while no server runs,
 * and counts as soon as a root names it (`vkcfg root rotate --online-keys`).
 */
#ifndef VK_SERVER_NEW_KEYS_H
#define VK_SERVER_NEW_KEYS_H

#include <stdint.h>

#include "common/digest.h"
#include "common/err.h"
#include "common/signkey.h"
#include "server/store/store_log.h"
#include "server/writer.h"

struct signer;
struct state_dir;

struct new_keys {
	uint8_t snapshot[VK_PUBLIC_KEY_BYTES];
	uint8_t timestamp[VK_PUBLIC_KEY_BYTES];
	uint8_t log[VK_PUBLIC_KEY_BYTES];
};

/* Replaces the keys for snapshot, timestamp and log, and records it. Nothing can be published with
 * the first two until a root names them. The log key that the root still names is kept beside the
 * new one and signs along until then, so that hosts can follow. */
VK_CHECKED enum vk_rc new_keys_make(const char *state, struct new_keys *out, struct vk_err *err);

struct new_log {
	char *name; /* the caller frees it */
	uint64_t size;
	uint8_t root[VK_SHA256_BYTES];
};

/* Begins another log with the entries that there are, and records it. No host believes it before a
 * root names it. */
VK_CHECKED enum vk_rc new_log_begin(const char *state, struct new_log *out, struct vk_err *err);

/* The same inside a command; the signer must have been started for this log. */
VK_CHECKED enum vk_rc new_log_record(
	struct writer_tx *tx, struct store_log_start *start, struct vk_err *err);

/* At the start of a server: the log key of before goes when the root does not name it any more. */
VK_CHECKED enum vk_rc new_keys_settle(const struct state_dir *dir, struct store *store,
	struct signer *signer, struct vk_err *err);

#endif
