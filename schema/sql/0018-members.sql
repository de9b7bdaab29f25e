-- What the members of a shard have to have in common, as digests: {"maxmemory":"0123456789abcdef"}; with
-- whom an instance is compared: "GROUP/NUMBER" of the release that was current when it reported.

ALTER TABLE instances ADD COLUMN shard TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';
