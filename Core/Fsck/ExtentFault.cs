using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

internal enum ExtentFaultKind
{
    /// <summary>The file does not exist.</summary>
    Missing = 1,

    /// <summary>The file ends before the extent does.</summary>
    Short,

    /// <summary>The bytes differ from the received ones.</summary>
    Different,

    /// <summary>The device could not read the bytes, so their state is unknown.</summary>
    Unreadable,

    /// <summary>The bytes are in a store that cannot be reached from here, so their state is unknown.</summary>
    Elsewhere,
}

/// <param name="Sentence">Describes the fault, with the range in the upload.</param>
internal sealed record ExtentFault(ExtentFaultKind Kind, ByteRange Range, string Sentence)
{
    /// <summary>Every extent matches its digest, but the whole file does not.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The bytes were read or looked for in their own store, and are wrong or missing.</summary>
    public bool IsDamage => Kind is not (ExtentFaultKind.Unreadable or ExtentFaultKind.Elsewhere);

    /// <summary>The file that should hold the bytes; null for the whole.</summary>
    public StoredFile? File { get; init; }
}
