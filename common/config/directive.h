/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directives of Valkey, a schema for each version from 7.2 (schema/directives/, compiled in).
 * Constant data. A Sentinel reads some of them, and has its own: its schema is that of the version
 * "sentinel 8.0". All functions but cfg_version_is_known() and those that list versions take both.
 */
#ifndef VK_CONFIG_DIRECTIVE_H
#define VK_CONFIG_DIRECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vk_buf;

enum cfg_type {
	CFG_TYPE_BOOL,
	CFG_TYPE_INT,		    /* min..max */
	CFG_TYPE_UINT,		    /* min..umax */
	CFG_TYPE_OCTAL,		    /* file mode, up to 0777 */
	CFG_TYPE_MEMORY,	    /* bytes, with k kb m mb g gb */
	CFG_TYPE_PERCENT_OR_MEMORY, /* 10% or bytes */
	CFG_TYPE_ENUM,
	CFG_TYPE_FLAGS,	 /* a set of enum values, printed in the table's order */
	CFG_TYPE_STRING, /* values: characters besides letters and digits; max: length; 0: any */
	CFG_TYPE_HOSTNAME,
	CFG_TYPE_IPV4,
	CFG_TYPE_IPV6,
	CFG_TYPE_PATH,	   /* in a tree: empty, or a placeholder of the host and a relative path */
	CFG_TYPE_FILENAME, /* a name without directories */
	CFG_TYPE_BIND,	   /* addresses */
	CFG_TYPE_SAVE,	   /* pairs: seconds, changes */
	CFG_TYPE_OUTPUT_LIMIT, /* client-output-buffer-limit */
	CFG_TYPE_EVENTS,       /* notify-keyspace-events */
	CFG_TYPE_PERCENTILES,  /* latency-tracking-info-percentiles */
	CFG_TYPE_OOM_VALUES,   /* three numbers */
	CFG_TYPE_RENAME,       /* rename-command OLD NEW, repeated */
	CFG_TYPE_REFUSED,      /* never in a tree; reason says why */
};

enum cfg_directive_flags {
	CFG_LIVE = 1,		   /* CONFIG SET changes it */
	CFG_SENSITIVE = 2,	   /* its value is a secret: never shown */
	CFG_MULTI = 4,		   /* takes several words */
	CFG_REPEATED = 8,	   /* may stand on several lines of a file */
	CFG_FILE_ONLY = 16,	   /* unknown to CONFIG GET */
	CFG_HIDDEN = 32,	   /* CONFIG GET only by exact name */
	CFG_IGNORED = 64,	   /* a file may have it, and it does nothing */
	CFG_SEALED = 128,	   /* a tree may set it to a secret, and to nothing else */
	CFG_PREFERS_RESTART = 256, /* live, but what was there before keeps the old value */
	CFG_SENTINEL = 512,	   /* a Sentinel reads it too */
	CFG_PER_GROUP = 1024,	   /* of a Sentinel, once for each group that it watches */
};

/* What it takes to change a value, the least first. */
enum cfg_way {
	CFG_WAY_LIVE,
	CFG_WAY_RESTART_PREFERRED, /* live; only a restart applies it to what was there before */
	CFG_WAY_RESTART,
	CFG_WAY_NEVER, /* not by vkcfg */
};

/* Who decides the value. */
enum cfg_owner {
	CFG_OWNER_MANAGED, /* the tree */
	CFG_OWNER_HOST,	   /* the tree, differently for each host: addresses, CPUs, paths */
	CFG_OWNER_EQUAL, /* the tree, the same for the members of a shard: any may become primary */
	CFG_OWNER_SERVER, /* the running servers: roles, what a cluster keeps for itself */
};

#define CFG_SENTINEL_PREFIX "sentinel "

struct cfg_directive {
	const char *name;  /* canonical, as CONFIG GET of this version prints it */
	const char *alias; /* another name that this version understands, or NULL */
	const char *other; /* the name in other versions, or NULL; the server does not know it */
	enum cfg_type type;
	unsigned flags; /* enum cfg_directive_flags */
	enum cfg_owner owner;
	const char
		*fallback; /* the server's default, in CONFIG GET form; NULL: none or per machine */
	int64_t min;
	uint64_t max;
	const char *values; /* enum and flags: "a|b|c"; of a string: characters, or NULL */
	const char *unit;   /* what a number counts: "bytes", "seconds", ...; or NULL */
	const char *reason; /* CFG_TYPE_REFUSED: why a tree may not set it */
	const char *help;   /* one sentence without a full stop */
};

/* True where a schema covers a version like "8.0" or "8.0.1". */
bool cfg_version_is_known(const char *version);

/* True for "sentinel 8.0"; and the version without that word. */
bool cfg_version_is_sentinel(const char *version);
const char *cfg_version_number(const char *version);

/* The version by which the rest of a tree is checked that names none; such a tree is refused. */
const char *cfg_version_default(void);

/* The known versions, oldest first; at() aborts past the end. */
size_t cfg_version_count(void);
const char *cfg_version_at(size_t i);

/* Its place among them, so that versions can be compared; the count for an unknown one. */
size_t cfg_version_order(const char *version);

/* "7.2, 8.0, 8.1": for messages. Appends. */
void cfg_version_list(struct vk_buf *out);

/* By name, alias or the name in other versions, whatever the case; NULL where that version has no
 * such directive or the version is unknown. */
const struct cfg_directive *cfg_directive_find(const char *name, const char *version);

/* How a directive is changed; NULL, one that is not known: with a restart. */
enum cfg_way cfg_directive_way(const struct cfg_directive *directive);

/* "live", "restart-preferred", "restart", "never". */
const char *cfg_way_name(enum cfg_way way);

/* For people: "live, restart preferred". */
const char *cfg_way_words(enum cfg_way way);

/* "the tree", "the running servers". */
const char *cfg_owner_words(enum cfg_owner owner);

/* The oldest version that has a directive of that name, or NULL. */
const char *cfg_version_with(const char *name);

/* All directives of a version in byte order of their names; 0 for an unknown version. */
size_t cfg_directive_count(const char *version);
const struct cfg_directive *cfg_directive_at(const char *version, size_t i);

/* The known name closest to a misspelt one, or NULL if none is close. */
const char *cfg_directive_nearest(const char *name, const char *version);

#endif
