using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Fsck;

internal enum ExtentFaultKind
{
    /// <summary>The file is not there.</summary>
    Missing = 1,

    /// <summary>The file ends before the extent does.</summary>
    Short,

    /// <summary>Other bytes are there than were received.</summary>
    Different,

    /// <summary>The device did not give the bytes: what is there is not known.</summary>
    Unreadable,
}

/// <param name="Sentence">What is wrong, with the bytes' place in the upload.</param>
internal sealed record ExtentFault(ExtentFaultKind Kind, ByteRange Range, string Sentence)
{
    /// <summary>Every extent is right and the file is not.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Where the bytes should lie; null for the whole.</summary>
    public StoredFile? File { get; init; }
}
