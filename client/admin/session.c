/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "client/admin/cli.h"
#include "client/admin/upkeep.h"
#include "client/admin/roots.h"
#include "common/clock.h"
#include "common/config/tree.h"
#include "common/file.h"
#include "common/http.h"
#include "common/httpc.h"
#include "common/mem.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_store.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	TARGET_MAX_BYTES = 4096,
	PAGE_ITEMS = 1000,
	LOCK_WAIT_MS = 10000,
	LOCK_STEP_MS = 20,
};

struct session {
	const struct cli *cli;
	struct home_identity identity;
	struct httpc *http;
	struct tuf_store_dir *store;
	struct tuf_store keeping; /* the same, and keeps the roots that went by */
	struct tuf_client *tuf;
	int lock_fd;
};

static enum vk_rc connect_http(struct session *session, struct vk_err *err)
{
	const char *home = session->cli->home;
	char *ca = home_tls_path(home, &session->identity, "ca.crt");
	char *cert = home_tls_path(home, &session->identity, "tls.crt");
	char *key = home_tls_path(home, &session->identity, "tls.key");
	const struct httpc_options options = {
		.url = session->identity.server,
		.ca_path = ca,
		.cert_path = cert,
		.key_path = key,
		.fleet = session->identity.fleet,
		.is_own_pki = session->identity.ca[0] != '\0',
	};
	enum vk_rc rc = httpc_new(&options, &session->http, err);

	free(ca);
	free(cert);
	free(key);
	return rc;
}

enum vk_rc session_open(const struct cli *cli, struct session **out, struct vk_err *err)
{
	struct session *session = xcalloc(1, sizeof(*session));
	enum vk_rc rc;

	session->cli = cli;
	session->lock_fd = -1;
	rc = home_load_identity(cli->home, &session->identity, err);
	if (rc == VK_OK)
		rc = connect_http(session, err);
	if (rc != VK_OK) {
		session_free(session);
		return rc;
	}
	*out = session;
	return VK_OK;
}

void session_free(struct session *session)
{
	if (session == NULL)
		return;
	session_drop_trust(session);
	httpc_free(session->http);
	free(session);
}

const struct home_identity *session_identity(const struct session *session)
{
	return &session->identity;
}

const char *session_home(const struct session *session)
{
	return session->cli->home;
}

static enum vk_rc parse_reply(
	const struct httpc_reply *reply, struct vkjson **out, struct vk_err *err)
{
	enum vk_rc rc;

	if (reply->body_len == 0) {
		*out = vkjson_object();
		return VK_OK;
	}
	rc = vkjson_parse(reply->body, reply->body_len, out, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "the server's answer");
	return rc;
}

enum vk_rc session_get(
	struct session *session, const char *target, struct vkjson **out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	enum vk_rc rc;

	cli_detail(session->cli, "GET %s", target);
	rc = httpc_get(session->http, target, SESSION_REPLY_MAX_BYTES, &reply, err);
	if (rc == VK_OK)
		rc = parse_reply(&reply, out, err);
	httpc_reply_release(&reply);
	return rc;
}

enum vk_rc session_post(struct session *session, const char *target, const struct vkjson *body,
	struct vkjson **out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_buf text;
	enum vk_rc rc;

	cli_detail(session->cli, "POST %s", target);
	vk_buf_init(&text, 2 * (size_t)SESSION_REPLY_MAX_BYTES);
	vkjson_format(body, false, &text);
	rc = vk_buf_check(&text, "the request", err);
	if (rc == VK_OK)
		rc = httpc_post(session->http, target, text.data, text.len, &reply, err);
	if (rc == VK_OK)
		rc = parse_reply(&reply, out, err);
	httpc_reply_release(&reply);
	vk_buf_release_wiped(&text);
	return rc;
}

enum vk_rc session_get_bytes(
	struct session *session, const char *target, struct vk_buf *out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	enum vk_rc rc;

	cli_detail(session->cli, "GET %s", target);
	rc = httpc_get(session->http, target, out->max_bytes - out->len, &reply, err);
	if (rc == VK_OK) {
		vk_buf_add(out, reply.body, reply.body_len);
		rc = vk_buf_check(out, target, err);
	}
	httpc_reply_release(&reply);
	return rc;
}

void session_add_query(struct vk_buf *target, const char *name, const char *value)
{
	if (value == NULL)
		return;
	vk_buf_addf(target, "%c%s=", strchr(target->data, '?') == NULL ? '?' : '&', name);
	http_query_encode(target, value);
}

/* Appends one page and replaces *after by the cursor of the next one, NULL at the end. */
static enum vk_rc add_page(struct session *session, const char *target, size_t max_items,
	struct vkjson *all, char **after, struct vk_err *err)
{
	struct vkjson *page = NULL;
	const struct vkjson *items;
	const char *next = NULL;
	struct vk_buf url;
	enum vk_rc rc;

	vk_buf_init(&url, TARGET_MAX_BYTES);
	vk_buf_adds(&url, target);
	vk_buf_addf(&url, "%climit=%zu", strchr(target, '?') == NULL ? '?' : '&',
		max_items < PAGE_ITEMS ? max_items : PAGE_ITEMS);
	session_add_query(&url, "after", *after);
	rc = vk_buf_check(&url, "the request's target", err);
	if (rc == VK_OK)
		rc = session_get(session, url.data, &page, err);
	if (rc == VK_OK)
		rc = vkjson_get_array(page, "items", &items, err);
	if (rc == VK_OK && vkjson_get(page, "next") != NULL &&
		vkjson_type(vkjson_get(page, "next")) != VKJSON_NULL)
		rc = vkjson_get_string(page, "next", &next, err);
	if (rc == VK_OK) {
		for (size_t i = 0; i < vkjson_count(items) && vkjson_count(all) < max_items; i++)
			vkjson_append(all, vkjson_ref(vkjson_at(items, i)));
		free(*after);
		*after = next != NULL && next[0] != '\0' && vkjson_count(items) > 0 ? xstrdup(next)
										    : NULL;
	}
	vk_buf_release(&url);
	vkjson_free(page);
	return rc;
}

enum vk_rc session_list(struct session *session, const char *target, size_t max_items,
	struct vkjson **out, struct vk_err *err)
{
	struct vkjson *all = vkjson_array();
	char *after = NULL;
	enum vk_rc rc;

	do {
		rc = add_page(session, target, max_items, all, &after, err);
	} while (rc == VK_OK && after != NULL && vkjson_count(all) < max_items);
	free(after);
	if (rc != VK_OK) {
		vkjson_free(all);
		return rc;
	}
	*out = all;
	return VK_OK;
}

/* The store of trusted metadata is for one process at a time. */
static enum vk_rc take_lock(struct session *session, struct vk_err *err)
{
	char *path = home_path(session->cli->home, "lock");
	int64_t until = vk_clock_monotonic_ms() + LOCK_WAIT_MS;
	enum vk_rc rc;

	for (;;) {
		rc = vk_file_lock(AT_FDCWD, path, &session->lock_fd, err);
		if (rc != VK_EUNAVAIL || vk_clock_monotonic_ms() >= until)
			break;
		poll(NULL, 0, LOCK_STEP_MS);
	}
	if (rc == VK_EUNAVAIL)
		vk_err_hint(err, "another vkcfg of yours is at work");
	free(path);
	return rc;
}

static enum vk_rc fetch_metadata(
	void *ctx, const char *name, struct vk_buf *out, struct vk_err *err)
{
	char *target = xasprintf("/tuf/%s", name);
	enum vk_rc rc = session_get_bytes(ctx, target, out, err);

	free(target);
	return rc;
}

static enum vk_rc fetch_target(void *ctx, const char *path, struct vk_buf *out, struct vk_err *err)
{
	char *target = xasprintf("/tuf/targets/%s", path);
	enum vk_rc rc = session_get_bytes(ctx, target, out, err);

	free(target);
	return rc;
}

bool session_has_root(const struct session *session)
{
	char *path = home_path(session->cli->home, "tuf/root.json");
	bool is_there = access(path, F_OK) == 0;

	free(path);
	return is_there;
}

static enum vk_rc check_root_is_pinned(struct session *session, struct vk_err *err)
{
	if (session_has_root(session))
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "no root is pinned: there is no %s/tuf/root.json",
		session->cli->home);
	vk_err_hint(err, "the first administrator runs 'vkcfg root init'; everyone else gets a "
			 "token with the root in it");
	return VK_ENOTFOUND;
}

static enum vk_rc load_role(void *ctx, const char *role, struct vk_buf *out, struct vk_err *err)
{
	const struct tuf_store *store = tuf_store_dir_store(((struct session *)ctx)->store);

	return store->load(store->ctx, role, out, err);
}

static enum vk_rc save_role(
	void *ctx, const char *role, const void *data, size_t len, struct vk_err *err)
{
	const struct session *session = ctx;
	const struct tuf_store *store = tuf_store_dir_store(session->store);
	enum vk_rc rc = VK_OK;

	if (strcmp(role, tuf_type_name(TUF_ROOT)) == 0)
		rc = roots_keep(session->cli->home, data, len, err);
	return rc == VK_OK ? store->save(store->ctx, role, data, len, err) : rc;
}

static enum vk_rc remove_role(void *ctx, const char *role, struct vk_err *err)
{
	const struct tuf_store *store = tuf_store_dir_store(((struct session *)ctx)->store);

	return store->remove(store->ctx, role, err);
}

/* The root with which this person begins was pinned, not followed to. */
static enum vk_rc keep_pinned_root(struct session *session, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = load_role(session, tuf_type_name(TUF_ROOT), &text, err);
	if (rc == VK_OK)
		rc = roots_keep(session->cli->home, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc open_store(struct session *session, struct vk_err *err)
{
	char *path = home_path(session->cli->home, "tuf");
	enum vk_rc rc = tuf_store_dir_open(path, &session->store, err);

	session->keeping = (struct tuf_store){
		.load = load_role, .save = save_role, .remove = remove_role, .ctx = session};
	if (rc == VK_OK)
		rc = keep_pinned_root(session, err);
	free(path);
	return rc;
}

/* In passing: what fails here is no reason not to do what was asked for. */
static void keep_up(struct session *session)
{
	struct vk_err err = VK_ERR_INIT;
	struct httpc *before = session->http;
	struct tuf_fleet fleet;
	bool is_changed = false;

	if (session->identity.ca[0] != '\0') /* somebody else's business */
		return;
	if (tuf_fleet_from_root(tuf_client_root(session->tuf), &fleet, &err) != VK_OK)
		return;
	upkeep(session->cli, &session->identity, session->http, &fleet.ca, &is_changed);
	if (!is_changed)
		return;
	session->http = NULL;
	if (connect_http(session, &err) == VK_OK)
		httpc_free(before);
	else
		session->http = before;
}

enum vk_rc session_trust(struct session *session, struct tuf_client **out, struct vk_err *err)
{
	const struct tuf_fetch fetch = {
		.metadata = fetch_metadata,
		.target = fetch_target,
		.ctx = session,
	};
	enum vk_rc rc;

	if (session->tuf != NULL) {
		*out = session->tuf;
		return VK_OK;
	}
	rc = check_root_is_pinned(session, err);
	if (rc == VK_OK)
		rc = take_lock(session, err);
	if (rc == VK_OK)
		rc = open_store(session, err);
	if (rc != VK_OK)
		goto out;
	session->tuf = tuf_client_new(&session->keeping, &fetch, vk_clock_now());
	rc = tuf_client_refresh(session->tuf, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "the fleet's metadata");
out:
	if (rc != VK_OK)
		session_drop_trust(session);
	else
		*out = session->tuf;
	if (rc == VK_OK)
		keep_up(session);
	return rc;
}

void session_drop_trust(struct session *session)
{
	tuf_client_free(session->tuf);
	session->tuf = NULL;
	tuf_store_dir_free(session->store);
	session->store = NULL;
	if (session->lock_fd >= 0)
		close(session->lock_fd);
	session->lock_fd = -1;
}

enum vk_rc session_fleet(struct session *session, struct tuf_fleet *out, struct vk_err *err)
{
	struct tuf_client *tuf;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc == VK_OK)
		rc = tuf_fleet_from_root(tuf_client_root(tuf), out, err);
	if (rc == VK_OK && strcmp(out->fleet, session->identity.fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the root is that of fleet '%s', but you are enrolled in '%s'", out->fleet,
			session->identity.fleet);
	return rc;
}

static enum vk_rc tree_from_json(
	const struct vkjson *reply, struct cfg_tree **out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	struct cfg_tree_file *files;
	enum vk_rc rc = vkjson_get_array(reply, "files", &list, err);

	if (rc == VK_OK && vkjson_count(list) > CFG_TREE_MAX_FILES)
		rc = vk_err_set(err, VK_ELIMIT, "more than %d files", CFG_TREE_MAX_FILES);
	if (rc != VK_OK)
		return rc;
	files = xcalloc(vkjson_count(list) + 1, sizeof(*files));
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		rc = vkjson_get_string(vkjson_at(list, i), "path", &files[i].path, err);
		if (rc == VK_OK)
			rc = vkjson_get_string(vkjson_at(list, i), "text", &files[i].text, err);
		if (rc == VK_OK)
			files[i].len = strlen(files[i].text);
	}
	if (rc == VK_OK)
		rc = cfg_tree_from_files(files, vkjson_count(list), out, err);
	free(files);
	return rc;
}

enum vk_rc session_fetch_tree(
	struct session *session, const char *digest, struct cfg_tree **out, struct vk_err *err)
{
	char *target = xasprintf("/v1/trees/%s", digest);
	struct vkjson *reply = NULL;
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = session_get(session, target, &reply, err);

	if (rc == VK_OK) {
		rc = tree_from_json(reply, &tree, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "the server's tree %.12s", digest);
	}
	if (rc == VK_OK && strcmp(cfg_tree_digest(tree), digest) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server sent files with digest %.12s instead of tree %.12s",
			cfg_tree_digest(tree), digest);
	if (rc == VK_OK)
		*out = tree;
	else
		cfg_tree_free(tree);
	vkjson_free(reply);
	free(target);
	return rc;
}
