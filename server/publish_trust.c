/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/name.h"
#include "common/num.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"
#include "server/ca_change.h"
#include "server/freshness.h"
#include "server/publish.h"
#include "server/signer.h"
#include "server/store/store_environment.h"
#include "server/store/store_log.h"
#include "server/store/store_tuf.h"

#include "common/banned.h"

/* What an upload makes of the fleet's trust. */
struct upload {
	struct writer_tx *tx;
	struct tuf_meta *root;	  /* the newest so far; NULL before the first */
	struct tuf_meta *targets; /* the same */
	bool has_root;		  /* the upload brings one */
	int64_t revoked;	  /* certificates of CAs that it drops */
	bool has_targets;
	struct vkjson *signers;	       /* role -> ids of the keys that have signed it */
	struct vkjson *refreshed;      /* environments whose role was signed anew: name -> version */
	struct vkjson *unsigned_roles; /* environments whose release has too few valid signatures */
};

/* VK_EINPUT unless the name is "VERSION.ROLE.json" of what the file holds. */
static enum vk_rc check_name(const struct publish_file *file, const struct tuf_meta *meta,
	const char *role, struct vk_err *err)
{
	char expected[VK_NAME_BYTES + 32];

	snprintf(expected, sizeof(expected), "%lld.%s.json", (long long)tuf_meta_version(meta),
		role);
	if (strcmp(file->name, expected) != 0)
		return vk_err_set(
			err, VK_EINPUT, "the file '%.64s' holds %s", file->name, expected);
	return VK_OK;
}

static enum vk_rc check_next(const struct tuf_meta *old, const struct tuf_meta *new,
	const char *role, struct vk_err *err)
{
	long long have = old != NULL ? tuf_meta_version(old) : 0;

	if (tuf_meta_version(new) == have + 1)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "%s version %lld does not follow %lld", role,
		(long long)tuf_meta_version(new), have);
	vk_err_hint(err, "fetch version %lld, make your change to it and sign version %lld", have,
		have + 1);
	return VK_ECONFLICT;
}

static enum vk_rc check_log_start(
	const struct upload *upload, const struct tuf_log_start *start, struct vk_err *err)
{
	struct store_log_start have = {.number = 0};
	struct tuf_log_start expected;
	enum vk_rc rc = store_get_log_start(writer_tx_store(upload->tx), &have, err);

	expected = (struct tuf_log_start){.is_there = have.number > 1, .size = have.size};
	memcpy(expected.root, have.root, sizeof(expected.root));
	if (rc == VK_OK && !tuf_log_start_is_same(start, &expected))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"root: the log does not begin with what this server's begins with");
	return rc;
}

/* Fleet, log and online keys must be this server's: hosts pin what stands here. */
static enum vk_rc check_root_content(
	const struct upload *upload, const struct tuf_meta *root, struct vk_err *err)
{
	struct signer *signer = writer_tx_signer(upload->tx);
	struct signer_public_keys keys;
	struct tuf_fleet fleet;
	const char *keyid;
	enum vk_rc rc = tuf_fleet_from_root(root, &fleet, err);

	if (rc != VK_OK)
		return rc;
	signer_get_public_keys(signer, &keys);
	if (strcmp(fleet.fleet, writer_tx_fleet(upload->tx)) != 0)
		return vk_err_set(err, VK_EUNTRUSTED, "root: the fleet is '%s' instead of '%s'",
			fleet.fleet, writer_tx_fleet(upload->tx));
	if (strcmp(fleet.log_name, signer_log_name(signer)) != 0 ||
		memcmp(fleet.log_public, keys.log, sizeof(keys.log)) != 0) {
		vk_err_set(err, VK_EUNTRUSTED, "root: the log's name or key is not this server's");
		vk_err_hint(err, "'vkcfg root rotate --online-keys' puts the server's keys into the "
				 "next root");
		return VK_EUNTRUSTED;
	}
	rc = check_log_start(upload, &fleet.log_start, err);
	if (rc != VK_OK)
		return rc;
	if (!tuf_meta_is_consistent(root))
		return vk_err_set(err, VK_EUNTRUSTED, "root: consistent_snapshot is not true");
	rc = freshness_find_key(root, TUF_SNAPSHOT, keys.snapshot, &keyid, err);
	if (rc == VK_OK)
		rc = freshness_find_key(root, TUF_TIMESTAMP, keys.timestamp, &keyid, err);
	if (rc == VK_OK)
		rc = ca_change_check(upload->tx, root, err);
	return rc;
}

/* A server that was rebuilt from a backup may have missed versions; the first one is number 1. */
static enum vk_rc check_newer(const struct tuf_meta *old, const struct tuf_meta *new,
	const char *role, struct vk_err *err)
{
	if (old == NULL || tuf_meta_version(new) <= tuf_meta_version(old))
		return check_next(old, new, role, err);
	if (tuf_meta_version(new) - tuf_meta_version(old) > PUBLISH_MAX_MISSED)
		return vk_err_set(err, VK_ECONFLICT,
			"%s version %lld is more than %d versions ahead of %lld", role,
			(long long)tuf_meta_version(new), PUBLISH_MAX_MISSED,
			(long long)tuf_meta_version(old));
	return VK_OK;
}

static enum vk_rc store_file(struct upload *upload, const struct publish_file *from,
	const struct tuf_meta *meta, const char *role, struct vk_err *err)
{
	const struct store_tuf file = {.role = role,
		.version = tuf_meta_version(meta),
		.expires = tuf_meta_expires(meta),
		.text = from->text,
		.len = from->len};

	return store_add_tuf(writer_tx_store(upload->tx), &file, writer_tx_now(upload->tx), err);
}

static enum vk_rc take_root(
	struct upload *upload, const struct publish_file *file, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	int64_t revoked = 0;
	enum vk_rc rc;

	if (upload->has_targets)
		return vk_err_set(err, VK_EINPUT, "roots stand before targets");
	rc = tuf_meta_parse(file->text, file->len, TUF_ROOT, &root, err);
	if (rc == VK_OK)
		rc = check_name(file, root, tuf_type_name(TUF_ROOT), err);
	if (rc == VK_OK)
		rc = check_next(upload->root, root, tuf_type_name(TUF_ROOT), err);
	if (rc == VK_OK)
		rc = tuf_meta_verify_root(root, upload->root, err);
	if (rc == VK_OK)
		rc = store_file(upload, file, root, tuf_type_name(TUF_ROOT), err);
	if (rc == VK_OK)
		rc = ca_change_carry_out(upload->tx, root, &revoked, err);
	if (rc != VK_OK) {
		tuf_meta_free(root);
		return rc;
	}
	tuf_meta_free(upload->root);
	upload->root = root;
	upload->revoked += revoked;
	upload->has_root = true;
	return VK_OK;
}

/* A delegation is one environment: its own paths and nothing else, and the search ends there. */
static enum vk_rc check_delegation(const struct tuf_delegation *delegation, struct vk_err *err)
{
	char paths[VK_NAME_BYTES + 2];
	const char *pattern;

	if (!vk_environment_is_valid(delegation->name))
		return vk_err_set(err, VK_EINPUT, "targets: '%.63s' is no name of an environment",
			delegation->name);
	snprintf(paths, sizeof(paths), "%s/*", delegation->name);
	pattern = delegation->paths != NULL ? vkjson_text(vkjson_at(delegation->paths, 0)) : NULL;
	if (!delegation->is_terminating || pattern == NULL ||
		vkjson_count(delegation->paths) != 1 || strcmp(pattern, paths) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"targets: the role %s must be terminating and have the paths [\"%s\"]",
			delegation->name, paths);
	return VK_OK;
}

static enum vk_rc check_delegations(const struct tuf_meta *targets, struct vk_err *err)
{
	if (tuf_meta_target_count(targets) != 0)
		return vk_err_set(err, VK_EUNTRUSTED, "targets: lists files of its own");
	for (size_t i = 0; i < tuf_meta_delegation_count(targets); i++) {
		enum vk_rc rc = check_delegation(tuf_meta_delegation_at(targets, i), err);

		if (rc != VK_OK)
			return rc;
	}
	return VK_OK;
}

static enum vk_rc take_targets(
	struct upload *upload, const struct publish_file *file, struct vk_err *err)
{
	struct tuf_meta *targets = NULL;
	enum vk_rc rc;

	if (upload->has_targets || upload->root == NULL)
		return vk_err_set(err, VK_EINPUT, "targets comes once, after the first root");
	rc = tuf_meta_parse(file->text, file->len, TUF_TARGETS, &targets, err);
	if (rc == VK_OK)
		rc = check_name(file, targets, tuf_type_name(TUF_TARGETS), err);
	if (rc == VK_OK)
		rc = check_newer(upload->targets, targets, tuf_type_name(TUF_TARGETS), err);
	if (rc == VK_OK)
		rc = check_delegations(targets, err);
	if (rc == VK_OK)
		rc = store_file(upload, file, targets, tuf_type_name(TUF_TARGETS), err);
	if (rc != VK_OK) {
		tuf_meta_free(targets);
		return rc;
	}
	tuf_meta_free(upload->targets);
	upload->targets = targets;
	upload->has_targets = true;
	return VK_OK;
}

/* The role lists the very same releases as the one before. A release becomes the current one through
 * an approved change only, where each approval also needs the approver's certificate. */
static enum vk_rc check_same_releases(const struct tuf_meta *old, const struct tuf_meta *new,
	const char *environment, struct vk_err *err)
{
	const struct vkjson *have = vkjson_get(tuf_meta_json(old), "targets");
	const struct vkjson *got = vkjson_get(tuf_meta_json(new), "targets");

	if (!vkjson_equal(have, got) || tuf_meta_delegation_count(new) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"%s: signing anew may not change the releases", environment);
	return VK_OK;
}

static enum vk_rc check_role_times(const struct upload *upload, const struct tuf_meta *role,
	const char *environment, struct vk_err *err)
{
	int64_t now = writer_tx_now(upload->tx);

	if (tuf_meta_expires(role) - now > PUBLISH_ROLE_MAX_SECONDS)
		return vk_err_set(err, VK_EUNTRUSTED, "%s: expires in more than %d days",
			environment, PUBLISH_ROLE_MAX_SECONDS / 86400);
	return tuf_meta_check_expiry(role, now, environment, err);
}

/* Checks an environment's role that was signed anew, against the one that it replaces. */
static enum vk_rc check_role(const struct upload *upload, const struct publish_file *file,
	const struct tuf_meta *role, const char *environment, struct vk_err *err)
{
	const struct tuf_delegation *delegation =
		tuf_meta_delegation(upload->targets, environment);
	struct tuf_meta *old = NULL;
	enum vk_rc rc;

	if (delegation == NULL)
		return vk_err_set(
			err, VK_ENOTFOUND, "the fleet has no environment '%s'", environment);
	rc = freshness_load(upload->tx, environment, TUF_TARGETS, &old, err);
	if (rc == VK_OK)
		rc = check_name(file, role, environment, err);
	if (rc == VK_OK)
		rc = check_newer(old, role, environment, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify(role, delegation->role, environment, err);
	if (rc == VK_OK)
		rc = check_same_releases(old, role, environment, err);
	if (rc == VK_OK)
		rc = check_role_times(upload, role, environment, err);
	tuf_meta_free(old);
	return rc;
}

/* The ids of the keys that have signed: what the key of a thief was used for can be told later. */
static void add_signers(
	struct vkjson *signers, const char *role, const struct tuf_meta *meta,
	const struct tuf_role *authority)
{
	const struct vkjson *signatures = tuf_meta_signatures(meta);
	struct vkjson *keyids = vkjson_array();
	size_t len = 0;
	const char *text = tuf_meta_signed(meta, &len);

	for (size_t i = 0; i < vkjson_count(signatures); i++) {
		const char *keyid = "", *sig = "";
		struct vk_err ignored = VK_ERR_INIT;

		if (vkjson_get_string(vkjson_at(signatures, i), "keyid", &keyid, &ignored) ==
				VK_OK &&
			vkjson_get_string(vkjson_at(signatures, i), "sig", &sig, &ignored) ==
				VK_OK &&
			tuf_role_verify_one(authority, keyid, sig, text, len, NULL, &ignored) ==
				VK_OK)
			vkjson_append(keyids, vkjson_string(keyid));
	}
	vkjson_set(signers, role, keyids);
}

/* Open changes carry the version that this one has taken: they become stale. */
static enum vk_rc take_role(struct upload *upload, const struct publish_file *file,
	const char *environment, struct vk_err *err)
{
	struct tuf_meta *role = NULL;
	enum vk_rc rc;

	if (upload->targets == NULL)
		return vk_err_set(err, VK_EINPUT, "roles come after the first targets");
	rc = tuf_meta_parse(file->text, file->len, TUF_TARGETS, &role, err);
	if (rc == VK_OK)
		rc = check_role(upload, file, role, environment, err);
	if (rc == VK_OK)
		rc = store_file(upload, file, role, environment, err);
	if (rc == VK_OK)
		rc = publish_make_stale(upload->tx, environment, err);
	if (rc == VK_OK) {
		vkjson_set(upload->refreshed, environment, vkjson_int(tuf_meta_version(role)));
		add_signers(upload->signers, environment, role,
			tuf_meta_delegation(upload->targets, environment)->role);
	}
	tuf_meta_free(role);
	return rc;
}

void publish_role_of(const char *name, char out[VK_NAME_BYTES])
{
	const char *role = name + strspn(name, "0123456789");
	size_t len = strlen(role);

	out[0] = '\0';
	if (role == name || len < sizeof(".json") || role[0] != '.' ||
		strcmp(role + len - strlen(".json"), ".json") != 0)
		return;
	len -= sizeof(".json");
	if (len >= VK_NAME_BYTES)
		return;
	memcpy(out, role + 1, len);
	out[len] = '\0';
}

static enum vk_rc take_file(struct upload *upload, const struct publish_file *file,
	enum publish_scope scope, struct vk_err *err)
{
	char role[VK_NAME_BYTES];

	publish_role_of(file->name, role);
	if (vk_environment_is_valid(role))
		return take_role(upload, file, role, err);
	if (scope == PUBLISH_TRUST && strcmp(role, tuf_type_name(TUF_ROOT)) == 0)
		return take_root(upload, file, err);
	if (scope == PUBLISH_TRUST && strcmp(role, tuf_type_name(TUF_TARGETS)) == 0)
		return take_targets(upload, file, err);
	return vk_err_set(err, VK_EINPUT, "the file '%.64s' is not %s", file->name,
		scope == PUBLISH_TRUST
			? "VERSION.root.json, VERSION.targets.json or VERSION.ENVIRONMENT.json"
			: "VERSION.ENVIRONMENT.json");
}

/* Roots, then targets, then environments. */
static int rank_of(const struct publish_file *file)
{
	char role[VK_NAME_BYTES];

	publish_role_of(file->name, role);
	if (strcmp(role, tuf_type_name(TUF_ROOT)) == 0)
		return 0;
	return strcmp(role, tuf_type_name(TUF_TARGETS)) == 0 ? 1 : 2;
}

/* An upload is a JSON object, whose members have no order: "10.root.json" may stand before
 * "9.root.json". */
static int compare_files(const void *a, const void *b)
{
	const struct publish_file *left = a, *right = b;
	int difference = rank_of(left) - rank_of(right);
	size_t left_digits = strspn(left->name, "0123456789");
	size_t right_digits = strspn(right->name, "0123456789");

	if (difference != 0)
		return difference;
	if (left_digits != right_digits)
		return left_digits < right_digits ? -1 : 1;
	return strcmp(left->name, right->name);
}

static enum vk_rc load_current(struct upload *upload, struct vk_err *err)
{
	enum vk_rc rc =
		freshness_load(upload->tx, tuf_type_name(TUF_ROOT), TUF_ROOT, &upload->root, err);

	if (rc == VK_ENOTFOUND)
		return VK_OK;
	if (rc == VK_OK)
		rc = freshness_load(
			upload->tx, tuf_type_name(TUF_TARGETS), TUF_TARGETS, &upload->targets, err);
	return rc;
}

/* What hosts will check of the result, whichever of the two files is new. */
static enum vk_rc check_result(const struct upload *upload, struct vk_err *err)
{
	int64_t now = writer_tx_now(upload->tx);
	enum vk_rc rc;

	if (upload->root == NULL || upload->targets == NULL)
		return vk_err_set(err, VK_EINPUT, "the first upload brings both root and targets");
	rc = tuf_meta_check_expiry(upload->root, now, "root", err);
	if (rc == VK_OK && upload->has_root) /* those before it led here, whatever they named */
		rc = check_root_content(upload, upload->root, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify(upload->targets, tuf_meta_root_role(upload->root, TUF_TARGETS),
			"targets", err);
	if (rc == VK_OK)
		rc = tuf_meta_check_expiry(upload->targets, now, "targets", err);
	return rc;
}

/* A key that was withdrawn may leave the current release of an environment without enough
 * signatures. It stays as it is: hosts refuse it and keep what they have until approvers sign a new
 * release. Withdrawing a stolen key must not have to wait for that. */
static void note_unsigned(struct upload *upload, const struct tuf_delegation *delegation)
{
	struct tuf_meta *role = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = freshness_load(upload->tx, delegation->name, TUF_TARGETS, &role, &err);

	if (rc == VK_OK)
		rc = tuf_meta_verify(role, delegation->role, delegation->name, &err);
	if (rc == VK_EUNTRUSTED)
		vkjson_append(upload->unsigned_roles, vkjson_string(delegation->name));
	tuf_meta_free(role);
}

static enum vk_rc store_environments(struct upload *upload, struct vk_err *err)
{
	size_t count = tuf_meta_delegation_count(upload->targets);
	const char **names = arena_calloc(writer_tx_arena(upload->tx), count, sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		const struct tuf_delegation *delegation =
			tuf_meta_delegation_at(upload->targets, i);

		names[i] = delegation->name;
		note_unsigned(upload, delegation);
	}
	return store_set_environments(writer_tx_store(upload->tx), names, count, err);
}

static enum vk_rc audit(const struct upload *upload, const char *actor, struct vk_err *err)
{
	struct vkjson *detail = vkjson_object();
	const struct writer_audit entry = {
		.actor = actor, .action = "tuf.publish", .object = "tuf", .detail = detail};
	enum vk_rc rc;

	if (upload->has_root)
		add_signers(upload->signers, tuf_type_name(TUF_ROOT), upload->root,
			tuf_meta_root_role(upload->root, TUF_ROOT));
	if (upload->has_targets)
		add_signers(upload->signers, tuf_type_name(TUF_TARGETS), upload->targets,
			tuf_meta_root_role(upload->root, TUF_TARGETS));
	vkjson_set(detail, "signers", vkjson_ref(upload->signers));
	vkjson_set(detail, "root", vkjson_int(tuf_meta_version(upload->root)));
	vkjson_set(detail, "targets", vkjson_int(tuf_meta_version(upload->targets)));
	if (upload->revoked > 0)
		vkjson_set(detail, "revoked", vkjson_int(upload->revoked));
	if (vkjson_count(upload->refreshed) > 0)
		vkjson_set(detail, "refreshed", vkjson_ref(upload->refreshed));
	if (vkjson_count(upload->unsigned_roles) > 0)
		vkjson_set(detail, "unsigned", vkjson_ref(upload->unsigned_roles));
	rc = writer_tx_audit(upload->tx, &entry, err);
	vkjson_free(detail);
	return rc;
}

enum vk_rc publish_trust(struct writer_tx *tx, const char *actor, const struct publish_file *files,
	size_t count, enum publish_scope scope, struct vk_err *err)
{
	struct upload upload = {
		.tx = tx,
		.signers = vkjson_object(),
		.refreshed = vkjson_object(),
		.unsigned_roles = vkjson_array()};
	struct publish_file sorted[PUBLISH_MAX_FILES];
	enum vk_rc rc = VK_OK;

	if (count == 0 || count > PUBLISH_MAX_FILES) {
		rc = vk_err_set(err, VK_EINPUT, "an upload has 1 to %d files", PUBLISH_MAX_FILES);
	} else {
		memcpy(sorted, files, count * sizeof(*files));
		qsort(sorted, count, sizeof(*sorted), compare_files);
		rc = load_current(&upload, err);
	}
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = take_file(&upload, &sorted[i], scope, err);
	if (rc == VK_OK)
		rc = check_result(&upload, err);
	if (rc == VK_OK)
		rc = store_environments(&upload, err);
	if (rc == VK_OK)
		rc = freshness_sign_all(tx, upload.root, err);
	if (rc == VK_OK)
		rc = audit(&upload, actor, err);
	tuf_meta_free(upload.root);
	tuf_meta_free(upload.targets);
	vkjson_free(upload.signers);
	vkjson_free(upload.refreshed);
	vkjson_free(upload.unsigned_roles);
	return rc;
}
