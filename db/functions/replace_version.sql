-- Makes the current content of a file an earlier one and returns its size: the only UPDATE that does. Content that came after the upload
-- that replaces it had begun (p_begun) has lost a conflict, because its author and the sender did not know of each other. An empty content
-- that its own subject replaces within a day only held the place, as Finder and Windows do it. The metadata that file managers write makes
-- no versions: what is replaced of it is freed by the next purge. The caller holds the row of the space.
create function replace_version(p_entry uuid, p_number int, p_subject text, p_begun timestamptz) returns bigint language plpgsql as $$
declare
    v_clock     bigint := service_seconds();
    v_versioned boolean := is_versioned(p_entry);
    v_size      bigint;
begin
    update entry_versions v
    set until = now(), until_clock = case when x.metadata then -1 else v_clock end, placeholder = x.placeholder, loser = x.loser,
        kept = not x.metadata and (v_versioned or v.label is not null or x.loser),
        due = v_clock + case when v_versioned then 0 else 604800 end
    from (
        select o.size = 0 and o.subject = p_subject and o.created_at > now() - interval '1 day' as placeholder,
               o.size > 0 and coalesce(o.created_at > p_begun, false) as loser,
               o.label is null and is_metadata_name(e.name) as metadata
        from entry_versions o join entries e on e.id = o.entry where o.entry = p_entry and o.number = p_number
    ) x
    where v.entry = p_entry and v.number = p_number
    returning v.size into v_size;
    return v_size;
end $$;
