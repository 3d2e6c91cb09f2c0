using ChunkUpload.Core.Projects;

namespace ChunkUpload.Infrastructure.Projects;

internal sealed class DeviceRow
{
    public const string Columns = """
        d.id as "Id", d.tenant as "Tenant", d.user_id as "User", d.key as "Key", d.name as "Name", d.platform as "Platform",
        d.version as "Version", d.addresses as "Addresses", d.fingerprint as "Fingerprint", d.created_at as "CreatedAt",
        d.seen_at as "SeenAt", coalesce(d.revoked_at, k.revoked_at) as "RevokedAt", coalesce(u.display_name, '') as "UserName"
        """;

    /// <summary>The key's row determines whether the device is revoked: revoking either of them revokes both.</summary>
    public const string Joins = "left join api_keys k on k.id = d.key left join users u on u.id = d.user_id";

    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public Guid User { get; set; }
    public Guid Key { get; set; }
    public string Name { get; set; } = "";
    public string Platform { get; set; } = "";
    public string Version { get; set; } = "";
    public string[] Addresses { get; set; } = [];
    public byte[]? Fingerprint { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime SeenAt { get; set; }
    public DateTime? RevokedAt { get; set; }
    public string UserName { get; set; } = "";

    /// <summary>Only a registration has this column.</summary>
    public bool IsNew { get; set; }

    public ProjectDevice ToDevice() => new(Id, Tenant, User, Key, Name)
    {
        Platform = Platform,
        Version = Version,
        Addresses = Addresses,
        Fingerprint = Fingerprint,
        CreatedAt = LedgerRows.Utc(CreatedAt),
        SeenAt = LedgerRows.Utc(SeenAt),
        RevokedAt = RevokedAt is { } revoked ? LedgerRows.Utc(revoked) : null,
        UserName = UserName,
    };
}

internal sealed class ProjectRow
{
    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Name { get; set; } = "";
    public string Owner { get; set; } = "";
    public bool IsMember { get; set; }
    public bool CanChange { get; set; }
    public long Sequence { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime? ArchivedAt { get; set; }
    public string OwnerName { get; set; } = "";
    public string[] MemberNames { get; set; } = [];
    public int Members { get; set; }
    public long Entries { get; set; }
    public long Bytes { get; set; }
    public int WaitingRequests { get; set; }

    public Project ToProject(IEnumerable<ServedFolder> folders) => new(Id, Tenant, Name, Owner, IsMember, CanChange)
    {
        Sequence = Sequence,
        CreatedAt = LedgerRows.Utc(CreatedAt),
        ArchivedAt = ArchivedAt is { } archived ? LedgerRows.Utc(archived) : null,
        OwnerName = OwnerName,
        MemberNames = IsMember ? MemberNames : [],
        Members = Members,
        Entries = Entries,
        Bytes = Bytes,
        WaitingRequests = IsMember ? WaitingRequests : 0,
        Folders = [.. folders],
    };
}

internal sealed class FolderRow
{
    public Guid ProjectId { get; set; }
    public Guid FolderId { get; set; }
    public string Place { get; set; } = "";
    public long Files { get; set; }
    public long FolderBytes { get; set; }
    public long FolderSequence { get; set; }
    public bool Complete { get; set; }
    public DateTime? ToldAt { get; set; }
    public string Approval { get; set; } = "";
    public long? BytesADay { get; set; }
    public bool IsStraight { get; set; }

    /// <summary>The rules of single members by their subjects, as JSON.</summary>
    public string MemberRules { get; set; } = "{}";

    public ServedFolder ToFolder(ProjectDevice device) => new(
        ProjectId, FolderId, Place, device, Files, FolderBytes, FolderSequence, Complete,
        ToldAt is { } told ? LedgerRows.Utc(told) : null)
    {
        Rule = new FolderRule(FolderApprovalNames.Parse(Approval), BytesADay),
        IsStraightOnly = IsStraight,
        MemberRules = FolderApprovalNames.ParseRules(MemberRules),
    };
}

internal sealed class RemoteFileRow
{
    public string FilePath { get; set; } = "";
    public long Size { get; set; }
    public byte[]? Hash { get; set; }
    public string MimeType { get; set; } = "";
    public DateTime ModifiedAt { get; set; }
    public int? Mode { get; set; }
    public Guid FolderId { get; set; }
    public Guid DeviceId { get; set; }

    public RemoteFile ToFile() => new(FilePath, Size, Hash, MimeType, LedgerRows.Utc(ModifiedAt), Mode, FolderId, DeviceId);
}

internal sealed class ProjectEventRow
{
    public long Sequence { get; set; }
    public string Type { get; set; } = "";
    public Guid? DeviceId { get; set; }
    public string Subject { get; set; } = "";
    public string Data { get; set; } = "";
    public DateTime CreatedAt { get; set; }

    public ProjectEvent ToEvent() => new(Sequence, Type, DeviceId, Subject, Data, LedgerRows.Utc(CreatedAt));
}
