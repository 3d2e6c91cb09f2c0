-- The index of remote files has whole paths, so that the files below a folder, and those after a path, are one range of it. An index of the
-- first 500 characters did not distinguish deep paths, and each path was then compared with all others that begin with the same characters.
-- An entry of an index has at most 2,704 bytes, so a path has at most 2,048.
update served_folders f
set files = f.files - gone.files, bytes = f.bytes - gone.bytes
from (
    select r.project_id, r.folder_id, count(*) as files, sum(r.size) as bytes
    from remote_files r where octet_length(r.file_path) > 2048 group by r.project_id, r.folder_id) gone
where f.project_id = gone.project_id and f.id = gone.folder_id;
delete from remote_files where octet_length(file_path) > 2048;
drop index remote_files_by_path;
create index remote_files_by_path on remote_files (project_id, file_path);
