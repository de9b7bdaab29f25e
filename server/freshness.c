/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/freshness.h"

#include <string.h>

#include "common/tuf/tuf_build.h"
#include "server/publish.h"
#include "server/signer.h"
#include "server/store/store_tuf.h"

#include "common/banned.h"

enum vk_rc freshness_load(struct writer_tx *tx, const char *role, enum tuf_type type,
	struct tuf_meta **out, struct vk_err *err)
{
	struct store_tuf file;
	enum vk_rc rc =
		store_get_tuf(writer_tx_store(tx), role, 0, writer_tx_arena(tx), &file, err);

	return rc == VK_OK ? tuf_meta_parse(file.text, file.len, type, out, err) : rc;
}

enum vk_rc freshness_find_key(const struct tuf_meta *root, enum tuf_type role,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const char **keyid, struct vk_err *err)
{
	const struct tuf_role *authority = tuf_meta_root_role(root, role);
	uint8_t have[VK_PUBLIC_KEY_BYTES];

	if (tuf_role_threshold(authority) != 1)
		return vk_err_set(err, VK_EUNTRUSTED, "root: %s has a threshold other than 1",
			tuf_type_name(role));
	for (size_t i = 0; i < tuf_role_key_count(authority); i++) {
		const struct tuf_key *key = tuf_role_key(authority, i);

		if (tuf_key_ed25519(key, have) && memcmp(have, public_key, sizeof(have)) == 0) {
			*keyid = tuf_key_id(key);
			return VK_OK;
		}
	}
	vk_err_set(
		err, VK_EUNTRUSTED, "root: this server's key may not sign %s", tuf_type_name(role));
	vk_err_hint(err, "'vkcfg root rotate --online-keys' puts the server's keys into the next root");
	return VK_EUNTRUSTED;
}

/* Puts part and signature together and stores the file. */
static enum vk_rc add_file(struct writer_tx *tx, struct store_tuf *file, const struct vk_buf *part,
	const struct tuf_signature *signature, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_SNAPSHOT_MAX_BYTES);
	rc = tuf_build_file(part->data, part->len, signature, 1, &text, err);
	file->text = text.data;
	file->len = text.len;
	if (rc == VK_OK)
		rc = store_add_tuf(writer_tx_store(tx), file, writer_tx_now(tx), err);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc get_version(
	struct writer_tx *tx, const char *role, int64_t *out, struct vk_err *err)
{
	struct store_tuf file;
	enum vk_rc rc =
		store_get_tuf(writer_tx_store(tx), role, 0, writer_tx_arena(tx), &file, err);

	*out = rc == VK_OK ? file.version : 0;
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

static bool is_online(const char *role)
{
	return strcmp(role, tuf_type_name(TUF_SNAPSHOT)) == 0 ||
	       strcmp(role, tuf_type_name(TUF_TIMESTAMP)) == 0;
}

/* What a snapshot lists: targets and every environment's role, not the root. */
static enum vk_rc list_files(
	struct writer_tx *tx, const struct tuf_file_spec **items, size_t *count, struct vk_err *err)
{
	const struct store_tuf *files;
	struct tuf_file_spec *specs;
	size_t file_count;
	enum vk_rc rc =
		store_list_tuf(writer_tx_store(tx), writer_tx_arena(tx), &files, &file_count, err);

	if (rc != VK_OK)
		return rc;
	specs = arena_calloc(writer_tx_arena(tx), file_count, sizeof(*specs));
	*count = 0;
	for (size_t i = 0; i < file_count; i++) {
		struct tuf_file_spec *spec = &specs[*count];

		if (is_online(files[i].role) || strcmp(files[i].role, tuf_type_name(TUF_ROOT)) == 0)
			continue;
		spec->role = files[i].role;
		spec->version = files[i].version;
		spec->length = files[i].len;
		memcpy(spec->sha256, files[i].sha256, sizeof(spec->sha256));
		(*count)++;
	}
	*items = specs;
	return VK_OK;
}

static enum vk_rc sign_snapshot(
	struct writer_tx *tx, const struct tuf_meta *root, int64_t above, struct vk_err *err)
{
	struct signer *signer = writer_tx_signer(tx);
	struct store_tuf file = {.role = tuf_type_name(TUF_SNAPSHOT)};
	const struct tuf_file_spec *specs = NULL;
	struct signer_public_keys keys;
	struct tuf_signature signature;
	uint8_t sig[VK_SIGNATURE_BYTES];
	const char *keyid = NULL;
	struct vk_buf part;
	size_t count = 0;
	enum vk_rc rc;

	vk_buf_init(&part, SIGNER_SNAPSHOT_MAX_BYTES);
	signer_get_public_keys(signer, &keys);
	rc = freshness_find_key(root, TUF_SNAPSHOT, keys.snapshot, &keyid, err);
	if (rc == VK_OK)
		rc = get_version(tx, file.role, &file.version, err);
	if (rc == VK_OK)
		rc = list_files(tx, &specs, &count, err);
	if (rc == VK_OK) {
		file.version = signer_next_snapshot_version(
			signer, file.version > above ? file.version : above);
		file.expires = writer_tx_now(tx) + PUBLISH_SNAPSHOT_SECONDS;
		rc = tuf_build_snapshot(file.version, file.expires, specs, count, &part, err);
	}
	if (rc == VK_OK)
		rc = signer_sign_snapshot(signer, file.version, part.data, part.len, sig, err);
	if (rc == VK_OK) {
		tuf_build_signature(keyid, sig, sizeof(sig), &signature);
		rc = add_file(tx, &file, &part, &signature, err);
	}
	vk_buf_release(&part);
	return rc;
}

/* Fills in what a timestamp says of the newest snapshot. */
static enum vk_rc describe_snapshot(
	struct writer_tx *tx, struct signer_timestamp *timestamp, struct vk_err *err)
{
	struct store_tuf snapshot;
	enum vk_rc rc = store_get_tuf(writer_tx_store(tx), tuf_type_name(TUF_SNAPSHOT), 0,
		writer_tx_arena(tx), &snapshot, err);

	if (rc != VK_OK)
		return rc;
	timestamp->snapshot_version = snapshot.version;
	timestamp->snapshot_length = (int64_t)snapshot.len;
	memcpy(timestamp->snapshot_sha256, snapshot.sha256, sizeof(snapshot.sha256));
	return VK_OK;
}

static enum vk_rc sign_timestamp(
	struct writer_tx *tx, const struct tuf_meta *root, int64_t above, struct vk_err *err)
{
	struct signer *signer = writer_tx_signer(tx);
	struct store_tuf file = {.role = tuf_type_name(TUF_TIMESTAMP)};
	struct signer_timestamp timestamp = {0};
	struct signer_public_keys keys;
	struct tuf_signature signature;
	uint8_t sig[VK_SIGNATURE_BYTES];
	const char *keyid = NULL;
	struct vk_buf part;
	enum vk_rc rc;

	vk_buf_init(&part, TUF_TIMESTAMP_MAX_BYTES);
	signer_get_public_keys(signer, &keys);
	rc = freshness_find_key(root, TUF_TIMESTAMP, keys.timestamp, &keyid, err);
	if (rc == VK_OK)
		rc = get_version(tx, file.role, &file.version, err);
	if (rc == VK_OK)
		rc = describe_snapshot(tx, &timestamp, err);
	if (rc == VK_OK) {
		file.version = signer_next_timestamp_version(
			signer, file.version > above ? file.version : above);
		file.expires = writer_tx_now(tx) + writer_tx_timestamp_seconds(tx);
		timestamp.version = file.version;
		timestamp.expires = file.expires;
		rc = signer_make_timestamp(signer, &timestamp, &part, sig, err);
	}
	if (rc == VK_OK) {
		tuf_build_signature(keyid, sig, sizeof(sig), &signature);
		rc = add_file(tx, &file, &part, &signature, err);
	}
	if (rc == VK_OK)
		writer_tx_changed(tx, WRITER_CHANGED_PUBLICATION);
	vk_buf_release(&part);
	return rc;
}

enum vk_rc freshness_sign_timestamp(
	struct writer_tx *tx, const struct tuf_meta *root, struct vk_err *err)
{
	return sign_timestamp(tx, root, 0, err);
}

enum vk_rc freshness_sign_all(struct writer_tx *tx, const struct tuf_meta *root, struct vk_err *err)
{
	return freshness_sign_above(tx, root, 0, err);
}

enum vk_rc freshness_sign_above(
	struct writer_tx *tx, const struct tuf_meta *root, int64_t version, struct vk_err *err)
{
	enum vk_rc rc = sign_snapshot(tx, root, version, err);

	return rc == VK_OK ? sign_timestamp(tx, root, version, err) : rc;
}

enum vk_rc freshness_renew_all(struct writer_tx *tx, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	enum vk_rc rc = freshness_load(tx, tuf_type_name(TUF_ROOT), TUF_ROOT, &root, err);

	if (rc == VK_OK)
		rc = freshness_sign_all(tx, root, err);
	tuf_meta_free(root);
	return rc;
}
