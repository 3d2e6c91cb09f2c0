-- The digest by which a request with an Idempotency-Key is found. The key has no line break.
create function request_digest(p_tenant text, p_subject text, p_key text) returns bytea
language sql immutable as $$
    select sha256(convert_to(concat_ws(E'\n', p_tenant, p_subject, p_key), 'UTF8'));
$$;
