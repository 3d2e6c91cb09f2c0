-- Creates a stream with its first checkpoint. Each is a JSON array with one object.
create function create_stream(p_incarnation bigint, p_uploads json, p_checkpoints json) returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    if p_uploads -> 0 ->> 'sha256' is null then
        select c.outcome into outcome from create_upload(p_incarnation, p_uploads) c;
    else
        select * into upload from create_complete_streams(p_incarnation, p_uploads, p_checkpoints);
        if found then
            outcome := case upload.state when 'refused' then upload.state_reason else 'recorded' end;
            upload := case upload.state when 'refused' then null else upload end;
            return next;
            return;
        end if;
    end if;
    -- A limit or the link has no room for the upload.
    if outcome not in ('fresh', 'known', 'fenced') then
        return next;
        return;
    end if;
    -- A repeated call and a fenced incarnation get their answer here, too.
    return query select r.outcome, r.upload from checkpoint_stream(p_incarnation, p_checkpoints) r;
end $$;
