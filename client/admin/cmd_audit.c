/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "client/admin/audit_before.h"
#include "client/admin/audit_fetch.h"
#include "client/admin/audit_leaves.h"
#include "client/admin/audit_witnesses.h"
#include "client/admin/session.h"
#include "common/audit.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/note.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

enum {
	/* Hosts hear of the log twice in a timestamp's life, and cosign once a day at least. */
	MAX_LAG_DEFAULT_DAYS = 3,
	MAX_LAG_MAX_DAYS = 3650,
	SECONDS_PER_DAY = 86400,
};

static enum vk_rc add_leaf(
	void *ctx, uint64_t index, const char *entry, size_t len, struct vk_err *err)
{
	(void)index;
	return audit_leaves_add(ctx, entry, len, err);
}

/* All that a verification found out. */
struct verification {
	struct session *session;
	struct audit_leaves *leaves;
	struct audit_witnesses *witnesses;
	struct vkjson *words; /* of the hosts, as the server has them */
	struct vk_buf note;
	struct note_checkpoint now;
	struct audit_before before;
	struct note_checkpoint since; /* where to begin, by the person's word */
	bool has_since;
	uint64_t first; /* the first entry that was gone over */
	struct tuf_fleet fleet;
	struct audit_majority majority;
	struct vk_err unwitnessed; /* why not, if it was allowed; else VK_OK */
};

static struct vkjson *verification_to_json(const struct verification *v)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "verified", vkjson_bool(true));
	vkjson_set(result, "size", vkjson_int((int64_t)v->now.size));
	vkjson_set(result, "root", vkjson_hex(v->now.root, sizeof(v->now.root)));
	if (v->before.is_there)
		vkjson_set(result, "previous_size", vkjson_int((int64_t)v->before.checkpoint.size));
	if (v->before.is_lost)
		vkjson_set(result, "previous_lost", vkjson_bool(true));
	if (v->has_since)
		vkjson_set(result, "since", vkjson_int((int64_t)v->since.size));
	vkjson_set(result, "first", vkjson_int((int64_t)v->first));
	vkjson_set(result, "hosts", vkjson_int((int64_t)v->majority.hosts));
	vkjson_set(result, "needed", vkjson_int((int64_t)v->majority.needed));
	vkjson_set(result, "witnesses", vkjson_int((int64_t)v->majority.witnesses));
	vkjson_set(result, "witnessed", vkjson_int((int64_t)v->majority.witnessed));
	if (v->unwitnessed.rc != VK_OK)
		vkjson_set(result, "unwitnessed", vkjson_string(v->unwitnessed.msg));
	return result;
}

/* Not an error, because the holders of root keys have signed it; but nobody shall overlook it. */
static void print_loss(const struct cli *cli, const struct verification *v)
{
	if (!v->before.is_lost)
		return;
	cli_say_in(cli, CLI_WARN, "entries were lost: ");
	cli_say(cli,
		"of the %" PRIu64 " entries of the last time, some are gone. The holders of root"
		" keys\nhave begun another log, which goes on from the first %" PRIu64
		". Your old checkpoint is kept.\n",
		v->before.checkpoint.size, v->fleet.log_start.size);
}

/* What was checked, and what was not. */
static void print_entries(const struct cli *cli, const struct verification *v)
{
	cli_say_in(cli, CLI_GOOD, "verified: ");
	cli_say(cli, "%" PRIu64 " entries make the root of the signed checkpoint", v->now.size);
	if (v->has_since)
		cli_say(cli, ",\nand begin with the %" PRIu64 " entries of the given checkpoint",
			v->since.size);
	if (v->before.is_there && !v->before.is_lost)
		cli_say(cli, ",\nand begin with the %" PRIu64 " entries of the last time",
			v->before.checkpoint.size);
	cli_say(cli, "\n");
	if (v->first == 0)
		return;
	cli_say_in(cli, CLI_WARN, "not looked at: ");
	cli_say(cli,
		"what the first %" PRIu64 " entries say; the given checkpoint proves that they\n"
		"are those that it was signed for, not that anybody has read them\n",
		v->first);
}

static void print_verification(const struct cli *cli, const struct verification *v)
{
	struct vkjson *result = verification_to_json(v);

	if (!cli_print_json(cli, result)) {
		print_entries(cli, v);
		print_loss(cli, v);
		if (v->unwitnessed.rc == VK_OK) {
			cli_say_in(cli, CLI_GOOD, "witnessed: ");
			cli_say(cli,
				"the first %" PRIu64
				" by a majority; %zu of %zu hosts vouch for this"
				" history\n",
				v->majority.witnessed, v->majority.witnesses, v->majority.hosts);
		} else {
			cli_say_in(cli, CLI_WARN, "unwitnessed, as allowed: ");
			cli_say_foreign(cli, CLI_PLAIN, v->unwitnessed.msg);
			cli_say(cli, "\n");
		}
	}
	vkjson_free(result);
}

/* A checkpoint of the present log in a file. */
static enum vk_rc read_since(struct verification *v, const char *path, struct vk_err *err)
{
	struct vk_buf note;
	enum vk_rc rc;

	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &note, err);
	if (rc == VK_OK) {
		rc = note_verify_checkpoint(note.data, note.len, v->fleet.log_name,
			v->fleet.log_public, &v->since, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&note);
	return rc;
}

/* since: a file, or "checkpoint" for that of the last time. */
static enum vk_rc load_since(struct verification *v, const char *since, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (strcmp(since, "checkpoint") != 0)
		rc = read_since(v, since, err);
	else if (!v->before.is_there)
		rc = vk_err_set(err, VK_ENOTFOUND,
			"--since checkpoint: there is none yet from a last time");
	else if (strcmp(v->before.origin, v->fleet.log_name) != 0)
		rc = vk_err_set(err, VK_EINPUT,
			"--since checkpoint: the log was replaced since, verify all of it");
	else
		v->since = v->before.checkpoint;
	if (rc == VK_OK)
		rc = audit_leaves_check_size(&v->now, &v->since, err);
	v->has_since = rc == VK_OK;
	return rc;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From the given checkpoint on, or from where the words of most hosts, or the checkpoint of the
 * last time, are about less. */
static enum vk_rc begin_leaves(struct verification *v, struct vk_err *err)
{
	struct audit_tiles tiles = {.session = v->session, .size = v->now.size};
	const struct merkle_nodes nodes = audit_fetch_nodes(&tiles);
	const uint64_t claimed = audit_witnesses_claimed(v->witnesses, v->words);

	audit_leaves_mark(v->leaves, v->since.size);
	v->first = lesser(v->since.size, audit_before_first(&v->before, &v->fleet));
	if (claimed > 0)
		v->first = lesser(v->first, claimed);
	return audit_leaves_begin(v->leaves, &nodes, v->first, err);
}

static enum vk_rc go_over_entries(struct verification *v, struct vk_err *err)
{
	enum vk_rc rc = audit_witnesses_mark(v->words, v->leaves, err);

	if (rc != VK_OK)
		return rc;
	audit_before_mark(&v->before, &v->fleet, v->leaves);
	if (v->has_since)
		rc = begin_leaves(v, err);
	if (rc != VK_OK)
		return rc;
	return audit_fetch_entries(
		v->session, v->now.size, v->first, v->now.size, add_leaf, v->leaves, err);
}

/* The given checkpoint comes first: it is what makes the entries that were left out believed. */
static enum vk_rc check_roots(struct verification *v, struct vk_err *err)
{
	enum vk_rc rc =
		audit_leaves_check(v->leaves, &v->now, v->has_since ? &v->since : NULL, err);

	return rc == VK_OK ? audit_before_check(&v->before, &v->fleet, v->leaves, &v->now, err)
			   : rc;
}

/* The hosts' words first, so that none is about more than the checkpoint that is asked for then. */
static enum vk_rc fetch_all(struct verification *v, const char *since, struct vk_err *err)
{
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = audit_witnesses_load(v->witnesses, v->session, err);

	if (rc == VK_OK)
		rc = session_trust(v->session, &tuf, err);
	if (rc == VK_OK)
		rc = session_fleet(v->session, &v->fleet, err);
	if (rc == VK_OK)
		rc = audit_witnesses_fetch(v->session, &v->words, err);
	if (rc == VK_OK)
		rc = audit_fetch_checkpoint(v->session, &v->note, &v->now, err);
	if (rc == VK_OK)
		rc = audit_before_load(&v->before, session_home(v->session), &v->fleet,
			tuf_meta_version(tuf_client_root(tuf)), err);
	if (rc == VK_OK && since != NULL)
		rc = load_since(v, since, err);
	if (rc == VK_OK)
		rc = go_over_entries(v, err);
	return rc;
}

static enum vk_rc demand_witnesses(
	struct verification *v, const struct args *args, uint64_t max_days, struct vk_err *err)
{
	const int64_t max_age = (int64_t)max_days * SECONDS_PER_DAY;
	enum vk_rc rc = audit_witnesses_hear_all(v->witnesses, &v->fleet, v->words, v->leaves, err);

	if (rc != VK_OK)
		return rc;
	audit_witnesses_count(v->witnesses, &v->majority);
	rc = audit_witnesses_check(&v->majority, v->leaves, vk_clock_now(), max_age, err);
	if (rc == VK_EUNTRUSTED && args_has(args, "allow-unwitnessed")) {
		v->unwitnessed = *err;
		*err = (struct vk_err)VK_ERR_INIT;
		rc = VK_OK;
	}
	return rc;
}

enum vk_rc cmd_audit_verify(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct verification v = {.leaves = audit_leaves_new(),
		.witnesses = audit_witnesses_new(),
		.unwitnessed = VK_ERR_INIT};
	uint64_t max_days = 0;
	enum vk_rc rc;

	vk_buf_init(&v.note, NOTE_MAX_BYTES);
	audit_before_init(&v.before);
	rc = args_get_uint(
		args, "max-lag", 1, MAX_LAG_MAX_DAYS, MAX_LAG_DEFAULT_DAYS, &max_days, err);
	if (rc == VK_OK)
		rc = session_open(cli, &v.session, err);
	if (rc == VK_OK)
		rc = fetch_all(&v, args_get(args, "since"), err);
	if (rc == VK_OK)
		rc = check_roots(&v, err);
	if (rc == VK_OK)
		rc = demand_witnesses(&v, args, max_days, err);
	if (rc == VK_OK)
		rc = audit_before_put_aside(&v.before, session_home(v.session), err);
	if (rc == VK_OK)
		rc = home_write(
			session_home(v.session), "checkpoint", v.note.data, v.note.len, err);
	if (rc == VK_OK)
		print_verification(cli, &v);
	vk_buf_release(&v.note);
	audit_before_release(&v.before);
	vkjson_free(v.words);
	audit_witnesses_free(v.witnesses);
	audit_leaves_free(v.leaves);
	session_free(v.session);
	return rc;
}
