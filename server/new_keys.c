/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/new_keys.h"

#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_key.h"
#include "common/vkjson.h"
#include "server/log.h"
#include "server/offline.h"
#include "server/online_key.h"
#include "server/signer.h"
#include "server/state_dir.h"
#include "server/store/store_log.h"
#include "server/store/store_tuf.h"
#include "server/writer.h"

#include "common/banned.h"

static const char actor[] = "server/main";

/* The log's key in the newest root; *is_there is false before the first root. */
static enum vk_rc read_pinned_key(
	struct store *store, bool *is_there, uint8_t out[VK_PUBLIC_KEY_BYTES], struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	struct store_tuf file;
	enum vk_rc rc = store_get_tuf(store, tuf_type_name(TUF_ROOT), 0, arena, &file, err);

	*is_there = rc == VK_OK;
	if (rc == VK_OK)
		rc = tuf_meta_parse(file.text, file.len, TUF_ROOT, &root, err);
	else if (rc == VK_ENOTFOUND)
		rc = VK_OK;
	if (rc == VK_OK && root != NULL)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK && root != NULL)
		memcpy(out, fleet.log_public, sizeof(fleet.log_public));
	tuf_meta_free(root);
	arena_free(arena);
	return rc;
}

/* Keeps the log's key if it is the one that hosts know; one of an earlier attempt, which no root
 * ever named, is dropped. */
static enum vk_rc keep_log_key(const struct state_dir *dir, const char *state, struct vk_err *err)
{
	char *path = xasprintf("%s/%s", state, STATE_DATABASE);
	uint8_t pinned[VK_PUBLIC_KEY_BYTES];
	struct store *store = NULL;
	bool is_there = false;
	enum vk_rc rc = store_open(path, STORE_READ, &store, err);

	if (rc == VK_OK)
		rc = read_pinned_key(store, &is_there, pinned, err);
	store_close(store);
	free(path);
	return rc == VK_OK && is_there
		       ? online_key_keep(dir, STATE_LOG_KEY, pinned, STATE_LOG_KEY_BEFORE, err)
		       : rc;
}

static enum vk_rc replace_all(
	const struct state_dir *dir, struct new_keys *keys, struct vk_err *err)
{
	enum vk_rc rc = online_key_replace(dir, STATE_SNAPSHOT_KEY, keys->snapshot, err);

	if (rc == VK_OK)
		rc = online_key_replace(dir, STATE_TIMESTAMP_KEY, keys->timestamp, err);
	if (rc == VK_OK)
		rc = online_key_replace(dir, STATE_LOG_KEY, keys->log, err);
	return rc;
}

struct record {
	struct writer_command command; /* first */
	const struct new_keys *keys;
	struct store_log_start start; /* new log */
};

static void describe_key(
	struct vkjson *detail, const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES])
{
	struct tuf_key *key = tuf_key_new_ed25519(public_key, NULL);

	vkjson_set(detail, name, vkjson_string(tuf_key_id(key)));
	tuf_key_free(key);
}

static enum vk_rc audit(
	struct writer_tx *tx, const char *action, struct vkjson *detail, struct vk_err *err)
{
	char *object = xasprintf("fleet/%s", writer_tx_fleet(tx));
	const struct writer_audit entry = {
		.actor = actor, .action = action, .object = object, .detail = detail};
	enum vk_rc rc = writer_tx_audit(tx, &entry, err);

	vkjson_free(detail);
	free(object);
	return rc;
}

static enum vk_rc record_keys(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct new_keys *keys = ((struct record *)command)->keys;
	struct vkjson *detail = vkjson_object();

	describe_key(detail, "snapshot", keys->snapshot);
	describe_key(detail, "timestamp", keys->timestamp);
	describe_key(detail, "log", keys->log);
	return audit(tx, "keys.new", detail, err);
}

static enum vk_rc execute(
	const char *state, bool is_next_log, struct record *record, struct vk_err *err)
{
	struct offline offline = {.state = state, .mode = STORE_WRITE};
	char *fleet = NULL;
	enum vk_rc rc = offline_read(state, &fleet, &offline.log_number, err);

	offline.fleet = fleet;
	if (is_next_log)
		offline.log_number++;
	if (rc == VK_OK)
		rc = offline_execute(&offline, &record->command, err);
	free(fleet);
	return rc;
}

enum vk_rc new_keys_make(const char *state, struct new_keys *out, struct vk_err *err)
{
	struct record record = {.command = {.name = "keys.new", .run = record_keys}};
	struct state_dir *dir = NULL;
	struct new_keys keys;
	enum vk_rc rc = state_dir_open(state, &dir, err);

	record.keys = &keys;
	if (rc == VK_OK)
		rc = keep_log_key(dir, state, err);
	if (rc == VK_OK)
		rc = replace_all(dir, &keys, err);
	if (rc == VK_OK)
		rc = execute(state, false, &record, err);
	if (rc == VK_OK)
		*out = keys;
	state_dir_close(dir);
	return rc;
}

enum vk_rc new_log_record(struct writer_tx *tx, struct store_log_start *start, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	struct vkjson *detail;
	enum vk_rc rc = store_get_log_start(store, start, err);

	start->number++;
	if (rc == VK_OK)
		rc = store_get_log_size(store, &start->size, err);
	if (rc == VK_OK)
		rc = log_root(store, start->size, start->root, err);
	if (rc == VK_OK)
		rc = store_begin_log(store, start, writer_tx_now(tx), err);
	if (rc != VK_OK)
		return rc;
	detail = vkjson_object();
	vkjson_set(detail, "number", vkjson_int(start->number));
	vkjson_set(detail, "size", vkjson_int((int64_t)start->size));
	vkjson_set(detail, "root", vkjson_hex(start->root, sizeof(start->root)));
	return audit(tx, "log.begin", detail, err);
}

static enum vk_rc record_log(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	return new_log_record(tx, &((struct record *)command)->start, err);
}

enum vk_rc new_log_begin(const char *state, struct new_log *out, struct vk_err *err)
{
	struct record record = {.command = {.name = "log.begin", .run = record_log}};
	struct state_dir *dir = NULL;
	unsigned ignored;
	char *fleet = NULL;
	enum vk_rc rc = state_dir_open(state, &dir, err);

	if (rc == VK_OK)
		rc = execute(state, true, &record, err);
	if (rc == VK_OK)
		rc = offline_read(state, &fleet, &ignored, err);
	if (rc == VK_OK) {
		out->name = tuf_fleet_log_name(fleet, record.start.number);
		out->size = record.start.size;
		memcpy(out->root, record.start.root, sizeof(out->root));
	}
	free(fleet);
	state_dir_close(dir);
	return rc;
}

enum vk_rc new_keys_settle(
	const struct state_dir *dir, struct store *store, struct signer *signer, struct vk_err *err)
{
	uint8_t pinned[VK_PUBLIC_KEY_BYTES];
	struct signer_public_keys keys;
	bool is_there = false;
	enum vk_rc rc = read_pinned_key(store, &is_there, pinned, err);

	signer_get_public_keys(signer, &keys);
	if (rc != VK_OK || !is_there || memcmp(pinned, keys.log, sizeof(pinned)) != 0)
		return rc;
	return vk_file_remove(state_dir_fd(dir), STATE_LOG_KEY_BEFORE, err);
}
