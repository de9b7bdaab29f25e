/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fields of what INFO answers: lines of "name:value". Pure, and without a copy
 * of the text.
 */
#ifndef VK_VALKEY_INFO_H
#define VK_VALKEY_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies the value of "name:", cut to size; false, and out stays as it is, where there is none. */
bool info_text(const char *info, const char *name, char *out, size_t size);

/* The value as a number; the fallback where there is none, or it is no number. */
int64_t info_int(const char *info, const char *name, int64_t fallback);

/* Of a value like "ip=10.0.0.1,port=6379,state=online": the one behind "name=". False as above. */
bool info_part(const char *value, const char *name, char *out, size_t size);

#endif
