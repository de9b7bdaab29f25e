/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/approvers.h"
#include "client/admin/session.h"
#include "client/admin/signers.h"
#include "client/admin/table.h"
#include "common/clock.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_key.h"

#include "common/banned.h"

enum {
	ROOT_LIFETIME_S = 365 * 24 * 60 * 60,
	TARGETS_LIFETIME_S = 365 * 24 * 60 * 60,
};

/* What the server says of its online keys. The strings live as long as reply. */
struct online {
	struct vkjson *reply;
	const char *fleet;
	const char *log_name;
	uint8_t log_public[VK_PUBLIC_KEY_BYTES];
	struct tuf_key *snapshot;
	struct tuf_key *timestamp;
};

static void online_release(struct online *online)
{
	tuf_key_free(online->snapshot);
	tuf_key_free(online->timestamp);
	vkjson_free(online->reply);
}

static enum vk_rc get_key(const struct vkjson *reply, const char *member, struct tuf_key **out,
	struct vk_err *err)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	enum vk_rc rc = vkjson_get_hex(reply, member, public_key, sizeof(public_key), err);

	if (rc == VK_OK)
		*out = tuf_key_new_ed25519(public_key, NULL);
	return rc;
}

static enum vk_rc fetch_online(struct session *session, struct online *online, struct vk_err *err)
{
	const struct vkjson *log = NULL;
	enum vk_rc rc = session_get(session, "/v1/online-keys", &online->reply, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(online->reply, "fleet", &online->fleet, err);
	if (rc == VK_OK)
		rc = get_key(online->reply, "snapshot", &online->snapshot, err);
	if (rc == VK_OK)
		rc = get_key(online->reply, "timestamp", &online->timestamp, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(online->reply, "log", &log, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(log, "name", &online->log_name, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(
			log, "public", online->log_public, sizeof(online->log_public), err);
	if (rc == VK_OK && strcmp(online->fleet, session_identity(session)->fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the server is of fleet '%s', not of '%s'",
			online->fleet, session_identity(session)->fleet);
	return rc;
}

static struct tuf_signers one_key(const struct tuf_key *const *key)
{
	return (struct tuf_signers){.keys = key, .key_count = 1, .threshold = 1};
}

static enum vk_rc build_root(const struct online *online, const struct signers *signers,
	unsigned threshold, struct vk_buf *out, struct vk_err *err)
{
	const struct tuf_key *keys[HOME_MAX_KEYS];
	const struct tuf_key *snapshot = online->snapshot;
	const struct tuf_key *timestamp = online->timestamp;
	const struct tuf_signers offline = {keys, signers->count, threshold};
	struct tuf_root_spec spec = {
		.version = 1,
		.expires = vk_clock_now() + ROOT_LIFETIME_S,
		.fleet = online->fleet,
		.log_name = online->log_name,
	};
	struct vk_buf part;
	enum vk_rc rc;

	for (size_t i = 0; i < signers->count; i++)
		keys[i] = keyholder_key(signers->items[i]);
	memcpy(spec.log_public, online->log_public, sizeof(spec.log_public));
	spec.roles[TUF_ROOT] = offline;
	spec.roles[TUF_TARGETS] = offline;
	spec.roles[TUF_SNAPSHOT] = one_key(&snapshot);
	spec.roles[TUF_TIMESTAMP] = one_key(&timestamp);
	vk_buf_init(&part, TUF_ROOT_MAX_BYTES);
	rc = tuf_build_root(&spec, &part, err);
	if (rc == VK_OK)
		rc = signers_sign_file(signers, &part, out, err);
	vk_buf_release(&part);
	return rc;
}

static enum vk_rc build_targets(const struct approvers *approvers, const struct signers *signers,
	struct vk_buf *out, struct vk_err *err)
{
	struct vk_buf part;
	enum vk_rc rc;

	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	rc = approvers_format_targets(
		approvers, 1, vk_clock_now() + TARGETS_LIFETIME_S, &part, err);
	if (rc == VK_OK)
		rc = signers_sign_file(signers, &part, out, err);
	vk_buf_release(&part);
	return rc;
}

static enum vk_rc publish(struct session *session, const struct vk_buf *root,
	const struct vk_buf *targets, struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct vkjson *files = vkjson_object();
	struct vkjson *reply = NULL;
	enum vk_rc rc;

	vkjson_set(files, "1.root.json", vkjson_stringn(root->data, root->len));
	vkjson_set(files, "1.targets.json", vkjson_stringn(targets->data, targets->len));
	vkjson_set(body, "files", files);
	rc = session_post(session, "/v1/tuf", body, &reply, err);
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}

static enum vk_rc pin(const struct cli *cli, const struct vk_buf *root, struct vk_err *err)
{
	char *path = home_path(cli->home, "tuf");
	struct tuf_store_dir *store = NULL;
	enum vk_rc rc = home_prepare(cli->home, "tuf", err);

	if (rc == VK_OK)
		rc = tuf_store_dir_open(path, &store, err);
	if (rc == VK_OK)
		rc = tuf_client_pin_root(tuf_store_dir_store(store), root->data, root->len, err);
	tuf_store_dir_free(store);
	free(path);
	return rc;
}

static enum vk_rc add_named_keys(struct signers *signers, const struct cli *cli,
	const struct args *args, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (!args_has(args, "key")) {
		vk_err_set(err, VK_EINPUT, "no key was named that will sign the root");
		vk_err_hint(err, "--key NAME, once for each; 'vkcfg key new NAME' makes one");
		return VK_EINPUT;
	}
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "key"); i++)
		rc = signers_add(signers, cli, args_option_at(args, "key", i), err);
	return rc;
}

static enum vk_rc refuse_second_root(const struct cli *cli, struct vk_err *err)
{
	char *path = home_path(cli->home, "tuf/root.json");
	enum vk_rc rc = VK_OK;

	if (access(path, F_OK) == 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "the fleet has a root already: %s", path);
		vk_err_hint(err, "'vkcfg env add' and 'vkcfg env keys' change who may approve");
	}
	free(path);
	return rc;
}

static void print_root(const struct cli *cli, const struct online *online,
	const struct signers *signers, unsigned threshold, const struct approvers *approvers,
	const struct vk_buf *root)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct vkjson *result = vkjson_object();
	struct vkjson *environments = vkjson_array();

	vk_sha256_hex(root->data, root->len, digest);
	for (size_t i = 0; i < approvers->count; i++)
		vkjson_append(environments, vkjson_string(approvers->environments[i].name));
	vkjson_set(result, "fleet", vkjson_string(online->fleet));
	vkjson_set(result, "root", vkjson_string(digest));
	vkjson_set(result, "keys", vkjson_int((int64_t)signers->count));
	vkjson_set(result, "threshold", vkjson_int(threshold));
	vkjson_set(result, "environments", environments);
	if (!cli_print_json(cli, result)) {
		static const struct table_column columns[] = {
			{"Fleet", "fleet", TABLE_TEXT},
			{"Root", "root", TABLE_TEXT},
			{"Keys", "keys", TABLE_TEXT},
			{"Threshold", "threshold", TABLE_TEXT},
			{"Environments", "environments", TABLE_TEXT},
			{NULL, NULL, TABLE_TEXT},
		};

		table_print_object(cli, columns, result);
	}
	vkjson_free(result);
}

enum vk_rc cmd_root_init(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct online online = {.reply = NULL};
	struct tuf_client *tuf = NULL;
	struct signers signers;
	struct approvers approvers;
	struct vk_buf root;
	struct vk_buf targets;
	uint64_t threshold = 0;
	enum vk_rc rc;

	signers_init(&signers);
	approvers_init(&approvers);
	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	vk_buf_init(&targets, TUF_TARGETS_MAX_BYTES);
	rc = refuse_second_root(cli, err);
	if (rc == VK_OK)
		rc = add_named_keys(&signers, cli, args, err);
	if (rc == VK_OK)
		rc = args_get_uint(args, "threshold", 1, signers.count, signers.count / 2 + 1,
			&threshold, err);
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "env"); i++)
		rc = approvers_add_spec(&approvers, args_option_at(args, "env", i), err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = fetch_online(session, &online, err);
	if (rc == VK_OK)
		rc = signers_unlock(&signers, cli, err);
	if (rc == VK_OK)
		rc = build_root(&online, &signers, (unsigned)threshold, &root, err);
	if (rc == VK_OK)
		rc = build_targets(&approvers, &signers, &targets, err);
	if (rc == VK_OK)
		rc = publish(session, &root, &targets, err);
	if (rc == VK_OK)
		rc = pin(cli, &root, err);
	if (rc == VK_OK)
		rc = session_trust(session, &tuf, err); /* the server serves what was signed */
	if (rc == VK_OK)
		print_root(cli, &online, &signers, (unsigned)threshold, &approvers, &root);
	vk_buf_release(&root);
	vk_buf_release(&targets);
	approvers_release(&approvers);
	signers_release(&signers);
	online_release(&online);
	session_free(session);
	return rc;
}
