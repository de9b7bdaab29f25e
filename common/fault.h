/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fault points: named places where a test kills the process as a power cut
 * would, to see what the next start makes of the rest. They exist only in the
 * copies of the programs that tests/e2e runs (built with VK_FAULT_POINTS); in
 * what `make install` installs, fault_point() is nothing, and a test looks at
 * the binaries to prove it.
 *
 * VKCFG_FAULT=NAME dies when NAME is reached, VKCFG_FAULT=NAME:3 when it is
 * reached for the third time. Names are "program.step", for example
 * "pull.switched". No handler runs and nothing is flushed: SIGKILL.
 *
 * VKCFG_FAULT_OTHER=PIDFILE kills that process first, and waits until it is
 * dead; with VKCFG_FAULT_SPARE=1 it dies alone. VKCFG_FAULT_TRACE=FILE appends
 * the name of each point that is reached to a file that is there.
 *
 * Place one after each step whose effect must survive alone. Safe from any
 * thread.
 */
#ifndef VK_FAULT_H
#define VK_FAULT_H

#ifdef VK_FAULT_POINTS
#define fault_point(name) vk_fault_reached(name)
#else
#define fault_point(name) ((void)0)
#endif

/* Use fault_point(). Returns unless VKCFG_FAULT asks for this point. */
void vk_fault_reached(const char *name);

#endif
