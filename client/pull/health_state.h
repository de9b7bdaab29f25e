/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a Valkey is doing, in numbers that can be compared before and after a
 * release: out of INFO, and CLUSTER NODES where it is a node of a cluster.
 * What a server does not say is unknown, and judged by nobody.
 */
#ifndef VK_PULL_HEALTH_STATE_H
#define VK_PULL_HEALTH_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/valkey/live.h"
#include "common/valkey/valkey.h"

struct vkjson;

enum { HEALTH_MAX_COMMANDS = 128, HEALTH_COMMAND_BYTES = 48, HEALTH_UNKNOWN = -1 };

struct health_command {
	char name[HEALTH_COMMAND_BYTES];
	int64_t calls;
	int64_t usec; /* of all calls */
};

struct health_state {
	char run_id[LIVE_RUN_ID_BYTES];
	char role[16];
	bool is_loading;
	bool is_link_down;
	bool is_save_failed;
	bool is_append_failed;
	int64_t lag_s;	  /* of a replica, or the worst replica of a primary; or unknown */
	int64_t replicas; /* that are online */
	int64_t uptime_s;
	int64_t used_memory;
	int64_t maxmemory;
	bool may_evict;
	int64_t rejected; /* connections */
	int64_t evicted;  /* keys */
	int64_t errors;	  /* of the kinds that configuration causes */
	int64_t slots;	  /* of the cluster that a node serves that is not failed; or unknown */
	int64_t failed_nodes;
	size_t command_count;
	struct health_command commands[HEALTH_MAX_COMMANDS];
};

VK_CHECKED enum vk_rc health_state_read(
	struct valkey *valkey, struct health_state *out, struct vk_err *err);

/* Of the texts that INFO and CLUSTER NODES answer. For tests. */
void health_state_take_info(const char *info, struct health_state *out);
void health_state_take_nodes(const char *nodes, struct health_state *out);

/* The command of that name; NULL where it was never called. */
const struct health_command *health_state_command(
	const struct health_state *state, const char *name);

/* For DIRECTORY/health.json. */
struct vkjson *health_state_to_json(const struct health_state *state);
VK_CHECKED enum vk_rc health_state_from_json(
	const struct vkjson *json, struct health_state *out, struct vk_err *err);

#endif
