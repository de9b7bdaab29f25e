/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/instance.h"

#include <fcntl.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/acl.h"
#include "common/file.h"

#include "common/banned.h"

static enum vk_rc read_password(const char *path, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, VK_FILE_PRIVATE, out, err);

	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "password-file");
	while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		out->data[--out->len] = '\0';
	return VK_OK;
}

static enum vk_rc log_in(
	struct valkey *valkey, const char *user, const char *password_file, struct vk_err *err)
{
	struct vk_buf password;
	enum vk_rc rc;

	vk_buf_init(&password, INSTANCE_PASSWORD_MAX_BYTES);
	rc = read_password(password_file, &password, err);
	if (rc == VK_OK)
		rc = valkey_auth(valkey, user, password.data, err);
	vk_buf_release_wiped(&password);
	return rc;
}

/* A Valkey that does not know the agent's user yet. */
static enum vk_rc first_contact(
	const struct instance *instance, struct valkey *valkey, struct vk_err *err)
{
	struct reply *reply;
	enum vk_rc rc;

	if (instance->password_file != NULL)
		return log_in(valkey, instance->user, instance->password_file, err);
	rc = valkey_command(valkey, VALKEY_ARGV("PING"), &reply, err);
	if (rc != VK_OK)
		return rc;
	if (reply_is_error(reply, "NOAUTH") || reply_is_error(reply, "DENIED")) {
		rc = vk_err_set(
			err, VK_EDENIED, "Valkey asks for a password that the agent has not got");
		vk_err_hint(err, "set user and password-file of instance %s for the first contact",
			instance->name);
	}
	reply_free(reply);
	return rc;
}

static enum vk_rc connect_with(const struct instance *instance, bool is_agent_only,
	struct valkey **out, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	enum vk_rc rc;

	if (instance->silence != NULL) {
		vk_err_set(err, VK_EUNAVAIL, "Valkey %s", instance->silence);
		vk_err_hint(err, "it is not down, so nothing is done to it until it answers");
		return VK_EUNAVAIL;
	}
	rc = valkey_open(
		&instance->address, &instance->tls, INSTANCE_COMMAND_TIMEOUT_MS, &valkey, err);
	if (rc != VK_OK)
		return rc;
	rc = valkey_auth(valkey, CFG_AGENT_USER, instance->agent_password, err);
	if (rc == VK_EDENIED && !is_agent_only) {
		struct vk_err other = VK_ERR_INIT;

		/* Protected mode refuses and hangs up: the refusal is what counts. */
		if (first_contact(instance, valkey, &other) == VK_OK || other.rc != VK_EUNAVAIL) {
			rc = other.rc;
			*err = other;
		}
	}
	if (rc == VK_OK)
		*out = valkey;
	else
		valkey_free(valkey);
	return rc;
}

enum vk_rc instance_connect(
	const struct instance *instance, struct valkey **out, struct vk_err *err)
{
	return connect_with(instance, false, out, err);
}

enum vk_rc instance_connect_as_agent(
	const struct instance *instance, struct valkey **out, struct vk_err *err)
{
	return connect_with(instance, true, out, err);
}

enum vk_rc instance_try_login(const struct instance *instance, const char *user,
	const char *password_file, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	enum vk_rc rc = valkey_open(
		&instance->address, &instance->tls, INSTANCE_COMMAND_TIMEOUT_MS, &valkey, err);

	if (rc == VK_OK)
		rc = log_in(valkey, user, password_file, err);
	valkey_free(valkey);
	return rc;
}
