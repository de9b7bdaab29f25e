/* SPDX-License-Identifier: BSD-3-Clause */
/* What a rebuilt server has lost comes back from the machines that have verified it. */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/roots.h"
#include "client/admin/session.h"
#include "client/admin/source.h"
#include "client/admin/submit.h"
#include "common/config/tree.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/release.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { ROLE_MAX_BYTES = 8 << 20 };

/* A file of home, or another one that the option names. */
static enum vk_rc read_kept(const struct cli *cli, const char *other, const char *name,
	struct vk_buf *out, struct vk_err *err)
{
	char *path = other != NULL ? xstrdup(other) : home_path(cli->home, name);
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, out, err);

	if (rc == VK_ENOTFOUND)
		vk_err_hint(err,
			"a host of the environment has it: STATE/release.json is --document, "
			"STATE/tuf/ENV.json is --role");
	free(path);
	return rc;
}

static enum vk_rc read_meta(const struct cli *cli, const char *other, const char *name,
	enum tuf_type type, struct tuf_meta **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, ROLE_MAX_BYTES);
	rc = read_kept(cli, other, name, &text, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, type, out, err);
	vk_buf_release(&text);
	return rc;
}

/* "V.ROLE.json", and whether the server has that version already. */
static enum vk_rc look_up(struct session *session, const char *role, const struct tuf_meta *meta,
	char **name, bool *is_there, struct vk_err *err)
{
	char *target;
	struct vk_buf text;
	enum vk_rc rc;

	*name = xasprintf("%" PRId64 ".%s.json", tuf_meta_version(meta), role);
	target = xasprintf("/tuf/%s", *name);
	vk_buf_init(&text, ROLE_MAX_BYTES);
	rc = session_get_bytes(session, target, &text, err);
	*is_there = rc == VK_OK;
	vk_buf_release(&text);
	free(target);
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

static enum vk_rc add_missing(struct session *session, const char *role,
	const struct tuf_meta *meta, struct vkjson *files, struct vk_err *err)
{
	char *name = NULL;
	bool is_there = false;
	size_t len = 0;
	const char *text = tuf_meta_bytes(meta, &len);
	enum vk_rc rc = look_up(session, role, meta, &name, &is_there, err);

	if (rc == VK_OK && !is_there)
		vkjson_set(files, name, vkjson_stringn(text, len));
	free(name);
	return rc;
}

static enum vk_rc send_files(struct session *session, const struct vkjson *files,
	struct vkjson *sent, struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	enum vk_rc rc = VK_OK;

	vkjson_set(body, "files", vkjson_copy(files));
	if (vkjson_count(files) > 0)
		rc = session_post(session, "/v1/tuf", body, &reply, err);
	for (struct vkjson_iter it = vkjson_iter(files); rc == VK_OK && vkjson_next(&it);)
		vkjson_append(sent, vkjson_string(it.name));
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}

static enum vk_rc recover_trust(
	const struct cli *cli, struct session *session, struct vkjson *sent, struct vk_err *err)
{
	struct tuf_meta *root = NULL, *targets = NULL;
	struct vkjson *files = vkjson_object();
	enum vk_rc rc = read_meta(cli, NULL, "tuf/root.json", TUF_ROOT, &root, err);

	if (rc == VK_OK)
		rc = read_meta(cli, NULL, "tuf/targets.json", TUF_TARGETS, &targets, err);
	if (rc == VK_OK)
		rc = roots_add_missing(session, tuf_meta_version(root), files, err);
	if (rc == VK_OK)
		rc = add_missing(session, tuf_type_name(TUF_TARGETS), targets, files, err);
	if (rc == VK_OK)
		rc = send_files(session, files, sent, err);
	vkjson_free(files);
	tuf_meta_free(targets);
	tuf_meta_free(root);
	return rc;
}

static enum vk_rc has_release(struct session *session, const char *environment, int64_t number,
	bool *out, struct vk_err *err)
{
	char *target = xasprintf("/v1/releases/%s/%" PRId64, environment, number);
	struct vkjson *reply = NULL;
	enum vk_rc rc = session_get(session, target, &reply, err);

	*out = rc == VK_OK;
	vkjson_free(reply);
	free(target);
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

static enum vk_rc send_release(struct session *session, const struct args *args,
	const struct vk_buf *document, const struct vk_release *release,
	const struct tuf_meta *role, struct vkjson *sent, struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	struct cfg_tree *tree = NULL;
	char digest[VK_SHA256_HEX_BYTES];
	char *name = NULL;
	size_t len = 0;
	const char *text = tuf_meta_bytes(role, &len);
	enum vk_rc rc = source_load(args, &tree, err);

	vk_digest_format(release->tree, digest);
	if (rc == VK_OK && strcmp(cfg_tree_digest(tree), digest) != 0) {
		rc = vk_err_set(err, VK_EINPUT,
			"%s/%" PRId64 " was made from the tree %.12s, not %.12s",
			release->environment, release->number, digest, cfg_tree_digest(tree));
		if (release->commit != NULL)
			vk_err_hint(
				err, "it stood at git commit %s: check it out", release->commit);
		else
			vk_err_hint(err, "--tree DIR names the directory in which it stands");
	}
	if (rc == VK_OK) {
		vkjson_set(body, "document", vkjson_stringn(document->data, document->len));
		vkjson_set(body, "role", vkjson_stringn(text, len));
		vkjson_set(body, "files", submit_tree_files(tree));
		rc = session_post(session, "/v1/releases", body, &reply, err);
	}
	if (rc == VK_OK) {
		name = xasprintf("%s/%" PRId64, release->environment, release->number);
		vkjson_append(sent, vkjson_string(name));
	}
	free(name);
	cfg_tree_free(tree);
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}

/* The release; or, where the server has it, its role, which may have been signed anew since. */
static enum vk_rc recover_environment(const struct cli *cli, struct session *session,
	const struct args *args, const char *environment, struct vkjson *sent, struct vk_err *err)
{
	char *role_name = xasprintf("tuf/%s.json", environment);
	char *document_name = xasprintf("releases/%s.json", environment);
	struct vkjson *files = vkjson_object();
	struct vk_release *release = NULL;
	struct tuf_meta *role = NULL;
	struct vk_buf document;
	bool is_there = false;
	enum vk_rc rc = read_meta(cli, args_get(args, "role"), role_name, TUF_TARGETS, &role, err);

	vk_buf_init(&document, VK_RELEASE_MAX_BYTES);
	if (rc == VK_OK)
		rc = read_kept(cli, args_get(args, "document"), document_name, &document, err);
	if (rc == VK_OK)
		rc = vk_release_parse(document.data, document.len, &release, err);
	if (rc == VK_OK && strcmp(release->environment, environment) != 0)
		rc = vk_err_set(err, VK_EINPUT, "the document is of environment '%s'",
			release->environment);
	if (rc == VK_OK)
		rc = has_release(session, environment, release->number, &is_there, err);
	if (rc == VK_OK && !is_there)
		rc = send_release(session, args, &document, release, role, sent, err);
	else if (rc == VK_OK)
		rc = add_missing(session, environment, role, files, err);
	if (rc == VK_OK && is_there)
		rc = send_files(session, files, sent, err);
	vkjson_free(files);
	vk_release_free(release);
	tuf_meta_free(role);
	vk_buf_release(&document);
	free(document_name);
	free(role_name);
	return rc;
}

static void print_sent(const struct cli *cli, const struct vkjson *sent)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "recovered", vkjson_copy(sent));
	if (!cli_print_json(cli, result)) {
		for (size_t i = 0; i < vkjson_count(sent); i++) {
			cli_say_in(cli, CLI_GOOD, "recovered: ");
			cli_say_foreign(cli, CLI_PLAIN, vkjson_text(vkjson_at(sent, i)));
			cli_say(cli, "\n");
		}
		if (vkjson_count(sent) == 0)
			cli_say(cli, "the server lacks nothing that you have kept\n");
	}
	vkjson_free(result);
}

enum vk_rc cmd_recover(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vkjson *sent = vkjson_array();
	struct session *session = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	if (rc == VK_OK)
		rc = recover_trust(cli, session, sent, err);
	if (rc == VK_OK && args_count(args) > 0)
		rc = recover_environment(cli, session, args, args_at(args, 0), sent, err);
	if (rc == VK_OK)
		print_sent(cli, sent);
	session_free(session);
	vkjson_free(sent);
	return rc;
}
