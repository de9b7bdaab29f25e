/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/fleet_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/x509.h"
#include "server/store/store_tuf.h"
#include "server/store/store_user.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

const char *const fixture_names[FIXTURE_PEOPLE] = {"alice", "bob", "carol"};

static void write_file(const char *state, const char *name, const struct vk_buf *content)
{
	struct vk_err err = VK_ERR_INIT;
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", state, name);
	assert_ok(vk_file_create(AT_FDCWD, path, 0600, content->data, content->len, &err), err);
}

static void make_seed(const char *state, const char *name, uint8_t byte)
{
	uint8_t seed[VK_SEED_BYTES];
	struct vk_buf text;

	memset(seed, byte, sizeof(seed));
	vk_buf_init(&text, 100);
	vk_buf_add_hex(&text, seed, sizeof(seed));
	vk_buf_addc(&text, '\n');
	write_file(state, name, &text);
	vk_buf_release(&text);
}

void fixture_make_keys(const char *state)
{
	struct vk_err err = VK_ERR_INIT;
	struct x509_key *ca = NULL;
	char path[160];
	struct vk_buf pem;
	int64_t now = vk_clock_now();

	snprintf(path, sizeof(path), "%s/online", state);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	make_seed(state, "online/snapshot.key", 1);
	make_seed(state, "online/timestamp.key", 2);
	make_seed(state, "online/log.key", 3);
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	assert_ok(x509_key_generate(&ca, &err), err);
	assert_ok(x509_key_format(ca, &pem, &err), err);
	write_file(state, "online/ca.key", &pem);
	vk_buf_reset(&pem);
	assert_ok(x509_make_ca(ca, FIXTURE_FLEET, now - 60, now + 3650L * 86400, &pem, &err), err);
	write_file(state, "ca.crt", &pem);
	vk_buf_release(&pem);
	x509_key_free(ca);
}

static void publish(void *ctx, struct store *store, unsigned changes)
{
	struct fleet_fixture *fixture = ctx;

	ck_assert(!store_is_in_transaction(store));
	fixture->published = changes;
	fixture->publications++;
}

static void make_people(struct fleet_fixture *fixture)
{
	for (size_t i = 0; i < FIXTURE_PEOPLE; i++) {
		uint8_t public_key[VK_PUBLIC_KEY_BYTES];

		fixture->people[i] = vk_signkey_generate();
		vk_signkey_public(fixture->people[i], public_key);
		fixture->keys[i] = tuf_key_new_ed25519(public_key, fixture_names[i]);
	}
}

/* As users, too: since ever, so that what they approve at any time counts. */
static enum vk_rc add_people(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	(void)command;
	for (size_t i = 0; rc == VK_OK && i < FIXTURE_PEOPLE; i++)
		rc = store_add_user(writer_tx_store(tx), fixture_names[i],
			ROLE_AUTHOR | ROLE_APPROVER | ROLE_ADMIN, 1, err);
	return rc;
}

void fleet_fixture_init(struct fleet_fixture *fixture)
{
	struct writer_options writer = {.fleet = FIXTURE_FLEET,
		.timestamp_seconds = FIXTURE_TIMESTAMP_SECONDS,
		.publish = publish,
		.publish_ctx = fixture};
	struct signer_options signer = {.fleet = FIXTURE_FLEET};

	memset(fixture, 0, sizeof(*fixture));
	store_fixture_init(&fixture->store);
	fixture_make_keys(fixture->store.dir);
	signer.state = fixture->store.dir;
	assert_ok(signer_start(&signer, &fixture->signer, &fixture->err), fixture->err);
	writer.store = fixture->store.store;
	writer.signer = fixture->signer;
	fixture->writer = writer_new(&writer);
	make_people(fixture);
}

void fleet_fixture_add_users(struct fleet_fixture *fixture)
{
	assert_ok(fleet_fixture_run(fixture, add_people), fixture->err);
}

void fleet_fixture_release(struct fleet_fixture *fixture)
{
	writer_free(fixture->writer);
	fixture->store.store = NULL;
	signer_stop(fixture->signer);
	for (size_t i = 0; i < FIXTURE_PEOPLE; i++) {
		vk_signkey_free(fixture->people[i]);
		tuf_key_free(fixture->keys[i]);
	}
	store_fixture_release(&fixture->store);
}

enum vk_rc fleet_fixture_run(struct fleet_fixture *fixture,
	enum vk_rc (*run)(struct writer_tx *, struct writer_command *, struct vk_err *))
{
	struct writer_command command = {.name = "test", .run = run};

	fixture->err = (struct vk_err)VK_ERR_INIT;
	return writer_execute(fixture->writer, &command, &fixture->err);
}

void fleet_fixture_sign(struct fleet_fixture *fixture, const struct vk_buf *part, size_t signatures,
	struct vk_buf *out)
{
	struct tuf_signature list[FIXTURE_PEOPLE];

	for (size_t i = 0; i < signatures; i++)
		tuf_build_sign(part->data, part->len, tuf_key_id(fixture->keys[i]),
			fixture->people[i], &list[i]);
	assert_ok(tuf_build_file(part->data, part->len, list, signatures, out, &fixture->err),
		fixture->err);
}

void fleet_fixture_root(
	struct fleet_fixture *fixture, int64_t version, size_t signatures, struct vk_buf *out)
{
	const struct tuf_signers people = {
		(const struct tuf_key *const *)fixture->keys, FIXTURE_PEOPLE, 2};
	struct tuf_root_spec spec = {.version = version,
		.expires = vk_clock_now() + 365L * 86400,
		.fleet = FIXTURE_FLEET,
		.log_name = FIXTURE_FLEET "/log"};
	struct signer_public_keys online;
	struct tuf_key *snapshot, *timestamp;
	struct vk_buf part;

	signer_get_public_keys(fixture->signer, &online);
	memcpy(spec.log_public, online.log, sizeof(spec.log_public));
	snapshot = tuf_key_new_ed25519(online.snapshot, NULL);
	timestamp = tuf_key_new_ed25519(online.timestamp, NULL);
	spec.roles[TUF_ROOT] = people;
	spec.roles[TUF_TARGETS] = people;
	spec.roles[TUF_SNAPSHOT] =
		(struct tuf_signers){(const struct tuf_key *const *)&snapshot, 1, 1};
	spec.roles[TUF_TIMESTAMP] =
		(struct tuf_signers){(const struct tuf_key *const *)&timestamp, 1, 1};
	vk_buf_init(&part, TUF_ROOT_MAX_BYTES);
	assert_ok(tuf_build_root(&spec, &part, &fixture->err), fixture->err);
	fleet_fixture_sign(fixture, &part, signatures, out);
	vk_buf_release(&part);
	tuf_key_free(snapshot);
	tuf_key_free(timestamp);
}

void fleet_fixture_targets(
	struct fleet_fixture *fixture, int64_t version, size_t signatures, struct vk_buf *out)
{
	const struct tuf_signers people = {
		(const struct tuf_key *const *)fixture->keys, FIXTURE_PEOPLE, 2};
	const struct tuf_environment_spec environments[] = {
		{.name = "dev", .signers = people, .author_may_approve = true},
		{.name = "prod", .signers = people},
	};
	const struct tuf_targets_spec spec = {.version = version,
		.expires = vk_clock_now() + 365L * 86400,
		.environments = environments,
		.environment_count = 2};
	struct vk_buf part;

	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	assert_ok(tuf_build_targets(&spec, &part, &fixture->err), fixture->err);
	fleet_fixture_sign(fixture, &part, signatures, out);
	vk_buf_release(&part);
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

enum vk_rc fleet_fixture_upload_files(
	struct fleet_fixture *fixture, const struct publish_file *files, size_t count)
{
	struct upload upload = {
		.command = {.name = "tuf.publish", .run = run_upload}, .count = count};

	for (size_t i = 0; i < count; i++)
		upload.files[i] = files[i];
	fixture->err = (struct vk_err)VK_ERR_INIT;
	return writer_execute(fixture->writer, &upload.command, &fixture->err);
}

/* Root and targets of these versions with so many signatures; 0 leaves the file out. */
enum vk_rc fleet_fixture_upload(struct fleet_fixture *fixture, int64_t root, size_t root_signatures,
	int64_t targets, size_t targets_signatures)
{
	struct publish_file files[2];
	char names[2][32];
	struct vk_buf texts[2];
	size_t count = 0;
	enum vk_rc rc;

	for (int i = 0; i < 2; i++)
		vk_buf_init(&texts[i], TUF_TARGETS_MAX_BYTES);
	if (root > 0) {
		fleet_fixture_root(fixture, root, root_signatures, &texts[0]);
		snprintf(names[0], sizeof(names[0]), "%d.root.json", (int)root);
		files[count++] = (struct publish_file){names[0], texts[0].data, texts[0].len};
	}
	if (targets > 0) {
		fleet_fixture_targets(fixture, targets, targets_signatures, &texts[1]);
		snprintf(names[1], sizeof(names[1]), "%d.targets.json", (int)targets);
		files[count++] = (struct publish_file){names[1], texts[1].data, texts[1].len};
	}
	rc = fleet_fixture_upload_files(fixture, files, count);
	for (int i = 0; i < 2; i++)
		vk_buf_release(&texts[i]);
	return rc;
}

int64_t fleet_fixture_newest(struct fleet_fixture *fixture, const char *role)
{
	struct store_tuf file;
	enum vk_rc rc = store_get_tuf(
		fixture->store.store, role, 0, fixture->store.arena, &file, &fixture->err);

	return rc == VK_OK ? file.version : 0;
}
