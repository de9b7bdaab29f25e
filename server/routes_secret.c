/* SPDX-License-Identifier: BSD-3-Clause */
/* Sealed secrets: envelopes taken and given out, as they are; what is in them is nobody's here. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"
#include "common/secret.h"
#include "common/vkjson.h"
#include "server/author_quota.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_environment.h"
#include "server/store/store_host.h"
#include "server/store/store_secret.h"

#include "common/banned.h"

enum {
	BODY_MAX_BYTES = 256 * 1024,
	SEALS_MAX = 10000,	    /* in one request */
	AUDIT_RECIPIENTS_MAX = 100, /* that an audit entry names; it counts all */
};

_Static_assert((int)STORE_SEAL_BYTES == (int)VK_SECRET_SEALED_BYTES, "a seal");
_Static_assert((int)STORE_SEAL_PUBLIC_BYTES == (int)VK_PUBLIC_KEY_BYTES, "a public key");

/* What a request brings: an envelope (or the digest of one) and seals. */
struct delivery {
	const char *text; /* the request's body: valid until the reply */
	size_t len;
	const char *digest;
	const char *envelope;	  /* POST /v1/secrets only */
	struct vk_secret *secret; /* the same, parsed */
	struct vk_seal *seals;
	size_t seal_count;
};

static void release(void *data)
{
	struct delivery *delivery = data;

	vk_secret_free(delivery->secret);
}

static enum vk_rc parse_seals(struct mutation *mutation, struct vk_err *err)
{
	struct delivery *delivery = mutation->data;
	const struct vkjson *list = NULL;
	size_t count;
	enum vk_rc rc = vkjson_get_array(mutation->body, "seals", &list, err);

	if (rc != VK_OK)
		return rc;
	count = vkjson_count(list);
	if (count == 0)
		return vk_err_set(err, VK_EINPUT, "member 'seals': sealed to nobody");
	if (count > SEALS_MAX)
		return vk_err_set(err, VK_ELIMIT, "more than %d seals", SEALS_MAX);
	delivery->seals = arena_calloc(mutation->arena, count, sizeof(*delivery->seals));
	delivery->seal_count = count;
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		rc = vk_seal_from_json(vkjson_at(list, i), &delivery->seals[i], err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "seal %zu", i);
	}
	return rc;
}

static enum vk_rc parse_envelope(struct mutation *mutation, struct vk_err *err)
{
	struct delivery *delivery = mutation->data;
	char digest[VK_SHA256_HEX_BYTES];
	size_t len;
	enum vk_rc rc = vkjson_get_string(mutation->body, "body", &delivery->envelope, err);

	if (rc != VK_OK)
		return rc;
	len = strlen(delivery->envelope);
	if (len > BODY_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "member 'body': more than %d bytes", BODY_MAX_BYTES);
	rc = vk_secret_parse(delivery->envelope, len, &delivery->secret, err);
	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "member 'body'");
	if (strcmp(delivery->secret->id.fleet, mutation->context->fleet) != 0)
		return vk_err_set(err, VK_EINPUT, "the secret is one of fleet '%s', not '%s'",
			delivery->secret->id.fleet, mutation->context->fleet);
	vk_digest_format(delivery->secret->digest, digest);
	delivery->digest = mutation_keep(mutation, digest);
	return VK_OK;
}

/* Background: thousands of seals. */
static enum vk_rc prepare_seals(struct mutation *mutation, struct vk_err *err)
{
	struct delivery *delivery = mutation->data;
	enum vk_rc rc = vkjson_parse(delivery->text, delivery->len, &mutation->body, err);

	return rc == VK_OK ? parse_seals(mutation, err) : rc;
}

static enum vk_rc prepare_secret(struct mutation *mutation, struct vk_err *err)
{
	enum vk_rc rc = prepare_seals(mutation, err);

	return rc == VK_OK ? parse_envelope(mutation, err) : rc;
}

static enum vk_rc save_seals(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct delivery *delivery = mutation->data;
	struct store_seal *seals =
		arena_calloc(mutation->arena, delivery->seal_count, sizeof(*seals));

	for (size_t i = 0; i < delivery->seal_count; i++) {
		const struct vk_seal *from = &delivery->seals[i];

		seals[i].recipient = from->recipient;
		seals[i].by = mutation->caller.name;
		seals[i].at = writer_tx_now(tx);
		memcpy(seals[i].public_key, from->public_key, sizeof(seals[i].public_key));
		memcpy(seals[i].sealed, from->sealed, sizeof(seals[i].sealed));
	}
	return store_save_seals(
		writer_tx_store(tx), delivery->digest, seals, delivery->seal_count, err);
}

static void set_public(struct vkjson *object, const uint8_t public_key[VK_PUBLIC_KEY_BYTES])
{
	char text[VK_PUBLIC_KEY_TEXT_BYTES];

	vk_public_key_format(public_key, text);
	vkjson_set(object, "public", vkjson_string(text));
}

/* For auditors: who can open it from now on. */
static struct vkjson *describe_seals(const struct delivery *delivery)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < delivery->seal_count && i < AUDIT_RECIPIENTS_MAX; i++) {
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "recipient", vkjson_string(delivery->seals[i].recipient));
		set_public(item, delivery->seals[i].public_key);
		vkjson_append(list, item);
	}
	return list;
}

static enum vk_rc audit(struct mutation *mutation, struct writer_tx *tx, const char *action,
	const struct store_secret *secret, struct vk_err *err)
{
	const struct delivery *delivery = mutation->data;
	struct vkjson *detail = vkjson_object();
	char *object = xasprintf(
		"secret/%s/%s/%lld", secret->environment, secret->name, (long long)secret->version);
	enum vk_rc rc;

	vkjson_set(detail, "sha256", vkjson_string(secret->digest));
	if (delivery->seal_count > 0) {
		vkjson_set(detail, "count", vkjson_int((int64_t)delivery->seal_count));
		vkjson_set(detail, "recipients", describe_seals(delivery));
	}
	rc = mutation_audit(mutation, tx, action, object, detail, err);
	free(object);
	return rc;
}

static enum vk_rc check_environment(
	struct writer_tx *tx, const char *environment, struct vk_err *err)
{
	bool is_there = false;
	enum vk_rc rc = store_has_environment(writer_tx_store(tx), environment, &is_there, err);

	if (rc != VK_OK || is_there)
		return rc;
	vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%s'", environment);
	vk_err_hint(err, "vkcfg status shows those that it has");
	return VK_ENOTFOUND;
}

static enum vk_rc run_add(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct delivery *delivery = mutation->data;
	const struct vk_secret_id *id = &delivery->secret->id;
	const struct store_secret secret = {.digest = delivery->digest,
		.environment = id->environment,
		.name = id->name,
		.version = id->version,
		.body = delivery->envelope,
		.body_len = strlen(delivery->envelope),
		.author = mutation->caller.name,
		.created = writer_tx_now(tx)};
	bool is_new = false;
	enum vk_rc rc = check_environment(tx, id->environment, err);

	if (rc == VK_OK)
		rc = store_add_secret(writer_tx_store(tx), &secret, &is_new, err);
	if (rc == VK_OK)
		rc = save_seals(mutation, tx, err);
	if (rc == VK_OK)
		rc = author_quota_check(mutation, tx, err);
	if (rc == VK_OK)
		rc = audit(mutation, tx, is_new ? "secret.add" : "secret.seal", &secret, err);
	if (rc != VK_OK)
		return rc;
	mutation->status = 201;
	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "sha256", vkjson_string(delivery->digest));
	return VK_OK;
}

static enum vk_rc run_seal(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct delivery *delivery = mutation->data;
	struct store_secret secret;
	enum vk_rc rc = store_get_secret(
		writer_tx_store(tx), delivery->digest, mutation->arena, &secret, err);

	if (rc == VK_OK)
		rc = save_seals(mutation, tx, err);
	if (rc == VK_OK)
		rc = audit(mutation, tx, "secret.seal", &secret, err);
	if (rc != VK_OK)
		return rc;
	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "seals", vkjson_int((int64_t)delivery->seal_count));
	return VK_OK;
}

static enum vk_rc run_remove(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct delivery *delivery = mutation->data;
	struct store_secret secret;
	enum vk_rc rc = store_get_secret(
		writer_tx_store(tx), delivery->digest, mutation->arena, &secret, err);

	if (rc == VK_OK)
		rc = store_remove_secret(writer_tx_store(tx), delivery->digest, err);
	return rc == VK_OK ? audit(mutation, tx, "secret.remove", &secret, err) : rc;
}

static struct mutation *begin(struct request *req, const char *name, mutation_run *run)
{
	struct mutation *mutation = mutation_new(req, name, run);
	struct delivery *delivery = arena_calloc(mutation->arena, 1, sizeof(*delivery));

	delivery->text = request_body(req, &delivery->len);
	mutation->data = delivery;
	mutation->release = release;
	return mutation;
}

void route_post_secret(struct request *req)
{
	struct mutation *mutation = begin(req, "secret.add", run_add);

	mutation->prepare = prepare_secret;
	mutation_start(mutation);
}

void route_post_seals(struct request *req)
{
	struct mutation *mutation = begin(req, "secret.seal", run_seal);
	struct delivery *delivery = mutation->data;

	delivery->digest = mutation_keep(mutation, request_param(req, "digest"));
	mutation->prepare = prepare_seals;
	mutation_start(mutation);
}

void route_remove_secret(struct request *req)
{
	struct mutation *mutation = begin(req, "secret.remove", run_remove);
	struct delivery *delivery = mutation->data;

	delivery->digest = mutation_keep(mutation, request_param(req, "digest"));
	mutation_start(mutation);
}

static struct vkjson *recipients_to_json(const struct store_secret *secret)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < secret->seal_count; i++) {
		const struct store_seal *seal = &secret->seals[i];
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "recipient", vkjson_string(seal->recipient));
		set_public(item, seal->public_key);
		vkjson_set(item, "by", vkjson_string(seal->by));
		vkjson_set(item, "at", vkjson_time(seal->at));
		vkjson_append(list, item);
	}
	return list;
}

static struct vkjson *secret_to_json(const struct store_secret *secret)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "environment", vkjson_string(secret->environment));
	vkjson_set(object, "name", vkjson_string(secret->name));
	vkjson_set(object, "version", vkjson_int(secret->version));
	vkjson_set(object, "sha256", vkjson_string(secret->digest));
	vkjson_set(object, "author", vkjson_string(secret->author));
	vkjson_set(object, "created", vkjson_time(secret->created));
	vkjson_set(object, "recipients", recipients_to_json(secret));
	return object;
}

static enum vk_rc list_secrets(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_secret_filter filter = {
		.where = query_filter(query), .name = request_query(query->req, "name")};
	struct store_secret_list list;
	struct vkjson *items;
	enum vk_rc rc =
		store_list_secrets(query->store, &filter, &query->page, query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, secret_to_json(&list.items[i]));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_secrets(struct request *req)
{
	query_run(req, list_secrets);
}

/* {"body","sealed"} for one public key. */
static enum vk_rc answer_sealed(struct query *query, const struct store_secret *secret,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct vkjson **answer, struct vk_err *err)
{
	struct store_seal seal;
	enum vk_rc rc =
		store_get_seal(query->store, secret->digest, public_key, query->arena, &seal, err);

	if (rc != VK_OK)
		return rc;
	*answer = vkjson_object();
	vkjson_set(*answer, "body", vkjson_stringn(secret->body, secret->body_len));
	vkjson_set(*answer, "sealed", vkjson_hex(seal.sealed, sizeof(seal.sealed)));
	return VK_OK;
}

static enum vk_rc get_secret(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const char *public_text = request_query(query->req, "public");
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct store_secret secret;
	enum vk_rc rc;

	if (public_text == NULL ||
		!vk_parse_hex(public_text, strlen(public_text), public_key, sizeof(public_key)))
		return vk_err_set(err, VK_EINPUT,
			"parameter 'public': expected the 64 hexadecimal digits of a public key");
	rc = store_get_secret(
		query->store, request_param(query->req, "digest"), query->arena, &secret, err);
	return rc == VK_OK ? answer_sealed(query, &secret, public_key, answer, err) : rc;
}

void route_get_secret(struct request *req)
{
	query_run(req, get_secret);
}

/* A host gets what is sealed to its own key, and of its own environment. */
static enum vk_rc get_host_secret(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct view_identity *host = request_identity(query->req);
	const char *digest = request_param(query->req, "digest");
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	const char *key = NULL;
	struct store_secret secret;
	enum vk_rc rc = store_get_secret(query->store, digest, query->arena, &secret, err);

	if (rc == VK_OK && strcmp(secret.environment, host->environment) != 0)
		rc = vk_err_set(err, VK_ENOTFOUND, "there is no secret %.64s in environment '%s'",
			digest, host->environment);
	if (rc == VK_OK)
		rc = store_get_host_key(query->store, host->name, query->arena, &key, err);
	if (rc == VK_OK && !vk_public_key_parse(key, public_key))
		rc = vk_err_set(err, VK_ENOTFOUND, "this host has no key");
	return rc == VK_OK ? answer_sealed(query, &secret, public_key, answer, err) : rc;
}

void route_get_host_secret(struct request *req)
{
	query_run(req, get_host_secret);
}
