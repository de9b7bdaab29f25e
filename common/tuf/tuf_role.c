/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_role.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { KEYID_MAX_BYTES = 128 };

struct tuf_keyring {
	size_t count;
	struct tuf_key **keys; /* sorted by id */
};

struct member {
	const char *keyid;	   /* in the metadata's JSON */
	const struct tuf_key *key; /* NULL: the delegator lists no such key */
};

struct tuf_role {
	unsigned threshold;
	size_t count;
	struct member *members; /* in the order of keyids */
	size_t key_count;
	const struct tuf_key **keys; /* those that are known */
};

static int compare_keys(const void *a, const void *b)
{
	return strcmp(
		tuf_key_id(*(struct tuf_key *const *)a), tuf_key_id(*(struct tuf_key *const *)b));
}

static int compare_id(const void *id, const void *key)
{
	return strcmp(id, tuf_key_id(*(struct tuf_key *const *)key));
}

static enum vk_rc add_key(
	struct tuf_keyring *ring, const struct vkjson_iter *it, struct vk_err *err)
{
	struct tuf_key *key = NULL;
	enum vk_rc rc = tuf_key_parse(it->value, &key, err);

	if (rc != VK_OK)
		return rc;
	ring->keys[ring->count++] = key;
	if (strcmp(tuf_key_id(key), it->name) != 0)
		return vk_err_set(
			err, VK_EINPUT, "key '%.16s...' has the id of another key", it->name);
	return VK_OK;
}

enum vk_rc tuf_keyring_parse(
	const struct vkjson *keys, struct tuf_keyring **out, struct vk_err *err)
{
	struct tuf_keyring *ring;
	enum vk_rc rc = VK_OK;

	if (vkjson_count(keys) > TUF_MAX_KEYS)
		return vk_err_set(err, VK_ELIMIT, "more than %d keys", TUF_MAX_KEYS);
	ring = xcalloc(1, sizeof(*ring));
	ring->keys = xcalloc(vkjson_count(keys) + 1, sizeof(*ring->keys));
	for (struct vkjson_iter it = vkjson_iter(keys); rc == VK_OK && vkjson_next(&it);)
		rc = add_key(ring, &it, err);
	if (rc != VK_OK) {
		tuf_keyring_free(ring);
		return rc;
	}
	qsort(ring->keys, ring->count, sizeof(*ring->keys), compare_keys);
	*out = ring;
	return VK_OK;
}

void tuf_keyring_free(struct tuf_keyring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < ring->count; i++)
		tuf_key_free(ring->keys[i]);
	free(ring->keys);
	free(ring);
}

size_t tuf_keyring_count(const struct tuf_keyring *ring)
{
	return ring->count;
}

const struct tuf_key *tuf_keyring_find(const struct tuf_keyring *ring, const char *keyid)
{
	struct tuf_key **found =
		bsearch(keyid, ring->keys, ring->count, sizeof(*ring->keys), compare_id);

	return found != NULL ? *found : NULL;
}

static const struct member *find_member(const struct tuf_role *role, const char *keyid)
{
	for (size_t i = 0; i < role->count; i++) {
		if (strcmp(role->members[i].keyid, keyid) == 0)
			return &role->members[i];
	}
	return NULL;
}

static enum vk_rc add_member(struct tuf_role *role, const struct vkjson *value,
	const struct tuf_keyring *ring, struct vk_err *err)
{
	const char *keyid = vkjson_text(value);
	struct member *member;

	if (keyid == NULL || strlen(keyid) > KEYID_MAX_BYTES)
		return vk_err_set(err, VK_EINPUT, "member 'keyids': expected key ids");
	if (find_member(role, keyid) != NULL)
		return vk_err_set(
			err, VK_EINPUT, "member 'keyids': '%.16s...' is listed twice", keyid);
	member = &role->members[role->count++];
	member->keyid = keyid;
	member->key = tuf_keyring_find(ring, keyid);
	if (member->key != NULL)
		role->keys[role->key_count++] = member->key;
	return VK_OK;
}

enum vk_rc tuf_role_parse(const struct vkjson *json, const struct tuf_keyring *ring,
	struct tuf_role **out, struct vk_err *err)
{
	const struct vkjson *keyids = NULL;
	struct tuf_role *role;
	int64_t threshold;
	enum vk_rc rc = vkjson_get_array(json, "keyids", &keyids, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(json, "threshold", 1, INT_MAX, &threshold, err);
	if (rc == VK_OK && vkjson_count(keyids) > TUF_MAX_KEYIDS)
		rc = vk_err_set(err, VK_ELIMIT, "more than %d key ids", TUF_MAX_KEYIDS);
	if (rc != VK_OK)
		return rc;
	role = xcalloc(1, sizeof(*role));
	role->threshold = (unsigned)threshold;
	role->members = xcalloc(vkjson_count(keyids) + 1, sizeof(*role->members));
	role->keys = xcalloc(vkjson_count(keyids) + 1, sizeof(*role->keys));
	for (size_t i = 0; i < vkjson_count(keyids) && rc == VK_OK; i++)
		rc = add_member(role, vkjson_at(keyids, i), ring, err);
	if (rc != VK_OK) {
		tuf_role_free(role);
		return rc;
	}
	*out = role;
	return VK_OK;
}

void tuf_role_free(struct tuf_role *role)
{
	if (role == NULL)
		return;
	free(role->members);
	free(role->keys);
	free(role);
}

unsigned tuf_role_threshold(const struct tuf_role *role)
{
	return role->threshold;
}

size_t tuf_role_key_count(const struct tuf_role *role)
{
	return role->key_count;
}

const struct tuf_key *tuf_role_key(const struct tuf_role *role, size_t i)
{
	return i < role->key_count ? role->keys[i] : NULL;
}

const struct tuf_key *tuf_role_find_key(const struct tuf_role *role, const char *keyid)
{
	const struct member *member = find_member(role, keyid);

	return member != NULL ? member->key : NULL;
}

bool tuf_role_has_same_keys(const struct tuf_role *a, const struct tuf_role *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (find_member(b, a->members[i].keyid) == NULL)
			return false;
	}
	return true;
}

static enum vk_rc refuse(struct vk_err *err, const char *role_name, const char *why)
{
	return vk_err_set(err, VK_EUNTRUSTED, "%s: %s", role_name, why);
}

/* A list in which one key id stands twice was made to confuse somebody's counting. */
static enum vk_rc check_signatures(
	const char *role_name, const struct vkjson *signatures, struct vk_err *err)
{
	size_t count = vkjson_count(signatures);

	if (count > TUF_MAX_SIGNATURES)
		return vk_err_set(err, VK_ELIMIT, "%s: more than %d signatures", role_name,
			TUF_MAX_SIGNATURES);
	for (size_t i = 0; i < count; i++) {
		const struct vkjson *entry = vkjson_at(signatures, i);
		const char *keyid = vkjson_text(vkjson_get(entry, "keyid"));

		if (keyid == NULL || vkjson_text(vkjson_get(entry, "sig")) == NULL)
			return refuse(err, role_name, "malformed signature");
		for (size_t k = 0; k < i; k++) {
			const struct vkjson *other = vkjson_at(signatures, k);

			if (strcmp(vkjson_text(vkjson_get(other, "keyid")), keyid) == 0)
				return refuse(err, role_name, "two signatures with one key id");
		}
	}
	return VK_OK;
}

static bool verify_hex(
	const struct tuf_key *key, const char *hex, const void *signed_bytes, size_t signed_len)
{
	uint8_t sig[TUF_SIG_MAX_BYTES];
	size_t len = strlen(hex) / 2;

	if (len == 0 || len > sizeof(sig) || !vk_parse_hex(hex, strlen(hex), sig, len))
		return false;
	return tuf_key_verify(key, signed_bytes, signed_len, sig, len);
}

static const char *find_signature(const struct vkjson *signatures, const char *keyid)
{
	for (size_t i = 0; i < vkjson_count(signatures); i++) {
		const struct vkjson *entry = vkjson_at(signatures, i);

		if (strcmp(vkjson_text(vkjson_get(entry, "keyid")), keyid) == 0)
			return vkjson_text(vkjson_get(entry, "sig"));
	}
	return NULL;
}

/* Keys that have signed, each counted once: one key under two ids is one key. */
static size_t count_signers(const struct tuf_role *role, const struct vkjson *signatures,
	const void *signed_bytes, size_t signed_len)
{
	uint8_t(*seen)[VK_SHA256_BYTES] = xcalloc(role->key_count + 1, sizeof(*seen));
	size_t count = 0;

	for (size_t i = 0; i < role->key_count; i++) {
		const char *hex = find_signature(signatures, tuf_key_id(role->keys[i]));
		size_t k;

		if (hex == NULL || !tuf_key_material(role->keys[i], seen[count]))
			continue;
		for (k = 0; k < count && memcmp(seen[k], seen[count], sizeof(*seen)) != 0; k++)
			continue;
		if (k == count && verify_hex(role->keys[i], hex, signed_bytes, signed_len))
			count++;
	}
	free(seen);
	return count;
}

enum vk_rc tuf_role_verify(const struct tuf_role *role, const char *role_name,
	const struct vkjson *signatures, const void *signed_bytes, size_t signed_len,
	struct vk_err *err)
{
	enum vk_rc rc = check_signatures(role_name, signatures, err);
	size_t count;

	if (rc != VK_OK)
		return rc;
	count = count_signers(role, signatures, signed_bytes, signed_len);
	if (count < role->threshold)
		return vk_err_set(err, VK_EUNTRUSTED, "%s: %zu of the %u signatures that it needs",
			role_name, count, role->threshold);
	return VK_OK;
}

enum vk_rc tuf_role_verify_one(const struct tuf_role *role, const char *keyid, const char *sig_hex,
	const void *signed_bytes, size_t signed_len, const struct tuf_key **key_out,
	struct vk_err *err)
{
	const struct tuf_key *key = tuf_role_find_key(role, keyid);

	if (key == NULL)
		return vk_err_set(err, VK_EDENIED, "the key may not sign for this role");
	if (!verify_hex(key, sig_hex, signed_bytes, signed_len))
		return vk_err_set(err, VK_EUNTRUSTED, "the signature is wrong");
	if (key_out != NULL)
		*key_out = key;
	return VK_OK;
}
