/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_leaves.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/audit.h"
#include "common/mem.h"
#include "common/merkle_frontier.h"

#include "common/banned.h"

/* A size of interest. */
struct mark {
	uint64_t size;
	uint8_t root[MERKLE_HASH_BYTES]; /* once that many entries are there */
	int64_t next_at;		 /* once there is one more */
};

struct audit_leaves {
	struct merkle_frontier frontier;
	uint64_t first;	    /* entries that were left out */
	struct mark *marks; /* sorted, each once, from the first entry on */
	size_t mark_count;
	size_t mark_capacity;
	size_t next; /* the first mark that has not been reached */
	bool is_begun;
};

struct audit_leaves *audit_leaves_new(void)
{
	return xcalloc(1, sizeof(struct audit_leaves));
}

void audit_leaves_free(struct audit_leaves *leaves)
{
	if (leaves == NULL)
		return;
	free(leaves->marks);
	free(leaves);
}

uint64_t audit_leaves_count(const struct audit_leaves *leaves)
{
	return leaves->frontier.size;
}

void audit_leaves_mark(struct audit_leaves *leaves, uint64_t size)
{
	assert(!leaves->is_begun);
	if (leaves->mark_count == leaves->mark_capacity) {
		leaves->mark_capacity = leaves->mark_capacity * 2 + 16;
		leaves->marks =
			xreallocarray(leaves->marks, leaves->mark_capacity, sizeof(*leaves->marks));
	}
	leaves->marks[leaves->mark_count++] = (struct mark){.size = size};
}

static int compare_marks(const void *a, const void *b)
{
	const uint64_t x = ((const struct mark *)a)->size, y = ((const struct mark *)b)->size;

	return (x > y) - (x < y);
}

static void sort_marks(struct audit_leaves *leaves)
{
	size_t count = 0;

	leaves->is_begun = true;
	if (leaves->mark_count == 0)
		return;
	qsort(leaves->marks, leaves->mark_count, sizeof(*leaves->marks), compare_marks);
	for (size_t i = 0; i < leaves->mark_count; i++) {
		if (leaves->marks[i].size >= leaves->first &&
			(count == 0 || leaves->marks[i].size != leaves->marks[count - 1].size))
			leaves->marks[count++] = leaves->marks[i];
	}
	leaves->mark_count = count;
}

enum vk_rc audit_leaves_begin(struct audit_leaves *leaves, const struct merkle_nodes *nodes,
	uint64_t size, struct vk_err *err)
{
	assert(!leaves->is_begun);
	leaves->first = size;
	return merkle_frontier_init(&leaves->frontier, nodes, size, err);
}

/* Notes the root where a mark is reached; *mark is that mark or NULL. */
static void reach_mark(struct audit_leaves *leaves, struct mark **mark)
{
	*mark = NULL;
	if (!leaves->is_begun)
		sort_marks(leaves);
	if (leaves->next == leaves->mark_count ||
		leaves->marks[leaves->next].size != leaves->frontier.size)
		return;
	*mark = &leaves->marks[leaves->next++];
	merkle_frontier_root(&leaves->frontier, (*mark)->root);
}

enum vk_rc audit_leaves_add(
	struct audit_leaves *leaves, const char *entry, size_t len, struct vk_err *err)
{
	uint8_t leaf[MERKLE_HASH_BYTES];
	struct mark *mark;
	int64_t at = 0;

	if (!vk_audit_entry_scan(entry, len, &at))
		return vk_err_set(err, VK_EUNTRUSTED,
			"entry %" PRIu64 " of the log is no audit entry",
			audit_leaves_count(leaves));
	reach_mark(leaves, &mark);
	if (mark != NULL)
		mark->next_at = at;
	merkle_leaf_hash(entry, len, leaf);
	merkle_frontier_add(&leaves->frontier, leaf);
	return VK_OK;
}

static const struct mark *find_mark(const struct audit_leaves *leaves, uint64_t size)
{
	const struct mark wanted = {.size = size};

	if (leaves->mark_count == 0 || !leaves->is_begun)
		return NULL;
	return bsearch(
		&wanted, leaves->marks, leaves->mark_count, sizeof(*leaves->marks), compare_marks);
}

bool audit_leaves_root(
	const struct audit_leaves *leaves, uint64_t size, uint8_t out[MERKLE_HASH_BYTES])
{
	const struct mark *mark = find_mark(leaves, size);

	if (size == audit_leaves_count(leaves)) {
		merkle_frontier_root(&leaves->frontier, out);
		return true;
	}
	if (mark == NULL || size > audit_leaves_count(leaves))
		return false;
	memcpy(out, mark->root, MERKLE_HASH_BYTES);
	return true;
}

bool audit_leaves_time(const struct audit_leaves *leaves, uint64_t size, int64_t *out)
{
	const struct mark *mark = find_mark(leaves, size);

	if (mark == NULL || size >= audit_leaves_count(leaves))
		return false;
	*out = mark->next_at;
	return true;
}

static bool has_root(const struct audit_leaves *leaves, const struct note_checkpoint *checkpoint)
{
	uint8_t root[MERKLE_HASH_BYTES];

	return audit_leaves_root(leaves, checkpoint->size, root) &&
	       memcmp(root, checkpoint->root, sizeof(root)) == 0;
}

enum vk_rc audit_leaves_check_size(
	const struct note_checkpoint *now, const struct note_checkpoint *before, struct vk_err *err)
{
	if (before->size <= now->size)
		return VK_OK;
	vk_err_set(err, VK_EUNTRUSTED,
		"the log has shrunk: %" PRIu64 " entries the last time, %" PRIu64 " now",
		before->size, now->size);
	vk_err_hint(err, "history was taken away; keep your checkpoint file as proof");
	return VK_EUNTRUSTED;
}

enum vk_rc audit_leaves_check(const struct audit_leaves *leaves, const struct note_checkpoint *now,
	const struct note_checkpoint *before, struct vk_err *err)
{
	if (audit_leaves_count(leaves) != now->size)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the log has %" PRIu64 " entries, its checkpoint says %" PRIu64,
			audit_leaves_count(leaves), now->size);
	if (!has_root(leaves, now))
		return vk_err_set(err, VK_EUNTRUSTED,
			"the entries do not make the root of the signed checkpoint");
	if (before == NULL)
		return VK_OK;
	if (audit_leaves_check_size(now, before, err) != VK_OK)
		return VK_EUNTRUSTED;
	if (!has_root(leaves, before)) {
		vk_err_set(err, VK_EUNTRUSTED,
			"the first %" PRIu64 " entries are not those of the last time",
			before->size);
		vk_err_hint(err, "history was rewritten; keep your checkpoint file as proof");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}
