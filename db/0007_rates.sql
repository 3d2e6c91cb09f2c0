-- How often and how many at a time: requests, new uploads, and transfers of a tenant, a user, a key or an address.
alter table limits
    add column requests_per_minute  bigint check (requests_per_minute > 0),
    add column creations_per_minute bigint check (creations_per_minute > 0),
    add column transfers            bigint check (transfers > 0);  -- requests that carry a file's bytes
