using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Resumable;

internal enum InterimMode
{
    /// <summary>To HTTP/1.1 clients without a proxy.</summary>
    Direct = 1,

    /// <summary>Also through proxies: set it only where every proxy passes interim responses on.</summary>
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

    /// <summary>The shortest time between two interim responses that tell an offset.</summary>
    public TimeSpan ProgressInterval { get; internal set; } = TimeSpan.FromSeconds(1);

    /// <summary>The smallest file that is resumable; smaller ones are ordinary uploads.</summary>
    public long MinSize { get; internal set; }

    [Description(
        "The most bytes that one request may carry, for operators whose proxies limit bodies; not set: no limit. URLSession sends the"
        + " whole file in its first request.")]
    [Range(1L << 16, 999_999_999_999_999L)]
    public long? MaxAppendSize { get; set; }

    /// <summary>The fewest bytes that a request may bring unless it is the last one.</summary>
    public long MinAppendSize { get; internal set; }
}
