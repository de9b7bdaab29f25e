/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_fill DATABASE ENTRIES FILE: appends so many entries to the audit log of a vkcfgd that does
 * not run; its next start signs the checkpoint over them. FILE gets all entries of the log, for
 * comparison with programs that read as many bytes.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/num.h"
#include "common/vkjson.h"
#include "server/log.h"
#include "server/store/store_log.h"

#include "common/banned.h"

enum { MAX_ENTRIES = 10000000, PAGE = STORE_LIMIT_MAX };

static void give_up(const struct vk_err *err)
{
	fprintf(stderr, "bench_fill: %s\n", err->msg);
	exit(EXIT_FAILURE);
}

/* As a host's report makes them. */
static enum vk_rc append(struct store *store, uint64_t i, int64_t now, struct vk_err *err)
{
	struct vkjson *detail = vkjson_object();
	char actor[32];
	const struct vk_audit_entry entry = {.action = "host.report",
		.actor = actor,
		.at = now,
		.detail = detail,
		.object = actor,
		.result = "ok"};
	enum vk_rc rc;

	snprintf(actor, sizeof(actor), "host/db%" PRIu64, i % 10000);
	vkjson_set(detail, "instance", vkjson_string("main"));
	vkjson_set(detail, "release", vkjson_int((int64_t)(i / 10000)));
	vkjson_set(detail, "generation", vkjson_string("000042-1f3a9c"));
	vkjson_set(detail, "state", vkjson_string("committed"));
	vkjson_set(detail, "drift", vkjson_int(0));
	rc = log_append(store, &entry, NULL, err);
	vkjson_free(detail);
	return rc;
}

static void fill(struct store *store, uint64_t count)
{
	const int64_t now = vk_clock_now();
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = store_begin(store, &err);

	for (uint64_t i = 0; rc == VK_OK && i < count; i++)
		rc = append(store, i, now, &err);
	if (rc == VK_OK)
		rc = store_commit(store, &err);
	if (rc != VK_OK)
		give_up(&err);
}

static void dump(struct store *store, FILE *out)
{
	const struct store_log_entry *items = NULL;
	struct vk_err err = VK_ERR_INIT;
	size_t count = PAGE;

	for (uint64_t from = 0; count == PAGE; from += count) {
		struct arena *arena = arena_new();

		if (store_list_log_entries(store, from, PAGE, arena, &items, &count, &err) != VK_OK)
			give_up(&err);
		for (size_t i = 0; i < count; i++)
			fwrite(items[i].text, 1, items[i].len, out);
		arena_free(arena);
	}
}

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;
	struct store *store = NULL;
	uint64_t count;
	FILE *out;

	if (argc != 4 || !vk_parse_uint(argv[2], 1, MAX_ENTRIES, &count)) {
		fprintf(stderr, "usage: bench_fill DATABASE ENTRIES FILE\n");
		return 2;
	}
	out = fopen(argv[3], "w");
	if (out == NULL) {
		perror(argv[3]);
		return EXIT_FAILURE;
	}
	if (store_open(argv[1], STORE_WRITE, &store, &err) != VK_OK)
		give_up(&err);
	fill(store, count);
	dump(store, out);
	store_close(store);
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
