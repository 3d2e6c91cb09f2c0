-- Adds a mail and the item of work that sends it. Repeated, it adds nothing.
create function add_mail(p_id uuid, p_writer text, p_content text, p_expires timestamptz) returns void language plpgsql as $$
begin
    insert into mails (id, writer, content, expires_at) values (p_id, p_writer, p_content, p_expires) on conflict do nothing;
    if found then
        perform add_work('mail', p_id);
    end if;
end $$;
