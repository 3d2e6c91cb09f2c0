namespace ChunkUpload.Core.Hosting;

/// <summary>The places in the start sequence; gaps leave room. The verb <c>migrate</c> starts up to <see cref="Database"/> only.</summary>
public static class StartOrder
{
    /// <summary>The data directory exists, is ours, is locked.</summary>
    public const int DataDirectory = 100;

    /// <summary>A certificate of the service's own exists, where one is wanted.</summary>
    public const int Certificate = 150;

    /// <summary>The database runs and has the newest schema.</summary>
    public const int Database = 200;

    /// <summary>The store is marked, probed and writable.</summary>
    public const int Storage = 300;

    /// <summary>A new incarnation is registered and fences older ones; what was completing or deleting is redone.</summary>
    public const int Recovery = 400;

    /// <summary>Keys exist, caches are warm.</summary>
    public const int Access = 500;

    /// <summary>Background work runs: merging, finishing, the scheduler.</summary>
    public const int Background = 600;
}
