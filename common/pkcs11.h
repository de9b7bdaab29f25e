/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A private key on a token (smart card, HSM) behind PKCS#11. The module, a
 * library of the token's maker, is loaded when a key is opened and not before:
 * nobody without a token needs one. Without module-path in the URI it is
 * p11-kit's, which knows all modules that are registered on this machine.
 *
 * This speaks PKCS#11 itself instead of through OpenSSL: engines are deprecated
 * there and gone from newer versions, the provider that follows them is not in
 * Debian 12, and what is needed is ten calls.
 *
 * One thread only. A module stays loaded until the program ends: several do
 * not survive being unloaded.
 */
#ifndef VK_PKCS11_H
#define VK_PKCS11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/pkcs11_uri.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"

struct passphrase;
struct pkcs11_key;

/* Loads the module and opens a session with the token; no PIN is needed yet. VK_ENOTFOUND if there
 * is no such module or token, VK_EINPUT if several tokens have that name, VK_EIO if the module
 * fails. Closed with pkcs11_close(). */
VK_CHECKED enum vk_rc pkcs11_open(
	const struct pkcs11_uri *uri, struct pkcs11_key **out, struct vk_err *err);
void pkcs11_close(struct pkcs11_key *key);

/* False for a token that asks for the PIN by itself (a pad with keys) or has none. */
bool pkcs11_needs_pin(const struct pkcs11_key *key);

/* Logs in and finds the key. pin (NULL where none is needed) is borrowed until pkcs11_close().
 * VK_EDENIED if the PIN is wrong or locked, VK_ENOTFOUND if the token has no such key, VK_EINPUT
 * if it has several, or one that is neither ECDSA P-256 nor Ed25519. */
VK_CHECKED enum vk_rc pkcs11_login(
	struct pkcs11_key *key, const struct passphrase *pin, struct vk_err *err);

/* The public key, after pkcs11_login(); user as in tuf_key_new_ed25519(). */
VK_CHECKED enum vk_rc pkcs11_public(
	const struct pkcs11_key *key, const char *user, struct tuf_key **out, struct vk_err *err);

/* Signs in the form that TUF wants of this type of key, after pkcs11_login(). */
VK_CHECKED enum vk_rc pkcs11_sign(struct pkcs11_key *key, const void *data, size_t len,
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES], size_t *sig_len, struct vk_err *err);

#endif
