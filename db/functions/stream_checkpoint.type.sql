-- A checkpoint of a stream, as the service sends it in JSON.
create type stream_checkpoint as (
    upload_id           uuid,
    epoch               bigint,
    from_offset         bigint,
    to_offset           bigint,
    segment             uuid,
    segment_start       bigint,
    segment_incarnation bigint,
    hash_state          bytea,
    sha256              bytea,                               -- of all bytes up to to_offset
    final               boolean,
    segment_store       uuid                                 -- of the bucket; null: the store of this process
);
