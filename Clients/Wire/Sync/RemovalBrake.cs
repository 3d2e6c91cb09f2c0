namespace ChunkUpload.Wire.Sync;

/// <summary>Decides when a person is asked before a pair removes anything, because an accident looks like many removals.</summary>
public static class RemovalBrake
{
    /// <summary>More removals than this within <see cref="Window"/> are asked about.</summary>
    public const int MostRemovals = 50;

    /// <summary>From this number of items on, a person is asked before more than a quarter of them are removed.</summary>
    public const int FewestForQuarter = 4;

    /// <summary>The time within which removals count together, so that a slow accident is noticed, too.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <param name="removals">How many items of a side would be removed now.</param>
    /// <param name="recent">How many were removed there within <see cref="Window"/>.</param>
    /// <param name="known">How many items the base has.</param>
    /// <param name="otherIsEmpty">Whether the side that removed them has no items at all.</param>
    public static bool Stops(int removals, int recent, int known, bool otherIsEmpty)
    {
        if (removals == 0)
            return false;
        var all = removals + recent;
        return otherIsEmpty || all > MostRemovals || (known + recent >= FewestForQuarter && all * 4L > known + recent);
    }
}
