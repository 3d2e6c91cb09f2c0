namespace ChunkUpload.Wire.Sync;

/// <summary>The action for a path.</summary>
internal enum SyncVerdict
{
    None = 1,
    Adopt,
    Forget,
    ToRight,
    ToLeft,
    RemoveRight,
    RemoveLeft,
    MoveRight,
    MoveLeft,

    /// <summary>The item moves to another path, which says so.</summary>
    MovedAway,
    Conflict,
}
