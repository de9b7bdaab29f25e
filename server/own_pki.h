/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A PKI of one's own in the place of the fleet's CA (settings ca, certificate, key): certificates of
 * hosts and people come from elsewhere, and a pattern says where in them the name stands (settings
 * host-names, user-names):
 *
 *   uri:vkcfg://demo/host/{name}     a URI among the subject alternative names
 *   dns:{name}.hosts.example         a DNS name
 *   cn:db-{name}                     the subject's common name
 *
 * Such a certificate stands for HOST or USER whatever its serial number: the server knows not the
 * certificate, but the name, by a key made of it that takes the place of the fingerprint everywhere. A
 * renewed certificate is the same identity, and revoking the name acts on all of them.
 *
 * Immutable after own_pki_new(); any thread.
 */
#ifndef VK_OWN_PKI_H
#define VK_OWN_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/err.h"
#include "server/identity.h"

struct own_pki;

/* NULL for a pattern: uri:vkcfg://FLEET/host/{name} and uri:vkcfg://FLEET/user/{name}. VK_EINPUT for
 * one that is none. */
VK_CHECKED enum vk_rc own_pki_new(const char *fleet, const char *host_names,
	const char *user_names, struct own_pki **out, struct vk_err *err);
void own_pki_free(struct own_pki *pki);

/* The key of the identity that a certificate (DER, its chain verified) stands for. False, and a key
 * that is nobody's, if there is no name in it or more than one. */
bool own_pki_identify(
	const struct own_pki *pki, const void *der, size_t len, uint8_t key[VK_SHA256_BYTES]);

/* The key of a name. */
void own_pki_key(enum identity_kind kind, const char *name, uint8_t key[VK_SHA256_BYTES]);

#endif
