/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what INFO answers, as runtime.conf and as CLUSTER NODES: what becomes of
 * runtime.conf says the role, and nothing more is to be changed then. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/restart_plan.h"
#include "client/pull/role_file.h"
#include "client/pull/usage.h"
#include "common/mem.h"
#include "common/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vk_bundle bundle = {.restart = VK_RESTART_ALLOWED};
	struct restart_state *state = xcalloc(1, sizeof(*state));
	char *text = xcalloc(1, size + 1);
	struct restart_plan plan;
	struct usage usage;
	char how[USAGE_HOW_BYTES];
	struct vk_buf once, twice;

	if (size > 0)
		memcpy(text, data, size);
	restart_state_take_info(text, state);
	usage_take_info(text, &usage);
	restart_state_take_config(text, text, text, state);
	(void)restart_state_is_migrating(text);
	restart_plan_make(state, &bundle, NULL, &plan);
	if (usage.clients < 0 || usage_restart_seconds(&usage, state, how, sizeof(how)) < 1)
		abort();
	if (plan.way == RESTART_HOLD && plan.reason[0] == '\0')
		abort();
	vk_buf_init(&once, 4 * size + 4096);
	vk_buf_init(&twice, 4 * size + 4096);
	/* Others are refused before. */
	if ((!state->is_replica || vk_address_is_valid(state->primary)) &&
		role_file_edit(text, state, &once) &&
		role_file_edit(once.len > 0 ? once.data : "", state, &twice))
		abort();
	vk_buf_release(&twice);
	vk_buf_release(&once);
	free(text);
	free(state);
	return 0;
}
