-- Begins an incarnation of a node on its store and fences the earlier ones of that node (E30); null while one of them may still run. Those
-- up to p_ended have ended: the process that asks holds the lock of their folder, and not that of a copy. With p_alone it is also null
-- while the service of another node runs, and the incarnations of other nodes are fenced, too: one that has been silent might wake up.
-- Without p_alone it is null while a service that is alone runs: it would not hear of this one. Where the store has seen this number
-- before, the ledger is older than the store: a backup of it was restored. Cursors into the changes of the trees then belong to a
-- generation that is over.
create function begin_incarnation(
    p_node uuid, p_store uuid, p_host text, p_boot_id text, p_durability text, p_newest bigint default 0,
    p_ended bigint default 9223372036854775807, p_alone boolean default true)
returns bigint language plpgsql as $$
declare
    v_incarnation bigint;
begin
    -- If two incarnations begin at once, the second one sees the first.
    perform pg_advisory_xact_lock(hashtextextended('chunkupload.begin_incarnation', 0));
    if exists (select from running_elsewhere(p_node, p_ended) r where p_alone or r.alone or r.node = p_node) then
        return null;
    end if;
    -- A start has recorded its store before, with a name; is_elsewhere relies on it.
    insert into stores (id, name) values (p_store, p_host) on conflict (id) do nothing;
    insert into incarnations (node, store, host, boot_id, durability, alone)
    values (p_node, p_store, p_host, p_boot_id, p_durability, p_alone)
    returning id into v_incarnation;
    insert into heartbeats (incarnation, seconds) select v_incarnation, c.seconds from service_clock c;
    -- Waits for every transaction that holds its incarnation FOR SHARE.
    update incarnations set fenced_at = now() where id <> v_incarnation and fenced_at is null and (p_alone or node = p_node);
    delete from heartbeats where incarnation in (select i.id from incarnations i where i.fenced_at is not null);
    -- What requests of WebDAV have left that an earlier process had not ended.
    delete from dav_lock_uses where incarnation in (select i.id from incarnations i where i.fenced_at is not null);
    if p_alone then
        perform end_copy(c.space, c.parent, c.name) from dav_copies c order by c.space, c.name;
    end if;
    if v_incarnation <= p_newest then
        update ledger set generation = generation + 1;
        perform pause_restored_syncs();
    end if;
    return v_incarnation;
end $$;
