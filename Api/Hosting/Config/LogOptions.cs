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

/// <summary>Controls the log on standard output.</summary>
[Settings("Log")]
internal sealed class LogOptions
{
    [Description(
        "Events below this level are not logged; operators lower it to look for a fault. ASP.NET Core, the database driver and the "
        + "scheduler log only warnings and errors, unless the level is Trace.")]
    public LogLevel Level { get; set; } = LogLevel.Information;

    [Description("Text for people who read the console, Json for operators who collect logs by machine.")]
    public LogFormat Format { get; set; } = LogFormat.Text;
}
