-- Recomputes a stretch of the chain from its beginning or from a number that was verified. Returns the first number at which it is broken,
-- else null with the last number and value that are right, and how many rows of the stretch are blanked. A row that is missing, changed, or
-- moved breaks it. So does a blanked row that has content, or that is neither older than p_keep nor named by an act of the chain.
create function verify_audit(
    p_number bigint, p_chain bytea, p_limit int, p_keep interval, out broken bigint, out number bigint, out chain bytea, out blanked bigint)
language plpgsql stable as $$
declare
    -- Before the first act there is the birth of the ledger.
    v_at    timestamptz := coalesce(
        (select r.at from audit r where r.number = p_number and not r.blanked),
        case when p_number = 0 then (select min(m.applied_at) from migrations m) end);
    v_named int8multirange;
    a       audit;
begin
    number := p_number;
    chain := p_chain;
    blanked := 0;
    for a in select * from audit r where r.number > p_number order by r.number limit p_limit loop
        chain := sha256(chain || a.digest);
        if a.number <> number + 1 or a.chain <> chain or (not a.blanked and a.digest <> audit_digest(a)) then
            broken := number + 1;
            return;
        end if;
        if a.blanked then
            blanked := blanked + 1;
            -- Acts get their numbers in the order of time. A blanked row that claims to be much older than the act before it was made so.
            if (a.tenant, a.subject, a.kind, a.data) <> ('', '', '', '{}') or num_nonnulls(a.credential, a.address, a.object, a.hour) > 0
               or a.at >= now() - p_keep or a.at < v_at - interval '1 day'
            then
                v_named := coalesce(v_named, (
                    select range_agg(m) from audit r cross join unnest((r.data->>'numbers')::int8multirange) m
                    where r.object = 'audit' and r.kind = 'audit.blanked' and r.number is not null), '{}');
                if not v_named @> a.number
                   or (a.tenant, a.subject, a.kind, a.data) <> ('', '', '', '{}')
                   or num_nonnulls(a.credential, a.address, a.object, a.hour) > 0
                then
                    broken := number + 1;
                    return;
                end if;
            end if;
        else
            v_at := a.at;
        end if;
        number := a.number;
    end loop;
    if number = p_number and exists (select from audit_head h where h.number <> p_number or h.chain <> p_chain) then
        broken := number + 1;
    end if;
end $$;
