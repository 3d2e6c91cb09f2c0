-- The program that created an upload, as its request named it: at most 200 characters.
alter table uploads add column user_agent text;
alter table finished_uploads add column user_agent text;
