/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/signer.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/note.h"
#include "common/tuf/tuf_build.h"
#include "server/ca_file.h"
#include "server/signer_core.h"
#include "server/signer_message.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

static char dir[64];
static struct signer *signer;
static struct vk_err err;
static struct vk_buf out;
static uint8_t sig[VK_SIGNATURE_BYTES];

static enum vk_rc start(void)
{
	const struct signer_options options = {.state = dir, .fleet = FIXTURE_FLEET};

	return signer_start(&options, &signer, &err);
}

static void setup_keys(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vkcfg-signer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fixture_make_keys(dir);
	vk_buf_init(&out, X509_MAX_PEM_BYTES);
	signer = NULL;
}

static void setup(void)
{
	setup_keys();
	assert_ok(start(), err);
}

static void teardown(void)
{
	signer_stop(signer);
	vk_buf_release(&out);
	assert_ok(vk_file_remove_tree(AT_FDCWD, dir, &err), err);
}

static void path_of(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", dir, name);
}

START_TEST(refuses_keys_that_others_may_read)
{
	char path[128];

	path_of("online/log.key", path, sizeof(path));
	ck_assert_int_eq(chmod(path, 0640), 0);
	assert_fails(start(), VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(err.msg, "log.key"));
}
END_TEST

START_TEST(refuses_missing_and_malformed_keys_without_quoting_them)
{
	char path[128];

	path_of("online/snapshot.key", path, sizeof(path));
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, "secretsecret", 12, &err), err);
	assert_fails(start(), VK_EINPUT);
	ck_assert_ptr_null(strstr(err.msg, "secretsecret"));
	ck_assert_int_eq(unlink(path), 0);
	assert_fails(start(), VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_a_ca_key_that_is_not_the_certificates)
{
	struct x509_key *other = NULL;
	struct vk_buf pem;
	char path[128];

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	assert_ok(x509_key_generate(&other, &err), err);
	assert_ok(x509_key_format(other, &pem, &err), err);
	path_of("online/ca.key", path, sizeof(path));
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, pem.data, pem.len, &err), err);
	ck_assert_int_ne(start(), VK_OK);
	x509_key_free(other);
	vk_buf_release(&pem);
}
END_TEST

static enum vk_rc sign_snapshot(int64_t version, int64_t lifetime)
{
	const struct tuf_file_spec file = {.role = "targets", .version = 1, .length = 5};

	vk_buf_reset(&out);
	assert_ok(
		tuf_build_snapshot(version, vk_clock_now() + lifetime, &file, 1, &out, &err), err);
	return signer_sign_snapshot(signer, version, out.data, out.len, sig, &err);
}

START_TEST(refuses_snapshots_that_are_not_newer_or_live_too_long)
{
	assert_ok(sign_snapshot(5, 86400), err);
	assert_fails(sign_snapshot(5, 86400), VK_EUNTRUSTED);
	assert_fails(sign_snapshot(4, 86400), VK_EUNTRUSTED);
	assert_fails(sign_snapshot(6, -1), VK_EUNTRUSTED);
	assert_fails(sign_snapshot(6, SIGNER_SNAPSHOT_MAX_SECONDS + 100), VK_EUNTRUSTED);
	assert_ok(sign_snapshot(6, 86400), err);
	ck_assert_int_eq(signer_next_snapshot_version(signer, 2), 7);
	ck_assert_int_eq(signer_next_snapshot_version(signer, 20), 21);
}
END_TEST

START_TEST(signs_nothing_but_snapshots_with_the_snapshot_key)
{
	static const char *const others[] = {
		"{\"_type\":\"root\",\"expires\":\"2099-01-01T00:00:00Z\",\"version\":9}",
		"{\"_type\": \"snapshot\"}",
		"{\"_type\":\"snapshot\"}",
		"{\"_type\":\"snapshot\",\"expires\":\"2026-13-01T00:00:00Z\",\"meta\":{},"
		"\"version\":9}",
		"{\"_type\":\"snapshot\",\"expires\":\"2026-12-01T00:00:00Z\",\"meta\":{},"
		"\"version\":0}",
		"demo/log\n9\nAAAA\n",
		"",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(signer_sign_snapshot(signer, 9, others[i], strlen(others[i]), sig,
				      &err) == VK_EUNTRUSTED,
			"signed: %s", others[i]);
}
END_TEST

START_TEST(the_snapshots_signature_is_that_of_its_key)
{
	struct signer_public_keys keys;

	assert_ok(sign_snapshot(1, 86400), err);
	signer_get_public_keys(signer, &keys);
	ck_assert(vk_verify_ed25519(keys.snapshot, out.data, out.len, sig));
	ck_assert(!vk_verify_ed25519(keys.timestamp, out.data, out.len, sig));
}
END_TEST

static enum vk_rc make_timestamp(int64_t version, int64_t snapshot, int64_t lifetime)
{
	const struct signer_timestamp timestamp = {.version = version,
		.expires = vk_clock_now() + lifetime,
		.snapshot_version = snapshot,
		.snapshot_length = 100};

	vk_buf_reset(&out);
	return signer_make_timestamp(signer, &timestamp, &out, sig, &err);
}

START_TEST(refuses_timestamps_that_go_back_or_live_too_long)
{
	struct signer_public_keys keys;

	assert_ok(make_timestamp(3, 7, 86400), err);
	signer_get_public_keys(signer, &keys);
	ck_assert(vk_verify_ed25519(keys.timestamp, out.data, out.len, sig));
	ck_assert_ptr_nonnull(strstr(out.data, "\"_type\":\"timestamp\""));
	assert_fails(make_timestamp(3, 7, 86400), VK_EUNTRUSTED);
	assert_fails(make_timestamp(4, 6, 86400), VK_EUNTRUSTED);
	assert_fails(make_timestamp(4, 7, 0), VK_EUNTRUSTED);
	assert_fails(make_timestamp(4, 7, SIGNER_TIMESTAMP_MAX_SECONDS + 100), VK_EUNTRUSTED);
	assert_fails(make_timestamp(INT64_MIN, 7, 86400), VK_EUNTRUSTED);
	assert_ok(make_timestamp(4, 7, 86400), err);
	ck_assert_int_eq(signer_next_timestamp_version(signer, 0), 5);
}
END_TEST

/* A log of `size` leaves; those from `fork_at` on differ by `variant`. */
static void make_leaves(
	uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t size, size_t fork_at, uint8_t variant)
{
	for (size_t i = 0; i < size; i++) {
		const uint8_t text[2] = {(uint8_t)i, i >= fork_at ? variant : 0};

		merkle_leaf_hash(text, sizeof(text), leaves[i]);
	}
}

struct log {
	uint8_t leaves[64][MERKLE_HASH_BYTES];
};

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t node[MERKLE_HASH_BYTES], struct vk_err *node_err)
{
	struct log *log = ctx;

	(void)node_err;
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES]) & log->leaves[index << level],
		(size_t)1 << level, node);
	return VK_OK;
}

static enum vk_rc checkpoint(struct log *log, uint64_t size)
{
	const struct merkle_nodes nodes = {.get = get_node, .ctx = log};
	uint8_t root[MERKLE_HASH_BYTES];
	struct merkle_proof proof = {0};
	uint64_t from = signer_log_size(signer);

	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])log->leaves, size, root);
	if (from <= size)
		assert_ok(merkle_nodes_consistency(&nodes, from, size, &proof, &err), err);
	vk_buf_reset(&out);
	return signer_make_checkpoint(signer, size, root, &proof, &out, &err);
}

START_TEST(refuses_a_log_that_shrinks_or_forks)
{
	struct log honest, forked;
	struct note_checkpoint seen;
	struct signer_public_keys keys;

	make_leaves(honest.leaves, 64, 64, 0);
	make_leaves(forked.leaves, 64, 5, 1);
	assert_ok(checkpoint(&honest, 7), err);
	assert_ok(checkpoint(&honest, 7), err);
	assert_fails(checkpoint(&forked, 7), VK_EUNTRUSTED);
	assert_fails(checkpoint(&forked, 9), VK_EUNTRUSTED);
	assert_fails(checkpoint(&honest, 6), VK_EUNTRUSTED);
	assert_fails(checkpoint(&honest, 0), VK_EUNTRUSTED);
	assert_ok(checkpoint(&honest, 33), err);
	signer_get_public_keys(signer, &keys);
	assert_ok(
		note_verify_checkpoint(out.data, out.len, "demo/log", keys.log, &seen, &err), err);
	ck_assert_uint_eq(seen.size, 33);
}
END_TEST

static enum vk_rc issue(enum x509_kind kind, const char *name, const char *const *names,
	int64_t lifetime, bool is_bad_key)
{
	struct x509_key *key = NULL;
	struct vk_buf spki;
	struct signer_certificate certificate = {.kind = kind,
		.name = name,
		.names = names,
		.not_before = vk_clock_now() - 60,
		.not_after = vk_clock_now() + lifetime};
	enum vk_rc rc;

	vk_buf_init(&spki, 1000);
	assert_ok(x509_key_generate(&key, &err), err);
	assert_ok(x509_key_public(key, &spki, &err), err);
	if (is_bad_key)
		spki.data[0] ^= 1;
	certificate.spki = spki.data;
	certificate.spki_len = spki.len;
	vk_buf_reset(&out);
	rc = signer_issue_certificate(signer, &certificate, &out, &err);
	x509_key_free(key);
	vk_buf_release(&spki);
	return rc;
}

START_TEST(refuses_certificates_beyond_their_kind)
{
	static const char *const names[] = {"localhost", "127.0.0.1", NULL};
	char long_name[SIGNER_FIELD_MAX_BYTES + 10];

	memset(long_name, 'a', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	assert_fails(issue(X509_KIND_HOST, "db1", NULL, 31 * 86400, false), VK_EUNTRUSTED);
	assert_fails(issue(X509_KIND_USER, "bob", NULL, 400 * 86400, false), VK_EUNTRUSTED);
	assert_fails(issue(X509_KIND_SERVER, "main", names, 800 * 86400, false), VK_EUNTRUSTED);
	assert_fails(issue(X509_KIND_HOST, "db1", NULL, -10, false), VK_EUNTRUSTED);
	assert_fails(issue(X509_KIND_HOST, "db1", names, 86400, false), VK_EUNTRUSTED);
	assert_fails(issue((enum x509_kind)17, "db1", NULL, 86400, false), VK_EINPUT);
	assert_fails(issue(X509_KIND_HOST, "DB 1", NULL, 86400, false), VK_EINPUT);
	assert_fails(issue(X509_KIND_HOST, "", NULL, 86400, false), VK_EINPUT);
	assert_fails(issue(X509_KIND_HOST, long_name, NULL, 86400, false), VK_EINPUT);
	assert_fails(issue(X509_KIND_HOST, "db1", NULL, 86400, true), VK_EINPUT);
}
END_TEST

START_TEST(issues_of_the_ca_that_is_named_and_no_other)
{
	uint8_t next[VK_SHA256_BYTES], unknown[VK_SHA256_BYTES] = {1};
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct signer_certificate certificate = {.kind = X509_KIND_HOST,
		.name = "db1",
		.issuer = next,
		.not_before = vk_clock_now() - 60,
		.not_after = vk_clock_now() + 60};
	struct signer_public_keys keys;
	struct x509_key *key = NULL;
	struct vk_buf spki;

	/* Whatever lies under the other's name: the key that fits counts (a half-done promotion). */
	assert_ok(ca_file_make_next(dir_fd, FIXTURE_FLEET, next, &err), err);
	assert_fails(ca_file_make_next(dir_fd, FIXTURE_FLEET, unknown, &err), VK_ECONFLICT);
	ck_assert_int_eq(renameat(dir_fd, "ca.next.crt", dir_fd, "ca.crt"), 0);
	assert_ok(start(), err);
	signer_get_public_keys(signer, &keys);
	ck_assert_uint_eq(keys.ca.count, 1);
	ck_assert_int_eq(memcmp(keys.ca.digests[0], next, sizeof(next)), 0);

	vk_buf_init(&spki, 1000);
	assert_ok(x509_key_generate(&key, &err), err);
	assert_ok(x509_key_public(key, &spki, &err), err);
	certificate.spki = spki.data;
	certificate.spki_len = spki.len;
	assert_ok(signer_issue_certificate(signer, &certificate, &out, &err), err);
	memset(unknown, 1, sizeof(unknown));
	certificate.issuer = unknown;
	assert_fails(signer_issue_certificate(signer, &certificate, &out, &err), VK_EUNTRUSTED);
	assert_ok(ca_file_promote(dir_fd, &err), err);
	assert_ok(ca_file_promote(dir_fd, &err), err);
	signer_stop(signer);
	signer = NULL;
	assert_ok(start(), err);
	x509_key_free(key);
	vk_buf_release(&spki);
	close(dir_fd);
}
END_TEST

START_TEST(issues_certificates_of_its_own_fleet)
{
	static const char *const names[] = {"localhost", "127.0.0.1", NULL};
	struct x509_info info;

	assert_ok(issue(X509_KIND_HOST, "db1", NULL, 30 * 86400, false), err);
	assert_ok(x509_parse_identity(out.data, out.len, &info, &err), err);
	ck_assert_str_eq(info.identity.fleet, FIXTURE_FLEET);
	ck_assert_str_eq(info.identity.name, "db1");
	ck_assert_int_eq(info.identity.kind, X509_KIND_HOST);
	assert_ok(issue(X509_KIND_SERVER, "main", names, 86400, false), err);
}
END_TEST

START_TEST(a_dead_child_is_noticed_and_reported)
{
	struct pollfd life = {.fd = signer_fd(signer), .events = POLLIN};

	assert_ok(sign_snapshot(1, 86400), err);
	ck_assert_int_eq(poll(&life, 1, 0), 0);
	ck_assert_int_eq(kill(signer_pid(signer), SIGKILL), 0);
	ck_assert_int_eq(poll(&life, 1, 10000), 1);
	assert_fails(sign_snapshot(2, 86400), VK_EIO);
	assert_fails(make_timestamp(2, 2, 86400), VK_EIO);
}
END_TEST

START_TEST(the_child_holds_no_descriptors_but_its_own_and_cannot_be_read)
{
	char path[64];
	struct dirent *entry;
	int open_count = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)signer_pid(signer));
	fds = opendir(path);
	if (fds == NULL) /* not dumpable: only root may look */
		return;
	while ((entry = readdir(fds)) != NULL)
		open_count += entry->d_name[0] != '.';
	closedir(fds);
	ck_assert_int_eq(open_count, 5); /* 0, 1, 2, the socket, the pipe */
}
END_TEST

/* The child itself, without a process: bytes in, bytes out. */
static void ask(struct signer_core *core, const void *request, size_t len, enum vk_rc expected)
{
	struct signer_reader reader;
	struct vk_buf reply;

	vk_buf_init(&reply, SIGNER_MESSAGE_MAX_BYTES);
	signer_core_answer(core, request, len, &reply);
	reader = (struct signer_reader){.at = (const uint8_t *)reply.data, .left = reply.len};
	assert_fails(signer_take_result(&reader, &err), expected);
	vk_buf_release(&reply);
}

static void make_certificate_request(struct vk_buf *request)
{
	signer_put_byte(request, SIGNER_ISSUE_CERTIFICATE);
	signer_put_bytes(request, "spki", 4);
	signer_put_byte(request, X509_KIND_HOST);
	signer_put_bytes(request, "db1", 3);
	signer_put_number(request, (uint64_t)vk_clock_now());
	signer_put_number(request, (uint64_t)vk_clock_now() + 86400);
	signer_put_number(request, 1);
	signer_put_bytes(request, "localhost", 9);
}

START_TEST(refuses_messages_cut_off_at_every_byte_and_garbage)
{
	struct signer_core *core = NULL;
	struct vk_buf request;
	uint8_t noise[512];

	assert_ok(signer_core_load(dir, FIXTURE_FLEET, &core, &err), err);
	vk_buf_init(&request, SIGNER_MESSAGE_MAX_BYTES);
	make_certificate_request(&request);
	for (size_t len = 0; len < request.len; len++)
		ask(core, request.data, len, VK_EINPUT);
	signer_put_byte(&request, 0);
	ask(core, request.data, request.len, VK_EINPUT);
	for (unsigned type = 0; type < 256; type++) {
		memset(noise, 0xff, sizeof(noise));
		noise[0] = (uint8_t)type;
		ask(core, noise, sizeof(noise), VK_EINPUT);
		ask(core, noise, 1, VK_EINPUT);
	}
	vk_buf_release(&request);
	signer_core_free(core);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("signer");
	TCase *keys = tcase_create("start");
	TCase *tc = tcase_create("requests");

	tcase_add_checked_fixture(keys, setup_keys, teardown);
	tcase_add_test(keys, refuses_keys_that_others_may_read);
	tcase_add_test(keys, issues_of_the_ca_that_is_named_and_no_other);
	tcase_add_test(keys, refuses_missing_and_malformed_keys_without_quoting_them);
	tcase_add_test(keys, refuses_a_ca_key_that_is_not_the_certificates);
	tcase_add_test(keys, refuses_messages_cut_off_at_every_byte_and_garbage);
	suite_add_tcase(suite, keys);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_snapshots_that_are_not_newer_or_live_too_long);
	tcase_add_test(tc, signs_nothing_but_snapshots_with_the_snapshot_key);
	tcase_add_test(tc, the_snapshots_signature_is_that_of_its_key);
	tcase_add_test(tc, refuses_timestamps_that_go_back_or_live_too_long);
	tcase_add_test(tc, refuses_a_log_that_shrinks_or_forks);
	tcase_add_test(tc, refuses_certificates_beyond_their_kind);
	tcase_add_test(tc, issues_certificates_of_its_own_fleet);
	tcase_add_test(tc, a_dead_child_is_noticed_and_reported);
	tcase_add_test(tc, the_child_holds_no_descriptors_but_its_own_and_cannot_be_read);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
