/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows of a bundle: what is accepted has one form, and opens some day, if only once in 40 years.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A zone whose clocks go forward and back by an hour every half a year. */
static int64_t offset(void *context, int64_t time)
{
	(void)context;
	return (time / (182 * 86400)) % 2 == 0 ? 3600 : 7200;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct vk_err err = VK_ERR_INIT;
	struct vk_window window;
	struct vk_window_look look;
	struct vk_buf once;

	if (vk_window_parse(text, &window, &err) == VK_OK) {
		vk_buf_init(&once, 2 * VK_WINDOW_MAX_BYTES);
		vk_window_format(&window, &once);
		if (!vk_window_is_canonical(once.data))
			abort();
		vk_buf_release(&once);
		vk_window_look(&window, 1796000000, offset, NULL, &look);
		if (look.is_open ? look.since > 1796000000 || look.until <= 1796000000
				 : look.opens != 0 && look.opens <= 1796000000)
			abort();
	} else if (vk_window_is_canonical(text)) {
		abort();
	}
	free(text);
	return 0;
}
