-- Creates several uploads without idempotency keys. Returns the created ones, and with the state refused those that the limits have no room
-- for. The caller creates the remaining ones one by one.
create function create_uploads(p_incarnation bigint, p_uploads json) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint := service_seconds();
begin
    if lock_incarnation(p_incarnation) is not null then
        return query select (upload_seen(m, v_now)).* from insert_uploads(p_incarnation, p_uploads, v_now) m;
    end if;
end $$;
