namespace ChunkUpload.Core.Hosting;

/// <summary>
/// The positions in the start sequence, with gaps for more. The command <c>migrate</c> starts up to <see cref="Database"/> only.
/// </summary>
public static class StartOrder
{
    /// <summary>The data directory exists, belongs to the service's user and is locked.</summary>
    public const int DataDirectory = 100;

    /// <summary>The database runs and has the newest schema.</summary>
    public const int Database = 200;

    /// <summary>The service's own certificate exists, if one is configured.</summary>
    public const int Certificate = 250;

    /// <summary>The store is marked, probed and writable.</summary>
    public const int Storage = 300;

    /// <summary>A new incarnation is registered and older ones are fenced; interrupted completions and deletions are repeated.</summary>
    public const int Recovery = 400;

    /// <summary>The keys exist.</summary>
    public const int Access = 500;

    /// <summary>Background work runs: merging, finishing, the scheduler.</summary>
    public const int Background = 600;
}
