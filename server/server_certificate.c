/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/server_certificate.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/x509.h"
#include "server/signer.h"
#include "server/state_dir.h"
#include "server/writer.h"

#include "common/banned.h"

enum { BACKDATE_S = 300 };

struct renewal {
	struct writer_command command; /* first: run() gets a pointer to it */
	struct x509_info info;	       /* of the certificate so far */
	struct x509_names names;
	const uint8_t *issuer;
	struct vk_buf spki, pem;
};

static enum vk_rc read_current(
	int state_fd, struct renewal *renewal, struct vk_buf *pem, struct vk_err *err)
{
	enum vk_rc rc =
		vk_file_read(state_fd, STATE_SERVER_CERTIFICATE, VK_FILE_NOFOLLOW, pem, err);

	if (rc == VK_OK)
		rc = x509_parse_identity(pem->data, pem->len, &renewal->info, err);
	if (rc == VK_OK && renewal->info.identity.kind != X509_KIND_SERVER)
		rc = vk_err_set(err, VK_EINPUT, "%s is not a server's certificate",
			STATE_SERVER_CERTIFICATE);
	return rc == VK_OK ? x509_read_names(pem->data, pem->len, &renewal->names, err) : rc;
}

/* The public key to certify: that of server.key, if the certificate is for it. */
static enum vk_rc read_key(
	int state_fd, const struct vk_buf *cert, struct vk_buf *spki, struct vk_err *err)
{
	struct x509_key *key = NULL;
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = vk_file_read(
		state_fd, STATE_SERVER_KEY, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &pem, err);
	if (rc == VK_OK)
		rc = x509_key_parse(pem.data, pem.len, &key, err);
	if (rc == VK_OK)
		rc = x509_check_key(cert->data, key, err);
	if (rc == VK_OK)
		rc = x509_key_public(key, spki, err);
	x509_key_free(key);
	vk_buf_release_wiped(&pem);
	return rc;
}

static enum vk_rc audit(struct writer_tx *tx, const char *name, struct vk_err *err)
{
	char *object = xasprintf("server/%s", name);
	const struct writer_audit entry = {
		.actor = object, .action = "certificate.renew", .object = object};
	enum vk_rc rc = writer_tx_audit(tx, &entry, err);

	free(object);
	return rc;
}

static enum vk_rc run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct renewal *renewal = (struct renewal *)command;
	const char *names[X509_NAMES_MAX + 1] = {NULL};
	const struct signer_certificate certificate = {
		.spki = renewal->spki.data,
		.spki_len = renewal->spki.len,
		.issuer = renewal->issuer,
		.kind = X509_KIND_SERVER,
		.name = renewal->info.identity.name,
		.names = names,
		.not_before = writer_tx_now(tx) - BACKDATE_S,
		.not_after = writer_tx_now(tx) + SERVER_CERTIFICATE_SECONDS,
	};
	enum vk_rc rc;

	for (size_t i = 0; i < renewal->names.count; i++)
		names[i] = renewal->names.texts[i];
	rc = signer_issue_certificate(writer_tx_signer(tx), &certificate, &renewal->pem, err);
	return rc == VK_OK ? audit(tx, renewal->info.identity.name, err) : rc;
}

static bool is_due(const struct x509_info *info)
{
	return vk_clock_now() >= info->not_after - (info->not_after - info->not_before) / 3;
}

static enum vk_rc renew(int state_fd, struct writer *writer, struct renewal *renewal,
	const struct vk_buf *current, struct vk_err *err)
{
	enum vk_rc rc = read_key(state_fd, current, &renewal->spki, err);

	if (rc == VK_OK)
		rc = writer_execute(writer, &renewal->command, err);
	if (rc == VK_OK)
		rc = vk_file_replace(state_fd, STATE_SERVER_CERTIFICATE, 0644, renewal->pem.data,
			renewal->pem.len, err);
	return rc;
}

enum vk_rc server_certificate_renew(
	int state_fd, struct writer *writer, const struct ca_set *known,
	const uint8_t issuer[VK_SHA256_BYTES], bool *is_renewed, struct vk_err *err)
{
	struct renewal *renewal = xcalloc(1, sizeof(*renewal));
	struct vk_buf current;
	enum vk_rc rc;

	renewal->issuer = issuer;
	renewal->command = (struct writer_command){.name = "certificate.renew", .run = run};
	vk_buf_init(&current, X509_MAX_PEM_BYTES);
	vk_buf_init(&renewal->spki, X509_MAX_PEM_BYTES);
	vk_buf_init(&renewal->pem, X509_MAX_PEM_BYTES);
	rc = read_current(state_fd, renewal, &current, err);
	if (rc == VK_OK) {
		const struct ca_set_item *from = ca_set_issuer(known, current.data);
		bool is_wanted = is_due(&renewal->info) ||
			(from != NULL && memcmp(from->digest, issuer, VK_SHA256_BYTES) != 0);

		if (is_wanted)
			rc = renew(state_fd, writer, renewal, &current, err);
		*is_renewed = is_wanted && rc == VK_OK;
	}
	vk_buf_release(&renewal->pem);
	vk_buf_release(&renewal->spki);
	vk_buf_release(&current);
	free(renewal);
	return rc;
}
