/* SPDX-License-Identifier: BSD-3-Clause */
/* What each of our programs says about itself to the kernel before it touches a secret. */
#ifndef VK_PROCESS_H
#define VK_PROCESS_H

/* From now on this process and its children leave no core file, and no process of the same user may
 * read this one's memory or environment. Best effort. A change of user undoes the second part: call
 * it again afterwards. */
void vk_process_hide_memory(void);

#endif
