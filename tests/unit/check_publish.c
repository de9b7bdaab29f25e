/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/publish.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/render.h"
#include "common/release.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_meta.h"
#include "server/change.h"
#include "server/store/store_environment.h"
#include "server/store/store_log.h"
#include "server/store/store_release.h"
#include "server/store/store_tree.h"
#include "server/store/store_tuf.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

enum { ALICE, BOB, CAROL };

static const char tree_digest[] =
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const char bundle_text[] = "{\"instance\":\"db1/main\"}";

static struct fleet_fixture fix;

static void setup(void)
{
	fleet_fixture_init(&fix);
}

static void teardown(void)
{
	fleet_fixture_release(&fix);
}

/* An upload, as the handler hands it to the writer. */
struct upload {
	struct writer_command command;
	struct publish_file files[4];
	size_t count;
};

static enum vk_rc run_upload(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct upload *upload = (const struct upload *)command;

	return publish_trust(tx, "user/alice", upload->files, upload->count, PUBLISH_TRUST, err);
}

static enum vk_rc upload_files(const struct publish_file *files, size_t count)
{
	struct upload upload = {
		.command = {.name = "tuf.publish", .run = run_upload}, .count = count};

	for (size_t i = 0; i < count; i++)
		upload.files[i] = files[i];
	fix.err = (struct vk_err)VK_ERR_INIT;
	return writer_execute(fix.writer, &upload.command, &fix.err);
}

/* Root and targets of these versions with so many signatures; 0 leaves the file out. */
static enum vk_rc upload(
	int64_t root, size_t root_signatures, int64_t targets, size_t targets_signatures)
{
	struct publish_file files[2];
	char names[2][32];
	struct vk_buf texts[2];
	size_t count = 0;
	enum vk_rc rc;

	for (int i = 0; i < 2; i++)
		vk_buf_init(&texts[i], TUF_TARGETS_MAX_BYTES);
	if (root > 0) {
		fleet_fixture_root(&fix, root, root_signatures, &texts[0]);
		snprintf(names[0], sizeof(names[0]), "%d.root.json", (int)root);
		files[count++] = (struct publish_file){names[0], texts[0].data, texts[0].len};
	}
	if (targets > 0) {
		fleet_fixture_targets(&fix, targets, targets_signatures, &texts[1]);
		snprintf(names[1], sizeof(names[1]), "%d.targets.json", (int)targets);
		files[count++] = (struct publish_file){names[1], texts[1].data, texts[1].len};
	}
	rc = upload_files(files, count);
	for (int i = 0; i < 2; i++)
		vk_buf_release(&texts[i]);
	return rc;
}

static int64_t newest(const char *role)
{
	struct store_tuf file;
	enum vk_rc rc = store_get_tuf(fix.store.store, role, 0, fix.store.arena, &file, &fix.err);

	return rc == VK_OK ? file.version : 0;
}

START_TEST(refuses_uploads_without_the_threshold_of_signatures)
{
	assert_fails(upload(1, 1, 1, 2), VK_EUNTRUSTED);
	assert_fails(upload(1, 2, 1, 1), VK_EUNTRUSTED);
	assert_fails(upload(1, 2, 1, 0), VK_EUNTRUSTED);
	ck_assert_int_eq(newest("root"), 0);
	ck_assert_int_eq(newest("snapshot"), 0);
}
END_TEST

START_TEST(refuses_uploads_that_are_incomplete_or_out_of_order)
{
	assert_fails(upload(0, 0, 1, 2), VK_EINPUT);
	assert_fails(upload(1, 2, 0, 0), VK_EINPUT);
	assert_fails(upload(2, 2, 1, 2), VK_ECONFLICT);
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_fails(upload(1, 2, 0, 0), VK_ECONFLICT);
	assert_fails(upload(3, 2, 0, 0), VK_ECONFLICT);
	assert_fails(upload(0, 0, 1, 2), VK_ECONFLICT);
	assert_fails(upload(0, 0, 3, 2), VK_ECONFLICT);
	assert_fails(upload_files(NULL, 0), VK_EINPUT);
}
END_TEST

START_TEST(refuses_files_under_wrong_names_and_garbage)
{
	struct vk_buf root;
	struct publish_file file = {.name = "2.root.json"};

	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	fleet_fixture_root(&fix, 1, 2, &root);
	file.text = root.data;
	file.len = root.len;
	assert_fails(upload_files(&file, 1), VK_EINPUT);
	file.name = "1.snapshot.json";
	assert_fails(upload_files(&file, 1), VK_EINPUT);
	file.name = "1.root.json";
	file.len /= 2;
	ck_assert_int_ne(upload_files(&file, 1), VK_OK);
	vk_buf_release(&root);
}
END_TEST

START_TEST(refuses_a_root_with_other_online_keys)
{
	struct signer *own = fix.signer;
	struct signer_options options = {.fleet = FIXTURE_FLEET};
	struct store_fixture other;
	char path[128];
	struct vk_buf root, targets;
	struct publish_file files[2] = {{.name = "1.root.json"}, {.name = "1.targets.json"}};
	uint8_t seed_hex[64];

	store_fixture_init(&other);
	fixture_make_keys(other.dir);
	snprintf(path, sizeof(path), "%s/online/timestamp.key", other.dir);
	memset(seed_hex, '7', sizeof(seed_hex));
	{
		FILE *key = fopen(path, "w");

		fwrite(seed_hex, 1, sizeof(seed_hex), key);
		fclose(key);
	}
	options.state = other.dir;
	assert_ok(signer_start(&options, &fix.signer, &fix.err), fix.err);
	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	vk_buf_init(&targets, TUF_TARGETS_MAX_BYTES);
	fleet_fixture_root(&fix, 1, 2, &root);
	fleet_fixture_targets(&fix, 1, 2, &targets);
	signer_stop(fix.signer);
	fix.signer = own;
	files[0].text = root.data;
	files[0].len = root.len;
	files[1].text = targets.data;
	files[1].len = targets.len;
	assert_fails(upload_files(files, 2), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "timestamp"));
	vk_buf_release(&root);
	vk_buf_release(&targets);
	store_fixture_release(&other);
}
END_TEST

START_TEST(publishes_root_targets_snapshot_and_timestamp_together)
{
	const struct store_environment *environments;
	struct tuf_meta *root = NULL, *snapshot = NULL, *timestamp = NULL;
	struct store_tuf file;
	size_t count;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_PUBLICATION | WRITER_CHANGED_LOG);
	assert_ok(store_get_tuf(fix.store.store, "root", 0, fix.store.arena, &file, &fix.err),
		fix.err);
	assert_ok(tuf_meta_parse(file.text, file.len, TUF_ROOT, &root, &fix.err), fix.err);
	assert_ok(store_get_tuf(fix.store.store, "snapshot", 0, fix.store.arena, &file, &fix.err),
		fix.err);
	assert_ok(tuf_meta_parse(file.text, file.len, TUF_SNAPSHOT, &snapshot, &fix.err), fix.err);
	assert_ok(tuf_meta_verify(
			  snapshot, tuf_meta_root_role(root, TUF_SNAPSHOT), "snapshot", &fix.err),
		fix.err);
	ck_assert_uint_eq(tuf_meta_file_count(snapshot), 1);
	assert_ok(store_get_tuf(fix.store.store, "timestamp", 0, fix.store.arena, &file, &fix.err),
		fix.err);
	assert_ok(
		tuf_meta_parse(file.text, file.len, TUF_TIMESTAMP, &timestamp, &fix.err), fix.err);
	assert_ok(tuf_meta_verify(timestamp, tuf_meta_root_role(root, TUF_TIMESTAMP), "timestamp",
			  &fix.err),
		fix.err);
	assert_ok(store_list_environments(
			  fix.store.store, fix.store.arena, &environments, &count, &fix.err),
		fix.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(environments[1].name, "prod");
	assert_ok(upload(2, 2, 2, 2), fix.err);
	ck_assert_int_eq(newest("snapshot"), 2);
	ck_assert_int_eq(newest("timestamp"), 2);
	tuf_meta_free(root);
	tuf_meta_free(snapshot);
	tuf_meta_free(timestamp);
}
END_TEST

static enum vk_rc run_timestamp(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return publish_timestamp(tx, err);
}

static enum vk_rc run_timestamp_and_fail(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	enum vk_rc rc = run_timestamp(tx, command, err);

	return rc == VK_OK ? vk_err_set(err, VK_EIO, "as the test wants") : rc;
}

/* Whether the timestamp is due when it is so many seconds later, with this lifetime. */
static enum vk_rc ask_due(int64_t later, int64_t lifetime, bool *out)
{
	return publish_is_timestamp_due(
		fix.store.store, lifetime, vk_clock_now() + later, out, &fix.err);
}

START_TEST(the_timestamp_is_signed_anew_at_half_life)
{
	const int64_t life = FIXTURE_TIMESTAMP_SECONDS;
	bool is_due = true;

	assert_fails(ask_due(0, life, &is_due), VK_ENOTFOUND);
	assert_fails(fleet_fixture_run(&fix, run_timestamp), VK_ENOTFOUND);
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(ask_due(life / 2 - 60, life, &is_due), fix.err);
	ck_assert(!is_due);
	assert_ok(ask_due(life / 2, life, &is_due), fix.err);
	ck_assert(is_due);
	is_due = false;
	assert_ok(ask_due(400L * 86400, life, &is_due), fix.err);
	ck_assert(is_due);
	assert_ok(fleet_fixture_run(&fix, run_timestamp), fix.err);
	ck_assert_int_eq(newest("timestamp"), 2);
	ck_assert_int_eq(newest("snapshot"), 1);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_PUBLICATION);
}
END_TEST

START_TEST(what_would_live_too_long_is_signed_anew)
{
	const int64_t life = FIXTURE_TIMESTAMP_SECONDS;
	bool is_due = false;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(ask_due(0, life / 2, &is_due), fix.err); /* the setting was lowered */
	ck_assert(is_due);
	is_due = false;
	assert_ok(ask_due(-86400, life, &is_due), fix.err); /* the clock was a day ahead */
	ck_assert(is_due);
	ck_assert_int_eq(store_fixture_tamper(&fix.store,
				 "UPDATE tuf_files SET expires = expires + 86400"
				 " WHERE role = 'snapshot'"),
		0);
	assert_ok(fleet_fixture_run(&fix, run_timestamp), fix.err);
	ck_assert_int_eq(newest("snapshot"), 2);
	ck_assert_int_eq(newest("timestamp"), 2);
}
END_TEST

START_TEST(a_publication_that_was_undone_skips_its_version)
{
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_fails(fleet_fixture_run(&fix, run_timestamp_and_fail), VK_EIO);
	ck_assert_int_eq(newest("timestamp"), 1);
	assert_ok(fleet_fixture_run(&fix, run_timestamp), fix.err);
	ck_assert_int_eq(newest("timestamp"), 3);
}
END_TEST

/* A change of prod with one bundle. */
struct submit {
	struct writer_command command;
	struct change_submission submission;
	int64_t id;
};

static enum vk_rc run_submit(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	static const struct store_tree_file file = {
		.path = "fleet.yaml", .text = "fleet: demo\n", .len = 12};
	struct submit *submit = (struct submit *)command;
	enum vk_rc rc =
		store_add_tree(writer_tx_store(tx), tree_digest, &file, 1, writer_tx_now(tx), err);

	return rc == VK_OK ? change_submit(tx, &submit->submission, &submit->id, err) : rc;
}

static void describe_document(
	struct tuf_release_spec *spec, int64_t number, const char *text, size_t len)
{
	spec->number = number;
	spec->length = len;
	vk_sha256(text, len, spec->sha256);
}

/* Document and metadata of the release after `base`, by author; tag_digit makes the tag. */
static void make_change(int64_t base, const char *author, char tag_digit, const char *bundle,
	struct vk_buf *document, struct vk_buf *metadata)
{
	char tag[] = "0123456789abcde0";
	struct vk_release release = {.fleet = FIXTURE_FLEET,
		.environment = "prod",
		.number = base + 1,
		.base = base,
		.author = author,
		.message = "raise maxmemory\nbecause it is full",
		.change = tag,
		.created = vk_clock_now(),
		.renderer = CFG_RENDERER_VERSION,
		.bundle_count = 1};
	struct tuf_release_spec specs[2];
	struct tuf_role_spec role = {.environment = "prod",
		.version = base + 1,
		.expires = vk_clock_now() + 365L * 86400,
		.releases = specs,
		.release_count = base > 0 ? 2 : 1};
	struct store_release current;

	tag[15] = tag_digit;
	memset(release.tree, 0, sizeof(release.tree));
	for (size_t i = 0; i < 32; i++)
		release.tree[i] = (uint8_t)((i % 16) * 0x11);
	merkle_leaf_hash(bundle, strlen(bundle), release.bundle_root);
	if (base > 0) {
		assert_ok(store_get_release(fix.store.store, "prod", base, fix.store.arena,
				  &current, &fix.err),
			fix.err);
		release.has_fallback = true;
		release.fallback_release = base;
		memcpy(release.fallback_sha256, current.sha256, VK_SHA256_BYTES);
		describe_document(&specs[1], base, current.document, current.document_len);
	}
	vk_buf_init(document, VK_RELEASE_MAX_BYTES);
	vk_buf_init(metadata, TUF_TARGETS_MAX_BYTES);
	assert_ok(vk_release_format(&release, document, &fix.err), fix.err);
	describe_document(&specs[0], base + 1, document->data, document->len);
	assert_ok(tuf_build_role(&role, metadata, &fix.err), fix.err);
}

static enum vk_rc submit_bundle(
	int64_t base, const char *author, char tag_digit, const char *bundle, int64_t *id)
{
	const struct store_bundle bundles[] = {
		{.instance = "db1/main", .text = bundle_text, .len = strlen(bundle_text)}};
	struct submit submit = {.command = {.name = "change.submit", .run = run_submit},
		.submission = {.user = "carol",
			.environment = "prod",
			.renderer = CFG_RENDERER_VERSION,
			.bundles = bundles,
			.bundle_count = 1}};
	struct vk_buf document, metadata;
	enum vk_rc rc;

	make_change(base, author, tag_digit, bundle, &document, &metadata);
	submit.submission.document = document.data;
	submit.submission.document_len = document.len;
	submit.submission.metadata = metadata.data;
	submit.submission.metadata_len = metadata.len;
	fix.err = (struct vk_err)VK_ERR_INIT;
	rc = writer_execute(fix.writer, &submit.command, &fix.err);
	*id = submit.id;
	vk_buf_release(&document);
	vk_buf_release(&metadata);
	return rc;
}

static enum vk_rc submit(int64_t base, char tag_digit, int64_t *id)
{
	return submit_bundle(base, "carol", tag_digit, bundle_text, id);
}

struct approve {
	struct writer_command command;
	int64_t id;
	int person;	/* whose certificate */
	int key;	/* whose key */
	bool is_forged; /* one bit of the signature is wrong */
	struct change_outcome outcome;
};

static enum vk_rc run_approve(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct approve *approve = (struct approve *)command;
	struct tuf_signature signature;
	struct store_change change;
	enum vk_rc rc = store_get_change(
		writer_tx_store(tx), approve->id, writer_tx_arena(tx), &change, err);

	if (rc != VK_OK)
		return rc;
	tuf_build_sign(change.metadata, change.metadata_len, tuf_key_id(fix.keys[approve->key]),
		fix.people[approve->key], &signature);
	if (approve->is_forged)
		signature.sig[3] = signature.sig[3] == '0' ? '1' : '0';
	return change_approve(tx, approve->id, fixture_names[approve->person], signature.keyid,
		signature.sig, &approve->outcome, err);
}

static enum vk_rc approve_with(
	int64_t id, int person, int key, bool is_forged, struct change_outcome *outcome)
{
	struct approve approve = {.command = {.name = "change.approve", .run = run_approve},
		.id = id,
		.person = person,
		.key = key,
		.is_forged = is_forged};
	enum vk_rc rc;

	fix.err = (struct vk_err)VK_ERR_INIT;
	rc = writer_execute(fix.writer, &approve.command, &fix.err);
	*outcome = approve.outcome;
	return rc;
}

static enum vk_rc approve(int64_t id, int person, struct change_outcome *outcome)
{
	return approve_with(id, person, person, false, outcome);
}

static long long entries(const char *action)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		"SELECT COUNT(*) FROM log_entries WHERE entry LIKE '%%\"action\":\"%s\"%%'",
		action);
	return store_fixture_number(&fix.store, sql);
}

START_TEST(refuses_submissions_that_differ_from_what_the_server_knows)
{
	int64_t id;

	assert_fails(submit(0, '1', &id), VK_ENOTFOUND); /* no such environment yet */
	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_fails(submit_bundle(0, "mallory", '1', bundle_text, &id), VK_EUNTRUSTED);
	assert_fails(submit_bundle(0, "carol", '1', "{\"other\":1}", &id), VK_EUNTRUSTED);
	ck_assert_int_eq(store_fixture_number(&fix.store, "SELECT COUNT(*) FROM changes"), 0);
	ck_assert_int_eq(store_fixture_number(&fix.store, "SELECT COUNT(*) FROM bundles"), 0);
	assert_ok(submit(0, '1', &id), fix.err);
	ck_assert_int_eq(id, 1);
	assert_fails(submit(0, '1', &id), VK_ECONFLICT); /* the same tag */
	ck_assert_int_eq(entries("change.submit"), 1);
}
END_TEST

START_TEST(refuses_approvals_that_do_not_count)
{
	struct change_outcome outcome;
	int64_t id;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &id), fix.err);
	assert_fails(approve(99, ALICE, &outcome), VK_ENOTFOUND);
	assert_fails(approve(id, CAROL, &outcome), VK_EDENIED); /* the author */
	assert_fails(approve_with(id, ALICE, BOB, false, &outcome), VK_EDENIED);
	assert_fails(approve_with(id, ALICE, ALICE, true, &outcome), VK_EUNTRUSTED);
	ck_assert_int_eq(store_fixture_number(&fix.store, "SELECT COUNT(*) FROM approvals"), 0);
	assert_ok(approve(id, ALICE, &outcome), fix.err);
	ck_assert_int_eq(outcome.state, CHANGE_OPEN);
	ck_assert_uint_eq(outcome.approvals, 1);
	ck_assert_uint_eq(outcome.threshold, 2);
	assert_fails(approve(id, ALICE, &outcome), VK_ECONFLICT);
	ck_assert_int_eq(newest("prod"), 0);
	ck_assert_int_eq(entries("change.approve"), 1);
}
END_TEST

START_TEST(the_last_approval_that_is_needed_publishes_the_release)
{
	const struct store_bundle *bundles;
	struct change_outcome outcome;
	struct store_release release;
	uint8_t leaf[MERKLE_HASH_BYTES];
	int64_t id;
	size_t count;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &id), fix.err);
	assert_ok(approve(id, ALICE, &outcome), fix.err);
	assert_ok(approve(id, BOB, &outcome), fix.err);
	ck_assert_int_eq(outcome.state, CHANGE_RELEASED);
	ck_assert_int_eq(outcome.release, 1);
	ck_assert_int_eq(newest("prod"), 1);
	ck_assert_int_eq(newest("snapshot"), 2);
	ck_assert_int_eq(newest("timestamp"), 2);
	ck_assert_uint_eq(fix.published, WRITER_CHANGED_PUBLICATION | WRITER_CHANGED_LOG);
	assert_ok(
		store_get_release(fix.store.store, "prod", 0, fix.store.arena, &release, &fix.err),
		fix.err);
	ck_assert_uint_eq(release.approver_count, 2);
	ck_assert_str_eq(release.approvers[1], "bob");
	assert_ok(store_list_host_bundles(fix.store.store, "prod", 1, "db1", fix.store.arena,
			  &bundles, &count, &fix.err),
		fix.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(bundles[0].text, bundle_text);
	merkle_leaf_hash(bundles[0].text, bundles[0].len, leaf);
	assert_ok(merkle_verify_inclusion(leaf, 0, 1, &bundles[0].proof, leaf, &fix.err), fix.err);
	ck_assert_int_eq(entries("release.publish"), 1);
	assert_fails(approve(id, CAROL, &outcome), VK_ECONFLICT);
}
END_TEST

START_TEST(other_open_changes_become_stale_with_an_entry)
{
	struct change_outcome outcome;
	struct store_change change;
	int64_t first, second, third;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &first), fix.err);
	assert_ok(submit(0, '2', &second), fix.err);
	assert_ok(approve(second, ALICE, &outcome), fix.err);
	assert_ok(approve(first, ALICE, &outcome), fix.err);
	assert_ok(approve(first, BOB, &outcome), fix.err);
	assert_ok(store_get_change(fix.store.store, second, fix.store.arena, &change, &fix.err),
		fix.err);
	ck_assert_int_eq(change.state, CHANGE_STALE);
	ck_assert_int_eq(entries("change.stale"), 1);
	assert_fails(approve(second, BOB, &outcome), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.hint, "submit"));
	assert_fails(submit(0, '3', &third), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "stale"));
	assert_ok(submit(1, '3', &third), fix.err);
	assert_ok(approve(third, ALICE, &outcome), fix.err);
	assert_ok(approve(third, BOB, &outcome), fix.err);
	ck_assert_int_eq(outcome.release, 2);
}
END_TEST

struct reject {
	struct writer_command command;
	int64_t id;
	const char *user;
	bool is_author_only;
};

static enum vk_rc run_reject(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct reject *reject = (const struct reject *)command;

	return change_reject(tx, reject->id, reject->user, reject->is_author_only, "no", err);
}

static enum vk_rc reject(int64_t id, const char *user, bool is_author_only)
{
	struct reject reject = {.command = {.name = "change.reject", .run = run_reject},
		.id = id,
		.user = user,
		.is_author_only = is_author_only};

	fix.err = (struct vk_err)VK_ERR_INIT;
	return writer_execute(fix.writer, &reject.command, &fix.err);
}

START_TEST(authors_reject_their_own_and_approvers_any)
{
	int64_t first, second;

	assert_ok(upload(1, 2, 1, 2), fix.err);
	assert_ok(submit(0, '1', &first), fix.err);
	assert_ok(submit(0, '2', &second), fix.err);
	assert_fails(reject(first, "dave", true), VK_EDENIED);
	assert_ok(reject(first, "carol", true), fix.err);
	assert_ok(reject(second, "bob", false), fix.err);
	assert_fails(reject(second, "bob", false), VK_ECONFLICT);
	ck_assert_int_eq(entries("change.reject"), 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("publish");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_uploads_without_the_threshold_of_signatures);
	tcase_add_test(tc, refuses_uploads_that_are_incomplete_or_out_of_order);
	tcase_add_test(tc, refuses_files_under_wrong_names_and_garbage);
	tcase_add_test(tc, refuses_a_root_with_other_online_keys);
	tcase_add_test(tc, publishes_root_targets_snapshot_and_timestamp_together);
	tcase_add_test(tc, the_timestamp_is_signed_anew_at_half_life);
	tcase_add_test(tc, what_would_live_too_long_is_signed_anew);
	tcase_add_test(tc, a_publication_that_was_undone_skips_its_version);
	tcase_add_test(tc, refuses_submissions_that_differ_from_what_the_server_knows);
	tcase_add_test(tc, refuses_approvals_that_do_not_count);
	tcase_add_test(tc, the_last_approval_that_is_needed_publishes_the_release);
	tcase_add_test(tc, other_open_changes_become_stale_with_an_entry);
	tcase_add_test(tc, authors_reject_their_own_and_approvers_any);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
