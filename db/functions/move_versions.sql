-- Moves the earlier contents of a file to the entry that it has become in another space. The entry's current version takes the number, the
-- name, the author and the time of the original's, whose row keeps only its own current content. Returns the moved bytes. The caller holds
-- the rows of both spaces and of the uploads.
create function move_versions(p_from uuid, p_to uuid) returns bigint language plpgsql as $$
declare
    v_number int;
    v_bytes  bigint;
    v        entry_versions;
begin
    select o.* into v from entry_versions o join entries e on e.id = o.entry and e.version = o.number where e.id = p_from;
    -- The number rises once more, so that no moved version gets the number of another one.
    update entry_versions o
    set number = v.number, label = v.label, subject = v.subject, created_at = v.created_at
    from entries e where e.id = p_to and o.entry = e.id and o.number = e.version
    returning o.number into v_number;
    update entries set version = v_number where id = p_to;
    with moved as (
        update entry_versions o set entry = p_to where o.entry = p_from and o.number <> v.number returning o.size
    )
    select coalesce(sum(m.size), 0) into v_bytes from moved m;
    return v_bytes;
end $$;
