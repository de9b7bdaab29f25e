/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/ceremony_run.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/admin/ceremony_words.h"
#include "client/admin/roots.h"
#include "client/admin/session.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_role.h"
#include "common/vkjson.h"

#include "common/banned.h"

void ceremony_run_init(struct ceremony_run *run, struct cli *cli, const struct args *args)
{
	memset(run, 0, sizeof(*run));
	run->cli = cli;
	run->args = args;
	trusted_init(&run->trusted);
	ceremony_init(&run->ceremony, "");
}

void ceremony_run_release(struct ceremony_run *run)
{
	ceremony_release(&run->ceremony);
	trusted_release(&run->trusted);
	session_free(run->session);
	run->session = NULL;
}

/* Somebody who holds a key only, on a machine that is never online, is not enrolled. */
static enum vk_rc load(struct ceremony_run *run, const char *environment, struct vk_err *err)
{
	enum vk_rc rc = session_open(run->cli, &run->session, err);

	if (rc == VK_OK || rc == VK_ENOTFOUND)
		rc = trusted_load(&run->trusted, run->cli, run->session, environment, err);
	return rc;
}

enum vk_rc ceremony_run_open(struct ceremony_run *run, const char *environment, struct vk_err *err)
{
	struct tuf_fleet fleet;
	enum vk_rc rc = load(run, environment, err);

	if (rc == VK_OK)
		rc = tuf_fleet_from_root(run->trusted.root, &fleet, err);
	if (rc == VK_OK)
		ceremony_init(&run->ceremony, fleet.fleet);
	return rc;
}

enum vk_rc ceremony_run_open_file(struct ceremony_run *run, const char *path, struct vk_err *err)
{
	const struct ceremony_part *environment;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CEREMONY_FILE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK) {
		rc = ceremony_parse(&run->ceremony, text.data, text.len, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&text);
	if (rc != VK_OK)
		return rc;
	environment = ceremony_environment(&run->ceremony);
	rc = load(run, environment != NULL ? environment->role : NULL, err);
	if (rc == VK_OK)
		rc = ceremony_check(&run->ceremony, &run->trusted, vk_clock_now(), err);
	return rc;
}

enum vk_rc ceremony_run_expiry(const struct ceremony_run *run, int64_t *out, struct vk_err *err)
{
	uint64_t days = 0;
	enum vk_rc rc = args_get_uint(run->args, "days", 1, CEREMONY_LIFETIME_MAX_DAYS,
		CEREMONY_LIFETIME_DAYS, &days, err);

	if (rc == VK_OK)
		*out = vk_clock_now() + (int64_t)days * 86400;
	return rc;
}

enum vk_rc ceremony_run_add_role(
	struct ceremony_run *run, const char *environment, int64_t expires, struct vk_err *err)
{
	const struct tuf_meta *role = run->trusted.role;
	struct vkjson *copy;
	struct vk_buf part;
	enum vk_rc rc;

	if (role == NULL)
		return vk_err_set(err, VK_ENOTFOUND,
			"'%s' has no release yet: there is nothing to sign anew", environment);
	copy = vkjson_copy(tuf_meta_json(role));
	vkjson_set(copy, "version", vkjson_int(tuf_meta_version(role) + 1));
	vkjson_set(copy, "expires", vkjson_time(expires));
	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	rc = vkjson_canonical(copy, &part, err);
	if (rc == VK_OK)
		rc = ceremony_add(&run->ceremony, environment, part.data, part.len, err);
	vk_buf_release(&part);
	vkjson_free(copy);
	return rc;
}

static size_t authorities_of(
	const struct ceremony_run *run, struct ceremony_authority out[CEREMONY_MAX_AUTHORITIES])
{
	return ceremony_list_authorities(
		&run->ceremony, run->trusted.root, run->trusted.targets, out);
}

/* Whether a key counts for a part, or (part NULL) for any. */
static bool counts(
	const struct ceremony_run *run, const struct ceremony_part *part, const struct tuf_key *key)
{
	struct ceremony_authority authorities[CEREMONY_MAX_AUTHORITIES];
	size_t count = authorities_of(run, authorities);

	for (size_t i = 0; i < count; i++) {
		if ((part == NULL || authorities[i].part == part) &&
			tuf_role_find_key(authorities[i].keys, tuf_key_id(key)) != NULL)
			return true;
	}
	return false;
}

static enum vk_rc choose_all(
	const struct ceremony_run *run, struct signers *signers, struct vk_err *err)
{
	char names[HOME_MAX_KEYS][VK_NAME_BYTES];
	size_t count = 0;
	enum vk_rc rc = home_list_keys(run->cli->home, names, &count, err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		struct keyholder *holder = NULL;
		bool is_known;

		rc = home_load_key(run->cli->home, names[i], &holder, err);
		is_known = rc == VK_OK && counts(run, NULL, keyholder_key(holder));
		keyholder_free(holder);
		if (is_known)
			rc = signers_add(signers, run->cli, names[i], err);
	}
	return rc;
}

enum vk_rc ceremony_run_choose(
	const struct ceremony_run *run, struct signers *signers, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < args_option_count(run->args, "key"); i++)
		rc = signers_add(signers, run->cli, args_option_at(run->args, "key", i), err);
	if (rc == VK_OK && !args_has(run->args, "key"))
		rc = choose_all(run, signers, err);
	for (size_t i = 0; rc == VK_OK && i < signers->count; i++) {
		if (!counts(run, NULL, keyholder_key(signers->items[i])))
			rc = vk_err_set(err, VK_EDENIED, "key '%s' counts for nothing in this",
				keyholder_name(signers->items[i]));
	}
	if (rc == VK_OK && signers->count == 0) {
		rc = vk_err_set(err, VK_EDENIED, "no key of yours counts for this");
		vk_err_hint(err, "'vkcfg root show' shows whose keys do");
	}
	return rc;
}

enum vk_rc ceremony_run_sign(
	struct ceremony_run *run, const struct signers *signers, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < run->ceremony.count; i++) {
		struct ceremony_part *part = &run->ceremony.parts[i];
		size_t len = 0;
		const char *text = tuf_meta_signed(part->meta, &len);

		for (size_t k = 0; rc == VK_OK && k < signers->count; k++) {
			struct keyholder *holder = signers->items[k];
			struct tuf_signature signature;

			if (!counts(run, part, keyholder_key(holder)))
				continue;
			rc = keyholder_sign(holder, text, len, &signature, err);
			if (rc == VK_OK)
				rc = ceremony_part_sign(part, &signature, err);
		}
	}
	return rc;
}

/* Before passphrases are asked for in vain. */
static enum vk_rc check_enough(
	const struct ceremony_run *run, const struct signers *signers, struct vk_err *err)
{
	struct ceremony_authority authorities[CEREMONY_MAX_AUTHORITIES];
	size_t count = authorities_of(run, authorities);

	for (size_t i = 0; i < count; i++) {
		unsigned threshold = tuf_role_threshold(authorities[i].keys);
		size_t have = 0;

		for (size_t k = 0; k < signers->count; k++)
			have += tuf_role_find_key(authorities[i].keys,
					tuf_key_id(keyholder_key(signers->items[k]))) != NULL;
		if (have >= threshold)
			continue;
		vk_err_set(err, VK_EDENIED,
			"%s needs %u signatures, but you have %zu of its keys here",
			authorities[i].whose, threshold, have);
		vk_err_hint(err, "--out FILE writes a proposal, which the others sign with "
				 "'vkcfg root sign FILE'");
		return VK_EDENIED;
	}
	return VK_OK;
}

static enum vk_rc write_file(const struct ceremony_run *run, const char *path, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CEREMONY_FILE_MAX_BYTES);
	rc = ceremony_format(&run->ceremony, &text, err);
	if (rc == VK_OK)
		rc = vk_file_create(AT_FDCWD, path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

enum vk_rc ceremony_run_finish(struct ceremony_run *run, struct vk_err *err)
{
	const char *path = args_get(run->args, "out");
	struct signers signers;
	enum vk_rc rc;

	signers_init(&signers);
	rc = ceremony_check(&run->ceremony, &run->trusted, vk_clock_now(), err);
	/* Who only writes the proposal need not hold a key that counts. */
	if (rc == VK_OK && (path == NULL || args_has(run->args, "key")))
		rc = ceremony_run_choose(run, &signers, err);
	else if (rc == VK_OK)
		rc = choose_all(run, &signers, err);
	if (rc == VK_OK && path == NULL)
		rc = check_enough(run, &signers, err);
	if (rc == VK_OK)
		rc = signers_unlock(&signers, run->cli, err);
	if (rc == VK_OK)
		rc = ceremony_run_sign(run, &signers, err);
	if (rc == VK_OK)
		rc = path != NULL ? write_file(run, path, err) : ceremony_run_publish(run, err);
	signers_release(&signers);
	return rc;
}

/* "alice (0123456789ab), bob (...)" */
static void list_names(const struct vkjson *names, struct vk_buf *out)
{
	for (size_t i = 0; i < vkjson_count(names); i++)
		vk_buf_addf(out, "%s%s", i > 0 ? ", " : "", vkjson_text(vkjson_at(names, i)));
}

static enum vk_rc check_complete(const struct ceremony_run *run, struct vk_err *err)
{
	struct vkjson *list = ceremony_describe_signatures(&run->ceremony, &run->trusted);
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		const struct vkjson *item = vkjson_at(list, i);
		struct vk_buf names;

		if (vkjson_is_true(vkjson_get(item, "complete")))
			continue;
		vk_buf_init(&names, 300);
		list_names(vkjson_get(item, "missing"), &names);
		rc = vk_err_set(err, VK_EDENIED,
			"%s has %zu of %" PRId64 " signatures; these have not signed: %s",
			vkjson_text(vkjson_get(item, "whose")),
			vkjson_count(vkjson_get(item, "signed")),
			vkjson_integer(vkjson_get(item, "threshold")), names.data);
		vk_err_hint(err, "they run 'vkcfg root sign FILE'");
		vk_buf_release(&names);
	}
	vkjson_free(list);
	return rc;
}

static enum vk_rc upload(const struct ceremony_run *run, struct vk_err *err)
{
	const struct ceremony *ceremony = &run->ceremony;
	const struct ceremony_part *environment = ceremony_environment(ceremony);
	bool is_refresh = ceremony->count == 1 && environment != NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *files = vkjson_object();
	struct vkjson *reply = NULL;
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < ceremony->count; i++) {
		const struct ceremony_part *part = &ceremony->parts[i];
		char name[VK_NAME_BYTES + 32];
		struct vk_buf text;

		snprintf(name, sizeof(name), "%" PRId64 ".%s.json", tuf_meta_version(part->meta),
			part->role);
		vk_buf_init(&text, TUF_TARGETS_MAX_BYTES);
		rc = ceremony_part_file(part, &text, err);
		if (rc == VK_OK)
			vkjson_set(files, name, vkjson_stringn(text.data, text.len));
		vk_buf_release(&text);
	}
	if (rc == VK_OK && ceremony_meta(ceremony, tuf_type_name(TUF_ROOT)) != NULL)
		rc = roots_add_missing(
			run->session, tuf_meta_version(run->trusted.root), files, err);
	vkjson_set(body, "files", files);
	if (rc == VK_OK)
		rc = session_post(
			run->session, is_refresh ? "/v1/refresh" : "/v1/tuf", body, &reply, err);
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}

enum vk_rc ceremony_run_publish(struct ceremony_run *run, struct vk_err *err)
{
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = check_complete(run, err);

	if (rc == VK_OK && run->session == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "you are not enrolled here");
	if (rc == VK_OK)
		rc = upload(run, err);
	if (rc != VK_OK)
		return rc;
	run->is_published = true;
	session_drop_trust(run->session);
	return session_trust(run->session, &tuf, err); /* the server serves what was signed */
}

struct vkjson *ceremony_run_json(const struct ceremony_run *run)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "fleet", vkjson_string(run->ceremony.fleet));
	vkjson_set(object, "parts", ceremony_describe(&run->ceremony, &run->trusted));
	vkjson_set(
		object, "signatures", ceremony_describe_signatures(&run->ceremony, &run->trusted));
	vkjson_set(object, "published", vkjson_bool(run->is_published));
	return object;
}

static void print_part(const struct cli *cli, const struct vkjson *part)
{
	const struct vkjson *changes = vkjson_get(part, "changes");

	cli_say_foreign(cli, CLI_BOLD, vkjson_text(vkjson_get(part, "role")));
	cli_say(cli, ", version %" PRId64 "\n", vkjson_integer(vkjson_get(part, "version")));
	for (size_t i = 0; i < vkjson_count(changes); i++) {
		cli_say(cli, "  ");
		cli_say_foreign(cli, CLI_PLAIN, vkjson_text(vkjson_at(changes, i)));
		cli_say(cli, "\n");
	}
}

static void print_signatures(const struct cli *cli, const struct vkjson *item)
{
	static const char *const members[] = {"signed", "missing"};

	cli_say_foreign(cli, CLI_PLAIN, vkjson_text(vkjson_get(item, "whose")));
	cli_say(cli, ": %zu of %" PRId64 " signatures", vkjson_count(vkjson_get(item, "signed")),
		vkjson_integer(vkjson_get(item, "threshold")));
	cli_say_in(cli, vkjson_is_true(vkjson_get(item, "complete")) ? CLI_GOOD : CLI_WARN, "%s\n",
		vkjson_is_true(vkjson_get(item, "complete")) ? ", enough" : ", more are needed");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct vkjson *names = vkjson_get(item, members[i]);
		struct vk_buf text;

		if (vkjson_count(names) == 0)
			continue;
		vk_buf_init(&text, CEREMONY_FILE_MAX_BYTES);
		list_names(names, &text);
		cli_say(cli, "  %s: ", members[i]);
		cli_say_foreign(cli, CLI_PLAIN, text.data);
		cli_say(cli, "\n");
		vk_buf_release(&text);
	}
}

void ceremony_run_print_signatures(const struct ceremony_run *run)
{
	struct vkjson *list = ceremony_describe_signatures(&run->ceremony, &run->trusted);

	for (size_t i = 0; i < vkjson_count(list); i++)
		print_signatures(run->cli, vkjson_at(list, i));
	vkjson_free(list);
}

void ceremony_run_print(const struct ceremony_run *run)
{
	struct vkjson *parts = ceremony_describe(&run->ceremony, &run->trusted);

	for (size_t i = 0; i < vkjson_count(parts); i++)
		print_part(run->cli, vkjson_at(parts, i));
	cli_say(run->cli, "\n");
	ceremony_run_print_signatures(run);
	vkjson_free(parts);
}
