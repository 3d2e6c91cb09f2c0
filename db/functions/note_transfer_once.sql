-- Adds a sentence to the story of a transfer, unless it was told a few minutes ago: many files may meet the same failure.
create function note_transfer_once(p_transfer uuid, p_item uuid, p_kind text, p_text text default null) returns void language sql as $$
    insert into transfer_events (transfer, item, kind, text)
    select p_transfer, p_item, p_kind, p_text
    where not exists (
        select from (select e.* from transfer_events e where e.transfer = p_transfer order by e.number desc limit 50) e
        where e.kind = p_kind and e.text is not distinct from p_text and e.at > now() - interval '10 minutes')
$$;
