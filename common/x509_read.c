/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in a certificate. */
#include "config.h"

#include "common/x509.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/mem.h"
#include "common/sslerr.h"
#include "common/x509_internal.h"

#include "common/banned.h"

static X509 *read_certificate(const void *data, size_t len)
{
	const unsigned char *der = data;
	X509 *cert;

	if (len > X509_MAX_PEM_BYTES)
		return NULL;
	if (memmem(data, len, "-----BEGIN", 10) != NULL)
		return x509_read_pem(data, len);
	cert = d2i_X509(NULL, &der, (long)len);
	if (cert != NULL && der != (const unsigned char *)data + len) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

/* Cuts the first path component off a text that need not be terminated. */
static bool next_part(const char **text, size_t *len, char *out)
{
	const char *slash = memchr(*text, '/', *len);
	size_t part_len = slash == NULL ? *len : (size_t)(slash - *text);

	if (part_len == 0 || part_len >= VK_NAME_BYTES)
		return false;
	memcpy(out, *text, part_len);
	out[part_len] = '\0';
	*text += part_len;
	*len -= part_len;
	if (slash != NULL) {
		*text += 1;
		*len -= 1;
	}
	return strlen(out) == part_len; /* no NUL inside */
}

static bool parse_uri(const char *text, size_t len, struct x509_identity *out)
{
	char kind[VK_NAME_BYTES];

	text += sizeof(X509_URI_SCHEME) - 1;
	len -= sizeof(X509_URI_SCHEME) - 1;
	return next_part(&text, &len, out->fleet) && next_part(&text, &len, kind) &&
		memchr(text, '/', len) == NULL && next_part(&text, &len, out->name) &&
		x509_kind_parse(kind, &out->kind) && vk_name_is_valid(out->fleet) &&
		vk_name_is_valid(out->name);
}

/* The one URI of our scheme among the names; with two it would depend on the reader who it is. */
static bool find_identity(const GENERAL_NAMES *names, struct x509_identity *out)
{
	size_t scheme_len = sizeof(X509_URI_SCHEME) - 1;
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *text;
		size_t len;

		if (name->type != GEN_URI)
			continue;
		text = (const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
		len = (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier);
		if (len < scheme_len || memcmp(text, X509_URI_SCHEME, scheme_len) != 0)
			continue;
		if (++found > 1 || !parse_uri(text, len, out))
			return false;
	}
	return found == 1;
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

static bool read_serial(const X509 *cert, char out[X509_SERIAL_HEX_BYTES])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	size_t len = (size_t)ASN1_STRING_length(serial);
	struct vk_buf hex;
	bool fits = len > 0 && len <= (X509_SERIAL_HEX_BYTES - 1) / 2;

	if (!fits)
		return false;
	vk_buf_init(&hex, X509_SERIAL_HEX_BYTES);
	vk_buf_add_hex(&hex, ASN1_STRING_get0_data(serial), len);
	memcpy(out, hex.data, hex.len + 1);
	vk_buf_release(&hex);
	return true;
}

static bool read_info(const X509 *cert, struct x509_info *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	unsigned int len = 0;
	bool is_read;

	is_read = names != NULL && find_identity(names, &out->identity) &&
		X509_digest(cert, EVP_sha256(), out->fingerprint, &len) == 1 &&
		len == X509_FINGERPRINT_BYTES && read_serial(cert, out->serial) &&
		read_time(X509_get0_notBefore(cert), &out->not_before) &&
		read_time(X509_get0_notAfter(cert), &out->not_after);
	GENERAL_NAMES_free(names);
	return is_read;
}

/* False if the name has no text form that could be put into a certificate again. */
static bool read_name(const GENERAL_NAME *name, char out[X509_NAME_BYTES])
{
	const ASN1_STRING *value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
	const unsigned char *data = ASN1_STRING_get0_data(value);
	size_t len = (size_t)ASN1_STRING_length(value);

	if (name->type == GEN_IPADD && len == sizeof(struct in_addr))
		return inet_ntop(AF_INET, data, out, X509_NAME_BYTES) != NULL;
	if (name->type == GEN_IPADD)
		return len == sizeof(struct in6_addr) &&
			inet_ntop(AF_INET6, data, out, X509_NAME_BYTES) != NULL;
	if (len == 0 || len >= X509_NAME_BYTES || memchr(data, '\0', len) != NULL)
		return false;
	memcpy(out, data, len);
	out[len] = '\0';
	return true;
}

static enum vk_rc take_names(
	const GENERAL_NAMES *names, struct x509_names *out, struct vk_err *err)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		if (out->count == X509_NAMES_MAX)
			return vk_err_set(err, VK_ELIMIT, "the certificate has more than %d names",
				X509_NAMES_MAX);
		if (!read_name(name, out->texts[out->count]))
			return vk_err_set(
				err, VK_EINPUT, "the certificate has a name that is none");
		out->count++;
	}
	return VK_OK;
}

enum vk_rc x509_read_names(
	const void *data, size_t len, struct x509_names *out, struct vk_err *err)
{
	X509 *cert = read_certificate(data, len);
	GENERAL_NAMES *names = NULL;
	enum vk_rc rc;

	*out = (struct x509_names){.count = 0};
	if (cert == NULL)
		return vk_err_openssl(err, VK_EINPUT, "not a certificate");
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	rc = names != NULL ? take_names(names, out, err) : VK_OK;
	GENERAL_NAMES_free(names);
	X509_free(cert);
	return rc;
}

enum vk_rc x509_parse_identity(
	const void *data, size_t len, struct x509_info *out, struct vk_err *err)
{
	X509 *cert = read_certificate(data, len);
	struct x509_info info = {.not_before = 0};
	enum vk_rc rc = VK_OK;

	if (cert == NULL)
		rc = vk_err_openssl(err, VK_EINPUT, "not a certificate");
	else if (!read_info(cert, &info))
		rc = vk_err_openssl(
			err, VK_EINPUT, "the certificate has no valid vkcfg identity");
	else
		*out = info;
	X509_free(cert);
	return rc;
}

enum vk_rc x509_fingerprint(
	const char *pem, size_t len, uint8_t out[X509_FINGERPRINT_BYTES], struct vk_err *err)
{
	X509 *cert = read_certificate(pem, len);
	unsigned int digest_len = 0;
	enum vk_rc rc = VK_OK;

	if (cert == NULL || X509_digest(cert, EVP_sha256(), out, &digest_len) != 1)
		rc = vk_err_openssl(err, VK_EINPUT, "not a certificate");
	X509_free(cert);
	return rc;
}

enum vk_rc x509_check_key(const char *cert_pem, const struct x509_key *key, struct vk_err *err)
{
	X509 *cert = x509_read_pem(cert_pem, strlen(cert_pem));
	enum vk_rc rc = VK_OK;

	if (cert == NULL)
		rc = vk_err_openssl(err, VK_EINPUT, "not a certificate");
	else if (X509_check_private_key(cert, key->pkey) != 1)
		rc = vk_err_openssl(err, VK_EINPUT, "the certificate is not for this key");
	X509_free(cert);
	return rc;
}

static enum vk_rc add_text(const ASN1_STRING *value, bool is_lowered, struct x509_names *out,
	struct vk_err *err)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, value);
	char *text = out->count < X509_NAMES_MAX ? out->texts[out->count] : NULL;
	enum vk_rc rc = VK_OK;

	if (text == NULL)
		rc = vk_err_set(err, VK_ELIMIT, "the certificate has more than %d names",
			X509_NAMES_MAX);
	else if (len <= 0 || len >= X509_NAME_BYTES || memchr(utf8, '\0', (size_t)len) != NULL)
		rc = vk_err_set(err, VK_EINPUT, "the certificate has a name that is none");
	if (rc == VK_OK) {
		memcpy(text, utf8, (size_t)len);
		text[len] = '\0';
		for (char *c = text; is_lowered && *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		out->count++;
	}
	OPENSSL_free(utf8);
	return rc;
}

static enum vk_rc add_alt_texts(
	const X509 *cert, enum x509_text_kind kind, struct x509_names *out, struct vk_err *err)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int wanted = kind == X509_TEXT_URI ? GEN_URI : GEN_DNS;
	enum vk_rc rc = VK_OK;

	for (int i = 0; rc == VK_OK && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == wanted)
			rc = add_text(name->d.ia5, kind == X509_TEXT_DNS, out, err);
	}
	GENERAL_NAMES_free(names);
	return rc;
}

static enum vk_rc add_common_names(const X509 *cert, struct x509_names *out, struct vk_err *err)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	enum vk_rc rc = VK_OK;
	int at = -1;

	while (rc == VK_OK &&
		(at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		rc = add_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), false, out,
			err);
	return rc;
}

enum vk_rc x509_read_texts(const void *data, size_t len, enum x509_text_kind kind,
	struct x509_names *out, struct vk_err *err)
{
	X509 *cert = read_certificate(data, len);
	enum vk_rc rc;

	*out = (struct x509_names){.count = 0};
	if (cert == NULL)
		return vk_err_openssl(err, VK_EINPUT, "not a certificate");
	rc = kind == X509_TEXT_CN ? add_common_names(cert, out, err)
				  : add_alt_texts(cert, kind, out, err);
	X509_free(cert);
	return rc;
}

enum vk_rc x509_read_validity(const void *data, size_t len, int64_t *not_before, int64_t *not_after,
	struct vk_err *err)
{
	X509 *cert = read_certificate(data, len);
	enum vk_rc rc = VK_OK;

	if (cert == NULL || !read_time(X509_get0_notBefore(cert), not_before) ||
		!read_time(X509_get0_notAfter(cert), not_after))
		rc = vk_err_openssl(err, VK_EINPUT, "not a certificate");
	X509_free(cert);
	return rc;
}
