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

#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/num.h"
#include "tests/bench/bench_tree.h"

#include "common/banned.h"

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct rusage usage;
	struct cfg_tree *tree;
	uint64_t instances;
	double begun;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "range") != 0) ||
		!vk_parse_uint(argv[1], 1, BENCH_MAX_INSTANCES, &instances)) {
		fprintf(stderr, "usage: bench_render INSTANCES [range] (at most %d)\n",
			BENCH_MAX_INSTANCES);
		return 2;
	}
	tree = argc == 3 ? bench_range_tree(instances) : bench_tree(instances, NULL);
	begun = bench_seconds();
	if (cfg_render(tree, "prod", NULL, &rendered, &err) != VK_OK) {
		fprintf(stderr, "bench_render: %s\n", err.msg);
		return EXIT_FAILURE;
	}
	printf("render_instances=%zu\n", cfg_rendered_count(rendered));
	printf("render_seconds=%.3f\n", bench_seconds() - begun);
	getrusage(RUSAGE_SELF, &usage);
	printf("render_cpu_seconds=%.3f\n",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	printf("render_peak_rss_kb=%ld\n", usage.ru_maxrss);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return EXIT_SUCCESS;
}
