-- Claims a prefix for a new attempt; no row where another attempt has it (E20). The caller chose the new attempt at random, so that a
-- repeated call recognises its own claim.
create function claim_prefix(p_incarnation bigint, p_upload uuid, p_start bigint, p_attempt bigint, p_kept bigint, p_new_attempt bigint)
returns setof prefixes
language plpgsql as $$
begin
    -- 1. and 2.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    perform from uploads where id = p_upload for update;
    -- 3. and 4.
    return query
        update prefixes x set attempt = p_new_attempt, incarnation = p_incarnation
        from uploads u
        where x.upload_id = p_upload and x.start = p_start and x.kept = p_kept and x.attempt in (p_attempt, p_new_attempt)
          and u.id = p_upload and takes_bytes(u.state) and u.damaged_at is null
        returning x.*;
end $$;
