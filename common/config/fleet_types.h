/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tree is once it has been read: layers and what they say, roles, environments, hosts,
 * instances, groups; before they are merged.
 *
 * All of it lives in the fleet's arena. Texts of YAML nodes are borrowed from the documents, which
 * the fleet keeps.
 */
#ifndef VK_CONFIG_FLEET_TYPES_H
#define VK_CONFIG_FLEET_TYPES_H

#include "common/arena.h"
#include "common/bundle.h"
#include "common/config/directive.h"
#include "common/config/findings.h"
#include "common/config/fleet.h"
#include "common/config/keys.h"
#include "common/config/pins.h"
#include "common/config/template.h"
#include "common/config/tree.h"
#include "common/config/waiver.h"
#include "common/name.h"
#include "common/vkyaml.h"

#define CFG_NAME_HINT "lower-case letters, digits, '.', '_' and '-', at most 63"

struct cfg_place {
	const char *file;
	unsigned line;
	unsigned column;
};

/* A named thing of one layer, or of several merged ones. Lists are sorted by name. */
struct cfg_item {
	const char *name;
	const void *what; /* cfg_resolved, cfg_user or cfg_file; NULL: takes the name away */
};

struct cfg_list {
	size_t count;
	struct cfg_item *items;
};

/* A reference to a secret, as written. */
struct cfg_secret_ref {
	const char *name;  /* of the secret, or of the parameter that says which one it is */
	bool is_parameter; /* "secret:${name}" */
	struct cfg_place place;
};

/* A key of `config:` as written. */
struct cfg_entry {
	const char *name;
	struct cfg_place place;
	bool is_null;
	bool has_parameters; /* holds "${", or is a share of the host's memory */
	size_t count;	     /* items; 1 for a scalar */
	const char **items;
	bool is_list;
	const struct cfg_secret_ref *secret; /* the value is one; NULL: it is not */
};

/* The same for one version of Valkey. */
struct cfg_resolved {
	const struct cfg_entry *entry;
	const struct cfg_directive *directive;
	const char *line; /* of valkey.conf, with its newline; NULL: depends on parameters */
	const char *generation_path; /* a file of the bundle that it names, or NULL */
	const char *value;	     /* CONFIG GET form; NULL like line */
};

struct cfg_resolved_layer {
	const char *version;
	struct cfg_list config;
	struct cfg_list locks; /* of cfg_lock, by canonical name */
	struct cfg_resolved_layer *next;
};

/* Bits by cfg_version_order(): for which versions the commands of a line were looked up, and for
 * which of them one is unknown. A line serves many instances. */
struct cfg_user_checks {
	unsigned done, bad;
};

/* An entry of acl.yaml. */
struct cfg_acl_role {
	const char *name;
	struct cfg_place place;
	const char *rules;
	bool is_used; /* by a user of some layer */
};

struct cfg_user {
	const char *name;
	struct cfg_place place;
	const char *rules; /* those of its roles first */
	size_t acl_role_count;
	struct cfg_acl_role **acl_roles;
	bool has_parameters;
	bool is_open; /* said: everybody may log in */
	size_t hash_count;
	const char **hashes;
	size_t secret_count;
	const struct cfg_secret_ref **secrets; /* passwords that are sealed */
	const char *line; /* of users.acl; NULL: depends on parameters or on secrets */
	struct cfg_user_checks *checks; /* NULL: vkcfg's own */
};

struct cfg_client;

struct cfg_file {
	const char *path;
	struct cfg_place place;
	unsigned mode;
	const char *text; /* NULL: it is a secret, or for a client */
	bool has_parameters;
	const struct cfg_secret_ref *secret;
	const struct cfg_client *client; /* made of what is known about the instance */
};

enum cfg_apply_key {
	CFG_APPLY_BAKE,
	CFG_APPLY_DATA_LOSS,
	CFG_APPLY_DRIFT,
	CFG_APPLY_DRIFT_OF,
	CFG_APPLY_HEALTH,
	CFG_APPLY_RESTART,
	CFG_APPLY_WINDOW,
	CFG_APPLY_UNMANAGED,
	CFG_APPLY_KEYS
};

struct cfg_apply {
	bool is_set;	   /* the layer says something about the key */
	unsigned choice;   /* index into the key's words; the default where it takes the key away */
	size_t kept_count; /* unmanaged-users: patterns, sorted; the choice is "remove" then */
	const char **kept;
	size_t rule_count; /* drift-of: sorted */
	const struct vk_bundle_drift_rule *rules;
	int64_t seconds;		       /* bake */
	const struct vk_bundle_health *health; /* NULL: nothing is said */
	size_t window_count;		       /* restart-window: in their one form, sorted */
	const char *const *windows;
};

/* A word of `lock:`. */
struct cfg_lock {
	const char *word; /* "maxmemory", "users.default", ... */
	const char *kind; /* of the layer that says it */
	struct cfg_place place;
};

/* What a word can be about (lock and explain). */
enum cfg_section {
	CFG_SECTION_CONFIG,
	CFG_SECTION_USERS,
	CFG_SECTION_FILES,
	CFG_SECTION_APPLY,
	CFG_SECTION_PARAMETERS,
	CFG_SECTIONS,
};

struct cfg_layer {
	const char *kind;		/* "template", "role", "environment", "host", "instance" */
	const struct vkyaml_node *root; /* the map that all of it stands in, or NULL */
	size_t entry_count;
	struct cfg_entry *entries;
	struct cfg_resolved_layer *resolved;
	struct cfg_list users;
	struct cfg_list files;
	struct cfg_apply apply[CFG_APPLY_KEYS];
	size_t lock_count;
	struct cfg_lock *locks;
	const struct vkyaml_node *parameters; /* a map of scalars, or NULL */
	const char *file;
};

enum cfg_parameter_type {
	CFG_PARAMETER_STRING,
	CFG_PARAMETER_INTEGER,
	CFG_PARAMETER_BOOLEAN,
	CFG_PARAMETER_MEMORY,
	CFG_PARAMETER_DURATION,
	CFG_PARAMETER_ENUM,
	CFG_PARAMETER_WORD,   /* cannot become a pattern, nor a second word */
	CFG_PARAMETER_SECRET, /* the name of one */
};

struct cfg_parameter {
	const char *name;
	struct cfg_place place;
	enum cfg_parameter_type type;
	bool has_min, has_max;
	int64_t min, max;     /* memory: bytes */
	const char *choices;  /* "a|b" */
	const char *fallback; /* NULL: a layer must give a value */
};

struct cfg_role {
	const char *name;
	struct cfg_place place;
	enum vk_bundle_kind kind;
	const char *version;
	const char *schema; /* "8.0", for a Sentinel "sentinel 8.0" */
	size_t template_count;
	struct cfg_layer *templates[CFG_TEMPLATE_MAX_DEPTH]; /* what is extended comes first */
	struct cfg_layer layer;
	size_t parameter_count;
	struct cfg_parameter *parameters; /* the templates' included */
};

/* A file secrets/ENV/NAME.yaml. */
struct cfg_secret {
	const char *name;
	struct cfg_place place;
	struct cfg_pins pins;
	bool is_used; /* by an instance that has been rendered */
};

struct cfg_keeper {
	const char *name;
	struct cfg_place place;
	const char *public_key; /* 64 hexadecimal digits */
};

struct cfg_environment {
	const char *name;
	const char *promotes_from;
	size_t secret_count;
	struct cfg_secret *secrets; /* sorted by name */
	size_t keeper_count;
	struct cfg_keeper *keepers; /* sorted by name */
	struct cfg_rules_policy policy;
	struct cfg_layer layer;
};

struct cfg_instance {
	const char *name;
	const char *id; /* HOST/INSTANCE */
	struct cfg_place place;
	struct cfg_role *role; /* NULL only after a finding */
	struct cfg_layer *layer;
	struct cfg_group *group;   /* of which it is a member; NULL: none */
	size_t shard;		   /* of that group */
	struct cfg_watch *watched; /* a Sentinel's groups, by name; NULL: none */
};

struct cfg_host {
	const char *name;
	struct cfg_place place;
	const char *public_key;
	struct cfg_place key_place, address_place; /* their file is NULL where there is none */
	const char *address;			   /* NULL: not given */
	uint64_t memory;			   /* bytes; 0: not given */
	uint64_t memory_needed;			   /* by the instances that have been rendered */
	bool uses_secrets;			   /* in an instance that has been rendered */
	struct cfg_environment *environment;	   /* NULL only after a finding */
	struct cfg_layer *layer;
	size_t instance_count;
	struct cfg_instance *instances; /* sorted by name */
};

struct cfg_effective; /* an instance with all layers merged, see merge.c below */

/* A group that a Sentinel watches. */
struct cfg_watch {
	struct cfg_group *group;
	struct cfg_watch *next;
};

/* An instance in a list of a group. */
struct cfg_member {
	struct cfg_place place;
	struct cfg_host *host;
	struct cfg_instance *instance;
	unsigned port, tls_port; /* 0: not open; known once the group is resolved */
};

struct cfg_shard {
	size_t count;
	struct cfg_member *members; /* the first is the primary of a new group */
};

/* A file groups/NAME.yaml. */
struct cfg_group {
	const char *name;
	struct cfg_place place;
	enum vk_bundle_group_kind kind;
	struct cfg_environment *environment; /* NULL only after a finding */
	size_t shard_count;		     /* 1 where it is replicated */
	struct cfg_shard *shards;
	unsigned max_unavailable; /* 0: it does not say */
	size_t sentinel_count;
	struct cfg_member *sentinels;
	unsigned quorum;
	struct cfg_layer *watch;   /* what the Sentinels are told about it; NULL: nothing */
	bool is_resolved, is_good; /* group_check.c */
};

struct cfg_fleet {
	struct arena *arena;
	const struct cfg_tree *tree;
	struct cfg_findings *findings;
	struct vkyaml **docs;
	size_t doc_count;
	const char *name;
	const char *version;
	size_t environment_count;
	struct cfg_environment *environments;  /* promotion order */
	struct cfg_opened_template *templates; /* role.c: those that have been read */
	struct cfg_list acl_roles;	       /* of cfg_acl_role */
	size_t role_count;
	struct cfg_role *roles; /* sorted by name */
	size_t host_count;
	struct cfg_host *hosts; /* sorted by name */
	size_t instance_count;	/* of all hosts */
	size_t group_count;
	struct cfg_group *groups; /* sorted by name */
	struct cfg_base **bases;  /* merge.c: by role and environment */
};

/* Whose file is being read. */
struct cfg_reader {
	struct cfg_fleet *fleet;
	const char *file;
};

#endif
