namespace ChunkUpload.Core.Model;

/// <summary>The object of an event or a progress report: its kind and its id.</summary>
/// <param name="Kind">One of <see cref="TopicKinds"/>.</param>
/// <param name="Id">The id as clients write it; ids of the ledger have no hyphens.</param>
public readonly record struct Topic(string Kind, string Id)
{
    public static Topic Of(UploadId upload) => new(TopicKinds.Upload, upload.ToString());

    /// <summary>The id of the upload; null for every other kind.</summary>
    public UploadId? Upload => Kind == TopicKinds.Upload && UploadId.TryParse(Id, out var upload) ? upload : null;
}

/// <summary>The kinds of topics. Each has one <c>ITopicRights</c>.</summary>
public static class TopicKinds
{
    public const string Upload = "upload";
    public const string Space = "space";
    public const string Job = "job";
    public const string Store = "store";
    public const string Certificate = "certificate";
    public const string Transfer = "transfer";
    public const string Project = "project";
    public const string Sync = "sync";

    /// <summary>A computer on which an agent serves files.</summary>
    public const string Device = "device";

    /// <summary>A file that a member of a project has asked for.</summary>
    public const string FileTransfer = "file_transfer";
}
