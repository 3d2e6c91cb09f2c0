-- Each upload's share of its link's limits, computed from the uploads. stays is false for a row of link_uploads that should be gone;
-- recorded is null where the row is missing. A finished file keeps its share when it is deleted, and when its upload is forgotten. A part
-- of 0 bytes has passed its share to the upload that was joined from it.
create function link_takings() returns table (upload uuid, link uuid, is_part boolean, stays boolean, bytes bigint, recorded bigint)
language sql stable as $$
    select coalesce(r.upload, u.id), l.id, coalesce(u.is_part, r.is_part), k.stays,
        case
            when u.id is null then r.bytes
            when u.is_part and r.bytes = 0 then 0
            when u.parts <> '{}' and not is_received(u.state) then coalesce(r.bytes, 0)
            else coalesce(u.size, least(l.max_size, l.max_bytes), 0)
        end,
        r.bytes
    from link_uploads r
    full join (select n.* from uploads n where starts_with(n.subject, 'link:')) u on u.id = r.upload
    join links l on l.id = coalesce(r.link, link_of(u.subject))
    cross join lateral (
        select case
            when u.id is null then not r.is_part
            else is_present(u.state) or (u.completed_at is not null and not u.is_part)
        end as stays
    ) k
    where k.stays or r.upload is not null
$$;
