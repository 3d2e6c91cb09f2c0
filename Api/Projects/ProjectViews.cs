using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>A project: a team space with devices.</summary>
internal sealed record ProjectView
{
    /// <summary>The id, which is also that of the space, where it is written without hyphens.</summary>
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The subject to which the project belongs.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether the caller is a member. Administrators of the tenant see that other projects exist.</summary>
    [JsonPropertyName("is_member")]
    public required bool IsMember { get; init; }

    /// <summary>Whether the caller may change files and serve folders.</summary>
    [JsonPropertyName("can_change")]
    public required bool CanChange { get; init; }

    [JsonPropertyName("created_at")]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time from which the project is read-only; null while it is in use.</summary>
    [JsonPropertyName("archived_at")]
    public required DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>The name of the owner.</summary>
    [JsonPropertyName("owner_name")]
    public required string OwnerName { get; init; }

    /// <summary>The names of the first members, the owner's first; empty unless the caller is a member.</summary>
    [JsonPropertyName("member_names")]
    public required IReadOnlyList<string> MemberNames { get; init; }

    public required int Members { get; init; }

    /// <summary>The number of entries in the space, which are stored on the service.</summary>
    public required long Entries { get; init; }

    /// <summary>Their bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>The number of the last event.</summary>
    public required long Sequence { get; init; }

    /// <summary>The number of requests for files of the caller's devices that wait for an answer.</summary>
    [JsonPropertyName("waiting_requests")]
    public required int WaitingRequests { get; init; }

    public required IReadOnlyList<ServedFolderView> Folders { get; init; }

    public static ProjectView Of(Project project, IReadOnlySet<Guid> online) => new()
    {
        Id = project.Id,
        Name = project.Name,
        Owner = project.Owner,
        IsMember = project.IsMember,
        CanChange = project.CanChange,
        CreatedAt = project.CreatedAt,
        ArchivedAt = project.ArchivedAt,
        OwnerName = project.OwnerName,
        MemberNames = project.MemberNames,
        Members = project.Members,
        Entries = project.Entries,
        Bytes = project.Bytes,
        Sequence = project.Sequence,
        WaitingRequests = project.WaitingRequests,
        Folders = [.. project.Folders.Select(folder => ServedFolderView.Of(folder, online))],
    };
}

internal sealed record ProjectsView(IReadOnlyList<ProjectView> Projects);

/// <summary>A folder of a device at one place of the project.</summary>
internal sealed record ServedFolderView
{
    public required Guid Id { get; init; }

    /// <summary>The path in the project.</summary>
    public required string Place { get; init; }

    [JsonPropertyName("device_id")]
    public required Guid DeviceId { get; init; }

    [JsonPropertyName("device_name")]
    public required string DeviceName { get; init; }

    public required string Platform { get; init; }

    /// <summary>The subject whose device it is.</summary>
    public required string Owner { get; init; }

    [JsonPropertyName("owner_name")]
    public required string OwnerName { get; init; }

    public required bool Online { get; init; }

    [JsonPropertyName("last_seen_at")]
    public required DateTimeOffset LastSeenAt { get; init; }

    public required long Files { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The device's number of its last batch.</summary>
    public required long Sequence { get; init; }

    /// <summary>Whether the device has sent the whole list at least once.</summary>
    [JsonPropertyName("is_complete")]
    public required bool IsComplete { get; init; }

    /// <summary>The time of the last batch.</summary>
    [JsonPropertyName("told_at")]
    public required DateTimeOffset? ToldAt { get; init; }

    /// <summary>ask, always or never: whether requests of members without a separate rule are approved.</summary>
    public required string Approval { get; init; }

    /// <summary>The maximum number of bytes that are sent to such a member in a day; null for no limit.</summary>
    [JsonPropertyName("bytes_a_day")]
    public required long? BytesADay { get; init; }

    /// <summary>Whether the files are never relayed by the service.</summary>
    [JsonPropertyName("straight_only")]
    public required bool StraightOnly { get; init; }

    /// <summary>The rules of single members; only for the user of the device.</summary>
    [JsonPropertyName("member_rules"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MemberRuleView>? MemberRules { get; init; }

    /// <summary>Creates the view with the rules of single members.</summary>
    public static ServedFolderView OfOwn(ServedFolder folder, IReadOnlySet<Guid> online) => Of(folder, online) with
    {
        MemberRules =
        [
            .. folder.MemberRules.OrderBy(one => one.Key, StringComparer.Ordinal)
                .Select(one => new MemberRuleView(one.Key, FolderApprovals.NameOf(one.Value.Approval), one.Value.BytesADay)),
        ],
    };

    public static ServedFolderView Of(ServedFolder folder, IReadOnlySet<Guid> online) => new()
    {
        Approval = FolderApprovals.NameOf(folder.Rule.Approval),
        BytesADay = folder.Rule.BytesADay,
        StraightOnly = folder.IsStraightOnly,
        Id = folder.Id,
        Place = folder.Place,
        DeviceId = folder.Device.Id,
        DeviceName = folder.Device.Name,
        Platform = folder.Device.Platform,
        Owner = folder.Device.Subject,
        OwnerName = folder.Device.UserName,
        Online = online.Contains(folder.Device.Key),
        LastSeenAt = folder.Device.SeenAt,
        Files = folder.Files,
        Bytes = folder.Bytes,
        Sequence = folder.Sequence,
        IsComplete = folder.IsComplete,
        ToldAt = folder.ToldAt,
    };
}

/// <summary>The rule for one member of a served folder.</summary>
internal sealed record MemberRuleView(
    string Subject, string Approval, [property: JsonPropertyName("bytes_a_day")] long? BytesADay);

internal sealed record ServedFoldersView(IReadOnlyList<ServedFolderView> Folders);

/// <param name="Subject">user:… or key:….</param>
internal sealed record ProjectMemberView(string Subject, string? Name, [property: JsonPropertyName("can_change")] bool CanChange);

internal sealed record ProjectMembersView(IReadOnlyList<ProjectMemberView> Members);

/// <summary>A file on a device.</summary>
/// <param name="Hash">The SHA-256 in hex; null until the device has computed it.</param>
/// <param name="Online">Whether the device is online.</param>
internal sealed record RemoteFileView(
    string Path, long Size, string? Hash, [property: JsonPropertyName("mime_type")] string MimeType,
    [property: JsonPropertyName("modified_at")] DateTimeOffset ModifiedAt, [property: JsonPropertyName("device_id")] Guid DeviceId,
    bool Online)
{
    public static RemoteFileView Of(RemoteFile file, bool online) => new(
        file.Path, file.Size, file.Hash is { } hash ? Convert.ToHexStringLower(hash) : null, file.MimeType, file.ModifiedAt, file.Device,
        online);
}

internal sealed record RemoteFilesView(
    IReadOnlyList<RemoteFileView> Files, [property: JsonPropertyName("next_cursor")] string? NextCursor, long Sequence);

/// <param name="Type">files_changed, member_joined or member_left.</param>
/// <param name="By">The subject that did it.</param>
/// <param name="Data">The counts and the first changes of a batch, or the member.</param>
internal sealed record ProjectEventView(
    long Sequence, string Type, [property: JsonPropertyName("device_id")] Guid? DeviceId, string By, JsonElement Data,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt);

/// <param name="Sequence">The number of the last event of the project.</param>
internal sealed record ProjectEventsView(IReadOnlyList<ProjectEventView> Events, long Sequence);

/// <summary>A computer on which an agent serves or receives files.</summary>
internal sealed record ProjectDeviceView
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required string Platform { get; init; }

    public required string Version { get; init; }

    /// <summary>The SHA-256 of the device's public key in hex; null if it has sent none.</summary>
    public required string? Fingerprint { get; init; }

    public required bool Online { get; init; }

    [JsonPropertyName("created_at")]
    public required DateTimeOffset CreatedAt { get; init; }

    [JsonPropertyName("last_seen_at")]
    public required DateTimeOffset LastSeenAt { get; init; }

    [JsonPropertyName("revoked_at")]
    public required DateTimeOffset? RevokedAt { get; init; }

    public static ProjectDeviceView Of(ProjectDevice device, IReadOnlySet<Guid> online) => new()
    {
        Id = device.Id,
        Name = device.Name,
        Platform = device.Platform,
        Version = device.Version,
        Fingerprint = device.Fingerprint is { } hash ? Convert.ToHexStringLower(hash) : null,
        Online = online.Contains(device.Key),
        CreatedAt = device.CreatedAt,
        LastSeenAt = device.SeenAt,
        RevokedAt = device.RevokedAt,
    };
}

internal sealed record DevicesView(IReadOnlyList<ProjectDeviceView> Devices);
