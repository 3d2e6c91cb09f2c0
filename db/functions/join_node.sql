-- Records that the node of this incarnation runs, under a name that no other node has. Returns joined, name_taken or fenced.
create function join_node(p_incarnation bigint, p_name text, p_address text, p_fingerprint bytea, p_settings jsonb) returns text
language plpgsql as $$
declare
    v_node uuid;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    v_node := (select node from incarnations where id = p_incarnation);
    insert into nodes as n (id, name, incarnation, address, fingerprint, settings)
    values (v_node, p_name, p_incarnation, p_address, p_fingerprint, p_settings)
    on conflict (id) do update
    set name = p_name, incarnation = p_incarnation, address = p_address, fingerprint = p_fingerprint, settings = p_settings,
        figures = null, draining_at = null, joined_at = now();
    return 'joined';
exception when unique_violation then
    return 'name_taken';
end $$;
