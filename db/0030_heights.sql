-- How many levels of live entries lie in a folder at most, so that a move finds without reading the folder whether it would end too deep.
-- The figure may be too high, because removing entries does not lower it; it is never too low below the limit of levels. 200 means 200 or
-- more. Files and links have 0.
alter table entries add column height smallint not null default 0;

-- The folders of all trees by level, from the roots and from what lies in the trash down. Then one pass up, so that each row of entries is
-- written once at most.
create table heights (id uuid primary key, parent uuid, level int not null, height int not null);
do $$
declare
    v_level int := 0;
begin
    insert into heights select id, null, 0, 0 from entries where kind = 'folder' and (parent is null or removed_at is not null);
    create index on heights (level);
    while found loop
        v_level := v_level + 1;
        insert into heights
        select e.id, h.id, v_level, 0
        from heights h join entries e on e.parent = h.id and e.removed_at is null and e.kind = 'folder'
        where h.level = v_level - 1;
    end loop;
    update heights h set height = 1 where exists (select from entries e where e.parent = h.id and e.removed_at is null);
    while v_level > 1 loop
        v_level := v_level - 1;
        update heights h set height = greatest(h.height, c.height)
        from (select parent, max(height) + 1 as height from heights where level = v_level group by parent) c
        where h.id = c.parent;
    end loop;
    update entries e set height = least(h.height, 200) from heights h where h.id = e.id and h.height > 0;
end $$;
drop table heights;
