using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Jobs;

/// <summary>How gently and how thoroughly the maintenance jobs work. When they run stands in the section Schedules.</summary>
[Settings("Jobs")]
public sealed class JobsOptions
{
    [Description("Whether this process runs maintenance jobs; some process on the ledger should.")]
    public bool Enabled { get; set; } = true;

    [Description("How many bytes per second the scrubber reads from the device at most.")]
    [Range(1L << 16, 1L << 40)]
    public long ScrubBytesPerSecond { get; set; } = 20L << 20;

    [Description("How long after a check a finished file is left alone by the scrubber.")]
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan ScrubEvery { get; set; } = TimeSpan.FromDays(30);

    [Description("How long ended uploads, failed attempts, events and the jobs' own history are remembered.")]
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan KeepHistory { get; set; } = TimeSpan.FromDays(30);
}
