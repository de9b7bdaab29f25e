/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/topology.h"

#include <stdbool.h>
#include <string.h>

#include "common/config/conf.h"

#include "common/banned.h"

/* Whether replicas of the instance speak TLS; the last line counts, as in Valkey. */
static enum vk_rc uses_tls(const struct vk_bundle *bundle, bool *out, struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, VK_BUNDLE_CONF);
	struct cfg_conf *conf = NULL;
	enum vk_rc rc;

	*out = false;
	if (file == NULL)
		return VK_OK;
	rc = cfg_conf_parse(file->path, file->text, strlen(file->text), &conf, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_conf_count(conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);

		if (strcmp(line->name, "tls-replication") == 0 && line->word_count == 1)
			*out = strcmp(line->words[0], "yes") == 0;
	}
	cfg_conf_free(conf);
	return rc;
}

enum vk_rc cfg_first_topology(
	const struct vk_bundle *bundle, struct vk_buf *out, struct vk_err *err)
{
	const struct vk_bundle_group *group = bundle->group;
	const struct vk_bundle_member *first;
	bool has_tls;
	enum vk_rc rc;

	if (group == NULL || group->kind != VK_GROUP_REPLICATED)
		return VK_OK;
	first = &group->members[0];
	if (strcmp(first->instance, bundle->instance) == 0)
		return VK_OK;
	rc = uses_tls(bundle, &has_tls, err);
	if (rc == VK_OK && (has_tls ? first->tls_port : first->port) != 0)
		vk_buf_addf(out, "replicaof %s %lld\n", first->address,
			(long long)(has_tls ? first->tls_port : first->port));
	return rc;
}
