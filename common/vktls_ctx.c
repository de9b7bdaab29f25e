/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vktls_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/mem.h"
#include "common/sslerr.h"
#include "common/x509.h"

#include "common/banned.h"

enum {
	SESSION_SECONDS = 86400, /* how long a ticket is good for */
	MAX_EXTRA_CERTIFICATES = 8,
};

/* OpenSSL would ask on the terminal for the passphrase of an encrypted key. */
static int no_passphrase(char *buf, int size, int is_writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)is_writing;
	(void)arg;
	return -1;
}

static BIO *open_pem(const char *pem)
{
	size_t len = strlen(pem);

	return len > X509_MAX_PEM_BYTES ? NULL : BIO_new_mem_buf(pem, (int)len);
}

static enum vk_rc use_certificate(SSL_CTX *ssl_ctx, const char *pem, struct vk_err *err)
{
	BIO *bio = open_pem(pem);
	X509 *cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	bool is_used = cert != NULL && SSL_CTX_use_certificate(ssl_ctx, cert) == 1;

	for (int i = 0; is_used && cert != NULL && i < MAX_EXTRA_CERTIFICATES; i++) {
		X509_free(cert);
		cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
		is_used = cert == NULL || SSL_CTX_add1_chain_cert(ssl_ctx, cert) == 1;
	}
	X509_free(cert);
	BIO_free(bio);
	if (!is_used)
		return vk_err_openssl(err, VK_EINPUT, "the own certificate cannot be used");
	ERR_clear_error(); /* the end of the PEM text */
	return VK_OK;
}

static enum vk_rc use_key(SSL_CTX *ssl_ctx, const char *pem, struct vk_err *err)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	enum vk_rc rc = VK_OK;

	if (key == NULL)
		rc = vk_err_openssl(err, VK_EINPUT, "the private key cannot be read");
	else if (SSL_CTX_use_PrivateKey(ssl_ctx, key) != 1 ||
		SSL_CTX_check_private_key(ssl_ctx) != 1)
		rc = vk_err_openssl(err, VK_EINPUT, "the private key is not the certificate's");
	EVP_PKEY_free(key);
	BIO_free(bio);
	return rc;
}

/* is_sent: the CA certificates also go out with the own certificate. */
static enum vk_rc trust_ca(SSL_CTX *ssl_ctx, const char *pem, bool is_sent, struct vk_err *err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl_ctx);
	BIO *bio = open_pem(pem);
	bool is_good = bio != NULL;
	int count = 0;

	while (is_good && count < MAX_EXTRA_CERTIFICATES) {
		X509 *ca = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);

		if (ca == NULL)
			break;
		count++;
		is_good = X509_STORE_add_cert(store, ca) == 1 &&
			(!is_sent || SSL_CTX_add1_chain_cert(ssl_ctx, ca) == 1);
		X509_free(ca);
	}
	BIO_free(bio);
	if (!is_good || count == 0)
		return vk_err_openssl(err, VK_EINPUT, "the CA's certificate cannot be used");
	ERR_clear_error();
	return VK_OK;
}

static bool set_protocol(SSL_CTX *ssl_ctx)
{
	SSL_CTX_set_options(ssl_ctx,
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ssl_ctx,
		SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_read_ahead(ssl_ctx, 1); /* one system call for each record, not two */
	return SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_3_VERSION) == 1 &&
		SSL_CTX_set_max_proto_version(ssl_ctx, TLS1_3_VERSION) == 1 &&
		SSL_CTX_set1_groups_list(ssl_ctx, "X25519:P-256") == 1;
}

static enum vk_rc ctx_new(const SSL_METHOD *method, const char *cert_pem, const char *key_pem,
	struct vktls_ctx **out, struct vk_err *err)
{
	struct vktls_ctx *ctx = xcalloc(1, sizeof(*ctx));
	enum vk_rc rc;

	atomic_init(&ctx->refs, 1);
	ctx->ssl_ctx = SSL_CTX_new(method);
	ctx->bio_method = vktls_bio_method();
	if (ctx->ssl_ctx == NULL || ctx->bio_method == NULL || !set_protocol(ctx->ssl_ctx))
		rc = vk_err_openssl(err, VK_EIO, "cannot set up TLS");
	else
		rc = cert_pem != NULL ? use_certificate(ctx->ssl_ctx, cert_pem, err) : VK_OK;
	if (rc == VK_OK && cert_pem != NULL)
		rc = use_key(ctx->ssl_ctx, key_pem, err);
	if (rc == VK_OK)
		*out = ctx;
	else
		vktls_ctx_free(ctx);
	return rc;
}

/* Who resumes goes on with the ticket that he has: another one would be made for nobody, and making
 * one costs OpenSSL more than the rest of the handshake's bookkeeping, since it parses the session,
 * with the peer's certificate in it, once more. A ticket that has run out leads to a full handshake,
 * which brings a new one. */
static SSL_TICKET_RETURN take_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *key_name,
	size_t key_name_len, SSL_TICKET_STATUS status, void *arg)
{
	(void)key_name;
	(void)key_name_len;
	(void)arg;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (time(NULL) - SSL_SESSION_get_time(session) < SSL_SESSION_get_timeout(session))
		SSL_set_num_tickets(ssl, 0);
	return SSL_TICKET_RETURN_USE;
}

enum vk_rc vktls_server_new(
	const struct vktls_server_options *options, struct vktls_ctx **out, struct vk_err *err)
{
	static const unsigned char session_context[] = "vkcfgd";
	struct vktls_ctx *ctx = NULL;
	enum vk_rc rc =
		ctx_new(TLS_server_method(), options->cert_pem, options->key_pem, &ctx, err);

	if (rc == VK_OK)
		rc = trust_ca(ctx->ssl_ctx, options->ca_pem, true, err);
	if (rc != VK_OK) {
		vktls_ctx_free(ctx);
		return rc;
	}
	ctx->is_server = true;
	SSL_CTX_set_verify(
		ctx->ssl_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx->ssl_ctx, vktls_verify_client, NULL);
	/* Without a context, OpenSSL refuses to resume sessions that carry a certificate. */
	SSL_CTX_set_session_id_context(
		ctx->ssl_ctx, session_context, sizeof(session_context) - 1);
	SSL_CTX_set_session_cache_mode(ctx->ssl_ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx->ssl_ctx, 1);
	SSL_CTX_set_session_ticket_cb(ctx->ssl_ctx, NULL, take_ticket, NULL);
	SSL_CTX_set_timeout(ctx->ssl_ctx, SESSION_SECONDS);
	*out = ctx;
	return VK_OK;
}

/* A session may be offered only where everything is as it was when it began; above all with the
 * same own certificate, or the server would go on to see the old one. */
static bool make_binding(struct vktls_ctx *ctx, const struct vktls_client_options *options)
{
	const char *cert = options->cert_pem != NULL ? options->cert_pem : "";
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool is_made = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(md, ctx->fleet, sizeof(ctx->fleet)) == 1 &&
		EVP_DigestUpdate(md, ctx->ca_sha256, sizeof(ctx->ca_sha256)) == 1 &&
		EVP_DigestUpdate(md, cert, strlen(cert) + 1) == 1 &&
		(options->ca_pem == NULL ||
			EVP_DigestUpdate(md, options->ca_pem, strlen(options->ca_pem)) == 1) &&
		EVP_DigestFinal_ex(md, ctx->binding, NULL) == 1;

	EVP_MD_CTX_free(md);
	return is_made;
}

enum vk_rc vktls_client_new(
	const struct vktls_client_options *options, struct vktls_ctx **out, struct vk_err *err)
{
	struct vktls_ctx *ctx = NULL;
	enum vk_rc rc;

	assert((options->ca_pem == NULL) != (options->ca_sha256 == NULL));
	assert(options->cert_pem != NULL || options->is_foreign);
	if (options->fleet != NULL && !vk_name_is_valid(options->fleet))
		return vk_err_set(err, VK_EINPUT, "the fleet's name is not a valid name");
	rc = ctx_new(TLS_client_method(), options->cert_pem, options->key_pem, &ctx, err);
	if (rc != VK_OK)
		return rc;
	if (options->fleet != NULL)
		memcpy(ctx->fleet, options->fleet, strlen(options->fleet));
	ctx->is_foreign = options->is_foreign;
	ctx->has_ca_pin = options->ca_sha256 != NULL;
	if (ctx->has_ca_pin)
		memcpy(ctx->ca_sha256, options->ca_sha256, sizeof(ctx->ca_sha256));
	else
		rc = trust_ca(ctx->ssl_ctx, options->ca_pem, false, err);
	if (rc == VK_OK && !make_binding(ctx, options))
		rc = vk_err_openssl(err, VK_EIO, "cannot set up TLS");
	if (rc != VK_OK) {
		vktls_ctx_free(ctx);
		return rc;
	}
	SSL_CTX_set_verify(ctx->ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx->ssl_ctx, vktls_verify_server, NULL);
	SSL_CTX_set_session_cache_mode(
		ctx->ssl_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx->ssl_ctx, vktls_keep_session);
	*out = ctx;
	return VK_OK;
}

enum vk_rc vktls_look_new(struct vktls_ctx **out, struct vk_err *err)
{
	struct vktls_ctx *ctx = NULL;
	enum vk_rc rc = ctx_new(TLS_client_method(), NULL, NULL, &ctx, err);

	if (rc != VK_OK)
		return rc;
	/* Weak keys, too, are something to be seen. */
	SSL_CTX_set_security_level(ctx->ssl_ctx, 0);
	if (SSL_CTX_set_min_proto_version(ctx->ssl_ctx, TLS1_2_VERSION) != 1 ||
		SSL_CTX_set1_groups_list(ctx->ssl_ctx, "X25519:P-256:P-384:P-521") != 1) {
		vktls_ctx_free(ctx);
		return vk_err_openssl(err, VK_EIO, "cannot set up TLS");
	}
	ctx->is_foreign = true;
	SSL_CTX_set_verify(ctx->ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx->ssl_ctx, vktls_verify_nothing, NULL);
	SSL_CTX_set_session_cache_mode(ctx->ssl_ctx, SSL_SESS_CACHE_OFF);
	*out = ctx;
	return VK_OK;
}

struct vktls_ctx *vktls_ctx_ref(const struct vktls_ctx *ctx)
{
	struct vktls_ctx *shared = (struct vktls_ctx *)ctx; /* only its reference count changes */

	atomic_fetch_add(&shared->refs, 1);
	return shared;
}

void vktls_ctx_free(struct vktls_ctx *ctx)
{
	if (ctx == NULL || atomic_fetch_sub(&ctx->refs, 1) != 1)
		return;
	SSL_CTX_free(ctx->ssl_ctx);
	BIO_meth_free(ctx->bio_method);
	free(ctx);
}
