/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What vkcfg adopt adds to an import: the server that runs from the files, where
 * it differs from them, and which of the two is to be kept.
 */
#ifndef ADMIN_ADOPTION_H
#define ADMIN_ADOPTION_H

#include "client/admin/running.h"
#include "common/config/import.h"
#include "common/err.h"
#include "common/vkjson.h"

struct args;
struct cli;

/* Rows for the option table. */
#define ADOPTION_OPTIONS                                                                           \
	RUNNING_OPTIONS, {"keep", 0, "running|file", "what counts where the two differ", false},   \
	{                                                                                          \
		"except", 0, "NAME,...", "but for these directives and \"user NAME\"", false       \
	}

struct adoption {
	struct running running;
	const char *version; /* of the schema: "8.0" */
};

void adoption_init(struct adoption *adoption);
void adoption_release(struct adoption *adoption);

/* Reads the running server that --running names. */
VK_CHECKED enum vk_rc adoption_read(const struct cli *cli, const struct args *args,
	struct adoption *adoption, struct vk_err *err);

/* The file that it was started from, borrowed. VK_EINPUT: from none. */
VK_CHECKED enum vk_rc adoption_file(
	const struct adoption *adoption, const char **out, struct vk_err *err);

/* After the last file: finds what differs, and takes over what the options decide. */
VK_CHECKED enum vk_rc adoption_compare(const struct adoption *adoption, const struct args *args,
	struct cfg_import *import, struct vk_err *err);

void adoption_print(const struct cli *cli, const struct cfg_import *import);
struct vkjson *adoption_json(const struct cfg_import *import);

/* What is left to be done on the host: the lines of pull.yaml and runtime.conf, the agent's user.
 */
void adoption_print_next(const struct cli *cli, const struct args *args,
	const struct adoption *adoption, const char *instance);

#endif
