/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running Valkey is just doing, as far as it decides whether and how it
 * may be restarted: role, replicas, link, loading, saving, and how it keeps its
 * data. Read from the server itself, never from a bundle: after a failover only
 * the server knows who it is.
 */
#ifndef VK_PULL_RESTART_STATE_H
#define VK_PULL_RESTART_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/valkey/live.h"
#include "common/valkey/valkey.h"

enum { RESTART_MAX_REPLICAS = 64, RESTART_ADDRESS_BYTES = 256 };

struct restart_replica {
	char address[RESTART_ADDRESS_BYTES]; /* as the primary sees it */
	int64_t port;
	int64_t offset;
	bool is_online; /* else it is in the middle of a full sync */
};

struct restart_state {
	char run_id[LIVE_RUN_ID_BYTES];
	char config_file[LIVE_PATH_BYTES]; /* that it was started from; empty: from none */
	bool is_replica;
	char primary[RESTART_ADDRESS_BYTES]; /* of a replica */
	int64_t primary_port;
	bool is_link_down;
	bool is_syncing; /* a replica in a full sync */
	int64_t sync_left_bytes;
	int64_t offset; /* of the replication, of either role */
	size_t replica_count;
	struct restart_replica replicas[RESTART_MAX_REPLICAS];
	bool is_failing_over;

	bool is_loading;
	int64_t loaded_percent;
	int64_t loading_left_s; /* as it estimates */
	bool is_saving;		/* BGSAVE */
	bool is_rewriting;	/* the AOF, or it is about to */
	bool is_save_failed;
	bool is_append_failed;
	int64_t unsaved; /* changes since the last RDB */
	bool has_keys;

	bool is_cluster;
	/* Slots, or that cannot be seen. One by one CLUSTER NODES shows it; as a whole, from Valkey
	 * 9 on, INFO: the memory of its connections. */
	bool is_migrating;

	bool has_save_points;
	bool has_append;	     /* appendonly yes */
	bool is_saved_at_stop;	     /* SIGTERM writes an RDB */
	bool is_failed_over_at_stop; /* SIGTERM hands a cluster's slots over (Valkey 9) */
};

VK_CHECKED enum vk_rc restart_state_read(
	struct valkey *valkey, struct restart_state *out, struct vk_err *err);

/* Of the texts that INFO and CONFIG GET answer. For tests. */
void restart_state_take_info(const char *info, struct restart_state *out);
void restart_state_take_config(const char *save, const char *appendonly,
	const char *shutdown_on_sigterm, struct restart_state *out);
/* CLUSTER NODES: does the node itself give or take a slot? */
bool restart_state_is_migrating(const char *nodes);

#endif
