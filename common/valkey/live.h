/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running Valkey says about itself: version, run id, role, loading, all
 * configuration values and all ACL users. Read whole, in four commands.
 */
#ifndef VK_VALKEY_LIVE_H
#define VK_VALKEY_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/valkey/users.h"
#include "common/valkey/valkey.h"
#include "common/valkey/values.h"

enum {
	LIVE_RUN_ID_BYTES = 64,
	LIVE_VERSION_BYTES = 32,
	LIVE_PATH_BYTES = 512,
	LIVE_MAX_NAMES = 256,
};

struct live {
	char version[LIVE_VERSION_BYTES];  /* "8.0.1" */
	char run_id[LIVE_RUN_ID_BYTES];	   /* changes with every start of the process */
	char role[16];			   /* "master", "slave" */
	char config_file[LIVE_PATH_BYTES]; /* that it was started from; empty: from none */
	bool is_loading;		   /* the data set; configuration can be read already */
	bool is_link_down;		   /* a replica without its primary */
	struct values values;		   /* sensitive ones masked */
	struct users users;
};

void live_init(struct live *live);
void live_release(struct live *live);

/* Only INFO: version, run id, role, loading. */
VK_CHECKED enum vk_rc live_read_info(struct valkey *valkey, struct live *live, struct vk_err *err);

/* How to read the values. */
struct live_query {
	const char *schema;	  /* version whose directive names are canonical */
	const char *const *extra; /* names that CONFIG GET shows only when asked for
				   * (NULL-terminated), or NULL */
	const char *mask_key;	  /* of this host, for sensitive values: see values.h */
};

/* All of it. */
VK_CHECKED enum vk_rc live_read(struct valkey *valkey, const struct live_query *query,
	struct live *live, struct vk_err *err);

/* For the report: "ok", "degraded". */
const char *live_health(const struct live *live);

#endif
