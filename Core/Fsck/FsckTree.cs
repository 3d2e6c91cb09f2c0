using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Fsck;

/// <summary>An entry of a tree and what is wrong with it.</summary>
/// <param name="Folder">The parent of a folder; null for a root, a file or a link.</param>
/// <param name="Fault">One of <see cref="FindingCodes"/>; null if nothing is.</param>
public sealed record FsckEntry(EntryId Id, string Name, EntryId? Folder, string? Fault);

public readonly record struct FsckVersionKey(EntryId Entry, int Number);

/// <summary>A version of a file's content and what is wrong with it.</summary>
/// <param name="Fault">One of <see cref="FindingCodes"/>; null if nothing is.</param>
public sealed record FsckVersion(FsckVersionKey Key, UploadId Upload, string? Fault);

/// <param name="Counted">The counters in the space's row.</param>
/// <param name="Summed">The sums of its entries and versions.</param>
public sealed record FsckSpace(EntryId Id, string Name, FsckSpaceSums Counted, FsckSpaceSums Summed);

/// <param name="Bytes">The bytes of all versions.</param>
/// <param name="EarlierBytes">The bytes of all versions but the current ones.</param>
public readonly record struct FsckSpaceSums(long Entries, long Bytes, long EarlierBytes);

/// <param name="Subject">Empty for the whole tenant.</param>
/// <param name="Counted">The stored counters.</param>
/// <param name="Summed">The sums of the uploads.</param>
public sealed record FsckUsage(string Tenant, string Subject, LimitUsage Counted, LimitUsage Summed);

/// <param name="Counted">The counters in the link's row.</param>
/// <param name="Summed">The sums of its uploads and downloads.</param>
public sealed record FsckLink(Guid Id, string Title, FsckLinkSums Counted, FsckLinkSums Summed);

public readonly record struct FsckLinkSums(long Files, long Parts, long Bytes, long Downloads);
