/* SPDX-License-Identifier: BSD-3-Clause */
/* What x509.c, which makes keys and certificates, shares with x509_read.c, which reads certificates,
 * and ca_set.c. */
#ifndef VK_X509_INTERNAL_H
#define VK_X509_INTERNAL_H

#include <stddef.h>

#include <openssl/x509.h>

#define X509_URI_SCHEME "vkcfg://"

struct x509_key {
	EVP_PKEY *pkey;
};

/* For OpenSSL's PEM readers: there is no passphrase, and nobody is asked for one. */
int x509_no_passphrase(char *buf, int size, int is_writing, void *arg);

/* The first certificate of a PEM text; NULL if there is none. Freed with X509_free(). */
X509 *x509_read_pem(const char *pem, size_t len);

#endif
