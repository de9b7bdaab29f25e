/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"
#include "server/freshness.h"
#include "server/publish.h"
#include "server/store/store_change.h"
#include "server/store/store_release.h"
#include "server/store/store_tuf.h"

#include "common/banned.h"

enum { TARGET_MAX_BYTES = VK_NAME_BYTES + 32 };

/* What is being recovered, and by whose keys it is judged. */
struct recovery {
	struct writer_tx *tx;
	const struct recovered *in;
	struct tuf_meta *targets;
	struct tuf_meta *role;
	const struct tuf_delegation *delegation;
	struct vkjson *keyids; /* that have signed the role */
};

static void target_path(
	const struct vk_release *release, int64_t number, char out[TARGET_MAX_BYTES])
{
	snprintf(out, TARGET_MAX_BYTES, "%s/%" PRId64 ".json", release->environment, number);
}

/* The release and its fallback, and nothing else. */
static enum vk_rc check_targets(const struct recovery *recovery, struct vk_err *err)
{
	const struct vk_release *release = recovery->in->release;
	const struct tuf_target *current, *fallback;
	char path[TARGET_MAX_BYTES];
	enum vk_rc rc;

	target_path(release, release->number, path);
	current = tuf_meta_target(recovery->role, path);
	if (current == NULL)
		return vk_err_set(err, VK_EUNTRUSTED, "the role does not list %s", path);
	rc = tuf_hashes_check(&current->hashes, current->length, recovery->in->document,
		recovery->in->document_len, path, err);
	if (rc != VK_OK)
		return rc;
	if (tuf_meta_target_count(recovery->role) != (release->has_fallback ? 2u : 1u))
		return vk_err_set(err, VK_EUNTRUSTED,
			"the role lists another release than %s and its fallback", path);
	if (!release->has_fallback)
		return VK_OK;
	target_path(release, release->fallback_release, path);
	fallback = tuf_meta_target(recovery->role, path);
	if (fallback == NULL || !fallback->hashes.has_sha256 ||
		memcmp(fallback->hashes.sha256, release->fallback_sha256, VK_SHA256_BYTES) != 0)
		return vk_err_set(
			err, VK_EUNTRUSTED, "the role does not list the fallback %s", path);
	return VK_OK;
}

/* It must be newer than what there is, in number and in role version. */
static enum vk_rc check_newer(const struct recovery *recovery, struct vk_err *err)
{
	const struct vk_release *release = recovery->in->release;
	struct store *store = writer_tx_store(recovery->tx);
	struct store_tuf role = {.version = 0};
	int64_t number = 0;
	enum vk_rc rc = store_get_release_number(store, release->environment, &number, err);

	if (rc == VK_OK)
		rc = store_get_tuf(
			store, release->environment, 0, writer_tx_arena(recovery->tx), &role, err);
	if (rc == VK_ENOTFOUND)
		rc = VK_OK;
	if (rc == VK_OK &&
		(release->number <= number || tuf_meta_version(recovery->role) <= role.version))
		rc = vk_err_set(err, VK_ECONFLICT,
			"%s is at release %" PRId64 " with role version %" PRId64
			": there is nothing to recover",
			release->environment, number, role.version);
	else if (rc == VK_OK &&
		 (release->number - number > PUBLISH_MAX_MISSED ||
			 tuf_meta_version(recovery->role) - role.version > PUBLISH_MAX_MISSED))
		rc = vk_err_set(err, VK_ECONFLICT,
			"%s is at release %" PRId64 " with role version %" PRId64
			": this one is more than %d ahead",
			release->environment, number, role.version, PUBLISH_MAX_MISSED);
	return rc;
}

static enum vk_rc load_trust(struct recovery *recovery, struct vk_err *err)
{
	const struct recovered *in = recovery->in;
	const char *environment = in->release->environment;
	enum vk_rc rc = freshness_load(
		recovery->tx, tuf_type_name(TUF_TARGETS), TUF_TARGETS, &recovery->targets, err);

	if (rc == VK_OK)
		rc = tuf_meta_parse(in->role, in->role_len, TUF_TARGETS, &recovery->role, err);
	if (rc != VK_OK)
		return rc;
	recovery->delegation = tuf_meta_delegation(recovery->targets, environment);
	if (recovery->delegation == NULL)
		return vk_err_set(
			err, VK_ENOTFOUND, "the fleet has no environment '%s'", environment);
	return tuf_meta_verify(recovery->role, recovery->delegation->role, environment, err);
}

/* A change that was open when the backup was made is that change. *id stays 0 where there is none.
 */
static enum vk_rc find_open(const struct recovery *recovery, int64_t *id, struct vk_err *err)
{
	const struct vk_release *release = recovery->in->release;
	const struct store_change_filter filter = {.where = {.environment = release->environment},
		.has_state = true,
		.state = CHANGE_OPEN};
	const struct store_page page = {.limit = STORE_LIMIT_MAX};
	struct store_change_list list;
	enum vk_rc rc = store_list_changes(writer_tx_store(recovery->tx), &filter, &page,
		writer_tx_arena(recovery->tx), &list, err);

	for (size_t i = 0; rc == VK_OK && i < list.count; i++) {
		struct store_change change;

		if (strcmp(list.items[i].tag, release->change) != 0)
			continue;
		rc = store_get_change(writer_tx_store(recovery->tx), list.items[i].id,
			writer_tx_arena(recovery->tx), &change, err);
		if (rc == VK_OK && (change.document_len != recovery->in->document_len ||
					   memcmp(change.document, recovery->in->document,
						   change.document_len) != 0))
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"change %" PRId64 " has another document", change.id);
		if (rc == VK_OK)
			*id = change.id;
	}
	return rc;
}

static enum vk_rc add_change(const struct recovery *recovery, int64_t *id, struct vk_err *err)
{
	const struct recovered *in = recovery->in;
	const struct vk_release *release = in->release;
	struct store *store = writer_tx_store(recovery->tx);
	uint8_t root[MERKLE_HASH_BYTES];
	char tree[VK_SHA256_HEX_BYTES];
	struct store_change change = {.tag = release->change,
		.environment = release->environment,
		.number = release->number,
		.base = release->base,
		.author = release->author,
		.message = release->message,
		.commit = release->commit,
		.tree = tree,
		.created = release->created,
		.document = in->document,
		.document_len = in->document_len,
		.role_version = tuf_meta_version(recovery->role),
		.threshold = tuf_role_threshold(recovery->delegation->role)};
	enum vk_rc rc;

	vk_digest_format(release->tree, tree);
	change.metadata = tuf_meta_signed(recovery->role, &change.metadata_len);
	rc = store_add_tree(store, tree, in->files, in->file_count, release->author,
		writer_tx_now(recovery->tx), err);
	if (rc == VK_OK)
		rc = store_add_change(store, &change, id, err);
	if (rc == VK_OK)
		rc = store_add_bundles(store, *id, in->bundles, in->bundle_count, root, err);
	if (rc == VK_OK && memcmp(root, release->bundle_root, sizeof(root)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the document's bundles are not those that the server has rendered");
	return rc;
}

/* Each signature that counts, as the approval that it was. One that the change has already is the
 * same one: Ed25519 has no other for this key and text. */
static enum vk_rc add_approvals(const struct recovery *recovery, int64_t id, struct vk_err *err)
{
	const struct vkjson *signatures = tuf_meta_signatures(recovery->role);
	size_t len = 0;
	const char *text = tuf_meta_signed(recovery->role, &len);
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(signatures); i++) {
		const struct vkjson *signature = vkjson_at(signatures, i);
		struct store_approval approval = {.at = recovery->in->release->created};
		const struct tuf_key *key = NULL;
		struct vk_err ignored = VK_ERR_INIT;

		if (vkjson_get_string(signature, "keyid", &approval.keyid, &ignored) != VK_OK ||
			vkjson_get_string(signature, "sig", &approval.sig, &ignored) != VK_OK ||
			tuf_role_verify_one(recovery->delegation->role, approval.keyid,
				approval.sig, text, len, &key, &ignored) != VK_OK ||
			tuf_key_user(key) == NULL)
			continue;
		approval.user = tuf_key_user(key);
		vkjson_append(recovery->keyids, vkjson_string(approval.keyid));
		rc = store_add_approval(writer_tx_store(recovery->tx), id, &approval, err);
		if (rc == VK_ECONFLICT)
			rc = VK_OK;
	}
	return rc;
}

static enum vk_rc publish(const struct recovery *recovery, int64_t id, struct vk_err *err)
{
	const struct recovered *in = recovery->in;
	struct writer_tx *tx = recovery->tx;
	const struct store_tuf file = {.role = in->release->environment,
		.version = tuf_meta_version(recovery->role),
		.expires = tuf_meta_expires(recovery->role),
		.text = in->role,
		.len = in->role_len};
	enum vk_rc rc = store_add_tuf(writer_tx_store(tx), &file, writer_tx_now(tx), err);

	if (rc == VK_OK)
		rc = store_close_change(writer_tx_store(tx), id, CHANGE_RELEASED, err);
	if (rc == VK_OK)
		rc = store_add_release(writer_tx_store(tx), id, writer_tx_now(tx), err);
	return rc == VK_OK ? freshness_renew_all(tx, err) : rc;
}

static enum vk_rc audit(
	const struct recovery *recovery, const char *actor, int64_t id, struct vk_err *err)
{
	const struct vk_release *release = recovery->in->release;
	struct vkjson *detail = vkjson_object(), *signers = vkjson_object();
	char object[VK_NAME_BYTES + 40];
	const struct writer_audit entry = {
		.actor = actor, .action = "release.recover", .object = object, .detail = detail};
	uint8_t sha256[VK_SHA256_BYTES];
	enum vk_rc rc;

	snprintf(object, sizeof(object), "release/%s/%" PRId64, release->environment,
		release->number);
	vk_sha256(recovery->in->document, recovery->in->document_len, sha256);
	vkjson_set(signers, release->environment, vkjson_ref(recovery->keyids));
	vkjson_set(detail, "signers", signers);
	vkjson_set(detail, "change", vkjson_int(id));
	vkjson_set(detail, "document", vkjson_hex(sha256, sizeof(sha256)));
	rc = writer_tx_audit(recovery->tx, &entry, err);
	vkjson_free(detail);
	return rc;
}

enum vk_rc recover_release(struct writer_tx *tx, const char *actor,
	const struct recovered *recovered, struct vk_err *err)
{
	struct recovery recovery = {.tx = tx, .in = recovered, .keyids = vkjson_array()};
	int64_t id = 0;
	enum vk_rc rc = VK_OK;

	if (strcmp(recovered->release->fleet, writer_tx_fleet(tx)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the release is of fleet '%s'",
			recovered->release->fleet);
	if (rc == VK_OK)
		rc = load_trust(&recovery, err);
	if (rc == VK_OK)
		rc = check_newer(&recovery, err);
	if (rc == VK_OK)
		rc = check_targets(&recovery, err);
	if (rc == VK_OK)
		rc = find_open(&recovery, &id, err);
	if (rc == VK_OK && id == 0)
		rc = add_change(&recovery, &id, err);
	if (rc == VK_OK)
		rc = add_approvals(&recovery, id, err);
	if (rc == VK_OK)
		rc = publish(&recovery, id, err);
	if (rc == VK_OK)
		rc = audit(&recovery, actor, id, err);
	if (rc == VK_OK)
		rc = publish_make_stale(tx, recovered->release->environment, err);
	vkjson_free(recovery.keyids);
	tuf_meta_free(recovery.role);
	tuf_meta_free(recovery.targets);
	return rc;
}
