/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/valkey/info.h"

#include "common/banned.h"

enum {
	PROCESS_SECONDS = 1,		      /* to end and to begin, without data */
	SAVE_BYTES_PER_S = 100 * 1024 * 1024, /* where it has never saved */
	LOAD_BYTES_PER_S = 200 * 1024 * 1024,
	SAVE_MAX_SECONDS = 7 * 86400, /* what is more is no measurement */
};

void usage_take_info(const char *info, struct usage *out)
{
	int64_t clients = info_int(info, "connected_clients", 1);

	out->clients = clients > 0 ? clients - 1 : 0;
	out->memory_bytes = info_int(info, "used_memory", 0);
	out->save_seconds = info_int(info, "rdb_last_bgsave_time_sec", -1);
	if (out->save_seconds > SAVE_MAX_SECONDS)
		out->save_seconds = SAVE_MAX_SECONDS;
}

enum vk_rc usage_read(struct valkey *valkey, struct usage *out, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(
		valkey, VALKEY_ARGV("INFO", "clients", "memory", "persistence"), &reply, err);

	memset(out, 0, sizeof(*out));
	if (rc == VK_OK && reply->kind != REPLY_STRING)
		rc = vk_err_set(err, VK_EUNAVAIL, "INFO answers no text");
	if (rc == VK_OK)
		usage_take_info(reply->text, out);
	reply_free(reply);
	return rc;
}

/* Rounded up. */
static int64_t seconds_for(int64_t bytes, int64_t bytes_per_second)
{
	return bytes / bytes_per_second + (bytes % bytes_per_second != 0);
}

int64_t usage_restart_seconds(
	const struct usage *usage, const struct restart_state *state, char *how, size_t size)
{
	bool is_saved = state->is_saved_at_stop && state->has_keys;
	bool is_loaded = (is_saved || state->has_append) && state->has_keys;
	int64_t save = !is_saved ? 0
		       : usage->save_seconds >= 0
			       ? usage->save_seconds
			       : seconds_for(usage->memory_bytes, SAVE_BYTES_PER_S);
	int64_t load = is_loaded ? seconds_for(usage->memory_bytes, LOAD_BYTES_PER_S) : 0;

	snprintf(how, size,
		"%" PRId64 " s to save%s, %" PRId64 " s to load at 200 MiB/s, %d s for "
		"the process",
		save, is_saved && usage->save_seconds >= 0 ? " as the last time" : "", load,
		PROCESS_SECONDS);
	return save + load + PROCESS_SECONDS;
}
