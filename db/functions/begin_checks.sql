-- Begins the checks of uploads that have entered the state checking: insert_uploads and complete_uploads call it with the new rows.
create function begin_checks(p_uploads uploads[], p_subject text default null) returns void language plpgsql as $$
begin
    perform add_work('check', u.id) from unnest(p_uploads) u;
    perform add_events(p_uploads, 'checking', null, p_subject);
end $$;
