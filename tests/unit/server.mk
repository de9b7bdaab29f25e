# Unit tests of server.
