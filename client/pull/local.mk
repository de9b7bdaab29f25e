# client/pull
