/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/signer_core.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/note.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_fleet.h"
#include "common/vkjson.h"
#include "server/signer_message.h"

#include "common/banned.h"

struct signer_core {
	char *fleet;
	char *log_name;
	struct signer_keys keys;
	/* What has been signed in this life: */
	int64_t snapshot_version;
	int64_t timestamp_version;
	int64_t timestamp_snapshot; /* version of the snapshot in the last timestamp */
	uint64_t log_size;
	uint8_t log_root[VK_SHA256_BYTES];
};

struct signer_core *signer_core_new(const char *fleet, const struct signer_keys *keys)
{
	struct signer_core *core = xcalloc(1, sizeof(*core));

	core->fleet = xstrdup(fleet);
	core->log_name = tuf_fleet_log_name(fleet, 1);
	core->keys = *keys;
	return core;
}

void signer_core_set_log(struct signer_core *core, unsigned log_number)
{
	free(core->log_name);
	core->log_name = tuf_fleet_log_name(core->fleet, log_number);
}

void signer_core_free(struct signer_core *core)
{
	if (core == NULL)
		return;
	vk_signkey_free(core->keys.snapshot);
	vk_signkey_free(core->keys.timestamp);
	vk_signkey_free(core->keys.log);
	vk_signkey_free(core->keys.log_before);
	for (size_t i = 0; i < core->keys.ca_count; i++) {
		x509_key_free(core->keys.cas[i].key);
		free(core->keys.cas[i].pem);
	}
	free(core->fleet);
	free(core->log_name);
	free(core);
}

static void put_public_key(const struct vk_signkey *key, struct vk_buf *reply)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];

	vk_signkey_public(key, public_key);
	signer_put_bytes(reply, public_key, sizeof(public_key));
}

void signer_core_greet(const struct signer_core *core, struct vk_buf *reply)
{
	signer_put_byte(reply, VK_OK);
	put_public_key(core->keys.snapshot, reply);
	put_public_key(core->keys.timestamp, reply);
	put_public_key(core->keys.log, reply);
	signer_put_number(reply, core->keys.ca_count);
	for (size_t i = 0; i < core->keys.ca_count; i++)
		signer_put_bytes(reply, core->keys.cas[i].digest, VK_SHA256_BYTES);
}

static enum vk_rc check_whole(const struct signer_reader *request, struct vk_err *err)
{
	if (!signer_is_whole(request))
		return vk_err_set(err, VK_EINPUT, "the request is malformed");
	return VK_OK;
}

static enum vk_rc check_lifetime(
	const char *what, int64_t expires, int64_t max_seconds, struct vk_err *err)
{
	int64_t now = vk_clock_now();

	if (expires <= now)
		return vk_err_set(err, VK_EUNTRUSTED, "the %s has expired already", what);
	if (expires - now > max_seconds)
		return vk_err_set(err, VK_EUNTRUSTED, "the %s would live longer than %lld seconds",
			what, (long long)max_seconds);
	return VK_OK;
}

static enum vk_rc check_newer(const char *what, int64_t version, int64_t last, struct vk_err *err)
{
	if (version <= last)
		return vk_err_set(err, VK_EUNTRUSTED, "%s %lld is not newer than %lld", what,
			(long long)version, (long long)last);
	return VK_OK;
}

/* What the signer must know of a snapshot to put its name to it. */
static enum vk_rc read_snapshot(
	const char *text, size_t len, int64_t *version, int64_t *expires, struct vk_err *err)
{
	const struct vkjson *meta;
	struct vkjson *part = NULL;
	const char *type;
	enum vk_rc rc = vkjson_parse_canonical(text, len, &part, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(part, "_type", &type, err);
	if (rc == VK_OK && strcmp(type, "snapshot") != 0)
		rc = vk_err_set(err, VK_EINPUT, "this is no snapshot");
	if (rc == VK_OK)
		rc = vkjson_get_int(part, "version", 1, INT64_MAX, version, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(part, "expires", expires, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(part, "meta", &meta, err);
	vkjson_free(part);
	if (rc == VK_OK)
		return VK_OK;
	return vk_err_set(err, VK_EUNTRUSTED, "not a snapshot: %s", err->msg);
}

static enum vk_rc sign_snapshot(struct signer_core *core, struct signer_reader *request,
	struct vk_buf *reply, struct vk_err *err)
{
	uint8_t sig[VK_SIGNATURE_BYTES];
	int64_t version = 0, expires = 0;
	size_t len;
	const char *text = signer_take_bytes(request, SIGNER_SNAPSHOT_MAX_BYTES, &len);
	enum vk_rc rc = check_whole(request, err);

	if (rc == VK_OK)
		rc = read_snapshot(text, len, &version, &expires, err);
	if (rc == VK_OK)
		rc = check_newer("snapshot", version, core->snapshot_version, err);
	if (rc == VK_OK)
		rc = check_lifetime("snapshot", expires, SIGNER_SNAPSHOT_MAX_SECONDS, err);
	if (rc != VK_OK)
		return rc;
	core->snapshot_version = version;
	vk_signkey_sign(core->keys.snapshot, text, len, sig);
	signer_put_byte(reply, VK_OK);
	signer_put_bytes(reply, sig, sizeof(sig));
	return VK_OK;
}

static enum vk_rc check_timestamp(const struct signer_core *core, int64_t version, int64_t expires,
	const struct tuf_file_spec *snapshot, struct vk_err *err)
{
	enum vk_rc rc = check_newer("timestamp", version, core->timestamp_version, err);

	if (rc == VK_OK && snapshot->version < core->timestamp_snapshot)
		rc = vk_err_set(err, VK_EUNTRUSTED, "snapshot %lld is older than %lld",
			(long long)snapshot->version, (long long)core->timestamp_snapshot);
	if (rc == VK_OK)
		rc = check_lifetime("timestamp", expires, SIGNER_TIMESTAMP_MAX_SECONDS, err);
	return rc;
}

static enum vk_rc make_timestamp(struct signer_core *core, struct signer_reader *request,
	struct vk_buf *reply, struct vk_err *err)
{
	struct tuf_file_spec snapshot = {.role = "snapshot"};
	uint8_t sig[VK_SIGNATURE_BYTES];
	struct vk_buf part;
	int64_t version = (int64_t)signer_take_number(request);
	int64_t expires = (int64_t)signer_take_number(request);
	enum vk_rc rc;

	snapshot.version = (int64_t)signer_take_number(request);
	snapshot.length = (size_t)signer_take_number(request);
	signer_take_exactly(request, snapshot.sha256, sizeof(snapshot.sha256));
	vk_buf_init(&part, TUF_TIMESTAMP_MAX_BYTES);
	rc = check_whole(request, err);
	if (rc == VK_OK)
		rc = check_timestamp(core, version, expires, &snapshot, err);
	if (rc == VK_OK)
		rc = tuf_build_timestamp(version, expires, &snapshot, &part, err);
	if (rc == VK_OK) {
		core->timestamp_version = version;
		core->timestamp_snapshot = snapshot.version;
		vk_signkey_sign(core->keys.timestamp, part.data, part.len, sig);
		signer_put_byte(reply, VK_OK);
		signer_put_bytes(reply, part.data, part.len);
		signer_put_bytes(reply, sig, sizeof(sig));
	}
	vk_buf_release(&part);
	return rc;
}

static void take_proof(struct signer_reader *request, struct merkle_proof *proof)
{
	uint64_t count = signer_take_number(request);

	if (count > MERKLE_PROOF_MAX)
		request->is_bad = true;
	proof->count = request->is_bad ? 0 : (size_t)count;
	for (size_t i = 0; i < proof->count; i++)
		signer_take_exactly(request, proof->hashes[i], MERKLE_HASH_BYTES);
}

/* Until a root names the new key, hosts know the log by the one before: both sign. */
static void add_signature_before(
	const struct signer_core *core, const struct vk_buf *text, struct vk_buf *note)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES], sig[VK_SIGNATURE_BYTES];

	if (core->keys.log_before == NULL)
		return;
	vk_signkey_public(core->keys.log_before, public_key);
	vk_signkey_sign(core->keys.log_before, text->data, text->len, sig);
	note_add_signature(core->log_name, public_key, sig, note);
}

static enum vk_rc make_checkpoint(struct signer_core *core, struct signer_reader *request,
	struct vk_buf *reply, struct vk_err *err)
{
	struct note_checkpoint checkpoint = {.size = signer_take_number(request)};
	struct merkle_proof proof;
	struct vk_buf text, note;
	enum vk_rc rc;

	signer_take_exactly(request, checkpoint.root, sizeof(checkpoint.root));
	take_proof(request, &proof);
	rc = check_whole(request, err);
	if (rc == VK_OK)
		rc = merkle_verify_consistency(core->log_size, core->log_root, checkpoint.size,
			checkpoint.root, &proof, err);
	if (rc != VK_OK)
		return rc;
	core->log_size = checkpoint.size;
	memcpy(core->log_root, checkpoint.root, sizeof(core->log_root));
	vk_buf_init(&text, NOTE_MAX_BYTES);
	vk_buf_init(&note, NOTE_MAX_BYTES);
	note_checkpoint_format(core->log_name, &checkpoint, &text);
	note_sign(text.data, core->log_name, core->keys.log, &note);
	add_signature_before(core, &text, &note);
	signer_put_byte(reply, VK_OK);
	signer_put_bytes(reply, note.data, note.len);
	vk_buf_release(&text);
	vk_buf_release(&note);
	return VK_OK;
}

/* A certificate as asked for; the names point into name_texts. */
struct certificate {
	struct x509_request request;
	uint8_t issuer[VK_SHA256_BYTES]; /* all zero: the first CA */
	char name_texts[SIGNER_MAX_NAMES][SIGNER_FIELD_MAX_BYTES];
	const char *names[SIGNER_MAX_NAMES + 1];
};

static void take_certificate(struct signer_reader *request, struct certificate *out)
{
	struct x509_request *x509 = &out->request;
	uint8_t kind;
	uint64_t count;

	signer_take_exactly(request, out->issuer, sizeof(out->issuer));
	x509->spki = signer_take_bytes(request, SIGNER_FIELD_MAX_BYTES, &x509->spki_len);
	kind = signer_take_byte(request);
	if (kind > X509_KIND_SERVER)
		request->is_bad = true;
	x509->identity.kind = request->is_bad ? X509_KIND_HOST : (enum x509_kind)kind;
	signer_take_text(request, x509->identity.name, sizeof(x509->identity.name));
	x509->not_before = (int64_t)signer_take_number(request);
	x509->not_after = (int64_t)signer_take_number(request);
	count = signer_take_number(request);
	if (count > SIGNER_MAX_NAMES)
		request->is_bad = true;
	for (uint64_t i = 0; !request->is_bad && i < count; i++) {
		signer_take_text(request, out->name_texts[i], sizeof(out->name_texts[i]));
		out->names[i] = out->name_texts[i];
	}
	x509->names = out->names;
}

static int64_t max_seconds(enum x509_kind kind)
{
	switch (kind) {
	case X509_KIND_HOST:
		return SIGNER_HOST_MAX_SECONDS;
	case X509_KIND_USER:
		return SIGNER_USER_MAX_SECONDS;
	case X509_KIND_SERVER:
		return SIGNER_SERVER_MAX_SECONDS;
	}
	return 0;
}

static enum vk_rc check_certificate(const struct x509_request *request, struct vk_err *err)
{
	const char *kind = x509_kind_name(request->identity.kind);
	int64_t now = vk_clock_now();

	if (!vk_name_is_valid(request->identity.name))
		return vk_err_set(err, VK_EINPUT, "the name of the %s is not valid", kind);
	if (request->identity.kind != X509_KIND_SERVER && request->names[0] != NULL)
		return vk_err_set(err, VK_EUNTRUSTED,
			"only a server's certificate may carry host names or addresses");
	if (request->not_before < now - SIGNER_CLOCK_SKEW_SECONDS ||
		request->not_before > now + SIGNER_CLOCK_SKEW_SECONDS)
		return vk_err_set(err, VK_EUNTRUSTED, "a certificate begins to be valid now");
	return check_lifetime(
		"certificate", request->not_after, max_seconds(request->identity.kind), err);
}

static const struct signer_ca *find_ca(
	const struct signer_core *core, const uint8_t digest[VK_SHA256_BYTES])
{
	static const uint8_t first[VK_SHA256_BYTES];

	if (core->keys.ca_count > 0 && memcmp(digest, first, sizeof(first)) == 0)
		return &core->keys.cas[0];
	for (size_t i = 0; i < core->keys.ca_count; i++) {
		if (memcmp(core->keys.cas[i].digest, digest, VK_SHA256_BYTES) == 0)
			return &core->keys.cas[i];
	}
	return NULL;
}

static enum vk_rc issue_certificate(struct signer_core *core, struct signer_reader *request,
	struct vk_buf *reply, struct vk_err *err)
{
	struct certificate *certificate = xcalloc(1, sizeof(*certificate));
	struct x509_identity *identity = &certificate->request.identity;
	const struct signer_ca *ca = NULL;
	struct vk_buf pem;
	enum vk_rc rc;

	take_certificate(request, certificate);
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = check_whole(request, err);
	if (rc == VK_OK)
		rc = check_certificate(&certificate->request, err);
	if (rc == VK_OK) {
		ca = find_ca(core, certificate->issuer);
		if (ca == NULL)
			rc = vk_err_set(err, VK_EUNTRUSTED, "the signer has no such CA");
	}
	if (rc == VK_OK) {
		memcpy(identity->fleet, core->fleet, strlen(core->fleet) + 1);
		rc = x509_issue(&certificate->request, ca->key, ca->pem, &pem, err);
	}
	if (rc == VK_OK) {
		signer_put_byte(reply, VK_OK);
		signer_put_bytes(reply, pem.data, pem.len);
	}
	vk_buf_release(&pem);
	free(certificate);
	return rc;
}

static enum vk_rc dispatch(struct signer_core *core, struct signer_reader *request,
	struct vk_buf *reply, struct vk_err *err)
{
	switch (signer_take_byte(request)) {
	case SIGNER_SIGN_SNAPSHOT:
		return sign_snapshot(core, request, reply, err);
	case SIGNER_MAKE_TIMESTAMP:
		return make_timestamp(core, request, reply, err);
	case SIGNER_MAKE_CHECKPOINT:
		return make_checkpoint(core, request, reply, err);
	case SIGNER_ISSUE_CERTIFICATE:
		return issue_certificate(core, request, reply, err);
	default: /* a byte from outside, not one of ours */
		return vk_err_set(err, VK_EINPUT, "there is no such request");
	}
}

void signer_core_answer(
	struct signer_core *core, const void *request, size_t len, struct vk_buf *reply)
{
	struct signer_reader reader = {.at = request, .left = len};
	struct vk_err err = VK_ERR_INIT;

	if (dispatch(core, &reader, reply, &err) != VK_OK) {
		vk_buf_reset(reply);
		signer_put_failure(reply, &err);
	}
}
