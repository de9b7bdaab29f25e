# client/admin
