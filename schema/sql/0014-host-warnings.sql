-- What a host warns of itself: its certificate was not renewed in time, its CA expires soon.

ALTER TABLE hosts ADD COLUMN warning TEXT NOT NULL DEFAULT '';
