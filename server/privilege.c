/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "common/banned.h"

enum { PASSWD_BUF_BYTES = 16384 };

static enum vk_rc keep_name(struct privilege_user *user, const char *name, struct vk_err *err)
{
	size_t len = strlen(name);

	if (len >= sizeof(user->name))
		return vk_err_set(err, VK_EINPUT, "the user's name is too long");
	memcpy(user->name, name, len + 1);
	return VK_OK;
}

static enum vk_rc look_up(const char *name, struct privilege_user *out, struct vk_err *err)
{
	struct privilege_user user = {0};
	struct passwd entry, *found = NULL;
	char text[PASSWD_BUF_BYTES];
	int reason = getpwnam_r(name, &entry, text, sizeof(text), &found);

	if (found == NULL && reason != 0)
		return vk_err_errno(err, VK_EIO, reason, "cannot look up the user '%s'", name);
	if (found == NULL) {
		vk_err_set(err, VK_EINPUT, "there is no user '%s' on this machine", name);
		vk_err_hint(err, "create it: useradd --system --no-create-home %s", name);
		return VK_EINPUT;
	}
	user.uid = entry.pw_uid;
	user.gid = entry.pw_gid;
	if (keep_name(&user, name, err) != VK_OK)
		return err->rc;
	*out = user;
	return VK_OK;
}

enum vk_rc privilege_find_user(const char *name, struct privilege_user *out, struct vk_err *err)
{
	struct privilege_user user = {.uid = geteuid(), .gid = getegid()};
	enum vk_rc rc;

	if (*name == '\0' && user.uid != 0) {
		*out = user;
		return VK_OK;
	}
	if (*name == '\0') {
		vk_err_set(err, VK_EDENIED, "vkcfgd does not run as root");
		vk_err_hint(
			err, "name the user it becomes: 'user' in vkcfgd.yaml, --user for init");
		return VK_EDENIED;
	}
	rc = look_up(name, &user, err);
	if (rc != VK_OK)
		return rc;
	if (user.uid == 0)
		return vk_err_set(err, VK_EDENIED, "the user '%s' is root: name another one", name);
	if (geteuid() != 0 && geteuid() != user.uid)
		return vk_err_set(err, VK_EDENIED, "started as uid %u, which cannot become '%s'",
			(unsigned)geteuid(), name);
	*out = user;
	return VK_OK;
}

enum vk_rc privilege_drop(const struct privilege_user *user, struct vk_err *err)
{
	if (geteuid() == user->uid && getuid() == user->uid)
		return VK_OK;
	if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
		setresuid(user->uid, user->uid, user->uid) != 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot become '%s'", user->name);
	if (setuid(0) == 0 || geteuid() != user->uid || getegid() != user->gid)
		return vk_err_set(err, VK_EIO, "root was not given up");
	return VK_OK;
}
