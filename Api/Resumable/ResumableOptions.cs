using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Resumable;

internal enum InterimMode
{
    /// <summary>To clients on HTTP/1.1 that no proxy stands before.</summary>
    Direct = 1,

    /// <summary>Through proxies too: only where every one of them is known to pass interim responses on.</summary>
    Always,
    Never,
}

/// <summary>How resumable uploads of the IETF are spoken at /uploads.</summary>
[Settings("Resumable")]
internal sealed class ResumableOptions
{
    [Description("Who is sent 104 interim responses: clients without a proxy before them (Direct), all (Always), nobody (Never). nginx "
        + "1.22 takes a 104 for the answer.")]
    public InterimMode InterimResponses { get; set; } = InterimMode.Direct;

    /// <summary>The shortest time between two interim responses that tell an offset.</summary>
    public TimeSpan ProgressInterval { get; internal set; } = TimeSpan.FromSeconds(1);

    /// <summary>The smallest file that is resumable; smaller ones are ordinary uploads.</summary>
    public long MinSize { get; internal set; }

    [Description("The most bytes that one request may bring; not set: no limit. URLSession sends the whole file in its first request.")]
    [Range(1L << 16, 999_999_999_999_999L)]
    public long? MaxAppendSize { get; set; }

    /// <summary>The fewest bytes that a request may bring unless it is the last one.</summary>
    public long MinAppendSize { get; internal set; }
}
