/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_witnesses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/current.h"
#include "client/admin/session.h"
#include "common/clock.h"
#include "common/config/fleet.h"
#include "common/config/tree.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/note.h"
#include "common/num.h"
#include "common/tuf/tuf_client.h"
#include "common/vkjson.h"

#include "common/banned.h"

struct witness {
	char host[VK_NAME_BYTES];
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	uint64_t size; /* entries that it vouches for; 0: none */
	size_t order;  /* in which it was added */
};

struct audit_witnesses {
	struct witness *items;
	size_t count;
	size_t capacity;
	size_t added;
	bool is_settled; /* sorted by host, each key once */
};

struct audit_witnesses *audit_witnesses_new(void)
{
	return xcalloc(1, sizeof(struct audit_witnesses));
}

void audit_witnesses_free(struct audit_witnesses *witnesses)
{
	if (witnesses == NULL)
		return;
	free(witnesses->items);
	free(witnesses);
}

void audit_witnesses_add(struct audit_witnesses *witnesses, const char *host,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES])
{
	struct witness witness = {.order = witnesses->added++};

	witnesses->is_settled = false;
	if (witnesses->count == witnesses->capacity) {
		witnesses->capacity = witnesses->capacity * 2 + 64;
		witnesses->items = xreallocarray(
			witnesses->items, witnesses->capacity, sizeof(*witnesses->items));
	}
	snprintf(witness.host, sizeof(witness.host), "%s", host);
	memcpy(witness.public_key, public_key, VK_PUBLIC_KEY_BYTES);
	witnesses->items[witnesses->count++] = witness;
}

static int compare_order(const struct witness *a, const struct witness *b)
{
	return (a->order > b->order) - (a->order < b->order);
}

static int compare_keys(const void *a, const void *b)
{
	const struct witness *x = a, *y = b;
	int by_key = memcmp(x->public_key, y->public_key, VK_PUBLIC_KEY_BYTES);

	return by_key != 0 ? by_key : compare_order(x, y);
}

static int compare_hosts(const void *a, const void *b)
{
	const struct witness *x = a, *y = b;
	int by_host = strcmp(x->host, y->host);

	return by_host != 0 ? by_host : compare_order(x, y);
}

/* Of two hosts with one key, the first has the vote. */
static void settle(struct audit_witnesses *witnesses)
{
	struct witness *items = witnesses->items;
	size_t count = 0;

	if (witnesses->is_settled || witnesses->count == 0)
		return;
	qsort(items, witnesses->count, sizeof(*items), compare_keys);
	for (size_t i = 0; i < witnesses->count; i++) {
		if (count == 0 || memcmp(items[i].public_key, items[count - 1].public_key,
					  VK_PUBLIC_KEY_BYTES) != 0)
			items[count++] = items[i];
	}
	qsort(items, count, sizeof(*items), compare_hosts);
	witnesses->count = count;
	witnesses->is_settled = true;
}

/* The first of the witnesses with this name (a host may have had two keys), or the end. */
static size_t find_host(struct audit_witnesses *witnesses, const char *host)
{
	size_t low = 0, high;

	settle(witnesses);
	for (high = witnesses->count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(witnesses->items[middle].host, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_host_at(const struct audit_witnesses *witnesses, size_t i, const char *host)
{
	return i < witnesses->count && strcmp(witnesses->items[i].host, host) == 0;
}

/* The hosts that a tree puts into this environment. */
static enum vk_rc add_tree(struct audit_witnesses *witnesses, const struct cfg_tree *tree,
	const char *environment, struct vk_err *err)
{
	struct cfg_fleet *fleet = NULL;
	uint8_t key[VK_PUBLIC_KEY_BYTES];
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);

	for (size_t i = 0; rc == VK_OK && i < cfg_fleet_host_count(fleet); i++) {
		const struct cfg_host_info host = cfg_fleet_host_at(fleet, i);

		if (strcmp(host.environment, environment) == 0 &&
			vk_parse_hex(host.public_key, strlen(host.public_key), key, sizeof(key)))
			audit_witnesses_add(witnesses, host.name, key);
	}
	cfg_fleet_free(fleet);
	return rc;
}

static enum vk_rc add_environment(struct audit_witnesses *witnesses, struct session *session,
	const char *environment, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct cfg_tree *tree = NULL;
	struct current current;
	enum vk_rc rc;

	current_init(&current);
	rc = current_load(session, environment, &current, err);
	if (rc == VK_OK && current.release != NULL) {
		vk_digest_format(current.release->tree, digest);
		rc = session_fetch_tree(session, digest, &tree, err);
		if (rc == VK_OK)
			rc = add_tree(witnesses, tree, environment, err);
	}
	if (rc != VK_OK)
		rc = vk_err_prefix(err, rc, "the witnesses in %s", environment);
	cfg_tree_free(tree);
	current_release(&current);
	return rc;
}

enum vk_rc audit_witnesses_load(
	struct audit_witnesses *witnesses, struct session *session, struct vk_err *err)
{
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = session_trust(session, &tuf, err);

	for (size_t i = 0; rc == VK_OK && i < tuf_meta_delegation_count(tuf_client_targets(tuf));
		i++)
		rc = add_environment(witnesses, session,
			tuf_meta_delegation_at(tuf_client_targets(tuf), i)->name, err);
	return rc;
}

static enum vk_rc hear(struct witness *witness, const struct tuf_fleet *fleet, uint64_t size,
	const char *line, const struct audit_leaves *leaves, struct vk_err *err)
{
	struct note_checkpoint checkpoint = {.size = size};
	char name[NOTE_WITNESS_NAME_BYTES];
	enum vk_rc rc;

	if (!audit_leaves_root(leaves, size, checkpoint.root))
		return VK_OK; /* of a part of the log that was not gone over */
	note_witness_name(fleet->fleet, witness->host, name);
	rc = note_verify_cosignature(line, strlen(line), fleet->log_name, &checkpoint, name,
		witness->public_key, NULL, err);
	if (rc == VK_OK && size > witness->size)
		witness->size = size;
	if (rc != VK_EUNTRUSTED)
		return rc;
	vk_err_set(err, VK_EUNTRUSTED,
		"host %s has not cosigned these first %" PRIu64 " entries, but others",
		witness->host, size);
	vk_err_hint(err, "one of you is shown another history; compare STATE/checkpoint there");
	return VK_EUNTRUSTED;
}

enum vk_rc audit_witnesses_hear(struct audit_witnesses *witnesses, const struct tuf_fleet *fleet,
	const char *host, uint64_t size, const char *line, const struct audit_leaves *leaves,
	struct vk_err *err)
{
	if (size == 0 || size > audit_leaves_count(leaves))
		return VK_OK;
	for (size_t i = find_host(witnesses, host); is_host_at(witnesses, i, host); i++) {
		struct vk_err ignored = VK_ERR_INIT;

		if (hear(&witnesses->items[i], fleet, size, line, leaves, &ignored) ==
			VK_EUNTRUSTED) {
			*err = ignored;
			return VK_EUNTRUSTED;
		}
	}
	return VK_OK;
}

enum vk_rc audit_witnesses_fetch(struct session *session, struct vkjson **out, struct vk_err *err)
{
	return session_list(session, "/v1/log/witnesses", SESSION_LIST_MAX_ITEMS, out, err);
}

/* The size of a host's word, as the server has it. */
static enum vk_rc get_word_size(const struct vkjson *item, uint64_t *out, struct vk_err *err)
{
	int64_t size = 0;
	enum vk_rc rc = vkjson_get_int(item, "size", 0, INT64_MAX, &size, err);

	if (rc == VK_OK)
		*out = (uint64_t)size;
	return rc;
}

enum vk_rc audit_witnesses_hear_all(struct audit_witnesses *witnesses,
	const struct tuf_fleet *fleet, const struct vkjson *items,
	const struct audit_leaves *leaves, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(items); i++) {
		const struct vkjson *item = vkjson_at(items, i);
		const char *host = NULL, *line = NULL;
		uint64_t size = 0;

		rc = vkjson_get_string(item, "host", &host, err);
		if (rc == VK_OK)
			rc = get_word_size(item, &size, err);
		if (rc == VK_OK)
			rc = vkjson_get_string(item, "cosignature", &line, err);
		if (rc == VK_OK)
			rc = audit_witnesses_hear(witnesses, fleet, host, size, line, leaves, err);
	}
	return rc;
}

enum vk_rc audit_witnesses_mark(
	const struct vkjson *items, struct audit_leaves *leaves, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(items); i++) {
		uint64_t size = 0;

		rc = get_word_size(vkjson_at(items, i), &size, err);
		if (rc == VK_OK)
			audit_leaves_mark(leaves, size);
	}
	return rc;
}

static int compare_sizes_down(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

uint64_t audit_witnesses_claimed(struct audit_witnesses *witnesses, const struct vkjson *items)
{
	uint64_t *sizes = xcalloc(vkjson_count(items) + 1, sizeof(*sizes));
	uint64_t claimed = 0;
	size_t count = 0, needed;

	settle(witnesses);
	needed = witnesses->count / 2 + 1;
	for (size_t i = 0; i < vkjson_count(items); i++) {
		const char *host = vkjson_text(vkjson_get(vkjson_at(items, i), "host"));

		if (host != NULL && is_host_at(witnesses, find_host(witnesses, host), host) &&
			get_word_size(vkjson_at(items, i), &sizes[count], NULL) == VK_OK)
			count++;
	}
	qsort(sizes, count, sizeof(*sizes), compare_sizes_down);
	if (count >= needed)
		claimed = sizes[needed - 1];
	free(sizes);
	return claimed;
}

void audit_witnesses_count(struct audit_witnesses *witnesses, struct audit_majority *out)
{
	struct audit_majority majority = {0};
	uint64_t *sizes;

	settle(witnesses);
	majority.hosts = witnesses->count;
	majority.needed = witnesses->count / 2 + 1;
	sizes = xcalloc(witnesses->count + 1, sizeof(*sizes));
	for (size_t i = 0; i < witnesses->count; i++) {
		sizes[i] = witnesses->items[i].size;
		if (sizes[i] > 0)
			majority.witnesses++;
	}
	qsort(sizes, witnesses->count, sizeof(*sizes), compare_sizes_down);
	if (majority.witnesses >= majority.needed)
		majority.witnessed = sizes[majority.needed - 1];
	free(sizes);
	*out = majority;
}

enum vk_rc audit_witnesses_check(const struct audit_majority *majority,
	const struct audit_leaves *leaves, int64_t now, int64_t max_age, struct vk_err *err)
{
	uint64_t first = majority->witnessed;
	char time[VK_TIME_TEXT_BYTES];
	int64_t at = 0;

	if (majority->hosts == 0)
		vk_err_set(err, VK_EUNTRUSTED,
			"no host can vouch for this log: the signed trees hold no host's key");
	else if (majority->witnessed == 0)
		vk_err_set(err, VK_EUNTRUSTED,
			"%zu of %zu hosts vouch for this log, and it takes %zu",
			majority->witnesses, majority->hosts, majority->needed);
	if (majority->witnessed == 0) {
		vk_err_hint(err, "--allow-unwitnessed, as long as hosts have not reported yet");
		return VK_EUNTRUSTED;
	}
	if (first == audit_leaves_count(leaves) ||
		(audit_leaves_time(leaves, first, &at) && now - at <= max_age))
		return VK_OK;
	vk_time_format(at, time);
	vk_err_set(err, VK_EUNTRUSTED,
		"entry %" PRIu64 " of %s is still not witnessed by %zu of %zu hosts", first, time,
		majority->needed, majority->hosts);
	vk_err_hint(err, "are the hosts cut off, or shown another history? see vkcfg hosts");
	return VK_EUNTRUSTED;
}
