/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/certify.h"

#include <string.h>

#include "common/x509.h"
#include "server/own_pki.h"
#include "server/signer.h"
#include "server/store/store_certificate.h"
#include "server/store/store_host.h"
#include "server/store/store_user.h"

#include "common/banned.h"

/* Clocks differ: a certificate is valid from a little before now. */
enum { CERTIFY_BACKDATE_S = 300 };

/* The certificate's own end is looked at with each request. */
#define CERTIFY_FOREVER INT64_C(253402300799)

static enum vk_rc remember(struct writer_tx *tx, const struct certify_request *request,
	const struct vk_buf *pem, struct vk_err *err)
{
	struct store_certificate certificate = {.kind = request->kind, .name = request->name};
	char issuer[VK_SHA256_HEX_BYTES];
	struct x509_info info;
	enum vk_rc rc = x509_parse_identity(pem->data, pem->len, &info, err);

	if (rc != VK_OK)
		return rc;
	memcpy(certificate.fingerprint, info.fingerprint, sizeof(certificate.fingerprint));
	certificate.serial = info.serial;
	vk_digest_format(request->issuer, issuer);
	certificate.issuer = issuer;
	certificate.not_before = info.not_before;
	certificate.not_after = info.not_after;
	rc = store_add_certificate(writer_tx_store(tx), &certificate, writer_tx_now(tx), err);
	if (rc == VK_OK)
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	return rc;
}

/* A revocation may have been written between the look into the view and this transaction. */
static enum vk_rc check_not_revoked(
	struct writer_tx *tx, const struct certify_request *request, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	struct arena *arena = writer_tx_arena(tx);
	struct store_host host = {.revoked = 0};
	struct store_user user = {.revoked = 0};
	enum vk_rc rc = request->kind == IDENTITY_HOST
				? store_get_host(store, request->name, arena, &host, err)
				: store_get_user(store, request->name, arena, &user, err);

	if (rc == VK_OK && (host.revoked != 0 || user.revoked != 0))
		rc = vk_err_set(err, VK_EDENIED, "%s/%s is revoked",
			identity_kind_name(request->kind), request->name);
	return rc;
}

enum vk_rc certify_identity(struct writer_tx *tx, const struct certify_request *request,
	struct vk_buf *pem, struct vk_err *err)
{
	int64_t now = writer_tx_now(tx);
	const struct signer_certificate certificate = {
		.spki = request->spki,
		.spki_len = request->spki_len,
		.issuer = request->issuer,
		.kind = request->kind == IDENTITY_HOST ? X509_KIND_HOST : X509_KIND_USER,
		.name = request->name,
		.not_before = now - CERTIFY_BACKDATE_S,
		.not_after = now + request->lifetime_seconds,
	};
	enum vk_rc rc = check_not_revoked(tx, request, err);

	if (rc == VK_OK)
		rc = signer_issue_certificate(writer_tx_signer(tx), &certificate, pem, err);
	return rc == VK_OK ? remember(tx, request, pem, err) : rc;
}

enum vk_rc certify_foreign(struct writer_tx *tx, enum identity_kind kind, const char *name,
	struct vk_err *err)
{
	struct store_certificate identity = {.kind = kind,
		.name = name,
		.serial = "",
		.issuer = "own-pki",
		.not_before = 0,
		.not_after = CERTIFY_FOREVER};
	const struct certify_request request = {.kind = kind, .name = name};
	enum vk_rc rc = check_not_revoked(tx, &request, err);

	own_pki_key(kind, name, identity.fingerprint);
	if (rc == VK_OK)
		rc = store_admit_identity(
			writer_tx_store(tx), &identity, writer_tx_now(tx), err);
	if (rc == VK_OK)
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	return rc;
}
