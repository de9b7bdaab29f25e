/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions that read a tree (fleet, layer, role), check it (policy), merge its layers (merge)
 * and render it, for each other; nobody else includes this.
 */
#ifndef VK_CONFIG_FLEET_INTERNAL_H
#define VK_CONFIG_FLEET_INTERNAL_H

#include "common/config/fleet_types.h"

/* ---- fleet.c ---- */

/* Reads as much of a tree as can be read; every problem is a finding. Never NULL. */
struct cfg_fleet *cfg_fleet_read(const struct cfg_tree *tree, struct cfg_findings *findings);

/* Takes a document whose nodes the fleet borrows. */
void cfg_fleet_keep(struct cfg_fleet *fleet, struct vkyaml *doc);

/* Parses a file of the tree; NULL if it is empty or, after a finding, no map. */
const struct vkyaml_node *cfg_fleet_open_file(
	struct cfg_fleet *fleet, const struct cfg_tree_file *file, const char *what);

/* "roles/cache.yaml" -> "cache", copied; NULL after a finding if that is no name. */
const char *cfg_fleet_name_of_file(struct cfg_fleet *fleet, const char *path);

/* The files of a directory of the tree: their range in the tree's order. */
size_t cfg_fleet_first_file(const struct cfg_tree *tree, const char *prefix, size_t *end);

/* NULL: fleet.yaml names no such environment. */
struct cfg_environment *cfg_fleet_find_environment(const struct cfg_fleet *fleet, const char *name);
void cfg_report_unknown_environment(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *name);

/* NULL: the tree has no such role. */
struct cfg_role *cfg_fleet_find_role(const struct cfg_fleet *fleet, const char *name);

/* ---- fleet_hosts.c ---- */

/* With ranges, a page of YAML can name more hosts than anybody has. */
enum { CFG_FLEET_MAX_HOSTS = 200 * 1000, CFG_FLEET_MAX_INSTANCES = 400 * 1000 };

/* All files of hosts/, after environments and roles. */
void cfg_hosts_read(struct cfg_fleet *fleet);

/* ---- fleet_host_list.c ---- */

/* NULL: the tree has no such host. */
struct cfg_host *cfg_fleet_find_host(const struct cfg_fleet *fleet, const char *name);

/* Sorts all hosts by name; each must be there once. */
void cfg_host_list_sort(struct cfg_fleet *fleet);

/* What a file of hosts/ says beside `hosts:`, about hosts by name. */
void cfg_host_list_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root);

/* One key on two hosts: either could speak for the other. */
void cfg_host_list_check_keys(struct cfg_fleet *fleet);

/* "ed25519:<64 hexadecimal digits>" -> the digits; "" for null and, after a finding, for anything
 * else. */
const char *cfg_read_public_key(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const char *what, const char *hint);

/* ---- group.c ---- */

/* Reads groups/, after all hosts; their instances learn to which group they belong. */
void cfg_groups_read(struct cfg_fleet *fleet);

/* "db1/main": member i of a shard. */
const char *cfg_member_id(const struct cfg_member *member);

/* ---- group_check.c ---- */

/* What only merged members can tell: their ports, whether they fit the group's kind and each other.
 * Once per group; false after a finding. */
bool cfg_group_resolve(struct cfg_fleet *fleet, struct cfg_group *group);

/* ---- group_sentinels.c ---- */

/* `sentinels`, `quorum` and `sentinel` of a group's file. */
void cfg_group_read_sentinels(
	struct cfg_fleet *fleet, struct cfg_group *group, const struct vkyaml_node *root);

/* ---- group.c, for group_sentinels.c ---- */

/* What is being read. */
struct cfg_group_reading {
	struct cfg_fleet *fleet;
	const char *file;
	struct cfg_group *group;
};

/* The instance that "HOST/INSTANCE" names, of that kind; false after a finding. */
bool cfg_group_find_member(const struct cfg_group_reading *r, const struct vkyaml_node *node,
	enum vk_bundle_kind kind, struct cfg_member *out);

/* Environment and address of what a group names. False after a finding. */
bool cfg_group_check_host(const struct cfg_group_reading *r, const struct cfg_member *member);

/* node as a list of 1 to max elements; NULL after a finding. */
const struct vkyaml_node *cfg_group_expect_list(const struct cfg_group_reading *r,
	const struct vkyaml_node *node, size_t max, const char *what, const char *example);

/* ---- sentinel.c ---- */

/* The lines of sentinel.conf about the groups that the Sentinel watches, and those of secrets.conf.
 * False after a finding. */
bool cfg_sentinel_render(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	struct arena *arena, struct vk_buf *conf, struct vk_buf *secrets);

/* ---- group_query.c ---- */

/* What the bundle of a member says; the group is resolved and good. */
const struct vk_bundle_group *cfg_group_for_bundle(
	const struct cfg_instance *instance, struct arena *arena);

/* ---- pins.c ---- */

/* The content of a file of secrets/. False after a finding. */
bool cfg_pins_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root,
	struct cfg_pins *out);

/* ---- fleet_secrets.c ---- */

void cfg_secrets_read_files(struct cfg_fleet *fleet);
void cfg_keepers_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_environment *environment);

/* After all hosts have been read. */
void cfg_keepers_check(struct cfg_fleet *fleet);

/* NULL: the environment pins no such secret. */
struct cfg_secret *cfg_secret_find(const struct cfg_environment *environment, const char *name);

/* What follows "secret:"; NULL: the text is no reference. */
const char *cfg_secret_ref_name(const char *text);

/* A reference to the secret of that name, or of the one that the parameter "${name}" names; NULL
 * after a finding that does not show it. */
const struct cfg_secret_ref *cfg_secret_ref_read(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *name);

struct cfg_effective;

/* The name of the secret for an instance; NULL after a finding. */
const char *cfg_secret_ref_resolve(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_secret_ref *ref);

/* What the instance's environment pins of it, and its name; marks the secret as used. NULL after a
 * finding. Without an environment (a role on its own) any pins will do. */
const struct cfg_pins *cfg_secret_resolve(struct cfg_fleet *fleet,
	const struct cfg_effective *effective, const struct cfg_secret_ref *ref, const char **name);

/* The versions that the files of a bundle name by placeholders, sorted, each once. */
struct cfg_bundle_secrets {
	size_t count;
	struct vk_bundle_secret items[VK_BUNDLE_MAX_SECRETS];
};
VK_CHECKED enum vk_rc cfg_collect_secrets(const struct cfg_environment *environment,
	const struct vk_bundle_file *files, size_t count, struct cfg_bundle_secrets *out,
	struct vk_err *err);

/* After all instances of an environment have been rendered: secrets that nobody uses, hosts to
 * which nothing can be sealed. */
void cfg_secrets_warn(struct cfg_fleet *fleet, const struct cfg_environment *environment);

/* ---- waiver.c ---- */

/* Reads policy and waivers out of a file of environments/; what cannot be read is left out, after a
 * finding. */
void cfg_policy_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root,
	struct cfg_rules_policy *policy);

/* ---- report.c ---- */

struct cfg_place cfg_place_of(const char *file, struct vkyaml_mark mark);
struct cfg_place cfg_node_place(const struct cfg_reader *r, const struct vkyaml_node *node);

/* Adds an error; value and hint may be NULL. */
void cfg_report(struct cfg_fleet *fleet, const struct cfg_place *place, const char *value,
	const char *hint, const char *fmt, ...) VK_PRINTF(5, 6);
void cfg_report_warning(struct cfg_fleet *fleet, const struct cfg_place *place, const char *value,
	const char *hint, const char *fmt, ...) VK_PRINTF(5, 6);

/* node as a map; NULL for null (empty) and, after a finding, for anything else. */
const struct vkyaml_node *cfg_expect_map(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const char *what);

/* node's text; NULL, after a finding, if it is no scalar, null, or holds control characters. */
const char *cfg_expect_text(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const char *what);

/* A finding for each key of map that is not in "a|b|c". map may be NULL. */
void cfg_expect_keys(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	const char *keys, const char *what);

/* ---- layer.c ---- */

/* Reads config, users, files and apply out of map (may be NULL). */
void cfg_layer_read(struct cfg_fleet *fleet, const char *kind, const char *file,
	const struct vkyaml_node *map, struct cfg_layer *layer);

/* The layer's `parameters:` as values for declared parameters. */
void cfg_layer_read_parameters(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *map, struct cfg_layer *layer);

/* The layer's config and locks for a version of Valkey, checked once. */
const struct cfg_resolved_layer *cfg_layer_resolve(
	struct cfg_fleet *fleet, struct cfg_layer *layer, const char *version);

void cfg_list_sort(struct cfg_list *list);

/* Whether a layer speaks to instances of that schema alone. An environment and a host speak to the
 * Valkeys in them: of what they say a Sentinel takes the directives that it knows, and no users. */
bool cfg_layer_is_of(const struct cfg_layer *layer, const char *version);

/* A map of directives, as under `config`. */
void cfg_layer_read_config(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer);

/* ---- layer_users.c ---- */

/* A layer's `users:` (may be NULL). */
void cfg_layer_read_users(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_list *users);

/* ---- acl_role.c ---- */

/* acl.yaml, before any layer. */
void cfg_acl_roles_read(struct cfg_fleet *fleet);

/* After all layers have been read: roles that nobody has. */
void cfg_acl_roles_warn(struct cfg_fleet *fleet);

/* A user's `acl-roles:`, put before its own rules. False after a finding. */
bool cfg_user_add_roles(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_user *user);

/* ---- layer_apply.c ---- */

void cfg_layer_read_apply(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer);

/* ---- layer_drift.c ---- */

/* restart-window: "Sat,Sun 02:00-04:00 Europe/Berlin", or a list */
void cfg_layer_read_window(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out);

/* drift-of: {maxmemory: revert, "users.*": alert} */
void cfg_layer_read_drift_of(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out);

/* ---- layer_health.c ---- */

/* bake: 30s */
void cfg_layer_read_bake(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out);

/* health: {evictions: 0, latency: 5} */
void cfg_layer_read_health(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out);

/* ---- lock.c ---- */

/* A layer's `lock:` (may be NULL); its kind is set already. */
void cfg_locks_read(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer);

void cfg_locks_resolve(struct cfg_fleet *fleet, const struct cfg_layer *layer, const char *version,
	struct cfg_list *out);

/* What a layer says about names that the layers before it lock: a finding each. */
void cfg_locks_check(struct cfg_fleet *fleet, const struct cfg_list *locks,
	const struct cfg_layer *layer, const struct cfg_list *config, const char *version);

/* Splits "users.app"; a word without one of the sections' names is a directive's. */
enum cfg_section cfg_section_of(const char *word, const char **name);

/* Whether the layer says something about it, and where; config is the layer's own. */
bool cfg_layer_mentions(const struct cfg_layer *layer, const struct cfg_list *config,
	const char *version, const char *word, struct cfg_place *place);

/* ---- layer_apply.c ---- */

const char *cfg_apply_name(enum cfg_apply_key key);

/* What is in force for a key of `apply`, as a tree says it; NULL: there is no such key. */
const char *cfg_apply_text(
	const struct cfg_apply apply[CFG_APPLY_KEYS], const char *name, struct arena *arena);

/* ---- layer_files.c ---- */

/* A layer's `files:` (may be NULL), each path once. */
void cfg_layer_read_files(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_list *files);

/* Sorts them, reports at node those that are there twice, and leaves the first of each path. */
void cfg_layer_files_sort(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_list *files);

/* ---- client_file.c ---- */

/* A layer's `clients:` (may be NULL) as further files of the layer, after its `files:`. */
void cfg_layer_read_clients(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer);

/* Where the layer's `clients:` names the client to which a path belongs; without a line: nowhere.
 */
struct cfg_place cfg_client_place(const struct cfg_layer *layer, const char *path);

/* Appends what the client is told about an instance (effective->host is not NULL). False after a
 * finding. */
bool cfg_client_file_text(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_client *client, struct arena *arena, struct vk_buf *out);

/* ---- role.c ---- */

void cfg_role_read(struct cfg_fleet *fleet, const char *name, const char *file,
	const struct vkyaml_node *root, struct cfg_role *role);

/* ---- parameter.c ---- */

/* Reads one declaration. False, after a finding, if it is none. */
bool cfg_parameter_read(struct cfg_fleet *fleet, const char *file, const char *name,
	const struct vkyaml_node *node, struct cfg_parameter *parameter);

/* Parameters of type secret that have no default: they name a secret of the role's own. */
void cfg_parameters_name_secrets(struct cfg_fleet *fleet, struct cfg_role *role);

/* The text that ${name} stands for; NULL, after a finding, if the value is not allowed. */
const char *cfg_parameter_check(struct cfg_fleet *fleet, const struct cfg_parameter *parameter,
	const struct cfg_place *place, const char *text);

/* A finding with the name that was meant, if one is near. */
void cfg_report_no_parameter(struct cfg_fleet *fleet, const struct cfg_place *place,
	const struct cfg_role *role, const char *name);

const struct cfg_parameter *cfg_parameter_find(
	const struct cfg_parameter *parameters, size_t count, const char *name);

/* The parameter's value for a host: a share of its memory becomes bytes, within the bounds. NULL
 * after a finding at place. */
const char *cfg_parameter_resolve(struct cfg_fleet *fleet, const struct cfg_parameter *parameter,
	const struct cfg_host *host, const struct cfg_place *place, const char *text,
	struct arena *arena);

/* The first "${name}" of a text: copies the name, and returns what follows it; NULL: none. */
const char *cfg_parameter_next(const char *text, char name[VK_NAME_BYTES]);

/* Appends text with each ${name} replaced by the parameter's value, or by what vkcfg itself knows
 * under that name; a value with one of the forbidden characters is refused. False after a finding,
 * and, silently, where a role on its own has no value. */
bool cfg_substitute(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_place *place, const char *forbidden, const char *text, struct vk_buf *out);

/* ---- builtin.c ---- */

/* Names that no parameter may have. */
bool cfg_builtin_is_reserved(const char *name);

/* What ${name} stands for, name being reserved; NULL after a finding, and for a role on its own. */
const char *cfg_builtin_value(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_place *place, const char *name);

/* A host's `address:` (may be NULL), its ${host.name} replaced; NULL for none and after a finding.
 */
const char *cfg_address_read(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const char *host_name);

/* ---- host_memory.c ---- */

#define CFG_HOST_MAX_MEMORY (1ULL << 50)

/* A host's `memory:` (may be NULL). */
void cfg_host_memory_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_host *host);

/* "60%" */
bool cfg_is_percent(const char *text);

/* Whether a directive with this value takes a share of the host's memory. */
bool cfg_is_share_of_memory(const char *name, const char *text);

/* Whether a percentage is in range; false after a finding. */
bool cfg_percent_check(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *what, const char *text);

/* False after a finding, and, silently, without a host. */
bool cfg_percent_of_memory(struct cfg_fleet *fleet, const struct cfg_host *host,
	const struct cfg_place *place, const char *what, const char *text, uint64_t *bytes);

/* Counts what an instance of the host may take; then warns where it is more than there is. */
void cfg_host_memory_add(
	struct cfg_fleet *fleet, struct cfg_host *host, const struct cfg_effective *effective);
void cfg_host_memory_warn(struct cfg_fleet *fleet, const struct cfg_host *host);

/* ---- policy.c ---- */

/* What no tree may set, whatever Valkey would say (docs/formats.md). NULL: allowed; else why not.
 */
const char *cfg_policy_refusal(const struct cfg_directive *directive);

/* An entry that is a secret: where its directive cannot be one, false after a finding. */
bool cfg_policy_check_secret(struct cfg_fleet *fleet, const struct cfg_entry *entry,
	const struct cfg_directive *directive);

/* Checks one value as written in a tree, before it is normalised. False after a finding. */
bool cfg_policy_check_value(struct cfg_fleet *fleet, const struct cfg_place *place,
	const struct cfg_directive *directive, const char *text);

/* Texts of files: placeholders that the host knows, no private keys. False after a finding. */
bool cfg_policy_check_text(struct cfg_fleet *fleet, const struct cfg_place *place, const char *path,
	const char *text, bool is_from_file);

/* The path below @{generation}/ that a value names, or NULL. */
const char *cfg_policy_generation_path(const struct cfg_directive *directive, const char *text);

/* ---- merge.c ---- */

/* An instance with all layers merged. Lists hold nothing that is taken away. */
struct cfg_effective {
	const struct cfg_role *role;
	const struct cfg_environment *environment;
	const struct cfg_host *host; /* NULL, like instance: a role on its own */
	const struct cfg_instance *instance;
	const char **values; /* of the role's parameters; NULL: missing, after a finding */
	struct cfg_list config, users, files;
	struct cfg_list locks;
	struct cfg_apply apply[CFG_APPLY_KEYS];
};

/* Merges into out, whose lists are allocated from arena (and the fleet's). */
void cfg_merge(struct cfg_fleet *fleet, struct cfg_host *host, struct cfg_instance *instance,
	struct arena *arena, struct cfg_effective *out);

/* A role alone, with its parameters' defaults: for roles without instances. */
void cfg_merge_role(struct cfg_fleet *fleet, struct cfg_role *role, struct arena *arena,
	struct cfg_effective *out);

/* over on top of base: its items win, those that take a name away remove it. */
struct cfg_list cfg_merge_lists(
	struct arena *arena, const struct cfg_list *base, const struct cfg_list *over);

/* The item of that name, or NULL. */
const struct cfg_item *cfg_list_find(const struct cfg_list *list, const char *name);

/* ---- conf_line.c ---- */

/* Checks the value of a directive with all parameters replaced, and appends its line of valkey.conf
 * to line and its CONFIG GET form to value. False after a finding. */
bool cfg_conf_line(struct cfg_fleet *fleet, const struct cfg_entry *entry,
	const struct cfg_directive *directive, const char *const *items, struct vk_buf *line,
	struct vk_buf *value);

/* The same with the parameters of an instance. */
bool cfg_conf_line_of(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_resolved *resolved, struct vk_buf *line, struct vk_buf *value);

/* What a directive of an instance is in CONFIG GET form: as merged, else the server's default. ""
 * after a finding; NULL where it is a secret. From arena or older. */
const char *cfg_value_of(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_directive *directive, struct arena *arena);

/* ---- user_line.c ---- */

/* Appends the user's line of users.acl, its rules with all parameters replaced, its sealed
 * passwords as the instance's environment pins them (NULL: it has none). False after a finding. */
bool cfg_user_line(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_user *user, const char *rules, struct vk_buf *line);

/* Whether this version of Valkey has the commands that the user's line names. False after a
 * finding. */
bool cfg_user_check_commands(struct cfg_fleet *fleet, const struct cfg_user *user, const char *line,
	const char *version);

/* default, switched off, and vkcfg's own user: there whatever the tree says. */
const struct cfg_list *cfg_own_users(enum vk_bundle_kind kind);

/* ---- render_instance.c ---- */

/* Checks and, unless out is NULL, appends the canonical bundle of an instance. False after a
 * finding. */
bool cfg_render_instance(struct cfg_fleet *fleet, struct cfg_host *host,
	struct cfg_instance *instance, struct vk_buf *out);

/* A role on its own: checked as far as its parameters have defaults. */
void cfg_check_role(struct cfg_fleet *fleet, struct cfg_role *role);

#endif
