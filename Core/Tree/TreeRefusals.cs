namespace ChunkUpload.Core.Tree;

/// <summary>Maps the ledger's codes for refused changes of a tree to failures with messages.</summary>
public static class TreeRefusals
{
    public static UploadFailure NoEntry() => new(UploadError.NoEntry, "There is no entry at this path; it may have been moved or removed.");

    public static UploadFailure ReadOnly() =>
        new(UploadError.ReadOnly, "You may read this space but not change it; ask its owner.");

    public static UploadFailure NotInTrash() =>
        new(UploadError.NoEntry, "The trash has no entry with this id; it may have been restored or removed.");

    public static UploadFailure NoVersion() =>
        new(UploadError.NoEntry, "The file has no version with this number; it may have been removed, also by the policy.");

    public static UploadFailure ParentGone() =>
        new(UploadError.NoFolder, "The folder that it was in does not exist any more; restore that folder, or give a path.");

    public static UploadFailure NotFolder(IReadOnlyList<string> path) =>
        new(UploadError.NotFolder, $"\"{TreePath.Join(path)}\" is not a folder.");

    public static UploadFailure NoFolder(IReadOnlyList<string> path) =>
        new(UploadError.NoFolder, $"There is no folder \"{TreePath.Join(path)}\"; make it first, or repeat the request with parents=true.");

    public static UploadFailure Changed() =>
        new(UploadError.EntryChanged, "The entry has changed; read it again and repeat the request with its new revision.");

    public static UploadFailure Of(string reason) => reason switch
    {
        "not_found" => NoEntry(),
        "no_upload" => new(UploadError.NotFound, "There is no such upload, or its content is gone."),
        "not_completed" => new(UploadError.NotCompleted, "The upload is not complete yet."),
        "checking" => new(UploadError.Checking, "The file is being checked; try again in a moment."),
        "damaged" => new(UploadError.Damaged, "Stored bytes of the content are missing or wrong."),
        "published" => new(UploadError.Published, "The upload has a place in the tree already; copy or move that file."),
        "name_taken" => new(UploadError.NameTaken, "The name is taken; choose another name or another value of conflict."),
        "not_a_folder" => new(UploadError.NotFolder, "A name on the way there is not a folder."),
        "not_a_file" => new(UploadError.NotFile, "A folder has this name."),
        "parent_removed" => new(UploadError.NoFolder, "The folder does not exist any more."),
        "no_access" => new(UploadError.ReadOnly, "The sender may not change the space any more; give the file a place elsewhere."),
        "changed" => Changed(),
        "locked" => new(UploadError.Locked, "The place is locked; send the lock's token in If, or wait until the lock ends."),
        "locked_below" => new(UploadError.LockedBelow, "Something in the folder is locked; send the lock's token in If, or wait."),
        "unmet" => new(UploadError.EntryChanged, "The If header names a lock or a content that the resource does not have."),
        "lock_conflict" => new(UploadError.LockConflict, "Another lock holds here; wait until it ends."),
        "no_lock" => new(UploadError.NoLock, "No lock of this token covers the resource."),
        "foreign_lock" => new(UploadError.Locked, "Only the subject that made a lock may end it.") { Status = 403 },
        "too_many_locks" => new(UploadError.TooManyLocks, "You or the place have the maximum number of locks; end some of them."),
        "too_many_properties" => new(
            UploadError.TooManyProperties, "The properties of a file or folder may have at most 64 KiB; remove some of them."),
        "into_itself" => new(UploadError.IntoItself, "A folder cannot be put into itself."),
        "too_deep" => new(
            UploadError.TooDeep, $"A tree has at most {TreePath.MaxLevels} levels below its root; choose a place nearer to the root."),
        "current" => new(
            UploadError.CurrentVersion, "This is the file's present content. Restore another version first, or delete the file."),
        "too_many" => new(UploadError.TooManyPolicies, "The space has reached the maximum number of policies; remove one first."),
        "root" => new(UploadError.RootFolder, "The root folder can neither be moved nor removed."),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
