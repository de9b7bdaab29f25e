/* SPDX-License-Identifier: BSD-3-Clause */
/* Proofs of single entries: made with the server, checked without anybody. */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/audit_before.h"
#include "client/admin/audit_fetch.h"
#include "client/admin/audit_proof.h"
#include "client/admin/roots.h"
#include "client/admin/session.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_fleet.h"

#include "common/banned.h"

static enum vk_rc keep_entry(
	void *ctx, uint64_t index, const char *entry, size_t len, struct vk_err *err)
{
	char **out = ctx;

	(void)index;
	(void)err;
	free(*out);
	*out = xstrndup(entry, len);
	return VK_OK;
}

static enum vk_rc fetch_proof(
	struct session *session, const char *target, struct merkle_proof *out, struct vk_err *err)
{
	const struct vkjson *hashes = NULL;
	struct vkjson *reply = NULL;
	enum vk_rc rc = session_get(session, target, &reply, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(reply, "proof", &hashes, err);
	if (rc == VK_OK)
		rc = merkle_proof_from_json(hashes, out, err);
	vkjson_free(reply);
	return rc;
}

static enum vk_rc fetch_inclusion(struct session *session, uint64_t index, uint64_t size,
	struct merkle_proof *out, struct vk_err *err)
{
	char *target = xasprintf("/v1/log/inclusion?index=%" PRIu64 "&size=%" PRIu64, index, size);
	enum vk_rc rc = fetch_proof(session, target, out, err);

	free(target);
	return rc;
}

static enum vk_rc check_growth(struct session *session, const struct note_checkpoint *before,
	const struct note_checkpoint *now, struct vk_err *err)
{
	struct merkle_proof growth = {.count = 0};
	enum vk_rc rc = VK_OK;

	if (now->size < before->size)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the audit log has shrunk from %" PRIu64 " to %" PRIu64 " entries",
			before->size, now->size);
	if (now->size > before->size) {
		char *target = xasprintf("/v1/log/consistency?from=%" PRIu64 "&to=%" PRIu64,
			before->size, now->size);

		rc = fetch_proof(session, target, &growth, err);
		free(target);
	}
	if (rc == VK_OK)
		rc = merkle_verify_consistency(
			before->size, before->root, now->size, now->root, &growth, err);
	return rc == VK_OK
		       ? rc
		       : vk_err_prefix(err, rc, "the log of your last 'audit verify' has forked");
}

/* Nobody is given a proof out of a log that is not the one that this person has verified. */
static enum vk_rc check_same_log(struct session *session, const struct tuf_meta *root,
	const struct note_checkpoint *now, struct vk_err *err)
{
	struct audit_before before;
	struct tuf_fleet fleet;
	enum vk_rc rc;

	audit_before_init(&before);
	rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK)
		rc = audit_before_load(
			&before, session_home(session), &fleet, tuf_meta_version(root), err);
	/* Where the root began another log, 'audit verify' tells what became of the old one. */
	if (rc == VK_OK && before.is_there && strcmp(before.origin, fleet.log_name) == 0 &&
		before.checkpoint.size > 0)
		rc = check_growth(session, &before.checkpoint, now, err);
	audit_before_release(&before);
	return rc;
}

/* Asks for all parts, and proves to itself what others will be asked to believe. */
static enum vk_rc make_proof(
	struct session *session, uint64_t index, struct vkjson **out, struct vk_err *err)
{
	struct note_checkpoint checkpoint = {.size = 0};
	struct tuf_client *tuf = NULL;
	struct audit_proven proven;
	struct merkle_proof inclusion;
	char *entry = NULL;
	struct vk_buf note;
	enum vk_rc rc;

	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = audit_fetch_checkpoint(session, &note, &checkpoint, err);
	if (rc == VK_OK && index >= checkpoint.size)
		rc = vk_err_set(err, VK_ENOTFOUND,
			"the log has %" PRIu64 " entries, the first one is number 0",
			checkpoint.size);
	if (rc == VK_OK)
		rc = audit_fetch_entries(
			session, checkpoint.size, index, index + 1, keep_entry, &entry, err);
	if (rc == VK_OK)
		rc = fetch_inclusion(session, index, checkpoint.size, &inclusion, err);
	if (rc == VK_OK)
		rc = session_trust(session, &tuf, err);
	if (rc == VK_OK)
		rc = check_same_log(session, tuf_client_root(tuf), &checkpoint, err);
	if (rc == VK_OK) {
		const struct audit_proof_parts parts = {.index = index,
			.entry = entry,
			.checkpoint = note.data,
			.inclusion = &inclusion,
			.root = tuf_client_root(tuf)};

		rc = audit_proof_make(&parts, out, err);
	}
	if (rc == VK_OK)
		rc = audit_proof_verify(*out, tuf_client_root(tuf), &proven, err);
	free(entry);
	vk_buf_release(&note);
	return rc;
}

static enum vk_rc write_proof(
	const struct cli *cli, const char *path, const struct vkjson *proof, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, AUDIT_PROOF_MAX_BYTES);
	vkjson_format(proof, true, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, "the proof", err);
	if (rc == VK_OK && path == NULL)
		cli_say(cli, "%s", text.data);
	else if (rc == VK_OK)
		rc = vk_file_create(AT_FDCWD, path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

enum vk_rc cmd_audit_prove(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *path = args_get(args, "out");
	struct session *session = NULL;
	struct vkjson *proof = NULL;
	uint64_t index = 0;
	enum vk_rc rc = VK_OK;

	if (!vk_parse_uint(args_at(args, 0), 0, INT64_MAX - 1, &index))
		rc = vk_err_set(err, VK_EINPUT, "'%s' is no number of an entry", args_at(args, 0));
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = make_proof(session, index, &proof, err);
	if (rc == VK_OK && (path != NULL || !cli_print_json(cli, proof)))
		rc = write_proof(cli, path, proof, err);
	if (rc == VK_OK && path != NULL)
		cli_note(cli, "entry %" PRIu64 " is proven by %s", index, path);
	vkjson_free(proof);
	session_free(session);
	return rc;
}

static enum vk_rc read_proof(const char *path, struct vkjson **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, AUDIT_PROOF_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, 0, &text, err);
	if (rc == VK_OK) {
		rc = vkjson_parse(text.data, text.len, out, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&text);
	return rc;
}

/* The root that this person has pinned; nothing is asked for. */
static enum vk_rc read_pinned_root(const struct cli *cli, struct tuf_meta **out, struct vk_err *err)
{
	char *path = home_path(cli->home, "tuf/root.json");
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, AUDIT_PROOF_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, TUF_ROOT, out, err);
	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_ENOTFOUND, "no root is pinned here: whom should be believed?");
		vk_err_hint(err, "--root DIGEST, as somebody whom you trust tells it to you");
	}
	vk_buf_release(&text);
	free(path);
	return rc;
}

static bool names_log(const void *ctx, const struct tuf_fleet *fleet)
{
	return audit_proof_is_of(ctx, fleet);
}

/* A key that was replaced may have been stolen: its proofs count only for whoever says so. */
static enum vk_rc hint_at_older_root(const struct cli *cli, const struct vkjson *proof,
	const struct tuf_meta *pinned, struct vk_err *err)
{
	struct tuf_meta *older = NULL;
	char digest[VK_SHA256_HEX_BYTES];
	struct vk_err ignored = VK_ERR_INIT;
	const char *text;
	size_t len = 0;

	if (roots_find(cli->home, tuf_meta_version(pinned) - 1, names_log, proof, &older,
		    &ignored) != VK_OK ||
		older == NULL)
		return VK_EUNTRUSTED;
	text = tuf_meta_bytes(older, &len);
	vk_sha256_hex(text, len, digest);
	vk_err_hint(err,
		"it is of the time of root %" PRId64 ": --root %s, unless that log key was stolen; "
		"then have the entry proven anew",
		tuf_meta_version(older), digest);
	tuf_meta_free(older);
	return VK_EUNTRUSTED;
}

static enum vk_rc find_root(const struct cli *cli, const struct args *args,
	const struct vkjson *proof, struct tuf_meta **out, struct vk_err *err)
{
	const char *digest = args_get(args, "root");
	uint8_t sha256[VK_SHA256_BYTES];

	if (digest == NULL)
		return read_pinned_root(cli, out, err);
	if (!vk_parse_hex(digest, strlen(digest), sha256, sizeof(sha256)))
		return vk_err_set(err, VK_EINPUT, "--root: expected 64 hexadecimal digits");
	return audit_proof_root(proof, sha256, out, err);
}

static void print_proven(const struct cli *cli, const struct audit_proven *proven)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "verified", vkjson_bool(true));
	vkjson_set(result, "index", vkjson_int((int64_t)proven->index));
	vkjson_set(result, "size", vkjson_int((int64_t)proven->size));
	vkjson_set(result, "entry", vkjson_string(proven->entry));
	if (!cli_print_json(cli, result)) {
		cli_say_in(cli, CLI_GOOD, "verified: ");
		cli_say(cli, "entry %" PRIu64 " of the log's first %" PRIu64 " is\n", proven->index,
			proven->size);
		cli_say_foreign(cli, CLI_PLAIN, proven->entry);
		cli_say(cli, "\n");
	}
	vkjson_free(result);
}

enum vk_rc cmd_audit_check(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	struct vkjson *proof = NULL;
	struct audit_proven proven;
	enum vk_rc rc = read_proof(args_at(args, 0), &proof, err);

	if (rc == VK_OK)
		rc = find_root(cli, args, proof, &root, err);
	if (rc == VK_OK)
		rc = audit_proof_verify(proof, root, &proven, err);
	if (rc == VK_EUNTRUSTED && !args_has(args, "root"))
		rc = hint_at_older_root(cli, proof, root, err);
	if (rc == VK_OK)
		print_proven(cli, &proven);
	tuf_meta_free(root);
	vkjson_free(proof);
	return rc;
}
