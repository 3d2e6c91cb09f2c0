-- What happened to one upload between its beginning and its end. Most uploads have only these two, which are in its row as well: recording
-- them keeps no further index.
create index events_of_upload on events (upload_id, id) where upload_id is not null and kind not in ('created', 'completed');
