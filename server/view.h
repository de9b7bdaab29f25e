/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The view: everything that a poll needs, as one immutable snapshot. Identities
 * by certificate fingerprint, the prebuilt answer and ETag of each environment,
 * the current TUF files by name, the log's checkpoint, the expiry of each role.
 *
 * Life: the writer thread builds a view after a commit that changed something in
 * it (view_builder_*), shares unchanged parts with the previous one, and puts it
 * into the slot. Workers hold a reference of their own and look with one atomic
 * load whether it is still the current one (view_slot_is_current()), before each
 * request: a revocation acts on the very next one, and a poll takes no lock.
 *
 * All functions that read may be called from any thread that holds a reference;
 * returned pointers live as long as the reference.
 */
#ifndef VK_VIEW_H
#define VK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "server/identity.h"

enum { VIEW_FINGERPRINT_BYTES = 32, VIEW_ETAG_BYTES = 40 /* quoted, with the NUL */ };

/* What a certificate stands for. Certificates that were replaced stay until they expire. */
struct view_identity {
	enum identity_kind kind;
	unsigned roles; /* of a user, in all environments: enum identity_roles */
	const struct identity_scope
		*scopes; /* of a user, in single environments; sorted by these */
	size_t scope_count;
	bool is_revoked;
	int64_t not_after; /* seconds since 1970: refused from then on */
	const char *name;
	const char *environment; /* of a host; "" for users */
};

/* What a host is told beside what it should run. */
struct view_announcement {
	const char *host;
	const char *json; /* as it stands in the answer */
};

struct view_environment {
	const char *name;
	int64_t release; /* 0: none yet */
	char etag[VIEW_ETAG_BYTES];
	const char *desired; /* the JSON answer without checkpoint and closing brace */
	size_t desired_len;
	size_t announcement_count; /* of all its hosts: some may be over */
	struct view_announcement *announcements;
};

struct view_file {
	const char *name; /* as under /tuf/: "timestamp.json", "targets/prod/<sha256>.42.json" */
	const void *data;
	size_t len;
	bool is_immutable; /* cacheable for ever */
};

struct view_expiry {
	const char *role;
	int64_t version;
	int64_t expires; /* seconds since 1970 */
};

struct view_log {
	int64_t size;
	const char *checkpoint; /* the signed note */
	size_t checkpoint_len;
	const char *checkpoint_json; /* the same as a JSON string, quotes included */
	size_t checkpoint_json_len;
};

struct view;

const struct view *view_ref(const struct view *view);
void view_unref(const struct view *view);

/* NULL: no such certificate was ever issued here. */
const struct view_identity *view_find_identity(
	const struct view *view, const uint8_t fingerprint[VIEW_FINGERPRINT_BYTES]);

/* NULL: no such environment. */
const struct view_environment *view_find_environment(const struct view *view, const char *name);

/* The same with an error that names what may have been meant. */
VK_CHECKED enum vk_rc view_check_environment(
	const struct view *view, const char *name, struct vk_err *err);

/* NULL: not a current file; older ones are in the store. */
const struct view_file *view_find_file(const struct view *view, const char *name);

const char *view_fleet(const struct view *view);
const struct view_log *view_log(const struct view *view);

/* False until the first root and targets are published: nobody can verify anything yet. */
bool view_has_trust(const struct view *view);

/* For /metrics and /v1/status; borrowed arrays. */
const struct view_environment *view_environments(const struct view *view, size_t *count);
const struct view_expiry *view_expiries(const struct view *view, size_t *count);

/*
 * Building. A builder starts from the previous view (or NULL) and shares its parts until told
 * otherwise; view_builder_reset_* empties one part, then add to it.
 */
struct view_builder;

struct view_builder *view_builder_new(const struct view *previous, const char *fleet);
void view_builder_free(struct view_builder *builder);

void view_builder_reset_identities(struct view_builder *builder);
/* Copies all; texts and scopes of the identity may be temporary. */
void view_builder_add_identity(struct view_builder *builder,
	const uint8_t fingerprint[VIEW_FINGERPRINT_BYTES], const struct view_identity *identity);

void view_builder_reset_publication(struct view_builder *builder);
void view_builder_add_file(struct view_builder *builder, const char *name, const void *data,
	size_t len, bool is_immutable);
void view_builder_add_expiry(
	struct view_builder *builder, const char *role, int64_t version, int64_t expires);
/* Its answer and ETag are made from the file "timestamp.json", which was added before. */
void view_builder_add_environment(struct view_builder *builder, const char *name, int64_t release);
/* To the environment that was added last; its ETag changes with it. */
void view_builder_add_announcement(
	struct view_builder *builder, const char *host, const char *json);

void view_builder_set_log(
	struct view_builder *builder, int64_t size, const char *checkpoint, size_t len);

/* The finished view with one reference; frees the builder. */
const struct view *view_builder_finish(struct view_builder *builder);

/* The place where the current view hangs. */
struct view_slot;

struct view_slot *view_slot_new(void);
/* No other thread may use the slot any more. */
void view_slot_free(struct view_slot *slot);

/* Writer thread: replaces the current view; takes the caller's reference. */
void view_slot_put(struct view_slot *slot, const struct view *view /* taken */);

/* A new reference to the current view; NULL before the first view_slot_put(). */
const struct view *view_slot_get(struct view_slot *slot);

/* One atomic load. */
bool view_slot_is_current(const struct view_slot *slot, const struct view *view);

#endif
