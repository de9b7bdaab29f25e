/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/approvers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"
#include "common/tuf/tuf_role.h"

#include "common/banned.h"

enum { PUBLIC_FILE_MAX_BYTES = 4096 };

void approvers_init(struct approvers *approvers)
{
	approvers->environments = NULL;
	approvers->count = 0;
}

void approvers_clear_keys(struct environment_approvers *environment)
{
	for (size_t i = 0; i < environment->key_count; i++)
		tuf_key_free(environment->keys[i]);
	free(environment->keys);
	environment->keys = NULL;
	environment->key_count = 0;
}

void approvers_release(struct approvers *approvers)
{
	for (size_t i = 0; i < approvers->count; i++)
		approvers_clear_keys(&approvers->environments[i]);
	free(approvers->environments);
	approvers_init(approvers);
}

struct environment_approvers *approvers_find(struct approvers *approvers, const char *name)
{
	for (size_t i = 0; i < approvers->count; i++) {
		if (strcmp(approvers->environments[i].name, name) == 0)
			return &approvers->environments[i];
	}
	return NULL;
}

enum vk_rc approvers_add(struct approvers *approvers, const char *name,
	struct environment_approvers **out, struct vk_err *err)
{
	struct environment_approvers *environment;

	if (!vk_environment_is_valid(name))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name for an environment", name);
	if (approvers_find(approvers, name) != NULL) {
		vk_err_set(err, VK_ECONFLICT, "there is an environment '%s' already", name);
		vk_err_hint(err, "'vkcfg env keys' replaces its approvers");
		return VK_ECONFLICT;
	}
	if (approvers->count == APPROVERS_MAX_ENVIRONMENTS)
		return vk_err_set(
			err, VK_ELIMIT, "more than %d environments", APPROVERS_MAX_ENVIRONMENTS);
	approvers->environments = xreallocarray(
		approvers->environments, approvers->count + 1, sizeof(*approvers->environments));
	environment = &approvers->environments[approvers->count++];
	memset(environment, 0, sizeof(*environment));
	memcpy(environment->name, name, strlen(name) + 1);
	*out = environment;
	return VK_OK;
}

/* Takes key. */
static enum vk_rc add_key(
	struct environment_approvers *environment, struct tuf_key *key, struct vk_err *err)
{
	for (size_t i = 0; i < environment->key_count; i++) {
		if (strcmp(tuf_key_id(environment->keys[i]), tuf_key_id(key)) == 0) {
			tuf_key_free(key);
			return vk_err_set(err, VK_EINPUT, "a key was given twice for '%s'",
				environment->name);
		}
	}
	if (environment->key_count == APPROVERS_MAX_KEYS) {
		tuf_key_free(key);
		return vk_err_set(err, VK_ELIMIT, "more than %d keys", APPROVERS_MAX_KEYS);
	}
	environment->keys = xreallocarray(
		environment->keys, environment->key_count + 1, sizeof(*environment->keys));
	environment->keys[environment->key_count++] = key;
	return VK_OK;
}

enum vk_rc approvers_read_key(const char *path, struct tuf_key **out, struct vk_err *err)
{
	struct tuf_key *key = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PUBLIC_FILE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK) {
		rc = tuf_key_parse_text(text.data, text.len, &key, err);
		if (rc == VK_OK && tuf_key_user(key) == NULL)
			rc = vk_err_set(err, VK_EINPUT, "the key does not say whose it is");
		if (rc != VK_OK) {
			vk_err_prefix(err, rc, "%s", path);
			vk_err_hint(err, "give the .pub file that 'vkcfg key new' wrote");
		}
	}
	if (rc == VK_OK) {
		*out = key;
		key = NULL;
	}
	tuf_key_free(key);
	vk_buf_release(&text);
	return rc;
}

/* TUF counts keys; a threshold of two is meant to be two people. The same key again is left to
 * add_key(). */
static enum vk_rc check_person(const struct environment_approvers *environment,
	const struct tuf_key *key, const char *path, struct vk_err *err)
{
	for (size_t i = 0; i < environment->key_count; i++) {
		const struct tuf_key *other = environment->keys[i];

		if (strcmp(tuf_key_id(other), tuf_key_id(key)) == 0 ||
			strcmp(tuf_key_user(other), tuf_key_user(key)) != 0)
			continue;
		vk_err_set(err, VK_EINPUT, "%s: '%s' has two keys for '%s'", path,
			tuf_key_user(key), environment->name);
		vk_err_hint(err, "one key each: the threshold counts people");
		return VK_EINPUT;
	}
	return VK_OK;
}

enum vk_rc approvers_add_key_file(
	struct environment_approvers *environment, const char *path, struct vk_err *err)
{
	struct tuf_key *key = NULL;
	enum vk_rc rc = approvers_read_key(path, &key, err);

	if (rc == VK_OK)
		rc = check_person(environment, key, path, err);
	if (rc == VK_OK)
		return add_key(environment, key, err);
	tuf_key_free(key);
	return rc;
}

enum vk_rc approvers_remove(
	struct environment_approvers *environment, const char *who, struct vk_err *err)
{
	size_t kept = 0, count = environment->key_count;

	for (size_t i = 0; i < count; i++) {
		struct tuf_key *key = environment->keys[i];

		if (strcmp(tuf_key_id(key), who) == 0 ||
			(tuf_key_user(key) != NULL && strcmp(tuf_key_user(key), who) == 0))
			tuf_key_free(key);
		else
			environment->keys[kept++] = key;
	}
	environment->key_count = kept;
	if (kept < count)
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "'%s' has no key '%s'", environment->name, who);
	vk_err_hint(
		err, "give a user or a key id; 'vkcfg env keys %s' lists them", environment->name);
	return VK_ENOTFOUND;
}

static enum vk_rc load_environment(
	struct approvers *approvers, const struct tuf_delegation *delegation, struct vk_err *err)
{
	struct environment_approvers *environment = NULL;
	enum vk_rc rc = approvers_add(approvers, delegation->name, &environment, err);

	if (rc != VK_OK)
		return rc;
	environment->threshold = tuf_role_threshold(delegation->role);
	environment->author_may_approve = delegation->author_may_approve;
	for (size_t i = 0; rc == VK_OK && i < tuf_role_key_count(delegation->role); i++) {
		struct tuf_key *key = NULL;

		rc = tuf_key_parse(tuf_key_json(tuf_role_key(delegation->role, i)), &key, err);
		if (rc == VK_OK)
			rc = add_key(environment, key, err);
	}
	return rc;
}

enum vk_rc approvers_load(
	struct approvers *approvers, const struct tuf_meta *targets, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < tuf_meta_delegation_count(targets); i++)
		rc = load_environment(approvers, tuf_meta_delegation_at(targets, i), err);
	return rc;
}

static enum vk_rc add_key_list(
	struct environment_approvers *environment, const char *list, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && *list != '\0') {
		size_t len = strcspn(list, ",");
		char *path = xstrndup(list, len);

		rc = approvers_add_key_file(environment, path, err);
		free(path);
		list += len + (list[len] == ',');
	}
	return rc;
}

enum vk_rc approvers_add_spec(struct approvers *approvers, const char *spec, struct vk_err *err)
{
	struct environment_approvers *environment = NULL;
	size_t name_len = strcspn(spec, ":");
	const char *number = spec[name_len] == ':' ? spec + name_len + 1 : "";
	size_t number_len = strcspn(number, ":");
	char *name = xstrndup(spec, name_len);
	char *digits = xstrndup(number, number_len);
	uint64_t threshold = 0;
	enum vk_rc rc;

	if (number[number_len] != ':' ||
		!vk_parse_uint(digits, 1, APPROVERS_MAX_KEYS, &threshold)) {
		rc = vk_err_set(err, VK_EINPUT, "option --env: cannot read '%s'", spec);
		vk_err_hint(err, "ENV:THRESHOLD:PUBFILE,PUBFILE as in prod:2:alice.pub,bob.pub");
		goto out;
	}
	rc = approvers_add(approvers, name, &environment, err);
	if (rc != VK_OK)
		goto out;
	environment->threshold = (unsigned)threshold;
	rc = add_key_list(environment, number + number_len + 1, err);
out:
	free(name);
	free(digits);
	return rc;
}

static enum vk_rc check_threshold(
	const struct environment_approvers *environment, struct vk_err *err)
{
	if (environment->key_count == 0)
		return vk_err_set(err, VK_EINPUT, "environment '%s' has no approver's key",
			environment->name);
	if (environment->threshold > environment->key_count)
		return vk_err_set(err, VK_EINPUT,
			"environment '%s' asks for %u approvals but has %zu approvers",
			environment->name, environment->threshold, environment->key_count);
	return VK_OK;
}

enum vk_rc approvers_format_targets(const struct approvers *approvers, int64_t version,
	int64_t expires, struct vk_buf *out, struct vk_err *err)
{
	struct tuf_environment_spec *specs = xcalloc(approvers->count + 1, sizeof(*specs));
	const struct tuf_targets_spec spec = {
		.version = version,
		.expires = expires,
		.environments = specs,
		.environment_count = approvers->count,
	};
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < approvers->count; i++) {
		const struct environment_approvers *environment = &approvers->environments[i];

		rc = check_threshold(environment, err);
		specs[i] = (struct tuf_environment_spec){
			.name = environment->name,
			.signers = {(const struct tuf_key *const *)environment->keys,
				environment->key_count,
				environment->threshold != 0 ? environment->threshold
							    : (unsigned)environment->key_count},
			.author_may_approve = environment->author_may_approve,
		};
	}
	if (rc == VK_OK)
		rc = tuf_build_targets(&spec, out, err);
	free(specs);
	return rc;
}
