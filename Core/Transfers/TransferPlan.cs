namespace ChunkUpload.Core.Transfers;

/// <summary>What a plan says about a file.</summary>
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

/// <param name="Folder">The folder at the destination that it goes to; null means one that is still to be made.</param>
public sealed record UnplannedItem(TransferItem Item, string? Folder);

public sealed record PlannedItem(Guid Id, PlannedAs As)
{
    /// <summary>Of a folder: the one at the destination that is used.</summary>
    public string? Target { get; init; }
    public string? Reason { get; init; }

    /// <summary>Null means as it was found.</summary>
    public long? Size { get; init; }
}

/// <summary>Files of one fate.</summary>
public sealed record PlannedSum(PlannedAs As, long Files, long Bytes);

/// <summary>What a transfer would do.</summary>
/// <param name="NewFolders">Folders to be made.</param>
/// <param name="BytesPerSecond">As earlier transfers between the same ends went; null if there were none.</param>
public sealed record TransferPlan(IReadOnlyList<PlannedSum> Sums, long NewFolders, double? BytesPerSecond);
