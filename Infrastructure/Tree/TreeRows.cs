using ChunkUpload.Core.Tree;

namespace ChunkUpload.Infrastructure.Tree;

/// <summary>A row of <c>entry_now</c>.</summary>
internal sealed class EntryRow
{
    public Guid Id { get; set; }
    public Guid Space { get; set; }
    public Guid? Parent { get; set; }
    public string Name { get; set; } = "";
    public string Kind { get; set; } = "";
    public int? Version { get; set; }
    public long? Size { get; set; }
    public long ModifiedNs { get; set; }
    public int? Mode { get; set; }
    public string? LinkTarget { get; set; }
    public string Owner { get; set; } = "";
    public long Revision { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime? RemovedAt { get; set; }
    public string? RemovedBy { get; set; }
    public Guid? Upload { get; set; }
    public byte[]? Sha256 { get; set; }

    /// <summary>Only lists of a folder have this column.</summary>
    public bool HasTwin { get; set; }

    /// <summary>Only lists of a folder have this column.</summary>
    public string? MediaType { get; set; }

    public Entry ToEntry() => new()
    {
        HasTwin = HasTwin,
        MediaType = MediaType,
        Id = new EntryId(Id),
        Space = new EntryId(Space),
        Parent = Parent is { } parent ? new EntryId(parent) : null,
        Name = Name,
        Kind = TreeEnumNames.Kind(Kind),
        Version = Version,
        Size = Size,
        Modified = new NanoTime(ModifiedNs),
        Mode = Mode,
        LinkTarget = LinkTarget,
        Owner = Owner,
        Revision = Revision,
        CreatedAt = LedgerRows.Utc(CreatedAt),
        RemovedAt = RemovedAt is { } removed ? LedgerRows.Utc(removed) : null,
        RemovedBy = RemovedBy,
        Upload = Upload is { } upload ? new UploadId(upload) : null,
        Sha256 = LedgerRows.Digest(Sha256),
    };
}

internal sealed class SpaceRow
{
    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Kind { get; set; } = "";
    public string? Owner { get; set; }
    public string Name { get; set; } = "";
    public long Sequence { get; set; }
    public long Entries { get; set; }
    public long Bytes { get; set; }
    public bool CanChange { get; set; }

    public Space ToSpace() => new(new EntryId(Id), Tenant, Kind, Owner, Name, Sequence, Entries, Bytes, CanChange);
}

/// <summary>A row of <c>changes</c>.</summary>
internal sealed class ChangeRow
{
    public long Number { get; set; }
    public DateTime At { get; set; }
    public string Kind { get; set; } = "";
    public string Subject { get; set; } = "";
    public Guid Space { get; set; }
    public Guid Entry { get; set; }
    public Guid? Parent { get; set; }
    public string Name { get; set; } = "";
    public string EntryKind { get; set; } = "";
    public long Revision { get; set; }
    public int? Version { get; set; }
    public Guid? Upload { get; set; }
    public long? Size { get; set; }
    public byte[]? Sha256 { get; set; }
    public long ModifiedNs { get; set; }
    public int? Mode { get; set; }
    public string? LinkTarget { get; set; }

    public TreeChange ToChange() => new(Number, LedgerRows.Utc(At), Kind, Subject, new Entry
    {
        Id = new EntryId(Entry),
        Space = new EntryId(Space),
        Parent = Parent is { } parent ? new EntryId(parent) : null,
        Name = Name,
        Kind = TreeEnumNames.Kind(EntryKind),
        Version = Version,
        Upload = Upload is { } upload ? new UploadId(upload) : null,
        Size = Size,
        Sha256 = LedgerRows.Digest(Sha256),
        Modified = new NanoTime(ModifiedNs),
        Mode = Mode,
        LinkTarget = LinkTarget,
        Owner = Subject,
        Revision = Revision,
        CreatedAt = LedgerRows.Utc(At),
    });
}

/// <summary>The columns of an item in the trash in addition to its entry.</summary>
internal sealed class TrashRow
{
    public int? OldVersion { get; set; }
    public Guid? OldUpload { get; set; }
    public long? OldSize { get; set; }
    public long? OldModifiedNs { get; set; }
    public DateTime At { get; set; }
    public string By { get; set; } = "";
    public string[]? Path { get; set; }

    public TrashItem ToItem(Entry entry) => OldVersion is null
        ? new(entry, null, entry.Upload, entry.Size, entry.Modified, LedgerRows.Utc(At), By, Path)
        : new(entry, OldVersion, new UploadId(OldUpload!.Value), OldSize, new NanoTime(OldModifiedNs!.Value), LedgerRows.Utc(At), By, Path);
}

internal sealed class MoveRow
{
    public Guid Id { get; set; }
    public string Subject { get; set; } = "";
    public Guid Source { get; set; }
    public Guid Target { get; set; }
    public Guid? TargetSpace { get; set; }
    public long Entries { get; set; }
    public long LeftOut { get; set; }
    public DateTime StartedAt { get; set; }
    public DateTime? EndedAt { get; set; }

    public FolderMove ToMove() => new(
        Id, Subject, new EntryId(Source), new EntryId(Target), TargetSpace is { } space ? new EntryId(space) : null, Entries, LeftOut,
        LedgerRows.Utc(StartedAt), EndedAt is { } ended ? LedgerRows.Utc(ended) : null);
}
