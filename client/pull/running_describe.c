/* SPDX-License-Identifier: BSD-3-Clause */
/* What an install did, in words. */
#include "config.h"

#include <stdio.h>

#include "client/pull/running.h"

#include "common/banned.h"

/* "changed 3 values and 1 user live" */
static void add_changes(const struct running *running, struct vk_buf *out)
{
	if (running->was_restarted || running->was_started)
		vk_buf_adds(out, running->was_restarted ? "restarted" : "started");
	else if (running->values_changed == 0 && running->users_changed == 0)
		vk_buf_adds(out, "changed nothing live");
	else
		vk_buf_addf(out, "changed %zu value%s and %zu user%s live", running->values_changed,
			running->values_changed == 1 ? "" : "s", running->users_changed,
			running->users_changed == 1 ? "" : "s");
}

void running_describe(const struct running *running, struct outcome *outcome)
{
	struct vk_buf text;

	vk_buf_init(&text, 2 * OUTCOME_TEXT_BYTES);
	add_changes(running, &text);
	if (outcome->text[0] != '\0') /* what the verification has said */
		vk_buf_addf(&text, "; %s", outcome->text);
	else if (running->is_restart_pending && running->held[0] == '\0')
		vk_buf_adds(&text, ", the rest waits for a restart");
	snprintf(outcome->text, sizeof(outcome->text), "%s", text.data);
	vk_buf_release(&text);
}
