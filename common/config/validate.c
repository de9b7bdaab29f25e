/* SPDX-License-Identifier: BSD-3-Clause */
/* All that can be wrong with a tree; and what a checked fleet answers about itself. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet_internal.h"
#include "common/name.h"

#include "common/banned.h"

enum vk_rc cfg_fleet_parse(const struct cfg_tree *tree, struct cfg_findings *findings,
	struct cfg_fleet **out, struct vk_err *err)
{
	struct cfg_findings *own = findings == NULL ? cfg_findings_new() : NULL;
	struct cfg_fleet *fleet = cfg_fleet_read(tree, findings != NULL ? findings : own);
	enum vk_rc rc = cfg_findings_check(fleet->findings, err);

	fleet->findings = NULL; /* may die before the fleet */
	cfg_findings_free(own);
	if (rc == VK_OK)
		*out = fleet;
	else
		cfg_fleet_free(fleet);
	return rc;
}

static void validate_instances(struct cfg_fleet *fleet, struct cfg_host *host, struct vk_buf *text)
{
	for (size_t i = 0; i < host->instance_count; i++) {
		struct cfg_instance *instance = &host->instances[i];

		vk_buf_reset(text);
		if (instance->role != NULL && host->environment != NULL)
			(void)cfg_render_instance(fleet, host, instance, text);
	}
	cfg_host_memory_warn(fleet, host);
}

enum vk_rc cfg_validate(
	const struct cfg_tree *tree, struct cfg_findings *findings, struct vk_err *err)
{
	struct cfg_fleet *fleet = cfg_fleet_read(tree, findings);
	struct vk_buf text;

	(void)err; /* nothing but findings can go wrong today */
	vk_buf_init(&text, VK_BUNDLE_MAX_BYTES);
	for (size_t i = 0; i < fleet->role_count; i++)
		cfg_check_role(fleet, &fleet->roles[i]);
	for (size_t i = 0; i < fleet->environment_count; i++)
		(void)cfg_layer_resolve(fleet, &fleet->environments[i].layer, fleet->version);
	for (size_t i = 0; i < fleet->host_count; i++) {
		(void)cfg_layer_resolve(fleet, fleet->hosts[i].layer, fleet->version);
		validate_instances(fleet, &fleet->hosts[i], &text);
	}
	for (size_t i = 0; i < fleet->group_count; i++)
		(void)cfg_group_resolve(fleet, &fleet->groups[i]);
	for (size_t i = 0; i < fleet->environment_count; i++)
		cfg_secrets_warn(fleet, &fleet->environments[i]);
	cfg_acl_roles_warn(fleet);
	vk_buf_release(&text);
	cfg_fleet_free(fleet);
	return VK_OK;
}

const char *cfg_fleet_name(const struct cfg_fleet *fleet)
{
	return fleet->name;
}

size_t cfg_fleet_environment_count(const struct cfg_fleet *fleet)
{
	return fleet->environment_count;
}

const char *cfg_fleet_environment_at(const struct cfg_fleet *fleet, size_t i)
{
	assert(i < fleet->environment_count);
	return fleet->environments[i].name;
}

bool cfg_fleet_has_environment(const struct cfg_fleet *fleet, const char *name)
{
	return cfg_fleet_find_environment(fleet, name) != NULL;
}

const char *cfg_fleet_promotes_from(const struct cfg_fleet *fleet, const char *environment)
{
	const struct cfg_environment *found = cfg_fleet_find_environment(fleet, environment);

	return found != NULL ? found->promotes_from : NULL;
}

size_t cfg_fleet_keeper_count(const struct cfg_fleet *fleet, const char *environment)
{
	const struct cfg_environment *found = cfg_fleet_find_environment(fleet, environment);

	return found != NULL ? found->keeper_count : 0;
}

struct cfg_keeper_info cfg_fleet_keeper_at(
	const struct cfg_fleet *fleet, const char *environment, size_t i)
{
	const struct cfg_environment *found = cfg_fleet_find_environment(fleet, environment);

	assert(found != NULL && i < found->keeper_count);
	return (struct cfg_keeper_info){found->keepers[i].name, found->keepers[i].public_key};
}

size_t cfg_fleet_host_count(const struct cfg_fleet *fleet)
{
	return fleet->host_count;
}

struct cfg_host_info cfg_fleet_host_at(const struct cfg_fleet *fleet, size_t i)
{
	const struct cfg_host *host = &fleet->hosts[i];

	assert(i < fleet->host_count);
	return (struct cfg_host_info){
		.name = host->name,
		.environment = host->environment->name,
		.public_key = host->public_key,
		.address = host->address != NULL ? host->address : "",
		.memory = host->memory,
		.file = host->place.file,
		.line = host->place.line,
		.instance_count = host->instance_count,
	};
}

bool cfg_fleet_host_find(const struct cfg_fleet *fleet, const char *name, struct cfg_host_info *out)
{
	const struct cfg_host *found = cfg_fleet_find_host(fleet, name);

	if (found != NULL)
		*out = cfg_fleet_host_at(fleet, (size_t)(found - fleet->hosts));
	return found != NULL;
}

uint64_t cfg_fleet_memory_of(const struct cfg_fleet *fleet, const char *id)
{
	char host[VK_NAME_BYTES], instance[VK_NAME_BYTES];
	struct cfg_host_info info;

	if (!vk_instance_id_parse(id, host, instance) || !cfg_fleet_host_find(fleet, host, &info))
		return 0;
	return info.memory;
}

const char *cfg_fleet_instance_name(const struct cfg_fleet *fleet, size_t h, size_t i)
{
	assert(h < fleet->host_count && i < fleet->hosts[h].instance_count);
	return fleet->hosts[h].instances[i].name;
}

const char *cfg_fleet_instance_role(const struct cfg_fleet *fleet, size_t h, size_t i)
{
	assert(h < fleet->host_count && i < fleet->hosts[h].instance_count);
	return fleet->hosts[h].instances[i].role->name;
}
