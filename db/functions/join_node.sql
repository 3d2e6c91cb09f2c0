-- Records that the node of this incarnation runs, under a name that no other node has. Returns joined, name_taken or fenced. Operators see
-- that a node has joined, and that one is back that was away.
create function join_node(p_incarnation bigint, p_name text, p_address text, p_fingerprint bytea, p_settings jsonb) returns text
language plpgsql as $$
declare
    v_node  uuid;
    v_known nodes;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    v_node := (select node from incarnations where id = p_incarnation);
    select * into v_known from nodes where id = v_node for update;
    insert into nodes as n (id, name, incarnation, address, fingerprint, settings)
    values (v_node, p_name, p_incarnation, p_address, p_fingerprint, p_settings)
    on conflict (id) do update
    set name = p_name, incarnation = p_incarnation, address = p_address, fingerprint = p_fingerprint, settings = p_settings,
        figures = null, draining_at = null, joined_at = now(),
        away_at = null;
    if v_known.id is null or v_known.away_at is not null then
        perform add_audit(
            '', 'service', null, null, case when v_known.id is null then 'node.joined' else 'node.returned' end, p_name, null);
    end if;
    return 'joined';
exception when unique_violation then
    return 'name_taken';
end $$;
