/* SPDX-License-Identifier: BSD-3-Clause */
/* A small tree for tests, with one file replaced at will. */
#ifndef VK_TREE_TEXT_H
#define VK_TREE_TEXT_H

#include <string.h>

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

/* The tree with the file path holding text instead (added if the tree has no such file). */
static inline struct cfg_tree *tree_with(const char *path, const char *text)
{
	struct cfg_tree_file files[] = {
		{"hosts/all.yaml", HOSTS_YAML, strlen(HOSTS_YAML)},
		{"roles/cache.yaml", ROLE_YAML, strlen(ROLE_YAML)},
		{"fleet.yaml", FLEET_YAML, strlen(FLEET_YAML)},
		{"files/motd.txt", "hello ${x} @{y}\n", strlen("hello ${x} @{y}\n")},
		{"environments/prod.yaml", PROD_YAML, strlen(PROD_YAML)},
		{path, text, text != NULL ? strlen(text) : 0},
	};
	size_t count = sizeof(files) / sizeof(files[0]) - 1;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;
	int is_new = path != NULL;

	for (size_t i = 0; i < count && path != NULL; i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		files[i].text = text;
		files[i].len = strlen(text);
		is_new = 0;
	}
	assert_ok(cfg_tree_from_files(files, count + (size_t)is_new, &tree, &err), err);
	return tree;
}

#endif
