-- Adds a sentence to the story of a transfer.
create function note_transfer(p_transfer uuid, p_item uuid, p_kind text, p_text text default null) returns void language sql as $$
    insert into transfer_events (transfer, item, kind, text) values (p_transfer, p_item, p_kind, p_text)
$$;
