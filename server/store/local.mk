# server/store
