-- The files into which the chunks of an upload are merged: one in each store, because every service merges the chunks of its own store.
create table assemblies (
    upload_id uuid not null,
    store     uuid not null,
    file_id   uuid not null,
    primary key (upload_id, store)
);
insert into assemblies (upload_id, store, file_id)
select u.id, f.store, f.id from uploads u join stored_files f on f.id = u.assembly where u.assembly is not null;
alter table uploads drop column assembly, drop column assembly_incarnation;
