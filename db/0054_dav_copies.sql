-- Folders that WebDAV copies under a temporary name, until the copy takes its place. What is left of them when the service is killed is
-- freed at its next start.
create table dav_copies (
    space   uuid not null,
    parent  uuid not null,
    name    text not null,
    subject text not null,
    primary key (space, parent, name)
);
