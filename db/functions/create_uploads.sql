-- Creates uploads (a JSON array), or finds those that were created with the same idempotency keys. The answers have the order of the array.
create function create_uploads(p_incarnation bigint, p_uploads json)
returns table (outcome text, upload upload_now, excess quota_excess)
language plpgsql as $$
declare
    v_new   uploads[] := array(select n from json_populate_recordset(null::uploads, p_uploads) n);
    v_now   bigint := service_seconds();
    v_made  upload_made[];
    v_one   upload_made;
    v_found uploads[];
    v_lacks quota_excess[];
    u       uploads;
begin
    if lock_incarnation(p_incarnation) is null then
        return query select 'fenced', null::upload_now, null::quota_excess from unnest(v_new);
        return;
    end if;
    -- Waits for other creations with the same keys; after that there is a row, or there is none.
    v_made := array(select m from insert_uploads(p_incarnation, p_uploads, v_now) m);
    select array_agg(m.made order by n.ordinality), array_agg(m.excess order by n.ordinality) into v_found, v_lacks
    from unnest(v_new) with ordinality n left join unnest(v_made) m on (m.made).id = n.id;
    for i in 1 .. cardinality(v_new) loop
        while v_found[i].id is null loop
            -- The same id: the caller repeats a creation whose reply was lost (E10).
            select * into u from uploads o
            where o.id = v_new[i].id
               or (o.tenant = v_new[i].tenant and o.subject = v_new[i].subject and o.idempotency_key = v_new[i].idempotency_key);
            -- No row: the other creation was rolled back, or its upload was removed just now.
            if not found then
                select * into v_one from insert_uploads(p_incarnation, json_build_array(p_uploads -> (i - 1)), v_now);
                u := v_one.made;
                v_lacks[i] := v_one.excess;
            end if;
            v_found[i] := u;
        end loop;
    end loop;
    return query
        select case
                   when v_found[i].state = 'refused' then v_found[i].state_reason
                   when v_found[i].id = v_new[i].id then 'fresh'
                   when v_found[i].idempotency_hash is distinct from v_new[i].idempotency_hash then 'mismatch'
                   else 'known'
               end,
               case when v_found[i].state <> 'refused' then upload_seen(v_found[i], v_now) end, v_lacks[i]
        from generate_subscripts(v_new, 1) i order by i;
end $$;
