/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/running.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/admin/args.h"
#include "client/admin/cli.h"
#include "common/config/acl.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/passphrase.h"
#include "common/valkey/valkey.h"

#include "common/banned.h"

enum { TIMEOUT_MS = 10 * 1000, MASK_KEY_BYTES = (RUNNING_MASK_KEY_BYTES - 1) / 2 };

void running_init(struct running *running)
{
	memset(running, 0, sizeof(*running));
	live_init(&running->live);
	vk_buf_init(&running->acl, CFG_ACL_MAX_BYTES);
}

void running_release(struct running *running)
{
	sodium_memzero(running->mask_key, sizeof(running->mask_key));
	free(running->values);
	vk_buf_release_wiped(&running->acl);
	live_release(&running->live);
}

static enum vk_rc read_password_file(const char *path, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, VK_FILE_PRIVATE, out, err);

	while (rc == VK_OK && out->len > 0 &&
		(out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		out->data[--out->len] = '\0';
	return rc;
}

static enum vk_rc ask_password(
	const struct cli *cli, const char *user, struct vk_buf *out, struct vk_err *err)
{
	struct passphrase *phrase = NULL;
	char *prompt = xasprintf("Password of the Valkey user '%s': ", user);
	enum vk_rc rc = passphrase_read(&cli->passphrases, prompt, &phrase, err);

	if (rc == VK_OK)
		vk_buf_add(out, passphrase_text(phrase), passphrase_len(phrase));
	passphrase_free(phrase);
	free(prompt);
	return rc;
}

static enum vk_rc log_in(
	const struct cli *cli, const struct args *args, struct valkey *valkey, struct vk_err *err)
{
	const char *user = args_get(args, "user"), *file = args_get(args, "password-file");
	struct vk_buf password;
	enum vk_rc rc;

	if (user == NULL && file == NULL)
		return VK_OK;
	if (user == NULL)
		user = "default";
	vk_buf_init(&password, PASSPHRASE_MAX_BYTES);
	rc = file != NULL ? read_password_file(file, &password, err)
			  : ask_password(cli, user, &password, err);
	if (rc == VK_OK)
		rc = vk_buf_check(&password, "the password", err);
	if (rc == VK_OK)
		rc = valkey_auth(valkey, user, password.data, err);
	vk_buf_release_wiped(&password);
	return rc;
}

/* The version itself, or the nearest schema: of a newer server the newest. */
static const char *choose_schema(const struct cli *cli, const struct live *live)
{
	const char *oldest = cfg_version_at(0);
	const char *schema = cfg_version_at(cfg_version_count() - 1);

	if (cfg_version_is_known(live->version))
		return live->version;
	if (strverscmp(live->version, oldest) < 0)
		schema = oldest;
	cli_note(cli, "note: vkcfg does not know version %s: it is read as %s", live->version,
		schema);
	return schema;
}

/* What the configuration language reads: names with values, and the text of a users.acl. */
static enum vk_rc take_over(struct running *running, struct vk_err *err)
{
	const struct values *values = &running->live.values;
	const struct users *users = &running->live.users;

	running->value_count = values->count;
	running->values = xcalloc(values->count + 1, sizeof(*running->values));
	for (size_t i = 0; i < values->count; i++)
		running->values[i] =
			(struct cfg_conf_value){values->items[i].name, values->items[i].text};
	for (size_t i = 0; i < users->count; i++)
		vk_buf_addf(
			&running->acl, "user %s %s\n", users->items[i].name, users->items[i].rules);
	return vk_buf_check(&running->acl, "the users", err);
}

static enum vk_rc read_all(
	const struct cli *cli, struct valkey *valkey, struct running *out, struct vk_err *err)
{
	uint8_t random[MASK_KEY_BYTES];
	enum vk_rc rc = live_read_info(valkey, &out->live, err);

	if (rc != VK_OK)
		return rc;
	/* Sensitive values become digests under a key that nobody keeps. */
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(out->mask_key, sizeof(out->mask_key), random, sizeof(random));
	out->schema = choose_schema(cli, &out->live);
	rc = live_read(valkey,
		&(struct live_query){.schema = out->schema, .mask_key = out->mask_key}, &out->live,
		err);
	sodium_memzero(random, sizeof(random));
	if (rc == VK_OK)
		rc = take_over(out, err);
	if (rc == VK_OK)
		out->has_uid = valkey_peer_uid(valkey, &out->uid);
	return rc;
}

enum vk_rc running_read(
	const struct cli *cli, const struct args *args, struct running *out, struct vk_err *err)
{
	const struct transport_tls tls = {.ca = args_get(args, "tls-ca"),
		.cert = args_get(args, "tls-cert"),
		.key = args_get(args, "tls-key")};
	struct valkey *valkey = NULL;
	struct address address;
	enum vk_rc rc = address_parse(args_get(args, "running"), &address, err);

	if (rc == VK_OK && (tls.cert == NULL) != (tls.key == NULL))
		rc = vk_err_set(err, VK_EINPUT, "--tls-cert and --tls-key belong together");
	if (rc == VK_OK && address.kind == ADDRESS_TLS && tls.ca == NULL)
		rc = vk_err_set(err, VK_EINPUT, "tls: needs --tls-ca, the CA of the certificate");
	if (rc == VK_OK)
		rc = valkey_open(&address, &tls, TIMEOUT_MS, &valkey, err);
	if (rc == VK_OK)
		rc = log_in(cli, args, valkey, err);
	if (rc == VK_OK)
		rc = read_all(cli, valkey, out, err);
	if (rc == VK_EDENIED && !args_has(args, "user"))
		vk_err_hint(err, "log in with --user and --password-file");
	valkey_free(valkey);
	return rc;
}
