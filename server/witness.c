/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/witness.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/note.h"
#include "common/num.h"
#include "common/tuf/tuf_fleet.h"
#include "server/store/store_cosignature.h"
#include "server/store/store_host.h"
#include "server/store/store_log.h"

#include "common/banned.h"

static const char key_prefix[] = "ed25519:";

static enum vk_rc get_key(struct store *store, const char *host, struct arena *arena,
	uint8_t out[VK_PUBLIC_KEY_BYTES], struct vk_err *err)
{
	const size_t len = sizeof(key_prefix) - 1;
	const char *text = NULL;
	enum vk_rc rc = store_get_host_key(store, host, arena, &text, err);

	if (rc == VK_OK &&
		(strncmp(text, key_prefix, len) != 0 ||
			!vk_parse_hex(text + len, strlen(text + len), out, VK_PUBLIC_KEY_BYTES)))
		rc = vk_err_set(err, VK_EINPUT, "host %s has no key", host);
	return rc;
}

static enum vk_rc get_checkpoint(struct store *store, int64_t size, struct arena *arena,
	struct note_checkpoint *out, struct vk_err *err)
{
	struct store_checkpoint checkpoint;
	enum vk_rc rc = store_get_checkpoint_of(store, size, arena, &checkpoint, err);

	if (rc == VK_ENOTFOUND)
		return vk_err_set(err, VK_EINPUT,
			"member 'cosignature': no checkpoint of %lld entries was signed here",
			(long long)size);
	if (rc == VK_OK) {
		out->size = checkpoint.size;
		memcpy(out->root, checkpoint.root, sizeof(out->root));
	}
	return rc;
}

enum vk_rc witness_accept(struct store *store, const char *fleet, const char *host, int64_t size,
	const char *line, struct vk_err *err)
{
	struct store_cosignature cosignature = {.host = host, .size = size, .line = line};
	char *origin = NULL;
	struct store_log_start start;
	struct arena *arena = arena_new();
	char name[NOTE_WITNESS_NAME_BYTES];
	uint8_t key[VK_PUBLIC_KEY_BYTES];
	struct note_checkpoint checkpoint;
	enum vk_rc rc = get_key(store, host, arena, key, err);

	note_witness_name(fleet, host, name);
	if (rc == VK_OK)
		rc = store_get_log_start(store, &start, err);
	if (rc == VK_OK) {
		origin = tuf_fleet_log_name(fleet, start.number);
		rc = get_checkpoint(store, size, arena, &checkpoint, err);
	}
	if (rc == VK_OK) {
		rc = note_verify_cosignature(
			line, strlen(line), origin, &checkpoint, name, key, &cosignature.made, err);
		if (rc == VK_ENOTFOUND) /* by another key: not believed either */
			rc = err->rc = VK_EUNTRUSTED;
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "member 'cosignature'");
	}
	if (rc == VK_OK)
		rc = store_save_cosignature(store, &cosignature, err);
	arena_free(arena);
	free(origin);
	return rc;
}
