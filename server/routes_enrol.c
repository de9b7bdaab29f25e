/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates: the first one for a token or an approval, the next ones for the one before. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"
#include "common/x509.h"
#include "server/authority.h"
#include "server/certify.h"
#include "server/mutation.h"
#include "server/own_pki.h"
#include "server/readers.h"
#include "server/routes.h"
#include "server/store/store_certificate.h"
#include "server/store/store_host.h"
#include "server/store/store_host_approval.h"
#include "server/store/store_token.h"
#include "server/store/store_user.h"
#include "server/throttle.h"
#include "server/waiting.h"

#include "common/banned.h"

enum { SPKI_MAX_BYTES = 1024, SECRET_BYTES = 32, PUBLIC_KEY_HEX = 64, THROTTLED_RETRY_S = 5 };

struct enrolment {
	enum identity_kind kind;
	const char *name;
	const char *public_key;	 /* hosts: "ed25519:<hex>" */
	const char *fingerprint; /* of a host that was approved instead of bringing a token */
	uint8_t token[STORE_TOKEN_DIGEST_BYTES];
	struct vk_buf spki;
	uint8_t issuer[VK_SHA256_BYTES]; /* of the certificate */
	const char *ca;			 /* its certificate, PEM */
};

static void release(void *data)
{
	struct enrolment *enrolment = data;

	vk_buf_release(&enrolment->spki);
}

static struct mutation *begin(struct request *req, const char *name, mutation_run *run)
{
	struct mutation *mutation = mutation_new(req, name, run);
	struct enrolment *enrolment = arena_calloc(mutation->arena, 1, sizeof(*enrolment));

	vk_buf_init(&enrolment->spki, SPKI_MAX_BYTES);
	request_peer_public_key(req, &enrolment->spki);
	mutation->data = enrolment;
	mutation->release = release;
	return mutation;
}

static enum vk_rc parse_token(
	const struct vkjson *body, uint8_t digest[STORE_TOKEN_DIGEST_BYTES], struct vk_err *err)
{
	uint8_t secret[SECRET_BYTES];
	enum vk_rc rc = vkjson_get_hex(body, "token", secret, sizeof(secret), err);

	if (rc == VK_OK)
		vk_sha256(secret, sizeof(secret), digest);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

static bool is_public_key(const char *text)
{
	uint8_t key[PUBLIC_KEY_HEX / 2];

	return strncmp(text, "ed25519:", 8) == 0 &&
	       vk_parse_hex(text + 8, strlen(text + 8), key, sizeof(key));
}

static enum vk_rc parse_enrolment(
	const struct vkjson *body, struct enrolment *enrolment, struct vk_err *err)
{
	const char *kind = NULL;
	enum vk_rc rc = vkjson_get_string(body, "kind", &kind, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(body, "name", &enrolment->name, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_string(body, "public_key", "", &enrolment->public_key, err);
	if (rc == VK_OK)
		rc = parse_token(body, enrolment->token, err);
	if (rc != VK_OK)
		return rc;
	if (!identity_kind_parse(kind, &enrolment->kind))
		return vk_err_set(err, VK_EINPUT, "member 'kind': expected host or user");
	if (!vk_name_is_valid(enrolment->name))
		return vk_err_set(err, VK_EINPUT, "member 'name': not a valid name");
	if (enrolment->kind == IDENTITY_HOST && !is_public_key(enrolment->public_key))
		return vk_err_set(err, VK_EINPUT,
			"member 'public_key': expected ed25519: and 64 hexadecimal digits");
	return VK_OK;
}

/* With a PKI of the user's own, the certificate of the connection must be for the name that enrols. */
static enum vk_rc check_foreign_name(struct mutation *mutation, struct vk_err *err)
{
	struct enrolment *enrolment = mutation->data;
	uint8_t key[VK_SHA256_BYTES];

	enrolment->ca = "";
	if (enrolment->name == NULL) { /* a renewal */
		vk_err_set(err, VK_ECONFLICT, "certificates of this fleet come from another PKI");
		vk_err_hint(err, "have it renewed there; the agent notices");
		return VK_ECONFLICT;
	}
	own_pki_key(enrolment->kind, enrolment->name, key);
	if (memcmp(key, mutation->fingerprint, sizeof(key)) == 0)
		return VK_OK;
	return vk_err_set(err, VK_EDENIED, "the certificate is not for %s/%s",
		identity_kind_name(enrolment->kind), enrolment->name);
}

/* The CA that is to issue the certificate: the one that the server's own is from, whose trust the
 * caller has just shown; or the newest one, if he says that he has that, too (wanted; may be NULL). */
static enum vk_rc choose_issuer(
	struct mutation *mutation, const uint8_t *wanted, struct vk_err *err)
{
	struct enrolment *enrolment = mutation->data;
	const struct ca_set_item *item;
	struct authority_now now;

	if (mutation->context->own_pki != NULL)
		return check_foreign_name(mutation, err);
	authority_now(mutation->context->authority, &now);
	memcpy(enrolment->issuer, now.serving, sizeof(now.serving));
	if (wanted != NULL && now.is_newest_loaded &&
		memcmp(wanted, now.newest, sizeof(now.newest)) == 0)
		memcpy(enrolment->issuer, now.newest, sizeof(now.newest));
	item = ca_set_find(&now.trusted, enrolment->issuer);
	if (item != NULL)
		enrolment->ca = mutation_keep(mutation, item->pem);
	authority_now_release(&now);
	if (item == NULL)
		return vk_err_set(err, VK_EUNAVAIL, "the server changes to another CA");
	return VK_OK;
}

/* The answer of both calls. */
static void set_answer(struct mutation *mutation, const struct vk_buf *pem, const char *environment)
{
	mutation->answer = vkjson_object();
	if (mutation->context->own_pki == NULL)
		vkjson_set(mutation->answer, "certificate", vkjson_string(pem->data));
	if (mutation->context->own_pki == NULL)
		vkjson_set(mutation->answer, "ca",
			vkjson_string(((struct enrolment *)mutation->data)->ca));
	if (*environment != '\0')
		vkjson_set(mutation->answer, "environment", vkjson_string(environment));
}

static enum vk_rc certify(struct mutation *mutation, struct writer_tx *tx, enum identity_kind kind,
	const char *name, struct vk_buf *pem, struct vk_err *err)
{
	struct enrolment *enrolment = mutation->data;
	struct certify_request request = {
		.kind = kind,
		.name = name,
		.spki = enrolment->spki.data,
		.spki_len = enrolment->spki.len,
		.lifetime_seconds = kind == IDENTITY_HOST
					    ? mutation->context->host_certificate_seconds
					    : mutation->context->user_certificate_seconds,
	};

	if (mutation->context->own_pki != NULL)
		return certify_foreign(tx, kind, name, err);
	memcpy(request.issuer, enrolment->issuer, sizeof(request.issuer));
	return certify_identity(tx, &request, pem, err);
}

/* A host that was there before comes back with the key that it had: with another one it would be
 * another machine, and the secrets sealed to it and its word for the audit log are the old one's. */
static enum vk_rc check_key(
	const struct enrolment *enrolment, const struct store_host *host, struct vk_err *err)
{
	if (host->enrolled == 0 || strcmp(host->public_key, enrolment->public_key) == 0)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "host %s is known by another key", enrolment->name);
	vk_err_hint(err, "if the machine was replaced: 'vkcfg host revoke', then 'vkcfg host token'");
	return VK_ECONFLICT;
}

static enum vk_rc enrol_host(struct mutation *mutation, struct writer_tx *tx,
	const char **environment, struct vk_err *err)
{
	const struct enrolment *enrolment = mutation->data;
	struct store *store = writer_tx_store(tx);
	struct store_host host;
	enum vk_rc rc = store_get_host(store, enrolment->name, writer_tx_arena(tx), &host, err);

	if (rc == VK_OK)
		rc = check_key(enrolment, &host, err);
	if (rc != VK_OK)
		return rc;
	if (host.enrolled == 0)
		rc = store_set_host_enrolled(
			store, enrolment->name, enrolment->public_key, writer_tx_now(tx), err);
	else
		rc = store_set_host_seen(store, enrolment->name, writer_tx_now(tx), err);
	if (rc == VK_OK)
		*environment = mutation_keep(mutation, host.environment);
	return rc;
}

static enum vk_rc audit_enrolment(
	struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct enrolment *enrolment = mutation->data;
	const char *kind = identity_kind_name(enrolment->kind);
	struct vkjson *detail = vkjson_object();
	char *object = xasprintf("%s/%s", kind, enrolment->name);
	enum vk_rc rc;

	if (enrolment->kind == IDENTITY_HOST)
		vkjson_set(detail, "public_key", vkjson_string(enrolment->public_key));
	if (enrolment->fingerprint != NULL)
		vkjson_set(detail, "fingerprint", vkjson_string(enrolment->fingerprint));
	/* Token or approval were proof of the name: from here on the caller is who he says. */
	snprintf(mutation->actor, sizeof(mutation->actor), "%s", object);
	rc = mutation_audit(mutation, tx,
		enrolment->kind == IDENTITY_HOST ? "host.enrol" : "user.enrol", object, detail,
		err);
	free(object);
	return rc;
}

static enum vk_rc run_enrol(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct enrolment *enrolment = mutation->data;
	struct store *store = writer_tx_store(tx);
	const char *environment = "";
	struct vk_buf pem;
	enum vk_rc rc = store_use_token(
		store, enrolment->token, enrolment->kind, enrolment->name, writer_tx_now(tx), err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	if (enrolment->kind == IDENTITY_HOST)
		rc = enrol_host(mutation, tx, &environment, err);
	else
		rc = store_set_user_enrolled(store, enrolment->name, writer_tx_now(tx), err);
	if (rc == VK_OK)
		rc = certify(mutation, tx, enrolment->kind, enrolment->name, &pem, err);
	if (rc == VK_OK)
		rc = audit_enrolment(mutation, tx, err);
	if (rc == VK_OK)
		set_answer(mutation, &pem, environment);
	vk_buf_release(&pem);
	return rc;
}

/* Strangers may try often, but the writer, which everybody waits for, is not theirs to keep busy. */
static enum vk_rc check_token(const struct mutation *mutation, struct vk_err *err)
{
	const struct enrolment *enrolment = mutation->data;
	struct store *store = NULL;
	enum vk_rc rc = readers_take(mutation->context->readers, &store, err);

	if (rc != VK_OK)
		return rc;
	rc = store_check_token(
		store, enrolment->token, enrolment->kind, enrolment->name, vk_clock_now(), err);
	readers_give(mutation->context->readers, store);
	return rc;
}

/* Answers a stranger who tries too often; true if so. */
static bool is_throttled(struct request *req)
{
	const struct context *context = request_context(req);

	if (throttle_take(context->throttle, request_peer_network(req), vk_clock_monotonic_ms()))
		return false;
	reply_busy(req, THROTTLED_RETRY_S);
	return true;
}

void route_enrol(struct request *req)
{
	struct mutation *mutation;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc;

	if (is_throttled(req))
		return;
	mutation = begin(req, "enrol", run_enrol);
	rc = mutation_parse_body(mutation, &err);
	if (rc == VK_OK)
		rc = parse_enrolment(mutation->body, mutation->data, &err);
	if (rc == VK_OK)
		rc = check_token(mutation, &err);
	if (rc == VK_OK)
		rc = choose_issuer(mutation, NULL, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

static enum vk_rc copy_name(const struct vkjson *body, const char *member,
	bool (*is_valid)(const char *name), char out[VK_NAME_BYTES], struct vk_err *err)
{
	const char *name = NULL;
	enum vk_rc rc = vkjson_get_string(body, member, &name, err);

	if (rc == VK_OK && !is_valid(name))
		return vk_err_set(err, VK_EINPUT, "member '%s': not a valid name", member);
	if (rc == VK_OK)
		snprintf(out, VK_NAME_BYTES, "%s", name);
	return rc;
}

/* What the host says of itself, the key of its connection, and the fingerprint of it all. */
static enum vk_rc parse_waiting(struct request *req, struct waiting_host *out, struct vk_err *err)
{
	const struct context *context = request_context(req);
	struct vkjson *body = NULL;
	const char *public_key = NULL;
	struct vk_buf spki;
	enum vk_rc rc = request_json(req, &body, err);

	memset(out, 0, sizeof(*out));
	vk_buf_init(&spki, SPKI_MAX_BYTES);
	if (rc == VK_OK)
		rc = copy_name(body, "name", vk_name_is_valid, out->name, err);
	if (rc == VK_OK)
		rc = copy_name(
			body, "environment", vk_environment_is_valid, out->environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(body, "public_key", &public_key, err);
	if (rc == VK_OK && !is_public_key(public_key))
		rc = vk_err_set(err, VK_EINPUT,
			"member 'public_key': expected ed25519: and 64 hexadecimal digits");
	if (rc == VK_OK) {
		const struct vk_host_claim claim = {.fleet = context->fleet,
			.name = out->name,
			.environment = out->environment,
			.public_key = out->public_key,
			.tls_key = out->tls_key};

		request_peer_public_key(req, &spki);
		vk_sha256(spki.data, spki.len, out->tls_key);
		snprintf(out->public_key, sizeof(out->public_key), "%s", public_key);
		snprintf(out->address, sizeof(out->address), "%s", request_peer_address(req));
		memcpy(out->network, request_peer_network(req), sizeof(out->network));
		vk_host_fingerprint(&claim, out->fingerprint);
	}
	vk_buf_release(&spki);
	vkjson_free(body);
	return rc;
}

static enum vk_rc find_approval(
	struct request *req, const struct waiting_host *host, bool *out, struct vk_err *err)
{
	struct context *context = request_context(req);
	struct store *store = NULL;
	enum vk_rc rc = readers_take(context->readers, &store, err);

	if (rc != VK_OK)
		return rc;
	rc = store_has_host_approval(
		store, host->name, host->fingerprint, vk_clock_now(), out, err);
	readers_give(context->readers, store);
	return rc;
}

/* The approval is for this fingerprint, and so for the key of this connection. */
static enum vk_rc use_approval(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct enrolment *enrolment = mutation->data;
	struct store *store = writer_tx_store(tx);
	bool is_approved = false;
	enum vk_rc rc = store_has_host_approval(store, enrolment->name, enrolment->fingerprint,
		writer_tx_now(tx), &is_approved, err);

	if (rc == VK_OK && !is_approved)
		rc = vk_err_set(err, VK_EDENIED, "the approval of host %s is over", enrolment->name);
	if (rc == VK_OK)
		rc = store_make_room_for_certificate(store, IDENTITY_HOST, enrolment->name,
			mutation->fingerprint, writer_tx_now(tx), err);
	return rc;
}

static enum vk_rc run_let_in(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct enrolment *enrolment = mutation->data;
	const char *environment = "";
	struct vk_buf pem;
	enum vk_rc rc = use_approval(mutation, tx, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = enrol_host(mutation, tx, &environment, err);
	if (rc == VK_OK)
		rc = certify(mutation, tx, IDENTITY_HOST, enrolment->name, &pem, err);
	if (rc == VK_OK)
		rc = audit_enrolment(mutation, tx, err);
	if (rc == VK_OK) {
		set_answer(mutation, &pem, environment);
		waiting_remove(mutation->context->waiting, enrolment->fingerprint);
	}
	vk_buf_release(&pem);
	return rc;
}

static void let_in(struct request *req, const struct waiting_host *host)
{
	struct mutation *mutation = begin(req, "host.enrol", run_let_in);
	struct enrolment *enrolment = mutation->data;
	struct vk_err err = VK_ERR_INIT;

	enrolment->kind = IDENTITY_HOST;
	enrolment->name = mutation_keep(mutation, host->name);
	enrolment->public_key = mutation_keep(mutation, host->public_key);
	enrolment->fingerprint = mutation_keep(mutation, host->fingerprint);
	if (choose_issuer(mutation, NULL, &err) == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

static void reply_waiting(struct request *req, const struct waiting_host *host)
{
	const struct context *context = request_context(req);
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *answer;

	switch (waiting_ask(context->waiting, host, vk_clock_now())) {
	case WAITING_LISTED:
		answer = vkjson_object();
		vkjson_set(answer, "state", vkjson_string("waiting"));
		vkjson_set(answer, "fingerprint", vkjson_string(host->fingerprint));
		reply_json(req, 202, answer);
		vkjson_free(answer);
		return;
	case WAITING_REJECTED:
		vk_err_set(&err, VK_EDENIED, "host %s was rejected", host->name);
		vk_err_hint(&err, "ask an operator of environment %s", host->environment);
		break;
	case WAITING_FULL:
		vk_err_set(&err, VK_EUNAVAIL, "too many hosts wait already");
		vk_err_hint(&err, "enrol with a token, or let an operator see to those that wait");
		break;
	}
	reply_error(req, &err);
}

void route_wait(struct request *req)
{
	struct vk_err err = VK_ERR_INIT;
	struct waiting_host host;
	bool is_approved = false;
	enum vk_rc rc;

	if (is_throttled(req))
		return;
	rc = parse_waiting(req, &host, &err);
	if (rc == VK_OK)
		rc = find_approval(req, &host, &is_approved, &err);
	if (rc != VK_OK)
		reply_error(req, &err);
	else if (is_approved)
		let_in(req, &host);
	else
		reply_waiting(req, &host);
}

static enum vk_rc run_renew(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc = store_make_room_for_certificate(writer_tx_store(tx), mutation->caller.kind,
		mutation->caller.name, mutation->fingerprint, writer_tx_now(tx), err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = certify(mutation, tx, mutation->caller.kind, mutation->caller.name, &pem, err);
	if (rc == VK_OK)
		rc = mutation_audit(mutation, tx, "certificate.renew", mutation->actor, NULL, err);
	if (rc == VK_OK)
		set_answer(mutation, &pem, mutation->caller.environment);
	vk_buf_release(&pem);
	return rc;
}

void route_renew(struct request *req)
{
	struct mutation *mutation = begin(req, "certificate.renew", run_renew);
	uint8_t wanted[VK_SHA256_BYTES];
	struct vk_err err = VK_ERR_INIT;
	bool is_named = false;
	enum vk_rc rc = VK_OK;
	size_t len;

	(void)request_body(req, &len);
	if (len > 0)
		rc = mutation_parse_body(mutation, &err);
	if (rc == VK_OK && vkjson_get(mutation->body, "ca") != NULL) {
		rc = vkjson_get_hex(mutation->body, "ca", wanted, sizeof(wanted), &err);
		is_named = true;
	}
	if (rc == VK_OK)
		rc = choose_issuer(mutation, is_named ? wanted : NULL, &err);
	if (rc == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}
