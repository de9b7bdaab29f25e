/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/update.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/announced.h"
#include "client/pull/memory.h"
#include "client/pull/new_log.h"
#include "client/pull/witness.h"
#include "common/bundle.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/release.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_fleet.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	DESIRED_REPLY_MAX_BYTES = 1024 * 1024,
	BUNDLE_REPLY_MAX_BYTES =
		2 * VK_BUNDLE_MAX_BYTES, /* one bundle, escaped once more, and its proof */
	BUNDLES_REPLY_MAX_BYTES = 64 * 1024 * 1024,
};

enum vk_rc update_init(struct update *update, const struct pull_settings *settings,
	const struct pins *pins, struct vk_err *err)
{
	enum vk_rc rc;

	memset(update, 0, sizeof(*update));
	update->settings = settings;
	update->pins = pins;
	rc = memory_read_desired(settings, pins, &update->desired, err);
	if (rc == VK_OK)
		rc = memory_read_checkpoint(settings, &update->log, err);
	return rc;
}

static void drop_bundles(struct update *update)
{
	for (size_t i = 0; i < update->count; i++)
		generation_bundle_release(&update->bundles[i].bundle);
	update->count = 0;
}

void update_release(struct update *update)
{
	drop_bundles(update);
}

/* TUF's bytes come from the same source. */
static enum vk_rc fetch(
	struct update *update, const char *target, struct vk_buf *out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	enum vk_rc rc = source_get(&update->source, target, out->max_bytes, &reply, err);

	if (rc == VK_OK) {
		vk_buf_add(out, reply.body, reply.body_len);
		rc = vk_buf_check(out, target, err);
	} else if (reply.status == 403 || reply.status == 404) {
		err->rc = VK_ENOTFOUND;
		rc = VK_ENOTFOUND;
	}
	httpc_reply_release(&reply);
	return rc;
}

static enum vk_rc fetch_metadata(
	void *ctx, const char *name, struct vk_buf *out, struct vk_err *err)
{
	char *target = xasprintf("/tuf/%s", name);
	enum vk_rc rc = fetch(ctx, target, out, err);

	free(target);
	return rc;
}

static enum vk_rc fetch_target(void *ctx, const char *path, struct vk_buf *out, struct vk_err *err)
{
	char *target = xasprintf("/tuf/targets/%s", path);
	enum vk_rc rc = fetch(ctx, target, out, err);

	free(target);
	return rc;
}

/* The server's answer, on its way to being believed. */
struct answer {
	struct update *update;
	struct vkjson *json;
	int64_t release;
	struct tuf_store_dir *store;
	struct tuf_client *tuf;
	struct tuf_fleet fleet;
	struct vk_release *document;
	char digest[VK_SHA256_HEX_BYTES]; /* of the release document */
};

static enum vk_rc parse_answer(
	struct answer *answer, const struct httpc_reply *reply, struct vk_err *err)
{
	const char *environment = NULL;
	enum vk_rc rc = vkjson_parse(reply->body, reply->body_len, &answer->json, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(answer->json, "environment", &environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(answer->json, "release", 0, INT64_MAX, &answer->release, err);
	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "what the server wants");
	if (strcmp(environment, answer->update->pins->environment) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the server says environment '%.63s', but this host is in '%s'",
			environment, answer->update->pins->environment);
	return VK_OK;
}

static enum vk_rc refresh_tuf(struct answer *answer, struct vk_err *err)
{
	struct update *update = answer->update;
	const struct tuf_fetch callbacks = {fetch_metadata, fetch_target, update};
	char *path = xasprintf("%s/tuf", update->settings->state);
	const char *timestamp = NULL;
	enum vk_rc rc = tuf_store_dir_open(path, &answer->store, err);

	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_EUNTRUSTED, "no trusted root is stored: there is no %s", path);
		vk_err_hint(err, "the trusted root is lost: enrol this machine anew");
		rc = VK_EUNTRUSTED;
	}
	if (rc == VK_OK)
		rc = vkjson_get_string(answer->json, "timestamp", &timestamp, err);
	if (rc == VK_OK) {
		answer->tuf = tuf_client_new(
			tuf_store_dir_store(answer->store), &callbacks, vk_clock_now());
		rc = tuf_client_refresh_with_timestamp(
			answer->tuf, timestamp, strlen(timestamp), err);
	}
	if (rc == VK_OK)
		rc = tuf_fleet_from_root(tuf_client_root(answer->tuf), &answer->fleet, err);
	if (rc == VK_OK && strcmp(answer->fleet.fleet, update->pins->fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "this is fleet '%.63s', not '%s'",
			answer->fleet.fleet, update->pins->fleet);
	free(path);
	return rc;
}

/* Everything is verified before anything is believed, and the log comes first: whoever forks it
 * gets nothing installed. */
static enum vk_rc accept_log(struct answer *answer, struct vk_err *err)
{
	struct update *update = answer->update;
	char origin[NOTE_NAME_MAX_BYTES + 1];
	struct note_checkpoint last;
	struct note_checkpoint next;
	const char *note = NULL;
	enum vk_rc rc = vkjson_get_string(answer->json, "checkpoint", &note, err);

	if (rc == VK_OK)
		rc = witness_read(update->settings->state, &last, err);
	if (rc == VK_OK)
		rc = witness_read_origin(update->settings->state, origin, err);
	if (rc == VK_OK && last.size > 0 && strcmp(origin, answer->fleet.log_name) != 0)
		return new_log_accept(update, &answer->fleet, note,
			vkjson_get(answer->json, "consistency"), &last, err);
	if (rc == VK_OK)
		rc = witness_verify(&answer->fleet, note, vkjson_get(answer->json, "consistency"),
			&last, &next, err);
	if (rc == VK_OK && next.size != last.size)
		rc = witness_write(update->settings->state, note, err);
	if (rc == VK_OK)
		update->log = next;
	return rc;
}

static enum vk_rc check_document(struct answer *answer, struct vk_err *err)
{
	const struct vk_release *document = answer->document;
	const struct pins *pins = answer->update->pins;

	if (strcmp(document->fleet, pins->fleet) != 0 ||
		strcmp(document->environment, pins->environment) != 0 ||
		document->number != answer->release)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the release document is for %.63s/%.63s/%lld, not for %s/%s/%lld",
			document->fleet, document->environment, (long long)document->number,
			pins->fleet, pins->environment, (long long)answer->release);
	return VK_OK;
}

/* For the day on which the server has to be rebuilt and has lost it. */
static enum vk_rc keep_document(
	const struct answer *answer, const struct vk_buf *bytes, struct vk_err *err)
{
	const struct desired *desired = &answer->update->desired;
	char *path;
	enum vk_rc rc;

	if (strcmp(desired->document, answer->digest) == 0 || answer->release < desired->highest)
		return VK_OK;
	path = xasprintf("%s/release.json", answer->update->settings->state);
	rc = vk_file_replace(AT_FDCWD, path, 0600, bytes->data, bytes->len, err);
	free(path);
	return rc;
}

/* The release document: listed by the environment's own role, signed by its approvers. */
static enum vk_rc load_document(struct answer *answer, struct vk_err *err)
{
	const char *environment = answer->update->pins->environment;
	char *path = xasprintf("%s/%lld.json", environment, (long long)answer->release);
	const struct tuf_target *target = NULL;
	const struct tuf_meta *role = NULL;
	struct vk_buf bytes;
	enum vk_rc rc = tuf_client_role(answer->tuf, environment, &role, err);

	vk_buf_init(&bytes, VK_RELEASE_MAX_BYTES);
	if (rc == VK_OK) {
		target = tuf_meta_target(role, path);
		if (target == NULL)
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"release %lld is not signed by the approvers of %s",
				(long long)answer->release, environment);
	}
	if (rc == VK_OK)
		rc = tuf_client_download(answer->tuf, target, &bytes, err);
	if (rc == VK_OK)
		rc = vk_release_parse(bytes.data, bytes.len, &answer->document, err);
	if (rc == VK_OK)
		rc = check_document(answer, err);
	if (rc == VK_OK) {
		vk_sha256_hex(bytes.data, bytes.len, answer->digest);
		rc = keep_document(answer, &bytes, err);
	}
	vk_buf_release(&bytes);
	free(path);
	return rc;
}

/* Whose bundle is it? *out is NULL for an instance that this host has not got. */
static enum vk_rc find_instance(const struct update *update, const struct vk_bundle *bundle,
	const struct instance **out, struct vk_err *err)
{
	char host[VK_NAME_BYTES];
	char name[VK_NAME_BYTES];

	if (!vk_instance_id_parse(bundle->instance, host, name) ||
		strcmp(host, update->pins->host) != 0 ||
		strcmp(bundle->environment, update->pins->environment) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the server sent the bundle of %.127s in %.63s to %s in %s",
			bundle->instance, bundle->environment, update->pins->host,
			update->pins->environment);
	if (!pins_has_instance(update->pins, name)) {
		vk_err_set(err, VK_EUNTRUSTED, "instance %s is not pinned on this host", name);
		vk_err_hint(err,
			"if it belongs here: add it to pull.yaml and to instances in %s/pins.yaml",
			update->settings->state);
		return VK_EUNTRUSTED;
	}
	*out = pull_settings_instance(update->settings, name);
	if (*out == NULL) {
		vk_err_set(err, VK_EINPUT, "instance %s is not in pull.yaml", name);
		vk_err_hint(err, "say under instances/%s where it is", name);
		return VK_EINPUT;
	}
	for (size_t i = 0; i < update->count; i++) {
		if (update->bundles[i].instance == *out)
			return vk_err_set(err, VK_EUNTRUSTED, "two bundles for instance %s", name);
	}
	return VK_OK;
}

static enum vk_rc check_proof(const struct answer *answer, const struct vkjson *item,
	const char *bytes, struct vk_err *err)
{
	const struct vkjson *array = NULL;
	struct merkle_proof proof;
	uint8_t leaf[VK_SHA256_BYTES];
	int64_t index = 0;
	enum vk_rc rc =
		vkjson_get_int(item, "index", 0, answer->document->bundle_count - 1, &index, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(item, "proof", &array, err);
	if (rc == VK_OK)
		rc = merkle_proof_from_json(array, &proof, err);
	if (rc != VK_OK)
		return rc;
	vk_bundle_leaf_hash(bytes, strlen(bytes), leaf);
	return merkle_verify_inclusion(leaf, (uint64_t)index,
		(uint64_t)answer->document->bundle_count, &proof, answer->document->bundle_root,
		err);
}

/* The proof comes before the parser: unproven bytes are not worth a look. */
static enum vk_rc take_bundle(struct answer *answer, const struct vkjson *item, struct vk_err *err)
{
	struct update *update = answer->update;
	struct generation_bundle bundle = {.len = 0};
	const struct instance *instance = NULL;
	const char *bytes = NULL;
	enum vk_rc rc = vkjson_get_string(item, "bundle", &bytes, err);

	if (rc == VK_OK)
		rc = check_proof(answer, item, bytes, err);
	if (rc == VK_OK)
		rc = generation_bundle_parse(bytes, strlen(bytes), &bundle, err);
	if (rc == VK_OK)
		rc = find_instance(update, bundle.bundle, &instance, err);
	if (rc == VK_OK && update->count == PINS_MAX_INSTANCES)
		rc = vk_err_set(err, VK_ELIMIT, "more than %d bundles", PINS_MAX_INSTANCES);
	if (rc != VK_OK) {
		generation_bundle_release(&bundle);
		return rc;
	}
	update->bundles[update->count++] = (struct update_bundle){instance, bundle};
	return VK_OK;
}

/* An instance that had a bundle and has none now: the server may be holding it back, and only a
 * person can tell. */
static enum vk_rc check_complete(const struct answer *answer, struct vk_err *err)
{
	const struct update *update = answer->update;

	for (size_t i = 0; i < update->settings->count; i++) {
		const struct instance *instance = &update->settings->instances[i];
		bool is_there = desired_digest(&update->desired, instance->name) == NULL;

		for (size_t k = 0; !is_there && k < update->count; k++)
			is_there = update->bundles[k].instance == instance;
		if (is_there)
			continue;
		vk_err_set(err, VK_EUNTRUSTED, "the server sends no bundle for instance %s",
			instance->name);
		vk_err_hint(err, "if it is gone from the tree, take it out of pull.yaml");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}

static enum vk_rc take_bundles(struct answer *answer, struct vk_err *err)
{
	char *target = xasprintf("/v1/agent/bundles/%s/%lld", answer->update->pins->environment,
		(long long)answer->release);
	size_t own_bytes = (answer->update->settings->count + 1) * BUNDLE_REPLY_MAX_BYTES;
	size_t max_bytes =
		own_bytes < BUNDLES_REPLY_MAX_BYTES ? own_bytes : BUNDLES_REPLY_MAX_BYTES;
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	const struct vkjson *list = NULL;
	struct vkjson *json = NULL;
	enum vk_rc rc = source_get(&answer->update->source, target, max_bytes, &reply, err);

	if (rc == VK_OK)
		rc = vkjson_parse(reply.body, reply.body_len, &json, err);
	if (rc == VK_OK)
		rc = vkjson_get_array(json, "bundles", &list, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++)
		rc = take_bundle(answer, vkjson_at(list, i), err);
	if (rc == VK_OK)
		rc = check_complete(answer, err);
	if (rc != VK_OK)
		rc = vk_err_prefix(err, rc, "bundles of release %lld", (long long)answer->release);
	vkjson_free(json);
	httpc_reply_release(&reply);
	free(target);
	return rc;
}

/* Who may approve releases here may announce an emergency here. */
static enum vk_rc take_announcements(const struct answer *answer, struct vk_err *err)
{
	const struct update *update = answer->update;
	const struct tuf_delegation *delegation =
		tuf_meta_delegation(tuf_client_targets(answer->tuf), update->pins->environment);
	const struct vkjson *list = NULL;
	enum vk_rc rc = vkjson_get_opt_array(answer->json, "announcements", &list, err);

	if (rc != VK_OK || delegation == NULL)
		return rc;
	return announced_take(update->settings->state, update->pins, delegation->role, list, err);
}

static void note_expiry(struct desired *desired, const char *role, const struct tuf_meta *meta)
{
	int64_t expires = tuf_meta_expires(meta);

	if (desired->trust_expires != 0 && desired->trust_expires <= expires)
		return;
	desired->trust_expires = expires;
	snprintf(desired->trust_role, sizeof(desired->trust_role), "%s", role);
}

/* What people have signed, and which of it they must sign anew first. */
static void note_expiries(const struct answer *answer, struct desired *desired)
{
	const char *environment = answer->update->pins->environment;
	const struct tuf_meta *role = NULL;

	desired->trust_expires = 0;
	note_expiry(desired, "root", tuf_client_root(answer->tuf));
	note_expiry(desired, "targets", tuf_client_targets(answer->tuf));
	if (answer->release > 0 && tuf_client_role(answer->tuf, environment, &role, NULL) == VK_OK)
		note_expiry(desired, environment, role);
}

/* What was verified becomes what is wanted: on disk before anything is installed, so that no crash
 * opens a way back. */
static enum vk_rc keep(struct answer *answer, struct vk_err *err)
{
	struct update *update = answer->update;
	struct desired next = update->desired;
	enum vk_rc rc = VK_OK;

	if (answer->release > 0)
		rc = desired_move(&next, answer->document, answer->digest, err);
	else if (next.release > 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the server has lost all releases of %s",
			update->pins->environment);
	if (rc != VK_OK)
		return rc;
	note_expiries(answer, &next);
	next.ca = answer->fleet.ca;
	next.timestamp_expires = tuf_meta_expires(tuf_client_timestamp(answer->tuf));
	for (size_t i = 0; i < update->count; i++) {
		struct desired_bundle *bundle = &next.bundles[next.count++];

		snprintf(bundle->instance, sizeof(bundle->instance), "%s",
			update->bundles[i].instance->name);
		memcpy(bundle->digest, update->bundles[i].bundle.digest, sizeof(bundle->digest));
	}
	rc = desired_write(update->settings->state, &next, err);
	if (rc == VK_OK)
		update->desired = next;
	return rc;
}

static enum vk_rc believe(
	struct update *update, const struct httpc_reply *reply, struct vk_err *err)
{
	struct answer answer = {.update = update};
	enum vk_rc rc = parse_answer(&answer, reply, err);

	if (rc == VK_OK)
		rc = refresh_tuf(&answer, err);
	if (rc == VK_OK) /* whatever the rest of the answer is worth */
		update->desired.ca = answer.fleet.ca;
	if (rc == VK_OK)
		rc = accept_log(&answer, err);
	if (rc == VK_OK && answer.release > 0)
		rc = load_document(&answer, err);
	if (rc == VK_OK && answer.release > 0)
		rc = take_bundles(&answer, err);
	if (rc == VK_OK)
		rc = keep(&answer, err);
	if (rc == VK_OK)
		rc = take_announcements(&answer, err);
	if (rc == VK_OK) {
		update->is_new = true;
		snprintf(update->etag, sizeof(update->etag), "%s", reply->etag);
	}
	vk_release_free(answer.document);
	tuf_client_free(answer.tuf);
	tuf_store_dir_free(answer.store);
	vkjson_free(answer.json);
	return rc;
}

/* "Unchanged" is unsigned: it counts only as long as the last signed timestamp lives, and all that
 * people have signed. */
static enum vk_rc check_fresh(const struct update *update, struct vk_err *err)
{
	const struct desired *desired = &update->desired;
	char text[VK_TIME_TEXT_BYTES];

	if (desired->trust_expires != 0 && vk_clock_now() >= desired->trust_expires) {
		vk_time_format(desired->trust_expires, text);
		vk_err_set(err, VK_EUNTRUSTED, "%s: expired at %s", desired->trust_role, text);
		vk_err_hint(err, "it must be signed anew: 'vkcfg refresh' or 'vkcfg root rotate'");
		return VK_EUNTRUSTED;
	}
	if (vk_clock_now() < update->desired.timestamp_expires)
		return VK_OK;
	vk_time_format(update->desired.timestamp_expires, text);
	return vk_err_set(err, VK_EUNTRUSTED,
		"the server says that nothing has changed, but its last signature expired at %s",
		text);
}

/* While it waits for an answer, and only then, the agent may be ended by a signal. */
static enum vk_rc request(struct update *update, const struct httpc_call *call,
	struct httpc_reply *reply, struct vk_err *err)
{
	enum vk_rc rc;

	if (update->waiting_signals != NULL)
		sigprocmask(SIG_UNBLOCK, update->waiting_signals, NULL);
	rc = source_request(&update->source, call, reply, err);
	if (update->waiting_signals != NULL)
		sigprocmask(SIG_BLOCK, update->waiting_signals, NULL);
	return rc;
}

enum vk_rc update_poll(struct update *update, unsigned wait_seconds, struct vk_err *err)
{
	char *target =
		xasprintf("/v1/agent/desired?log=%llu", (unsigned long long)update->log.size);
	const struct httpc_call call = {.target = target,
		.if_none_match = update->desired.etag[0] != '\0' ? update->desired.etag : NULL,
		.wait_seconds = update->desired.etag[0] != '\0' ? wait_seconds : 0,
		.max_body_bytes = DESIRED_REPLY_MAX_BYTES};
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	enum vk_rc rc;

	drop_bundles(update);
	update->is_new = false;
	rc = request(update, &call, &reply, err);
	update->retry_after_s = reply.retry_after_seconds;
	if (rc == VK_OK && reply.status == 304)
		rc = check_fresh(update, err);
	else if (rc == VK_OK && reply.status == 200)
		rc = believe(update, &reply, err);
	else if (rc == VK_OK)
		rc = vk_err_set(
			err, VK_EUNAVAIL, "the server answers with status %d", reply.status);
	if (rc != VK_OK)
		drop_bundles(update);
	httpc_reply_release(&reply);
	free(target);
	return rc;
}

enum vk_rc update_settle(struct update *update, bool is_settled, struct vk_err *err)
{
	const char *etag = is_settled ? update->etag : "";

	if (!update->is_new || strcmp(update->desired.etag, etag) == 0)
		return VK_OK;
	snprintf(update->desired.etag, sizeof(update->desired.etag), "%s", etag);
	return desired_write(update->settings->state, &update->desired, err);
}
