/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/process.h"
#include "common/signkey.h"
#include "common/token.h"
#include "common/vkjson.h"
#include "common/x509.h"
#include "server/ca_file.h"
#include "server/init_fleet.h"
#include "server/online_key.h"
#include "server/privilege.h"
#include "server/server_settings.h"
#include "server/server_certificate.h"
#include "server/state_dir.h"

#include "common/banned.h"

enum { BACKDATE_S = 300 };

static const char default_listen[] = "127.0.0.1:7443";

/* What a failed init takes back, in this order. */
static const char *const created_files[] = {
	STATE_DATABASE,
	STATE_DATABASE "-wal",
	STATE_DATABASE "-shm",
	STATE_CA_CERTIFICATE,
	STATE_SERVER_CERTIFICATE,
	STATE_SERVER_KEY,
	STATE_CA_KEY,
	STATE_SNAPSHOT_KEY,
	STATE_TIMESTAMP_KEY,
	STATE_LOG_KEY,
	"vkcfgd.yaml",
};

static enum vk_rc write_pem(const struct state_dir *dir, const char *name, mode_t mode,
	const struct vk_buf *pem, struct vk_err *err)
{
	enum vk_rc rc = vk_buf_check(pem, name, err);

	return rc == VK_OK ? vk_file_create(state_dir_fd(dir), name, mode, pem->data, pem->len, err)
			   : rc;
}

static enum vk_rc write_key(const struct state_dir *dir, const char *name,
	const struct x509_key *key, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = x509_key_format(key, &pem, err);
	if (rc == VK_OK)
		rc = write_pem(dir, name, 0600, &pem, err);
	vk_buf_release_wiped(&pem);
	return rc;
}

static enum vk_rc issue_server(const struct init_options *options, const struct x509_key *ca_key,
	const struct vk_buf *ca_pem, const struct vk_buf *spki, struct vk_buf *pem,
	struct vk_err *err)
{
	static const char *const local_names[] = {"localhost", "127.0.0.1", NULL};
	const char *names[INIT_MAX_NAMES + 1] = {NULL};
	struct x509_request request = {
		.spki = spki->data,
		.spki_len = spki->len,
		.identity = {.kind = X509_KIND_SERVER, .name = "main"},
		.names = options->name_count > 0 ? names : local_names,
		.not_before = vk_clock_now() - BACKDATE_S,
		.not_after = vk_clock_now() + SERVER_CERTIFICATE_SECONDS,
	};

	memcpy(names, options->names, options->name_count * sizeof(names[0]));
	memcpy(request.identity.fleet, options->fleet, strlen(options->fleet) + 1);
	return x509_issue(&request, ca_key, ca_pem->data, pem, err);
}

static enum vk_rc make_server(const struct state_dir *dir, const struct init_options *options,
	const struct x509_key *ca_key, const struct vk_buf *ca_pem, struct vk_err *err)
{
	struct x509_key *key = NULL;
	struct vk_buf spki, pem;
	enum vk_rc rc = x509_key_generate(&key, err);

	vk_buf_init(&spki, X509_MAX_PEM_BYTES);
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	if (rc == VK_OK)
		rc = x509_key_public(key, &spki, err);
	if (rc == VK_OK)
		rc = issue_server(options, ca_key, ca_pem, &spki, &pem, err);
	if (rc == VK_OK)
		rc = write_key(dir, STATE_SERVER_KEY, key, err);
	if (rc == VK_OK)
		rc = write_pem(dir, STATE_SERVER_CERTIFICATE, 0644, &pem, err);
	vk_buf_release(&pem);
	vk_buf_release(&spki);
	x509_key_free(key);
	return rc;
}

/* *ca_digest: what tokens pin. */
static enum vk_rc make_keys(const struct state_dir *dir, const struct init_options *options,
	uint8_t ca_digest[VK_SHA256_BYTES], struct vk_err *err)
{
	struct x509_key *ca_key = NULL;
	struct vk_buf ca_pem;
	enum vk_rc rc;

	vk_buf_init(&ca_pem, X509_MAX_PEM_BYTES);
	if (options->ca != NULL)
		rc = vk_file_read(AT_FDCWD, options->ca, VK_FILE_DEFAULT, &ca_pem, err);
	else
		rc = ca_file_make(
			state_dir_fd(dir), CA_FILE_FIRST, options->fleet, &ca_key, &ca_pem, err);
	if (rc == VK_OK && options->ca == NULL)
		rc = make_server(dir, options, ca_key, &ca_pem, err);
	if (rc == VK_OK)
		rc = online_key_create(dir, STATE_SNAPSHOT_KEY, err);
	if (rc == VK_OK)
		rc = online_key_create(dir, STATE_TIMESTAMP_KEY, err);
	if (rc == VK_OK)
		rc = online_key_create(dir, STATE_LOG_KEY, err);
	if (rc == VK_OK)
		rc = x509_fingerprint(ca_pem.data, ca_pem.len, ca_digest, err);
	x509_key_free(ca_key);
	vk_buf_release(&ca_pem);
	return rc;
}

static const char *port_of(const char *listen)
{
	const char *colon = strrchr(listen, ':');

	return colon != NULL ? colon + 1 : "7443";
}

static char *make_url(const struct init_options *options)
{
	const char *listen = options->listen != NULL ? options->listen : default_listen;
	const char *name = options->name_count > 0 ? options->names[0] : "localhost";

	return options->url != NULL ? xstrdup(options->url)
				    : xasprintf("https://%s:%s", name, port_of(listen));
}

/* The state directory may not be there yet. */
static char *absolute(const char *path)
{
	char *real = realpath(path, NULL);
	char *here = real == NULL && path[0] != '/' ? getcwd(NULL, 0) : NULL;

	if (real == NULL)
		real = here != NULL ? xasprintf("%s/%s", here, path) : xstrdup(path);
	free(here);
	return real;
}

static void format_settings(const struct init_options *options, struct vk_buf *out)
{
	char *url = make_url(options);
	char *state = absolute(options->state);

	vk_buf_addf(out,
		"# Written by vkcfgd init. All settings: vkcfgd.yaml(5).\n"
		"state: %s\n"
		"listen: [\"%s\"]\n"
		"url: %s\n",
		state, options->listen != NULL ? options->listen : default_listen, url);
	if (options->user != NULL)
		vk_buf_addf(out, "user: %s\n", options->user);
	if (options->ca != NULL)
		vk_buf_addf(out, "ca: %s\ncertificate: %s\nkey: %s\n", options->ca,
			options->certificate, options->key);
	free(state);
	free(url);
}

/* What 'vkcfgd run' would refuse is refused before anything is made. */
static enum vk_rc check_settings(const struct init_options *options, struct vk_err *err)
{
	struct settings *settings = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, INIT_TOKEN_MAX_BYTES * 4);
	format_settings(options, &text);
	rc = vk_buf_check(&text, "the settings file", err);
	if (rc == VK_OK)
		rc = server_settings_parse("vkcfgd.yaml", text.data, text.len, &settings, err);
	settings_free(settings);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc write_settings(
	int dirfd, const char *path, const struct init_options *options, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, INIT_TOKEN_MAX_BYTES * 4);
	format_settings(options, &text);
	rc = vk_buf_check(&text, "the settings file", err);
	if (rc == VK_OK)
		rc = vk_file_create(dirfd, path, 0644, text.data, text.len, err);
	if (rc == VK_ECONFLICT)
		vk_err_hint(err, "move it away, or name another file with --config");
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc format_token(const struct init_options *options,
	const uint8_t ca_digest[VK_SHA256_BYTES], const uint8_t secret[VK_TOKEN_SECRET_BYTES],
	struct vk_buf *out, struct vk_err *err)
{
	struct vk_token token = {.kind = VK_TOKEN_USER};
	char *url = make_url(options);
	enum vk_rc rc;

	memcpy(token.name, options->admin, strlen(options->admin) + 1);
	memcpy(token.fleet, options->fleet, strlen(options->fleet) + 1);
	memcpy(token.ca, ca_digest, sizeof(token.ca));
	memcpy(token.secret, secret, sizeof(token.secret));
	if (strlen(url) < sizeof(token.server)) {
		memcpy(token.server, url, strlen(url) + 1);
		rc = vk_token_format(&token, out, err);
	} else {
		rc = vk_err_set(err, VK_EINPUT, "the URL is too long");
	}
	sodium_memzero(&token, sizeof(token));
	free(url);
	return rc;
}

/* Everything inside the state directory. */
static enum vk_rc fill(const struct state_dir *dir, const struct init_options *options,
	struct vk_buf *token_out, struct vk_err *err)
{
	uint8_t secret[VK_TOKEN_SECRET_BYTES], ca_digest[VK_SHA256_BYTES];
	const struct init_fleet fleet = {
		.state = options->state,
		.name = options->fleet,
		.admin = options->admin,
		.secret = secret,
		.ttl_seconds = options->ttl_seconds,
	};
	enum vk_rc rc = make_keys(dir, options, ca_digest, err);

	vk_token_make_secret(secret);
	if (rc == VK_OK)
		rc = init_fleet_database(&fleet, err);
	if (rc == VK_OK)
		rc = format_token(options, ca_digest, secret, token_out, err);
	if (rc == VK_OK && options->config == NULL)
		rc = write_settings(state_dir_fd(dir), "vkcfgd.yaml", options, err);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

static void take_back(const struct state_dir *dir)
{
	for (size_t i = 0; i < sizeof(created_files) / sizeof(created_files[0]); i++)
		unlinkat(state_dir_fd(dir), created_files[i], 0);
	unlinkat(state_dir_fd(dir), STATE_ONLINE, AT_REMOVEDIR);
}

static enum vk_rc check_options(const struct init_options *options, struct vk_err *err)
{
	const char *const values[] = {options->state, options->url, options->listen, options->user,
		options->ca, options->certificate, options->key};
	size_t own = (options->ca != NULL) + (options->certificate != NULL) + (options->key != NULL);

	if (own != 0 && own != 3)
		return vk_err_set(err, VK_EINPUT, "--ca, --certificate and --key go together");
	if (!vk_name_is_valid(options->fleet) || !vk_name_is_valid(options->admin)) {
		vk_err_set(err, VK_EINPUT, "'%s' is not a valid name",
			vk_name_is_valid(options->fleet) ? options->admin : options->fleet);
		vk_err_hint(err, "lower-case letters, digits, '.', '_' and '-', at most 63");
		return VK_EINPUT;
	}
	/* They are written into a YAML file as they are. */
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i] != NULL && strpbrk(values[i], " \t\r\n\"'\\#{}") != NULL)
			return vk_err_set(err, VK_EINPUT,
				"'%s' has a blank, quote, brace or '#' in it", values[i]);
	}
	return check_settings(options, err);
}

/* A first look, before the settings file is written; state_dir_create() looks again, locked. */
static enum vk_rc refuse_existing(const struct init_options *options, struct vk_err *err)
{
	char *path = xasprintf("%s/%s", options->state, STATE_DATABASE);
	bool is_there = access(path, F_OK) == 0;

	free(path);
	if (!is_there)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "%s holds a fleet already", options->state);
	vk_err_hint(err, "choose another --state directory; a fleet is never overwritten");
	return VK_ECONFLICT;
}

/* As root: the directory becomes the user's before root is given up. */
static enum vk_rc prepare_directory(const struct init_options *options, struct vk_err *err)
{
	struct privilege_user user;
	struct stat st;
	bool is_new;
	enum vk_rc rc = privilege_find_user(options->user != NULL ? options->user : "", &user, err);

	if (rc == VK_OK)
		rc = refuse_existing(options, err);
	if (rc != VK_OK)
		return rc;
	is_new = mkdir(options->state, 0700) == 0;
	if (!is_new && errno != EEXIST)
		return vk_err_errno(
			err, VK_EIO, errno, "cannot make the state directory %s", options->state);
	if (options->config != NULL)
		rc = write_settings(AT_FDCWD, options->config, options, err);
	if (rc != VK_OK && is_new)
		rmdir(options->state);
	if (rc == VK_OK && is_new && geteuid() == 0 &&
		lchown(options->state, user.uid, user.gid) != 0)
		rc = vk_err_errno(
			err, VK_EIO, errno, "cannot give %s to '%s'", options->state, user.name);
	if (rc == VK_OK)
		rc = privilege_drop(&user, err);
	if (rc == VK_OK && stat(options->state, &st) != 0) {
		rc = vk_err_errno(
			err, VK_EIO, errno, "'%s' cannot reach %s", user.name, options->state);
		vk_err_hint(err, "the user needs search permission on all directories above it");
	}
	return rc;
}

enum vk_rc init_fleet(
	const struct init_options *options, struct vk_buf *token_out, struct vk_err *err)
{
	struct state_dir *dir = NULL;
	enum vk_rc rc = check_options(options, err);

	if (rc == VK_OK)
		rc = prepare_directory(options, err);
	vk_process_hide_memory(); /* all of the fleet's keys are made in it */
	if (rc == VK_OK)
		rc = state_dir_create(options->state, &dir, err);
	if (rc != VK_OK)
		return rc;
	rc = fill(dir, options, token_out, err);
	if (rc != VK_OK)
		take_back(dir);
	state_dir_close(dir);
	return rc;
}
