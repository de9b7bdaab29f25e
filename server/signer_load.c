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

/* VK_ENOTFOUND if there is none. */
static enum vk_rc load_ca_key(
	int dir, const char *path, struct x509_key **out, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = vk_file_read(dir, path, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &pem, err);
	if (rc == VK_OK)
		rc = x509_key_parse(pem.data, pem.len, out, err);
	vk_buf_release_wiped(&pem);
	return rc;
}

/* Adds a CA: its certificate, and the key among the two that fits it. That need not be the one beside
 * it: a crash may have left ca_file_promote() half done. */
static enum vk_rc load_ca(int dir, const char *path, struct x509_key *keys[2],
	struct signer_keys *out, struct vk_err *err)
{
	struct signer_ca *ca = &out->cas[out->ca_count];
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = vk_file_read(dir, path, VK_FILE_NOFOLLOW, &pem, err);
	if (rc == VK_OK)
		rc = x509_fingerprint(pem.data, pem.len, ca->digest, err);
	for (int i = 0; rc == VK_OK && ca->key == NULL && i < 2; i++) {
		if (keys[i] == NULL || x509_check_key(pem.data, keys[i], NULL) != VK_OK)
			continue;
		ca->key = keys[i];
		keys[i] = NULL;
	}
	if (rc == VK_OK && ca->key == NULL)
		rc = vk_err_set(err, VK_EINPUT, "%s: there is no key for this CA in %s", path,
			STATE_ONLINE);
	if (rc == VK_OK) {
		ca->pem = vk_buf_detach(&pem, NULL);
		out->ca_count++;
	}
	vk_buf_release(&pem);
	return rc;
}

static enum vk_rc load_cas(int dir, struct signer_keys *out, struct vk_err *err)
{
	struct x509_key *keys[2] = {NULL, NULL};
	enum vk_rc rc;

	if (faccessat(dir, STATE_CA_CERTIFICATE, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return VK_OK; /* certificates come from another PKI */
	rc = load_ca_key(dir, STATE_CA_KEY, &keys[0], err);
	if (rc == VK_OK) {
		rc = load_ca_key(dir, STATE_NEXT_CA_KEY, &keys[1], err);
		if (rc == VK_ENOTFOUND)
			rc = VK_OK;
	}
	if (rc == VK_OK)
		rc = load_ca(dir, STATE_CA_CERTIFICATE, keys, out, err);
	if (rc == VK_OK) {
		rc = load_ca(dir, STATE_NEXT_CA_CERTIFICATE, keys, out, err);
		if (rc == VK_ENOTFOUND)
			rc = VK_OK;
	}
	x509_key_free(keys[0]);
	x509_key_free(keys[1]);
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
		rc = load_cas(dir, &keys, err);
	close(dir);
	core = signer_core_new(fleet, &keys);
	if (rc == VK_OK)
		*out = core;
	else
		signer_core_free(core);
	return rc;
}
