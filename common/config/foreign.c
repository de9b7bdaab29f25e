/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/foreign.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/banned.h"

const struct cfg_foreign *cfg_foreign_find(const char *name)
{
	for (size_t i = 0; i < cfg_foreign_count; i++) {
		const char *known = cfg_foreign_rows[i].name;
		size_t len = strcspn(known, "*");

		if (known[len] == '*' ? strncasecmp(name, known, len) == 0
				      : strcasecmp(name, known) == 0)
			return &cfg_foreign_rows[i];
	}
	return NULL;
}

void cfg_foreign_explain(const struct cfg_foreign *foreign, char *out, size_t size)
{
	bool has_versions = foreign->versions != NULL, has_remedy = foreign->remedy != NULL;

	snprintf(out, size, "a directive of %s%s%s: %s%s%s", foreign->product,
		has_versions ? " " : "", has_versions ? foreign->versions : "",
		has_remedy ? foreign->remedy : "Valkey has ", has_remedy ? "" : foreign->instead,
		has_remedy ? "" : " instead");
}
