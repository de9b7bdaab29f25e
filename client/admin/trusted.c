/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/trusted.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/home.h"
#include "client/admin/session.h"
#include "common/mem.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_store.h"

#include "common/banned.h"

void trusted_init(struct trusted *trusted)
{
	memset(trusted, 0, sizeof(*trusted));
}

void trusted_release(struct trusted *trusted)
{
	tuf_meta_free(trusted->root);
	tuf_meta_free(trusted->targets);
	tuf_meta_free(trusted->role);
	trusted_init(trusted);
}

/* The role as the verified snapshot lists it, although it has expired: what is signed anew. */
static enum vk_rc fetch_expired(struct session *session, struct tuf_client *tuf,
	const char *environment, struct tuf_meta **out, struct vk_err *err)
{
	const struct tuf_delegation *delegation =
		tuf_meta_delegation(tuf_client_targets(tuf), environment);
	char *name = xasprintf("%s.json", environment);
	const struct tuf_file *file = tuf_meta_file(tuf_client_snapshot(tuf), name);
	struct tuf_meta *role = NULL;
	char *target = NULL;
	struct vk_buf text;
	enum vk_rc rc = VK_OK;

	vk_buf_init(&text, TUF_TARGETS_MAX_BYTES);
	if (file == NULL || delegation == NULL)
		goto out;
	target = xasprintf("/tuf/%lld.%s", (long long)file->version, name);
	rc = session_get_bytes(session, target, &text, err);
	if (rc == VK_OK)
		rc = tuf_hashes_check(file->has_hashes ? &file->hashes : NULL, file->length,
			text.data, text.len, name, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, TUF_TARGETS, &role, err);
	if (rc == VK_OK && tuf_meta_version(role) != file->version)
		rc = vk_err_set(err, VK_EUNTRUSTED, "%s: not the version of the snapshot", name);
	if (rc == VK_OK) {
		*out = role;
		role = NULL;
	}
out:
	tuf_meta_free(role);
	vk_buf_release(&text);
	free(target);
	free(name);
	return rc;
}

/* What was verified before stays, whatever the server says now. */
static void refresh(struct trusted *trusted, const struct cli *cli, struct session *session,
	const char *environment)
{
	const struct tuf_meta *role = NULL;
	struct tuf_client *tuf = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = session_trust(session, &tuf, &err);

	if (rc == VK_OK && environment != NULL) {
		rc = tuf_client_role(tuf, environment, &role, &err);
		if (rc == VK_EUNTRUSTED)
			rc = fetch_expired(session, tuf, environment, &trusted->role, &err);
	}
	if (rc != VK_OK && rc != VK_ENOTFOUND)
		cli_note(cli, "note: %s; going on with what was verified before", err.msg);
	session_drop_trust(session);
}

static enum vk_rc load(const struct tuf_store *store, const char *role, enum tuf_type type,
	struct tuf_meta **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_TARGETS_MAX_BYTES);
	rc = store->load(store->ctx, role, &text, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, type, out, err);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc load_root(
	struct trusted *trusted, const struct tuf_store *store, struct vk_err *err)
{
	enum vk_rc rc =
		load(store, tuf_type_name(TUF_ROOT), TUF_ROOT, &trusted->root, err);

	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_ENOTFOUND, "no root is pinned here");
		vk_err_hint(err, "'vkcfg enrol' pins it; a machine that never sees the server gets "
			"tuf/root.json and tuf/targets.json from one that does");
	}
	return rc == VK_OK ? tuf_meta_verify_root(trusted->root, NULL, err) : rc;
}

static enum vk_rc load_targets(
	struct trusted *trusted, const struct tuf_store *store, struct vk_err *err)
{
	enum vk_rc rc =
		load(store, tuf_type_name(TUF_TARGETS), TUF_TARGETS, &trusted->targets, err);

	if (rc == VK_OK)
		rc = tuf_meta_verify(trusted->targets,
			tuf_meta_root_role(trusted->root, TUF_TARGETS), "targets", err);
	return rc;
}

/* A role that its approvers, as they are now, have not signed is still what a new signature goes
 * on from: its releases are checked when it is used. */
static enum vk_rc load_role(struct trusted *trusted, const struct tuf_store *store,
	const char *environment, struct vk_err *err)
{
	struct vk_err lost = VK_ERR_INIT;
	enum vk_rc rc;

	if (trusted->role != NULL || environment == NULL ||
		tuf_meta_delegation(trusted->targets, environment) == NULL)
		return VK_OK;
	rc = load(store, environment, TUF_TARGETS, &trusted->role, &lost);
	if (rc != VK_OK && rc != VK_ENOTFOUND) {
		*err = lost;
		return rc;
	}
	return VK_OK;
}

enum vk_rc trusted_load(struct trusted *trusted, const struct cli *cli, struct session *session,
	const char *environment, struct vk_err *err)
{
	char *path = home_path(cli->home, "tuf");
	struct tuf_store_dir *dir = NULL;
	const struct tuf_store *store;
	enum vk_rc rc;

	if (session != NULL && session_has_root(session))
		refresh(trusted, cli, session, environment);
	rc = home_prepare(cli->home, "tuf", err);
	if (rc == VK_OK)
		rc = tuf_store_dir_open(path, &dir, err);
	if (rc != VK_OK)
		goto out;
	store = tuf_store_dir_store(dir);
	rc = load_root(trusted, store, err);
	if (rc == VK_OK)
		rc = load_targets(trusted, store, err);
	if (rc == VK_OK)
		rc = load_role(trusted, store, environment, err);
out:
	tuf_store_dir_free(dir);
	free(path);
	return rc;
}
