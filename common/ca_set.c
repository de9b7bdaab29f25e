/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/ca_set.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/mem.h"
#include "common/sslerr.h"
#include "common/x509_internal.h"

#include "common/banned.h"

void ca_set_init(struct ca_set *set)
{
	memset(set, 0, sizeof(*set));
}

void ca_set_release(struct ca_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->items[i].pem);
	ca_set_init(set);
}

const struct ca_set_item *ca_set_find(
	const struct ca_set *set, const uint8_t digest[VK_SHA256_BYTES])
{
	for (size_t i = 0; i < set->count; i++) {
		if (memcmp(set->items[i].digest, digest, VK_SHA256_BYTES) == 0)
			return &set->items[i];
	}
	return NULL;
}

static char *format(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text = NULL;

	if (bio != NULL && PEM_write_bio_X509(bio, cert) == 1) {
		long len = BIO_get_mem_data(bio, &data);

		text = xstrndup(data, (size_t)len);
	}
	BIO_free(bio);
	return text;
}

static enum vk_rc add(struct ca_set *set, X509 *cert, struct vk_err *err)
{
	struct ca_set_item item = {.not_after = 0};
	unsigned int len = 0;
	struct tm tm;

	if (X509_check_ca(cert) != 1)
		return vk_err_set(err, VK_EINPUT, "a certificate in it is not that of a CA");
	if (X509_digest(cert, EVP_sha256(), item.digest, &len) != 1 ||
		ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return vk_err_openssl(err, VK_EINPUT, "a CA's certificate cannot be read");
	if (ca_set_find(set, item.digest) != NULL)
		return VK_OK;
	if (set->count == CA_SET_MAX)
		return vk_err_set(err, VK_ELIMIT, "more than %d CAs", CA_SET_MAX);
	item.not_after = (int64_t)timegm(&tm);
	item.pem = format(cert);
	if (item.pem == NULL)
		return vk_err_openssl(err, VK_EIO, "cannot write a CA's certificate");
	set->items[set->count++] = item;
	return VK_OK;
}

enum vk_rc ca_set_parse(struct ca_set *set, const char *pem, size_t len, struct vk_err *err)
{
	BIO *bio = len > CA_SET_MAX_BYTES ? NULL : BIO_new_mem_buf(pem, (int)len);
	enum vk_rc rc = VK_OK;
	size_t count = 0;
	X509 *cert;

	if (bio == NULL)
		return vk_err_set(err, VK_ELIMIT, "more than %d bytes of CAs", CA_SET_MAX_BYTES);
	while (rc == VK_OK &&
		(cert = PEM_read_bio_X509(bio, NULL, x509_no_passphrase, NULL)) != NULL) {
		rc = add(set, cert, err);
		X509_free(cert);
		count++;
	}
	BIO_free(bio);
	ERR_clear_error(); /* the end of the text */
	if (rc == VK_OK && count == 0)
		rc = vk_err_set(err, VK_EINPUT, "there is no CA's certificate in it");
	return rc;
}

void ca_set_format(const struct ca_set *set, struct vk_buf *out)
{
	for (size_t i = 0; i < set->count; i++)
		vk_buf_adds(out, set->items[i].pem);
}

bool ca_list_has(const struct ca_list *list, const uint8_t digest[VK_SHA256_BYTES])
{
	for (size_t i = 0; i < list->count; i++) {
		if (memcmp(list->digests[i], digest, VK_SHA256_BYTES) == 0)
			return true;
	}
	return false;
}

bool ca_set_is(const struct ca_set *set, const struct ca_list *list)
{
	if (set->count != list->count)
		return false;
	for (size_t i = 0; i < set->count; i++) {
		if (memcmp(set->items[i].digest, list->digests[i], VK_SHA256_BYTES) != 0)
			return false;
	}
	return true;
}

enum vk_rc ca_set_follow(const struct ca_set *have, const struct ca_set *offered,
	const struct ca_list *list, struct ca_set *next, size_t *missing, struct vk_err *err)
{
	*missing = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct ca_set_item *item = ca_set_find(have, list->digests[i]);

		if (item == NULL)
			item = ca_set_find(offered, list->digests[i]);
		if (item == NULL) {
			(*missing)++;
			continue;
		}
		next->items[next->count] = *item;
		next->items[next->count++].pem = xstrdup(item->pem);
	}
	if (next->count > 0)
		return VK_OK;
	return vk_err_set(
		err, VK_EUNTRUSTED, "none of the CAs that the root names is there, or was offered");
}

const struct ca_set_item *ca_set_issuer(const struct ca_set *set, const char *cert_pem)
{
	const struct ca_set_item *found = NULL;
	X509 *cert = x509_read_pem(cert_pem, strlen(cert_pem));

	for (size_t i = 0; cert != NULL && found == NULL && i < set->count; i++) {
		X509 *ca = x509_read_pem(set->items[i].pem, strlen(set->items[i].pem));

		if (ca != NULL && X509_check_issued(ca, cert) == X509_V_OK &&
			X509_verify(cert, X509_get0_pubkey(ca)) == 1)
			found = &set->items[i];
		X509_free(ca);
	}
	X509_free(cert);
	ERR_clear_error();
	return found;
}
