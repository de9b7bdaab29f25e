/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/ca_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/x509.h"
#include "server/state_dir.h"

#include "common/banned.h"

enum { CA_SECONDS = 3650 * 86400, BACKDATE_S = 300 };

static const char *const certificates[] = {STATE_CA_CERTIFICATE, STATE_NEXT_CA_CERTIFICATE};
static const char *const keys[] = {STATE_CA_KEY, STATE_NEXT_CA_KEY};

static enum vk_rc write_key(
	int state_fd, const char *name, const struct x509_key *key, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = x509_key_format(key, &pem, err);
	if (rc == VK_OK)
		rc = vk_buf_check(&pem, name, err);
	if (rc == VK_OK)
		rc = vk_file_create(state_fd, name, 0600, pem.data, pem.len, err);
	vk_buf_release_wiped(&pem);
	return rc;
}

/* The key first: a certificate without one would keep the signer from starting. */
enum vk_rc ca_file_make(int state_fd, enum ca_file_which which, const char *fleet,
	struct x509_key **key_out, struct vk_buf *pem, struct vk_err *err)
{
	int64_t now = vk_clock_now();
	struct x509_key *key = NULL;
	enum vk_rc rc = x509_key_generate(&key, err);

	if (rc == VK_OK)
		rc = x509_make_ca(key, fleet, now - BACKDATE_S, now + CA_SECONDS, pem, err);
	if (rc == VK_OK)
		rc = vk_buf_check(pem, certificates[which], err);
	if (rc == VK_OK)
		rc = write_key(state_fd, keys[which], key, err);
	if (rc == VK_OK)
		rc = vk_file_create(
			state_fd, certificates[which], 0644, pem->data, pem->len, err);
	if (rc == VK_OK && key_out != NULL) {
		*key_out = key;
		key = NULL;
	}
	x509_key_free(key);
	return rc;
}

static bool is_there(int state_fd, const char *name)
{
	struct stat st;

	return fstatat(state_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

enum vk_rc ca_file_make_next(
	int state_fd, const char *fleet, uint8_t digest[VK_SHA256_BYTES], struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	if (is_there(state_fd, STATE_NEXT_CA_CERTIFICATE) || is_there(state_fd, STATE_NEXT_CA_KEY)) {
		vk_err_set(err, VK_ECONFLICT, "a new CA waits already: " STATE_NEXT_CA_CERTIFICATE);
		vk_err_hint(err, "finish its ceremony; or, if no root names it, remove this file "
				 "and " STATE_NEXT_CA_KEY " and run this again");
		return VK_ECONFLICT;
	}
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = ca_file_make(state_fd, CA_FILE_NEXT, fleet, NULL, &pem, err);
	if (rc == VK_OK)
		rc = x509_fingerprint(pem.data, pem.len, digest, err);
	vk_buf_release(&pem);
	return rc;
}

static enum vk_rc move(int state_fd, const char *from, const char *to, struct vk_err *err)
{
	if (renameat(state_fd, from, state_fd, to) == 0 || errno == ENOENT)
		return VK_OK;
	return vk_err_errno(err, VK_EIO, errno, "cannot rename %s to %s", from, to);
}

enum vk_rc ca_file_promote(int state_fd, struct vk_err *err)
{
	enum vk_rc rc = move(state_fd, STATE_NEXT_CA_CERTIFICATE, STATE_CA_CERTIFICATE, err);

	if (rc == VK_OK)
		rc = move(state_fd, STATE_NEXT_CA_KEY, STATE_CA_KEY, err);
	if (rc == VK_OK && fsync(state_fd) != 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot write the state directory");
	return rc;
}
