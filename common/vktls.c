/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vktls_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/mem.h"
#include "common/sslerr.h"

#include "common/banned.h"

/*
 * The socket as OpenSSL sees it. Its own socket BIO writes with write(2), and a write to a peer
 * that has gone would raise SIGPIPE.
 */

static int socket_write(BIO *bio, const char *data, int len)
{
	struct vktls *conn = BIO_get_data(bio);
	ssize_t n = send(conn->fd, data, (size_t)len, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)n;
}

static int socket_read(BIO *bio, char *data, int size)
{
	struct vktls *conn = BIO_get_data(bio);
	ssize_t n = recv(conn->fd, data, (size_t)size, 0);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		BIO_set_retry_read(bio);
	conn->is_at_eof = n == 0;
	return (int)n;
}

static long socket_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const struct vktls *conn = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_FLUSH)
		return 1;
	return command == BIO_CTRL_EOF && conn->is_at_eof;
}

BIO_METHOD *vktls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "vktls socket");

	if (method == NULL || BIO_meth_set_write(method, socket_write) != 1 ||
		BIO_meth_set_read(method, socket_read) != 1 ||
		BIO_meth_set_ctrl(method, socket_ctrl) != 1) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

/* Connections. */

static void set_server_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	/* An IP address goes into no SNI (RFC 6066, 3). */
	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		return;
	ERR_clear_error();
	if (SSL_set1_host(ssl, name) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1)
		abort(); /* out of memory only */
}

struct vktls *vktls_new(const struct vktls_ctx *ctx, int fd, const char *server_name)
{
	struct vktls *conn = xcalloc(1, sizeof(*conn));
	BIO *bio = BIO_new(ctx->bio_method);

	assert(ctx->is_server == (server_name == NULL));
	conn->ctx = vktls_ctx_ref(ctx);
	conn->fd = fd;
	conn->ssl = SSL_new(ctx->ssl_ctx);
	if (conn->ssl == NULL || bio == NULL)
		abort(); /* out of memory only */
	BIO_set_data(bio, conn);
	BIO_set_init(bio, 1);
	SSL_set_bio(conn->ssl, bio, bio);
	SSL_set_app_data(conn->ssl, conn);
	if (ctx->is_server) {
		SSL_set_accept_state(conn->ssl);
	} else {
		conn->server_name = xstrdup(server_name);
		set_server_name(conn->ssl, server_name);
		SSL_set_connect_state(conn->ssl);
	}
	return conn;
}

void vktls_free(struct vktls *conn)
{
	if (conn == NULL)
		return;
	SSL_free(conn->ssl);
	SSL_SESSION_free(conn->session);
	vktls_ctx_free(conn->ctx);
	free(conn->server_name);
	free(conn->err);
	free(conn);
}

/* Alerts by which a peer says that it does not want our certificate. */
static bool is_refusal(int reason)
{
	switch (reason) {
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		return true;
	}
	return false;
}

/* The error queue as a struct vk_err. */
static void explain_tls_error(const struct vktls *conn, struct vk_err *err)
{
	int reason = ERR_GET_REASON(ERR_peek_error());
	long verified = SSL_get_verify_result(conn->ssl);

	if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED &&
		verified == X509_V_ERR_APPLICATION_VERIFICATION) {
		vk_err_set(err, VK_EUNTRUSTED,
			"the certificate is not that of a vkcfg server of this fleet");
		ERR_clear_error();
	} else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		vk_err_set(err, VK_EUNTRUSTED, "the peer's certificate is refused: %s",
			X509_verify_cert_error_string(verified));
		ERR_clear_error();
	} else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		vk_err_openssl(err, VK_EUNTRUSTED, "the peer shows no certificate");
	} else if (is_refusal(reason)) {
		vk_err_openssl(err, VK_EDENIED, "the peer refuses the own certificate");
	} else {
		vk_err_openssl(err, VK_EINPUT, "TLS");
	}
}

/* A peer that refused us has sent an alert before it hung up; when writing fails, it may be there
 * to read and says more than "broken pipe". */
static bool find_alert(struct vktls *conn)
{
	char byte;

	ERR_clear_error();
	return SSL_peek(conn->ssl, &byte, 1) <= 0 &&
		is_refusal(ERR_GET_REASON(ERR_peek_error()));
}

static enum vktls_result fail_with(struct vktls *conn, const struct vk_err *err)
{
	if (conn->err == NULL)
		conn->err = xmemdup(err, sizeof(*err));
	conn->is_up = false;
	return VKTLS_FAILED;
}

static enum vktls_result finish(struct vktls *conn, int ret)
{
	struct vk_err err = VK_ERR_INIT;
	int saved_errno = errno;

	switch (SSL_get_error(conn->ssl, ret)) {
	case SSL_ERROR_NONE:
		return VKTLS_DONE;
	case SSL_ERROR_WANT_READ:
		return VKTLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return VKTLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return VKTLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		if (conn->is_at_eof)
			return VKTLS_CLOSED;
		if (saved_errno == EPIPE && find_alert(conn))
			explain_tls_error(conn, &err);
		else
			vk_err_errno(&err, VK_EUNAVAIL, saved_errno, "the connection broke");
		return fail_with(conn, &err);
	}
	explain_tls_error(conn, &err);
	return fail_with(conn, &err);
}

int vktls_keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct vktls *conn = SSL_get_app_data(ssl);

	SSL_SESSION_free(conn->session);
	conn->session = session;
	return 1; /* ours now */
}

static bool read_end_of_life(const X509 *cert, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

bool vktls_keep_peer(struct vktls *conn, const X509 *cert)
{
	unsigned int len = 0;

	conn->has_seen_peer = cert != NULL &&
		X509_digest(cert, EVP_sha256(), conn->fingerprint, &len) == 1 &&
		read_end_of_life(cert, &conn->not_after);
	return conn->has_seen_peer;
}

/* After the handshake: keeps what is asked for at each request. */
static enum vktls_result take_peer(struct vktls *conn)
{
	X509 *cert = SSL_get0_peer_certificate(conn->ssl);
	struct vk_err err = VK_ERR_INIT;

	if (!vktls_keep_peer(conn, cert)) {
		vk_err_openssl(&err, VK_EUNTRUSTED, "the peer's certificate cannot be read");
		return fail_with(conn, &err);
	}
	if (!conn->ctx->is_server && SSL_session_reused(conn->ssl) && !vktls_is_still_good(conn, cert)) {
		vk_err_set(&err, VK_EUNTRUSTED, "the resumed session is no longer good");
		return fail_with(conn, &err);
	}
	conn->is_self_signed = SSL_get_verify_result(conn->ssl) != X509_V_OK;
	conn->is_up = true;
	return VKTLS_DONE;
}

enum vktls_result vktls_handshake(struct vktls *conn)
{
	struct vk_err err = VK_ERR_INIT;
	enum vktls_result result;

	ERR_clear_error();
	result = finish(conn, SSL_do_handshake(conn->ssl));
	if (result == VKTLS_DONE)
		return take_peer(conn);
	if (result != VKTLS_CLOSED)
		return result;
	vk_err_set(&err, VK_EUNAVAIL, "the peer closed the connection during the TLS handshake");
	return fail_with(conn, &err);
}

enum vktls_result vktls_read(struct vktls *conn, void *buf, size_t size, size_t *len)
{
	ERR_clear_error();
	return finish(conn, SSL_read_ex(conn->ssl, buf, size, len));
}

enum vktls_result vktls_write(struct vktls *conn, const void *buf, size_t len, size_t *written)
{
	ERR_clear_error();
	return finish(conn, SSL_write_ex(conn->ssl, buf, len, written));
}

enum vktls_result vktls_shutdown(struct vktls *conn)
{
	int ret;

	if (!conn->is_up)
		return VKTLS_DONE;
	ERR_clear_error();
	ret = SSL_shutdown(conn->ssl);
	if (ret < 0 && SSL_get_error(conn->ssl, ret) == SSL_ERROR_WANT_WRITE)
		return VKTLS_WANT_WRITE;
	return VKTLS_DONE;
}

enum vk_rc vktls_error(const struct vktls *conn, struct vk_err *err)
{
	if (conn->err == NULL)
		return vk_err_set(err, VK_EUNAVAIL, "the peer closed the connection");
	if (err != NULL)
		*err = *conn->err;
	return conn->err->rc;
}

/* The peer. */

bool vktls_has_seen_peer(const struct vktls *conn)
{
	return conn->has_seen_peer;
}

void vktls_peer_fingerprint(const struct vktls *conn, uint8_t out[VKTLS_FINGERPRINT_BYTES])
{
	memcpy(out, conn->fingerprint, VKTLS_FINGERPRINT_BYTES);
}

bool vktls_peer_is_self_signed(const struct vktls *conn)
{
	return conn->is_self_signed;
}

int64_t vktls_peer_not_after(const struct vktls *conn)
{
	return conn->not_after;
}

void vktls_peer_certificate(const struct vktls *conn, struct vk_buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(SSL_get0_peer_certificate(conn->ssl), &der);

	if (len > 0)
		vk_buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

void vktls_peer_public_key(const struct vktls *conn, struct vk_buf *out)
{
	const X509 *cert = SSL_get0_peer_certificate(conn->ssl);
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (len > 0)
		vk_buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

bool vktls_is_resumed(const struct vktls *conn)
{
	return SSL_session_reused(conn->ssl) == 1;
}

void vktls_session_save(const struct vktls *conn, struct vk_buf *out)
{
	unsigned char *der = NULL;
	int len = conn->session == NULL ? 0 : i2d_SSL_SESSION(conn->session, &der);

	if (len > 0) {
		vk_buf_add(out, conn->ctx->binding, VKTLS_BINDING_BYTES);
		vk_buf_add(out, conn->server_name, strlen(conn->server_name) + 1);
		vk_buf_add(out, der, (size_t)len);
	}
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
}

void vktls_session_load(struct vktls *conn, const void *data, size_t len)
{
	size_t prefix_len = VKTLS_BINDING_BYTES + strlen(conn->server_name) + 1;
	const unsigned char *der = data;
	SSL_SESSION *session;

	if (len <= prefix_len || len > VKTLS_MAX_SESSION_BYTES ||
		memcmp(der, conn->ctx->binding, VKTLS_BINDING_BYTES) != 0 ||
		memcmp(der + VKTLS_BINDING_BYTES, conn->server_name,
			prefix_len - VKTLS_BINDING_BYTES) != 0)
		return;
	der += prefix_len;
	session = d2i_SSL_SESSION(NULL, &der, (long)(len - prefix_len));
	if (session != NULL)
		SSL_set_session(conn->ssl, session);
	SSL_SESSION_free(session);
	ERR_clear_error();
}
