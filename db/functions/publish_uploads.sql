-- What follows when uploads have become completed, in whatever way: insert_uploads and complete_uploads call it with the new rows.
create function publish_uploads(p_uploads uploads[], p_subject text default null) returns void language plpgsql as $$
begin
    perform add_events(p_uploads, 'completed', null, p_subject);
end $$;
