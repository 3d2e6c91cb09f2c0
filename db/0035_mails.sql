-- Mails that wait to be sent: the payload of items of work of the kind mail, which have the same ids. A row is gone once its mail is sent
-- or has lost its use.

create table mails (
    id         uuid        primary key,
    writer     text        not null,                         -- text: the content is the mail; another: what its writer needs
    content    text        not null,                         -- JSON, protected as second factors are: it may have a secret link in it
    expires_at timestamptz not null
);
