# Unit tests of pull.
