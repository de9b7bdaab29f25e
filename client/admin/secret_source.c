/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_source.h"

#include <string.h>

#include "client/admin/args.h"
#include "client/admin/current.h"
#include "client/admin/source.h"
#include "common/digest.h"

#include "common/banned.h"

void secret_source_init(struct secret_source *source)
{
	memset(source, 0, sizeof(*source));
}

void secret_source_release(struct secret_source *source)
{
	cfg_secrets_free(source->secrets);
	cfg_tree_free(source->tree);
	secret_source_init(source);
}

enum vk_rc secret_source_load_released(struct session *session, const char *environment,
	struct secret_source *out, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct current current;
	enum vk_rc rc;

	current_init(&current);
	rc = current_load(session, environment, &current, err);
	if (rc != VK_OK || current.release == NULL)
		goto out;
	vk_digest_format(current.release->tree, digest);
	rc = session_fetch_tree(session, digest, &out->tree, err);
	if (rc == VK_OK)
		rc = cfg_secrets_read(out->tree, environment, NULL, &out->secrets, err);
	if (rc == VK_OK)
		out->release = current.base.number;
out:
	current_release(&current);
	return rc;
}

static enum vk_rc load_own(const struct args *args, const char *environment,
	struct secret_source *out, struct vk_err *err)
{
	enum vk_rc rc = source_load(args, &out->tree, err);

	return rc == VK_OK ? cfg_secrets_read(out->tree, environment, NULL, &out->secrets, err)
			   : rc;
}

enum vk_rc secret_source_load(struct session *session, const struct args *args,
	const char *environment, struct secret_source *out, struct vk_err *err)
{
	enum vk_rc rc;

	if (args_has(args, "tree"))
		return load_own(args, environment, out, err);
	rc = secret_source_load_released(session, environment, out, err);
	if (rc == VK_OK && out->secrets == NULL) {
		rc = vk_err_set(err, VK_ENOTFOUND, "%s has no release yet", environment);
		vk_err_hint(err, "--tree DIR goes by your own tree instead");
	}
	return rc;
}

enum vk_rc secret_source_find(const struct secret_source *source, const char *environment,
	const char *name, const struct cfg_secret_info **out, struct vk_err *err)
{
	const struct cfg_secret_info *info = cfg_secrets_find(source->secrets, name);

	if (info != NULL && info->pins.current.version != 0) {
		*out = info;
		return VK_OK;
	}
	if (source->release != 0)
		vk_err_set(err, VK_ENOTFOUND, "release %s/%lld pins no secret '%s'", environment,
			(long long)source->release, name);
	else
		vk_err_set(err, VK_ENOTFOUND, "your tree pins no secret '%s' for %s", name,
			environment);
	vk_err_hint(err,
		source->release != 0
			? "'vkcfg secret list %s' shows them; --tree DIR goes by your own tree"
			: "'vkcfg secret set %s NAME' makes one",
		environment);
	return VK_ENOTFOUND;
}

struct vk_secret_id secret_source_id(const struct secret_source *source, const char *environment,
	const char *name, int64_t version)
{
	return (struct vk_secret_id){.fleet = cfg_secrets_fleet(source->secrets),
		.environment = environment,
		.name = name,
		.version = version};
}
