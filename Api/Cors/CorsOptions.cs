using System.Buffers;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Cors;

/// <summary>Which web pages of other sites a browser lets use the service.</summary>
[Settings("Cors")]
internal sealed class CorsOptions : IValidatableObject
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    [Description("The origins whose pages may use the service: * (all), https://app.example.org, https://*.example.org (every name below "
        + "it), null (files and sandboxed frames), or none: no CORS headers, for a proxy that sends its own.")]
    public string[] Origins { get; set; } = [CorsOrigins.Any];

    [Description("Whether browsers may send cookies and client certificates along (Uppy's withCredentials); not with the origin *. The "
        + "operator key needs none of it.")]
    public bool Credentials { get; set; }

    [Description("Request headers that pages may send beside those of the protocols.")]
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
        // A page of any site could then act with the cookies of whoever looks at it.
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
