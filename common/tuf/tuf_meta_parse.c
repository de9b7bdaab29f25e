/* SPDX-License-Identifier: BSD-3-Clause */
/* The members that the four types of metadata have besides the common ones. */
#include "config.h"

#include "common/tuf/tuf_meta_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

static bool is_top_level(const char *name)
{
	for (int type = 0; type < TUF_TYPE_COUNT; type++) {
		if (strcmp(name, tuf_type_name((enum tuf_type)type)) == 0)
			return true;
	}
	return false;
}

enum vk_rc tuf_meta_parse_root(struct tuf_meta *meta, struct vk_err *err)
{
	const struct vkjson *roles = NULL;
	const struct vkjson *keys = NULL;
	enum vk_rc rc = vkjson_get_opt_bool(
		meta->signed_part, "consistent_snapshot", false, &meta->is_consistent, err);

	if (rc == VK_OK)
		rc = vkjson_get_object(meta->signed_part, "keys", &keys, err);
	if (rc == VK_OK)
		rc = tuf_keyring_parse(keys, &meta->keys, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(meta->signed_part, "roles", &roles, err);
	for (int type = 0; type < TUF_TYPE_COUNT && rc == VK_OK; type++) {
		const char *name = tuf_type_name((enum tuf_type)type);
		const struct vkjson *role = NULL;

		rc = vkjson_get_object(roles, name, &role, err);
		if (rc == VK_OK)
			rc = tuf_role_parse(role, meta->keys, &meta->roles[type], err);
	}
	return rc;
}

static bool parse_digest(const struct vkjson *value, void *out, size_t len)
{
	const char *hex = vkjson_text(value);

	return vk_parse_hex(hex, strlen(hex), out, len);
}

/* A digest that we cannot compare is kept as one that nothing matches, so that it spoils its own
 * file and no other. */
static enum vk_rc parse_hashes(
	const struct vkjson *json, struct tuf_hashes *out, struct vk_err *err)
{
	if (vkjson_count(json) == 0)
		return vk_err_set(err, VK_EINPUT, "member 'hashes': expected at least one");
	for (struct vkjson_iter it = vkjson_iter(json); vkjson_next(&it);) {
		if (vkjson_type(it.value) != VKJSON_STRING)
			return vk_err_set(err, VK_EINPUT, "member 'hashes': expected strings");
		if (strcmp(it.name, "sha256") == 0)
			out->has_sha256 = parse_digest(it.value, out->sha256, VK_SHA256_BYTES);
		else if (strcmp(it.name, "sha512") == 0)
			out->has_sha512 = parse_digest(it.value, out->sha512, VK_SHA512_BYTES);
		else
			out->has_unknown = true;
	}
	out->has_unknown |= (vkjson_get(json, "sha256") != NULL && !out->has_sha256) ||
			    (vkjson_get(json, "sha512") != NULL && !out->has_sha512);
	return VK_OK;
}

static enum vk_rc parse_file(const struct vkjson *json, struct tuf_file *out, struct vk_err *err)
{
	const struct vkjson *hashes = NULL;
	enum vk_rc rc = vkjson_get_int(json, "version", 1, INT64_MAX, &out->version, err);

	if (rc == VK_OK)
		rc = vkjson_get_opt_int(json, "length", 0, INT64_MAX, -1, &out->length, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_object(json, "hashes", &hashes, err);
	out->has_hashes = hashes != NULL;
	if (rc == VK_OK && hashes != NULL)
		rc = parse_hashes(hashes, &out->hashes, err);
	return rc;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct tuf_file *)a)->name, ((const struct tuf_file *)b)->name);
}

enum vk_rc tuf_meta_parse_files(struct tuf_meta *meta, struct vk_err *err)
{
	const char *needed = meta->type == TUF_TIMESTAMP ? "snapshot.json" : "targets.json";
	const struct vkjson *files = NULL;
	enum vk_rc rc = vkjson_get_object(meta->signed_part, "meta", &files, err);

	if (rc != VK_OK)
		return rc;
	meta->files = xcalloc(vkjson_count(files) + 1, sizeof(*meta->files));
	for (struct vkjson_iter it = vkjson_iter(files); rc == VK_OK && vkjson_next(&it);) {
		struct tuf_file *file = &meta->files[meta->file_count++];

		file->name = it.name;
		rc = parse_file(it.value, file, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "entry '%.64s'", it.name);
	}
	if (rc != VK_OK)
		return rc;
	qsort(meta->files, meta->file_count, sizeof(*meta->files), compare_files);
	if (tuf_meta_file(meta, needed) == NULL)
		return vk_err_set(err, VK_EINPUT, "member 'meta': no entry '%s'", needed);
	return VK_OK;
}

static enum vk_rc parse_target(
	const struct vkjson *json, struct tuf_target *out, struct vk_err *err)
{
	const struct vkjson *hashes = NULL;
	enum vk_rc rc = vkjson_get_int(json, "length", 0, INT64_MAX, &out->length, err);

	if (rc == VK_OK)
		rc = vkjson_get_object(json, "hashes", &hashes, err);
	if (rc == VK_OK)
		rc = parse_hashes(hashes, &out->hashes, err);
	return rc;
}

static int compare_targets(const void *a, const void *b)
{
	return strcmp(((const struct tuf_target *)a)->path, ((const struct tuf_target *)b)->path);
}

static enum vk_rc parse_target_list(struct tuf_meta *meta, struct vk_err *err)
{
	const struct vkjson *targets = NULL;
	enum vk_rc rc = vkjson_get_object(meta->signed_part, "targets", &targets, err);

	if (rc != VK_OK)
		return rc;
	meta->targets = xcalloc(vkjson_count(targets) + 1, sizeof(*meta->targets));
	for (struct vkjson_iter it = vkjson_iter(targets); rc == VK_OK && vkjson_next(&it);) {
		struct tuf_target *target = &meta->targets[meta->target_count++];

		target->path = it.name;
		rc = parse_target(it.value, target, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "target '%.64s'", it.name);
	}
	qsort(meta->targets, meta->target_count, sizeof(*meta->targets), compare_targets);
	return rc;
}

static enum vk_rc check_strings(const struct vkjson *array, const char *name, struct vk_err *err)
{
	for (size_t i = 0; i < vkjson_count(array); i++) {
		if (vkjson_type(vkjson_at(array, i)) != VKJSON_STRING)
			return vk_err_set(err, VK_EINPUT, "member '%s': expected strings", name);
	}
	return VK_OK;
}

/* Exactly one of paths and path_hash_prefixes. */
static enum vk_rc parse_patterns(
	const struct vkjson *json, struct tuf_delegation *out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_opt_array(json, "paths", &out->paths, err);

	if (rc == VK_OK)
		rc = vkjson_get_opt_array(json, "path_hash_prefixes", &out->hash_prefixes, err);
	if (rc == VK_OK && (out->paths != NULL) == (out->hash_prefixes != NULL))
		rc = vk_err_set(err, VK_EINPUT, "expected either 'paths' or 'path_hash_prefixes'");
	if (rc == VK_OK)
		rc = check_strings(out->paths, "paths", err);
	if (rc == VK_OK)
		rc = check_strings(out->hash_prefixes, "path_hash_prefixes", err);
	return rc;
}

static enum vk_rc parse_delegation(const struct vkjson *json, const struct tuf_keyring *keys,
	struct tuf_delegation *out, struct vk_err *err)
{
	const struct vkjson *custom = NULL;
	struct tuf_role *role = NULL;
	enum vk_rc rc = vkjson_get_string(json, "name", &out->name, err);

	if (rc == VK_OK && (out->name[0] == '\0' || is_top_level(out->name)))
		rc = vk_err_set(err, VK_EINPUT, "member 'name': expected a delegated role's name");
	if (rc == VK_OK)
		rc = vkjson_get_bool(json, "terminating", &out->is_terminating, err);
	if (rc == VK_OK)
		rc = parse_patterns(json, out, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_object(json, "x-vkcfg", &custom, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_bool(
			custom, "author-may-approve", false, &out->author_may_approve, err);
	if (rc == VK_OK)
		rc = tuf_role_parse(json, keys, &role, err);
	out->role = role;
	return rc;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum vk_rc check_unique(const struct tuf_meta *meta, struct vk_err *err)
{
	const char **names = xcalloc(meta->delegation_count + 1, sizeof(*names));
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < meta->delegation_count; i++)
		names[i] = meta->delegations[i].name;
	qsort(names, meta->delegation_count, sizeof(*names), compare_names);
	for (size_t i = 1; i < meta->delegation_count && rc == VK_OK; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			rc = vk_err_set(
				err, VK_EINPUT, "role '%.64s' is delegated twice", names[i]);
	}
	free(names);
	return rc;
}

static enum vk_rc parse_roles(struct tuf_meta *meta, const struct vkjson *roles, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (vkjson_count(roles) > TUF_MAX_DELEGATIONS)
		return vk_err_set(err, VK_ELIMIT, "more than %d delegations", TUF_MAX_DELEGATIONS);
	meta->delegations = xcalloc(vkjson_count(roles) + 1, sizeof(*meta->delegations));
	while (rc == VK_OK && meta->delegation_count < vkjson_count(roles)) {
		size_t i = meta->delegation_count++;

		rc = parse_delegation(vkjson_at(roles, i), meta->keys, &meta->delegations[i], err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "delegation %zu", i);
	}
	return rc == VK_OK ? check_unique(meta, err) : rc;
}

static enum vk_rc parse_bins(struct tuf_meta *meta, const struct vkjson *json, struct vk_err *err)
{
	struct tuf_role *role = NULL;
	const char *prefix = NULL;
	int64_t bits;
	enum vk_rc rc = vkjson_get_string(json, "name_prefix", &prefix, err);

	if (rc == VK_OK && prefix[0] == '\0')
		rc = vk_err_set(err, VK_EINPUT, "member 'name_prefix': expected a name");
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "bit_length", 1, TUF_MAX_BIN_BITS, &bits, err);
	if (rc == VK_OK)
		rc = tuf_role_parse(json, meta->keys, &role, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "succinct_roles");
		return rc;
	}
	meta->bins = xcalloc(1, sizeof(*meta->bins));
	*meta->bins = (struct tuf_bins){prefix, (unsigned)bits, role};
	return VK_OK;
}

/* Either roles by name or bins by digest: with both, clients would search in different orders. */
static enum vk_rc parse_delegations(struct tuf_meta *meta, struct vk_err *err)
{
	const struct vkjson *delegations = NULL;
	const struct vkjson *roles = NULL;
	const struct vkjson *bins = NULL;
	const struct vkjson *keys = NULL;
	enum vk_rc rc = vkjson_get_opt_object(meta->signed_part, "delegations", &delegations, err);

	if (rc != VK_OK || delegations == NULL)
		return rc;
	rc = vkjson_get_object(delegations, "keys", &keys, err);
	if (rc == VK_OK)
		rc = tuf_keyring_parse(keys, &meta->keys, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_array(delegations, "roles", &roles, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_object(delegations, "succinct_roles", &bins, err);
	if (rc == VK_OK && (roles != NULL) == (bins != NULL))
		rc = vk_err_set(err, VK_EINPUT, "expected either 'roles' or 'succinct_roles'");
	if (rc != VK_OK)
		return rc;
	return roles != NULL ? parse_roles(meta, roles, err) : parse_bins(meta, bins, err);
}

enum vk_rc tuf_meta_parse_targets(struct tuf_meta *meta, struct vk_err *err)
{
	enum vk_rc rc = parse_target_list(meta, err);

	return rc == VK_OK ? parse_delegations(meta, err) : rc;
}
