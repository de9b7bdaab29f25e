/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long it takes to see what changes in a fleet: what author and approver wait for, without the
 * network. Both renderings are made before the clock starts.
 *
 *   bench_diff INSTANCES same|each|roles
 *
 * same: one change on all instances. each: another one on each. roles: by role, as for two
 * environments.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "client/admin/difference.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/num.h"
#include "common/vkjson.h"
#include "tests/bench/bench_tree.h"

#include "common/banned.h"

typedef enum vk_rc compare_fn(const struct cfg_rendered *before, const struct cfg_rendered *after,
	struct vkjson **out, struct vk_err *err);

static void same_words(struct vk_buf *out, uint64_t number)
{
	(void)number;
	vk_buf_adds(out, ", maxmemory: 1gb, databases: 32");
}

static void other_words(struct vk_buf *out, uint64_t number)
{
	vk_buf_addf(out, ", maxmemory: %llumb", (unsigned long long)(1000 + number));
}

static const struct kind {
	const char *name;
	bench_host_words *words;
	compare_fn *compare;
	const char *count; /* the member that says how much differs */
} kinds[] = {
	{"same", same_words, difference_of, "instances"},
	{"each", other_words, difference_of, "instances"},
	{"roles", same_words, difference_of_roles, "roles"},
};

static struct cfg_rendered *render(uint64_t instances, bench_host_words *words)
{
	struct cfg_tree *tree = bench_tree(instances, words);
	struct cfg_rendered *rendered = NULL;
	struct vk_err err = VK_ERR_INIT;

	if (cfg_render(tree, "prod", NULL, &rendered, &err) != VK_OK) {
		fprintf(stderr, "bench_diff: %s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	cfg_tree_free(tree);
	return rendered;
}

static int measure(uint64_t instances, const struct kind *kind)
{
	struct cfg_rendered *before = render(instances, NULL);
	struct cfg_rendered *after = render(instances, kind->words);
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *difference;
	struct rusage usage;
	double begun = bench_seconds();

	if (kind->compare(before, after, &difference, &err) != VK_OK) {
		fprintf(stderr, "bench_diff: %s\n", err.msg);
		return EXIT_FAILURE;
	}
	printf("diff_%s_seconds=%.3f\n", kind->name, bench_seconds() - begun);
	printf("diff_%s_%s=%lld\n", kind->name, kind->count,
		(long long)vkjson_integer(vkjson_get(difference, kind->count)));
	printf("diff_%s_groups=%zu\n", kind->name, vkjson_count(vkjson_get(difference, "groups")));
	getrusage(RUSAGE_SELF, &usage);
	printf("diff_%s_peak_rss_kb=%ld\n", kind->name, usage.ru_maxrss);
	vkjson_free(difference);
	cfg_rendered_free(before);
	cfg_rendered_free(after);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	uint64_t instances;

	if (argc == 3 && vk_parse_uint(argv[1], 1, BENCH_MAX_INSTANCES, &instances)) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			if (strcmp(argv[2], kinds[i].name) == 0)
				return measure(instances, &kinds[i]);
		}
	}
	fprintf(stderr, "usage: bench_diff INSTANCES same|each|roles (at most %d)\n",
		BENCH_MAX_INSTANCES);
	return 2;
}
