/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small fleet for tests of writer, signer and publication: a state directory
 * with online keys and a CA, a signer process, a writer without a thread.
 */
#ifndef VK_FLEET_FIXTURE_H
#define VK_FLEET_FIXTURE_H

#include "common/signkey.h"
#include "common/tuf/tuf_build.h"
#include "server/publish.h"
#include "server/signer.h"
#include "server/writer.h"
#include "tests/unit/store_fixture.h"

#define FIXTURE_FLEET "demo"

enum { FIXTURE_PEOPLE = 3, FIXTURE_TIMESTAMP_SECONDS = 86400 };

struct fleet_fixture {
	struct store_fixture store; /* its store belongs to the writer */
	struct signer *signer;
	struct writer *writer;
	unsigned published; /* changes of the last publication */
	int publications;
	/* alice, bob, carol: each has a key; all of them are admins and approvers of prod. */
	struct vk_signkey *people[FIXTURE_PEOPLE];
	struct tuf_key *keys[FIXTURE_PEOPLE];
	struct vk_err err;
};

extern const char *const fixture_names[FIXTURE_PEOPLE];

/* Makes the state directory's online keys and CA. */
void fixture_make_keys(const char *state);

void fleet_fixture_init(struct fleet_fixture *fixture);
void fleet_fixture_release(struct fleet_fixture *fixture);

/* The people as users, with all that it takes to write and approve: what they approve counts. */
void fleet_fixture_add_users(struct fleet_fixture *fixture);

/* Runs a command to its end. */
enum vk_rc fleet_fixture_run(struct fleet_fixture *fixture,
	enum vk_rc (*run)(struct writer_tx *, struct writer_command *, struct vk_err *));

/* A root and targets of this version, signed by the first `signatures` people; threshold 2. Each
 * appends the file. Targets delegate dev and prod, threshold 2. */
void fleet_fixture_root(
	struct fleet_fixture *fixture, int64_t version, size_t signatures, struct vk_buf *out);
void fleet_fixture_targets(
	struct fleet_fixture *fixture, int64_t version, size_t signatures, struct vk_buf *out);

/* The same for any `signed` part. */
void fleet_fixture_sign(struct fleet_fixture *fixture, const struct vk_buf *part, size_t signatures,
	struct vk_buf *out);

/* Publishes files as one upload of an administrator. */
enum vk_rc fleet_fixture_upload_files(
	struct fleet_fixture *fixture, const struct publish_file *files, size_t count);
/* The same with root and targets of these versions with so many signatures; version 0 leaves the
 * file out. */
enum vk_rc fleet_fixture_upload(struct fleet_fixture *fixture, int64_t root, size_t root_signatures,
	int64_t targets, size_t targets_signatures);
/* The newest version of a role that is stored; 0: none. */
int64_t fleet_fixture_newest(struct fleet_fixture *fixture, const char *role);

#endif
