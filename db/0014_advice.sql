-- What the advisor said and what it knows. Written beside the requests and never waited for: a line that is lost is lost.

create table advice_steps (
    upload_id   uuid not null,
    id          bigint generated always as identity,
    at          timestamptz not null,
    chunk_size  bigint not null,
    concurrency int not null,
    limited_by  text not null,
    -- Bytes per second, seconds, seconds; null while unknown.
    rate        double precision,
    dead_time   double precision,
    mtbf        double precision,
    -- What had become of the requests under the advice before.
    succeeded   int not null,
    failed      int not null,
    bytes       bigint not null,
    primary key (upload_id, id)
);

create index advice_steps_at on advice_steps (at);

create table client_networks (
    id            bigint generated always as identity primary key,
    tenant        text not null,
    subject       text not null,
    -- The client's address without its last part.
    network       text not null,
    first_seen_at timestamptz not null,
    seen_at       timestamptz not null,
    uploaded      bigint not null,
    requests      bigint not null,
    failures      bigint not null,
    -- The sums from which advice begins at the next upload, in the order of Core's LinkFigures.
    figures       double precision[] not null,
    unique (tenant, subject, network)
);

create index client_networks_seen_at on client_networks (seen_at);
create index client_networks_list on client_networks (tenant, id);

-- As before, and the two tables above.
create or replace function trim_history(p_age interval, p_limit int) returns int
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_before timestamptz := now() - p_age;
    v_total  int := 0;
    v_count  int;
    v_ids    uuid[];
begin
    select array_agg(s.id) into v_ids
    from (select id from uploads
          where state in ('cancelled', 'expired', 'failed', 'deleted') and not has_content and state_at < v_before
          order by state_at limit p_limit for update skip locked) s;
    delete from failed_attempts where upload_id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from advice_steps where upload_id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from uploads where id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from failed_attempts
    where (upload_id, id) in (select upload_id, id from failed_attempts where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from advice_steps
    where (upload_id, id) in (select upload_id, id from advice_steps where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from client_networks
    where id in (select id from client_networks where seen_at < v_before order by seen_at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from events where id in (select id from events where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    return v_total + v_count;
end $$;
