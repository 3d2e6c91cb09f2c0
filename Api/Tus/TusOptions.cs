using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Tus;

internal enum TusExpiration
{
    /// <summary>Every byte moves the end of an unfinished upload on.</summary>
    Sliding = 1,

    /// <summary>It ends at a time that is fixed when it is created.</summary>
    Absolute,
}

/// <summary>How tus 1.0 is spoken at /files.</summary>
[Settings("Tus")]
internal sealed class TusOptions : IValidatableObject
{
    [Description("The extensions that are on, with commas between; concatenation-unfinished is the one that is off by default.")]
    public string[] Extensions { get; set; } =
    [
        TusExtension.Creation, TusExtension.CreationWithUpload, TusExtension.CreationDeferLength, TusExtension.Expiration,
            TusExtension.Checksum,
        TusExtension.ChecksumTrailer, TusExtension.Termination, TusExtension.Concatenation,
    ];

    [Description("Whether each byte moves the end of an unfinished upload on by Uploads:IdleExpiry (Sliding), or it ends that long after "
        + "its creation (Absolute).")]
    public TusExpiration Expiration { get; set; } = TusExpiration.Sliding;

    /// <summary>The longest Upload-Metadata header in bytes; Host:RequestHeadersSize bounds all headers together.</summary>
    public int MaxMetadataSize { get; internal set; } = 16 << 10;

    public bool Has(string extension) => Array.IndexOf(Extensions, extension) >= 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var name in Extensions)
        {
            if (!TusExtension.All.Contains(name))
                yield return new ValidationResult(
                    $"\"{name}\" is no extension; there are {string.Join(", ", TusExtension.All)}.", [nameof(Extensions)]);
        }

        foreach (var (name, needed) in TusExtension.Needs)
        {
            if (Has(name) && !Has(needed))
                yield return new ValidationResult($"{name} needs {needed}.", [nameof(Extensions)]);
        }
    }
}
