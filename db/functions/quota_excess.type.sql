-- A limit that has no room: its scope, what it limits, how much, and how much of that is used. The names are those of no row beside which
-- it is answered.
create type quota_excess as (
    limit_scope text,
    limit_name  text,
    limit_most  bigint,
    limit_used  bigint
);
