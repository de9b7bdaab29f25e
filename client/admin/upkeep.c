/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/upkeep.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "common/clock.h"
#include "common/credentials.h"
#include "common/file.h"
#include "common/x509.h"

#include "common/banned.h"

static enum vk_rc read_home(const struct cli *cli, const char *name, enum vk_file_flags flags,
	struct vk_buf *out, struct vk_err *err)
{
	char *path = home_path(cli->home, name);
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, flags, out, err);

	free(path);
	return rc;
}

static enum vk_rc read_cas(const struct cli *cli, struct ca_set *out, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = read_home(cli, "ca.crt", VK_FILE_DEFAULT, &pem, err);
	if (rc == VK_OK)
		rc = ca_set_parse(out, pem.data, pem.len, err);
	vk_buf_release(&pem);
	return rc;
}

/* Replaces *have by what the root names. */
static enum vk_rc follow(const struct cli *cli, struct httpc *http, const struct ca_list *list,
	struct ca_set *have, bool *is_changed, struct vk_err *err)
{
	struct ca_set next;
	struct vk_buf pem;
	size_t missing = 0;
	enum vk_rc rc;

	ca_set_init(&next);
	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = credentials_fetch_cas(http, list, have, &next, &missing, err);
	ca_set_format(&next, &pem);
	if (rc == VK_OK)
		rc = vk_buf_check(&pem, "ca.crt", err);
	if (rc == VK_OK)
		rc = home_write(cli->home, "ca.crt", pem.data, pem.len, err);
	if (rc == VK_OK) {
		ca_set_release(have);
		*have = next;
		ca_set_init(&next);
		*is_changed = true;
		cli_note(cli, "note: ca.crt now holds the CAs that the root names");
	}
	if (rc == VK_OK && missing > 0)
		cli_note(cli, "warning: the server does not send all CAs that the root names");
	vk_buf_release(&pem);
	ca_set_release(&next);
	return rc;
}

/* The certificate must be ours, for our key. */
static enum vk_rc check_certificate(const struct cli *cli, const struct home_identity *identity,
	const char *pem, struct vk_err *err)
{
	struct x509_key *key = NULL;
	struct x509_info info;
	struct vk_buf key_pem;
	enum vk_rc rc = x509_parse_identity(pem, strlen(pem), &info, err);

	vk_buf_init(&key_pem, X509_MAX_PEM_BYTES);
	if (rc == VK_OK && (info.identity.kind != X509_KIND_USER ||
				   strcmp(info.identity.name, identity->user) != 0 ||
				   strcmp(info.identity.fleet, identity->fleet) != 0))
		rc = vk_err_set(err, VK_EUNTRUSTED, "the server issued a certificate for another");
	if (rc == VK_OK)
		rc = read_home(cli, "tls.key", VK_FILE_PRIVATE, &key_pem, err);
	if (rc == VK_OK)
		rc = x509_key_parse(key_pem.data, key_pem.len, &key, err);
	if (rc == VK_OK)
		rc = x509_check_key(pem, key, err);
	x509_key_free(key);
	vk_buf_release_wiped(&key_pem);
	return rc;
}

static enum vk_rc renew(const struct cli *cli, const struct home_identity *identity,
	struct httpc *http, const struct ca_set *have, bool *is_changed, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = credentials_renew(http, have, &pem, err);
	if (rc == VK_OK)
		rc = check_certificate(cli, identity, pem.data, err);
	if (rc == VK_OK)
		rc = home_write(cli->home, "tls.crt", pem.data, pem.len, err);
	if (rc == VK_OK) {
		*is_changed = true;
		cli_note(cli, "note: your certificate was renewed");
	}
	vk_buf_release(&pem);
	return rc;
}

void upkeep(const struct cli *cli, const struct home_identity *identity, struct httpc *http,
	const struct ca_list *list, bool *is_changed)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf cert;
	struct ca_set have;
	bool is_due = false;
	enum vk_rc rc;

	*is_changed = false;
	ca_set_init(&have);
	vk_buf_init(&cert, X509_MAX_PEM_BYTES);
	rc = read_cas(cli, &have, &err);
	if (rc == VK_OK && list->count > 0 && !ca_set_is(&have, list))
		rc = follow(cli, http, list, &have, is_changed, &err);
	if (rc == VK_OK)
		rc = read_home(cli, "tls.crt", VK_FILE_DEFAULT, &cert, &err);
	if (rc == VK_OK)
		rc = credentials_is_due(cert.data, &have, list, vk_clock_now(), &is_due, &err);
	if (rc == VK_OK && is_due)
		rc = renew(cli, identity, http, &have, is_changed, &err);
	if (rc != VK_OK)
		cli_note(cli, "warning: your certificate is not up to date: %s", err.msg);
	vk_buf_release(&cert);
	ca_set_release(&have);
}
