/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/door.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pull/child.h"
#include "client/pull/complaint.h"
#include "client/pull/restart_state.h"
#include "client/pull/sentinel_file.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/valkey/live.h"

#include "common/banned.h"

enum {
	CONNECT_STEP_MS = 10,
	OUTPUT_SHOWN_BYTES = 200,
	PROGRESS_MS = 1000, /* between two lines of the log about loading */
};

bool door_is_there(const struct instance *instance)
{
	return instance->door_program != NULL || instance->door_file != NULL;
}

/* The last thing that the program wrote, on one line. */
static enum vk_rc program_failed(
	const char *program, struct child *child, int status, struct vk_err *err)
{
	struct vk_buf output;
	const char *text;

	vk_buf_init(&output, COMPLAINT_OUTPUT_MAX_BYTES);
	child_output(child, &output);
	for (size_t i = 0; i < output.len; i++) {
		if ((unsigned char)output.data[i] < ' ')
			output.data[i] = ' ';
	}
	complaint_hide_hashes(output.data);
	output.len = strlen(output.data);
	text = output.len > OUTPUT_SHOWN_BYTES ? output.data + output.len - OUTPUT_SHOWN_BYTES
					       : output.data;
	if (WIFEXITED(status))
		vk_err_set(err, VK_EUNAVAIL, "%s ended with status %d: %s", program,
			WEXITSTATUS(status), text);
	else
		vk_err_set(err, VK_EUNAVAIL, "%s was killed by signal %d: %s", program,
			WTERMSIG(status), text);
	vk_buf_release(&output);
	return VK_EUNAVAIL;
}

static enum vk_rc run_program(const char *const *argv, int64_t deadline_ms, struct vk_err *err)
{
	struct child *child;
	int status = 0;
	enum vk_rc rc = child_start(argv, NULL, CHILD_DEFAULT, &child, err);

	if (rc != VK_OK)
		return rc;
	rc = child_wait(child, deadline_ms, &status, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "%s", argv[0]);
	else if (status != 0)
		rc = program_failed(argv[0], child, status, err);
	child_free(child);
	return rc;
}

/* Opening for writing and closing is what PathModified= and PathChanged= wait for. */
static enum vk_rc touch(const char *path, struct vk_err *err)
{
	static const char text[] = "vkcfg-pull asks for a restart\n";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	enum vk_rc rc = VK_OK;

	if (fd < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot open %s", path);
	if (write(fd, text, strlen(text)) < 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot write %s", path);
	close(fd);
	return rc;
}

/* Now and then, how far it has come. */
static void tell_loading(const struct instance *instance, struct valkey *valkey, int64_t *told_ms)
{
	int64_t now_ms = vk_clock_monotonic_ms();
	struct vk_err ignored = VK_ERR_INIT;
	struct restart_state state;

	if (now_ms - *told_ms < PROGRESS_MS ||
		restart_state_read(valkey, &state, &ignored) != VK_OK)
		return;
	*told_ms = now_ms;
	vk_log(VK_LOG_INFO, "restart-loads", VK_KV("instance", instance->name),
		VK_KN("percent", state.loaded_percent),
		VK_KN("seconds-left", state.loading_left_s));
}

/* One look: is it another process than before (*is_new), and does it serve already? */
static enum vk_rc look(const struct instance *instance, const char *old_run_id, bool *is_new,
	int64_t *told_ms, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	struct live live;
	enum vk_rc rc = instance_connect(instance, &valkey, err);

	if (rc != VK_OK)
		return rc;
	live_init(&live);
	rc = live_read_info(valkey, &live, err);
	*is_new = rc == VK_OK && strcmp(live.run_id, old_run_id) != 0;
	if (rc == VK_OK && !*is_new)
		rc = vk_err_set(err, VK_EUNAVAIL, "Valkey has not been restarted");
	else if (rc == VK_OK && live.is_loading) {
		tell_loading(instance, valkey, told_ms);
		rc = vk_err_set(err, VK_EUNAVAIL, "Valkey is still loading its data");
	}
	live_release(&live);
	valkey_free(valkey);
	return rc;
}

static enum vk_rc wait_for_valkey(const struct instance *instance, const char *old_run_id,
	int64_t deadline_ms, struct vk_err *err)
{
	int64_t told_ms = vk_clock_monotonic_ms();

	for (;;) {
		bool is_new = false;
		enum vk_rc rc = look(instance, old_run_id, &is_new, &told_ms, err);

		/* The process before may let us in no longer, or not yet: EDENIED waits too. */
		if (rc != VK_EUNAVAIL && rc != VK_EDENIED)
			return rc;
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return is_new ? VK_OK : rc; /* much data takes long, and is no fault */
		poll(NULL, 0, CONNECT_STEP_MS);
	}
}

enum vk_rc door_restart(const struct instance *instance, const char *old_run_id, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + instance->restart_timeout_ms;
	enum vk_rc rc = sentinel_file_prepare(instance, old_run_id, err);

	if (rc != VK_OK)
		return rc;
	if (instance->door_program != NULL) {
		rc = run_program(instance->door_program, deadline_ms, err);
	} else if (instance->door_file != NULL) {
		rc = touch(instance->door_file, err);
	} else {
		vk_err_set(err, VK_EINPUT,
			"Valkey has to be restarted, and instance %s has no door", instance->name);
		vk_err_hint(err, "set instances/%s/door in pull.yaml", instance->name);
		return VK_EINPUT;
	}
	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "restart door");
	fault_point("pull.door");
	rc = wait_for_valkey(instance, old_run_id, deadline_ms, err);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "after the restart");
}
