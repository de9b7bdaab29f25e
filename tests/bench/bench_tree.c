/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/bench/bench_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/config/tree.h"

#include "common/banned.h"

enum { INSTANCES_PER_FILE = 1000, OWN_FILES = 4, MAX_FILES = 256 };

static const char fleet_yaml[] = "fleet: bench\nenvironments: [prod]\nvalkey: \"8.0\"\n";

static const char role_yaml[] =
	"parameters:\n"
	"  memory: {type: memory, default: 256mb, min: 64mb, max: 8gb, help: what maxmemory gets}\n"
	"config:\n"
	"  maxmemory: ${memory}\n"
	"  maxmemory-policy: allkeys-lru\n"
	"  save: [\"3600 1\", \"300 100\"]\n"
	"  timeout: 300\n"
	"  tcp-keepalive: 60\n"
	"  client-output-buffer-limit: [\"pubsub 64mb 16mb 60\"]\n"
	"  primaryauth: \"secret:replication\"\n"
	"users:\n"
	"  app: {rules: \"on ~app:* resetchannels -@all +@read +@write -@dangerous\",\n"
	"        passwords: [\"secret:app\"]}\n";

#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char pins_yaml[] = "version: 1\nsha256: " DIGEST "\n";

double bench_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void add_host(struct vk_buf *out, uint64_t number, bench_host_words *words)
{
	vk_buf_addf(out,
		"  host%06llu:\n"
		"    environment: prod\n"
		"    public-key: \"ed25519:%064llx\"\n"
		"    instances:\n"
		"      main: {role: cache, config: {port: 6379",
		(unsigned long long)number, (unsigned long long)(number + 1));
	if (words != NULL)
		words(out, number);
	vk_buf_adds(out, "}}\n");
}

struct cfg_tree *bench_range_tree(uint64_t instances)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;
	struct vk_buf hosts;

	vk_buf_init(&hosts, CFG_TREE_MAX_FILE_BYTES);
	vk_buf_addf(&hosts,
		"hosts:\n  host[000001-%06llu]:\n    environment: prod\n    instances:\n"
		"      main: {role: cache, config: {port: 6379}}\n",
		(unsigned long long)instances);
	if (cfg_tree_from_files(
		    (const struct cfg_tree_file[]){
			    {"fleet.yaml", fleet_yaml, sizeof(fleet_yaml) - 1},
			    {"roles/cache.yaml", role_yaml, sizeof(role_yaml) - 1},
			    {"secrets/prod/app.yaml", pins_yaml, sizeof(pins_yaml) - 1},
			    {"secrets/prod/replication.yaml", pins_yaml, sizeof(pins_yaml) - 1},
			    {"hosts/range.yaml", hosts.data, hosts.len},
		    },
		    OWN_FILES + 1, &tree, &err) != VK_OK) {
		fprintf(stderr, "bench: %s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	vk_buf_release(&hosts);
	return tree;
}

struct cfg_tree *bench_tree(uint64_t instances, bench_host_words *words)
{
	static struct vk_buf hosts[MAX_FILES];
	static char paths[MAX_FILES][32];
	struct cfg_tree_file files[MAX_FILES] = {
		{"fleet.yaml", fleet_yaml, sizeof(fleet_yaml) - 1},
		{"roles/cache.yaml", role_yaml, sizeof(role_yaml) - 1},
		{"secrets/prod/app.yaml", pins_yaml, sizeof(pins_yaml) - 1},
		{"secrets/prod/replication.yaml", pins_yaml, sizeof(pins_yaml) - 1},
	};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;
	size_t count = OWN_FILES;

	for (uint64_t i = 0; i < instances; i++) {
		if (i % INSTANCES_PER_FILE == 0) {
			snprintf(paths[count], sizeof(paths[count]), "hosts/h%03zu.yaml", count);
			vk_buf_init(&hosts[count], CFG_TREE_MAX_FILE_BYTES);
			vk_buf_adds(&hosts[count], "hosts:\n");
			count++;
		}
		add_host(&hosts[count - 1], i, words);
		files[count - 1] = (struct cfg_tree_file){
			paths[count - 1], hosts[count - 1].data, hosts[count - 1].len};
	}
	if (cfg_tree_from_files(files, count, &tree, &err) != VK_OK) {
		fprintf(stderr, "bench: %s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	for (size_t i = OWN_FILES; i < count; i++)
		vk_buf_release(&hosts[i]);
	return tree;
}
