-- The usage of these uploads; with p_sign -1, the usage that they give back.
create function usage_wants(p_uploads uploads[], p_sign int) returns usage_want[] language plpgsql immutable as $$
begin
    return array(
        select row(u.id, u.tenant, u.subject, u.maker, p_sign * counted_bytes(u), p_sign * counted_files(u), p_sign * counted_open(u))
            ::usage_want
        from unnest(p_uploads) u);
end $$;
