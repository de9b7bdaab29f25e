/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_topology.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/pull/tls_proof.h"

#include "common/banned.h"

enum { FOUND_BYTES = RESTART_ADDRESS_BYTES + 32 };

/* Adds what is not put right in any case, and marks it. */
static struct outcome_drift *tell(const struct drift_policy *policy, enum outcome_drift_kind kind,
	const char *name, const char *expected, const char *actual, struct outcome *outcome)
{
	enum drift_verdict verdict = drift_policy_judge(policy, kind, name);
	size_t before = outcome->drift_count;

	outcome_add_drift(outcome, kind, name, expected, actual);
	if (outcome->drift_count == before)
		return NULL;
	drift_policy_mark(policy, &outcome->drift[before],
		verdict == DRIFT_ALARM ? DRIFT_ALARM : DRIFT_TELL, false);
	return &outcome->drift[before];
}

static bool is_literal(const char *address)
{
	uint8_t bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

/* A tree may have names where Valkey has numbers: then the port alone has to do. */
static bool is_member(const struct vk_bundle_member *member, const struct restart_state *state)
{
	if (member->port != state->primary_port && member->tls_port != state->primary_port)
		return false;
	return strcmp(member->address, state->primary) == 0 || !is_literal(member->address) ||
	       !is_literal(state->primary);
}

static bool is_in_group(const struct vk_bundle_group *group, const struct restart_state *state)
{
	for (size_t i = 0; i < group->member_count; i++) {
		if (is_member(&group->members[i], state))
			return true;
	}
	return false;
}

void drift_check_role(const struct drift_policy *policy, const struct restart_state *state,
	struct outcome *outcome)
{
	const struct vk_bundle_group *group = policy->bundle->group;
	bool is_first = group->member_count > 0 &&
			strcmp(group->members[0].instance, policy->bundle->instance) == 0;
	struct outcome_drift *drift;
	char found[FOUND_BYTES], wanted[FOUND_BYTES];

	if (state->is_replica && !is_in_group(group, state)) {
		snprintf(found, sizeof(found), "%s:%" PRId64, state->primary, state->primary_port);
		snprintf(wanted, sizeof(wanted), "a member of group %s", group->name);
		(void)tell(policy, OUTCOME_DRIFT_TOPOLOGY, "primary", wanted, found, outcome);
		return;
	}
	if (state->is_replica != is_first || state->is_failing_over)
		return;
	drift = tell(policy, OUTCOME_DRIFT_TOPOLOGY, "role", is_first ? "primary" : "replica",
		is_first ? "replica" : "primary", outcome);
	if (drift == NULL)
		return;
	drift->is_alert = false;
	if (drift->cause == OUTCOME_UNAUTHORISED)
		drift->cause = OUTCOME_SERVER_OWNED;
}

void drift_check_certificate(
	const struct drift_policy *policy, const struct live *live, struct outcome *outcome)
{
	char expected[VK_SHA256_HEX_BYTES + 8], actual[VK_SHA256_HEX_BYTES + 8];
	struct vk_err ignored = VK_ERR_INIT;
	struct tls_proof proof = {.verdict = TLS_PROOF_NONE};

	/* That nobody answers there, the health of the instance has to say. */
	if (tls_proof_look(policy->instance, &live->values, &proof, &ignored) != VK_OK ||
		proof.verdict != TLS_PROOF_OTHER)
		return;
	snprintf(expected, sizeof(expected), "sha256:%s", proof.wanted);
	snprintf(actual, sizeof(actual), "sha256:%s", proof.served);
	(void)tell(policy, OUTCOME_DRIFT_CERTIFICATE, "tls-cert-file", expected, actual, outcome);
}
