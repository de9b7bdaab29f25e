/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/ceremony_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "client/admin/approvers.h"
#include "client/admin/root_plan.h"
#include "client/admin/trusted.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"
#include "common/tuf/tuf_role.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { SENTENCE_MAX_BYTES = 1024 };

static void say(struct vkjson *lines, const char *fmt, ...) VK_PRINTF(2, 3);
static void say(struct vkjson *lines, const char *fmt, ...)
{
	struct vk_buf text;
	va_list ap;

	vk_buf_init(&text, SENTENCE_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	vkjson_append(lines, vkjson_string(text.data));
	vk_buf_release(&text);
}

static const char *owner(const struct tuf_key *key)
{
	return tuf_key_user(key) != NULL ? tuf_key_user(key) : "the server";
}

static void say_role(struct vkjson *lines, const char *label, const struct tuf_role *role)
{
	say(lines, "%s: %u of %zu keys must sign", label, tuf_role_threshold(role),
		tuf_role_key_count(role));
	for (size_t i = 0; i < tuf_role_key_count(role); i++)
		say(lines, "%s: key of %s, %s", label, owner(tuf_role_key(role, i)),
			tuf_key_id(tuf_role_key(role, i)));
}

static void say_role_change(struct vkjson *lines, const char *label, const struct tuf_role *old,
	const struct tuf_role *new)
{
	for (size_t i = 0; i < tuf_role_key_count(new); i++) {
		const struct tuf_key *key = tuf_role_key(new, i);

		if (tuf_role_find_key(old, tuf_key_id(key)) == NULL)
			say(lines, "%s: ADDS the key of %s, %s", label, owner(key),
				tuf_key_id(key));
	}
	for (size_t i = 0; i < tuf_role_key_count(old); i++) {
		const struct tuf_key *key = tuf_role_key(old, i);

		if (tuf_role_find_key(new, tuf_key_id(key)) == NULL)
			say(lines, "%s: REMOVES the key of %s, %s", label, owner(key),
				tuf_key_id(key));
	}
	if (tuf_role_threshold(old) != tuf_role_threshold(new) ||
		tuf_role_key_count(old) != tuf_role_key_count(new))
		say(lines, "%s: %u of %zu keys must sign instead of %u of %zu", label,
			tuf_role_threshold(new), tuf_role_key_count(new), tuf_role_threshold(old),
			tuf_role_key_count(old));
}

static void say_expiry(struct vkjson *lines, const struct tuf_meta *old, const struct tuf_meta *new)
{
	struct vkjson *from = vkjson_time(tuf_meta_expires(old));
	struct vkjson *to = vkjson_time(tuf_meta_expires(new));

	say(lines, "valid until %s instead of %s", vkjson_text(to), vkjson_text(from));
	vkjson_free(from);
	vkjson_free(to);
}

static void say_ca(struct vkjson *lines, const char *what, const uint8_t digest[VK_SHA256_BYTES])
{
	char text[VK_SHA256_HEX_BYTES];

	vk_digest_format(digest, text);
	say(lines, "%s %s", what, text);
}

/* Where the old root names none, each one had its CA pinned at enrolment. */
static void say_ca_changes(
	struct vkjson *lines, const struct ca_list *old, const struct ca_list *new)
{
	for (size_t i = 0; i < new->count; i++) {
		if (!ca_list_has(old, new->digests[i]))
			say_ca(lines, "certificates: ADDS the CA", new->digests[i]);
	}
	for (size_t i = 0; i < old->count; i++) {
		if (!ca_list_has(new, old->digests[i]))
			say_ca(lines, "certificates: DROPS the CA", old->digests[i]);
	}
	if (old->count == 0 && new->count > 0)
		say(lines,
			"certificates: from now on only the CAs that the root names are believed");
	if (new->count == 0 && old->count > 0)
		say(lines, "certificates: the root names NO CA any more");
	if (new->count > 0 &&
		(old->count == 0 || memcmp(old->digests[old->count - 1],
					    new->digests[new->count - 1], VK_SHA256_BYTES) != 0))
		say_ca(lines, "certificates: new ones are issued by the CA",
			new->digests[new->count - 1]);
}

/* The log's key has no id in the root; it is named by the one that vkcfgd prints. */
static void say_log_key(
	struct vkjson *lines, const char *verb, const uint8_t public_key[VK_PUBLIC_KEY_BYTES])
{
	struct tuf_key *key = tuf_key_new_ed25519(public_key, NULL);

	say(lines, "audit log: %s the key of the server, %s", verb, tuf_key_id(key));
	tuf_key_free(key);
}

static void say_fleet(struct vkjson *lines, const struct tuf_meta *old, const struct tuf_meta *new)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct tuf_fleet from, to;

	if (tuf_fleet_from_root(old, &from, NULL) != VK_OK ||
		tuf_fleet_from_root(new, &to, NULL) != VK_OK)
		return;
	if (memcmp(from.log_public, to.log_public, sizeof(to.log_public)) != 0) {
		say_log_key(lines, "ADDS", to.log_public);
		say_log_key(lines, "REMOVES", from.log_public);
	}
	say_ca_changes(lines, &from.ca, &to.ca);
	if (strcmp(from.log_name, to.log_name) == 0)
		return;
	vk_digest_format(to.log_start.root, digest);
	say(lines,
		"audit log: BEGINS A NEW LOG, %s, in the place of %s, with the first %" PRIu64
		" entries (tree hash %s): what hosts have seen after them counts no longer",
		to.log_name, from.log_name, to.log_start.size, digest);
}

static void say_root(struct vkjson *lines, const struct tuf_meta *old, const struct tuf_meta *new)
{
	for (int i = 0; i < TUF_TYPE_COUNT; i++)
		say_role_change(lines, tuf_type_name((enum tuf_type)i),
			tuf_meta_root_role(old, (enum tuf_type)i),
			tuf_meta_root_role(new, (enum tuf_type)i));
	say_fleet(lines, old, new);
}

static void say_new_environment(struct vkjson *lines, const struct tuf_delegation *delegation)
{
	say(lines, "ADDS the environment %s", delegation->name);
	say_role(lines, delegation->name, delegation->role);
	if (delegation->author_may_approve)
		say(lines, "%s: an author's own approval counts", delegation->name);
}

static void say_targets(
	struct vkjson *lines, const struct tuf_meta *old, const struct tuf_meta *new)
{
	for (size_t i = 0; i < tuf_meta_delegation_count(new); i++) {
		const struct tuf_delegation *to = tuf_meta_delegation_at(new, i);
		const struct tuf_delegation *from = tuf_meta_delegation(old, to->name);

		if (from == NULL) {
			say_new_environment(lines, to);
			continue;
		}
		say_role_change(lines, to->name, from->role, to->role);
		if (from->author_may_approve != to->author_may_approve)
			say(lines, "%s: an author's own approval %s", to->name,
				to->author_may_approve ? "COUNTS from now on" : "counts no longer");
	}
	for (size_t i = 0; i < tuf_meta_delegation_count(old); i++) {
		const char *name = tuf_meta_delegation_at(old, i)->name;

		if (tuf_meta_delegation(new, name) == NULL)
			say(lines, "REMOVES the environment %s", name);
	}
}

static void say_environment(struct vkjson *lines, const struct tuf_meta *role)
{
	for (size_t i = 0; i < tuf_meta_target_count(role); i++)
		say(lines, "signs %s again, unchanged", tuf_meta_target_at(role, i)->path);
}

static const struct tuf_meta *trusted_meta(const struct trusted *trusted, const char *role)
{
	if (strcmp(role, tuf_type_name(TUF_ROOT)) == 0)
		return trusted->root;
	return strcmp(role, tuf_type_name(TUF_TARGETS)) == 0 ? trusted->targets : trusted->role;
}

static struct vkjson *describe_part(const struct ceremony_part *part, const struct trusted *trusted)
{
	const struct tuf_meta *old = trusted_meta(trusted, part->role);
	struct vkjson *object = vkjson_object();
	struct vkjson *lines = vkjson_array();

	if (old == trusted->root)
		say_root(lines, old, part->meta);
	else if (old == trusted->targets)
		say_targets(lines, old, part->meta);
	else
		say_environment(lines, part->meta);
	if (vkjson_count(lines) == 0)
		say(lines, "no key, threshold or environment changes");
	say_expiry(lines, old, part->meta);
	vkjson_set(object, "role", vkjson_string(part->role));
	vkjson_set(object, "version", vkjson_int(tuf_meta_version(part->meta)));
	vkjson_set(object, "changes", lines);
	return object;
}

struct vkjson *ceremony_describe(const struct ceremony *ceremony, const struct trusted *trusted)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < ceremony->count; i++)
		vkjson_append(list, describe_part(&ceremony->parts[i], trusted));
	return list;
}

static struct vkjson *describe_authority(const struct ceremony_authority *authority)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *signed_by = vkjson_array();
	struct vkjson *missing = vkjson_array();

	for (size_t i = 0; i < tuf_role_key_count(authority->keys); i++) {
		const struct tuf_key *key = tuf_role_key(authority->keys, i);

		say(ceremony_has_signed(authority, key) ? signed_by : missing, "%s (%.12s)",
			owner(key), tuf_key_id(key));
	}
	vkjson_set(object, "whose", vkjson_string(authority->whose));
	vkjson_set(object, "threshold", vkjson_int(tuf_role_threshold(authority->keys)));
	vkjson_set(object, "signed", signed_by);
	vkjson_set(object, "missing", missing);
	vkjson_set(
		object, "complete", vkjson_bool(ceremony_check_signed(authority, NULL) == VK_OK));
	return object;
}

struct vkjson *ceremony_describe_signatures(
	const struct ceremony *ceremony, const struct trusted *trusted)
{
	struct ceremony_authority authorities[CEREMONY_MAX_AUTHORITIES];
	struct vkjson *list = vkjson_array();
	size_t count =
		ceremony_list_authorities(ceremony, trusted->root, trusted->targets, authorities);

	for (size_t i = 0; i < count; i++)
		vkjson_append(list, describe_authority(&authorities[i]));
	return list;
}

struct vkjson *ceremony_describe_trusted(const struct trusted *trusted)
{
	struct vkjson *lines = vkjson_array();
	struct tuf_fleet fleet = {.ca = {.count = 0}};

	for (int i = 0; i < TUF_TYPE_COUNT; i++)
		say_role(lines, tuf_type_name((enum tuf_type)i),
			tuf_meta_root_role(trusted->root, (enum tuf_type)i));
	if (tuf_fleet_from_root(trusted->root, &fleet, NULL) == VK_OK) {
		for (size_t i = 0; i < fleet.ca.count; i++)
			say_ca(lines, "certificates: CA", fleet.ca.digests[i]);
	}
	for (size_t i = 0; i < tuf_meta_delegation_count(trusted->targets); i++) {
		const struct tuf_delegation *delegation =
			tuf_meta_delegation_at(trusted->targets, i);

		say_role(lines, delegation->name, delegation->role);
		if (delegation->author_may_approve)
			say(lines, "%s: an author's own approval counts", delegation->name);
	}
	return lines;
}

/* Makes the part again from what the words above are made of. */
static enum vk_rc make_again(const struct ceremony_part *part, const struct tuf_meta *old,
	struct vk_buf *out, struct vk_err *err)
{
	int64_t version = tuf_meta_version(part->meta);
	int64_t expires = tuf_meta_expires(part->meta);
	struct approvers approvers;
	struct root_plan plan;
	enum vk_rc rc;

	if (tuf_meta_type(part->meta) == TUF_ROOT) {
		root_plan_init(&plan);
		rc = root_plan_load(&plan, part->meta, err);
		if (rc == VK_OK)
			rc = root_plan_format(&plan, version, expires, out, err);
		root_plan_release(&plan);
	} else if (strcmp(part->role, tuf_type_name(TUF_TARGETS)) == 0) {
		approvers_init(&approvers);
		rc = approvers_load(&approvers, part->meta, err);
		if (rc == VK_OK)
			rc = approvers_format_targets(&approvers, version, expires, out, err);
		approvers_release(&approvers);
	} else {
		struct vkjson *copy = vkjson_copy(tuf_meta_json(old));

		vkjson_set(copy, "version", vkjson_int(version));
		vkjson_set(copy, "expires", vkjson_time(expires));
		rc = vkjson_canonical(copy, out, err);
		vkjson_free(copy);
	}
	return rc;
}

static enum vk_rc check_bytes(
	const struct ceremony_part *part, const struct tuf_meta *old, struct vk_err *err)
{
	size_t len = 0;
	const char *text = tuf_meta_signed(part->meta, &len);
	struct vk_buf again;
	enum vk_rc rc;

	vk_buf_init(&again, TUF_TARGETS_MAX_BYTES);
	rc = make_again(part, old, &again, err);
	if (rc == VK_OK)
		rc = vk_buf_check(&again, part->role, err);
	if (rc == VK_OK && (again.len != len || memcmp(again.data, text, len) != 0))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"it holds something that this vkcfg would not have written");
	vk_buf_release(&again);
	return rc;
}

static enum vk_rc check_version(
	const struct ceremony_part *part, const struct tuf_meta *old, struct vk_err *err)
{
	int64_t version = tuf_meta_version(part->meta);
	int64_t have = tuf_meta_version(old);

	if (version == have + 1)
		return VK_OK;
	vk_err_set(
		err, VK_ECONFLICT, "version %" PRId64 " does not follow %" PRId64, version, have);
	vk_err_hint(err, version <= have
				 ? "it is out of date: propose the change again"
				 : "your metadata is too old: run 'vkcfg status' where the server "
				   "can be reached");
	return VK_ECONFLICT;
}

static enum vk_rc check_expiry(const struct ceremony_part *part, int64_t now, struct vk_err *err)
{
	enum vk_rc rc = tuf_meta_check_expiry(part->meta, now, part->role, err);

	/* A day more: clocks differ, and a proposal travels. */
	if (rc == VK_OK && tuf_meta_expires(part->meta) - now >
				   (CEREMONY_LIFETIME_MAX_DAYS + 1) * (int64_t)86400)
		rc = vk_err_set(err, VK_EUNTRUSTED, "it would be valid for more than %d days",
			CEREMONY_LIFETIME_MAX_DAYS);
	return rc;
}

static enum vk_rc check_part(const struct ceremony_part *part, const struct trusted *trusted,
	int64_t now, struct vk_err *err)
{
	const struct tuf_meta *old = trusted_meta(trusted, part->role);
	enum vk_rc rc;

	if (old == NULL)
		return vk_err_set(err, VK_ENOTFOUND,
			"you have no metadata of the environment '%s', whose release it signs anew",
			part->role);
	rc = check_version(part, old, err);
	if (rc == VK_OK)
		rc = check_bytes(part, old, err);
	if (rc == VK_OK)
		rc = check_expiry(part, now, err);
	return rc;
}

/* Every part has somebody who may sign it, a root two. */
static enum vk_rc check_authorities(
	const struct ceremony *ceremony, const struct trusted *trusted, struct vk_err *err)
{
	struct ceremony_authority authorities[CEREMONY_MAX_AUTHORITIES];
	size_t expected = ceremony->count;

	if (ceremony_meta(ceremony, tuf_type_name(TUF_ROOT)) != NULL)
		expected++;
	if (ceremony_list_authorities(ceremony, trusted->root, trusted->targets, authorities) ==
		expected)
		return VK_OK;
	return vk_err_set(err, VK_EUNTRUSTED,
		"the proposal holds the role of an environment that targets does not have");
}

/* The same log, or a later one. */
static bool goes_on(const struct tuf_fleet *old, const struct tuf_fleet *new)
{
	unsigned from = tuf_fleet_log_number(old->fleet, old->log_name);
	unsigned to = tuf_fleet_log_number(new->fleet, new->log_name);

	return to > from || (to == from && tuf_log_start_is_same(&old->log_start, &new->log_start));
}

enum vk_rc ceremony_check(const struct ceremony *ceremony, const struct trusted *trusted,
	int64_t now, struct vk_err *err)
{
	const struct tuf_meta *root = ceremony_meta(ceremony, tuf_type_name(TUF_ROOT));
	struct tuf_fleet old, new;
	enum vk_rc rc = tuf_fleet_from_root(trusted->root, &old, err);

	if (rc == VK_OK && strcmp(old.fleet, ceremony->fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the proposal is for fleet '%s', not for '%s'",
			ceremony->fleet, old.fleet);
	if (rc == VK_OK && root != NULL)
		rc = tuf_fleet_from_root(root, &new, err);
	if (rc == VK_OK && root != NULL && strcmp(old.fleet, new.fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the new root is that of another fleet");
	if (rc == VK_OK && root != NULL && !goes_on(&old, &new))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the new root's log '%s' does not go on from '%s'", new.log_name,
			old.log_name);
	for (size_t i = 0; rc == VK_OK && i < ceremony->count; i++) {
		rc = check_part(&ceremony->parts[i], trusted, now, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "the proposal's %s", ceremony->parts[i].role);
	}
	return rc == VK_OK ? check_authorities(ceremony, trusted, err) : rc;
}
