-- Which CA has issued a certificate: SHA-256 of the CA's DER, in hexadecimal digits. Empty: the CA
-- that the fleet was founded with, until vkcfgd starts and fills it in.

ALTER TABLE certificates ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
