-- Whether the user of a device may be mailed now that requests wait for an answer: once an hour. Null: nothing waits that no mail has told;
-- 0: a mail is to be sent, which tells all that waits; else the seconds until then.
create function claim_request_mail(p_id uuid) returns bigint language plpgsql as $$
declare
    t      file_transfers;
    v_who  text;
    v_last timestamptz;
begin
    select * into t from file_transfers where id = p_id and status = 'pending' and approval = 'waiting' and not mailed;
    if not found then
        return null;
    end if;
    v_who := (select 'user:' || replace(d.user_id::text, '-', '') from devices d where d.id = t.source_device_id);
    insert into file_request_mails as m (tenant, subject, mailed_at) values (t.tenant, v_who, now())
    on conflict (tenant, subject) do update set mailed_at = now() where m.mailed_at <= now() - interval '1 hour';
    if not found then
        v_last := (select mailed_at from file_request_mails where tenant = t.tenant and subject = v_who);
        return greatest(1, ceil(extract(epoch from v_last + interval '1 hour' - now())));
    end if;
    update file_transfers o set mailed = true
    from devices d
    where o.id in (
              select x.id from file_transfers x join devices y on y.id = x.source_device_id
              where x.tenant = t.tenant and x.status = 'pending' and x.approval = 'waiting' and not x.mailed
                    and 'user:' || replace(y.user_id::text, '-', '') = v_who
              order by x.id for update of x)
          and d.id = o.source_device_id;
    return 0;
end $$;
