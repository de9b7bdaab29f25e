/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/template.h"

#include <stdio.h>
#include <string.h>

#include "common/nearest.h"

#include "common/banned.h"

const struct cfg_template *cfg_template_find(const char *name)
{
	for (size_t i = 0; i < cfg_template_count; i++) {
		if (strcmp(cfg_templates[i].name, name) == 0)
			return &cfg_templates[i];
	}
	return NULL;
}

const struct cfg_template *cfg_template_successor(const struct cfg_template *template)
{
	const struct cfg_template *next = template + 1;
	size_t len = strcspn(template->name, "@") + 1;

	if (next == cfg_templates + cfg_template_count ||
		strncmp(next->name, template->name, len) != 0)
		return NULL;
	return next;
}

void cfg_template_hint(const char *name, char *hint, size_t size)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	size_t used = 0;

	for (size_t i = 0; i < cfg_template_count; i++)
		vk_nearest_offer(&nearest, cfg_templates[i].name);
	if (nearest.word != NULL) {
		snprintf(hint, size, "did you mean '%s'?", nearest.word);
		return;
	}
	for (size_t i = 0; i < cfg_template_count && used < size; i++)
		used += (size_t)snprintf(hint + used, size - used, "%s%s",
			i > 0 ? ", " : "there are ", cfg_templates[i].name);
}
