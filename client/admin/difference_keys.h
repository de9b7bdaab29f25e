/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of difference_part.c: for which keys secrets of the environment are sealed. */
#ifndef ADMIN_DIFFERENCE_KEYS_H
#define ADMIN_DIFFERENCE_KEYS_H

struct cfg_fleet;
struct cli;
struct vkjson;

/* {"host":"db2","old":"<64 hex>","new":"<64 hex>"} */
void difference_host_keys(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment);
void difference_print_host_keys(const struct cli *cli, const struct vkjson *list);

/* {"keeper":"ops",...} */
void difference_keepers(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment);
void difference_print_keepers(const struct cli *cli, const struct vkjson *list);

#endif
