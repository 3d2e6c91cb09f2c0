-- What decides about the earlier contents of a file: the policy of the nearest folder (last is null where there is none), and since when,
-- by the service clock, it holds there.
create type version_rule as (folder uuid, last int, hours int, days int, weeks int, bytes bigint, since bigint);
