using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Tus;

internal enum TusExpiration
{
    /// <summary>Every byte postpones the expiry of an unfinished upload.</summary>
    Sliding = 1,

    /// <summary>The expiry is fixed when the upload is created.</summary>
    Absolute,
}

/// <summary>Configures tus 1.0 at /files.</summary>
[Settings("Tus")]
internal sealed class TusOptions : IValidatableObject
{
    [Description(
        "The tus extensions that are on, separated by commas. Operators whose clients join uploads that are still incomplete add "
        + "concatenation-unfinished, the only one that is off by default.")]
    public string[] Extensions { get; set; } =
    [
        TusExtension.Creation, TusExtension.CreationWithUpload, TusExtension.CreationDeferLength, TusExtension.Expiration,
            TusExtension.Checksum,
        TusExtension.ChecksumTrailer, TusExtension.Termination, TusExtension.Concatenation,
    ];

    [Description(
        "When an unfinished upload expires: Uploads:IdleExpiry after its last byte (Sliding) or after its creation (Absolute). "
        + "Operators who need a fixed deadline set Absolute.")]
    public TusExpiration Expiration { get; set; } = TusExpiration.Sliding;

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
