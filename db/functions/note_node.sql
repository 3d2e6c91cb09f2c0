-- Records for operators, once, that a node was stopped or has gone silent, or that it is back. Several nodes may see it; p_seen is the
-- incarnation of the node that they have seen.
create function note_node(p_incarnation bigint, p_node uuid, p_seen bigint, p_runs boolean) returns void language plpgsql as $$
declare
    v_name text;
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    update nodes set away_at = case when p_runs then null else now() end
    where id = p_node and incarnation = p_seen and (away_at is null) <> p_runs
    returning name into v_name;
    if v_name is not null then
        perform add_audit(
            '', 'service', null, null,
            case when p_runs then 'node.returned'
                 when exists (select from incarnations i where i.id = p_seen and i.ended_at is not null) then 'node.stopped'
                 else 'node.silent' end,
            v_name, null);
    end if;
end $$;
