/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that this project does not use, turned into compile errors. Each has a
 * bounded or thread-safe replacement: vk_buf for building text, vk_parse_uint()
 * for numbers, vk_time_* for dates, fork and execve for programs.
 *
 * Include it last: system headers may mention these names themselves.
 */
#ifndef VK_BANNED_H
#define VK_BANNED_H

#define VK_BANNED(name) sorry_##name##_is_not_used_in_vkcfg

#undef strcpy
#define strcpy(d, s) VK_BANNED(strcpy)
#undef strcat
#define strcat(d, s) VK_BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) VK_BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) VK_BANNED(strncat)
#undef sprintf
#define sprintf(...) VK_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) VK_BANNED(vsprintf)
#undef strtok
#define strtok(s, d) VK_BANNED(strtok)
#undef atoi
#define atoi(s) VK_BANNED(atoi)
#undef atol
#define atol(s) VK_BANNED(atol)
#undef gmtime
#define gmtime(t) VK_BANNED(gmtime)
#undef localtime
#define localtime(t) VK_BANNED(localtime)
#undef ctime
#define ctime(t) VK_BANNED(ctime)
#undef system
#define system(c) VK_BANNED(system)
#undef popen
#define popen(c, m) VK_BANNED(popen)
#undef mktemp
#define mktemp(t) VK_BANNED(mktemp)

#endif
