/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a tree's maps: what is read, what "allowed" means, and what editors are told. */
#ifndef VK_CONFIG_KEYS_H
#define VK_CONFIG_KEYS_H

#define CFG_KEYS_OF_LAYER "parameters|config|users|files|clients|apply"

#define CFG_KEYS_FLEET "fleet|environments|valkey"
#define CFG_KEYS_ENVIRONMENT "promotes-from|keepers|" CFG_KEYS_OF_LAYER "|lock|policy|waivers"
#define CFG_KEYS_ROLE "template|valkey|kind|" CFG_KEYS_OF_LAYER "|lock"
#define CFG_KEYS_TEMPLATE "summary|use|extends|reasons|kind|" CFG_KEYS_OF_LAYER "|lock"
#define CFG_KEYS_HOSTS "hosts|public-keys|addresses"
#define CFG_KEYS_HOST "environment|public-key|address|memory|" CFG_KEYS_OF_LAYER "|lock|instances"
#define CFG_KEYS_INSTANCE "role|" CFG_KEYS_OF_LAYER
#define CFG_KEYS_CLUSTER "environment|kind|max-unavailable|shards"
#define CFG_KEYS_REPLICATED "environment|kind|max-unavailable|members|sentinels|quorum|sentinel"
#define CFG_KEYS_ACL "acl-roles"
#define CFG_KEYS_ACL_ROLE "rules|help"
#define CFG_KEYS_PIN "version|sha256"
#define CFG_KEYS_SECRET "version|sha256|next|previous"

#define CFG_KEYS_PARAMETER "type|default|min|max|values|help"
#define CFG_KEYS_USER "acl-roles|rules|passwords|open"
#define CFG_KEYS_FILE "path|mode|from|text|secret"
#define CFG_KEYS_CLIENT "user|formats|password"
#define CFG_KEYS_APPLY                                                                             \
	"allow-data-loss|bake|drift|drift-of|health|restart|restart-window|unmanaged-users"
#define CFG_KEYS_HEALTH "denials|errors|evictions|lag|latency|memory|rejected-connections"
#define CFG_KEYS_POLICY "block"
#define CFG_KEYS_WAIVER "rule|where|reason|owner|expires"

#define CFG_PARAMETER_TYPES "string|integer|boolean|memory|duration-seconds|enum|word|secret"

#endif
