-- An event is about a topic. Events of uploads have theirs in upload_id, as before; those of anything else name its kind and id, and whose
-- it is.
alter table events
    add column topic_kind text not null default 'upload',
    add column topic_id   text not null default '',
    add column owner      text;
update events e
set topic_kind = case
        when e.kind = 'entries_changed' then 'space'
        when e.kind in ('job_started', 'job_ended') then 'job'
        when e.kind = 'certificate_ends' then 'certificate'
        else 'store'
    end,
    topic_id = case
        when e.kind = 'entries_changed' then replace(coalesce(e.data ->> 'space', ''), '-', '')
        when e.kind in ('job_started', 'job_ended') then coalesce(e.data ->> 'job', '')
        when e.kind = 'certificate_ends' then coalesce(e.data ->> 'file', '')
        else 'main'
    end,
    owner = e.subject
where e.upload_id is null;
