/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_client.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/tuf/tuf_client_parts.h"
#include "common/tuf/tuf_path.h"

#include "common/banned.h"

enum {
	URL_MAX_BYTES = 4096,
	LISTED_MAX_BYTES = 33554432, /* of metadata whose signed length says so */
};

static const size_t max_bytes[TUF_TYPE_COUNT] = {
	[TUF_ROOT] = TUF_ROOT_MAX_BYTES,
	[TUF_TIMESTAMP] = TUF_TIMESTAMP_MAX_BYTES,
	[TUF_SNAPSHOT] = TUF_SNAPSHOT_MAX_BYTES,
	[TUF_TARGETS] = TUF_TARGETS_MAX_BYTES,
};

struct tuf_client *tuf_client_new(
	const struct tuf_store *store, const struct tuf_fetch *fetch, int64_t now)
{
	struct tuf_client *client = xcalloc(1, sizeof(*client));

	client->store = *store;
	if (fetch != NULL)
		client->fetch = *fetch;
	client->now = now;
	return client;
}

/* Forgets what was loaded, so that a failed refresh leaves nothing to be asked for. */
static void reset(struct tuf_client *client)
{
	tuf_meta_free(client->root);
	tuf_meta_free(client->timestamp);
	tuf_meta_free(client->snapshot);
	client->root = NULL;
	client->timestamp = NULL;
	client->snapshot = NULL;
	for (size_t i = 0; i < client->role_count; i++) {
		free(client->roles[i].name);
		tuf_meta_free(client->roles[i].meta);
	}
	free(client->roles);
	client->roles = NULL;
	client->role_count = 0;
	client->targets = NULL;
}

void tuf_client_free(struct tuf_client *client)
{
	if (client == NULL)
		return;
	reset(client);
	free(client);
}

const struct tuf_meta *tuf_client_root(const struct tuf_client *client)
{
	return client->root;
}

const struct tuf_meta *tuf_client_timestamp(const struct tuf_client *client)
{
	return client->timestamp;
}

const struct tuf_meta *tuf_client_snapshot(const struct tuf_client *client)
{
	return client->snapshot;
}

const struct tuf_meta *tuf_client_targets(const struct tuf_client *client)
{
	return client->targets;
}

/* Fetches a metadata file: VERSION.ROLE.json, or ROLE.json where version is 0. */
static enum vk_rc fetch(struct tuf_client *client, const char *role, int64_t version,
	struct vk_buf *out, struct vk_err *err)
{
	struct vk_buf name;
	enum vk_rc rc;

	if (client->is_offline || client->fetch.metadata == NULL)
		return vk_err_set(err, VK_EUNAVAIL, "%s: the current version is not at hand", role);
	vk_buf_init(&name, URL_MAX_BYTES);
	if (version > 0)
		vk_buf_addf(&name, "%" PRId64 ".", version);
	tuf_path_encode_role(role, &name);
	vk_buf_adds(&name, ".json");
	rc = vk_buf_check(&name, "the name of a role", err);
	if (rc == VK_OK)
		rc = client->fetch.metadata(client->fetch.ctx, name.data, out, err);
	vk_buf_release(&name);
	return rc;
}

/* Only the root chain may end with "no such file"; anything else that is missing may be there
 * at the next try. */
static enum vk_rc fetch_needed(struct tuf_client *client, const char *role, int64_t version,
	struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = fetch(client, role, version, out, err);

	if (rc != VK_ENOTFOUND)
		return rc;
	return vk_err_set(err, VK_EUNAVAIL, "%s: the server has no such metadata", role);
}

static enum vk_rc save(struct tuf_client *client, const char *role, const struct tuf_meta *meta,
	struct vk_err *err)
{
	size_t len;
	const char *bytes = tuf_meta_bytes(meta, &len);

	return client->store.save(client->store.ctx, role, bytes, len, err);
}

static enum vk_rc parse(const char *role, enum tuf_type type, const char *text, size_t len,
	struct tuf_meta **out, struct vk_err *err)
{
	enum vk_rc rc = tuf_meta_parse(text, len, type, out, err);

	if (rc != VK_OK)
		vk_err_prefix(err, rc, "%s", role);
	return rc;
}

/* Length and hashes that the delegator's entry lists for the file. */
static enum vk_rc check_listed(const struct tuf_file *entry, const char *role, const void *data,
	size_t len, struct vk_err *err)
{
	return tuf_hashes_check(
		entry->has_hashes ? &entry->hashes : NULL, entry->length, data, len, role, err);
}

/* The stored file of a role if its signatures hold; *out = NULL if there is none that does. With
 * an entry (may be NULL) it must also be the listed file, which is looked at first. A disk that
 * cannot be read is an error: without the old version there is no rollback check. */
static enum vk_rc load_local(struct tuf_client *client, const char *role, enum tuf_type type,
	const struct tuf_role *authority, const struct tuf_file *entry, struct tuf_meta **out,
	struct vk_err *err)
{
	struct tuf_meta *meta = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, LISTED_MAX_BYTES);
	rc = client->store.load(client->store.ctx, role, &text, err);
	*out = NULL;
	if (rc == VK_OK &&
		(entry == NULL || check_listed(entry, role, text.data, text.len, NULL) == VK_OK) &&
		tuf_meta_parse(text.data, text.len, type, &meta, NULL) == VK_OK) {
		if (tuf_meta_verify(meta, authority, role, NULL) == VK_OK)
			*out = meta;
		else
			tuf_meta_free(meta);
	}
	vk_buf_release(&text);
	return rc == VK_EIO ? rc : VK_OK;
}

static enum vk_rc load_root(struct tuf_client *client, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = client->store.load(client->store.ctx, "root", &text, err);
	if (rc == VK_ENOTFOUND)
		rc = vk_err_set(err, VK_EUNTRUSTED, "no trusted root is stored");
	if (rc == VK_OK)
		rc = parse("the stored root", TUF_ROOT, text.data, text.len, &root, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify_root(root, NULL, err);
	if (rc == VK_OK) {
		client->root = root;
		root = NULL;
	} else {
		vk_err_hint(err, "the trusted root is lost: enrol this machine anew");
	}
	tuf_meta_free(root);
	vk_buf_release(&text);
	return rc;
}

/* One step of the root chain; *is_newest if there is no further root. */
static enum vk_rc next_root(struct tuf_client *client, bool *is_newest, struct vk_err *err)
{
	struct tuf_meta *next = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = fetch(client, "root", tuf_meta_version(client->root) + 1, &text, err);
	if (rc == VK_ENOTFOUND) {
		*is_newest = true;
		rc = VK_OK;
		goto out;
	}
	if (rc == VK_OK)
		rc = parse("root", TUF_ROOT, text.data, text.len, &next, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify_root(next, client->root, err);
	if (rc == VK_OK)
		rc = save(client, "root", next, err);
	if (rc == VK_OK) {
		tuf_meta_free(client->root);
		client->root = next;
		next = NULL;
	}
out:
	tuf_meta_free(next);
	vk_buf_release(&text);
	return rc;
}

/* Fast-forward recovery (specification, 5.3.11): where the online keys were replaced, the
 * versions that a thief of the old ones may have signed count no longer. */
static enum vk_rc forget_old_versions(
	struct tuf_client *client, const struct tuf_meta *first, struct vk_err *err)
{
	static const enum tuf_type types[] = {TUF_TIMESTAMP, TUF_SNAPSHOT};
	bool is_changed = false;
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < 2; i++)
		is_changed |= !tuf_role_has_same_keys(tuf_meta_root_role(first, types[i]),
			tuf_meta_root_role(client->root, types[i]));
	for (size_t i = 0; i < 2 && is_changed && rc == VK_OK; i++)
		rc = client->store.remove(client->store.ctx, tuf_type_name(types[i]), err);
	return rc;
}

static enum vk_rc update_root(struct tuf_client *client, struct vk_err *err)
{
	struct tuf_meta *first = NULL;
	bool is_newest = client->is_offline;
	size_t len;
	const char *bytes = tuf_meta_bytes(client->root, &len);
	enum vk_rc rc = parse("root", TUF_ROOT, bytes, len, &first, err);

	for (int i = 0; rc == VK_OK && !is_newest && i < TUF_MAX_ROOT_ROTATIONS; i++)
		rc = next_root(client, &is_newest, err);
	if (rc == VK_OK)
		rc = tuf_meta_check_expiry(client->root, client->now, "root", err);
	if (rc == VK_OK)
		rc = forget_old_versions(client, first, err);
	tuf_meta_free(first);
	return rc;
}

static int64_t snapshot_version(const struct tuf_meta *timestamp)
{
	return tuf_meta_file(timestamp, "snapshot.json")->version;
}

/* Takes over new unless it is older than local. *is_same: it has local's version, whose content
 * is kept. */
static enum vk_rc check_timestamp(
	const struct tuf_meta *new, const struct tuf_meta *local, bool *is_same, struct vk_err *err)
{
	if (local == NULL)
		return VK_OK;
	if (tuf_meta_version(new) < tuf_meta_version(local))
		return vk_err_set(err, VK_EUNTRUSTED,
			"timestamp: version %" PRId64 " is older than version %" PRId64
			" which was seen before",
			tuf_meta_version(new), tuf_meta_version(local));
	*is_same = tuf_meta_version(new) == tuf_meta_version(local);
	if (!*is_same && snapshot_version(new) < snapshot_version(local))
		return vk_err_set(err, VK_EUNTRUSTED,
			"timestamp: its snapshot version %" PRId64 " is older than version %" PRId64
			" which was seen before",
			snapshot_version(new), snapshot_version(local));
	return VK_OK;
}

static enum vk_rc accept_timestamp(struct tuf_client *client, const char *text, size_t len,
	struct tuf_meta **local, struct vk_err *err)
{
	const struct tuf_role *authority = tuf_meta_root_role(client->root, TUF_TIMESTAMP);
	struct tuf_meta *new = NULL;
	bool is_same = false;
	enum vk_rc rc = parse("timestamp", TUF_TIMESTAMP, text, len, &new, err);

	if (rc == VK_OK)
		rc = tuf_meta_verify(new, authority, "timestamp", err);
	if (rc == VK_OK)
		rc = check_timestamp(new, *local, &is_same, err);
	if (rc == VK_OK && !is_same)
		rc = tuf_meta_check_expiry(new, client->now, "timestamp", err);
	if (rc == VK_OK && !is_same)
		rc = save(client, "timestamp", new, err);
	if (rc == VK_OK && !is_same) {
		tuf_meta_free(*local);
		*local = new;
		new = NULL;
	}
	tuf_meta_free(new);
	return rc;
}

/* given: a timestamp that came by another way, or NULL. */
static enum vk_rc update_timestamp(
	struct tuf_client *client, const char *given, size_t given_len, struct vk_err *err)
{
	struct tuf_meta *local = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_TIMESTAMP_MAX_BYTES);
	rc = load_local(client, "timestamp", TUF_TIMESTAMP,
		tuf_meta_root_role(client->root, TUF_TIMESTAMP), NULL, &local, err);
	if (rc == VK_OK && given != NULL) {
		vk_buf_add(&text, given, given_len);
		rc = vk_buf_check(&text, "timestamp", err);
	} else if (rc == VK_OK && (!client->is_offline || local == NULL)) {
		rc = fetch_needed(client, "timestamp", 0, &text, err);
	}
	if (rc == VK_OK && !client->is_offline)
		rc = accept_timestamp(client, text.data, text.len, &local, err);
	if (rc == VK_OK)
		rc = tuf_meta_check_expiry(local, client->now, "timestamp", err);
	if (rc == VK_OK) {
		client->timestamp = local;
		local = NULL;
	}
	tuf_meta_free(local);
	vk_buf_release(&text);
	return rc;
}

static bool is_current(
	const struct tuf_client *client, const struct tuf_meta *meta, const struct tuf_file *entry)
{
	size_t len;
	const char *bytes = tuf_meta_bytes(meta, &len);

	return tuf_meta_version(meta) == entry->version && client->now < tuf_meta_expires(meta) &&
	       check_listed(entry, "", bytes, len, NULL) == VK_OK;
}

/* Fetches the version of a role that the entry lists, with all checks but the rollback's. */
static enum vk_rc fetch_listed(struct tuf_client *client, const char *role, enum tuf_type type,
	const struct tuf_role *authority, const struct tuf_file *entry, struct tuf_meta **out,
	struct vk_err *err)
{
	bool is_consistent = tuf_meta_is_consistent(client->root);
	struct tuf_meta *meta = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	if (entry->length > LISTED_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "%s is larger than %d bytes", role, LISTED_MAX_BYTES);
	vk_buf_init(&text, entry->length >= 0 ? (size_t)entry->length : max_bytes[type]);
	rc = fetch_needed(client, role, is_consistent ? entry->version : 0, &text, err);
	if (rc == VK_OK)
		rc = check_listed(entry, role, text.data, text.len, err);
	if (rc == VK_OK)
		rc = parse(role, type, text.data, text.len, &meta, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify(meta, authority, role, err);
	if (rc == VK_OK && tuf_meta_version(meta) != entry->version)
		rc = vk_err_set(err, VK_EUNTRUSTED, "%s: version %" PRId64 " instead of %" PRId64,
			role, tuf_meta_version(meta), entry->version);
	if (rc == VK_OK) {
		*out = meta;
		meta = NULL;
	}
	tuf_meta_free(meta);
	vk_buf_release(&text);
	return rc;
}

/* No role may vanish from the snapshot or go back to an older version. */
static enum vk_rc check_snapshot(
	const struct tuf_meta *new, const struct tuf_meta *local, struct vk_err *err)
{
	if (local == NULL)
		return VK_OK;
	for (size_t i = 0; i < tuf_meta_file_count(local); i++) {
		const struct tuf_file *old = tuf_meta_file_at(local, i);
		const struct tuf_file *file = tuf_meta_file(new, old->name);

		if (file == NULL)
			return vk_err_set(err, VK_EUNTRUSTED,
				"snapshot: '%.64s' is no longer listed", old->name);
		if (file->version < old->version)
			return vk_err_set(err, VK_EUNTRUSTED,
				"snapshot: '%.64s' went back from version %" PRId64 " to %" PRId64,
				old->name, old->version, file->version);
	}
	return VK_OK;
}

static enum vk_rc update_snapshot(struct tuf_client *client, struct vk_err *err)
{
	const struct tuf_role *authority = tuf_meta_root_role(client->root, TUF_SNAPSHOT);
	const struct tuf_file *entry = tuf_meta_file(client->timestamp, "snapshot.json");
	struct tuf_meta *local = NULL;
	struct tuf_meta *new = NULL;
	enum vk_rc rc = load_local(client, "snapshot", TUF_SNAPSHOT, authority, NULL, &local, err);

	if (rc == VK_OK && local != NULL && is_current(client, local, entry)) {
		client->snapshot = local;
		return VK_OK;
	}
	if (rc == VK_OK)
		rc = fetch_listed(client, "snapshot", TUF_SNAPSHOT, authority, entry, &new, err);
	if (rc == VK_OK)
		rc = check_snapshot(new, local, err);
	if (rc == VK_OK)
		rc = tuf_meta_check_expiry(new, client->now, "snapshot", err);
	if (rc == VK_OK)
		rc = save(client, "snapshot", new, err);
	if (rc == VK_OK) {
		client->snapshot = new;
		new = NULL;
	}
	tuf_meta_free(local);
	tuf_meta_free(new);
	return rc;
}

static const struct tuf_meta *keep(
	struct tuf_client *client, const char *role, struct tuf_meta *meta)
{
	client->roles =
		xreallocarray(client->roles, client->role_count + 1, sizeof(*client->roles));
	client->roles[client->role_count].name = xstrdup(role);
	client->roles[client->role_count].meta = meta;
	client->role_count++;
	return meta;
}

static const struct tuf_file *find_entry(const struct tuf_client *client, const char *role)
{
	const struct tuf_file *entry;
	struct vk_buf name;

	vk_buf_init(&name, URL_MAX_BYTES);
	vk_buf_addf(&name, "%s.json", role);
	entry = name.is_overflowed ? NULL : tuf_meta_file(client->snapshot, name.data);
	vk_buf_release(&name);
	return entry;
}

enum vk_rc tuf_client_load_role(struct tuf_client *client, const char *role,
	const struct tuf_role *authority, const struct tuf_meta **out, struct vk_err *err)
{
	const struct tuf_file *entry = find_entry(client, role);
	struct tuf_meta *meta = NULL;
	enum vk_rc rc;

	/* Loaded before through another delegator: what counts are the keys of this one. */
	for (size_t i = 0; i < client->role_count; i++) {
		if (strcmp(client->roles[i].name, role) != 0)
			continue;
		rc = tuf_meta_verify(client->roles[i].meta, authority, role, err);
		if (rc == VK_OK)
			*out = client->roles[i].meta;
		return rc;
	}
	if (entry == NULL)
		return vk_err_set(
			err, VK_ENOTFOUND, "%s: the snapshot does not list this role", role);
	rc = load_local(client, role, TUF_TARGETS, authority, entry, &meta, err);
	if (rc == VK_OK && meta != NULL && is_current(client, meta, entry)) {
		*out = keep(client, role, meta);
		return VK_OK;
	}
	tuf_meta_free(meta);
	meta = NULL;
	if (rc == VK_OK)
		rc = fetch_listed(client, role, TUF_TARGETS, authority, entry, &meta, err);
	if (rc == VK_OK)
		rc = tuf_meta_check_expiry(meta, client->now, role, err);
	if (rc == VK_OK)
		rc = save(client, role, meta, err);
	if (rc != VK_OK) {
		tuf_meta_free(meta);
		return rc;
	}
	*out = keep(client, role, meta);
	return VK_OK;
}

static enum vk_rc update(
	struct tuf_client *client, const char *timestamp, size_t timestamp_len, struct vk_err *err)
{
	enum vk_rc rc;

	reset(client);
	rc = load_root(client, err);
	if (rc == VK_OK)
		rc = update_root(client, err);
	if (rc == VK_OK)
		rc = update_timestamp(client, timestamp, timestamp_len, err);
	if (rc == VK_OK)
		rc = update_snapshot(client, err);
	if (rc == VK_OK)
		rc = tuf_client_load_role(client, "targets",
			tuf_meta_root_role(client->root, TUF_TARGETS), &client->targets, err);
	if (rc != VK_OK)
		reset(client);
	return rc;
}

enum vk_rc tuf_client_refresh(struct tuf_client *client, struct vk_err *err)
{
	client->is_offline = false;
	return update(client, NULL, 0, err);
}

enum vk_rc tuf_client_refresh_with_timestamp(
	struct tuf_client *client, const char *text, size_t len, struct vk_err *err)
{
	client->is_offline = false;
	return update(client, text, len, err);
}

enum vk_rc tuf_client_load(struct tuf_client *client, struct vk_err *err)
{
	client->is_offline = true;
	return update(client, NULL, 0, err);
}

enum vk_rc tuf_client_pin_root(
	const struct tuf_store *store, const char *text, size_t len, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	struct vk_buf old;
	enum vk_rc rc;

	vk_buf_init(&old, TUF_ROOT_MAX_BYTES);
	rc = store->load(store->ctx, "root", &old, err);
	vk_buf_release(&old);
	if (rc == VK_OK)
		return vk_err_set(err, VK_ECONFLICT, "a trusted root is stored already");
	if (rc != VK_ENOTFOUND)
		return rc;
	rc = parse("root", TUF_ROOT, text, len, &root, err);
	if (rc == VK_OK)
		rc = tuf_meta_verify_root(root, NULL, err);
	if (rc == VK_OK)
		rc = store->save(store->ctx, "root", text, len, err);
	tuf_meta_free(root);
	return rc;
}
