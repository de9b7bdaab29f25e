/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Directives that no Valkey has, of Redis and KeyDB, and what became of them
 * (schema/directives/foreign.tsv, compiled in). Constant data.
 */
#ifndef VK_CONFIG_FOREIGN_H
#define VK_CONFIG_FOREIGN_H

#include <stddef.h>

enum { CFG_FOREIGN_TEXT_BYTES = 256 };

struct cfg_foreign {
	const char *name;     /* in lower case; a '*' at its end stands for any rest */
	const char *product;  /* "Redis", "KeyDB" */
	const char *versions; /* of the product, for people; or NULL */
	const char *instead;  /* a directive of the newest Valkey, or NULL */
	const char *remedy;   /* what to do; NULL: to write what stands in instead */
};

extern const struct cfg_foreign cfg_foreign_rows[]; /* sorted by name */
extern const size_t cfg_foreign_count;

/* Whatever the case of the name; NULL where nothing is known about it. */
const struct cfg_foreign *cfg_foreign_find(const char *name);

/* "a directive of KeyDB: Valkey has io-threads instead"; size: CFG_FOREIGN_TEXT_BYTES is enough. */
void cfg_foreign_explain(const struct cfg_foreign *foreign, char *out, size_t size);

#endif
