/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_advice.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/key_set.h"
#include "client/admin/secret_remote.h"
#include "client/admin/secret_seals.h"
#include "client/admin/secret_source.h"
#include "common/config/tree.h"
#include "common/mem.h"
#include "common/tuf/tuf_client.h"
#include "common/vkjson.h"

#include "common/banned.h"

struct advice {
	struct vkjson *rotate;
	struct vkjson *reseal;
};

static struct advice new_advice(void)
{
	return (struct advice){.rotate = vkjson_array(), .reseal = vkjson_array()};
}

/* Takes the advice. */
static struct vkjson *advice_json(struct advice *advice)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "rotate", advice->rotate);
	vkjson_set(object, "reseal", advice->reseal);
	return object;
}

static void advice_release(struct advice *advice)
{
	vkjson_free(advice->rotate);
	vkjson_free(advice->reseal);
}

/* version 0: of the secret as a whole. */
static void add(struct vkjson *list, const char *name, int64_t version, const char *recipient)
{
	struct vkjson *item = vkjson_object();

	vkjson_set(item, "name", vkjson_string(name));
	if (version != 0)
		vkjson_set(item, "version", vkjson_int(version));
	vkjson_set(item, "recipient", vkjson_string(recipient));
	vkjson_append(list, item);
}

/* Whether a version is valid in both. */
static bool is_kept(const struct cfg_secret_info *before, const struct cfg_secret_info *after)
{
	struct cfg_pin old[CFG_PINS_MAX], new[CFG_PINS_MAX];
	size_t old_count = cfg_pins_valid(&before->pins, old);
	size_t new_count = cfg_pins_valid(&after->pins, new);

	for (size_t i = 0; i < old_count; i++) {
		for (size_t n = 0; n < new_count; n++) {
			if (strcmp(old[i].sha256, new[n].sha256) == 0)
				return true;
		}
	}
	return false;
}

/* Those who could open what is still in force, and no longer may. */
static void advise_rotation(struct advice *advice, const struct cfg_secrets *before,
	const struct cfg_secrets *after, const struct cfg_secret_info *info)
{
	const struct cfg_secret_info *old = cfg_secrets_find(before, info->name);
	struct key_set entitled;

	if (old == NULL || !is_kept(old, info))
		return;
	entitled = key_set_of_tree(after, info);
	for (size_t i = 0; i < secret_recipient_count(before, old); i++) {
		const struct cfg_recipient *one = secret_recipient_at(before, old, i);

		if (one->public_key[0] != '\0' && !key_set_has(&entitled, one->public_key))
			add(advice->rotate, info->name, 0, one->label);
	}
	key_set_release(&entitled);
}

static void advise_reseal(struct advice *advice, const struct cfg_secrets *secrets,
	const struct cfg_secret_info *info, const struct vkjson *held)
{
	struct cfg_pin pins[CFG_PINS_MAX];
	size_t count = cfg_pins_valid(&info->pins, pins);

	for (size_t v = 0; v < count; v++) {
		const struct vkjson *item = secret_remote_find(held, pins[v].sha256);
		struct key_set present = key_set_of_list(vkjson_get(item, "recipients"));

		for (size_t i = 0; i < secret_recipient_count(secrets, info); i++) {
			const struct cfg_recipient *one = secret_recipient_at(secrets, info, i);

			if (!key_set_has(&present, one->public_key))
				add(advice->reseal, info->name, pins[v].version, one->label);
		}
		key_set_release(&present);
	}
}

static bool has_pins(const struct cfg_secrets *secrets)
{
	for (size_t i = 0; i < cfg_secrets_count(secrets); i++) {
		if (cfg_secrets_at(secrets, i)->pins.current.version != 0)
			return true;
	}
	return false;
}

static enum vk_rc advise(struct session *session, const char *environment,
	const struct cfg_secrets *before, const struct cfg_secrets *after, struct advice *advice,
	struct vk_err *err)
{
	struct vkjson *held = NULL;
	enum vk_rc rc;

	if (!has_pins(after))
		return VK_OK;
	rc = secret_remote_list(session, environment, NULL, &held, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_secrets_count(after); i++) {
		const struct cfg_secret_info *info = cfg_secrets_at(after, i);

		if (before != NULL)
			advise_rotation(advice, before, after, info);
		advise_reseal(advice, after, info, held);
	}
	vkjson_free(held);
	return rc;
}

enum vk_rc secret_advice_of(struct session *session, const char *environment,
	const struct cfg_tree *before, const struct cfg_tree *after, struct vkjson **out,
	struct vk_err *err)
{
	struct cfg_secrets *old = NULL, *new = NULL;
	struct advice advice = new_advice();
	enum vk_rc rc = cfg_secrets_read(after, environment, NULL, &new, err);

	/* A tree of an older language says nothing of secrets. */
	if (rc == VK_OK && before != NULL &&
		cfg_secrets_read(before, environment, NULL, &old, NULL) != VK_OK)
		old = NULL;
	if (rc == VK_OK)
		rc = advise(session, environment, old, new, &advice, err);
	cfg_secrets_free(old);
	cfg_secrets_free(new);
	if (rc == VK_OK)
		*out = advice_json(&advice);
	else
		advice_release(&advice);
	return rc;
}

enum vk_rc secret_advice_of_host(struct session *session, const char *environment, const char *host,
	struct vkjson **out, struct vk_err *err)
{
	struct advice advice = new_advice();
	struct secret_source source;
	enum vk_rc rc;

	secret_source_init(&source);
	rc = secret_source_load_released(session, environment, &source, err);
	for (size_t i = 0;
		rc == VK_OK && source.secrets != NULL && i < cfg_secrets_count(source.secrets);
		i++) {
		const struct cfg_secret_info *info = cfg_secrets_at(source.secrets, i);

		for (size_t h = 0; h < info->host_count; h++) {
			const struct cfg_recipient *one = cfg_secret_host_at(info, h);

			if (strcmp(one->name, host) == 0)
				add(advice.rotate, info->name, 0, one->label);
		}
	}
	secret_source_release(&source);
	if (rc == VK_OK)
		*out = advice_json(&advice);
	else
		advice_release(&advice);
	return rc;
}

static bool is_keeper(const struct cfg_secrets *secrets, const char *name)
{
	for (size_t i = 0; i < cfg_keeper_count(secrets); i++) {
		if (strcmp(cfg_keeper_at(secrets, i)->name, name) == 0)
			return true;
	}
	return false;
}

/* A keeper may know all that is pinned. */
static enum vk_rc advise_keeper(struct session *session, const char *environment,
	const char *keeper, struct vkjson *out, struct vk_err *err)
{
	struct advice advice = new_advice();
	char *label = xasprintf("keeper/%s", keeper);
	struct secret_source source;
	enum vk_rc rc;

	secret_source_init(&source);
	rc = secret_source_load_released(session, environment, &source, err);
	if (rc == VK_OK && source.secrets != NULL && is_keeper(source.secrets, keeper)) {
		for (size_t i = 0; i < cfg_secrets_count(source.secrets); i++) {
			const struct cfg_secret_info *info = cfg_secrets_at(source.secrets, i);

			if (info->pins.current.version != 0)
				add(advice.rotate, info->name, 0, label);
		}
	}
	if (vkjson_count(advice.rotate) > 0)
		vkjson_set(out, environment, advice_json(&advice));
	else
		advice_release(&advice);
	secret_source_release(&source);
	free(label);
	return rc;
}

enum vk_rc secret_advice_of_keeper(
	struct session *session, const char *keeper, struct vkjson **out, struct vk_err *err)
{
	struct vkjson *all = vkjson_object();
	struct tuf_client *tuf = NULL;
	const struct tuf_meta *targets;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc == VK_OK) {
		targets = tuf_client_targets(tuf);
		for (size_t i = 0; rc == VK_OK && i < tuf_meta_delegation_count(targets); i++)
			rc = advise_keeper(session, tuf_meta_delegation_at(targets, i)->name,
				keeper, all, err);
	}
	if (rc == VK_OK)
		*out = all;
	else
		vkjson_free(all);
	return rc;
}

static const char *text_of(const struct vkjson *list, size_t i, const char *member)
{
	const char *text = vkjson_text(vkjson_get(vkjson_at(list, i), member));

	return text != NULL ? text : "";
}

void secret_advice_print(
	const struct cli *cli, const char *environment, const struct vkjson *advice)
{
	const struct vkjson *rotate = vkjson_get(advice, "rotate");
	const struct vkjson *reseal = vkjson_get(advice, "reseal");

	for (size_t i = 0; i < vkjson_count(rotate); i++)
		cli_say(cli, "%s may know secret %s: vkcfg secret rotate %s %s\n",
			text_of(rotate, i, "recipient"), text_of(rotate, i, "name"), environment,
			text_of(rotate, i, "name"));
	for (size_t i = 0; i < vkjson_count(reseal); i++)
		cli_say(cli, "%s cannot open secret %s version %lld yet\n",
			text_of(reseal, i, "recipient"), text_of(reseal, i, "name"),
			(long long)vkjson_integer(vkjson_get(vkjson_at(reseal, i), "version")));
	if (vkjson_count(reseal) > 0)
		cli_say(cli, "a keeper of %s seals them: vkcfg secret reseal %s --tree DIR\n",
			environment, environment);
}
