-- Whose doing a drift is. For one that a person has announced: with which ticket, and until when.

ALTER TABLE drifts ADD COLUMN cause TEXT NOT NULL DEFAULT 'unauthorised';
ALTER TABLE drifts ADD COLUMN ticket TEXT NOT NULL DEFAULT '';
ALTER TABLE drifts ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
