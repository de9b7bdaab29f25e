/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bundle: the rendered files of one instance (docs/formats.md). Its bytes
 * are canonical JSON and a leaf of the release's Merkle tree. Parsing refuses
 * every path, mode and size that a host must never see, whoever signed it.
 *
 * To build one, fill in a struct with pointers to your own text (owner = NULL)
 * and format it; a parsed one owns its text and is freed.
 */
#ifndef VK_BUNDLE_H
#define VK_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

struct vkjson;

enum {
	VK_BUNDLE_MAX_FILES = 64,
	VK_BUNDLE_MAX_SECRETS = 64,
	VK_BUNDLE_MAX_TEXT_BYTES = 1048576, /* of all files together */
	VK_BUNDLE_MAX_BYTES =
		2 * VK_BUNDLE_MAX_TEXT_BYTES + 65536, /* canonical, escapes included */
	VK_BUNDLE_PATH_MAX_BYTES = 200,
	VK_BUNDLE_PATH_MAX_PARTS = 4,
	VK_BUNDLE_MAX_PATTERNS = 32,
	VK_BUNDLE_PATTERN_MAX_BYTES = 128,
	VK_BUNDLE_MAX_DRIFT_RULES = 64,
	VK_BUNDLE_MAX_WINDOWS = 16,
	VK_BUNDLE_MAX_MEMBERS = 32,   /* of a shard */
	VK_BUNDLE_MAX_SHARDS = 1000,  /* of a cluster */
	VK_BUNDLE_MAX_UNAVAILABLE = 1000,
	VK_BUNDLE_MAX_SEEDS = 3,      /* of a cluster, in a bundle */
	VK_BUNDLE_MAX_SENTINELS = 16, /* of a group */
	VK_BUNDLE_MAX_BAKE_SECONDS = 600,
};

/* The files that Valkey reads as configuration. */
#define VK_BUNDLE_CONF "valkey.conf"
#define VK_BUNDLE_SENTINEL                                                                         \
	"sentinel.conf" /* in its place for a Sentinel, which rewrites its copy */
#define VK_BUNDLE_ACL "users.acl"
#define VK_BUNDLE_SECRETS "secrets.conf" /* directives with secrets; only where there are any */

enum vk_bundle_kind { VK_KIND_VALKEY, VK_KIND_SENTINEL };
enum vk_bundle_drift { VK_DRIFT_REPORT, VK_DRIFT_REVERT, VK_DRIFT_ALERT };
enum vk_bundle_restart { VK_RESTART_ALLOWED, VK_RESTART_NEVER };
enum vk_bundle_group_kind { VK_GROUP_REPLICATED, VK_GROUP_CLUSTER };
enum vk_bundle_unmanaged { VK_UNMANAGED_KEEP, VK_UNMANAGED_REMOVE };

struct vk_bundle_file {
	const char *path; /* relative, see vk_bundle_path_is_valid() */
	const char *text;
	unsigned mode; /* 0640, 0600, 0440 or 0400 */
};

/* A version of a secret that the files name by a placeholder (common/placeholder.h). */
struct vk_bundle_secret {
	const char *name;
	int64_t version;
	uint8_t sha256[VK_SHA256_BYTES]; /* of the sealed secret's body: what is pinned */
};

/* Another instance, and where it listens; one of the ports is not 0. */
struct vk_bundle_member {
	const char *instance; /* HOST/INSTANCE */
	const char *address;
	int64_t port, tls_port;
};

/* With whom the instance shares its data. Not the whole of a large cluster: the members of its own
 * shard, and a few nodes of others through which a new one finds the rest. */
struct vk_bundle_group {
	const char *name;
	enum vk_bundle_group_kind kind;
	int64_t shard;		 /* from 0; 0 where it is replicated */
	int64_t max_unavailable; /* that restart at once; 0: the group does not say */
	size_t member_count;	 /* the instance itself is one; the first begins a new group */
	const struct vk_bundle_member *members;
	size_t seed_count;
	const struct vk_bundle_member *seeds;
	size_t sentinel_count;
	const struct vk_bundle_member *sentinels;
};

/* What is to become of drift of these names: a directive, users.NAME, files.PATH, commands.NAME;
 * '*' and '?' as in a pattern. */
struct vk_bundle_drift_rule {
	const char *pattern;
	enum vk_bundle_drift drift;
};

/* What an instance may do after a release before it counts as broken by it; what is not set is as
 * vk_health_rows has it. */
enum vk_health_limit {
	VK_HEALTH_DENIALS,   /* new ones in ACL LOG */
	VK_HEALTH_ERRORS,    /* answers like OOM */
	VK_HEALTH_EVICTIONS, /* keys */
	VK_HEALTH_LAG,	     /* seconds of replication */
	VK_HEALTH_LATENCY,   /* how many times slower a command may become */
	VK_HEALTH_MEMORY,    /* percent of maxmemory, where nothing is evicted */
	VK_HEALTH_REJECTED,  /* connections */
	VK_HEALTH_LIMITS
};

struct vk_health_row {
	const char *name;
	int64_t min, max, fallback;
};

extern const struct vk_health_row vk_health_rows[VK_HEALTH_LIMITS]; /* sorted by name */

struct vk_bundle_health {
	bool is_set[VK_HEALTH_LIMITS];
	int64_t values[VK_HEALTH_LIMITS];
};

struct vk_bundle {
	const char *environment;
	const char *instance; /* HOST/INSTANCE */
	enum vk_bundle_kind kind;
	const char *valkey; /* the version aimed at: "8.0" */
	int64_t bake_s; /* for which an install is watched before it is committed; 0: one look */
	struct vk_bundle_health health;
	enum vk_bundle_drift drift;
	size_t drift_rule_count; /* exceptions from drift; sorted by pattern, each once */
	const struct vk_bundle_drift_rule *drift_rules;
	enum vk_bundle_restart restart;
	bool allows_data_loss;	    /* of a restart: what stands in memory only may be lost */
	size_t window_count;	    /* when it may restart (common/window.h); 0: at any time */
	const char *const *windows; /* in their one form, sorted, each once */
	enum vk_bundle_unmanaged unmanaged_users;
	size_t kept_count;	 /* patterns of names: removed are all but those that match one */
	const char *const *kept; /* sorted, each once; none where all are kept */
	size_t file_count;
	const struct vk_bundle_file *files; /* sorted by path, bytewise, each path once */
	size_t secret_count;
	const struct vk_bundle_secret *secrets; /* sorted by name and version, each once */
	const struct vk_bundle_group *group;	/* NULL: the instance stands alone */
	struct vkjson *owner;			/* of all pointers above, or NULL */
};

/* Freed with vk_bundle_free(). VK_EINPUT or VK_ELIMIT, naming the member or file. */
VK_CHECKED enum vk_rc vk_bundle_parse(
	const char *text, size_t len, struct vk_bundle **out, struct vk_err *err);

/* Appends the bundle; the same checks as when parsing, files sorted by the caller. */
VK_CHECKED enum vk_rc vk_bundle_format(
	const struct vk_bundle *bundle, struct vk_buf *out, struct vk_err *err);

void vk_bundle_free(struct vk_bundle *bundle);

/* The file of that path, borrowed; NULL if there is none. */
const struct vk_bundle_file *vk_bundle_find(const struct vk_bundle *bundle, const char *path);

/* What is pinned of that version of that secret, borrowed; NULL if the bundle does not use it. */
const struct vk_bundle_secret *vk_bundle_find_secret(
	const struct vk_bundle *bundle, const char *name, int64_t version);

/* SHA-256(0x00 || bytes): the leaf of the release's Merkle tree. */
void vk_bundle_leaf_hash(const void *bytes, size_t len, uint8_t out[VK_SHA256_BYTES]);

/* 1 to 4 components of [A-Za-z0-9._-] that begin with no dot, no slash at either end. */
bool vk_bundle_path_is_valid(const char *path);
bool vk_bundle_mode_is_valid(unsigned mode);

/* A pattern of users' names: printable ASCII without blanks, '*' for any text, '?' for one letter;
 * not '*' alone. */
bool vk_bundle_pattern_is_valid(const char *text);

/* Whether a name is of the pattern. */
bool vk_bundle_pattern_matches(const char *pattern, const char *name);

/* What is to become of drift of this name: what the name itself says, or the longest of the
 * patterns that match, or `drift`. */
enum vk_bundle_drift vk_bundle_drift_of(const struct vk_bundle *bundle, const char *name);

/* "maxmemory: revert, users.*: alert": for people. Appends. */
void vk_bundle_drift_rules_format(const struct vk_bundle *bundle, struct vk_buf *out);

/* The limit that holds: the bundle's, or the fallback. */
int64_t vk_bundle_health_limit(const struct vk_bundle *bundle, enum vk_health_limit limit);
bool vk_health_is_empty(const struct vk_bundle_health *health);
/* "denials: 5, evictions: 0": for people. Appends. */
void vk_health_format(const struct vk_bundle_health *health, struct vk_buf *out);
/* "Sat,Sun 02:00-04:00 Europe/Berlin; ...": for people. Appends. */
void vk_bundle_windows_format(const struct vk_bundle *bundle, struct vk_buf *out);

/* Whether a user whom the bundle does not name stays. */
bool vk_bundle_keeps_user(const struct vk_bundle *bundle, const char *name);

/* "keep", "remove" or "keep v-token-*": for people. Appends. */
void vk_bundle_unmanaged_format(const struct vk_bundle *bundle, struct vk_buf *out);

/* The words of the format, and back; parse is true if text is one of them. */
const char *vk_bundle_group_kind_name(enum vk_bundle_group_kind kind);
bool vk_bundle_group_kind_parse(const char *text, enum vk_bundle_group_kind *out);
const char *vk_bundle_kind_name(enum vk_bundle_kind kind);
const char *vk_bundle_drift_name(enum vk_bundle_drift drift);
const char *vk_bundle_restart_name(enum vk_bundle_restart restart);
const char *vk_bundle_unmanaged_name(enum vk_bundle_unmanaged unmanaged);
bool vk_bundle_kind_parse(const char *text, enum vk_bundle_kind *out);
bool vk_bundle_drift_parse(const char *text, enum vk_bundle_drift *out);
bool vk_bundle_restart_parse(const char *text, enum vk_bundle_restart *out);
bool vk_bundle_unmanaged_parse(const char *text, enum vk_bundle_unmanaged *out);

#endif
