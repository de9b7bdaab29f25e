/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const char *const state_names[] = {
	[OUTCOME_UNCHANGED] = "unchanged",
	[OUTCOME_COMMITTED] = "committed",
	[OUTCOME_ROLLED_BACK] = "rolled-back",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_PENDING_RESTART] = "pending-restart",
	[OUTCOME_OBSERVING] = "observing",
};

static const char *const drift_names[] = {
	[OUTCOME_DRIFT_VALUE] = "value",
	[OUTCOME_DRIFT_FILE] = "file",
	[OUTCOME_DRIFT_ACL] = "acl",
	[OUTCOME_DRIFT_COMMAND] = "command",
	[OUTCOME_DRIFT_CERTIFICATE] = "certificate",
	[OUTCOME_DRIFT_TOPOLOGY] = "topology",
};

static const char *const cause_names[] = {
	[OUTCOME_UNAUTHORISED] = "unauthorised",
	[OUTCOME_SERVER_OWNED] = "server-owned",
	[OUTCOME_PENDING] = "pending",
	[OUTCOME_EMERGENCY] = "emergency",
};

void outcome_init(struct outcome *outcome, const char *instance)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->instance = instance;
	outcome->health = "down";
	outcome->is_settled = true;
}

void outcome_release(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->drift_count; i++) {
		free(outcome->drift[i].name);
		free(outcome->drift[i].expected);
		free(outcome->drift[i].actual);
		free(outcome->drift[i].ticket);
	}
	free(outcome->drift);
	vkjson_free(outcome->member);
	for (size_t i = 0; i < outcome->wait_count; i++) {
		free(outcome->waits[i].name);
		free(outcome->waits[i].expected);
		free(outcome->waits[i].actual);
	}
	vkjson_free(outcome->checks);
	outcome_init(outcome, outcome->instance);
}

void outcome_add_drift(struct outcome *outcome, enum outcome_drift_kind kind, const char *name,
	const char *expected, const char *actual)
{
	if (outcome->drift_count == OUTCOME_MAX_DRIFT)
		return;
	if (outcome->drift == NULL)
		outcome->drift = xcalloc(OUTCOME_MAX_DRIFT, sizeof(*outcome->drift));
	outcome->drift[outcome->drift_count++] = (struct outcome_drift){.kind = kind,
		.name = xstrdup(name),
		.expected = xstrdup(expected),
		.actual = xstrdup(actual)};
}

void outcome_add_wait(
	struct outcome *outcome, const char *name, const char *expected, const char *actual)
{
	for (size_t i = 0; i < outcome->wait_count; i++) {
		if (strcmp(outcome->waits[i].name, name) == 0)
			return;
	}
	if (outcome->wait_count == OUTCOME_MAX_WAITS)
		return;
	outcome->waits[outcome->wait_count++] =
		(struct outcome_wait){xstrdup(name), xstrdup(expected), xstrdup(actual)};
}

const char *outcome_state_name(enum outcome_state state)
{
	return state_names[state];
}

const char *outcome_cause_name(enum outcome_cause cause)
{
	return cause_names[cause];
}

bool outcome_is_left(const struct outcome_drift *drift)
{
	return !drift->is_reverted && drift->cause != OUTCOME_PENDING &&
	       drift->cause != OUTCOME_SERVER_OWNED;
}

const char *outcome_action_name(const struct outcome_drift *drift)
{
	if (drift->is_planned)
		return "would-change";
	if (drift->is_too_often)
		return "too-often";
	if (drift->is_alert)
		return "alert";
	return drift->is_reverted ? "reverted" : "report";
}

static struct vkjson *drift_to_json(const struct outcome *outcome)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < outcome->drift_count; i++) {
		const struct outcome_drift *drift = &outcome->drift[i];
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "kind", vkjson_string(drift_names[drift->kind]));
		vkjson_set(item, "name", vkjson_string(drift->name));
		vkjson_set(item, "expected", vkjson_string(drift->expected));
		vkjson_set(item, "actual", vkjson_string(drift->actual));
		vkjson_set(item, "action", vkjson_string(outcome_action_name(drift)));
		vkjson_set(item, "cause", vkjson_string(cause_names[drift->cause]));
		if (drift->ticket != NULL) {
			vkjson_set(item, "ticket", vkjson_string(drift->ticket));
			vkjson_set(item, "until", vkjson_time(drift->until));
		}
		vkjson_append(list, item);
	}
	return list;
}

static struct vkjson *waits_to_json(const struct outcome *outcome)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < outcome->wait_count; i++) {
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "name", vkjson_string(outcome->waits[i].name));
		vkjson_set(item, "expected", vkjson_string(outcome->waits[i].expected));
		vkjson_set(item, "actual", vkjson_string(outcome->waits[i].actual));
		vkjson_append(list, item);
	}
	return list;
}

static struct vkjson *tls_to_json(const struct tls_expiry *expiry)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "directive", vkjson_string(expiry->directive));
	vkjson_set(json, "expires", vkjson_time(expiry->expires));
	return json;
}

struct vkjson *outcome_to_json(const struct outcome *outcome)
{
	struct vkjson *json = vkjson_object();
	const struct vk_err *failure = &outcome->failure;

	vkjson_set(json, "name", vkjson_string(outcome->instance));
	vkjson_set(json, "release", vkjson_int(outcome->release));
	vkjson_set(json, "generation", vkjson_string(outcome->generation));
	vkjson_set(json, "state", vkjson_string(state_names[outcome->state]));
	vkjson_set(json, "health", vkjson_string(outcome->health));
	vkjson_set(json, "valkey", vkjson_string(outcome->valkey));
	vkjson_set(json, "outcome", vkjson_string(outcome->text));
	vkjson_set(
		json, "error", vkjson_string(failure->rc == VK_OK ? "" : vk_rc_name(failure->rc)));
	vkjson_set(json, "detail", vkjson_string(failure->rc == VK_OK ? "" : failure->msg));
	if (outcome->tls.expires != 0)
		vkjson_set(json, "tls", tls_to_json(&outcome->tls));
	vkjson_set(json, "drift", drift_to_json(outcome));
	vkjson_set(json, "waits", waits_to_json(outcome));
	if (outcome->checks != NULL)
		vkjson_set(json, "checks", vkjson_ref(outcome->checks));
	if (outcome->window_opens != 0)
		vkjson_set(json, "window_opens", vkjson_time(outcome->window_opens));
	if (outcome->member != NULL)
		vkjson_set(json, "member", vkjson_ref(outcome->member));
	return json;
}

/* What waits for a restart, the state of the instance says already; what the topology decides, goes
 * into no log of each run. */
static bool is_said(const struct outcome_drift *drift)
{
	return (drift->cause == OUTCOME_PENDING && !drift->is_planned) ||
	       drift->cause == OUTCOME_SERVER_OWNED;
}

static void log_drift(const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->drift_count; i++) {
		const struct outcome_drift *drift = &outcome->drift[i];
		char until[VK_TIME_TEXT_BYTES];

		if (is_said(drift))
			continue;
		vk_time_format(drift->until, until);
		vk_log(drift->is_alert || drift->is_too_often ? VK_LOG_ERROR
			: drift->is_reverted		      ? VK_LOG_INFO
							      : VK_LOG_WARN,
			"drift", VK_KV("instance", outcome->instance),
			VK_KV("kind", drift_names[drift->kind]), VK_KV("name", drift->name),
			VK_KV("expected", drift->expected), VK_KV("actual", drift->actual),
			VK_KV("action", outcome_action_name(drift)),
			VK_KV("cause", cause_names[drift->cause]),
			VK_KV("ticket", drift->ticket != NULL ? drift->ticket : ""),
			VK_KV("until", drift->ticket != NULL ? until : ""));
	}
}

void outcome_log(const struct outcome *outcome)
{
	const struct vk_err *failure = &outcome->failure;
	bool is_bad = failure->rc != VK_OK;

	log_drift(outcome);
	vk_log(is_bad				      ? VK_LOG_ERROR
		: outcome->state == OUTCOME_UNCHANGED ? VK_LOG_DEBUG
						      : VK_LOG_INFO,
		"instance", VK_KV("instance", outcome->instance),
		VK_KV("state", state_names[outcome->state]), VK_KN("release", outcome->release),
		VK_KV("generation", outcome->generation), VK_KV("health", outcome->health),
		VK_KV("outcome", outcome->text),
		VK_KV("error", is_bad ? vk_rc_name(failure->rc) : ""),
		VK_KV("reason", is_bad ? failure->msg : ""),
		/* A field without a name ends the line. */
		VK_KV(is_bad && failure->hint[0] != '\0' ? "hint" : NULL, failure->hint));
}

/* How loud a failure is; the loudest gives the exit status. */
static int weight(enum vk_rc rc)
{
	switch (rc) {
	case VK_OK:
		return 0;
	case VK_EUNAVAIL:
		return 1;
	case VK_ENOTFOUND:
	case VK_ECONFLICT:
	case VK_EDENIED:
	case VK_ELIMIT:
	case VK_EINPUT:
		return 2;
	case VK_EIO:
		return 3;
	case VK_EUNTRUSTED:
		return 4;
	}
	return 0;
}

enum vk_rc outcome_worst(const struct outcome *outcomes, size_t count, const struct vk_err *other,
	struct vk_err *err)
{
	const struct vk_err *worst = other;

	for (size_t i = 0; i < count; i++) {
		if (weight(outcomes[i].failure.rc) > weight(worst->rc))
			worst = &outcomes[i].failure;
	}
	if (worst->rc != VK_OK)
		*err = *worst;
	return worst->rc;
}
