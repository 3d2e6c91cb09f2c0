-- The message of a webhook about an event: the event, and the upload as it is now.
create function webhook_event(
    p_event text, p_at timestamptz, p_kind text, p_owner text, p_subject text, p_data text, p_upload uuid,
    p_topic text, p_id text)
returns json language sql stable as $$
    select json_build_object(
        'event', p_event, 'at', p_at, 'kind', p_kind, 'owner', p_owner, 'by', p_subject, 'data', p_data::json,
        'topic', json_build_object('kind', p_topic, 'id', p_id),
        'upload', (
            select json_build_object(
                'id', replace(u.id::text, '-', ''), 'protocol', u.protocol, 'name', u.file_name, 'contentType', u.content_type,
                'size', u.size, 'received', u.received_bytes, 'sha256', encode(u.sha256, 'hex'), 'isPart', u.is_part,
                'parts', (select coalesce(json_agg(replace(p.id::text, '-', '') order by p.place), '[]')
                          from unnest(u.parts) with ordinality p (id, place)),
                'metadata', u.metadata)
            from uploads u where u.id = p_upload))
$$;
