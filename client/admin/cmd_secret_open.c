/* SPDX-License-Identifier: BSD-3-Clause */
/* What takes a keeper's key: reading a secret, and sealing it to more recipients. */
#include "config.h"

#include "client/admin/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/key_set.h"
#include "client/admin/secret_file.h"
#include "client/admin/secret_keeper.h"
#include "client/admin/secret_remote.h"
#include "client/admin/secret_seals.h"
#include "client/admin/secret_source.h"
#include "client/admin/table.h"
#include "common/file.h"
#include "common/num.h"

#include "common/banned.h"

static enum vk_rc parse_digest(
	const struct cfg_pin *pin, uint8_t out[VK_SHA256_BYTES], struct vk_err *err)
{
	if (vk_parse_hex(pin->sha256, strlen(pin->sha256), out, VK_SHA256_BYTES))
		return VK_OK;
	return vk_err_set(err, VK_EINPUT, "'%s' is no digest", pin->sha256);
}

/* ---- get ---- */

/* Exactly one place to write to: a value must not end up on a terminal by accident. */
static enum vk_rc check_outputs(const struct cli *cli, const struct args *args, struct vk_err *err)
{
	int count = args_has(args, "out") + args_has(args, "fd") + args_has(args, "stdout");

	if (count != 1) {
		vk_err_set(err, VK_EINPUT,
			count == 0 ? "nothing says where the value shall go"
				   : "the value can go to one place only");
		vk_err_hint(err, "give one of --out FILE, --fd N and --stdout");
		return VK_EINPUT;
	}
	if (cli->is_json && args_has(args, "stdout"))
		return vk_err_set(err, VK_EINPUT,
			"--json and --stdout would write to the same place: use --out or --fd");
	return VK_OK;
}

static enum vk_rc write_all(int fd, const char *text, size_t len, struct vk_err *err)
{
	while (len > 0) {
		ssize_t put = write(fd, text, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return vk_err_errno(err, VK_EIO, errno, "writing to descriptor %d", fd);
		text += put;
		len -= (size_t)put;
	}
	return VK_OK;
}

static enum vk_rc write_value(
	const struct args *args, const struct vk_secret_value *value, struct vk_err *err)
{
	const char *text = vk_secret_value_text(value);
	size_t len = vk_secret_value_len(value);
	uint64_t fd = STDOUT_FILENO;
	enum vk_rc rc = VK_OK;

	if (args_has(args, "out"))
		return vk_file_create(AT_FDCWD, args_get(args, "out"), 0600, text, len, err);
	if (args_has(args, "fd"))
		rc = args_get_uint(args, "fd", 0, INT_MAX, 0, &fd, err);
	return rc == VK_OK ? write_all((int)fd, text, len, err) : rc;
}

/* The version of --number among the valid ones, else the one in force. */
static enum vk_rc choose_pin(const struct args *args, const char *environment,
	const struct cfg_secret_info *info, struct cfg_pin *out, struct vk_err *err)
{
	struct cfg_pin pins[CFG_PINS_MAX];
	size_t count = cfg_pins_valid(&info->pins, pins);
	uint64_t version = 0;
	enum vk_rc rc = args_get_uint(args, "number", 1, VK_SECRET_VERSION_MAX,
		(uint64_t)info->pins.current.version, &version, err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		if (pins[i].version == (int64_t)version) {
			*out = pins[i];
			return VK_OK;
		}
	}
	if (rc != VK_OK)
		return rc;
	return vk_err_set(err, VK_ENOTFOUND, "version %llu of secret %s/%s is not pinned",
		(unsigned long long)version, environment, info->name);
}

static void print_got(const struct cli *cli, const struct args *args, const struct cfg_pin *pin)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "environment", vkjson_string(args_at(args, 0)));
	vkjson_set(result, "name", vkjson_string(args_at(args, 1)));
	vkjson_set(result, "version", vkjson_int(pin->version));
	vkjson_set(result, "sha256", vkjson_string(pin->sha256));
	if (args_has(args, "out"))
		vkjson_set(result, "file", vkjson_string(args_get(args, "out")));
	if (!cli_print_json(cli, result) && args_has(args, "out"))
		cli_say(cli, "%s\n", args_get(args, "out"));
	vkjson_free(result);
}

enum vk_rc cmd_secret_get(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *environment = args_at(args, 0), *name = args_at(args, 1);
	const struct cfg_secret_info *info = NULL;
	uint8_t digest[VK_SHA256_BYTES];
	struct cfg_pin pin = {.version = 0};
	struct vk_secret_id id;
	struct session *session = NULL;
	struct secret_source source;
	struct vk_signkey *own = NULL;
	struct vk_secret *secret = NULL;
	struct vk_secret_key *key = NULL;
	struct vk_secret_value *value = NULL;
	enum vk_rc rc = secret_file_check_names(environment, name, err);

	secret_source_init(&source);
	if (rc == VK_OK)
		rc = check_outputs(cli, args, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = secret_source_load(session, args, environment, &source, err);
	if (rc == VK_OK)
		rc = secret_source_find(&source, environment, name, &info, err);
	if (rc == VK_OK)
		rc = choose_pin(args, environment, info, &pin, err);
	if (rc == VK_OK)
		rc = parse_digest(&pin, digest, err);
	if (rc != VK_OK)
		goto out;
	session_drop_trust(session); /* a person may take long to type a passphrase */
	rc = secret_keeper_open(cli, environment, args_get(args, "key"), source.secrets, &own, err);
	if (rc != VK_OK)
		goto out;
	id = secret_source_id(&source, environment, name, pin.version);
	rc = secret_remote_open(session, &id, digest, own, &secret, &key, err);
	if (rc == VK_OK)
		rc = vk_secret_open(secret, key, &value, err);
	if (rc == VK_OK)
		rc = write_value(args, value, err);
	if (rc == VK_OK)
		print_got(cli, args, &pin);
out:
	vk_secret_value_free(value);
	vk_secret_key_free(key);
	vk_secret_free(secret);
	vk_signkey_free(own);
	secret_source_release(&source);
	session_free(session);
	return rc;
}

/* ---- reseal ---- */

/* What one reseal works with. */
struct reseal {
	struct cli *cli;
	const struct args *args;
	struct session *session;
	struct secret_source source;
	struct vk_signkey *own; /* opened when it is first needed */
	struct vkjson *held;	/* the server's list */
	struct vkjson *done;	/* the result */
	bool is_all;		/* --all: whatever the server says that it has */
};

/* Whom the server says that this version is sealed to; nobody with --all. */
static struct key_set find_present(const struct reseal *reseal, const struct cfg_pin *pin)
{
	const struct vkjson *item =
		reseal->is_all ? NULL : secret_remote_find(reseal->held, pin->sha256);

	return key_set_of_list(vkjson_get(item, "recipients"));
}

static bool is_complete(const struct reseal *reseal, const struct cfg_secret_info *info,
	const struct key_set *present)
{
	const struct cfg_secrets *secrets = reseal->source.secrets;

	for (size_t i = 0; i < secret_recipient_count(secrets, info); i++) {
		const char *key = secret_recipient_at(secrets, info, i)->public_key;

		if (key[0] != '\0' && !key_set_has(present, key))
			return false;
	}
	return true;
}

static enum vk_rc open_keeper(struct reseal *reseal, struct vk_err *err)
{
	if (reseal->own != NULL)
		return VK_OK;
	session_drop_trust(reseal->session);
	return secret_keeper_open(reseal->cli, args_at(reseal->args, 0),
		args_get(reseal->args, "key"), reseal->source.secrets, &reseal->own, err);
}

static void note_done(struct reseal *reseal, const struct cfg_secret_info *info,
	const struct cfg_pin *pin, const struct secret_seals *seals)
{
	struct vkjson *item = vkjson_object();

	vkjson_set(item, "name", vkjson_string(info->name));
	vkjson_set(item, "version", vkjson_int(pin->version));
	vkjson_set(item, "sealed", secret_seals_json(seals));
	vkjson_append(reseal->done, item);
	for (size_t i = 0; i < seals->count; i++)
		cli_say(reseal->cli, "%s version %lld: sealed to %s\n", info->name,
			(long long)pin->version, seals->items[i].recipient);
}

/* Opens a version and seals it to those who are missing. */
static enum vk_rc seal_missing(struct reseal *reseal, const struct cfg_secret_info *info,
	const struct cfg_pin *pin, const struct key_set *present, struct vk_err *err)
{
	const struct vk_secret_id id = secret_source_id(
		&reseal->source, args_at(reseal->args, 0), info->name, pin->version);
	uint8_t digest[VK_SHA256_BYTES];
	struct vk_secret *secret = NULL;
	struct vk_secret_key *key = NULL;
	struct vk_secret_value *value = NULL;
	struct secret_seals seals;
	enum vk_rc rc;

	secret_seals_init(&seals);
	rc = parse_digest(pin, digest, err);
	if (rc == VK_OK)
		rc = secret_remote_open(
			reseal->session, &id, digest, reseal->own, &secret, &key, err);
	/* A seal for the wrong data key would lock the recipient out: it must open this body. */
	if (rc == VK_OK)
		rc = vk_secret_open(secret, key, &value, err);
	if (rc == VK_OK)
		rc = secret_seals_make(&seals, reseal->source.secrets, info, present, key, err);
	if (rc == VK_OK)
		rc = secret_remote_seal(reseal->session, digest, seals.items, seals.count, err);
	if (rc == VK_OK)
		note_done(reseal, info, pin, &seals);
	secret_seals_release(&seals);
	vk_secret_value_free(value);
	vk_secret_key_free(key);
	vk_secret_free(secret);
	return rc;
}

static enum vk_rc reseal_version(struct reseal *reseal, const struct cfg_secret_info *info,
	const struct cfg_pin *pin, struct vk_err *err)
{
	struct key_set present = find_present(reseal, pin);
	enum vk_rc rc = VK_OK;

	if (!is_complete(reseal, info, &present)) {
		rc = open_keeper(reseal, err);
		if (rc == VK_OK)
			rc = seal_missing(reseal, info, pin, &present, err);
	}
	key_set_release(&present);
	return rc;
}

static enum vk_rc reseal_secret(
	struct reseal *reseal, const struct cfg_secret_info *info, struct vk_err *err)
{
	struct cfg_pin pins[CFG_PINS_MAX];
	size_t count = cfg_pins_valid(&info->pins, pins);
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < info->host_count; i++) {
		if (cfg_secret_host_at(info, i)->public_key[0] == '\0')
			cli_note(reseal->cli, "note: host %s has no public-key in the tree",
				cfg_secret_host_at(info, i)->name);
	}
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = reseal_version(reseal, info, &pins[i], err);
	return rc;
}

static enum vk_rc reseal_wanted(struct reseal *reseal, struct vk_err *err)
{
	const char *environment = args_at(reseal->args, 0), *name = args_at(reseal->args, 1);
	const struct cfg_secret_info *info = NULL;
	enum vk_rc rc = secret_source_load(
		reseal->session, reseal->args, environment, &reseal->source, err);

	if (rc == VK_OK && name != NULL)
		rc = secret_source_find(&reseal->source, environment, name, &info, err);
	if (rc == VK_OK)
		rc = secret_remote_list(reseal->session, environment, name, &reseal->held, err);
	if (rc == VK_OK && info != NULL)
		return reseal_secret(reseal, info, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_secrets_count(reseal->source.secrets); i++)
		rc = reseal_secret(reseal, cfg_secrets_at(reseal->source.secrets, i), err);
	return rc;
}

enum vk_rc cmd_secret_reseal(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct reseal reseal = {
		.cli = cli, .args = args, .done = vkjson_array(), .is_all = args_has(args, "all")};
	enum vk_rc rc = session_open(cli, &reseal.session, err);

	secret_source_init(&reseal.source);
	if (rc == VK_OK)
		rc = reseal_wanted(&reseal, err);
	if (rc == VK_OK && !cli_print_json_list(cli, reseal.done) && vkjson_count(reseal.done) == 0)
		cli_say(cli, "Nothing to do: every recipient has its seal.\n");
	vkjson_free(reseal.done);
	vkjson_free(reseal.held);
	vk_signkey_free(reseal.own);
	secret_source_release(&reseal.source);
	session_free(reseal.session);
	return rc;
}
