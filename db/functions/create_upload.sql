create function create_upload(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_protocol_state text, p_is_part boolean, p_slides boolean, p_size bigint, p_sha256 bytea, p_idle_allowance bigint, p_key text, p_key_hash bytea)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint := service_seconds();
    v_id  uuid;
    v_new uploads;
begin
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
        return next;
        return;
    end if;
    loop
        -- Waits for another creation with the same key; then there is a row, or there is none.
        insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, is_part, slides, size, declared_sha256,
                             idle_allowance, active_at, purge_at, idempotency_key, idempotency_hash, incarnation)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_protocol_state::json, p_is_part, p_slides, p_size, p_sha256,
                p_idle_allowance, v_now, v_now + p_idle_allowance, p_key, p_key_hash, p_incarnation)
        on conflict do nothing
        returning * into v_new;
        if found then
            perform add_event(p_tenant, p_subject, p_upload, 'created', jsonb_build_object('size', p_size));
            outcome := 'fresh';
            -- Nobody else sees it yet: what was written is what there is.
            upload := upload_seen(v_new, v_now);
            return next;
            return;
        end if;
        -- The own id is there already: this is the repetition of a creation whose reply was lost.
        select u.id, case
                         when u.id = p_upload then 'fresh'
                         when u.idempotency_hash is distinct from p_key_hash then 'mismatch'
                         else 'known'
                     end
        into v_id, outcome
        from uploads u
        where u.id = p_upload or (u.tenant = p_tenant and u.subject = p_subject and u.idempotency_key = p_key);
        -- None: the other one was rolled back, or removed just now.
        continue when v_id is null;
        select n.* into upload from upload_now n where n.id = v_id;
        return next;
        return;
    end loop;
end $$;
