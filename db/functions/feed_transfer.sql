-- Puts files of a transfer into the queue until so many are in it. Files whose folder has no place at the destination yet wait. Returns how
-- many were added; null where the lease is lost.
create function feed_transfer(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_most int) returns int
language plpgsql as $$
declare
    t      transfers;
    v_room int;
    v_ids  uuid[];
begin
    if not hold_transfer(p_incarnation, p_work, p_epoch, p_transfer) then
        return null;
    end if;
    select * into t from transfers where id = p_transfer;
    v_room := p_most - (select count(*) from transfer_items i where i.transfer = p_transfer and item_has_work(i.state));
    if v_room <= 0 then
        return 0;
    end if;
    with chosen as (
        select i.id from transfer_items i left join transfer_items f on f.id = i.parent
        where i.transfer = p_transfer and i.state = 'ready' and i.kind = 'file' and (i.parent is null or f.result is not null)
        order by i.number limit v_room for update of i
    ), queued as (
        update transfer_items i set state = 'queued' from chosen c where i.id = c.id returning i.id, i.number
    )
    select array_agg(q.id) into v_ids
    from (
        select q.id, add_work('transfer_item', q.id, transfer_keys(t), now(), t.priority, q.number) from queued q order by q.number
    ) q;
    return coalesce(cardinality(v_ids), 0);
end $$;
