using System.Buffers;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Cors;

/// <summary>Which web pages of other sites may use the service.</summary>
[Settings("Cors")]
internal sealed class CorsOptions : IValidatableObject
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    [Description(
        "Operators whose web pages run on other sites list the origins of those pages: * (all), https://app.example.org, "
        + "https://*.example.org (every name below it), null (files and sandboxed frames). none sends no CORS headers, for a proxy that"
        + " sends its own.")]
    public string[] Origins { get; set; } = [CorsOrigins.Any];

    [Description(
        "Operators whose pages send cookies or client certificates (Uppy's withCredentials) set true; not possible with the origin *."
        + " The operator key does not need it.")]
    public bool Credentials { get; set; }

    [Description("Operators whose pages send request headers beyond those of the protocols list them here.")]
    public string[] AllowHeaders { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in Origins)
        {
            if (CorsOrigins.Fault(origin) is { } fault)
                yield return new ValidationResult($"Cors:Origins: \"{origin}\" {fault}.", [nameof(Origins)]);
        }

        if (Origins.Length > 1 && Origins.Contains(CorsOrigins.None))
            yield return new ValidationResult("Cors:Origins: none stands alone.", [nameof(Origins)]);
        // Any site could then act with the visitor's cookies.
        if (Credentials && Origins.Contains(CorsOrigins.Any))
            yield return new ValidationResult(
                "Cors:Credentials needs a list of origins in Cors:Origins in place of *.", [nameof(Credentials)]);
        foreach (var name in AllowHeaders)
        {
            if (name.AsSpan().ContainsAnyExcept(NameCharacters))
                yield return new ValidationResult($"Cors:AllowHeaders: \"{name}\" is not the name of a header.", [nameof(AllowHeaders)]);
        }
    }
}
