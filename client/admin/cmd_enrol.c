/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/home.h"
#include "client/admin/table.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/httpc.h"
#include "common/mem.h"
#include "common/token.h"
#include "common/tuf/tuf_client.h"
#include "common/x509.h"

#include "common/banned.h"

enum {
	SELF_SIGNED_LIFETIME_S = 60 * 60,
	CLOCK_SKEW_S = 5 * 60,
	FD_MAX = 1023,
};

/* What was made and received until all of it is written. */
struct enrolment {
	struct vk_token *token;
	struct x509_key *key;
	struct vk_buf key_pem;	   /* secret */
	struct vk_buf self_signed; /* certificate for the one call */
	char *certificate;
	char *ca;
};

static void enrolment_init(struct enrolment *enrolment)
{
	memset(enrolment, 0, sizeof(*enrolment));
	vk_buf_init(&enrolment->key_pem, X509_MAX_PEM_BYTES);
	vk_buf_init(&enrolment->self_signed, X509_MAX_PEM_BYTES);
}

static void enrolment_release(struct enrolment *enrolment)
{
	vk_token_free(enrolment->token);
	x509_key_free(enrolment->key);
	vk_buf_release_wiped(&enrolment->key_pem);
	vk_buf_release(&enrolment->self_signed);
	free(enrolment->certificate);
	free(enrolment->ca);
}

static enum vk_rc read_fd(int fd, const char *what, struct vk_buf *out, struct vk_err *err)
{
	char chunk[512];
	ssize_t got;
	enum vk_rc rc = VK_OK;

	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = vk_err_errno(err, VK_EIO, errno, "reading %s", what);
			break;
		}
		vk_buf_add(out, chunk, (size_t)got);
		if (out->is_overflowed)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return rc == VK_OK ? vk_buf_check(out, "the token", err) : rc;
}

/* From --token-fd, the file that is named, or standard input. */
static enum vk_rc read_token(const struct args *args, struct vk_token **out, struct vk_err *err)
{
	const char *path = args_at(args, 0);
	struct vk_buf text;
	uint64_t number = 0;
	int fd = STDIN_FILENO;
	enum vk_rc rc = args_get_uint(args, "token-fd", 0, FD_MAX, STDIN_FILENO, &number, err);

	if (rc != VK_OK)
		return rc;
	if (args_has(args, "token-fd"))
		fd = (int)number;
	else if (path != NULL && strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vk_err_errno(
			err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno, "the token's file");
	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	rc = read_fd(fd, "the token", &text, err);
	if (rc == VK_OK)
		rc = vk_token_parse(text.data, text.len, out, err);
	vk_buf_release_wiped(&text);
	if (path != NULL && fd > STDERR_FILENO)
		close(fd);
	if (rc == VK_OK && (*out)->kind != VK_TOKEN_USER) {
		vk_token_free(*out);
		*out = NULL;
		vk_err_set(err, VK_EINPUT, "this is the token of a host");
		vk_err_hint(err, "'vkcfg-pull enrol' on that host takes it");
		return VK_EINPUT;
	}
	return rc;
}

static enum vk_rc make_tls_key(struct enrolment *enrolment, struct vk_err *err)
{
	int64_t now = vk_clock_now();
	enum vk_rc rc = x509_key_generate(&enrolment->key, err);

	if (rc == VK_OK)
		rc = x509_key_format(enrolment->key, &enrolment->key_pem, err);
	if (rc == VK_OK)
		rc = x509_self_signed(enrolment->key, now - CLOCK_SKEW_S,
			now + SELF_SIGNED_LIFETIME_S, &enrolment->self_signed, err);
	return rc;
}

static enum vk_rc take_reply(
	struct enrolment *enrolment, const struct httpc_reply *reply, struct vk_err *err)
{
	struct vkjson *object = NULL;
	const char *certificate = NULL;
	const char *ca = NULL;
	enum vk_rc rc = vkjson_parse(reply->body, reply->body_len, &object, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(object, "certificate", &certificate, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "ca", &ca, err);
	if (rc == VK_OK) {
		enrolment->certificate = xstrdup(certificate);
		enrolment->ca = xstrdup(ca);
	} else {
		vk_err_prefix(err, rc, "the server's answer");
	}
	vkjson_free(object);
	return rc;
}

/* Presents the self-signed certificate; the server must chain to the CA of the token. */
static enum vk_rc ask_server(struct enrolment *enrolment, struct vk_err *err)
{
	const struct httpc_options options = {
		.url = enrolment->token->server,
		.ca_sha256 = enrolment->token->ca,
		.cert_pem = enrolment->self_signed.data,
		.key_pem = enrolment->key_pem.data,
		.fleet = enrolment->token->fleet,
	};
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vkjson *body = vkjson_object();
	struct httpc *http = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	vkjson_set(body, "token",
		vkjson_hex(enrolment->token->secret, sizeof(enrolment->token->secret)));
	vkjson_set(body, "kind", vkjson_string("user"));
	vkjson_set(body, "name", vkjson_string(enrolment->token->name));
	vkjson_format(body, false, &text);
	rc = httpc_new(&options, &http, err);
	if (rc == VK_OK)
		rc = httpc_post(http, "/v1/enrol", text.data, text.len, &reply, err);
	if (rc == VK_OK)
		rc = take_reply(enrolment, &reply, err);
	httpc_reply_release(&reply);
	httpc_free(http);
	vk_buf_release_wiped(&text);
	vkjson_free(body);
	return rc;
}

/* Certificate and CA are what the token promised. */
static enum vk_rc check_certificates(const struct enrolment *enrolment, struct vk_err *err)
{
	const struct vk_token *token = enrolment->token;
	uint8_t digest[X509_FINGERPRINT_BYTES];
	struct x509_info info;
	enum vk_rc rc = x509_fingerprint(enrolment->ca, strlen(enrolment->ca), digest, err);

	if (rc == VK_OK && memcmp(digest, token->ca, sizeof(digest)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the server sent another CA than the token's");
	if (rc == VK_OK)
		rc = x509_check_key(enrolment->certificate, enrolment->key, err);
	if (rc == VK_OK)
		rc = x509_parse_identity(
			enrolment->certificate, strlen(enrolment->certificate), &info, err);
	if (rc == VK_OK && (info.identity.kind != X509_KIND_USER ||
				   strcmp(info.identity.name, token->name) != 0 ||
				   strcmp(info.identity.fleet, token->fleet) != 0))
		rc = vk_err_set(
			err, VK_EUNTRUSTED, "the server issued a certificate for somebody else");
	return rc;
}

static void fill_identity(const struct vk_token *token, struct home_identity *identity)
{
	snprintf(identity->fleet, sizeof(identity->fleet), "%s", token->fleet);
	snprintf(identity->user, sizeof(identity->user), "%s", token->name);
	snprintf(identity->server, sizeof(identity->server), "%s", token->server);
}

/* fleet.json last: with it one is enrolled. */
static enum vk_rc write_identity(
	const struct cli *cli, const struct enrolment *enrolment, struct vk_err *err)
{
	struct home_identity identity = {.fleet = ""};
	const char *home = cli->home;
	enum vk_rc rc;

	fill_identity(enrolment->token, &identity);
	rc = home_write(home, "tls.key", enrolment->key_pem.data, enrolment->key_pem.len, err);
	if (rc == VK_OK)
		rc = home_write(home, "tls.crt", enrolment->certificate,
			strlen(enrolment->certificate), err);
	if (rc == VK_OK)
		rc = home_write(home, "ca.crt", enrolment->ca, strlen(enrolment->ca), err);
	if (rc == VK_OK)
		rc = home_save_identity(home, &identity, err);
	return rc;
}

static enum vk_rc enrol(const struct cli *cli, struct enrolment *enrolment, struct vk_err *err)
{
	enum vk_rc rc = home_prepare(cli->home, "tuf", err);

	if (rc == VK_OK)
		rc = make_tls_key(enrolment, err);
	if (rc == VK_OK)
		rc = ask_server(enrolment, err);
	if (rc == VK_OK)
		rc = check_certificates(enrolment, err);
	if (rc == VK_OK)
		rc = write_identity(cli, enrolment, err);
	return rc;
}

/* --ca, --certificate, --tls-key: absolute paths, which are kept. */
static enum vk_rc take_own_pki(
	const struct args *args, struct home_identity *identity, struct vk_err *err)
{
	const struct {
		const char *option;
		char *out;
	} paths[] = {{"ca", identity->ca}, {"certificate", identity->certificate},
		{"tls-key", identity->key}};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *path = args_get(args, paths[i].option);
		char *real;

		if (path == NULL)
			return vk_err_set(
				err, VK_EINPUT, "--ca, --certificate and --tls-key go together");
		real = realpath(path, NULL);
		if (real == NULL)
			return vk_err_errno(err, VK_ENOTFOUND, errno, "%s", path);
		if (strlen(real) >= HOME_PATH_BYTES) {
			free(real);
			return vk_err_set(
				err, VK_ELIMIT, "--%s: the path is too long", paths[i].option);
		}
		memcpy(paths[i].out, real, strlen(real) + 1);
		free(real);
	}
	return VK_OK;
}

static struct httpc_options options_for(const struct home_identity *identity)
{
	return (struct httpc_options){.url = identity->server,
		.ca_path = identity->ca,
		.cert_path = identity->certificate,
		.key_path = identity->key,
		.is_own_pki = true};
}

static void format_request(const struct vk_token *token, struct vk_buf *out)
{
	struct vkjson *body = vkjson_object();

	vkjson_set(body, "token", vkjson_hex(token->secret, sizeof(token->secret)));
	vkjson_set(body, "kind", vkjson_string("user"));
	vkjson_set(body, "name", vkjson_string(token->name));
	vkjson_format(body, false, out);
	vkjson_free(body);
}

/* With a PKI of one's own the certificate is there; the token only lets its name in. */
static enum vk_rc enrol_own(const struct cli *cli, const struct args *args,
	const struct vk_token *token, struct vk_err *err)
{
	struct home_identity identity = {.fleet = ""};
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct httpc_options options;
	struct httpc *http = NULL;
	struct vk_buf text;
	enum vk_rc rc = take_own_pki(args, &identity, err);

	fill_identity(token, &identity);
	options = options_for(&identity);
	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	format_request(token, &text);
	if (rc == VK_OK)
		rc = home_prepare(cli->home, "tuf", err);
	if (rc == VK_OK)
		rc = httpc_new(&options, &http, err);
	if (rc == VK_OK)
		rc = httpc_post(http, "/v1/enrol", text.data, text.len, &reply, err);
	if (rc == VK_OK)
		rc = home_save_identity(cli->home, &identity, err);
	httpc_reply_release(&reply);
	httpc_free(http);
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc fetch_root(
	struct httpc *http, const struct vk_token *token, struct vk_buf *out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	uint8_t digest[VK_SHA256_BYTES];
	char target[64];
	enum vk_rc rc;

	snprintf(target, sizeof(target), "/tuf/%lld.root.json", (long long)token->root_version);
	rc = httpc_get(http, target, TUF_ROOT_MAX_BYTES, &reply, err);
	if (rc == VK_OK) {
		vk_sha256(reply.body, reply.body_len, digest);
		if (memcmp(digest, token->root, sizeof(digest)) != 0)
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"the server's root is not the one that the token pins");
		vk_buf_add(out, reply.body, reply.body_len);
	}
	httpc_reply_release(&reply);
	return rc;
}

/* Makes the root of the token the trusted one. */
static enum vk_rc pin_root(const struct cli *cli, const struct vk_token *token, struct vk_err *err)
{
	struct home_identity identity = {.fleet = ""};
	enum vk_rc rc = home_load_identity(cli->home, &identity, err);
	char *ca = home_tls_path(cli->home, &identity, "ca.crt");
	char *cert = home_tls_path(cli->home, &identity, "tls.crt");
	char *key = home_tls_path(cli->home, &identity, "tls.key");
	char *directory = home_path(cli->home, "tuf");
	const struct httpc_options options = {.url = token->server,
		.ca_path = ca,
		.cert_path = cert,
		.key_path = key,
		.fleet = token->fleet,
		.is_own_pki = identity.ca[0] != '\0'};
	struct tuf_store_dir *store = NULL;
	struct httpc *http = NULL;
	struct vk_buf root;

	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	if (rc == VK_OK)
		rc = httpc_new(&options, &http, err);
	if (rc == VK_OK)
		rc = fetch_root(http, token, &root, err);
	if (rc == VK_OK)
		rc = tuf_store_dir_open(directory, &store, err);
	if (rc == VK_OK)
		rc = tuf_client_pin_root(tuf_store_dir_store(store), root.data, root.len, err);
	tuf_store_dir_free(store);
	httpc_free(http);
	vk_buf_release(&root);
	free(ca);
	free(cert);
	free(key);
	free(directory);
	return rc;
}

static bool has_pinned_root(const struct cli *cli)
{
	char *path = home_path(cli->home, "tuf/root.json");
	bool is_there = access(path, F_OK) == 0;

	free(path);
	return is_there;
}

/* The trusted root stays. Where the token names the same version, it must be the same root: else
 * this person and whoever made the token believe in different fleets. */
static enum vk_rc check_same_root(
	const struct cli *cli, const struct vk_token *token, struct vk_err *err)
{
	char *path = home_path(cli->home, "tuf/root.json");
	struct tuf_meta *root = NULL;
	uint8_t digest[VK_SHA256_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, TUF_ROOT, &root, err);
	vk_sha256(text.data, text.len, digest);
	if (rc == VK_OK && tuf_meta_version(root) == token->root_version &&
		memcmp(digest, token->root, sizeof(digest)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the token names another root %lld than the one that you trust",
			(long long)token->root_version);
	tuf_meta_free(root);
	vk_buf_release(&text);
	free(path);
	return rc;
}

/* Enrolled before: by a token for the same person a missing root can be added, or, where there is
 * one, a certificate be had anew. */
static enum vk_rc check_second_time(
	const struct home_identity *identity, const struct vk_token *token, struct vk_err *err)
{
	if (!token->has_root || strcmp(identity->fleet, token->fleet) != 0 ||
		strcmp(identity->user, token->name) != 0) {
		vk_err_set(err, VK_ECONFLICT, "you are enrolled already, as '%s' of fleet '%s'",
			identity->user, identity->fleet);
		vk_err_hint(err, "use another --home for another identity");
		return VK_ECONFLICT;
	}
	return VK_OK;
}

static void print_enrolled(const struct cli *cli, const struct vk_token *token)
{
	static const struct table_column columns[] = {
		{"Fleet", "fleet", TABLE_TEXT},
		{"User", "user", TABLE_TEXT},
		{"Server", "server", TABLE_TEXT},
		{"Root pinned", "root", TABLE_TEXT},
		{"Files", "home", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "fleet", vkjson_string(token->fleet));
	vkjson_set(result, "user", vkjson_string(token->name));
	vkjson_set(result, "server", vkjson_string(token->server));
	vkjson_set(result, "root", vkjson_bool(token->has_root));
	vkjson_set(result, "home", vkjson_string(cli->home));
	if (!cli_print_json(cli, result)) {
		table_print_object(cli, columns, result);
		if (!token->has_root)
			cli_say(cli, "next: vkcfg key new NAME, then vkcfg root init\n");
	}
	vkjson_free(result);
}

enum vk_rc cmd_enrol(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct enrolment enrolment;
	struct home_identity identity;
	bool is_first, has_root;
	enum vk_rc rc;

	enrolment_init(&enrolment);
	rc = read_token(args, &enrolment.token, err);
	if (rc != VK_OK)
		goto out;
	rc = home_load_identity(cli->home, &identity, err);
	is_first = rc == VK_ENOTFOUND;
	has_root = has_pinned_root(cli);
	if (rc == VK_OK)
		rc = check_second_time(&identity, enrolment.token, err);
	if (rc == VK_OK && has_root)
		rc = check_same_root(cli, enrolment.token, err);
	if (is_first || (rc == VK_OK && has_root))
		rc = args_has(args, "ca") ? enrol_own(cli, args, enrolment.token, err)
					  : enrol(cli, &enrolment, err);
	if (rc == VK_OK && enrolment.token->has_root && (is_first || !has_root))
		rc = pin_root(cli, enrolment.token, err);
	if (rc == VK_OK)
		print_enrolled(cli, enrolment.token);
out:
	enrolment_release(&enrolment);
	return rc;
}
