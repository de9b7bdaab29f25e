/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_build.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* What all four types begin with. */
static struct vkjson *begin(const char *type, int64_t version, int64_t expires)
{
	struct vkjson *part = vkjson_object();

	vkjson_set(part, "_type", vkjson_string(type));
	vkjson_set(part, "spec_version", vkjson_string(TUF_SPEC_VERSION));
	vkjson_set(part, "version", vkjson_int(version));
	vkjson_set(part, "expires", vkjson_time(expires));
	return part;
}

/* Emits and frees the part, unless building it has failed. */
static enum vk_rc finish(struct vkjson *part, enum vk_rc rc, struct vk_buf *out, struct vk_err *err)
{
	if (rc == VK_OK)
		rc = vkjson_canonical(part, out, err);
	vkjson_free(part);
	return rc;
}

static enum vk_rc check_version(int64_t version, struct vk_err *err)
{
	if (version < 1)
		return vk_err_set(err, VK_EINPUT, "a version must be 1 or more");
	return VK_OK;
}

static enum vk_rc check_signers(
	const struct tuf_signers *signers, const char *role, struct vk_err *err)
{
	for (size_t i = 0; i < signers->key_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(tuf_key_id(signers->keys[i]), tuf_key_id(signers->keys[k])) == 0)
				return vk_err_set(
					err, VK_EINPUT, "role '%s': a key is given twice", role);
		}
	}
	if (signers->threshold < 1 || signers->threshold > signers->key_count)
		return vk_err_set(err, VK_EINPUT,
			"role '%s': a threshold of %u cannot be reached with %zu keys", role,
			signers->threshold, signers->key_count);
	return VK_OK;
}

/* Adds the signers' keys to `keys`, and their ids and threshold to the role. */
static enum vk_rc add_signers(struct vkjson *role, struct vkjson *keys,
	const struct tuf_signers *signers, const char *name, struct vk_err *err)
{
	enum vk_rc rc = check_signers(signers, name, err);
	struct vkjson *keyids;

	if (rc != VK_OK)
		return rc;
	keyids = vkjson_array();
	for (size_t i = 0; i < signers->key_count; i++) {
		const struct tuf_key *key = signers->keys[i];

		vkjson_set(keys, tuf_key_id(key), vkjson_ref(tuf_key_json(key)));
		vkjson_append(keyids, vkjson_string(tuf_key_id(key)));
	}
	vkjson_set(role, "keyids", keyids);
	vkjson_set(role, "threshold", vkjson_int(signers->threshold));
	return VK_OK;
}

static struct vkjson *fleet_member(const struct tuf_root_spec *spec)
{
	struct vkjson *custom = vkjson_object();
	struct vkjson *log = vkjson_object();

	vkjson_set(log, "name", vkjson_string(spec->log_name));
	vkjson_set(log, "public", vkjson_hex(spec->log_public, sizeof(spec->log_public)));
	if (spec->log_start.is_there)
		vkjson_set(log, "begins", tuf_log_start_to_json(&spec->log_start));
	if (spec->ca.count > 0) {
		struct vkjson *list = vkjson_array();

		for (size_t i = 0; i < spec->ca.count; i++)
			vkjson_append(list, vkjson_hex(spec->ca.digests[i], VK_SHA256_BYTES));
		vkjson_set(custom, "ca", list);
	}
	vkjson_set(custom, "fleet", vkjson_string(spec->fleet));
	vkjson_set(custom, "log", log);
	return custom;
}

enum vk_rc tuf_build_root(const struct tuf_root_spec *spec, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *part = begin("root", spec->version, spec->expires);
	struct vkjson *roles = vkjson_object();
	struct vkjson *keys = vkjson_object();
	enum vk_rc rc = check_version(spec->version, err);

	if (rc == VK_OK && !vk_name_is_valid(spec->fleet))
		rc = vk_err_set(err, VK_EINPUT, "the fleet's name is not valid");
	vkjson_set(part, "consistent_snapshot", vkjson_bool(true));
	for (int type = 0; type < TUF_TYPE_COUNT && rc == VK_OK; type++) {
		const char *name = tuf_type_name((enum tuf_type)type);
		struct vkjson *role = vkjson_object();

		rc = add_signers(role, keys, &spec->roles[type], name, err);
		vkjson_set(roles, name, role);
	}
	vkjson_set(part, "keys", keys);
	vkjson_set(part, "roles", roles);
	vkjson_set(part, "x-vkcfg", fleet_member(spec));
	return finish(part, rc, out, err);
}

static struct vkjson *make_delegation(const char *name, bool author_may_approve)
{
	struct vkjson *custom = vkjson_object();
	struct vkjson *paths = vkjson_array();
	struct vkjson *role = vkjson_object();
	struct vk_buf pattern;

	vk_buf_init(&pattern, VK_NAME_BYTES + 2);
	vk_buf_addf(&pattern, "%s/*", name);
	vkjson_append(paths, vkjson_string(pattern.data));
	vk_buf_release(&pattern);
	vkjson_set(custom, "author-may-approve", vkjson_bool(author_may_approve));
	vkjson_set(role, "name", vkjson_string(name));
	vkjson_set(role, "paths", paths);
	vkjson_set(role, "terminating", vkjson_bool(true));
	vkjson_set(role, "x-vkcfg", custom);
	return role;
}

static enum vk_rc add_environment(const struct tuf_targets_spec *spec, size_t i,
	struct vkjson *roles, struct vkjson *keys, struct vk_err *err)
{
	const struct tuf_environment_spec *env = &spec->environments[i];
	struct vkjson *role;
	enum vk_rc rc;

	if (!vk_environment_is_valid(env->name))
		return vk_err_set(
			err, VK_EINPUT, "'%.64s' is no name of an environment", env->name);
	for (size_t k = 0; k < i; k++) {
		if (strcmp(spec->environments[k].name, env->name) == 0)
			return vk_err_set(
				err, VK_EINPUT, "environment '%s' is given twice", env->name);
	}
	role = make_delegation(env->name, env->author_may_approve);
	rc = add_signers(role, keys, &env->signers, env->name, err);
	vkjson_append(roles, role);
	return rc;
}

enum vk_rc tuf_build_targets(
	const struct tuf_targets_spec *spec, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *part = begin("targets", spec->version, spec->expires);
	struct vkjson *delegations = vkjson_object();
	struct vkjson *roles = vkjson_array();
	struct vkjson *keys = vkjson_object();
	enum vk_rc rc = check_version(spec->version, err);

	for (size_t i = 0; i < spec->environment_count && rc == VK_OK; i++)
		rc = add_environment(spec, i, roles, keys, err);
	vkjson_set(delegations, "keys", keys);
	vkjson_set(delegations, "roles", roles);
	vkjson_set(part, "delegations", delegations);
	vkjson_set(part, "targets", vkjson_object());
	return finish(part, rc, out, err);
}

/* {"hashes":{"sha256":..},"length":N} */
static struct vkjson *make_file(size_t length, const uint8_t sha256[VK_SHA256_BYTES])
{
	struct vkjson *hashes = vkjson_object();
	struct vkjson *file = vkjson_object();

	vkjson_set(hashes, "sha256", vkjson_hex(sha256, VK_SHA256_BYTES));
	vkjson_set(file, "hashes", hashes);
	vkjson_set(file, "length", vkjson_int((int64_t)length));
	return file;
}

enum vk_rc tuf_build_role(const struct tuf_role_spec *spec, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *part = begin("targets", spec->version, spec->expires);
	struct vkjson *targets = vkjson_object();
	enum vk_rc rc = check_version(spec->version, err);

	if (rc == VK_OK && !vk_environment_is_valid(spec->environment))
		rc = vk_err_set(
			err, VK_EINPUT, "'%.64s' is no name of an environment", spec->environment);
	for (size_t i = 0; i < spec->release_count && rc == VK_OK; i++) {
		const struct tuf_release_spec *release = &spec->releases[i];
		char path[VK_NAME_BYTES + 32];

		snprintf(path, sizeof(path), "%s/%" PRId64 ".json", spec->environment,
			release->number);
		if (release->number < 1 || vkjson_get(targets, path) != NULL)
			rc = vk_err_set(err, VK_EINPUT,
				"releases must be numbered from 1 on, each given once");
		vkjson_set(targets, path, make_file(release->length, release->sha256));
	}
	vkjson_set(part, "targets", targets);
	return finish(part, rc, out, err);
}

static enum vk_rc add_file(
	struct vkjson *meta, const struct tuf_file_spec *spec, struct vk_err *err)
{
	struct vk_buf name;
	struct vkjson *file;

	if (spec->version < 1)
		return check_version(spec->version, err);
	vk_buf_init(&name, SIZE_MAX / 2);
	vk_buf_addf(&name, "%s.json", spec->role);
	file = make_file(spec->length, spec->sha256);
	vkjson_set(file, "version", vkjson_int(spec->version));
	vkjson_set(meta, name.data, file);
	vk_buf_release(&name);
	return VK_OK;
}

static enum vk_rc build_files(const char *type, int64_t version, int64_t expires,
	const struct tuf_file_spec *files, size_t count, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *part = begin(type, version, expires);
	struct vkjson *meta = vkjson_object();
	enum vk_rc rc = check_version(version, err);

	for (size_t i = 0; i < count && rc == VK_OK; i++)
		rc = add_file(meta, &files[i], err);
	vkjson_set(part, "meta", meta);
	return finish(part, rc, out, err);
}

enum vk_rc tuf_build_snapshot(int64_t version, int64_t expires, const struct tuf_file_spec *files,
	size_t count, struct vk_buf *out, struct vk_err *err)
{
	return build_files("snapshot", version, expires, files, count, out, err);
}

enum vk_rc tuf_build_timestamp(int64_t version, int64_t expires,
	const struct tuf_file_spec *snapshot, struct vk_buf *out, struct vk_err *err)
{
	return build_files("timestamp", version, expires, snapshot, 1, out, err);
}

void tuf_build_signature(
	const char *keyid, const uint8_t *sig, size_t len, struct tuf_signature *out)
{
	struct vk_buf hex;

	vk_buf_init(&hex, sizeof(out->sig) - 1);
	vk_buf_add_hex(&hex, sig, len);
	memset(out, 0, sizeof(*out));
	memcpy(out->sig, hex.data, hex.len);
	vk_buf_release(&hex);
	memcpy(out->keyid, keyid, strnlen(keyid, sizeof(out->keyid) - 1));
}

void tuf_build_sign(const void *signed_part, size_t len, const char *keyid,
	const struct vk_signkey *key, struct tuf_signature *out)
{
	uint8_t sig[VK_SIGNATURE_BYTES];

	vk_signkey_sign(key, signed_part, len, sig);
	tuf_build_signature(keyid, sig, sizeof(sig), out);
}

enum vk_rc tuf_build_file(const char *signed_part, size_t len,
	const struct tuf_signature *signatures, size_t count, struct vk_buf *out,
	struct vk_err *err)
{
	struct vkjson *list, *file;
	struct vkjson *part = NULL;
	enum vk_rc rc = vkjson_parse_canonical(signed_part, len, &part, err);

	if (rc != VK_OK)
		return rc;
	list = vkjson_array();
	for (size_t i = 0; i < count; i++) {
		struct vkjson *entry = vkjson_object();

		vkjson_set(entry, "keyid", vkjson_string(signatures[i].keyid));
		vkjson_set(entry, "sig", vkjson_string(signatures[i].sig));
		vkjson_append(list, entry);
	}
	file = vkjson_object();
	vkjson_set(file, "signatures", list);
	vkjson_set(file, "signed", part);
	vkjson_format(file, false, out);
	vkjson_free(file);
	return vk_buf_check(out, "the metadata file", err);
}
