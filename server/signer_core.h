/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the signer: keys, what it remembers, and one function from the
 * bytes of a request to the bytes of an answer. No descriptor, no process: the
 * child (signer_process.h) wraps a loop around it, tests and fuzzers call it.
 */
#ifndef VK_SIGNER_CORE_H
#define VK_SIGNER_CORE_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/signkey.h"
#include "common/x509.h"
#include "server/signer.h"

struct signer_core;

/* An issuing CA. */
struct signer_ca {
	struct x509_key *key;
	char *pem; /* its certificate; malloc'd */
	uint8_t digest[VK_SHA256_BYTES];
};

struct signer_keys {
	struct vk_signkey *snapshot;
	struct vk_signkey *timestamp;
	struct vk_signkey *log;
	struct vk_signkey *log_before; /* NULL, or the key that the root still names: signs along */
	size_t ca_count;
	struct signer_ca cas[SIGNER_MAX_CAS]; /* the first one, and the next one if there is one */
};

/* Takes the keys. */
struct signer_core *signer_core_new(const char *fleet, const struct signer_keys *keys);

/* Which log of the fleet checkpoints are of; the first, unless this is called. */
void signer_core_set_log(struct signer_core *core, unsigned log_number);

/* Wipes and frees. NULL does nothing. */
void signer_core_free(struct signer_core *core);

/* Reads the keys from the state directory: owner and mode of each are checked, and there must be a
 * key for each CA's certificate. */
VK_CHECKED enum vk_rc signer_core_load(
	const char *state, const char *fleet, struct signer_core **out, struct vk_err *err);

/* Appends VK_OK, the three public keys and the digests of the CAs: the child's first message. */
void signer_core_greet(const struct signer_core *core, struct vk_buf *reply);

/* Appends the answer to a request, whatever its bytes. */
void signer_core_answer(
	struct signer_core *core, const void *request, size_t len, struct vk_buf *reply);

#endif
