/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vktls_internal.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/clock.h"
#include "common/x509.h"

#include "common/banned.h"

static struct vktls *conn_of(X509_STORE_CTX *store_ctx)
{
	const SSL *ssl =
		X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_get_app_data(ssl);
}

/* Certificates are held against the clock that everything else goes by. */
static void use_our_clock(X509_STORE_CTX *store_ctx)
{
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store_ctx), (time_t)vk_clock_now());
}

static bool is_valid_now(const X509 *cert)
{
	time_t now = (time_t)vk_clock_now();

	return X509_cmp_time(X509_get0_notBefore(cert), &now) < 0 &&
		X509_cmp_time(X509_get0_notAfter(cert), &now) > 0;
}

/* A certificate of the fleet, or one that somebody made for himself in order to enrol. The verify
 * result of the latter stays "self-signed", in the session too, and is what tells it apart. */
int vktls_verify_client(X509_STORE_CTX *store_ctx, void *arg)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);

	(void)arg;
	use_our_clock(store_ctx);
	if (X509_verify_cert(store_ctx) == 1)
		return 1;
	if (X509_STORE_CTX_get_error(store_ctx) != X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		return 0;
	if (!is_valid_now(leaf)) {
		X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_CERT_HAS_EXPIRED);
		return 0;
	}
	ERR_clear_error();
	return X509_self_signed(leaf, 1) == 1;
}

static bool has_server_identity(const struct vktls_ctx *ctx, const X509 *cert)
{
	struct x509_info info;
	unsigned char *der = NULL;
	bool is_read;
	int len;

	if (ctx->is_foreign)
		return true;
	len = i2d_X509(cert, &der);
	is_read = len > 0 && x509_parse_identity(der, (size_t)len, &info, NULL) == VK_OK;
	OPENSSL_free(der);
	return is_read && info.identity.kind == X509_KIND_SERVER &&
		(ctx->fleet[0] == '\0' || strcmp(ctx->fleet, info.identity.fleet) == 0);
}

static bool has_digest(const X509 *cert, const uint8_t digest[VKTLS_FINGERPRINT_BYTES])
{
	uint8_t actual[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	return X509_digest(cert, EVP_sha256(), actual, &len) == 1 &&
		memcmp(actual, digest, VKTLS_FINGERPRINT_BYTES) == 0;
}

/* Verifies against the one CA, out of those that the server sent, which has the pinned digest. */
static int verify_by_pin(const struct vktls_ctx *ctx, X509_STORE_CTX *store_ctx)
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store_ctx);
	STACK_OF(X509) *trusted = sk_X509_new_null();
	int is_verified = 0;

	for (int i = 0; trusted != NULL && i < sk_X509_num(sent); i++) {
		X509 *cert = sk_X509_value(sent, i);

		if (has_digest(cert, ctx->ca_sha256))
			sk_X509_push(trusted, cert);
	}
	if (sk_X509_num(trusted) > 0) {
		X509_STORE_CTX_set0_trusted_stack(store_ctx, trusted);
		is_verified = X509_verify_cert(store_ctx) == 1;
	} else {
		X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
	}
	sk_X509_free(trusted); /* the certificates are the connection's */
	return is_verified;
}

int vktls_verify_server(X509_STORE_CTX *store_ctx, void *arg)
{
	const struct vktls_ctx *ctx = conn_of(store_ctx)->ctx;

	(void)arg;
	use_our_clock(store_ctx);
	if (ctx->has_ca_pin ? !verify_by_pin(ctx, store_ctx) : X509_verify_cert(store_ctx) != 1)
		return 0;
	if (has_server_identity(ctx, X509_STORE_CTX_get0_cert(store_ctx)))
		return 1;
	X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

int vktls_verify_nothing(X509_STORE_CTX *store_ctx, void *arg)
{
	(void)arg;
	return vktls_keep_peer(conn_of(store_ctx), X509_STORE_CTX_get0_cert(store_ctx)) ? 1 : 0;
}

/* A resumed session was verified when it began; what may have changed since is looked at again. */
bool vktls_is_still_good(const struct vktls *conn, X509 *cert)
{
	struct in6_addr ip;
	bool is_ip = inet_pton(AF_INET, conn->server_name, &ip) == 1 ||
		inet_pton(AF_INET6, conn->server_name, &ip) == 1;

	return is_valid_now(cert) && has_server_identity(conn->ctx, cert) &&
		(is_ip ? X509_check_ip_asc(cert, conn->server_name, 0) == 1
		       : X509_check_host(cert, conn->server_name, 0, 0, NULL) == 1);
}
