/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which certificate a Valkey really serves: seen in a handshake, not read from
 * its configuration, since Valkey keeps what it has loaded whatever becomes of
 * the files. Compared with the file that tls-cert-file names.
 *
 * The handshake is bounded in time, believes nothing and says nothing: whose
 * certificate it is, is judged by those who connect to use Valkey.
 */
#ifndef VK_PULL_TLS_PROOF_H
#define VK_PULL_TLS_PROOF_H

#include <stdbool.h>

#include "client/pull/instance.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/valkey/values.h"

enum tls_proof_verdict {
	TLS_PROOF_NONE,	 /* it serves no TLS, or its file is not the agent's to read */
	TLS_PROOF_SAME,	 /* what the file says */
	TLS_PROOF_OTHER, /* another one */
};

struct tls_proof {
	enum tls_proof_verdict verdict;
	char served[VK_SHA256_HEX_BYTES]; /* SHA-256 of the certificate's DER; "" for NONE */
	char wanted[VK_SHA256_HEX_BYTES];
};

/* values: of the server or of its generation (tls-port, bind, tls-cert-file). VK_EUNAVAIL where
 * tls-port is open and nobody shows a certificate in time, VK_EINPUT where the file holds none. */
VK_CHECKED enum vk_rc tls_proof_look(const struct instance *instance, const struct values *values,
	struct tls_proof *out, struct vk_err *err);

/* True where tls-cert-file names a file of the generation, which nobody but the agent replaces. */
bool tls_proof_is_ours(const struct instance *instance, const struct values *values);

/* True where Valkey serves another certificate than the generation's: it keeps what it has loaded,
 * whatever has become of the file since. */
bool tls_proof_is_stale(const struct instance *instance, const struct values *values);

/* VK_EINPUT, with both fingerprints, where another certificate is served. */
VK_CHECKED enum vk_rc tls_proof_check(
	const struct instance *instance, const struct values *values, struct vk_err *err);

/* Where a Valkey with these values listens for TLS, to be tried from here. False if it does not.
 * number: from 0, of the addresses of bind. */
bool tls_proof_address(const struct instance *instance, const struct values *values, size_t number,
	struct address *out);

#endif
