/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/merkle.h"
#include "common/note.h"
#include "server/log.h"
#include "server/store/store_log.h"
#include "server/store/store_user.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

static struct fleet_fixture fix;

static void setup(void)
{
	fleet_fixture_init(&fix);
}

static void teardown(void)
{
	fleet_fixture_release(&fix);
}

/* A command that adds a user with an audit entry, then does what its mode says. */
enum mode { SUCCEED, FAIL, DIE_BEFORE_ENTRY, DIE_AFTER_ENTRY };

struct add {
	struct writer_command command;
	char name[16];
	enum mode mode;
	int *done_count;
	enum vk_rc rc;
	pthread_t thread; /* of done() */
};

static enum vk_rc run_add(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct add *add = (struct add *)command;
	const struct writer_audit audit = {
		.actor = "user/alice", .action = "user.add", .object = add->name};
	enum vk_rc rc =
		store_add_user(writer_tx_store(tx), add->name, ROLE_VIEWER, writer_tx_now(tx), err);

	if (add->mode == DIE_BEFORE_ENTRY)
		kill(getpid(), SIGKILL);
	if (rc == VK_OK)
		rc = writer_tx_audit(tx, &audit, err);
	if (add->mode == DIE_AFTER_ENTRY)
		kill(getpid(), SIGKILL);
	if (rc == VK_OK && add->mode == FAIL)
		rc = vk_err_set(err, VK_EDENIED, "as the test wants");
	if (rc == VK_OK)
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	return rc;
}

static void add_done(struct writer_command *command, const struct vk_err *err)
{
	struct add *add = (struct add *)command;

	add->rc = err->rc;
	add->thread = pthread_self();
	if (add->done_count != NULL)
		(*add->done_count)++;
}

static void add_init(struct add *add, const char *name, enum mode mode)
{
	memset(add, 0, sizeof(*add));
	add->command =
		(struct writer_command){.name = "user.add", .run = run_add, .done = add_done};
	snprintf(add->name, sizeof(add->name), "%s", name);
	add->mode = mode;
}

static enum vk_rc execute(const char *name, enum mode mode)
{
	struct add add;

	add_init(&add, name, mode);
	fix.err = (struct vk_err)VK_ERR_INIT;
	return writer_execute(fix.writer, &add.command, &fix.err);
}

static long long count(const char *table)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", table);
	return store_fixture_number(&fix.store, sql);
}

START_TEST(a_failed_command_leaves_no_entry_and_publishes_nothing)
{
	assert_fails(execute("bob", FAIL), VK_EDENIED);
	ck_assert_str_eq(fix.err.msg, "as the test wants");
	ck_assert_int_eq(count("users"), 0);
	ck_assert_int_eq(count("log_entries"), 0);
	ck_assert_int_eq(count("log_nodes"), 0);
	ck_assert_int_eq(fix.publications, 0);
}
END_TEST

START_TEST(a_command_commits_action_entry_and_checkpoint_before_it_answers)
{
	struct note_checkpoint seen;
	struct store_checkpoint checkpoint;
	struct signer_public_keys keys;
	uint8_t root[MERKLE_HASH_BYTES];

	assert_ok(execute("bob", SUCCEED), fix.err);
	ck_assert_int_eq(count("users"), 1);
	ck_assert_int_eq(count("log_entries"), 1);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_IDENTITIES | WRITER_CHANGED_LOG);
	assert_ok(store_get_checkpoint(fix.store.store, fix.store.arena, &checkpoint, &fix.err),
		fix.err);
	signer_get_public_keys(fix.signer, &keys);
	assert_ok(note_verify_checkpoint(checkpoint.note, checkpoint.note_len, "demo/log", keys.log,
			  &seen, &fix.err),
		fix.err);
	assert_ok(log_root(fix.store.store, 1, root, &fix.err), fix.err);
	ck_assert_uint_eq(seen.size, 1);
	ck_assert_mem_eq(seen.root, root, sizeof(root));
}
END_TEST

static void kill_inside(enum mode mode)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct writer_options options = {.fleet = FIXTURE_FLEET, .signer = fix.signer};
		struct add add;

		if (store_open(fix.store.path, STORE_WRITE, &options.store, &fix.err) != VK_OK)
			_exit(1);
		add_init(&add, "bob", mode);
		_exit(writer_execute(writer_new(&options), &add.command, &fix.err) == VK_OK ? 0
											    : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

START_TEST(kill_between_statements_leaves_nothing)
{
	kill_inside(DIE_BEFORE_ENTRY);
	ck_assert_int_eq(count("users") + count("log_entries") + count("log_nodes"), 0);
	kill_inside(DIE_AFTER_ENTRY);
	ck_assert_int_eq(count("users") + count("log_entries") + count("log_nodes"), 0);
	assert_ok(execute("bob", SUCCEED), fix.err);
	ck_assert_int_eq(count("users"), 1);
	ck_assert_int_eq(count("log_entries"), 1);
}
END_TEST

static void die_in_publication(void *ctx, struct store *store, unsigned changes)
{
	(void)ctx;
	(void)store;
	(void)changes;
	kill(getpid(), SIGKILL);
}

START_TEST(kill_after_the_commit_leaves_all_of_it)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct writer_options options = {.fleet = FIXTURE_FLEET,
			.signer = fix.signer,
			.publish = die_in_publication};
		struct add add;

		if (store_open(fix.store.path, STORE_WRITE, &options.store, &fix.err) != VK_OK)
			_exit(1);
		add_init(&add, "bob", SUCCEED);
		_exit(writer_execute(writer_new(&options), &add.command, &fix.err) == VK_OK ? 0
											    : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(count("users"), 1);
	ck_assert_int_eq(count("log_entries"), 1);
	ck_assert_int_eq(count("log_checkpoints"), 1);
}
END_TEST

START_TEST(many_commands_become_few_transactions_and_all_are_answered)
{
	enum { COMMANDS = 300 };
	struct writer_stats stats;
	struct add *adds = calloc(COMMANDS, sizeof(*adds));
	int done = 0;

	for (int i = 0; i < COMMANDS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "u%d", i);
		add_init(&adds[i], name, i % 3 == 0 ? FAIL : SUCCEED);
		adds[i].done_count = &done;
		assert_ok(writer_submit(fix.writer, &adds[i].command, &fix.err), fix.err);
	}
	assert_ok(writer_start(fix.writer, &fix.err), fix.err);
	writer_stop(fix.writer); /* finishes what is queued */
	ck_assert_int_eq(done, COMMANDS);
	for (int i = 0; i < COMMANDS; i++)
		ck_assert_int_eq(adds[i].rc, i % 3 == 0 ? VK_EDENIED : VK_OK);
	ck_assert_int_eq(count("users"), COMMANDS * 2 / 3);
	ck_assert_int_eq(count("log_entries"), COMMANDS * 2 / 3);
	writer_get_stats(fix.writer, &stats);
	ck_assert_uint_eq(stats.commands_total, COMMANDS);
	ck_assert_uint_le(stats.groups_total, 2);
	free(adds);
}
END_TEST

START_TEST(refuses_commands_when_the_queue_is_full_and_when_it_stops)
{
	struct add *adds = calloc(WRITER_QUEUE_MAX + 1, sizeof(*adds));

	for (int i = 0; i < WRITER_QUEUE_MAX; i++) {
		add_init(&adds[i], "same", FAIL);
		assert_ok(writer_submit(fix.writer, &adds[i].command, &fix.err), fix.err);
	}
	add_init(&adds[WRITER_QUEUE_MAX], "x", SUCCEED);
	assert_fails(
		writer_submit(fix.writer, &adds[WRITER_QUEUE_MAX].command, &fix.err), VK_EUNAVAIL);
	assert_ok(writer_start(fix.writer, &fix.err), fix.err);
	writer_stop(fix.writer);
	assert_fails(
		writer_submit(fix.writer, &adds[WRITER_QUEUE_MAX].command, &fix.err), VK_EUNAVAIL);
	free(adds);
}
END_TEST

static int posted;

static void post(struct worker *worker, struct worker_message *message)
{
	ck_assert_ptr_eq(worker, (struct worker *)&posted);
	posted++;
	message->run(message);
}

START_TEST(answers_go_to_the_worker_that_asked)
{
	struct writer_options options = {
		.fleet = FIXTURE_FLEET, .signer = fix.signer, .post = post};
	struct writer *writer;
	struct add add;

	assert_ok(store_open(fix.store.path, STORE_WRITE, &options.store, &fix.err), fix.err);
	writer = writer_new(&options);
	add_init(&add, "bob", SUCCEED);
	add.command.worker = (struct worker *)&posted;
	assert_ok(writer_submit(writer, &add.command, &fix.err), fix.err);
	assert_ok(writer_start(writer, &fix.err), fix.err);
	writer_free(writer);
	ck_assert_int_eq(posted, 1);
	ck_assert_int_eq(add.rc, VK_OK);
}
END_TEST

START_TEST(execute_waits_for_the_thread)
{
	assert_ok(writer_start(fix.writer, &fix.err), fix.err);
	assert_ok(execute("bob", SUCCEED), fix.err);
	assert_fails(execute("eve", FAIL), VK_EDENIED);
	ck_assert_str_eq(fix.err.msg, "as the test wants");
	ck_assert_int_eq(count("users"), 1);
}
END_TEST

/* A full disk, as the kernel shows it to one process: no file may grow any more. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_fails_the_group_and_the_writer_goes_on)
{
	struct writer_stats stats;
	struct add adds[2];

	assert_ok(execute("alice", SUCCEED), fix.err);
	limit_files(4096);
	add_init(&adds[0], "bob", SUCCEED);
	add_init(&adds[1], "carol", SUCCEED);
	assert_ok(writer_submit(fix.writer, &adds[0].command, &fix.err), fix.err);
	assert_ok(writer_submit(fix.writer, &adds[1].command, &fix.err), fix.err);
	assert_fails(execute("dave", SUCCEED), VK_EIO);
	limit_files(RLIM_INFINITY);
	assert_ok(writer_start(fix.writer, &fix.err), fix.err);
	assert_ok(execute("dave", SUCCEED), fix.err);
	writer_stop(fix.writer);
	ck_assert_int_eq(adds[0].rc, VK_OK);
	ck_assert_int_eq(adds[1].rc, VK_OK);
	ck_assert_int_eq(count("users"), 4);
	ck_assert_int_eq(count("log_entries"), 4);
	writer_get_stats(fix.writer, &stats);
	ck_assert_uint_eq(stats.failed_commits_total, 1);
}
END_TEST

START_TEST(without_a_signer_the_action_stands_and_the_next_start_signs_it)
{
	struct signer_options options = {.state = fix.store.dir, .fleet = FIXTURE_FLEET};
	struct writer_options writer = {.fleet = FIXTURE_FLEET};
	struct signer *signer = NULL;

	kill(signer_pid(fix.signer), SIGKILL);
	assert_ok(execute("bob", SUCCEED), fix.err);
	ck_assert_int_eq(count("users"), 1);
	ck_assert_int_eq(count("log_checkpoints"), 0);
	assert_ok(signer_start(&options, &signer, &fix.err), fix.err);
	assert_ok(store_open(fix.store.path, STORE_WRITE, &writer.store, &fix.err), fix.err);
	writer.signer = signer;
	fix.err = (struct vk_err)VK_ERR_INIT;
	{
		struct writer *next = writer_new(&writer);

		assert_ok(writer_start(next, &fix.err), fix.err);
		writer_free(next);
	}
	ck_assert_int_eq(count("log_checkpoints"), 1);
	signer_stop(signer);
}
END_TEST

/* One entry per call, in one transaction. */
static enum vk_rc append_many(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct writer_audit audit = {
		.actor = "server/main", .action = "test.append", .object = "test"};

	(void)command;
	return writer_tx_audit(tx, &audit, err);
}

START_TEST(every_log_is_the_beginning_of_every_later_one)
{
	enum { LEAVES = 64 };
	uint8_t roots[LEAVES + 1][MERKLE_HASH_BYTES];
	struct merkle_proof proof;
	uint8_t leaf[MERKLE_HASH_BYTES];
	const struct store_log_entry *entries;
	size_t entry_count;

	for (int i = 0; i < LEAVES; i++)
		assert_ok(fleet_fixture_run(&fix, append_many), fix.err);
	for (uint64_t n = 1; n <= LEAVES; n++)
		assert_ok(log_root(fix.store.store, n, roots[n], &fix.err), fix.err);
	for (uint64_t n = 1; n <= LEAVES; n++) {
		for (uint64_t m = 1; m < n; m++) {
			assert_ok(
				log_consistency(fix.store.store, m, n, &proof, &fix.err), fix.err);
			assert_ok(merkle_verify_consistency(
					  m, roots[m], n, roots[n], &proof, &fix.err),
				fix.err);
		}
	}
	assert_ok(store_list_log_entries(
			  fix.store.store, 0, 0, fix.store.arena, &entries, &entry_count, &fix.err),
		fix.err);
	ck_assert_uint_eq(entry_count, LEAVES);
	for (uint64_t i = 0; i < LEAVES; i++) {
		merkle_leaf_hash(entries[i].text, entries[i].len, leaf);
		assert_ok(log_inclusion(fix.store.store, i, LEAVES, &proof, &fix.err), fix.err);
		assert_ok(merkle_verify_inclusion(leaf, i, LEAVES, &proof, roots[LEAVES], &fix.err),
			fix.err);
	}
	assert_fails(log_consistency(fix.store.store, 2, 1, &proof, &fix.err), VK_EINPUT);
	assert_fails(log_consistency(fix.store.store, 1, 65, &proof, &fix.err), VK_EINPUT);
	assert_fails(log_inclusion(fix.store.store, 64, 64, &proof, &fix.err), VK_EINPUT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("writer");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_failed_command_leaves_no_entry_and_publishes_nothing);
	tcase_add_test(tc, a_command_commits_action_entry_and_checkpoint_before_it_answers);
	tcase_add_test(tc, kill_between_statements_leaves_nothing);
	tcase_add_test(tc, kill_after_the_commit_leaves_all_of_it);
	tcase_add_test(tc, many_commands_become_few_transactions_and_all_are_answered);
	tcase_add_test(tc, refuses_commands_when_the_queue_is_full_and_when_it_stops);
	tcase_add_test(tc, answers_go_to_the_worker_that_asked);
	tcase_add_test(tc, execute_waits_for_the_thread);
	tcase_add_test(tc, a_full_disk_fails_the_group_and_the_writer_goes_on);
	tcase_add_test(tc, without_a_signer_the_action_stands_and_the_next_start_signs_it);
	tcase_add_test(tc, every_log_is_the_beginning_of_every_later_one);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
