using System.Diagnostics;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>The state of the copy of a file.</summary>
/// <param name="Name">The name at the source.</param>
public sealed record CopyState(string SourceId, string Name)
{
    public string? MediaType { get; init; }
    public long? Size { get; init; }

    /// <summary>The version of the source that is read.</summary>
    public string? Pin { get; init; }
    public string? TargetId { get; init; }

    /// <summary>The name at the destination; <c>null</c> before it was chosen.</summary>
    public string? TargetName { get; init; }

    /// <summary>The file at the destination that gets a new version.</summary>
    public string? Replaces { get; init; }

    /// <summary>The upload at the destination, which is secret.</summary>
    public string? Session { get; init; }

    /// <summary>The number of bytes that the destination has accepted.</summary>
    public long Position { get; init; }

    /// <summary>The states of the digests of these bytes.</summary>
    public byte[]? Hashes { get; init; }

    /// <summary>A key that is the same for all attempts to start one upload, so that one whose response was lost is found again.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets a value that indicates whether attempts have failed since the destination accepted bytes.</summary>
    public bool HasFailed { get; init; }

    /// <summary>Gets a value that indicates whether bytes were changed in transit, so that smaller pieces are sent.</summary>
    public bool WasDamaged { get; init; }

    public CopyState After(CopyStep step) => step switch
    {
        CopyPinned pinned => this with { Pin = pinned.Pin, Size = pinned.Size, Name = pinned.Name ?? Name },
        CopyTargeted target => this with { TargetName = target.Name, TargetId = target.Id, Replaces = target.Replaces },
        CopyBegun begun => this with { Session = begun.Session.Id, Position = 0, Hashes = null },
        CopyAccepted accepted => this with
        {
            HasFailed = HasFailed && accepted.Position <= Position,
            Position = accepted.Position,
            Hashes = accepted.Hashes,
        },
        CopyRestarted => this with { Session = null, Position = 0, Hashes = null },
        _ => throw new UnreachableException(),
    };
}
