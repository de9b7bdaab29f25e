/* SPDX-License-Identifier: BSD-3-Clause */
/* Room for connections: the limit on open files. */
#ifndef VK_DESCRIPTORS_H
#define VK_DESCRIPTORS_H

/* Raises the soft limit as far as the hard one allows. Returns how many of the wanted connections
 * fit beside what vkcfgd itself has open; logs where it is fewer. */
unsigned descriptors_for_connections(unsigned wanted);

#endif
