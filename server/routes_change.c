/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes: submitted, looked at, approved, rejected. The rules are in server/change.h. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/digest.h"
#include "common/release.h"
#include "common/vkjson.h"
#include "server/access.h"
#include "server/author_quota.h"
#include "server/change.h"
#include "server/judgement.h"
#include "server/mutation.h"
#include "server/proposal.h"
#include "server/query.h"
#include "server/readers.h"
#include "server/routes.h"
#include "server/store/store_change.h"
#include "server/store/store_tree.h"

#include "common/banned.h"

struct submission {
	const char *environment;
	const char *document;
	const char *metadata;
	struct cfg_rendered *rendered;
	struct store_bundle *bundles; /* borrow from rendered */
	struct sealed_pins pins;
};

static void release_submission(void *data)
{
	struct submission *submission = data;

	cfg_rendered_free(submission->rendered);
}

static enum vk_rc load_tree(struct mutation *mutation, const struct vk_release *release,
	struct cfg_tree **out, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	const struct store_tree_file *stored = NULL;
	struct cfg_tree_file *files;
	struct store *store = NULL;
	size_t count = 0;
	enum vk_rc rc = readers_take(mutation->context->readers, &store, err);

	if (rc != VK_OK)
		return rc;
	vk_digest_format(release->tree, digest);
	rc = store_get_tree(store, digest, mutation->arena, &stored, &count, err);
	readers_give(mutation->context->readers, store);
	if (rc != VK_OK)
		return rc;
	files = arena_calloc(mutation->arena, count + 1, sizeof(*files));
	for (size_t i = 0; i < count; i++)
		files[i] = (struct cfg_tree_file){
			.path = stored[i].path, .text = stored[i].text, .len = stored[i].len};
	return cfg_tree_from_files(files, count, out, err);
}

static enum vk_rc list_bundles(struct mutation *mutation, struct vk_err *err)
{
	struct submission *submission = mutation->data;
	size_t count = cfg_rendered_count(submission->rendered);

	submission->bundles =
		arena_calloc(mutation->arena, count + 1, sizeof(*submission->bundles));
	for (size_t i = 0; i < count; i++) {
		const struct cfg_rendered_bundle *bundle = cfg_rendered_at(submission->rendered, i);

		submission->bundles[i] = (struct store_bundle){.index = i,
			.instance = bundle->id,
			.text = bundle->text,
			.len = bundle->len};
	}
	return sealed_collect(submission->bundles, count, mutation->arena, &submission->pins, err);
}

/* Background: the server makes from the tree what the author says that it becomes. */
static enum vk_rc prepare_submit(struct mutation *mutation, struct vk_err *err)
{
	struct submission *submission = mutation->data;
	struct vk_release *release = NULL;
	struct cfg_tree *tree = NULL;
	enum vk_rc rc =
		vk_release_parse(submission->document, strlen(submission->document), &release, err);

	if (rc == VK_OK && strcmp(release->environment, submission->environment) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the document is for environment '%s', not '%s'", release->environment,
			submission->environment);
	if (rc == VK_OK)
		rc = load_tree(mutation, release, &tree, err);
	if (rc == VK_OK)
		rc = proposal_check_tree(release, tree, &submission->rendered, err);
	if (rc == VK_OK)
		rc = judgement_of(submission->rendered, vk_clock_now(), &mutation->findings, err);
	if (rc == VK_OK)
		rc = list_bundles(mutation, err);
	cfg_tree_free(tree);
	vk_release_free(release);
	return rc;
}

static enum vk_rc run_submit(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct submission *submission = mutation->data;
	const struct change_submission change = {
		.user = mutation->caller.name,
		.environment = submission->environment,
		.document = submission->document,
		.document_len = strlen(submission->document),
		.metadata = submission->metadata,
		.metadata_len = strlen(submission->metadata),
		.renderer = CFG_RENDERER_VERSION,
		.bundles = submission->bundles,
		.bundle_count = cfg_rendered_count(submission->rendered),
		.pins = submission->pins,
	};
	int64_t id = 0;
	enum vk_rc rc = change_submit(tx, &change, &id, err);

	if (rc == VK_OK)
		rc = author_quota_check(mutation, tx, err);
	if (rc != VK_OK)
		return rc;
	mutation->status = 201;
	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "change", vkjson_int(id));
	return VK_OK;
}

void route_post_change(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "change.submit", run_submit);
	struct submission *submission = arena_calloc(mutation->arena, 1, sizeof(*submission));
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = mutation_parse_body(mutation, &err);

	mutation->data = submission;
	mutation->release = release_submission;
	mutation->prepare = prepare_submit;
	if (rc == VK_OK)
		rc = vkjson_get_string(
			mutation->body, "environment", &submission->environment, &err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "document", &submission->document, &err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "metadata", &submission->metadata, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

struct judgement {
	int64_t id;
	const char *keyid, *sig; /* approve */
	const char *message;	 /* reject */
};

static enum vk_rc run_approve(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct judgement *judgement = mutation->data;
	struct change_outcome outcome;
	enum vk_rc rc = change_approve(tx, judgement->id, mutation->caller.name, judgement->keyid,
		judgement->sig, &outcome, err);

	if (rc != VK_OK)
		return rc;
	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "state", vkjson_string(change_state_name(outcome.state)));
	vkjson_set(mutation->answer, "approvals", vkjson_int((int64_t)outcome.approvals));
	vkjson_set(mutation->answer, "threshold", vkjson_int(outcome.threshold));
	if (outcome.release > 0)
		vkjson_set(mutation->answer, "release", vkjson_int(outcome.release));
	return VK_OK;
}

static enum vk_rc run_reject(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct judgement *judgement = mutation->data;
	const char *environment = NULL;
	unsigned roles;
	enum vk_rc rc = store_get_change_environment(
		writer_tx_store(tx), judgement->id, writer_tx_arena(tx), &environment, err);

	if (rc != VK_OK)
		return rc;
	roles = access_roles_in(&mutation->caller, environment);
	return change_reject(tx, judgement->id, mutation->caller.name, (roles & ROLE_APPROVER) == 0,
		judgement->message, err);
}

/* The id of the path and the body of either call. */
static struct mutation *begin_judgement(
	struct request *req, const char *name, mutation_run *run, struct vk_err *err)
{
	struct mutation *mutation = mutation_new(req, name, run);
	struct judgement *judgement = arena_calloc(mutation->arena, 1, sizeof(*judgement));
	uint64_t id = 0;
	enum vk_rc rc = request_param_uint(req, "id", 1, INT64_MAX, &id, err);

	mutation->data = judgement;
	judgement->id = (int64_t)id;
	if (rc == VK_OK)
		rc = mutation_parse_body(mutation, err);
	if (rc == VK_OK)
		return mutation;
	mutation_fail(mutation, err);
	return NULL;
}

void route_approve_change(struct request *req)
{
	struct vk_err err = VK_ERR_INIT;
	struct mutation *mutation = begin_judgement(req, "change.approve", run_approve, &err);
	struct judgement *judgement;
	enum vk_rc rc;

	if (mutation == NULL)
		return;
	judgement = mutation->data;
	rc = vkjson_get_string(mutation->body, "keyid", &judgement->keyid, &err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "sig", &judgement->sig, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

void route_reject_change(struct request *req)
{
	struct vk_err err = VK_ERR_INIT;
	struct mutation *mutation = begin_judgement(req, "change.reject", run_reject, &err);
	struct judgement *judgement;
	enum vk_rc rc;

	if (mutation == NULL)
		return;
	judgement = mutation->data;
	rc = vkjson_get_string(mutation->body, "message", &judgement->message, &err);
	if (rc == VK_OK && *judgement->message == '\0')
		rc = vk_err_set(&err, VK_EINPUT, "member 'message': say why, in a sentence");
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

static struct vkjson *approvals_to_json(const struct store_change *change)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < change->approval_count; i++) {
		const struct store_approval *approval = &change->approvals[i];
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "user", vkjson_string(approval->user));
		vkjson_set(object, "keyid", vkjson_string(approval->keyid));
		vkjson_set(object, "sig", vkjson_string(approval->sig));
		vkjson_set(object, "at", vkjson_time(approval->at));
		if (change->state == CHANGE_OPEN)
			vkjson_set(object, "in_force", vkjson_bool(approval->is_in_force));
		vkjson_append(list, object);
	}
	return list;
}

static struct vkjson *rejection_to_json(const struct store_change *change)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "user", vkjson_string(change->rejected_by));
	vkjson_set(object, "message", vkjson_string(change->rejection));
	vkjson_set(object, "at", vkjson_time(change->rejected));
	return object;
}

/* document and metadata are left out where they were not read (lists). */
static struct vkjson *change_to_json(const struct store_change *change)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "id", vkjson_int(change->id));
	vkjson_set(object, "environment", vkjson_string(change->environment));
	vkjson_set(object, "number", vkjson_int(change->number));
	vkjson_set(object, "base", vkjson_int(change->base));
	vkjson_set(object, "state", vkjson_string(change_state_name(change->state)));
	vkjson_set(object, "author", vkjson_string(change->author));
	vkjson_set(object, "message", vkjson_string(change->message));
	if (change->commit != NULL)
		vkjson_set(object, "commit", vkjson_string(change->commit));
	vkjson_set(object, "tree", vkjson_string(change->tree));
	vkjson_set(object, "created", vkjson_time(change->created));
	if (change->document != NULL)
		vkjson_set(
			object, "document", vkjson_stringn(change->document, change->document_len));
	if (change->metadata != NULL)
		vkjson_set(
			object, "metadata", vkjson_stringn(change->metadata, change->metadata_len));
	vkjson_set(object, "approvals", approvals_to_json(change));
	vkjson_set(object, "threshold", vkjson_int(change->threshold));
	if (change->rejected_by != NULL)
		vkjson_set(object, "rejection", rejection_to_json(change));
	return object;
}

static enum vk_rc list_changes(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct store_change_filter filter = {.where = query_filter(query)};
	const char *state = request_query(query->req, "state");
	struct store_change_list list;
	struct vkjson *items;
	enum vk_rc rc;

	filter.has_state = state != NULL;
	if (state != NULL && !change_state_parse(state, &filter.state))
		return vk_err_set(err, VK_EINPUT,
			"parameter 'state': expected open, released, rejected or stale");
	rc = store_list_changes(query->store, &filter, &query->page, query->arena, &list, err);
	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, change_to_json(&list.items[i]));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_changes(struct request *req)
{
	query_run(req, list_changes);
}

static enum vk_rc get_change(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct store_change change;
	uint64_t id = 0;
	enum vk_rc rc = request_param_uint(query->req, "id", 1, INT64_MAX, &id, err);

	if (rc == VK_OK)
		rc = store_get_change(query->store, (int64_t)id, query->arena, &change, err);
	if (rc == VK_OK)
		*answer = change_to_json(&change);
	return rc;
}

void route_get_change(struct request *req)
{
	query_run(req, get_change);
}
