/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long it takes to render a fleet: what author, approver and server each do for every change.
 *
 *   bench_render INSTANCES [range]
 *
 * With "range" one entry names all hosts.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/buf.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/num.h"

#include "common/banned.h"

enum { MAX_INSTANCES = 200000, INSTANCES_PER_FILE = 1000, OWN_FILES = 4, MAX_FILES = 256 };

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

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void add_host(struct vk_buf *out, uint64_t number)
{
	vk_buf_addf(out,
		"  host%06llu:\n"
		"    environment: prod\n"
		"    public-key: \"ed25519:%064llx\"\n"
		"    instances:\n"
		"      main: {role: cache, config: {port: 6379}}\n",
		(unsigned long long)number, (unsigned long long)(number + 1));
}

static struct cfg_tree *make_range_tree(uint64_t instances)
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
		fprintf(stderr, "bench_render: %s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	vk_buf_release(&hosts);
	return tree;
}

/* A tree with this many hosts of one instance each; the caller frees it. */
static struct cfg_tree *make_tree(uint64_t instances)
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
		add_host(&hosts[count - 1], i);
		files[count - 1] = (struct cfg_tree_file){
			paths[count - 1], hosts[count - 1].data, hosts[count - 1].len};
	}
	if (cfg_tree_from_files(files, count, &tree, &err) != VK_OK) {
		fprintf(stderr, "bench_render: %s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	for (size_t i = OWN_FILES; i < count; i++)
		vk_buf_release(&hosts[i]);
	return tree;
}

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct rusage usage;
	struct cfg_tree *tree;
	uint64_t instances;
	double begun;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "range") != 0) ||
		!vk_parse_uint(argv[1], 1, MAX_INSTANCES, &instances)) {
		fprintf(stderr, "usage: bench_render INSTANCES [range] (at most %d)\n",
			MAX_INSTANCES);
		return 2;
	}
	tree = argc == 3 ? make_range_tree(instances) : make_tree(instances);
	begun = seconds();
	if (cfg_render(tree, "prod", NULL, &rendered, &err) != VK_OK) {
		fprintf(stderr, "bench_render: %s\n", err.msg);
		return EXIT_FAILURE;
	}
	printf("render_instances=%zu\n", cfg_rendered_count(rendered));
	printf("render_seconds=%.3f\n", seconds() - begun);
	getrusage(RUSAGE_SELF, &usage);
	printf("render_peak_rss_kb=%ld\n", usage.ru_maxrss);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return EXIT_SUCCESS;
}
