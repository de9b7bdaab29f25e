/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/change.h"

#include <stdio.h>
#include <string.h>

#include "common/release.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"
#include "server/approval.h"
#include "server/freshness.h"
#include "server/proposal.h"
#include "server/publish.h"
#include "server/store/store_release.h"
#include "server/store/store_tree.h"
#include "server/store/store_tuf.h"

#include "common/banned.h"

enum { OBJECT_MAX_BYTES = 64, ACTOR_MAX_BYTES = 80 };

/* Writes an entry "user/NAME did ACTION to change/ID"; takes detail, which may be NULL. */
static enum vk_rc audit(struct writer_tx *tx, const char *user, const char *action, int64_t id,
	struct vkjson *detail, struct vk_err *err)
{
	char actor[ACTOR_MAX_BYTES], object[OBJECT_MAX_BYTES];
	const struct writer_audit entry = {
		.actor = actor, .action = action, .object = object, .detail = detail};
	enum vk_rc rc;

	snprintf(actor, sizeof(actor), "user/%s", user);
	snprintf(object, sizeof(object), "change/%lld", (long long)id);
	rc = writer_tx_audit(tx, &entry, err);
	vkjson_free(detail);
	return rc;
}

/* What a new change of this environment must build on, as of this transaction. */
static enum vk_rc load_base(struct writer_tx *tx, const char *environment,
	struct proposal_base *out, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	struct store_release release = {0};
	struct store_tuf role = {0};
	enum vk_rc rc =
		store_get_release(store, environment, 0, writer_tx_arena(tx), &release, err);

	if (rc == VK_OK || rc == VK_ENOTFOUND)
		rc = store_get_tuf(store, environment, 0, writer_tx_arena(tx), &role, err);
	if (rc != VK_OK && rc != VK_ENOTFOUND)
		return rc;
	*out = (struct proposal_base){.fleet = writer_tx_fleet(tx),
		.environment = environment,
		.release = release.number,
		.document = release.document,
		.document_len = release.document_len,
		.role_version = role.version,
		.now = writer_tx_now(tx)};
	return VK_OK;
}

/* The environment's threshold as targets has it now. */
static enum vk_rc get_threshold(
	struct writer_tx *tx, const char *environment, unsigned *out, struct vk_err *err)
{
	const struct tuf_delegation *delegation;
	struct tuf_meta *targets = NULL;
	enum vk_rc rc = freshness_load(tx, tuf_type_name(TUF_TARGETS), TUF_TARGETS, &targets, err);

	if (rc != VK_OK)
		return rc;
	delegation = tuf_meta_delegation(targets, environment);
	if (delegation == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "there is no environment %s", environment);
	else
		*out = tuf_role_threshold(delegation->role);
	tuf_meta_free(targets);
	return rc;
}

static enum vk_rc check_tree_is_there(struct writer_tx *tx, const char *digest, struct vk_err *err)
{
	bool has_tree = false;
	enum vk_rc rc = store_has_tree(writer_tx_store(tx), digest, &has_tree, err);

	if (rc == VK_OK && !has_tree)
		return vk_err_set(err, VK_ENOTFOUND, "there is no tree %s", digest);
	return rc;
}

static enum vk_rc add_bundles(struct writer_tx *tx, const struct change_submission *submission,
	const struct vk_release *release, int64_t id, struct vk_err *err)
{
	uint8_t root[MERKLE_HASH_BYTES];
	enum vk_rc rc = store_add_bundles(
		writer_tx_store(tx), id, submission->bundles, submission->bundle_count, root, err);

	if (rc != VK_OK)
		return rc;
	if (release->bundle_count != (int64_t)submission->bundle_count ||
		memcmp(release->bundle_root, root, sizeof(root)) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the document's bundles are not those that the server has rendered");
	return VK_OK;
}

static enum vk_rc add_change(struct writer_tx *tx, const struct change_submission *submission,
	const struct vk_release *release, int64_t role_version, int64_t *id, struct vk_err *err)
{
	char tree[VK_SHA256_HEX_BYTES];
	struct store_change change = {.tag = release->change,
		.environment = submission->environment,
		.number = release->number,
		.base = release->base,
		.author = release->author,
		.message = release->message,
		.commit = release->commit,
		.tree = tree,
		.created = release->created,
		.document = submission->document,
		.document_len = submission->document_len,
		.metadata = submission->metadata,
		.metadata_len = submission->metadata_len,
		.role_version = role_version};
	enum vk_rc rc;

	vk_digest_format(release->tree, tree);
	rc = get_threshold(tx, submission->environment, &change.threshold, err);
	if (rc == VK_OK)
		rc = check_tree_is_there(tx, tree, err);
	if (rc == VK_OK)
		rc = store_add_change(writer_tx_store(tx), &change, id, err);
	return rc;
}

static enum vk_rc audit_submit(
	struct writer_tx *tx, const struct vk_release *release, int64_t id, struct vk_err *err)
{
	struct vkjson *detail = vkjson_object();

	vkjson_set(detail, "environment", vkjson_string(release->environment));
	vkjson_set(detail, "number", vkjson_int(release->number));
	vkjson_set(detail, "tag", vkjson_string(release->change));
	vkjson_set(detail, "tree", vkjson_hex(release->tree, sizeof(release->tree)));
	return audit(tx, release->author, "change.submit", id, detail, err);
}

enum vk_rc change_submit(struct writer_tx *tx, const struct change_submission *submission,
	int64_t *id, struct vk_err *err)
{
	struct vk_release *release = NULL;
	struct proposal_base base;
	int64_t new_id = 0;
	enum vk_rc rc = load_base(tx, submission->environment, &base, err);

	if (rc == VK_OK)
		rc = proposal_check(&base, submission->user, submission->document,
			submission->document_len, submission->metadata, submission->metadata_len,
			&release, err);
	if (rc == VK_OK && strcmp(release->renderer, submission->renderer) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the document's renderer is %s, the server's %s", release->renderer,
			submission->renderer);
	if (rc == VK_OK)
		rc = add_change(tx, submission, release, base.role_version + 1, &new_id, err);
	if (rc == VK_OK)
		rc = add_bundles(tx, submission, release, new_id, err);
	if (rc == VK_OK)
		rc = sealed_add_pins(writer_tx_store(tx), submission->environment, new_id,
			&submission->pins, writer_tx_arena(tx), err);
	if (rc == VK_OK)
		rc = audit_submit(tx, release, new_id, err);
	if (rc == VK_OK)
		*id = new_id;
	vk_release_free(release);
	return rc;
}

/* An open change, with everything that belongs to it. */
static enum vk_rc load_open(
	struct writer_tx *tx, int64_t id, struct store_change *out, struct vk_err *err)
{
	enum vk_rc rc = store_get_change(writer_tx_store(tx), id, writer_tx_arena(tx), out, err);

	if (rc != VK_OK || out->state == CHANGE_OPEN)
		return rc;
	vk_err_set(err, VK_ECONFLICT, "change %lld is %s", (long long)id,
		change_state_name(out->state));
	if (out->state == CHANGE_STALE)
		vk_err_hint(err,
			"bring the tree up to date with the current release of %s and "
			"submit it again",
			out->environment);
	return VK_ECONFLICT;
}

static struct approval_change judged_change(
	const struct store_change *change, const struct tuf_meta *targets)
{
	return (struct approval_change){.targets = targets,
		.environment = change->environment,
		.author = change->author,
		.metadata = change->metadata,
		.metadata_len = change->metadata_len};
}

/* How many of the change's approvals count, and how many are needed. */
static enum vk_rc count_approvals(struct writer_tx *tx, const struct store_change *change,
	const struct tuf_meta *targets, struct change_outcome *out, struct vk_err *err)
{
	const struct approval_change judged = judged_change(change, targets);
	size_t count = 0, threshold = 0;
	const struct approval *approvals = publish_approvals(writer_tx_arena(tx), change, &count);
	enum vk_rc rc =
		approval_count(&judged, approvals, count, &out->approvals, &threshold, err);

	out->threshold = (unsigned)threshold;
	return rc;
}

/* Judges and stores one approval; *change is read anew with it. */
static enum vk_rc take_approval(struct writer_tx *tx, struct store_change *change,
	const struct tuf_meta *targets, const struct store_approval *approval, struct vk_err *err)
{
	const struct approval_change judged = judged_change(change, targets);
	const struct approval given = {
		.user = approval->user, .keyid = approval->keyid, .sig = approval->sig};
	struct vkjson *detail;
	enum vk_rc rc = approval_check(&judged, &given, err);

	if (rc == VK_OK)
		rc = store_add_approval(writer_tx_store(tx), change->id, approval, err);
	if (rc != VK_OK)
		return rc;
	detail = vkjson_object();
	vkjson_set(detail, "keyid", vkjson_string(approval->keyid));
	rc = audit(tx, approval->user, "change.approve", change->id, detail, err);
	return rc == VK_OK ? load_open(tx, change->id, change, err) : rc;
}

static enum vk_rc release_if_complete(struct writer_tx *tx, const struct store_change *change,
	const char *user, struct change_outcome *outcome, struct vk_err *err)
{
	char actor[ACTOR_MAX_BYTES];
	enum vk_rc rc;

	if (outcome->approvals < outcome->threshold)
		return VK_OK;
	snprintf(actor, sizeof(actor), "user/%s", user);
	rc = publish_release(tx, change, actor, err);
	if (rc == VK_OK) {
		outcome->state = CHANGE_RELEASED;
		outcome->release = change->number;
	}
	return rc;
}

enum vk_rc change_approve(struct writer_tx *tx, int64_t id, const char *user, const char *keyid,
	const char *sig_hex, struct change_outcome *out, struct vk_err *err)
{
	const struct store_approval approval = {
		.user = user, .keyid = keyid, .sig = sig_hex, .at = writer_tx_now(tx)};
	struct change_outcome outcome = {.state = CHANGE_OPEN};
	struct tuf_meta *targets = NULL;
	struct store_change change;
	enum vk_rc rc = load_open(tx, id, &change, err);

	if (rc == VK_OK)
		rc = freshness_load(tx, tuf_type_name(TUF_TARGETS), TUF_TARGETS, &targets, err);
	if (rc == VK_OK)
		rc = take_approval(tx, &change, targets, &approval, err);
	if (rc == VK_OK)
		rc = count_approvals(tx, &change, targets, &outcome, err);
	if (rc == VK_OK)
		rc = release_if_complete(tx, &change, user, &outcome, err);
	if (rc == VK_OK)
		*out = outcome;
	tuf_meta_free(targets);
	return rc;
}

enum vk_rc change_reject(struct writer_tx *tx, int64_t id, const char *user, bool is_author_only,
	const char *message, struct vk_err *err)
{
	struct store_change change;
	struct vkjson *detail;
	enum vk_rc rc = load_open(tx, id, &change, err);

	if (rc == VK_OK && is_author_only && strcmp(change.author, user) != 0)
		rc = vk_err_set(err, VK_EDENIED,
			"change %lld is not yours: only approvers may reject it", (long long)id);
	if (rc == VK_OK)
		rc = store_reject_change(
			writer_tx_store(tx), id, user, message, writer_tx_now(tx), err);
	if (rc != VK_OK)
		return rc;
	detail = vkjson_object();
	vkjson_set(detail, "message", vkjson_string(message));
	return audit(tx, user, "change.reject", id, detail, err);
}
