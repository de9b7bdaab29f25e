/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/ceremony.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"
#include "common/tuf/tuf_role.h"
#include "common/vkjson.h"

#include "common/banned.h"

#define TYPE_NAME "vkcfg-proposal"

static const char *const file_members[] = {"_type", "fleet", "format", "parts", NULL};
static const char *const part_members[] = {"role", "signatures", "signed", NULL};
static const char *const signature_members[] = {"keyid", "sig", NULL};

void ceremony_init(struct ceremony *ceremony, const char *fleet)
{
	size_t len = strnlen(fleet, sizeof(ceremony->fleet) - 1);

	memset(ceremony, 0, sizeof(*ceremony));
	memcpy(ceremony->fleet, fleet, len);
}

void ceremony_release(struct ceremony *ceremony)
{
	for (size_t i = 0; i < ceremony->count; i++) {
		tuf_meta_free(ceremony->parts[i].meta);
		free(ceremony->parts[i].signatures);
	}
	memset(ceremony, 0, sizeof(*ceremony));
}

static enum tuf_type type_of(const char *role)
{
	return strcmp(role, tuf_type_name(TUF_ROOT)) == 0 ? TUF_ROOT : TUF_TARGETS;
}

/* root 0, targets 1, an environment 2; -1: none of them. */
static int rank_of(const char *role)
{
	if (strcmp(role, tuf_type_name(TUF_ROOT)) == 0)
		return 0;
	if (strcmp(role, tuf_type_name(TUF_TARGETS)) == 0)
		return 1;
	return vk_environment_is_valid(role) ? 2 : -1;
}

enum vk_rc ceremony_add(struct ceremony *ceremony, const char *role, const char *text, size_t len,
	struct vk_err *err)
{
	struct ceremony_part *part = &ceremony->parts[ceremony->count];
	int before = ceremony->count > 0 ? rank_of(ceremony->parts[ceremony->count - 1].role) : -1;
	struct tuf_meta *meta = NULL;
	struct vk_buf file;
	enum vk_rc rc;

	if (ceremony->count == CEREMONY_MAX_PARTS || rank_of(role) <= before)
		return vk_err_set(err, VK_EINPUT,
			"a proposal has the parts root, targets and one environment at most, in "
			"this order");
	vk_buf_init(&file, TUF_TARGETS_MAX_BYTES);
	rc = tuf_build_file(text, len, NULL, 0, &file, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(file.data, file.len, type_of(role), &meta, err);
	vk_buf_release(&file);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "the proposal's %s", role);
		return rc;
	}
	memcpy(part->role, role, strlen(role) + 1);
	part->meta = meta;
	ceremony->count++;
	return VK_OK;
}

struct ceremony_part *ceremony_find(struct ceremony *ceremony, const char *role)
{
	for (size_t i = 0; i < ceremony->count; i++) {
		if (strcmp(ceremony->parts[i].role, role) == 0)
			return &ceremony->parts[i];
	}
	return NULL;
}

const struct tuf_meta *ceremony_meta(const struct ceremony *ceremony, const char *role)
{
	for (size_t i = 0; i < ceremony->count; i++) {
		if (strcmp(ceremony->parts[i].role, role) == 0)
			return ceremony->parts[i].meta;
	}
	return NULL;
}

const struct ceremony_part *ceremony_environment(const struct ceremony *ceremony)
{
	for (size_t i = 0; i < ceremony->count; i++) {
		if (rank_of(ceremony->parts[i].role) == 2)
			return &ceremony->parts[i];
	}
	return NULL;
}

enum vk_rc ceremony_part_sign(
	struct ceremony_part *part, const struct tuf_signature *signature, struct vk_err *err)
{
	for (size_t i = 0; i < part->signature_count; i++) {
		if (strcmp(part->signatures[i].keyid, signature->keyid) == 0) {
			part->signatures[i] = *signature;
			return VK_OK;
		}
	}
	if (part->signature_count == CEREMONY_MAX_SIGNATURES)
		return vk_err_set(err, VK_ELIMIT, "%s: more than %d signatures", part->role,
			CEREMONY_MAX_SIGNATURES);
	part->signatures = xreallocarray(
		part->signatures, part->signature_count + 1, sizeof(*part->signatures));
	part->signatures[part->signature_count++] = *signature;
	return VK_OK;
}

static enum vk_rc parse_signature(
	struct ceremony_part *part, const struct vkjson *object, struct vk_err *err)
{
	uint8_t keyid[VK_SHA256_BYTES];
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES];
	struct tuf_signature signature;
	const char *hex = NULL;
	enum vk_rc rc = vkjson_check_members(object, signature_members, err);

	if (rc == VK_OK)
		rc = vkjson_get_hex(object, "keyid", keyid, sizeof(keyid), err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "sig", &hex, err);
	if (rc == VK_OK && strlen(hex) > 2 * sizeof(sig))
		rc = vk_err_set(err, VK_ELIMIT, "a signature has at most %zu bytes", sizeof(sig));
	if (rc == VK_OK)
		rc = vkjson_get_hex(object, "sig", sig, strlen(hex) / 2, err);
	if (rc != VK_OK)
		return rc;
	tuf_build_signature(
		vkjson_text(vkjson_get(object, "keyid")), sig, strlen(hex) / 2, &signature);
	for (size_t i = 0; i < part->signature_count; i++) {
		if (strcmp(part->signatures[i].keyid, signature.keyid) == 0)
			return vk_err_set(err, VK_EINPUT, "a key has signed twice");
	}
	return ceremony_part_sign(part, &signature, err);
}

static enum vk_rc parse_part(
	struct ceremony *ceremony, const struct vkjson *object, struct vk_err *err)
{
	const struct vkjson *signatures = NULL;
	const char *role = NULL;
	const char *text = NULL;
	enum vk_rc rc = vkjson_check_members(object, part_members, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(object, "role", &role, err);
	if (rc == VK_OK && rank_of(role) < 0)
		rc = vk_err_set(err, VK_EINPUT, "'%.64s' is no role", role);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "signed", &text, err);
	if (rc == VK_OK)
		rc = vkjson_get_array(object, "signatures", &signatures, err);
	if (rc == VK_OK)
		rc = ceremony_add(ceremony, role, text, strlen(text), err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(signatures); i++) {
		rc = parse_signature(
			&ceremony->parts[ceremony->count - 1], vkjson_at(signatures, i), err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "the proposal's %s: signature %zu", role, i + 1);
	}
	return rc;
}

static enum vk_rc parse_file(
	struct ceremony *ceremony, const struct vkjson *file, struct vk_err *err)
{
	const struct vkjson *parts = NULL;
	const char *type = NULL;
	const char *fleet = NULL;
	int64_t format;
	enum vk_rc rc = vkjson_get_string(file, "_type", &type, err);

	if (rc == VK_OK && strcmp(type, TYPE_NAME) != 0)
		rc = vk_err_set(err, VK_EINPUT, "this is no proposal");
	if (rc == VK_OK)
		rc = vkjson_check_members(file, file_members, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(file, "format", 1, 1, &format, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(file, "fleet", &fleet, err);
	if (rc == VK_OK && !vk_name_is_valid(fleet))
		rc = vk_err_set(err, VK_EINPUT, "member 'fleet': not a valid name");
	if (rc == VK_OK)
		rc = vkjson_get_array(file, "parts", &parts, err);
	if (rc == VK_OK && vkjson_count(parts) == 0)
		rc = vk_err_set(err, VK_EINPUT, "the proposal has no part");
	if (rc != VK_OK)
		return rc;
	ceremony_release(ceremony);
	ceremony_init(ceremony, fleet);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(parts); i++)
		rc = parse_part(ceremony, vkjson_at(parts, i), err);
	return rc;
}

enum vk_rc ceremony_parse(
	struct ceremony *ceremony, const char *text, size_t len, struct vk_err *err)
{
	struct vkjson *file = NULL;
	enum vk_rc rc;

	if (len > CEREMONY_FILE_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "a proposal has at most %d bytes", CEREMONY_FILE_MAX_BYTES);
	if (len > 0 && text[len - 1] == '\n')
		len--;
	rc = vkjson_parse_canonical(text, len, &file, err);
	if (rc == VK_OK)
		rc = parse_file(ceremony, file, err);
	vkjson_free(file);
	return rc;
}

static struct vkjson *part_json(const struct ceremony_part *part)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *signatures = vkjson_array();
	size_t len = 0;
	const char *text = tuf_meta_signed(part->meta, &len);

	for (size_t i = 0; i < part->signature_count; i++) {
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "keyid", vkjson_string(part->signatures[i].keyid));
		vkjson_set(item, "sig", vkjson_string(part->signatures[i].sig));
		vkjson_append(signatures, item);
	}
	vkjson_set(object, "role", vkjson_string(part->role));
	vkjson_set(object, "signatures", signatures);
	vkjson_set(object, "signed", vkjson_stringn(text, len));
	return object;
}

enum vk_rc ceremony_format(const struct ceremony *ceremony, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *file = vkjson_object();
	struct vkjson *parts = vkjson_array();
	enum vk_rc rc;

	for (size_t i = 0; i < ceremony->count; i++)
		vkjson_append(parts, part_json(&ceremony->parts[i]));
	vkjson_set(file, "_type", vkjson_string(TYPE_NAME));
	vkjson_set(file, "fleet", vkjson_string(ceremony->fleet));
	vkjson_set(file, "format", vkjson_int(1));
	vkjson_set(file, "parts", parts);
	rc = vkjson_canonical(file, out, err);
	vk_buf_addc(out, '\n');
	vkjson_free(file);
	return rc == VK_OK ? vk_buf_check(out, "the proposal", err) : rc;
}

enum vk_rc ceremony_part_file(
	const struct ceremony_part *part, struct vk_buf *out, struct vk_err *err)
{
	size_t len = 0;
	const char *text = tuf_meta_signed(part->meta, &len);

	return tuf_build_file(text, len, part->signatures, part->signature_count, out, err);
}

static void add_authority(struct ceremony_authority *out, size_t *count,
	const struct ceremony_part *part, const char *whose, const struct tuf_role *keys)
{
	out[(*count)++] = (struct ceremony_authority){.part = part, .whose = whose, .keys = keys};
}

size_t ceremony_list_authorities(const struct ceremony *ceremony, const struct tuf_meta *root,
	const struct tuf_meta *targets, struct ceremony_authority out[CEREMONY_MAX_AUTHORITIES])
{
	const struct tuf_meta *new_root = ceremony_meta(ceremony, tuf_type_name(TUF_ROOT));
	const struct tuf_meta *new_targets = ceremony_meta(ceremony, tuf_type_name(TUF_TARGETS));
	size_t count = 0;

	for (size_t i = 0; i < ceremony->count; i++) {
		const struct ceremony_part *part = &ceremony->parts[i];
		const struct tuf_meta *delegator = new_targets != NULL ? new_targets : targets;
		const struct tuf_delegation *delegation = NULL;

		switch (rank_of(part->role)) {
		case 0:
			add_authority(out, &count, part, "present root",
				tuf_meta_root_role(root, TUF_ROOT));
			add_authority(out, &count, part, "new root",
				tuf_meta_root_role(part->meta, TUF_ROOT));
			break;
		case 1:
			add_authority(out, &count, part, part->role,
				tuf_meta_root_role(
					new_root != NULL ? new_root : root, TUF_TARGETS));
			break;
		default:
			if (delegator != NULL)
				delegation = tuf_meta_delegation(delegator, part->role);
			if (delegation != NULL)
				add_authority(out, &count, part, part->role, delegation->role);
			break;
		}
	}
	return count;
}

bool ceremony_has_signed(const struct ceremony_authority *authority, const struct tuf_key *key)
{
	const struct ceremony_part *part = authority->part;
	size_t len = 0;
	const char *text = tuf_meta_signed(part->meta, &len);

	for (size_t i = 0; i < part->signature_count; i++) {
		const struct tuf_signature *signature = &part->signatures[i];

		if (strcmp(signature->keyid, tuf_key_id(key)) == 0)
			return tuf_role_verify_one(authority->keys, signature->keyid,
				       signature->sig, text, len, NULL, NULL) == VK_OK;
	}
	return false;
}

enum vk_rc ceremony_check_signed(const struct ceremony_authority *authority, struct vk_err *err)
{
	struct tuf_meta *meta = NULL;
	struct vk_buf file;
	enum vk_rc rc;

	vk_buf_init(&file, TUF_TARGETS_MAX_BYTES);
	rc = ceremony_part_file(authority->part, &file, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(
			file.data, file.len, type_of(authority->part->role), &meta, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify(meta, authority->keys, authority->whose, err);
	tuf_meta_free(meta);
	vk_buf_release(&file);
	return rc;
}
