/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/file.h"
#include "common/num.h"
#include "server/signer_core.h"
#include "server/state_dir.h"

#include "common/banned.h"

/* A seed as hexadecimal digits, perhaps with a newline. */
static enum vk_rc load_seed(int dir, const char *path, struct vk_signkey **out, struct vk_err *err)
{
	uint8_t seed[VK_SEED_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, 2 * sizeof(seed) + 1);
	rc = vk_file_read(dir, path, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &text, err);
	if (rc != VK_OK)
		goto out;
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (vk_parse_hex(text.data, text.len, seed, sizeof(seed)))
		*out = vk_signkey_from_seed(seed);
	else
		rc = vk_err_set(err, VK_EINPUT, "%s: not a key of 64 hexadecimal digits", path);
out:
	sodium_memzero(seed, sizeof(seed));
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc load_ca(int dir, struct signer_keys *keys, struct vk_err *err)
{
	struct vk_buf key, certificate;
	enum vk_rc rc;

	vk_buf_init(&key, X509_MAX_PEM_BYTES);
	vk_buf_init(&certificate, X509_MAX_PEM_BYTES);
	rc = vk_file_read(dir, STATE_CA_KEY, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &key, err);
	if (rc == VK_OK)
		rc = x509_key_parse(key.data, key.len, &keys->ca, err);
	if (rc == VK_OK)
		rc = vk_file_read(dir, STATE_CA_CERTIFICATE, VK_FILE_NOFOLLOW, &certificate, err);
	if (rc == VK_OK)
		rc = x509_check_key(certificate.data, keys->ca, err);
	if (rc == VK_OK)
		keys->ca_pem = vk_buf_detach(&certificate, NULL);
	vk_buf_release_wiped(&key);
	vk_buf_release(&certificate);
	return rc;
}

enum vk_rc signer_core_load(
	const char *state, const char *fleet, struct signer_core **out, struct vk_err *err)
{
	struct signer_keys keys = {0};
	struct signer_core *core;
	enum vk_rc rc = VK_OK;
	int dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return vk_err_set(err, VK_EIO, "cannot open %s", state);
	rc = load_seed(dir, STATE_SNAPSHOT_KEY, &keys.snapshot, err);
	if (rc == VK_OK)
		rc = load_seed(dir, STATE_TIMESTAMP_KEY, &keys.timestamp, err);
	if (rc == VK_OK)
		rc = load_seed(dir, STATE_LOG_KEY, &keys.log, err);
	if (rc == VK_OK)
		rc = load_seed(dir, STATE_LOG_KEY_BEFORE, &keys.log_before, err);
	if (rc == VK_ENOTFOUND && keys.log != NULL)
		rc = VK_OK;
	if (rc == VK_OK)
		rc = load_ca(dir, &keys, err);
	close(dir);
	core = signer_core_new(fleet, &keys);
	if (rc == VK_OK)
		*out = core;
	else
		signer_core_free(core);
	return rc;
}
