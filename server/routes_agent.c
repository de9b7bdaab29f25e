/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host asks and says: the poll, its bundles, its report. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/merkle.h"
#include "common/vkjson.h"
#include "server/handovers.h"
#include "server/log.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/readers.h"
#include "server/report.h"
#include "server/routes.h"
#include "server/shard.h"
#include "server/store/store_bundle.h"
#include "server/witness.h"

#include "common/banned.h"

enum { DESIRED_MAX_BYTES = 1024 * 1024 };

/* The environment of the calling host, as far as there is something to serve. */
static enum vk_rc find_environment(
	struct request *req, const struct view_environment **out, struct vk_err *err)
{
	const struct view *view = request_view(req);
	const char *name = request_identity(req)->environment;

	if (!view_has_trust(view)) {
		vk_err_set(err, VK_EUNAVAIL, "the fleet has no trusted root yet");
		vk_err_hint(err, "an admin publishes it: vkcfg root init");
		return VK_EUNAVAIL;
	}
	*out = view_find_environment(view, name);
	if (*out != NULL)
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%s'", name);
	vk_err_hint(err, "an admin adds it to the trusted targets: vkcfg env add");
	return VK_ENOTFOUND;
}

/* Appends ,"consistency":{...} between the log that the host knows and the one in the view. */
static enum vk_rc add_consistency(
	struct request *req, uint64_t from, struct vk_buf *out, struct vk_err *err)
{
	struct context *context = request_context(req);
	const struct view_log *log = view_log(request_view(req));
	struct vkjson *object = NULL;
	struct store *store = NULL;
	struct merkle_proof proof;
	enum vk_rc rc = readers_take(context->readers, &store, err);

	if (rc != VK_OK)
		return rc;
	rc = log_consistency(store, from, (uint64_t)log->size, &proof, err);
	readers_give(context->readers, store);
	if (rc != VK_OK)
		return rc;
	object = vkjson_object();
	vkjson_set(object, "from", vkjson_int((int64_t)from));
	vkjson_set(object, "to", vkjson_int(log->size));
	vkjson_set(object, "proof", merkle_proof_to_json(&proof));
	vk_buf_adds(out, ",\"consistency\":");
	vkjson_format(object, false, out);
	vkjson_free(object);
	return VK_OK;
}

/* Those of the calling host. */
static void add_announcements(
	const struct view_environment *environment, const char *host, struct vk_buf *out)
{
	const char *before = ",\"announcements\":[";

	for (size_t i = 0; i < environment->announcement_count; i++) {
		const struct view_announcement *announcement = &environment->announcements[i];

		if (strcmp(announcement->host, host) != 0)
			continue;
		vk_buf_adds(out, before);
		vk_buf_adds(out, announcement->json);
		before = ",";
	}
	if (*before == ',' && before[1] == '\0')
		vk_buf_addc(out, ']');
}

static enum vk_rc format_desired(struct request *req, const struct view_environment *environment,
	struct vk_buf *out, struct vk_err *err)
{
	const struct view_log *log = view_log(request_view(req));
	uint64_t from = 0;
	enum vk_rc rc = VK_OK;

	vk_buf_add(out, environment->desired, environment->desired_len);
	vk_buf_adds(out, ",\"checkpoint\":");
	vk_buf_add(out, log->checkpoint_json, log->checkpoint_json_len);
	if (request_query(req, "log") != NULL) {
		rc = request_query_uint(req, "log", 0, 0, INT64_MAX, &from, err);
		/* A host that has seen more than there is learns it from the checkpoint. */
		if (rc == VK_OK && from <= (uint64_t)log->size)
			rc = add_consistency(req, from, out, err);
	}
	add_announcements(environment, request_identity(req)->name, out);
	vk_buf_addc(out, '}');
	return rc == VK_OK ? vk_buf_check(out, "the answer", err) : rc;
}

static void reply_desired(struct request *req, const struct view_environment *environment)
{
	struct reply reply = {.status = 200, .content_type = "application/json"};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf body;

	vk_buf_init(&body, DESIRED_MAX_BYTES);
	if (format_desired(req, environment, &body, &err) == VK_OK) {
		reply.etag = environment->etag;
		reply.body = body.data;
		reply.body_len = body.len;
		reply_send(req, &reply);
	} else {
		reply_error(req, &err);
	}
	vk_buf_release(&body);
}

/* A primary waits for a replica on this host: it looks at once, and asks for details. */
static bool is_called(struct request *req)
{
	const struct context *context = request_context(req);
	const struct view_identity *host = request_identity(req);

	return handovers_is_news(context->handovers, host->environment, host->name, vk_clock_now());
}

/* The hot path: an unchanged host is answered from the view, without a lock or a query. */
void route_get_desired(struct request *req)
{
	const struct view_environment *environment = NULL;
	struct vk_err err = VK_ERR_INIT;

	if (find_environment(req, &environment, &err) != VK_OK)
		reply_error(req, &err);
	else if (!request_etag_matches(req, environment->etag))
		reply_desired(req, environment);
	else if (is_called(req) || !request_park(req))
		reply_not_modified(req, environment->etag);
}

static struct vkjson *bundle_to_json(const struct store_bundle *bundle)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "index", vkjson_int((int64_t)bundle->index));
	vkjson_set(object, "bundle", vkjson_stringn(bundle->text, bundle->len));
	vkjson_set(object, "proof", merkle_proof_to_json(&bundle->proof));
	return object;
}

static enum vk_rc get_bundles(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct view_identity *host = request_identity(query->req);
	const struct store_bundle *bundles = NULL;
	struct vkjson *list;
	uint64_t number = 0;
	size_t count = 0;
	enum vk_rc rc = request_param_uint(query->req, "number", 1, INT64_MAX, &number, err);

	if (rc == VK_OK)
		rc = store_list_host_bundles(query->store, host->environment, (int64_t)number,
			host->name, query->arena, &bundles, &count, err);
	if (rc != VK_OK)
		return rc;
	list = vkjson_array();
	for (size_t i = 0; i < count; i++)
		vkjson_append(list, bundle_to_json(&bundles[i]));
	*answer = vkjson_object();
	vkjson_set(*answer, "bundles", list);
	return VK_OK;
}

void route_get_bundles(struct request *req)
{
	query_run(req, get_bundles);
}

static struct vkjson *summarise(const struct store_report *report)
{
	struct vkjson *detail = vkjson_object(), *instances = vkjson_array();

	for (size_t i = 0; i < report->instance_count; i++) {
		const struct store_instance *instance = &report->instances[i];
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "name", vkjson_string(instance->name));
		vkjson_set(object, "release", vkjson_int(instance->release));
		vkjson_set(object, "state", vkjson_string(instance->state));
		vkjson_set(object, "health", vkjson_string(instance->health));
		vkjson_set(object, "drift", vkjson_int((int64_t)instance->drift_count));
		vkjson_append(instances, object);
	}
	vkjson_set(detail, "instances", instances);
	return detail;
}

/* Of those that said what can be compared. One that no release knows (any more) is compared with
 * nobody. */
static enum vk_rc find_shards(struct mutation *mutation, struct store *store,
	struct store_report *report, struct vk_err *err)
{
	struct store_instance *copies =
		arena_calloc(mutation->arena, report->instance_count + 1, sizeof(*copies));
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < report->instance_count; i++) {
		copies[i] = report->instances[i];
		if (copies[i].facts == NULL)
			continue;
		rc = shard_find(store, mutation->caller.environment, report->host,
			arena_printf(mutation->arena, "%s/%s", report->host, copies[i].name),
			mutation->arena, &copies[i].shard, err);
		if (rc == VK_ENOTFOUND)
			rc = VK_OK;
	}
	report->instances = copies;
	return rc;
}

static enum vk_rc run_report(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	struct store_report *report = mutation->data;
	struct store_report_outcome outcome = {.is_changed = false};
	enum vk_rc rc = store_set_host_seen(store, report->host, writer_tx_now(tx), err);

	if (rc == VK_OK)
		rc = find_shards(mutation, store, report, err);
	if (rc == VK_OK)
		rc = store_save_report(store, report, writer_tx_now(tx), &outcome, err);
	if (rc == VK_OK && report->cosignature[0] != '\0')
		rc = witness_accept(store, writer_tx_fleet(tx), report->host, report->log_size,
			report->cosignature, err);
	if (rc == VK_OK && outcome.is_changed)
		rc = mutation_audit(
			mutation, tx, "host.report", mutation->actor, summarise(report), err);
	return rc;
}

void route_post_report(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "host.report", run_report);
	struct store_report *report = arena_calloc(mutation->arena, 1, sizeof(*report));
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = mutation_parse_body(mutation, &err);

	if (rc == VK_OK)
		rc = report_parse(
			mutation->body, mutation->caller.name, mutation->arena, report, &err);
	mutation->data = report;
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}
