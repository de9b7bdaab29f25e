/* SPDX-License-Identifier: BSD-3-Clause */
/* A small tree for tests, with one file replaced at will. */
#ifndef VK_TREE_TEXT_H
#define VK_TREE_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "common/config/fleet.h"
#include "common/config/tree.h"
#include "tests/unit/unit.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define FLEET_YAML "fleet: demo\nenvironments: [dev, prod]\nvalkey: \"8.0\"\n"

#define ROLE_YAML                                                                                  \
	"template: baseline@1\n"                                                                   \
	"parameters:\n"                                                                            \
	"  memory: {type: memory, default: 256mb, min: 64mb, max: 8gb}\n"                          \
	"  prefix: {type: string, default: app}\n"                                                 \
	"config:\n"                                                                                \
	"  maxmemory-policy: allkeys-lru\n"                                                        \
	"  save: [\"3600 1\", \"300 100\"]\n"                                                      \
	"users:\n"                                                                                 \
	"  app:\n"                                                                                 \
	"    rules: \"on ~${prefix}:* -@all +@read +@write -@dangerous\"\n"                        \
	"    passwords: [\"sha256:" HASH_A "\"]\n"                                                 \
	"files:\n"                                                                                 \
	"  - {path: extra/motd.txt, mode: \"0440\", from: files/motd.txt}\n"                       \
	"apply: {drift: revert}\n"

#define PROD_YAML "promotes-from: dev\nparameters: {memory: 2gb}\nconfig: {loglevel: warning}\n"

#define HOSTS_YAML                                                                                 \
	"hosts:\n"                                                                                 \
	"  db1:\n"                                                                                 \
	"    environment: prod\n"                                                                  \
	"    public-key: \"ed25519:" HASH_A "\"\n"                                                 \
	"    instances:\n"                                                                         \
	"      main:\n"                                                                            \
	"        role: cache\n"                                                                    \
	"        parameters: {memory: 1gb}\n"                                                      \
	"        config: {port: 7000, tcp-keepalive: ~}\n"                                         \
	"      b: {role: cache}\n"                                                                 \
	"  db-2:\n"                                                                                \
	"    environment: dev\n"                                                                   \
	"    instances: {main: {role: cache}}\n"

/* A file of a tree, and what it holds instead; a path of NULL ends a list. */
struct tree_part {
	const char *path;
	const char *text;
};

enum { TREE_MAX_PARTS = 16 };

/* The tree with these files replaced, or added where it has no such file. */
static inline struct cfg_tree *tree_with_parts(const struct tree_part *parts)
{
	struct cfg_tree_file files[TREE_MAX_PARTS] = {
		{"hosts/all.yaml", HOSTS_YAML, strlen(HOSTS_YAML)},
		{"roles/cache.yaml", ROLE_YAML, strlen(ROLE_YAML)},
		{"fleet.yaml", FLEET_YAML, strlen(FLEET_YAML)},
		{"files/motd.txt", "hello ${x} @{y}\n", strlen("hello ${x} @{y}\n")},
		{"environments/prod.yaml", PROD_YAML, strlen(PROD_YAML)},
	};
	size_t count = 5;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	for (; parts != NULL && parts->path != NULL; parts++) {
		size_t i = 0;

		while (i < count && strcmp(files[i].path, parts->path) != 0)
			i++;
		ck_assert_uint_lt(i, TREE_MAX_PARTS);
		files[i] = (struct cfg_tree_file){parts->path, parts->text, strlen(parts->text)};
		count += i == count;
	}
	assert_ok(cfg_tree_from_files(files, count, &tree, &err), err);
	return tree;
}

/* The same with one file; NULL: the tree as it is. */
static inline struct cfg_tree *tree_with(const char *path, const char *text)
{
	const struct tree_part parts[] = {{path, text}, {NULL, NULL}};

	return tree_with_parts(parts);
}

/* All findings of a tree that has these files, one line each: "FILE:L:C: message". */
static inline char *tree_findings(const struct tree_part *parts)
{
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_tree *tree = tree_with_parts(parts);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *joined;

	vk_buf_init(&out, 1000000);
	assert_ok(cfg_validate(tree, findings, &err), err);
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		cfg_finding_format(cfg_findings_at(findings, i), &out);
		vk_buf_addc(&out, '\n');
	}
	cfg_findings_free(findings);
	cfg_tree_free(tree);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

/* One file and all that is found because of it. */
struct tree_refusal {
	const char *text;
	const char *findings;
};

static inline void tree_check_all(const char *path, const struct tree_refusal *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct tree_part parts[] = {{path, table[i].text}, {NULL, NULL}};
		char *found = tree_findings(parts);

		ck_assert_str_eq(found, table[i].findings);
		free(found);
	}
}

#define TREE_CHECK_ALL(path, table) tree_check_all(path, table, sizeof(table) / sizeof((table)[0]))

#endif
