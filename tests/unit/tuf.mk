# Unit tests of tuf.
