/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/process.h"
#include "common/vkjson.h"
#include "server/backup.h"
#include "server/freshness.h"
#include "server/new_keys.h"
#include "server/offline.h"
#include "server/online_key.h"
#include "server/privilege.h"
#include "server/restore_log.h"
#include "server/signer.h"
#include "server/state_dir.h"
#include "server/store/store_log.h"

#include "common/banned.h"

/* Keys that a root ceremony can replace. */
static const char *const replaceable[] = {STATE_SNAPSHOT_KEY, STATE_TIMESTAMP_KEY, STATE_LOG_KEY};

struct restore {
	struct writer_command command; /* first */
	const struct restore_options *options;
	struct restored *out;
};

void restored_init(struct restored *restored)
{
	memset(restored, 0, sizeof(*restored));
	vk_buf_init(&restored->lost, RESTORE_REPORT_MAX_BYTES);
}

void restored_release(struct restored *restored)
{
	vk_buf_release(&restored->lost);
}

/* The newest root names the keys that this server signs freshness with; *out is false where it does
 * not, or where there is no root yet. */
static enum vk_rc sign_freshness(struct writer_tx *tx, bool *out, struct vk_err *err)
{
	struct signer_public_keys keys;
	struct vk_err other = VK_ERR_INIT;
	struct tuf_meta *root = NULL;
	const char *keyid;
	enum vk_rc rc = freshness_load(tx, tuf_type_name(TUF_ROOT), TUF_ROOT, &root, err);

	*out = false;
	if (rc == VK_ENOTFOUND)
		return VK_OK;
	signer_get_public_keys(writer_tx_signer(tx), &keys);
	if (rc == VK_OK &&
		freshness_find_key(root, TUF_SNAPSHOT, keys.snapshot, &keyid, &other) == VK_OK &&
		freshness_find_key(root, TUF_TIMESTAMP, keys.timestamp, &keyid, &other) == VK_OK) {
		rc = freshness_sign_above(tx, root, writer_tx_now(tx), err);
		*out = rc == VK_OK;
	}
	tuf_meta_free(root);
	return rc;
}

static enum vk_rc record(struct writer_tx *tx, const struct restored *out, struct vk_err *err)
{
	char *object = xasprintf("fleet/%s", writer_tx_fleet(tx));
	struct vkjson *detail = vkjson_object();
	const struct writer_audit entry = {.actor = "server/main",
		.action = "fleet.restore",
		.object = object,
		.detail = detail};
	enum vk_rc rc;

	vkjson_set(detail, "backup", vkjson_time(out->backup_created));
	vkjson_set(detail, "log-size", vkjson_int((int64_t)out->log_size));
	vkjson_set(detail, "recovered", vkjson_int((int64_t)out->recovered));
	vkjson_set(detail, "new-keys", vkjson_bool(out->has_new_keys));
	rc = writer_tx_audit(tx, &entry, err);
	vkjson_free(detail);
	free(object);
	return rc;
}

static enum vk_rc run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct restore *restore = (struct restore *)command;
	const struct restore_options *options = restore->options;
	struct restored *out = restore->out;
	struct store *store = writer_tx_store(tx);
	struct store_log_start start;
	enum vk_rc rc = restore_log_check(store, err);

	if (rc == VK_OK)
		rc = store_get_log_size(store, &out->log_size, err);
	if (rc == VK_OK && options->log != NULL)
		rc = restore_log_append(
			store, options->log, writer_tx_now(tx), &out->recovered, &out->lost, err);
	for (size_t i = 0; rc == VK_OK && !options->is_new_log && i < options->checkpoint_count;
		i++)
		rc = restore_log_compare(store, options->checkpoints[i], err);
	if (rc == VK_OK && options->is_new_log)
		rc = new_log_record(tx, &start, err);
	if (rc == VK_OK)
		rc = record(tx, out, err);
	if (rc == VK_OK)
		rc = sign_freshness(tx, &out->is_signed, err);
	return rc;
}

static bool has_file(int dir, const char *path)
{
	return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum vk_rc need_file(const struct state_dir *dir, const char *path, struct vk_err *err)
{
	if (has_file(state_dir_fd(dir), path))
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "the backup has no %s", path);
	vk_err_hint(err, "put it there from where private keys are kept; without it every host and "
			 "person enrols anew");
	return VK_ENOTFOUND;
}

static enum vk_rc complete_keys(const struct state_dir *dir, bool *has_new, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	/* A fleet without a CA of its own has its certificates from another PKI, and elsewhere. */
	if (has_file(state_dir_fd(dir), STATE_CA_CERTIFICATE))
		rc = need_file(dir, STATE_CA_KEY, err);
	if (rc == VK_OK && has_file(state_dir_fd(dir), STATE_SERVER_CERTIFICATE))
		rc = need_file(dir, STATE_SERVER_KEY, err);
	for (size_t i = 0; rc == VK_OK && i < sizeof(replaceable) / sizeof(replaceable[0]); i++) {
		if (has_file(state_dir_fd(dir), replaceable[i]))
			continue;
		rc = online_key_create(dir, replaceable[i], err);
		*has_new = true;
	}
	return rc;
}

static enum vk_rc copy_all(int from, const struct state_dir *dir,
	const struct restore_options *options, const struct backup_files *files, struct vk_err *err)
{
	char *from_path = xasprintf("%s/%s", options->from, STATE_DATABASE);
	char *to_path = state_dir_path(dir, STATE_DATABASE);
	enum vk_rc rc = store_copy(from_path, to_path, err);

	for (size_t i = 0; rc == VK_OK && i < files->count; i++)
		rc = backup_copy_file(from, state_dir_fd(dir), &files->items[i], err);
	free(to_path);
	free(from_path);
	return rc;
}

static enum vk_rc execute(const struct restore_options *options, struct restored *out,
	const struct backup_manifest *manifest, struct vk_err *err)
{
	struct offline offline = {.state = options->state, .mode = STORE_WRITE};
	struct restore restore = {
		.command = {.name = "fleet.restore", .run = run}, .options = options, .out = out};
	char *fleet = NULL;
	enum vk_rc rc = offline_read(options->state, &fleet, &offline.log_number, err);

	if (rc == VK_OK && strcmp(fleet, manifest->fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the database is that of fleet '%s', " BACKUP_MANIFEST " says '%s'", fleet,
			manifest->fleet);
	offline.fleet = fleet;
	if (options->is_new_log)
		offline.log_number++;
	if (rc == VK_OK)
		rc = offline_execute(&offline, &restore.command, err);
	free(fleet);
	return rc;
}

static void take_back(const struct state_dir *dir, const struct backup_files *files)
{
	static const char *const database[] = {
		STATE_DATABASE, STATE_DATABASE "-wal", STATE_DATABASE "-shm"};

	for (size_t i = 0; i < sizeof(database) / sizeof(database[0]); i++)
		unlinkat(state_dir_fd(dir), database[i], 0);
	for (size_t i = 0; i < files->count; i++)
		unlinkat(state_dir_fd(dir), files->items[i].path, 0);
	for (size_t i = 0; i < sizeof(replaceable) / sizeof(replaceable[0]); i++)
		unlinkat(state_dir_fd(dir), replaceable[i], 0);
	unlinkat(state_dir_fd(dir), STATE_ONLINE, AT_REMOVEDIR);
}

static enum vk_rc refuse_strangers(
	const struct state_dir *dir, struct arena *arena, struct vk_err *err)
{
	struct backup_files files;
	enum vk_rc rc = backup_list_files(state_dir_fd(dir), arena, &files, err);

	if (rc == VK_OK && files.count > 0)
		rc = vk_err_set(err, VK_ECONFLICT,
			"the state directory holds %s already: restore into an empty one",
			files.items[0].path);
	return rc;
}

/* With the backup open, as the user who will own the state. */
static enum vk_rc fill(
	int from, const struct restore_options *options, struct restored *out, struct vk_err *err)
{
	struct backup_files files = {.count = 0};
	struct backup_manifest manifest;
	struct arena *arena = arena_new();
	struct state_dir *dir = NULL;
	enum vk_rc rc = backup_read_manifest(from, &manifest, err);

	if (rc == VK_OK)
		rc = state_dir_create(options->state, &dir, err);
	if (rc == VK_OK)
		rc = refuse_strangers(dir, arena, err);
	if (rc != VK_OK)
		goto out;
	memcpy(out->fleet, manifest.fleet, sizeof(out->fleet));
	out->backup_created = manifest.created;
	out->is_new_log = options->is_new_log;
	out->is_compared = options->checkpoint_count > 0;
	rc = backup_list_files(from, arena, &files, err);
	if (rc == VK_OK)
		rc = copy_all(from, dir, options, &files, err);
	if (rc == VK_OK)
		rc = complete_keys(dir, &out->has_new_keys, err);
	if (rc == VK_OK)
		rc = execute(options, out, &manifest, err);
	if (rc != VK_OK)
		take_back(dir, &files);
out:
	state_dir_close(dir);
	arena_free(arena);
	return rc;
}

/* As root: the directory becomes the user's before root is given up. */
static enum vk_rc prepare(const struct restore_options *options, struct vk_err *err)
{
	struct privilege_user user;
	enum vk_rc rc = privilege_find_user(options->user != NULL ? options->user : "", &user, err);

	if (rc != VK_OK)
		return rc;
	if (mkdir(options->state, 0700) == 0) {
		if (geteuid() == 0 && lchown(options->state, user.uid, user.gid) != 0)
			rc = vk_err_errno(err, VK_EIO, errno, "cannot give %s to '%s'",
				options->state, user.name);
	} else if (errno != EEXIST) {
		rc = vk_err_errno(
			err, VK_EIO, errno, "cannot make the state directory %s", options->state);
	}
	if (rc == VK_OK)
		rc = privilege_drop(&user, err);
	vk_process_hide_memory();
	return rc;
}

enum vk_rc restore_fleet(
	const struct restore_options *options, struct restored *out, struct vk_err *err)
{
	enum vk_rc rc = prepare(options, err);
	int from;

	if (rc != VK_OK)
		return rc;
	from = open(options->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0) {
		int reason = errno;

		rc = vk_err_errno(err, reason == ENOENT ? VK_ENOTFOUND : VK_EIO, reason,
			"backup %s", options->from);
		if (reason == EACCES)
			vk_err_hint(err, "uid %u reads it: chown -R it to the user of the server",
				(unsigned)geteuid());
		return rc;
	}
	rc = fill(from, options, out, err);
	close(from);
	return rc;
}
