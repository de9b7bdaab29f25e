/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables made from schema/directives/: between directive.c and directive_gen.c only. */
#ifndef VK_CONFIG_DIRECTIVE_TABLE_H
#define VK_CONFIG_DIRECTIVE_TABLE_H

#include "common/config/directive.h"

struct cfg_schema {
	const char *version;	 /* "8.0" */
	const uint16_t *members; /* indexes into cfg_schema_rows, sorted by name */
	size_t count;
	const uint16_t *sentinel; /* the same for a Sentinel of this version */
	size_t sentinel_count;
};

extern const struct cfg_directive cfg_schema_rows[];
extern const struct cfg_schema cfg_schemas[]; /* oldest version first */
extern const size_t cfg_schema_count;

#endif
