-- Recomputes a stretch of the chain from its beginning or from a number that was verified. Returns the first number at which it is broken,
-- else null with the last number and value that are right. A row that is missing, changed, or moved breaks it.
create function verify_audit(p_number bigint, p_chain bytea, p_limit int, out broken bigint, out number bigint, out chain bytea)
language plpgsql stable set enable_seqscan = off set jit = off as $$
declare
    a audit;
begin
    number := p_number;
    chain := p_chain;
    for a in select * from audit r where r.number > p_number order by r.number limit p_limit loop
        chain := sha256(chain || a.digest);
        if a.number <> number + 1 or a.chain <> chain or (not a.blanked and a.digest <> audit_digest(a)) then
            broken := number + 1;
            return;
        end if;
        number := a.number;
    end loop;
    if number = p_number and exists (select from audit_head h where h.number <> p_number or h.chain <> p_chain) then
        broken := number + 1;
    end if;
end $$;
