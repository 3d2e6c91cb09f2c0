-- Gives the tree a digest that was computed after the upload was published (E25). The caller holds the row of the upload.
create function note_digest(p_upload uuid, p_sha256 bytea) returns void language plpgsql as $$
declare
    v_space   uuid;
    v_entries uuid[];
begin
    for v_space in
        select distinct e.space from entry_versions v join entries e on e.id = v.entry where v.upload = p_upload order by 1
    loop
        perform lock_space(v_space);
        update entry_versions v set sha256 = p_sha256
        from entries e where v.upload = p_upload and e.id = v.entry and e.space = v_space;
        -- A removed entry has no change after its removal; if it is restored, that change brings the digest.
        v_entries := array(
            select e.id from entry_versions v join entries e on e.id = v.entry and e.version = v.number
            where v.upload = p_upload and e.space = v_space and e.removed_at is null order by e.id);
        perform add_changes(
            v_space, v_entries, array_fill('hashed'::text, array[cardinality(v_entries)]),
            array_fill('system'::text, array[cardinality(v_entries)]));
    end loop;
end $$;
