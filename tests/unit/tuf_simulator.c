/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/tuf_simulator.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_path.h"
#include "tests/unit/tuf_simulator_parts.h"

static struct tuf_sim_role *find_role(struct tuf_sim *sim, const char *name)
{
	for (size_t i = 0; i < sim->role_count; i++) {
		if (strcmp(sim->roles[i]->name, name) == 0)
			return sim->roles[i];
	}
	return NULL;
}

static struct tuf_sim_role *get_role(struct tuf_sim *sim, const char *name)
{
	struct tuf_sim_role *role = find_role(sim, name);

	assert(role != NULL);
	return role;
}

static struct vkjson *member(struct vkjson *obj, const char *name)
{
	return (struct vkjson *)(uintptr_t)vkjson_get(obj, name);
}

static struct vkjson *add_object(struct vkjson *obj, const char *name)
{
	vkjson_set(obj, name, vkjson_object());
	return member(obj, name);
}

struct vkjson *tuf_sim_part(struct tuf_sim *sim, const char *role)
{
	return get_role(sim, role)->part;
}

static struct vkjson *find_delegation(struct tuf_sim_role *delegator, const char *name)
{
	struct vkjson *list = member(member(delegator->part, "delegations"), "roles");

	for (size_t i = 0; i < vkjson_count(list); i++) {
		struct vkjson *entry = (struct vkjson *)(uintptr_t)vkjson_at(list, i);

		if (strcmp(vkjson_text(vkjson_get(entry, "name")), name) == 0)
			return entry;
	}
	abort();
}

struct vkjson *tuf_sim_role(struct tuf_sim *sim, const char *name)
{
	struct tuf_sim_role *role = get_role(sim, name);

	if (role->delegator == NULL)
		return member(member(tuf_sim_part(sim, "root"), "roles"), name);
	return find_delegation(role->delegator, name);
}

struct vkjson *tuf_sim_keys(struct tuf_sim *sim, const char *name)
{
	struct tuf_sim_role *role = get_role(sim, name);

	if (role->delegator == NULL)
		return member(tuf_sim_part(sim, "root"), "keys");
	return member(member(role->delegator->part, "delegations"), "keys");
}

void tuf_sim_set_int(struct vkjson *obj, const char *name, int64_t value)
{
	vkjson_set(obj, name, vkjson_int(value));
}

int64_t tuf_sim_version(struct tuf_sim *sim, const char *role)
{
	return vkjson_integer(vkjson_get(tuf_sim_part(sim, role), "version"));
}

/* A new signer, whose key and id the delegator lists. */
static void add_signer(
	struct tuf_sim *sim, struct tuf_sim_role *role, struct vkjson *keys, struct vkjson *keyids)
{
	struct vk_signkey *key = vk_signkey_generate();
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct tuf_sim_signer *signer;
	struct tuf_key *tuf_key;

	(void)sim;
	assert(role->signer_count < TUF_SIM_SIGNERS);
	signer = &role->signers[role->signer_count++];
	vk_signkey_public(key, public_key);
	tuf_key = tuf_key_new_ed25519(public_key, NULL);
	memcpy(signer->keyid, tuf_key_id(tuf_key), sizeof(signer->keyid));
	signer->key = key;
	vkjson_set(keys, signer->keyid, vkjson_ref(tuf_key_json(tuf_key)));
	vkjson_append(keyids, vkjson_string(signer->keyid));
	tuf_key_free(tuf_key);
}

static void drop_signers(struct tuf_sim_role *role)
{
	for (size_t i = 0; i < role->signer_count; i++)
		vk_signkey_free(role->signers[i].key);
	role->signer_count = 0;
}

void tuf_sim_new_keys(
	struct tuf_sim *sim, const char *name, size_t count, int threshold, bool keeps_signers)
{
	struct tuf_sim_role *role = get_role(sim, name);
	struct vkjson *entry = tuf_sim_role(sim, name);
	struct vkjson *keyids = vkjson_array();

	if (!keeps_signers)
		drop_signers(role);
	vkjson_set(entry, "keyids", keyids);
	tuf_sim_set_int(entry, "threshold", threshold);
	for (size_t i = 0; i < count; i++)
		add_signer(sim, role, tuf_sim_keys(sim, name), keyids);
}

void tuf_sim_limit_signers(struct tuf_sim *sim, const char *name, size_t count)
{
	struct tuf_sim_role *role = get_role(sim, name);

	for (size_t i = count; i < role->signer_count; i++)
		vk_signkey_free(role->signers[i].key);
	role->signer_count = count;
}

static struct vk_signkey *copy_key(const struct vk_signkey *key)
{
	uint8_t seed[VK_SEED_BYTES];

	vk_signkey_seed(key, seed);
	return vk_signkey_from_seed(seed);
}

void tuf_sim_sign_as(struct tuf_sim *sim, const char *name, const char *other)
{
	struct tuf_sim_role *role = get_role(sim, name);
	struct tuf_sim_role *from = get_role(sim, other);

	drop_signers(role);
	for (size_t i = 0; i < from->signer_count; i++) {
		role->signers[i] = from->signers[i];
		role->signers[i].key = copy_key(from->signers[i].key);
	}
	role->signer_count = from->signer_count;
}

void tuf_sim_double_key(struct tuf_sim *sim, const char *name)
{
	struct tuf_sim_role *role = get_role(sim, name);
	struct vkjson *keys = tuf_sim_keys(sim, name);
	struct tuf_sim_signer *twin = &role->signers[role->signer_count++];
	struct vkjson *copy = vkjson_copy(vkjson_get(keys, role->signers[0].keyid));
	struct tuf_key *tuf_key = NULL;
	enum vk_rc rc;

	vkjson_set(copy, "x-note", vkjson_string("the same key again"));
	rc = tuf_key_parse(copy, &tuf_key, NULL);
	assert(rc == VK_OK);
	twin->key = copy_key(role->signers[0].key);
	memcpy(twin->keyid, tuf_key_id(tuf_key), sizeof(twin->keyid));
	vkjson_append(member(tuf_sim_role(sim, name), "keyids"), vkjson_string(twin->keyid));
	vkjson_set(keys, twin->keyid, copy);
	tuf_key_free(tuf_key);
}

static struct tuf_sim_role *add_role(struct tuf_sim *sim, const char *name, const char *type)
{
	struct tuf_sim_role *role = xcalloc(1, sizeof(*role));

	assert(sim->role_count < TUF_SIM_ROLES);
	sim->roles[sim->role_count++] = role;
	role->name = xstrdup(name);
	role->part = vkjson_object();
	vkjson_set(role->part, "_type", vkjson_string(type));
	vkjson_set(role->part, "spec_version", vkjson_string("1.0.34"));
	vkjson_set(role->part, "version", vkjson_int(0));
	vkjson_set(role->part, "expires", vkjson_time(SIM_NOW + SIM_DAY));
	if (strcmp(type, "targets") == 0)
		add_object(role->part, "targets");
	return role;
}

void tuf_sim_delegate(struct tuf_sim *sim, const char *parent, const char *name,
	const char *pattern, bool is_terminating)
{
	struct tuf_sim_role *delegator = get_role(sim, parent);
	struct tuf_sim_role *role = find_role(sim, name);
	struct vkjson *delegations = member(delegator->part, "delegations");
	struct vkjson *entry = vkjson_object();
	struct vkjson *paths = vkjson_array();

	if (delegations == NULL) {
		delegations = add_object(delegator->part, "delegations");
		add_object(delegations, "keys");
		vkjson_set(delegations, "roles", vkjson_array());
	}
	vkjson_append(paths, vkjson_string(pattern));
	vkjson_set(entry, "name", vkjson_string(name));
	vkjson_set(entry, "paths", paths);
	vkjson_set(entry, "terminating", vkjson_bool(is_terminating));
	vkjson_append(member(delegations, "roles"), entry);
	if (role != NULL) { /* delegated to once more, with the keys that it has */
		vkjson_set(entry, "keyids",
			vkjson_copy(vkjson_get(tuf_sim_role(sim, name), "keyids")));
		vkjson_set(entry, "threshold", vkjson_int(1));
		for (size_t i = 0; i < role->signer_count; i++)
			vkjson_set(member(delegations, "keys"), role->signers[i].keyid,
				vkjson_ref(vkjson_get(
					tuf_sim_keys(sim, name), role->signers[i].keyid)));
		return;
	}
	role = add_role(sim, name, "targets");
	role->delegator = delegator;
	tuf_sim_new_keys(sim, name, 1, 1, false);
}

static char *bin_name(const char *prefix, unsigned bit_length, unsigned i)
{
	return xasprintf("%s-%0*x", prefix, (int)(bit_length + 3) / 4, i);
}

void tuf_sim_delegate_bins(
	struct tuf_sim *sim, const char *parent, const char *prefix, unsigned bit_length)
{
	struct tuf_sim_role *delegator = get_role(sim, parent);
	struct vkjson *delegations = add_object(delegator->part, "delegations");
	struct vkjson *keys = add_object(delegations, "keys");
	struct vkjson *bins = add_object(delegations, "succinct_roles");
	struct vkjson *keyids = vkjson_array();
	char *first = bin_name(prefix, bit_length, 0);

	vkjson_set(bins, "keyids", keyids);
	vkjson_set(bins, "threshold", vkjson_int(1));
	vkjson_set(bins, "bit_length", vkjson_int(bit_length));
	vkjson_set(bins, "name_prefix", vkjson_string(prefix));
	for (unsigned i = 0; i < 1u << bit_length; i++) {
		char *name = bin_name(prefix, bit_length, i);
		struct tuf_sim_role *role = add_role(sim, name, "targets");

		role->delegator = delegator;
		if (i == 0)
			add_signer(sim, role, keys, keyids);
		else
			tuf_sim_sign_as(sim, name, first);
		free(name);
	}
	free(first);
}

static struct vkjson *list_file(const struct vk_buf *data)
{
	struct vkjson *hashes = vkjson_object();
	struct vkjson *entry = vkjson_object();
	uint8_t digest[VK_SHA512_BYTES];

	vk_sha256(data->data, data->len, digest);
	vkjson_set(hashes, "sha256", vkjson_hex(digest, VK_SHA256_BYTES));
	vk_sha512(data->data, data->len, digest);
	vkjson_set(hashes, "sha512", vkjson_hex(digest, VK_SHA512_BYTES));
	vkjson_set(entry, "hashes", hashes);
	vkjson_set(entry, "length", vkjson_int((int64_t)data->len));
	return entry;
}

void tuf_sim_add_target(
	struct tuf_sim *sim, const char *role, const char *path, const char *content)
{
	struct vk_buf data, url;
	char hash[VK_SHA256_HEX_BYTES];

	vk_buf_init(&data, TUF_SIM_FILE_MAX_BYTES);
	vk_buf_adds(&data, content);
	vkjson_set(member(tuf_sim_part(sim, role), "targets"), path, list_file(&data));
	vk_sha256_hex(data.data, data.len, hash);
	vk_buf_init(&url, TUF_SIM_FILE_MAX_BYTES);
	vk_buf_adds(&url, "targets/");
	tuf_path_target_url(path, hash, &url);
	tuf_sim_files_put(&sim->served, url.data, data.data, data.len);
	vk_buf_release(&url);
	vk_buf_release(&data);
}

void tuf_sim_sign(struct tuf_sim *sim, const char *name, struct vk_buf *out)
{
	struct tuf_sim_role *role = get_role(sim, name);
	struct vkjson *signatures = vkjson_array();
	struct vkjson *doc = vkjson_object();
	struct vk_buf canonical;
	enum vk_rc rc;

	vk_buf_init(&canonical, TUF_SIM_FILE_MAX_BYTES);
	rc = vkjson_canonical(role->part, &canonical, NULL);
	assert(rc == VK_OK);
	for (size_t i = 0; i < role->signer_count; i++) {
		struct vkjson *entry = vkjson_object();
		uint8_t sig[VK_SIGNATURE_BYTES];

		vk_signkey_sign(role->signers[i].key, canonical.data, canonical.len, sig);
		vkjson_set(entry, "keyid", vkjson_string(role->signers[i].keyid));
		vkjson_set(entry, "sig", vkjson_hex(sig, sizeof(sig)));
		vkjson_append(signatures, entry);
	}
	vkjson_set(doc, "signatures", signatures);
	vkjson_set(doc, "signed", vkjson_ref(role->part));
	vk_buf_init(out, TUF_SIM_FILE_MAX_BYTES);
	vkjson_format(doc, true, out);
	vkjson_free(doc);
	vk_buf_release(&canonical);
}

static void make_url(struct tuf_sim *sim, const char *name, struct vk_buf *url)
{
	const struct vkjson *is_consistent =
		vkjson_get(tuf_sim_part(sim, "root"), "consistent_snapshot");

	vk_buf_init(url, TUF_SIM_FILE_MAX_BYTES);
	if (strcmp(name, "root") == 0 ||
		(strcmp(name, "timestamp") != 0 && vkjson_is_true(is_consistent)))
		vk_buf_addf(url, "%" PRId64 ".", tuf_sim_version(sim, name));
	tuf_path_encode_role(name, url);
	vk_buf_adds(url, ".json");
}

/* Takes a role's current file over into the `meta` of snapshot or timestamp. */
static void list_role(struct tuf_sim *sim, struct vkjson *meta, const char *name)
{
	struct vkjson *entry;
	struct vk_buf url, key;

	make_url(sim, name, &url);
	if (tuf_sim_files_find(&sim->served, url.data) != NULL) {
		entry = sim->lists_hashes
				? list_file(&tuf_sim_files_find(&sim->served, url.data)->data)
				: vkjson_object();
		tuf_sim_set_int(entry, "version", tuf_sim_version(sim, name));
		vk_buf_init(&key, TUF_SIM_FILE_MAX_BYTES);
		vk_buf_addf(&key, "%s.json", name);
		vkjson_set(meta, key.data, entry);
		vk_buf_release(&key);
	}
	vk_buf_release(&url);
}

void tuf_sim_publish_again(struct tuf_sim *sim, const char *name)
{
	struct vk_buf url, file;

	tuf_sim_sign(sim, name, &file);
	make_url(sim, name, &url);
	tuf_sim_files_put(&sim->served, url.data, file.data, file.len);
	vk_buf_release(&url);
	vk_buf_release(&file);
}

void tuf_sim_publish(struct tuf_sim *sim, const char *name)
{
	struct vkjson *part = tuf_sim_part(sim, name);

	tuf_sim_set_int(part, "version", tuf_sim_version(sim, name) + 1);
	if (strcmp(name, "timestamp") == 0)
		list_role(sim, add_object(part, "meta"), "snapshot");
	if (strcmp(name, "snapshot") == 0) {
		struct vkjson *meta = add_object(part, "meta");

		for (size_t i = 0; i < sim->role_count; i++) {
			if (member(sim->roles[i]->part, "targets") != NULL)
				list_role(sim, meta, sim->roles[i]->name);
		}
	}
	tuf_sim_publish_again(sim, name);
}

void tuf_sim_publish_online(struct tuf_sim *sim)
{
	tuf_sim_publish(sim, "snapshot");
	tuf_sim_publish(sim, "timestamp");
}

void tuf_sim_list_hashes(struct tuf_sim *sim, bool does_list)
{
	sim->lists_hashes = does_list;
}

static void add_top_level(struct tuf_sim *sim)
{
	static const char *const names[] = {"root", "timestamp", "snapshot", "targets"};
	struct vkjson *root;

	for (size_t i = 0; i < 4; i++)
		add_role(sim, names[i], names[i]);
	root = tuf_sim_part(sim, "root");
	vkjson_set(root, "consistent_snapshot", vkjson_bool(true));
	add_object(root, "keys");
	add_object(root, "roles");
	for (size_t i = 0; i < 4; i++) {
		add_object(member(root, "roles"), names[i]);
		tuf_sim_new_keys(sim, names[i], 1, 1, false);
	}
}

struct tuf_sim *tuf_sim_new(void)
{
	struct tuf_sim *sim = xcalloc(1, sizeof(*sim));
	struct vk_buf *root;

	sim->now = SIM_NOW;
	sim->lists_hashes = true;
	vk_buf_init(&sim->requests, TUF_SIM_FILE_MAX_BYTES);
	vk_buf_init(&sim->reported, TUF_SIM_FILE_MAX_BYTES);
	tuf_sim_connect(sim);
	add_top_level(sim);
	tuf_sim_publish(sim, "root");
	tuf_sim_publish(sim, "targets");
	tuf_sim_publish_online(sim);
	root = tuf_sim_file(sim, "1.root.json");
	tuf_sim_files_put(&sim->stored, "root", root->data, root->len);
	return sim;
}

void tuf_sim_free(struct tuf_sim *sim)
{
	for (size_t i = 0; i < sim->role_count; i++) {
		drop_signers(sim->roles[i]);
		vkjson_free(sim->roles[i]->part);
		free(sim->roles[i]->name);
		free(sim->roles[i]);
	}
	tuf_sim_files_release(&sim->served);
	tuf_sim_files_release(&sim->stored);
	vk_buf_release(&sim->requests);
	vk_buf_release(&sim->reported);
	free(sim);
}
