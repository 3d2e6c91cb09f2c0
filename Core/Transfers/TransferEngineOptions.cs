using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Transfers;

/// <summary>Settings for all transfers.</summary>
[Settings("Transfers")]
public sealed class TransferEngineOptions
{
    [Description("How many files are copied between storages at once. Operators with a fast line and much memory raise it: each file "
        + "takes the memory of a piece.")]
    [Range(1, 64)]
    public int AtOnce { get; set; } = 8;

    [Description("The size of the pieces that are read and sent, in bytes; rounded down to what the destination accepts. After a kill, at "
        + "most that many are read again. Multiples of 5 MiB suit all storages. Operators with little memory lower it.")]
    [Range(1L << 18, 1L << 26)]
    public long PieceSize { get; set; } = 10 << 20;

    [Description("How many files and folders a transfer may have. A folder that would make it more fails. Operators raise it for users "
        + "who move larger trees in one go; each item is a row of the database.")]
    [Range(1L, 1_000_000_000L)]
    public long MostItems { get; set; } = 10_000_000;

    [Description("How many files and folders all transfers of a user may have, as long as Jobs:KeepHistory keeps them. Operators lower it "
        + "where many users share a small database.")]
    [Range(1L, 10_000_000_000L)]
    public long MostItemsOfUser { get; set; } = 20_000_000;

    /// <summary>The maximum number of pages of a folder's listing.</summary>
    public int MostPages { get; internal set; } = 100_000;

    /// <summary>How long a file is copied before it yields its slot to another transfer.</summary>
    public TimeSpan Turn { get; internal set; } = TimeSpan.FromSeconds(5);

    /// <summary>The maximum number of queued files of one transfer.</summary>
    public int MostQueued { get; internal set; } = 200;

    /// <summary>Attempts without progress before an item fails, for failures that look permanent.</summary>
    public int MostAttempts { get; internal set; } = 3;

    /// <summary>The maximum number of restarts of an item at byte 0.</summary>
    public int MostRestarts { get; internal set; } = 3;

    public TimeSpan FirstPause { get; internal set; } = TimeSpan.FromSeconds(1);
    public TimeSpan LongestPause { get; internal set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a transfer waits if the destination is full.</summary>
    public TimeSpan FullPause { get; internal set; } = TimeSpan.FromMinutes(15);

    /// <summary>The time without progress after which refusals that may be a daily limit are treated as one.</summary>
    public TimeSpan DailyAfter { get; internal set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a transfer waits if a daily limit of the storage is used up.</summary>
    public TimeSpan DailyPause { get; internal set; } = TimeSpan.FromHours(1);

    /// <summary>The maximum number of open transfers of a user.</summary>
    public int MostOpenPerUser { get; internal set; } = 1000;

    /// <summary>The time without new arrivals in a folder after which a transfer of the arrived files starts.</summary>
    public TimeSpan ArrivalRest { get; internal set; } = TimeSpan.FromSeconds(5);

    /// <summary>The maximum time that the first arrived file waits for others.</summary>
    public TimeSpan LongestRest { get; internal set; } = TimeSpan.FromSeconds(30);

    /// <summary>The maximum number of arrived files in one transfer.</summary>
    public int MostArrivals { get; internal set; } = 200;

    /// <summary>The maximum number of concurrent transfers of arrived files for one schedule. Further files are collected.</summary>
    public int MostArrivalTransfers { get; internal set; } = 3;
}
