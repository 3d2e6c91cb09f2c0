-- Renews leases whose workers have made progress. Returns those that are still held; the others are lost.
create function renew_work(p_incarnation bigint, p_work bigint[], p_epochs bigint[], p_leases interval[]) returns setof bigint
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    return query
        with held as (
            select w.id, n.lease from unnest(p_work, p_epochs, p_leases) n (id, epoch, lease)
            join work w on w.id = n.id and w.epoch = n.epoch and w.state = 'leased' and w.holder = p_incarnation
            order by w.id for update of w
        )
        update work w set due_at = now() + h.lease from held h where w.id = h.id returning w.id;
end $$;
