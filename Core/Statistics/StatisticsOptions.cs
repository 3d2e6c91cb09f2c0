using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Statistics;

/// <summary>How long figures and history are kept.</summary>
[Settings("Statistics")]
public sealed class StatisticsOptions
{
    [Description("How long the history of ended uploads and the figures by day are kept. Figures by hour are kept for 90 days, those by "
        + "minute for two. Operators with rules about retention set it.")]
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(400);
}
