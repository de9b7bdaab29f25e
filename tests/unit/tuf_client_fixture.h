/* SPDX-License-Identifier: BSD-3-Clause */
/* A simulated repository and its client, as the tests of the update of the top-level roles use
 * them. */
#ifndef VK_TUF_CLIENT_FIXTURE_H
#define VK_TUF_CLIENT_FIXTURE_H

#include <string.h>

#include "tests/unit/tuf_simulator.h"
#include "tests/unit/unit.h"

static struct tuf_sim *sim;
static struct vk_err err;

static inline void setup(void)
{
	sim = tuf_sim_new();
}

static inline void teardown(void)
{
	tuf_sim_free(sim);
}

/* The client has seen version 1 of everything. */
static inline void refresh_once(void)
{
	assert_ok(tuf_sim_refresh(sim, &err), err);
	tuf_sim_requests(sim);
}

static inline void assert_stored(int64_t root, int64_t timestamp, int64_t snapshot, int64_t targets)
{
	ck_assert_int_eq(tuf_sim_stored(sim, "root"), root);
	ck_assert_int_eq(tuf_sim_stored(sim, "timestamp"), timestamp);
	ck_assert_int_eq(tuf_sim_stored(sim, "snapshot"), snapshot);
	ck_assert_int_eq(tuf_sim_stored(sim, "targets"), targets);
}

static inline void assert_refused(void)
{
	assert_fails(tuf_sim_refresh(sim, &err), VK_EUNTRUSTED);
}

static inline void publish_all(void)
{
	tuf_sim_publish(sim, "targets");
	tuf_sim_publish_online(sim);
}

/* The last byte of the file's first signature or of its content. */
static inline void flip(const char *name, const char *after)
{
	struct vk_buf *file = tuf_sim_file(sim, name);
	char *at = strstr(file->data, after);

	ck_assert_ptr_nonnull(at);
	at += strlen(after);
	*at = *at == '0' ? '1' : '0';
}

static const char *const sig = "\"sig\": \"";

/* _i: which role is unsigned; the roles before it are updated, it and those after it are not. */
static const char *const roles[] = {"root", "timestamp", "snapshot", "targets"};
static const char *const second_files[] = {
	"2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"};

static inline void assert_only_before(int broken)
{
	assert_stored(broken > 0 ? 2 : 1, broken > 1 ? 2 : 1, broken > 2 ? 2 : 1, 1);
}

#endif
