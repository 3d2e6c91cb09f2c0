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
internal sealed class ResumableOptions : IValidatableObject
{
    [Description("Who is sent 104 interim responses: clients without a proxy before them (Direct), all (Always), nobody (Never). nginx "
        + "1.22 takes a 104 for the answer.")]
    public InterimMode InterimResponses { get; set; } = InterimMode.Direct;

    /// <summary>The shortest time between two interim responses that tell an offset.</summary>
    public TimeSpan ProgressInterval { get; internal set; } = TimeSpan.FromSeconds(1);

    [Description("Whether a connection is cut, rather than answered with 5xx, on a trouble that passes: URLSession goes on after a cut "
        + "and gives up after an answer.")]
    public bool CutOnTrouble { get; set; } = true;

    [Description("The smallest file that is resumable; smaller ones are ordinary uploads.")]
    [Range(0L, 999_999_999_999_999L)]
    public long MinSize { get; set; }

    [Description("The most bytes that one request may bring; not set: no limit. URLSession sends the whole file in its first request.")]
    [Range(1L << 16, 999_999_999_999_999L)]
    public long? MaxAppendSize { get; set; }

    [Description("The fewest bytes that a request may bring that is not the last one.")]
    [Range(0L, 999_999_999_999_999L)]
    public long MinAppendSize { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinAppendSize > MaxAppendSize)
            yield return new ValidationResult("MinAppendSize must not be larger than MaxAppendSize.", [nameof(MinAppendSize)]);
    }
}
