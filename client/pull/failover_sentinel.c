/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/failover_sentinel.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/pull/sentinel_values.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/name.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	LOOK_STEP_MS = 20,
	PAUSE_MS = 10000,
	PAUSE_AGAIN_MS = 2000,
	CAUGHT_UP_MS = 3000, /* replicas tell their offset each second */
	PROMOTED_MS = 15000,
	/* A Sentinel's own link waits behind the pause, too: it has to have made up its mind before
	 * others take that for the end of the primary. */
	DOWN_AFTER_MIN_MS = 4000,
};

const struct instance *failover_find_sentinel(
	const struct instance *instance, const struct vk_bundle *bundle)
{
	char host[VK_NAME_BYTES], name[VK_NAME_BYTES];
	char own_host[VK_NAME_BYTES], own_name[VK_NAME_BYTES];
	const struct vk_bundle_group *group = bundle->group;

	if (group == NULL || !vk_instance_id_parse(bundle->instance, own_host, own_name))
		return NULL;
	for (size_t i = 0; i < group->sentinel_count; i++) {
		if (!vk_instance_id_parse(group->sentinels[i].instance, host, name) ||
			strcmp(host, own_host) != 0)
			continue;
		for (size_t k = 0; k < instance->peer_count; k++) {
			if (strcmp(instance->peers[k].name, name) == 0)
				return &instance->peers[k];
		}
	}
	return NULL;
}

/* ---- what Sentinel sees ---- */

static const char *field(const struct reply *group, const char *name)
{
	const char *text = sentinel_values_field(group, name);

	return text != NULL ? text : "";
}

static int64_t number(const struct reply *map, const char *name)
{
	int64_t value;

	return vk_parse_int(field(map, name), 0, INT64_MAX, &value) ? value : 0;
}

static enum vk_rc read_group(
	struct valkey *sentinel, const char *name, struct sentinel_group *out, struct vk_err *err)
{
	struct reply *reply = NULL;
	const struct reply *found = NULL;
	enum vk_rc rc = valkey_demand(sentinel, VALKEY_ARGV("SENTINEL", "MASTERS"), &reply, err);

	for (size_t i = 0; rc == VK_OK && reply->kind == REPLY_ARRAY && i < reply->count; i++) {
		if (strcmp(field(reply->items[i], "name"), name) == 0)
			found = reply->items[i];
	}
	if (rc == VK_OK && found == NULL)
		rc = vk_err_set(err, VK_EUNAVAIL, "the Sentinel does not watch %s", name);
	if (rc == VK_OK) {
		snprintf(out->address, sizeof(out->address), "%s", field(found, "ip"));
		snprintf(out->flags, sizeof(out->flags), "%s", field(found, "flags"));
		out->port = number(found, "port");
		out->replica_count = number(found, "num-slaves");
		out->down_after_ms = number(found, "down-after-milliseconds");
	}
	reply_free(reply);
	return rc;
}

enum vk_rc failover_check_group(const struct sentinel_group *group,
	const struct vk_bundle_member *self, const struct restart_state *state, struct vk_err *err)
{
	if (group->port == 0 || (group->port != self->port && group->port != self->tls_port))
		return vk_err_set(err, VK_EUNAVAIL,
			"the Sentinel takes %s:%" PRId64 " for the primary", group->address,
			group->port);
	if (strcmp(group->flags, "master") != 0)
		return vk_err_set(
			err, VK_EUNAVAIL, "the Sentinel says that the primary is %s", group->flags);
	if (group->replica_count != (int64_t)state->replica_count)
		return vk_err_set(err, VK_EUNAVAIL,
			"%zu replicas are connected, and the Sentinel knows %" PRId64,
			state->replica_count, group->replica_count);
	if (group->down_after_ms < DOWN_AFTER_MIN_MS)
		return vk_err_set(err, VK_EUNAVAIL,
			"down-after-milliseconds is less than %d: its Sentinels would take a pause "
			"of the writes for a failure",
			DOWN_AFTER_MIN_MS);
	return VK_OK;
}

static const struct vk_bundle_member *find_self(const struct vk_bundle *bundle)
{
	for (size_t i = 0; i < bundle->group->member_count; i++) {
		if (strcmp(bundle->group->members[i].instance, bundle->instance) == 0)
			return &bundle->group->members[i];
	}
	return NULL;
}

/* All that can be known before anything is done. */
static enum vk_rc check(struct valkey *sentinel, const struct vk_bundle *bundle,
	const struct restart_state *state, struct vk_err *err)
{
	const struct vk_bundle_member *self = find_self(bundle);
	const char *name = bundle->group->name;
	struct sentinel_group group;
	enum vk_rc rc =
		valkey_demand(sentinel, VALKEY_ARGV("SENTINEL", "CKQUORUM", name), NULL, err);

	if (rc == VK_OK)
		rc = read_group(sentinel, name, &group, err);
	if (rc == VK_OK && self == NULL)
		rc = vk_err_set(err, VK_EUNAVAIL, "it is no member of its own group");
	return rc == VK_OK ? failover_check_group(&group, self, state, err) : rc;
}

/* ---- the pause ---- */

static enum vk_rc pause_writes(struct valkey *valkey, struct vk_err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%d", PAUSE_MS);
	return valkey_demand(valkey, VALKEY_ARGV("CLIENT", "PAUSE", text, "WRITE"), NULL, err);
}

static void let_write(struct valkey *valkey)
{
	struct vk_err err = VK_ERR_INIT;

	if (valkey_demand(valkey, VALKEY_ARGV("CLIENT", "UNPAUSE"), NULL, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "writes-paused", &err);
}

static bool has_all(const struct restart_state *state, size_t replica_count)
{
	if (state->is_replica || state->replica_count != replica_count)
		return false;
	for (size_t i = 0; i < state->replica_count; i++) {
		if (!state->replicas[i].is_online || state->replicas[i].offset < state->offset)
			return false;
	}
	return true;
}

/* Whichever replica Sentinel chooses then has every write. */
static enum vk_rc wait_for_replicas(
	struct valkey *valkey, struct restart_state *state, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + CAUGHT_UP_MS;
	size_t count = state->replica_count;

	for (;;) {
		enum vk_rc rc = restart_state_read(valkey, state, err);

		if (rc != VK_OK || has_all(state, count))
			return rc;
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return vk_err_set(err, VK_EUNAVAIL,
				"its replicas do not get all writes within %d s",
				CAUGHT_UP_MS / 1000);
		poll(NULL, 0, LOOK_STEP_MS);
	}
}

/* ---- the promotion ---- */

/* "address", "port": whom clients would be sent to. */
static enum vk_rc read_primary(struct valkey *sentinel, const char *name,
	char address[RESTART_ADDRESS_BYTES], int64_t *port, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(
		sentinel, VALKEY_ARGV("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name), &reply, err);
	bool is_pair = rc == VK_OK && reply->kind == REPLY_ARRAY && reply->count == 2 &&
		       reply->items[0]->kind == REPLY_STRING &&
		       reply->items[1]->kind == REPLY_STRING &&
		       vk_address_is_valid(reply->items[0]->text) &&
		       vk_parse_int(reply->items[1]->text, 1, UINT16_MAX, port);

	if (is_pair)
		snprintf(address, RESTART_ADDRESS_BYTES, "%s", reply->items[0]->text);
	else if (rc == VK_OK)
		rc = vk_err_set(err, VK_EUNAVAIL, "the Sentinel names no primary of %s", name);
	reply_free(reply);
	return rc;
}

/* Once it was promoted there is no way back; before, a Sentinel may give up. */
static enum vk_rc wait_for_promotion(struct valkey *valkey, struct valkey *sentinel,
	const char *name, const struct sentinel_group *before, struct restart_state *state,
	struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + PROMOTED_MS;
	int64_t paused_ms = vk_clock_monotonic_ms();

	for (;;) {
		enum vk_rc rc =
			read_primary(sentinel, name, state->primary, &state->primary_port, err);

		if (rc != VK_OK)
			return rc;
		if (state->primary_port != before->port ||
			strcmp(state->primary, before->address) != 0)
			return pause_writes(valkey, err);
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return vk_err_set(
				err, VK_EUNAVAIL, "it is not over within %d s", PROMOTED_MS / 1000);
		if (vk_clock_monotonic_ms() - paused_ms >= PAUSE_AGAIN_MS) {
			rc = pause_writes(valkey, err);
			if (rc != VK_OK)
				return rc;
			paused_ms = vk_clock_monotonic_ms();
		}
		poll(NULL, 0, LOOK_STEP_MS);
	}
}

static enum vk_rc promote(struct valkey *valkey, struct valkey *sentinel, const char *name,
	struct restart_state *state, struct vk_err *err)
{
	struct sentinel_group before;
	enum vk_rc rc = wait_for_replicas(valkey, state, err);

	if (rc == VK_OK)
		rc = read_group(sentinel, name, &before, err);
	if (rc == VK_OK)
		rc = valkey_demand(sentinel, VALKEY_ARGV("SENTINEL", "FAILOVER", name), NULL, err);
	if (rc == VK_OK)
		rc = wait_for_promotion(valkey, sentinel, name, &before, state, err);
	if (rc == VK_OK) {
		state->is_replica = true;
		state->is_link_down = false;
	}
	return rc;
}

enum vk_rc failover_by_sentinel(struct valkey *valkey, const struct instance *instance,
	const struct vk_bundle *bundle, struct restart_state *state, bool *was_paused,
	struct vk_err *err)
{
	struct valkey *sentinel = NULL;
	enum vk_rc rc = instance_connect_as_agent(instance, &sentinel, err);

	*was_paused = false;
	if (rc == VK_OK)
		rc = check(sentinel, bundle, state, err);
	if (rc == VK_OK)
		rc = pause_writes(valkey, err);
	if (rc == VK_OK) {
		*was_paused = true;
		rc = promote(valkey, sentinel, bundle->group->name, state, err);
		if (rc != VK_OK)
			let_write(valkey);
	}
	valkey_free(sentinel);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "failover by Sentinel %s", instance->name);
}
