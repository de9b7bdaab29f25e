/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/change.h"
#include "client/admin/difference.h"
#include "client/admin/gate.h"
#include "client/admin/session.h"
#include "client/admin/signers.h"
#include "client/admin/table.h"
#include "common/mem.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"

#include "common/banned.h"

static enum vk_rc check_state(const struct change *change, struct vk_err *err)
{
	if (strcmp(change->state, "open") == 0)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "change %lld is not open any more, it is %s",
		(long long)change->id, change->state);
	if (strcmp(change->state, "stale") == 0)
		vk_err_hint(err, "its author submits it again");
	return VK_ECONFLICT;
}

/* The server refuses this too; here it is said before a passphrase is asked for. */
static enum vk_rc check_author(const struct change *change, const char *user, struct vk_err *err)
{
	if (strcmp(change->author, user) != 0 || change->current.delegation->author_may_approve)
		return VK_OK;
	vk_err_set(err, VK_EDENIED, "you are the author of change %lld: in %s somebody else approves",
		(long long)change->id, change->environment);
	return VK_EDENIED;
}

/* The one key of this person that counts in the environment, or the one that --key names. */
static enum vk_rc choose_key(struct signers *signers, const struct cli *cli,
	const struct args *args, const struct change *change, const char *user,
	struct vk_err *err)
{
	const struct tuf_role *role = change->current.delegation->role;
	const struct tuf_key *known;
	enum vk_rc rc;

	if (args_has(args, "key"))
		rc = signers_add(signers, cli, args_get(args, "key"), err);
	else
		rc = signers_add_for_role(signers, cli, role, err);
	if (rc != VK_OK)
		return rc;
	if (signers->count > 1) {
		vk_err_set(err, VK_EINPUT, "you have %zu keys that may approve in %s",
			signers->count, change->environment);
		vk_err_hint(err, "choose one with --key NAME");
		return VK_EINPUT;
	}
	known = signers->count == 1 ? tuf_role_find_key(role,
					      tuf_key_id(keyholder_key(signers->items[0])))
				    : NULL;
	if (known == NULL) {
		vk_err_set(err, VK_EDENIED, "no key of yours may approve in %s",
			change->environment);
		vk_err_hint(err, "'vkcfg env keys %s' shows whose keys may", change->environment);
		return VK_EDENIED;
	}
	if (tuf_key_user(known) == NULL || strcmp(tuf_key_user(known), user) != 0)
		return vk_err_set(err, VK_EDENIED, "key '%s' belongs to another user than '%s'",
			keyholder_name(signers->items[0]), user);
	return VK_OK;
}

static void print_question(const struct cli *cli, const struct change *change)
{
	static const struct table_column columns[] = {
		{"Change", "id", TABLE_TEXT},
		{"Environment", "environment", TABLE_TEXT},
		{"Author", "author", TABLE_TEXT},
		{"Created", "created", TABLE_TIME},
		{"Message", "message", TABLE_TEXT},
		{"Git commit", "commit", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vkjson *object = vkjson_object();

	/* From the verified document, not from what the server says about it. */
	vkjson_set(object, "id", vkjson_int(change->id));
	vkjson_set(object, "environment", vkjson_string(change->release->environment));
	vkjson_set(object, "author", vkjson_string(change->release->author));
	vkjson_set(object, "created", vkjson_time(change->release->created));
	vkjson_set(object, "message", vkjson_string(change->release->message));
	if (change->release->commit != NULL)
		vkjson_set(object, "commit", vkjson_string(change->release->commit));
	table_print_object(cli, columns, object);
	cli_say(cli, "\n");
	difference_print(cli, change->difference);
	gate_print(cli, change->baseline);
	cli_say_in(cli, CLI_GOOD, "rendered here: document and metadata are the same to the byte");
	cli_say(cli, "\n");
	vkjson_free(object);
}

/* A server in an author's hands might have let it in. */
static enum vk_rc check_policy(const struct change *change, struct vk_err *err)
{
	if (change->judgement.rc == VK_OK)
		return VK_OK;
	*err = change->judgement;
	return vk_err_prefix(err, err->rc, "change %lld", (long long)change->id);
}

/* With --json nobody reads a question: it needs --yes. */
static enum vk_rc ask(const struct cli *cli, const struct args *args, const struct change *change,
	bool *is_yes, struct vk_err *err)
{
	char *question;
	enum vk_rc rc;

	*is_yes = args_has(args, "yes");
	if (*is_yes)
		return VK_OK;
	if (cli->is_json)
		return vk_err_set(err, VK_EINPUT, "--json asks no questions: give --yes as well");
	question = xasprintf("Sign release %s/%lld?", change->release->environment,
		(long long)change->release->number);
	rc = cli_confirm(cli, question, is_yes, err);
	free(question);
	return rc;
}

static enum vk_rc sign_and_send(struct session *session, const struct change *change,
	struct keyholder *signer, struct vkjson **reply, struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct tuf_signature signature;
	char *target = xasprintf("/v1/changes/%lld/approve", (long long)change->id);
	enum vk_rc rc = keyholder_sign(signer, change->texts.metadata, change->texts.metadata_len,
		&signature, err);

	if (rc == VK_OK) {
		vkjson_set(body, "keyid", vkjson_string(signature.keyid));
		vkjson_set(body, "sig", vkjson_string(signature.sig));
		rc = session_post(session, target, body, reply, err);
	}
	free(target);
	vkjson_free(body);
	return rc;
}

/* Who made it a release keeps it, verified, with the signatures of all. That it cannot be had now is
 * no failure of the approval. */
static void keep_release(const struct cli *cli, struct session *session,
	const struct change *change, const struct vkjson *reply)
{
	struct vk_err err = VK_ERR_INIT;
	const char *state = "";
	struct current current;

	if (vkjson_get_opt_string(reply, "state", "", &state, NULL) != VK_OK ||
		strcmp(state, "released") != 0)
		return;
	current_init(&current);
	if (current_load(session, change->environment, &current, &err) != VK_OK)
		cli_note(cli, "note: %s", err.msg);
	current_release(&current);
}

static void print_result(
	const struct cli *cli, const struct change *change, struct vkjson *reply)
{
	const char *state = "";
	int64_t approvals = 0;
	int64_t threshold = 0;

	vkjson_set(reply, "change", vkjson_int(change->id));
	vkjson_set(reply, "difference", vkjson_ref(change->difference));
	vkjson_set(reply, "baseline", vkjson_ref(change->baseline));
	if (cli_print_json(cli, reply))
		return;
	if (vkjson_get_opt_string(reply, "state", "", &state, NULL) != VK_OK ||
		vkjson_get_opt_int(reply, "approvals", 0, INT64_MAX, 0, &approvals, NULL) != VK_OK ||
		vkjson_get_opt_int(reply, "threshold", 0, INT64_MAX, 0, &threshold, NULL) != VK_OK)
		return;
	cli_say(cli, "signed: %lld of %lld approvals", (long long)approvals, (long long)threshold);
	if (strcmp(state, "released") == 0)
		cli_say_in(cli, CLI_GOOD, "; release %s/%lld is out", change->environment,
			(long long)change->release->number);
	cli_say(cli, "\n");
}

enum vk_rc cmd_approve(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *reply = NULL;
	struct signers signers;
	struct change change;
	const char *user;
	bool is_yes = false;
	enum vk_rc rc;

	signers_init(&signers);
	change_init(&change);
	rc = session_open(cli, &session, err);
	if (rc != VK_OK)
		goto out;
	user = session_identity(session)->user;
	rc = change_fetch(session, args_at(args, 0), &change, err);
	if (rc == VK_OK)
		rc = check_state(&change, err);
	if (rc == VK_OK)
		rc = change_verify(session, &change, err);
	if (rc == VK_OK)
		rc = check_author(&change, user, err);
	if (rc == VK_OK)
		rc = choose_key(&signers, cli, args, &change, user, err);
	if (rc != VK_OK)
		goto out;
	session_drop_trust(session); /* a person may take long to answer */
	print_question(cli, &change);
	rc = check_policy(&change, err);
	if (rc == VK_OK)
		rc = ask(cli, args, &change, &is_yes, err);
	if (rc == VK_OK && !is_yes) {
		cli->is_answer_no = true;
		cli_say(cli, "nothing was signed\n");
		goto out;
	}
	if (rc == VK_OK)
		rc = signers_unlock(&signers, cli, err);
	if (rc == VK_OK)
		rc = sign_and_send(session, &change, signers.items[0], &reply, err);
	if (rc == VK_OK)
		keep_release(cli, session, &change, reply);
	if (rc == VK_OK)
		print_result(cli, &change, reply);
out:
	vkjson_free(reply);
	signers_release(&signers);
	change_release(&change);
	session_free(session);
	return rc;
}
