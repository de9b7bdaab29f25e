/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands in no bundle and must be seen all the same: an approver's signature
 * vouches for the whole tree. One row per kind; to add one, write a module with
 * these two functions and name it in difference_part.c.
 */
#ifndef ADMIN_DIFFERENCE_PART_H
#define ADMIN_DIFFERENCE_PART_H

struct cfg_fleet;
struct cli;
struct vkjson;

struct difference_part {
	const char *member; /* of the difference: an array, empty where nothing changes */
	/* Appends to list what differs in the environment; before may be NULL. */
	void (*compare)(struct vkjson *list, const struct cfg_fleet *before,
		const struct cfg_fleet *after, const char *environment);
	void (*print)(const struct cli *cli, const struct vkjson *list);
};

/* Ends with a row without member. */
extern const struct difference_part difference_parts[];

#endif
