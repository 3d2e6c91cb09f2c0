-- Extends the chain by rows that are not in it yet. Returns how many. One caller at a time: others return at once.
create function chain_audit(p_limit int) returns int
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_number bigint;
    v_chain  bytea;
    v_count  int := 0;
    a        audit;
    v_digest bytea;
begin
    select h.number, h.chain into v_number, v_chain from audit_head h for update skip locked;
    if not found then
        return 0;
    end if;
    for a in select * from audit where number is null order by id limit p_limit loop
        v_digest := audit_digest(a);
        v_number := v_number + 1;
        v_chain := sha256(v_chain || v_digest);
        update audit set number = v_number, digest = v_digest, chain = v_chain where id = a.id;
        v_count := v_count + 1;
    end loop;
    if v_count > 0 then
        update audit_head set number = v_number, chain = v_chain;
    end if;
    return v_count;
end $$;
