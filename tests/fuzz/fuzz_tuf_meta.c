/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as TUF metadata of each type: parsed and verified, or refused with a message. */
#include "config.h"

#include "common/tuf/tuf_meta.h"

#include <stdlib.h>

#include "common/tuf/tuf_fleet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_bins(const struct tuf_meta *meta, struct vk_err *err)
{
	const struct tuf_bins *bins = tuf_meta_bins(meta);
	struct vk_buf name;

	if (bins == NULL)
		return;
	if (tuf_meta_delegation_count(meta) > 0)
		abort();
	vk_buf_init(&name, 100);
	tuf_bins_role_name(bins, "prod/1.json", &name);
	if (!name.is_overflowed &&
		tuf_meta_verify(meta, bins->role, name.data, err) == VK_EINPUT)
		abort();
	vk_buf_release(&name);
}

static void use(const struct tuf_meta *meta, struct vk_err *err)
{
	struct tuf_fleet fleet;

	for (size_t i = 0; i < tuf_meta_file_count(meta); i++) {
		const struct tuf_file *file = tuf_meta_file_at(meta, i);

		if (tuf_meta_file(meta, file->name) != file)
			abort();
	}
	for (size_t i = 0; i < tuf_meta_target_count(meta); i++) {
		const struct tuf_target *target = tuf_meta_target_at(meta, i);

		if (tuf_meta_target(meta, target->path) != target)
			abort();
		if (tuf_hashes_check(&target->hashes, target->length, "x", 1, "x", err) == VK_OK)
			continue;
	}
	for (size_t i = 0; i < tuf_meta_delegation_count(meta); i++) {
		const struct tuf_delegation *delegation = tuf_meta_delegation_at(meta, i);

		if (tuf_delegation_matches(delegation, "prod/1.json") &&
			tuf_meta_verify(meta, delegation->role, "fuzz", err) == VK_OK)
			continue;
	}
	use_bins(meta, err);
	if (tuf_meta_type(meta) == TUF_ROOT && tuf_meta_verify_root(meta, meta, err) == VK_OK)
		abort(); /* no root follows itself */
	if (tuf_meta_type(meta) == TUF_ROOT && tuf_meta_verify_root(meta, NULL, err) == VK_OK &&
		tuf_fleet_from_root(meta, &fleet, err) != VK_OK)
		return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int type = 0; type < TUF_TYPE_COUNT; type++) {
		struct vk_err err = VK_ERR_INIT;
		struct tuf_meta *meta = NULL;

		if (tuf_meta_parse((const char *)data, size, (enum tuf_type)type, &meta, &err) ==
			VK_OK)
			use(meta, &err);
		else if (err.msg[0] == '\0' || err.rc == VK_EINPUT)
			abort();
		tuf_meta_free(meta);
	}
	return 0;
}
