using System.Text.Json.Serialization;

namespace ChunkUpload.Client.Projects;

/// <summary>What this client reads of a project.</summary>
internal sealed record ProjectAnswer(
    Guid Id, string Name, string Owner, bool IsMember, bool CanChange, DateTimeOffset? ArchivedAt, int Members, long Entries, long Bytes,
    long Sequence, IReadOnlyList<ServedFolderAnswer> Folders);

internal sealed record ProjectsAnswer(IReadOnlyList<ProjectAnswer> Projects);

/// <summary>What this client reads of a served folder.</summary>
internal sealed record ServedFolderAnswer(
    Guid Id, string Place, Guid DeviceId, string DeviceName, string OwnerName, bool Online, long Files, long Bytes, long Sequence,
    bool IsComplete);

internal sealed record DeviceAnswer(Guid Id, string Name);

internal sealed record OwnDeviceAnswer(Guid Id, string Name, string? Fingerprint, bool Online, DateTimeOffset? RevokedAt);

internal sealed record OwnDevicesAnswer(IReadOnlyList<OwnDeviceAnswer> Devices);

internal sealed record NewProjectBody(string Name);

internal sealed record NewInvitationBody(int Days, int Uses, bool CanChange);

internal sealed record InvitationTokenBody(string Token);

/// <param name="Link">Only in the answer to the request that makes the invitation.</param>
internal sealed record InvitationAnswer(
    Guid Id, string? Link, bool CanChange, int Uses, int MostUses, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

internal sealed record InvitationsAnswer(IReadOnlyList<InvitationAnswer> Invitations);

internal sealed record NewDeviceBody(string Name, string Platform, string Version, string? Fingerprint = null);

internal sealed record NewFolderBody(Guid Id, Guid DeviceId, string Place);

/// <summary>A batch of changes in a served folder.</summary>
internal sealed record FilesUpdateBody(
    Guid DeviceId, Guid FolderId, long BaseSequence, Guid BatchId, SnapshotBody? Snapshot, IReadOnlyList<FileChangeBody> Changes);

internal sealed record SnapshotBody(Guid Id, bool Last);

internal sealed record FileChangeBody(
    string Op, string Path, string? From = null, long? Size = null, string? Hash = null, DateTimeOffset? ModifiedAt = null,
    int? Mode = null);

internal sealed record FilesUpdatedAnswer(long Sequence, long Accepted, IReadOnlyList<RejectedChangeAnswer> Rejected);

internal sealed record RejectedChangeAnswer(string Path, string Code);

internal sealed record RemoteFileAnswer(string Path, long Size, string? Hash, DateTimeOffset ModifiedAt, Guid DeviceId, bool Online);

internal sealed record RemoteFilesAnswer(IReadOnlyList<RemoteFileAnswer> Files, string? NextCursor, long Sequence);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProjectAnswer))]
[JsonSerializable(typeof(ProjectsAnswer))]
[JsonSerializable(typeof(ServedFolderAnswer))]
[JsonSerializable(typeof(DeviceAnswer))]
[JsonSerializable(typeof(OwnDevicesAnswer))]
[JsonSerializable(typeof(NewProjectBody))]
[JsonSerializable(typeof(NewInvitationBody))]
[JsonSerializable(typeof(InvitationTokenBody))]
[JsonSerializable(typeof(InvitationAnswer))]
[JsonSerializable(typeof(InvitationsAnswer))]
[JsonSerializable(typeof(NewDeviceBody))]
[JsonSerializable(typeof(NewFolderBody))]
[JsonSerializable(typeof(FilesUpdateBody))]
[JsonSerializable(typeof(FilesUpdatedAnswer))]
[JsonSerializable(typeof(RemoteFilesAnswer))]
[JsonSerializable(typeof(FileTransferAnswer))]
[JsonSerializable(typeof(FileTransfersAnswer))]
[JsonSerializable(typeof(FileRequestBody))]
[JsonSerializable(typeof(FileRequestAnswer))]
[JsonSerializable(typeof(FileTransferChangeBody))]
[JsonSerializable(typeof(ApprovalBody))]
[JsonSerializable(typeof(NoBody))]
[JsonSerializable(typeof(FileBatchAnswer))]
[JsonSerializable(typeof(FileBatchesAnswer))]
[JsonSerializable(typeof(FilesRequestBody))]
[JsonSerializable(typeof(FilesRequestAnswer))]
internal sealed partial class ProjectJson : JsonSerializerContext;
