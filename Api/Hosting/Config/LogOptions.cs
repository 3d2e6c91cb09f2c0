using System.ComponentModel;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting;

internal enum LogFormat
{
    /// <summary>One readable line per event.</summary>
    Text,

    /// <summary>One JSON object per line.</summary>
    Json,
}

/// <summary>What is written to standard output.</summary>
[Settings("Log")]
internal sealed class LogOptions
{
    [Description("Lines below this level are not written. The web framework, the database driver and the scheduler write warnings "
        + "and errors only, unless the level is Trace.")]
    public LogLevel Level { get; set; } = LogLevel.Information;

    [Description("Text for people, Json for machines.")]
    public LogFormat Format { get; set; } = LogFormat.Text;
}
