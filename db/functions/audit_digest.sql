-- The digest of an audit row's content. Each value is preceded by its length, so that two different rows never give the same text. The
-- values are written out one by one because every upload pays for this: a loop over them costs ten times as much.
create function audit_digest(a audit) returns bytea language sql stable as $$
    select sha256(convert_to(
        length(a.id::text) || ':' || a.id
        || ',' || length((extract(epoch from a.at) * 1000000)::bigint::text) || ':' || (extract(epoch from a.at) * 1000000)::bigint
        || ',' || length(a.tenant) || ':' || a.tenant
        || ',' || length(a.subject) || ':' || a.subject
        || ',' || coalesce(length(a.credential) || ':' || a.credential, '-')
        || ',' || coalesce(length(a.address) || ':' || a.address, '-')
        || ',' || length(a.kind) || ':' || a.kind
        || ',' || coalesce(length(a.object) || ':' || a.object, '-')
        || ',' || length(a.data::text) || ':' || a.data
        || ',' || coalesce(length(a.hour::text) || ':' || a.hour, '-'),
        'UTF8'))
$$;
