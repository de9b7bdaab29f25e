/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/command_backup.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/process.h"
#include "server/backup.h"
#include "server/privilege.h"
#include "server/restore.h"
#include "server/server_settings.h"

#include "common/banned.h"

enum option_id { OPT_CONFIG = 1, OPT_WITHOUT_KEYS, OPT_LOG, OPT_CHECKPOINT, OPT_NEW_LOG };

struct words {
	const char *config;
	const char *directory;
	bool is_without_keys;
	struct restore_options restore;
};

static const struct option backup_options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"without-keys", no_argument, NULL, OPT_WITHOUT_KEYS},
	{0},
};

static const struct option restore_options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"log", required_argument, NULL, OPT_LOG},
	{"checkpoint", required_argument, NULL, OPT_CHECKPOINT},
	{"new-log", no_argument, NULL, OPT_NEW_LOG},
	{0},
};

static enum vk_rc usage(struct vk_err *err, const char *what)
{
	vk_err_set(err, VK_EINPUT, "%s", what);
	vk_err_hint(err, "vkcfgd --help shows all commands and options");
	return VK_EINPUT;
}

static enum vk_rc take_option(struct words *words, int opt, struct vk_err *err)
{
	struct restore_options *restore = &words->restore;

	switch (opt) {
	case OPT_CONFIG:
		words->config = optarg;
		return VK_OK;
	case OPT_WITHOUT_KEYS:
		words->is_without_keys = true;
		return VK_OK;
	case OPT_LOG:
		restore->log = optarg;
		return VK_OK;
	case OPT_CHECKPOINT:
		if (restore->checkpoint_count == RESTORE_MAX_CHECKPOINTS)
			return usage(err, "--checkpoint may be given at most 64 times");
		restore->checkpoints[restore->checkpoint_count++] = optarg;
		return VK_OK;
	case OPT_NEW_LOG:
		restore->is_new_log = true;
		return VK_OK;
	}
	return usage(err, "unknown option, or one without its value");
}

static enum vk_rc parse(int argc, char **argv, const struct option *options, struct words *words,
	struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	int opt;

	opterr = 0;
	while (rc == VK_OK && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		rc = take_option(words, opt, err);
	if (rc == VK_OK && optind + 1 != argc)
		rc = usage(err, "name one directory: that of the backup");
	if (rc == VK_OK)
		words->directory = argv[optind];
	return rc;
}

static enum vk_rc tell(enum vk_rc rc, struct vk_err *err)
{
	if (rc == VK_OK && fflush(stdout) != 0)
		return vk_err_set(err, VK_EIO, "cannot write to standard output");
	return rc;
}

static void print_backup(const char *directory, const struct backup_manifest *manifest,
	const struct backup_files *files)
{
	printf("backup of fleet %s in %s: %" PRId64 " entries of the audit log\n", manifest->fleet,
		directory, manifest->log_size);
	if (!manifest->has_keys) {
		printf("private keys inside: none\n");
		return;
	}
	printf("private keys inside:");
	for (size_t i = 0; i < files->count; i++) {
		if (files->items[i].is_private)
			printf(" %s", files->items[i].path);
	}
	printf("\nwho reads them can do what this server can: keep it as safe as the server\n");
}

static enum vk_rc run_backup(
	const struct words *words, const struct settings *settings, struct vk_err *err)
{
	const struct backup_options options = {.state = settings_string(settings, "state"),
		.settings = words->config,
		.to = words->directory,
		.is_without_keys = words->is_without_keys};
	struct backup_files files = {.count = 0};
	struct arena *arena = arena_new();
	struct backup_manifest manifest;
	enum vk_rc rc = backup_make(&options, arena, &manifest, &files, err);

	if (rc == VK_OK)
		print_backup(words->directory, &manifest, &files);
	arena_free(arena);
	return tell(rc, err);
}

enum vk_rc command_backup(int argc, char **argv, struct vk_err *err)
{
	struct words words = {.config = SERVER_SETTINGS_FILE};
	struct settings *settings = NULL;
	struct privilege_user user;
	const char *name;
	enum vk_rc rc = parse(argc, argv, backup_options, &words, err);

	if (rc == VK_OK)
		rc = server_settings_load(words.config, &settings, err);
	if (rc == VK_OK) {
		name = settings_string(settings, "user");
		rc = privilege_find_user(name != NULL ? name : "", &user, err);
	}
	if (rc == VK_OK)
		rc = privilege_drop(&user, err);
	if (rc == VK_OK) {
		vk_process_hide_memory();
		rc = run_backup(&words, settings, err);
	}
	settings_free(settings);
	return rc;
}

static void print_restored(const struct restored *restored)
{
	char time[VK_TIME_TEXT_BYTES];

	vk_time_format(restored->backup_created, time);
	printf("restored fleet %s as of %s: %" PRIu64 " entries of the audit log, %" PRIu64
	       " recovered\n",
		restored->fleet, time, restored->log_size, restored->recovered);
	if (restored->lost.len > 0)
		printf("done since then, and not in the backup:\n%s", restored->lost.data);
	if (restored->has_new_keys)
		printf("the keys for snapshot, timestamp or log were not in the backup: new ones "
		       "were made\n");
	if (restored->is_new_log)
		printf("another audit log was begun\n");
	else if (!restored->is_compared)
		printf("the audit log was compared with nothing that hosts have seen: "
		       "--checkpoint FILE\n");
	if (restored->is_signed && !restored->is_new_log)
		printf("next: vkcfgd run\n");
	else
		printf("next: vkcfgd run, then have a root signed that names what is new: vkcfg "
		       "root rotate --online-keys\n");
}

enum vk_rc command_restore(int argc, char **argv, struct vk_err *err)
{
	struct words words = {.config = SERVER_SETTINGS_FILE};
	struct settings *settings = NULL;
	struct restored restored;
	enum vk_rc rc = parse(argc, argv, restore_options, &words, err);

	restored_init(&restored);
	if (rc == VK_OK)
		rc = server_settings_load(words.config, &settings, err);
	if (rc == VK_OK) {
		words.restore.from = words.directory;
		words.restore.state = settings_string(settings, "state");
		words.restore.user = settings_string(settings, "user");
		rc = restore_fleet(&words.restore, &restored, err);
	}
	if (rc == VK_OK)
		print_restored(&restored);
	restored_release(&restored);
	settings_free(settings);
	return tell(rc, err);
}
