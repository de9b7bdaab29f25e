/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull.yaml: what this host decides by itself. Where its server and its state
 * are, which Valkeys it has, how each is reached, and the one way in which each
 * may be restarted. Nothing that the server sends can change any of it.
 */
#ifndef VK_PULL_SETTINGS_H
#define VK_PULL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/instance.h"
#include "common/err.h"
#include "common/settings.h"

#define PULL_SETTINGS_PATH "/etc/vkcfg/pull.yaml"

enum { PULL_MAX_INSTANCES = 64, PULL_MAX_SERVERS = 8 };

struct pull_settings {
	struct settings *settings;  /* owns all texts below */
	size_t server_count;	    /* at least 1 */
	const char *const *servers; /* URLs, the preferred one first */
	const char *state;
	const char *user; /* NULL: none */
	bool starts_last_good;
	const char *metrics_file; /* for Prometheus; NULL: none */
	const char *ca;		  /* of a PKI of the user's own; NULL: the fleet's CA issues */
	const char *certificate;
	const char *key;
	int64_t expiry_warning_s; /* seconds before something expires */
	size_t count;
	struct instance instances[PULL_MAX_INSTANCES]; /* by name; agent_password is set later */
};

/* The table of all settings, for the man page's test. */
extern const struct setting pull_setting_rows[];
extern const size_t pull_setting_row_count;

/* VK_EINPUT with file, line and column. */
VK_CHECKED enum vk_rc pull_settings_load(
	const char *path, struct pull_settings **out, struct vk_err *err);
void pull_settings_free(struct pull_settings *settings);

/* NULL where there is none of that name. */
const struct instance *pull_settings_instance(
	const struct pull_settings *settings, const char *name);

#endif
