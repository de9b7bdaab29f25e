/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_proof.h"

#include <string.h>

#include "common/audit.h"
#include "common/note.h"
#include "common/tuf/tuf_fleet.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const char type[] = "vkcfg-audit-proof";

static struct vkjson *log_to_json(const struct tuf_fleet *fleet)
{
	struct vkjson *log = vkjson_object();

	vkjson_set(log, "name", vkjson_string(fleet->log_name));
	vkjson_set(log, "public", vkjson_hex(fleet->log_public, sizeof(fleet->log_public)));
	return log;
}

static struct vkjson *root_to_json(const struct tuf_meta *root)
{
	struct vkjson *object = vkjson_object();
	uint8_t digest[VK_SHA256_BYTES];
	size_t len = 0;
	const char *bytes = tuf_meta_bytes(root, &len);

	vk_sha256(bytes, len, digest);
	vkjson_set(object, "version", vkjson_int(tuf_meta_version(root)));
	vkjson_set(object, "sha256", vkjson_hex(digest, sizeof(digest)));
	vkjson_set(object, "document", vkjson_stringn(bytes, len));
	return object;
}

enum vk_rc audit_proof_make(
	const struct audit_proof_parts *parts, struct vkjson **out, struct vk_err *err)
{
	struct tuf_fleet fleet;
	struct vkjson *proof;
	enum vk_rc rc = tuf_fleet_from_root(parts->root, &fleet, err);

	if (rc != VK_OK)
		return rc;
	proof = vkjson_object();
	vkjson_set(proof, "_type", vkjson_string(type));
	vkjson_set(proof, "format", vkjson_int(1));
	vkjson_set(proof, "index", vkjson_int((int64_t)parts->index));
	vkjson_set(proof, "entry", vkjson_string(parts->entry));
	vkjson_set(proof, "proof", merkle_proof_to_json(parts->inclusion));
	vkjson_set(proof, "checkpoint", vkjson_string(parts->checkpoint));
	vkjson_set(proof, "log", log_to_json(&fleet));
	vkjson_set(proof, "root", root_to_json(parts->root));
	*out = proof;
	return VK_OK;
}

static enum vk_rc check_type(const struct vkjson *proof, struct vk_err *err)
{
	const char *text = NULL;
	int64_t format = 0;
	enum vk_rc rc = vkjson_get_string(proof, "_type", &text, err);

	if (rc == VK_OK && strcmp(text, type) != 0)
		rc = vk_err_set(err, VK_EINPUT, "member '_type': expected '%s'", type);
	if (rc == VK_OK)
		rc = vkjson_get_int(proof, "format", 1, 1, &format, err);
	return rc;
}

/* The key that the file shows to its reader must be the one that counts. */
static enum vk_rc check_log(
	const struct vkjson *proof, const struct tuf_fleet *fleet, struct vk_err *err)
{
	const struct vkjson *log = NULL;
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	const char *name = NULL;
	enum vk_rc rc = vkjson_get_object(proof, "log", &log, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(log, "name", &name, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(log, "public", public_key, sizeof(public_key), err);
	if (rc != VK_OK)
		return rc;
	if (strcmp(name, fleet->log_name) == 0 &&
		memcmp(public_key, fleet->log_public, sizeof(public_key)) == 0)
		return VK_OK;
	vk_err_set(err, VK_EUNTRUSTED, "the proof is of another log than the trusted root's %s",
		fleet->log_name);
	vk_err_hint(
		err, "if the log's key was replaced since: --root with the digest of that time");
	return VK_EUNTRUSTED;
}

bool audit_proof_is_of(const struct vkjson *proof, const struct tuf_fleet *fleet)
{
	struct vk_err err = VK_ERR_INIT;

	return check_log(proof, fleet, &err) == VK_OK;
}

static enum vk_rc check_checkpoint(const struct vkjson *proof, const struct tuf_fleet *fleet,
	struct note_checkpoint *out, struct vk_err *err)
{
	const char *note = NULL;
	enum vk_rc rc = vkjson_get_string(proof, "checkpoint", &note, err);

	return rc == VK_OK ? note_verify_checkpoint(note, strlen(note), fleet->log_name,
				     fleet->log_public, out, err)
			   : rc;
}

static enum vk_rc check_inclusion(const struct vkjson *proof,
	const struct note_checkpoint *checkpoint, struct audit_proven *out, struct vk_err *err)
{
	struct merkle_proof inclusion = {.count = 0};
	struct vk_audit_entry *entry = NULL;
	const struct vkjson *hashes = NULL;
	uint8_t leaf[MERKLE_HASH_BYTES];
	int64_t index = 0;
	enum vk_rc rc = vkjson_get_int(proof, "index", 0, INT64_MAX, &index, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(proof, "entry", &out->entry, err);
	if (rc == VK_OK)
		rc = vk_audit_entry_parse(out->entry, strlen(out->entry), &entry, err);
	vk_audit_entry_free(entry);
	if (rc == VK_OK)
		rc = vkjson_get_array(proof, "proof", &hashes, err);
	if (rc == VK_OK)
		rc = merkle_proof_from_json(hashes, &inclusion, err);
	if (rc != VK_OK)
		return rc;
	out->index = (uint64_t)index;
	out->size = checkpoint->size;
	merkle_leaf_hash(out->entry, strlen(out->entry), leaf);
	return merkle_verify_inclusion(
		leaf, out->index, checkpoint->size, &inclusion, checkpoint->root, err);
}

enum vk_rc audit_proof_verify(const struct vkjson *proof, const struct tuf_meta *root,
	struct audit_proven *out, struct vk_err *err)
{
	struct note_checkpoint checkpoint;
	struct audit_proven proven = {0};
	struct tuf_fleet fleet;
	enum vk_rc rc = check_type(proof, err);

	if (rc == VK_OK)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK)
		rc = check_log(proof, &fleet, err);
	if (rc == VK_OK)
		rc = check_checkpoint(proof, &fleet, &checkpoint, err);
	if (rc == VK_OK)
		rc = check_inclusion(proof, &checkpoint, &proven, err);
	if (rc == VK_OK)
		*out = proven;
	return rc;
}

enum vk_rc audit_proof_root(const struct vkjson *proof, const uint8_t sha256[VK_SHA256_BYTES],
	struct tuf_meta **out, struct vk_err *err)
{
	const struct vkjson *root = NULL;
	const char *document = NULL;
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc = vkjson_get_object(proof, "root", &root, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(root, "document", &document, err);
	if (rc != VK_OK)
		return rc;
	vk_sha256(document, strlen(document), digest);
	if (memcmp(digest, sha256, sizeof(digest)) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the root document in the proof has another digest than the given one");
	return tuf_meta_parse(document, strlen(document), TUF_ROOT, out, err);
}
