namespace ChunkUpload.Core.Transfers;

/// <summary>The planned outcome of a file.</summary>
public enum PlannedAs
{
    New = 1,

    /// <summary>A file at the destination gets a new version.</summary>
    Replace,

    /// <summary>Its name is taken, so it gets a number.</summary>
    Number,

    /// <summary>It is left out; a folder is used as it is.</summary>
    Skip,

    /// <summary>The destination will refuse it.</summary>
    Fail,
}

/// <param name="Folder">The folder at the destination; null if it must still be created.</param>
public sealed record UnplannedItem(TransferItem Item, string? Folder);

public sealed record PlannedItem(Guid Id, PlannedAs As)
{
    /// <summary>For a folder: the existing folder at the destination.</summary>
    public string? Target { get; init; }
    public string? Reason { get; init; }

    /// <summary>The size; null if it is unchanged.</summary>
    public long? Size { get; init; }
}

/// <summary>The number of files with the same planned outcome.</summary>
public sealed record PlannedSum(PlannedAs As, long Files, long Bytes);

/// <summary>What a transfer would do.</summary>
/// <param name="NewFolders">Folders to be made.</param>
/// <param name="BytesPerSecond">The speed of earlier transfers between the same ends; null if there were none.</param>
public sealed record TransferPlan(IReadOnlyList<PlannedSum> Sums, long NewFolders, double? BytesPerSecond);
