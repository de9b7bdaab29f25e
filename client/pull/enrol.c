/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/enrol.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "client/pull/desired.h"
#include "client/pull/renewal.h"
#include "client/pull/trusted_root.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/signkey.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"
#include "common/x509.h"

#include "common/banned.h"

enum {
	SEED_HEX = 2 * VK_SEED_BYTES,
	SMALL_FILE_BYTES = 65536,
	SELF_SIGNED_SECONDS = ENROL_WAIT_TIMEOUT_S + 60 * 60,
	SPKI_MAX_BYTES = 1024,
	CLOCK_SKEW_SECONDS = 5 * 60,
};

struct enrolment {
	struct agent *agent;
	const struct vk_token *token;
	const struct enrol_wait *wait; /* NULL: the token has a secret */
	struct vk_buf tls_key;	       /* PEM */
	char public_key[ENROL_PUBLIC_KEY_BYTES];
	bool is_offline;     /* neither certificate nor root are to be had yet */
	bool is_readmission; /* the host is enrolled, and gets a new certificate only */
};

/* Reads STATE/name; *is_there tells whether it exists. */
static enum vk_rc read_state(const struct agent *agent, const char *name, enum vk_file_flags flags,
	struct vk_buf *out, bool *is_there, struct vk_err *err)
{
	char *path = agent_path(agent, name);
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, flags, out, err);

	free(path);
	*is_there = rc == VK_OK;
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

static enum vk_rc write_state(const struct agent *agent, const char *name, const void *data,
	size_t len, struct vk_err *err)
{
	char *path = agent_path(agent, name);
	enum vk_rc rc = vk_file_replace(AT_FDCWD, path, 0600, data, len, err);

	free(path);
	return rc;
}

/* The host key: one Ed25519 key for cosigning and (converted) sealing, as hexadecimal seed. */
static enum vk_rc make_host_key(struct enrolment *work, struct vk_err *err)
{
	uint8_t seed[VK_SEED_BYTES];
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_signkey *key = NULL;
	struct vk_buf text;
	bool is_there;
	enum vk_rc rc;

	vk_buf_init(&text, SEED_HEX + 1);
	rc = read_state(work->agent, "host.key", VK_FILE_PRIVATE, &text, &is_there, err);
	if (rc == VK_OK && is_there && !vk_parse_hex(text.data, SEED_HEX, seed, sizeof(seed)))
		rc = vk_err_set(
			err, VK_EINPUT, "%s/host.key is damaged", work->agent->settings->state);
	if (rc == VK_OK && !is_there && work->is_readmission) {
		rc = vk_err_set(err, VK_ENOTFOUND, "%s/host.key is lost: this is another host now",
			work->agent->settings->state);
		vk_err_hint(err, "'vkcfg host revoke', then enrol it anew with an empty state");
	}
	if (rc == VK_OK && !is_there) {
		randombytes_buf(seed, sizeof(seed));
		vk_buf_reset(&text);
		vk_buf_add_hex(&text, seed, sizeof(seed));
		vk_buf_addc(&text, '\n');
		rc = write_state(work->agent, "host.key", text.data, text.len, err);
	}
	if (rc == VK_OK) {
		key = vk_signkey_from_seed(seed);
		vk_signkey_public(key, public_key);
		memcpy(work->public_key, "ed25519:", strlen("ed25519:"));
		sodium_bin2hex(work->public_key + strlen("ed25519:"), 2 * VK_PUBLIC_KEY_BYTES + 1,
			public_key, sizeof(public_key));
	}
	vk_signkey_free(key);
	sodium_memzero(seed, sizeof(seed));
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc make_tls_key(struct enrolment *work, struct vk_err *err)
{
	struct x509_key *key = NULL;
	bool is_there;
	enum vk_rc rc =
		read_state(work->agent, "tls.key", VK_FILE_PRIVATE, &work->tls_key, &is_there, err);

	if (rc != VK_OK || is_there)
		return rc;
	rc = x509_key_generate(&key, err);
	if (rc == VK_OK)
		rc = x509_key_format(key, &work->tls_key, err);
	if (rc == VK_OK)
		rc = write_state(
			work->agent, "tls.key", work->tls_key.data, work->tls_key.len, err);
	x509_key_free(key);
	return rc;
}

/* The password of the Valkey user vkcfg-agent: 32 random bytes, so that its unsalted SHA-256 in
 * users.acl tells nobody anything. */
static enum vk_rc make_agent_password(struct enrolment *work, struct vk_err *err)
{
	uint8_t random[AGENT_PASSWORD_HEX / 2];
	struct vk_buf text;
	bool is_there;
	enum vk_rc rc;

	vk_buf_init(&text, AGENT_PASSWORD_HEX + 1);
	rc = read_state(work->agent, "agent-password", VK_FILE_PRIVATE, &text, &is_there, err);
	if (rc == VK_OK && !is_there) {
		randombytes_buf(random, sizeof(random));
		vk_buf_add_hex(&text, random, sizeof(random));
		vk_buf_addc(&text, '\n');
		rc = write_state(work->agent, "agent-password", text.data, text.len, err);
		sodium_memzero(random, sizeof(random));
	}
	vk_buf_release_wiped(&text);
	return rc;
}

static void add_request(const struct enrolment *work, struct vk_buf *out)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "token", vkjson_hex(work->token->secret, sizeof(work->token->secret)));
	vkjson_set(json, "kind", vkjson_string(vk_token_kind_name(work->token->kind)));
	vkjson_set(json, "name", vkjson_string(work->token->name));
	vkjson_set(json, "public_key", vkjson_string(work->public_key));
	vkjson_format(json, false, out);
	vkjson_free(json);
}

/* What the server gave for the token must be what the token promised. */
static enum vk_rc keep_certificate(
	struct enrolment *work, const struct httpc_reply *reply, struct vk_err *err)
{
	const struct vk_token *token = work->token;
	const char *environment = NULL;
	const char *certificate = NULL;
	const char *ca = NULL;
	struct vkjson *json = NULL;
	uint8_t digest[X509_FINGERPRINT_BYTES];
	enum vk_rc rc = vkjson_parse(reply->body, reply->body_len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(json, "certificate", &certificate, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "ca", &ca, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "environment", &environment, err);
	if (rc == VK_OK)
		rc = x509_fingerprint(ca, strlen(ca), digest, err);
	if (rc == VK_OK && memcmp(digest, token->ca, sizeof(digest)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the server's CA is not the one of the token");
	if (rc == VK_OK && strcmp(environment, token->environment) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server says environment '%.63s', the token says '%s'", environment,
			token->environment);
	if (rc == VK_OK)
		rc = renewal_check_certificate(
			certificate, work->tls_key.data, token->fleet, token->name, err);
	/* The CA first: a certificate without it would be taken for a finished step. */
	if (rc == VK_OK)
		rc = write_state(work->agent, "ca.crt", ca, strlen(ca), err);
	if (rc == VK_OK)
		rc = write_state(work->agent, "tls.crt", certificate, strlen(certificate), err);
	vkjson_free(json);
	return rc;
}

static enum vk_rc use_token(
	struct enrolment *work, struct httpc *client, struct httpc_reply *reply, struct vk_err *err)
{
	struct vk_buf body;
	enum vk_rc rc;

	vk_buf_init(&body, VK_TOKEN_MAX_BYTES);
	add_request(work, &body);
	rc = httpc_post(client, "/v1/enrol", body.data, body.len, reply, err);
	vk_buf_release_wiped(&body);
	return rc;
}

static enum vk_rc wait_for_approval(
	struct enrolment *work, struct httpc *client, struct httpc_reply *reply, struct vk_err *err)
{
	uint8_t digest[VK_SHA256_BYTES];
	const struct vk_host_claim claim = {.fleet = work->token->fleet,
		.name = work->token->name,
		.environment = work->token->environment,
		.public_key = work->public_key,
		.tls_key = digest};
	struct x509_key *key = NULL;
	struct vk_buf spki;
	enum vk_rc rc = x509_key_parse(work->tls_key.data, work->tls_key.len, &key, err);

	vk_buf_init(&spki, SPKI_MAX_BYTES);
	if (rc == VK_OK)
		rc = x509_key_public(key, &spki, err);
	if (rc == VK_OK) {
		vk_sha256(spki.data, spki.len, digest);
		rc = enrol_wait(client, work->wait, &claim, reply, err);
	}
	vk_buf_release(&spki);
	x509_key_free(key);
	return rc;
}

static enum vk_rc redeem(struct enrolment *work, const char *self_signed, struct vk_err *err)
{
	const struct httpc_options options = {.url = agent_server(work->agent),
		.ca_sha256 = work->token->ca,
		.cert_pem = self_signed,
		.key_pem = work->tls_key.data,
		.fleet = work->token->fleet};
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct httpc *client = NULL;
	enum vk_rc rc = httpc_new(&options, &client, err);

	if (rc == VK_OK)
		rc = work->wait != NULL ? wait_for_approval(work, client, &reply, err)
					: use_token(work, client, &reply, err);
	if (rc == VK_OK)
		rc = keep_certificate(work, &reply, err);
	httpc_reply_release(&reply);
	httpc_free(client);
	return rc;
}

/* A certificate of an earlier attempt is as good as a new one if it is for this token's name, and
 * if the CA that came with it is the one that this token pins, too. */
static enum vk_rc has_certificate(const struct enrolment *work, bool *out, struct vk_err *err)
{
	struct vk_err unfit = VK_ERR_INIT;
	uint8_t digest[X509_FINGERPRINT_BYTES];
	struct vk_buf pem, ca;
	bool is_there, has_ca = false;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	vk_buf_init(&ca, X509_MAX_PEM_BYTES);
	rc = read_state(work->agent, "tls.crt", VK_FILE_DEFAULT, &pem, &is_there, err);
	if (rc == VK_OK)
		rc = read_state(work->agent, "ca.crt", VK_FILE_DEFAULT, &ca, &has_ca, err);
	if (rc == VK_OK)
		*out = is_there && has_ca &&
		       x509_fingerprint(ca.data, ca.len, digest, &unfit) == VK_OK &&
		       memcmp(digest, work->token->ca, sizeof(digest)) == 0 &&
		       renewal_check_certificate(pem.data, work->tls_key.data, work->token->fleet,
			       work->token->name, &unfit) == VK_OK;
	vk_buf_release(&ca);
	vk_buf_release(&pem);
	return rc;
}

/* With a PKI of the user's own, the certificate is there; the token only lets its name in. */
static enum vk_rc check_own_reply(
	const struct enrolment *work, const struct httpc_reply *reply, struct vk_err *err)
{
	const char *environment = NULL;
	struct vkjson *json = NULL;
	enum vk_rc rc = vkjson_parse(reply->body, reply->body_len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(json, "environment", &environment, err);
	if (rc == VK_OK && strcmp(environment, work->token->environment) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server says environment '%.63s', the token says '%s'", environment,
			work->token->environment);
	vkjson_free(json);
	return rc;
}

static enum vk_rc use_own_certificate(struct enrolment *work, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	enum vk_rc rc;

	if (work->wait != NULL)
		return vk_err_set(err, VK_EINPUT,
			"with a PKI of your own a host enrols with a token, not with --wait");
	rc = agent_connect(work->agent, err);
	if (rc == VK_OK)
		rc = use_token(work, work->agent->client, &reply, err);
	if (rc == VK_OK)
		rc = check_own_reply(work, &reply, err);
	httpc_reply_release(&reply);
	return rc;
}

static enum vk_rc get_certificate(struct enrolment *work, struct vk_err *err)
{
	struct x509_key *key = NULL;
	bool is_there = false;
	struct vk_buf pem;
	enum vk_rc rc = VK_OK;

	if (work->agent->settings->ca != NULL)
		return use_own_certificate(work, err);
	if (!work->is_readmission)
		rc = has_certificate(work, &is_there, err);
	if (rc != VK_OK || is_there)
		return rc;
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = x509_key_parse(work->tls_key.data, work->tls_key.len, &key, err);
	if (rc == VK_OK)
		rc = x509_self_signed(key, vk_clock_now() - CLOCK_SKEW_SECONDS,
			vk_clock_now() + SELF_SIGNED_SECONDS, &pem, err);
	if (rc == VK_OK)
		rc = redeem(work, pem.data, err);
	x509_key_free(key);
	vk_buf_release(&pem);
	return rc;
}

/* What this host will believe of itself from now on. */
static void make_pins(const struct enrolment *work, struct pins *out)
{
	const struct vk_token *token = work->token;
	const struct pull_settings *settings = work->agent->settings;

	*out = (struct pins){.root_version = token->root_version};
	snprintf(out->fleet, sizeof(out->fleet), "%s", token->fleet);
	snprintf(out->host, sizeof(out->host), "%s", token->name);
	snprintf(out->environment, sizeof(out->environment), "%s", token->environment);
	vk_digest_format(token->root, out->root);
	for (size_t i = 0; i < settings->count; i++)
		snprintf(out->instances[out->count++], VK_NAME_BYTES, "%s",
			settings->instances[i].name);
}

static enum vk_rc pin_root(struct enrolment *work, const struct pins *pins, struct vk_err *err)
{
	char *target = xasprintf("/tuf/%lld.root.json", (long long)pins->root_version);
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	enum vk_rc rc = agent_connect(work->agent, err);

	if (rc == VK_OK)
		rc = httpc_get(work->agent->client, target, TUF_ROOT_MAX_BYTES, &reply, err);
	if (rc == VK_OK)
		rc = trusted_root_pin(
			work->agent->settings->state, pins, reply.body, reply.body_len, err);
	httpc_reply_release(&reply);
	free(target);
	return rc;
}

/* A host that is enrolled keeps all that it is; a token for its own name lets it back in. */
static enum vk_rc check_readmission(
	const struct agent *agent, const struct vk_token *token, struct vk_err *err)
{
	const struct pins *pins = &agent->pins;

	if (strcmp(pins->fleet, token->fleet) == 0 && strcmp(pins->host, token->name) == 0 &&
		strcmp(pins->environment, token->environment) == 0)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT,
		"this host is enrolled already, as %s in %s of fleet %s: %s/pins.yaml", pins->host,
		pins->environment, pins->fleet, agent->settings->state);
	vk_err_hint(err, "to enrol it anew, move %s away", agent->settings->state);
	return VK_ECONFLICT;
}

/* The trusted root stays. Where the token names the same version, it must be the same root: else
 * this host and whoever made the token believe in different fleets. */
static enum vk_rc check_same_root(const struct enrolment *work, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	uint8_t digest[VK_SHA256_BYTES];
	struct vk_buf text;
	bool is_there;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = read_state(work->agent, "tuf/root.json", VK_FILE_DEFAULT, &text, &is_there, err);
	if (rc == VK_OK && !is_there) {
		rc = vk_err_set(err, VK_EUNTRUSTED, "this host has lost the root that it trusts");
		vk_err_hint(err, "enrol it anew: move %s away", work->agent->settings->state);
	}
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, TUF_ROOT, &root, err);
	vk_sha256(text.data, text.len, digest);
	if (rc == VK_OK && tuf_meta_version(root) == work->token->root_version &&
		memcmp(digest, work->token->root, sizeof(digest)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the token names another root %lld than the one that this host trusts",
			(long long)work->token->root_version);
	tuf_meta_free(root);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc check_token(struct enrolment *work, struct vk_err *err)
{
	const struct vk_token *token = work->token;
	struct agent *agent = work->agent;
	enum vk_rc rc;

	if (token->kind == VK_TOKEN_CARD && work->wait == NULL && !work->is_offline) {
		vk_err_set(err, VK_EINPUT, "this is a fleet's card, not a token");
		vk_err_hint(err, "with --wait it is enough, until an operator lets this host in");
		return VK_EINPUT;
	}
	if (token->kind == VK_TOKEN_USER) {
		vk_err_set(err, VK_EINPUT, "this token is for a person");
		vk_err_hint(err, "vkcfg enrol; for a host: vkcfg host token NAME");
		return VK_EINPUT;
	}
	if (!token->has_root)
		return vk_err_set(err, VK_EINPUT, "this token names no root to trust");
	rc = pins_read(agent->settings->state, &agent->pins, err);
	if (rc == VK_ENOTFOUND)
		return VK_OK;
	work->is_readmission = true;
	if (rc == VK_OK && (work->wait != NULL || work->is_offline)) {
		rc = vk_err_set(err, VK_ECONFLICT, "this host is enrolled already: %s/pins.yaml",
			agent->settings->state);
		vk_err_hint(err,
			"'vkcfg host readmit' makes a token that lets it back in; to enrol it "
			"anew, move %s away",
			agent->settings->state);
	}
	if (rc == VK_OK)
		rc = check_readmission(agent, token, err);
	if (rc == VK_OK && trusted_root_is_awaited(agent->settings->state))
		return VK_OK; /* enrolled without a server, it has had no root yet */
	return rc == VK_OK ? check_same_root(work, err) : rc;
}

/* What a new host makes and writes. */
static enum vk_rc begin_life(struct enrolment *work, struct vk_err *err)
{
	struct pins pins;
	enum vk_rc rc = make_agent_password(work, err);

	make_pins(work, &pins);
	if (rc == VK_OK && !work->is_offline)
		rc = get_certificate(work, err);
	if (rc == VK_OK && !work->is_offline)
		rc = pin_root(work, &pins, err);
	/* That nothing was seen yet is known, too: what is installed may be of another life. */
	if (rc == VK_OK)
		rc = desired_write(
			work->agent->settings->state, &(struct desired){.release = 0}, err);
	/* Last: from now on this host is enrolled. */
	return rc == VK_OK ? pins_write(work->agent->settings->state, &pins, err) : rc;
}

/* A new certificate is all that a host lacks, unless it was enrolled without a server. */
static enum vk_rc come_back(struct enrolment *work, struct vk_err *err)
{
	enum vk_rc rc = get_certificate(work, err);

	if (rc == VK_OK && trusted_root_is_awaited(work->agent->settings->state))
		rc = pin_root(work, &work->agent->pins, err);
	return rc;
}

static enum vk_rc do_enrol(struct enrolment *work, struct vk_err *err)
{
	struct agent *agent = work->agent;
	enum vk_rc rc = check_token(work, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&work->tls_key, X509_MAX_PEM_BYTES);
	memcpy(agent->pins.fleet, work->token->fleet, sizeof(agent->pins.fleet));
	rc = make_host_key(work, err);
	if (rc == VK_OK && agent->settings->ca == NULL)
		rc = make_tls_key(work, err);
	if (rc == VK_OK)
		rc = work->is_readmission ? come_back(work, err) : begin_life(work, err);
	vk_buf_release_wiped(&work->tls_key);
	return rc;
}

enum vk_rc enrol(struct agent *agent, const struct vk_token *token, const struct enrol_wait *wait,
	char public_key[ENROL_PUBLIC_KEY_BYTES], struct vk_err *err)
{
	struct enrolment work = {.agent = agent, .token = token, .wait = wait};
	enum vk_rc rc = do_enrol(&work, err);

	if (rc == VK_OK)
		memcpy(public_key, work.public_key, sizeof(work.public_key));
	return rc;
}

enum vk_rc enrol_offline(struct agent *agent, const struct vk_token *token,
	char public_key[ENROL_PUBLIC_KEY_BYTES], struct vk_err *err)
{
	struct enrolment work = {.agent = agent, .token = token, .is_offline = true};
	enum vk_rc rc = do_enrol(&work, err);

	if (rc == VK_OK)
		memcpy(public_key, work.public_key, sizeof(work.public_key));
	return rc;
}
