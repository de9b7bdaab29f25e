/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a parcel: what is accepted can be written, and comes back the same. */
#include "config.h"

#include "common/parcel.h"

#include <stdlib.h>
#include <string.h>

enum { SIZES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct parcel *parcel)
{
	const char *target = parcel_find(parcel, "/");
	struct vk_err err = VK_ERR_INIT;
	uint64_t sizes[SIZES];
	struct vk_buf out;

	if (parcel_log_sizes(parcel, sizes, SIZES) > SIZES)
		abort();
	vk_buf_init(&out, PARCEL_MAX_BYTES);
	if (target != NULL && parcel_get(parcel, target, &out, &err) != VK_OK)
		abort();
	vk_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct parcel *parcel = NULL, *again = NULL;
	struct vk_buf first, second;

	if (parcel_parse((const char *)data, size, &parcel, &err) != VK_OK)
		return 0;
	use(parcel);
	vk_buf_init(&first, 2 * PARCEL_MAX_BYTES);
	vk_buf_init(&second, 2 * PARCEL_MAX_BYTES);
	if (parcel_format(parcel, &first, &err) != VK_OK ||
		parcel_parse(first.data, first.len, &again, &err) != VK_OK ||
		parcel_format(again, &second, &err) != VK_OK ||
		strcmp(first.data, second.data) != 0)
		abort();
	vk_buf_release(&second);
	vk_buf_release(&first);
	parcel_free(again);
	parcel_free(parcel);
	return 0;
}
