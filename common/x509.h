/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and certificates of the fleet: ECDSA P-256 and nothing else, X.509 v3, one URI SAN
 * that names who the certificate is for:
 *
 *   vkcfg://FLEET/host/NAME   vkcfg://FLEET/user/NAME   vkcfg://FLEET/server/NAME
 *
 * Certificates travel as PEM text; keys as struct x509_key, which owns the private key until
 * x509_key_free() wipes it. Times are seconds since 1970, see common/clock.h. Nothing here
 * reads a file or the clock. Any thread may call; one key may be used by one thread at a time.
 */
#ifndef VK_X509_H
#define VK_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/name.h"

enum {
	X509_FINGERPRINT_BYTES = 32, /* SHA-256 of the certificate's DER */
	X509_SERIAL_HEX_BYTES = 41,  /* 20 octets (RFC 5280, 4.1.2.2) as hex digits, with the NUL */
	X509_MAX_PEM_BYTES = 65536,  /* of one PEM text that is parsed */
	X509_NAMES_MAX = 16,	     /* DNS names and addresses of one certificate */
	X509_NAME_BYTES = 256,	     /* of one of them, with the NUL */
};

enum x509_kind { X509_KIND_HOST, X509_KIND_USER, X509_KIND_SERVER };

/* Whom a certificate is for; both names are valid by common/name.h. */
struct x509_identity {
	char fleet[VK_NAME_BYTES];
	enum x509_kind kind;
	char name[VK_NAME_BYTES];
};

/* What vkcfg wants to know of a certificate. */
struct x509_info {
	struct x509_identity identity;
	uint8_t fingerprint[X509_FINGERPRINT_BYTES];
	char serial[X509_SERIAL_HEX_BYTES];
	int64_t not_before;
	int64_t not_after;
};

/* "host", "user", "server" */
const char *x509_kind_name(enum x509_kind kind);
bool x509_kind_parse(const char *text, enum x509_kind *out);

struct x509_key;

/* A fresh P-256 key pair; freed by x509_key_free(). */
VK_CHECKED enum vk_rc x509_key_generate(struct x509_key **out, struct vk_err *err);

/* Reads an unencrypted private key (PKCS#8 or SEC1 PEM). Keys that are not P-256 are refused. */
VK_CHECKED enum vk_rc x509_key_parse(
	const char *pem, size_t len, struct x509_key **out, struct vk_err *err);

/* Appends the private key as PKCS#8 PEM; out is released by vk_buf_release_wiped(). */
VK_CHECKED enum vk_rc x509_key_format(
	const struct x509_key *key, struct vk_buf *out, struct vk_err *err);

/* Appends the public key as DER SubjectPublicKeyInfo. */
VK_CHECKED enum vk_rc x509_key_public(
	const struct x509_key *key, struct vk_buf *out, struct vk_err *err);

void x509_key_free(struct x509_key *key);

/* Appends a self-signed CA certificate (path length 0, keyCertSign) for a fleet to pem. */
VK_CHECKED enum vk_rc x509_make_ca(const struct x509_key *key, const char *fleet,
	int64_t not_before, int64_t not_after, struct vk_buf *pem, struct vk_err *err);

/* Appends a self-signed leaf certificate to pem: what a new host or user presents to
 * POST /v1/enrol, where only its key counts. It names no fleet. */
VK_CHECKED enum vk_rc x509_self_signed(const struct x509_key *key, int64_t not_before,
	int64_t not_after, struct vk_buf *pem, struct vk_err *err);

/* A certificate to be issued. */
struct x509_request {
	const void *spki; /* DER SubjectPublicKeyInfo; must be P-256 */
	size_t spki_len;
	struct x509_identity identity; /* kind server: serverAuth; others: clientAuth */
	const char *const *names;      /* DNS names and IP addresses, NULL-terminated; NULL: none */
	int64_t not_before;
	int64_t not_after;
};

/* Issues a certificate by the CA ca_key/ca_pem, with a random 128-bit serial number, and
 * appends it to pem. VK_EINPUT if the public key or a name is not acceptable. */
VK_CHECKED enum vk_rc x509_issue(const struct x509_request *request, const struct x509_key *ca_key,
	const char *ca_pem, struct vk_buf *pem, struct vk_err *err);

/* Reads one certificate, DER or PEM, that carries exactly one vkcfg URI SAN. The chain is not
 * verified: that is the business of common/vktls. VK_EINPUT if it is none of ours. */
VK_CHECKED enum vk_rc x509_parse_identity(
	const void *data, size_t len, struct x509_info *out, struct vk_err *err);

/* The DNS names and IP addresses of a certificate, as text. */
struct x509_names {
	size_t count;
	char texts[X509_NAMES_MAX][X509_NAME_BYTES];
};

/* Reads them, DER or PEM. VK_ELIMIT if there are more than X509_NAMES_MAX, VK_EINPUT if one is not a
 * name that x509_issue() would take. */
VK_CHECKED enum vk_rc x509_read_names(
	const void *data, size_t len, struct x509_names *out, struct vk_err *err);

enum x509_text_kind {
	X509_TEXT_URI, /* of the subject alternative names */
	X509_TEXT_DNS, /* the same, in lower case */
	X509_TEXT_CN,  /* the subject's common names */
};

/* Reads all texts of a kind, DER or PEM; others are passed over. VK_ELIMIT if there are more than
 * X509_NAMES_MAX, VK_EINPUT if one is longer than a name may be or has a NUL inside. */
VK_CHECKED enum vk_rc x509_read_texts(const void *data, size_t len, enum x509_text_kind kind,
	struct x509_names *out, struct vk_err *err);

/* From when and until when a certificate is good, whoever it is for; DER or PEM. */
VK_CHECKED enum vk_rc x509_read_validity(const void *data, size_t len, int64_t *not_before,
	int64_t *not_after, struct vk_err *err);

/* SHA-256 of the DER of the first certificate in a PEM text: what a token pins of a CA. */
VK_CHECKED enum vk_rc x509_fingerprint(const char *pem, size_t len,
	uint8_t out[X509_FINGERPRINT_BYTES], struct vk_err *err);

/* Whether the certificate in cert_pem is for the public half of key. */
VK_CHECKED enum vk_rc x509_check_key(
	const char *cert_pem, const struct x509_key *key, struct vk_err *err);

#endif
