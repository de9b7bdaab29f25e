/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/x509.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/mem.h"
#include "common/sslerr.h"
#include "common/x509_internal.h"

#include "common/banned.h"

enum {
	P256_SPKI_BYTES = 91, /* named curve, uncompressed point: one encoding only */
	SERIAL_BYTES = 16,
	MAX_DNS_NAME_BYTES = 253,
};

static const char *const kind_names[] = {
	[X509_KIND_HOST] = "host",
	[X509_KIND_USER] = "user",
	[X509_KIND_SERVER] = "server",
};

const char *x509_kind_name(enum x509_kind kind)
{
	return kind_names[kind];
}

bool x509_kind_parse(const char *text, enum x509_kind *out)
{
	for (int kind = X509_KIND_HOST; kind <= X509_KIND_SERVER; kind++) {
		if (strcmp(text, kind_names[kind]) == 0) {
			*out = (enum x509_kind)kind;
			return true;
		}
	}
	return false;
}

/* Keys. */

static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32];

	return EVP_PKEY_is_a(pkey, "EC") &&
		EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
		strcmp(group, SN_X9_62_prime256v1) == 0;
}

static struct x509_key *key_new(EVP_PKEY *pkey /* taken */)
{
	struct x509_key *key = xcalloc(1, sizeof(*key));

	key->pkey = pkey;
	return key;
}

enum vk_rc x509_key_generate(struct x509_key **out, struct vk_err *err)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	if (pkey == NULL)
		return vk_err_openssl(err, VK_EIO, "cannot make a P-256 key");
	*out = key_new(pkey);
	return VK_OK;
}

/* OpenSSL would ask on the terminal for the passphrase of an encrypted key. */
int x509_no_passphrase(char *buf, int size, int is_writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)is_writing;
	(void)arg;
	return -1;
}

enum vk_rc x509_key_parse(const char *pem, size_t len, struct x509_key **out, struct vk_err *err)
{
	EVP_PKEY *pkey;
	BIO *bio;

	if (len > X509_MAX_PEM_BYTES)
		return vk_err_set(err, VK_ELIMIT, "the private key is too long");
	bio = BIO_new_mem_buf(pem, (int)len);
	pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, x509_no_passphrase, NULL);
	BIO_free(bio);
	if (pkey == NULL)
		return vk_err_openssl(err, VK_EINPUT, "not an unencrypted private key in PEM form");
	if (!is_p256(pkey)) {
		EVP_PKEY_free(pkey);
		return vk_err_set(err, VK_EINPUT, "the private key is not of the curve P-256");
	}
	*out = key_new(pkey);
	return VK_OK;
}

/* Moves what was written to a memory BIO to out. */
static enum vk_rc take_bio(BIO *bio, struct vk_buf *out, const char *what, struct vk_err *err)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	vk_buf_add(out, data, (size_t)len);
	return vk_buf_check(out, what, err);
}

enum vk_rc x509_key_format(const struct x509_key *key, struct vk_buf *out, struct vk_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum vk_rc rc;

	if (bio == NULL ||
		PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
		rc = vk_err_openssl(err, VK_EIO, "cannot write a private key");
	else
		rc = take_bio(bio, out, "the private key", err);
	BIO_free(bio); /* wipes its memory */
	return rc;
}

enum vk_rc x509_key_public(const struct x509_key *key, struct vk_buf *out, struct vk_err *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);

	if (len <= 0)
		return vk_err_openssl(err, VK_EIO, "cannot write a public key");
	vk_buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return vk_buf_check(out, "the public key", err);
}

void x509_key_free(struct x509_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey); /* wipes the private number */
	free(key);
}

/* Making certificates. Each add_... answers whether OpenSSL agreed. */

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *constant_text)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	bool is_added;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, constant_text);
	is_added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_added;
}

static bool add_name_part(X509_NAME *name, const char *field, const char *text)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text,
		       -1, -1, 0) == 1;
}

static bool set_random_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number = NULL;
	bool is_set;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and always of the same length */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	is_set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return is_set;
}

static bool set_basics(X509 *cert, EVP_PKEY *subject_key, int64_t not_before, int64_t not_after)
{
	return X509_set_version(cert, X509_VERSION_3) == 1 && set_random_serial(cert) &&
		ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)not_before) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)not_after) != NULL &&
		X509_set_pubkey(cert, subject_key) == 1;
}

/* issuer_name NULL: the certificate's own subject. */
static bool sign(X509 *cert, const X509_NAME *issuer_name, EVP_PKEY *key)
{
	if (issuer_name == NULL)
		issuer_name = X509_get_subject_name(cert);
	return X509_set_issuer_name(cert, issuer_name) == 1 && X509_sign(cert, key, EVP_sha256()) > 0;
}

static enum vk_rc write_certificate(X509 *cert, struct vk_buf *pem, struct vk_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum vk_rc rc;

	if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1)
		rc = vk_err_openssl(err, VK_EIO, "cannot write a certificate");
	else
		rc = take_bio(bio, pem, "the certificate", err);
	BIO_free(bio);
	return rc;
}

enum vk_rc x509_make_ca(const struct x509_key *key, const char *fleet, int64_t not_before,
	int64_t not_after, struct vk_buf *pem, struct vk_err *err)
{
	X509 *cert = X509_new();
	enum vk_rc rc;

	if (cert != NULL && set_basics(cert, key->pkey, not_before, not_after) &&
		add_name_part(X509_get_subject_name(cert), "O", fleet) &&
		add_name_part(X509_get_subject_name(cert), "CN", "vkcfg CA") &&
		add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
		add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
		add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
		sign(cert, NULL, key->pkey))
		rc = write_certificate(cert, pem, err);
	else
		rc = vk_err_openssl(err, VK_EIO, "cannot make a CA certificate");
	X509_free(cert);
	return rc;
}

enum vk_rc x509_self_signed(const struct x509_key *key, int64_t not_before, int64_t not_after,
	struct vk_buf *pem, struct vk_err *err)
{
	X509 *cert = X509_new();
	enum vk_rc rc;

	if (cert != NULL && set_basics(cert, key->pkey, not_before, not_after) &&
		add_name_part(X509_get_subject_name(cert), "CN", "vkcfg enrolment") &&
		add_extension(cert, cert, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(cert, cert, NID_key_usage, "critical,digitalSignature") &&
		add_extension(cert, cert, NID_ext_key_usage, "clientAuth") &&
		sign(cert, NULL, key->pkey))
		rc = write_certificate(cert, pem, err);
	else
		rc = vk_err_openssl(err, VK_EIO, "cannot make a self-signed certificate");
	X509_free(cert);
	return rc;
}

/* The names are put in as data: as text, "DNS:a,URI:vkcfg://..." would become two. */
static bool add_general_name(GENERAL_NAMES *names, int type, const void *data, size_t len)
{
	ASN1_STRING *value =
		type == GEN_IPADD ? ASN1_OCTET_STRING_new() : (ASN1_STRING *)ASN1_IA5STRING_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	if (value == NULL || name == NULL || ASN1_STRING_set(value, data, (int)len) != 1) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(name);
		return false;
	}
	GENERAL_NAME_set0_value(name, type, value);
	if (sk_GENERAL_NAME_push(names, name) == 0) {
		GENERAL_NAME_free(name);
		return false;
	}
	return true;
}

static bool is_dns_name(const char *text)
{
	size_t len = strnlen(text, MAX_DNS_NAME_BYTES + 1);

	return len > 0 && len <= MAX_DNS_NAME_BYTES && text[0] != '.' && text[0] != '-' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
			len &&
		strstr(text, "..") == NULL;
}

static enum vk_rc add_server_name(GENERAL_NAMES *names, const char *text, struct vk_err *err)
{
	unsigned char ip[sizeof(struct in6_addr)];
	bool is_added;

	if (inet_pton(AF_INET, text, ip) == 1)
		is_added = add_general_name(names, GEN_IPADD, ip, sizeof(struct in_addr));
	else if (inet_pton(AF_INET6, text, ip) == 1)
		is_added = add_general_name(names, GEN_IPADD, ip, sizeof(ip));
	else if (is_dns_name(text))
		is_added = add_general_name(names, GEN_DNS, text, strlen(text));
	else
		return vk_err_set(err, VK_EINPUT,
			"'%.64s' is neither a DNS name nor an IP address", text);
	return is_added ? VK_OK : vk_err_openssl(err, VK_EIO, "cannot add a name");
}

static enum vk_rc add_alt_names(
	X509 *cert, const struct x509_request *request, struct vk_err *err)
{
	const struct x509_identity *id = &request->identity;
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	char *uri = xasprintf("%s%s/%s/%s", X509_URI_SCHEME, id->fleet, kind_names[id->kind], id->name);
	enum vk_rc rc = VK_OK;

	if (names == NULL || !add_general_name(names, GEN_URI, uri, strlen(uri)))
		rc = vk_err_openssl(err, VK_EIO, "cannot add an identity");
	for (size_t i = 0; rc == VK_OK && request->names != NULL && request->names[i] != NULL; i++)
		rc = add_server_name(names, request->names[i], err);
	if (rc == VK_OK && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) != 1)
		rc = vk_err_openssl(err, VK_EIO, "cannot add names");
	GENERAL_NAMES_free(names);
	free(uri);
	return rc;
}

static EVP_PKEY *parse_spki(const void *spki, size_t len)
{
	const unsigned char *der = spki;
	EVP_PKEY *pkey;

	if (len != P256_SPKI_BYTES)
		return NULL;
	pkey = d2i_PUBKEY(NULL, &der, (long)len);
	if (pkey != NULL && !is_p256(pkey)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

X509 *x509_read_pem(const char *pem, size_t len)
{
	BIO *bio = len > X509_MAX_PEM_BYTES ? NULL : BIO_new_mem_buf(pem, (int)len);
	X509 *cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, x509_no_passphrase, NULL);

	BIO_free(bio);
	return cert;
}

static enum vk_rc fill_leaf(X509 *cert, X509 *ca, EVP_PKEY *subject_key,
	const struct x509_request *request, struct vk_err *err)
{
	const struct x509_identity *id = &request->identity;
	X509_NAME *subject = X509_get_subject_name(cert);

	if (set_basics(cert, subject_key, request->not_before, request->not_after) &&
		add_name_part(subject, "O", id->fleet) &&
		add_name_part(subject, "OU", kind_names[id->kind]) &&
		add_name_part(subject, "CN", id->name) &&
		add_extension(cert, ca, NID_subject_key_identifier, "hash") &&
		add_extension(cert, ca, NID_authority_key_identifier, "keyid:always") &&
		add_extension(cert, ca, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(cert, ca, NID_key_usage, "critical,digitalSignature") &&
		add_extension(cert, ca, NID_ext_key_usage,
			id->kind == X509_KIND_SERVER ? "serverAuth" : "clientAuth"))
		return add_alt_names(cert, request, err);
	return vk_err_openssl(err, VK_EIO, "cannot make a certificate");
}

enum vk_rc x509_issue(const struct x509_request *request, const struct x509_key *ca_key,
	const char *ca_pem, struct vk_buf *pem, struct vk_err *err)
{
	X509 *ca = x509_read_pem(ca_pem, strlen(ca_pem));
	EVP_PKEY *subject_key = parse_spki(request->spki, request->spki_len);
	X509 *cert = X509_new();
	enum vk_rc rc = VK_OK;

	if (!vk_name_is_valid(request->identity.fleet) || !vk_name_is_valid(request->identity.name))
		rc = vk_err_set(err, VK_EINPUT, "the identity is not a valid name");
	else if (subject_key == NULL)
		rc = vk_err_openssl(err, VK_EINPUT, "the public key is not a P-256 key");
	else if (ca == NULL || X509_check_private_key(ca, ca_key->pkey) != 1)
		rc = vk_err_openssl(err, VK_EIO, "the CA's certificate is not for its key");
	else if (cert == NULL)
		rc = vk_err_openssl(err, VK_EIO, "cannot make a certificate");
	if (rc == VK_OK)
		rc = fill_leaf(cert, ca, subject_key, request, err);
	if (rc == VK_OK && !sign(cert, X509_get_subject_name(ca), ca_key->pkey))
		rc = vk_err_openssl(err, VK_EIO, "cannot sign a certificate");
	if (rc == VK_OK)
		rc = write_certificate(cert, pem, err);
	X509_free(cert);
	EVP_PKEY_free(subject_key);
	X509_free(ca);
	return rc;
}
