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
internal sealed class ResumableOptions : IValidatableObject
{
    [Description(
        "Which clients are sent 104 interim responses: those without a proxy (Direct), all (Always) or none (Never). Operators set "
        + "Always only if every proxy passes them on; nginx 1.22 takes a 104 for the final answer.")]
    public InterimMode InterimResponses { get; set; } = InterimMode.Direct;

    /// <summary>The shortest time between two interim responses that tell an offset.</summary>
    public TimeSpan ProgressInterval { get; internal set; } = TimeSpan.FromSeconds(1);

    [Description(
        "Whether a temporary failure closes the connection in place of a 5xx answer. URLSession resumes after a closed connection and"
        + " gives up after an answer; operators with other clients may set false.")]
    public bool CutOnTrouble { get; set; } = true;

    [Description("The smallest resumable file; smaller ones are ordinary uploads. Operators with many tiny files raise it.")]
    [Range(0L, 999_999_999_999_999L)]
    public long MinSize { get; set; }

    [Description(
        "The most bytes that one request may carry, for operators whose proxies limit bodies; not set: no limit. URLSession sends the"
        + " whole file in its first request.")]
    [Range(1L << 16, 999_999_999_999_999L)]
    public long? MaxAppendSize { get; set; }

    [Description("The fewest bytes of a request that is not the last one. Operators who want no tiny requests raise it.")]
    [Range(0L, 999_999_999_999_999L)]
    public long MinAppendSize { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinAppendSize > MaxAppendSize)
            yield return new ValidationResult("MinAppendSize must not be larger than MaxAppendSize.", [nameof(MinAppendSize)]);
    }
}
