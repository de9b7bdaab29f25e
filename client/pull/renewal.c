/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/renewal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/credentials.h"
#include "common/file.h"
#include "common/log.h"
#include "common/x509.h"

#include "common/banned.h"

#define BEFORE "tls.crt.before"

enum vk_rc renewal_check_certificate(const char *cert_pem, const char *key_pem, const char *fleet,
	const char *host, struct vk_err *err)
{
	struct x509_key *key = NULL;
	struct x509_info info;
	enum vk_rc rc = x509_parse_identity(cert_pem, strlen(cert_pem), &info, err);

	if (rc == VK_OK &&
		(info.identity.kind != X509_KIND_HOST || strcmp(info.identity.fleet, fleet) != 0 ||
			strcmp(info.identity.name, host) != 0))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the certificate is for %s/%s of fleet %s, not for host %s of %s",
			x509_kind_name(info.identity.kind), info.identity.name, info.identity.fleet,
			host, fleet);
	if (rc == VK_OK)
		rc = x509_key_parse(key_pem, strlen(key_pem), &key, err);
	if (rc == VK_OK)
		rc = x509_check_key(cert_pem, key, err);
	x509_key_free(key);
	return rc;
}

static enum vk_rc read_file(const struct agent *agent, const char *name, enum vk_file_flags flags,
	struct vk_buf *out, struct vk_err *err)
{
	char *path = agent_path(agent, name);
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, flags, out, err);

	free(path);
	return rc;
}

/* A second name for the present certificate; without one, renewal goes on. */
static void keep_before(const struct agent *agent)
{
	char *path = agent_path(agent, "tls.crt");
	char *before = agent_path(agent, BEFORE);

	unlink(before);
	if (link(path, before) != 0)
		vk_log(VK_LOG_WARN, "certificate-before-not-kept", VK_KV("file", before));
	free(before);
	free(path);
}

void renewal_take_back(struct agent *agent)
{
	char *path = agent_path(agent, "tls.crt");
	char *before = agent_path(agent, BEFORE);
	struct vk_err err = VK_ERR_INIT;
	struct x509_info info;
	struct vk_buf pem;
	enum vk_rc rc = VK_ENOTFOUND;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	if (agent->settings->ca == NULL)
		rc = read_file(agent, BEFORE, VK_FILE_DEFAULT, &pem, &err);
	if (rc == VK_OK)
		rc = x509_parse_identity(pem.data, pem.len, &info, &err);
	if (rc == VK_OK && info.not_after > vk_clock_now() && rename(before, path) == 0)
		vk_log(VK_LOG_WARN, "certificate-taken-back", VK_KV("host", agent->pins.host));
	vk_buf_release(&pem);
	free(before);
	free(path);
}

static enum vk_rc keep(struct agent *agent, const char *cert_pem, struct vk_err *err)
{
	char *path = agent_path(agent, "tls.crt");
	struct vk_buf key;
	enum vk_rc rc;

	vk_buf_init(&key, X509_MAX_PEM_BYTES);
	rc = read_file(agent, "tls.key", VK_FILE_PRIVATE, &key, err);
	if (rc == VK_OK)
		rc = renewal_check_certificate(
			cert_pem, key.data, agent->pins.fleet, agent->pins.host, err);
	if (rc == VK_OK) {
		keep_before(agent);
		rc = vk_file_replace(AT_FDCWD, path, 0600, cert_pem, strlen(cert_pem), err);
	}
	vk_buf_release_wiped(&key);
	free(path);
	return rc;
}

static enum vk_rc renew(struct agent *agent, const struct ca_set *have, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = credentials_renew(agent->client, have, &pem, err);
	if (rc == VK_OK)
		rc = keep(agent, pem.data, err);
	if (rc == VK_OK)
		rc = agent_connect(agent, err);
	if (rc == VK_OK)
		vk_log(VK_LOG_INFO, "certificate-renewed", VK_KV("host", agent->pins.host));
	vk_buf_release(&pem);
	return rc;
}

static enum vk_rc read_cas(const struct agent *agent, struct ca_set *out, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = read_file(agent, "ca.crt", VK_FILE_DEFAULT, &pem, err);
	if (rc == VK_OK)
		rc = ca_set_parse(out, pem.data, pem.len, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "ca.crt");
	vk_buf_release(&pem);
	return rc;
}

static enum vk_rc write_cas(struct agent *agent, const struct ca_set *set, struct vk_err *err)
{
	char *path = agent_path(agent, "ca.crt");
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	ca_set_format(set, &pem);
	rc = vk_buf_check(&pem, "ca.crt", err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, pem.data, pem.len, err);
	vk_buf_release(&pem);
	free(path);
	return rc;
}

/* Replaces *have, and ca.crt, by what the verified root names. */
static enum vk_rc follow(
	struct agent *agent, const struct ca_list *list, struct ca_set *have, struct vk_err *err)
{
	struct ca_set next;
	size_t missing = 0;
	enum vk_rc rc;

	ca_set_init(&next);
	rc = credentials_fetch_cas(agent->client, list, have, &next, &missing, err);
	if (rc == VK_OK)
		rc = write_cas(agent, &next, err);
	if (rc == VK_OK)
		rc = agent_connect(agent, err);
	if (rc == VK_OK) {
		vk_log(missing > 0 ? VK_LOG_WARN : VK_LOG_INFO, "ca-followed",
			VK_KN("cas", (int64_t)next.count), VK_KN("missing", (int64_t)missing));
		ca_set_release(have);
		*have = next;
		ca_set_init(&next);
	}
	ca_set_release(&next);
	return rc;
}

void renewal_check(struct agent *agent, const struct ca_list *list)
{
	struct vk_err err = VK_ERR_INIT;
	struct ca_set have;
	struct vk_buf cert;
	bool is_due = false;
	enum vk_rc rc;

	if (agent->settings->ca != NULL)
		return; /* somebody else's business */
	ca_set_init(&have);
	vk_buf_init(&cert, X509_MAX_PEM_BYTES);
	rc = read_cas(agent, &have, &err);
	if (rc == VK_OK && list->count > 0 && !ca_set_is(&have, list))
		rc = follow(agent, list, &have, &err);
	if (rc == VK_OK)
		rc = read_file(agent, "tls.crt", VK_FILE_DEFAULT, &cert, &err);
	if (rc == VK_OK)
		rc = credentials_is_due(cert.data, &have, list, vk_clock_now(), &is_due, &err);
	if (rc == VK_OK && is_due)
		rc = renew(agent, &have, &err);
	if (rc != VK_OK)
		vk_log_err(VK_LOG_ERROR, "certificate-renewal-failed", &err);
	vk_buf_release(&cert);
	ca_set_release(&have);
}
