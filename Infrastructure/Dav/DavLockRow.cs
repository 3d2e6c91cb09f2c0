using ChunkUpload.Core.Dav;

namespace ChunkUpload.Infrastructure.Dav;

/// <summary>A row of <c>dav_locks</c>, with the path of its place.</summary>
internal sealed class DavLockRow
{
    public Guid Token { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public Guid Space { get; set; }
    public Guid? Parent { get; set; }
    public string Name { get; set; } = "";
    public bool Exclusive { get; set; }
    public bool Deep { get; set; }
    public string Owner { get; set; } = "";
    public long Seconds { get; set; }
    public string[]? Path { get; set; }
    public bool IsFolder { get; set; }

    public DavLock ToLock() => new(
        Token, Tenant, Subject, new EntryId(Space), Parent is { } parent ? new EntryId(parent) : null, Name, Exclusive, Deep, Owner,
        Seconds)
    { Path = Path, IsFolder = IsFolder };
}
