-- Lets a new transfer say that the storage of one of its connections has asked for a pause, as those that met it say. Its row is locked.
create function wait_for_pause(p_transfer uuid) returns void language plpgsql as $$
declare
    t       transfers;
    v_key   work_keys;
    v_other transfers;
begin
    select * into t from transfers where id = p_transfer and wait is null;
    select k.* into v_key from work_keys k
    where k.key in ('connection:' || t.source, 'connection:' || t.destination) and k.not_before > now() order by k.not_before desc limit 1;
    if v_key.key is null then
        return;
    end if;
    select o.* into v_other from transfers o
    where 'connection:' || o.source = v_key.key and is_pause_of_storage(o.wait) and o.ended_at is null
          or 'connection:' || o.destination = v_key.key and is_pause_of_storage(o.wait) and o.ended_at is null limit 1;
    update transfers
    set wait = coalesce(v_other.wait, 'rate_limit'), wait_since = now(), wait_until = v_key.not_before, reason = v_other.reason
    where id = t.id;
end $$;
