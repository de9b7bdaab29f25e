/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "common/process.h"

#include "common/banned.h"

enum { PASSWD_BUF_BYTES = 16384 };

static enum vk_rc become(const struct passwd *entry, struct vk_err *err)
{
	if (initgroups(entry->pw_name, entry->pw_gid) != 0 ||
		setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
		setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot become '%s'", entry->pw_name);
	if (setuid(0) == 0 || geteuid() != entry->pw_uid || getegid() != entry->pw_gid)
		return vk_err_set(err, VK_EIO, "root was not given up");
	vk_process_hide_memory(); /* the change of user may have undone it */
	return VK_OK;
}

enum vk_rc pull_drop_root(const char *user, struct vk_err *err)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char text[PASSWD_BUF_BYTES];
	int reason;

	if (user == NULL && geteuid() != 0)
		return VK_OK;
	if (user == NULL) {
		vk_err_set(err, VK_EDENIED, "vkcfg-pull does not run as root");
		vk_err_hint(err, "name the user that it becomes: 'user' in pull.yaml");
		return VK_EDENIED;
	}
	reason = getpwnam_r(user, &entry, text, sizeof(text), &found);
	if (found == NULL && reason != 0)
		return vk_err_errno(err, VK_EIO, reason, "cannot look up the user '%s'", user);
	if (found == NULL) {
		vk_err_set(err, VK_EINPUT, "there is no user '%s' on this machine", user);
		vk_err_hint(err, "create it: useradd --system --no-create-home %s", user);
		return VK_EINPUT;
	}
	if (entry.pw_uid == 0)
		return vk_err_set(err, VK_EDENIED, "the user '%s' is root: name another one", user);
	if (geteuid() == entry.pw_uid && getuid() == entry.pw_uid)
		return VK_OK;
	if (geteuid() != 0)
		return vk_err_set(err, VK_EDENIED, "started as uid %u, which cannot become '%s'",
			(unsigned)geteuid(), user);
	return become(&entry, err);
}
