-- The placed_clock of an entry that moves from one folder to another: the service clock now if another policy decides there.
create function comes_below(p_from uuid, p_to uuid, p_before bigint) returns bigint language plpgsql stable as $$
begin
    return case
        when p_from = p_to then p_before
        when (version_rule_of(p_from)).folder is distinct from (version_rule_of(p_to)).folder then service_seconds()
        -- What holds since a move of the former folders goes on to hold.
        else greatest(p_before, nullif((version_rule_of(p_from)).since, 0))
    end;
end $$;
