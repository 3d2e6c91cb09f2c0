-- The digest of an audit row's content. Each value stands behind its length, so that no two contents are written alike.
create function audit_digest(a audit) returns bytea language sql stable as $$
    select sha256(convert_to(string_agg(coalesce(length(v.value)::text || ':' || v.value, '-'), ',' order by v.place), 'UTF8'))
    from unnest(array[
        a.id::text, (extract(epoch from a.at) * 1000000)::bigint::text, a.tenant, a.subject, a.credential, a.address, a.kind, a.object,
        a.data::text, a.hour::text]) with ordinality v (value, place)
$$;
