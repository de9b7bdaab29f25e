/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/takeover.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/fill.h"
#include "client/pull/sentinel_file.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum { TLS_FILE_MAX_BYTES = 1024 * 1024 };

enum vk_rc takeover_check(
	const struct instance *instance, const struct difference *difference, struct vk_err *err)
{
	for (size_t i = 0; difference->is_foreign && i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind != DIFFERENCE_VALUE || strcmp(item->name, "dir") != 0)
			continue;
		vk_err_set(err, VK_EDENIED,
			"the running Valkey keeps its data in %s, but pull.yaml says %s: it would "
			"start empty",
			item->actual, item->expected);
		vk_err_hint(err, "write data: %s under instances/%s", item->actual, instance->name);
		return VK_EDENIED;
	}
	return VK_OK;
}

static bool read_tls_file(const char *path, struct vk_buf *out)
{
	struct vk_err ignored = VK_ERR_INIT;

	return vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, out, &ignored) == VK_OK;
}

/* False also where one of the two cannot be read: a directory, or a key that only Valkey reads. */
static bool is_other_content(const char *ours, const char *theirs)
{
	struct vk_buf a, b;
	bool is_other;

	if (*ours == '\0' || *theirs == '\0')
		return true;
	vk_buf_init(&a, TLS_FILE_MAX_BYTES);
	vk_buf_init(&b, TLS_FILE_MAX_BYTES);
	is_other = read_tls_file(ours, &a) && read_tls_file(theirs, &b) &&
		   (a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
	vk_buf_release_wiped(&a);
	vk_buf_release_wiped(&b);
	return is_other;
}

void takeover_compare_files(
	const struct instance *instance, const char *candidate, struct difference *difference)
{
	char *current = fill_current_path(instance);
	size_t len = strlen(current);

	for (size_t i = 0; i < difference->count; i++) {
		struct difference_item *item = &difference->items[i];
		bool is_ours;
		char *path;

		if (item->cure != CURE_MOVE || strncmp(item->name, "tls-", 4) != 0)
			continue;
		is_ours = strncmp(item->expected, current, len) == 0 && item->expected[len] == '/';
		path = is_ours ? xasprintf("%s%s", candidate, item->expected + len)
			       : xstrdup(item->expected);
		if (is_other_content(path, item->actual))
			item->cure = CURE_LIVE;
		free(path);
	}
	free(current);
}

/* Is it our file by another name, or will it be one after a restart? */
static bool is_our_file(const char *conf, const char *started_from)
{
	char ours[PATH_MAX], theirs[PATH_MAX];

	return strcmp(conf, started_from) == 0 ||
	       (realpath(conf, ours) != NULL && realpath(started_from, theirs) != NULL &&
		       strcmp(ours, theirs) == 0);
}

void takeover_tell(const struct instance *instance, const struct difference *difference,
	const struct live *live, struct outcome *outcome)
{
	const char *from = live->config_file;
	size_t used = strlen(outcome->text);
	char *conf;

	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->cure == CURE_MOVE)
			outcome_add_wait(outcome, item->name, item->expected, item->actual);
	}
	if (difference_first(difference, CURE_MOVE) == NULL)
		return;
	conf = strcmp(live->role, "sentinel") == 0
		       ? sentinel_file_path(instance)
		       : xasprintf("%s/current/" FILL_CONF, instance->directory);
	if (is_our_file(conf, from))
		snprintf(outcome->text + used, sizeof(outcome->text) - used,
			"%sthe next restart reads the files of the release", used > 0 ? "; " : "");
	else
		snprintf(outcome->text + used, sizeof(outcome->text) - used,
			"%sthe next restart must start %s instead of %s", used > 0 ? "; " : "",
			conf, *from != '\0' ? from : "no file");
	free(conf);
}
