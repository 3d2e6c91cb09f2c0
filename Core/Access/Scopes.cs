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

    /// <summary>Delete finished files, by whatever protocol they came. To cancel an unfinished upload, Upload is enough.</summary>
    Delete = 1 << 2,

    /// <summary>List uploads, files and folders.</summary>
    List = 1 << 3,

    /// <summary>See, run, pause and resume maintenance jobs.</summary>
    Jobs = 1 << 4,

    /// <summary>See metrics and networks, and with Jobs the jobs dashboard. With Admin: manage the whole service.</summary>
    Operate = 1 << 5,

    /// <summary>Manage who may do what.</summary>
    Admin = 1 << 6,

    /// <summary>Connect storages elsewhere, and move files between them and the service.</summary>
    Transfers = 1 << 7,

    /// <summary>Take part in projects: see what devices serve, and receive it. Serving needs Upload, too.</summary>
    Projects = 1 << 8,

    All = Upload | Read | Delete | List | Jobs | Operate | Admin | Transfers | Projects,
}
