/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/secrets.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/pull/envelope.h"
#include "client/pull/host_key.h"
#include "client/pull/pins.h"
#include "client/pull/secrets_cache.h"
#include "client/pull/secrets_conf.h"
#include "common/mem.h"

#include "common/banned.h"

struct secrets {
	const struct vk_bundle *bundle;
	struct vk_secret_value *values[VK_BUNDLE_MAX_SECRETS]; /* in the order of the bundle's */
};

static struct vk_secret_id id_of(
	const struct instance *instance, const struct vk_bundle_secret *secret)
{
	return (struct vk_secret_id){.fleet = instance->pins->fleet,
		.environment = instance->pins->environment,
		.name = secret->name,
		.version = secret->version};
}

static enum vk_rc prefix(const struct vk_bundle_secret *secret, enum vk_rc rc, struct vk_err *err)
{
	return vk_err_prefix(
		err, rc, "secret %s version %lld", secret->name, (long long)secret->version);
}

/* From what is kept. */
static enum vk_rc open_kept(const struct instance *instance, const struct vk_signkey *key,
	const struct vk_bundle_secret *secret, struct vk_secret_value **out, struct vk_err *err)
{
	const struct vk_secret_id id = id_of(instance, secret);
	struct envelope envelope = {.body = NULL};
	enum vk_rc rc = secrets_cache_read(instance->state, secret->sha256, &envelope, err);

	if (rc == VK_OK)
		rc = envelope_open(&envelope, &id, secret->sha256, key, out, err);
	envelope_release(&envelope);
	return rc;
}

/* The exact words that the person at the other end searches for. */
static enum vk_rc not_sealed(
	const struct instance *instance, const struct vk_bundle_secret *secret, struct vk_err *err)
{
	*err = (struct vk_err)VK_ERR_INIT;
	return vk_err_set(err, VK_EDENIED,
		"secret %s version %lld is not sealed to this host: a keeper of %s runs vkcfg "
		"secret reseal %s",
		secret->name, (long long)secret->version, instance->pins->environment,
		instance->pins->environment);
}

static enum vk_rc get(const struct instance *instance, const struct vk_bundle_secret *secret,
	const struct source *source, struct envelope *out, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	char digest[VK_SHA256_HEX_BYTES];
	char *target;
	enum vk_rc rc;

	vk_digest_format(secret->sha256, digest);
	target = xasprintf("/v1/agent/secrets/%s", digest);
	rc = source_get(source, target, ENVELOPE_MAX_BYTES, &reply, err);
	if (rc == VK_OK)
		rc = envelope_parse(reply.body, reply.body_len, out, err);
	else if (reply.status == 404)
		rc = not_sealed(instance, secret, err);
	else if (rc == VK_ELIMIT)
		rc = err->rc = VK_EUNTRUSTED; /* no secret is that large */
	httpc_reply_release(&reply);
	free(target);
	return rc;
}

/* Kept only after it has opened: what cannot be opened is worth nothing. */
static enum vk_rc fetch(const struct instance *instance, const struct vk_signkey *key,
	const struct vk_bundle_secret *secret, const struct source *source, struct vk_err *err)
{
	const struct vk_secret_id id = id_of(instance, secret);
	struct vk_secret_value *value = NULL;
	struct envelope envelope = {.body = NULL};
	enum vk_rc rc = get(instance, secret, source, &envelope, err);

	if (rc == VK_EDENIED)
		return rc; /* names the secret already */
	if (rc == VK_OK)
		rc = envelope_open(&envelope, &id, secret->sha256, key, &value, err);
	if (rc == VK_OK)
		rc = secrets_cache_write(instance->state, secret->sha256, &envelope, err);
	vk_secret_value_free(value);
	envelope_release(&envelope);
	return rc == VK_OK ? rc : prefix(secret, rc, err);
}

static enum vk_rc fetch_missing(const struct instance *instance, const struct vk_signkey *key,
	const struct vk_bundle_secret *secret, const struct source *source, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT; /* missing or damaged: all the same */
	struct vk_secret_value *value = NULL;
	enum vk_rc rc = open_kept(instance, key, secret, &value, &ignored);

	vk_secret_value_free(value);
	return rc == VK_OK ? rc : fetch(instance, key, secret, source, err);
}

enum vk_rc secrets_fetch(const struct instance *instance, const struct vk_bundle *bundle,
	const struct source *source, struct vk_err *err)
{
	struct vk_signkey *key = NULL;
	enum vk_rc rc = VK_OK;

	if (bundle->secret_count > 0)
		rc = host_key_read(instance->state, &key, err);
	for (size_t i = 0; rc == VK_OK && i < bundle->secret_count; i++)
		rc = fetch_missing(instance, key, &bundle->secrets[i], source, err);
	vk_signkey_free(key);
	return rc;
}

enum vk_rc secrets_open(const struct instance *instance, const struct vk_bundle *bundle,
	struct secrets **out, struct vk_err *err)
{
	struct vk_signkey *key = NULL;
	struct secrets *secrets;
	enum vk_rc rc;

	*out = NULL;
	if (bundle->secret_count == 0)
		return VK_OK;
	rc = host_key_read(instance->state, &key, err);
	secrets = xcalloc(1, sizeof(*secrets));
	secrets->bundle = bundle;
	for (size_t i = 0; rc == VK_OK && i < bundle->secret_count; i++) {
		rc = open_kept(instance, key, &bundle->secrets[i], &secrets->values[i], err);
		if (rc == VK_OK)
			continue;
		prefix(&bundle->secrets[i], rc, err);
		vk_err_hint(err, "the next run that reaches the server fetches it again");
		if (rc != VK_EIO)
			rc = err->rc = VK_EUNAVAIL;
	}
	vk_signkey_free(key);
	if (rc == VK_OK)
		*out = secrets;
	else
		secrets_free(secrets);
	return rc;
}

void secrets_free(struct secrets *secrets)
{
	if (secrets == NULL)
		return;
	for (size_t i = 0; i < secrets->bundle->secret_count; i++)
		vk_secret_value_free(secrets->values[i]);
	free(secrets);
}

const struct vk_secret_value *secrets_get(
	const struct secrets *secrets, const char *name, int64_t version)
{
	const struct vk_bundle_secret *found;

	if (secrets == NULL)
		return NULL;
	found = vk_bundle_find_secret(secrets->bundle, name, version);
	return found != NULL ? secrets->values[found - secrets->bundle->secrets] : NULL;
}

const char *secrets_directive(const struct secrets *secrets, const char *directive)
{
	const struct vk_secret_value *value;
	struct vk_placeholder found;

	if (secrets == NULL || !secrets_conf_find(secrets->bundle, directive, &found))
		return NULL;
	value = secrets_get(secrets, found.name, found.version);
	return value != NULL ? vk_secret_value_text(value) : NULL;
}
