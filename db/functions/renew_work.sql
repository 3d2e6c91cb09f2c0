-- Renews leases whose workers have made progress. Returns those that are still held; the others are lost. One whose item is locked just now
-- is held and not renewed: to wait for it with other items locked could be a deadlock.
create function renew_work(p_incarnation bigint, p_work bigint[], p_epochs bigint[], p_leases interval[])
returns table (id bigint, renewed boolean)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_renewed bigint[];
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    with held as (
        select w.id, n.lease from unnest(p_work, p_epochs, p_leases) n (id, epoch, lease)
        join work w on w.id = n.id and w.epoch = n.epoch and w.state = 'leased' and w.holder = p_incarnation
        for update of w skip locked
    ), renewed as (
        update work w set due_at = now() + h.lease from held h where w.id = h.id returning w.id
    )
    select coalesce(array_agg(r.id), '{}') into v_renewed from renewed r;
    return query
        select w.id, w.id = any (v_renewed) from unnest(p_work, p_epochs) n (id, epoch)
        join work w on w.id = n.id and w.epoch = n.epoch and w.state = 'leased' and w.holder = p_incarnation;
end $$;
