using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Resumable;

internal enum InterimMode
{
    /// <summary>Sent to HTTP/1.1 clients without a proxy.</summary>
    Direct = 1,

    /// <summary>Also sent through proxies. Set it only if every proxy forwards interim responses.</summary>
    Always,
    Never,
}

/// <summary>Configures the IETF resumable uploads at /uploads.</summary>
[Settings("Resumable")]
internal sealed class ResumableOptions
{
    [Description(
        "Which clients are sent 104 interim responses: those without a proxy (Direct), all (Always) or none (Never). Operators set "
        + "Always only if every proxy passes them on; nginx 1.22 takes a 104 for the final answer.")]
    public InterimMode InterimResponses { get; set; } = InterimMode.Direct;

    /// <summary>The minimum time between two interim responses with an offset.</summary>
    public TimeSpan ProgressInterval { get; internal set; } = TimeSpan.FromSeconds(1);

    /// <summary>The smallest file that is resumable; smaller ones are ordinary uploads.</summary>
    public long MinSize { get; internal set; }

    [Description(
        "The most bytes that one request may carry, for operators whose proxies limit bodies; not set: no limit. URLSession sends the"
        + " whole file in its first request.")]
    [Range(1L << 16, 999_999_999_999_999L)]
    public long? MaxAppendSize { get; set; }

    /// <summary>The minimum number of bytes in a request unless it is the last one.</summary>
    public long MinAppendSize { get; internal set; }
}
