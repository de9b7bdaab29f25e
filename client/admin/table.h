/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables for people, out of an array of JSON objects: the same array that
 * --json prints. Columns are as wide as their widest cell; the last one is not
 * padded.
 */
#ifndef ADMIN_TABLE_H
#define ADMIN_TABLE_H

struct cli;
struct vkjson;

enum table_kind {
	TABLE_TEXT,   /* strings, numbers, booleans (yes, no); arrays of them with commas */
	TABLE_NUMBER, /* to the right */
	TABLE_TIME,   /* 2026-11-23 01:33:05Z */
	TABLE_DIGEST, /* the first 12 digits */
	TABLE_STATE,  /* coloured by what the word means */
	TABLE_COUNT,  /* the number of elements of an array */
};

struct table_column {
	const char *title;
	const char *member; /* of the item */
	enum table_kind kind;
};

/* Columns end with a row without title. Prints empty_text (may be NULL) where there are no
 * items. Does nothing with --json. */
void table_print(const struct cli *cli, const struct table_column *columns,
	const struct vkjson *items, const char *empty_text);

/* One "title: value" line for each column, of one object; members that are missing are left out. */
void table_print_object(
	const struct cli *cli, const struct table_column *columns, const struct vkjson *object);

#endif
