/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/certificates.h"

#include <fcntl.h>
#include <stdlib.h>

#include "common/ca_set.h"
#include "common/clock.h"
#include "common/credentials.h"
#include "common/file.h"
#include "common/x509.h"

#include "common/banned.h"

static enum vk_rc read_file(
	const struct agent *agent, const char *name, struct vk_buf *out, struct vk_err *err)
{
	char *path = agent_tls_path(agent, name);
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, out, err);

	free(path);
	return rc;
}

static enum vk_rc look_at_ca(
	const struct agent *agent, int64_t now, struct certificates *out, struct vk_err *err)
{
	struct ca_set set;
	struct vk_buf pem;
	enum vk_rc rc;

	ca_set_init(&set);
	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = read_file(agent, "ca.crt", &pem, err);
	if (rc == VK_OK)
		rc = ca_set_parse(&set, pem.data, pem.len, err);
	if (rc == VK_OK) {
		out->ca_expires = set.items[set.count - 1].not_after;
		out->is_ca_soon = out->ca_expires - now <= agent->settings->expiry_warning_s;
	}
	vk_buf_release(&pem);
	ca_set_release(&set);
	return rc;
}

enum vk_rc certificates_look(
	const struct agent *agent, struct certificates *out, struct vk_err *err)
{
	struct certificates found = {.host_expires = 0};
	int64_t now = vk_clock_now();
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = read_file(agent, "tls.crt", &pem, err);
	if (rc == VK_OK)
		rc = x509_read_validity(
			pem.data, pem.len, &found.host_since, &found.host_expires, err);
	if (rc == VK_OK) {
		found.is_overdue =
			credentials_is_overdue(found.host_since, found.host_expires, now);
		rc = look_at_ca(agent, now, &found, err);
	}
	if (rc == VK_OK)
		*out = found;
	vk_buf_release(&pem);
	return rc;
}

void certificates_warn(const struct certificates *certificates, struct vk_buf *out)
{
	char expires[VK_TIME_TEXT_BYTES];

	if (certificates->is_overdue) {
		vk_time_format(certificates->host_expires, expires);
		vk_buf_addf(out, "the host's certificate should have been renewed: it expires %s",
			expires);
	}
	if (certificates->is_ca_soon) {
		vk_time_format(certificates->ca_expires, expires);
		vk_buf_addf(out, "%sthe CA expires %s", out->len > 0 ? "; " : "", expires);
	}
}
