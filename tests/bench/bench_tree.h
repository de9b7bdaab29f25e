/* SPDX-License-Identifier: BSD-3-Clause */
/* A tree of any size for benchmarks. */
#ifndef VK_BENCH_TREE_H
#define VK_BENCH_TREE_H

#include <stdint.h>

#include "common/buf.h"

struct cfg_tree;

enum { BENCH_MAX_INSTANCES = 200000 };

/* Appends ", NAME: VALUE" to the directives of host number. */
typedef void bench_host_words(struct vk_buf *out, uint64_t number);

/* A tree with this many hosts of one instance each; words may be NULL. The caller frees it. */
struct cfg_tree *bench_tree(uint64_t instances, bench_host_words *words);

/* The same hosts, named by one entry. */
struct cfg_tree *bench_range_tree(uint64_t instances);

/* Of a clock that only goes forward. */
double bench_seconds(void);

#endif
