/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_new.h"

#include <string.h>

#include "client/admin/key_set.h"
#include "client/admin/secret_remote.h"
#include "client/admin/secret_seals.h"
#include "common/tuf/tuf_fleet.h"
#include "common/vkjson.h"

#include "common/banned.h"

static void raise_to(int64_t *highest, int64_t version)
{
	if (version > *highest)
		*highest = version;
}

enum vk_rc secret_new_version(struct session *session, const char *environment, const char *name,
	const struct cfg_pins *pins, int64_t *out, struct vk_err *err)
{
	struct vkjson *held = NULL;
	int64_t highest = 0;
	enum vk_rc rc = secret_remote_list(session, environment, name, &held, err);

	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; i < vkjson_count(held); i++)
		raise_to(&highest, vkjson_integer(vkjson_get(vkjson_at(held, i), "version")));
	vkjson_free(held);
	raise_to(&highest, pins->current.version);
	raise_to(&highest, pins->next.version);
	raise_to(&highest, pins->previous.version);
	if (highest >= VK_SECRET_VERSION_MAX)
		return vk_err_set(err, VK_ELIMIT, "secret %s/%s has no further version numbers",
			environment, name);
	*out = highest + 1;
	return VK_OK;
}

enum vk_rc secret_new_check(struct session *session, const struct cfg_secrets *secrets,
	const char *environment, struct vk_err *err)
{
	struct tuf_fleet fleet;
	enum vk_rc rc;

	if (cfg_keeper_count(secrets) == 0) {
		vk_err_set(err, VK_EINPUT,
			"environment %s has no keepers: nobody could seal a secret to a new host",
			environment);
		vk_err_hint(err,
			"name people and their public keys in environments/%s.yaml: "
			"keepers: {alice: \"ed25519:<64 hex>\"} (vkcfg key show)",
			environment);
		return VK_EINPUT;
	}
	rc = session_fleet(session, &fleet, err);
	if (rc == VK_OK && strcmp(fleet.fleet, cfg_secrets_fleet(secrets)) != 0)
		rc = vk_err_set(err, VK_EINPUT, "the tree is one of fleet '%s', not '%s'",
			cfg_secrets_fleet(secrets), fleet.fleet);
	return rc;
}

static enum vk_rc check_use(
	const struct cfg_secret_info *info, const struct secret_value *value, struct vk_err *err)
{
	bool is_word = vk_secret_is_word(secret_value_text(value), secret_value_len(value));

	for (size_t i = 0; !is_word && i < info->use_count; i++) {
		const struct cfg_secret_use *use = cfg_secret_use_at(info, i);

		if (use->place == CFG_SECRET_FILE)
			continue;
		vk_err_set(err, VK_EINPUT,
			"%s:%u uses secret %s as a password, which this cannot be", use->file,
			use->line, info->name);
		vk_err_hint(err, "a password is one line of 1 to %d printable characters",
			VK_SECRET_WORD_MAX_BYTES);
		return VK_EINPUT;
	}
	return VK_OK;
}

static void remark_keyless(const struct cli *cli, const struct secret_seals *seals)
{
	if (seals->keyless_count > 0)
		cli_note(cli,
			"note: host %s%s has no public-key in the tree, so the secret is not "
			"sealed to it",
			seals->keyless, seals->keyless_count > 1 ? " (and others)" : "");
}

enum vk_rc secret_new_send(const struct cli *cli, struct session *session,
	const struct cfg_secrets *secrets, const struct vk_secret_id *id,
	const struct secret_value *value, struct secret_new *out, struct vk_err *err)
{
	const struct cfg_secret_info unused = {.name = id->name};
	const struct cfg_secret_info *info = cfg_secrets_find(secrets, id->name);
	const struct key_set nobody = {.count = 0};
	struct vk_secret_key *key = NULL;
	struct secret_seals seals;
	struct vk_buf body;
	enum vk_rc rc;

	if (info == NULL)
		info = &unused;
	secret_seals_init(&seals);
	vk_buf_init(&body, VK_SECRET_BODY_MAX_BYTES);
	rc = check_use(info, value, err);
	if (rc == VK_OK)
		rc = vk_secret_make(
			id, secret_value_text(value), secret_value_len(value), &body, &key, err);
	if (rc == VK_OK)
		rc = secret_seals_make(&seals, secrets, info, &nobody, key, err);
	if (rc == VK_OK)
		rc = secret_remote_add(session, &body, seals.items, seals.count, err);
	if (rc == VK_OK) {
		remark_keyless(cli, &seals);
		out->pin.version = id->version;
		vk_sha256_hex(body.data, body.len, out->pin.sha256);
		out->host_count = seals.host_count;
		out->keeper_count = seals.count - seals.host_count;
	}
	vk_secret_key_free(key);
	secret_seals_release(&seals);
	vk_buf_release(&body);
	return rc;
}
