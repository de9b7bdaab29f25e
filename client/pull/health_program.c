/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/health_program.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "client/pull/child.h"
#include "client/pull/complaint.h"
#include "common/clock.h"

#include "common/banned.h"

enum { LINE_BYTES = 121, OUTPUT_BYTES = 4096 };

/* The first line that the program wrote, as far as it can be shown. */
static void first_line(struct child *child, char out[LINE_BYTES])
{
	struct vk_buf output;
	size_t len;

	vk_buf_init(&output, OUTPUT_BYTES);
	child_output(child, &output);
	len = output.len > 0 ? strcspn(output.data, "\n") : 0;
	if (len >= LINE_BYTES)
		len = LINE_BYTES - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = output.data[i] >= ' ' && output.data[i] != 0x7f ? output.data[i] : '?';
	out[len] = '\0';
	complaint_hide_hashes(out);
	vk_buf_release(&output);
}

static enum health_judgement tell_end(int status, const char *line, char *out, size_t size)
{
	const char *colon = line[0] != '\0' ? ": " : "";

	if (WIFEXITED(status))
		snprintf(out, size, "status %d%s%s", WEXITSTATUS(status), colon, line);
	else
		snprintf(out, size, "killed by signal %d%s%s", WTERMSIG(status), colon, line);
	return status == 0 ? HEALTH_GOOD : HEALTH_BAD;
}

static void run_program(const struct instance *instance, struct health_verdict *verdict)
{
	const char *const *argv = instance->health_program;
	int64_t deadline_ms = vk_clock_monotonic_ms() + instance->health_timeout_ms;
	enum health_judgement judgement = HEALTH_BAD;
	char line[LINE_BYTES], text[HEALTH_TEXT_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct child *child = NULL;
	int status = 0;
	enum vk_rc rc = child_start(argv, NULL, CHILD_DIES_WITH_US, &child, &err);

	if (rc == VK_OK)
		rc = child_wait(child, deadline_ms, &status, &err);
	if (rc == VK_OK) {
		first_line(child, line);
		judgement = tell_end(status, line, text, sizeof(text));
	} else {
		snprintf(text, sizeof(text), "%.150s", err.msg);
	}
	child_free(child);
	health_add(verdict, "program", "status 0", text, judgement);
}

static void log_in(const struct instance *instance, struct health_verdict *verdict)
{
	char text[HEALTH_TEXT_BYTES] = "ok";
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = instance_try_login(
		instance, instance->health_user, instance->health_password_file, &err);

	if (rc != VK_OK)
		snprintf(text, sizeof(text), "user %.40s: %.100s", instance->health_user, err.msg);
	health_add(verdict, "login", "ok", text, rc == VK_OK ? HEALTH_GOOD : HEALTH_BAD);
}

void health_ask_host(const struct instance *instance, struct health_verdict *verdict)
{
	if (instance->health_user != NULL)
		log_in(instance, verdict);
	if (instance->health_program != NULL)
		run_program(instance, verdict);
}
