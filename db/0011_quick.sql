-- What every chunk and every checkpoint asks, in the language whose plans are kept: a function in SQL that is not inlined is parsed and
-- planned again with each statement that uses it.

create or replace function service_seconds() returns bigint language plpgsql stable as $$
begin
    return (select floor(seconds)::bigint from service_clock where only_one);
end $$;

create or replace function add_event(p_tenant text, p_subject text, p_upload uuid, p_kind text, p_data jsonb) returns void language plpgsql as $$
begin
    insert into events (tenant, subject, upload_id, kind, data) values (p_tenant, p_subject, p_upload, p_kind, jsonb_strip_nulls(p_data));
end $$;

create or replace function overlaps_received(p_upload uuid, p_lo bigint, p_hi bigint) returns boolean language plpgsql stable as $$
begin
    return coalesce(
        (select p.start + p.length > p_lo from extents p where p.upload_id = p_upload and p.start < p_hi order by p.start desc limit 1), false);
end $$;

create or replace function last_byte(p_upload uuid) returns bigint language plpgsql stable as $$
begin
    return (select p.start + p.length from extents p where p.upload_id = p_upload order by p.start desc limit 1);
end $$;
