/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <inttypes.h>
#include <string.h>

#include "client/admin/audit_before.h"
#include "client/admin/audit_fetch.h"
#include "client/admin/audit_leaves.h"
#include "client/admin/audit_witnesses.h"
#include "client/admin/session.h"
#include "common/audit.h"
#include "common/clock.h"
#include "common/note.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

enum {
	/* Hosts hear of the log twice in a timestamp's life, and cosign once a day at least. */
	MAX_LAG_DEFAULT_DAYS = 3,
	MAX_LAG_MAX_DAYS = 3650,
	SECONDS_PER_DAY = 86400,
};

static enum vk_rc add_leaf(void *ctx, uint64_t index, const char *entry, struct vk_err *err)
{
	(void)index;
	return audit_leaves_add(ctx, entry, strlen(entry), err);
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

static void print_verification(const struct cli *cli, const struct verification *v)
{
	struct vkjson *result = verification_to_json(v);

	if (!cli_print_json(cli, result)) {
		cli_say_in(cli, CLI_GOOD, "verified: ");
		cli_say(cli, "%" PRIu64 " entries make the root of the signed checkpoint",
			v->now.size);
		if (v->before.is_there && !v->before.is_lost)
			cli_say(cli, ",\nand begin with the %" PRIu64 " entries of the last time",
				v->before.checkpoint.size);
		cli_say(cli, "\n");
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

/* The hosts' words first, so that none is about more than the checkpoint that is asked for then. */
static enum vk_rc fetch_all(struct verification *v, struct vk_err *err)
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
	if (rc == VK_OK)
		rc = audit_fetch_entries(v->session, 0, v->now.size, add_leaf, v->leaves, err);
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
		rc = fetch_all(&v, err);
	if (rc == VK_OK)
		rc = audit_before_check(&v.before, &v.fleet, v.leaves, &v.now, err);
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
