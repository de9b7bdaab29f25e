/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a file of secrets/: what is accepted comes back from the file that is written of it,
 * and the versions in force grow. */
#include "config.h"

#include "common/config/pins.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct cfg_pin *a, const struct cfg_pin *b)
{
	return a->version == b->version && strcmp(a->sha256, b->sha256) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfg_pin valid[CFG_PINS_MAX];
	struct cfg_pins pins, again;
	struct vk_buf out;
	size_t count;

	if (cfg_pins_parse("pins.yaml", (const char *)data, size, &pins, NULL) != VK_OK)
		return 0;
	count = cfg_pins_valid(&pins, valid);
	if (count == 0 || (count == 2 && valid[0].version >= valid[1].version))
		abort();
	vk_buf_init(&out, 4096);
	cfg_pins_format(&pins, &out);
	if (out.is_overflowed ||
		cfg_pins_parse("pins.yaml", out.data, out.len, &again, NULL) != VK_OK ||
		!is_same(&pins.current, &again.current) || !is_same(&pins.next, &again.next) ||
		!is_same(&pins.previous, &again.previous))
		abort();
	vk_buf_release(&out);
	return 0;
}
