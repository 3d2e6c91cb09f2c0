-- An upload that insert_uploads has inserted, or refused: then with the limit that has no room for it, if it is one.
create type upload_made as (
    made   uploads,
    excess quota_excess
);
