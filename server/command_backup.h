/* SPDX-License-Identifier: BSD-3-Clause */
/* `vkcfgd backup` and `vkcfgd restore` on the command line. */
#ifndef VK_SERVER_COMMAND_BACKUP_H
#define VK_SERVER_COMMAND_BACKUP_H

#include "common/err.h"

VK_CHECKED enum vk_rc command_backup(int argc, char **argv, struct vk_err *err);
VK_CHECKED enum vk_rc command_restore(int argc, char **argv, struct vk_err *err);

#endif
