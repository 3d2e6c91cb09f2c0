create function begin_incarnation(p_node uuid, p_boot_id text, p_durability text) returns bigint language plpgsql as $$
declare
    v_incarnation bigint;
begin
    -- Two that begin at once: the later one sees and fences the earlier one.
    perform pg_advisory_xact_lock(hashtextextended(p_node::text, 0));
    insert into incarnations (node, boot_id, durability) values (p_node, p_boot_id, p_durability) returning id into v_incarnation;
    -- Waits for every transaction that holds its incarnation FOR SHARE.
    update incarnations set fenced_at = now() where node = p_node and id <> v_incarnation and fenced_at is null;
    return v_incarnation;
end $$;
