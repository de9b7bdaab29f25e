/* SPDX-License-Identifier: BSD-3-Clause */
/* How the text of a file changes, for whoever has to approve it: nothing is left out. */
#ifndef VK_ADMIN_FILE_LINES_H
#define VK_ADMIN_FILE_LINES_H

#include "client/admin/cli.h"

/* Prints the lines from the first to the last that differs, those of before with '-' and those of
 * after with '+', each made printable. NULL: there is no such file on that side. */
void file_lines_print(const struct cli *cli, const char *before, const char *after);

#endif
