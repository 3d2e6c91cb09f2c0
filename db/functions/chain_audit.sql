-- Moves arrived acts to the chain. Returns how many it took. One call at a time: others wait for the head of the chain. Downloads of the
-- same hour count once, even when the first of them is in the chain already.
create function chain_audit(p_limit int) returns int
language plpgsql as $$
declare
    v_number bigint;
    v_chain  bytea;
    v_taken  int;
    v_rows   audit[];
    v_digest bytea;
begin
    select h.number, h.chain into v_number, v_chain from audit_head h for update;
    with gone as (
        delete from audit_arrivals where id in (select id from audit_arrivals order by id limit p_limit) returning *
    )
    select count(*), array_agg(
            row (g.id, g.at, g.tenant, g.subject, g.credential, g.address, g.kind, g.object, g.data, g.hour, false, 0, null, null)::audit
            order by g.id) filter (where g.hour is null or not exists (
                select from audit a where a.object = g.object and a.subject = g.subject and a.hour = g.hour))
    into v_taken, v_rows from gone g;
    if v_rows is null then
        return v_taken;
    end if;
    for i in 1 .. cardinality(v_rows) loop
        v_digest := audit_digest(v_rows[i]);
        v_chain := sha256(v_chain || v_digest);
        v_rows[i].number := v_number + i;
        v_rows[i].digest := v_digest;
        v_rows[i].chain := v_chain;
    end loop;
    insert into audit select * from unnest(v_rows);
    update audit_head set number = v_number + cardinality(v_rows), chain = v_chain;
    return v_taken;
end $$;
