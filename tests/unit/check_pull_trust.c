/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host remembers of its server: releases that never go back, a log that only grows. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/cosign.h"
#include "client/pull/desired.h"
#include "client/pull/generation.h"
#include "client/pull/memory.h"
#include "client/pull/pins.h"
#include "client/pull/witness.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

static char state[64];

static void set_up(void)
{
	snprintf(state, sizeof(state), "/tmp/vkcfg-trust-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
}

static void tear_down(void)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_remove_tree(AT_FDCWD, state, &err), err);
}

/* A document's digest, made from its number. */
static void digest_of(int64_t number, char out[VK_SHA256_HEX_BYTES])
{
	vk_sha256_hex(&number, sizeof(number), out);
}

static enum vk_rc move(struct desired *desired, int64_t number, int64_t fallback, int64_t document,
	struct vk_err *err)
{
	struct vk_release release = {
		.number = number, .has_fallback = fallback > 0, .fallback_release = fallback};
	char digest[VK_SHA256_HEX_BYTES];

	vk_sha256(&fallback, sizeof(fallback), release.fallback_sha256);
	digest_of(document, digest);
	return desired_move(desired, &release, digest, err);
}

START_TEST(a_release_never_goes_back_but_to_the_signed_fallback)
{
	struct vk_err err = VK_ERR_INIT;
	struct desired desired = {.release = 0};

	assert_ok(move(&desired, 5, 4, 5, &err), err);
	assert_fails(move(&desired, 3, 2, 3, &err), VK_EUNTRUSTED);
	/* The number of the fallback with other content. */
	assert_fails(move(&desired, 4, 3, 99, &err), VK_EUNTRUSTED);
	assert_fails(move(&desired, 5, 4, 99, &err), VK_EUNTRUSTED);
	ck_assert_int_eq(desired.release, 5);
	assert_ok(move(&desired, 4, 3, 4, &err), err);
	ck_assert_int_eq(desired.release, 4);
	/* From the fallback it does not go back further. */
	assert_fails(move(&desired, 3, 2, 3, &err), VK_EUNTRUSTED);
	assert_ok(move(&desired, 5, 4, 5, &err), err);
	assert_ok(move(&desired, 6, 5, 6, &err), err);
	assert_fails(move(&desired, 4, 3, 4, &err), VK_EUNTRUSTED);
	assert_ok(move(&desired, 9, 8, 9, &err), err);
	assert_fails(move(&desired, 6, 5, 6, &err), VK_EUNTRUSTED);
}
END_TEST

START_TEST(what_is_wanted_survives_on_disk)
{
	struct desired desired = {.timestamp_expires = 1,
		.trust_role = "prod",
		.trust_expires = 2,
		.count = 1};
	struct vk_err err = VK_ERR_INIT;
	struct desired again;

	assert_ok(desired_read(state, &again, &err), err);
	ck_assert_int_eq(again.release, 0);
	ck_assert(again.is_lost);
	assert_ok(move(&desired, 5, 4, 5, &err), err);
	desired.count = 1;
	snprintf(desired.etag, sizeof(desired.etag), "\"x\"");
	snprintf(desired.bundles[0].instance, sizeof(desired.bundles[0].instance), "main");
	digest_of(1, desired.bundles[0].digest);
	assert_ok(desired_write(state, &desired, &err), err);
	assert_ok(desired_read(state, &again, &err), err);
	ck_assert_str_eq(again.trust_role, "prod");
	ck_assert_int_eq(again.trust_expires, 2);
	ck_assert_str_eq(again.etag, "\"x\"");
	ck_assert(!again.is_lost);
	ck_assert_int_eq(again.highest, 5);
	ck_assert_int_eq(again.fallback, 4);
	ck_assert_str_eq(desired_digest(&again, "main"), desired.bundles[0].digest);
	ck_assert_ptr_null(desired_digest(&again, "other"));
}
END_TEST

START_TEST(a_damaged_memory_is_an_error_and_no_fresh_start)
{
	static const char *const bad[] = {"", "{}", "{\"format\":2}", "[]", "x",
		"{\"format\":1,\"etag\":\"\",\"timestamp-expires\":0,\"release\":-1,\"highest\":0,"
		"\"fallback\":0,\"bundles\":{}}",
		"{\"format\":1,\"etag\":\"\",\"timestamp-expires\":0,\"release\":1,\"highest\":1,"
		"\"fallback\":0,\"bundles\":{\"main\":\"short\"}}"};
	char *path = xasprintf("%s/desired.json", state);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct desired desired;

		assert_ok(vk_file_replace(AT_FDCWD, path, 0600, bad[i], strlen(bad[i]), &err), err);
		assert_fails(desired_read(state, &desired, &err), VK_EINPUT);
	}
	free(path);
}
END_TEST

/* An instance that runs a release of an environment. */
static void install(
	struct instance *instance, const char *directory, const char *environment, int64_t release)
{
	const struct vk_bundle spec = {.environment = environment,
		.instance = "db1/main",
		.kind = VK_KIND_VALKEY,
		.valkey = "8.0"};
	struct generation_bundle bundle;
	char name[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf bytes;

	*instance = (struct instance){.name = "main", .directory = directory, .data = directory};
	vk_buf_init(&bytes, VK_BUNDLE_MAX_BYTES);
	assert_ok(vk_bundle_format(&spec, &bytes, &err), err);
	assert_ok(generation_bundle_parse(bytes.data, bytes.len, &bundle, &err), err);
	generation_name(release, bundle.digest, name);
	assert_ok(generation_prepare(instance, &err), err);
	assert_ok(generation_write(instance, name, &bundle, &err), err);
	assert_ok(generation_switch(instance, name, &err), err);
	generation_bundle_release(&bundle);
	vk_buf_release(&bytes);
}

START_TEST(what_is_installed_is_the_line_when_memory_is_lost)
{
	const struct pins pins = {.environment = "prod"};
	struct pull_settings settings = {.state = state, .count = 2};
	char *path = xasprintf("%s/desired.json", state);
	char *one = xasprintf("%s/one", state);
	char *two = xasprintf("%s/two", state);
	struct vk_err err = VK_ERR_INIT;
	struct desired desired;

	install(&settings.instances[0], one, "prod", 42);
	install(&settings.instances[1], two, "staging", 97);
	for (int i = 0; i < 2; i++) {
		assert_ok(memory_read_desired(&settings, &pins, &desired, &err), err);
		ck_assert_int_eq(desired.highest, 42);
		ck_assert_str_eq(desired.etag, "");
		assert_fails(move(&desired, 41, 40, 41, &err), VK_EUNTRUSTED);
		assert_ok(move(&desired, 42, 41, 42, &err), err);
		assert_fails(move(&desired, 42, 41, 99, &err), VK_EUNTRUSTED);
		/* Once more, damaged. */
		assert_ok(vk_file_replace(AT_FDCWD, path, 0600, "{", 1, &err), err);
	}
	/* A host that was enrolled anew begins anew. */
	assert_ok(desired_write(state, &(struct desired){.release = 0}, &err), err);
	assert_ok(memory_read_desired(&settings, &pins, &desired, &err), err);
	assert_ok(move(&desired, 1, 0, 1, &err), err);
	free(path);
	free(one);
	free(two);
}
END_TEST

START_TEST(a_damaged_checkpoint_is_set_aside)
{
	static const char *const bad[] = {"", "demo/log\n", "demo/log\nx\ny\n", "\n\n\n\n\n"};
	const struct pull_settings settings = {.state = state};
	char *path = xasprintf("%s/checkpoint", state);
	char *aside = xasprintf("%s/checkpoint.damaged", state);
	struct note_checkpoint last;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;

		assert_ok(vk_file_replace(AT_FDCWD, path, 0600, bad[i], strlen(bad[i]), &err), err);
		assert_ok(memory_read_checkpoint(&settings, &last, &err), err);
		ck_assert_uint_eq(last.size, 0);
		ck_assert_int_eq(access(aside, F_OK), 0);
		ck_assert_int_ne(access(path, F_OK), 0);
	}
	free(path);
	free(aside);
}
END_TEST

enum { LOG_LEAVES = 9 };

static uint8_t leaves[LOG_LEAVES][MERKLE_HASH_BYTES];

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	(void)ctx;
	(void)err;
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES]) & leaves[index << level],
		(size_t)1 << level, out);
	return VK_OK;
}

static char *make_note(const struct vk_signkey *key, uint64_t size)
{
	struct note_checkpoint checkpoint = {.size = size};
	struct vk_buf text;
	struct vk_buf note;
	char *detached;

	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, size, checkpoint.root);
	vk_buf_init(&text, 4096);
	vk_buf_init(&note, 4096);
	note_checkpoint_format("demo/log", &checkpoint, &text);
	note_sign(text.data, "demo/log", key, &note);
	vk_buf_release(&text);
	detached = vk_buf_detach(&note, NULL);
	vk_buf_release(&note);
	return detached;
}

static struct vkjson *make_consistency(uint64_t from, uint64_t to)
{
	const struct merkle_nodes nodes = {.get = get_node};
	struct vkjson *json = vkjson_object();
	struct vk_err err = VK_ERR_INIT;
	struct merkle_proof proof;

	assert_ok(merkle_nodes_consistency(&nodes, from, to, &proof, &err), err);
	vkjson_set(json, "from", vkjson_int((int64_t)from));
	vkjson_set(json, "to", vkjson_int((int64_t)to));
	vkjson_set(json, "proof", merkle_proof_to_json(&proof));
	return json;
}

START_TEST(a_log_that_shrinks_or_forks_is_refused)
{
	struct vk_signkey *key = vk_signkey_generate();
	struct vk_signkey *other = vk_signkey_generate();
	struct tuf_fleet fleet = {.fleet = "demo", .log_name = "demo/log"};
	struct vk_err err = VK_ERR_INIT;
	struct note_checkpoint last;
	struct note_checkpoint next;
	struct vkjson *proof;
	char *note;

	for (uint64_t i = 0; i < LOG_LEAVES; i++)
		merkle_leaf_hash(&i, sizeof(i), leaves[i]);
	vk_signkey_public(key, fleet.log_public);
	assert_ok(witness_read(state, &last, &err), err);
	ck_assert_uint_eq(last.size, 0);
	note = make_note(key, 5);
	assert_ok(witness_verify(&fleet, note, NULL, &last, &next, &err), err);
	assert_ok(witness_write(state, note, &err), err);
	assert_ok(witness_read(state, &last, &err), err);
	ck_assert_uint_eq(last.size, 5);
	ck_assert_int_eq(memcmp(&last, &next, sizeof(last)), 0);
	assert_ok(witness_verify(&fleet, note, NULL, &last, &next, &err), err);
	free(note);

	note = make_note(key, 4);
	assert_fails(witness_verify(&fleet, note, NULL, &last, &next, &err), VK_EUNTRUSTED);
	free(note);
	note = make_note(other, 9);
	proof = make_consistency(5, 9);
	assert_fails(witness_verify(&fleet, note, proof, &last, &next, &err), VK_EUNTRUSTED);
	free(note);
	note = make_note(key, 9);
	assert_fails(witness_verify(&fleet, note, NULL, &last, &next, &err), VK_EUNTRUSTED);
	assert_ok(witness_verify(&fleet, note, proof, &last, &next, &err), err);
	ck_assert_uint_eq(next.size, 9);
	free(note);
	vkjson_free(proof);

	leaves[2][0] ^= 1; /* history is rewritten below what the host has seen */
	note = make_note(key, 9);
	proof = make_consistency(5, 9);
	assert_fails(witness_verify(&fleet, note, proof, &last, &next, &err), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.msg, "forked"));
	vkjson_free(proof);
	free(note);
	note = make_note(key, 5);
	assert_fails(witness_verify(&fleet, note, NULL, &last, &next, &err), VK_EUNTRUSTED);
	free(note);
	vk_signkey_free(key);
	vk_signkey_free(other);
}
END_TEST

/* A checkpoint of the log with this name. */
static char *make_note_of(const char *name, const struct vk_signkey *key, uint64_t size)
{
	struct note_checkpoint checkpoint = {.size = size};
	struct vk_buf text, note;
	char *copy;

	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, size, checkpoint.root);
	vk_buf_init(&text, NOTE_MAX_BYTES);
	vk_buf_init(&note, NOTE_MAX_BYTES);
	note_checkpoint_format(name, &checkpoint, &text);
	note_sign(text.data, name, key, &note);
	copy = xstrdup(note.data);
	vk_buf_release(&text);
	vk_buf_release(&note);
	return copy;
}

START_TEST(another_log_counts_only_with_the_start_that_the_root_names)
{
	struct vk_signkey *key = vk_signkey_generate();
	struct tuf_fleet fleet = {.fleet = "demo", .log_name = "demo/log.2"};
	char origin[NOTE_NAME_MAX_BYTES + 1];
	struct vk_err err = VK_ERR_INIT;
	struct note_checkpoint last, next;
	struct vkjson *from_start, *from_last;
	char *note, *kept_as = NULL;
	bool is_lost = false;

	for (uint64_t i = 0; i < LOG_LEAVES; i++)
		merkle_leaf_hash(&i, sizeof(i), leaves[i]);
	vk_signkey_public(key, fleet.log_public);
	assert_ok(witness_read_origin(state, origin, &err), err);
	ck_assert_str_eq(origin, "");
	note = make_note_of("demo/log", key, 8);
	assert_ok(witness_write(state, note, &err), err);
	free(note);
	assert_ok(witness_read(state, &last, &err), err);
	assert_ok(witness_read_origin(state, origin, &err), err);
	ck_assert_str_eq(origin, "demo/log");

	leaves[6][0] ^= 1; /* entries 6 and 7 are lost, others came */
	note = make_note_of("demo/log.2", key, 9);
	from_start = make_consistency(5, 9);
	from_last = make_consistency(8, 9);
	assert_fails(witness_verify_new_log(&fleet, note, from_start, from_last, &last, &next,
			     &is_lost, &err),
		VK_EUNTRUSTED); /* no start in the root */
	fleet.log_start = (struct tuf_log_start){.is_there = true, .size = 5};
	assert_fails(witness_verify_new_log(&fleet, note, from_start, from_last, &last, &next,
			     &is_lost, &err),
		VK_EUNTRUSTED); /* not with this start */
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, 5, fleet.log_start.root);
	assert_fails(witness_verify_new_log(
			     &fleet, note, NULL, from_last, &last, &next, &is_lost, &err),
		VK_EUNTRUSTED); /* not proven */
	assert_ok(witness_verify_new_log(
			  &fleet, note, from_start, from_last, &last, &next, &is_lost, &err),
		err);
	ck_assert(is_lost);
	ck_assert_uint_eq(next.size, 9);
	leaves[6][0] ^= 1;
	free(note);
	vkjson_free(from_last);
	vkjson_free(from_start);

	note = make_note_of("demo/log.2", key, 9); /* nothing is lost */
	from_start = make_consistency(5, 9);
	from_last = make_consistency(8, 9);
	assert_ok(witness_verify_new_log(
			  &fleet, note, from_start, from_last, &last, &next, &is_lost, &err),
		err);
	ck_assert(!is_lost);
	assert_ok(witness_put_aside(state, &kept_as, &err), err);
	ck_assert_ptr_nonnull(strstr(kept_as, "/checkpoint.demo-log"));
	ck_assert_int_eq(access(kept_as, F_OK), 0);
	unlink(kept_as);
	free(kept_as);
	free(note);
	vkjson_free(from_last);
	vkjson_free(from_start);
	vk_signkey_free(key);
}
END_TEST

START_TEST(a_host_cosigns_what_is_larger_and_rarely_for_that_alone)
{
	const struct pins pins = {.fleet = "demo", .host = "db1"};
	struct note_checkpoint checkpoint = {.size = 0, .root = {1}};
	const int64_t now = 1800000000;
	char *path = xasprintf("%s/cosigned", state);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf line;

	ck_assert(!cosign_is_due(state, &checkpoint, true, now)); /* an empty log */
	checkpoint.size = 5;
	ck_assert(cosign_is_due(state, &checkpoint, false, now));
	vk_buf_init(&line, NOTE_COSIGNATURE_MAX_BYTES);
	assert_fails(cosign_make(state, &pins, &checkpoint, now, &line, &err), VK_ENOTFOUND);
	vk_buf_release(&line);
	assert_ok(cosign_keep(state, &checkpoint, now, &err), err);
	ck_assert(!cosign_is_due(state, &checkpoint, true, now + 2 * COSIGN_PAUSE_SECONDS));
	checkpoint.size = 6;
	ck_assert(cosign_is_due(state, &checkpoint, true, now + 1));
	ck_assert(!cosign_is_due(state, &checkpoint, false, now + COSIGN_PAUSE_SECONDS - 1));
	ck_assert(cosign_is_due(state, &checkpoint, false, now + COSIGN_PAUSE_SECONDS));
	ck_assert(cosign_is_due(state, &checkpoint, false, now - 1)); /* a clock that was put back */
	checkpoint.size = 4;
	ck_assert(!cosign_is_due(state, &checkpoint, true, now + 2 * COSIGN_PAUSE_SECONDS));
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, "x", 1, &err), err);
	ck_assert(cosign_is_due(state, &checkpoint, false, now));
	free(path);
}
END_TEST

START_TEST(a_cosignature_is_made_with_the_host_key)
{
	static const char seed[] = "0707070707070707070707070707070707070707070707070707070707070707\n";
	const struct pins pins = {.fleet = "demo", .host = "db1"};
	const struct note_checkpoint checkpoint = {.size = 5, .root = {1}};
	uint8_t raw[VK_SEED_BYTES], public_key[VK_PUBLIC_KEY_BYTES];
	char *path = xasprintf("%s/host.key", state);
	struct vk_err err = VK_ERR_INIT;
	struct vk_signkey *key;
	struct vk_buf line;
	int64_t time = 0;

	vk_buf_init(&line, NOTE_COSIGNATURE_MAX_BYTES);
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, "07", 2, &err), err);
	assert_fails(cosign_make(state, &pins, &checkpoint, 7, &line, &err), VK_EINPUT);
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, seed, strlen(seed), &err), err);
	assert_ok(cosign_make(state, &pins, &checkpoint, 7, &line, &err), err);
	memset(raw, 7, sizeof(raw));
	key = vk_signkey_from_seed(raw);
	vk_signkey_public(key, public_key);
	assert_ok(note_verify_cosignature(line.data, line.len, "demo/log", &checkpoint,
			  "demo/host/db1", public_key, &time, &err),
		err);
	ck_assert_int_eq(time, 7);
	ck_assert_ptr_null(strchr(line.data, '\n'));
	vk_signkey_free(key);
	vk_buf_release(&line);
	free(path);
}
END_TEST

START_TEST(pins_are_read_as_they_were_written)
{
	struct pins pins = {.fleet = "demo",
		.host = "db1",
		.environment = "prod",
		.root_version = 3,
		.count = 2,
		.instances = {"cache", "main"}};
	struct vk_err err = VK_ERR_INIT;
	struct pins again;

	assert_fails(pins_read(state, &again, &err), VK_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.hint, "enrol"));
	digest_of(1, pins.root);
	assert_ok(pins_write(state, &pins, &err), err);
	assert_ok(pins_read(state, &again, &err), err);
	ck_assert_int_eq(memcmp(&pins, &again, sizeof(pins)), 0);
	ck_assert(pins_has_instance(&again, "cache"));
	ck_assert(!pins_has_instance(&again, "mai"));
	pins.count = 0;
	assert_ok(pins_write(state, &pins, &err), err);
	assert_ok(pins_read(state, &again, &err), err);
	ck_assert_uint_eq(again.count, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_trust");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_host_cosigns_what_is_larger_and_rarely_for_that_alone);
	tcase_add_test(tc, a_cosignature_is_made_with_the_host_key);
	tcase_add_test(tc, a_release_never_goes_back_but_to_the_signed_fallback);
	tcase_add_test(tc, a_damaged_memory_is_an_error_and_no_fresh_start);
	tcase_add_test(tc, what_is_installed_is_the_line_when_memory_is_lost);
	tcase_add_test(tc, a_damaged_checkpoint_is_set_aside);
	tcase_add_test(tc, a_log_that_shrinks_or_forks_is_refused);
	tcase_add_test(tc, another_log_counts_only_with_the_start_that_the_root_names);
	tcase_add_test(tc, what_is_wanted_survives_on_disk);
	tcase_add_test(tc, pins_are_read_as_they_were_written);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
