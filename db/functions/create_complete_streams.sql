-- Creates several streams with all of their bytes. Each object of p_uploads has its sha256, and a checkpoint of the same upload. Returns
-- the created ones, and with the state refused those that the limits have no room for. The caller creates the remaining ones one by one.
create function create_complete_streams(p_incarnation bigint, p_uploads json, p_checkpoints json) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now  bigint := service_seconds();
    v_made uploads[];
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    v_made := array(select m from insert_uploads(p_incarnation, p_uploads, v_now) m);
    perform add_segments(p_incarnation, array(
        select c from json_populate_recordset(null::stream_checkpoint, p_checkpoints) c
        where c.upload_id = any (array(select m.id from unnest(v_made) m where m.state <> 'refused'))));
    return query select (upload_seen(m, v_now)).* from unnest(v_made) m;
end $$;
