/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts that wait: shown to operators, let in, sent away. The hosts' own call is in routes_enrol.c.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "server/environment.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_host.h"
#include "server/store/store_host_approval.h"
#include "server/store/store_token.h"
#include "server/waiting.h"

#include "common/banned.h"

enum { APPROVAL_SECONDS = 60 * 60 };

static struct vkjson *host_to_json(const struct waiting_host *host)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(host->name));
	vkjson_set(object, "environment", vkjson_string(host->environment));
	vkjson_set(object, "public_key", vkjson_string(host->public_key));
	vkjson_set(object, "tls_key", vkjson_hex(host->tls_key, sizeof(host->tls_key)));
	vkjson_set(object, "fingerprint", vkjson_string(host->fingerprint));
	vkjson_set(object, "address", vkjson_string(host->address));
	vkjson_set(object, "since", vkjson_time(host->since));
	vkjson_set(object, "rejected", vkjson_bool(host->is_rejected));
	return object;
}

static int compare_hosts(const void *a, const void *b)
{
	const struct waiting_host *first = a, *second = b;
	int order = strcmp(first->name, second->name);

	return order != 0 ? order : strcmp(first->fingerprint, second->fingerprint);
}

void route_list_waiting(struct request *req)
{
	const struct context *context = request_context(req);
	const char *wanted = request_query(req, "environment");
	struct waiting_host *hosts = xcalloc(WAITING_MAX, sizeof(*hosts));
	struct vkjson *items = vkjson_array(), *answer;
	size_t count = 0;

	while (count < WAITING_MAX &&
		waiting_get(context->waiting, count, vk_clock_now(), &hosts[count]))
		count++;
	qsort(hosts, count, sizeof(*hosts), compare_hosts);
	for (size_t i = 0; i < count; i++) {
		if ((wanted == NULL || strcmp(wanted, hosts[i].environment) == 0) &&
			route_permits_in(
				request_route(req), request_identity(req), hosts[i].environment))
			vkjson_append(items, host_to_json(&hosts[i]));
	}
	answer = query_list(items, NULL);
	reply_json(req, 200, answer);
	vkjson_free(answer);
	free(hosts);
}

/* What an operator has decided about. */
struct judgement {
	const char *name;
	const char *environment;
	const char *fingerprint;
	struct waiting_host host;
};

static struct vkjson *describe(const struct judgement *judgement)
{
	struct vkjson *detail = vkjson_object();

	vkjson_set(detail, "environment", vkjson_string(judgement->environment));
	vkjson_set(detail, "fingerprint", vkjson_string(judgement->fingerprint));
	vkjson_set(detail, "public_key", vkjson_string(judgement->host.public_key));
	vkjson_set(detail, "address", vkjson_string(judgement->host.address));
	return detail;
}

static enum vk_rc audit(
	struct mutation *mutation, struct writer_tx *tx, const char *action, struct vk_err *err)
{
	const struct judgement *judgement = mutation->data;
	char *object = xasprintf("host/%s", judgement->name);
	enum vk_rc rc = mutation_audit(mutation, tx, action, object, describe(judgement), err);

	free(object);
	return rc;
}

static enum vk_rc run_approve(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct judgement *judgement = mutation->data;
	struct store *store = writer_tx_store(tx);
	const struct store_host_approval approval = {.host = judgement->name,
		.fingerprint = judgement->fingerprint,
		.approved_by = mutation->actor,
		.approved = writer_tx_now(tx),
		.expires = writer_tx_now(tx) + APPROVAL_SECONDS};
	enum vk_rc rc = environment_check(tx, judgement->environment, err);

	if (rc == VK_OK)
		rc = store_add_host(
			store, judgement->name, judgement->environment, approval.approved, err);
	if (rc == VK_ECONFLICT)
		vk_err_hint(err, "if this machine takes its place: vkcfg host revoke %s first",
			judgement->name);
	if (rc == VK_OK)
		rc = store_void_tokens(store, IDENTITY_HOST, judgement->name, err);
	if (rc == VK_OK)
		rc = store_set_host_approval(store, &approval, err);
	if (rc == VK_OK)
		rc = audit(mutation, tx, "host.approve", err);
	if (rc != VK_OK)
		return rc;
	writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	mutation->answer = describe(judgement);
	vkjson_set(mutation->answer, "name", vkjson_string(judgement->name));
	vkjson_set(mutation->answer, "expires", vkjson_time(approval.expires));
	return VK_OK;
}

static enum vk_rc run_reject(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct judgement *judgement = mutation->data;
	enum vk_rc rc = audit(mutation, tx, "host.reject", err);

	if (rc == VK_OK)
		waiting_reject(
			mutation->context->waiting, judgement->fingerprint, writer_tx_now(tx));
	return rc;
}

static enum vk_rc parse(struct mutation *mutation, struct vk_err *err)
{
	struct judgement *judgement = mutation->data;
	enum vk_rc rc = mutation_parse_body(mutation, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "environment", &judgement->environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "fingerprint", &judgement->fingerprint, err);
	if (rc != VK_OK)
		return rc;
	if (waiting_find(mutation->context->waiting, judgement->name, judgement->environment,
		    judgement->fingerprint, vk_clock_now(), &judgement->host))
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "no host %.64s with this fingerprint waits for %.64s",
		judgement->name, judgement->environment);
	vk_err_hint(err, "'vkcfg host waiting' shows those that wait; a host is forgotten when it "
			 "no longer asks");
	return VK_ENOTFOUND;
}

static void judge(struct request *req, const char *name, mutation_run *run)
{
	struct mutation *mutation = mutation_new(req, name, run);
	struct judgement *judgement = arena_calloc(mutation->arena, 1, sizeof(*judgement));
	struct vk_err err = VK_ERR_INIT;

	mutation->data = judgement;
	judgement->name = mutation_keep(mutation, request_param(req, "name"));
	if (parse(mutation, &err) == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

void route_approve_waiting(struct request *req)
{
	judge(req, "host.approve", run_approve);
}

void route_reject_waiting(struct request *req)
{
	judge(req, "host.reject", run_reject);
}
