/* SPDX-License-Identifier: BSD-3-Clause */
/* A fleet's certificates for tests: made on the fly, valid around the real clock. */
#ifndef VK_PKI_H
#define VK_PKI_H

#include <stdint.h>

#include "common/vktls.h"
#include "common/x509.h"

struct pki {
	struct x509_key *key;
	char *ca_pem;
	char fleet[VK_NAME_BYTES];
};

/* A certificate with its key; texts in PEM. */
struct pki_leaf {
	char *cert_pem;
	char *key_pem;
};

void pki_init(struct pki *pki, const char *fleet);
void pki_release(struct pki *pki);

/* Valid from an hour ago until so many seconds from now; servers are for localhost, 127.0.0.1. */
struct pki_leaf pki_issue(
	const struct pki *pki, enum x509_kind kind, const char *name, int64_t seconds);
struct pki_leaf pki_self_signed(void);
void pki_leaf_release(struct pki_leaf *leaf);

/* Contexts with such certificates; they fail the test when they cannot be made. */
struct vktls_ctx *pki_server_ctx(const struct pki *pki, const struct pki_leaf *leaf);
struct vktls_ctx *pki_client_ctx(const struct pki *pki, const struct pki_leaf *leaf);

#endif
