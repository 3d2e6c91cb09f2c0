-- Extends the chain by rows that are not in it yet. Returns how many. One caller at a time: others wait for it.
create function chain_audit(p_limit int) returns int
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_number  bigint;
    v_chain   bytea;
    v_ids     bigint[];
    v_digests bytea[];
    v_chains  bytea[] := '{}';
    v_digest  bytea;
begin
    select h.number, h.chain into v_number, v_chain from audit_head h for update;
    select array_agg(s.id order by s.id), array_agg(s.digest order by s.id) into v_ids, v_digests
    from (select a.id, audit_digest(a) as digest from audit a where a.number is null order by a.id limit p_limit) s;
    if v_ids is null then
        return 0;
    end if;
    foreach v_digest in array v_digests loop
        v_chain := sha256(v_chain || v_digest);
        v_chains := v_chains || v_chain;
    end loop;
    update audit a set number = v_number + s.place, digest = s.digest, chain = s.chain
    from unnest(v_ids, v_digests, v_chains) with ordinality s (id, digest, chain, place)
    where a.id = s.id;
    update audit_head set number = v_number + cardinality(v_ids), chain = v_chain;
    return cardinality(v_ids);
end $$;
