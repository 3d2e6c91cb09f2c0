-- Removes what a subject has connected and transferred, in all tenants.
create function remove_user_connections(p_subject text) returns void language plpgsql as $$
begin
    perform remove_schedules(array(select s.id from transfer_schedules s where s.subject = p_subject));
    perform remove_syncs(array(select s.id from syncs s where s.subject = p_subject));
    delete from transfer_templates where subject = p_subject;
    perform remove_transfers(array(select t.id from transfers t where t.subject = p_subject));
    delete from connection_sign_ins where subject = p_subject;
    delete from device_sign_ins where subject = p_subject;
    perform remove_connections(array(select c.id from connections c where c.subject = p_subject));
end $$;
