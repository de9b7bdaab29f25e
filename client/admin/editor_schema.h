/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What editors are told about the files of a tree: JSON Schema (draft 07), made of the same keys
 * and directives by which trees are read. It completes and explains; `vkcfg validate` judges.
 */
#ifndef ADMIN_EDITOR_SCHEMA_H
#define ADMIN_EDITOR_SCHEMA_H

#include <stdbool.h>

struct vkjson;

#define EDITOR_KINDS "acl|environment|fleet|group|hosts|role|secret"

/* The schema of a file of that kind, for one version of Valkey, or for all (NULL). NULL: there is
 * no such kind. */
struct vkjson *editor_schema(const char *kind, const char *version);

/* ---- editor_values.c ---- */

/* `config:` of a layer. */
struct vkjson *editor_config(const char *version);

/* `sentinel:` of a group. */
struct vkjson *editor_watch(const char *version);

/* A text or number, as long as it is no list and no map. */
struct vkjson *editor_scalar(void);

/* {NAME: VALUE}; takes the reference. */
struct vkjson *editor_object(const char *name, struct vkjson *value);

#endif
