-- The service clock, in whole seconds (E29).
create function service_seconds() returns bigint language plpgsql stable as $$
begin
    return (select floor(seconds)::bigint from service_clock where only_one);
end $$;
