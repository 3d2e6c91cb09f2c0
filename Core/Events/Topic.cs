using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Events;

/// <summary>What an event or a progress is about: a kind of thing, and which one.</summary>
/// <param name="Kind">One of <see cref="TopicKinds"/>.</param>
/// <param name="Id">As clients write it; ids of the ledger have no hyphens.</param>
public readonly record struct Topic(string Kind, string Id)
{
    public static Topic Of(UploadId upload) => new(TopicKinds.Upload, upload.ToString());

    /// <summary>The upload that it is; null for every other kind.</summary>
    public UploadId? Upload => Kind == TopicKinds.Upload && UploadId.TryParse(Id, out var upload) ? upload : null;
}

/// <summary>The kinds of topics. Each has one <see cref="ITopicRights"/>.</summary>
public static class TopicKinds
{
    public const string Upload = "upload";
    public const string Space = "space";
    public const string Job = "job";
    public const string Store = "store";
    public const string Certificate = "certificate";
    public const string Transfer = "transfer";

    /// <summary>The scope without which nothing of such topics is heard, whatever one listens to.</summary>
    public static Scopes NeedOf(string kind) => kind == Transfer ? Scopes.Transfers : Scopes.None;
}
