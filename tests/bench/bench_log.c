/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the audit log costs: commands that only append an entry, through the real writer, signer and
 * database with full durability, alone and grouped; proofs; hashing a long log anew as who verifies
 * it.
 *
 *   bench_log [APPENDS [ENTRIES-TO-VERIFY]]
 */
#include "config.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/merkle.h"
#include "common/num.h"
#include "server/log.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

enum {
	MAX_APPENDS = 1000000,
	MAX_VERIFIED = 10000000,
	ALONE = 50,
	PROOFS = 1000,
	UNDER_WAY = 2048, /* commands at once, less than the writer's queue takes */
	ENTRY_BYTES = 256,
};

struct append {
	struct writer_command command;
	uint64_t number;
	sem_t *under_way;
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static enum vk_rc run_append(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct append *append = (const struct append *)command;
	char object[32];
	const struct writer_audit audit = {
		.actor = "host/db1", .action = "host.report", .object = object};

	snprintf(object, sizeof(object), "host/%llu", (unsigned long long)append->number);
	return writer_tx_audit(tx, &audit, err);
}

static void append_done(struct writer_command *command, const struct vk_err *err)
{
	struct append *append = (struct append *)command;

	if (err->rc != VK_OK) {
		fprintf(stderr, "bench_log: %s\n", err->msg);
		exit(EXIT_FAILURE);
	}
	sem_post(append->under_way);
}

static void append_alone(struct fleet_fixture *fixture)
{
	struct append append = {.command = {.name = "bench", .run = run_append}};
	double begun = seconds();

	for (int i = 0; i < ALONE; i++)
		assert_ok(writer_execute(fixture->writer, &append.command, &fixture->err),
			fixture->err);
	printf("log_append_alone_us=%.0f\n", (seconds() - begun) * 1e6 / ALONE);
}

static void append_grouped(struct fleet_fixture *fixture, uint64_t count)
{
	struct append *appends = calloc(count, sizeof(*appends));
	struct writer_stats before, after;
	double begun = seconds(), elapsed;
	sem_t under_way;

	ck_assert_ptr_nonnull(appends);
	sem_init(&under_way, 0, UNDER_WAY);
	writer_get_stats(fixture->writer, &before);
	for (uint64_t i = 0; i < count; i++) {
		appends[i] = (struct append){.number = i,
			.under_way = &under_way,
			.command = {.name = "bench", .run = run_append, .done = append_done}};
		sem_wait(&under_way);
		assert_ok(writer_submit(fixture->writer, &appends[i].command, &fixture->err),
			fixture->err);
	}
	for (int i = 0; i < UNDER_WAY; i++)
		sem_wait(&under_way);
	elapsed = seconds() - begun;
	writer_get_stats(fixture->writer, &after);
	printf("log_appends=%llu\n", (unsigned long long)count);
	printf("log_appends_per_second=%.0f\n", (double)count / elapsed);
	printf("log_appends_per_commit=%.0f\n",
		(double)count / (double)(after.groups_total - before.groups_total));
	sem_destroy(&under_way);
	free(appends);
}

/* The writer has stopped: its store may be read here. */
static void prove(struct fleet_fixture *fixture, uint64_t size)
{
	struct merkle_proof proof;
	double begun = seconds();

	for (uint64_t i = 0; i < PROOFS; i++)
		assert_ok(log_inclusion(fixture->store.store, i * 7919 % size, size, &proof,
				  &fixture->err),
			fixture->err);
	printf("log_inclusion_proof_us=%.1f\n", (seconds() - begun) * 1e6 / PROOFS);
}

static void verify(uint64_t count)
{
	uint8_t(*leaves)[MERKLE_HASH_BYTES] = calloc(count, sizeof(*leaves));
	uint8_t root[MERKLE_HASH_BYTES];
	char entry[ENTRY_BYTES] = {0};
	double begun = seconds();

	ck_assert_ptr_nonnull(leaves);
	for (uint64_t i = 0; i < count; i++) {
		snprintf(entry, sizeof(entry), "%llu", (unsigned long long)i);
		merkle_leaf_hash(entry, sizeof(entry), leaves[i]);
	}
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, count, root);
	printf("log_hashed_entries=%llu\n", (unsigned long long)count);
	printf("log_hashed_seconds=%.2f\n", seconds() - begun);
	free(leaves);
}

static uint64_t appends = 20000, verified = 1000000;

/* A test in name only: the fixture reports its failures to Check. */
START_TEST(the_log)
{
	static struct fleet_fixture fixture;

	fleet_fixture_init(&fixture);
	assert_ok(writer_start(fixture.writer, &fixture.err), fixture.err);
	append_alone(&fixture);
	append_grouped(&fixture, appends);
	writer_stop(fixture.writer);
	prove(&fixture, appends);
	fleet_fixture_release(&fixture);
	verify(verified);
}
END_TEST

static int run(void)
{
	Suite *suite = suite_create("log");
	TCase *tcase = tcase_create("log");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, the_log);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_set_log(runner, "/dev/stderr");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

int main(int argc, char **argv)
{
	if (argc > 3 || (argc > 1 && !vk_parse_uint(argv[1], 1, MAX_APPENDS, &appends)) ||
		(argc > 2 && !vk_parse_uint(argv[2], 1, MAX_VERIFIED, &verified))) {
		fprintf(stderr, "usage: bench_log [APPENDS [ENTRIES-TO-VERIFY]]\n");
		return 2;
	}
	return run() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
