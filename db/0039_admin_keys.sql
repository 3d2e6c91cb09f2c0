-- Who manages people grants the roles that have the right to transfer (128): keys with the right to manage (64) have it from now on, too.
update api_keys set scopes = scopes | 128 where scopes & 64 <> 0;
