/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/parcel_make.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/secret_remote.h"
#include "common/bundle.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/note.h"
#include "common/num.h"
#include "common/parcel.h"
#include "common/release.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_store.h"
#include "common/vkjson.h"

#include "common/banned.h"

struct making {
	struct session *session;
	const struct current *current;
	const struct parcel_wish *wish;
	struct tuf_client *tuf;
	struct tuf_fleet fleet;
	char public_key[VK_SHA256_HEX_BYTES]; /* the host's, of the tree; or empty */
	struct parcel *parcel;
	struct parcel_made made;
};

/* ---- trust ---- */

/* Every root up to the one that is trusted here: nobody knows which one the host has. */
static enum vk_rc add_roots(struct making *making, struct vk_err *err)
{
	int64_t version = tuf_meta_version(tuf_client_root(making->tuf));
	enum vk_rc rc = VK_OK;

	for (; rc == VK_OK && version > 0; version--) {
		char *target = xasprintf("/tuf/%lld.root.json", (long long)version);
		struct vk_buf text;

		vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
		rc = session_get_bytes(making->session, target, &text, err);
		if (rc == VK_OK)
			parcel_add(making->parcel, target, text.data, text.len);
		vk_buf_release(&text);
		free(target);
	}
	return rc;
}

/* A role as it was verified and kept: what the server says by now may be something else. */
static enum vk_rc add_role(struct making *making, const struct tuf_store *store, const char *role,
	const struct tuf_meta *meta, struct vk_err *err)
{
	char *target = xasprintf("/tuf/%lld.%s.json", (long long)tuf_meta_version(meta), role);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_TARGETS_MAX_BYTES);
	rc = store->load(store->ctx, role, &text, err);
	if (rc == VK_OK)
		parcel_add(making->parcel, target, text.data, text.len);
	vk_buf_release(&text);
	free(target);
	return rc;
}

static enum vk_rc add_roles(struct making *making, const struct tuf_store *store,
	struct vk_buf *timestamp, struct vk_err *err)
{
	const char *environment = making->current->environment;
	const struct tuf_meta *role = NULL;
	enum vk_rc rc = tuf_client_role(making->tuf, environment, &role, err);

	if (rc == VK_OK)
		rc = add_role(making, store, environment, role, err);
	if (rc == VK_OK)
		rc = add_role(making, store, tuf_type_name(TUF_TARGETS),
			tuf_client_targets(making->tuf), err);
	if (rc == VK_OK)
		rc = add_role(making, store, tuf_type_name(TUF_SNAPSHOT),
			tuf_client_snapshot(making->tuf), err);
	if (rc == VK_OK)
		rc = store->load(store->ctx, tuf_type_name(TUF_TIMESTAMP), timestamp, err);
	return rc;
}

static enum vk_rc add_metadata(struct making *making, struct vk_buf *timestamp, struct vk_err *err)
{
	char *path = home_path(session_home(making->session), "tuf");
	struct tuf_store_dir *dir = NULL;
	enum vk_rc rc = tuf_store_dir_open(path, &dir, err);

	if (rc == VK_OK)
		rc = add_roles(making, tuf_store_dir_store(dir), timestamp, err);
	if (rc == VK_OK)
		rc = add_roots(making, err);
	making->made.expires = tuf_meta_expires(tuf_client_timestamp(making->tuf));
	tuf_store_dir_free(dir);
	free(path);
	return rc;
}

static enum vk_rc add_document(struct making *making, struct vk_err *err)
{
	const struct candidate_base *base = &making->current->base;
	char expected[VK_SHA256_HEX_BYTES], actual[VK_SHA256_HEX_BYTES];
	char *target;
	struct vk_buf text;
	enum vk_rc rc;

	vk_digest_format(base->document_sha256, expected);
	target = xasprintf("/tuf/targets/%s/%s.%lld.json", making->current->environment, expected,
		(long long)base->number);
	vk_buf_init(&text, VK_RELEASE_MAX_BYTES);
	rc = session_get_bytes(making->session, target, &text, err);
	if (rc == VK_OK) {
		vk_sha256_hex(text.data, text.len, actual);
		if (strcmp(actual, expected) != 0)
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"the server's document of %s/%lld is not the one that was released",
				making->current->environment, (long long)base->number);
	}
	if (rc == VK_OK)
		parcel_add(making->parcel, target, text.data, text.len);
	vk_buf_release(&text);
	free(target);
	return rc;
}

/* ---- the log ---- */

static enum vk_rc add_consistency(struct making *making, uint64_t from, struct vk_err *err)
{
	char *target = xasprintf("/v1/log/consistency?from=%llu&to=%llu", (unsigned long long)from,
		(unsigned long long)making->made.log_size);
	struct vkjson *reply = NULL;
	enum vk_rc rc = VK_OK;

	if (from > making->made.log_size)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server's audit log has %llu entries, and the host has seen %llu",
			(unsigned long long)making->made.log_size, (unsigned long long)from);
	else if (from > 0 && from < making->made.log_size)
		rc = session_get(making->session, target, &reply, err);
	if (reply != NULL)
		parcel_add_json(making->parcel, target, reply);
	free(target);
	return rc;
}

/* The checkpoint, and the proofs that it continues what the host has seen. */
static enum vk_rc add_log(struct making *making, struct vk_buf *note, struct vk_err *err)
{
	struct note_checkpoint checkpoint;
	enum vk_rc rc = session_get_bytes(making->session, "/log/checkpoint", note, err);

	if (rc == VK_OK)
		rc = note_verify_checkpoint(note->data, note->len, making->fleet.log_name,
			making->fleet.log_public, &checkpoint, err);
	if (rc != VK_OK)
		return rc;
	making->made.log_size = checkpoint.size;
	if (making->fleet.log_start.is_there)
		rc = add_consistency(making, making->fleet.log_start.size, err);
	for (size_t i = 0; rc == VK_OK && i < making->wish->log_size_count; i++)
		rc = add_consistency(making, making->wish->log_sizes[i], err);
	return rc;
}

static enum vk_rc add_trust(struct making *making, struct vk_err *err)
{
	struct vkjson *desired = vkjson_object();
	struct vk_buf timestamp, note;
	enum vk_rc rc;

	vk_buf_init(&timestamp, TUF_TIMESTAMP_MAX_BYTES);
	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = add_metadata(making, &timestamp, err);
	if (rc == VK_OK)
		rc = add_document(making, err);
	if (rc == VK_OK)
		rc = add_log(making, &note, err);
	vkjson_set(desired, "environment", vkjson_string(making->current->environment));
	vkjson_set(desired, "release", vkjson_int(making->made.release));
	vkjson_set(desired, "timestamp", vkjson_stringn(timestamp.data, timestamp.len));
	vkjson_set(desired, "checkpoint", vkjson_stringn(note.data, note.len));
	parcel_add_json(making->parcel, "/v1/agent/desired", desired);
	vk_buf_release(&note);
	vk_buf_release(&timestamp);
	return rc;
}

/* ---- what the host runs ---- */

static enum vk_rc add_secret(
	struct making *making, const struct vk_bundle_secret *secret, struct vk_err *err)
{
	const struct vk_secret_id id = {.fleet = making->current->fleet,
		.environment = making->current->environment,
		.name = secret->name,
		.version = secret->version};
	char digest[VK_SHA256_HEX_BYTES];
	struct vkjson *envelope = NULL;
	char *target;
	enum vk_rc rc = VK_OK;

	vk_digest_format(secret->sha256, digest);
	target = xasprintf("/v1/agent/secrets/%s", digest);
	if (parcel_get_json(making->parcel, target) == NULL)
		rc = secret_remote_envelope(
			making->session, &id, secret->sha256, making->public_key, &envelope, err);
	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_EDENIED, "secret %s version %lld is not sealed to host %s",
			secret->name, (long long)secret->version, making->wish->host);
		vk_err_hint(
			err, "a keeper runs: vkcfg secret reseal %s", making->current->environment);
		rc = VK_EDENIED;
	}
	if (envelope != NULL) {
		parcel_add_json(making->parcel, target, envelope);
		making->made.secrets++;
	}
	free(target);
	return rc;
}

static enum vk_rc add_secrets(
	struct making *making, const struct cfg_rendered_bundle *rendered, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	enum vk_rc rc = vk_bundle_parse(rendered->text, rendered->len, &bundle, err);

	if (rc == VK_OK && bundle->secret_count > 0 && making->public_key[0] == '\0') {
		rc = vk_err_set(err, VK_EDENIED,
			"the tree names no public-key of host %s: no secret can be sealed to it",
			making->wish->host);
		vk_err_hint(err, "add it to the tree: 'vkcfg-pull enrol' has shown it there");
	}
	for (size_t i = 0; rc == VK_OK && i < bundle->secret_count; i++)
		rc = add_secret(making, &bundle->secrets[i], err);
	vk_bundle_free(bundle);
	return rc;
}

static struct vkjson *bundle_to_json(
	const struct cfg_rendered_bundle *rendered, size_t index, const struct merkle_tree *tree)
{
	struct vkjson *item = vkjson_object();
	struct merkle_proof proof;

	merkle_tree_inclusion(tree, index, &proof);
	vkjson_set(item, "index", vkjson_int((int64_t)index));
	vkjson_set(item, "bundle", vkjson_stringn(rendered->text, rendered->len));
	vkjson_set(item, "proof", merkle_proof_to_json(&proof));
	return item;
}

static enum vk_rc add_bundles(
	struct making *making, const struct cfg_rendered *rendered, struct vk_err *err)
{
	size_t count = cfg_rendered_count(rendered);
	struct merkle_tree *tree = merkle_tree_new(cfg_rendered_leaves(rendered), count);
	struct vkjson *list = vkjson_array(), *answer = vkjson_object();
	char *target = xasprintf("/v1/agent/bundles/%s/%lld", making->current->environment,
		(long long)making->made.release);
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		const struct cfg_rendered_bundle *bundle = cfg_rendered_at(rendered, i);

		if (strcmp(bundle->host, making->wish->host) != 0)
			continue;
		vkjson_append(list, bundle_to_json(bundle, i, tree));
		rc = add_secrets(making, bundle, err);
	}
	making->made.bundles = vkjson_count(list);
	vkjson_set(answer, "bundles", list);
	parcel_add_json(making->parcel, target, answer);
	merkle_tree_free(tree);
	free(target);
	return rc;
}

/* The host as the signed tree describes it: what the server says of its key counts for nothing. */
static enum vk_rc find_host(struct making *making, const struct cfg_tree *tree, struct vk_err *err)
{
	const struct current *current = making->current;
	struct cfg_fleet *fleet = NULL;
	struct cfg_host_info info;
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);

	if (rc == VK_OK && (!cfg_fleet_host_find(fleet, making->wish->host, &info) ||
				   strcmp(info.environment, current->environment) != 0))
		rc = vk_err_set(err, VK_ENOTFOUND, "release %s/%lld has no host '%s'",
			current->environment, (long long)making->made.release, making->wish->host);
	if (rc == VK_OK)
		memcpy(making->public_key, info.public_key, strlen(info.public_key) + 1);
	cfg_fleet_free(fleet);
	return rc;
}

static enum vk_rc add_release(struct making *making, struct vk_err *err)
{
	struct cfg_rendered *rendered = NULL;
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = current_render(making->session, making->current, &tree, &rendered, err);

	/* A renderer of another version makes other bytes, which no proof fits. */
	if (rc == VK_OK && memcmp(cfg_rendered_root(rendered),
				   making->current->release->bundle_root, VK_SHA256_BYTES) != 0) {
		rc = vk_err_set(err, VK_ECONFLICT,
			"release %s/%lld was rendered by another version of vkcfg",
			making->current->environment, (long long)making->made.release);
		vk_err_hint(err, "use that version, or release the environment anew");
	}
	if (rc == VK_OK)
		rc = find_host(making, tree, err);
	if (rc == VK_OK)
		rc = add_bundles(making, rendered, err);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return rc;
}

enum vk_rc parcel_make(struct session *session, const struct current *current,
	const struct parcel_wish *wish, struct parcel **out, struct parcel_made *made,
	struct vk_err *err)
{
	struct making making = {.session = session, .current = current, .wish = wish};
	enum vk_rc rc;

	if (current->release == NULL)
		return vk_err_set(
			err, VK_ENOTFOUND, "nothing is released in %s yet", current->environment);
	making.made.release = current->base.number;
	making.parcel = parcel_new(current->fleet, wish->host, current->environment);
	rc = session_trust(session, &making.tuf, err);
	if (rc == VK_OK)
		rc = session_fleet(session, &making.fleet, err);
	if (rc == VK_OK)
		rc = add_release(&making, err);
	if (rc == VK_OK)
		rc = add_trust(&making, err);
	if (rc != VK_OK) {
		parcel_free(making.parcel);
		return rc;
	}
	*out = making.parcel;
	*made = making.made;
	return VK_OK;
}
