/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/renewal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/vkjson.h"
#include "common/x509.h"

#include "common/banned.h"

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

/* Two thirds of its life are over. */
static bool is_due(const struct x509_info *info)
{
	int64_t life = info->not_after - info->not_before;

	return vk_clock_now() >= info->not_before + life - life / 3;
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
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, cert_pem, strlen(cert_pem), err);
	vk_buf_release_wiped(&key);
	free(path);
	return rc;
}

static enum vk_rc renew(struct agent *agent, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	const char *certificate = NULL;
	struct vkjson *json = NULL;
	enum vk_rc rc = httpc_post(agent->client, "/v1/renew", "{}", 2, &reply, err);

	if (rc == VK_OK)
		rc = vkjson_parse(reply.body, reply.body_len, &json, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "certificate", &certificate, err);
	if (rc == VK_OK)
		rc = keep(agent, certificate, err);
	if (rc == VK_OK)
		rc = agent_connect(agent, err);
	vkjson_free(json);
	httpc_reply_release(&reply);
	return rc;
}

void renewal_check(struct agent *agent)
{
	struct vk_err err = VK_ERR_INIT;
	struct x509_info info;
	struct vk_buf cert;
	enum vk_rc rc;

	vk_buf_init(&cert, X509_MAX_PEM_BYTES);
	rc = read_file(agent, "tls.crt", VK_FILE_DEFAULT, &cert, &err);
	if (rc == VK_OK)
		rc = x509_parse_identity(cert.data, cert.len, &info, &err);
	if (rc == VK_OK && is_due(&info)) {
		rc = renew(agent, &err);
		if (rc == VK_OK)
			vk_log(VK_LOG_INFO, "certificate-renewed", VK_KV("host", agent->pins.host));
	}
	if (rc != VK_OK)
		vk_log_err(VK_LOG_ERROR, "certificate-renewal-failed", &err);
	vk_buf_release(&cert);
}
