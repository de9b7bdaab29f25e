/* SPDX-License-Identifier: BSD-3-Clause */
/* The child process around signer_core.h. */
#ifndef VK_SIGNER_PROCESS_H
#define VK_SIGNER_PROCESS_H

#include "server/signer.h"

/* The rest of the child's life: shuts itself off (no dumps, no other descriptors than its own, no
 * new privileges), reads the keys, greets or says what is wrong, answers until the other end of
 * fd is closed. life_fd is held open, nothing more: its other end tells vkcfgd of the child's
 * death. parent: who must still be there. */
__attribute__((noreturn)) void signer_process_run(
	const struct signer_options *options, int fd, int life_fd, pid_t parent);

#endif
