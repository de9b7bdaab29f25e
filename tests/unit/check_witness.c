/* SPDX-License-Identifier: BSD-3-Clause */
/* Cosignatures of hosts: what is taken, what is refused, and how far a majority vouches. */
#include "config.h"

#include "server/witness.h"

#include <stdio.h>
#include <string.h>

#include "common/note.h"
#include "server/store/store_cosignature.h"
#include "server/store/store_host.h"
#include "server/store/store_log.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

enum { HOSTS = 3 };

static struct fleet_fixture fix;
static struct vk_signkey *keys[HOSTS];
static struct note_checkpoint checkpoint;
static struct vk_buf line;

static const char *host_name(int i)
{
	static const char *const names[HOSTS] = {"db1", "db2", "db3"};

	return names[i];
}

static enum vk_rc add_hosts(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct writer_audit audit = {
		.actor = "user/alice", .action = "host.add", .object = "host/db1"};
	struct vk_buf text;
	uint8_t key[VK_PUBLIC_KEY_BYTES];
	enum vk_rc rc = VK_OK;

	(void)command;
	for (int i = 0; rc == VK_OK && i < HOSTS; i++) {
		vk_signkey_public(keys[i], key);
		vk_buf_init(&text, 200);
		vk_buf_adds(&text, "ed25519:");
		vk_buf_add_hex(&text, key, sizeof(key));
		rc = store_add_host(writer_tx_store(tx), host_name(i), "prod", 1, err);
		if (rc == VK_OK)
			rc = store_set_host_enrolled(
				writer_tx_store(tx), host_name(i), text.data, 1, err);
		vk_buf_release(&text);
	}
	return rc == VK_OK ? writer_tx_audit(tx, &audit, err) : rc;
}

static void setup(void)
{
	struct store_checkpoint signed_checkpoint;

	fleet_fixture_init(&fix);
	vk_buf_init(&line, 1000);
	for (int i = 0; i < HOSTS; i++)
		keys[i] = vk_signkey_generate();
	assert_ok(fleet_fixture_run(&fix, add_hosts), fix.err);
	assert_ok(store_get_checkpoint(
			  fix.store.store, fix.store.arena, &signed_checkpoint, &fix.err),
		fix.err);
	checkpoint.size = signed_checkpoint.size;
	memcpy(checkpoint.root, signed_checkpoint.root, sizeof(checkpoint.root));
}

static void teardown(void)
{
	for (int i = 0; i < HOSTS; i++)
		vk_signkey_free(keys[i]);
	vk_buf_release(&line);
	fleet_fixture_release(&fix);
}

/* What host i would say with the key of host k. */
static void cosign(int i, int k, const struct note_checkpoint *what)
{
	char name[NOTE_WITNESS_NAME_BYTES];

	vk_buf_reset(&line);
	note_witness_name(FIXTURE_FLEET, host_name(i), name);
	note_cosign(FIXTURE_FLEET "/log", what, FIXTURE_NOW, name, keys[k], &line);
	line.data[--line.len] = '\0';
}

static int chosen;

static enum vk_rc accept(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return witness_accept(writer_tx_store(tx), FIXTURE_FLEET, host_name(chosen),
		(int64_t)checkpoint.size, line.data, err);
}

static enum vk_rc accept_of(int i)
{
	chosen = i;
	return fleet_fixture_run(&fix, accept);
}

START_TEST(refuses_other_keys_histories_and_sizes)
{
	struct note_checkpoint other = checkpoint;

	cosign(0, 1, &checkpoint);
	ck_assert_int_eq(accept_of(0), VK_EUNTRUSTED);
	cosign(1, 1, &checkpoint); /* db2's own, in db1's report */
	ck_assert_int_eq(accept_of(0), VK_EUNTRUSTED);
	other.root[0] ^= 1;
	cosign(0, 0, &other);
	ck_assert_int_eq(accept_of(0), VK_EUNTRUSTED);
	vk_buf_reset(&line);
	vk_buf_adds(&line, "nonsense");
	ck_assert_int_eq(accept_of(0), VK_EINPUT);
	checkpoint.size += 1000;
	cosign(0, 0, &checkpoint);
	ck_assert_int_eq(accept_of(0), VK_EINPUT);
}
END_TEST

static void expect(int64_t witnesses, int64_t witnessed)
{
	struct store_witnesses found;

	assert_ok(store_get_witnesses(fix.store.store, &found, &fix.err), fix.err);
	ck_assert_int_eq(found.hosts, HOSTS);
	ck_assert_int_eq(found.witnesses, witnesses);
	ck_assert_int_eq(found.witnessed, witnessed);
}

static enum vk_rc enrol_anew(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return store_set_host_enrolled(writer_tx_store(tx), "db1", "ed25519:00", 2, err);
}

START_TEST(a_majority_is_more_than_half)
{
	const struct store_page page = {.limit = 1};
	struct store_cosignature_list list;
	struct store_host host;

	expect(0, 0);
	cosign(0, 0, &checkpoint);
	ck_assert_int_eq(accept_of(0), VK_OK);
	expect(1, 0);
	cosign(1, 1, &checkpoint);
	ck_assert_int_eq(accept_of(1), VK_OK);
	expect(2, (int64_t)checkpoint.size);
	assert_ok(store_list_cosignatures(fix.store.store, &page, fix.store.arena, &list, &fix.err),
		fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.items[0].host, "db1");
	ck_assert_str_eq(list.next, "db1");
	assert_ok(store_list_cosignatures_of(fix.store.store, (int64_t)checkpoint.size, 9,
			  fix.store.arena, &list, &fix.err),
		fix.err);
	ck_assert_uint_eq(list.count, 2);
	assert_ok(
		store_get_host(fix.store.store, "db2", fix.store.arena, &host, &fix.err), fix.err);
	ck_assert_int_eq(host.witnessed, (int64_t)checkpoint.size);
	ck_assert_int_eq(host.witnessed_at, FIXTURE_NOW);
	/* Another key has vouched for nothing. */
	assert_ok(fleet_fixture_run(&fix, enrol_anew), fix.err);
	expect(1, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("witness");
	TCase *tcase = tcase_create("witness");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, refuses_other_keys_histories_and_sizes);
	tcase_add_test(tcase, a_majority_is_more_than_half);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
