/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/root_plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/approvers.h"
#include "common/mem.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_role.h"

#include "common/banned.h"

/* What people change: the two roles whose keys are offline. */
static const enum tuf_type offline[] = {TUF_ROOT, TUF_TARGETS};
enum { OFFLINE_COUNT = sizeof(offline) / sizeof(offline[0]) };

void root_plan_init(struct root_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
}

static void clear_role(struct root_plan_role *role)
{
	for (size_t i = 0; i < role->count; i++)
		tuf_key_free(role->keys[i]);
	role->count = 0;
}

void root_plan_release(struct root_plan *plan)
{
	for (size_t i = 0; i < TUF_TYPE_COUNT; i++)
		clear_role(&plan->roles[i]);
	free(plan->fleet);
	free(plan->log_name);
	root_plan_init(plan);
}

static bool has_key(const struct root_plan_role *role, const struct tuf_key *key)
{
	for (size_t i = 0; i < role->count; i++) {
		if (strcmp(tuf_key_id(role->keys[i]), tuf_key_id(key)) == 0)
			return true;
	}
	return false;
}

static enum vk_rc add_key(
	struct root_plan_role *role, const struct tuf_key *key, struct vk_err *err)
{
	enum vk_rc rc;

	if (role->count == ROOT_PLAN_MAX_KEYS)
		return vk_err_set(err, VK_ELIMIT, "more than %d keys", ROOT_PLAN_MAX_KEYS);
	rc = tuf_key_parse(tuf_key_json(key), &role->keys[role->count], err);
	if (rc == VK_OK)
		role->count++;
	return rc;
}

static enum vk_rc load_role(
	struct root_plan_role *out, const struct tuf_role *role, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	clear_role(out);
	out->threshold = tuf_role_threshold(role);
	for (size_t i = 0; rc == VK_OK && i < tuf_role_key_count(role); i++)
		rc = add_key(out, tuf_role_key(role, i), err);
	return rc;
}

enum vk_rc root_plan_load(struct root_plan *plan, const struct tuf_meta *root, struct vk_err *err)
{
	struct tuf_fleet fleet;
	enum vk_rc rc = tuf_fleet_from_root(root, &fleet, err);

	if (rc != VK_OK)
		return rc;
	free(plan->fleet);
	free(plan->log_name);
	plan->fleet = xstrdup(fleet.fleet);
	plan->log_name = xstrdup(fleet.log_name);
	memcpy(plan->log_public, fleet.log_public, sizeof(plan->log_public));
	plan->log_start = fleet.log_start;
	plan->ca = fleet.ca;
	for (int i = 0; rc == VK_OK && i < TUF_TYPE_COUNT; i++)
		rc = load_role(&plan->roles[i], tuf_meta_root_role(root, (enum tuf_type)i), err);
	return rc;
}

enum vk_rc root_plan_add_key_file(struct root_plan *plan, const char *path, struct vk_err *err)
{
	struct tuf_key *key = NULL;
	size_t added = 0;
	enum vk_rc rc = approvers_read_key(path, &key, err);

	for (size_t i = 0; rc == VK_OK && i < OFFLINE_COUNT; i++) {
		struct root_plan_role *role = &plan->roles[offline[i]];

		if (has_key(role, key))
			continue;
		rc = add_key(role, key, err);
		added++;
	}
	if (rc == VK_OK && added == 0)
		rc = vk_err_set(err, VK_ECONFLICT, "%s: the root has this key already", path);
	tuf_key_free(key);
	return rc;
}

static bool is_key_of(const struct tuf_key *key, const char *who)
{
	const char *user = tuf_key_user(key);

	return strcmp(tuf_key_id(key), who) == 0 || (user != NULL && strcmp(user, who) == 0);
}

static size_t remove_keys(struct root_plan_role *role, const char *who)
{
	size_t kept = 0;
	size_t removed = 0;

	for (size_t i = 0; i < role->count; i++) {
		if (is_key_of(role->keys[i], who)) {
			tuf_key_free(role->keys[i]);
			removed++;
		} else {
			role->keys[kept++] = role->keys[i];
		}
	}
	role->count = kept;
	return removed;
}

enum vk_rc root_plan_remove(struct root_plan *plan, const char *who, struct vk_err *err)
{
	size_t removed = 0;

	for (size_t i = 0; i < OFFLINE_COUNT; i++)
		removed += remove_keys(&plan->roles[offline[i]], who);
	if (removed > 0)
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "the root has no key '%s'", who);
	vk_err_hint(err, "give a user or a key id; 'vkcfg root show' lists them");
	return VK_ENOTFOUND;
}

void root_plan_set_threshold(struct root_plan *plan, unsigned threshold)
{
	for (size_t i = 0; i < OFFLINE_COUNT; i++)
		plan->roles[offline[i]].threshold = threshold;
}

void root_plan_set_online(struct root_plan *plan, enum tuf_type role,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES])
{
	struct root_plan_role *online = &plan->roles[role];

	clear_role(online);
	online->keys[0] = tuf_key_new_ed25519(public_key, NULL);
	online->count = 1;
	online->threshold = 1;
}

enum vk_rc root_plan_set_log(struct root_plan *plan, const char *name,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const struct tuf_log_start *start,
	struct vk_err *err)
{
	unsigned from = tuf_fleet_log_number(plan->fleet, plan->log_name);
	unsigned to = tuf_fleet_log_number(plan->fleet, name);

	if (to < from || to == 0 || (to > 1) != start->is_there ||
		(to == from && !tuf_log_start_is_same(start, &plan->log_start)))
		return vk_err_set(err, VK_EUNTRUSTED,
			"the server's log '%.64s' does not go on from '%s' of the root", name,
			plan->log_name);
	free(plan->log_name);
	plan->log_name = xstrdup(name);
	memcpy(plan->log_public, public_key, sizeof(plan->log_public));
	plan->log_start = *start;
	return VK_OK;
}

enum vk_rc root_plan_add_ca(struct root_plan *plan, const uint8_t digest[VK_SHA256_BYTES],
	struct vk_err *err)
{
	if (ca_list_has(&plan->ca, digest))
		return vk_err_set(err, VK_ECONFLICT, "the root names this CA already");
	if (plan->ca.count == CA_SET_MAX)
		return vk_err_set(err, VK_ELIMIT, "a root names at most %d CAs", CA_SET_MAX);
	memcpy(plan->ca.digests[plan->ca.count++], digest, VK_SHA256_BYTES);
	return VK_OK;
}

enum vk_rc root_plan_drop_ca(struct root_plan *plan, const uint8_t digest[VK_SHA256_BYTES],
	struct vk_err *err)
{
	struct ca_list kept = {.count = 0};

	for (size_t i = 0; i < plan->ca.count; i++) {
		if (memcmp(plan->ca.digests[i], digest, VK_SHA256_BYTES) != 0)
			memcpy(kept.digests[kept.count++], plan->ca.digests[i], VK_SHA256_BYTES);
	}
	if (kept.count == plan->ca.count) {
		vk_err_set(err, VK_ENOTFOUND, "the root does not name this CA");
		vk_err_hint(err, "'vkcfg root show' lists those that it names");
		return VK_ENOTFOUND;
	}
	if (kept.count == 0) {
		vk_err_set(err, VK_EINPUT, "no CA would be left");
		vk_err_hint(err, "'vkcfgd new-ca' makes another one; add it first with --add-ca");
		return VK_EINPUT;
	}
	plan->ca = kept;
	return VK_OK;
}

static enum vk_rc check_thresholds(const struct root_plan *plan, struct vk_err *err)
{
	for (size_t i = 0; i < OFFLINE_COUNT; i++) {
		const struct root_plan_role *role = &plan->roles[offline[i]];

		if (role->threshold >= 1 && role->threshold <= role->count)
			continue;
		vk_err_set(err, VK_EINPUT, "%s would need %u signatures of %zu keys",
			tuf_type_name(offline[i]), role->threshold, role->count);
		vk_err_hint(err, "give --threshold N, or more keys");
		return VK_EINPUT;
	}
	return VK_OK;
}

enum vk_rc root_plan_format(const struct root_plan *plan, int64_t version, int64_t expires,
	struct vk_buf *out, struct vk_err *err)
{
	struct tuf_root_spec spec = {
		.version = version,
		.expires = expires,
		.fleet = plan->fleet,
		.log_name = plan->log_name,
		.ca = plan->ca,
	};
	enum vk_rc rc = check_thresholds(plan, err);

	memcpy(spec.log_public, plan->log_public, sizeof(spec.log_public));
	spec.log_start = plan->log_start;
	for (int i = 0; i < TUF_TYPE_COUNT; i++)
		spec.roles[i] = (struct tuf_signers){
			(const struct tuf_key *const *)plan->roles[i].keys, plan->roles[i].count,
			plan->roles[i].threshold};
	return rc == VK_OK ? tuf_build_root(&spec, out, err) : rc;
}
