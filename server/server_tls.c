/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/server_tls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vktls.h"
#include "common/x509.h"
#include "server/authority.h"
#include "server/ca_change.h"
#include "server/ca_file.h"
#include "server/readers.h"
#include "server/server_certificate.h"
#include "server/state_dir.h"

#include "common/banned.h"

enum { CHECK_MS = 60 * 60 * 1000 };

struct server_tls {
	int state_fd;
	struct server_tls_files files;
	struct timespec changed; /* of files.certificate */
	struct writer *writer;
	struct readers *readers;
	struct authority *authority;
	struct vktls_ctx *ctx;
	int64_t expires;
	int64_t check_ms;		  /* when the certificate's age is looked at next */
	uint8_t trusted[VK_SHA256_BYTES]; /* digest of the CAs in ctx */
};

/* The CAs whose certificates TLS takes. As long as the root names none, that includes one that waits
 * for being named: it has issued nothing, and can do so from the very moment. */
static const struct ca_set *choose_cas(
	const struct server_tls *tls, const struct authority_now *now)
{
	return now->is_listed ? &now->trusted : authority_known(tls->authority);
}

static void format_cas(
	const struct server_tls *tls, const struct authority_now *now, struct vk_buf *out)
{
	vk_buf_init(out, CA_SET_MAX_BYTES);
	ca_set_format(choose_cas(tls, now), out);
}

static enum vk_rc make_ctx(const struct vk_buf *ca, const struct vk_buf *certificate,
	const struct vk_buf *key, struct vktls_ctx **out, struct vk_err *err)
{
	const struct vktls_server_options options = {
		.ca_pem = ca->data, .cert_pem = certificate->data, .key_pem = key->data};

	return vktls_server_new(&options, out, err);
}

/* What is learned of the certificate that was loaded. */
static void note_certificate(struct server_tls *tls, const struct vk_buf *certificate)
{
	const struct ca_set_item *from =
		ca_set_issuer(authority_known(tls->authority), certificate->data);
	int64_t not_before;

	if (from != NULL)
		authority_set_serving(tls->authority, from->digest);
	if (x509_read_validity(
		    certificate->data, certificate->len, &not_before, &tls->expires, NULL) != VK_OK)
		tls->expires = 0;
}

/* Whether the certificate of the user's own PKI is another file, or another content, than the last
 * time that this was asked. */
static bool has_changed(struct server_tls *tls)
{
	struct timespec before = tls->changed;
	struct stat st;

	if (tls->files.certificate == NULL || stat(tls->files.certificate, &st) != 0)
		return false;
	tls->changed = st.st_ctim;
	return before.tv_sec != st.st_ctim.tv_sec || before.tv_nsec != st.st_ctim.tv_nsec;
}

enum vk_rc server_tls_reload(struct server_tls *tls, struct vk_err *err)
{
	struct vk_buf certificate, key, ca;
	struct authority_now now;
	struct vktls_ctx *fresh = NULL;
	bool is_own = tls->files.certificate != NULL;
	enum vk_rc rc;

	authority_now(tls->authority, &now);
	format_cas(tls, &now, &ca);
	vk_buf_init(&certificate, X509_MAX_PEM_BYTES);
	vk_buf_init(&key, X509_MAX_PEM_BYTES);
	(void)has_changed(tls);
	rc = vk_file_read(tls->state_fd,
		is_own ? tls->files.certificate : STATE_SERVER_CERTIFICATE,
		is_own ? VK_FILE_DEFAULT : VK_FILE_NOFOLLOW, &certificate, err);
	if (rc == VK_OK)
		rc = vk_file_read(tls->state_fd, is_own ? tls->files.key : STATE_SERVER_KEY,
			VK_FILE_PRIVATE | (is_own ? VK_FILE_DEFAULT : VK_FILE_NOFOLLOW), &key, err);
	if (rc == VK_OK)
		rc = make_ctx(&ca, &certificate, &key, &fresh, err);
	if (rc == VK_OK) {
		vktls_ctx_free(tls->ctx);
		tls->ctx = fresh;
		vk_sha256(ca.data, ca.len, tls->trusted);
		note_certificate(tls, &certificate);
		authority_set_loaded(tls->authority, choose_cas(tls, &now));
	}
	vk_buf_release(&certificate);
	vk_buf_release_wiped(&key);
	vk_buf_release(&ca);
	authority_now_release(&now);
	return rc;
}

static enum vk_rc find_wanted(struct server_tls *tls, const struct authority_now *now,
	uint8_t wanted[VK_SHA256_BYTES], struct vk_err *err)
{
	struct store *store = NULL;
	enum vk_rc rc = readers_take(tls->readers, &store, err);

	if (rc != VK_OK)
		return rc;
	rc = ca_change_wanted(now, store, vk_clock_now(), wanted, err);
	readers_give(tls->readers, store);
	return rc;
}

/* True if there is a new certificate to load. */
static bool renew(struct server_tls *tls, const uint8_t wanted[VK_SHA256_BYTES])
{
	struct vk_err err = VK_ERR_INIT;
	bool is_renewed = false;

	tls->check_ms = vk_clock_monotonic_ms() + CHECK_MS;
	if (server_certificate_renew(tls->state_fd, tls->writer, authority_known(tls->authority),
		    wanted, &is_renewed, &err) != VK_OK)
		vk_log_err(VK_LOG_ERROR, "certificate-not-renewed", &err);
	else if (is_renewed)
		vk_log(VK_LOG_INFO, "certificate-renewed", VK_KV("file", STATE_SERVER_CERTIFICATE));
	return is_renewed;
}

/* The CA whose files come first is not named any more: its key is worth nothing and goes. */
static void promote(struct server_tls *tls, const struct authority_now *now)
{
	const struct ca_set *known = authority_known(tls->authority);
	struct vk_err err = VK_ERR_INIT;
	bool is_first_trusted = ca_set_find(&now->trusted, known->items[0].digest) != NULL;
	bool is_next_trusted = known->count > 1 &&
		ca_set_find(&now->trusted, known->items[1].digest) != NULL;

	if (is_first_trusted || !is_next_trusted)
		return;
	if (ca_file_promote(tls->state_fd, &err) != VK_OK)
		vk_log_err(VK_LOG_ERROR, "ca-not-promoted", &err);
}

static bool is_trusted_same(const struct server_tls *tls, const struct authority_now *now)
{
	uint8_t digest[VK_SHA256_BYTES];
	struct vk_buf ca;

	format_cas(tls, now, &ca);
	vk_sha256(ca.data, ca.len, digest);
	vk_buf_release(&ca);
	return memcmp(digest, tls->trusted, sizeof(digest)) == 0;
}

static bool look_at_own(struct server_tls *tls)
{
	struct vk_err err = VK_ERR_INIT;

	if (!has_changed(tls))
		return false;
	if (server_tls_reload(tls, &err) != VK_OK) {
		vk_log_err(VK_LOG_ERROR, "certificate-kept", &err);
		return false;
	}
	vk_log(VK_LOG_INFO, "certificate-renewed", VK_KV("file", tls->files.certificate));
	return true;
}

bool server_tls_look(struct server_tls *tls)
{
	struct vk_err err = VK_ERR_INIT;
	uint8_t wanted[VK_SHA256_BYTES];
	struct authority_now now;
	bool is_due = vk_clock_monotonic_ms() >= tls->check_ms;
	bool is_changed;

	if (tls->files.certificate != NULL)
		return look_at_own(tls);
	authority_now(tls->authority, &now);
	is_changed = !is_trusted_same(tls, &now);
	if (find_wanted(tls, &now, wanted, &err) != VK_OK) {
		vk_log_err(VK_LOG_ERROR, "certificate-not-checked", &err);
		memcpy(wanted, now.serving, sizeof(wanted));
	}
	if (memcmp(wanted, now.serving, sizeof(wanted)) != 0)
		is_due = true;
	if (is_due && renew(tls, wanted))
		is_changed = true;
	if (is_changed && server_tls_reload(tls, &err) != VK_OK) {
		vk_log_err(VK_LOG_ERROR, "certificate-kept", &err);
		is_changed = false;
	}
	if (is_changed)
		promote(tls, &now);
	authority_now_release(&now);
	return is_changed;
}

enum vk_rc server_tls_open(int state_fd, const struct server_tls_files *files,
	struct writer *writer, struct readers *readers, struct authority *authority,
	struct server_tls **out, struct vk_err *err)
{
	struct server_tls *tls = xcalloc(1, sizeof(*tls));
	enum vk_rc rc;

	tls->state_fd = state_fd;
	tls->files = *files;
	tls->writer = writer;
	tls->readers = readers;
	tls->authority = authority;
	rc = server_tls_reload(tls, err); /* says which CA it serves with */
	if (rc == VK_OK)
		(void)server_tls_look(tls);
	if (rc == VK_OK)
		*out = tls;
	else
		server_tls_free(tls);
	return rc;
}

void server_tls_free(struct server_tls *tls)
{
	if (tls == NULL)
		return;
	vktls_ctx_free(tls->ctx);
	free(tls);
}

const struct vktls_ctx *server_tls_ctx(const struct server_tls *tls)
{
	return tls->ctx;
}

int64_t server_tls_expires(const struct server_tls *tls)
{
	return tls->expires;
}
