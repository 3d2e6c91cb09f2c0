using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Advisor;

[Settings("Advisor")]
public sealed class AdvisorOptions
{
    [Description("How chunk sizes are chosen: Adaptive measures each client's link, Tiers has three sizes by rate, Fixed has one for all "
        + "clients. Operators set Tiers or Fixed to compare, or for clients that cannot follow changing sizes.")]
    public AdvisorPolicy Policy { get; set; } = AdvisorPolicy.Adaptive;

    /// <summary>The smallest advised chunk, in bytes. A smaller request would cost more than its bytes.</summary>
    public long MinChunkSize { get; internal set; } = 64 << 10;

    [Description("The largest chunk that is advised, in bytes. Operators lower it for clients with little memory.")]
    [Range(1L << 16, 1L << 40)]
    public long MaxChunkSize { get; set; } = 64 << 20;

    /// <summary>Advised sizes are multiples of this: whole pages of memory and disk.</summary>
    public long SizeMultiple { get; internal set; } = 64 << 10;

    [Description("The most chunks at a time that are advised; the policy Fixed always advises this number. Operators lower it where many "
        + "clients share one line.")]
    [Range(1, 64)]
    public int MaxConcurrency { get; set; } = 8;

    [Description("The largest body that a proxy in front of the service lets through, in bytes; not set: any. For operators behind a "
        + "proxy with such a limit.")]
    [Range(1L << 12, 1L << 40)]
    public long? ProxyBodyLimit { get; set; }

    [Description("How long a proxy in front of the service lets a request take; not set: any time. For operators behind a proxy with "
        + "such a limit.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan? ProxyTimeout { get; set; }

    [Description("The size under the policy Fixed, in bytes. For operators who set that policy.")]
    [Range(1L << 12, 1L << 40)]
    public long FixedSize { get; set; } = 8 << 20;

    /// <summary>How long a client on an unknown link waits without progress before it ends a request.</summary>
    public TimeSpan StallTimeout { get; internal set; } = TimeSpan.FromSeconds(8);

    /// <summary>With more open bodies than this, the advice is one chunk at a time, and retries are spread.</summary>
    public int BusyBodies { get; internal set; } = 2000;

    [Description("How long the figures of a client's network are used for new uploads from there. Operators whose clients often change "
        + "networks shorten it.")]
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan NetworkMemory { get; set; } = TimeSpan.FromDays(1);

    [Description("Whether the sequence of advice and the networks are written to the database. Operators who may not keep addresses of "
        + "networks set false.")]
    public bool KeepHistory { get; set; } = true;
}
