using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Jobs;

/// <summary>Settings for the rates and limits of the maintenance jobs. The section Schedules says when they run.</summary>
[Settings("Jobs")]
public sealed class JobsOptions
{
    [Description("Whether this process runs maintenance jobs; some process on the ledger should. Operators set false while they examine "
        + "a store.")]
    public bool Enabled { get; set; } = true;

    [Description("How many bytes per second the scrubber reads from the device at most. Operators with slow disks lower it.")]
    [Range(1L << 16, 1L << 40)]
    public long ScrubBytesPerSecond { get; set; } = 20L << 20;

    /// <summary>How long the scrubber skips a finished file after it has checked it.</summary>
    public TimeSpan ScrubEvery { get; internal set; } = TimeSpan.FromDays(30);

    [Description("The largest share of the stored files that sweep-orphans moves to the trash in one run, when they are more than 1000. "
        + "More than that look like a ledger from an old backup: the job fails and moves none. Operators raise it after they have "
        + "found out why.")]
    [Range(0.0, 1.0)]
    public double MaxOrphanShare { get; set; } = 0.1;

    [Description("How long ended uploads, failed attempts, events and the jobs' own history are remembered. Operators with rules about "
        + "retention set it.")]
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan KeepHistory { get; set; } = TimeSpan.FromDays(30);
}
