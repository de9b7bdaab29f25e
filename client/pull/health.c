/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/health.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "client/pull/health_checks.h"
#include "client/pull/health_program.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	FORMAT = 1,
	MAX_BYTES = 256 * 1024,
	LOOK_STEP_MS = 1000,
	SILENCE_MS = 10000, /* who does not answer for so long is not just started anew */
};

/* What was before, and what is seen now. */
struct baking {
	const struct running *running;
	bool has_before;
	struct health_state before;
	struct denials old_denials;
	struct denials blamed; /* by an earlier try: nobody is used to these */
	int64_t since;	       /* when that was */
	int64_t denied_ms;     /* the last denial before, by the server's clock; 0: none */
	struct health_state now;
	struct denials denials;
	struct health_verdict verdict;
	char run_id[LIVE_RUN_ID_BYTES]; /* at the first look */
	int64_t answered_ms;
	int64_t deadline_ms;
	int64_t elapsed_s;
	int signal_fd;
};

static const struct vk_bundle *bundle_of(const struct running *running)
{
	return running->next.bundle.bundle;
}

static bool is_wanted(const struct running *running)
{
	const struct instance *instance = running->instance;
	const struct vk_bundle *bundle = bundle_of(running);

	return !instance->is_started_later && bundle != NULL &&
	       (bundle->bake_s > 0 || !vk_health_is_empty(&bundle->health) ||
		       instance->health_program != NULL || instance->health_user != NULL);
}

static char *path_of(const struct instance *instance)
{
	return xasprintf("%s/health.json", instance->directory);
}

/* Before the first release the agent's own user is not there yet. */
static enum vk_rc ask(const struct instance *instance, bool is_first, struct health_state *state,
	struct denials *denials, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	enum vk_rc rc = is_first ? instance_connect(instance, &valkey, err)
				 : instance_connect_as_agent(instance, &valkey, err);

	if (rc == VK_OK)
		rc = health_state_read(valkey, state, err);
	if (rc == VK_OK)
		rc = denials_read(valkey, denials, err);
	valkey_free(valkey);
	return rc;
}

static enum vk_rc write_before(
	const struct baking *baking, const char *generation, struct vk_err *err)
{
	char *path = path_of(baking->running->instance);
	struct vkjson *json = vkjson_object();
	struct vk_buf text;
	enum vk_rc rc;

	vkjson_set(json, "format", vkjson_int(FORMAT));
	vkjson_set(json, "generation", vkjson_string(generation));
	vkjson_set(json, "since", vkjson_time(baking->since));
	vkjson_set(json, "denied-ms", vkjson_int(baking->denied_ms));
	vkjson_set(json, "state", health_state_to_json(&baking->before));
	if (baking->old_denials.is_known)
		vkjson_set(json, "denials", denials_to_json(&baking->old_denials));
	if (baking->blamed.count > 0)
		vkjson_set(json, "blamed", denials_to_json(&baking->blamed));
	vk_buf_init(&text, MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, "health.json", err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	vkjson_free(json);
	free(path);
	return rc;
}

static enum vk_rc parse_before(
	const struct vkjson *json, const char *generation, struct baking *out, struct vk_err *err)
{
	const struct vkjson *state = NULL, *denials = NULL, *blamed = NULL;
	const char *name = "";
	int64_t format;
	enum vk_rc rc = vkjson_get_int(json, "format", FORMAT, FORMAT, &format, err);

	if (rc == VK_OK)
		rc = vkjson_get_opt_array(json, "blamed", &blamed, err);
	if (rc == VK_OK && blamed != NULL)
		rc = denials_from_json(blamed, &out->blamed, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "generation", &name, err);
	if (rc == VK_OK && strcmp(name, generation) != 0)
		rc = vk_err_set(err, VK_EINPUT, "it is of another generation");
	if (rc == VK_OK)
		rc = vkjson_get_time(json, "since", &out->since, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(
			json, "denied-ms", 0, INT64_MAX - 1, 0, &out->denied_ms, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "state", &state, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_array(json, "denials", &denials, err);
	if (rc == VK_OK)
		rc = health_state_from_json(state, &out->before, err);
	if (rc == VK_OK && denials != NULL)
		rc = denials_from_json(denials, &out->old_denials, err);
	return rc;
}

/* What cannot be read is unknown: then only what needs no comparison is judged. */
static void read_before(struct baking *baking, const char *generation)
{
	char *path = path_of(baking->running->instance);
	struct vk_err ignored = VK_ERR_INIT;
	struct vkjson *json = NULL;
	struct vk_buf text;

	vk_buf_init(&text, MAX_BYTES);
	baking->since = vk_clock_now();
	baking->has_before =
		vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, &ignored) == VK_OK &&
		vkjson_parse(text.data, text.len, &json, &ignored) == VK_OK &&
		parse_before(json, generation, baking, &ignored) == VK_OK;
	vkjson_free(json);
	vk_buf_release(&text);
	free(path);
}

enum vk_rc health_begin(const struct running *running, const char *generation, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct baking *baking;
	enum vk_rc rc;

	if (!is_wanted(running))
		return VK_OK;
	baking = xcalloc(1, sizeof(*baking));
	baking->running = running;
	read_before(baking, generation);
	baking->since = vk_clock_now();
	if (ask(running->instance, !running->previous.is_known, &baking->before,
		    &baking->old_denials, &ignored) == VK_OK) {
		baking->denied_ms = denials_latest_ms(&baking->old_denials);
		denials_remove(&baking->old_denials, &baking->blamed);
		rc = write_before(baking, generation, err);
	} else
		rc = health_forget(running->instance, err); /* of an earlier install */
	free(baking);
	return rc;
}

static struct denials_scope scope_of(const struct baking *baking)
{
	return (struct denials_scope){.before = &baking->old_denials,
		.since_ms = baking->denied_ms > 0 ? baking->denied_ms + 1 : baking->since * 1000,
		.old_users = &baking->running->previous.expected.users,
		.new_users = &baking->running->next.expected.users};
}

static void judge(struct baking *baking)
{
	const struct running *running = baking->running;
	const struct health_subject subject = {.bundle = bundle_of(running),
		.before = baking->has_before ? &baking->before : NULL,
		.now = &baking->now,
		.denials = &baking->denials,
		.scope = scope_of(baking),
		.elapsed_s = baking->elapsed_s,
		.was_restarted = running->was_restarted || running->was_started};

	health_judge(&subject, &baking->verdict);
	if (baking->run_id[0] == '\0')
		memcpy(baking->run_id, baking->now.run_id, sizeof(baking->run_id));
	if (strcmp(baking->run_id, baking->now.run_id) != 0)
		health_add(&baking->verdict, "process", "the same",
			"another: it has ended, and was started anew", HEALTH_BAD);
}

static void look(struct baking *baking)
{
	struct vk_err err = VK_ERR_INIT;
	char text[HEALTH_TEXT_BYTES];

	if (ask(baking->running->instance, false, &baking->now, &baking->denials, &err) == VK_OK) {
		baking->answered_ms = vk_clock_monotonic_ms();
		judge(baking);
		return;
	}
	snprintf(text, sizeof(text), "%.150s", err.msg);
	baking->verdict.count = 0;
	health_add(&baking->verdict, "answers", "ok", text,
		vk_clock_monotonic_ms() - baking->answered_ms >= SILENCE_MS ? HEALTH_BAD
									    : HEALTH_BAD_NOW);
}

/* False where a signal wants to end us, which stays pending: --watch has blocked them. */
static bool rest(const struct baking *baking, int64_t pause_ms)
{
	struct pollfd waits = {.fd = baking->signal_fd, .events = POLLIN};

	return poll(&waits, 1, (int)pause_ms) <= 0;
}

/* Of the time; in a group what may pass gets as long as another member needs for a restart. */
static int64_t left_ms(const struct baking *baking)
{
	int64_t left = baking->deadline_ms - vk_clock_monotonic_ms();

	if (left <= 0 && health_worst(&baking->verdict) == HEALTH_BAD_NOW &&
		bundle_of(baking->running)->bake_s > 0 && bundle_of(baking->running)->group != NULL)
		left += baking->running->instance->restart_timeout_ms;
	return left > 0 ? left : 0;
}

/* What may pass has passed by the end of a bake; without one there is no time for it. */
static bool is_borne(const struct baking *baking)
{
	enum health_judgement worst = health_worst(&baking->verdict);

	return bundle_of(baking->running)->bake_s > 0 ? worst == HEALTH_GOOD : worst != HEALTH_BAD;
}

static enum vk_rc watch(struct baking *baking, struct vk_err *err)
{
	for (;;) {
		int64_t left;

		look(baking);
		left = left_ms(baking);
		if (health_worst(&baking->verdict) == HEALTH_BAD || left == 0)
			break;
		if (!rest(baking, left < LOOK_STEP_MS ? left : LOOK_STEP_MS))
			return vk_err_set(err, VK_EUNAVAIL,
				"a signal ends the watch over the release; the next run goes on");
	}
	if (is_borne(baking))
		health_ask_host(baking->running->instance, &baking->verdict);
	return VK_OK;
}

/* Kept until something is installed: with --retry the same denials are as new as they were. */
static void blame(struct baking *baking, const char *generation)
{
	const struct denials_scope scope = scope_of(baking);
	struct vk_err err = VK_ERR_INIT;
	size_t before = baking->blamed.count;

	denials_add_new(&baking->blamed, &baking->denials, &scope);
	if (baking->has_before && baking->blamed.count > before &&
		write_before(baking, generation, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "health-not-kept", &err);
}

static enum vk_rc conclude(
	struct baking *baking, const char *generation, struct outcome *outcome, struct vk_err *err)
{
	struct vk_buf text;

	vkjson_free(outcome->checks);
	outcome->checks = health_verdict_to_json(&baking->verdict);
	if (is_borne(baking))
		return VK_OK;
	blame(baking, generation);
	vk_buf_init(&text, HEALTH_MAX_CHECKS * 3 * HEALTH_TEXT_BYTES);
	health_describe(&baking->verdict, &text);
	vk_err_set(err, VK_EINPUT, "not healthy with it: %s", text.data);
	vk_buf_release(&text);
	return VK_EINPUT;
}

static void begin(struct baking *baking, const char *generation)
{
	int64_t bake_s = bundle_of(baking->running)->bake_s;
	int64_t now_ms = vk_clock_monotonic_ms(), since_s;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	baking->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	read_before(baking, generation);
	since_s = vk_clock_now() - baking->since;
	baking->elapsed_s = bake_s + (since_s > 0 ? since_s : 0) + 1;
	baking->answered_ms = now_ms;
	baking->deadline_ms = now_ms + bake_s * 1000;
	if (bake_s > 0)
		vk_log(VK_LOG_INFO, "bake", VK_KV("instance", baking->running->instance->name),
			VK_KV("generation", generation), VK_KN("seconds", bake_s));
}

enum vk_rc health_bake(const struct running *running, const char *generation,
	struct outcome *outcome, struct vk_err *err)
{
	struct baking *baking;
	enum vk_rc rc;

	if (!is_wanted(running))
		return VK_OK;
	baking = xcalloc(1, sizeof(*baking));
	baking->running = running;
	begin(baking, generation);
	rc = watch(baking, err);
	if (rc == VK_OK)
		rc = conclude(baking, generation, outcome, err);
	if (rc == VK_OK && running_prove_tls(running, err) != VK_OK)
		rc = err->rc = VK_EINPUT; /* a port that is silent, too */
	if (baking->signal_fd >= 0)
		close(baking->signal_fd);
	free(baking);
	return rc;
}

enum vk_rc health_forget(const struct instance *instance, struct vk_err *err)
{
	char *path = path_of(instance);
	enum vk_rc rc = VK_OK;

	if (access(path, F_OK) == 0)
		rc = vk_file_remove(AT_FDCWD, path, err);
	free(path);
	return rc;
}
