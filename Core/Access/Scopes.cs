namespace ChunkUpload.Core.Access;

/// <summary>The rights of a caller. Each endpoint requires one of them.</summary>
[Flags]
public enum Scopes
{
    None = 0,

    /// <summary>Create uploads, send their bytes, query their progress, complete or cancel them.</summary>
    Upload = 1 << 0,

    /// <summary>Download finished files and read their details.</summary>
    Read = 1 << 1,

    /// <summary>Delete finished files of all protocols. Cancelling an unfinished upload only needs Upload.</summary>
    Delete = 1 << 2,

    /// <summary>List uploads, files and folders.</summary>
    List = 1 << 3,

    /// <summary>See, run, pause and resume maintenance jobs.</summary>
    Jobs = 1 << 4,

    /// <summary>See metrics and networks, and with Jobs the jobs dashboard. With Admin: manage the whole service.</summary>
    Operate = 1 << 5,

    /// <summary>Manage users, keys and their rights.</summary>
    Admin = 1 << 6,

    /// <summary>Connect external storage, and transfer files between it and the service.</summary>
    Transfers = 1 << 7,

    /// <summary>Take part in projects: see the folders that devices serve, and receive them. Serving also needs Upload.</summary>
    Projects = 1 << 8,

    All = Upload | Read | Delete | List | Jobs | Operate | Admin | Transfers | Projects,
}
