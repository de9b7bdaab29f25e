/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_meta.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/tuf/tuf_meta_parts.h"
#include "common/tuf/tuf_path.h"

#include "common/banned.h"

/* The canonical form is shorter than the file, whose size was bounded when it was fetched. */
enum { META_MAX_BYTES = 67108864 };

static const char *const type_names[TUF_TYPE_COUNT] = {
	[TUF_ROOT] = "root",
	[TUF_TIMESTAMP] = "timestamp",
	[TUF_SNAPSHOT] = "snapshot",
	[TUF_TARGETS] = "targets",
};

const char *tuf_type_name(enum tuf_type type)
{
	return type_names[type];
}

/* "1.X" or "1.X.Y" */
static bool is_spec_version(const char *text)
{
	unsigned parts = 1;

	if (strncmp(text, "1.", 2) != 0)
		return false;
	for (text++; *text == '.'; parts++) {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return false;
		text += 1 + digits;
	}
	return *text == '\0' && (parts == 2 || parts == 3);
}

static enum vk_rc parse_common(struct tuf_meta *meta, struct vk_err *err)
{
	const char *spec_version = NULL;
	const char *type = NULL;
	enum vk_rc rc = vkjson_get_object(meta->doc, "signed", &meta->signed_part, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(meta->doc, "signatures", &meta->signatures, err);
	if (rc == VK_OK)
		rc = vkjson_canonical(meta->signed_part, &meta->signed_bytes, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(meta->signed_part, "_type", &type, err);
	if (rc == VK_OK && strcmp(type, type_names[meta->type]) != 0)
		rc = vk_err_set(
			err, VK_EINPUT, "member '_type': expected '%s'", type_names[meta->type]);
	if (rc == VK_OK)
		rc = vkjson_get_string(meta->signed_part, "spec_version", &spec_version, err);
	if (rc == VK_OK && !is_spec_version(spec_version))
		rc = vk_err_set(err, VK_EINPUT, "member 'spec_version': expected 1.X");
	if (rc == VK_OK)
		rc = vkjson_get_int(
			meta->signed_part, "version", 1, INT64_MAX, &meta->version, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(meta->signed_part, "expires", &meta->expires, err);
	return rc;
}

static enum vk_rc check_signature_list(const struct tuf_meta *meta, struct vk_err *err)
{
	for (size_t i = 0; i < vkjson_count(meta->signatures); i++) {
		const struct vkjson *entry = vkjson_at(meta->signatures, i);
		const char *text = NULL;
		enum vk_rc rc = vkjson_get_string(entry, "keyid", &text, err);

		if (rc == VK_OK)
			rc = vkjson_get_string(entry, "sig", &text, err);
		if (rc != VK_OK) {
			vk_err_prefix(err, rc, "signature %zu", i);
			return rc;
		}
	}
	return VK_OK;
}

static enum vk_rc parse_type(struct tuf_meta *meta, struct vk_err *err)
{
	switch (meta->type) {
	case TUF_ROOT:
		return tuf_meta_parse_root(meta, err);
	case TUF_TIMESTAMP:
	case TUF_SNAPSHOT:
		return tuf_meta_parse_files(meta, err);
	case TUF_TARGETS:
		return tuf_meta_parse_targets(meta, err);
	}
	abort();
}

enum vk_rc tuf_meta_parse(const char *text, size_t len, enum tuf_type expected,
	struct tuf_meta **out, struct vk_err *err)
{
	struct tuf_meta *meta = xcalloc(1, sizeof(*meta));
	enum vk_rc rc;

	meta->type = expected;
	vk_buf_init(&meta->bytes, META_MAX_BYTES);
	vk_buf_init(&meta->signed_bytes, META_MAX_BYTES);
	vk_buf_add(&meta->bytes, text, len);
	rc = vk_buf_check(&meta->bytes, "the file", err);
	if (rc == VK_OK)
		rc = vkjson_parse(text, len, &meta->doc, err);
	if (rc == VK_OK)
		rc = parse_common(meta, err);
	if (rc == VK_OK)
		rc = check_signature_list(meta, err);
	if (rc == VK_OK)
		rc = parse_type(meta, err);
	if (rc == VK_OK) {
		*out = meta;
		return VK_OK;
	}
	tuf_meta_free(meta);
	/* A malformed file is treated like a forged one: the last good one stays. */
	if (rc == VK_EINPUT) {
		rc = VK_EUNTRUSTED;
		if (err != NULL)
			err->rc = rc;
	}
	return rc;
}

void tuf_meta_free(struct tuf_meta *meta)
{
	if (meta == NULL)
		return;
	for (int type = 0; type < TUF_TYPE_COUNT; type++)
		tuf_role_free(meta->roles[type]);
	for (size_t i = 0; i < meta->delegation_count; i++)
		tuf_role_free((struct tuf_role *)(uintptr_t)meta->delegations[i].role);
	if (meta->bins != NULL)
		tuf_role_free((struct tuf_role *)(uintptr_t)meta->bins->role);
	free(meta->bins);
	tuf_keyring_free(meta->keys);
	free(meta->files);
	free(meta->targets);
	free(meta->delegations);
	vkjson_free(meta->doc);
	vk_buf_release(&meta->bytes);
	vk_buf_release(&meta->signed_bytes);
	free(meta);
}

enum tuf_type tuf_meta_type(const struct tuf_meta *meta)
{
	return meta->type;
}

int64_t tuf_meta_version(const struct tuf_meta *meta)
{
	return meta->version;
}

int64_t tuf_meta_expires(const struct tuf_meta *meta)
{
	return meta->expires;
}

const char *tuf_meta_bytes(const struct tuf_meta *meta, size_t *len)
{
	*len = meta->bytes.len;
	return meta->bytes.data;
}

const char *tuf_meta_signed(const struct tuf_meta *meta, size_t *len)
{
	*len = meta->signed_bytes.len;
	return meta->signed_bytes.data;
}

const struct vkjson *tuf_meta_signatures(const struct tuf_meta *meta)
{
	return meta->signatures;
}

const struct vkjson *tuf_meta_json(const struct tuf_meta *meta)
{
	return meta->signed_part;
}

enum vk_rc tuf_meta_verify(const struct tuf_meta *meta, const struct tuf_role *authority,
	const char *role_name, struct vk_err *err)
{
	return tuf_role_verify(authority, role_name, meta->signatures, meta->signed_bytes.data,
		meta->signed_bytes.len, err);
}

enum vk_rc tuf_meta_verify_root(
	const struct tuf_meta *next, const struct tuf_meta *trusted, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (trusted != NULL) {
		rc = tuf_meta_verify(
			next, trusted->roles[TUF_ROOT], "root, by the previous root's keys", err);
		if (rc == VK_OK && next->version - 1 != trusted->version)
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"root: version %" PRId64 " does not follow version %" PRId64,
				next->version, trusted->version);
	}
	return rc == VK_OK ? tuf_meta_verify(next, next->roles[TUF_ROOT], "root", err) : rc;
}

enum vk_rc tuf_meta_check_expiry(
	const struct tuf_meta *meta, int64_t now, const char *role_name, struct vk_err *err)
{
	char expires[VK_TIME_TEXT_BYTES];

	if (now < meta->expires)
		return VK_OK;
	vk_time_format(meta->expires, expires);
	return vk_err_set(err, VK_EUNTRUSTED, "%s: version %" PRId64 " has expired on %s",
		role_name, meta->version, expires);
}

const struct tuf_role *tuf_meta_root_role(const struct tuf_meta *root, enum tuf_type type)
{
	assert(root->type == TUF_ROOT);
	return root->roles[type];
}

bool tuf_meta_is_consistent(const struct tuf_meta *root)
{
	return root->is_consistent;
}

static int compare_file(const void *name, const void *file)
{
	return strcmp(name, ((const struct tuf_file *)file)->name);
}

const struct tuf_file *tuf_meta_file(const struct tuf_meta *meta, const char *name)
{
	if (meta->file_count == 0)
		return NULL;
	return bsearch(name, meta->files, meta->file_count, sizeof(*meta->files), compare_file);
}

size_t tuf_meta_file_count(const struct tuf_meta *meta)
{
	return meta->file_count;
}

const struct tuf_file *tuf_meta_file_at(const struct tuf_meta *meta, size_t i)
{
	return i < meta->file_count ? &meta->files[i] : NULL;
}

static int compare_target(const void *path, const void *target)
{
	return strcmp(path, ((const struct tuf_target *)target)->path);
}

const struct tuf_target *tuf_meta_target(const struct tuf_meta *meta, const char *path)
{
	if (meta->target_count == 0)
		return NULL;
	return bsearch(
		path, meta->targets, meta->target_count, sizeof(*meta->targets), compare_target);
}

size_t tuf_meta_target_count(const struct tuf_meta *meta)
{
	return meta->target_count;
}

const struct tuf_target *tuf_meta_target_at(const struct tuf_meta *meta, size_t i)
{
	return i < meta->target_count ? &meta->targets[i] : NULL;
}

size_t tuf_meta_delegation_count(const struct tuf_meta *meta)
{
	return meta->delegation_count;
}

const struct tuf_delegation *tuf_meta_delegation_at(const struct tuf_meta *meta, size_t i)
{
	return i < meta->delegation_count ? &meta->delegations[i] : NULL;
}

const struct tuf_delegation *tuf_meta_delegation(const struct tuf_meta *meta, const char *name)
{
	for (size_t i = 0; i < meta->delegation_count; i++) {
		if (strcmp(meta->delegations[i].name, name) == 0)
			return &meta->delegations[i];
	}
	return NULL;
}

const struct tuf_bins *tuf_meta_bins(const struct tuf_meta *meta)
{
	return meta->bins;
}

void tuf_bins_role_name(const struct tuf_bins *bins, const char *path, struct vk_buf *out)
{
	uint8_t digest[VK_SHA256_BYTES];
	int digits = (int)(bins->bit_length + 3) / 4;
	uint32_t head;

	vk_sha256(path, strlen(path), digest);
	head = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
	       digest[3];
	vk_buf_addf(out, "%s-%0*" PRIx32, bins->name_prefix, digits,
		head >> (TUF_MAX_BIN_BITS - bins->bit_length));
}

bool tuf_delegation_matches(const struct tuf_delegation *delegation, const char *path)
{
	char digest[VK_SHA256_HEX_BYTES];

	for (size_t i = 0; i < vkjson_count(delegation->paths); i++) {
		if (tuf_path_matches(vkjson_text(vkjson_at(delegation->paths, i)), path))
			return true;
	}
	vk_sha256_hex(path, strlen(path), digest);
	for (size_t i = 0; i < vkjson_count(delegation->hash_prefixes); i++) {
		const char *prefix = vkjson_text(vkjson_at(delegation->hash_prefixes, i));

		if (strncmp(digest, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

static bool hashes_match(const struct tuf_hashes *hashes, const void *data, size_t len)
{
	uint8_t digest[VK_SHA512_BYTES];

	if (hashes->has_unknown || (!hashes->has_sha256 && !hashes->has_sha512))
		return false;
	if (hashes->has_sha256) {
		vk_sha256(data, len, digest);
		if (memcmp(digest, hashes->sha256, VK_SHA256_BYTES) != 0)
			return false;
	}
	if (hashes->has_sha512) {
		vk_sha512(data, len, digest);
		if (memcmp(digest, hashes->sha512, VK_SHA512_BYTES) != 0)
			return false;
	}
	return true;
}

enum vk_rc tuf_hashes_check(const struct tuf_hashes *hashes, int64_t length, const void *data,
	size_t len, const char *what, struct vk_err *err)
{
	if (length >= 0 && (uint64_t)length != len)
		return vk_err_set(
			err, VK_EUNTRUSTED, "%s: %zu bytes instead of %" PRId64, what, len, length);
	if (hashes != NULL && !hashes_match(hashes, data, len))
		return vk_err_set(err, VK_EUNTRUSTED, "%s: its digest is not the signed one", what);
	return VK_OK;
}
